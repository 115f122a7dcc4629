"""Single values of a mapping: text from the YAML file becomes a number, a share, or yes and no; all may be unfit."""

from __future__ import annotations

import codecs
import re
from decimal import Decimal
from typing import Any

from importer.mapping.unfit import UnfitError

_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def read_flag(given: Any) -> Any:
    """True for ``true`` and ``yes``, False for ``false`` and ``no``, in any case."""
    if not isinstance(given, str):
        return given
    try:
        return _FLAGS[given.casefold()]
    except KeyError:
        raise UnfitError(f'"{given}" is neither true nor false.', "Write true or false.") from None


def read_whole_number(given: Any) -> Any:
    """A whole number of at most nine digits."""
    if isinstance(given, str):
        if not re.fullmatch(r"-?[0-9]{1,9}", given):
            raise UnfitError(f'"{given}" is not a whole number.', "Write digits only, such as 200.")
        return int(given)
    return given


def read_number(given: Any) -> Any:
    """A number with an optional minus and decimal point, nothing else."""
    if isinstance(given, str):
        if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", given):
            raise UnfitError(f'"{given}" is not a number.', "Write something like 100 or 2.5.")
        return Decimal(given)
    return given


def read_range(given: Any) -> Any:
    """A pair of ends, of which one may be missing."""
    if isinstance(given, str) or (isinstance(given, list | tuple) and len(given) != 2):
        raise UnfitError("A range has two ends.", "Write [0, 100], or [0, ~] for no upper end.")
    return given


def read_share(given: Any) -> Any:
    """A share between 0 and 1, from ``5%`` or ``0.05``."""
    if not isinstance(given, str):
        return given
    text = given.strip()
    percent = text.endswith("%")
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text.removesuffix("%").strip()):
        raise UnfitError(f'"{given}" is not a share.', "Write something like 5% or 0.05.")
    number = Decimal(text.removesuffix("%").strip())
    share = number / 100 if percent else number
    if share > 1:
        raise UnfitError(
            f'"{given}" is more than all rows.',
            f"Did you mean {number:f}%?" if number <= 100 else "100% is all of them.",
        )
    return share


def checked_text(text: str) -> str:
    """``text`` when there is something in it."""
    if not text.strip():
        raise UnfitError("The text is empty.", "Write what is meant, or remove the line.")
    return text


def checked_delimiter(text: str) -> str:
    """One character; the words tab, comma, semicolon and pipe stand for theirs."""
    character = _DELIMITERS.get(text.casefold(), text)
    if len(character) != 1 or character.isalnum() or character in "\"'\r\n":
        raise UnfitError(f'"{text}" is not a delimiter.', "Write one character, or tab, comma, semicolon or pipe.")
    return character


def checked_encoding(text: str) -> str:
    """The name of a text encoding that Python knows."""
    try:
        codecs.lookup(text)
        "".encode(text)
    except (LookupError, ValueError):
        raise UnfitError(f'"{text}" is not an encoding.', "Write something like utf-8, cp1252 or utf-16.") from None
    return text


def checked_schema_path(text: str) -> str:
    """``path.py:Name``, or the path of a YAML file."""
    if re.fullmatch(r".+\.py:[A-Za-z_]\w*", text) or text.lower().endswith((".yaml", ".yml")):
        return text
    raise UnfitError(f'"{text}" does not name a schema.', "Write path.py:Name, or the path of a pandera YAML file.")
