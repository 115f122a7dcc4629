"""Matching of columns and fields: every pair is scored by heading and values, and the surest pairs win."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from importer.suggest.evidence import Evidence, Fit, assess_values
from importer.suggest.headings import EXACT, NEAR, QUALIFIED, likeness, means_other
from importer.suggest.profile import ColumnProfile
from importer.suggest.vocabulary import CandidateField, ValueKind

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
    clock: ColumnProfile | None = None
    """For a day: the column with the time of that day."""


def match_column(profile: ColumnProfile, field: CandidateField) -> Match | None:
    """Score the column as a candidate for the field; ``None`` when it is none."""
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
    found = assess_values(profile, field)
    if found.fit is Fit.AGAINST:
        return None
    if score < QUALIFIED and field.kind in _PERSONAL and field.name != "ActivityOwnerEmail" and means_other(heading):
        return None
    confidence = _confidence(score, weak, found, field, profile)
    if confidence is None:
        return None
    points = _POINTS[confidence] + score + 10 * found.fit - (3 if weak else 0)
    return Match(profile, field, confidence, f"{_describe_heading(score, name, field)}; {found.reason}", points, weak)


def names_of(field: CandidateField) -> tuple[str, ...]:
    """Return the names of the field, the account's own first."""
    schema = field.name.removeprefix("mx_").replace("_", " ")
    own = (field.label,) if field.label else ()
    return (*own, schema, *field.phrases)


def _confidence(
    score: float, weak: bool, found: Evidence, field: CandidateField, profile: ColumnProfile
) -> Confidence | None:
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
    found = [match for profile in profiles for field in fields if (match := match_column(profile, field)) is not None]
    return sorted(found, key=lambda match: -match.score)


def assign(matches: Sequence[Match]) -> list[Match]:
    """Choose pairs so that each column and each field is used at most once, the surest pairs first."""
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
