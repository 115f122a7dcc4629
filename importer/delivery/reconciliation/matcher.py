"""Match the rows that were sent with what a read-back shows, and compare both sides in one normal form.

Pure: it is given what the CRM shows, and decides.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from importer.core.model import Status
from importer.delivery.reconciliation.assignment import assign_activities, connect_groups
from importer.delivery.reconciliation.clock_difference import SendTime
from importer.leadsquared import DUPLICATE_ENTRY, CrmActivity, CrmLead, parse_timestamp
from importer.targets import EffectType, ReadBackQuery

MIN_TRUNCATED_LENGTH = 100
"""From this length on a text that begins like ours counts as ours, truncated to the length of the CRM's field."""

_NOT_COMPARED = frozenset({"ActivityOwnerEmail", "ProcessFilesAsync", "ActivityEvent"})
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


class RowPresence(StrEnum):
    """The presence of a row in the CRM, by one reading."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCLEAR = "unclear"
    OUTDATED = "outdated"
    """The lead of an update is there, and does not hold the row's content: the same call may be made once more."""


@dataclass(frozen=True, slots=True)
class RowMatch:
    """The decision for one row: its status and ids, and ``text``, the evidence in one sentence.

    ``candidate_ids`` are the ids of the activities or leads that may be this row's, when it stays unclear.
    """

    presence: RowPresence
    status: Status = Status.UNCERTAIN
    activity_id: str = ""
    lead_id: str = ""
    code: str = ""
    text: str = ""
    candidate_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadBackResult:
    """The activities or leads that the CRM shows for one lead; ``trouble`` says why nothing can be concluded.

    ``gone`` says that the lead itself is not in the CRM: deleted, merged into another, hidden from these keys, or never
    there.
    """

    activities: tuple[CrmActivity, ...] = ()
    leads: tuple[CrmLead, ...] = ()
    trouble: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class RowGroup:
    """``rows`` rows of one lead that cannot be told apart, the first of which left at ``sent`` (the server's time).

    ``absent_without_lead`` says that the rows are certainly absent when their lead is not in the CRM.
    """

    query: ReadBackQuery
    rows: int
    sent: SendTime
    absent_without_lead: bool = False


_ABSENT = RowMatch(RowPresence.ABSENT)
BY_IMPORT_KEY = "by its import key"
"""Stands in the evidence of rows whose activity was recognised by our own key."""

_ALWAYS_UNIQUE = frozenset({"EmailAddress", "Phone"})
"""Fields that no two leads share: a call that creates leads is refused for a value that is there."""
_GONE = "The row's lead is not in LeadSquared: it was deleted, merged into another, or is hidden from these keys."
_MAY_HAVE_OTHER_ID = (
    "No lead has the row's id, but LeadSquared gives a new lead an id of its own: the call may have created one, and "
    "the row has neither e-mail nor phone by which it could be found."
)


def match_rows(
    groups: Sequence[RowGroup], found: ReadBackResult, owned: Collection[str], import_key: str
) -> list[list[RowMatch]]:
    """Return for each group of one lead's rows one match for each of its rows.

    ``owned`` are the ids of activities or created leads that already belong to a row. ``import_key`` names the content
    field that carries our key, or is empty. Counts are compared, not existence: two identical rows need two
    activities, and an activity that may be of two different rows is given to neither of them unless all of both are
    there.
    """
    if found.trouble:
        return [[RowMatch(RowPresence.UNCLEAR, text=found.trouble)] * group.rows for group in groups]
    matches: list[list[RowMatch]] = [[] for _ in groups]
    candidates: list[list[CrmActivity]] = [[] for _ in groups]
    created = {lead_id.lower() for lead_id in owned}
    # First pass: groups that are decided by the lead alone, and the candidates of all others.
    for index, group in enumerate(groups):
        if group.query.effect is EffectType.LEAD:
            matches[index] = _match_leads(found, group, created)
        elif found.gone:
            one = _ABSENT if group.absent_without_lead else RowMatch(RowPresence.UNCLEAR, text=_GONE)
            matches[index] = [one] * group.rows
        else:
            candidates[index] = find_candidates(group, found, owned, import_key)
    # Second pass: groups that share a candidate are decided together, by counting.
    undecided = [index for index in range(len(groups)) if not matches[index]]
    for members in connect_groups(undecided, candidates):
        rows = [groups[one].rows for one in members]
        doubtful = any(_is_doubtful(groups[one], each, import_key) for one in members for each in candidates[one])
        counted = _match_counts(rows, [candidates[one] for one in members], import_key, doubtful=doubtful)
        for index, match in zip(members, counted, strict=True):
            matches[index] = match
    return matches


