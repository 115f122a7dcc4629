"""The sheet Summary: how it went, the next step, the counts with a chart, and what the run was."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import replace

from importer.core.text import display_text
from importer.reports.interface import RunSummary
from importer.reports.messages import STATUS_COLORS, describe_status, format_row_list, list_counts, list_run_facts
from importer.reports.xlsx_writer import THOUSANDS, BarChart, ColumnFormat, Style, Workbook, sheet_text

_WIDTHS = (28, 14, 76)
_FEW = 3
_ALL, _RIGHT = sum(_WIDTHS), sum(_WIDTHS[1:])
_LINE_HEIGHT = 15
# So many lines are still read well on one sheet of paper; of more, only the width is made to fit.
_ONE_PAGE = 60
# A column's width counts digits; letters are narrower on average.
_NARROW = 1.12
_A4 = 9

_PLAIN = Style()
_TITLE = Style(bold=True, size=18, color="#1F2D3A")
_HEADLINE = Style(bold=True, size=12, wrap=True)
_SECTION = Style(bold=True, size=12, color="#33506B", borders=("bottom",), border_color="#33506B")
_HEADING = Style(bold=True, fill="#D5DEE7")
_LABEL = Style(color="#546472")
_WRAPPED = Style(wrap=True)
# Text beside a number on its right needs a gap, or the two look like one.
_BESIDE = Style(wrap=True, horizontal="left", indent=1)
_HEADING_BESIDE = replace(_HEADING, horizontal="left", indent=1)
_UNUSED = replace(_LABEL, horizontal="left", indent=1)
_INDENT_CHARS = 2
_TOTAL = Style(bold=True, borders=("top",))
_TOTAL_BESIDE = replace(_TOTAL, horizontal="left", indent=1)

_Cell = tuple[str | int, Style]


class SummarySheet:
    """Writes the sheet Summary of ``book``, line by line from the top."""

    def __init__(self, book: Workbook) -> None:
        self._sheet = book.add_sheet("Summary")

    def write(self, summary: RunSummary) -> None:
        """Write everything."""
        sheet = self._sheet
        sheet.gridlines = False
        sheet.paper = _A4
        sheet.columns = [ColumnFormat(width) for width in _WIDTHS]
        self._line(("Import check" if summary.status == "planned" else "Import results", _TITLE), height=27)
        self._prose(summary.headline, _HEADLINE, chars=_ALL * 0.85)
        if summary.next_step:
            self._fact("Next step", summary.next_step)
        self._line()
        self._counts(summary)
        self._facts("Run", list_run_facts(summary))
        if summary.errors:
            self._section("Commonest problems")
            self._headings("Code", "Rows", "What and where")
            for group in summary.errors:
                where = format_row_list(group.first_rows, group.rows)
                text = display_text(f"{group.text} {group.remedy}".rstrip())
                if where:
                    text += f" ({where[0].upper()}{where[1:]}.)"
                self._described((group.code, _WRAPPED), (group.rows, _PLAIN), text)
        if summary.columns:
            self._section("Columns")
            self._headings("Heading", "Column", "Goes to")
            for column in summary.columns:
                target = (column.field, _BESIDE) if column.field else ("not used", _UNUSED)
                self._line((display_text(column.label), _PLAIN), (column.letter, _PLAIN), target)
        self._facts("Facts", summary.facts)
        if summary.notes:
            self._section("Notes")
        for note in summary.notes:
            self._prose(note, _WRAPPED)
        sheet.pages_high = int(sheet.rows <= _ONE_PAGE)

    def _counts(self, summary: RunSummary) -> None:
        """Write a line for each status that has rows, their sum, and the chart beside them."""
        top = self._sheet.rows
        self._headings("Status", "Rows", "What it means")
        listed = [(status, count) for status, count in list_counts(summary.counts) if count]
        for status, count in listed:
            style = Style(fill=STATUS_COLORS[status].fill, color=STATUS_COLORS[status].ink)
            self._described((status.value, style), (count, _PLAIN), describe_status(status, summary.status))
        self._line(("rows read", _TOTAL), (summary.rows, _TOTAL), ("The sum of the above.", _TOTAL_BESIDE))
        if len(listed) > 1:
            self._sheet.chart = BarChart(
                title="Rows by status",
                series="Rows",
                description="Bar chart of the rows by status",
                first_row=top + 2,
                colors=[STATUS_COLORS[status].bar for status, _ in listed],
                row=top,
                column=len(_WIDTHS),
                width=460,
                height=300 if len(listed) > _FEW else 150,
            )

    def _facts(self, title: str, facts: Iterable[tuple[str, str]]) -> None:
        for number, (label, text) in enumerate(facts):
            if number == 0:
                self._section(title)
            self._fact(label, text)

    def _section(self, title: str) -> None:
        self._line()
        self._line((title, _SECTION), ("", _SECTION), ("", _SECTION))

    def _headings(self, first: str, second: str, third: str) -> None:
        number = replace(_HEADING, horizontal="right") if second == "Rows" else _HEADING
        self._line((first, _HEADING), (second, number), (third, _HEADING_BESIDE))

    def _described(self, name: _Cell, count: _Cell, text: str) -> None:
        """Write a name, a number and a text that may need several lines."""
        height = _height(text, _WIDTHS[2] - _INDENT_CHARS)
        self._line(name, count, (text, _BESIDE), height=height)

    def _fact(self, label: str, text: str) -> None:
        text = display_text(text)
        self._sheet.merged.append(f"B{self._sheet.rows + 1}:C{self._sheet.rows + 1}")
        self._line((label, _LABEL), (text, _WRAPPED), ("", _WRAPPED), height=_height(text, _RIGHT))

    def _prose(self, text: str, style: Style, chars: float = _ALL) -> None:
        text = display_text(text)
        self._sheet.merged.append(f"A{self._sheet.rows + 1}:C{self._sheet.rows + 1}")
        self._line((text, style), ("", style), ("", style), height=_height(text, chars))

    def _line(self, *cells: _Cell, height: float | None = None) -> None:
        """Write texts and numbers from column A on, each with its style; numbers with a comma between thousands."""
        fit: list[_Cell] = [
            (sheet_text(value), style) if isinstance(value, str) else (value, replace(style, number_format=THOUSANDS))
            for value, style in cells
        ]
        self._sheet.append_row(fit, height)


def _height(text: str, chars: float) -> float | None:
    """Return points for a text that is wrapped in so many characters of width, ``None`` where one line is enough.

    No program measures merged cells itself.
    """
    lines = len(textwrap.wrap(text, int(chars * _NARROW)))
    return float(lines * _LINE_HEIGHT) if lines > 1 else None
