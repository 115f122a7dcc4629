"""The calls of Linux and macOS. Every function raises :class:`OSError` unless it says otherwise."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import faulthandler
import fcntl
import mmap
import os
import resource
import signal
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

assert sys.platform != "win32"

MOVES_OPEN_FILES = True
"""Whether an open file can be renamed and removed."""

_TCP_TABLE = Path("/proc/net/tcp")
_INODE = 9
_LOOPBACK_HEX = f"{int.from_bytes(bytes((127, 0, 0, 1)), sys.byteorder):08X}"
"""127.0.0.1 as Linux writes it there, in the byte order of the machine."""
_PR_SET_DUMPABLE = 4
"""From Linux's <linux/prctl.h>; 0 also hides /proc/PID/environ and /proc/PID/mem from other programs of the user."""


def try_lock(descriptor: int) -> bool:
    """Take the exclusive lock of an open file; false when another process holds it.

    The lock ends with the process that holds it, however the process ends.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock_exclusive(descriptor: int) -> None:
    """Wait for the exclusive lock of an open file or folder and take it."""
    fcntl.flock(descriptor, fcntl.LOCK_EX)


def lock_shared(descriptor: int) -> None:
    """Wait for the shared lock of an open file and take it, instead of any other."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def unlock(descriptor: int) -> None:
    """Release the lock of an open file."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextlib.contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Wait for the lock of a folder and hold it while the block runs."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        lock_exclusive(descriptor)
        yield
    finally:
        os.close(descriptor)


def open_private(path: Path | str, flags: int) -> int:
    """Open a file, following no symbolic link; a new one gets mode 0600. Returns the descriptor, not inherited.

    ``flags`` are those of :func:`os.open`.
    """
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def open_without_waiting(path: Path) -> int:
    """Open a file for reading; a pipe without a writer does not block. Returns the descriptor."""
    return os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)


def read_at(descriptor: int, count: int) -> bytes:
    """Read up to ``count`` bytes from the beginning of an open file, wherever its position is."""
    return os.pread(descriptor, count, 0)


def write_at(descriptor: int, content: bytes) -> None:
    """Write ``content`` at the beginning of an open file, wherever its position is."""
    os.pwrite(descriptor, content, 0)


def sync_file(descriptor: int) -> None:
    """Wait until the content of an open file is on the disk, and on macOS beyond the cache of the disk itself."""
    full_sync = getattr(fcntl, "F_FULLFSYNC", None)
    if full_sync is not None:
        # Some file systems do not know it; they sync as well as they can.
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, full_sync)
            return
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make durable what was created, renamed or removed in ``folder``."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync_file(descriptor)
    finally:
        os.close(descriptor)


def unlink_and_close(path: Path, descriptor: int) -> None:
    """Remove the open file ``path`` and close it; its lock is held until it has no name."""
    try:
        path.unlink()
    finally:
        os.close(descriptor)


def permission_bits(info: os.stat_result) -> int:
    """Return who may do what with a file or folder, as :func:`os.chmod` takes it."""
    return stat.S_IMODE(info.st_mode)


def user_id() -> int:
    """Return the number of the user whose rights this process has, as files name their owner."""
    return os.geteuid()


def owner_name(path: Path) -> str:
    """Return the name of the user whose file or folder ``path`` is. Raises :class:`KeyError` if he has none."""
    return path.owner()


def is_network_drive(folder: Path) -> bool:
    """Return whether ``folder`` lies on a drive of the network: only Windows has drives."""
    return False


def registered_machine_id() -> str:
    """Return the id of this machine in the registry: only Windows has one."""
    return ""


def harden_process() -> None:
    """Keep this process's memory from the disk and from other programs of the same user, and its files private.

    Sets the umask to 077 and turns off fault dumps, core files and, on Linux, reading through /proc. What the operating
    system does not offer is left out: an import must run where there is no prctl. Never raises.
    """
    os.umask(0o077)
    faulthandler.disable()
    _limit(resource.RLIMIT_CORE, 0)
    call_libc("prctl", _PR_SET_DUMPABLE, 0, 0, 0, 0)


def limit_resources(memory: int, seconds: int) -> None:
    """Limit this process to ``memory`` bytes and ``seconds`` of computing; forbid larger files and core files.

    A limit that the system refuses is left out (macOS has none on memory). Never raises.
    """
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_CPU, seconds)
    _limit(resource.RLIMIT_FSIZE, memory)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(kind: int, value: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(kind)
        allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (allowed, allowed))


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
    return inode != "0" and user in (0, user_id())


def call_libc(function: str, *numbers: int) -> Any:
    """Call a function of Linux's C library with whole numbers; ``None`` where there is no such function."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            return getattr(ctypes.CDLL(None), function)(*numbers)
    return None


