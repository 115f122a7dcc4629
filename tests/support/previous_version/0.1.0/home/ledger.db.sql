BEGIN TRANSACTION;
CREATE TABLE bookings (
	account TEXT NOT NULL, 
	activity_id TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	"row" INTEGER NOT NULL, 
	PRIMARY KEY (account, activity_id), 
	FOREIGN KEY(run_id, "row") REFERENCES rows (run_id, "row")
)
 WITHOUT ROWID

;
INSERT INTO "bookings" VALUES('default','00a462e5-4aed-41be-83e0-c8e820876675','20261130-140634-7074',12);
INSERT INTO "bookings" VALUES('default','0125086b-3007-489c-a2b1-e046020bb101','20261130-140634-7074',20);
INSERT INTO "bookings" VALUES('default','034f1fad-65a6-4995-b105-c04820c9c72c','20261130-140618-70a3',17);
INSERT INTO "bookings" VALUES('default','047f9da6-070e-41d6-a642-f7b99bd11c1b','20261130-140634-7074',10);
INSERT INTO "bookings" VALUES('default','04c5134f-7c80-4e86-9970-962fd1c43b5f','20261130-140634-7074',21);
INSERT INTO "bookings" VALUES('default','06a0b820-52fd-457e-bc55-b4586d583fff','20261130-140618-70a3',31);
INSERT INTO "bookings" VALUES('default','0b872d87-fb64-4ca1-86b7-8205b0abafc8','20261130-140618-70a3',18);
INSERT INTO "bookings" VALUES('default','0fb76aa9-12c0-42c3-afdc-5ca96dfa5c34','20261130-140634-7074',8);
INSERT INTO "bookings" VALUES('default','11959299-ee97-46b1-a699-fa3a89666ef5','20261130-140618-70a3',22);
INSERT INTO "bookings" VALUES('default','1e317db5-2983-4699-a04a-10e6ffe2e776','20261130-140618-70a3',10);
INSERT INTO "bookings" VALUES('default','1f4c522a-fbd9-4258-a5df-9b3d7ad062ea','20261130-140557-8222',18);
INSERT INTO "bookings" VALUES('default','237e0c7b-3a94-4517-a6d9-bac31ff6d6d5','20261130-140618-70a3',29);
INSERT INTO "bookings" VALUES('default','25f64968-e69c-4868-8f7c-fe65a30b54bb','20261130-140618-70a3',20);
INSERT INTO "bookings" VALUES('default','28c5d2be-94ca-4dc1-8b28-bdd505e7f023','20261130-140557-8222',6);
INSERT INTO "bookings" VALUES('default','2935d8e5-3756-4f03-b715-667cd13d6f5b','20261130-140618-70a3',14);
INSERT INTO "bookings" VALUES('default','2e934dbf-b102-47d9-a48a-c6e32955332d','20261130-140634-7074',23);
INSERT INTO "bookings" VALUES('default','2fe3d8b0-58cb-44e9-a8b4-a7b3881408cd','20261130-140634-7074',24);
INSERT INTO "bookings" VALUES('default','33474465-4665-4a6d-ac92-e7a0beab5f6e','20261130-140618-70a3',21);
INSERT INTO "bookings" VALUES('default','347d58db-3706-457a-8d9b-b9797a56d20d','20261130-140634-7074',13);
INSERT INTO "bookings" VALUES('default','36d5d2fc-5a4b-4da1-a38a-1938262684bb','20261130-140634-7074',25);
INSERT INTO "bookings" VALUES('default','37dbf6ce-72e9-45c8-846d-b7132074e459','20261130-140557-8222',41);
INSERT INTO "bookings" VALUES('default','37f9a110-cba8-4e9f-a6c0-9b1be8dcaad8','20261130-140557-8222',10);
INSERT INTO "bookings" VALUES('default','3d266be4-663f-400f-b25c-7de6a0765ac7','20261130-140618-70a3',6);
INSERT INTO "bookings" VALUES('default','413fdbb7-ff14-4aaa-a6f0-7e501ccb9180','20261130-140557-8222',14);
INSERT INTO "bookings" VALUES('default','424bf9b8-4354-4672-b400-4a498eb71a06','20261130-140557-8222',8);
INSERT INTO "bookings" VALUES('default','45256ce5-d317-46d2-8038-cea4e0e594d8','20261130-140557-8222',29);
INSERT INTO "bookings" VALUES('default','46f4afda-eff5-405d-a933-e367fdca678f','20261130-140557-8222',20);
INSERT INTO "bookings" VALUES('default','47219888-c28b-45e5-b6e3-b069143672a7','20261130-140557-8222',23);
INSERT INTO "bookings" VALUES('default','4da742a2-2fd8-4368-a8e7-0182aa3aec80','20261130-140557-8222',21);
INSERT INTO "bookings" VALUES('default','4edf96f9-6067-4023-a60d-4a0380e14bef','20261130-140634-7074',11);
INSERT INTO "bookings" VALUES('default','514d87f7-2bf2-4a58-9670-2a26066ee0f6','20261130-140618-70a3',27);
INSERT INTO "bookings" VALUES('default','626544f8-e7b4-408a-adc1-735f06e4b497','20261130-140557-8222',27);
INSERT INTO "bookings" VALUES('default','636f63f9-bb3f-439e-b57f-909f4959da6e','20261130-140557-8222',7);
INSERT INTO "bookings" VALUES('default','6be12502-9b93-4271-84a5-ec86050fa811','20261130-140557-8222',32);
INSERT INTO "bookings" VALUES('default','741f977c-6c02-4cfc-bf48-d6fc2e321ce7','20261130-140557-8222',30);
INSERT INTO "bookings" VALUES('default','74a1a706-759a-4d1f-a7d9-83e7ae8e9367','20261130-140618-70a3',13);
INSERT INTO "bookings" VALUES('default','74f97bbb-05e2-4de9-b360-44a0039a531d','20261130-140618-70a3',9);
INSERT INTO "bookings" VALUES('default','760dc412-2933-4369-96ce-413d477a399f','20261130-140618-70a3',25);
INSERT INTO "bookings" VALUES('default','77be89d4-e864-4abd-8a10-9a6299420629','20261130-140557-8222',24);
INSERT INTO "bookings" VALUES('default','788bce6b-75cb-4ddf-bcc5-04f1a2cc6937','20261130-140557-8222',13);
INSERT INTO "bookings" VALUES('default','78d36c68-e873-42e8-8b52-09c9dac17f69','20261130-140557-8222',28);
INSERT INTO "bookings" VALUES('default','79a1010e-b6f2-4d66-843f-b921ceba30e6','20261130-140618-70a3',26);
INSERT INTO "bookings" VALUES('default','7d5ab1f1-4bd5-43e0-99c9-e1fadc63f890','20261130-140634-7074',26);
INSERT INTO "bookings" VALUES('default','7fff024d-7594-43dd-9fc9-38f7a8e3e24f','20261130-140634-7074',16);
INSERT INTO "bookings" VALUES('default','8363a835-412a-4d45-a93e-f6fa501479f4','20261130-140634-7074',15);
INSERT INTO "bookings" VALUES('default','84618406-ad7c-4d83-b081-652f05faa568','20261130-140634-7074',2);
INSERT INTO "bookings" VALUES('default','84cacddf-1c48-4c60-9ad6-500620afa2b1','20261130-140618-70a3',24);
INSERT INTO "bookings" VALUES('default','8a7fa579-a1b3-4627-a013-0e72bc05674c','20261130-140618-70a3',11);
INSERT INTO "bookings" VALUES('default','8f6f99ca-4d89-4745-acd7-b083c9810685','20261130-140618-70a3',8);
INSERT INTO "bookings" VALUES('default','8f7c8e72-f9cd-40f4-bcc6-fbe0ab94f962','20261130-140557-8222',31);
INSERT INTO "bookings" VALUES('default','8fea8c28-bdac-48f1-90c6-a8167d869747','20261130-140618-70a3',28);
INSERT INTO "bookings" VALUES('default','92bf35a4-f4b8-4aa9-8709-6c8a00742ec8','20261130-140634-7074',9);
INSERT INTO "bookings" VALUES('default','9e9788eb-7023-49bb-89a0-8c1941fa724b','20261130-140618-70a3',4);
INSERT INTO "bookings" VALUES('default','a08579f4-ada3-4778-86d0-2595a1021aef','20261130-140557-8222',34);
INSERT INTO "bookings" VALUES('default','a6a58aad-bad6-490d-9582-f1cd08c56d1b','20261130-140618-70a3',19);
INSERT INTO "bookings" VALUES('default','a77bb553-e01b-4609-82c9-dd14ab2a8764','20261130-140634-7074',22);
INSERT INTO "bookings" VALUES('default','a9124b03-4729-4cf7-95cf-ca5bc86e274e','20261130-140618-70a3',2);
INSERT INTO "bookings" VALUES('default','a96d6030-9fb9-4e3d-817a-bd7c1ad0845e','20261130-140557-8222',17);
INSERT INTO "bookings" VALUES('default','a99fd633-18e5-420a-b987-dc2a51f49a61','20261130-140557-8222',38);
INSERT INTO "bookings" VALUES('default','ab8c8a85-64d4-4abc-8204-609640d3f188','20261130-140557-8222',39);
INSERT INTO "bookings" VALUES('default','ae1c4259-4f95-4986-933f-fa87aeeedc4c','20261130-140557-8222',16);
INSERT INTO "bookings" VALUES('default','b0a76fb9-625e-4f23-9f81-d2cc91373b03','20261130-140634-7074',17);
INSERT INTO "bookings" VALUES('default','b2bc72fb-c555-4329-b0a1-08b02ba00d32','20261130-140557-8222',26);
INSERT INTO "bookings" VALUES('default','b2d57cde-4287-4ad5-8117-1f68c061dc3b','20261130-140557-8222',36);
INSERT INTO "bookings" VALUES('default','b44aa431-8d2c-4724-8331-a1b13ff2260b','20261130-140557-8222',15);
INSERT INTO "bookings" VALUES('default','b46e731a-9977-4dbb-b411-5f665a9b0dec','20261130-140557-8222',33);
INSERT INTO "bookings" VALUES('default','b4876857-5ec8-451e-a1b9-f4eece61f58f','20261130-140557-8222',19);
INSERT INTO "bookings" VALUES('default','b980bdf3-e140-4d3c-98d8-5eb2e6b16efe','20261130-140618-70a3',15);
INSERT INTO "bookings" VALUES('default','b9f4e1ee-fff9-4a1a-ae0e-08fa29c077b7','20261130-140557-8222',4);
INSERT INTO "bookings" VALUES('default','bc2732e4-aa99-40bf-bd81-3a83f2db7a8b','20261130-140634-7074',6);
INSERT INTO "bookings" VALUES('default','be698f3d-1b79-4ef7-8d72-ac330f4d8ade','20261130-140557-8222',5);
INSERT INTO "bookings" VALUES('default','c5087583-1caf-413b-a180-2b226824f972','20261130-140557-8222',40);
INSERT INTO "bookings" VALUES('default','c5532874-49df-42ea-a929-8b0b5817fbdb','20261130-140557-8222',3);
INSERT INTO "bookings" VALUES('default','c5f89a92-df01-4a09-bd4f-c8b64745c2e4','20261130-140634-7074',7);
INSERT INTO "bookings" VALUES('default','c8832842-c9e6-4492-bb55-b97532e98be7','20261130-140618-70a3',5);
INSERT INTO "bookings" VALUES('default','ca3bb55f-b361-4557-b0d1-ef3777d4c370','20261130-140618-70a3',16);
INSERT INTO "bookings" VALUES('default','cb831790-4678-44b1-b827-3355b1da60b6','20261130-140618-70a3',12);
INSERT INTO "bookings" VALUES('default','d0b51b16-df94-4968-a603-011c3ff9b5dd','20261130-140634-7074',14);
INSERT INTO "bookings" VALUES('default','d1721a91-26a3-4a16-8a11-5ee22a345699','20261130-140557-8222',9);
INSERT INTO "bookings" VALUES('default','d29cd83b-bd37-4c9e-9acb-d316090952c5','20261130-140618-70a3',7);
INSERT INTO "bookings" VALUES('default','d31e5433-7d9b-4d97-aad6-2881420e70eb','20261130-140634-7074',18);
INSERT INTO "bookings" VALUES('default','d39d455d-4224-4640-98a6-11202d141b4f','20261130-140557-8222',37);
INSERT INTO "bookings" VALUES('default','db8e6d5a-5f92-4c89-9307-9e9fa67ac023','20261130-140618-70a3',3);
INSERT INTO "bookings" VALUES('default','de4c04b0-f879-4a00-a015-baf19b1013ac','20261130-140634-7074',3);
INSERT INTO "bookings" VALUES('default','e5111663-4070-4cd5-9280-8ce4ba155fa2','20261130-140618-70a3',30);
INSERT INTO "bookings" VALUES('default','e7866797-b14d-4174-88bd-58df0eb8c79a','20261130-140557-8222',12);
INSERT INTO "bookings" VALUES('default','e78768e7-699a-4030-a4e7-542b42fa01b3','20261130-140557-8222',35);
INSERT INTO "bookings" VALUES('default','e9a11f3e-c364-4878-8bdb-c811c7227818','20261130-140634-7074',5);
INSERT INTO "bookings" VALUES('default','ea23766b-727e-42cf-9a7f-c06b63a6de60','20261130-140618-70a3',23);
INSERT INTO "bookings" VALUES('default','ee13f69d-e2e7-4ffa-8c5b-7e61e8bf6e4b','20261130-140557-8222',2);
INSERT INTO "bookings" VALUES('default','ef3a24b2-6eeb-4254-a5f8-31cc45eb3712','20261130-140557-8222',25);
INSERT INTO "bookings" VALUES('default','f3682a06-fe59-49c0-89c5-549e2a4b03f5','20261130-140557-8222',11);
INSERT INTO "bookings" VALUES('default','f41709b5-b153-4e2e-abf3-876607067331','20261130-140634-7074',4);
INSERT INTO "bookings" VALUES('default','f44b3c87-4f14-4bbc-a9eb-d8e7d43c7f36','20261130-140634-7074',19);
INSERT INTO "bookings" VALUES('default','fa3e5593-b314-498f-894f-8fbbe4354b58','20261130-140557-8222',22);
CREATE TABLE calls (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	run_id TEXT NOT NULL, 
	account TEXT NOT NULL, 
	target TEXT NOT NULL, 
	call_class TEXT NOT NULL CONSTRAINT known_call_class CHECK (call_class IN ('standard', 'bulk', 'async')), 
	body_sha TEXT NOT NULL, 
	rows TEXT NOT NULL, 
	sent_at TEXT NOT NULL, 
	ended_at TEXT DEFAULT '' NOT NULL, 
	verdict TEXT CONSTRAINT known_verdict CHECK (verdict IN ('applied', 'refused', 'throttled', 'not_applied', 'misconfigured', 'uncertain')), 
	http_status INTEGER DEFAULT '0' NOT NULL, 
	code TEXT DEFAULT '' NOT NULL, 
	answer TEXT DEFAULT '' NOT NULL, 
	elapsed FLOAT DEFAULT '0' NOT NULL, 
	server_skew FLOAT, 
	FOREIGN KEY(run_id) REFERENCES runs (id)
);
INSERT INTO "calls" VALUES(1,'20261130-140557-8222','default','bulk-activities-by-lead-id','bulk','9d0e263b56301c3f0f39f23412fadac799442463355977202022e3911480030a','2','2026-11-30T14:05:59.937+00:00','2026-11-30T14:06:00.190+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "ee13f69d-e2e7-4ffa-8c5b-7e61e8bf6e4b", "RowNumber": 1, "ActivityCreated": true}]}',7.97089379998396907467e-02,-0.126116);
INSERT INTO "calls" VALUES(2,'20261130-140557-8222','default','bulk-activities-by-lead-id','bulk','313189f933b809bcbcb870a1183ca41bad524e2b5a1e581af188f1d69b2e9395','3-27','2026-11-30T14:06:00.283+00:00','2026-11-30T14:06:00.419+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "c5532874-49df-42ea-a929-8b0b5817fbdb", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "b9f4e1ee-fff9-4a1a-ae0e-08fa29c077b7", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "be698f3d-1b79-4ef7-8d72-ac330f4d8ade", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "28c5d2be-94ca-4dc1-8b28-bdd505e7f023", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "636f63f9-bb3f-439e-b57f-909f4959da6e", "RowNumber": 5, "ActivityCreated": true}, {"ProspectActivityId": "424bf9b8-4354-4672-b400-4a498eb71a06", "RowNumber": 6, "ActivityCreated": true}, {"ProspectActivityId": "d1721a91-26a3-4a16-8a11-5ee22a345699", "RowNumber": 7, "ActivityCreated": true}, {"ProspectActivityId": "37f9a110-cba8-4e9f-a6c0-9b1be8dcaad8", "RowNumber": 8, "ActivityCreated": true}, {"ProspectActivityId": "f3682a06-fe59-49c0-89c5-549e2a4b03f5", "RowNumber": 9, "ActivityCreated": true}, {"ProspectActivityId": "e7866797-b14d-4174-88bd-58df0eb8c79a", "RowNumber": 10, "ActivityCreated": true}, {"ProspectActivityId": "788bce6b-75cb-4ddf-bcc5-04f1a2cc6937", "RowNumber": 11, "ActivityCreated": true}, {"ProspectActivityId": "413fdbb7-ff14-4aaa-a6f0-7e501ccb9180", "RowNumber": 12, "ActivityCreated": true}, {"ProspectActivityId": "b44aa431-8d2c-4724-8331-a1b13ff2260b", "RowNumber": 13, "ActivityCreated": true}, {"ProspectActivityId": "ae1c4259-4f95-4986-933f-fa87aeeedc4c", "RowNumber": 14, "ActivityCreated": true}, {"ProspectActivityId": "a96d6030-9fb9-4e3d-817a-bd7c1ad0845e", "RowNumber": 15, "ActivityCreated": true}, {"ProspectActivityId": "1f4c522a-fbd9-4258-a5df-9b3d7ad062ea", "RowNumber": 16, "ActivityCreated": true}, {"ProspectActivityId": "b4876857-5ec8-451e-a1b9-f4eece61f58f", "RowNumber": 17, "ActivityCreated": true}, {"ProspectActivityId": "46f4afda-eff5-405d-a933-e367fdca678f", "RowNumber": 18, "ActivityCreated": true}, {"ProspectActivityId": "4da742a2-2fd8-4368-a8e7-0182aa3aec80", "RowNumber": 19, "Activi',3.23561620000418770359e-02,-0.384985);
INSERT INTO "calls" VALUES(3,'20261130-140557-8222','default','bulk-activities-by-lead-id','bulk','a23ab3d9e826446d7b562219ce0e68a92a07cf4d9fbcd5307b40bd836c675e54','28-41','2026-11-30T14:06:00.283+00:00','2026-11-30T14:06:00.540+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "78d36c68-e873-42e8-8b52-09c9dac17f69", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "45256ce5-d317-46d2-8038-cea4e0e594d8", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "741f977c-6c02-4cfc-bf48-d6fc2e321ce7", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "8f7c8e72-f9cd-40f4-bcc6-fbe0ab94f962", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "6be12502-9b93-4271-84a5-ec86050fa811", "RowNumber": 5, "ActivityCreated": true}, {"ProspectActivityId": "b46e731a-9977-4dbb-b411-5f665a9b0dec", "RowNumber": 6, "ActivityCreated": true}, {"ProspectActivityId": "a08579f4-ada3-4778-86d0-2595a1021aef", "RowNumber": 7, "ActivityCreated": true}, {"ProspectActivityId": "e78768e7-699a-4030-a4e7-542b42fa01b3", "RowNumber": 8, "ActivityCreated": true}, {"ProspectActivityId": "b2d57cde-4287-4ad5-8117-1f68c061dc3b", "RowNumber": 9, "ActivityCreated": true}, {"ProspectActivityId": "d39d455d-4224-4640-98a6-11202d141b4f", "RowNumber": 10, "ActivityCreated": true}, {"ProspectActivityId": "a99fd633-18e5-420a-b987-dc2a51f49a61", "RowNumber": 11, "ActivityCreated": true}, {"ProspectActivityId": "ab8c8a85-64d4-4abc-8204-609640d3f188", "RowNumber": 12, "ActivityCreated": true}, {"ProspectActivityId": "c5087583-1caf-413b-a180-2b226824f972", "RowNumber": 13, "ActivityCreated": true}, {"ProspectActivityId": "37dbf6ce-72e9-45c8-846d-b7132074e459", "RowNumber": 14, "ActivityCreated": true}]}',7.30270449998897674959e-02,-0.43649);
INSERT INTO "calls" VALUES(4,'20261130-140618-70a3','default','bulk-activities-by-lead-id','bulk','4f03c76ee1f9fb8a665fc79b05a515dfe6dd9d540bf48aae8408224ca7b7f68f','2-26','2026-11-30T14:06:21.101+00:00','2026-11-30T14:06:21.259+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "a9124b03-4729-4cf7-95cf-ca5bc86e274e", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "db8e6d5a-5f92-4c89-9307-9e9fa67ac023", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "9e9788eb-7023-49bb-89a0-8c1941fa724b", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "c8832842-c9e6-4492-bb55-b97532e98be7", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "3d266be4-663f-400f-b25c-7de6a0765ac7", "RowNumber": 5, "ActivityCreated": true}, {"ProspectActivityId": "d29cd83b-bd37-4c9e-9acb-d316090952c5", "RowNumber": 6, "ActivityCreated": true}, {"ProspectActivityId": "8f6f99ca-4d89-4745-acd7-b083c9810685", "RowNumber": 7, "ActivityCreated": true}, {"ProspectActivityId": "74f97bbb-05e2-4de9-b360-44a0039a531d", "RowNumber": 8, "ActivityCreated": true}, {"ProspectActivityId": "1e317db5-2983-4699-a04a-10e6ffe2e776", "RowNumber": 9, "ActivityCreated": true}, {"ProspectActivityId": "8a7fa579-a1b3-4627-a013-0e72bc05674c", "RowNumber": 10, "ActivityCreated": true}, {"ProspectActivityId": "cb831790-4678-44b1-b827-3355b1da60b6", "RowNumber": 11, "ActivityCreated": true}, {"ProspectActivityId": "74a1a706-759a-4d1f-a7d9-83e7ae8e9367", "RowNumber": 12, "ActivityCreated": true}, {"ProspectActivityId": "2935d8e5-3756-4f03-b715-667cd13d6f5b", "RowNumber": 13, "ActivityCreated": true}, {"ProspectActivityId": "b980bdf3-e140-4d3c-98d8-5eb2e6b16efe", "RowNumber": 14, "ActivityCreated": true}, {"ProspectActivityId": "ca3bb55f-b361-4557-b0d1-ef3777d4c370", "RowNumber": 15, "ActivityCreated": true}, {"ProspectActivityId": "034f1fad-65a6-4995-b105-c04820c9c72c", "RowNumber": 16, "ActivityCreated": true}, {"ProspectActivityId": "0b872d87-fb64-4ca1-86b7-8205b0abafc8", "RowNumber": 17, "ActivityCreated": true}, {"ProspectActivityId": "a6a58aad-bad6-490d-9582-f1cd08c56d1b", "RowNumber": 18, "ActivityCreated": true}, {"ProspectActivityId": "25f64968-e69c-4868-8f7c-fe65a30b54bb", "RowNumber": 19, "Activi',4.32929330002025380963e-02,-0.22719);
INSERT INTO "calls" VALUES(5,'20261130-140618-70a3','default','bulk-activities-by-lead-id','bulk','8f0b18ef181c1b0f145b38ba353b7aada71767dcd47e1e1c9d0d50ac24318e10','27-31','2026-11-30T14:06:21.101+00:00','2026-11-30T14:06:21.318+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "514d87f7-2bf2-4a58-9670-2a26066ee0f6", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "8fea8c28-bdac-48f1-90c6-a8167d869747", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "237e0c7b-3a94-4517-a6d9-bac31ff6d6d5", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "e5111663-4070-4cd5-9280-8ce4ba155fa2", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "06a0b820-52fd-457e-bc55-b4586d583fff", "RowNumber": 5, "ActivityCreated": true}]}',4.58936830000311601907e-02,-0.24301);
INSERT INTO "calls" VALUES(6,'20261130-140634-7074','default','bulk-activities-by-lead-id','bulk','89079e5950f9220945bdf86f464bba70ca731e8035d45e2588f769bd68de9e45','2-26','2026-11-30T14:06:37.315+00:00','2026-11-30T14:06:37.882+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "84618406-ad7c-4d83-b081-652f05faa568", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "de4c04b0-f879-4a00-a015-baf19b1013ac", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "f41709b5-b153-4e2e-abf3-876607067331", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "e9a11f3e-c364-4878-8bdb-c811c7227818", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "bc2732e4-aa99-40bf-bd81-3a83f2db7a8b", "RowNumber": 5, "ActivityCreated": true}, {"ProspectActivityId": "c5f89a92-df01-4a09-bd4f-c8b64745c2e4", "RowNumber": 6, "ActivityCreated": true}, {"ProspectActivityId": "0fb76aa9-12c0-42c3-afdc-5ca96dfa5c34", "RowNumber": 7, "ActivityCreated": true}, {"ProspectActivityId": "92bf35a4-f4b8-4aa9-8709-6c8a00742ec8", "RowNumber": 8, "ActivityCreated": true}, {"ProspectActivityId": "047f9da6-070e-41d6-a642-f7b99bd11c1b", "RowNumber": 9, "ActivityCreated": true}, {"ProspectActivityId": "4edf96f9-6067-4023-a60d-4a0380e14bef", "RowNumber": 10, "ActivityCreated": true}, {"ProspectActivityId": "00a462e5-4aed-41be-83e0-c8e820876675", "RowNumber": 11, "ActivityCreated": true}, {"ProspectActivityId": "347d58db-3706-457a-8d9b-b9797a56d20d", "RowNumber": 12, "ActivityCreated": true}, {"ProspectActivityId": "d0b51b16-df94-4968-a603-011c3ff9b5dd", "RowNumber": 13, "ActivityCreated": true}, {"ProspectActivityId": "8363a835-412a-4d45-a93e-f6fa501479f4", "RowNumber": 14, "ActivityCreated": true}, {"ProspectActivityId": "7fff024d-7594-43dd-9fc9-38f7a8e3e24f", "RowNumber": 15, "ActivityCreated": true}, {"ProspectActivityId": "b0a76fb9-625e-4f23-9f81-d2cc91373b03", "RowNumber": 16, "ActivityCreated": true}, {"ProspectActivityId": "d31e5433-7d9b-4d97-aad6-2881420e70eb", "RowNumber": 17, "ActivityCreated": true}, {"ProspectActivityId": "f44b3c87-4f14-4bbc-a9eb-d8e7d43c7f36", "RowNumber": 18, "ActivityCreated": true}, {"ProspectActivityId": "0125086b-3007-489c-a2b1-e046020bb101", "RowNumber": 19, "Activi',4.67226635999850259395e-01,-0.873742);
INSERT INTO "calls" VALUES(7,'20261130-140634-7074','default','bulk-activities-by-lead-id','bulk','afffcab8a0c155f0396184896a6ac96f2ce940198c3312d7541fba938a738424','27-51','2026-11-30T14:06:38.101+00:00','',NULL,0,'','',0.0,-0.873742);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at TEXT NOT NULL, 
	run_id TEXT DEFAULT '' NOT NULL, 
	first_row INTEGER, 
	last_row INTEGER, 
	call INTEGER, 
	was TEXT DEFAULT '' NOT NULL, 
	became TEXT NOT NULL, 
	why TEXT NOT NULL, 
	evidence TEXT DEFAULT '' NOT NULL
);
INSERT INTO "events" VALUES(1,'2026-11-30T14:05:55.819+00:00','',NULL,NULL,NULL,'','created','a new ledger','');
INSERT INTO "events" VALUES(2,'2026-11-30T14:05:59.140+00:00','20261130-140557-8222',NULL,NULL,NULL,'','open','a new run','');
INSERT INTO "events" VALUES(3,'2026-11-30T14:05:59.937+00:00','20261130-140557-8222',2,2,1,'','sending','the call begins','');
INSERT INTO "events" VALUES(4,'2026-11-30T14:06:00.190+00:00','20261130-140557-8222',2,2,1,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(5,'2026-11-30T14:06:00.283+00:00','20261130-140557-8222',3,27,2,'','sending','the call begins','');
INSERT INTO "events" VALUES(6,'2026-11-30T14:06:00.283+00:00','20261130-140557-8222',28,41,3,'','sending','the call begins','');
INSERT INTO "events" VALUES(7,'2026-11-30T14:06:00.419+00:00','20261130-140557-8222',3,27,2,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(8,'2026-11-30T14:06:00.540+00:00','20261130-140557-8222',28,41,3,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(9,'2026-11-30T14:06:00.599+00:00','20261130-140557-8222',NULL,NULL,NULL,'','waited','the account''s limits','0.207');
INSERT INTO "events" VALUES(10,'2026-11-30T14:06:00.637+00:00','20261130-140557-8222',NULL,NULL,NULL,'open','finished','nothing is left to do','');
INSERT INTO "events" VALUES(11,'2026-11-30T14:06:20.885+00:00','20261130-140618-70a3',NULL,NULL,NULL,'','open','a new run','');
INSERT INTO "events" VALUES(12,'2026-11-30T14:06:21.101+00:00','20261130-140618-70a3',2,26,4,'','sending','the call begins','');
INSERT INTO "events" VALUES(13,'2026-11-30T14:06:21.101+00:00','20261130-140618-70a3',27,31,5,'','sending','the call begins','');
INSERT INTO "events" VALUES(14,'2026-11-30T14:06:21.259+00:00','20261130-140618-70a3',2,26,4,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(15,'2026-11-30T14:06:21.318+00:00','20261130-140618-70a3',27,31,5,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(16,'2026-11-30T14:06:21.370+00:00','20261130-140618-70a3',NULL,NULL,NULL,'open','finished','nothing is left to do','');
INSERT INTO "events" VALUES(17,'2026-11-30T14:06:36.781+00:00','20261130-140634-7074',NULL,NULL,NULL,'','open','a new run','');
INSERT INTO "events" VALUES(18,'2026-11-30T14:06:37.315+00:00','20261130-140634-7074',2,26,6,'','sending','the call begins','');
INSERT INTO "events" VALUES(19,'2026-11-30T14:06:37.882+00:00','20261130-140634-7074',2,26,6,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(20,'2026-11-30T14:06:38.101+00:00','20261130-140634-7074',27,51,7,'','sending','the call begins','');
CREATE TABLE limits (
	account TEXT NOT NULL, 
	call_class TEXT NOT NULL CONSTRAINT known_call_class CHECK (call_class IN ('standard', 'bulk', 'async')), 
	calls INTEGER NOT NULL, 
	seconds FLOAT NOT NULL, 
	evidence TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (account, call_class)
);
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('uuid','a601fe616397772b0855fc47da9673be');
INSERT INTO "meta" VALUES('machine','7c9bfc8ed3c0940b44c6be47374e9fb5');
INSERT INTO "meta" VALUES('install_key','7c904902fae332e646894f495a1b7e0ea46c143b5a599791c1e89b5a2dc5be3a');
INSERT INTO "meta" VALUES('schema_version','1');
INSERT INTO "meta" VALUES('created_at','2026-11-30T14:05:55.819+00:00');
CREATE TABLE questions (
	account TEXT NOT NULL, 
	day TEXT NOT NULL, 
	calls INTEGER NOT NULL, 
	PRIMARY KEY (account, day)
);
INSERT INTO "questions" VALUES('default','2026-11-30',10);
CREATE TABLE rows (
	run_id TEXT NOT NULL, 
	"row" INTEGER NOT NULL, 
	status TEXT NOT NULL CONSTRAINT known_status CHECK (status IN ('sending', 'created', 'updated', 'unchanged', 'skipped', 'invalid', 'rejected', 'uncertain', 'pending', 'not_sent')), 
	"key" TEXT NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	reposts INTEGER DEFAULT '0' NOT NULL, 
	generation INTEGER DEFAULT '0' NOT NULL, 
	call INTEGER, 
	activity_id TEXT DEFAULT '' NOT NULL, 
	lead_id TEXT DEFAULT '' NOT NULL, 
	request_id TEXT DEFAULT '' NOT NULL, 
	error_code TEXT DEFAULT '' NOT NULL, 
	error TEXT DEFAULT '' NOT NULL, 
	at TEXT DEFAULT '' NOT NULL, 
	evidence TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (run_id, "row"), 
	FOREIGN KEY(run_id) REFERENCES runs (id), 
	FOREIGN KEY(call) REFERENCES calls (number)
)
 WITHOUT ROWID

;
INSERT INTO "rows" VALUES('20261130-140557-8222',2,'created','e97b59a6cbe7c0d06b439d697e0ba7dd',1,0,0,1,'ee13f69d-e2e7-4ffa-8c5b-7e61e8bf6e4b','','','','','2026-11-30T14:06:00.148+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',3,'created','a73722dfbb89ed82351578894fc1898e',1,0,0,2,'c5532874-49df-42ea-a929-8b0b5817fbdb','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',4,'created','cfd8dc840a1a8d1df05fd1434905c997',1,0,0,2,'b9f4e1ee-fff9-4a1a-ae0e-08fa29c077b7','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',5,'created','26b116a17ebdd1748594553e6e492bea',1,0,0,2,'be698f3d-1b79-4ef7-8d72-ac330f4d8ade','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',6,'created','fba488a012d25ede3a5745f3033048b3',1,0,0,2,'28c5d2be-94ca-4dc1-8b28-bdd505e7f023','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',7,'created','756e21917171dd856c3882868b964e70',1,0,0,2,'636f63f9-bb3f-439e-b57f-909f4959da6e','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',8,'created','5b2707e198dbc80719b0c20eff361b0f',1,0,0,2,'424bf9b8-4354-4672-b400-4a498eb71a06','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',9,'created','78863a6de9233770c1569438f86082e0',1,0,0,2,'d1721a91-26a3-4a16-8a11-5ee22a345699','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',10,'created','dc482fbb856d294d48f3da95f4d35a59',1,0,0,2,'37f9a110-cba8-4e9f-a6c0-9b1be8dcaad8','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',11,'created','77fbaffbce8552180cfa71a0d1ffcf69',1,0,0,2,'f3682a06-fe59-49c0-89c5-549e2a4b03f5','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',12,'created','5a05d3767bdb43486fe14b3a6f979ed3',1,0,0,2,'e7866797-b14d-4174-88bd-58df0eb8c79a','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',13,'created','99272f1396bd993b7d740a677de6e8dc',1,0,0,2,'788bce6b-75cb-4ddf-bcc5-04f1a2cc6937','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',14,'created','22c12c19cc6f4875a0399476ff772422',1,0,0,2,'413fdbb7-ff14-4aaa-a6f0-7e501ccb9180','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',15,'created','5e40de34218f43375b4ee924d6c31376',1,0,0,2,'b44aa431-8d2c-4724-8331-a1b13ff2260b','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',16,'created','16b019f271ec423f3960c753742bb635',1,0,0,2,'ae1c4259-4f95-4986-933f-fa87aeeedc4c','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',17,'created','77984d671f6558a9de504be3143dcf12',1,0,0,2,'a96d6030-9fb9-4e3d-817a-bd7c1ad0845e','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',18,'created','96db281ab9255791b32794631f49ac47',1,0,0,2,'1f4c522a-fbd9-4258-a5df-9b3d7ad062ea','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',19,'created','96f758621cd7bf53fa20fdb97107a720',1,0,0,2,'b4876857-5ec8-451e-a1b9-f4eece61f58f','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',20,'created','026e68875d2f97bd6fdfd86adb854f0a',1,0,0,2,'46f4afda-eff5-405d-a933-e367fdca678f','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',21,'created','8823c78e052c569578566532b7a71744',1,0,0,2,'4da742a2-2fd8-4368-a8e7-0182aa3aec80','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',22,'created','4bfd9ace8b7ffccdd3fb065f1377b496',1,0,0,2,'fa3e5593-b314-498f-894f-8fbbe4354b58','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',23,'created','165f9ffbf5ed374c6c078662041ac5b2',1,0,0,2,'47219888-c28b-45e5-b6e3-b069143672a7','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',24,'created','ccf637c794d21794db5ca482561da5bc',1,0,0,2,'77be89d4-e864-4abd-8a10-9a6299420629','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',25,'created','d65fc3a4d36edef117c7e8f2ccbd01e7',1,0,0,2,'ef3a24b2-6eeb-4254-a5f8-31cc45eb3712','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',26,'created','2688254d8cade9de6ee95d8ef205a60a',1,0,0,2,'b2bc72fb-c555-4329-b0a1-08b02ba00d32','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',27,'created','6d870deac2b7d98166c9508c770a2b5a',1,0,0,2,'626544f8-e7b4-408a-adc1-735f06e4b497','','','','','2026-11-30T14:06:00.392+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',28,'created','2b7ebda70ecba74554ac56671c99537b',1,0,0,3,'78d36c68-e873-42e8-8b52-09c9dac17f69','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',29,'created','b0f71df07eb5aeac467573aed6079a9b',1,0,0,3,'45256ce5-d317-46d2-8038-cea4e0e594d8','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',30,'created','67888e7200be7bd04bf9bd6680cf9154',1,0,0,3,'741f977c-6c02-4cfc-bf48-d6fc2e321ce7','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',31,'created','eee32d72df124b70695dbad17e97d680',1,0,0,3,'8f7c8e72-f9cd-40f4-bcc6-fbe0ab94f962','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',32,'created','a0c5b4e92e14b52692e6732ca8aa5cb3',1,0,0,3,'6be12502-9b93-4271-84a5-ec86050fa811','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',33,'created','d36e1bcf26fa85c3d3e8bba20474e56a',1,0,0,3,'b46e731a-9977-4dbb-b411-5f665a9b0dec','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',34,'created','a94ca81052ac72932da5808965a22332',1,0,0,3,'a08579f4-ada3-4778-86d0-2595a1021aef','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',35,'created','3e2965cd217ae9b8a76919c12d0a8ac2',1,0,0,3,'e78768e7-699a-4030-a4e7-542b42fa01b3','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',36,'created','e6464fb65fa847f661b882dfe140d56d',1,0,0,3,'b2d57cde-4287-4ad5-8117-1f68c061dc3b','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',37,'created','39403cd4b984c7fe79a08a47afc300ec',1,0,0,3,'d39d455d-4224-4640-98a6-11202d141b4f','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',38,'created','6cc1ff3f6f8ad0edad3d3a2930661c52',1,0,0,3,'a99fd633-18e5-420a-b987-dc2a51f49a61','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',39,'created','0d782d41646c96cad8f1eef1645e7f45',1,0,0,3,'ab8c8a85-64d4-4abc-8204-609640d3f188','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',40,'created','2eeaff386f15c3e7eb34e4afb9e1fb57',1,0,0,3,'c5087583-1caf-413b-a180-2b226824f972','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140557-8222',41,'created','2d644aa6e36f5baf24d7e3089bae17d6',1,0,0,3,'37dbf6ce-72e9-45c8-846d-b7132074e459','','','','','2026-11-30T14:06:00.512+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',2,'created','e2159d9177c1875d5aef58ba6ef755ea',1,0,0,4,'a9124b03-4729-4cf7-95cf-ca5bc86e274e','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',3,'created','8e4c95555a68925a44e6763190c7578d',1,0,0,4,'db8e6d5a-5f92-4c89-9307-9e9fa67ac023','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',4,'created','9e2d793c5313ff8fa7122801f23936c8',1,0,0,4,'9e9788eb-7023-49bb-89a0-8c1941fa724b','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',5,'created','6916f59fab1911a831367123f166abdd',1,0,0,4,'c8832842-c9e6-4492-bb55-b97532e98be7','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',6,'created','d8d178eaff492843dbdf4f0880fa82af',1,0,0,4,'3d266be4-663f-400f-b25c-7de6a0765ac7','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',7,'created','ed3dbe4559c39eb27a434523648ef250',1,0,0,4,'d29cd83b-bd37-4c9e-9acb-d316090952c5','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',8,'created','a35a639054aa88978b27c9f59f3f43bd',1,0,0,4,'8f6f99ca-4d89-4745-acd7-b083c9810685','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',9,'created','b7abd727956ab124beb44311f720aa96',1,0,0,4,'74f97bbb-05e2-4de9-b360-44a0039a531d','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',10,'created','04843e70b0f7618019f2c2504bf86bd8',1,0,0,4,'1e317db5-2983-4699-a04a-10e6ffe2e776','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',11,'created','3beed2aef679999ff7ee220eb2ae49fb',1,0,0,4,'8a7fa579-a1b3-4627-a013-0e72bc05674c','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',12,'created','c6417759bf577752f97484aa58d53bbd',1,0,0,4,'cb831790-4678-44b1-b827-3355b1da60b6','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',13,'created','9814b8283674596b32538afa0fac1211',1,0,0,4,'74a1a706-759a-4d1f-a7d9-83e7ae8e9367','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',14,'created','f205594dd6e9c37f6017c6c453233698',1,0,0,4,'2935d8e5-3756-4f03-b715-667cd13d6f5b','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',15,'created','5db897023581f0ace9801d961a3f1ffd',1,0,0,4,'b980bdf3-e140-4d3c-98d8-5eb2e6b16efe','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',16,'created','5d63b381bdf9869aba70da47702411ed',1,0,0,4,'ca3bb55f-b361-4557-b0d1-ef3777d4c370','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',17,'created','b8e7f57866fbe3a009f0065b68fca23b',1,0,0,4,'034f1fad-65a6-4995-b105-c04820c9c72c','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',18,'created','af202f4317546d521a52a8f813a19977',1,0,0,4,'0b872d87-fb64-4ca1-86b7-8205b0abafc8','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',19,'created','d27e957e105eeb5016121cb99f3e8357',1,0,0,4,'a6a58aad-bad6-490d-9582-f1cd08c56d1b','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',20,'created','5d6529e151ed3088144960be5885da3c',1,0,0,4,'25f64968-e69c-4868-8f7c-fe65a30b54bb','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',21,'created','16090610a66e85fd5dce2b282ec8cc3c',1,0,0,4,'33474465-4665-4a6d-ac92-e7a0beab5f6e','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',22,'created','006ce1d6a83cfbf2859fffb3970b60e3',1,0,0,4,'11959299-ee97-46b1-a699-fa3a89666ef5','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',23,'created','6120cd6b994ec4010600ef0e0435441e',1,0,0,4,'ea23766b-727e-42cf-9a7f-c06b63a6de60','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',24,'created','a404b0e95cfddf5dc7883e2134ffe09f',1,0,0,4,'84cacddf-1c48-4c60-9ad6-500620afa2b1','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',25,'created','676bcabacd1fd503b3b12e91bf56e345',1,0,0,4,'760dc412-2933-4369-96ce-413d477a399f','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',26,'created','90a31ecd107c9d38aacc738d1d7cd364',1,0,0,4,'79a1010e-b6f2-4d66-843f-b921ceba30e6','','','','','2026-11-30T14:06:21.243+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',27,'created','ac78952d3169f089ccd07588e1973746',1,0,0,5,'514d87f7-2bf2-4a58-9670-2a26066ee0f6','','','','','2026-11-30T14:06:21.305+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',28,'created','ff389b6e0bd3f614a7be087403e8173b',1,0,0,5,'8fea8c28-bdac-48f1-90c6-a8167d869747','','','','','2026-11-30T14:06:21.305+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',29,'created','6563b35a0edfed2082cd0420cfd4f926',1,0,0,5,'237e0c7b-3a94-4517-a6d9-bac31ff6d6d5','','','','','2026-11-30T14:06:21.305+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',30,'created','459bd48dc0bd83ecc9e71f345a6ec702',1,0,0,5,'e5111663-4070-4cd5-9280-8ce4ba155fa2','','','','','2026-11-30T14:06:21.305+00:00','');
INSERT INTO "rows" VALUES('20261130-140618-70a3',31,'created','008b102164c6d5182f3b20a0868b9d19',1,0,0,5,'06a0b820-52fd-457e-bc55-b4586d583fff','','','','','2026-11-30T14:06:21.305+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',2,'created','afab979fc0b35ff068f58efa10d6f383',1,0,0,6,'84618406-ad7c-4d83-b081-652f05faa568','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',3,'created','dd3419580671f41e39bf348eb6ea66c7',1,0,0,6,'de4c04b0-f879-4a00-a015-baf19b1013ac','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',4,'created','c18b73ae62eb92d27b4457f18351d782',1,0,0,6,'f41709b5-b153-4e2e-abf3-876607067331','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',5,'created','f6de83f81dd807079fde1145bfd007c6',1,0,0,6,'e9a11f3e-c364-4878-8bdb-c811c7227818','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',6,'created','7f2d6df977a42db9f526533fca2cf39d',1,0,0,6,'bc2732e4-aa99-40bf-bd81-3a83f2db7a8b','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',7,'created','c1227975187dab7eff846751e80669cc',1,0,0,6,'c5f89a92-df01-4a09-bd4f-c8b64745c2e4','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',8,'created','914352b3c3929123cbf7ae465ed9cc13',1,0,0,6,'0fb76aa9-12c0-42c3-afdc-5ca96dfa5c34','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',9,'created','e8f670a55c0132bf15df4df59c3d0874',1,0,0,6,'92bf35a4-f4b8-4aa9-8709-6c8a00742ec8','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',10,'created','b37fe2f2462a15210c8ae69b3ed12aed',1,0,0,6,'047f9da6-070e-41d6-a642-f7b99bd11c1b','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',11,'created','40379891925c20280d1ec6b99deb76b6',1,0,0,6,'4edf96f9-6067-4023-a60d-4a0380e14bef','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',12,'created','4d6dcd192b4705af7e034b09949e991c',1,0,0,6,'00a462e5-4aed-41be-83e0-c8e820876675','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',13,'created','4c1548fb1a161e5c7ec1fed5cd9c64ec',1,0,0,6,'347d58db-3706-457a-8d9b-b9797a56d20d','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',14,'created','cd27de8aaab517698b61f2d93836d513',1,0,0,6,'d0b51b16-df94-4968-a603-011c3ff9b5dd','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',15,'created','acad2a8c9e2cb212e063c2a34dd940bf',1,0,0,6,'8363a835-412a-4d45-a93e-f6fa501479f4','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',16,'created','c2ea215884cb21b4fc60c128aa1631b6',1,0,0,6,'7fff024d-7594-43dd-9fc9-38f7a8e3e24f','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',17,'created','5c920a5b4e0a6b64748c612acd3feeaf',1,0,0,6,'b0a76fb9-625e-4f23-9f81-d2cc91373b03','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',18,'created','640453133bb9f0606615e6853587b59d',1,0,0,6,'d31e5433-7d9b-4d97-aad6-2881420e70eb','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',19,'created','c979bde7d3216a3c193669a8ac84106a',1,0,0,6,'f44b3c87-4f14-4bbc-a9eb-d8e7d43c7f36','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',20,'created','57c41aba20353e4c9f2fd7106a3ba9c9',1,0,0,6,'0125086b-3007-489c-a2b1-e046020bb101','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',21,'created','cf951925ddcca909e54248ba4f59e89b',1,0,0,6,'04c5134f-7c80-4e86-9970-962fd1c43b5f','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',22,'created','53ade4a1e646d6bcbee219766f7527ba',1,0,0,6,'a77bb553-e01b-4609-82c9-dd14ab2a8764','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',23,'created','4f7b2d7907ffe25dd75876a03b3ab5fb',1,0,0,6,'2e934dbf-b102-47d9-a48a-c6e32955332d','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',24,'created','801ddda0c2528dba0b65fcc76870a48a',1,0,0,6,'2fe3d8b0-58cb-44e9-a8b4-a7b3881408cd','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',25,'created','507fe555901e5f0cddd82666640ded27',1,0,0,6,'36d5d2fc-5a4b-4da1-a38a-1938262684bb','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',26,'created','b68a6e37491ff4b8191cc22d797603f5',1,0,0,6,'7d5ab1f1-4bd5-43e0-99c9-e1fadc63f890','','','','','2026-11-30T14:06:37.874+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',27,'sending','8ae48ce10e46c3758285e08839e4a9e3',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',28,'sending','be8701ee898bf39998606e8cf801901c',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',29,'sending','4527bff10317a1c87efc188d17602052',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',30,'sending','680554456fc13f918a75538fd4094dca',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',31,'sending','27623835b9a6435da89defc4e5c2542c',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',32,'sending','7792f49d3b2f2aa25848e89bc1239556',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',33,'sending','facc5e765269bffe2fa2e07ccbc79dbc',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',34,'sending','d89b68547fb0ea6ba45fcca90e52767a',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',35,'sending','4a52a0e1af54728d7a3c96462097457c',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',36,'sending','86a6bca2a6e2d52e4dedfaa7a1c02576',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',37,'sending','99397fdd513da715e455ba5c3514f951',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',38,'sending','de3f8a3b0880cccb2a1478720e6f460b',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',39,'sending','d065026b44c45e7545aa07748185ea96',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',40,'sending','cb8f3b8e42c4cf1f2b76151cd4c535bf',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',41,'sending','f8fb1ab6271d1646b00544ec2ecae47f',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',42,'sending','15a98dc69f96ecd9cc991d86000fbba9',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',43,'sending','1d02e311283c2d24462e11a9f347bf36',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',44,'sending','a065b0f536d35ffdefd20bc716618032',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',45,'sending','264f5e893276a8583eed25f2a26dc633',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',46,'sending','7a296e1ddd79d2c49d9e010d29ed030e',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',47,'sending','774975b5f5b2854523c30247be72016b',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',48,'sending','c0dfdeca2905a5859132d95c5717c6e0',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',49,'sending','6b5350736075e94debc1634a01aff862',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',50,'sending','e69397beefc6d56c87455ccb67a93569',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
INSERT INTO "rows" VALUES('20261130-140634-7074',51,'sending','abab8980ff72c79fcad0652cfbff6e55',1,0,0,7,'','','','','','2026-11-30T14:06:38.101+00:00','');
CREATE TABLE runs (
	number INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	fingerprint TEXT NOT NULL, 
	account TEXT NOT NULL, 
	target TEXT NOT NULL, 
	source TEXT DEFAULT '' NOT NULL, 
	source_sha TEXT DEFAULT '' NOT NULL, 
	mapping TEXT DEFAULT '' NOT NULL, 
	mapping_sha TEXT DEFAULT '' NOT NULL, 
	folder TEXT DEFAULT '' NOT NULL, 
	rows INTEGER DEFAULT '0' NOT NULL, 
	tool_version TEXT DEFAULT '' NOT NULL, 
	state TEXT NOT NULL CONSTRAINT known_state CHECK (state IN ('open', 'finished')), 
	generation INTEGER DEFAULT '0' NOT NULL, 
	started_at TEXT NOT NULL, 
	finished_at TEXT DEFAULT '' NOT NULL, 
	stop_reason TEXT DEFAULT '' NOT NULL, 
	UNIQUE (id)
);
INSERT INTO "runs" VALUES(1,'20261130-140557-8222','d2b740d6e03c955ebd21b2064f59063d2f85e74a60a7928a708ab4b1b8d53651','default','bulk-activities-by-lead-id','by-hand.csv','df0f828f89e98c80162ad1df4e0aa95dc273c8cd7ab20ffbd02e13a7c39c7a2d','visits.yaml','997d1deab986b3b5ce2899d8d41cbfb7ea465a625cbd4332c74885bf7be7ec36','@FOLDER@/home/runs/20261130-140557-8222',40,'0.1.0','finished',0,'2026-11-30T14:05:59.140+00:00','2026-11-30T14:06:00.637+00:00','');
INSERT INTO "runs" VALUES(2,'20261130-140618-70a3','37a2d46559697821563c11d8d07254b3a066acf25b014c693fedccfdab00262f','default','bulk-activities-by-lead-id','@FOLDER@/inbox/first.csv','3b22eefa68707a314e125a61438b1691a026aebccb5bd72240ec06282edcafbb','@FOLDER@/visits.yaml','997d1deab986b3b5ce2899d8d41cbfb7ea465a625cbd4332c74885bf7be7ec36','@FOLDER@/home/runs/20261130-140618-70a3',31,'0.1.0','finished',0,'2026-11-30T14:06:20.885+00:00','2026-11-30T14:06:21.370+00:00','');
INSERT INTO "runs" VALUES(3,'20261130-140634-7074','44455758ce75eff0e168d0f36346b9fb9f63512217dcac2937e9262d0a6d6664','default','bulk-activities-by-lead-id','@FOLDER@/inbox/second.csv','281c5b2be28deb082017dc30c869d29f0569086e4ddcd2c86d65b4d379b4cefa','@FOLDER@/visits.yaml','997d1deab986b3b5ce2899d8d41cbfb7ea465a625cbd4332c74885bf7be7ec36','@FOLDER@/home/runs/20261130-140634-7074',100,'0.1.0','open',0,'2026-11-30T14:06:36.781+00:00','','');
CREATE TABLE tenants (
	account TEXT NOT NULL, 
	org_id TEXT NOT NULL, 
	bound_at TEXT NOT NULL, 
	PRIMARY KEY (account)
);
INSERT INTO "tenants" VALUES('default','sandbox-390d457b2a55','2026-11-30T14:05:59.117+00:00');
CREATE INDEX ix_runs_fingerprint ON runs (fingerprint);
CREATE INDEX runs_by_mapping ON runs (account, mapping_sha);
CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
CREATE INDEX calls_unfinished ON calls (run_id) WHERE verdict IS NULL;
CREATE INDEX calls_by_end ON calls (account, ended_at, sent_at);
CREATE INDEX calls_by_sending ON calls (account, sent_at);
CREATE INDEX ix_calls_run_id ON calls (run_id);
CREATE INDEX rows_by_key ON rows ("key") WHERE attempts > 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',20);
INSERT INTO "sqlite_sequence" VALUES('runs',3);
INSERT INTO "sqlite_sequence" VALUES('calls',7);
COMMIT;
PRAGMA application_id=1280526673;
PRAGMA user_version=1;
