"""The calls of the operating system: those of this one, and those of Windows with stand-ins for its modules."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from importer.core import platform
from importer.core.platform import posix
from tests.support.windows_calls import windows_calls


@pytest.fixture(params=["posix", "windows"])
def calls(request: pytest.FixtureRequest) -> ModuleType:
    """Every system's calls mean the same."""
    return posix if request.param == "posix" else request.getfixturevalue("windows")


def opened(calls: ModuleType, path: Path) -> int:
    descriptor = calls.open_private(path, os.O_RDWR | os.O_CREAT)
    assert isinstance(descriptor, int)
    return descriptor


def test_both_systems_define_what_the_package_offers(windows: ModuleType) -> None:
    """A name that one of them lacks would be found there only."""
    names = [
        name for name in vars(platform) if getattr(posix, name, None) is getattr(platform, name) and name[0] != "_"
    ]
    assert len(names) > 20
    assert [name for name in names if not hasattr(windows, name)] == []


def test_an_exclusive_lock_keeps_others_out_until_its_file_is_closed(calls: ModuleType, tmp_path: Path) -> None:
    """Also out of a shared lock, and the file's position stays where it is."""
    one, other = opened(calls, tmp_path / "lock"), opened(calls, tmp_path / "lock")
    os.write(one, b"held")
    assert calls.try_lock(one)
    assert not calls.try_lock(other)
    os.write(one, b" by me")
    os.close(one)
    assert calls.try_lock(other)
    calls.unlock(other)
    again = opened(calls, tmp_path / "lock")
    calls.lock_exclusive(again)
    assert (tmp_path / "lock").read_bytes() == b"held by me"
    os.close(other)
    os.close(again)


def test_shared_locks_stand_beside_each_other(calls: ModuleType, tmp_path: Path) -> None:
    """The last one that holds one can take the exclusive lock."""
    one, other = opened(calls, tmp_path / "lock"), opened(calls, tmp_path / "lock")
    calls.lock_shared(one)
    calls.lock_shared(other)
    assert not calls.try_lock(one)
    calls.lock_shared(one)
    os.close(one)
    assert calls.try_lock(other)
    os.close(other)


def test_windows_waits_for_a_lock_that_another_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In small steps, for its own waiting gives up after ten seconds."""
    with windows_calls() as windows:
        holder, shared = opened(windows, tmp_path / "lock"), opened(windows, tmp_path / "lock")
        waits: list[float] = []

        def end_waiting(seconds: float) -> None:
            waits.append(seconds)
            windows.unlock(holder)

        monkeypatch.setattr(windows.time, "sleep", end_waiting)
        assert windows.try_lock(holder)
        windows.lock_shared(shared)
        windows.unlock(shared)
        assert windows.try_lock(holder)
        windows.lock_exclusive(shared)
        assert len(waits) == 2
        os.close(holder)
        os.close(shared)


def test_windows_locks_bytes_behind_every_content(tmp_path: Path) -> None:
    """Locked bytes cannot be read by others; a lock of an earlier file with the same number is forgotten."""
    seen: list[tuple[int, int, int]] = []

    def locking(descriptor: int, mode: int, count: int) -> None:
        seen.append((os.lseek(descriptor, 0, os.SEEK_CUR), mode, count))
        if mode == 0:
            raise OSError(errno.EACCES, "not locked")

    with windows_calls(SimpleNamespace(locking=locking, LK_NBLCK=2, LK_UNLCK=0)) as windows:
        descriptor = opened(windows, tmp_path / "file")
        assert windows.try_lock(descriptor)
        assert windows.try_lock(descriptor)
        os.close(descriptor)
    assert seen == [(1 << 30, 2, 64), (1 << 30, 0, 64), (1 << 30, 2, 64)]


def test_a_folder_has_a_lock(calls: ModuleType, tmp_path: Path) -> None:
    """And gives it back."""
    for _ in range(2):
        with calls.locked_folder(tmp_path):
            assert tmp_path.is_dir()


def test_a_file_is_read_and_written_at_its_beginning(calls: ModuleType, tmp_path: Path) -> None:
    """Wherever its position is."""
    descriptor = opened(calls, tmp_path / "file")
    calls.write_at(descriptor, b"0123456789")
    calls.write_at(descriptor, b"ab")
    assert calls.read_at(descriptor, 4) == b"ab23"
    assert calls.read_at(descriptor, 100) == b"ab23456789"
    calls.sync_file(descriptor)
    calls.sync_folder(tmp_path)
    calls.unlink_and_close(tmp_path / "file", descriptor)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(descriptor)


def test_no_link_is_followed_where_a_private_file_is_expected(calls: ModuleType, tmp_path: Path) -> None:
    """It could lead to somebody else's file."""
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        opened(calls, tmp_path / "link")
    (tmp_path / "plain").write_text("x")
    os.close(calls.open_without_waiting(tmp_path / "plain"))


