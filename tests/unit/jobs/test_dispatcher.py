"""Notifications: stored with the run, sent at least once, tried again, and given up when too old."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from importer.core.errors import LedgerError
from importer.core.redaction import Secret
from importer.jobs.config.loader import LoadedJobs, parse_jobs
from importer.jobs.config.model import Address
from importer.jobs.engine.results import FileResult, JobRunResult
from importer.jobs.monitoring.status import describe_jobs, history
from importer.jobs.notifications.dispatcher import NotificationDispatcher, retry_delay
from importer.jobs.notifications.messages import message_for_fault, message_for_run, message_for_silence
from importer.jobs.store.database import find_databases, open_database
from importer.jobs.store.records import (
    JobOutcome,
    JobRun,
    NotificationMessage,
    NotificationState,
    PendingNotification,
)
from importer.jobs.store.store import JobStore
from tests.unit.jobs.helpers import NOW, Clock

JOBS = "jobs:\n  a: {account: x, mapping: m.yaml, source: {folder: in}, notify: [{url: {env: TEAM}}]}\n"
HERE = {"TEAM": "json://team"}


@dataclass
class Server:
    """Takes a message or not, and needs its time."""

    clock: Clock
    trouble: str = ""
    seconds: float = 0
    received: list[str] = field(default_factory=list)

    def __call__(self, address: Secret, notice: NotificationMessage) -> str:
        self.received.append(notice.title)
        self.clock.sleep(self.seconds)
        return self.trouble


@pytest.fixture
def jobs(tmp_path: Path) -> LoadedJobs:
    return parse_jobs(JOBS, tmp_path / "jobs.yaml")


@pytest.fixture
def server() -> Server:
    return Server(Clock())


@pytest.fixture
def dispatcher(jobs: LoadedJobs, store: JobStore, server: Server) -> NotificationDispatcher:
    return NotificationDispatcher(jobs, store, server, HERE, server.clock)


def write(store: JobStore, *titles: str, job: str = "a") -> None:
    run = JobRun(job, "hand", "", "", "2026-11-21T02:30:00.000+00:00", "failed", 1, 1, 1, "m")
    drafts = [
        PendingNotification(NotificationMessage(job, "failed", title, "text"), Address(env="TEAM")) for title in titles
    ]
    store.add_run(run, drafts)


def states(store: JobStore) -> list[tuple[str, str, int]]:
    return [(each.title, each.state, each.attempts) for each in store.notifications()]


def test_it_is_sent_once(dispatcher: NotificationDispatcher, store: JobStore, server: Server) -> None:
    """What got there is not sent again; what belongs to another jobs file stays for its own program."""
    write(store, "one", "two")
    write(store, "other", job="elsewhere")
    assert (dispatcher.send_due(60), dispatcher.send_due(60)) == (2, 0)
    assert server.received == ["one", "two"]
    assert states(store) == [("one", "sent", 1), ("two", "sent", 1), ("other", "waiting", 0)]


@pytest.mark.slow
def test_growing_pauses_and_the_end_of_patience(
    dispatcher: NotificationDispatcher, store: JobStore, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """A minute, two, four, at most an hour; after three days it is given up, which log and history say."""
    caplog.set_level(logging.WARNING, logger="importer")
    write(store, "one")
    server.trouble = "There is no connection to the other side."
    tried = []
    while (notification := store.notifications()[0]).state == NotificationState.WAITING:
        due = datetime.fromisoformat(notification.next_at)
        server.clock.time = due - timedelta(seconds=1)
        dispatcher.send_due(60)
        assert len(server.received) == len(tried), "it is not tried before its time"
        server.clock.time = due
        dispatcher.send_due(60)
        tried.append(due)
    gaps = [(late - early) / timedelta(minutes=1) for early, late in pairwise(tried)]
    assert gaps[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert timedelta(days=3) <= tried[-1] - NOW <= timedelta(days=3, hours=1)
    assert states(store) == [("one", "given up", len(tried))]
    assert "is tried again later: There is no connection" in caplog.text
    assert "one (the variable TEAM) is given up" in caplog.text
    (told,) = history(store, "a", 9)["notifications"]
    assert (told["state"], told["to"], told["trouble"]) == ("given up", "the variable TEAM", server.trouble)


def test_a_job_that_runs_once_a_week_tries_three_times(
    dispatcher: NotificationDispatcher, store: JobStore, server: Server
) -> None:
    """An old message is not given up before its third attempt."""
    write(store, "one")
    server.trouble = "No."
    for attempts in (1, 2, 3):
        dispatcher.send_due(60)
        assert states(store)[0][1:] == ("given up" if attempts == 3 else "waiting", attempts)
        server.clock.time += timedelta(days=7)


def test_an_address_that_is_not_there(jobs: LoadedJobs, store: JobStore, server: Server) -> None:
    """An unset variable is a trouble of the notification; set again, it goes."""
    write(store, "one")
    NotificationDispatcher(jobs, store, server, {}, server.clock).send_due(60)
    assert "variable TEAM of a notification is not set" in store.notifications()[0].trouble
    assert describe_jobs(jobs, store, NOW)[0]["notifications"][0]["state"] == "waiting"
    server.clock.sleep(60)
    assert NotificationDispatcher(jobs, store, server, HERE, server.clock).send_due(60) == 1
    assert describe_jobs(jobs, store, NOW)[0]["notifications"] == []


def test_two_dispatchers_send_it_once(dispatcher: NotificationDispatcher, store: JobStore, server: Server) -> None:
    """Whoever notes the attempt first sends; a process that dies while it sends leaves it for the next."""
    write(store, "one")
    (notification,) = store.due_notifications(["a"], NOW)
    assert store.claim_notification(notification, NOW + retry_delay(1))
    assert not store.claim_notification(notification, NOW + retry_delay(1))
    assert dispatcher._try(notification) is False
    assert dispatcher.send_due(60) == 0
    server.clock.sleep(60)
    assert dispatcher.send_due(60) == 1
    assert server.received == ["one"]


def test_slow_servers_do_not_hold_us(dispatcher: NotificationDispatcher, store: JobStore, server: Server) -> None:
    """After its time nothing more is begun, nor after a stop; what was tried least goes first next time."""
    write(store, "one", "two", "three")
    server.seconds, server.trouble = 30, "There was no answer within 30 seconds."
    assert dispatcher.send_due(60, lambda: True) == 0
    assert server.received == []
    dispatcher.send_due(60)
    assert server.received == ["one", "two"]
    server.clock.sleep(600)
    dispatcher.send_due(30)
    assert server.received[2:] == ["three"]


def test_a_memory_that_fails_stops_nothing(
    dispatcher: NotificationDispatcher,
    store: JobStore,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A database that is away is a line in the log."""
    caplog.set_level(logging.WARNING, logger="importer")
    write(store, "one")

    def fail(*_: object, **__: object) -> None:
        raise LedgerError("The memory of the jobs cannot be used: away.", "Check it.")

    monkeypatch.setattr(store, "update_notification", fail)
    assert dispatcher.send_due(60) == 0
    assert "Notifications wait: The memory of the jobs cannot be used" in caplog.text
    monkeypatch.setattr(store, "delete_old_notifications", fail)
    dispatcher.delete_old()
    monkeypatch.undo()
    server.clock.sleep(60)
    assert dispatcher.send_due(60) == 1, "it is sent a second time rather than not at all"


