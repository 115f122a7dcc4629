"""Matching of columns and fields: every pair is scored by heading and values, and the surest pairs win.

The winners are then adjusted to each other: parts of names, the only phone number, the time of day of a date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from importer.suggest.evidence import Evidence, Fit, assess_values, share_of_options
from importer.suggest.profile import ColumnProfile, Shape
from importer.suggest.similarity import EXACT, NEAR, QUALIFIED, WordIndex, likeness, means_other, words_of
from importer.suggest.vocabulary import ACTIVITY_TIME, LEAD_FIELDS, WHOLE_NAME, WORDS, CandidateField, ValueKind

_PERSONAL = frozenset((ValueKind.EMAIL, ValueKind.PHONE, ValueKind.PERSON, ValueKind.WHOLE_NAME, ValueKind.ID))
_DISTINCT = frozenset((ValueKind.EMAIL, ValueKind.PHONE, ValueKind.ID, ValueKind.URL, ValueKind.DATE, ValueKind.FLAG))
"""Kinds that values prove so surely that a part of a heading is enough."""


class Confidence(StrEnum):
    """How sure a proposal is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


_KNOWN_NAME: Mapping[Fit, tuple[Confidence | None, Confidence | None]] = {
    Fit.PROVES: (Confidence.HIGH, Confidence.MEDIUM),
    Fit.FITS: (Confidence.HIGH, Confidence.MEDIUM),
    Fit.SILENT: (Confidence.MEDIUM, Confidence.LOW),
    Fit.DOUBTFUL: (Confidence.LOW, None),
}
"""Confidence by values when the heading is a name of the field: one that is certain, one that may mean another."""
_NEAR_NAME: Mapping[Fit, tuple[Confidence | None, Confidence | None]] = {
    Fit.PROVES: (Confidence.HIGH, Confidence.LOW),
    Fit.FITS: (Confidence.MEDIUM, Confidence.LOW),
    Fit.SILENT: (Confidence.LOW, None),
    Fit.DOUBTFUL: (None, None),
}
"""The same when the heading is nearly a name of the field."""
_NEAR_RIVAL = 5.0
_CLOSE = 60.0
"""At least this much closeness to the account's own name of a field says something."""
_MOST_OPTIONS = 0.8
"""Share of values that are options of a field, from which on they prove it whatever the heading is."""
_POINTS = {Confidence.HIGH: 300.0, Confidence.MEDIUM: 200.0, Confidence.LOW: 100.0}


@dataclass(frozen=True, slots=True)
class Match:
    """A column that may fill a field, how sure that is, and why."""

    profile: ColumnProfile
    field: CandidateField
    confidence: Confidence
    reason: str
    score: float
    weak: bool = False
    """Whether the heading is a name that often means something else."""
    by_name: bool = True
    """Whether the heading speaks for the field, not only the values."""
    clock: ColumnProfile | None = None
    """For a day: the column with the time of that day."""


def match_column(profile: ColumnProfile, field: CandidateField, closeness: float = 0.0) -> Match | None:
    """Score the column as a candidate for the field; ``None`` when it is none.

    ``closeness`` is that of the heading and the account's own name of the field.
    """
    heading = profile.column.heading or profile.column.label
    sure, phrase = likeness(heading, names_of(field))
    vague, hint = likeness(heading, field.vague)
    other = likeness(heading, field.unlike)[0]
    if other and other >= sure:
        return None
    if sure >= NEAR and sure >= vague - (EXACT - QUALIFIED):
        score, name, weak = sure, phrase, False
    elif vague >= NEAR:
        score, name, weak = vague, hint, True
    else:
        score, name, weak = sure, phrase, False
    if not score and closeness < _CLOSE and not _is_proven_by_values(profile, field):
        return None
    found = assess_values(profile, field)
    if found.fit is Fit.AGAINST:
        return None
    if score < QUALIFIED and field.kind in _PERSONAL and field.name != "ActivityOwnerEmail" and means_other(heading):
        return None
    confidence = _confidence(score, weak, found, field) or _confidence_by_closeness(closeness, found, field)
    if confidence is None:
        return None
    points = _POINTS[confidence] + max(score, closeness) + 10 * found.fit - (3 if weak else 0)
    if score < NEAR and closeness >= _CLOSE:
        score, name = NEAR, field.label
    reason = f"{_describe_heading(score, name, field)}; {found.reason}"
    return Match(profile, field, confidence, reason, points, weak, by_name=score > 0)


