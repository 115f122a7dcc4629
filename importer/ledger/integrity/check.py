"""When the ledger's file was last looked through for damage, and how the last process that had it open left it.

Looking through the file takes longer the more it holds, so an opening does without when nothing can have happened to
it: no other process has it open, it is as the last one left it at a clean end, and since the last look neither the
machine was started anew nor a day has passed. What is remembered of that lies in ``ledger.checked``. Whoever has the
ledger open holds a shared lock on that file, which ends with the process. Nothing depends on the file: without it, or
where it cannot be used, each opening looks.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from importer.core.platform.file_lock import share_waiting, try_lock
from importer.ledger.integrity.machine_id import boot_id

FILE_NAME = "ledger.checked"
_LONGEST = timedelta(days=1)
_MOST_BYTES = 1000

Signature = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Look:
    """A look through the file that found no damage: when (ISO, UTC), in which boot, and the file as it was left."""

    at: str
    boot: str
    left: Signature | None


class Presence:
    """This process's part in an open ledger. Ends with :meth:`leave`, or with the process."""

    def __init__(self, path: Path, descriptor: int | None, *, alone: bool) -> None:
        self._path = path
        self._descriptor = descriptor
        self._alone = alone
        self._found = signature(path)

    def needs_look(self, now: str, *, daily: bool) -> bool:
        """Whether the file has to be looked through at this opening. ``daily``: once a day in any case."""
        look = self._read()
        if look is None or not look.boot or look.boot != boot_id():
            return True
        if self._alone and look.left != self._found:
            return True
        age = datetime.fromisoformat(now) - datetime.fromisoformat(look.at)
        return daily and not timedelta(0) <= age < _LONGEST

    def looking(self) -> None:
        """The file is going to be looked through: until that has ended, others look themselves. Never raises."""
        self._write("")

    def looked(self, now: str) -> None:
        """No damage was found. Never raises."""
        self._write(_line(Look(now, boot_id(), None)))

    def leave(self, *, clean: bool) -> None:
        """The file is closed; the last one who leaves it after a ``clean`` end remembers how. Never raises."""
        if self._descriptor is None:
            return
        if not clean:
            self._write("")
        with suppress(OSError):
            look = self._read() if clean and try_lock(self._descriptor) else None
            if look is not None:
                self._write(_line(Look(look.at, look.boot, signature(self._path))))
        with suppress(OSError):
            os.close(self._descriptor)
        self._descriptor = None

    def _read(self) -> Look | None:
        if self._descriptor is None:
            return None
        try:
            known = json.loads(os.pread(self._descriptor, _MOST_BYTES, 0))
            inode, size, modified, changed = known["left"] or (0, 0, 0, 0)
            at = datetime.fromisoformat(known["at"]).astimezone(UTC)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return Look(at.isoformat(), known["boot"], (inode, size, modified, changed))

    def _write(self, line: str) -> None:
        if self._descriptor is None:
            return
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, line.encode(), 0)


def _line(look: Look) -> str:
    return json.dumps({"at": look.at, "boot": look.boot, "left": look.left})


def enter(path: Path) -> Presence:
    """Be among those who have the ledger at ``path`` open. Never raises."""
    descriptor = None
    try:
        descriptor = os.open(path.with_name(FILE_NAME), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        alone = try_lock(descriptor)
        # Nobody holds the other kind of lock for longer than it takes to get here.
        share_waiting(descriptor)
    except (OSError, ImportError, AttributeError):  # the latter two on Windows
        if descriptor is not None:
            os.close(descriptor)
        return Presence(path, None, alone=False)
    return Presence(path, descriptor, alone=alone)


def signature(path: Path) -> Signature | None:
    """What changes with every change of a file, whoever makes it; ``None`` when there is none."""
    try:
        info = path.stat()
    except OSError:
        return None
    return info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns
