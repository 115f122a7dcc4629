"""Text as a sheet can hold it: unchanged where possible, with a visible mark where not."""

from __future__ import annotations

import re
from collections.abc import Sequence

CUT = "… [cut]"
"""Stands at the end of a text that was longer than a cell holds."""

_UNITS = 32_767
"""UTF-16 units in a cell, by Excel's specifications and limits."""
_LINE_FEEDS = 253
"""Line feeds in a cell, by the same list."""

# XML 1.0 has no way to write these. A carriage return is not among them: it is written as Excel writes it, _x000D_.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

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


def sheet_texts(texts: Sequence[str]) -> Sequence[str]:
    """:func:`sheet_text` for a whole column; the very same sequence comes back when nothing had to change."""
    # One look at the joined column is much faster than a look at every cell, and almost always enough.
    if not _ILLEGAL.search("".join(texts)) and max(map(len, texts), default=0) <= _LINE_FEEDS:
        return texts
    return [sheet_text(text) for text in texts]


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
