"""The report in a few lines of plain text, for a terminal or a mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from importer.core.text import display_text, format_count, pluralize
from importer.reports.interface import RunSummary
from importer.reports.messages import (
    describe_damage,
    describe_not_imported,
    describe_status,
    format_row_list,
    list_counts,
    list_run_facts,
)

_WIDTH = 100
_GROUPS = 5


def render_summary(summary: RunSummary) -> str:
    """Return headline, counts, the commonest problems with their rows, notes and the next step as lines of text.

    They need no colours, hold no control characters, and the last one ends with a line feed.
    """
    lines = _wrapped(summary.headline)
    lines.append("")
    digits = max(7, len(f"{summary.rows:,}"))
    for status, count in list_counts(summary.counts):
        if count:
            lines.append(f"  {count:>{digits},}  {status.value:<10} {describe_status(status, summary.status)}")
    lines += [f"  {summary.rows:>{digits},}  {pluralize(summary.rows, 'row')} read", ""]

    for label, text in list_run_facts(summary):
        lines.append(f"  {label:<11}{display_text(text)}")
        if label == "Source":
            lines += [f"  {name:<11}{display_text(value)}" for name, value in summary.facts if name == "Sheet"]
    if summary.questions:
        lines += ["", "Undecided in the mapping"]
        lines += [line for question in summary.questions[:_GROUPS] for line in _wrapped(question, "  - ")]
        left = len(summary.questions) - _GROUPS
        lines += [f"  - … and {left} more."] if left > 0 else []
    if summary.not_imported:
        lines += ["", *_wrapped(describe_not_imported(summary.not_imported), "Not imported: ")]
    if summary.errors:
        lines += ["", "Problems"]
        lines += _problems(summary)
    if summary.damage:
        lines += ["", "Columns that Excel may have spoiled"]
        lines += [line for found in summary.damage[:_GROUPS] for line in _wrapped(describe_damage(found), "  - ")]
        left = len(summary.damage) - _GROUPS
        lines += [f"  - … and {left} more; the report page lists them all."] if left > 0 else []
    if summary.notes:
        lines += ["", "Please note"]
        lines += [line for note in summary.notes for line in _wrapped(note, "  - ")]
    if summary.next_step:
        lines += ["", *_wrapped(summary.next_step, "Next: ")]
    return "\n".join(lines) + "\n"


def _problems(summary: RunSummary) -> Iterator[str]:
    for group in summary.errors[:_GROUPS]:
        text = f"{group.text} {group.remedy}".rstrip()
        where = format_row_list(group.first_rows, group.rows)
        yield from _wrapped(f"{text} ({group.code}; {where})", f"{group.rows:>9,}  ")
    left = summary.errors[_GROUPS:]
    if left:
        kinds = format_count(len(left), "more kind")
        rows = format_count(sum(group.rows for group in left))
        yield f"           … and {kinds} of problem, {rows}; the workbook lists them all."


def _wrapped(text: str, first: str = "") -> list[str]:
    """Wrap ``text`` into lines of at most 100 characters; words, and so paths and commands, stay whole."""
    return textwrap.wrap(
        display_text(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_long_words=False,
        break_on_hyphens=False,
    )
