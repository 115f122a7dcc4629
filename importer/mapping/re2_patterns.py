"""Regular expressions of the language RE2, whose time grows only with the length of the text.

Arrow matches them with whole columns. RE2 has neither look-around nor references back to a group.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from importer.config import InvalidValueError

MAX_CHARACTERS = 500
_UNSUPPORTED = re.compile(r"\(\?<?[=!]|\\[1-9]|\(\?P=")


def validate_re2_pattern(pattern: str) -> str:
    """Return ``pattern`` when RE2 can compile it. Raises :class:`InvalidValueError`."""
    if not pattern:
        raise InvalidValueError("The pattern is empty.", "Write what is looked for, or remove the line.")
    if len(pattern) > MAX_CHARACTERS:
        raise InvalidValueError(f"The pattern has more than {MAX_CHARACTERS} characters.", "Make it simpler.")
    reason = _find_error(pattern, "")
    if reason:
        remedy = (
            "Look-around and references to a group cannot be used here; write it without them."
            if _UNSUPPORTED.search(pattern)
            else "Put a backslash before a character that is meant literally."
        )
        raise InvalidValueError(f'"{pattern}" is not a regular expression: {reason}.', remedy)
    return pattern


def validate_extraction(pattern: str) -> str:
    """Return ``pattern`` when it is valid and has at most one group, whose text is meant."""
    validate_re2_pattern(pattern)
    if not _find_error(pattern, r"\2"):
        raise InvalidValueError(
            f'"{pattern}" has several groups, and only one text can be taken out.',
            "Write (?:…) for the parentheses around parts that are not meant.",
        )
    return pattern


def whole_text_pattern(pattern: str) -> str:
    """Return a pattern for a whole text, whose one group is what a valid pattern or its own group matches first."""
    part = f"({pattern})" if _find_error(pattern, r"\1") else f"(?:{pattern})"
    return rf"\A(?s:.*?){part}(?s:.*)\z"


def find_part(pattern: str, text: str) -> str | None:
    """Return the part of ``text`` that a valid pattern, or its group, matches first; ``None`` without a match."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole, array = whole_text_pattern(pattern), pa.array([text])
    if not pc.match_substring_regex(array, whole)[0].as_py():
        return None
    return str(pc.replace_substring_regex(array, whole, r"\1")[0])


def check_replacement(pattern: str, text: str) -> str:
    """Return why ``text`` cannot replace what the valid ``pattern`` matches; empty when it can."""
    return _find_error(pattern, text)


def _find_error(pattern: str, replacement: str) -> str:
    """Return Arrow's reason why a pattern or its replacement is invalid; empty when both are valid."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.replace_substring_regex(pa.array([""]), pattern, replacement)
    except pa.ArrowInvalid as error:
        # "Invalid regular expression: missing ): (a" names the kind of error, the error and the place.
        return str(error).partition(": ")[2].partition(": ")[0].rstrip(".")
    return ""


Re2Pattern = Annotated[str, AfterValidator(validate_re2_pattern)]
Extraction = Annotated[str, AfterValidator(validate_extraction)]
