"""Progress of a plan or a delivery, shown by the command line, the page and the jobs, each in its own way."""

from __future__ import annotations

import threading
from typing import Protocol

from importer.core.errors import RunStopped
from importer.core.model import Counts


class Progress(Protocol):
    """Receives the progress of a plan or a delivery. Called from one thread; must return quickly and never raise."""

    def reading(self, rows: int) -> None:
        """``rows`` source rows have been read and checked so far."""
        ...

    def delivering(self, done: int, total: int, counts: Counts) -> None:
        """``done`` of ``total`` ready rows have an outcome; ``counts`` are by status."""
        ...

    def waiting(self, reason: str, seconds: float) -> None:
        """Nothing can be done for about ``seconds`` seconds, because of ``reason``."""
        ...

    def note(self, text: str) -> None:
        """A sentence worth reading now."""
        ...


class SilentProgress:
    """Progress that is not shown."""

    def reading(self, rows: int) -> None:
        """Show nothing."""

    def delivering(self, done: int, total: int, counts: Counts) -> None:
        """Show nothing."""

    def waiting(self, reason: str, seconds: float) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""


class StoppableReading(SilentProgress):
    """Forwards the reading of a plan, and ends it when the user asks to stop."""

    def __init__(self, progress: Progress, stop: threading.Event) -> None:
        self._progress = progress
        self._stop = stop

    def reading(self, rows: int) -> None:
        """Raises :class:`RunStopped` once ``stop`` is set."""
        if self._stop.is_set():
            raise RunStopped("Stopped on request while reading the file. Nothing was sent.", "Run it again.")
        self._progress.reading(rows)
