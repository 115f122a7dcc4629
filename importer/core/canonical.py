"""The canonical form of values: two values with the same form are the same to the importer.

Rows are recognised by it, whatever program wrote the file. What is sent to the CRM is never changed by it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

CANONICAL_VERSION = 1
"""The version of the form. Digests of different versions cannot be compared, so a change needs a new number."""

_MOST_DIGITS = 40
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u180e\u200b\u200c\u200d\u2060\ufeff"))
_BLANKS = re.compile(r"[^\S\n]+")
_AROUND_LINE_END = re.compile(r" ?\n ?")
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_NOT_PHONE = re.compile(r"[^0-9+]")


class ComparisonType(StrEnum):
    """The kind of a value, which decides what makes no difference in it."""

    TEXT = "text"
    """Outer blanks, runs of blanks, invisible characters, Unicode composition and line ends; in GUIDs also case."""
    EMAIL = "email"
    """As in texts, and letter case."""
    NUMBER = "number"
    """The spelling of a number: 5, 5.0, +5 and 5e0 are the same."""
    PHONE = "phone"
    """Everything but the digits and a leading plus."""
    MOMENT = "moment"
    """The spelling of a date and time in ISO form; fractions of a second are left out."""


LEAD_FIELD_KINDS: Mapping[str, ComparisonType] = {
    "EmailAddress": ComparisonType.EMAIL,
    "Phone": ComparisonType.PHONE,
    "Mobile": ComparisonType.PHONE,
}
"""The kinds of LeadSquared's own lead fields that are not texts."""


def canonical_form(value: str, kind: ComparisonType = ComparisonType.TEXT) -> str:
    """Return the form in which ``value`` is compared. A value that does not fit its ``kind`` is compared as a text."""
    text = _canonical_text(value)
    if kind is ComparisonType.TEXT:
        return _canonical_guid(text)
    if kind is ComparisonType.EMAIL:
        return text.casefold()
    if kind is ComparisonType.NUMBER:
        return _canonical_number(text)
    if kind is ComparisonType.PHONE:
        return _canonical_phone(text)
    return _canonical_moment(text)


def _canonical_text(value: str) -> str:
    # Most texts are plain ASCII words with single blanks, which need no work.
    if _PLAIN.fullmatch(value):
        return value
    text = unicodedata.normalize("NFC", value.translate(_INVISIBLE))
    text = _BLANKS.sub(" ", _LINE_ENDS.sub("\n", text))
    return _AROUND_LINE_END.sub("\n", text).strip()


def _canonical_guid(text: str) -> str:
    # GUIDs have 32 to 38 characters; the length is tested first because it costs less than the pattern.
    if 32 <= len(text) <= 38 and _GUID.fullmatch(text):
        return text.strip("{}").replace("-", "").lower()
    return text


def _canonical_number(text: str) -> str:
    if len(text) > _MOST_DIGITS or not _NUMBER.fullmatch(text):
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    # Zero has a sign and an exponent of its own.
    return format(number.normalize(), "f") if number else "0"


def _canonical_phone(text: str) -> str:
    digits = _NOT_PHONE.sub("", text)
    plain = digits[:1] + digits[1:].replace("+", "")
    return plain if plain.strip("+") else text


def _canonical_moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.replace(microsecond=0).isoformat(" ")
