"""When disk or file fail, a person is told what to do, nothing is retried, and nothing half-done stays."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import text

from importer.core.errors import LedgerError
from importer.core.model import Status
from importer.ledger.changes import Change, Reason, RowState, apply
from importer.ledger.integrity import rollback_witness
from importer.ledger.ledger import Ledger
from importer.ledger.opening import open_sqlite_ledger
from importer.ledger.operations.outcomes import known_rows_query
from importer.ledger.sqlite_file import FileFaultError, file_fault, translate_errors
from tests.support.ledger_builders import TickingClock, call, ended, key_of, new_run, outcomes, send, writing


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def ledger(home: Path, clock: TickingClock) -> Iterator[Ledger]:
    opened = open_sqlite_ledger(home, clock=clock)
    opened.open_run(new_run())
    yield opened
    opened.close()


def pragma(ledger: Ledger, statement: str) -> None:
    ledger.storage.engine.raw_connection().driver_connection.execute(f"PRAGMA {statement}").fetchall()


def test_a_full_disk_stops_every_further_write(ledger: Ledger, home: Path) -> None:
    """The change is undone, the words say what to do, and later writes fail too; reading still works."""
    number = ledger.begin_call(call([2]))
    pragma(ledger, "max_page_count = 1")
    with pytest.raises(LedgerError, match="the disk is full") as caught:
        ledger.finish_call(number, ended(answer="x" * 100_000), outcomes([2]))
    assert "Free some space" in caught.value.remedy
    pragma(ledger, "max_page_count = 1000000")
    with pytest.raises(LedgerError, match="the disk is full"):
        ledger.finish_call(number, ended(), outcomes([2]))
    with pytest.raises(LedgerError, match="the disk is full"):
        ledger.begin_call(call([3]))
    assert ledger.counts("run-1") == {Status.UNCERTAIN: 1}
    ledger.close()
    again = open_sqlite_ledger(home, clock=TickingClock())
    assert again.recover_interrupted("run-1") == [2]
    again.close()


def test_a_file_in_use_is_said_so_and_may_be_tried_again(ledger: Ledger, home: Path) -> None:
    """Another program's lock is no damage: the next write works once it is gone."""
    pragma(ledger, "busy_timeout = 1")
    viewer = sqlite3.connect(home / "ledger.db", isolation_level=None)
    viewer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerError, match="another program is using it"):
        ledger.begin_call(call([2]))
    with pytest.raises(LedgerError, match="another program is using it"):
        ledger.counts("run-1")
    viewer.execute("ROLLBACK")
    send(ledger, [2])
    viewer.close()


def test_a_reader_that_blocks_the_commit_leaves_nothing_behind(ledger: Ledger, home: Path) -> None:
    """A commit that cannot complete is rolled back as a whole."""
    pragma(ledger, "busy_timeout = 1")
    viewer = sqlite3.connect(home / "ledger.db", isolation_level=None)
    viewer.execute("BEGIN")
    viewer.execute("SELECT count(*) FROM rows").fetchall()
    with pytest.raises(LedgerError, match="another program is using it"):
        ledger.begin_call(call([2]))
    viewer.execute("ROLLBACK")
    viewer.close()
    assert ledger.counts("run-1") == {}
    send(ledger, [2])


@pytest.mark.slow
def test_a_slow_reader_of_outcomes_does_not_block_writers(ledger: Ledger, home: Path) -> None:
    """Between two portions no lock is held."""
    rows = list(range(2, 12_000))
    ledger.skip("run-1", outcomes(rows, Status.SKIPPED), [key_of(row) for row in rows])
    other = open_sqlite_ledger(home, clock=TickingClock())
    slow = other.outcomes("run-1")
    assert next(slow).row == 2
    pragma(ledger, "busy_timeout = 1")
    send(ledger, [20_000])
    assert sum(1 for _ in slow) == len(rows)
    other.close()


def test_a_read_only_file_is_said_so(ledger: Ledger) -> None:
    """The remedy speaks of rights."""
    pragma(ledger, "query_only = ON")
    with pytest.raises(LedgerError, match="may not write it") as caught:
        ledger.begin_call(call([2]))
    assert "rights" in caught.value.remedy


def test_a_witness_that_cannot_be_written_keeps_the_call_from_leaving(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row stays uncertain, and nothing more is sent by this process."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(LedgerError, match=r"ledger\.head cannot be used"):
            ledger.begin_call(call([2]))
    with pytest.raises(LedgerError, match=r"ledger\.head cannot be used"):
        ledger.begin_call(call([3]))
    assert ledger.counts("run-1") == {Status.UNCERTAIN: 1}


def test_a_witness_is_not_moved_back_by_a_slower_process(tmp_path: Path) -> None:
    """Of two processes that note their calls, the later call stays."""
    rollback_witness.write_witness(tmp_path, rollback_witness.WitnessRecord("u", 6))
    rollback_witness.write_witness(tmp_path, rollback_witness.WitnessRecord("u", 5))
    assert rollback_witness.read_witness(tmp_path) == rollback_witness.WitnessRecord("u", 6)
    rollback_witness.write_witness(tmp_path, rollback_witness.WitnessRecord("v", 1))
    assert rollback_witness.read_witness(tmp_path) == rollback_witness.WitnessRecord("v", 1)


def test_a_witness_is_written_where_folders_cannot_be_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, windows: ModuleType
) -> None:
    """Windows locks a file in the folder instead."""
    monkeypatch.setattr(rollback_witness, "locked_folder", windows.locked_folder)
    rollback_witness.write_witness(tmp_path, rollback_witness.WitnessRecord("u", 1))
    assert rollback_witness.read_witness(tmp_path) == rollback_witness.WitnessRecord("u", 1)


def test_events_are_never_changed(ledger: Ledger) -> None:
    """The history refuses to be rewritten."""
    send(ledger, [2, 3, 5])
    for statement in ("UPDATE events SET why = ''", "DELETE FROM events"):
        with pytest.raises(LedgerError, match="events are only ever added"), writing(ledger) as connection:
            connection.execute(text(statement))


def test_every_change_has_its_event(ledger: Ledger) -> None:
    """The history says of each row what it was, what it became, why, and by which call."""
    number = ledger.begin_call(call([2, 3, 5]))
    ledger.finish_call(number, ended(), outcomes([2, 3]) + outcomes([5], Status.UNCERTAIN))
    ledger.settle("run-1", outcomes([5], Status.NOT_SENT, evidence="not there"), "absent twice")
    with ledger.storage.engine.begin() as connection:
        columns = "first_row, last_row, call, was, became, why, evidence"
        lines = connection.execute(text(f"SELECT {columns} FROM events WHERE first_row IS NOT NULL ORDER BY id")).all()
    assert [tuple(line) for line in lines] == [
        (2, 3, 1, "", "sending", "the call begins", ""),
        (5, 5, 1, "", "sending", "the call begins", ""),
        (2, 3, 1, "sending", "created", "the call ended: applied", ""),
        (5, 5, 1, "sending", "uncertain", "the call ended: applied", ""),
        (5, 5, None, "uncertain", "not_sent", "absent twice", "not there"),
    ]


@pytest.mark.parametrize("stale", [RowState("not_sent", 1), RowState("uncertain", 2)])
def test_a_row_that_changed_meanwhile_is_not_overwritten(ledger: Ledger, stale: RowState) -> None:
    """Compare-and-set: neither another status nor another attempt passes, and the whole change is undone."""
    send(ledger, [2, 3], Status.UNCERTAIN)
    changes = [
        Change(2, RowState("uncertain", 1), {"status": "created"}),
        Change(3, stale, {"status": "created"}),
    ]
    with pytest.raises(LedgerError, match="changed by another process"), writing(ledger) as connection:
        apply(connection, "run-1", "acme", changes, Reason("now", "why"))
    assert ledger.counts("run-1") == {Status.UNCERTAIN: 2}


@pytest.mark.slow
def test_known_keys_are_looked_up_by_their_index(ledger: Ledger) -> None:
    """However many keys are asked for: reading whole runs instead would take minutes."""
    send(ledger, range(2, 1000))
    query = known_rows_query([key_of(row) for row in range(500)])
    with ledger.storage.engine.begin() as connection:
        statement = query.compile(connection, compile_kwargs={"literal_binds": True})
        plan = [line[3] for line in connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"))]
    assert "SEARCH rows USING INDEX rows_by_key (key=?)" in plan


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left"), "the disk is full (No space left)"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "the disk is full"),
        (OSError(errno.EROFS, "Read-only"), "may not write it"),
        (OSError(errno.EIO, "I/O error"), "the disk reports an error (I/O error)"),
        (OSError("made up"), "the disk reports an error (OSError)"),
        (sqlite3.OperationalError("something else"), "the database refused (something else)"),
    ],
)
def test_failures_are_said_in_words(error: Exception, words: str) -> None:
    """Each kind of failure has its words and its remedy, and no trace of the foreign exception stays."""
    with pytest.raises(FileFaultError) as caught, translate_errors(Path("ledger.db")):
        raise error
    assert words in caught.value.message
    assert caught.value.remedy
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SQLITE_IOERR_FSYNC", "the disk reports an error"),
        ("SQLITE_CORRUPT_INDEX", "damaged"),
        ("SQLITE_READONLY_DBMOVED", "was moved, removed or replaced"),
        ("SQLITE_BUSY_SNAPSHOT", "another program"),
    ],
)
def test_extended_sqlite_codes_are_understood(name: str, words: str) -> None:
    """SQLite's finer names count as the coarse ones."""
    error = sqlite3.OperationalError("failed")
    error.sqlite_errorname = name
    assert words in file_fault(Path("ledger.db"), error).message


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.EMFILE, "too many files are open"),
        (errno.ENFILE, "too many files are open"),
        (errno.ENOENT, "gone"),
        (errno.ENOTDIR, "gone"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "may not write it"),
        (errno.EROFS, "may not write it"),
        (errno.EIO, "the disk reports an error"),
        (errno.ENAMETOOLONG, "its path is too long"),
        (None, "could not be opened"),
    ],
)
def test_a_file_that_sqlite_cannot_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None, words: str
) -> None:
    """SQLite does not say why, so the cause is looked for beside the file."""
    path = tmp_path / "ledger.db"
    path.touch()

    def refuse(**_: object) -> object:
        raise OSError(code, os.strerror(code or 0))

    if code:
        monkeypatch.setattr("importer.ledger.sqlite_file.tempfile.TemporaryFile", refuse)
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorname = "SQLITE_CANTOPEN"
    fault = file_fault(path, error)
    assert words in fault.message
    assert fault.remedy


