"""A ledger moves from its file into the database with everything that it knows, once, and then goes on there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from importer.core.errors import AnotherRunActive, LedgerError
from importer.core.model import CallClass, Limit, Status
from importer.core.redaction import Secret
from importer.ledger.factory import move_ledger
from importer.ledger.integrity import migration_mark
from importer.ledger.ledger import Ledger
from importer.ledger.model import LearnedLimit
from importer.ledger.opening import open_sqlite_ledger
from tests.support.ledger_builders import TickingClock, call, new_run, send
from tests.support.postgres_server import Server

Opening = Callable[..., Ledger]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder whose ledger file knows a run with delivered rows and a call on its way, a limit, a tenant, questions."""
    ledger = filed(tmp_path / "home")
    ledger.open_run(new_run())
    send(ledger, [2, 3])
    ledger.begin_call(call([4]))
    ledger.learn_limit("acme", LearnedLimit(CallClass.BULK, Limit(5, 5.0), "words", "2026-01-01T00:00:00.000+00:00"))
    ledger.bind_account("acme", "org-1")
    ledger.count_queries("acme", 3)
    ledger.close()
    return tmp_path / "home"


def filed(home: Path, *, adopt: bool = False) -> Ledger:
    return open_sqlite_ledger(home, clock=TickingClock(), adopt=adopt)


def everything(ledger: Ledger) -> list[object]:
    """What a ledger answers about the run and the account."""
    return [
        ledger.runs(),
        list(ledger.outcomes("run-1")),
        ledger.past_calls("run-1"),
        ledger.call_statistics("run-1"),
        ledger.learned_limits("acme"),
        ledger.tenants(),
        ledger.last_query_day("acme"),
        ledger.queries_on("acme", ledger.last_query_day("acme")),
        ledger.last_call_ended_at("acme"),
        ledger.activity_owner("acme", [outcome.activity_id for outcome in ledger.outcomes("run-1")]),
        ledger.install_key(),
    ]


def test_everything_is_moved_and_goes_on(home: Path, database: Secret, opening: Opening, server: Server) -> None:
    """The database answers as the file did, the row on its way is uncertain, and new calls get new numbers."""
    file = filed(home)
    known = everything(file)
    file.close()
    told = move_ledger(home, database, clock=TickingClock())
    assert (told.runs, told.calls, told.rows, told.before) == (1, 2, 3, False)
    ledger = opening()
    assert everything(ledger) == known
    assert ledger.recover_interrupted("run-1") == [4]
    assert ledger.counts("run-1") == {Status.CREATED: 2, Status.UNCERTAIN: 1}
    assert ledger.begin_call(call([5])) == 3
    ledger.open_run(new_run("run-2", fingerprint="other"))
    assert [run.id for run in ledger.runs()] == ["run-2", "run-1"]
    moves = "SELECT count(*) FROM importer.events WHERE became = 'moved'"
    assert server.sql(moves, "trial") == "1"


def test_a_ledger_that_never_called(tmp_path: Path, database: Secret, opening: Opening) -> None:
    """A run without calls moves, too, and the first call is number one."""
    ledger = filed(tmp_path / "home")
    ledger.open_run(new_run())
    ledger.close()
    told = move_ledger(tmp_path / "home", database, clock=TickingClock())
    assert (told.runs, told.calls, told.rows) == (1, 0, 0)
    assert opening().begin_call(call([2])) == 1


def test_moving_twice_changes_nothing(home: Path, database: Secret, opening: Opening) -> None:
    """Also after the database went on; and a move that was cut off before the file was marked is completed."""
    move_ledger(home, database, clock=TickingClock())
    ledger = opening()
    ledger.recover_interrupted("run-1")
    ledger.begin_call(call([5]))
    ledger.close()
    for _ in range(2):
        again = move_ledger(home, database, clock=TickingClock())
        assert (again.runs, again.calls, again.rows, again.before) == (1, 3, 4, True)
        # As if the program had died just after the database had taken everything.
        with open_file_raw(home) as connection:
            connection.execute("DELETE FROM meta WHERE name = ?", (migration_mark.MARK,))
    assert migration_mark.unmoved_runs(home) == 1


def open_file_raw(home: Path):  # type: ignore[no-untyped-def]
    import sqlite3

    return sqlite3.connect(home / "ledger.db")


def test_a_database_newly_set_says_what_it_would_forget(home: Path, database: Secret, opening: Opening) -> None:
    """Before the move it is refused with the way out; after it the file is, until a person vouches for it."""
    with pytest.raises(LedgerError, match="would not be known") as refused:
        opening()
    assert "importer ledger move" in refused.value.remedy
    move_ledger(home, database, clock=TickingClock())
    opening()
    with pytest.raises(LedgerError, match="was moved"):
        filed(home)
    filed(home, adopt=True).close()
    filed(home).close()


def test_a_database_with_another_ledger_notices_the_file_too(
    home: Path, tmp_path: Path, database: Secret, opening: Opening
) -> None:
    """Not only when its tables are made; and two ledgers are not mixed."""
    home.rename(tmp_path / "aside")
    opening().open_run(new_run("run-9", fingerprint="nine"))
    (tmp_path / "home").rmdir() if (tmp_path / "home").exists() else None
    (tmp_path / "aside").rename(home)
    with pytest.raises(LedgerError, match="would not be known"):
        opening()
    with pytest.raises(LedgerError, match="runs of its own already"):
        move_ledger(home, database, clock=TickingClock())
    assert migration_mark.unmoved_runs(home) == 1
    opening(adopt=True)
    opening()
    assert migration_mark.unmoved_runs(home) == 0


def test_nothing_is_moved_while_an_import_runs(home: Path, database: Secret) -> None:
    """Its next call would be written into a file that nobody reads any more."""
    file = filed(home)
    with file.sender("acme", "run-1"), pytest.raises(AnotherRunActive):
        move_ledger(home, database, clock=TickingClock())
    file.close()
    assert migration_mark.unmoved_runs(home) == 1


def test_a_folder_without_a_ledger(tmp_path: Path, database: Secret) -> None:
    """There is nothing to move, nothing to forget, and no file is made."""
    with pytest.raises(LedgerError, match="no ledger file"):
        move_ledger(tmp_path, database, clock=TickingClock())
    assert migration_mark.unmoved_runs(tmp_path) == 0
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_is_not_forgotten(tmp_path: Path, opening: Opening) -> None:
    """It may hold runs; it cannot be marked either."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "ledger.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError, match="would not be known"):
        opening()
    with pytest.raises(LedgerError, match="cannot be marked"):
        opening(adopt=True)
