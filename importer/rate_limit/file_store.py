"""The small file in which processes of one machine tell each other which slots of a limit are busy.

Whoever reads or writes holds the file's kernel lock for that moment, so a process may be killed at any time. Each line
carries a check sum: one that was cut off in the middle is never taken for a whole one. The file needs no syncing: what
a power cut takes away, the next boot holds a window for.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson

from importer.core.errors import LedgerError
from importer.core.platform.file_lock import try_lock, unlock
from importer.rate_limit.store import Stored

T = TypeVar("T")

_MOST_BYTES = 1_000_000
_PATIENCE_SECONDS = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0002, 0.01


class Damaged(ValueError):
    """The file holds something, but not a whole line."""


class SlotsFile:
    """One line of JSON under a lock. Raises :class:`LedgerError` when the file cannot be used.

    ``pause`` waits between attempts to take the lock.
    """

    def __init__(self, path: Path, pause: Callable[[float], None] = time.sleep) -> None:
        self._path = path
        self._pause = pause
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise self._refused(error.strerror or str(error)) from None

    def change(self, decide: Callable[[Stored], tuple[T, Mapping[str, Any] | None]]) -> T:
        """Let ``decide`` see the line while nobody else does, and put what it gives in its place."""
        with self.locked():
            try:
                stored = Stored(self.read())
            except Damaged:
                stored = Stored(None)
            result, content = decide(stored)
            if content is not None:
                self.write(content)
            return result

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the file alone."""
        try:
            self._lock()
            try:
                yield
            finally:
                unlock(self._descriptor)
        except OSError as error:
            raise self._refused(error.strerror or str(error)) from None

    def _lock(self) -> None:
        # Others hold the lock for less than a millisecond, unless somebody stopped them just then (Ctrl-Z).
        waited, pause = 0.0, _FIRST_PAUSE
        while not try_lock(self._descriptor):
            if waited > _PATIENCE_SECONDS:
                raise self._refused("another importer process holds it and does not go on; it may have been stopped")
            self._pause(pause)
            waited, pause = waited + pause, min(2 * pause, _LONGEST_PAUSE)

    def read(self) -> dict[str, Any]:
        """What was written last; empty when nothing ever was. Raises :class:`Damaged`."""
        line, _, _ = os.pread(self._descriptor, _MOST_BYTES, 0).partition(b"\n")
        if not line:
            return {}
        check, _, text = line.partition(b" ")
        if check != _check(text):
            raise Damaged(str(self._path))
        content = orjson.loads(text)
        assert isinstance(content, dict)
        return content

    def write(self, content: Mapping[str, Any]) -> None:
        """Put ``content`` in place of what was there."""
        text = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
        os.pwrite(self._descriptor, _check(text) + b" " + text + b"\n", 0)

    def close(self) -> None:
        """Let go of the file; what it says stays."""
        os.close(self._descriptor)

    def _refused(self, why: str) -> LedgerError:
        return LedgerError(
            f"The file {self._path}, in which imports share the account's limit, cannot be used: {why}.",
            "Check the folder IMPORTER_HOME and its disk, and end importer processes that are stopped.",
        )


def _check(text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(text)
