"""The sender lock: one sender per account, from the first to the last call of a delivery.

The kernel drops the lock when the process ends, however it ends: no lock is ever stale, and its age does not matter.
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
from importer.core.platform import open_private, try_lock

_FOLDER = "locks"
_ATTEMPTS = 5


class SenderLock:
    """The right to send to one account, while the ``with`` of :func:`sender_lock` lasts."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def still_ours(self) -> bool:
        """Whether the lock file is still the one that was locked.

        When it was removed, another process can lock a new file of the same name: sending must stop.
        """
        return _same_file(self.path, self._descriptor)


@contextmanager
def sender_lock(home: Path, account: str, *, clock: Callable[[], datetime], run_id: str = "") -> Iterator[SenderLock]:
    """Hold the account's lock. ``clock`` and ``run_id`` are only shown in the message of a second sender.

    Raises :class:`AnotherRunActive` with the holder, and :class:`LedgerError` when the file cannot be used.
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
            f"Another import is sending to account {account} right now: {_describe_holder(path)}.",
            "Wait until it has ended, then run again. Nothing was sent by this one.",
        )
    try:
        reach("lock-taken")
        since = clock().astimezone(UTC).isoformat(timespec="seconds")
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "run": run_id, "since": since}).encode())
        yield SenderLock(path, descriptor)
    finally:
        os.close(descriptor)


def lock_path(home: Path, account: str) -> Path:
    """Return the path of the account's lock file, which is never deleted."""
    readable = re.sub(r"[^A-Za-z0-9_-]", "_", account)[:40]
    digest = hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return home / _FOLDER / f"{readable}-{digest}.lock"


def _open_locked(path: Path) -> int | None:
    """Lock the file and return its descriptor; ``None`` when another process holds the lock."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for _ in range(_ATTEMPTS):
        descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
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


def _describe_holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_bytes())
        since = datetime.fromisoformat(holder["since"])
        run = f", run {holder['run']}" if holder["run"] else ""
        return f"process {int(holder['pid'])}{run}, since {since:%Y-%m-%d %H:%M} UTC"
    except (OSError, ValueError, TypeError, KeyError):
        return "an unknown process"