def find_candidates(
    group: RowGroup, found: ReadBackResult, owned: Collection[str], import_key: str
) -> list[CrmActivity]:
    """Return the activities that may be rows of the group, the earliest first."""
    query = group.query
    key = query.content.get(import_key, "") if import_key else ""
    candidates = [
        activity
        for activity in found.activities
        if activity.id not in owned
        and (
            same_key(key, activity.fields.get(import_key, ""))
            if key
            else same_activity(query, activity) and written_since(activity, query, group.sent) is not False
        )
    ]
    return sorted(candidates, key=lambda activity: (activity.created_on, activity.id))


def _is_doubtful(group: RowGroup, candidate: CrmActivity, import_key: str) -> bool:
    """Return whether the clocks do not tell if the activity was written before the rows were sent."""
    by_key = import_key and group.query.content.get(import_key, "")
    return not by_key and written_since(candidate, group.query, group.sent) is None


def _match_counts(
    rows: Sequence[int], candidates: Sequence[Sequence[CrmActivity]], import_key: str, *, doubtful: bool
) -> list[list[RowMatch]]:
    """Match groups that share activities, or a single group, by the number of their rows and activities.

    ``doubtful`` says that one of the activities may be older than the rows.
    """
    distinct = {activity.id: activity for listed in candidates for activity in listed}
    sent = sum(rows)
    ids = tuple(sorted(distinct))
    if doubtful:
        text = (
            "LeadSquared holds what looks like this row, but the clocks do not tell whether it was written before or "
            "after this row was sent."
        )
        return [[RowMatch(RowPresence.UNCLEAR, text=text, candidate_ids=ids)] * count for count in rows]
    # More activities than rows: some are not ours, and nothing tells which.
    if len(distinct) > sent:
        text = (
            f"LeadSquared holds {len(distinct)} activities that look like {sent} sent; "
            "which of them is ours is not known."
        )
        return [[RowMatch(RowPresence.UNCLEAR, text=text, candidate_ids=ids)] * count for count in rows]
    # Fewer activities than rows of several groups: they could belong to either group.
    assigned = assign_activities(rows, candidates)
    if len(rows) > 1 and sum(map(len, assigned)) < sent:
        text = (
            f"LeadSquared holds {len(distinct)} of the {sent} activities of this lead's uncertain rows; "
            "which row's they are is not known."
        )
        return [[RowMatch(RowPresence.UNCLEAR, text=text, candidate_ids=ids)] * count for count in rows]
    by = BY_IMPORT_KEY if import_key else "by its content"
    return [
        [_present(distinct[identity], by) for identity in own] + [_ABSENT] * (count - len(own))
        for own, count in zip(assigned, rows, strict=True)
    ]


def _present(activity: CrmActivity, by: str) -> RowMatch:
    return RowMatch(
        RowPresence.PRESENT,
        Status.CREATED,
        activity_id=activity.id,
        lead_id=activity.lead_id,
        text=f"Confirmed by reading back, recognised {by}.",
    )


def _match_leads(found: ReadBackResult, group: RowGroup, created: set[str]) -> list[RowMatch]:
    """Match rows with the same lead; only the first of them can have created it, which adds it to ``created``."""
    matches = []
    for _ in range(group.rows):
        matches.append(_match_lead(found, group, created))
        if matches[-1].status is Status.CREATED:
            created.add(matches[-1].lead_id.lower())
    return matches


