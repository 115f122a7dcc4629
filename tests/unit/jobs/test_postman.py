"""Notifications on their way: written with the turn, sent at least once, tried again, and given up when too old."""

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
from importer.jobs.engine.results import FileEnd, TurnEnd
from importer.jobs.monitoring.status import history, standing
from importer.jobs.notifications.dispatcher import Postman, pause_after
from importer.jobs.notifications.messages import notice_of_fault, notice_of_silence, notice_of_turn
from importer.jobs.notifications.outbox import Draft, LetterState, Notice
from importer.jobs.store.database import databases_of, open_database
from importer.jobs.store.store import JobStore, Result, Turn
from tests.unit.jobs.jobs_turns import NOW, Clock

JOBS = "jobs:\n  a: {account: x, mapping: m.yaml, source: {folder: in}, notify: [{url: {env: TEAM}}]}\n"
HERE = {"TEAM": "json://team"}


@dataclass
class Server:
    """Takes a message or not, and needs its time."""

    clock: Clock
    trouble: str = ""
    seconds: float = 0
    heard: list[str] = field(default_factory=list)

    def __call__(self, address: Secret, notice: Notice) -> str:
        self.heard.append(notice.title)
        self.clock.sleep(self.seconds)
        return self.trouble


@pytest.fixture
def jobs(tmp_path: Path) -> LoadedJobs:
    return parse_jobs(JOBS, tmp_path / "jobs.yaml")


@pytest.fixture
def server() -> Server:
    return Server(Clock())


@pytest.fixture
def postman(jobs: LoadedJobs, store: JobStore, server: Server) -> Postman:
    return Postman(jobs, store, server, HERE, server.clock)


def write(store: JobStore, *titles: str, job: str = "a") -> None:
    turn = Turn(job, "hand", "", "", "2026-11-21T02:30:00.000+00:00", "failed", 1, 1, 1, "m")
    drafts = [Draft(Notice(job, "failed", title, "text"), Address(env="TEAM")) for title in titles]
    store.add_turn(turn, drafts)


def states(store: JobStore) -> list[tuple[str, str, int]]:
    return [(each.title, each.state, each.attempts) for each in store.letters()]


def test_it_is_sent_once(postman: Postman, store: JobStore, server: Server) -> None:
    """What got there is not sent again; what belongs to another jobs file stays for its own program."""
    write(store, "one", "two")
    write(store, "other", job="elsewhere")
    assert (postman.deliver(60), postman.deliver(60)) == (2, 0)
    assert server.heard == ["one", "two"]
    assert states(store) == [("one", "sent", 1), ("two", "sent", 1), ("other", "waiting", 0)]