def test_old_notifications_are_deleted(dispatcher: NotificationDispatcher, store: JobStore, server: Server) -> None:
    """A month after they came to their end; those that wait stay."""
    write(store, "one")
    dispatcher.send_due(60)
    write(store, "two")
    dispatcher.delete_old()
    assert len(store.notifications()) == 2
    server.clock.time += timedelta(days=31)
    dispatcher.delete_old()
    assert states(store) == [("two", "waiting", 0)]


def test_a_memory_of_an_earlier_version_gets_what_it_lacks(tmp_path: Path, store: JobStore) -> None:
    """Its files stay, with nothing in the new columns."""
    path = tmp_path / "jobs" / "jobs.db"
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE importer_job_outbox")
        for column in ("counts", "codes", "outline"):
            connection.execute(f"ALTER TABLE importer_job_files DROP COLUMN {column}")
        connection.execute("INSERT INTO importer_job_files (job, path, sha, state) VALUES ('a', 'p', 's', 'held')")
        connection.commit()
    again = JobStore(open_database(find_databases({}, tmp_path).jobs))
    (entry,) = again.file_records("a")
    assert (entry.counts, entry.codes, entry.outline) == ({}, {}, "")
    assert again.update_file(entry.id, counts={"created": 2}).counts == {"created": 2}
    assert again.notifications(states=[NotificationState.WAITING]) == []
    again.close()


