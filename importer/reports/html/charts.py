"""The geometry of the small pictures of the report page: rectangles in the units of their view boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.reports.html.model import PARTS, Bin, CallsInsight, ValueCount
from importer.reports.words import duration, rows_text

HEIGHT = 40.0
_STEP = 10.0
_GAP = 1.0
# A single row among thousands must still be seen.
_LOWEST = 2.0
_WORTH_SAYING = 0.1


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle: ``look`` is its class, ``words`` what the pointer is told."""

    x: float
    y: float
    width: float
    height: float
    words: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Rectangles in a box of ``width`` by ``height``; ``words`` say the same to those who cannot see it."""

    width: float
    height: float
    pieces: tuple[Piece, ...]
    words: str

    @property
    def marked(self) -> bool:
        """Whether a piece has a look of its own."""
        return any(piece.look for piece in self.pieces)


def histogram(bins: Sequence[Bin]) -> Picture:
    """One column for each bin, the highest one as high as the picture."""
    highest = max(found.rows for found in bins)
    pieces = []
    for index, found in enumerate(bins):
        if found.rows:
            tall = max(_LOWEST, HEIGHT * found.rows / highest)
            words = f"{_span(found)}: {rows_text(found.rows)}"
            pieces.append(Piece(index * _STEP, round(HEIGHT - tall, 2), _STEP - _GAP, round(tall, 2), words))
    peak = max(bins, key=lambda found: found.rows)
    words = f"Histogram from {bins[0].low} to {bins[-1].high}; most rows, {peak.rows:,}, at {_span(peak)}."
    return Picture(_STEP * len(bins), HEIGHT, tuple(pieces), words)


def _span(found: Bin) -> str:
    return found.low if found.low == found.high else f"{found.low} to {found.high}"


def share(value: ValueCount, most: int) -> float:
    """How long the bar of a value is, in hundredths of the longest one."""
    return round(max(1.0, 100.0 * value.rows / max(1, most)), 1)


def strip(counts: Sequence[int], rows: int) -> Picture:
    """Where in a file something lies: a mark for each part that has it, higher where there is more."""
    most = max(counts, default=0)
    size = rows / PARTS
    pieces = []
    for part, count in enumerate(counts):
        if count:
            tall = 3.0 + 7.0 * count / most
            first, last = int(part * size) + 1, max(int(part * size) + 1, int((part + 1) * size))
            words = f"{first:,}. to {last:,}. row of the file: {rows_text(count)}"
            pieces.append(Piece(float(part), round(10.0 - tall, 2), 0.9, round(tall, 2), words))
    return Picture(float(PARTS), 10.0, tuple(pieces), _where(counts))


def _where(counts: Sequence[int]) -> str:
    held = [part for part, count in enumerate(counts) if count]
    if not held:
        return "Nowhere in the file."
    if len(held) == 1 or held[-1] - held[0] <= PARTS // 10:
        return f"All in one place, about {round(100 * held[0] / PARTS)} % into the file."
    if len(held) >= PARTS * 0.8:
        return "All through the file."
    return f"From about {round(100 * held[0] / PARTS)} % to {round(100 * (held[-1] + 1) / PARTS)} % of the file."


def timeline(calls: CallsInsight) -> Picture:
    """Rows per part of the time, with marks above: refusals in the upper line, doubts in the lower one."""
    top = 14.0
    most = max(1, *(part.rows for part in calls.parts))
    pieces = []
    for index, part in enumerate(calls.parts):
        begin = seconds_text(part.begin)
        if part.rows:
            tall = max(_LOWEST, HEIGHT * part.rows / most)
            words = f"from {begin} on: {rows_text(part.rows)} answered"
            pieces.append(Piece(index * _STEP, round(top + HEIGHT - tall, 2), _STEP - _GAP, round(tall, 2), words))
        if part.refused:
            words = f"from {begin} on: {part.refused} refused because of the limit"
            pieces.append(Piece(index * _STEP, 0.0, _STEP - _GAP, 5.0, words, "refused"))
        if part.uncertain:
            words = f"from {begin} on: {part.uncertain} without a certain answer"
            pieces.append(Piece(index * _STEP, 7.0, _STEP - _GAP, 5.0, words, "doubted"))
    refused = sum(part.refused for part in calls.parts)
    doubted = sum(part.uncertain for part in calls.parts)
    number = "1 call" if calls.calls == 1 else f"{calls.calls:,} calls"
    words = f"{number} in {seconds_text(calls.seconds)}"
    words += f"; {refused:,} refused because of the limit" if refused else ""
    words += f"; {doubted:,} without a certain answer" if doubted else ""
    words += "."
    if calls.waited >= max(1.0, _WORTH_SAYING * calls.seconds):
        words += (
            f" No call was under way in {seconds_text(calls.waited)} of it: for the limit, or before looking again."
        )
    return Picture(_STEP * len(calls.parts), HEIGHT + top, tuple(pieces), words)


def seconds_text(seconds: float) -> str:
    """Seconds as the page says them: "1.7 s", "3 min 12 s"."""
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)
