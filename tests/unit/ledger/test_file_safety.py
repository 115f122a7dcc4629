"""Where the ledger file may lie, whose it may be, and what happens when it is moved in use."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.core.errors import LedgerError
from importer.ledger import sqlite_file
from importer.ledger.integrity import migration_mark
from importer.ledger.ledger import Ledger
from tests.support.ledger_builders import call, ended, new_run, outcomes, refusal


def test_a_link_in_place_of_the_file_is_refused(opened: Callable[..., Ledger], home: Path, tmp_path: Path) -> None:
    """Nothing is written through a symbolic link."""
    home.mkdir()
    (home / "ledger.db").symlink_to(tmp_path / "elsewhere.db")
    assert "not an ordinary file" in refusal(opened).message
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_folder_in_place_of_the_file_is_refused(opened: Callable[..., Ledger], home: Path) -> None:
    """Only a file can be the ledger."""
    (home / "ledger.db").mkdir(parents=True)
    assert "not an ordinary file" in refusal(opened).message


def test_a_home_that_is_a_file_is_refused(opened: Callable[..., Ledger], home: Path) -> None:
    """The folder must be a folder."""
    home.write_text("")
    assert "cannot be used" in refusal(opened).message


def test_another_user_s_ledger_is_refused(used: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch) -> None:
    """Running as somebody else (root, say) would lock the owner out of files made meanwhile."""
    monkeypatch.setattr(sqlite_file, "user_id", lambda: os.getuid() + 1)
    error = refusal(used)
    assert "belongs to another user" in error.message
    monkeypatch.undo()
    used().close()


@pytest.mark.parametrize(("kind", "refused"), [("nfs4", True), ("fuse.sshfs", True), ("ext4", False), ("", False)])
def test_a_network_disk_is_refused(
    opened: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch, kind: str, refused: bool
) -> None:
    """Syncing and locks of a network disk cannot be relied on."""
    monkeypatch.setattr(sqlite_file, "file_system", lambda home: kind)
    if refused:
        assert f"a network disk ({kind})" in refusal(opened).message
    else:
        opened().close()


def test_a_file_that_is_replaced_while_in_use_stops_the_sending(used: Callable[..., Ledger], home: Path) -> None:
    """What is written into a removed file would be lost, so no call may begin."""
    ledger = used()
    (home / "ledger.db").rename(home / "moved.db")
    with pytest.raises(LedgerError, match="removed or replaced while it was in use"):
        ledger.begin_call(call([3]))
    shutil.copy(home / "moved.db", home / "ledger.db")
    with pytest.raises(LedgerError, match="removed or replaced while it was in use"):
        ledger.begin_call(call([3]))
    os.replace(home / "moved.db", home / "ledger.db")
    number = ledger.begin_call(call([3]))
    ledger.finish_call(number, ended(), outcomes([3]))
    ledger.close()


def test_a_ledger_from_before_questions_were_counted(opened: Callable[..., Ledger], home: Path) -> None:
    """It gets the table for them when it is opened, and keeps everything else."""
    first = opened()
    first.open_run(new_run())
    first.close()
    with sqlite3.connect(home / "ledger.db") as connection:
        connection.execute("DROP TABLE questions")
    connection.close()
    again = opened()
    again.count_queries("acme", 2)
    assert again.queries_on("acme", again.last_query_day("acme")) == 2
    assert [run.id for run in again.runs()] == ["run-1"]
    again.close()


def test_a_ledger_that_was_moved_is_not_used(opened: Callable[..., Ledger], home: Path) -> None:
    """Until a person says that it is the one to go on with."""
    opened().close()
    migration_mark.set_aside(home, "the database")
    assert migration_mark.unmoved_runs(home) == 0
    error = refusal(opened)
    assert "was moved: the database is used" in error.message
    assert "IMPORTER_DATABASE_URL" in error.remedy
    opened(adopt=True).close()
    opened().close()


def test_runs_that_nobody_moved_are_counted(opened: Callable[..., Ledger], home: Path) -> None:
    """A missing or empty file has none; one that cannot be read may have some."""
    assert migration_mark.unmoved_runs(home) == 0
    ledger = opened()
    assert migration_mark.unmoved_runs(home) == 0
    ledger.open_run(new_run())
    assert migration_mark.unmoved_runs(home) == 1
    ledger.close()
    (home / "ledger.db").write_bytes(b"nothing that is a database" * 50)
    assert migration_mark.unmoved_runs(home) == 1
    (home / "ledger.db").write_bytes(b"")
    assert migration_mark.unmoved_runs(home) == 0
