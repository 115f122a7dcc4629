"""Ledgers that are deleted, restored, copied, damaged, somewhere else or set otherwise (D11 to D17)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.reliability.faults.runs import all_delivered_once
from tests.support.interference import Answers
from tests.support.trial import KINDS, Trial


def test_d11_a_damaged_ledger_stops_everything(trial: Trial) -> None:
    """A torn page, a tail of garbage and a ledger of zeros are noticed; nothing is sent with them."""
    assert trial.run().status == 0
    path = trial.folder / "home" / "ledger.db"
    good, calls = path.read_bytes(), len(trial.sandbox.log)
    middle = (len(good) // 2) & ~4095
    for damaged in (good[:middle] + b"\xff" * 4096 + good[middle + 4096 :], bytes(len(good)), good[:100]):
        path.write_bytes(damaged)
        ended = trial.run()
        assert ended.status == 1, ended
        assert "damaged" in ended.json["message"]
        assert "Traceback" not in ended.err
    assert len(trial.sandbox.log) == calls
    path.write_bytes(good)
    assert all_delivered_once(trial)


def test_d12_the_ledger_is_deleted(trial: Trial) -> None:
    """Deleting the ledger to start clean is noticed by the witness; nothing is sent."""
    assert trial.run().status == 0
    (trial.folder / "home" / "ledger.db").unlink()
    ended = trial.run()
    assert ended.status == 1
    assert "is missing" in ended.json["message"]
    assert len(trial.sandbox.state()["activities"]) == 30


@pytest.mark.parametrize("kind", ["bulk", "bulk-key", "single"])
def test_d12_the_whole_folder_is_deleted(tmp_path: Path, kind: str) -> None:
    """A new ledger looks into the CRM first: rows that are there already are not sent again unless on purpose."""
    with Trial(tmp_path, KINDS[kind]) as trial:
        assert trial.run().status == 0
        shutil.rmtree(trial.folder / "home")
        ended = trial.run()
        assert ended.status == 4
        assert "Was the ledger deleted" in ended.out
        assert len(trial.sandbox.state()["activities"]) == 30
        assert trial.run().status == 4
        again = trial.run("--again", "the course is held twice")
        assert again.status == 0
        assert len(trial.sandbox.state()["activities"]) == 60


def test_d12_a_file_of_new_rows_needs_no_old_ledger(trial: Trial) -> None:
    """A new ledger sends rows that the CRM does not hold, and a lead that cannot be looked at does not stop it."""
    assert trial.run().status == 0
    shutil.rmtree(trial.folder / "home")
    trial.sandbox.faults.order("500-before", on="reads", skip=1)
    rows = "\n".join(trial.kind.cells(n) for n in range(100, 105))
    (trial.folder / "new.csv").write_text(f"Lead,Note\n{rows}\n", "utf-8")
    ended = trial.command("run", "new.csv", "-m", "rows.yaml", "--yes", "--json")
    assert ended.json["counts"]["created"] == 5


def test_d13_the_ledger_comes_from_an_old_backup(trial: Trial) -> None:
    """The witness has seen calls that the ledger does not know: nothing is sent until a person vouches for it."""
    home = trial.folder / "home"
    (trial.folder / "first.csv").write_text("Lead,Note\n" + trial.kind.cells(99) + "\n", "utf-8")
    assert trial.command("run", "first.csv", "-m", "rows.yaml", "--yes").status == 0
    shutil.copy(home / "ledger.db", trial.folder / "backup.db")
    assert trial.run().status == 0
    calls = len(trial.sandbox.log)
    shutil.copy(trial.folder / "backup.db", home / "ledger.db")
    ended = trial.run()
    assert ended.status == 1
    assert "older than it should be" in ended.json["message"]
    assert "IMPORTER_ADOPT_LEDGER" in ended.json["message"]
    assert len(trial.sandbox.log) == calls


def test_d14_the_ledger_is_copied_to_another_machine(trial: Trial) -> None:
    """On a machine with another id the ledger asks to be adopted; then it works there."""
    trial.before = Answers("importer.ledger.opening:machine_id", "11111111111111111111111111111111")
    assert trial.run().status == 0
    calls = len(trial.sandbox.log)
    trial.before = Answers("importer.ledger.opening:machine_id", "22222222222222222222222222222222")
    ended = trial.run()
    assert ended.status == 1
    assert "another computer" in ended.json["message"]
    assert len(trial.sandbox.log) == calls
    assert trial.run(IMPORTER_ADOPT_LEDGER="yes").status == 0
    assert trial.verdict(trial.run()).kept


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse", "fuse.sshfs", "fuse.s3fs"])
def test_d15_a_network_disk_is_refused(trial: Trial, kind: str) -> None:
    """Where another machine keeps the disk, neither locks nor syncing can be relied on."""
    trial.before = Answers("importer.ledger.sqlite_file:file_system", kind)
    ended = trial.run()
    assert ended.status == 1
    assert f"a network disk ({kind})" in ended.json["message"]
    assert "IMPORTER_HOME" in ended.json["message"]
    assert trial.sandbox.log == []


def test_d16_a_journal_of_another_database(trial: Trial) -> None:
    """A rollback journal that does not belong to the ledger does not change it."""
    assert trial.run().status == 0
    path = trial.folder / "home" / "ledger.db-journal"
    path.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504) + b"strange" * 1000)
    assert trial.verdict(trial.run()).kept
    path.write_bytes(b"")
    assert trial.verdict(trial.run()).kept


def test_d17_a_setting_that_does_not_take(trial: Trial) -> None:
    """If SQLite does not accept a setting on which survival depends, nothing is sent."""
    trial.before = _Unsafe()
    ended = trial.run()
    assert ended.status == 1
    assert "cannot be kept safely" in ended.json["message"]
    assert trial.sandbox.log == []


class _Unsafe:
    """A SQLite that knows no level EXTRA."""

    def __call__(self) -> None:
        from importer.ledger import sqlite_file

        sqlite_file._PRAGMAS = (("synchronous", "NORMAL", 3),)
