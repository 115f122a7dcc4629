"""A log file that several processes write at once: private, rotated by size; its failures never stop an import."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from importer.core.errors import SettingsError
from importer.core.platform import open_private, try_lock

_LOCK_WAIT_SECONDS = 1.0
_LOCK_RETRY_SECONDS = 0.005


class SharedFileHandler(RotatingFileHandler):
    """The standard library's rotation, which by itself loses lines when two processes rotate one file.

    A lock on a file beside it (``NAME.lock``) is held for each line. Under the lock, a file that another process has
    rotated, or that logrotate has moved away, is closed and the new one opened. Without the lock after a second, a line
    is appended all the same, which at worst makes the file a little longer. A line that cannot be written is reported
    once on standard error; the import goes on.
    """

    is_log_file = True

    def __init__(self, path: Path, size: int, keep: int) -> None:
        self._lock_path = path.with_name(f"{path.name}.lock")
        self._reported = False
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(open_private(self._lock_path, os.O_RDWR | os.O_CREAT))
            super().__init__(path, maxBytes=size, backupCount=keep, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise SettingsError(
                f"The log cannot be written to {path}: {error.strerror or error}.",
                "Name another file with --log-file or IMPORTER_LOG_FILE, or none for no file.",
            ) from None

    def _open(self) -> TextIOWrapper:
        descriptor = open_private(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        return os.fdopen(descriptor, "a", encoding=self.encoding, errors=self.errors)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            with self._lock_shortly() as locked:
                self._reopen_rotated()
                if locked and self.shouldRollover(record):
                    # Windows renames no file that another process has open; it is rotated when none has.
                    with suppress(PermissionError):
                        self.doRollover()
                    self._reopen_rotated()
                logging.StreamHandler.emit(self, record)
        except Exception:  # noqa: BLE001  whatever is wrong with the log is no reason to end an import
            self.handleError(record)

    @contextmanager
    def _lock_shortly(self) -> Iterator[bool]:
        """Hold the lock if it is free within a second; yields whether it is held."""
        descriptor = open_private(self._lock_path, os.O_RDWR | os.O_CREAT)
        try:
            yield _try_lock_for_a_second(descriptor)
        finally:
            os.close(descriptor)

    def _reopen_rotated(self) -> None:
        """Open the file that has the name now, if it is not the one that is open."""
        if self.stream is not None:
            opened = os.fstat(self.stream.fileno())
            with suppress(FileNotFoundError):
                named = os.stat(self.baseFilename, follow_symlinks=False)
                if (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino):
                    return
            self.stream.close()
        self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name in the standard library
        if not self._reported:
            self._reported = True
            with suppress(OSError, ValueError):
                sys.stderr.write(f"Lines of the log could not be written to {Path(self.baseFilename).name}.\n")


def _try_lock_for_a_second(descriptor: int) -> bool:
    until = time.monotonic() + _LOCK_WAIT_SECONDS
    while not try_lock(descriptor):
        if time.monotonic() >= until:
            return False
        time.sleep(_LOCK_RETRY_SECONDS)
    return True
