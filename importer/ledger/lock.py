"""One sender per account: the lock that a delivery holds from its first to its last call.

The kernel drops the lock when the process ends, however it ends: no lock is ever stale, and none is judged by its age.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from importer.core.errors import AnotherRunActive, LedgerError
from importer.core.failpoints import reach
from importer.core.platform.file_lock import try_lock

_FOLDER = "locks"
_ATTEMPTS = 5


class SenderLock:
    """The right to send to one account, while the ``with`` of :func:`sender_lock` lasts."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def still_ours(self) -> bool:
        """Whether the lock file is still the one that was locked.

        When somebody removed it, another process can lock a new file of the same name: sending must stop.
        """
        return _same_file(self.path, self._descriptor)


@contextmanager
def sender_lock(home: Path, account: str, *, clock: Callable[[], datetime], run_id: str = "") -> Iterator[SenderLock]:
    """Hold the account's lock. ``clock`` and ``run_id`` only serve the message that a second sender gets.

    Raises :class:`AnotherRunActive` saying who holds it, and :class:`LedgerError` when the file cannot be used.
    """
    path = lock_path(home, account)
    try:
        descriptor = _open_locked(path)
    except OSError as error:
        raise LedgerError(
            f"The lock file {path} cannot be used: {error.strerror or error}.",
            "Check the rights of the folder, and that IMPORTER_HOME is on a disk of this computer.",
        ) from None
    if descriptor is None:
        raise AnotherRunActive(
            f"Another import is sending to account {account} right now: {_holder(path)}.",
            "Wait until it has ended, then run again. Nothing was sent by this one.",
        )
    try:
        reach("lock-taken")
        _introduce(descriptor, run_id, clock())
        yield SenderLock(path, descriptor)
    finally:
        os.close(descriptor)


def lock_path(home: Path, account: str) -> Path:
    """Where the lock of ``account`` is. It is never deleted."""
    readable = re.sub(r"[^A-Za-z0-9_-]", "_", account)[:40]
    digest = hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return home / _FOLDER / f"{readable}-{digest}.lock"


def _open_locked(path: Path) -> int | None:
    """The locked file's descriptor, or ``None`` when somebody else holds the lock."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    for _ in range(_ATTEMPTS):
        descriptor = os.open(path, flags, 0o600)
        try:
            locked = try_lock(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        if locked and _same_file(path, descriptor):
            return descriptor
        os.close(descriptor)
        if not locked:
            return None
        # The file was removed between opening and locking it: lock the new one.
    raise OSError("the file is removed again and again")


def _same_file(path: Path, descriptor: int) -> bool:
    ours = os.fstat(descriptor)
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)


def _introduce(descriptor: int, run_id: str, now: datetime) -> None:
    since = now.astimezone(UTC).isoformat(timespec="seconds")
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.write(descriptor, json.dumps({"pid": os.getpid(), "run": run_id, "since": since}).encode())


def _holder(path: Path) -> str:
    try:
        told = json.loads(path.read_bytes())
        since = datetime.fromisoformat(told["since"])
        run = f", run {told['run']}" if told["run"] else ""
        return f"process {int(told['pid'])}{run}, since {since:%Y-%m-%d %H:%M} UTC"
    except (OSError, ValueError, TypeError, KeyError):
        return "a process that has not said who it is"
