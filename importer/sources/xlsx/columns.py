"""Read the plainly spelled cells of an .xlsx sheet as columns of text, many thousands at a time.

The result is the same as that of :mod:`importer.sources.xlsx.rows`; tests/unit/sources/test_xlsx.py compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.sources.arrow_columns import TEXT, ColumnBatch
from importer.sources.chunks import Flaw, RawBatch
from importer.sources.excel.cell_text import MAX_DIGITS, CellFlaw, UnreadableCellError
from importer.sources.excel.number_formats import NumberKind
from importer.sources.xlsx.rows import MAX_ROWS, SheetRow, number_exceeds_precision
from importer.sources.xlsx.shared_strings import decode_character_data, unescape
from importer.sources.xlsx.swar import MAX_WORD_DIGITS, parse_digits, words_from
from importer.sources.xlsx.tag_scanner import CellType, ScannedCells, scan_cells
from importer.sources.xlsx.values import CellDecoder, CellValue

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Indexes = NDArray[np.int64]

# Numbers of at most 15 digits in their shortest spelling: the text in the file is already the formatted text.
_CANONICAL = r"\A(?:0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,8})\.[0-9]{0,5}[1-9])\z"
# Numbers that may have more than 15 digits before the decimal point; a superset, checked again one by one.
_PERHAPS_TOO_LARGE = r"\A[-+]?[0-9]{16}|[^-+.0-9]"
_TYPE_ATTRIBUTES = {CellType.BOOLEAN: "b", CellType.DATE: "d"}


@dataclass(frozen=True, slots=True)
class WindowColumns:
    """The rows of a window that are not blank, and the numbers of its first and last row, blank or not."""

    batch: RawBatch
    first: int
    last: int


def columns_from_window(window: bytes, decoder: CellDecoder) -> WindowColumns | None:
    """Read the rows of a window; ``None`` when only the row parsers can. Can be called in several threads."""
    cells = scan_cells(window)
    if cells is None or cells.numbers[-1] > MAX_ROWS:
        return None
    texts = _CellTexts(window, cells, decoder)
    try:
        if not texts.read():
            return None
    except ValueError:
        # Character data that no XML parser would accept.
        return None
    return WindowColumns(texts.to_batch(), int(cells.numbers[0]), int(cells.numbers[-1]))


def columns_from_rows(rows: Sequence[SheetRow], decoder: CellDecoder) -> RawBatch:
    """Convert rows that were read one by one into columns; blank rows are dropped."""
    rows = [row for row in rows if not row.is_blank]
    cells: dict[int, list[CellValue]] = {}
    for at, row in enumerate(rows):
        for column, cell in row.cells.items():
            if column not in cells:
                cells[column] = [""] * len(rows)
            cells[column][at] = cell
    width = max(cells, default=-1) + 1
    columns = [decoder.to_column(cells[column]) if column in cells else None for column in range(width)]
    numbers = np.array([row.number for row in rows], np.int64)
    flaws = [Flaw(flaw.code, row.number, column, flaw.text) for row in rows for column, flaw in row.flaws.items()]
    return ColumnBatch(numbers, numbers, columns, flaws)


class _CellTexts:
    """The texts of the cells of a window. Each filled cell gets an index: into the shared strings of the workbook, or
    into the window's own texts, which are read type by type. Columns are then taken from the two by these indexes."""

    def __init__(self, window: bytes, cells: ScannedCells, decoder: CellDecoder) -> None:
        self._bytes = np.frombuffer(window, np.uint8)
        self._window = window
        self._cells = cells
        self._decoder = decoder
        self._own_texts: list[pa.Array] = []
        self._own_count = 0
        self._index = np.zeros(len(cells.row), np.int64)
        self._flaws: dict[int, CellFlaw] = {}

    def read(self) -> bool:
        """Read all cells; return false when only the row parsers can. Raises :class:`ValueError` for illegal text."""
        cells = self._cells
        is_filled = cells.end > cells.begin
        calculable = _is_one_of(cells.type, CellType.NUMBER, CellType.BOOLEAN, CellType.DATE)
        never_calculated = np.flatnonzero(~is_filled & cells.formula & calculable)
        self._flaws = dict.fromkeys(never_calculated.tolist(), CellFlaw("formula-without-result", ""))
        self._is_shared = is_filled & (cells.type == CellType.SHARED)
        self._is_own = (is_filled & ~self._is_shared) | (cells.type == CellType.ERROR)
        if not self._read_shared_indexes():
            return False
        numbers = np.flatnonzero(is_filled & (cells.type == CellType.NUMBER))
        kinds = self._decoder.number_kinds(cells.style[numbers])
        self._add(numbers[kinds == NumberKind.NUMBER], self._read_numbers)
        others = numbers[kinds != NumberKind.NUMBER]
        self._add(others, lambda chosen: self._format_numbers(self._raw_contents(chosen), chosen))
        texts = _is_one_of(cells.type, CellType.TEXT, CellType.INLINE)
        self._add(np.flatnonzero(is_filled & texts), self._read_texts)
        booleans_and_dates = _is_one_of(cells.type, CellType.BOOLEAN, CellType.DATE)
        self._add(np.flatnonzero(is_filled & booleans_and_dates), self._read_booleans_and_dates)
        self._add(np.flatnonzero(cells.type == CellType.ERROR), self._read_errors)
        return True

    def _read_shared_indexes(self) -> bool:
        """Parse the indexes of shared strings; return false if one is no number or out of range."""
        begin, end = self._cells.begin[self._is_shared], self._cells.end[self._is_shared]
        length = end - begin
        if not len(begin):
            return True
        if length.max() > MAX_WORD_DIGITS:
            return False
        # Reading words of eight bytes is safe: at least the end tags of cell and row follow the last content.
        index = parse_digits(words_from(self._bytes)[begin], length)
        if index.min() < 0 or index.max() >= len(self._decoder.strings):
            return False
        self._index[self._is_shared] = index
        return True

    def _add(self, chosen: Indexes, read: Callable[[Indexes], pa.Array]) -> None:
        """Read the texts of the chosen cells and append them to the window's own texts."""
        if len(chosen):
            texts = read(chosen)
            self._index[chosen] = self._own_count + np.arange(len(chosen))
            self._own_texts.append(texts)
            self._own_count += len(chosen)

    def _raw_contents(self, chosen: Indexes) -> pa.Array:
        """Return the contents of these cells as they are in the XML, copied by one operation."""
        begin, end = self._cells.begin[chosen], self._cells.end[chosen]
        length = end - begin
        offsets = np.zeros(len(chosen) + 1, np.int64)
        np.cumsum(length, out=offsets[1:])
        # The position in the window of every byte of the result.
        positions = np.repeat(begin - offsets[:-1], length) + np.arange(offsets[-1])
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self._bytes[positions])]
        return pa.Array.from_buffers(TEXT, len(chosen), buffers)

    def _content(self, cell: int) -> str:
        return decode_character_data(self._window[self._cells.begin[cell] : self._cells.end[cell]])

    def _read_numbers(self, chosen: Indexes) -> pa.Array:
        raw = self._raw_contents(chosen)
        irregular = np.flatnonzero(pc.invert(pc.match_substring_regex(raw, _CANONICAL)).to_numpy(zero_copy_only=False))
        if not len(irregular):
            return raw
        return _replace(raw, irregular, self._format_numbers(raw.take(pa.array(irregular)), chosen[irregular]))

    def _format_numbers(self, raw: pa.Array, chosen: Indexes) -> pa.Array:
        """Format numbers by their styles, each distinct one once; note those that Excel has rounded."""
        styles = self._cells.style[chosen]
        texts = np.empty(len(chosen), object)
        for style in np.unique(styles).tolist():
            same_style = np.flatnonzero(styles == style)
            encoded = raw.take(pa.array(same_style)).dictionary_encode()
            contents, indices = encoded.dictionary.to_pylist(), encoded.indices.to_numpy()
            try:
                formatted = self._decoder.format_numbers(contents, str(style))
            except UnreadableCellError:
                formatted = self._format_each(contents, str(style), chosen[same_style], indices)
            texts[same_style] = np.array(formatted, object)[indices]
        long = np.flatnonzero(pc.greater(pc.binary_length(raw), MAX_DIGITS).to_numpy(zero_copy_only=False))
        large = pc.match_substring_regex(raw.take(pa.array(long)), _PERHAPS_TOO_LARGE).to_numpy(zero_copy_only=False)
        for at in long[large.astype(bool)].tolist():
            if number_exceeds_precision(raw[at].as_py()):
                self._flaws.setdefault(int(chosen[at]), CellFlaw("rounded-number", texts[at]))
        return pa.array(texts, TEXT)

    def _format_each(self, contents: list[str], style: str, cells: Indexes, indices: Indexes) -> list[str]:
        """Format numbers some of which are unreadable; ``indices`` tells which of them each of the cells has."""
        texts = []
        for at, content in enumerate(contents):
            try:
                texts.append(self._decoder.format_number(content.strip(), style))
            except UnreadableCellError as error:
                texts.append(error.flaw.text)
                self._flaws.update(dict.fromkeys(cells[indices == at].tolist(), error.flaw))
        return texts

    def _read_texts(self, chosen: Indexes) -> pa.Array:
        raw = self._raw_contents(chosen)
        escaped = np.flatnonzero(pc.match_substring_regex(raw, "[&\r]|_x").to_numpy(zero_copy_only=False))
        if not len(escaped):
            return raw
        texts = [unescape(decode_character_data(text.encode())) for text in raw.take(pa.array(escaped)).to_pylist()]
        return _replace(raw, escaped, pa.array(texts, TEXT))

    def _read_booleans_and_dates(self, chosen: Indexes) -> pa.Array:
        """Read booleans and dates one by one; they are rare."""
        texts = []
        for cell in chosen.tolist():
            content = self._content(cell)
            attribute = _TYPE_ATTRIBUTES[CellType(int(self._cells.type[cell]))]
            try:
                text = self._decoder.resolve(self._decoder.decode(attribute, content, "")) if content.strip() else ""
            except UnreadableCellError as error:
                text, self._flaws[cell] = error.flaw.text, error.flaw
            texts.append(text)
        return pa.array(texts, TEXT)

    def _read_errors(self, chosen: Indexes) -> pa.Array:
        texts = [self._content(cell).strip() or "#VALUE!" for cell in chosen.tolist()]
        for cell, text in zip(chosen.tolist(), texts, strict=True):
            self._flaws[cell] = CellFlaw("error-cell", text)
        return pa.array(texts, TEXT)

    def to_batch(self) -> RawBatch:
        """Return the rows that are not blank, as columns."""
        cells = self._cells
        own = pa.concat_arrays(self._own_texts) if self._own_texts else pa.array([], TEXT)
        # First pass: which cells hold text or a flaw, and so which rows are kept.
        has_text = self._is_shared | self._is_own & self._own_has_text(own)
        if blank := self._decoder.strings.blank:
            has_text &= self._is_own | ~np.isin(self._index, list(blank))
        has_text[list(self._flaws)] = True
        is_kept = np.bincount(cells.row[has_text], minlength=len(cells.numbers)) > 0
        # Second pass: the cells of kept rows, sorted by column; the sort is stable, so rows stay in order.
        new_row = (np.cumsum(is_kept) - 1)[cells.row]
        inside = is_kept[cells.row]
        order = np.argsort(cells.column[inside].astype(np.uint16), kind="stable")
        chosen = np.flatnonzero(inside)[order]
        width = int(cells.column[chosen[-1]]) + 1 if len(chosen) else 0
        ends = np.searchsorted(cells.column[chosen], np.arange(width + 1))
        count = int(is_kept.sum())
        columns = []
        for column in range(width):
            in_column = chosen[ends[column] : ends[column + 1]]
            columns.append(self._to_column(new_row[in_column], in_column, count, own))
        numbers = cells.numbers[is_kept]
        flaws = [
            Flaw(flaw.code, int(cells.numbers[cells.row[cell]]), int(cells.column[cell]), flaw.text)
            for cell, flaw in sorted(self._flaws.items())
        ]
        return ColumnBatch(numbers, numbers, columns, flaws)

    def _own_has_text(self, own: pa.Array) -> NDArray[np.bool_]:
        """Tell for each cell whether it has one of the window's own texts with more than blanks."""
        found = np.zeros(len(self._index), bool)
        own_cells = np.flatnonzero(self._is_own)
        visible = pc.match_substring_regex(own, "^[!-~]").to_numpy(zero_copy_only=False).astype(bool)
        for at in np.flatnonzero(~visible).tolist():
            visible[at] = bool(own[at].as_py().strip())
        found[own_cells] = visible[self._index[own_cells]]
        return found

    def _to_column(self, rows: Indexes, cells: Indexes, count: int, own: pa.Array) -> pa.Array | None:
        """Make a column of ``count`` rows; ``rows[i]`` is the row of ``cells[i]``, and all other rows are empty.

        ``None`` if all cells are."""
        # Where the texts come from: which cells, and how to take texts by their indexes.
        sources = ((self._is_shared, self._decoder.strings.take), (self._is_own, own.take))
        if len(rows) == count:
            # No gap, and the cells are in the order of their rows.
            for which, take in sources:
                if which[cells].all():
                    return take(pa.array(self._index[cells]))
        taken = []
        for which, take in sources:
            selected = which[cells]
            if selected.any():
                # A null where the text comes from the other source, or the row has no cell in this column.
                indexes = np.zeros(count, np.int64)
                is_missing = np.ones(count, bool)
                indexes[rows[selected]] = self._index[cells[selected]]
                is_missing[rows[selected]] = False
                taken.append(take(pa.array(indexes, mask=is_missing if is_missing.any() else None)))
        if len(taken) == 1 and not taken[0].null_count:
            return taken[0]
        return pc.coalesce(*taken, pa.scalar("", TEXT)) if taken else None


def _is_one_of(types: NDArray[np.int8], *wanted: CellType) -> NDArray[np.bool_]:
    table = np.zeros(len(CellType), bool)
    table[list(wanted)] = True
    return table[types]


def _replace(texts: pa.Array, indexes: Indexes, replacements: pa.Array) -> pa.Array:
    mask = np.zeros(len(texts), bool)
    mask[indexes] = True
    return pc.replace_with_mask(texts, pa.array(mask), replacements)
