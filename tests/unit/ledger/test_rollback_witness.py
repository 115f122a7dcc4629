"""The witness beside a ledger: it shows that the ledger is the newest, and the one used here last."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.ledger import opening
from importer.ledger.integrity.identity import wants_adoption
from importer.ledger.integrity.rollback_witness import WitnessRecord, read_witness, write_witness
from importer.ledger.ledger import Ledger
from importer.ledger.opening import open_sqlite_ledger
from tests.support.ledger_builders import TickingClock, call, new_run, refusal, send


def test_the_witness_follows_each_call(used: Callable[..., Ledger], home: Path) -> None:
    """It knows the call before begin_call returns."""
    ledger = used()
    number = ledger.begin_call(call([3]))
    assert read_witness(home).number == number == 2
    ledger.close()


def test_a_witness_behind_the_ledger_is_brought_up(used: Callable[..., Ledger], home: Path) -> None:
    """A crash between the commit and the witness is harmless."""
    seen = read_witness(home)
    write_witness(home, WitnessRecord(seen.uuid, 0), anew=True)
    used().close()
    assert read_witness(home) == seen


def test_a_ledger_restored_from_a_backup_is_refused_until_adopted(
    used: Callable[..., Ledger], home: Path, tmp_path: Path
) -> None:
    """The witness is ahead; a person who has looked may go on, and the old state is then a stranger."""
    shutil.copy(home / "ledger.db", tmp_path / "backup.db")
    ledger = used()
    send(ledger, [3])
    ledger.close()
    shutil.copy(home / "ledger.db", tmp_path / "newest.db")
    shutil.copy(tmp_path / "backup.db", home / "ledger.db")
    error = refusal(used)
    assert "ends with call 1, but call 2 was made" in error.message
    assert "restored from a backup" in error.message
    assert "IMPORTER_ADOPT_LEDGER=yes" in error.remedy
    adopted = used(adopt=True)
    assert read_witness(home).number == 1
    with adopted.storage.engine.begin() as connection:
        events = connection.exec_driver_sql("SELECT why FROM events WHERE became = 'adopted'").scalars().all()
    assert events == [error.message]
    adopted.close()
    used().close()
    shutil.copy(tmp_path / "newest.db", home / "ledger.db")
    assert "not the one that was used here last" in refusal(used).message


def test_a_removed_ledger_is_noticed(used: Callable[..., Ledger], home: Path) -> None:
    """Deleting the ledger to start clean would forget what was sent."""
    (home / "ledger.db").unlink()
    error = refusal(used)
    assert "is missing or empty, but 1 calls were made" in error.message
    used(adopt=True).close()
    assert read_witness(home).number == 0
    used().close()


def test_another_ledger_in_its_place_is_refused(used: Callable[..., Ledger], home: Path, tmp_path: Path) -> None:
    """A ledger from elsewhere does not know what was sent from here."""
    open_sqlite_ledger(tmp_path / "other", clock=TickingClock(), this_machine="machine-1").close()
    shutil.copy(tmp_path / "other" / "ledger.db", home / "ledger.db")
    assert "not the one that was used here last" in refusal(used).message


def test_a_missing_witness_is_refused_once_calls_were_made(used: Callable[..., Ledger], home: Path) -> None:
    """Without it nothing shows that the ledger is the newest; a ledger without calls needs none."""
    (home / "ledger.head").unlink()
    assert "ledger.head is missing" in refusal(used).message
    used(adopt=True).close()
    used().close()


def test_a_ledger_without_calls_gets_a_new_witness(opened: Callable[..., Ledger], home: Path) -> None:
    """Nothing was sent yet, so nothing can be forgotten."""
    opened().close()
    (home / "ledger.head").unlink()
    opened().close()
    assert read_witness(home).number == 0


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "garbage", "uuid -1\n", " 5\n", "uuid ٣\n", "\xff\xfe"])
def test_an_unreadable_witness_is_refused(used: Callable[..., Ledger], home: Path, content: str) -> None:
    """A witness that says nothing is no witness."""
    (home / "ledger.head").write_bytes(content.encode("utf-8"))
    assert "does not hold what this program writes there" in refusal(used).message
    used(adopt=True).close()
    used().close()


def test_a_ledger_of_another_machine_is_refused_until_adopted(used: Callable[..., Ledger]) -> None:
    """Two machines with one history could send the same rows; a machine without id is not held against it."""
    error = refusal(used, this_machine="machine-2")
    assert "made on another computer" in error.message
    used(this_machine="").close()
    used(this_machine="machine-2", adopt=True).close()
    used(this_machine="machine-2").close()
    assert "made on another computer" in refusal(used).message


def test_adopting_is_only_needed_when_something_is_wrong(used: Callable[..., Ledger], home: Path) -> None:
    """A ledger in order keeps its name even when the person would vouch for it."""
    before = read_witness(home)
    used(adopt=True).close()
    assert read_witness(home) == before


@pytest.mark.parametrize(("text", "wanted"), [("yes", True), (" YES ", True), ("1", True), ("", False), ("no", False)])
def test_adoption_is_asked_for_by_the_environment(text: str, wanted: bool) -> None:
    """Only a clear yes counts."""
    assert wants_adoption({"IMPORTER_ADOPT_LEDGER": text}) is wanted
    assert not wants_adoption({})


def test_the_machine_is_asked_when_it_is_not_told(home: Path, clock: TickingClock) -> None:
    """The ledger binds itself to this machine by default."""
    open_sqlite_ledger(home, clock=clock).close()
    open_sqlite_ledger(home, clock=clock).close()


def test_two_processes_may_create_the_ledger_at_once(
    opened: Callable[..., Ledger], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one finds the tables and uses them."""
    original = opening.identity.read_format
    raced: list[bool] = []

    def slowly(connection: Any, path: Path) -> int:
        if not raced:
            raced.append(True)
            opened().close()
            return 0
        return original(connection, path)

    monkeypatch.setattr(opening.identity, "read_format", slowly)
    ledger = opened()
    ledger.open_run(new_run())
    assert ledger.run("run-1") is not None
    ledger.close()


def test_calls_made_between_witness_and_ledger_are_no_alarm(
    opened: Callable[..., Ledger], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process creates the ledger and sends while this one is opening."""
    original = opening.read_witness
    raced: list[bool] = []

    def late(folder: Path) -> WitnessRecord | None:
        if raced:
            return original(folder)
        raced.append(True)
        other = opened()
        other.open_run(new_run())
        other.begin_call(call([2]))
        other.close()
        return None

    monkeypatch.setattr(opening, "read_witness", late)
    opened().close()
    assert len(raced) == 1
