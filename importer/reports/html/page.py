"""The report page: one HTML file that opens anywhere and loads nothing; its one script sorts and filters rows."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path, PurePath
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from importer.core.filesystem import new_report_file
from importer.core.model import DELIVERED, Status
from importer.core.text import display_text, format_count, shorten_text
from importer.core.time import format_timestamp
from importer.reports.html.charts import Chart, format_seconds, histogram, share, strip, timeline
from importer.reports.interface import ColumnStatistics, ReportColumn, RunProfile, RunSummary
from importer.reports.messages import (
    STATUS_COLORS,
    describe_not_imported,
    describe_status,
    format_row_list,
    list_counts,
    list_run_facts,
)
from importer.reports.template_cache import TemplateCache

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
class _ColumnView:
    """The texts and charts that the page shows of a column; only the column where nothing else is known."""

    column: ReportColumn
    filled: str = ""
    distinct: str = ""
    read_as: str = ""
    examples: tuple[str, ...] = ()
    bars: tuple[tuple[str, str, float], ...] = ()
    others: str = ""
    histogram: Chart | None = None
    low: str = ""
    high: str = ""
    strip: Chart | None = None
    strip_text: str = ""


def write_page(path: Path, summary: RunSummary, profile: RunProfile | None = None, workbook: str = "") -> None:
    """Write the report page to ``path``, whole or not at all; ``workbook`` is the name of the workbook beside it.

    Raises :class:`importer.core.errors.ReportError` when the file cannot be written or exists already.
    """
    with new_report_file(path) as draft:
        draft.write_text(render_page(summary, profile, workbook), encoding="utf-8")


def render_page(summary: RunSummary, profile: RunProfile | None = None, workbook: str = "") -> str:
    """Return the page as HTML: everything from the run is escaped, and so are its control and direction characters.

    Without a ``profile`` it has the columns' names only, and no charts of their values.
    """
    environment = _environment()
    source, _, _ = environment.loader.get_source(environment, "report.js") if environment.loader else ("", None, None)
    digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
    known = profile or RunProfile(summary.rows, ())
    by_letter = {column.letter: column for column in known.columns}
    counts = [(status, count) for status, count in list_counts(summary.counts) if count]
    return environment.get_template("report.html.j2").render(
        summary=summary,
        identity=_identity(summary),
        workbook=workbook,
        workbook_link=f"./{quote(workbook)}",
        not_imported=describe_not_imported(summary.not_imported),
        lost={column.label for column in summary.not_imported},
        field_names=partial(_field_names, summary.field_labels),
        tone=_tone(summary),
        counts=[(status, count, describe_status(status, summary.status)) for status, count in counts],
        bars=bars(summary),
        colors=STATUS_COLORS,
        class_of=lambda status: "ready" if (status, summary.status) == (Status.NOT_SENT, "planned") else status.value,
        run_facts=list_run_facts(summary),
        problems=[
            (each, format_row_list(each.first_rows, each.rows), _strip(known.strips.get(each.code, ()), summary.rows))
            for each in summary.errors
        ],
        damage=[
            (found, format_row_list(found.first_rows, found.rows), shorten_text(found.example))
            for found in summary.damage
        ],
        strips=known.strips,
        columns=[_column_view(column, by_letter.get(column.letter), summary.rows) for column in summary.columns],
        preview=known.preview[:_LONGEST_PREVIEW].splitlines(),
        newline=Markup("\n"),
        previewed=known.previewed,
        sent=[
            (name, [f"{text[:_LONGEST_SENT]}…" if text and len(text) > _LONGEST_SENT else text for text in texts])
            for name, texts in known.sent
        ],
        timeline=timeline(known.calls) if known.calls else None,
        timeline_end=f"{format_seconds(known.calls.seconds)} later" if known.calls else "",
        slowest=known.calls.slowest if known.calls else (),
        attention=known.attention,
        attention_left=known.attention_total - len(known.attention),
        script=Markup(source),  # noqa: S704  a file of this package, nothing of the run's  # nosec B704
        script_hash=f"sha256-{digest}",
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("importer.reports.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        # Every expression of the template passes through this, so that no text can be forgotten.
        finalize=lambda value: (
            display_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
        ),
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=TemplateCache(_HERE.parent / "__pycache__", _HERE),
    )
    environment.filters |= {"marked": marked, "breakable": breakable}
    return environment


def _identity(summary: RunSummary) -> list[str]:
    """Return what tells this import from every other one: file, sheet, account and time."""
    file = PurePath(summary.source.replace("\\", "/")).name
    sheet = f"sheet {summary.sheet}" if summary.sheet else ""
    account = f"account {summary.account}" if summary.account else ""
    when = format_timestamp(summary.finished_at or summary.started_at, summary.time_zone)
    return list(filter(None, (file, sheet, account, when)))


def _field_names(labels: Mapping[str, str], fields: str) -> list[tuple[str, str]]:
    """Return the fields of a list joined by commas: the name that the account shows, and the one in the mapping."""
    return [(labels.get(name, ""), name) for name in fields.split(", ")]


def bars(summary: RunSummary) -> list[Bar]:
    """Return the pieces of the bar of counts, from left to right; statuses without rows have none."""
    counts = [(status, count) for status, count in list_counts(summary.counts) if count]
    widths = [max(_THINNEST, _BAR_WIDTH * count / max(1, summary.rows)) for _, count in counts]
    scale = _BAR_WIDTH / sum(widths) if widths else 1.0
    pieces, start = [], 0.0
    for (status, count), width in zip(counts, widths, strict=True):
        pieces.append(Bar(status, count, round(start, 2), round(width * scale, 2)))
        start += width * scale
    return pieces


def _column_view(column: ReportColumn, known: ColumnStatistics | None, rows: int) -> _ColumnView:
    if known is None:
        return _ColumnView(column)
    # 100 % and 0 % mean all and none: a share close to one of them is not rounded to it.
    filled = "100 %" if known.filled else "0 %"
    if 0 < known.filled < rows:
        filled = f"{min(99.9, max(0.1, 100 * known.filled / rows)):.1f} %"
    most = max((value.rows for value in known.bars), default=0)
    return _ColumnView(
        column=column,
        filled=filled,
        distinct=_describe_distinct(known),
        read_as=known.read_as,
        examples=() if known.bars and not known.bins else tuple(shorten_text(text) for text in known.examples),
        bars=tuple((shorten_text(value.text), f"{value.rows:,}", share(value, most)) for value in known.bars),
        others=f"{known.others:,}" if known.others else "",
        histogram=histogram(known.bins) if known.bins else None,
        low=known.bins[0].low if known.bins else "",
        high=known.bins[-1].high if known.bins else "",
        strip=_strip(known.strip, rows),
        strip_text=f"{format_count(sum(known.strip))} with a problem",
    )


def _strip(counts: tuple[int, ...], rows: int) -> Chart | None:
    return strip(counts, rows) if any(counts) else None


def _describe_distinct(known: ColumnStatistics) -> str:
    if not known.filled:
        return "empty"
    if known.many:
        return f"more than {known.distinct:,} different"
    if known.distinct == known.filled:
        return f"{known.distinct:,} different, each once" if known.distinct > 1 else "one value"
    return f"{known.distinct:,} different" if known.distinct > 1 else "the same everywhere"


def _tone(summary: RunSummary) -> str:
    """Return the class of the page's head by how it went: bad, warn, good or plain."""
    if summary.status in ("failed", "interrupted") or summary.counts.get(Status.INVALID, 0) == summary.rows > 0:
        return "bad"
    if summary.attention_total:
        return "warn"
    done = sum(summary.counts.get(status, 0) for status in (*DELIVERED, Status.SKIPPED))
    return "good" if done == summary.rows else "plain"


_COMMAND = re.compile(
    r"`([^\s`<>][^`<>]{0,80})`"
    r"|\b(importer (?:check|decide|demo|doctor|explain|mapping|resume|runs?|show)\b"
    r"(?: --[a-z-]+| \d{8}-\d{6}-[0-9a-f]+)*)"
)


def marked(text: str) -> Markup:
    """Return ``text``, escaped, with our commands and what stands between backticks as code."""
    safe = str(escape(display_text(text)))
    return Markup(_COMMAND.sub(lambda found: f"<code>{found[1] or found[2]}</code>", safe))  # noqa: S704  # nosec B704


def breakable(text: str) -> Markup:
    """Return names of fields, escaped, that may break behind a dot or an underscore."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(display_text(text)))))  # noqa: S704  # nosec B704
