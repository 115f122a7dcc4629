"""A log file that several processes write at once: private, rotated by size, and never in the way of an import."""

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

_PATIENCE_SECONDS = 1.0
_LOOK_SECONDS = 0.005


class SharedFileHandler(RotatingFileHandler):
    """The standard library's rotation, which by itself loses lines when two processes rotate one file.

    A lock on a file beside it (``NAME.lock``) is held for each line. Under it, a file that another process has rotated,
    or that logrotate has moved away, is left for the new one. Whoever does not get the lock within a second appends
    without it, which at worst makes the file a little longer. A line that cannot be written is told once on standard
    error; the import goes on.
    """

    is_log_file = True

    def __init__(self, path: Path, size: int, keep: int) -> None:
        self._lock_path = path.with_name(f"{path.name}.lock")
        self._told = False
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self._lock_path, os.O_RDWR | os.O_CREAT | _NO_LINKS, 0o600))
            super().__init__(path, maxBytes=size, backupCount=keep, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise SettingsError(
                f"The log cannot be written to {path}: {error.strerror or error}.",
                "Name another file with --log-file or IMPORTER_LOG_FILE, or none for no file.",
            ) from None

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _NO_LINKS
        descriptor = os.open(self.baseFilename, flags, 0o600)
        return os.fdopen(descriptor, "a", encoding=self.encoding, errors=self.errors)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            with self._shared() as ours:
                self._follow()
                if ours and self.shouldRollover(record):
                    self.doRollover()
                logging.StreamHandler.emit(self, record)
        except Exception:  # noqa: BLE001  whatever is wrong with the log is no reason to end an import
            self.handleError(record)

    @contextmanager
    def _shared(self) -> Iterator[bool]:
        """Holds the lock if it can be had soon; whether it does."""
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | _NO_LINKS, 0o600)
        try:
            yield _locked_soon(descriptor)
        finally:
            os.close(descriptor)

    def _follow(self) -> None:
        """Open the file that has the name now, if it is another than the one that is open."""
        if self.stream is not None:
            opened = os.fstat(self.stream.fileno())
            with suppress(FileNotFoundError):
                named = os.stat(self.baseFilename, follow_symlinks=False)
                if (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino):
                    return
            self.stream.close()
        self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name in the standard library
        if not self._told:
            self._told = True
            with suppress(OSError, ValueError):
                sys.stderr.write(f"Lines of the log could not be written to {Path(self.baseFilename).name}.\n")


def _locked_soon(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # pragma: no cover  Windows: one process writes there
        return True
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK_SECONDS)
        else:
            return True


_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
