"""Progress for people: a bar on a terminal, a line now and then elsewhere, nothing when asked to be quiet."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable

from importer.cli.streams import say
from importer.core.model import Counts, Status
from importer.core.progress import Progress, Silent
from importer.core.redaction import redact
from importer.core.text import printable
from importer.reports.words import rows_text

_LINE_SECONDS = 10.0
_TROUBLE = (Status.REJECTED, Status.UNCERTAIN)


def choose_progress(*, quiet: bool) -> Progress:
    """The progress that fits standard error."""
    if quiet:
        return Silent()
    return TerminalProgress() if sys.stderr.isatty() else LineProgress()


def rate_words(done: int, total: int, seconds: float) -> str:
    """Rate and time left, such as "118 rows/s, 2 min 5 s left"; empty while they are not known."""
    if done <= 0 or seconds <= 0:
        return ""
    rate = done / seconds
    left = round((total - done) / rate)
    minutes, rest = divmod(left, 60)
    hours, minutes = divmod(minutes, 60)
    words = f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{rate:,.0f} {'row' if round(rate) == 1 else 'rows'}/s, {words} left"


def trouble_words(counts: Counts) -> str:
    """Refused and uncertain rows, such as "3 rejected"; empty without any."""
    return ", ".join(f"{counts[status]:,} {status.value}" for status in _TROUBLE if counts.get(status))


class LineProgress:
    """A line of plain text every ten seconds, for logs."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        write: Callable[[str], None] = say,
    ) -> None:
        self._clock = clock
        self._write = write
        self._last = float("-inf")
        self._started: tuple[float, int] | None = None

    def reading(self, rows: int) -> None:
        """Say how many rows have been read."""
        if self._due():
            self._write(f"Read and checked {rows_text(rows)}.")

    def delivering(self, done: int, total: int, counts: Counts) -> None:
        """Say how many rows have an outcome."""
        now = self._clock()
        if self._started is None:
            self._started = (now, done)
        if self._due() or done == total:
            began, first = self._started
            parts = [f"{done:,} of {rows_text(total)}", rate_words(done - first, total - first, now - began)]
            self._write("; ".join(part for part in (*parts, trouble_words(counts)) if part))

    def waiting(self, reason: str, seconds: float) -> None:
        """Say why nothing happens."""
        if seconds >= 2 and self._due():
            self._write(printable(redact(f"Waiting {seconds:.0f} s: {reason}.")))

    def note(self, text: str) -> None:
        """Say it now."""
        self._write(printable(redact(text)))

    def _due(self) -> bool:
        now = self._clock()
        if now - self._last < _LINE_SECONDS:
            return False
        self._last = now
        return True


class TerminalProgress:
    """One line that is drawn anew, on a terminal."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        write: Callable[[str], None] = lambda text: say(text, line=False),
        width: Callable[[], int] = lambda: shutil.get_terminal_size().columns,
    ) -> None:
        self._clock = clock
        self._write = write
        self._width = width
        self._done = ""
        self._drawn = 0
        self._last = float("-inf")
        self._started: tuple[float, int] | None = None

    def reading(self, rows: int) -> None:
        """Draw how many rows have been read."""
        self._draw(f"Reading: {rows_text(rows)}")

    def delivering(self, done: int, total: int, counts: Counts) -> None:
        """Draw bar, rate and time left."""
        now = self._clock()
        if self._started is None:
            self._started = (now, done)
        began, first = self._started
        share = done / total if total else 1.0
        bar = "█" * round(20 * share) + "░" * (20 - round(20 * share))
        self._done = f"{bar} {done:,} of {rows_text(total)}"
        parts = [self._done, rate_words(done - first, total - first, now - began), trouble_words(counts)]
        line = "  ".join(part for part in parts if part)
        self._draw(line, force=done >= total)
        if done >= total:
            self._end_line()

    def waiting(self, reason: str, seconds: float) -> None:
        """Draw why nothing happens, beside what is done so far."""
        words = printable(redact(f"Waiting {seconds:.0f} s: {reason}"))
        self._draw(f"{self._done}  {words}" if self._done else words)

    def note(self, text: str) -> None:
        """Print it above the line."""
        self._clear()
        self._write(printable(redact(text)) + "\n")

    def _draw(self, line: str, *, force: bool = False) -> None:
        now = self._clock()
        if not force and now - self._last < 0.1:
            return
        self._last = now
        # A line that breaks could not be drawn over.
        line = line[: max(1, self._width() - 1)]
        self._write("\r" + line.ljust(self._drawn))
        self._drawn = len(line)

    def _clear(self) -> None:
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _end_line(self) -> None:
        self._write("\n")
        self._drawn = 0
