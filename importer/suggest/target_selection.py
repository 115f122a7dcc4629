"""Which LeadSquared call fits what the file holds, and which type of activity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.core.text import join_words
from importer.suggest.account import AccountProfile, KnownField, lead_fields_of
from importer.suggest.matching import Confidence, Match, assign, candidates
from importer.suggest.profile import ColumnProfile
from importer.suggest.similarity import NEAR, likeness, words_of
from importer.suggest.vocabulary import ACTIVITY_TIME, WHOLE_NAME, WORDS
from importer.targets import (
    TARGETS,
    ActivityByEmail,
    BulkActivitiesByLeadField,
    BulkActivitiesByLeadId,
    BulkUpsertLeads,
    CaptureLead,
    LeadAndActivity,
)

_EVENT_WORDS = frozenset(WORDS["event"])
_INQUIRY_WORDS = frozenset(WORDS["inquiries"])
_LEADISH = 3
_MANY_LOST = 2
_TYPES_TRIED = 5
"""Types whose fields are read when nothing speaks for one: each is a call."""
_LEAST_NAMED = 2
_CHOICES = ("ProspectID", "EmailAddress", "Phone", "Mobile")


@dataclass(frozen=True, slots=True)
class TargetChoice:
    """A target with the reason for it; ``search_by`` is the lead field to find leads by, if the target wants one."""

    target: str
    reason: str
    search_by: str


@dataclass(frozen=True, slots=True)
class ActivityTypeChoice:
    """A type of activity, with why it was chosen."""

    code: str
    name: str
    reason: str


def choose_target(
    profiles: Sequence[ColumnProfile], facts: AccountProfile, stem: str, given: str | None
) -> TargetChoice:
    """The call for the file: the ``given`` one, else by what the columns hold; ``stem`` is the file's name."""
    leads = assign(candidates(profiles, lead_fields_of(facts)))
    found = {match.field.name: match for match in leads if match.confidence is not Confidence.LOW}
    known = [name for name in _CHOICES if name in found]
    if "Mobile" in known and "Phone" not in known:
        known[known.index("Mobile")] = "Phone"
    if given:
        return TargetChoice(given, "as asked for", _search_by(given, known))
    event = _event_time(profiles, stem)
    target, reason = _fitting(found, known, event)
    return TargetChoice(target, reason, _search_by(target, known))


def _fitting(found: dict[str, Match], known: list[str], event: Match | None) -> tuple[str, str]:
    when = f'"{event.profile.column.label}" says when something happened' if event else ""
    if "ProspectID" in found:
        label = found["ProspectID"].profile.column.label
        if event is None and len(found) > _LEADISH:
            return BulkUpsertLeads.name, f'"{label}" holds ids of leads, and the other columns describe these leads'
        return BulkActivitiesByLeadId.name, f'"{label}" holds ids of leads{" and " + when if when else ""}'
    if event and "EmailAddress" in found and len(lost := _lost_fields(found, event)) >= _MANY_LOST:
        listed = join_words([f'"{match.profile.column.label}"' for match in lost])
        return LeadAndActivity.name, f"{when}, and {listed} describe the lead, which only this call writes as well"
    if event and "EmailAddress" in found:
        return ActivityByEmail.name, f"each row has an e-mail address, and {when}"
    if event and known:
        return BulkActivitiesByLeadField.name, f"each row has a phone number, and {when}"
    return CaptureLead.name, "the rows describe people, and no column says when something happened"


def _lost_fields(found: dict[str, Match], event: Match) -> list[Match]:
    """Return the columns that surely are fields of the lead and that a call for activities alone would not write."""
    written = {*ActivityByEmail.lead_keys, "Mobile", WHOLE_NAME, "Notes"}
    return [
        match
        for name, match in found.items()
        if name not in written and match.confidence is Confidence.HIGH and match.profile is not event.profile
    ]


def _search_by(target: str, known: Sequence[str]) -> str:
    """The lead field to find leads by: the surest that the file has."""
    if not TARGETS[target].needs_search_by:
        return ""
    usable = [name for name in known if name not in TARGETS[target].not_searchable]
    return usable[0] if usable else "EmailAddress"


def _event_time(profiles: Sequence[ColumnProfile], stem: str) -> Match | None:
    """The column that says when something happened, if one does."""
    found = assign(candidates(profiles, [ACTIVITY_TIME]))
    if not found:
        return None
    (match,) = found
    words = {word for profile in profiles for word in words_of(profile.column.heading)}
    certain = match.confidence is Confidence.HIGH
    speaks_of_event = not _EVENT_WORDS.isdisjoint((*words, *words_of(stem)))
    return match if speaks_of_event or (certain and not words & _INQUIRY_WORDS) else None


def choose_type(
    facts: AccountProfile, texts: Sequence[str], profiles: Sequence[ColumnProfile]
) -> ActivityTypeChoice | None:
    """The account's activity type that the file's name, sheet or headings speak of; ``None`` when none stands out.

    Of types that they hardly speak of, it is the one whose fields have the most headings as their names.
    """
    scored = sorted(((_speaks_of(name, texts), code, name) for code, name in facts.activity_types), reverse=True)
    if scored and scored[0][0] >= 0.5 and (len(scored) == 1 or scored[1][0] < scored[0][0]):
        _, code, name = scored[0]
        return ActivityTypeChoice(code, name, f'file and headings speak of "{name}"')
    counted = sorted(
        ((_count_named_fields(facts.fields_of(code), profiles), code, name) for _, code, name in scored[:_TYPES_TRIED]),
        reverse=True,
    )
    if not counted or counted[0][0] < _LEAST_NAMED or (len(counted) > 1 and counted[1][0] == counted[0][0]):
        return None
    count, code, name = counted[0]
    return ActivityTypeChoice(code, name, f'{count} of the headings are names of fields of "{name}"')


def _count_named_fields(fields: Sequence[KnownField], profiles: Sequence[ColumnProfile]) -> int:
    """Count the headings that are names of fields."""
    labels = tuple(field.label for field in fields if field.label)
    return sum(likeness(profile.column.heading, labels)[0] >= NEAR for profile in profiles)


def _speaks_of(name: str, texts: Sequence[str]) -> float:
    """Share of the words of an activity type's name that the texts have; the first text counts more."""
    wanted = [word for word in words_of(name) if len(word) > 2]
    if not wanted or not texts:
        return 0.0
    first = set(words_of(texts[0]))
    others = {word for text in texts[1:] for word in words_of(text)}
    points = [1.0 if _among(word, first) else 0.4 if _among(word, others) else 0.0 for word in wanted]
    return sum(points) / len(points)


def _among(word: str, words: set[str]) -> bool:
    """Whether a form of the word is there: `attended` and `attendance`, `visit` and `visits`."""
    stem = word[: max(4, len(word) - 3)]
    return any(other == word or (len(other) >= 4 and other.startswith(stem)) for other in words)
