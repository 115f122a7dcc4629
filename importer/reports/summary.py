"""A run in a few lines of plain text, for a terminal or a mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from importer.core.text import shown
from importer.reports.interface import RunSummary
from importer.reports.origin import origin
from importer.reports.words import counted, damage_text, meaning, row_list, rows_text

_WIDTH = 100
_GROUPS = 5


def render_summary(summary: RunSummary) -> str:
    """The lines of :func:`summary_lines` as one text that ends with a line feed."""
    return "\n".join(summary_lines(summary)) + "\n"


def summary_lines(summary: RunSummary) -> list[str]:
    """Verdict, counts, the commonest problems with their rows, and the next step.

    The lines need no colours, hold no control characters and end without a line feed.
    """
    lines = _wrapped(summary.headline)
    lines += ["", *_counts(summary), ""]
    lines += [f"  {label:<11}{shown(text)}" for label, text in _origin(summary)]
    for group in _problems(summary):
        lines += group
    if summary.damage:
        lines += ["", "Columns that Excel may have spoiled"]
        lines += [line for found in summary.damage[:_GROUPS] for line in _wrapped(damage_text(found), "  - ")]
        left = len(summary.damage) - _GROUPS
        lines += [f"  - … and {left} more; the report page lists them all."] if left > 0 else []
    if summary.notes:
        lines += ["", "Please note"]
        lines += [line for note in summary.notes for line in _wrapped(note, "  - ")]
    if summary.next_step:
        lines += ["", *_wrapped(summary.next_step, "Next: ")]
    return lines


def _origin(summary: RunSummary) -> Iterator[tuple[str, str]]:
    for label, text in origin(summary):
        yield label, text
        if label == "Source":
            yield from (fact for fact in summary.facts if fact[0] == "Sheet")


def _counts(summary: RunSummary) -> Iterator[str]:
    digits = max(7, len(f"{summary.rows:,}"))
    for status, count in counted(summary.counts):
        if count:
            yield f"  {count:>{digits},}  {status.value:<10} {meaning(status, summary.status)}"
    yield f"  {summary.rows:>{digits},}  {'row' if summary.rows == 1 else 'rows'} read"


def _problems(summary: RunSummary) -> Iterator[list[str]]:
    if summary.errors:
        yield ["", "Problems"]
    for group in summary.errors[:_GROUPS]:
        text = f"{group.text} {group.remedy}".rstrip()
        yield _wrapped(f"{text} ({group.code}; {row_list(group.first_rows, group.rows)})", f"{group.rows:>9,}  ")
    left = len(summary.errors) - _GROUPS
    if left > 0:
        rows = sum(group.rows for group in summary.errors[_GROUPS:])
        kinds = "1 more kind" if left == 1 else f"{left} more kinds"
        yield [f"           … and {kinds} of problem, {rows_text(rows)}; the workbook lists them all."]


def _wrapped(text: str, first: str = "") -> list[str]:
    """``text`` in lines of at most 100 characters; words, and so paths and commands, stay whole."""
    return textwrap.wrap(
        shown(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
