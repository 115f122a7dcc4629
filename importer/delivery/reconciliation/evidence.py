"""What a person needs to settle a row in doubt: what was looked for, where, when, what was found, and where to look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from importer.delivery.reconciliation.comparison import compared_fields
from importer.targets.interface import Footprint, Trace

_MOST_IDS = 5


def evidence(
    text: str,
    footprint: Footprint,
    *,
    sent_at: datetime,
    looked_at: datetime,
    import_key: str = "",
    seen: int | None = None,
    fitting: Sequence[str] = (),
) -> str:
    """``text``, the finding in one sentence, with everything that a person needs to look for the row themselves.

    ``sent_at`` and ``looked_at`` are in UTC. ``seen`` is how many activities or leads the reading showed, ``None`` when
    it showed nothing at all; ``fitting`` are the ids of those that may be the row's. The row's content is not told: it
    stands beside the evidence in every report.
    """
    return " ".join(
        [
            text,
            _what(footprint, import_key),
            f"It was sent on {sent_at:%Y-%m-%d %H:%M:%S} UTC and looked for on {looked_at:%Y-%m-%d %H:%M:%S} UTC.",
            *_found(footprint, seen, fitting),
            _where(footprint, fitting),
        ]
    )


def lead_words(footprint: Footprint) -> str:
    """The row's lead, as the reading looks it up."""
    name = "id" if footprint.lead_field == "ProspectID" else footprint.lead_field
    return f"the lead with {name} {footprint.lead_value}"


def _what(footprint: Footprint, import_key: str) -> str:
    if footprint.trace is Trace.LEAD:
        return f"Looked for {lead_words(footprint)}."
    kind = f"an activity of type {footprint.event}" if footprint.event else "an activity"
    key = footprint.content.get(import_key, "") if import_key else ""
    how = f"import key {key} in {import_key}" if key else f"the row's {_listed(compared_fields(footprint))}"
    return f"Looked for {kind} with {how} at {lead_words(footprint)}."


def _listed(names: Sequence[str]) -> str:
    if not names:
        return "type alone"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _found(footprint: Footprint, seen: int | None, fitting: Sequence[str]) -> list[str]:
    if seen is None:
        return []
    what = "lead" if footprint.trace is Trace.LEAD else "activity"
    plural = {"lead": "leads", "activity": "activities"}[what]
    shown = f"The reading showed {seen} {what if seen == 1 else plural}"
    if not fitting:
        return [f"{shown}, of which none fits."]
    ids = ", ".join(fitting[:_MOST_IDS]) + (", …" if len(fitting) > _MOST_IDS else "")
    return [f"{shown}; {'these fit' if len(fitting) > 1 else 'this fits'}: {ids}."]


def _where(footprint: Footprint, fitting: Sequence[str]) -> str:
    if footprint.trace is Trace.LEAD:
        return "In LeadSquared: search the leads for this value, and compare the time of creation."
    kind = f" filtered by type {footprint.event}" if footprint.event else ""
    compare = " Compare the ids." if fitting else ""
    return f"In LeadSquared: open the lead and read its Activity History{kind} around the time of sending.{compare}"
