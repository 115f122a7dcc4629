"""The plainly spelled cells of an .xlsx sheet as columns of text, many thousands at a time.

It gives what :mod:`importer.sources.xlsx.rows` would give cell by cell; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.sources.blocks import Flaw
from importer.sources.columns import RawColumns
from importer.sources.regrouping import TEXT, Columns
from importer.sources.xlsx.number_formats import Shown
from importer.sources.xlsx.rows import MOST_DIGITS, MOST_ROWS, SheetRow, beyond_excel
from importer.sources.xlsx.shared_strings import plain, unescaped
from importer.sources.xlsx.swar import MOST_DIGITS as MOST_DIGITS_OF_WORD
from importer.sources.xlsx.swar import digits_of, words
from importer.sources.xlsx.tag_scanner import Cells, Kind, plain_cells
from importer.sources.xlsx.values import Values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

_AS_IT_IS = r"\A(?:0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,5}[1-9])\z"
"""Numbers of at most 15 digits in the shortest spelling, which stay what they are."""
_PERHAPS_LARGE = r"\A[-+]?[0-9]{16}|[^-+.0-9]"
"""All that may have more than 15 digits before its point, and a little more."""
_PLAIN_KINDS = {Kind.TEXT: "str", Kind.INLINE: "inlineStr", Kind.BOOLEAN: "b", Kind.DATE: "d"}


@dataclass(frozen=True, slots=True)
class PlainRows:
    """Those rows of a piece that hold anything, and the numbers of its first and last row, whatever these hold."""

    columns: RawColumns
    first: int
    last: int


def plain_columns(piece: bytes, values: Values) -> PlainRows | None:
    """The rows of a piece; ``None`` when another way has to read it. Several threads may do so at the same time."""
    cells = plain_cells(piece)
    if cells is None or cells.numbers[-1] > MOST_ROWS:
        return None
    try:
        texts = _Texts(piece, cells, values)
    except ValueError:
        # Character data that no XML parser would take.
        return None
    return PlainRows(texts.columns(), int(cells.numbers[0]), int(cells.numbers[-1])) if texts.understood else None


def columns_of_rows(rows: Sequence[SheetRow], values: Values) -> RawColumns:
    """Those of the rows that hold anything, read one by one, in the same form."""
    rows = [row for row in rows if not row.is_blank]
    width = max((len(row.cells) for row in rows), default=0)
    lists: list[list[Any]] = [[] for _ in range(width)]
    for row in rows:
        for column, cell in enumerate(row.cells):
            lists[column].append(cell)
        for missing in lists[len(row.cells) :]:
            missing.append("")
    numbers = np.array([row.number for row in rows], np.int64)
    flaws = [Flaw(flaw_code(text), row.number, column, text) for row in rows for column, text in row.bad.items()]
    return Columns(numbers, numbers, [values.column(cells) for cells in lists], flaws)


class _Texts:
    """What the cells of a piece say: each has a number in the workbook's shared texts, or in those of the piece."""

    def __init__(self, piece: bytes, cells: Cells, values: Values) -> None:
        self._bytes = np.frombuffer(piece, np.uint8)
        self._piece = piece
        self._cells = cells
        self._values = values
        self._own: list[pa.Array] = []
        self._own_count = 0
        self._place = np.zeros(len(cells.row), np.int64)
        self._bad: dict[int, str] = {}
        self.understood = self._look()

    def _look(self) -> bool:
        cells = self._cells
        filled = cells.end > cells.begin
        if (~filled & (cells.kind == Kind.SHARED)).any():
            return False
        uncalculated = ~filled & cells.formula & _one_of(cells.kind, Kind.NUMBER, Kind.BOOLEAN, Kind.DATE)
        self._bad = dict.fromkeys(np.flatnonzero(uncalculated).tolist(), "")
        self._shared = filled & (cells.kind == Kind.SHARED)
        self._local = (filled & ~self._shared) | (cells.kind == Kind.ERROR)
        if not self._look_up_shared():
            return False
        numbers = np.flatnonzero(filled & (cells.kind == Kind.NUMBER))
        shown = self._values.shown(cells.style[numbers])
        self._add(numbers[shown == Shown.NUMBER], self._as_numbers)
        for how in (Shown.MOMENT, Shown.DURATION):
            self._add(numbers[shown == how], self._as_moments)
        self._add(np.flatnonzero(filled & _one_of(cells.kind, Kind.TEXT, Kind.INLINE)), self._as_texts)
        self._add(np.flatnonzero(filled & _one_of(cells.kind, Kind.BOOLEAN, Kind.DATE)), self._one_by_one)
        self._add(np.flatnonzero(cells.kind == Kind.ERROR), self._as_errors)
        return True

    def _look_up_shared(self) -> bool:
        """Read the numbers of shared texts; false where one is no number, or has no text."""
        begin, end = self._cells.begin[self._shared], self._cells.end[self._shared]
        length = end - begin
        if not len(begin):
            return True
        if length.max() > MOST_DIGITS_OF_WORD:
            return False
        # Behind the last content there are at least the ends of its cell and row.
        number = digits_of(words(self._bytes)[begin], length)
        if number.min() < 0 or number.max() >= self._values.shared_count:
            return False
        self._place[self._shared] = number
        return True

    def _add(self, places: Places, read: Callable[[Places], pa.Array]) -> None:
        if len(places):
            texts = read(places)
            self._place[places] = self._own_count + np.arange(len(places))
            self._own.append(texts)
            self._own_count += len(places)

    def _raw(self, places: Places) -> pa.Array:
        """What is written in these cells, as it stands."""
        begin, end = self._cells.begin[places], self._cells.end[places]
        length = end - begin
        offsets = np.zeros(len(places) + 1, np.int64)
        np.cumsum(length, out=offsets[1:])
        which = np.repeat(begin - offsets[:-1], length) + np.arange(offsets[-1])
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self._bytes[which])]
        return pa.Array.from_buffers(TEXT, len(places), buffers)

    def _as_numbers(self, places: Places) -> pa.Array:
        raw = self._raw(places)
        odd = np.flatnonzero(pc.invert(pc.match_substring_regex(raw, _AS_IT_IS)).to_numpy(zero_copy_only=False))
        if not len(odd):
            return raw
        return _replaced(raw, odd, self._moments(raw.take(pa.array(odd)), places[odd]))

    def _as_moments(self, places: Places) -> pa.Array:
        return self._moments(self._raw(places), places)

    def _moments(self, raw: pa.Array, places: Places) -> pa.Array:
        """Numbers as their formats show them, each distinct one read once."""
        styles = self._cells.style[places]
        texts = np.empty(len(places), object)
        for style in np.unique(styles).tolist():
            own = np.flatnonzero(styles == style)
            encoded = raw.take(pa.array(own)).dictionary_encode()
            read = self._values.numbers(encoded.dictionary.to_pylist(), str(style))
            texts[own] = np.array(read, object)[encoded.indices.to_numpy()]
        long = np.flatnonzero(pc.greater(pc.binary_length(raw), MOST_DIGITS).to_numpy(zero_copy_only=False))
        large = pc.match_substring_regex(raw.take(pa.array(long)), _PERHAPS_LARGE).to_numpy(zero_copy_only=False)
        for at in long[large.astype(bool)].tolist():
            if beyond_excel(raw[at].as_py()):
                self._bad[int(places[at])] = texts[at]
        return pa.array(texts, TEXT)

    def _as_texts(self, places: Places) -> pa.Array:
        raw = self._raw(places)
        odd = np.flatnonzero(pc.match_substring_regex(raw, "[&\r]|_x").to_numpy(zero_copy_only=False))
        if not len(odd):
            return raw
        texts = [unescaped(plain(text.encode())) for text in raw.take(pa.array(odd)).to_pylist()]
        return _replaced(raw, odd, pa.array(texts, TEXT))

    def _one_by_one(self, places: Places) -> pa.Array:
        cells = self._cells
        texts = []
        for place in places.tolist():
            content = plain(self._piece[cells.begin[place] : cells.end[place]])
            kind = _PLAIN_KINDS[Kind(int(cells.kind[place]))]
            texts.append(self._values.resolved(self._values.cell(kind, content, "")) if content.strip() else "")
        return pa.array(texts, TEXT)

    def _as_errors(self, places: Places) -> pa.Array:
        cells = self._cells
        texts = []
        for place in places.tolist():
            said = plain(self._piece[cells.begin[place] : cells.end[place]]).strip() or "#VALUE!"
            self._bad[place] = said
            texts.append(said)
        return pa.array(texts, TEXT)

    def columns(self) -> RawColumns:
        """The rows that hold anything, as columns."""
        cells = self._cells
        own = pa.concat_arrays(self._own) if self._own else pa.array([], TEXT)
        says = self._shared | self._local & self._tells(own)
        if blank := self._values.blank_numbers:
            says &= self._local | ~np.isin(self._place, blank)
        says[list(self._bad)] = True
        kept = np.bincount(cells.row[says], minlength=len(cells.numbers)) > 0
        place_of = np.cumsum(kept) - 1
        inside = kept[cells.row]
        row, column = place_of[cells.row], cells.column
        order = np.argsort(column[inside].astype(np.uint16), kind="stable")
        chosen = np.flatnonzero(inside)[order]
        width = int(column[chosen[-1]]) + 1 if len(chosen) else 0
        ends = np.searchsorted(column[chosen], np.arange(width + 1))
        made = [
            self._column(row[mine], mine, int(kept.sum()), own)
            for mine in (chosen[ends[place] : ends[place + 1]] for place in range(width))
        ]
        numbers = cells.numbers[kept]
        flaws = [
            Flaw(flaw_code(text), int(cells.numbers[cells.row[place]]), int(column[place]), text)
            for place, text in sorted(self._bad.items())
        ]
        return Columns(numbers, numbers, made, flaws)

    def _tells(self, own: pa.Array) -> NDArray[np.bool_]:
        """Whether the cells with texts of the piece hold more than blanks."""
        found = np.zeros(len(self._place), bool)
        local = np.flatnonzero(self._local)
        visible = pc.match_substring_regex(own, "^[!-~]").to_numpy(zero_copy_only=False).astype(bool)
        for place in np.flatnonzero(~visible).tolist():
            visible[place] = bool(own[place].as_py().strip())
        found[local] = visible[self._place[local]]
        return found

    def _column(self, rows: Places, cells: Places, count: int, own: pa.Array) -> pa.Array:
        """The column of ``count`` rows in whose ``rows`` these cells stand; the others are empty."""
        ways = ((self._shared, self._values.take), (self._local, own.take))
        if len(rows) == count:
            # No gap, and cells are in the order of their rows.
            for which, take in ways:
                if which[cells].all():
                    return take(pa.array(self._place[cells]))
        taken = []
        for which, take in ways:
            mine = which[cells]
            if mine.any():
                numbers = np.zeros(count, np.int64)
                missing = np.ones(count, bool)
                numbers[rows[mine]] = self._place[cells[mine]]
                missing[rows[mine]] = False
                taken.append(take(pa.array(numbers, mask=missing if missing.any() else None)))
        if len(taken) == 1 and not taken[0].null_count:
            return taken[0]
        return pc.coalesce(*taken, pa.scalar("", TEXT)) if taken else pa.array([""] * count, TEXT)


def _one_of(found: NDArray[np.int8], *kinds: Kind) -> NDArray[np.bool_]:
    one = np.zeros(len(Kind), bool)
    one[list(kinds)] = True
    return one[found]


def flaw_code(text: str) -> str:
    """The kind of problem of a cell to be corrected, by what is noted about it."""
    if not text:
        return "formula-without-result"
    return "rounded-number" if text.lstrip("-")[:1].isdigit() else "error-cell"


def _replaced(texts: pa.Array, places: Places, others: pa.Array) -> pa.Array:
    mask = np.zeros(len(texts), bool)
    mask[places] = True
    return pc.replace_with_mask(texts, pa.array(mask), others)
