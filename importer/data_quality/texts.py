"""Damaged texts: errors of Excel, names and sizes that became dates, and characters of a wrong encoding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from importer.data_quality.cells import ColumnCells, Marks, is_digit, is_letter

if TYPE_CHECKING:
    from importer.data_quality.cells import Mask, Places

_RESULTLESS = (
    "N/A|REF!|VALUE!|NAME[?]|DIV/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|BUSY!|EXTERNAL!|PYTHON!"
    "|GETTING_DATA|NV|BEZUG!|WERT!|ZAHL!|VALEUR!|NOMBRE!|NOM[?]|VALOR!|VALORE!|RIF!|NOME[?]"
)
_ERROR = rf"^#(?:{_RESULTLESS}|#{{3,}})$"

_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_TURNED = rf"^(?:(?:[1-9]|[12][0-9]|3[01])-(?:{_MONTHS})|(?:{_MONTHS})-(?:0[0-9]|[4-9][0-9]))$"
"""The spelling of Excel for texts that it took for a day or a month. Mar-10 to Mar-39 are real months of our time."""

_ABOUT_TIME = (
    r"dates?|days?|months?|years?|periods?|quarters?|when|due|birth|birthday|dob|joined|since|until|from|to|begins?|start"
    r"|ends?|intake|batch|cohort|term|session|datum|monat|fecha|mes|mois|jour"
)
_SHORT = 12

_FOLLOWERS = "ƒˆ‰Š‹ŒŽ˜™š›œžŸ†‡€¡¢£¤¥¦§¨©¬®¯±²³´µ¶¸¹¼½¾¿\u0080-\u009f\u00ad"
_QUOTES = "‘’“”„‚…–—•«»ªº·°\u00a0"
_ANY = f"[{_FOLLOWERS}{_QUOTES}]"
_NO_CAPITAL = "(?:^|[^A-ZÀ-ÞŠŽŒŸ])"
GARBLED = (
    f"Ã[{_FOLLOWERS}]|{_NO_CAPITAL}Ã[{_QUOTES}]|{_NO_CAPITAL}Â[\u00a0-¿]|â€{_ANY}|ï»¿|ðŸ{_ANY}"
    f"|(?:[ÐÑ]{_ANY}){{2}}|à[¤¥]{_ANY}|\ufffd"
)
"""UTF-8 that was read as Windows-1252. Portuguese capitals may have a quotation mark behind their Ã."""

_SUSPECTS = np.isin(np.arange(256), [ord(letter) - 0x40 for letter in "ÂÃâïðÐÑà"])
"""The second bytes, after C3, of the characters with which garbled texts begin."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The damage to the texts of a column."""

    errors: Marks | None
    turned: Marks | None
    garbled: Marks | None


class TextDetector:
    """A detector of damaged texts in one column. ``name`` has the column header and the name of the CRM field."""

    def __init__(self, name: str) -> None:
        self._about_time = re.search(rf"(?i)(?<![^\W_])(?:{_ABOUT_TIME})(?![^\W_])", name) is not None
        self._errors = Marks()
        self._hashes = 0
        self._turned = Marks()
        self._ranges = 0
        self._short = 0
        self._garbled = Marks()

    def add(self, cells: ColumnCells) -> None:
        """Count the damaged texts of further cells."""
        content = cells.content
        self._short += int((cells.lengths <= _SHORT).sum())
        if b"#" in content:
            places = np.flatnonzero(cells.first == ord("#"))
            self._hashes += len(places)
            self._errors.add(cells, _fitting(cells, places, _ERROR))
        if b"-" in content and not self._about_time:
            self._count_turned(cells)
        if not content.isascii():
            self._garbled.add(cells, _fitting(cells, _suspicious(cells), GARBLED))

    def _count_turned(self, cells: ColumnCells) -> None:
        places = np.flatnonzero((cells.lengths >= 3) & (cells.lengths <= 6))
        if not len(places):
            return
        # Count ranges such as 1-3 or 10-20, and match what looks like 1-Mar or Mar-01 with the exact pattern.
        second, third, fourth = (cells.at(places, position) for position in (1, 2, 3))
        begins, ends = is_digit(cells.first[places]), is_digit(cells.last[places])
        mark = (second == ord("-")) | (third == ord("-"))
        short = cells.lengths[places] <= 5
        self._ranges += int((begins & ends & mark & short).sum())
        likely = (begins & mark & is_letter(cells.last[places])) | (~begins & ends & (fourth == ord("-")))
        self._turned.add(cells, _fitting(cells, places[likely], _TURNED))

    def conclude(self, filled: int, numbers: int, dates: int, real: Marks) -> Texts:
        """Return the damage that all cells together prove.

        Of the cells ``filled`` hold text, of these ``numbers`` only digits and ``dates`` dates; ``real`` are the dates
        that a workbook knows as such.
        """
        return Texts(
            errors=self._errors if self._errors.rows and 2 * self._errors.rows >= self._hashes else None,
            turned=self._turned_ones(filled, numbers, dates, real),
            garbled=self._garbled if self._garbled.rows else None,
        )

    def _turned_ones(self, filled: int, numbers: int, dates: int, real: Marks) -> Marks | None:
        if self._short < 0.9 * filled:
            return None
        # Among ranges such as 10-20 also a real date was one of them: 2-4.
        turned = real if self._turned.rows == 0 and real.rows == dates else self._turned
        others = filled - turned.rows
        if turned.rows < 2:
            return None
        if self._ranges >= 3 and self._ranges >= 0.2 * others:
            certain = turned.rows <= 0.6 * filled and (turned is real or dates <= 0.05 * filled)
        else:
            few = turned is self._turned and turned.rows <= 0.3 * filled
            certain = few and others - numbers - dates >= 0.6 * filled
        return turned if certain else None


def _fitting(cells: ColumnCells, places: Places, pattern: str) -> Places:
    """Return those of the cells that an RE2 pattern matches."""
    import pyarrow.compute as pc

    if not len(places):
        return places
    found: Mask = pc.match_substring_regex(cells.texts(places), pattern).to_numpy(zero_copy_only=False)
    return places[found]


def _suspicious(cells: ColumnCells) -> Places:
    """Return the cells in which another foreign character stands behind one of those that garbled texts begin with."""
    data = cells.data
    found = np.flatnonzero(data[:-2] == 0xC3)
    found = found[_SUSPECTS[data[found + 1]] & (data[found + 2] >= 0xC2)]
    gone = np.flatnonzero(data[:-2] == 0xEF)
    gone = gone[(data[gone + 1] == 0xBF) & (data[gone + 2] == 0xBD)]
    if not len(found) and not len(gone):
        return np.empty(0, np.intp)
    return np.unique(np.searchsorted(cells.starts, np.concatenate([found, gone]), side="right") - 1)


def repair_mojibake(text: str) -> str:
    """Decode a text that was saved as UTF-8 and read as Windows-1252; "" when it was not."""
    raw = b""
    for letter in text:
        try:
            raw += letter.encode("cp1252")
        except UnicodeEncodeError:
            if ord(letter) > 0xFF:
                return ""
            raw += bytes([ord(letter)])
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
