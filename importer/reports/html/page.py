"""One HTML file that tells the whole run: opens anywhere and loads nothing; its one script sorts and filters."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from importer.core.model import DELIVERED, NEEDS_PERSON, Status
from importer.core.output_files import new_file
from importer.core.text import shown, visible
from importer.reports.html.charts import Picture, histogram, seconds_text, share, strip, timeline
from importer.reports.html.markup import breakable, marked
from importer.reports.html.model import ColumnInsight, Insight
from importer.reports.html.template_cache import CompiledBeside
from importer.reports.interface import ReportColumn, RunSummary
from importer.reports.origin import origin
from importer.reports.words import LOOKS, counted, meaning, row_list, rows_text

_HERE = Path(__file__)
_BAR_WIDTH = 1000.0
# A few rows among thousands must still be seen.
_THINNEST = 4.0
_LONGEST_PREVIEW = 20_000
_LONGEST_SENT = 300


@dataclass(frozen=True, slots=True)
class Bar:
    """One piece of the bar of counts, in units of its thousand-unit width."""

    status: Status
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class _ColumnShown:
    column: ReportColumn
    filled: str
    distinct: str
    read_as: str
    examples: tuple[str, ...]
    bars: tuple[tuple[str, str, float], ...]
    others: str
    histogram: Picture | None
    low: str
    high: str
    strip: Picture | None
    strip_words: str


def write_page(path: Path, summary: RunSummary, insight: Insight | None = None) -> None:
    """Write the report page to ``path``, whole or not at all.

    Raises :class:`importer.core.errors.ReportError` when the file cannot be written or exists already.
    """
    with new_file(path) as draft:
        draft.write_text(render_page(summary, insight), encoding="utf-8")


def render_page(summary: RunSummary, insight: Insight | None = None) -> str:
    """The page as HTML: everything from the run is escaped, and so are its control and direction characters.

    Without ``insight`` it has the columns' names only, and no pictures of what lies in them.
    """
    environment = _environment()
    source, _, _ = environment.loader.get_source(environment, "report.js") if environment.loader else ("", None, None)
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    known = insight or Insight(summary.rows, ())
    return environment.get_template("report.html.j2").render(
        summary=summary,
        tone=_tone(summary),
        counts=[(one, count, meaning(one, summary.status)) for one, count in counted(summary.counts) if count],
        bars=bars(summary),
        looks=LOOKS,
        look_of=lambda status: "ready" if (status, summary.status) == (Status.NOT_SENT, "planned") else status.value,
        origin=origin(summary),
        problems=[
            (group, row_list(group.first_rows, group.rows), _strip(known.strips.get(group.code, ()), summary.rows))
            for group in summary.errors
        ],
        damage=[(found, row_list(found.first_rows, found.rows), visible(found.example)) for found in summary.damage],
        strips=known.strips,
        columns=_columns(summary, known),
        preview=known.preview[:_LONGEST_PREVIEW].splitlines(),
        newline=Markup("\n"),
        previewed=known.previewed,
        sent=[(name, [_cut(text) for text in texts]) for name, texts in known.sent],
        timeline=timeline(known.calls) if known.calls else None,
        timeline_end=f"{seconds_text(known.calls.seconds)} later" if known.calls else "",
        slowest=known.calls.slowest if known.calls else (),
        people=known.people,
        people_left=known.people_total - len(known.people),
        script=Markup(source),  # noqa: S704  a file of this package, nothing of the run's  # nosec B704
        script_hash=f"sha256-{digest}",
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("importer.reports.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=CompiledBeside(_HERE.parent / "__pycache__", _HERE),
    )
    environment.filters |= {"marked": marked, "breakable": breakable}
    return environment


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


def _columns(summary: RunSummary, insight: Insight) -> list[_ColumnShown]:
    by_letter = {column.letter: column for column in insight.columns}
    return [_column(column, by_letter.get(column.letter), summary.rows) for column in summary.columns]


def _column(column: ReportColumn, known: ColumnInsight | None, rows: int) -> _ColumnShown:
    if known is None:
        return _ColumnShown(column, "", "", "", (), (), "", None, "", "", None, "")
    most = max((value.rows for value in known.bars), default=0)
    drawn = bool(known.bars or known.bins)
    return _ColumnShown(
        column=column,
        filled=f"{_percent(known.filled, rows)}",
        distinct=_distinct(known),
        read_as=known.read_as,
        examples=() if drawn and not known.bins else tuple(visible(text) for text in known.examples),
        bars=tuple((visible(value.text), f"{value.rows:,}", share(value, most)) for value in known.bars),
        others=f"{known.others:,}" if known.others else "",
        histogram=histogram(known.bins) if known.bins else None,
        low=known.bins[0].low if known.bins else "",
        high=known.bins[-1].high if known.bins else "",
        strip=_strip(known.strip, rows),
        strip_words=f"{rows_text(sum(known.strip))} with a problem",
    )


def _strip(counts: tuple[int, ...], rows: int) -> Picture | None:
    return strip(counts, rows) if any(counts) else None


def _percent(part: int, whole: int) -> str:
    """A share without lying at its ends: 100 % and 0 % mean all and none."""
    if not whole or part in (0, whole):
        return "100 %" if whole and part else "0 %"
    return f"{min(99.9, max(0.1, 100 * part / whole)):.1f} %"


def _distinct(known: ColumnInsight) -> str:
    if not known.filled:
        return "empty"
    if known.many:
        return f"more than {known.distinct:,} different"
    if known.distinct == known.filled:
        return f"{known.distinct:,} different, each once" if known.distinct > 1 else "one value"
    return f"{known.distinct:,} different" if known.distinct > 1 else "the same everywhere"


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST_SENT else f"{text[:_LONGEST_SENT]}…"


def _tone(summary: RunSummary) -> str:
    if summary.status in ("failed", "interrupted") or summary.counts.get(Status.INVALID, 0) == summary.rows > 0:
        return "bad"
    if any(summary.counts.get(status, 0) for status in NEEDS_PERSON):
        return "warn"
    done = sum(summary.counts.get(status, 0) for status in (*DELIVERED, Status.SKIPPED))
    return "good" if done == summary.rows else "plain"


def _visible(value: Any) -> Any:
    """What every expression of the template passes through, so that no text can be forgotten."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value
