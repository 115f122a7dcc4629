"""The calls of Windows, with the meaning that :mod:`importer.core.platform.posix` gives them.

Modes and owners of files mean nothing there: a user's folders are private by their access lists. An open file can be
neither renamed nor removed. Every function raises :class:`OSError` unless it says otherwise.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import faulthandler
import mmap
import msvcrt
import os
import signal
import subprocess
import sys
import time
import winreg
from collections.abc import Iterator
from pathlib import Path
from typing import Any

assert sys.platform == "win32"

MOVES_OPEN_FILES = False

# Others cannot read locked bytes, so these lie behind every content. An exclusive lock holds all of them, a shared one
# any single one.
_LOCK_OFFSET, _SHARES = 1 << 30, 64
_RETRY_SECONDS = 0.01
_DRIVE_REMOTE = 4
"""From <fileapi.h>, of GetDriveTypeW."""
_LINK_TAGS = (0xA000000C, 0xA0000003)
"""IO_REPARSE_TAG_SYMLINK and IO_REPARSE_TAG_MOUNT_POINT; placeholders of OneDrive have other tags."""

_held: dict[int, tuple[int, int]] = {}
"""The locked bytes of each descriptor, as offset and count. A closed one has lost its lock."""


def try_lock(descriptor: int) -> bool:
    unlock(descriptor)
    return _try_bytes(descriptor, _LOCK_OFFSET, _SHARES)


def lock_exclusive(descriptor: int) -> None:
    while not try_lock(descriptor):
        time.sleep(_RETRY_SECONDS)


def lock_shared(descriptor: int) -> None:
    unlock(descriptor)
    while not any(_try_bytes(descriptor, _LOCK_OFFSET + number, 1) for number in range(_SHARES)):
        time.sleep(_RETRY_SECONDS)


def unlock(descriptor: int) -> None:
    offset, count = _held.pop(descriptor, (0, 0))
    if count:
        # Of an earlier file with this number, nothing is locked any more.
        with contextlib.suppress(OSError):
            _lock_bytes(descriptor, msvcrt.LK_UNLCK, offset, count)


def _try_bytes(descriptor: int, offset: int, count: int) -> bool:
    try:
        _lock_bytes(descriptor, msvcrt.LK_NBLCK, offset, count)
    except PermissionError:
        return False
    _held[descriptor] = (offset, count)
    return True


def _lock_bytes(descriptor: int, mode: int, offset: int, count: int) -> None:
    position = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, offset, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, mode, count)
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)


@contextlib.contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold the lock of a file in the folder: folders themselves cannot be locked."""
    descriptor = open_private(folder / ".lock", os.O_RDWR | os.O_CREAT)
    try:
        lock_exclusive(descriptor)
        yield
    finally:
        os.close(descriptor)


def open_private(path: Path | str, flags: int) -> int:
    if os.path.islink(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return os.open(path, flags | os.O_BINARY | os.O_NOINHERIT)


def open_without_waiting(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_BINARY | os.O_NOINHERIT)


def read_at(descriptor: int, count: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, count)


def write_at(descriptor: int, content: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, content)


def sync_file(descriptor: int) -> None:
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Do nothing: folders cannot be opened, and NTFS keeps a journal of names."""


def unlink_and_close(path: Path, descriptor: int) -> None:
    os.close(descriptor)
    path.unlink()


def permission_bits(info: os.stat_result) -> int:
    return 0o700


def user_id() -> int:
    return 0


def owner_name(path: Path) -> str:
    """Raise :class:`OSError`: an owner has no name that Python could find out."""
    raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), str(path))


def is_network_drive(folder: Path) -> bool:
    drive = os.path.splitdrive(folder.absolute())[0]
    return drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == _DRIVE_REMOTE


def registered_machine_id() -> str:
    """Return the id that Windows gave this machine when it was installed; empty when it cannot be read."""
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    except OSError:
        return ""


def harden_process() -> None:
    faulthandler.disable()


def limit_resources(memory: int, seconds: int) -> None:
    """Do nothing: there are no such limits; the program ends a reading process that does not answer."""


def is_own_connection(client_port: int, server_port: int) -> bool:
    """Return true: the system does not tell."""
    return True


def call_libc(function: str, *numbers: int) -> Any:
    return None


def release_pages(mapping: mmap.mmap) -> None:
    """Do nothing: the system takes the pages when it needs them."""


def separate_process() -> dict[str, Any]:
    return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}


def terminate(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGTERM)


def reap(pid: int) -> None:
    """Do nothing: an ended process leaves nothing behind."""


def kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def stop_this_process() -> None:
    """Raise :class:`OSError`: processes cannot be frozen."""
    raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))


class WindowsFolder:
    """A folder by its path: nobody can rename it while a file in it is open."""

    def __init__(self, path: Path | str, within: WindowsFolder | None = None) -> None:
        self._path: Path = within._path / path if within else Path(path)
        if not self._path.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(self._path))

    def __enter__(self) -> WindowsFolder:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def make_folder(self, name: str) -> None:
        (self._path / name).mkdir(exist_ok=True)

    def open_own_folder(self, name: str) -> WindowsFolder:
        if getattr(os.lstat(self._path / name), "st_reparse_tag", 0) in _LINK_TAGS:
            raise NotADirectoryError(errno.ENOTDIR, f"{name} is a link, which is not followed")
        return WindowsFolder(name, self)

    def move(self, name: str, target: WindowsFolder, new_name: str) -> None:
        # A rename refuses to replace a file.
        os.rename(self._path / name, target._path / new_name)

    def create_file(self, name: str) -> int:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_BINARY | os.O_NOINHERIT
        return os.open(self._path / name, flags)


OpenFolder = WindowsFolder
