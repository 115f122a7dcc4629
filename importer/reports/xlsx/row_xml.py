"""Whole blocks of rows as the XML of a sheet, made column by column.

Writing cells one by one costs more than everything else that an import does before it sends. A block of thousands of
rows is joined by Arrow instead; only texts with something rare in them are looked at one by one. What stands in the
cells is the same as XlsxWriter would write (a test holds the two together).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from importer.reports.xlsx.cell_text import RISKY_STARTS

if TYPE_CHECKING:
    import pyarrow as pa

_REFERENCES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_RARE = r"\r|_x[0-9A-Fa-f]{4}_|^\s|\s$"
_BLANKS = b"\t\n\f\r "
_PERHAPS_RARE = b"\r_"
_SIGNS = b"&<>"
_RISKY = "".join(sorted(RISKY_STARTS)).encode()
_LITERAL_ESCAPE = re.compile("(_x[0-9a-fA-F]{4}_)")


@dataclass(frozen=True, slots=True)
class TextColumn:
    """Texts of a column: ``letter`` is Excel's, ``style`` the number of its format, ``quoted`` that of its format for
    texts which Excel would otherwise take for formulas. ``styles``, if given, has an own number for each row, and
    ``kept`` says of each whether its cell is there even if the text is empty."""

    letter: str
    texts: pa.Array
    style: int
    quoted: int
    styles: pa.Array | None = None
    kept: pa.Array | None = None


def rows_xml(
    first_line: int,
    numbers: Sequence[int],
    number_style: int,
    columns: Sequence[TextColumn],
    heights: Sequence[float] | None = None,
) -> Any:
    """The rows as one buffer of UTF-8. ``first_line`` is the sheet's line of the first row, counted from 1.

    ``numbers`` stand in column A as numbers, the texts in ``columns`` as text; an empty text leaves no cell.
    ``heights`` are those of the rows, in points.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    from importer.transforms.columns import joined

    count = len(numbers)
    lines = pc.cast(pa.array(np.arange(first_line, first_line + count)), pa.large_string())
    first = pc.cast(pa.array(numbers, pa.int64()), pa.large_string())
    height: tuple[Any, ...] = ()
    if heights is not None:
        height = ('" ht="', pc.cast(pa.array(heights, pa.float64()), pa.large_string()))
    number = ('<row r="', lines, *height, '"><c r="A', lines, f'" s="{number_style}"><v>', first, "</v></c>")
    rows = joined(*number, *(_cells(column, lines) for column in columns), "</row>")
    offsets = rows.buffers()[1]
    begin, end = _ends(offsets, rows.offset, count)
    return memoryview(rows.buffers()[2])[begin:end]


def _ends(offsets: Any, offset: int, count: int) -> tuple[int, int]:
    import numpy as np

    places = np.frombuffer(offsets, dtype=np.int64)
    return int(places[offset]), int(places[offset + count])


def _cells(column: TextColumn, lines: pa.Array) -> pa.Array:
    """A cell for each text, nothing for empty ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from importer.transforms.columns import joined

    texts = column.texts
    empty = pc.equal(texts, "")
    if pc.all(empty).as_py() and column.kept is None:
        return texts
    begin = (f'<c r="{column.letter}', lines, '" s="', _styles(column))
    rare = _rare(texts)
    if rare is not None:
        written = pa.array([_inside(text) for text in texts.filter(rare).to_pylist()], pa.large_string())
        inside = pc.replace_with_mask(joined("<is><t>", _escaped(texts), "</t></is>"), rare, written)
        made = joined(*begin, '" t="inlineStr">', inside, "</c>")
    else:
        # One copy of every text instead of two.
        made = joined(*begin, '" t="inlineStr"><is><t>', _escaped(texts), "</t></is></c>")
    if not pc.any(empty).as_py():
        return made
    nothing: Any = pa.scalar("", pa.large_string())
    if column.kept is not None and pc.any(pc.and_(column.kept, empty)).as_py():
        nothing = pc.if_else(column.kept, joined(*begin, '"/>'), nothing)
    return pc.if_else(empty, nothing, made)


def _rare(texts: pa.Array) -> Any:
    """Which texts have something in them that is to be looked at one by one; ``None`` when none has."""
    import pyarrow.compute as pc

    from importer.transforms.columns import ByteStats

    glance = ByteStats.at(texts)
    ends = glance.begins_with(_BLANKS).any() or glance.ends_with(_BLANKS).any()
    if not ends and not glance.holds(_PERHAPS_RARE):
        return None
    rare = pc.match_substring_regex(texts, _RARE)
    return rare if pc.any(rare).as_py() else None


def _escaped(texts: pa.Array) -> pa.Array:
    """The texts as XML writes them, where nothing else than its own signs is to be escaped."""
    import pyarrow.compute as pc

    from importer.transforms.columns import ByteStats

    if not ByteStats.at(texts).holds(_SIGNS):
        return texts
    for sign, reference in _REFERENCES:
        if pc.any(pc.match_substring(texts, sign)).as_py():
            texts = pc.replace_substring(texts, sign, reference)
    return texts


def _styles(column: TextColumn) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = pa.large_string()
    if column.styles is not None:
        return column.styles
    risky = risky_texts(column.texts)
    if not pc.any(risky).as_py():
        return pa.scalar(str(column.style), kind)
    return pc.if_else(risky, pa.scalar(str(column.quoted), kind), pa.scalar(str(column.style), kind))


def risky_texts(texts: pa.Array) -> pa.Array:
    """For each text whether Excel would take it for a formula when somebody edits its cell."""
    import pyarrow as pa

    from importer.transforms.columns import ByteStats

    return pa.array(ByteStats.at(texts).begins_with(_RISKY))


def _inside(text: str) -> str:
    """A text with blanks at an end or with something that Excel's own escapes stand for, as a cell holds it."""
    text = _LITERAL_ESCAPE.sub(r"_x005F\1", text).replace("\r", "_x000D_")
    keep = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f"<is><t{keep}>{escape(text, quote=False)}</t></is>"
