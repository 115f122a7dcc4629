"""Proposals of mappings: profile the columns, choose the call, match columns with fields, write the lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from importer.mapping import fold_heading
from importer.sources import Source
from importer.suggest.account import AccountProfile, activity_fields_of, lead_fields_of, lead_part
from importer.suggest.evidence import Fit, assess_values
from importer.suggest.mapping_writer import can_be_named
from importer.suggest.matching import Confidence, Match, assign, candidates, names_of, resolve_matches
from importer.suggest.model import Ignored, MappingLine, Proposal
from importer.suggest.profile import ColumnProfile, Shape, profile_columns
from importer.suggest.row_selection import data_rows, find_unwanted_rows
from importer.suggest.rules import mapping_lines
from importer.suggest.similarity import QUALIFIED, likeness, nearest_option
from importer.suggest.target_selection import ActivityTypeChoice, TargetChoice, choose_target, choose_type
from importer.suggest.vocabulary import ACTIVITY_CODE, LEAD_FIELDS, WHOLE_NAME, CandidateField
from importer.targets import TARGETS

_MOST_SHOWN, _LONGEST_SHOWN = 6, 60
_SHAPES = (Shape.EMAIL, Shape.UUID, Shape.FLAG, Shape.INTEGER, Shape.NUMBER, Shape.URL, Shape.IP)


def propose(
    source: Source,
    facts: AccountProfile,
    target: str | None = None,
    reading: Callable[[int], None] = lambda rows: None,
) -> Proposal:
    """Propose a mapping for the file from all its rows; ``target`` is the person's choice of a call.

    ``reading`` is called with the number of rows read so far; what it raises ends the proposal.
    Equal files and facts give equal proposals. Raises :class:`importer.core.errors.SourceError` for a broken file.
    """
    no_data: list[int] = []
    profiles = profile_columns(source.columns, data_rows(source.chunks(), no_data), facts.country, reading)
    named = [profile for profile in profiles if can_be_named(profile.column.label)]
    choice = choose_target(named, facts, source.path.stem, target)
    kinds = _type_columns(named, facts) if "activity" in TARGETS[choice.target].sections else []
    texts = [source.path.stem, source.sheet, *(column.heading for column in source.columns)]
    # A file with several types of activity has no single one.
    chosen = None if kinds else choose_type(facts, texts, named)
    fields = _fields(choice, facts, chosen)
    found = sorted([*candidates(named, fields), *kinds], key=lambda match: -match.score)
    matches = resolve_matches(assign(found), fields, named)
    entries = _entries(matches, choice, chosen, facts)
    choice = _findable(choice, matches)
    order = _order(fields)
    entries.sort(key=lambda entry: (entry.section != "lead", order.get((entry.section, entry.field), 99)))
    return Proposal(
        file=Path(source.path).name,
        rows=(profiles[0].rows if profiles else 0) + len(no_data),
        columns=tuple(column.label for column in source.columns),
        target=choice.target,
        target_reason=choice.reason,
        search_by=choice.search_by,
        entries=tuple(entries),
        ignored=tuple(_ignored(profiles, entries, fields)),
        todos=tuple(_missing(choice, fields, entries)),
        unwanted=find_unwanted_rows(named),
        no_data=tuple(no_data),
    )


def _entries(
    matches: Sequence[Match], choice: TargetChoice, chosen: ActivityTypeChoice | None, facts: AccountProfile
) -> list[MappingLine]:
    """Return the lines for all matches, and the one with the activity type where the call needs one."""
    entries = [entry for match in matches for entry in mapping_lines(match, facts)]
    if "activity" in TARGETS[choice.target].sections and not any(entry.field == "ActivityEvent" for entry in entries):
        entries.append(_event(chosen, facts))
    return entries


def _fields(choice: TargetChoice, facts: AccountProfile, chosen: ActivityTypeChoice | None) -> list[CandidateField]:
    """Every field that the call can fill."""
    target = TARGETS[choice.target]
    fields = lead_fields_of(facts) if "lead" in target.sections else []
    if "activity" not in target.sections:
        return fields
    # A remark beside an activity is about the activity.
    fields = [field for field in fields if field.name != "Notes"]
    names = {lead_field or choice.search_by: key for key, lead_field in target.lead_keys.items()}
    if "LastName" in names:
        names[WHOLE_NAME] = WHOLE_NAME
    fields += [replace(field, name=names[field.name]) for field in lead_part(list(names))]
    return fields + activity_fields_of(facts, chosen.code if chosen else "", target.activity_keys)


def _order(fields: Sequence[CandidateField]) -> dict[tuple[str, str], int]:
    order = {(field.section, field.name): place for place, field in enumerate(fields)}
    first = {"EmailAddress": -60, "ActivityEvent": -3, "ActivityDateTime": -1, "ActivityNote": -2}
    activity = {("activity", name): place + 50 for name, place in first.items()}
    named = {
        key: place + (100 if key[0] == "activity" and key[1].startswith("mx_") else 0) for key, place in order.items()
    }
    return {**named, **activity}


def _type_columns(profiles: Sequence[ColumnProfile], facts: AccountProfile) -> list[Match]:
    """Find columns whose values are names of several of the account's activity types."""
    found = []
    for profile in profiles:
        options = [nearest_option(text, facts.activity_types) for text in profile.choices]
        if len(options) > 1 and all(options):
            exact = all(option and option.exact for option in options)
            sure = Confidence.HIGH if exact else Confidence.MEDIUM
            reason = f"all values are {'' if exact else 'nearly '}names of the account's activity types"
            found.append(Match(profile, ACTIVITY_CODE, sure, reason, 500.0))
    return found