def test_growing_pauses_and_the_end_of_patience(
    postman: Postman, store: JobStore, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """A minute, two, four, at most an hour; after three days it is given up, which log and history say."""
    caplog.set_level(logging.WARNING, logger="importer")
    write(store, "one")
    server.trouble = "There is no connection to the other side."
    tried = []
    while (letter := store.letters()[0]).state == LetterState.WAITING:
        due = datetime.fromisoformat(letter.next_at)
        server.clock.time = due - timedelta(seconds=1)
        postman.deliver(60)
        assert len(server.heard) == len(tried), "it is not tried before its time"
        server.clock.time = due
        postman.deliver(60)
        tried.append(due)
    gaps = [(late - early) / timedelta(minutes=1) for early, late in pairwise(tried)]
    assert gaps[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert timedelta(days=3) <= tried[-1] - NOW <= timedelta(days=3, hours=1)
    assert states(store) == [("one", "given up", len(tried))]
    assert "is tried again later: There is no connection" in caplog.text
    assert "one (the variable TEAM) is given up" in caplog.text
    (told,) = history(store, "a", 9)["notifications"]
    assert (told["state"], told["to"], told["trouble"]) == ("given up", "the variable TEAM", server.trouble)


def test_a_job_that_runs_once_a_week_tries_three_times(postman: Postman, store: JobStore, server: Server) -> None:
    """An old message is not given up before its third attempt."""
    write(store, "one")
    server.trouble = "No."
    for attempts in (1, 2, 3):
        postman.deliver(60)
        assert states(store)[0][1:] == ("given up" if attempts == 3 else "waiting", attempts)
        server.clock.time += timedelta(days=7)


def test_an_address_that_is_not_there(jobs: LoadedJobs, store: JobStore, server: Server) -> None:
    """An unset variable is a trouble of the notification; set again, it goes."""
    write(store, "one")
    Postman(jobs, store, server, {}, server.clock).deliver(60)
    assert "variable TEAM of a notification is not set" in store.letters()[0].trouble
    assert standing(jobs, store, NOW)[0]["notifications"][0]["state"] == "waiting"
    server.clock.sleep(60)
    assert Postman(jobs, store, server, HERE, server.clock).deliver(60) == 1
    assert standing(jobs, store, NOW)[0]["notifications"] == []


def test_two_postmen_send_it_once(postman: Postman, store: JobStore, server: Server) -> None:
    """Whoever notes the attempt first sends; a process that dies while it sends leaves it for the next."""
    write(store, "one")
    (letter,) = store.due_letters(["a"], NOW)
    assert store.claim_letter(letter, NOW + pause_after(1))
    assert not store.claim_letter(letter, NOW + pause_after(1))
    assert postman._try(letter) is False
    assert postman.deliver(60) == 0
    server.clock.sleep(60)
    assert postman.deliver(60) == 1
    assert server.heard == ["one"]


def test_slow_servers_do_not_hold_us(postman: Postman, store: JobStore, server: Server) -> None:
    """After its time nothing more is begun, nor after a stop; what was tried least goes first next time."""
    write(store, "one", "two", "three")
    server.seconds, server.trouble = 30, "There was no answer within 30 seconds."
    assert postman.deliver(60, lambda: True) == 0
    assert server.heard == []
    postman.deliver(60)
    assert server.heard == ["one", "two"]
    server.clock.sleep(600)
    postman.deliver(30)
    assert server.heard[2:] == ["three"]


def test_a_memory_that_fails_stops_nothing(
    postman: Postman, store: JobStore, server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that is away is a line in the log."""
    caplog.set_level(logging.WARNING, logger="importer")
    write(store, "one")

    def fail(*_: object, **__: object) -> None:
        raise LedgerError("The memory of the jobs cannot be used: away.", "Check it.")

    monkeypatch.setattr(store, "change_letter", fail)
    assert postman.deliver(60) == 0
    assert "Notifications wait: The memory of the jobs cannot be used" in caplog.text
    monkeypatch.setattr(store, "forget_letters", fail)
    postman.tidy()
    monkeypatch.undo()
    server.clock.sleep(60)
    assert postman.deliver(60) == 1, "it is sent a second time rather than not at all"


def test_old_notifications_are_forgotten(postman: Postman, store: JobStore, server: Server) -> None:
    """A month after they came to their end; those that wait stay."""
    write(store, "one")
    postman.deliver(60)
    write(store, "two")
    postman.tidy()
    assert len(store.letters()) == 2
    server.clock.time += timedelta(days=31)
    postman.tidy()
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
    again = JobStore(open_database(databases_of({}, tmp_path).jobs))
    (entry,) = again.entries("a")
    assert (entry.counts, entry.codes, entry.outline) == ({}, {}, "")
    assert again.change(entry.id, counts={"created": 2}).counts == {"created": 2}
    assert again.letters(states=[LetterState.WAITING]) == []
    again.close()


PROBLEMS = FileEnd(
    Result.PROBLEMS,
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
    notice = notice_of_turn(TurnEnd("crm-nightly", Result.PROBLEMS, 3, "canary-cell", files=[PROBLEMS]), NOW)
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
        (Result.DONE, "a: 3 rows imported"),
        (Result.PROBLEMS, "a: 1 row needs you"),
        (Result.FAILED, "a: 1 file could not be imported"),
        (Result.HELD, "a: 1 file waits for your approval"),
        (Result.INTERRUPTED, "a: stopped before its end"),
        (Result.DUPLICATE, "a: 1 file known already, nothing sent"),
        (Result.ERROR, "a: could not be done"),
    ],
)
def test_titles_are_short_and_texts_quote_nothing(outcome: Result, title: str) -> None:
    """A telephone shows who has to do something; the reason may be told only as far as we wrote it ourselves."""
    end = FileEnd(
        outcome, 1, "quotes canary-cell", rows=3, problems=1, outline="Our words {x}. " * 99, path="/x/a\x1b.csv"
    )
    notice = notice_of_turn(TurnEnd("a", outcome, 1, "quotes canary-cell", files=[end]), NOW)
    assert notice.title == title
    assert "canary-cell" not in notice.text
    assert "\x1b" not in notice.text
    assert "Our words {x}." in notice.text
    assert len(notice.text) < 1000


def test_many_files_and_none() -> None:
    """A long list is cut; a turn that never came to a file says why."""
    notice = notice_of_turn(TurnEnd("a", Result.PROBLEMS, 3, "m", files=[PROBLEMS] * 7), NOW)
    assert notice.title == "a: 322 rows need you"
    assert notice.text.count("Workbook") == 5
    assert notice.text.endswith("And 2 files more: importer jobs history a")
    none = notice_of_turn(TurnEnd("a", Result.ERROR, 2, "canary-cell", outline="The keys are not set."), NOW)
    assert "The keys are not set." in none.text
    assert "canary-cell" not in none.text


def test_silence_and_faults() -> None:
    """How long it is silent; of a fault of the program only its kind."""
    silence = notice_of_silence("a", NOW - timedelta(days=3, hours=2), NOW)
    assert (silence.title, silence.outcome) == ("a: no import for 3 days", "silence")
    assert "since 2026-11-18 00:30 UTC" in silence.text
    fault = notice_of_fault("a", "KeyError", NOW)
    assert (fault.title, fault.outcome) == ("a: the program failed", "error")
    assert "(KeyError)" in fault.text
