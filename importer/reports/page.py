"""One HTML file that tells the whole run: opens anywhere, loads nothing, runs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from importer.model import DELIVERED, NEEDS_PERSON, Status
from importer.reports.files import new_file
from importer.reports.interface import RunSummary
from importer.reports.origin import origin
from importer.reports.words import LOOKS, counted, meaning, row_list, shown

_BAR_WIDTH = 1000.0
# A few rows among thousands must still be seen.
_THINNEST = 4.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of the bar of counts, in units of its thousand-unit width."""

    status: Status
    count: int
    start: float
    width: float


def write_page(path: Path, summary: RunSummary) -> None:
    """Write the report page to ``path``, whole or not at all.

    Raises :class:`importer.errors.ReportError` when the file cannot be written or exists already.
    """
    with new_file(path) as draft:
        draft.write_text(render_page(summary), encoding="utf-8")


def render_page(summary: RunSummary) -> str:
    """The page as HTML: everything from the run is escaped, and so are its control and direction characters."""
    environment = Environment(
        loader=PackageLoader("importer.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    counts = counted(summary.counts)
    return environment.get_template("report.html.j2").render(
        summary=summary,
        tone=_tone(summary),
        counts=[(status, count, meaning(status, summary.status)) for status, count in counts],
        bars=bars(summary),
        looks=LOOKS,
        origin=origin(summary),
        problems=[(group, row_list(group.first_rows, group.rows)) for group in summary.errors],
    )


def bars(summary: RunSummary) -> list[Bar]:
    """The pieces of the bar of counts, from left to right; statuses without rows have none."""
    counts = [(status, count) for status, count in counted(summary.counts) if count]
    widths = [max(_THINNEST, _BAR_WIDTH * count / max(1, summary.rows)) for _, count in counts]
    scale = _BAR_WIDTH / sum(widths) if widths else 1.0
    pieces, start = [], 0.0
    for (status, count), width in zip(counts, widths, strict=True):
        pieces.append(Bar(status, count, round(start, 2), round(width * scale, 2)))
        start += width * scale
    return pieces


def _tone(summary: RunSummary) -> str:
    if summary.status in ("failed", "interrupted"):
        return "bad"
    if any(summary.counts.get(status, 0) for status in NEEDS_PERSON):
        return "warn"
    done = sum(summary.counts.get(status, 0) for status in (*DELIVERED, Status.SKIPPED))
    return "good" if done == summary.rows else "plain"


def _visible(value: Any) -> Any:
    """What every expression of the template passes through, so that no text can be forgotten."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
