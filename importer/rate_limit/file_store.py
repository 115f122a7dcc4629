"""Store the busy slots of a limit in a small file, for the processes of one machine.

Whoever reads or writes holds the file's kernel lock for that moment, so a process may be killed at any time. Each line
carries a check sum: one that was cut off in the middle is never taken for a whole one. The file needs no syncing: after
a power cut the next boot blocks all calls for one window.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from importer.core.errors import LedgerError
from importer.core.platform import open_private, read_at, try_lock, unlock, write_at
from importer.rate_limit.shared_limiter import StoredState, T

_MAX_BYTES = 1_000_000
_PATIENCE_SECONDS = 10.0
_FIRST_PAUSE, _MAX_PAUSE = 0.0002, 0.01


class CorruptFileError(ValueError):
    """The file holds something, but not a whole line."""


class FileSlotStore:
    """One line of JSON under a lock. Raises :class:`LedgerError` when the file cannot be used.

    ``pause`` waits between attempts to take the lock.
    """

    def __init__(self, path: Path, pause: Callable[[float], None] = time.sleep) -> None:
        self._path = path
        self._pause = pause
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from None

    def change(self, decide: Callable[[StoredState], tuple[T, Mapping[str, Any] | None]]) -> T:
        """Call ``decide`` with the content of the file under its lock, and write what it returns."""
        with self.locked():
            try:
                stored = StoredState(self.read())
            except CorruptFileError:
                stored = StoredState(None)
            result, content = decide(stored)
            if content is not None:
                self.write(content)
            return result

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock of the file."""
        # Others hold it for less than a millisecond, unless somebody stopped them just then (Ctrl-Z).
        try:
            waited, pause = 0.0, _FIRST_PAUSE
            while not try_lock(self._descriptor):
                if waited > _PATIENCE_SECONDS:
                    raise self._unusable(
                        "another importer process holds it and does not go on; it may have been stopped"
                    )
                self._pause(pause)
                waited, pause = waited + pause, min(2 * pause, _MAX_PAUSE)
            try:
                yield
            finally:
                unlock(self._descriptor)
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from None

    def read(self) -> dict[str, Any]:
        """Read what was written last; empty when nothing ever was. Raises :class:`CorruptFileError`."""
        line, _, _ = read_at(self._descriptor, _MAX_BYTES).partition(b"\n")
        if not line:
            return {}
        check, _, text = line.partition(b" ")
        if check != _checksum(text):
            raise CorruptFileError(str(self._path))
        content = orjson.loads(text)
        assert isinstance(content, dict)
        return content

    def write(self, content: Mapping[str, Any]) -> None:
        """Write ``content`` in place of what was there."""
        text = orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS)
        write_at(self._descriptor, _checksum(text) + b" " + text + b"\n")

    def close(self) -> None:
        """Close the file; its content stays."""
        os.close(self._descriptor)

    def _unusable(self, why: str) -> LedgerError:
        return LedgerError(
            f"The file {self._path}, in which imports share the account's limit, cannot be used: {why}.",
            "Check the folder IMPORTER_HOME and its disk, and end importer processes that are stopped.",
        )


def _checksum(text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(text)