def test_macos_syncs_beyond_the_cache_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And as the others where its file system cannot."""
    asked: list[int] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda descriptor, request: asked.append(request))
    monkeypatch.setattr(os, "fsync", lambda descriptor: asked.append(0))
    posix.sync_file(0)

    def refuse(descriptor: int, request: int) -> None:
        raise OSError(errno.ENOTSUP, "not supported")

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    posix.sync_file(0)
    assert asked == [51, 0]


def test_limits_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory, time, size of files and no core file; never more than the system allows already."""
    given: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", given.__setitem__)
    monkeypatch.setattr(resource, "getrlimit", lambda limit: (5, 10) if limit == resource.RLIMIT_CPU else (-1, -1))
    posix.limit_resources(1000, 60)
    assert given[resource.RLIMIT_AS] == given[resource.RLIMIT_FSIZE] == (1000, 1000)
    assert given[resource.RLIMIT_CPU] == (10, 10)
    assert given[resource.RLIMIT_CORE] == (0, 0)


def test_a_limit_that_the_system_refuses_is_left_out(monkeypatch: pytest.MonkeyPatch, windows: ModuleType) -> None:
    """macOS has none on memory, and Windows none at all; files are read there all the same."""
    given: dict[int, tuple[int, int]] = {}

    def set_limit(limit: int, value: tuple[int, int]) -> None:
        if limit == resource.RLIMIT_AS:
            raise ValueError("current limit exceeds maximum limit")
        given[limit] = value

    monkeypatch.setattr(resource, "setrlimit", set_limit)
    posix.limit_resources(1000, 60)
    assert set(given) == {resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE}
    windows.limit_resources(1000, 60)


def test_owners_and_modes_mean_nothing_on_windows(windows: ModuleType, tmp_path: Path) -> None:
    """There every file has mode 666 and owner 0, and the access list of the user's folder keeps others out."""
    info = os.stat_result((stat.S_IFREG | 0o666, 1, 1, 1, 0, 0, 1, 0, 0, 0))
    assert windows.permission_bits(info) & 0o077 == 0
    assert windows.user_id() == info.st_uid
    assert posix.permission_bits(info) == 0o666
    assert posix.user_id() == os.geteuid()


def test_network_drives_and_the_id_of_a_windows_machine(windows: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A share and a drive that is connected to one are told from a disk of the computer."""
    assert windows.registered_machine_id() == "guid"
    windows.winreg.OpenKey.side_effect = OSError(2, "not found")
    assert windows.registered_machine_id() == ""
    for drive, network in (("\\\\server\\share", True), ("Z:", True), ("C:", False)):
        monkeypatch.setattr(os.path, "splitdrive", lambda path, drive=drive: (drive, "\\x"))
        assert windows.is_network_drive(Path("x")) is network
    assert not posix.is_network_drive(Path("x"))
    assert posix.registered_machine_id() == ""


def test_processes(calls: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child of its own group is asked to end and forgotten; one that is gone is no error."""
    if calls is posix:
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, **calls.separate_process())
        assert os.getsid(child.pid) == child.pid
        calls.terminate(child.pid)
        assert child.wait() == -signal.SIGTERM
        calls.reap(child.pid)
        calls.terminate(child.pid)
    else:
        sent: list[tuple[int, int]] = []
        monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
        assert calls.separate_process() == {"creationflags": 512 | 1 << 27}
        calls.terminate(77)
        calls.reap(77)
        calls.kill_this_process()
        assert sent == [(77, signal.SIGTERM), (os.getpid(), signal.SIGTERM)]
        with pytest.raises(OSError, match="not supported"):
            calls.stop_this_process()
        calls.harden_process()
        assert calls.call_libc("malloc_trim", 0) is None


def test_folders_are_made_opened_and_moved_between(calls: ModuleType, tmp_path: Path) -> None:
    """A link is never followed, and a file never replaced."""
    (tmp_path / "a.csv").write_text("new")
    with calls.OpenFolder(tmp_path) as inbox:
        inbox.make_folder("done")
        inbox.make_folder("done")
        with inbox.open_own_folder("done") as done:
            os.close(done.create_file("note.txt"))
            with pytest.raises(FileExistsError):
                done.create_file("note.txt")
            inbox.move("a.csv", done, "b.csv")
        (tmp_path / "plain").touch()
        with pytest.raises(NotADirectoryError):
            inbox.open_own_folder("plain")
    assert (tmp_path / "done" / "b.csv").read_text() == "new"
    assert not (tmp_path / "a.csv").exists()


def test_windows_follows_no_link_to_a_folder(
    windows: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a symbolic link nor a junction; a placeholder of OneDrive is an ordinary folder."""
    (tmp_path / "done").mkdir()
    with windows.OpenFolder(tmp_path) as inbox:
        for tag, refused in ((0xA000000C, True), (0xA0000003, True), (0x9000001A, False)):
            monkeypatch.setattr(os, "lstat", lambda path, tag=tag: SimpleNamespace(st_reparse_tag=tag))
            if refused:
                with pytest.raises(NotADirectoryError, match="is a link"):
                    inbox.open_own_folder("done")
            else:
                inbox.open_own_folder("done")


def test_the_user_has_a_name_or_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may have no entry for its user."""
    monkeypatch.setenv("LOGNAME", "ann")
    assert platform.user_name() == "ann"
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "pwd", None)
    assert platform.user_name() == "unknown"
