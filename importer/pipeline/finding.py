"""What a read-back proves about rows that look alike. Pure: it is given what was seen and decides."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from importer.crm.interface import ActivitySeen, LeadSeen
from importer.model import Status
from importer.pipeline.matching import created_since, same_activity, written_since
from importer.targets.interface import Footprint, Trace


class Found(StrEnum):
    """What one reading says of one row."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Finding:
    """The decision for one row: its status and ids, and the evidence in words."""

    found: Found
    status: Status = Status.UNCERTAIN
    activity_id: str = ""
    lead_id: str = ""
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen at one lead; ``trouble`` says why nothing can be concluded."""

    activities: tuple[ActivitySeen, ...] = ()
    leads: tuple[LeadSeen, ...] = ()
    trouble: str = ""


_ABSENT = Finding(Found.ABSENT)


def judge_group(
    footprint: Footprint,
    rows: int,
    looked: Looked,
    booked: Collection[str],
    import_key: str,
    *,
    sent_at: datetime,
    skew: float,
) -> list[Finding]:
    """One finding for each of ``rows`` rows of one lead that cannot be told apart.

    ``booked`` are activity ids that already belong to a row. ``import_key`` names the content field that carries our
    key, or is empty. Counts are compared, not existence: two identical rows need two activities.
    """
    if looked.trouble:
        return [Finding(Found.UNCLEAR, text=looked.trouble)] * rows
    if footprint.trace is Trace.LEAD:
        return [_judge_lead(looked, sent_at, skew)] * rows
    seen = _ours(footprint, looked, booked, import_key, sent_at, skew)
    if len(seen) > rows:
        text = (
            f"LeadSquared holds {len(seen)} activities that look like {rows} sent; which of them is ours is not known."
        )
        return [Finding(Found.UNCLEAR, text=text)] * rows
    by = "by its import key" if import_key else "by its content"
    present = [
        Finding(
            Found.PRESENT,
            Status.CREATED,
            activity_id=activity.id,
            lead_id=activity.lead_id,
            text=f"Confirmed by reading back, recognised {by}.",
        )
        for activity in seen
    ]
    return present + [_ABSENT] * (rows - len(present))


def _ours(
    footprint: Footprint, looked: Looked, booked: Collection[str], import_key: str, sent_at: datetime, skew: float
) -> list[ActivitySeen]:
    key = footprint.content.get(import_key, "") if import_key else ""
    has_own_time = bool(footprint.content.get("ActivityDateTime"))
    candidates = [
        activity
        for activity in looked.activities
        if activity.id not in booked
        and (
            activity.fields.get(import_key, "") == key
            if key
            else same_activity(footprint, activity) and written_since(activity, sent_at, skew, has_own_time)
        )
    ]
    return sorted(candidates, key=lambda activity: (activity.created_on, activity.id))


def _judge_lead(looked: Looked, sent_at: datetime, skew: float) -> Finding:
    if not looked.leads:
        return _ABSENT
    if len(looked.leads) > 1:
        return Finding(Found.UNCLEAR, text=f"{len(looked.leads)} leads match this row.")
    lead = looked.leads[0]
    ours = created_since(lead, sent_at, skew)
    if ours is None:
        return Finding(Found.UNCLEAR, lead_id=lead.id, text="The lead exists, but not since when.")
    if ours:
        return Finding(Found.PRESENT, Status.CREATED, lead_id=lead.id, text="Confirmed by reading back the lead.")
    return Finding(
        Found.PRESENT,
        Status.REJECTED,
        lead_id=lead.id,
        code="MXDuplicateEntryException",
        text="A lead with these details existed before this import.",
    )