def _is_proven_by_values(profile: ColumnProfile, field: CandidateField) -> bool:
    """Return whether the values may prove the field whatever the heading is."""
    if field.options:
        return share_of_options(profile, field) >= _MOST_OPTIONS and profile.share(Shape.FLAG) < _MOST_OPTIONS
    # Numbers of records can look like phone numbers, and their headings say so.
    words = words_of(profile.column.heading)
    return field.kind is ValueKind.EMAIL or (field.kind is ValueKind.PHONE and "id" not in words)


def _confidence_by_closeness(closeness: float, found: Evidence, field: CandidateField) -> Confidence | None:
    """Return how sure the account's own field is whose name shares words with the heading, or whose options the values
    are."""
    if not field.label or found.fit < Fit.FITS:
        return None
    if closeness >= _CLOSE:
        # Yes and no are the values of any such field, so they do not tell which is meant.
        told = found.fit is Fit.PROVES and field.kind is not ValueKind.FLAG
        return Confidence.MEDIUM if told else Confidence.LOW
    return Confidence.LOW if field.options and found.fit is Fit.PROVES else None


def names_of(field: CandidateField) -> tuple[str, ...]:
    """Return the names of the field, the account's own first."""
    schema = field.name.removeprefix("mx_").replace("_", " ")
    own = (field.label,) if field.label else ()
    return (*own, schema, *field.phrases)


def _confidence(score: float, weak: bool, found: Evidence, field: CandidateField) -> Confidence | None:
    if score >= QUALIFIED:
        return _KNOWN_NAME[found.fit][weak]
    if score >= NEAR:
        # A near miss such as `Started on` for `Started at` says little of the meaning of the time.
        return _NEAR_NAME[Fit.FITS if field.kind is ValueKind.DATE else found.fit][weak]
    if found.fit is not Fit.PROVES or weak:
        return None
    if score and field.kind in _DISTINCT:
        return Confidence.MEDIUM
    if field.kind is ValueKind.EMAIL:
        return Confidence.MEDIUM
    return Confidence.LOW if field.kind is ValueKind.PHONE else None


def _describe_heading(score: float, name: str, field: CandidateField) -> str:
    if score >= QUALIFIED:
        return "the account calls it so" if name and name == field.label else "the heading is a usual name of it"
    if score >= NEAR:
        return f'the heading is nearly "{name}"'
    return f'the heading has "{name}" in it' if score else "the heading says nothing, the values do"


def candidates(profiles: Sequence[ColumnProfile], fields: Sequence[CandidateField]) -> list[Match]:
    """Return every possible pair, the surest first; equals in the order of columns and fields."""
    index = WordIndex(field.label for field in fields)
    found = [
        match
        for profile in profiles
        for field in fields
        if (match := match_column(profile, field, _closeness(profile, field, index))) is not None
    ]
    return sorted(found, key=lambda match: -match.score)


def _closeness(profile: ColumnProfile, field: CandidateField, index: WordIndex) -> float:
    return index.closeness(profile.column.heading or profile.column.label, field.label) if field.label else 0.0


def assign(matches: Sequence[Match]) -> list[Match]:
    """Choose pairs so that each column and each field is used at most once, the surest pairs first."""
    columns: set[int] = set()
    kept: dict[str, Match] = {}
    rivals: dict[str, Match] = {}
    named = {match.field.kind for match in matches if match.by_name and match.confidence is not Confidence.LOW}
    for match in matches:
        index, path = match.profile.column.index, match.field.path
        if not match.by_name and match.field.kind in named & _PERSONAL:
            # The values alone say less than the heading of another column with an address or a phone number.
            continue
        if index not in columns and path not in kept:
            columns.add(index)
            kept[path] = match
        elif index not in columns and kept[path].score - match.score <= _NEAR_RIVAL:
            rivals.setdefault(path, match)
    used = {match.profile.column.index for match in kept.values()}
    return [
        _with_rival(match, rivals[path]) if path in rivals and rivals[path].profile.column.index not in used else match
        for path, match in kept.items()
    ]


def _with_rival(match: Match, rival: Match) -> Match:
    """Return a match that is not quite sure, because another column fits the field as well."""
    if match.confidence is not Confidence.HIGH or rival.confidence is not Confidence.HIGH:
        return match
    reason = f'{match.reason}; the column "{rival.profile.column.label}" would fit as well'
    return replace(match, confidence=Confidence.MEDIUM, reason=reason)


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
