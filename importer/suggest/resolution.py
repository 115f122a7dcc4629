"""Decisions that need all matches: which part of a name, which phone field, which time of day belongs to a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from importer.suggest.evidence import Fit, assess_values
from importer.suggest.headings import NEAR, QUALIFIED, likeness
from importer.suggest.matching import Confidence, Match
from importer.suggest.profile import ColumnProfile
from importer.suggest.vocabulary import ACTIVITY_TIME, LEAD_FIELDS, WHOLE_NAME, WORDS, CandidateField


def resolve_matches(
    matches: list[Match], fields: Sequence[CandidateField], profiles: Sequence[ColumnProfile]
) -> list[Match]:
    """Adjust the matches to each other: parts of names, the only phone number, and the time of day of a date."""
    named = _plain_name(_one_name(matches), fields, profiles)
    return _day_with_time(_only_phone(named, fields), profiles)


def _one_name(matches: list[Match]) -> list[Match]:
    """Turn a whole name beside one of its parts into the other part, or drop it."""
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


def _plain_name(
    matches: list[Match], fields: Sequence[CandidateField], profiles: Sequence[ColumnProfile]
) -> list[Match]:
    """Use a column `Name` with single words for the part of the name that no other column gives."""
    found = {match.field.name for match in matches}
    taken = {match.profile.column.index for match in matches}
    wanted = "FirstName" if "FirstName" not in found else "LastName"
    field = next((field for field in fields if field.name == wanted), None)
    if field is None or WHOLE_NAME in found or wanted in found or ("FirstName" in found and "LastName" in found):
        return matches
    for profile in profiles:
        likely = (
            profile.column.index not in taken and likeness(profile.column.heading, WORDS["plain_name"])[0] >= QUALIFIED
        )
        if likely and assess_values(profile, field).fit is Fit.FITS:
            alone = not found & {"FirstName", "LastName"}
            sure = Confidence.LOW if alone else Confidence.MEDIUM
            words = "" if alone else ", and another column has the other part of the name"
            reason = f"the heading is a usual name of a name; the values look like single names{words}"
            return [*matches, Match(profile, field, sure, reason, 0.0, True)]
    return matches


def _only_phone(matches: list[Match], fields: Sequence[CandidateField]) -> list[Match]:
    """Use the only phone number of a file for Phone, by which LeadSquared finds leads, unless the heading names Mobile
    as the account does.
    """
    found = {match.field.name: match for match in matches}
    mobile = found.get("Mobile")
    phone = next((field for field in fields if field.name == "Phone"), None)
    if mobile is None or phone is None or "Phone" in found or mobile.reason.startswith("the account calls it so"):
        return matches
    reason = f"{mobile.reason}; the only phone number, and LeadSquared finds leads by Phone, not by Mobile"
    return [replace(match, field=phone, reason=reason) if match is mobile else match for match in matches]


def _day_with_time(matches: list[Match], profiles: Sequence[ColumnProfile]) -> list[Match]:
    """Join the day of an activity with the time of day that stands in a column of its own."""
    day = next((match for match in matches if match.field.name == ACTIVITY_TIME.name), None)
    taken = {match.profile.column.index for match in matches}
    clock = next((one for one in profiles if one.column.index not in taken and _is_its_time(one)), None)
    if day is None or clock is None or day.profile.dates.timed:
        return matches
    if {"{", "}"} & {*day.profile.column.label, *clock.column.label}:
        # A template names its columns in braces, so their headings cannot have any.
        return matches
    reason = f'{day.reason}; "{clock.column.label}" has the time of day'
    return [replace(match, clock=clock, reason=reason) if match is day else match for match in matches]


def _is_its_time(profile: ColumnProfile) -> bool:
    """Whether the column holds times of day, and by its heading those at which something happened."""
    heading = profile.column.heading
    named = likeness(heading, (*ACTIVITY_TIME.phrases, *ACTIVITY_TIME.vague))[0]
    return bool(profile.clock) and named >= NEAR and named > likeness(heading, ACTIVITY_TIME.unlike)[0]
