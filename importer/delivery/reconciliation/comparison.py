"""Is this activity in the CRM the one that we sent? Both sides are brought to one form before they are compared."""

from __future__ import annotations

import html
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from importer.leadsquared.interface import ActivitySeen, LeadSeen
from importer.leadsquared.timestamps import read_moment
from importer.targets.interface import Footprint

SKEW_MARGIN = timedelta(minutes=2)

_NOT_COMPARED = frozenset({"ActivityOwnerEmail", "ProcessFilesAsync", "ActivityEvent"})
_DAY = "%Y-%m-%d"
LEAST_CUT = 100
"""From this length on a text that begins like ours is taken for ours, cut off at the length of the CRM's field."""
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
    if len(plain) < 8 or not (plain[0].isdigit() or plain.startswith("/Date(")):
        return None
    moment = read_moment(plain)
    if moment is None:
        try:
            moment = datetime.strptime(plain, _DAY).replace(tzinfo=UTC)
        except ValueError:
            return None
    return moment.replace(microsecond=0)


def same_activity(footprint: Footprint, seen: ActivitySeen) -> bool:
    """Whether the activity holds exactly what the row would have put there."""
    if seen.event and footprint.event and seen.event != footprint.event:
        return False
    for name in compared_fields(footprint):
        sent = footprint.content[name]
        found = seen.created_on if name == "ActivityDateTime" else seen.fields.get(name, "")
        if not _same_text(normal_form(sent), normal_form(found)):
            return False
    return True


def _same_text(sent: str, found: str) -> bool:
    """Whether the CRM shows what was sent, perhaps cut off."""
    return found == sent or (LEAST_CUT <= len(found) < len(sent) and sent.startswith(found))


def same_key(sent: str, found: str) -> bool:
    """Whether the field for the import key holds ours; its case and outer blanks make no difference."""
    return bool(sent) and found.strip().casefold() == sent.strip().casefold()


def compared_fields(footprint: Footprint) -> list[str]:
    """Names of the fields by which an activity is recognised, in the order of the mapping."""
    return [name for name, text in footprint.content.items() if name not in _NOT_COMPARED and text.strip()]


def content_form(footprint: Footprint) -> tuple[tuple[str, str], ...]:
    """The normal form of all that is compared: rows with the same one cannot be told apart in the CRM."""
    return tuple(sorted((name, normal_form(footprint.content[name])) for name in compared_fields(footprint)))


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
