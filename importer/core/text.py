"""Make text safe to show: invisible and control characters escaped, keys hidden."""

from __future__ import annotations

import re

from importer.core.redaction import redact

SHOWN_CHARACTERS = 60

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
"""Control characters, line separators, direction marks, invisible characters and lone surrogates."""


def visible(text: str) -> str:
    """``text`` cut to 60 characters, control and direction characters written as escapes."""
    if len(text) <= SHOWN_CHARACTERS and text.isascii() and text.isprintable():
        return text
    shown = _HIDDEN.sub(_escaped, text[: SHOWN_CHARACTERS + 1])
    return shown if len(text) <= SHOWN_CHARACTERS else shown[:SHOWN_CHARACTERS] + "…"


def printable(text: str, keep: str = "") -> str:
    """``text`` in full with such characters written as escapes, but for those in ``keep``: safe for a terminal."""
    return _HIDDEN.sub(lambda found: found.group() if found.group() in keep else _escaped(found), text)


def _escaped(found: re.Match[str]) -> str:
    character = found.group()
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\u{ord(character):04x}")


def shown(text: str) -> str:
    """Return ``text`` in full, with control and direction characters escaped and keys hidden."""
    return printable(redact(text))
