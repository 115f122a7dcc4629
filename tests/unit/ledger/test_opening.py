"""A ledger opens only when it is private, durable and undamaged."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.ledger import sqlite_file
from importer.ledger.ledger import Ledger
from importer.ledger.opening import open_sqlite_ledger
from importer.ledger.schema import SCHEMA_VERSION
from tests.support.ledger_builders import TickingClock, call, refusal, writing


def change(home: Path, statement: str) -> None:
    connection = sqlite3.connect(home / "ledger.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_private_whatever_the_umask(opened: Callable[..., Ledger], home: Path) -> None:
    """A new folder 0700, files 0600, even when the umask would allow all and the files were open to all."""
    before = os.umask(0)
    try:
        opened().close()
        assert (mode(home), mode(home / "ledger.db"), mode(home / "ledger.head")) == (0o700, 0o600, 0o600)
        home.chmod(0o755)
        (home / "ledger.db").chmod(0o644)
        opened().close()
        assert (mode(home), mode(home / "ledger.db")) == (0o755, 0o600), "others may use the folder, too"
    finally:
        os.umask(before)


def test_the_ledger_survives_closing(used: Callable[..., Ledger]) -> None:
    """What one process wrote, the next one reads, with the same install key."""
    first = used()
    key = first.install_key()
    first.close()
    again = used(randomness=lambda count: b"\1" * count)
    assert [outcome.row for outcome in again.outcomes("run-1")] == [2]
    assert again.install_key() == key
    again.close()


def test_pragmas_are_in_force(opened: Callable[..., Ledger]) -> None:
    """The connection really writes with a rollback journal and EXTRA syncing."""
    ledger = opened()
    with ledger.storage.engine.begin() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "application_id")
        }
    assert found == {
        "journal_mode": "delete",
        "synchronous": 3,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "application_id": 0x4C534951,
    }
    ledger.close()


@pytest.mark.parametrize("pragma", [("synchronous", "EXTRA", 4), ("no_such_pragma", "ON", 1)])
def test_a_pragma_that_does_not_take_is_refused(
    opened: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch, pragma: tuple[str, str, int]
) -> None:
    """Less durability than asked for is no ledger."""
    monkeypatch.setattr(sqlite_file, "_PRAGMAS", (pragma,))
    assert f"did not accept {pragma[0]}={pragma[1]}" in refusal(opened).message


def test_another_journal_mode_that_cannot_be_left_is_refused(
    used: Callable[..., Ledger], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that another program holds in WAL mode is not written to."""
    monkeypatch.setattr(sqlite_file, "_BUSY_SECONDS", 0.01)
    viewer = sqlite3.connect(home / "ledger.db")
    viewer.execute("PRAGMA journal_mode=WAL").fetchall()
    viewer.execute("SELECT count(*) FROM rows").fetchall()
    error = refusal(used)
    assert "another program is using it" in error.message or "did not accept journal_mode=DELETE" in error.message
    viewer.close()
    used().close()


def test_a_newer_ledger_is_refused(used: Callable[..., Ledger], home: Path) -> None:
    """An older program does not touch what a newer one wrote."""
    change(home, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    error = refusal(used)
    assert "newer version of importer" in error.message
    assert "Update importer" in error.remedy


def test_an_unknown_older_ledger_is_refused(used: Callable[..., Ledger], home: Path) -> None:
    """A format that never existed is damage."""
    change(home, "PRAGMA user_version = 0")
    assert "unknown format 0" in refusal(used).message


def test_a_strange_database_is_refused(opened: Callable[..., Ledger], home: Path) -> None:
    """Another program's file of the same name stays as it is."""
    home.mkdir()
    change(home, "CREATE TABLE addresses (name TEXT)")
    before = (home / "ledger.db").read_bytes()
    assert "not a ledger of this program" in refusal(opened).message
    assert (home / "ledger.db").read_bytes() == before


@pytest.mark.parametrize("content", [b"garbage " * 1000, b"x", b"SQLite format 3\0" + b"\xff" * 5000])
def test_garbage_is_refused(opened: Callable[..., Ledger], home: Path, content: bytes) -> None:
    """A file that is no database is reported as damaged and left alone."""
    home.mkdir()
    (home / "ledger.db").write_bytes(content)
    refusal(opened)
    assert (home / "ledger.db").read_bytes() == content


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_truncated_file_is_refused(used: Callable[..., Ledger], home: Path, part: float) -> None:
    """A ledger that lost its end is damaged, never half a ledger."""
    file = home / "ledger.db"
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * part)])
    refusal(used)


@pytest.mark.slow
@pytest.mark.parametrize("page", range(1, 12, 2))
def test_a_damaged_page_is_refused(used: Callable[..., Ledger], home: Path, page: int) -> None:
    """Garbage in the middle is found when opening, before anything is sent."""
    file = home / "ledger.db"
    content = bytearray(file.read_bytes())
    content[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    file.write_bytes(content)
    assert "damaged" in refusal(used).message


def test_a_ledger_that_does_not_say_who_it_is_is_refused(used: Callable[..., Ledger], home: Path) -> None:
    """Missing or broken particulars are damage."""
    change(home, "UPDATE meta SET value = 'no hexadecimal' WHERE name = 'install_key'")
    assert "has no identity" in refusal(used).message
    change(home, "DELETE FROM meta")
    assert "has no identity" in refusal(used).message


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "unfinished", "cut_short", "looked"),
    [(10**9, False, False, False), (0, False, False, False), (0, True, False, True), (0, False, True, True)],
)
def test_files_are_checked_after_an_unclean_end(
    used: Callable[..., Ledger],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    unfinished: bool,
    cut_short: bool,
    looked: bool,
) -> None:
    """Not when the last end was a clean one; when a call never ended or a transaction was cut."""
    if unfinished:
        ledger = used()
        ledger.begin_call(call([3]))
        ledger.close()
    if cut_short:
        (home / "ledger.db-journal").write_bytes(b"\0" * 512)
    checks: list[Path] = []
    monkeypatch.setattr(sqlite_file, "DAILY_CHECKED_BYTES", limit)
    monkeypatch.setattr(sqlite_file, "check_for_damage", lambda connection, path: checks.append(path))
    used().close()
    assert bool(checks) is looked


def test_a_cut_transaction_is_rolled_back(used: Callable[..., Ledger], home: Path, tmp_path: Path) -> None:
    """A journal left by a dying process brings the last durable state back."""
    ledger = used()
    with writing(ledger) as connection:
        connection.exec_driver_sql("PRAGMA cache_spill = 1")
        connection.exec_driver_sql("PRAGMA cache_size = 1")
        for number in range(2000):
            connection.exec_driver_sql(f"INSERT INTO tenants VALUES ('{number}', '{'x' * 500}', '')")
        shutil.copytree(home, tmp_path / "copy")
    ledger.close()
    assert (tmp_path / "copy" / "ledger.db-journal").stat().st_size > 0
    revived = open_sqlite_ledger(tmp_path / "copy", clock=TickingClock(), this_machine="machine-1")
    assert revived.bind_account("0", "") == ""
    assert len(list(revived.outcomes("run-1"))) == 1
    revived.close()
