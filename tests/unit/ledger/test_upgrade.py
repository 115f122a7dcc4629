"""A ledger of an earlier format is copied and upgraded in one transaction, or stays as it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.core.errors import LedgerError
from importer.core.failpoints import arm
from importer.core.model import Outcome, Status
from importer.ledger.integrity import upgrade
from importer.ledger.integrity.upgrade import copy_of_format
from importer.ledger.ledger import Ledger
from importer.ledger.opening import open_sqlite_ledger
from importer.ledger.schema import SCHEMA_VERSION
from tests.support.ledger_builders import TickingClock
from tests.support.previous_version.load import MADE, lay_out


@pytest.fixture(params=sorted(MADE))
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The folder of a computer on which an earlier release ran."""
    lay_out(request.param, tmp_path, "http://127.0.0.1:1")
    yield tmp_path / "home"
    arm("")


def read(path: Path, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        return connection.execute(query).fetchall()


ROWS = "SELECT run_id, row, status, key, attempts, call, activity_id FROM rows ORDER BY run_id, row"


def open_it(home: Path) -> Ledger:
    return open_sqlite_ledger(home, clock=TickingClock(), this_machine="", adopt=True)


def test_an_earlier_ledger_is_upgraded_and_copied(home: Path) -> None:
    """Its rows are all there, new statuses can be stored, and the copy has the earlier format."""
    path = home / "ledger.db"
    before = read(path, ROWS)
    ledger = open_it(home)
    run = ledger.runs(limit=1)[0]
    assert ledger.runs_without_identities(run.new.account)[0].id == run.id
    ledger.skip(run.id, [Outcome(9_999, Status.CHANGED)], ["key"])
    assert ledger.counts(run.id)[Status.CHANGED] == 1
    ledger.close()
    assert [row for row in read(path, ROWS) if row[1] != 9_999] == before
    assert read(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]
    assert read(path, "PRAGMA foreign_key_check") == []
    assert read(copy_of_format(path, 1), "PRAGMA user_version") == [(1,)]
    assert read(copy_of_format(path, 1), ROWS) == before


def test_an_interrupted_upgrade_leaves_the_ledger_as_it_was(home: Path) -> None:
    """The next start begins anew, over the copy of the first attempt."""
    path = home / "ledger.db"
    before = read(path, ROWS)
    arm("tables-uncommitted:error")
    with pytest.raises(RuntimeError, match="failpoint"):
        open_it(home)
    arm("")
    assert read(path, "PRAGMA user_version") == [(1,)]
    assert read(path, ROWS) == before
    open_it(home).close()
    assert read(path, "PRAGMA user_version") == [(SCHEMA_VERSION,)]


def test_activities_without_a_row_are_damage(home: Path) -> None:
    """An upgrade does not carry over what cannot be right."""
    with sqlite3.connect(home / "ledger.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("INSERT INTO bookings VALUES ('a', 'b', 'no run', 1)")
    with pytest.raises(LedgerError, match="without a row"):
        open_it(home)
    assert read(home / "ledger.db", "PRAGMA user_version") == [(1,)]


def test_two_processes_may_upgrade_at_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one finds it done."""
    copy = upgrade.back_up

    def slowly(ledger: Path, place: Path) -> int:
        last = copy(ledger, place)
        monkeypatch.setattr(upgrade, "back_up", copy)
        open_it(home).close()
        return last

    monkeypatch.setattr(upgrade, "back_up", slowly)
    open_it(home).close()
    events = "SELECT count(*) FROM events WHERE became = 'upgraded'"
    assert read(home / "ledger.db", events) == [(1,)]
