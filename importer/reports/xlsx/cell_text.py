"""Text as a sheet can hold it: unchanged where possible, with a visible mark where not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CUT = "… [cut]"
"""Stands at the end of a text that was longer than a cell holds."""

_UNITS = 32_767
"""UTF-16 units in a cell, by Excel's specifications and limits."""
_LINE_FEEDS = 253
"""Line feeds in a cell, by the same list."""

# XML 1.0 has no way to write these. A carriage return is not among them: it is written as Excel writes it, _x000D_.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_ILLEGAL_FOR_ARROW = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
"""The same without surrogates, in the spelling of Arrow's regular expressions."""

_PERHAPS_ILLEGAL = bytes([*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), "\uffff".encode()[0]])
"""Every one of these has one of these bytes in it."""

# Excel turns a text with one of these in front into a formula when somebody edits the cell, unless it is marked.
RISKY_STARTS = frozenset("=+-@\t\r")


def sheet_text(text: str) -> str:
    r"""``text`` as a cell can hold it.

    Characters that XML lacks are shown as escapes (``\x0b``, ``\ud800``), line feeds after the 253rd as ``\n``, and
    what exceeds 32,767 UTF-16 units is cut and ends with :data:`CUT`. Everything else stays as it is.
    """
    text = _ILLEGAL.sub(_escape, text)
    if text.count("\n") > _LINE_FEEDS:
        parts = text.split("\n", _LINE_FEEDS)
        text = "\n".join([*parts[:-1], parts[-1].replace("\n", "\\n")])
    if len(text) * 2 > _UNITS:
        units = text.encode("utf-16-le")
        if len(units) > _UNITS * 2:
            # "ignore" drops half of a surrogate pair at the cut.
            text = units[: (_UNITS - len(CUT)) * 2].decode("utf-16-le", "ignore") + CUT
    return text


def sheet_column(texts: pd.Series | Sequence[str]) -> tuple[pa.Array, AbstractSet[int]]:
    """:func:`sheet_text` for a whole column, as an Arrow array, and the places (from 0) of the texts that differ."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from importer.transforms.columns import ByteStats

    kind = pa.large_string()
    changed: set[int] = set()
    try:
        array = pa.array(texts, kind)
    except UnicodeEncodeError:
        # Half of a surrogate pair is no text for Arrow.
        changed = {place for place, text in enumerate(texts) if _ILLEGAL.search(text)}
        array = pa.array([_ILLEGAL.sub(_escape, text) for text in texts], kind)
    if isinstance(array, pa.ChunkedArray):
        # pandas may hold a column in pieces, of which some have another width of offsets.
        array = pa.concat_arrays([pa.array([], kind), *(piece.cast(kind) for piece in array.chunks)])
    glance = ByteStats.at(array)
    if glance.longest() <= _LINE_FEEDS and not glance.holds(_PERHAPS_ILLEGAL):
        return array, changed
    # Only a text longer than this can have too many line feeds, or be too long for a cell.
    unfit = pc.or_(pc.match_substring_regex(array, _ILLEGAL_FOR_ARROW), pc.greater(pc.utf8_length(array), _LINE_FEEDS))
    if not pc.any(unfit).as_py():
        return array, changed
    before = array.filter(unfit).to_pylist()
    fit = [sheet_text(text) for text in before]
    places = pc.indices_nonzero(unfit).to_pylist()
    changed |= {place for place, text, now in zip(places, before, fit, strict=True) if text != now}
    return pc.replace_with_mask(array, unfit, pa.array(fit, kind)), changed


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
