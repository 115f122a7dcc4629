"""What LeadSquared takes as a value: dates, numbers, phones, options, and sets of fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from importer.sandbox.fields import ACTIVE_IDS, Field
from importer.sandbox.refusals import ApiError, cannot_deserialize, error_converting

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( 00:00:00)?")
_EMAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s.,;<>]+")
_PHONE = re.compile(r"\+?[0-9][0-9-]{5,18}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_BOOLEANS = {"1": "1", "true": "1", "0": "0", "false": "0"}


def moment(text: str) -> datetime | None:
    """The UTC time that the text says in the form ``YYYY-MM-DD HH:MM:SS``; ``None`` for any other form."""
    if not _DATE_TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def text_of(value: Any, expected: str = "System.String") -> str:
    """A JSON value as text: every value is a string on the wire; null is an empty one. Raises ``BadShape``."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise error_converting(value, expected)
    return value


_FITS: dict[str, Callable[[str], bool]] = {
    "Email": lambda text: bool(_EMAIL.fullmatch(text)),
    "Phone": lambda text: bool(_PHONE.fullmatch(text)),
    "Number": lambda text: bool(_NUMBER.fullmatch(text)),
    "Date": _is_date,
    "DateTime": lambda text: moment(text) is not None or _is_date(text),
    "Boolean": lambda text: text.lower() in _BOOLEANS,
    "ActiveUsers": lambda text: text.lower() in ACTIVE_IDS,
}


def stored_value(field: Field, text: str, refuse: Callable[[str], ApiError], *, any_option: bool = False) -> str:
    """The text as it is stored; raises what ``refuse`` makes of the reason when the field does not take it."""
    if not text:
        return ""
    if len(text) > field.length:
        raise refuse(f"is longer than {field.length}")
    if field.options and not any_option and text not in field.values:
        raise refuse(f"has no option '{text}'")
    if field.kind in _FITS and not _FITS[field.kind](text):
        raise refuse("has an invalid value")
    return _BOOLEANS[text.lower()] if field.kind == "Boolean" else text


def international(phone: str, country_code: str) -> str:
    """A phone as the web application writes it, ``+91-9000000001``; one of ten digits is of the account's country."""
    digits = "".join(character for character in phone if character.isdigit())
    national, prefix = digits[-10:], digits[:-10] or country_code
    return f"+{prefix}-{national}" if len(national) == 10 else phone


def set_values(field: Field, inner: Any, refuse: Callable[[str], ApiError]) -> dict[str, str]:
    """The parts of a custom field set; raises what ``refuse`` makes of a part that the set does not have."""
    if not isinstance(inner, list):
        raise cannot_deserialize(inner, "System.Collections.Generic.List")
    found: dict[str, str] = {}
    for pair in inner:
        if not isinstance(pair, dict) or not isinstance(pair.get("Attribute"), str):
            raise cannot_deserialize(pair, "LeadField")
        name, value = pair["Attribute"], text_of(pair.get("Value"))
        if name not in field.parts:
            raise refuse(name)
        if len(value) > field.length:
            raise refuse(f"{name} is too long")
        found[name] = value
    return found
