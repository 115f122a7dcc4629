"""Is this activity in the CRM the one that we sent? Both sides are brought to one form before they are compared."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from importer.crm.interface import ActivitySeen, LeadSeen
from importer.targets.interface import Footprint

SKEW_MARGIN = timedelta(minutes=2)

_NOT_COMPARED = frozenset({"ActivityOwnerEmail", "ProcessFilesAsync", "ActivityEvent"})
_DATE_FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y-%m-%d",
)
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def normal_form(text: str) -> str:
    """The form in which two texts are the same to the CRM.

    Line ends, outer blanks, Unicode composition, HTML entities, number spelling (1.0 = 1) and the CRM's date forms
    make no difference; everything else does.
    """
    plain = html.unescape(text).replace("\r\n", "\n").replace("\r", "\n")
    plain = unicodedata.normalize("NFC", plain).strip()
    moment = parse_moment(plain)
    if moment is not None:
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    if _NUMBER.fullmatch(plain) and len(plain) < 30 and not _is_code(plain):
        try:
            return format(Decimal(plain).normalize(), "f")
        except InvalidOperation:  # pragma: no cover  the pattern admits only numbers
            return plain
    return plain


def _is_code(text: str) -> bool:
    """Leading zeros and a leading plus are part of a code or phone number, not of a number."""
    digits = text.lstrip("+-")
    return text.startswith("+") or (len(digits) > 1 and digits[0] == "0" and digits[1] != ".")


def parse_moment(text: str) -> datetime | None:
    """The moment (UTC, whole seconds) that a text of the CRM means, or ``None``."""
    plain = text.strip()
    if len(plain) < 8 or not plain[0].isdigit():
        return None
    if plain.endswith("+00:00"):
        plain = plain[:-6]
    for form in _DATE_FORMS:
        try:
            return datetime.strptime(plain.removesuffix("Z"), form).replace(tzinfo=UTC, microsecond=0)
        except ValueError:
            continue
    return None


def same_activity(footprint: Footprint, seen: ActivitySeen) -> bool:
    """Whether the activity holds exactly what the row would have put there."""
    if seen.event and footprint.event and seen.event != footprint.event:
        return False
    for name, sent in footprint.content.items():
        if name in _NOT_COMPARED or not sent.strip():
            continue
        found = seen.created_on if name == "ActivityDateTime" else _found(seen.fields, name)
        if normal_form(found) != normal_form(sent):
            return False
    return True


def _found(fields: Mapping[str, str], name: str) -> str:
    return fields.get(name, "")


def content_form(footprint: Footprint) -> tuple[tuple[str, str], ...]:
    """The normal form of all that is compared: rows with the same one cannot be told apart in the CRM."""
    return tuple(
        sorted(
            (name, normal_form(text))
            for name, text in footprint.content.items()
            if name not in _NOT_COMPARED and text.strip()
        )
    )


def written_since(seen: ActivitySeen, sent_at: datetime, server_skew: float, has_own_time: bool) -> bool:
    """Whether the activity can have been written by a call that left at ``sent_at``.

    `ModifiedOn` is the write time; `CreatedOn` is only when the activity brought no time of its own. An activity that
    tells neither may have been.
    """
    stamps = [seen.modified_on] if has_own_time else [seen.modified_on, seen.created_on]
    moments = [moment for moment in map(parse_moment, stamps) if moment is not None]
    earliest = sent_at + timedelta(seconds=server_skew) - SKEW_MARGIN
    return not moments or max(moments) >= earliest


def created_since(seen: LeadSeen, sent_at: datetime, server_skew: float) -> bool | None:
    """Whether the lead was created by a call that left at ``sent_at`` or later; ``None`` when it does not say."""
    moment = parse_moment(seen.created_on)
    if moment is None:
        return None
    return moment >= sent_at + timedelta(seconds=server_skew) - SKEW_MARGIN
