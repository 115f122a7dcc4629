"""One sender per account, by a lock that the kernel drops when its holder ends, however it ends."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from importer.core.errors import AnotherRunActive, LedgerError
from importer.ledger import lock
from importer.ledger.lock import SenderLock, lock_path, sender_lock
from tests.support.ledger_builders import START


def hold(home: Path, account: str = "acme", run_id: str = "run-1"):
    return sender_lock(home, account, clock=lambda: START, run_id=run_id)


HOLDER = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from importer.ledger.lock import sender_lock
with sender_lock(Path(sys.argv[1]), "acme", clock=lambda: datetime.now(timezone.utc), run_id="run-7"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_sender_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    """The message names process, run and time; the lock is free again afterwards."""
    with hold(tmp_path):
        with pytest.raises(AnotherRunActive) as caught, hold(tmp_path):
            pass
        assert f"process {os.getpid()}, run run-1, since 2026-01-01 00:00 UTC" in caught.value.message
        assert "account acme" in caught.value.message
        assert caught.value.exit_status == 75
    nameless = pytest.raises(AnotherRunActive, match=rf"process {os.getpid()}, since")
    with hold(tmp_path, run_id=""), nameless, hold(tmp_path):
        pass


def test_accounts_have_locks_of_their_own(tmp_path: Path) -> None:
    """Names that look alike as files do not share a lock."""
    with hold(tmp_path, "a/b"), hold(tmp_path, "a_b"), hold(tmp_path, "A_B"), hold(tmp_path, "ä" * 300):
        pass
    assert all(path.parent == tmp_path / "locks" for path in (lock_path(tmp_path, name) for name in ("../x", "a")))


def test_the_lock_file_is_private_and_stays(tmp_path: Path) -> None:
    """It is never removed, so two processes can never lock two files of the same name."""
    with hold(tmp_path) as held:
        assert stat.S_IMODE(held.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(held.path.parent.stat().st_mode) == 0o700
    assert held.path.exists()


@pytest.mark.slow
def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    """What the file still says of a dead process does not count."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(AnotherRunActive, match=f"process {holder.pid}, run run-7"), hold(tmp_path):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with hold(tmp_path) as held:
        assert held.still_ours()
    holder.stdin.close()
    holder.stdout.close()


@pytest.mark.slow
def test_a_program_started_meanwhile_does_not_inherit_the_lock(tmp_path: Path) -> None:
    """A child that outlives its parent would keep the account locked."""
    with hold(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    with hold(tmp_path):
        pass
    child.communicate()


def test_a_removed_or_replaced_lock_file_is_noticed(tmp_path: Path) -> None:
    """The holder must stop then: somebody else can lock the new file."""
    with hold(tmp_path) as held:
        assert held.still_ours()
        held.path.unlink()
        assert not held.still_ours()
        held.path.write_text("")
        assert not held.still_ours()


def test_a_file_replaced_while_it_is_locked_is_locked_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between opening and locking the file may be removed; the lock of a removed file protects nothing."""
    original, path, tried = lock.try_lock, lock_path(tmp_path, "acme"), []

    def late(descriptor: int) -> bool:
        if not tried:
            path.unlink()
        tried.append(descriptor)
        return original(descriptor)

    monkeypatch.setattr(lock, "try_lock", late)
    with hold(tmp_path) as held:
        assert held.still_ours()
    assert len(tried) == 2


def test_a_file_that_is_always_removed_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying ends some time."""
    monkeypatch.setattr(lock, "_same_file", lambda path, descriptor: False)
    with pytest.raises(LedgerError, match="removed again and again"), hold(tmp_path):
        pass


def test_a_link_in_place_of_the_lock_file_is_refused(tmp_path: Path) -> None:
    """Nothing is written through a symbolic link."""
    path = lock_path(tmp_path, "acme")
    path.parent.mkdir()
    path.symlink_to(tmp_path / "important")
    with pytest.raises(LedgerError, match="cannot be used"), hold(tmp_path):
        pass
    assert not (tmp_path / "important").exists()


def test_a_disk_without_locks_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a lock nothing is sent."""

    def unsupported(descriptor: int) -> bool:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(lock, "try_lock", unsupported)
    with pytest.raises(LedgerError, match="Operation not supported") as caught, hold(tmp_path):
        pass
    assert "disk of this computer" in caught.value.remedy


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"pid": 1}', '{"pid": 1, "run": "", "since": "soon"}'])
def test_a_holder_that_says_nothing_is_still_a_holder(tmp_path: Path, content: str) -> None:
    """Only the kernel says whether the lock is held."""
    with hold(tmp_path) as held:
        held.path.write_text(content)
        with pytest.raises(AnotherRunActive, match="an unknown process"), hold(tmp_path):
            pass


def test_the_lock_is_released_after_a_failure(tmp_path: Path) -> None:
    """An exception inside frees the account."""
    with pytest.raises(ZeroDivisionError), hold(tmp_path):
        raise ZeroDivisionError
    with hold(tmp_path) as held:
        assert isinstance(held, SenderLock)


@pytest.mark.slow
def test_of_many_started_at_once_one_sends(tmp_path: Path) -> None:
    """However close together processes start, exactly one gets the account."""
    script = (
        "import sys, time\nfrom datetime import datetime, timezone\nfrom pathlib import Path\n"
        "from importer.core.errors import AnotherRunActive\nfrom importer.ledger.lock import sender_lock\n"
        "sys.stdin.readline()\n"
        "try:\n"
        "    with sender_lock(Path(sys.argv[1]), 'acme', clock=lambda: datetime.now(timezone.utc)):\n"
        "        print('one', flush=True)\n"
        "        sys.stdin.readline()\n"
        "except AnotherRunActive:\n    print('other', flush=True)\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(5)
    ]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    said = sorted(process.stdout.readline() for process in started)
    for process in started:
        process.communicate()
    assert said == ["one\n", *["other\n"] * 4]
