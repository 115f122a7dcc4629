"""Kernel locks on open files: they end with the process that holds them, however it ends."""

from __future__ import annotations

import importlib
import os
import sys

# Windows keeps others from reading locked bytes, so the locked byte lies behind what the file says of its holder.
_WINDOWS_BYTE = 1 << 30


def try_lock(descriptor: int) -> bool:
    """Take the exclusive lock of an open file; false when somebody else holds it. Raises :class:`OSError`."""
    if sys.platform == "win32":  # pragma: no cover  the function itself is tested everywhere
        return _try_lock_windows(descriptor)
    return _try_lock_posix(descriptor)


def _try_lock_posix(descriptor: int) -> bool:
    fcntl = importlib.import_module("fcntl")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _try_lock_windows(descriptor: int) -> bool:
    msvcrt = importlib.import_module("msvcrt")
    os.lseek(descriptor, _WINDOWS_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except PermissionError:
        return False
    return True


def lock_waiting(descriptor: int) -> None:
    """Take the exclusive lock of an open file, waiting for it. POSIX only. Raises :class:`OSError`."""
    fcntl = importlib.import_module("fcntl")
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def share_waiting(descriptor: int) -> None:
    """Take the shared lock of an open file instead of any other, waiting. POSIX only. Raises :class:`OSError`."""
    fcntl = importlib.import_module("fcntl")
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def unlock(descriptor: int) -> None:
    """Give up the lock of an open file. POSIX only. Raises :class:`OSError`."""
    fcntl = importlib.import_module("fcntl")
    fcntl.flock(descriptor, fcntl.LOCK_UN)