def _match_lead(found: ReadBackResult, group: RowGroup, created: Collection[str]) -> RowMatch:
    query = group.query
    if not found.leads:
        # A new lead gets an id of LeadSquared's own, so a search for the id that was sent does not find it.
        by_id = query.lead_field == "ProspectID"
        return RowMatch(RowPresence.UNCLEAR, text=_MAY_HAVE_OTHER_ID) if by_id else _ABSENT
    if len(found.leads) > 1:
        ids = tuple(lead.id for lead in found.leads)
        return RowMatch(RowPresence.UNCLEAR, text=f"{len(ids)} leads match this row.", candidate_ids=ids)
    lead = found.leads[0]
    created_by_us = lead.id.lower() not in created and created_since(lead, group.sent)
    if created_by_us is None:
        text = "The lead exists, but whether it was created before or after this row was sent is not known."
        return RowMatch(RowPresence.UNCLEAR, lead_id=lead.id, text=text, candidate_ids=(lead.id,))
    if created_by_us:
        return RowMatch(
            RowPresence.PRESENT, Status.CREATED, lead_id=lead.id, text="Confirmed by reading back the lead."
        )
    return _match_updated_lead(lead, group) if query.updates else _match_older_lead(lead, query)


def _match_older_lead(lead: CrmLead, query: ReadBackQuery) -> RowMatch:
    """Match a row of a call that only creates leads with a lead that was there before."""
    if query.lead_field not in _ALWAYS_UNIQUE:
        text = f"A lead with this {query.lead_field} existed before; whether the account keeps it unique is not known."
        return RowMatch(RowPresence.UNCLEAR, lead_id=lead.id, text=text, candidate_ids=(lead.id,))
    return RowMatch(
        RowPresence.PRESENT,
        Status.REJECTED,
        lead_id=lead.id,
        code=DUPLICATE_ENTRY,
        text="A lead with these details existed before this row was sent.",
    )


def _match_updated_lead(lead: CrmLead, group: RowGroup) -> RowMatch:
    """Match a row with a lead that the row did not create, and that its call may have changed."""
    query = group.query
    if not same_lead(query, lead):
        shown = lead.fields.get(query.lead_field, "")
        if query.lead_field in ("Phone", "Mobile") and shown.strip() != query.lead_value.strip():
            text = f"LeadSquared holds the number as {shown}; sent in another spelling it could make a second lead."
            return RowMatch(RowPresence.UNCLEAR, lead_id=lead.id, text=text, candidate_ids=(lead.id,))
        return RowMatch(RowPresence.OUTDATED, lead_id=lead.id)
    status = Status.UPDATED if changed_since(lead, group.sent) else Status.UNCHANGED
    return RowMatch(RowPresence.PRESENT, status, lead_id=lead.id, text="Confirmed by reading back the lead's fields.")


def normal_form(text: str) -> str:
    """Return the form in which two texts are the same to the CRM.

    Line ends, outer blanks, Unicode composition, HTML entities, number spelling (1.0 = 1) and the CRM's date forms
    make no difference; everything else does.
    """
    plain = html.unescape(text).replace("\r\n", "\n").replace("\r", "\n")
    plain = unicodedata.normalize("NFC", plain).strip()
    moment = parse_crm_time(plain)
    if moment is not None:
        return moment.strftime("%Y-%m-%d %H:%M:%S")
    if _NUMBER.fullmatch(plain) and len(plain) < 30 and not _is_code(plain):
        try:
            return format(Decimal(plain).normalize(), "f")
        except InvalidOperation:  # pragma: no cover  the pattern admits only numbers
            return plain
    return plain


def _is_code(text: str) -> bool:
    """Return whether leading zeros or a plus make it a code or phone number, not a number."""
    digits = text.lstrip("+-")
    return text.startswith("+") or (len(digits) > 1 and digits[0] == "0" and digits[1] != ".")


