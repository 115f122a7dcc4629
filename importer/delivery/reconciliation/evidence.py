"""Format the evidence with which a person settles an uncertain row: what was searched for, when, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from importer.core.text import pluralize
from importer.delivery.reconciliation.matcher import compared_fields
from importer.targets import EffectType, ReadBackQuery

_MAX_IDS = 5


def format_evidence(
    text: str,
    query: ReadBackQuery,
    *,
    sent_at: datetime,
    read_at: datetime,
    import_key: str = "",
    seen: int | None = None,
    candidate_ids: Sequence[str] = (),
) -> str:
    """Return ``text``, the result in one sentence, with all that a person needs to search for the row themselves.

    ``sent_at`` and ``read_at`` are in UTC. ``seen`` is how many activities or leads the reading showed, ``None`` when
    it showed nothing at all; ``candidate_ids`` are the ids of those that may be the row's. The row's content is not
    repeated: it stands beside the evidence in every report.
    """
    sentences = [
        text,
        _describe_search(query, import_key),
        f"It was sent on {sent_at:%Y-%m-%d %H:%M:%S} UTC and looked for on {read_at:%Y-%m-%d %H:%M:%S} UTC.",
    ]
    if seen is not None:
        noun = ("lead", "leads") if query.effect is EffectType.LEAD else ("activity", "activities")
        shown = f"The reading showed {seen} {pluralize(seen, *noun)}"
        ids = ", ".join(candidate_ids[:_MAX_IDS]) + (", …" if len(candidate_ids) > _MAX_IDS else "")
        fitting = f"{'these fit' if len(candidate_ids) > 1 else 'this fits'}: {ids}."
        sentences.append(f"{shown}; {fitting}" if candidate_ids else f"{shown}, of which none fits.")
    if query.effect is EffectType.LEAD:
        sentences.append("In LeadSquared: search the leads for this value, and compare the time of creation.")
    else:
        kind = f" filtered by type {query.event}" if query.event else ""
        compare = " Compare the ids." if candidate_ids else ""
        sentences.append(
            f"In LeadSquared: open the lead and read its Activity History{kind} around the time of sending.{compare}"
        )
    return " ".join(sentences)


def describe_lead(query: ReadBackQuery) -> str:
    """Describe the row's lead by the value that identifies it."""
    name = "id" if query.lead_field == "ProspectID" else query.lead_field
    return f"the lead with {name} {query.lead_value}"


def _describe_search(query: ReadBackQuery, import_key: str) -> str:
    if query.effect is EffectType.LEAD:
        return f"Looked for {describe_lead(query)}."
    kind = f"an activity of type {query.event}" if query.event else "an activity"
    key = query.content.get(import_key, "") if import_key else ""
    if key:
        by = f"import key {key} in {import_key}"
    else:
        *names, last = compared_fields(query) or ["type alone"]
        by = f"the row's {', '.join(names)} and {last}" if names else f"the row's {last}"
    return f"Looked for {kind} with {by} at {describe_lead(query)}."