def _findable(choice: TargetChoice, matches: Sequence[Match]) -> TargetChoice:
    """Search by Mobile in place of Phone where the account keeps its numbers there."""
    names = {match.field.name for match in matches}
    if choice.search_by == "Phone" and "Mobile" in names and not names & {"Phone", "SearchByValue"}:
        return replace(choice, search_by="Mobile")
    return choice


def _event(chosen: ActivityTypeChoice | None, facts: AccountProfile) -> MappingLine:
    """Return the line with the code of the activity type; without a choice, one that fails every check."""
    known = ", ".join(f"{code} {name}" for code, name in facts.activity_types[:12])
    if chosen is not None:
        reason = f'"{chosen.name}": {chosen.reason}; the account has {known}'
        return MappingLine("activity", "ActivityEvent", "", Confidence.MEDIUM, reason, {"value": chosen.code})
    todo = "Which type of activity? Write its code in place of TODO" + (
        f"; the account has {known}." if known else " (in LeadSquared: Settings, Leads, Custom Activities & Scores)."
    )
    rule = {"value": "TODO", "type": "integer"}
    return MappingLine("activity", "ActivityEvent", "", Confidence.LOW, "the file does not say", rule, todo)


def _ignored(
    profiles: Sequence[ColumnProfile], entries: Sequence[MappingLine], fields: Sequence[CandidateField]
) -> list[Ignored]:
    used = {column for entry in entries if not entry.held for column in entry.columns}
    held = {column: entry.field for entry in entries if entry.held for column in entry.columns}
    folded = {fold_heading(label) for label in used}
    found = []
    for profile in profiles:
        label = profile.column.label
        if label not in used:
            words = (
                f"waits for your choice at {held[label]}"
                if label in held
                else _explain_unused_column(profile, fields, entries)
            )
            found.append(Ignored(label, words, can_be_named(label) and fold_heading(label) not in folded))
    return found


def _missing(
    choice: TargetChoice, fields: Sequence[CandidateField], entries: Sequence[MappingLine]
) -> list[tuple[str, str]]:
    """What the call or the account demands and no column gives."""
    filled = {(entry.section, entry.field) for entry in entries if not entry.held}
    found = [
        (field.section, f"LeadSquared demands {field.name} ({field.label}), and no column gives it: add a line.")
        for field in fields
        if field.mandatory and (field.section, field.name) not in filled
    ]
    target = TARGETS[choice.target]
    identifiers = target.lead_identifiers or ((f"lead.{choice.search_by}",) if choice.search_by else ())
    needed = [tuple(name.split(".", 1)) for name in identifiers]
    if not needed or filled.intersection(needed):
        return found
    if target.needs_identifier:
        names = " or ".join(name for _, name in needed)
        found.append((needed[0][0], f"{choice.target} needs {names}, and no column was recognised as it."))
    else:
        words = "No column has an id, an e-mail or a phone number: every row would make a new lead, each time."
        found.append(("lead", words))
    return found


def _explain_unused_column(
    profile: ColumnProfile, fields: Sequence[CandidateField], entries: Sequence[MappingLine]
) -> str:
    """Explain why no field was found for the column, and describe its values."""
    if not profile.filled:
        return "no field was found for it, and it is empty"
    heading = profile.column.heading
    wanted = _find_named_field(heading, fields)
    filled = {entry.field for entry in entries}
    if wanted is not None:
        found = assess_values(profile, wanted)
        if found.fit is Fit.AGAINST:
            return f"named like {wanted.name}, but {found.reason}"
        if wanted.name in filled or (wanted.name == WHOLE_NAME and "FirstName" in filled):
            return f"named like {wanted.name}, which another column fills"
    elsewhere = _find_named_field(
        heading, [field for field in LEAD_FIELDS if field.name not in {one.name for one in fields}]
    )
    if elsewhere is not None and assess_values(profile, elsewhere).fit > Fit.AGAINST:
        return f"looks like the lead field {elsewhere.name}, which this call does not write"
    return f"no field was found for it; {_describe_values(profile)}"


def _find_named_field(heading: str, fields: Sequence[CandidateField]) -> CandidateField | None:
    scores = [
        (likeness(heading, (*names_of(field), *field.vague))[0], -place, field) for place, field in enumerate(fields)
    ]
    best = max(scores, key=lambda entry: entry[:2], default=None)
    return best[2] if best is not None and best[0] >= QUALIFIED else None


def _describe_values(profile: ColumnProfile) -> str:
    """Describe the values of a column; only repeated words are shown, never an address or a phone number."""
    choices = profile.choices
    for shape in _SHAPES:
        if profile.share(shape) >= 0.9:
            return f"its values are {shape.value}"
    if profile.share(Shape.PHONE) > 0.5:
        return "its values are shaped like phone numbers"
    if profile.dates.is_date:
        form = profile.dates.proven
        return f"its values are dates{f' of the form {form.text}' if form else ''}"
    shown = ", ".join(choices)
    if 0 < len(choices) <= _MOST_SHOWN and len(shown) <= _LONGEST_SHOWN and profile.filled >= 3 * len(choices):
        return f"its values are {shown}"
    return "its values are texts"
