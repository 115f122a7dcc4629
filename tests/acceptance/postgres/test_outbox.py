"""The memory of the jobs on PostgreSQL: columns that an earlier version has not, counts, and who may send a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from importer.core.redaction import Secret
from importer.jobs.config.model import Address
from importer.jobs.files.inbox import InboxFile
from importer.jobs.store.database import find_databases, open_database
from importer.jobs.store.records import JobRun, NotificationMessage, PendingNotification
from importer.jobs.store.store import JobStore

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


def test_the_memory_on_postgresql(database: Secret, tmp_path: Path) -> None:
    """An older table gets its columns, a dictionary stays one, and of two who want to send a message one may."""
    engine = open_database(find_databases({"IMPORTER_JOBS_DATABASE": database.reveal()}, tmp_path).jobs)
    entry = JobStore(engine).add_file("a", InboxFile(Path("/in/a.csv"), 1, 2, 3), "sha", "m", NOW)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE importer_job_files DROP COLUMN counts, DROP COLUMN outline"))
    store = JobStore(engine)
    assert (store.file_record(entry.id).counts, store.file_record(entry.id).outline) == ({}, "")
    assert store.update_file(entry.id, counts={"created": 2}, state="held").counts == {"created": 2}
    turn = JobRun("a", "hand", "", "", "2026-11-21T02:30:00.000+00:00", "failed", 1, 1, 1, "m")
    store.add_run(turn, [PendingNotification(NotificationMessage("a", "failed", "title", "text"), Address(env="HOOK"))])
    (letter,) = store.due_notifications({"a": None}, NOW)
    assert store.claim_notification(letter, NOW + timedelta(minutes=1))
    assert not store.claim_notification(letter, NOW + timedelta(minutes=1))
    assert store.due_notifications({"a": None}, NOW) == []
    store.update_notification(letter.id, state="sent", ended_at="2026-11-21T02:31:00.000+00:00")
    assert store.notified_since("a", "failed", NOW - timedelta(days=1))
    assert store.delete_old_notifications(NOW + timedelta(days=31)) == 1
    store.close()
