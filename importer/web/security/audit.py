"""The audit trail: who signed in, failed to, approved or changed roles, one JSON object a line, only ever appended."""

from __future__ import annotations

import contextlib
import json
import os
from collections import deque
from pathlib import Path
from typing import Any

from importer.core.filesystem import make_private_folder
from importer.core.platform import lock_exclusive, open_private, sync_file
from importer.core.redaction import redact
from importer.core.time import Clock, format_iso

_MOST_CHARACTERS = 500
_NAME = "audit.jsonl"


class AuditTrail:
    """The file ``audit.jsonl`` of a folder; several processes append to it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.path, self._clock = folder / _NAME, clock

    def record(self, who: str, what: str, **facts: object) -> None:
        """Append that ``who`` did ``what``; on disk when this returns. Keys are hidden. Raises :class:`OSError`."""
        entry = {"time": format_iso(self._clock.now()), "who": _clean(who), "what": what}
        entry |= {name: _clean(value) for name, value in facts.items()}
        make_private_folder(self.path.parent)
        descriptor = open_private(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            # Where the system has no such lock (Windows), one write appends the line all the same.
            with contextlib.suppress(OSError, ImportError):
                lock_exclusive(descriptor)
            line = json.dumps(entry).encode() + b"\n"
            os.write(descriptor, line if _ends_with_newline(descriptor) else b"\n" + line)
            sync_file(descriptor)
        finally:
            os.close(descriptor)

    def read(self, limit: int) -> list[dict[str, Any]]:
        """Return the newest entries, the newest first; lines that a crash cut off are left out."""
        try:
            with open(open_private(self.path, os.O_RDONLY), encoding="utf-8", errors="replace") as file:
                lines = deque(file, maxlen=limit)
        except FileNotFoundError:
            return []
        entries = []
        for line in reversed(lines):
            with contextlib.suppress(ValueError):
                entries.append(json.loads(line))
        return entries


def _clean(value: object) -> object:
    """Return numbers and truth values as they are, and everything else as a short text without keys."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return redact(str(value))[:_MOST_CHARACTERS]


def _ends_with_newline(descriptor: int) -> bool:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size == 0:
        return True
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"
