"""Which column fills which field: every pair is judged by heading and values, and the surest pairs win."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from importer.suggest.evidence import Evidence, Fit, evidence
from importer.suggest.fields import Field, Kind
from importer.suggest.headings import EXACT, NEAR, QUALIFIED, likeness, means_other
from importer.suggest.profile import Profile

_PERSONAL = frozenset((Kind.EMAIL, Kind.PHONE, Kind.PERSON, Kind.WHOLE_NAME, Kind.ID))
_TELLING = frozenset((Kind.EMAIL, Kind.PHONE, Kind.ID, Kind.URL, Kind.DATE, Kind.FLAG))
"""Kinds that the values tell so surely that a part of a heading is enough."""


class Confidence(StrEnum):
    """How sure a proposal is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


_POINTS = {Confidence.HIGH: 300.0, Confidence.MEDIUM: 200.0, Confidence.LOW: 100.0}


@dataclass(frozen=True, slots=True)
class Match:
    """A column that may fill a field, how sure that is, and why."""

    profile: Profile
    field: Field
    confidence: Confidence
    reason: str
    score: float
    weak: bool = False
    """Whether the heading is a name that often means something else."""
    clock: Profile | None = None
    """For a day: the column with the time of that day."""


def judge(profile: Profile, field: Field) -> Match | None:
    """The column as a candidate for the field; ``None`` when it is none."""
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
    found = evidence(profile, field)
    if found.fit is Fit.AGAINST:
        return None
    if score < QUALIFIED and field.kind in _PERSONAL and field.name != "ActivityOwnerEmail" and means_other(heading):
        return None
    confidence = _confidence(score, weak, found, field, profile)
    if confidence is None:
        return None
    points = _POINTS[confidence] + score + 10 * found.fit - (3 if weak else 0)
    return Match(profile, field, confidence, f"{_heading_words(score, name, field)}; {found.words}", points, weak)


def names_of(field: Field) -> tuple[str, ...]:
    """The names of the field, the account's own first."""
    schema = field.name.removeprefix("mx_").replace("_", " ")
    own = (field.label,) if field.label else ()
    return (*own, schema, *field.phrases)


def _confidence(score: float, weak: bool, found: Evidence, field: Field, profile: Profile) -> Confidence | None:
    if score >= QUALIFIED:
        return _for_known_name(weak, found.fit)
    if score >= NEAR:
        # A near miss such as `Started on` for `Started at` says little of what the time is for.
        fit = Fit.FITS if field.kind is Kind.DATE else found.fit
        return _for_near_name(weak, fit)
    if found.fit is not Fit.PROVES or weak:
        return None
    if score and field.kind in _TELLING:
        return Confidence.MEDIUM
    if field.kind is Kind.EMAIL:
        return Confidence.MEDIUM
    return Confidence.LOW if field.kind is Kind.PHONE else None


def _for_known_name(weak: bool, fit: Fit) -> Confidence | None:
    if fit is Fit.PROVES:
        return Confidence.MEDIUM if weak else Confidence.HIGH
    if fit is Fit.FITS:
        return Confidence.MEDIUM if weak else Confidence.HIGH
    if fit is Fit.SILENT:
        return Confidence.LOW if weak else Confidence.MEDIUM
    return None if weak else Confidence.LOW


def _for_near_name(weak: bool, fit: Fit) -> Confidence | None:
    if fit is Fit.PROVES:
        return Confidence.LOW if weak else Confidence.HIGH
    if fit is Fit.FITS:
        return Confidence.LOW if weak else Confidence.MEDIUM
    return Confidence.LOW if fit is Fit.SILENT and not weak else None


def _heading_words(score: float, name: str, field: Field) -> str:
    if score >= QUALIFIED:
        return "the account calls it so" if name and name == field.label else "the heading is a usual name of it"
    if score >= NEAR:
        return f'the heading is nearly "{name}"'
    return f'the heading has "{name}" in it' if score else "the heading says nothing, the values do"


def candidates(profiles: Sequence[Profile], fields: Sequence[Field]) -> list[Match]:
    """Every sensible pair, the surest first; equals in the order of columns and fields."""
    found = [match for profile in profiles for field in fields if (match := judge(profile, field)) is not None]
    return sorted(found, key=lambda match: -match.score)


def assign(matches: Sequence[Match]) -> list[Match]:
    """Each column and each field at most once, the surest pairs first."""
    columns: set[int] = set()
    fields: set[str] = set()
    kept: list[Match] = []
    for match in matches:
        index = match.profile.column.index
        if index not in columns and match.field.path not in fields:
            columns.add(index)
            fields.add(match.field.path)
            kept.append(match)
    return kept
