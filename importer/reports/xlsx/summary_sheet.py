"""The sheet Summary: how it went, the next step, the counts with a chart, and what the run was."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from importer.core.model import Status
from importer.core.text import shown
from importer.reports.interface import ReportColumn, RunSummary
from importer.reports.origin import origin
from importer.reports.words import LOOKS, counted, meaning, row_list
from importer.reports.xlsx.workbook_writer import Book

_WIDTHS = (28, 14, 76)
_FEW = 3
_ALL, _RIGHT = sum(_WIDTHS), sum(_WIDTHS[1:])
_LINE_HEIGHT = 15
# So many lines are still read well on one sheet of paper; of more, only the width is made to fit.
_ONE_PAGE = 60
# A column's width counts digits; letters are narrower in the middle.
_NARROW = 1.12

_TITLE = {"bold": True, "font_size": 18, "font_color": "#1F2D3A"}
_HEADLINE = {"bold": True, "font_size": 12, "text_wrap": True}
_SECTION = {"bold": True, "font_size": 12, "font_color": "#33506B", "bottom": 1, "bottom_color": "#33506B"}
_HEADING = {"bold": True, "bg_color": "#D5DEE7"}
_LABEL = {"font_color": "#546472"}
_WRAPPED = {"text_wrap": True, "valign": "top"}
_TOP = {"valign": "top"}
# Text beside a number on its right needs a gap, or the two look like one.
_BESIDE = {**_WRAPPED, "align": "left", "indent": 1}
_INDENTED = 2
_TOTAL = {"bold": True, "top": 1}


class SummarySheet:
    """Writes the sheet Summary of ``book``, line by line from the top."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._sheet = book.add_sheet("Summary")
        self._row = 0

    def write(self, summary: RunSummary) -> None:
        """Write everything."""
        sheet = self._sheet
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.set_row(0, 27)
        self._line([("Import check" if summary.status == "planned" else "Import results", _TITLE)])
        self._prose(summary.headline, _HEADLINE, chars=_ALL * 0.85)
        if summary.next_step:
            self._fact("Next step", summary.next_step, _WRAPPED)
        self._row += 1
        self._counts(summary)
        self._facts("Run", origin(summary))
        self._errors(summary)
        self._columns(summary.columns)
        self._facts("Facts", summary.facts)
        self._notes(summary.notes)
        sheet.fit_to_pages(1, int(self._row <= _ONE_PAGE))

    def _counts(self, summary: RunSummary) -> None:
        heading = {**_HEADING, "align": "left", "indent": 1}
        self._line([("Status", _HEADING), ("Rows", {**_HEADING, "align": "right"}), ("What it means", heading)])
        first = self._row
        listed = [(status, count) for status, count in counted(summary.counts) if count]
        for status, count in listed:
            look = {"bg_color": LOOKS[status].fill, "font_color": LOOKS[status].ink}
            words = meaning(status, summary.status)
            self._sheet.set_row(self._row, _height(words, _WIDTHS[2] - _INDENTED))
            self._line([(status.value, look), (count, None), (words, _BESIDE)])
        last = self._row - 1
        last_words = ("The sum of the above.", {**_TOTAL, "align": "left", "indent": 1})
        self._line([("rows read", _TOTAL), (summary.rows, _TOTAL), last_words])
        if len(listed) > 1:
            self._chart(first, last, [status for status, _ in listed])

    def _chart(self, first: int, last: int, statuses: Sequence[Status]) -> None:
        chart = self._book.workbook.add_chart({"type": "bar"})
        points = [{"fill": {"color": LOOKS[status].bar}} for status in statuses]
        chart.add_series(
            {
                "name": "Rows",
                "categories": ["Summary", first, 0, last, 0],
                "values": ["Summary", first, 1, last, 1],
                "points": points,
                "gap": 40,
                "data_labels": {"value": True, "num_format": "#,##0"},
            }
        )
        chart.set_title({"name": "Rows by status", "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        chart.set_size({"width": 460, "height": 300 if len(statuses) > _FEW else 150})
        self._sheet.insert_chart(
            first - 1, len(_WIDTHS), chart, {"x_offset": 20, "description": "Bar chart of the rows by status"}
        )

    def _errors(self, summary: RunSummary) -> None:
        if not summary.errors:
            return
        self._section("Commonest problems")
        heading = {**_HEADING, "align": "left", "indent": 1}
        self._line([("Code", _HEADING), ("Rows", {**_HEADING, "align": "right"}), ("What and where", heading)])
        for group in summary.errors:
            where = row_list(group.first_rows, group.rows)
            text = shown(f"{group.text} {group.remedy}".rstrip())
            if where:
                text += f" ({where[0].upper()}{where[1:]}.)"
            self._sheet.set_row(self._row, _height(text, _WIDTHS[2] - _INDENTED))
            self._line([(group.code, _WRAPPED), (group.rows, _TOP), (text, _BESIDE)])

    def _columns(self, columns: Sequence[ReportColumn]) -> None:
        if not columns:
            return
        self._section("Columns")
        heading = {**_HEADING, "align": "left", "indent": 1}
        self._line([("Heading", _HEADING), ("Column", _HEADING), ("Goes to", heading)])
        for column in columns:
            target: tuple[str, Any] = (
                (column.field, _BESIDE) if column.field else ("not used", {**_LABEL, "align": "left", "indent": 1})
            )
            self._line([(shown(column.label), None), (column.letter, None), target])

    def _facts(self, title: str, facts: Iterable[tuple[str, str]]) -> None:
        facts = list(facts)
        if facts:
            self._section(title)
        for label, text in facts:
            self._fact(label, text, _WRAPPED)

    def _notes(self, notes: Sequence[str]) -> None:
        if notes:
            self._section("Notes")
        for note in notes:
            self._prose(note, _WRAPPED)

    def _section(self, title: str) -> None:
        self._row += 1
        self._line([(title, _SECTION), ("", _SECTION), ("", _SECTION)])

    def _line(self, cells: Sequence[tuple[str | int, Any]]) -> None:
        """One line of texts and numbers from column A on, each with its look."""
        for column, (value, look) in enumerate(cells):
            if isinstance(value, int):
                number = {"num_format": "#,##0", **(look or {})}
                self._sheet.write_number(self._row, column, value, self._book.format(number, text=False))
            else:
                self._book.put(self._sheet, self._row, column, value, look)
        self._row += 1

    def _fact(self, label: str, text: str, look: Any) -> None:
        text = shown(text)
        self._sheet.set_row(self._row, _height(text, _RIGHT))
        self._book.put(self._sheet, self._row, 0, label, _LABEL)
        self._merged(1, text, look)

    def _prose(self, text: str, look: Any, chars: float = _ALL) -> None:
        text = shown(text)
        self._sheet.set_row(self._row, _height(text, chars))
        self._merged(0, text, look)

    def _merged(self, first: int, text: str, look: Any) -> None:
        # merge_range guesses types, so it gets nothing to guess; the text then goes in as text.
        self._sheet.merge_range(self._row, first, self._row, len(_WIDTHS) - 1, "", self._book.format(look))
        self._book.put(self._sheet, self._row, first, text, look)
        self._row += 1


def _height(text: str, chars: float) -> float:
    """Points for a wrapped text in so many characters of width: nothing measures merged cells by itself."""
    return float(max(1, len(textwrap.wrap(text, int(chars * _NARROW)))) * _LINE_HEIGHT)
