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
INSERT INTO "bookings" VALUES('default','0103e6c8-c0b8-4d74-9206-773792420282','20261201-011323-1fd0',19);
INSERT INTO "bookings" VALUES('default','03d5a613-c0ce-4e9c-9acd-8f0eb106e0bc','20261201-011302-818b',3);
INSERT INTO "bookings" VALUES('default','07486108-3140-43e0-a43d-daa72593bce7','20261201-011330-fdbf',2);
INSERT INTO "bookings" VALUES('default','0d45d6d3-5691-4365-a889-a45195f2f3fd','20261201-011323-1fd0',31);
INSERT INTO "bookings" VALUES('default','10a2f45b-0d0b-45f3-b53a-454689f13f73','20261201-011330-fdbf',19);
INSERT INTO "bookings" VALUES('default','140e97c8-3989-4db7-9cf3-95d582fb2a1c','20261201-011323-1fd0',26);
INSERT INTO "bookings" VALUES('default','163996ed-3258-4ba5-935e-a92d3b2185c1','20261201-011323-1fd0',14);
INSERT INTO "bookings" VALUES('default','225508b3-a233-4f39-8be8-8df915a0c74e','20261201-011323-1fd0',5);
INSERT INTO "bookings" VALUES('default','2c72a42e-74d8-4e5d-ac44-d51c4fbd416a','20261201-011312-0645',12);
INSERT INTO "bookings" VALUES('default','2d148ae4-91f5-4429-b992-3db44eafce97','20261201-011312-0645',21);
INSERT INTO "bookings" VALUES('default','2ef33cac-4686-4961-b3c8-a5182519b903','20261201-011323-1fd0',28);
INSERT INTO "bookings" VALUES('default','2f78953d-4a03-443f-928b-631fadc14446','20261201-011312-0645',27);
INSERT INTO "bookings" VALUES('default','322fbf5a-8e00-4001-99cb-4149031700ce','20261201-011330-fdbf',8);
INSERT INTO "bookings" VALUES('default','3274636e-24ad-4220-b90f-f1dfbec61e5b','20261201-011330-fdbf',4);
INSERT INTO "bookings" VALUES('default','33c76f3e-2ab7-4396-be9b-ae394000ab73','20261201-011323-1fd0',23);
INSERT INTO "bookings" VALUES('default','354fd5d5-4469-40bd-b26e-ceaa8dbea0a0','20261201-011312-0645',15);
INSERT INTO "bookings" VALUES('default','3847b2a9-56be-4bb0-ac77-053f8ee0053e','20261201-011330-fdbf',18);
INSERT INTO "bookings" VALUES('default','3c0a0502-b0af-4bcb-ac7f-92341c4ea918','20261201-011312-0645',40);
INSERT INTO "bookings" VALUES('default','408d93b8-4365-4503-90e3-03a41a5dfabc','20261201-011330-fdbf',17);
INSERT INTO "bookings" VALUES('default','445075dc-bd11-4d93-8d0a-e717bcb9e798','20261201-011312-0645',16);
INSERT INTO "bookings" VALUES('default','470ca1e5-95cf-42df-aae6-8b96f7901e60','20261201-011312-0645',6);
INSERT INTO "bookings" VALUES('default','4e10ac42-4443-4d78-8fc9-8f0bd09bfad7','20261201-011312-0645',20);
INSERT INTO "bookings" VALUES('default','52f8fcda-9200-4fe8-87e5-5f0f0437973c','20261201-011330-fdbf',10);
INSERT INTO "bookings" VALUES('default','532037ed-6873-4c1f-b6c5-9948df5b4424','20261201-011323-1fd0',2);
INSERT INTO "bookings" VALUES('default','54feaf26-e18c-48eb-8509-0a99b3c79fc8','20261201-011312-0645',37);
INSERT INTO "bookings" VALUES('default','58df1fff-ab06-41b7-9ee0-b102303fd916','20261201-011312-0645',18);
INSERT INTO "bookings" VALUES('default','5c156d99-b6fe-4ddd-ba08-1bda7901da58','20261201-011312-0645',26);
INSERT INTO "bookings" VALUES('default','5c69d1f9-b1eb-401e-abc8-beb5c5ad8cfb','20261201-011323-1fd0',18);
INSERT INTO "bookings" VALUES('default','5ca30993-1745-479d-ba15-d702ca3ed176','20261201-011312-0645',23);
INSERT INTO "bookings" VALUES('default','5ddf7b3f-1121-4575-8fc9-1b7233094688','20261201-011312-0645',10);
INSERT INTO "bookings" VALUES('default','5ffaf9e7-b9b8-4dee-9a18-63055e296388','20261201-011323-1fd0',21);
INSERT INTO "bookings" VALUES('default','63cfbef3-6fd3-4f4d-9618-a735cc8ef573','20261201-011312-0645',32);
INSERT INTO "bookings" VALUES('default','648089d7-281e-4621-9ed2-0a603284749f','20261201-011330-fdbf',7);
INSERT INTO "bookings" VALUES('default','64bb2fe4-83d0-4f23-b48b-2660cbfcddd4','20261201-011312-0645',41);
INSERT INTO "bookings" VALUES('default','695f5f43-d0ed-44cc-adff-ed21803766e2','20261201-011302-818b',2);
INSERT INTO "bookings" VALUES('default','69b7bda0-a76a-4808-9acd-f4ec275630c6','20261201-011330-fdbf',14);
INSERT INTO "bookings" VALUES('default','6b71c742-4a76-4f4e-b338-19f17879b023','20261201-011312-0645',8);
INSERT INTO "bookings" VALUES('default','6b8b5a0b-bf04-41c7-893a-49f4ef95f0cd','20261201-011330-fdbf',25);
INSERT INTO "bookings" VALUES('default','6bee5850-e20a-4693-b98a-abe8d3a03145','20261201-011330-fdbf',15);
INSERT INTO "bookings" VALUES('default','6cf27c11-ae6e-411e-9de5-6e14c5cf0194','20261201-011312-0645',14);
INSERT INTO "bookings" VALUES('default','6f45e428-8d5f-45a4-9b97-8e667dfaffcd','20261201-011302-818b',5);
INSERT INTO "bookings" VALUES('default','7449664b-6faa-4388-8d22-3682204d6960','20261201-011312-0645',9);
INSERT INTO "bookings" VALUES('default','77369361-2fb7-4024-820c-87eda7061275','20261201-011323-1fd0',7);
INSERT INTO "bookings" VALUES('default','7ebed2dd-fb3d-4213-9d11-2c07d332a9a3','20261201-011302-818b',8);
INSERT INTO "bookings" VALUES('default','7ed7342b-e705-4c7e-8f25-03e83e83a76d','20261201-011323-1fd0',15);
INSERT INTO "bookings" VALUES('default','7f462fb1-7edf-4167-b2ca-0e8c755903d9','20261201-011330-fdbf',16);
INSERT INTO "bookings" VALUES('default','7f9e34cb-aabd-47f2-b6be-1c33681f9f64','20261201-011302-818b',9);
INSERT INTO "bookings" VALUES('default','80167842-2bc5-41f4-a01d-9515a538d2e2','20261201-011323-1fd0',11);
INSERT INTO "bookings" VALUES('default','873541ac-9b07-49c4-b9af-05012340938c','20261201-011323-1fd0',22);
INSERT INTO "bookings" VALUES('default','87ce3390-1267-45b5-8330-036ac7f0718e','20261201-011312-0645',29);
INSERT INTO "bookings" VALUES('default','87e618ee-fec3-4979-8933-db3a8a8f591e','20261201-011330-fdbf',13);
INSERT INTO "bookings" VALUES('default','89de7809-eb4f-438d-9855-d40b4dfa9ba7','20261201-011312-0645',7);
INSERT INTO "bookings" VALUES('default','8deac834-1a2a-401f-b249-0dfac7a2e9d7','20261201-011330-fdbf',21);
INSERT INTO "bookings" VALUES('default','931714b6-83b5-49d6-9b42-6945778ee493','20261201-011330-fdbf',6);
INSERT INTO "bookings" VALUES('default','947b0189-5294-4245-a9b1-174711fe1597','20261201-011312-0645',19);
INSERT INTO "bookings" VALUES('default','94cb569c-5fdf-433c-b781-aefcb3b81b58','20261201-011312-0645',35);
INSERT INTO "bookings" VALUES('default','95e93967-c339-46c5-8d5d-dcc0239dfea2','20261201-011312-0645',39);
INSERT INTO "bookings" VALUES('default','99d999dc-ac47-41b5-98aa-b517c9738bd0','20261201-011330-fdbf',11);
INSERT INTO "bookings" VALUES('default','9a605323-9c76-4233-81bb-3f272185e1a0','20261201-011312-0645',31);
INSERT INTO "bookings" VALUES('default','9b38cd11-c244-40bc-8516-af5395233c0a','20261201-011323-1fd0',30);
INSERT INTO "bookings" VALUES('default','9b8c9034-ba47-433d-9515-a2efaa10bc2c','20261201-011312-0645',13);
INSERT INTO "bookings" VALUES('default','9bcb6b47-44f0-4dab-9699-095439e6fb4f','20261201-011330-fdbf',5);
INSERT INTO "bookings" VALUES('default','9ccde7c9-8aab-413b-93ec-c948a8dc6242','20261201-011323-1fd0',10);
INSERT INTO "bookings" VALUES('default','9d7bfb58-c862-468c-a938-60d2c27a73a0','20261201-011330-fdbf',22);
INSERT INTO "bookings" VALUES('default','9f3aa59f-9c3d-4f16-9fa9-06456872a876','20261201-011330-fdbf',26);
INSERT INTO "bookings" VALUES('default','9fba436e-593a-4d7a-8bac-7464e5d01599','20261201-011312-0645',5);
INSERT INTO "bookings" VALUES('default','a0062aa9-0b7a-48c7-8210-3bfc6c3579c5','20261201-011323-1fd0',12);
INSERT INTO "bookings" VALUES('default','a4140a81-7bb2-490b-a8e3-3f04ba4d48a1','20261201-011323-1fd0',27);
INSERT INTO "bookings" VALUES('default','a4d745b4-1188-489d-852f-3b91e91a18a4','20261201-011312-0645',33);
INSERT INTO "bookings" VALUES('default','ab98f73a-694b-4757-9165-2792aa1c8222','20261201-011312-0645',30);
INSERT INTO "bookings" VALUES('default','ad7dec0c-61fe-479f-821a-b6107208e0b3','20261201-011323-1fd0',6);
INSERT INTO "bookings" VALUES('default','b1429c1d-2793-4f9e-98b3-68226b0ff553','20261201-011302-818b',7);
INSERT INTO "bookings" VALUES('default','b268a0ef-e469-4451-afa6-c27eb2584db7','20261201-011323-1fd0',8);
INSERT INTO "bookings" VALUES('default','b64c0183-9c02-46d7-b013-62f1d8e42734','20261201-011330-fdbf',24);
INSERT INTO "bookings" VALUES('default','b74910af-4378-40a2-9edc-9a12c453b2fd','20261201-011330-fdbf',9);
INSERT INTO "bookings" VALUES('default','b99d29eb-aff3-40b7-847a-e9413954d2cd','20261201-011323-1fd0',17);
INSERT INTO "bookings" VALUES('default','ba563a79-8303-491a-93c6-3035c2ecceca','20261201-011302-818b',6);
INSERT INTO "bookings" VALUES('default','bc97bc5e-8081-45c9-95c1-11d83d470edf','20261201-011312-0645',2);
INSERT INTO "bookings" VALUES('default','c0a21d03-f4db-4532-8dbc-37f017ceaeb1','20261201-011312-0645',4);
INSERT INTO "bookings" VALUES('default','c79934e7-bbd8-4598-8faa-f3437cd1b74e','20261201-011323-1fd0',3);
INSERT INTO "bookings" VALUES('default','cea62e38-ca8e-4eb5-a12a-0721da019cb9','20261201-011302-818b',4);
INSERT INTO "bookings" VALUES('default','d22967a5-1c96-4dff-9575-8d08588766cd','20261201-011302-818b',10);
INSERT INTO "bookings" VALUES('default','d95b9165-c621-4b82-b90b-683cd9b8bfe9','20261201-011312-0645',28);
INSERT INTO "bookings" VALUES('default','db89deb6-601c-4302-a5b1-06755cd6b9a0','20261201-011323-1fd0',29);
INSERT INTO "bookings" VALUES('default','db95cab4-7066-4355-b8c4-f98c17f66af9','20261201-011323-1fd0',20);
INSERT INTO "bookings" VALUES('default','de7aec56-153f-4f01-9971-9047a94743d7','20261201-011330-fdbf',20);
INSERT INTO "bookings" VALUES('default','df7179ee-4784-45dc-8f97-cf2d9a561149','20261201-011312-0645',3);
INSERT INTO "bookings" VALUES('default','dfe645af-8a03-4b42-be5b-02dda99713f8','20261201-011312-0645',11);
INSERT INTO "bookings" VALUES('default','e2833fe4-a928-4b0b-93f9-b76571c5633e','20261201-011323-1fd0',4);
INSERT INTO "bookings" VALUES('default','e2a26d72-f9b0-486c-8f73-1fb2c444bbc6','20261201-011330-fdbf',23);
INSERT INTO "bookings" VALUES('default','e8f395a5-d660-4e91-85b0-bc69234781b3','20261201-011312-0645',24);
INSERT INTO "bookings" VALUES('default','e9b837f6-297c-46db-bd17-8fc4a95a497a','20261201-011323-1fd0',13);
INSERT INTO "bookings" VALUES('default','e9ecf0ff-db5d-49e1-a6a8-5f4fdd6cc719','20261201-011312-0645',25);
INSERT INTO "bookings" VALUES('default','eb944ccd-5d8b-433f-b6b5-7f3c3b378510','20261201-011312-0645',17);
INSERT INTO "bookings" VALUES('default','ebf42dac-f530-49fd-ba56-ff7a9481f4d7','20261201-011312-0645',34);
INSERT INTO "bookings" VALUES('default','eff230e5-df50-49fb-8222-bb84be0fc758','20261201-011323-1fd0',24);
INSERT INTO "bookings" VALUES('default','f11218f8-d2de-4610-9791-e9b9d3ca191f','20261201-011323-1fd0',25);
INSERT INTO "bookings" VALUES('default','f167f178-1d48-46ad-83cb-7d176194aae2','20261201-011312-0645',38);
INSERT INTO "bookings" VALUES('default','f233d443-7add-4692-be43-8084dfc5b21f','20261201-011312-0645',22);
INSERT INTO "bookings" VALUES('default','f2708c37-64ae-4d53-a7d5-a48ba1e99b90','20261201-011323-1fd0',16);
INSERT INTO "bookings" VALUES('default','f2ac337e-37c5-46b1-afae-c64246ca197d','20261201-011323-1fd0',9);
INSERT INTO "bookings" VALUES('default','f5cbda90-00fc-4947-9178-1e624111ff10','20261201-011312-0645',36);
INSERT INTO "bookings" VALUES('default','f8d3af8c-7913-46b4-be48-af09cf72297f','20261201-011330-fdbf',3);
INSERT INTO "bookings" VALUES('default','fd024933-7f55-4005-aacb-944ab9e6323e','20261201-011330-fdbf',12);
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
INSERT INTO "calls" VALUES(1,'20261201-011302-818b','default','bulk-activities-by-lead-id','bulk','6006020771afa0bbb0dd5acf24078e13ec8bafc277454503dc60ce1993930e33','2','2026-12-01T01:13:04.363+00:00','2026-12-01T01:13:04.453+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "695f5f43-d0ed-44cc-adff-ed21803766e2", "RowNumber": 1, "ActivityCreated": true}]}',6.53311400674283504486e-03,-0.447807);
INSERT INTO "calls" VALUES(2,'20261201-011302-818b','default','bulk-activities-by-lead-id','bulk','fcee07c80c4d8c718f274509d330c64a485f6b4f74343f7a594bb61dd3eb12b7','3-10','2026-12-01T01:13:04.484+00:00','2026-12-01T01:13:04.584+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "03d5a613-c0ce-4e9c-9acd-8f0eb106e0bc", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "cea62e38-ca8e-4eb5-a12a-0721da019cb9", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "6f45e428-8d5f-45a4-9b97-8e667dfaffcd", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "ba563a79-8303-491a-93c6-3035c2ecceca", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "b1429c1d-2793-4f9e-98b3-68226b0ff553", "RowNumber": 5, "ActivityCreated": true}, {"ProspectActivityId": "7ebed2dd-fb3d-4213-9d11-2c07d332a9a3", "RowNumber": 6, "ActivityCreated": true}, {"ProspectActivityId": "7f9e34cb-aabd-47f2-b6be-1c33681f9f64", "RowNumber": 7, "ActivityCreated": true}, {"ProspectActivityId": "d22967a5-1c96-4dff-9575-8d08588766cd", "RowNumber": 8, "ActivityCreated": true}]}',1.68272919981973245739e-02,-0.56903);
INSERT INTO "calls" VALUES(3,'20261201-011312-0645','default','bulk-activities-by-lead-id','bulk','e28577c7d815da7434f5c0954e07860f2cc7b88297ff060870d90b575c349d31','2-26','2026-12-01T01:13:13.864+00:00','2026-12-01T01:13:13.998+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "bc97bc5e-8081-45c9-95c1-11d83d470edf", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "df7179ee-4784-45dc-8f97-cf2d9a561149", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "c0a21d03-f4db-4532-8dbc-37f017ceaeb1", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "9fba436e-593a-4d7a-8bac-7464e5d01599", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "470ca1e5-95cf-42df-aae6-8b96f7901e60", "RowNumber": 5, "ActivityCreated": true}, {"ProspectActivityId": "89de7809-eb4f-438d-9855-d40b4dfa9ba7", "RowNumber": 6, "ActivityCreated": true}, {"ProspectActivityId": "6b71c742-4a76-4f4e-b338-19f17879b023", "RowNumber": 7, "ActivityCreated": true}, {"ProspectActivityId": "7449664b-6faa-4388-8d22-3682204d6960", "RowNumber": 8, "ActivityCreated": true}, {"ProspectActivityId": "5ddf7b3f-1121-4575-8fc9-1b7233094688", "RowNumber": 9, "ActivityCreated": true}, {"ProspectActivityId": "dfe645af-8a03-4b42-be5b-02dda99713f8", "RowNumber": 10, "ActivityCreated": true}, {"ProspectActivityId": "2c72a42e-74d8-4e5d-ac44-d51c4fbd416a", "RowNumber": 11, "ActivityCreated": true}, {"ProspectActivityId": "9b8c9034-ba47-433d-9515-a2efaa10bc2c", "RowNumber": 12, "ActivityCreated": true}, {"ProspectActivityId": "6cf27c11-ae6e-411e-9de5-6e14c5cf0194", "RowNumber": 13, "ActivityCreated": true}, {"ProspectActivityId": "354fd5d5-4469-40bd-b26e-ceaa8dbea0a0", "RowNumber": 14, "ActivityCreated": true}, {"ProspectActivityId": "445075dc-bd11-4d93-8d0a-e717bcb9e798", "RowNumber": 15, "ActivityCreated": true}, {"ProspectActivityId": "eb944ccd-5d8b-433f-b6b5-7f3c3b378510", "RowNumber": 16, "ActivityCreated": true}, {"ProspectActivityId": "58df1fff-ab06-41b7-9ee0-b102303fd916", "RowNumber": 17, "ActivityCreated": true}, {"ProspectActivityId": "947b0189-5294-4245-a9b1-174711fe1597", "RowNumber": 18, "ActivityCreated": true}, {"ProspectActivityId": "4e10ac42-4443-4d78-8fc9-8f0bd09bfad7", "RowNumber": 19, "Activi',9.53965500229969620704e-03,-0.95837);
INSERT INTO "calls" VALUES(4,'20261201-011312-0645','default','bulk-activities-by-lead-id','bulk','63dd315eb8c9eb48ce1937c14519185e1d5af93688ffa0bc337921f1bfb67c20','27-41','2026-12-01T01:13:13.864+00:00','2026-12-01T01:13:14.112+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "2f78953d-4a03-443f-928b-631fadc14446", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "d95b9165-c621-4b82-b90b-683cd9b8bfe9", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "87ce3390-1267-45b5-8330-036ac7f0718e", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "ab98f73a-694b-4757-9165-2792aa1c8222", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "9a605323-9c76-4233-81bb-3f272185e1a0", "RowNumber": 5, "ActivityCreated": true}, {"ProspectActivityId": "63cfbef3-6fd3-4f4d-9618-a735cc8ef573", "RowNumber": 6, "ActivityCreated": true}, {"ProspectActivityId": "a4d745b4-1188-489d-852f-3b91e91a18a4", "RowNumber": 7, "ActivityCreated": true}, {"ProspectActivityId": "ebf42dac-f530-49fd-ba56-ff7a9481f4d7", "RowNumber": 8, "ActivityCreated": true}, {"ProspectActivityId": "94cb569c-5fdf-433c-b781-aefcb3b81b58", "RowNumber": 9, "ActivityCreated": true}, {"ProspectActivityId": "f5cbda90-00fc-4947-9178-1e624111ff10", "RowNumber": 10, "ActivityCreated": true}, {"ProspectActivityId": "54feaf26-e18c-48eb-8509-0a99b3c79fc8", "RowNumber": 11, "ActivityCreated": true}, {"ProspectActivityId": "f167f178-1d48-46ad-83cb-7d176194aae2", "RowNumber": 12, "ActivityCreated": true}, {"ProspectActivityId": "95e93967-c339-46c5-8d5d-dcc0239dfea2", "RowNumber": 13, "ActivityCreated": true}, {"ProspectActivityId": "3c0a0502-b0af-4bcb-ac7f-92341c4ea918", "RowNumber": 14, "ActivityCreated": true}, {"ProspectActivityId": "64bb2fe4-83d0-4f23-b48b-2660cbfcddd4", "RowNumber": 15, "ActivityCreated": true}]}',2.49773539981106296181e-02,-0.977348);
INSERT INTO "calls" VALUES(5,'20261201-011323-1fd0','default','bulk-activities-by-lead-id','bulk','4f03c76ee1f9fb8a665fc79b05a515dfe6dd9d540bf48aae8408224ca7b7f68f','2-26','2026-12-01T01:13:24.829+00:00','2026-12-01T01:13:24.917+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "532037ed-6873-4c1f-b6c5-9948df5b4424", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "c79934e7-bbd8-4598-8faa-f3437cd1b74e", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "e2833fe4-a928-4b0b-93f9-b76571c5633e", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "225508b3-a233-4f39-8be8-8df915a0c74e", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "ad7dec0c-61fe-479f-821a-b6107208e0b3", "RowNumber": 5, "ActivityCreated": true}, {"ProspectActivityId": "77369361-2fb7-4024-820c-87eda7061275", "RowNumber": 6, "ActivityCreated": true}, {"ProspectActivityId": "b268a0ef-e469-4451-afa6-c27eb2584db7", "RowNumber": 7, "ActivityCreated": true}, {"ProspectActivityId": "f2ac337e-37c5-46b1-afae-c64246ca197d", "RowNumber": 8, "ActivityCreated": true}, {"ProspectActivityId": "9ccde7c9-8aab-413b-93ec-c948a8dc6242", "RowNumber": 9, "ActivityCreated": true}, {"ProspectActivityId": "80167842-2bc5-41f4-a01d-9515a538d2e2", "RowNumber": 10, "ActivityCreated": true}, {"ProspectActivityId": "a0062aa9-0b7a-48c7-8210-3bfc6c3579c5", "RowNumber": 11, "ActivityCreated": true}, {"ProspectActivityId": "e9b837f6-297c-46db-bd17-8fc4a95a497a", "RowNumber": 12, "ActivityCreated": true}, {"ProspectActivityId": "163996ed-3258-4ba5-935e-a92d3b2185c1", "RowNumber": 13, "ActivityCreated": true}, {"ProspectActivityId": "7ed7342b-e705-4c7e-8f25-03e83e83a76d", "RowNumber": 14, "ActivityCreated": true}, {"ProspectActivityId": "f2708c37-64ae-4d53-a7d5-a48ba1e99b90", "RowNumber": 15, "ActivityCreated": true}, {"ProspectActivityId": "b99d29eb-aff3-40b7-847a-e9413954d2cd", "RowNumber": 16, "ActivityCreated": true}, {"ProspectActivityId": "5c69d1f9-b1eb-401e-abc8-beb5c5ad8cfb", "RowNumber": 17, "ActivityCreated": true}, {"ProspectActivityId": "0103e6c8-c0b8-4d74-9206-773792420282", "RowNumber": 18, "ActivityCreated": true}, {"ProspectActivityId": "db95cab4-7066-4355-b8c4-f98c17f66af9", "RowNumber": 19, "Activi',1.57053299990366213023e-02,-0.900552);
INSERT INTO "calls" VALUES(6,'20261201-011323-1fd0','default','bulk-activities-by-lead-id','bulk','8f0b18ef181c1b0f145b38ba353b7aada71767dcd47e1e1c9d0d50ac24318e10','27-31','2026-12-01T01:13:24.829+00:00','2026-12-01T01:13:24.940+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "a4140a81-7bb2-490b-a8e3-3f04ba4d48a1", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "2ef33cac-4686-4961-b3c8-a5182519b903", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "db89deb6-601c-4302-a5b1-06755cd6b9a0", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "9b38cd11-c244-40bc-8516-af5395233c0a", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "0d45d6d3-5691-4365-a889-a45195f2f3fd", "RowNumber": 5, "ActivityCreated": true}]}',2.5648410999565385282e-02,-0.914416);
INSERT INTO "calls" VALUES(7,'20261201-011330-fdbf','default','bulk-activities-by-lead-id','bulk','89079e5950f9220945bdf86f464bba70ca731e8035d45e2588f769bd68de9e45','2-26','2026-12-01T01:13:31.864+00:00','2026-12-01T01:13:32.319+00:00','applied',200,'','{"Response": [{"ProspectActivityId": "07486108-3140-43e0-a43d-daa72593bce7", "RowNumber": 1, "ActivityCreated": true}, {"ProspectActivityId": "f8d3af8c-7913-46b4-be48-af09cf72297f", "RowNumber": 2, "ActivityCreated": true}, {"ProspectActivityId": "3274636e-24ad-4220-b90f-f1dfbec61e5b", "RowNumber": 3, "ActivityCreated": true}, {"ProspectActivityId": "9bcb6b47-44f0-4dab-9699-095439e6fb4f", "RowNumber": 4, "ActivityCreated": true}, {"ProspectActivityId": "931714b6-83b5-49d6-9b42-6945778ee493", "RowNumber": 5, "ActivityCreated": true}, {"ProspectActivityId": "648089d7-281e-4621-9ed2-0a603284749f", "RowNumber": 6, "ActivityCreated": true}, {"ProspectActivityId": "322fbf5a-8e00-4001-99cb-4149031700ce", "RowNumber": 7, "ActivityCreated": true}, {"ProspectActivityId": "b74910af-4378-40a2-9edc-9a12c453b2fd", "RowNumber": 8, "ActivityCreated": true}, {"ProspectActivityId": "52f8fcda-9200-4fe8-87e5-5f0f0437973c", "RowNumber": 9, "ActivityCreated": true}, {"ProspectActivityId": "99d999dc-ac47-41b5-98aa-b517c9738bd0", "RowNumber": 10, "ActivityCreated": true}, {"ProspectActivityId": "fd024933-7f55-4005-aacb-944ab9e6323e", "RowNumber": 11, "ActivityCreated": true}, {"ProspectActivityId": "87e618ee-fec3-4979-8933-db3a8a8f591e", "RowNumber": 12, "ActivityCreated": true}, {"ProspectActivityId": "69b7bda0-a76a-4808-9acd-f4ec275630c6", "RowNumber": 13, "ActivityCreated": true}, {"ProspectActivityId": "6bee5850-e20a-4693-b98a-abe8d3a03145", "RowNumber": 14, "ActivityCreated": true}, {"ProspectActivityId": "7f462fb1-7edf-4167-b2ca-0e8c755903d9", "RowNumber": 15, "ActivityCreated": true}, {"ProspectActivityId": "408d93b8-4365-4503-90e3-03a41a5dfabc", "RowNumber": 16, "ActivityCreated": true}, {"ProspectActivityId": "3847b2a9-56be-4bb0-ac77-053f8ee0053e", "RowNumber": 17, "ActivityCreated": true}, {"ProspectActivityId": "10a2f45b-0d0b-45f3-b53a-454689f13f73", "RowNumber": 18, "ActivityCreated": true}, {"ProspectActivityId": "de7aec56-153f-4f01-9971-9047a94743d7", "RowNumber": 19, "Activi',4.09772172999510075896e-01,-0.31433);
INSERT INTO "calls" VALUES(8,'20261201-011330-fdbf','default','bulk-activities-by-lead-id','bulk','afffcab8a0c155f0396184896a6ac96f2ce940198c3312d7541fba938a738424','27-51','2026-12-01T01:13:32.541+00:00','',NULL,0,'','',0.0,-0.31433);
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
INSERT INTO "events" VALUES(1,'2026-12-01T01:13:01.552+00:00','',NULL,NULL,NULL,'','created','a new ledger','');
INSERT INTO "events" VALUES(2,'2026-12-01T01:13:03.954+00:00','20261201-011302-818b',NULL,NULL,NULL,'','open','a new run','');
INSERT INTO "events" VALUES(3,'2026-12-01T01:13:04.363+00:00','20261201-011302-818b',2,2,1,'','sending','the call begins','');
INSERT INTO "events" VALUES(4,'2026-12-01T01:13:04.453+00:00','20261201-011302-818b',2,2,1,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(5,'2026-12-01T01:13:04.484+00:00','20261201-011302-818b',3,10,2,'','sending','the call begins','');
INSERT INTO "events" VALUES(6,'2026-12-01T01:13:04.584+00:00','20261201-011302-818b',3,10,2,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(7,'2026-12-01T01:13:04.656+00:00','20261201-011302-818b',NULL,NULL,NULL,'','waited','the account''s limits','0.208');
INSERT INTO "events" VALUES(8,'2026-12-01T01:13:04.694+00:00','20261201-011302-818b',NULL,NULL,NULL,'open','finished','nothing is left to do','');
INSERT INTO "events" VALUES(9,'2026-12-01T01:13:13.748+00:00','20261201-011312-0645',NULL,NULL,NULL,'','open','a new run','');
INSERT INTO "events" VALUES(10,'2026-12-01T01:13:13.864+00:00','20261201-011312-0645',2,26,3,'','sending','the call begins','');
INSERT INTO "events" VALUES(11,'2026-12-01T01:13:13.864+00:00','20261201-011312-0645',27,41,4,'','sending','the call begins','');
INSERT INTO "events" VALUES(12,'2026-12-01T01:13:13.998+00:00','20261201-011312-0645',2,26,3,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(13,'2026-12-01T01:13:14.112+00:00','20261201-011312-0645',27,41,4,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(14,'2026-12-01T01:13:14.186+00:00','20261201-011312-0645',NULL,NULL,NULL,'open','finished','nothing is left to do','');
INSERT INTO "events" VALUES(15,'2026-12-01T01:13:24.770+00:00','20261201-011323-1fd0',NULL,NULL,NULL,'','open','a new run','');
INSERT INTO "events" VALUES(16,'2026-12-01T01:13:24.829+00:00','20261201-011323-1fd0',2,26,5,'','sending','the call begins','');
INSERT INTO "events" VALUES(17,'2026-12-01T01:13:24.829+00:00','20261201-011323-1fd0',27,31,6,'','sending','the call begins','');
INSERT INTO "events" VALUES(18,'2026-12-01T01:13:24.917+00:00','20261201-011323-1fd0',2,26,5,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(19,'2026-12-01T01:13:24.940+00:00','20261201-011323-1fd0',27,31,6,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(20,'2026-12-01T01:13:24.956+00:00','20261201-011323-1fd0',NULL,NULL,NULL,'open','finished','nothing is left to do','');
INSERT INTO "events" VALUES(21,'2026-12-01T01:13:31.792+00:00','20261201-011330-fdbf',NULL,NULL,NULL,'','open','a new run','');
INSERT INTO "events" VALUES(22,'2026-12-01T01:13:31.864+00:00','20261201-011330-fdbf',2,26,7,'','sending','the call begins','');
INSERT INTO "events" VALUES(23,'2026-12-01T01:13:32.319+00:00','20261201-011330-fdbf',2,26,7,'sending','created','the call ended: applied','');
INSERT INTO "events" VALUES(24,'2026-12-01T01:13:32.541+00:00','20261201-011330-fdbf',27,51,8,'','sending','the call begins','');
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
INSERT INTO "meta" VALUES('uuid','fe46827e90213a1bee899265c2708378');
INSERT INTO "meta" VALUES('machine','6f1c4499d8bd7fc6ff9768268097a2ef');
INSERT INTO "meta" VALUES('install_key','6f29f4c96ba15d024629e41e935ad76332ff9265ebc7e9eebb61bc309e390773');
INSERT INTO "meta" VALUES('schema_version','1');
INSERT INTO "meta" VALUES('created_at','2026-12-01T01:13:01.552+00:00');
CREATE TABLE questions (
	account TEXT NOT NULL, 
	day TEXT NOT NULL, 
	calls INTEGER NOT NULL, 
	PRIMARY KEY (account, day)
);
INSERT INTO "questions" VALUES('default','2026-12-01',11);
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
INSERT INTO "rows" VALUES('20261201-011302-818b',2,'created','ae0a9bf8071a8815b8da1ca7ff599095',1,0,0,1,'695f5f43-d0ed-44cc-adff-ed21803766e2','','','','','2026-12-01T01:13:04.448+00:00','');
INSERT INTO "rows" VALUES('20261201-011302-818b',3,'created','d8415571b1c2a622e0a2afa781524256',1,0,0,2,'03d5a613-c0ce-4e9c-9acd-8f0eb106e0bc','','','','','2026-12-01T01:13:04.572+00:00','');
INSERT INTO "rows" VALUES('20261201-011302-818b',4,'created','2f6a8c2e7226f7bf63a97cf2667db135',1,0,0,2,'cea62e38-ca8e-4eb5-a12a-0721da019cb9','','','','','2026-12-01T01:13:04.572+00:00','');
INSERT INTO "rows" VALUES('20261201-011302-818b',5,'created','7a5752e384ca69566bcf5f8788e812aa',1,0,0,2,'6f45e428-8d5f-45a4-9b97-8e667dfaffcd','','','','','2026-12-01T01:13:04.572+00:00','');
INSERT INTO "rows" VALUES('20261201-011302-818b',6,'created','97514aee262a02b7eaec11a2ec03d1e6',1,0,0,2,'ba563a79-8303-491a-93c6-3035c2ecceca','','','','','2026-12-01T01:13:04.572+00:00','');
INSERT INTO "rows" VALUES('20261201-011302-818b',7,'created','c9d7de7db91245531f4295f45fcc1209',1,0,0,2,'b1429c1d-2793-4f9e-98b3-68226b0ff553','','','','','2026-12-01T01:13:04.572+00:00','');
INSERT INTO "rows" VALUES('20261201-011302-818b',8,'created','22d1b681fe09224e7082f6f06c5071b9',1,0,0,2,'7ebed2dd-fb3d-4213-9d11-2c07d332a9a3','','','','','2026-12-01T01:13:04.572+00:00','');
INSERT INTO "rows" VALUES('20261201-011302-818b',9,'created','a8608364a3f5a99d5d33bc8bdb4123c7',1,0,0,2,'7f9e34cb-aabd-47f2-b6be-1c33681f9f64','','','','','2026-12-01T01:13:04.572+00:00','');
INSERT INTO "rows" VALUES('20261201-011302-818b',10,'created','6fb3e82a4d661f94a378def71fa91bfc',1,0,0,2,'d22967a5-1c96-4dff-9575-8d08588766cd','','','','','2026-12-01T01:13:04.572+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',2,'created','e97b59a6cbe7c0d06b439d697e0ba7dd',1,0,0,3,'bc97bc5e-8081-45c9-95c1-11d83d470edf','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',3,'created','a73722dfbb89ed82351578894fc1898e',1,0,0,3,'df7179ee-4784-45dc-8f97-cf2d9a561149','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',4,'created','cfd8dc840a1a8d1df05fd1434905c997',1,0,0,3,'c0a21d03-f4db-4532-8dbc-37f017ceaeb1','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',5,'created','26b116a17ebdd1748594553e6e492bea',1,0,0,3,'9fba436e-593a-4d7a-8bac-7464e5d01599','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',6,'created','fba488a012d25ede3a5745f3033048b3',1,0,0,3,'470ca1e5-95cf-42df-aae6-8b96f7901e60','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',7,'created','756e21917171dd856c3882868b964e70',1,0,0,3,'89de7809-eb4f-438d-9855-d40b4dfa9ba7','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',8,'created','5b2707e198dbc80719b0c20eff361b0f',1,0,0,3,'6b71c742-4a76-4f4e-b338-19f17879b023','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',9,'created','78863a6de9233770c1569438f86082e0',1,0,0,3,'7449664b-6faa-4388-8d22-3682204d6960','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',10,'created','dc482fbb856d294d48f3da95f4d35a59',1,0,0,3,'5ddf7b3f-1121-4575-8fc9-1b7233094688','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',11,'created','77fbaffbce8552180cfa71a0d1ffcf69',1,0,0,3,'dfe645af-8a03-4b42-be5b-02dda99713f8','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',12,'created','5a05d3767bdb43486fe14b3a6f979ed3',1,0,0,3,'2c72a42e-74d8-4e5d-ac44-d51c4fbd416a','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',13,'created','99272f1396bd993b7d740a677de6e8dc',1,0,0,3,'9b8c9034-ba47-433d-9515-a2efaa10bc2c','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',14,'created','22c12c19cc6f4875a0399476ff772422',1,0,0,3,'6cf27c11-ae6e-411e-9de5-6e14c5cf0194','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',15,'created','5e40de34218f43375b4ee924d6c31376',1,0,0,3,'354fd5d5-4469-40bd-b26e-ceaa8dbea0a0','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',16,'created','16b019f271ec423f3960c753742bb635',1,0,0,3,'445075dc-bd11-4d93-8d0a-e717bcb9e798','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',17,'created','77984d671f6558a9de504be3143dcf12',1,0,0,3,'eb944ccd-5d8b-433f-b6b5-7f3c3b378510','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',18,'created','96db281ab9255791b32794631f49ac47',1,0,0,3,'58df1fff-ab06-41b7-9ee0-b102303fd916','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',19,'created','96f758621cd7bf53fa20fdb97107a720',1,0,0,3,'947b0189-5294-4245-a9b1-174711fe1597','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',20,'created','026e68875d2f97bd6fdfd86adb854f0a',1,0,0,3,'4e10ac42-4443-4d78-8fc9-8f0bd09bfad7','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',21,'created','8823c78e052c569578566532b7a71744',1,0,0,3,'2d148ae4-91f5-4429-b992-3db44eafce97','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',22,'created','4bfd9ace8b7ffccdd3fb065f1377b496',1,0,0,3,'f233d443-7add-4692-be43-8084dfc5b21f','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',23,'created','165f9ffbf5ed374c6c078662041ac5b2',1,0,0,3,'5ca30993-1745-479d-ba15-d702ca3ed176','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',24,'created','ccf637c794d21794db5ca482561da5bc',1,0,0,3,'e8f395a5-d660-4e91-85b0-bc69234781b3','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',25,'created','d65fc3a4d36edef117c7e8f2ccbd01e7',1,0,0,3,'e9ecf0ff-db5d-49e1-a6a8-5f4fdd6cc719','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',26,'created','2688254d8cade9de6ee95d8ef205a60a',1,0,0,3,'5c156d99-b6fe-4ddd-ba08-1bda7901da58','','','','','2026-12-01T01:13:13.968+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',27,'created','6d870deac2b7d98166c9508c770a2b5a',1,0,0,4,'2f78953d-4a03-443f-928b-631fadc14446','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',28,'created','2b7ebda70ecba74554ac56671c99537b',1,0,0,4,'d95b9165-c621-4b82-b90b-683cd9b8bfe9','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',29,'created','b0f71df07eb5aeac467573aed6079a9b',1,0,0,4,'87ce3390-1267-45b5-8330-036ac7f0718e','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',30,'created','67888e7200be7bd04bf9bd6680cf9154',1,0,0,4,'ab98f73a-694b-4757-9165-2792aa1c8222','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',31,'created','eee32d72df124b70695dbad17e97d680',1,0,0,4,'9a605323-9c76-4233-81bb-3f272185e1a0','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',32,'created','a0c5b4e92e14b52692e6732ca8aa5cb3',1,0,0,4,'63cfbef3-6fd3-4f4d-9618-a735cc8ef573','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',33,'created','d36e1bcf26fa85c3d3e8bba20474e56a',1,0,0,4,'a4d745b4-1188-489d-852f-3b91e91a18a4','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',34,'created','a94ca81052ac72932da5808965a22332',1,0,0,4,'ebf42dac-f530-49fd-ba56-ff7a9481f4d7','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',35,'created','3e2965cd217ae9b8a76919c12d0a8ac2',1,0,0,4,'94cb569c-5fdf-433c-b781-aefcb3b81b58','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',36,'created','e6464fb65fa847f661b882dfe140d56d',1,0,0,4,'f5cbda90-00fc-4947-9178-1e624111ff10','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',37,'created','39403cd4b984c7fe79a08a47afc300ec',1,0,0,4,'54feaf26-e18c-48eb-8509-0a99b3c79fc8','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',38,'created','6cc1ff3f6f8ad0edad3d3a2930661c52',1,0,0,4,'f167f178-1d48-46ad-83cb-7d176194aae2','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',39,'created','0d782d41646c96cad8f1eef1645e7f45',1,0,0,4,'95e93967-c339-46c5-8d5d-dcc0239dfea2','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',40,'created','2eeaff386f15c3e7eb34e4afb9e1fb57',1,0,0,4,'3c0a0502-b0af-4bcb-ac7f-92341c4ea918','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011312-0645',41,'created','2d644aa6e36f5baf24d7e3089bae17d6',1,0,0,4,'64bb2fe4-83d0-4f23-b48b-2660cbfcddd4','','','','','2026-12-01T01:13:14.108+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',2,'created','e2159d9177c1875d5aef58ba6ef755ea',1,0,0,5,'532037ed-6873-4c1f-b6c5-9948df5b4424','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',3,'created','8e4c95555a68925a44e6763190c7578d',1,0,0,5,'c79934e7-bbd8-4598-8faa-f3437cd1b74e','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',4,'created','9e2d793c5313ff8fa7122801f23936c8',1,0,0,5,'e2833fe4-a928-4b0b-93f9-b76571c5633e','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',5,'created','6916f59fab1911a831367123f166abdd',1,0,0,5,'225508b3-a233-4f39-8be8-8df915a0c74e','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',6,'created','d8d178eaff492843dbdf4f0880fa82af',1,0,0,5,'ad7dec0c-61fe-479f-821a-b6107208e0b3','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',7,'created','ed3dbe4559c39eb27a434523648ef250',1,0,0,5,'77369361-2fb7-4024-820c-87eda7061275','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',8,'created','a35a639054aa88978b27c9f59f3f43bd',1,0,0,5,'b268a0ef-e469-4451-afa6-c27eb2584db7','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',9,'created','b7abd727956ab124beb44311f720aa96',1,0,0,5,'f2ac337e-37c5-46b1-afae-c64246ca197d','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',10,'created','04843e70b0f7618019f2c2504bf86bd8',1,0,0,5,'9ccde7c9-8aab-413b-93ec-c948a8dc6242','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',11,'created','3beed2aef679999ff7ee220eb2ae49fb',1,0,0,5,'80167842-2bc5-41f4-a01d-9515a538d2e2','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',12,'created','c6417759bf577752f97484aa58d53bbd',1,0,0,5,'a0062aa9-0b7a-48c7-8210-3bfc6c3579c5','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',13,'created','9814b8283674596b32538afa0fac1211',1,0,0,5,'e9b837f6-297c-46db-bd17-8fc4a95a497a','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',14,'created','f205594dd6e9c37f6017c6c453233698',1,0,0,5,'163996ed-3258-4ba5-935e-a92d3b2185c1','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',15,'created','5db897023581f0ace9801d961a3f1ffd',1,0,0,5,'7ed7342b-e705-4c7e-8f25-03e83e83a76d','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',16,'created','5d63b381bdf9869aba70da47702411ed',1,0,0,5,'f2708c37-64ae-4d53-a7d5-a48ba1e99b90','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',17,'created','b8e7f57866fbe3a009f0065b68fca23b',1,0,0,5,'b99d29eb-aff3-40b7-847a-e9413954d2cd','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',18,'created','af202f4317546d521a52a8f813a19977',1,0,0,5,'5c69d1f9-b1eb-401e-abc8-beb5c5ad8cfb','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',19,'created','d27e957e105eeb5016121cb99f3e8357',1,0,0,5,'0103e6c8-c0b8-4d74-9206-773792420282','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',20,'created','5d6529e151ed3088144960be5885da3c',1,0,0,5,'db95cab4-7066-4355-b8c4-f98c17f66af9','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',21,'created','16090610a66e85fd5dce2b282ec8cc3c',1,0,0,5,'5ffaf9e7-b9b8-4dee-9a18-63055e296388','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',22,'created','006ce1d6a83cfbf2859fffb3970b60e3',1,0,0,5,'873541ac-9b07-49c4-b9af-05012340938c','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',23,'created','6120cd6b994ec4010600ef0e0435441e',1,0,0,5,'33c76f3e-2ab7-4396-be9b-ae394000ab73','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',24,'created','a404b0e95cfddf5dc7883e2134ffe09f',1,0,0,5,'eff230e5-df50-49fb-8222-bb84be0fc758','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',25,'created','676bcabacd1fd503b3b12e91bf56e345',1,0,0,5,'f11218f8-d2de-4610-9791-e9b9d3ca191f','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',26,'created','90a31ecd107c9d38aacc738d1d7cd364',1,0,0,5,'140e97c8-3989-4db7-9cf3-95d582fb2a1c','','','','','2026-12-01T01:13:24.909+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',27,'created','ac78952d3169f089ccd07588e1973746',1,0,0,6,'a4140a81-7bb2-490b-a8e3-3f04ba4d48a1','','','','','2026-12-01T01:13:24.937+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',28,'created','ff389b6e0bd3f614a7be087403e8173b',1,0,0,6,'2ef33cac-4686-4961-b3c8-a5182519b903','','','','','2026-12-01T01:13:24.937+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',29,'created','6563b35a0edfed2082cd0420cfd4f926',1,0,0,6,'db89deb6-601c-4302-a5b1-06755cd6b9a0','','','','','2026-12-01T01:13:24.937+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',30,'created','459bd48dc0bd83ecc9e71f345a6ec702',1,0,0,6,'9b38cd11-c244-40bc-8516-af5395233c0a','','','','','2026-12-01T01:13:24.937+00:00','');
INSERT INTO "rows" VALUES('20261201-011323-1fd0',31,'created','008b102164c6d5182f3b20a0868b9d19',1,0,0,6,'0d45d6d3-5691-4365-a889-a45195f2f3fd','','','','','2026-12-01T01:13:24.937+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',2,'created','afab979fc0b35ff068f58efa10d6f383',1,0,0,7,'07486108-3140-43e0-a43d-daa72593bce7','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',3,'created','dd3419580671f41e39bf348eb6ea66c7',1,0,0,7,'f8d3af8c-7913-46b4-be48-af09cf72297f','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',4,'created','c18b73ae62eb92d27b4457f18351d782',1,0,0,7,'3274636e-24ad-4220-b90f-f1dfbec61e5b','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',5,'created','f6de83f81dd807079fde1145bfd007c6',1,0,0,7,'9bcb6b47-44f0-4dab-9699-095439e6fb4f','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',6,'created','7f2d6df977a42db9f526533fca2cf39d',1,0,0,7,'931714b6-83b5-49d6-9b42-6945778ee493','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',7,'created','c1227975187dab7eff846751e80669cc',1,0,0,7,'648089d7-281e-4621-9ed2-0a603284749f','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',8,'created','914352b3c3929123cbf7ae465ed9cc13',1,0,0,7,'322fbf5a-8e00-4001-99cb-4149031700ce','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',9,'created','e8f670a55c0132bf15df4df59c3d0874',1,0,0,7,'b74910af-4378-40a2-9edc-9a12c453b2fd','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',10,'created','b37fe2f2462a15210c8ae69b3ed12aed',1,0,0,7,'52f8fcda-9200-4fe8-87e5-5f0f0437973c','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',11,'created','40379891925c20280d1ec6b99deb76b6',1,0,0,7,'99d999dc-ac47-41b5-98aa-b517c9738bd0','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',12,'created','4d6dcd192b4705af7e034b09949e991c',1,0,0,7,'fd024933-7f55-4005-aacb-944ab9e6323e','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',13,'created','4c1548fb1a161e5c7ec1fed5cd9c64ec',1,0,0,7,'87e618ee-fec3-4979-8933-db3a8a8f591e','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',14,'created','cd27de8aaab517698b61f2d93836d513',1,0,0,7,'69b7bda0-a76a-4808-9acd-f4ec275630c6','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',15,'created','acad2a8c9e2cb212e063c2a34dd940bf',1,0,0,7,'6bee5850-e20a-4693-b98a-abe8d3a03145','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',16,'created','c2ea215884cb21b4fc60c128aa1631b6',1,0,0,7,'7f462fb1-7edf-4167-b2ca-0e8c755903d9','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',17,'created','5c920a5b4e0a6b64748c612acd3feeaf',1,0,0,7,'408d93b8-4365-4503-90e3-03a41a5dfabc','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',18,'created','640453133bb9f0606615e6853587b59d',1,0,0,7,'3847b2a9-56be-4bb0-ac77-053f8ee0053e','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',19,'created','c979bde7d3216a3c193669a8ac84106a',1,0,0,7,'10a2f45b-0d0b-45f3-b53a-454689f13f73','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',20,'created','57c41aba20353e4c9f2fd7106a3ba9c9',1,0,0,7,'de7aec56-153f-4f01-9971-9047a94743d7','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',21,'created','cf951925ddcca909e54248ba4f59e89b',1,0,0,7,'8deac834-1a2a-401f-b249-0dfac7a2e9d7','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',22,'created','53ade4a1e646d6bcbee219766f7527ba',1,0,0,7,'9d7bfb58-c862-468c-a938-60d2c27a73a0','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',23,'created','4f7b2d7907ffe25dd75876a03b3ab5fb',1,0,0,7,'e2a26d72-f9b0-486c-8f73-1fb2c444bbc6','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',24,'created','801ddda0c2528dba0b65fcc76870a48a',1,0,0,7,'b64c0183-9c02-46d7-b013-62f1d8e42734','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',25,'created','507fe555901e5f0cddd82666640ded27',1,0,0,7,'6b8b5a0b-bf04-41c7-893a-49f4ef95f0cd','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',26,'created','b68a6e37491ff4b8191cc22d797603f5',1,0,0,7,'9f3aa59f-9c3d-4f16-9fa9-06456872a876','','','','','2026-12-01T01:13:32.315+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',27,'sending','8ae48ce10e46c3758285e08839e4a9e3',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',28,'sending','be8701ee898bf39998606e8cf801901c',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',29,'sending','4527bff10317a1c87efc188d17602052',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',30,'sending','680554456fc13f918a75538fd4094dca',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',31,'sending','27623835b9a6435da89defc4e5c2542c',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',32,'sending','7792f49d3b2f2aa25848e89bc1239556',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',33,'sending','facc5e765269bffe2fa2e07ccbc79dbc',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',34,'sending','d89b68547fb0ea6ba45fcca90e52767a',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',35,'sending','4a52a0e1af54728d7a3c96462097457c',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',36,'sending','86a6bca2a6e2d52e4dedfaa7a1c02576',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',37,'sending','99397fdd513da715e455ba5c3514f951',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',38,'sending','de3f8a3b0880cccb2a1478720e6f460b',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',39,'sending','d065026b44c45e7545aa07748185ea96',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',40,'sending','cb8f3b8e42c4cf1f2b76151cd4c535bf',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',41,'sending','f8fb1ab6271d1646b00544ec2ecae47f',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',42,'sending','15a98dc69f96ecd9cc991d86000fbba9',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',43,'sending','1d02e311283c2d24462e11a9f347bf36',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',44,'sending','a065b0f536d35ffdefd20bc716618032',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',45,'sending','264f5e893276a8583eed25f2a26dc633',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',46,'sending','7a296e1ddd79d2c49d9e010d29ed030e',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',47,'sending','774975b5f5b2854523c30247be72016b',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',48,'sending','c0dfdeca2905a5859132d95c5717c6e0',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',49,'sending','6b5350736075e94debc1634a01aff862',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',50,'sending','e69397beefc6d56c87455ccb67a93569',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
INSERT INTO "rows" VALUES('20261201-011330-fdbf',51,'sending','abab8980ff72c79fcad0652cfbff6e55',1,0,0,8,'','','','','','2026-12-01T01:13:32.541+00:00','');
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
INSERT INTO "runs" VALUES(1,'20261201-011302-818b','796710b85f2a1d5a0afb16956912e0f4120bd56a6e000b3249a03345c132f959','default','bulk-activities-by-lead-id','marks.csv','ff56c79734fe9ea8041a17629c742f4a292851199420d35067bdc111d4490369','visits.yaml','997d1deab986b3b5ce2899d8d41cbfb7ea465a625cbd4332c74885bf7be7ec36','@FOLDER@/home/runs/20261201-011302-818b',9,'0.1.0','finished',0,'2026-12-01T01:13:03.954+00:00','2026-12-01T01:13:04.694+00:00','');
INSERT INTO "runs" VALUES(2,'20261201-011312-0645','d2b740d6e03c955ebd21b2064f59063d2f85e74a60a7928a708ab4b1b8d53651','default','bulk-activities-by-lead-id','by-hand.csv','df0f828f89e98c80162ad1df4e0aa95dc273c8cd7ab20ffbd02e13a7c39c7a2d','visits.yaml','997d1deab986b3b5ce2899d8d41cbfb7ea465a625cbd4332c74885bf7be7ec36','@FOLDER@/home/runs/20261201-011312-0645',40,'0.1.0','finished',0,'2026-12-01T01:13:13.748+00:00','2026-12-01T01:13:14.186+00:00','');
INSERT INTO "runs" VALUES(3,'20261201-011323-1fd0','37a2d46559697821563c11d8d07254b3a066acf25b014c693fedccfdab00262f','default','bulk-activities-by-lead-id','@FOLDER@/inbox/first.csv','3b22eefa68707a314e125a61438b1691a026aebccb5bd72240ec06282edcafbb','@FOLDER@/visits.yaml','997d1deab986b3b5ce2899d8d41cbfb7ea465a625cbd4332c74885bf7be7ec36','@FOLDER@/home/runs/20261201-011323-1fd0',31,'0.1.0','finished',0,'2026-12-01T01:13:24.770+00:00','2026-12-01T01:13:24.956+00:00','');
INSERT INTO "runs" VALUES(4,'20261201-011330-fdbf','44455758ce75eff0e168d0f36346b9fb9f63512217dcac2937e9262d0a6d6664','default','bulk-activities-by-lead-id','@FOLDER@/inbox/second.csv','281c5b2be28deb082017dc30c869d29f0569086e4ddcd2c86d65b4d379b4cefa','@FOLDER@/visits.yaml','997d1deab986b3b5ce2899d8d41cbfb7ea465a625cbd4332c74885bf7be7ec36','@FOLDER@/home/runs/20261201-011330-fdbf',100,'0.1.0','open',0,'2026-12-01T01:13:31.792+00:00','','');
CREATE TABLE tenants (
	account TEXT NOT NULL, 
	org_id TEXT NOT NULL, 
	bound_at TEXT NOT NULL, 
	PRIMARY KEY (account)
);
INSERT INTO "tenants" VALUES('default','sandbox-0668733f16ab','2026-12-01T01:13:03.927+00:00');
CREATE INDEX ix_runs_fingerprint ON runs (fingerprint);
CREATE INDEX runs_by_mapping ON runs (account, mapping_sha);
CREATE TRIGGER events_refuse_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
CREATE TRIGGER events_refuse_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END;
CREATE INDEX calls_by_sending ON calls (account, sent_at);
CREATE INDEX calls_by_end ON calls (account, ended_at, sent_at);
CREATE INDEX ix_calls_run_id ON calls (run_id);
CREATE INDEX calls_unfinished ON calls (run_id) WHERE verdict IS NULL;
CREATE INDEX rows_by_key ON rows ("key") WHERE attempts > 0;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',24);
INSERT INTO "sqlite_sequence" VALUES('runs',4);
INSERT INTO "sqlite_sequence" VALUES('calls',8);
COMMIT;
PRAGMA application_id=1280526673;
PRAGMA user_version=1;