def test_a_ledger_that_is_no_file_or_not_ours_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in its place, and a file without rights."""
    error = sqlite3.OperationalError("unable to open database file")
    error.sqlite_errorname = "SQLITE_CANTOPEN_ISDIR"
    assert "may not write it" in file_fault(tmp_path, error).message
    (tmp_path / "ledger.db").touch()
    monkeypatch.setattr("importer.ledger.sqlite_file.os.access", lambda path, mode: False)
    assert "may not write it" in file_fault(tmp_path / "ledger.db", error).message


def test_no_row_content_is_in_a_database_error(ledger: Ledger) -> None:
    """A statement that fails does not print the values it carried."""
    with pytest.raises(LedgerError) as caught, writing(ledger) as connection:
        connection.execute(text("INSERT INTO tenants VALUES (:a, NULL, :a)"), {"a": "somebody@example.com"})
    assert "somebody" not in caught.value.message


@pytest.mark.slow
def test_a_file_size_limit_is_a_full_disk(home: Path, tmp_path: Path) -> None:
    """A limit on the file's size undoes the change and stops the run, in a process of its own."""
    script = tmp_path / "limited.py"
    script.write_text(
        "import resource, signal, sys\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[3])!r})\n"
        "from pathlib import Path\n"
        "from importer.core.errors import LedgerError\n"
        "from importer.ledger.opening import open_sqlite_ledger\n"
        "from tests.support.ledger_builders import TickingClock, new_run, send\n"
        "ledger = open_sqlite_ledger(Path(sys.argv[1]), clock=TickingClock())\n"
        "ledger.open_run(new_run())\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "row = 2\n"
        "try:\n"
        "    while row < 100_000:\n"
        "        send(ledger, range(row, row + 25), evidence='x' * 300)\n"
        "        row += 25\n"
        "except LedgerError as error:\n"
        "    print(row, error.message)\n"
    )
    done = subprocess.run([sys.executable, str(script), str(home)], capture_output=True, text=True, check=True)
    stopped_at, message = done.stdout.split(" ", 1)
    assert "cannot be used" in message
    again = open_sqlite_ledger(home, clock=TickingClock())
    recovered = again.recover_interrupted("run-1")
    delivered = [outcome.row for outcome in again.outcomes("run-1", [Status.CREATED])]
    assert delivered == list(range(2, int(stopped_at)))
    assert recovered in ([], list(range(int(stopped_at), int(stopped_at) + 25)))
    again.close()


def test_another_thread_is_told_off(ledger: Ledger) -> None:
    """The ledger belongs to one thread; another one gets an error, not a race."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool, pytest.raises(LedgerError, match="thread"):
        pool.submit(ledger.counts, "run-1").result()


@pytest.mark.slow
def test_foreign_locks_survive_a_second_opening(ledger: Ledger, home: Path) -> None:
    """Opening the ledger twice in one process does not drop the first one's lock on the file."""
    with writing(ledger):
        open_sqlite_ledger(home, clock=TickingClock()).close()
        probe = (
            "import sqlite3, sys\n"
            "c = sqlite3.connect(sys.argv[1], timeout=0.01, isolation_level=None)\n"
            "try:\n    c.execute('BEGIN IMMEDIATE')\n    print('free')\n"
            "except sqlite3.OperationalError:\n    print('held')\n"
        )
        said = subprocess.run([sys.executable, "-c", probe, str(home / "ledger.db")], capture_output=True, text=True)
        assert said.stdout.strip() == "held"
