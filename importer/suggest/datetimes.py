"""Mapping lines for columns of dates: with a form only when it is proven, with a time zone only when it is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from importer.suggest.account import AccountProfile
from importer.suggest.date_detection import DetectedDateForm
from importer.suggest.matching import Confidence, Match
from importer.suggest.model import MappingLine, Rule, Value
from importer.suggest.vocabulary import WORDS
from importer.transforms import example_of

_ABBREVIATION = re.compile(rf"\b({'|'.join(WORDS['time_zones'])})\b")
_SEASONS = (datetime(2025, 1, 15, tzinfo=UTC), datetime(2025, 7, 15, tzinfo=UTC))
_GERMAN = {"MEZ": "CET", "MESZ": "CEST"}


def date_line(match: Match, facts: AccountProfile) -> MappingLine:
    """Return the line for a column of dates; commented out, with the alternatives, when a person must decide."""
    dates = match.profile.dates
    form = dates.proven
    odd = f"{dates.odd} cells are words without a date" if dates.odd else ""
    if form is None:
        return _held(match, facts)
    zone, unclear = _zone(match, form, facts)
    if unclear:
        rule = _rule(match, form, "", plain=dates.plain)
        reason = f"{match.reason}; {unclear}"
        todo = f"{unclear[0].upper()}{unclear[1:]}: say which time zone is meant, uncomment the line, and take the "
        return _entry(match, reason, todo + 'column off "ignore".', alternatives=(rule,))
    rule = _rule(match, form, zone, plain=dates.plain)
    todo = ""
    if rule["type"] == "datetime" and not zone and "%z" not in form.text:
        todo = (
            "Which time zone are these times in? Add for example `timezone: Asia/Kolkata`, or set "
            "LEADSQUARED_TIME_ZONE; the file does not say."
        )
    midnight = (
        "the file has no time of day, so midnight is meant" if str(rule.get("template", "")).endswith("00:00") else ""
    )
    return _entry(match, "; ".join(filter(None, (match.reason, odd, midnight))), todo, rule=rule)


def _entry(
    match: Match, reason: str, todo: str, *, rule: Rule | None = None, alternatives: tuple[Rule, ...] = ()
) -> MappingLine:
    confidence = Confidence.LOW if alternatives else match.confidence
    column = match.profile.column.label
    field = match.field
    given = dict(rule or {})
    if given and field.mandatory:
        given["required"] = "true"
    second = match.clock.column.label if match.clock else ""
    return MappingLine(field.section, field.name, column, confidence, reason, given, todo, alternatives, second=second)


def _held(match: Match, facts: AccountProfile) -> MappingLine:
    dates = match.profile.dates
    zone = facts.time_zone
    if dates.ambiguous:
        rules = tuple(_rule(match, form, zone, plain=False) for form in dates.forms)
        todo = (
            f"Day first or month first? Both fit all {dates.dated} dates, so the file cannot tell. Uncomment the right "
            'line, and take the column off "ignore".'
        )
        return _entry(match, match.reason, todo, alternatives=rules)
    nearest = dates.nearest
    assert nearest is not None
    todo = (
        f"{dates.unfit} of {dates.dated} dates do not have the form that most have. Correct them in the file, or "
        'uncomment the line and let them be reported as invalid; take the column off "ignore".'
    )
    return _entry(match, match.reason, todo, alternatives=(_rule(match, nearest, zone, plain=False),))


def _rule(match: Match, form: DetectedDateForm, zone: str, *, plain: bool) -> Rule:
    """Return the options of the field; midnight is meant where LeadSquared needs a time and the file has only a day."""
    label = match.profile.column.label
    zoned: dict[str, Value] = {"timezone": zone} if zone and "%z" not in form.text else {}
    if match.clock is not None:
        template = f"{{{label}}} {{{match.clock.column.label}}}"
        return {"template": template, "type": "datetime", "format": f"{form.text} {match.clock.clock}", **zoned}
    if plain and (form.timed or match.field.timed):
        return {"column": label, "type": "datetime", **zoned}
    if plain:
        return {"column": label, "type": "date"}
    if form.timed:
        return {"column": label, "type": "datetime", "format": form.text, **zoned}
    if match.field.timed and not {"{", "}"} & set(label):
        return {"template": f"{{{label}}} 00:00", "type": "datetime", "format": f"{form.text} %H:%M", **zoned}
    return {"column": label, "type": "date", "format": form.text}


def _zone(match: Match, form: DetectedDateForm, facts: AccountProfile) -> tuple[str, str]:
    """Return the time zone, or why it is unclear; both empty when nothing is known of it or none is needed."""
    if "%z" in form.text:
        return "", ""
    if form.utc:
        return "UTC", ""
    clock = match.clock or match.profile
    found = None
    if form.timed or match.clock:
        found = _ABBREVIATION.search(form.text) or _ABBREVIATION.search(clock.column.heading)
    if found is None:
        return facts.time_zone, ""
    if found[1] in ("UTC", "GMT"):
        return "UTC", ""
    if facts.time_zone:
        # A zone has two abbreviations, such as CET and CEST.
        known = {moment.astimezone(ZoneInfo(facts.time_zone)).tzname() for moment in _SEASONS}
        if _GERMAN.get(found[1], found[1]) in known:
            return facts.time_zone, ""
    return "", f'the file says "{found[1]}", which several zones are called'


def describe_example(rule: Rule) -> str:
    """Describe how the last day of 2026 looks in the rule's form, so that people see what they choose."""
    form = rule.get("format")
    return f"31 December 2026 would be {example_of(form)}" if isinstance(form, str) else ""
