"""What only all matches together tell: which part of a name, which phone, and the time that belongs to a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importer.suggest.activity_words import ACTIVITY_TIME
from importer.suggest.evidence import Fit, evidence
from importer.suggest.fields import WHOLE_NAME, Field
from importer.suggest.headings import NEAR, QUALIFIED, likeness
from importer.suggest.lead_words import LEAD_FIELDS
from importer.suggest.matching import Confidence, Match
from importer.suggest.profile import Profile

_PLAIN_NAMES = ("name", "nom", "nome", "nombre", "naam", "nama", "नाम")


def settled(matches: list[Match], fields: Sequence[Field], profiles: Sequence[Profile]) -> list[Match]:
    """The matches after what only all of them together tell: which part of a name, which phone, which time of day."""
    named = _plain_name(_one_name(matches), fields, profiles)
    return _day_with_time(_only_phone(named, fields), profiles)


def _one_name(matches: list[Match]) -> list[Match]:
    """A whole name beside one of its parts is the other part, or nothing."""
    found = {match.field.name: match for match in matches}
    whole = found.get(WHOLE_NAME)
    if whole is None or not {"FirstName", "LastName"} & found.keys():
        return matches
    rest = [match for match in matches if match is not whole]
    if "LastName" in found or not whole.weak:
        return rest
    # Such as the German `Name` beside `Vorname`, with double-barrelled names in it.
    last = next(field for field in LEAD_FIELDS if field.name == "LastName")
    field = replace(last, section=whole.field.section)
    reason = "there is a column with first names, so this one may hold the last names"
    return [*rest, replace(whole, field=field, confidence=Confidence.MEDIUM, reason=reason)]


def _plain_name(matches: list[Match], fields: Sequence[Field], profiles: Sequence[Profile]) -> list[Match]:
    """A column called `Name` with single words in it: the part of the name that no other column gives."""
    found = {match.field.name for match in matches}
    taken = {match.profile.column.index for match in matches}
    wanted = "FirstName" if "FirstName" not in found else "LastName"
    field = next((field for field in fields if field.name == wanted), None)
    if field is None or WHOLE_NAME in found or wanted in found or ("FirstName" in found and "LastName" in found):
        return matches
    for profile in profiles:
        likely = profile.column.index not in taken and likeness(profile.column.heading, _PLAIN_NAMES)[0] >= QUALIFIED
        if likely and evidence(profile, field).fit is Fit.FITS:
            alone = not found & {"FirstName", "LastName"}
            sure = Confidence.LOW if alone else Confidence.MEDIUM
            words = "" if alone else ", and another column has the other part of the name"
            reason = f"the heading is a usual name of a name; the values look like single names{words}"
            return [*matches, Match(profile, field, sure, reason, 0.0, True)]
    return matches


def _only_phone(matches: list[Match], fields: Sequence[Field]) -> list[Match]:
    """The only phone number of a file goes where LeadSquared looks leads up, unless the account names the field so."""
    found = {match.field.name: match for match in matches}
    mobile = found.get("Mobile")
    phone = next((field for field in fields if field.name == "Phone"), None)
    if mobile is None or phone is None or "Phone" in found or mobile.reason.startswith("the account calls it so"):
        return matches
    reason = f"{mobile.reason}; the only phone number, and LeadSquared finds leads by Phone, not by Mobile"
    return [replace(match, field=phone, reason=reason) if match is mobile else match for match in matches]


def _day_with_time(matches: list[Match], profiles: Sequence[Profile]) -> list[Match]:
    """The day of an activity together with the time of day that stands in a column of its own."""
    day = next((match for match in matches if match.field.name == ACTIVITY_TIME.name), None)
    taken = {match.profile.column.index for match in matches}
    clock = next((one for one in profiles if one.column.index not in taken and _is_its_time(one)), None)
    if day is None or clock is None or day.profile.dates.timed or _has_braces(day.profile, clock):
        return matches
    reason = f'{day.reason}; "{clock.column.label}" has the time of day'
    return [replace(match, clock=clock, reason=reason) if match is day else match for match in matches]


def _is_its_time(profile: Profile) -> bool:
    """Whether the column holds times of day, and by its heading those at which something happened."""
    heading = profile.column.heading
    named = likeness(heading, (*ACTIVITY_TIME.phrases, *ACTIVITY_TIME.vague))[0]
    return bool(profile.clock) and named >= NEAR and named > likeness(heading, ACTIVITY_TIME.unlike)[0]


def _has_braces(*profiles: Profile) -> bool:
    """Whether a heading cannot stand in a template, whose braces mark headings."""
    return any(brace in profile.column.label for profile in profiles for brace in "{}")
