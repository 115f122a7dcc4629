"""Cells as XML: texts that a cell can hold, and whole blocks of rows, made column by column.

Writing cells one by one costs more than everything else that an import does before it sends. So Arrow joins the columns
of thousands of rows into their XML; only texts with something rare in them are handled one by one in Python. The result
is what XlsxWriter writes for the same texts (tests/unit/reports/test_xlsx_cells.py compares the two).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from importer.core.text import column_letter

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CUT = "… [cut]"
"""Stands at the end of a text that was longer than a cell holds."""

RISKY_STARTS = frozenset("=+-@\t\r")
"""Excel turns a text that begins with one of these into a formula when a person edits the cell, unless it is marked."""

_MOST_UNITS = 32_767
"""UTF-16 units in a cell, by Excel's specifications and limits."""
_MOST_LINE_FEEDS = 253
"""Line feeds in a cell, by the same list."""

# XML 1.0 has no way to write these. A carriage return is not among them: it is written as Excel writes it, _x000D_.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_ILLEGAL_FOR_ARROW = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
"""The same without surrogates, in the syntax of Arrow's regular expressions (RE2)."""

_PERHAPS_ILLEGAL = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), "\uffff".encode()[0]])
"""Every illegal character has one of these bytes in its UTF-8 form."""

_REFERENCES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_TO_ESCAPE = b"&<>"
_RARE = r"\r|_x[0-9A-Fa-f]{4}_|^\s|\s$"
_PERHAPS_RARE = b"\r_"
_BLANKS = b"\t\n\f\r "
_RISKY_BYTES = "".join(sorted(RISKY_STARTS)).encode()
_LITERAL_ESCAPE = re.compile("(_x[0-9a-fA-F]{4}_)")


@cache
def sheet_text(text: str) -> str:
    r"""Return ``text`` as a cell can hold it.

    Characters that XML lacks become escapes (``\x0b``, ``\ud800``), line feeds after the 253rd become ``\n``, and what
    exceeds 32,767 UTF-16 units is cut and ends with :data:`CUT`. Everything else stays as it is.
    """
    text = _ILLEGAL.sub(_escape_character, text)
    if text.count("\n") > _MOST_LINE_FEEDS:
        parts = text.split("\n", _MOST_LINE_FEEDS)
        text = "\n".join([*parts[:-1], parts[-1].replace("\n", "\\n")])
    if len(text) * 2 > _MOST_UNITS:
        units = text.encode("utf-16-le")
        if len(units) > _MOST_UNITS * 2:
            # "ignore" drops half of a surrogate pair at the cut.
            text = units[: (_MOST_UNITS - len(CUT)) * 2].decode("utf-16-le", "ignore") + CUT
    return text


def sheet_column(texts: pd.Series | Sequence[str]) -> tuple[pa.Array, AbstractSet[int]]:
    """Apply :func:`sheet_text` to a column; return it as an Arrow array, and the places (from 0) of changed texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from importer.transforms import ByteStats

    kind = pa.large_string()
    changed: set[int] = set()
    try:
        array = pa.array(texts, kind)
    except UnicodeEncodeError:
        # Half of a surrogate pair is no text for Arrow.
        changed = {place for place, text in enumerate(texts) if _ILLEGAL.search(text)}
        array = pa.array([_ILLEGAL.sub(_escape_character, text) for text in texts], kind)
    if isinstance(array, pa.ChunkedArray):
        # pandas may hold a column in pieces, of which some have another width of offsets.
        array = pa.concat_arrays([pa.array([], kind), *(piece.cast(kind) for piece in array.chunks)])

    # First pass: the bytes of the whole column prove for most columns that there is nothing to change.
    stats = ByteStats.at(array)
    if stats.longest() <= _MOST_LINE_FEEDS and not stats.holds(_PERHAPS_ILLEGAL):
        return array, changed
    # Second pass: find the texts to change. Only one longer than the limit of line feeds can exceed either limit.
    too_long = pc.greater(pc.utf8_length(array), _MOST_LINE_FEEDS)
    unfit = pc.or_(pc.match_substring_regex(array, _ILLEGAL_FOR_ARROW), too_long)
    if not pc.any(unfit).as_py():
        return array, changed
    # Third pass: change these one by one.
    before = array.filter(unfit).to_pylist()
    fit = [sheet_text(text) for text in before]
    places = pc.indices_nonzero(unfit).to_pylist()
    changed |= {place for place, text, now in zip(places, before, fit, strict=True) if text != now}
    return pc.replace_with_mask(array, unfit, pa.array(fit, kind)), changed


def _escape_character(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def text_xml(text: str) -> str:
    """Return the content of a cell with ``text``, which :func:`sheet_text` has made fit: an in-line string.

    Blanks at an end are kept, carriage returns written as Excel writes them (``_x000D_``), and a text that only looks
    like such an escape is told apart from one (``_x005F_x000D_``).
    """
    text = _LITERAL_ESCAPE.sub(r"_x005F\1", text).replace("\r", "_x000D_")
    keep = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f"<is><t{keep}>{escape(text, quote=False)}</t></is>"


def risky_texts(texts: pa.Array) -> pa.Array:
    """Return for each text whether Excel would take it for a formula when a person edits its cell."""
    import pyarrow as pa

    from importer.transforms import ByteStats

    return pa.array(ByteStats.at(texts).begins_with(_RISKY_BYTES))


class ColumnType(StrEnum):
    """The type of the cells of a column, as the attribute ``t`` of a cell names it (ECMA-376 part 1, 18.18.11)."""

    TEXT = "inlineStr"
    BOOLEAN = "b"
    """The texts are TRUE and FALSE."""
    NUMBER = "n"


@dataclass(frozen=True, slots=True)
class TextColumn:
    """The texts of a column and the numbers of their styles: ``quoted`` for texts that look like formulas.

    ``index`` counts from 0. ``styles``, if given, has a number of its own for each cell, and ``kept`` says of each cell
    whether it is written even if its text is empty. ``type`` says what the texts stand for.
    """

    index: int
    texts: pa.Array
    style: int
    quoted: int
    styles: pa.Array | None = None
    kept: pa.Array | None = None
    type: ColumnType = ColumnType.TEXT


def rows_xml(
    first_line: int,
    numbers: Sequence[int],
    number_style: int,
    columns: Sequence[TextColumn],
    heights: Sequence[float] | None = None,
) -> memoryview:
    """Return rows as one buffer of UTF-8. ``first_line`` is the sheet's line of the first row, counted from 1.

    ``numbers`` stand in column A as numbers, the texts in ``columns`` by their type; an empty text leaves no cell.
    ``heights`` are those of the rows, in points.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from importer.transforms import joined

    count = len(numbers)
    lines = pc.cast(pa.array(np.arange(first_line, first_line + count)), pa.large_string())
    first = pc.cast(pa.array(numbers, pa.int64()), pa.large_string())
    height: tuple[Any, ...] = ()
    if heights is not None:
        height = ('" ht="', pc.cast(pa.array(heights, pa.float64()), pa.large_string()))
    number = ('<row r="', lines, *height, '"><c r="A', lines, f'" s="{number_style}"><v>', first, "</v></c>")
    rows = joined(*number, *(_cells_xml(column, lines) for column in columns), "</row>")
    # The rows lie one behind the other in the buffer of the array, so no further copy is needed.
    ends = np.frombuffer(rows.buffers()[1], dtype=np.int64)
    return memoryview(rows.buffers()[2])[int(ends[rows.offset]) : int(ends[rows.offset + count])]


