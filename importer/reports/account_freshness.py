"""How fresh the knowledge of the account was when a plan was made, for reports."""

from __future__ import annotations

from datetime import datetime, timedelta

from importer.planning.store import SchemaSnapshot, SchemaState
from importer.reports.interface import AccountKnown

_HOUR = timedelta(hours=1)


def account_known(facts: SchemaSnapshot, planned_at: str) -> AccountKnown:
    """What reports say of ``facts`` in a plan that was made at ``planned_at`` (ISO)."""
    if not facts.read_at:
        text = "Not compared with, by setting" if facts.state is SchemaState.OFF else ""
        return AccountKnown(facts.state.value, "", None, text)
    read_at = datetime.fromisoformat(facts.read_at)
    age = max(timedelta(), datetime.fromisoformat(planned_at) - read_at)
    limit = "; too old to decide anything" if facts.state is SchemaState.OLD else ""
    text = f"Read {read_at:%d %b %Y %H:%M} UTC, {age_words(age)} before the check{limit}"
    return AccountKnown(facts.state.value, facts.read_at, round(age / _HOUR, 2), text)


def age_words(age: timedelta) -> str:
    """An age in one rough unit: "3 hours"."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        number = int(age.total_seconds() // seconds)
        if number:
            return f"{number} {unit}{'s' if number != 1 else ''}"
    return "less than a minute"
