"""What a read-back proves about rows that look alike. Pure: it is given what was seen and decides."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from importer.core.model import Status
from importer.delivery.reconciliation.comparison import created_since, same_activity, same_key, written_since
from importer.leadsquared.interface import ActivitySeen, LeadSeen
from importer.targets.interface import Footprint, Trace


class Found(StrEnum):
    """What one reading says of one row."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Finding:
    """The decision for one row: its status and ids, and the evidence in words.

    ``fitting`` are the ids of the activities that may be this row's, when it stays unclear.
    """

    found: Found
    status: Status = Status.UNCERTAIN
    activity_id: str = ""
    lead_id: str = ""
    code: str = ""
    text: str = ""
    fitting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen at one lead; ``trouble`` says why nothing can be concluded.

    ``gone`` says that the lead itself is not in the CRM: deleted, merged into another, hidden from these keys, or never
    there.
    """

    activities: tuple[ActivitySeen, ...] = ()
    leads: tuple[LeadSeen, ...] = ()
    trouble: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """``rows`` rows of one lead that cannot be told apart, the first of which left at ``sent_at`` (UTC).

    ``skew`` is the server's clock minus ours, in seconds. ``without_lead`` says that the rows are certainly absent when
    their lead is not in the CRM.
    """

    footprint: Footprint
    rows: int
    sent_at: datetime
    skew: float
    without_lead: bool = False


_ABSENT = Finding(Found.ABSENT)
_GONE = "The row's lead is not in LeadSquared: it was deleted, merged into another, or is hidden from these keys."


def judge_lead(
    groups: Sequence[Group], looked: Looked, booked: Collection[str], import_key: str
) -> list[list[Finding]]:
    """For each group of one lead's rows, one finding for each of its rows.

    ``booked`` are activity ids that already belong to a row. ``import_key`` names the content field that carries our
    key, or is empty. Counts are compared, not existence: two identical rows need two activities, and an activity that
    may be of two different rows is given to neither of them unless all of both are there.
    """
    if looked.trouble:
        return [[Finding(Found.UNCLEAR, text=looked.trouble)] * group.rows for group in groups]
    findings: list[list[Finding]] = [[] for _ in groups]
    candidates: list[list[ActivitySeen]] = [[] for _ in groups]
    for index, group in enumerate(groups):
        if group.footprint.trace is Trace.LEAD:
            findings[index] = [_judge_lead(looked, group.sent_at, group.skew)] * group.rows
        elif looked.gone:
            one = _ABSENT if group.without_lead else Finding(Found.UNCLEAR, text=_GONE)
            findings[index] = [one] * group.rows
        else:
            candidates[index] = _candidates(group, looked, booked, import_key)
    open_groups = [index for index in range(len(groups)) if not findings[index]]
    for members in _sharing(open_groups, candidates):
        judged = _judge_counts([groups[one].rows for one in members], [candidates[one] for one in members], import_key)
        for index, found in zip(members, judged, strict=True):
            findings[index] = found
    return findings


def _candidates(group: Group, looked: Looked, booked: Collection[str], import_key: str) -> list[ActivitySeen]:
    """The activities that may be rows of the group, the earliest first."""
    footprint = group.footprint
    key = footprint.content.get(import_key, "") if import_key else ""
    has_own_time = bool(footprint.content.get("ActivityDateTime"))
    found = [
        activity
        for activity in looked.activities
        if activity.id not in booked
        and (
            same_key(key, activity.fields.get(import_key, ""))
            if key
            else same_activity(footprint, activity) and written_since(activity, group.sent_at, group.skew, has_own_time)
        )
    ]
    return sorted(found, key=lambda activity: (activity.created_on, activity.id))


def _sharing(indices: Sequence[int], candidates: Sequence[Sequence[ActivitySeen]]) -> list[list[int]]:
    """The groups, those together that have an activity in common."""
    parts: list[tuple[list[int], set[str]]] = []
    for index in indices:
        ids = {activity.id for activity in candidates[index]}
        apart = [part for part in parts if part[1].isdisjoint(ids)]
        joined = [part for part in parts if not part[1].isdisjoint(ids)]
        members = [member for part in joined for member in part[0]]
        parts = [*apart, ([*members, index], ids.union(*(part[1] for part in joined)))]
    return [sorted(members) for members, _ in parts]


def _judge_counts(
    rows: Sequence[int], candidates: Sequence[Sequence[ActivitySeen]], import_key: str
) -> list[list[Finding]]:
    """Findings of groups that share activities, or of a single group."""
    distinct = {activity.id: activity for listed in candidates for activity in listed}
    wanted = sum(rows)
    ids = tuple(sorted(distinct))
    if len(distinct) > wanted:
        text = (
            f"LeadSquared holds {len(distinct)} activities that look like {wanted} sent; "
            "which of them is ours is not known."
        )
        return [[Finding(Found.UNCLEAR, text=text, fitting=ids)] * count for count in rows]
    given = _assigned(rows, candidates)
    if len(rows) > 1 and sum(map(len, given)) < wanted:
        text = (
            f"LeadSquared holds {len(distinct)} of the {wanted} activities of this lead's rows in doubt; "
            "which row's they are is not known."
        )
        return [[Finding(Found.UNCLEAR, text=text, fitting=ids)] * count for count in rows]
    by = "by its import key" if import_key else "by its content"
    return [
        [_present(distinct[identity], by) for identity in own] + [_ABSENT] * (count - len(own))
        for own, count in zip(given, rows, strict=True)
    ]


def _present(activity: ActivitySeen, by: str) -> Finding:
    return Finding(
        Found.PRESENT,
        Status.CREATED,
        activity_id=activity.id,
        lead_id=activity.lead_id,
        text=f"Confirmed by reading back, recognised {by}.",
    )


def _assigned(rows: Sequence[int], candidates: Sequence[Sequence[ActivitySeen]]) -> list[list[str]]:
    """Activities for as many rows as possible, each for one row (augmenting paths); ids by group."""
    owner: dict[str, int] = {}

    def place(group: int, tried: set[str]) -> bool:
        for activity in candidates[group]:
            if activity.id in tried:
                continue
            tried.add(activity.id)
            if activity.id not in owner or place(owner[activity.id], tried):
                owner[activity.id] = group
                return True
        return False

    for group, count in enumerate(rows):
        for _ in range(count):
            place(group, set())
    return [
        [activity.id for activity in listed if owner.get(activity.id) == group]
        for group, listed in enumerate(candidates)
    ]


def _judge_lead(looked: Looked, sent_at: datetime, skew: float) -> Finding:
    if not looked.leads:
        return _ABSENT
    if len(looked.leads) > 1:
        ids = tuple(lead.id for lead in looked.leads)
        return Finding(Found.UNCLEAR, text=f"{len(looked.leads)} leads match this row.", fitting=ids)
    lead = looked.leads[0]
    ours = created_since(lead, sent_at, skew)
    if ours is None:
        return Finding(Found.UNCLEAR, lead_id=lead.id, text="The lead exists, but not since when.", fitting=(lead.id,))
    if ours:
        return Finding(Found.PRESENT, Status.CREATED, lead_id=lead.id, text="Confirmed by reading back the lead.")
    return Finding(
        Found.PRESENT,
        Status.REJECTED,
        lead_id=lead.id,
        code="MXDuplicateEntryException",
        text="A lead with these details existed before this import.",
    )