def parse_crm_time(text: str) -> datetime | None:
    """Parse a date or time of the CRM (UTC, whole seconds); ``None`` for other texts."""
    plain = text.strip()
    if len(plain) < 8 or not (plain[0].isdigit() or plain.startswith("/Date(")):
        return None
    moment = parse_timestamp(plain)
    if moment is None:
        try:
            moment = datetime.strptime(plain, "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            return None
    return moment.replace(microsecond=0)


def same_activity(query: ReadBackQuery, activity: CrmActivity) -> bool:
    """Return whether the activity holds exactly what the row would have put there."""
    if activity.event and query.event and activity.event != query.event:
        return False
    return all(same_text(query.content[name], shown_text(activity, name)) for name in compared_fields(query))


def same_text(sent: str, shown: str) -> bool:
    """Return whether the CRM shows a text that was sent, perhaps cut short."""
    plain, seen = normal_form(sent), normal_form(shown)
    return seen == plain or (MIN_TRUNCATED_LENGTH <= len(seen) < len(plain) and plain.startswith(seen))


def shown_text(activity: CrmActivity, name: str) -> str:
    """Return what the activity shows of a field that was sent."""
    return activity.created_on if name == "ActivityDateTime" else activity.fields.get(name, "")


def same_lead(query: ReadBackQuery, lead: CrmLead) -> bool:
    """Return whether the lead holds everything that the row would have put there; its id may be another one."""
    for name, text in query.content.items():
        sent, shown = normal_form(text), normal_form(lead.fields.get(name, ""))
        if name == "EmailAddress":
            sent, shown = sent.casefold(), shown.casefold()
        if name != "ProspectID" and sent != shown:
            return False
    return True


def same_key(sent: str, found: str) -> bool:
    """Return whether the field for the import key holds ours; its case and outer blanks make no difference."""
    return bool(sent) and found.strip().casefold() == sent.strip().casefold()


def compared_fields(query: ReadBackQuery) -> list[str]:
    """Return the names of the fields by which an activity is recognised, in the order of the mapping."""
    return [name for name, text in query.content.items() if name not in _NOT_COMPARED and text.strip()]


def content_form(query: ReadBackQuery) -> tuple[tuple[str, str], ...]:
    """Return the normal form of all that is compared: rows with the same one cannot be told apart in the CRM."""
    return tuple(sorted((name, normal_form(query.content[name])) for name in compared_fields(query)))


def written_since(activity: CrmActivity, query: ReadBackQuery, sent: SendTime) -> bool | None:
    """Return whether the activity can have been written by a call that left at ``sent``; ``None`` if nobody knows.

    An activity that tells no time of writing may have been.
    """
    moments = write_times(activity, query)
    return sent.precedes(max(moments)) if moments else True


def write_times(activity: CrmActivity, query: ReadBackQuery) -> list[datetime]:
    """Return the times at which the activity was written, as far as it tells them.

    `ModifiedOn` is one; `CreatedOn` is only when the row brought no time of its own.
    """
    stamps = [activity.modified_on] if has_own_time(query) else [activity.modified_on, activity.created_on]
    return [moment for moment in map(parse_crm_time, stamps) if moment is not None]


def has_own_time(query: ReadBackQuery) -> bool:
    """Return whether the row says itself when its activity happened, which LeadSquared then shows as `CreatedOn`."""
    return bool(query.content.get("ActivityDateTime"))


def created_since(lead: CrmLead, sent: SendTime) -> bool | None:
    """Return whether the lead was created by a call that left at ``sent`` or later; ``None`` if nobody knows."""
    moment = parse_crm_time(lead.created_on)
    return None if moment is None else sent.precedes(moment)


def changed_since(lead: CrmLead, sent: SendTime) -> bool:
    """Return whether the lead was changed by a call that left at ``sent`` or later, or does not say when it was."""
    moment = parse_crm_time(lead.fields.get("ModifiedOn", ""))
    return moment is None or bool(sent.precedes(moment))
