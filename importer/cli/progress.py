"""Progress for people: a bar on a terminal, a line now and then elsewhere, nothing with `--quiet`."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from importer.cli.streams import print_message, set_live_display
from importer.core.model import Counts, Status
from importer.core.progress import Progress, SilentProgress
from importer.core.text import display_text, format_count
from importer.core.time import format_duration

if TYPE_CHECKING:
    from rich.console import Console

_LINE_SECONDS = 10.0
_DRAW_SECONDS = 0.1
_TROUBLE = (Status.REJECTED, Status.UNCERTAIN)


def choose_progress(*, quiet: bool) -> Progress:
    """Return the progress that fits standard error."""
    if quiet:
        return SilentProgress()
    can_move_cursor = sys.stderr.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
    return TerminalProgress() if can_move_cursor else LineProgress()


def format_rate(done: int, total: int, seconds: float) -> str:
    """Format rate and time left, such as "118 rows/s, 2 min 5 s left"; empty while they are not known."""
    if done <= 0 or seconds <= 0:
        return ""
    rate = done / seconds
    return f"{format_count(round(rate))}/s, {format_duration((total - done) / rate)} left"


def format_trouble(counts: Counts) -> str:
    """Format the counts of refused and uncertain rows, such as "3 rejected"; empty without any."""
    return ", ".join(f"{counts[status]:,} {status.value}" for status in _TROUBLE if counts.get(status))


class _DeliveryRate:
    """The rate of a delivery since its first report."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started: tuple[float, int] | None = None

    def describe(self, done: int, total: int, counts: Counts) -> list[str]:
        """Return how many rows have an outcome, then rate and trouble as far as there are any."""
        now = self._clock()
        began, first = self._started = self._started or (now, done)
        parts = [f"{done:,} of {format_count(total)}", format_rate(done - first, total - first, now - began)]
        return [part for part in (*parts, format_trouble(counts)) if part]


class LineProgress:
    """A line of plain text every ten seconds, for logs and pipes."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, write: Callable[[str], None] = print_message
    ) -> None:
        self._clock = clock
        self._write = write
        self._rate = _DeliveryRate(clock)
        self._last = float("-inf")

    def reading(self, rows: int) -> None:
        """Print how many rows have been read."""
        if self._due():
            self._write(f"Read and checked {format_count(rows)}.")

    def delivering(self, done: int, total: int, counts: Counts) -> None:
        """Print how many rows have an outcome."""
        parts = self._rate.describe(done, total, counts)
        if self._due() or done == total:
            self._write("; ".join(parts))

    def waiting(self, reason: str, seconds: float) -> None:
        """Print the reason of a pause of two seconds or more."""
        if seconds >= 2 and self._due():
            self._write(display_text(f"Waiting {seconds:.0f} s: {reason}."))

    def note(self, text: str) -> None:
        """Print a sentence at once."""
        self._write(display_text(text))

    def _due(self) -> bool:
        now = self._clock()
        if now - self._last < _LINE_SECONDS:
            return False
        self._last = now
        return True


class TerminalProgress:
    """A bar with rate and time left that is drawn by rich, below the notes.

    It is drawn when something changes, ten times a second at most, so that no thread runs beside a delivery. rich is
    imported with the first drawing: commands that draw nothing start without it.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, open_console: Callable[[], Console] | None = None
    ) -> None:
        self._clock = clock
        self._open_console = open_console or _open_console
        self._display: _BarDisplay | None = None
        self._rate = _DeliveryRate(clock)
        self._done = ""
        self._last = float("-inf")

    def reading(self, rows: int) -> None:
        """Draw how many rows have been read."""
        self._draw(f"Reading: {format_count(rows)}")

    def delivering(self, done: int, total: int, counts: Counts) -> None:
        """Draw bar, rate and time left."""
        parts = self._rate.describe(done, total, counts)
        self._done = parts[0]
        finished = done >= total
        self._draw("  ".join(parts), (done, total), force=finished)
        if finished and self._display:
            self._display.stop()

    def waiting(self, reason: str, seconds: float) -> None:
        """Draw the reason of a pause, beside what is done so far."""
        text = display_text(f"Waiting {seconds:.0f} s: {reason}")
        self._draw(f"{self._done}  {text}" if self._done else text)

    def note(self, text: str) -> None:
        """Print a sentence above the bar."""
        text = display_text(text)
        if self._display and self._display.is_live:
            self._display.print_above(text)
        else:
            print_message(text)

    def _draw(self, text: str, share: tuple[int, int] | None = None, *, force: bool = False) -> None:
        now = self._clock()
        if not force and now - self._last < _DRAW_SECONDS:
            return
        self._last = now
        if self._display is None:
            self._display = _BarDisplay(self._open_console())
        self._display.draw(text, share)


def _open_console() -> Console:
    from rich.console import Console

    class StatusConsole(Console):
        """A console on standard error that never stops an import."""

        def on_broken_pipe(self) -> None:
            self.quiet = True

        def show_cursor(self, show: bool = True) -> bool:
            """Leave the cursor visible, also after a process that was killed in the middle of a drawing."""
            return False

    return StatusConsole(file=sys.stderr, force_terminal=True, highlight=False, markup=False)


class _BarDisplay:
    """One line with a bar and a text, redrawn in place."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn
        from rich.table import Column

        # On a narrow terminal the text is cut, and the bar stays.
        self._bar = Progress(
            BarColumn(bar_width=20, table_column=Column(width=20)),
            TextColumn(
                "{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")
            ),
            expand=True,
            console=console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=None)
        self.is_live = False

    def draw(self, text: str, share: tuple[int, int] | None) -> None:
        """Draw the text, and the bar with ``share`` (done and total); the bar stays as it was without one."""
        if share is not None:
            # An empty delivery is a finished one.
            self._bar.update(self._task, completed=share[0] if share[1] else 1, total=share[1] or 1)
        self._bar.update(self._task, description=text)
        with contextlib.suppress(OSError, ValueError):
            if self.is_live:
                self._bar.refresh()
            else:
                self.is_live = True
                set_live_display(self.stop)
                self._bar.start()

    def print_above(self, text: str) -> None:
        """Print a line above the bar."""
        with contextlib.suppress(OSError, ValueError):
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Leave the line as it is, and go below it."""
        self.is_live = False
        set_live_display(None)
        with contextlib.suppress(OSError, ValueError):
            self._bar.stop()
