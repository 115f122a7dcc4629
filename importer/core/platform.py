"""Calls of the operating system: kernel locks on open files, private files, process hardening, functions of glibc.

What a system does not offer is left out or refused here, so that no other module has to ask which system it runs on.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import os
import sys
from pathlib import Path
from typing import Any

# Windows keeps others from reading locked bytes, so the locked byte lies behind the text that names the holder.
_WINDOWS_BYTE = 1 << 30
_TCP_TABLE = Path("/proc/net/tcp")
_INODE = 9
_LOOPBACK_HEX = f"{int.from_bytes(bytes((127, 0, 0, 1)), sys.byteorder):08X}"
"""127.0.0.1 as Linux writes it there, in the byte order of the machine."""
_PR_SET_DUMPABLE = 4
"""From Linux's <linux/prctl.h>; 0 also hides /proc/PID/environ and /proc/PID/mem from other programs of the user."""


def try_lock(descriptor: int) -> bool:
    """Take the exclusive lock of an open file; false when another process holds it. Raises :class:`OSError`.

    The lock ends with the process that holds it, however the process ends.
    """
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


def lock_exclusive(descriptor: int) -> None:
    """Wait for the exclusive lock of an open file and take it. POSIX only. Raises :class:`OSError`."""
    fcntl = importlib.import_module("fcntl")
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def lock_shared(descriptor: int) -> None:
    """Wait for the shared lock of an open file and take it, instead of any other. POSIX only; :class:`OSError`."""
    fcntl = importlib.import_module("fcntl")
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def unlock(descriptor: int) -> None:
    """Release the lock of an open file. POSIX only. Raises :class:`OSError`."""
    fcntl = importlib.import_module("fcntl")
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def open_private(path: Path | str, flags: int) -> int:
    """Open a file, following no symbolic link; a new one gets mode 0600. Returns the descriptor, not inherited.

    ``flags`` are those of :func:`os.open`. Raises :class:`OSError`.
    """
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0), 0o600)


def open_without_waiting(path: Path) -> int:
    """Open a file for reading; a pipe without a writer does not block. Returns the descriptor; :class:`OSError`."""
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))


def harden_process() -> None:
    """Keep this process's memory from the disk and from other programs of the same user, and its files private.

    Sets the umask to 077 and turns off fault dumps, core files and, on Linux, reading through /proc. What the operating
    system does not offer is left out: an import must run where there is no prctl.
    """
    os.umask(0o077)
    faulthandler.disable()
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    call_libc("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def is_own_connection(client_port: int, server_port: int, table: Path = _TCP_TABLE) -> bool:
    """Return whether a program of this user made a connection at 127.0.0.1, given by the ports of its two ends.

    Programs of root count as ours: they may do anything, and some of them pass connections on. True where the system
    does not tell (all but Linux), or tells nothing sensible.
    """
    try:
        lines = [line.split() for line in table.read_text("ascii").splitlines()[1:]]
    except (OSError, UnicodeError):
        return True
    client, server = (f"{_LOOPBACK_HEX}:{port:04X}" for port in (client_port, server_port))
    # Columns: number, local end, remote end, state, queues, timer, retransmissions, user, time-out, inode.
    ends = {(parts[1], parts[2]): (int(parts[7]), parts[9]) for parts in lines if len(parts) > _INODE}
    if not any(local == server for local, _ in ends):
        # Our own listening end is missing: the table is not that of this computer's connections.
        return True
    user, inode = ends.get((client, server), (-1, "0"))
    # A closed end has neither user nor inode; without this, it would seem to be root's.
    return inode != "0" and user in (0, os.geteuid())


def call_libc(function: str, *numbers: int) -> Any:
    """Call a function of Linux's C library with whole numbers; ``None`` where there is no such function."""
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            return getattr(ctypes.CDLL(None), function)(*numbers)
    return None
