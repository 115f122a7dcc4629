"""What stands in the XML of a cell, as the text of the cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from importer.sources.excel.cell_text import text_of
from importer.sources.xlsx.number_formats import Shown
from importer.sources.xlsx.shared_strings import SharedStrings, unescaped

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_FRACTION = re.compile(r"-?\d{1,15}\.\d{1,30}", re.ASCII).fullmatch
_EPOCH = datetime.fromisoformat("1899-12-30")
_LAST_DAY = 2_958_466
_DAYS_TO_1904 = 1462
_MOST_REMEMBERED = 50_000


Cell = str | int
"""A text, or the number of a shared one: those become text column by column, which is many times faster."""


class StrayReference(ValueError):
    """A cell refers to a shared text that is not there."""


class Values:
    """Turns what stands in cells into text, for one workbook."""

    def __init__(self, strings: SharedStrings, styles: Sequence[Shown], *, from_1904: bool) -> None:
        self._strings = strings
        self._blank = strings.blank
        self._count = len(strings)
        self._styles = styles
        self._shift = _DAYS_TO_1904 if from_1904 else 0
        self._remembered: dict[tuple[str, str], str] = {}

    def cell(self, kind: str, content: str, style: str) -> Cell:
        """A cell of the type ``kind`` (empty: a number). Raises :class:`StrayReference`."""
        if kind == "s":
            return self.shared(content)
        if kind in ("str", "inlineStr"):
            return unescaped(content)
        if kind == "b":
            return "TRUE" if content.strip() in ("1", "true") else "FALSE"
        if kind == "d":
            return _iso(content.strip())
        return self.number(content.strip(), style)

    def let_go(self) -> None:
        """Give the memory of shared texts that were looked at back to the system; they can be looked at again."""
        self._strings.let_go()

    def shared(self, content: str | bytes) -> Cell:
        """The shared text with this number; a blank one as itself, so that blank rows are seen."""
        number = int(content)
        if number >= self._count or number < 0:
            raise StrayReference(content)
        return self._strings[number] if number in self._blank else number

    def number(self, content: str, style: str) -> str:
        """A number as its format shows it: a plain number, a moment or a duration."""
        known = self._remembered.get((content, style))
        if known is None:
            place = int(style) if style else 0
            known = self._number(content, self._styles[place] if place < len(self._styles) else Shown.NUMBER)
            if len(self._remembered) < _MOST_REMEMBERED:
                self._remembered[content, style] = known
        return known

    def numbers(self, contents: Sequence[str], style: str) -> list[str]:
        """Several numbers of one style, as :meth:`number` shows them."""
        place = int(style) if style else 0
        if place < len(self._styles) and self._styles[place] is not Shown.NUMBER:
            return [self.number(content.strip(), style) for content in contents]
        return [_decimal(content) or self.number(content.strip(), style) for content in contents]

    @property
    def shared_count(self) -> int:
        """How many shared texts there are."""
        return self._count

    @property
    def blank_numbers(self) -> list[int]:
        """The numbers of the shared texts that hold nothing but blanks."""
        return list(self._blank)

    def shown(self, styles: NDArray[np.int64]) -> NDArray[np.int8]:
        """How cells of these styles show numbers; 0, the first style, counts for cells without one."""
        import numpy as np

        known = np.array([*self._styles, Shown.NUMBER], np.int8)
        return known[np.minimum(styles, len(known) - 1)]

    def take(self, numbers: pa.Array) -> pa.Array:
        """The shared texts with these numbers; nothing for missing ones."""
        return self._strings.take(numbers)

    def resolved(self, cell: Cell) -> str:
        """The text of a cell."""
        return self._strings[cell] if isinstance(cell, int) else cell

    def column(self, cells: Sequence[Cell]) -> pa.Array:
        """The texts of a column, as an Arrow array."""
        import pyarrow as pa

        types = set(map(type, cells))
        if types == {int}:
            return self._strings.take(cells)
        if int in types:
            return pa.array(list(map(self.resolved, cells)), pa.large_string())
        return pa.array(cells, pa.large_string())

    def _number(self, content: str, shown: Shown) -> str:
        if shown is Shown.NUMBER and content.isdigit() and len(content) < 16 and content[0] != "0":
            return content
        if not _NUMBER.fullmatch(content):
            return content
        number = float(content)
        if shown is Shown.DURATION and abs(number) < _LAST_DAY:
            return text_of(timedelta(days=number))
        if shown is Shown.MOMENT and 0 <= number < _LAST_DAY:
            return self._moment(number)
        return text_of(number)

    def _moment(self, number: float) -> str:
        if number < 1:
            return text_of((_EPOCH + timedelta(days=number)).time())
        days = number + self._shift
        if 60 <= days < 61:
            # Excel counts the 29th of February 1900, which never was; as text it is found and told later.
            return "1900-02-29"
        moment = _EPOCH + timedelta(days=days + (days < 60))
        return text_of(moment.date() if number.is_integer() else moment)


def _decimal(content: str) -> str:
    """A fraction of usual size as :func:`text_of` writes it; nothing for other contents."""
    if not _FRACTION(content):
        return ""
    text = f"{float(content):.15g}"
    return "" if "e" in text or text == "-0" else text


def _iso(content: str) -> str:
    """An ISO date of a cell of the type d, in the form of all other dates."""
    try:
        moment = datetime.fromisoformat(content)
    except ValueError:
        return content
    if moment.tzinfo is not None:
        return content
    whole = moment.time() == datetime.min.time()
    return text_of(date(moment.year, moment.month, moment.day) if whole else moment)