PROBLEMS = FileResult(
    JobOutcome.PROBLEMS,
    3,
    "1,154 of 1,200 rows are in LeadSquared; the cell canary-cell is bad",
    "Correct the rows on the sheet To fix and import that workbook again: only those rows are sent.",
    "run-1",
    1200,
    46,
    "/srv/results/visits.xlsx",
    "/srv/results/visits.html",
    {"invalid": 40, "created": 1154, "rejected": 6},
    {"bad-phone": 40, "MXDuplicateEntryException": 6},
    path="/srv/inbox/visits.csv",
    archive="/srv/inbox/done/visits.csv",
)


def test_the_text_has_all_that_somebody_needs() -> None:
    """Counts, reasons, the next step and where things are; and nothing of what the message quotes."""
    notice = message_for_run(JobRunResult("crm-nightly", JobOutcome.PROBLEMS, 3, "canary-cell", files=[PROBLEMS]), NOW)
    assert notice.title == "crm-nightly: 46 rows need you"
    assert notice.text == (
        "Job crm-nightly: problems, 2026-11-21 02:30 UTC.\n"
        "\n"
        "visits.csv: problems.\n"
        "    1,200 rows: 1,154 created, 40 invalid, 6 rejected\n"
        "    Reasons: 40 bad-phone, 6 MXDuplicateEntryException (importer explain CODE)\n"
        "    Next: Correct the rows on the sheet To fix and import that workbook again: only those rows are sent.\n"
        "    Workbook: /srv/results/visits.xlsx\n"
        "    Report: /srv/results/visits.html\n"
        "    File: /srv/inbox/done/visits.csv"
    )


@pytest.mark.parametrize(
    ("outcome", "title"),
    [
        (JobOutcome.DONE, "a: 3 rows imported"),
        (JobOutcome.PROBLEMS, "a: 1 row needs you"),
        (JobOutcome.FAILED, "a: 1 file could not be imported"),
        (JobOutcome.HELD, "a: 1 file waits for your approval"),
        (JobOutcome.INTERRUPTED, "a: stopped before its end"),
        (JobOutcome.DUPLICATE, "a: 1 file known already, nothing sent"),
        (JobOutcome.ERROR, "a: could not be done"),
    ],
)
def test_titles_are_short_and_texts_quote_nothing(outcome: JobOutcome, title: str) -> None:
    """A telephone shows who has to do something; the reason may be told only as far as we wrote it ourselves."""
    end = FileResult(
        outcome, 1, "quotes canary-cell", rows=3, problems=1, outline="Our words {x}. " * 99, path="/x/a\x1b.csv"
    )
    notice = message_for_run(JobRunResult("a", outcome, 1, "quotes canary-cell", files=[end]), NOW)
    assert notice.title == title
    assert "canary-cell" not in notice.text
    assert "\x1b" not in notice.text
    assert "Our words {x}." in notice.text
    assert len(notice.text) < 1000


def test_many_files_and_none() -> None:
    """A long list is cut; a run that never came to a file says why."""
    notice = message_for_run(JobRunResult("a", JobOutcome.PROBLEMS, 3, "m", files=[PROBLEMS] * 7), NOW)
    assert notice.title == "a: 322 rows need you"
    assert notice.text.count("Workbook") == 5
    assert notice.text.endswith("And 2 files more: importer jobs history a")
    none = message_for_run(JobRunResult("a", JobOutcome.ERROR, 2, "canary-cell", outline="The keys are not set."), NOW)
    assert "The keys are not set." in none.text
    assert "canary-cell" not in none.text


def test_silence_and_faults() -> None:
    """How long it is silent; of a fault of the program only its kind."""
    silence = message_for_silence("a", NOW - timedelta(days=3, hours=2), NOW)
    assert (silence.title, silence.outcome) == ("a: no import for 3 days", "silence")
    assert "since 2026-11-18 00:30 UTC" in silence.text
    fault = message_for_fault("a", "KeyError", NOW)
    assert (fault.title, fault.outcome) == ("a: the program failed", "error")
    assert "(KeyError)" in fault.text