def _cells_xml(column: TextColumn, lines: pa.Array) -> pa.Array:
    """Return a cell for each text of a column, and nothing for empty texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from importer.transforms import joined

    texts, kind = column.texts, pa.large_string()
    empty = pc.equal(texts, "")
    if pc.all(empty).as_py() and column.kept is None:
        return texts
    if column.type is not ColumnType.TEXT:
        values = texts
        if column.type is ColumnType.BOOLEAN:
            values = pc.if_else(pc.equal(texts, "TRUE"), pa.scalar("1", kind), pa.scalar("0", kind))
        place, rest = f'<c r="{column_letter(column.index)}', f'" s="{column.style}" t="{column.type}"><v>'
        return pc.if_else(empty, pa.scalar("", kind), joined(place, lines, rest, values, "</v></c>"))
    # The style: one for each cell, or one for all, or one of two by what the texts begin with.
    styles = column.styles
    if styles is None:
        styles = pa.scalar(str(column.style), kind)
        risky = risky_texts(texts)
        if pc.any(risky).as_py():
            styles = pc.if_else(risky, pa.scalar(str(column.quoted), kind), styles)
    begin = (f'<c r="{column_letter(column.index)}', lines, '" s="', styles)
    # The content: rare texts are written one by one. Without any, one copy of every text is enough instead of two.
    rare = _rare_texts(texts)
    if rare is None:
        made = joined(*begin, '" t="inlineStr"><is><t>', _escaped_texts(texts), "</t></is></c>")
    else:
        written = pa.array([text_xml(text) for text in texts.filter(rare).to_pylist()], kind)
        inside = pc.replace_with_mask(joined("<is><t>", _escaped_texts(texts), "</t></is>"), rare, written)
        made = joined(*begin, '" t="inlineStr">', inside, "</c>")
    if not pc.any(empty).as_py():
        return made
    nothing: Any = pa.scalar("", kind)
    if column.kept is not None and pc.any(pc.and_(column.kept, empty)).as_py():
        nothing = pc.if_else(column.kept, joined(*begin, '"/>'), nothing)
    return pc.if_else(empty, nothing, made)


def _rare_texts(texts: pa.Array) -> Any:
    """Return for each text whether it must be written by :func:`text_xml`; ``None`` when none must."""
    import pyarrow.compute as pc

    from importer.transforms import ByteStats

    stats = ByteStats.at(texts)
    ends = stats.begins_with(_BLANKS).any() or stats.ends_with(_BLANKS).any()
    if not ends and not stats.holds(_PERHAPS_RARE):
        return None
    rare = pc.match_substring_regex(texts, _RARE)
    return rare if pc.any(rare).as_py() else None


def _escaped_texts(texts: pa.Array) -> pa.Array:
    """Return the texts with ``&``, ``<`` and ``>`` as XML writes them."""
    import pyarrow.compute as pc

    from importer.transforms import ByteStats

    if not ByteStats.at(texts).holds(_TO_ESCAPE):
        return texts
    for sign, reference in _REFERENCES:
        if pc.any(pc.match_substring(texts, sign)).as_py():
            texts = pc.replace_substring(texts, sign, reference)
    return texts
