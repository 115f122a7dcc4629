"""Decides whether the ledger's file must be checked for damage when it is opened.

A check takes longer the larger the file is, so an opening skips it when nothing can have happened to the file: no other
process has it open, it is as the last one left it at a clean end, and since the last check the machine was not rebooted
and no day has passed. The file ``ledger.checked`` records that. Each process that has the ledger open holds a shared
lock on it, which ends with the process. Nothing depends on the file: without it, each opening checks.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from importer.core.platform import lock_shared, open_private, read_at, try_lock, write_at
from importer.ledger.integrity.machine_id import boot_id

FILE_NAME = "ledger.checked"
_MAX_AGE = timedelta(days=1)
_MAX_BYTES = 1000

Signature = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class IntegrityCheck:
    """A check that found no damage: its time (ISO, UTC), its boot, and the file's signature at the last clean end."""

    at: str
    boot: str
    left: Signature | None


class Presence:
    """The registration of this process as one that has the ledger open. Ends with :meth:`leave` or the process."""

    def __init__(self, path: Path, descriptor: int | None, *, alone: bool) -> None:
        self._path = path
        self._descriptor = descriptor
        self._alone = alone
        self._found = signature(path)

    def needs_check(self, now: str, *, daily: bool) -> bool:
        """Whether the file must be checked at this opening. ``daily``: once a day in any case."""
        last = self._read()
        if last is None or not last.boot or last.boot != boot_id():
            return True
        if self._alone and last.left != self._found:
            return True
        age = datetime.fromisoformat(now) - datetime.fromisoformat(last.at)
        return daily and not timedelta(0) <= age < _MAX_AGE

    def begin_check(self) -> None:
        """Record that a check begins: until it has passed, other openings check too. Never raises."""
        self._write("")

    def record_check(self, now: str) -> None:
        """Record that the check found no damage. Never raises."""
        self._write(_line(IntegrityCheck(now, boot_id(), None)))

    def leave(self, *, clean: bool) -> None:
        """End the registration; the last process that leaves after a ``clean`` end records the file. Never raises."""
        if self._descriptor is None:
            return
        if not clean:
            self._write("")
        with suppress(OSError):
            last = self._read() if clean and try_lock(self._descriptor) else None
            if last is not None:
                self._write(_line(IntegrityCheck(last.at, last.boot, signature(self._path))))
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = None

    def _read(self) -> IntegrityCheck | None:
        if self._descriptor is None:
            return None
        try:
            known = json.loads(read_at(self._descriptor, _MAX_BYTES))
            inode, size, modified, changed = known["left"] or (0, 0, 0, 0)
            at = datetime.fromisoformat(known["at"]).astimezone(UTC)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return IntegrityCheck(at.isoformat(), known["boot"], (inode, size, modified, changed))

    def _write(self, line: str) -> None:
        if self._descriptor is None:
            return
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            write_at(self._descriptor, line.encode())


def _line(last: IntegrityCheck) -> str:
    return json.dumps({"at": last.at, "boot": last.boot, "left": last.left})


def register(path: Path) -> Presence:
    """Register this process as one that has the ledger at ``path`` open. Never raises."""
    descriptor = None
    try:
        descriptor = open_private(path.with_name(FILE_NAME), os.O_RDWR | os.O_CREAT)
        alone = try_lock(descriptor)
        # An exclusive lock is held by others only for as long as it takes to get here.
        lock_shared(descriptor)
    except OSError:
        if descriptor is not None:
            os.close(descriptor)
        return Presence(path, None, alone=False)
    return Presence(path, descriptor, alone=alone)


def signature(path: Path) -> Signature | None:
    """Return inode, size and times of a file, which change with each change of it; ``None`` when there is none."""
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns
