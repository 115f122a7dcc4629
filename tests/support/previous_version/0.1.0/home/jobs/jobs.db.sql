BEGIN TRANSACTION;
CREATE TABLE importer_job_files (
	id INTEGER NOT NULL, 
	job TEXT NOT NULL, 
	path TEXT NOT NULL, 
	sha TEXT NOT NULL, 
	size BIGINT DEFAULT '0' NOT NULL, 
	mtime_ns BIGINT DEFAULT '0' NOT NULL, 
	inode BIGINT DEFAULT '0' NOT NULL, 
	state TEXT NOT NULL, 
	outcome TEXT DEFAULT '' NOT NULL, 
	attempts BIGINT DEFAULT '0' NOT NULL, 
	mapping_sha TEXT DEFAULT '' NOT NULL, 
	taken_at TEXT DEFAULT '' NOT NULL, 
	ended_at TEXT DEFAULT '' NOT NULL, 
	run TEXT DEFAULT '' NOT NULL, 
	exit_status BIGINT DEFAULT '0' NOT NULL, 
	rows BIGINT DEFAULT '0' NOT NULL, 
	problems BIGINT DEFAULT '0' NOT NULL, 
	message TEXT DEFAULT '' NOT NULL, 
	remedy TEXT DEFAULT '' NOT NULL, 
	results TEXT DEFAULT '' NOT NULL, 
	report TEXT DEFAULT '' NOT NULL, 
	archive TEXT DEFAULT '' NOT NULL, 
	approved_by TEXT DEFAULT '' NOT NULL, 
	counts JSON DEFAULT '{}' NOT NULL, 
	codes JSON DEFAULT '{}' NOT NULL, 
	outline TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "importer_job_files" VALUES(1,'visits','@FOLDER@/inbox/first.csv','3b22eefa68707a314e125a61438b1691a026aebccb5bd72240ec06282edcafbb',1398,1796087595118044425,2729189,'archived','problems',1,'997d1deab986b3b5ce2899d8d41cbfb7ea465a625cbd4332c74885bf7be7ec36','2026-12-01T01:13:22.028+00:00','2026-12-01T01:13:25.247+00:00','20261201-011323-1fd0',3,31,1,'30 of 31 rows are in LeadSquared; 1 not sent because of problems in the file.','Correct the rows on the sheet To fix and import that workbook again: only those rows are sent.','@FOLDER@/results/first-20261201-011322.xlsx','@FOLDER@/results/first-20261201-011322.html','@FOLDER@/inbox/done/first.csv','','{"created": 30, "invalid": 1}','{"not-a-uuid": 1}','');
INSERT INTO "importer_job_files" VALUES(2,'visits','@FOLDER@/inbox/second.csv','281c5b2be28deb082017dc30c869d29f0569086e4ddcd2c86d65b4d379b4cefa',4643,1796087606296924886,2728200,'taken','',1,'997d1deab986b3b5ce2899d8d41cbfb7ea465a625cbd4332c74885bf7be7ec36','2026-12-01T01:13:29.590+00:00','','',0,0,0,'','','','','','','{}','{}','');
CREATE TABLE importer_job_outbox (
	id INTEGER NOT NULL, 
	job TEXT NOT NULL, 
	outcome TEXT DEFAULT '' NOT NULL, 
	title TEXT DEFAULT '' NOT NULL, 
	text TEXT DEFAULT '' NOT NULL, 
	env TEXT DEFAULT '' NOT NULL, 
	file TEXT DEFAULT '' NOT NULL, 
	credential TEXT DEFAULT '' NOT NULL, 
	created_at TEXT DEFAULT '' NOT NULL, 
	attempts BIGINT DEFAULT '0' NOT NULL, 
	next_at TEXT DEFAULT '' NOT NULL, 
	state TEXT DEFAULT '' NOT NULL, 
	ended_at TEXT DEFAULT '' NOT NULL, 
	trouble TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "importer_job_outbox" VALUES(1,'visits','problems','visits: 1 row needs you','Job visits: problems, 2026-12-01 01:13 UTC.

first.csv: problems.
    31 rows: 30 created, 1 invalid
    Reasons: 1 not-a-uuid (importer explain CODE)
    Next: Correct the rows on the sheet To fix and import that workbook again: only those rows are sent.
    Workbook: @FOLDER@/results/first-20261201-011322.xlsx
    Report: @FOLDER@/results/first-20261201-011322.html
    File: @FOLDER@/inbox/done/first.csv','HOOK','','','2026-12-01T01:13:25.332+00:00',1,'2026-12-01T01:14:25.908+00:00','waiting','','The process that sends has failed.');
CREATE TABLE importer_job_schedules (
	job TEXT NOT NULL, 
	schedule TEXT DEFAULT '' NOT NULL, 
	owed_since TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (job)
);
CREATE TABLE importer_job_sightings (
	job TEXT NOT NULL, 
	path TEXT NOT NULL, 
	size BIGINT DEFAULT '0' NOT NULL, 
	mtime_ns BIGINT DEFAULT '0' NOT NULL, 
	inode BIGINT DEFAULT '0' NOT NULL, 
	since TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (job, path)
);
CREATE TABLE importer_job_states (
	job TEXT NOT NULL, 
	paused_at TEXT DEFAULT '' NOT NULL, 
	paused_by TEXT DEFAULT '' NOT NULL, 
	paused_why TEXT DEFAULT '' NOT NULL, 
	known_since TEXT DEFAULT '' NOT NULL, 
	last_success_at TEXT DEFAULT '' NOT NULL, 
	silence_told_at TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (job)
);
INSERT INTO "importer_job_states" VALUES('visits','','','','2026-12-01T01:13:21.955+00:00','2026-12-01T01:13:25.332+00:00','');
CREATE TABLE importer_job_turns (
	id INTEGER NOT NULL, 
	job TEXT NOT NULL, 
	cause TEXT DEFAULT '' NOT NULL, 
	due_at TEXT DEFAULT '' NOT NULL, 
	started_at TEXT DEFAULT '' NOT NULL, 
	ended_at TEXT DEFAULT '' NOT NULL, 
	outcome TEXT DEFAULT '' NOT NULL, 
	exit_status BIGINT DEFAULT '0' NOT NULL, 
	files BIGINT DEFAULT '0' NOT NULL, 
	rows BIGINT DEFAULT '0' NOT NULL, 
	message TEXT DEFAULT '' NOT NULL, 
	remedy TEXT DEFAULT '' NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "importer_job_turns" VALUES(1,'visits','hand','2026-12-01T01:13:21.860+00:00','2026-12-01T01:13:21.955+00:00','2026-12-01T01:13:25.332+00:00','problems',3,1,31,'30 of 31 rows are in LeadSquared; 1 not sent because of problems in the file.','Correct the rows on the sheet To fix and import that workbook again: only those rows are sent.');
CREATE INDEX importer_job_files_by_content ON importer_job_files (job, sha);
CREATE INDEX importer_job_outbox_by_state ON importer_job_outbox (state, next_at);
COMMIT;
PRAGMA application_id=0;
PRAGMA user_version=0;