def release_pages(mapping: mmap.mmap) -> None:
    """Let the system drop the pages of a file from memory; it reads them again when needed."""
    mapping.madvise(mmap.MADV_DONTNEED)


def separate_process() -> dict[str, Any]:
    """Return options of :class:`subprocess.Popen` for a process that Ctrl-C at our terminal does not reach."""
    return {"start_new_session": True}


def terminate(pid: int) -> None:
    """Ask a process to end; nothing happens when there is none that we may ask."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM)


def reap(pid: int) -> None:
    """Let the system forget a child of ours that has ended; others are left alone."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def kill_this_process() -> None:
    """End this process at once, without any clean-up."""
    os.kill(os.getpid(), signal.SIGKILL)


def stop_this_process() -> None:
    """Freeze this process until another one continues it."""
    os.kill(os.getpid(), signal.SIGSTOP)


class PosixFolder:
    """A folder that is held open: what is done in it is done there, whatever its name means by then."""

    def __init__(self, path: Path | str, within: PosixFolder | None = None) -> None:
        """Open ``path``; by its name in the folder ``within``, no link is followed."""
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if within else 0)
        self._descriptor: int = os.open(path, flags, dir_fd=within._descriptor if within else None)

    def __enter__(self) -> PosixFolder:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def make_folder(self, name: str) -> None:
        """Create a private folder called ``name`` unless there is something of that name."""
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=self._descriptor)

    def open_own_folder(self, name: str) -> PosixFolder:
        """Open the folder called ``name``, which must be no link and belong to us (or to root, who may do all)."""
        info = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        if stat.S_ISLNK(info.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, f"{name} is a link, which is not followed")
        if not stat.S_ISDIR(info.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, f"{name} is no folder")
        if info.st_uid not in (user_id(), 0):
            raise PermissionError(errno.EPERM, f"the folder {name} belongs to another user of this computer")
        return PosixFolder(name, self)

    def move(self, name: str, target: PosixFolder, new_name: str) -> None:
        """Move the file ``name`` into ``target``, never onto another file. A move that was cut short is finished.

        Raises :class:`FileExistsError` when another file has the new name.
        """
        source, place = self._descriptor, target._descriptor
        try:
            # Unlike a rename, a link never replaces what is there, not even what appeared a moment ago.
            os.link(name, new_name, src_dir_fd=source, dst_dir_fd=place, follow_symlinks=False)
        except FileExistsError:
            found = os.stat(new_name, dir_fd=place, follow_symlinks=False)
            if not os.path.samestat(found, os.stat(name, dir_fd=source, follow_symlinks=False)):
                raise
        except OSError as refusal:
            # A disk without links: reserve the name with an empty file, and rename onto that.
            if os.fstat(source).st_dev != os.fstat(place).st_dev:
                raise refusal from None
            os.close(target.create_file(new_name))
            os.replace(name, new_name, src_dir_fd=source, dst_dir_fd=place)
            return
        os.unlink(name, dir_fd=source)

    def create_file(self, name: str) -> int:
        """Create a private file and return its descriptor, open for writing. Raises :class:`FileExistsError`."""
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(name, flags, 0o600, dir_fd=self._descriptor)


OpenFolder = PosixFolder
