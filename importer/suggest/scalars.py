"""Texts from a spreadsheet as YAML writes them, so that none gets out of its quotes."""

from __future__ import annotations

import json
import re
import unicodedata

from importer.mapping.document import read_document
from importer.mapping.secrets import key_like

_PLAIN = re.compile(r"[^\W_](?:[\w ./@()+-]*[\w.)])?")


def can_be_named(text: str) -> bool:
    """Whether a mapping can hold the text: one with control characters, or that looks like a key, it refuses."""
    document = read_document(f"ignore:\n  - {scalar(text)}\n")
    return bool(text.strip()) and not document.problems and not any(key_like(document.data))


def scalar(text: str) -> str:
    """A text as YAML writes it, in quotes where it must be."""
    return text if _PLAIN.fullmatch(text) else visible(json.dumps(text, ensure_ascii=False))


def visible(text: str) -> str:
    """The text without characters that have no shape or that YAML forbids; these become escapes."""
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
