"""How a column of dates is written: its form only when it is proven, its time zone only when it is known."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from importer.suggest.account import AccountFacts
from importer.suggest.date_forms import ZONE_WORDS, Form
from importer.suggest.matching import Confidence, Match
from importer.suggest.model import Entry, Rule, Value
from importer.transforms.date_forms import example_of

_ABBREVIATION = re.compile(rf"\b({'|'.join(ZONE_WORDS)})\b")
_SEASONS = (datetime(2025, 1, 15, tzinfo=UTC), datetime(2025, 7, 15, tzinfo=UTC))
_GERMAN = {"MEZ": "CET", "MESZ": "CEST"}


def date_entry(match: Match, facts: AccountFacts) -> Entry:
    """The line for a column of dates; held back, with the choices, when a person must decide."""
    dates = match.profile.dates
    form = dates.proven
    odd = f"{dates.odd} cells are words without a date" if dates.odd else ""
    if form is None:
        return _held(match, facts)
    zone, doubt = _zone(match, form, facts)
    if doubt:
        rule = _rule(match, form, "", plain=dates.plain)
        reason = f"{match.reason}; {doubt}"
        todo = f"{doubt[0].upper()}{doubt[1:]}: say which time zone is meant, uncomment the line, and take the "
        return _entry(match, reason, todo + 'column off "ignore".', alternatives=(rule,))
    rule = _rule(match, form, zone, plain=dates.plain)
    todo = ""
    if rule["type"] == "datetime" and not zone and "%z" not in form.text:
        todo = (
            "Where does the clock hang? Add for example `timezone: Asia/Kolkata`, or set LEADSQUARED_TIME_ZONE; "
            "the file does not say."
        )
    midnight = (
        "the file has no time of day, so midnight is meant" if str(rule.get("template", "")).endswith("00:00") else ""
    )
    return _entry(match, "; ".join(filter(None, (match.reason, odd, midnight))), todo, rule=rule)


def _entry(
    match: Match, reason: str, todo: str, *, rule: Rule | None = None, alternatives: tuple[Rule, ...] = ()
) -> Entry:
    confidence = Confidence.LOW if alternatives else match.confidence
    column = match.profile.column.label
    field = match.field
    given = dict(rule or {})
    if given and field.mandatory:
        given["required"] = "true"
    second = match.clock.column.label if match.clock else ""
    return Entry(field.section, field.name, column, confidence, reason, given, todo, alternatives, second=second)


def _held(match: Match, facts: AccountFacts) -> Entry:
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


def _rule(match: Match, form: Form, zone: str, *, plain: bool) -> Rule:
    """The options of the field. Where LeadSquared wants a moment and the file has a day, midnight is meant."""
    label = match.profile.column.label
    zoned: dict[str, Value] = {"timezone": zone} if zone and "%z" not in form.text else {}
    if match.clock is not None:
        template = f"{{{label}}} {{{match.clock.column.label}}}"
        return {"template": template, "type": "datetime", "format": f"{form.text} {match.clock.clock}", **zoned}
    if plain:
        return {"column": label, "type": "datetime", **zoned} if _moment(match, form) else _day(label, "")
    if form.timed:
        return {"column": label, "type": "datetime", "format": form.text, **zoned}
    if match.field.timed and not {"{", "}"} & set(label):
        return {"template": f"{{{label}}} 00:00", "type": "datetime", "format": f"{form.text} %H:%M", **zoned}
    return _day(label, form.text)


def _moment(match: Match, form: Form) -> bool:
    return form.timed or match.field.timed


def _day(label: str, form: str) -> Rule:
    return {"column": label, "type": "date", **({"format": form} if form else {})}


def _zone(match: Match, form: Form, facts: AccountFacts) -> tuple[str, str]:
    """The time zone, or why it is in doubt; both empty when nothing is known of it or none is needed."""
    if "%z" in form.text:
        return "", ""
    if form.utc:
        return "UTC", ""
    clock = match.clock or match.profile
    said = None
    if form.timed or match.clock:
        said = _ABBREVIATION.search(form.text) or _ABBREVIATION.search(clock.column.heading)
    if said is None:
        return facts.time_zone, ""
    if said[1] in ("UTC", "GMT"):
        return "UTC", ""
    if facts.time_zone and _GERMAN.get(said[1], said[1]) in _names(facts.time_zone):
        return facts.time_zone, ""
    return "", f'the file says "{said[1]}", which several zones are called'


def _names(zone: str) -> set[str]:
    """What the zone is called in winter and summer, such as CET and CEST."""
    return {moment.astimezone(ZoneInfo(zone)).tzname() or "" for moment in _SEASONS}


def example_words(rule: Rule) -> str:
    """What the last day of 2026 looks like in the rule's form, so that people see what they choose."""
    form = rule.get("format")
    return f"31 December 2026 would be {example_of(form)}" if isinstance(form, str) else ""
