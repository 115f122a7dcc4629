"""The small charts of the report page: rectangles in the units of their SVG view boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.core.text import format_count
from importer.core.time import format_duration
from importer.reports.interface import PARTS, Bin, CallProfile, ValueCount

HEIGHT = 40.0
_STEP = 10.0
_GAP = 1.0
# A single row among thousands must still be seen.
_LOWEST = 2.0
_LONG_WAIT = 0.1


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle with its CSS class (or none) and its title, which the pointer shows."""

    x: float
    y: float
    width: float
    height: float
    title: str
    css_class: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Rectangles in a box of ``width`` by ``height``, and a description for people who cannot see it."""

    width: float
    height: float
    rectangles: tuple[Rectangle, ...]
    description: str

    @property
    def marked(self) -> bool:
        """Whether a rectangle has a class of its own."""
        return any(rectangle.css_class for rectangle in self.rectangles)


def histogram(bins: Sequence[Bin]) -> Chart:
    """Draw one column for each bin, the highest one as high as the chart."""
    highest = max(found.rows for found in bins)
    rectangles = []
    for index, found in enumerate(bins):
        if found.rows:
            tall = max(_LOWEST, HEIGHT * found.rows / highest)
            title = f"{_span(found)}: {format_count(found.rows)}"
            rectangles.append(Rectangle(index * _STEP, round(HEIGHT - tall, 2), _STEP - _GAP, round(tall, 2), title))
    peak = max(bins, key=lambda found: found.rows)
    description = f"Histogram from {bins[0].low} to {bins[-1].high}; most rows, {peak.rows:,}, at {_span(peak)}."
    return Chart(_STEP * len(bins), HEIGHT, tuple(rectangles), description)


def _span(found: Bin) -> str:
    return found.low if found.low == found.high else f"{found.low} to {found.high}"


def share(value: ValueCount, most: int) -> float:
    """Return the length of a value's bar, in hundredths of the longest one."""
    return round(max(1.0, 100.0 * value.rows / max(1, most)), 1)


def strip(counts: Sequence[int], rows: int) -> Chart:
    """Draw where in a file rows with a problem lie: a mark for each part with some, higher where there are more."""
    most = max(counts, default=0)
    size = rows / PARTS
    rectangles = []
    for part, count in enumerate(counts):
        if count:
            tall = 3.0 + 7.0 * count / most
            first, last = int(part * size) + 1, max(int(part * size) + 1, int((part + 1) * size))
            title = f"{first:,}. to {last:,}. row of the file: {format_count(count)}"
            rectangles.append(Rectangle(float(part), round(10.0 - tall, 2), 0.9, round(tall, 2), title))
    return Chart(float(PARTS), 10.0, tuple(rectangles), _where(counts))


def _where(counts: Sequence[int]) -> str:
    held = [part for part, count in enumerate(counts) if count]
    if not held:
        return "Nowhere in the file."
    if len(held) == 1 or held[-1] - held[0] <= PARTS // 10:
        return f"All in one place, about {round(100 * held[0] / PARTS)} % into the file."
    if len(held) >= PARTS * 0.8:
        return "All through the file."
    return f"From about {round(100 * held[0] / PARTS)} % to {round(100 * (held[-1] + 1) / PARTS)} % of the file."


def timeline(calls: CallProfile) -> Chart:
    """Draw the rows per part of the time; marks above are throttled calls (upper line) and uncertain ones (lower)."""
    top = 14.0
    most = max(1, *(part.rows for part in calls.parts))
    rectangles = []
    for index, part in enumerate(calls.parts):
        begin = format_seconds(part.begin)
        if part.rows:
            tall = max(_LOWEST, HEIGHT * part.rows / most)
            title = f"from {begin} on: {format_count(part.rows)} answered"
            rectangles.append(
                Rectangle(index * _STEP, round(top + HEIGHT - tall, 2), _STEP - _GAP, round(tall, 2), title)
            )
        if part.refused:
            title = f"from {begin} on: {part.refused} refused because of the limit"
            rectangles.append(Rectangle(index * _STEP, 0.0, _STEP - _GAP, 5.0, title, "refused"))
        if part.uncertain:
            title = f"from {begin} on: {part.uncertain} without a certain answer"
            rectangles.append(Rectangle(index * _STEP, 7.0, _STEP - _GAP, 5.0, title, "uncertain"))
    refused = sum(part.refused for part in calls.parts)
    uncertain = sum(part.uncertain for part in calls.parts)
    number = format_count(calls.calls, "call")
    description = f"{number} in {format_seconds(calls.seconds)}"
    description += f"; {refused:,} refused because of the limit" if refused else ""
    description += f"; {uncertain:,} without a certain answer" if uncertain else ""
    description += "."
    if calls.waited >= max(1.0, _LONG_WAIT * calls.seconds):
        description += (
            f" No call was under way in {format_seconds(calls.waited)} of it: for the limit, or before looking again."
        )
    return Chart(_STEP * len(calls.parts), HEIGHT + top, tuple(rectangles), description)


def format_seconds(seconds: float) -> str:
    """Format seconds, short ones with a fraction: "1.7 s", "3 min 12 s"."""
    return f"{seconds:.1f} s" if seconds < 10 else format_duration(seconds)
