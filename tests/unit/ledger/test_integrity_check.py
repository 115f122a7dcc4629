"""When the ledger's file is checked for damage: after all that may have harmed it, and once a day."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from importer.core.errors import LedgerError
from importer.ledger import sqlite_file
from importer.ledger.integrity import check
from importer.ledger.integrity.check import FILE_NAME, register
from importer.ledger.ledger import Ledger
from importer.ledger.opening import open_sqlite_ledger
from tests.support.ledger_builders import TickingClock, call, new_run, send

CheckedFiles = list[Path]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> CheckedFiles:
    """The file of each check for damage."""
    seen: CheckedFiles = []
    monkeypatch.setattr(sqlite_file, "check_for_damage", lambda connection, path: seen.append(path))
    return seen


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def used(home: Path) -> Callable[..., Ledger]:
    """Opens a ledger that has made one call."""
    ledger = opened(home)
    ledger.open_run(new_run())
    send(ledger, [2])
    ledger.close()
    return lambda: opened(home)


def opened(home: Path, ahead: timedelta = timedelta(0)) -> Ledger:
    ticking = TickingClock()
    return open_sqlite_ledger(home, clock=lambda: ticking() + ahead, this_machine="machine-1")


def test_a_ledger_that_was_closed_is_not_looked_through_again(
    used: Callable[..., Ledger], home: Path, checks: CheckedFiles
) -> None:
    """Nothing can have happened to it; another process that opens it does not check either."""
    used().close()
    checks.clear()
    first = opened(home)
    second = opened(home)
    second.bind_account("b", "org-b")
    first.close()
    second.close()
    opened(home).close()
    assert checks == []


def test_after_an_end_without_closing_it_is_looked_through(
    used: Callable[..., Ledger], home: Path, checks: CheckedFiles
) -> None:
    """Also when the program died between two calls, with no transaction under way."""
    ledger = used()
    checks.clear()
    ledger.bind_account("b", "org-b")
    ledger.storage.guard.presence.leave(clean=False)
    opened(home).close()
    assert len(checks) == 1
    ledger.close()


def test_a_call_without_its_end_is_no_clean_end(used: Callable[..., Ledger], home: Path, checks: CheckedFiles) -> None:
    """The program was stopped in mid-call, or the write of the answer failed."""
    ledger = used()
    ledger.begin_call(call([3]))
    ledger.close()
    checks.clear()
    opened(home).close()
    opened(home).close()
    assert len(checks) == 2


def test_a_failed_write_is_no_clean_end(used: Callable[..., Ledger], home: Path, checks: CheckedFiles) -> None:
    """What the disk holds then is not known."""
    ledger = used()
    ledger.storage._failure = LedgerError("The disk failed.", "")
    ledger.close()
    checks.clear()
    opened(home).close()
    assert len(checks) == 1


def test_a_ledger_that_cannot_be_read_at_the_end(used: Callable[..., Ledger], monkeypatch: pytest.MonkeyPatch) -> None:
    """Closing it is no error."""
    ledger = used()

    def away(work: object) -> object:
        raise LedgerError("The disk is away.", "")

    monkeypatch.setattr(ledger.storage, "read", away)
    ledger.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda home: os.utime(home / "ledger.db"),
        lambda home: (home / FILE_NAME).unlink(),
        lambda home: (home / FILE_NAME).write_text("{"),
        lambda home: (home / FILE_NAME).write_text('{"at": "yesterday", "boot": "", "left": null}'),
    ],
)
@pytest.mark.parametrize("large", [False, True])
def test_whatever_touched_the_file_makes_it_suspect(
    used: Callable[..., Ledger],
    home: Path,
    checks: CheckedFiles,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Path], object],
    large: bool,
) -> None:
    """Large files, too."""
    used().close()
    checks.clear()
    if large:
        monkeypatch.setattr(sqlite_file, "DAILY_CHECKED_BYTES", 0)
    change(home)
    opened(home).close()
    assert len(checks) == 1
    opened(home).close()
    assert len(checks) == 1


def test_after_another_start_of_the_machine(
    used: Callable[..., Ledger], home: Path, checks: CheckedFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut may have lost what the disk had confirmed; where boots have no id, every opening checks."""
    used().close()
    checks.clear()
    monkeypatch.setattr(check, "boot_id", lambda: "another")
    opened(home).close()
    opened(home).close()
    assert len(checks) == 1
    monkeypatch.setattr(check, "boot_id", lambda: "")
    opened(home).close()
    opened(home).close()
    assert len(checks) == 3


@pytest.mark.slow
@pytest.mark.parametrize(("ahead", "number"), [(0, 0), (23, 0), (25, 1), (-25, 1)])
def test_once_a_day_in_any_case(
    used: Callable[..., Ledger],
    home: Path,
    checks: CheckedFiles,
    ahead: int,
    number: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Disks lose what nobody reads. A clock that was put back proves nothing; large files take too long for it."""
    used().close()
    checks.clear()
    opened(home, timedelta(hours=ahead)).close()
    assert len(checks) == number
    monkeypatch.setattr(sqlite_file, "DAILY_CHECKED_BYTES", 0)
    opened(home, timedelta(hours=ahead + 100)).close()
    assert len(checks) == number


def test_damage_is_found_at_the_next_opening(used: Callable[..., Ledger], home: Path) -> None:
    """Even if the ledger was checked a moment ago, and again until it is repaired."""
    used().close()
    size = (home / "ledger.db").stat().st_size
    with (home / "ledger.db").open("r+b") as file:
        file.seek(size // 2 // 4096 * 4096)
        file.write(b"\xff" * 4096)
    for _ in range(2):
        with pytest.raises(LedgerError, match="damaged"):
            opened(home)


def test_a_file_that_cannot_be_used_is_gone_without(
    used: Callable[..., Ledger], home: Path, checks: CheckedFiles, tmp_path: Path
) -> None:
    """Then each opening checks; a link is not followed."""
    used().close()
    checks.clear()
    (home / FILE_NAME).unlink()
    (home / FILE_NAME).symlink_to(tmp_path / "elsewhere")
    opened(home).close()
    opened(home).close()
    assert len(checks) == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_lock_that_cannot_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems have no locks."""

    def no_locks(_: int) -> bool:
        raise OSError("no locks")

    monkeypatch.setattr(check, "try_lock", no_locks)
    presence = register(tmp_path / "ledger.db")
    assert presence.needs_check("2026-03-01T00:00:00+00:00", daily=False)
    presence.record_check("2026-03-01T00:00:00+00:00")
    presence.leave(clean=True)


def test_an_opening_during_the_check_of_another(home: Path, used: Callable[..., Ledger]) -> None:
    """It checks the file itself, and does not wait for the end of the other check."""
    used().close()
    now = "2026-03-01T00:00:00+00:00"
    checking = register(home / "ledger.db")
    checking.begin_check()
    beside = register(home / "ledger.db")
    assert beside.needs_check(now, daily=False)
    checking.record_check(now)
    assert not beside.needs_check(now, daily=True)
    beside.leave(clean=True)
    beside.leave(clean=True)
    checking.leave(clean=True)
    assert not register(home / "ledger.db").needs_check(now, daily=True)
