"""Reading back recognises what was sent, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.model import Status
from importer.delivery.reconciliation.clock_difference import ClockDifference, SendTime, send_time
from importer.delivery.reconciliation.evidence import format_evidence
from importer.delivery.reconciliation.matcher import (
    ReadBackResult,
    RowGroup,
    RowMatch,
    RowPresence,
    content_form,
    created_since,
    match_rows,
    normal_form,
    parse_crm_time,
    same_activity,
    written_since,
)
from importer.leadsquared.interface import CrmActivity, CrmLead
from importer.targets.interface import EffectType, ReadBackQuery
from tests.support.sampled import examples

SENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
AT = SendTime(SENT, SENT)
LEAD = "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"
CONTENT = {
    "ActivityEvent": "201",
    "ActivityNote": "came\r\nearly",
    "ActivityDateTime": "2026-02-01 04:30:00",
    "mx_Custom_2": "7.0",
    "mx_Custom_9": "",
}
QUERY = ReadBackQuery(EffectType.ACTIVITY, "ProspectID", LEAD, "201", CONTENT)


def seen(identity: str = "one", **changes: object) -> CrmActivity:
    values: dict[str, object] = {
        "id": identity,
        "lead_id": LEAD,
        "event": "201",
        "created_on": "2/1/2026 4:30:00 AM",
        "modified_on": (SENT + timedelta(seconds=3)).isoformat(timespec="milliseconds"),
        "fields": {"ActivityNote": " came\nearly ", "mx_Custom_2": "7", "mx_Custom_5": "set by an automation"},
    }
    return CrmActivity(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a\r\nb", "a\nb"),
        ("a\rb", "a\nb"),
        (" a ", "a"),
        ("1.0", "1"),
        ("1.50", "1.5"),
        ("-2.0", "-2"),
        ("0.0", "0"),
        ("Tom &amp; Co", "Tom & Co"),
        ("e\u0301", "é"),
        ("2026-02-01 04:30:00", "2/1/2026 4:30:00 AM"),
        ("2026-02-01 04:30:00", "2026-02-01T04:30:00.250+00:00"),
        ("2026-02-01", "2026-02-01 00:00:00"),
    ],
)
def test_spellings_that_mean_the_same(one: str, other: str) -> None:
    """What the CRM changes on its way in and out makes no difference."""
    assert normal_form(one) == normal_form(other)


@pytest.mark.parametrize(
    ("one", "other"), [("007", "7"), ("+91", "91"), ("a b", "ab"), ("A", "a"), ("1e5", "100000"), ("1.5", "15")]
)
def test_spellings_that_mean_something_else(one: str, other: str) -> None:
    """Codes, phone numbers and texts stay what they are."""
    assert normal_form(one) != normal_form(other)


def test_moments() -> None:
    """A time stamp is read in every form of the CRM, and other texts are not."""
    assert parse_crm_time("2026-02-01 04:30:00Z") == datetime(2026, 2, 1, 4, 30, tzinfo=UTC)
    assert parse_crm_time("noon") is None
    assert parse_crm_time("2026-13-45 99:00:00") is None


def test_the_same_activity_is_recognised() -> None:
    """All that was sent must be there; what others added does not matter, empty fields were never sent."""
    assert same_activity(QUERY, seen())
    assert not same_activity(QUERY, seen(event="202"))
    assert not same_activity(QUERY, seen(fields={"ActivityNote": "came\nearly"}))
    assert not same_activity(QUERY, seen(created_on="2/1/2026 4:31:00 AM"))
    assert same_activity(QUERY, seen(event=""))


def test_content_form_ignores_empty_fields_and_the_owner() -> None:
    """Rows that the CRM cannot show apart have one content form."""
    other = ReadBackQuery(
        EffectType.ACTIVITY, "ProspectID", LEAD, "201", {**CONTENT, "ActivityOwnerEmail": "a@example.com"}
    )
    assert content_form(QUERY) == content_form(other)


def test_an_activity_written_before_the_call_left_is_not_ours() -> None:
    """The write time counts, with two minutes of margin and the server's skew."""
    early = (SENT - timedelta(minutes=3)).isoformat()
    without_time = replace(QUERY, content={"ActivityNote": "came"})
    assert written_since(seen(modified_on=early), QUERY, AT) is False
    behind = ClockDifference(-120.0, -120.0)
    assert written_since(seen(modified_on=early), QUERY, send_time(SENT, behind))
    assert written_since(seen(modified_on="", created_on=""), QUERY, AT)
    assert written_since(seen(modified_on="", created_on=SENT.isoformat()), without_time, AT)
    unsure = send_time(SENT, ClockDifference(-120.0, 0.0))
    assert written_since(seen(modified_on=early), QUERY, unsure) is None


def judge_group(
    query: ReadBackQuery, rows: int, looked: ReadBackResult, booked: Collection[str] = (), key: str = ""
) -> list[RowMatch]:
    (findings,) = match_rows([RowGroup(query, rows, AT)], looked, booked, key)
    return findings


def judged(rows: int, looked: ReadBackResult, booked: frozenset[str] = frozenset(), key: str = "") -> list[RowPresence]:
    return [match.presence for match in judge_group(QUERY, rows, looked, booked, key)]


def test_counts_are_compared_not_existence() -> None:
    """Two identical rows need two activities; one already booked counts for nobody else."""
    two = ReadBackResult(activities=(seen("one"), seen("two")))
    assert judged(2, two) == [RowPresence.PRESENT, RowPresence.PRESENT]
    assert judged(3, two) == [RowPresence.PRESENT, RowPresence.PRESENT, RowPresence.ABSENT]
    assert judged(1, two) == [RowPresence.UNCLEAR]
    assert judged(1, two, frozenset({"one"})) == [RowPresence.PRESENT]
    assert judged(1, ReadBackResult()) == [RowPresence.ABSENT]
    assert judged(2, ReadBackResult(trouble="broken")) == [RowPresence.UNCLEAR, RowPresence.UNCLEAR]


def test_an_import_key_decides_alone() -> None:
    """With our own key in the activity its other content may have changed since."""
    query = ReadBackQuery(EffectType.ACTIVITY, "ProspectID", LEAD, "201", {**CONTENT, "mx_Custom_20": "abc"})
    edited = seen(fields={"mx_Custom_20": "abc", "ActivityNote": "edited"})
    other = seen("two", fields={"mx_Custom_20": "xyz"})
    (match,) = judge_group(query, 1, ReadBackResult(activities=(edited, other)), (), "mx_Custom_20")
    assert (match.presence, match.activity_id, match.status) == (RowPresence.PRESENT, "one", Status.CREATED)
    assert "import key" in match.text


@pytest.mark.parametrize(
    ("leads", "found", "status"),
    [
        ((), RowPresence.ABSENT, Status.UNCERTAIN),
        ((CrmLead(LEAD, SENT.isoformat()),), RowPresence.PRESENT, Status.CREATED),
        ((CrmLead(LEAD, "2020-01-01 00:00:00"),), RowPresence.PRESENT, Status.REJECTED),
        ((CrmLead(LEAD, ""),), RowPresence.UNCLEAR, Status.UNCERTAIN),
        ((CrmLead(LEAD, ""), CrmLead("other", "")), RowPresence.UNCLEAR, Status.UNCERTAIN),
    ],
)
def test_leads(leads: tuple[CrmLead, ...], found: RowPresence, status: Status) -> None:
    """A lead is ours when it was created since the call left, and a duplicate when it is older."""
    query = ReadBackQuery(EffectType.LEAD, "EmailAddress", "a@example.com", "", {})
    (match,) = judge_group(query, 1, ReadBackResult(leads=leads))
    assert (match.presence, match.status) == (found, status)
    if leads and leads[0].created_on:
        assert created_since(leads[0], AT) is (status is Status.CREATED)


def same_lead(*contents: dict[str, str], looked: ReadBackResult) -> list[list[RowPresence]]:
    groups = [
        RowGroup(ReadBackQuery(EffectType.ACTIVITY, "ProspectID", LEAD, "201", content), 1, AT) for content in contents
    ]
    return [[match.presence for match in found] for found in match_rows(groups, looked, (), "")]


def noted(identity: str, **fields: str) -> CrmActivity:
    return seen(identity, fields=fields)


def test_rows_that_share_an_activity() -> None:
    """A row with fewer fields fits the activity of a fuller one: all there or none there is clear, some is not."""
    short, full = {"ActivityNote": "came"}, {"ActivityNote": "came", "mx_Custom_2": "7"}
    other = {"ActivityNote": "left"}
    both = (noted("a", ActivityNote="came", mx_Custom_2="7"), noted("b", ActivityNote="came"))
    assert same_lead(short, full, looked=ReadBackResult(activities=both)) == [
        [RowPresence.PRESENT],
        [RowPresence.PRESENT],
    ]
    assert same_lead(full, short, looked=ReadBackResult(activities=both)) == [
        [RowPresence.PRESENT],
        [RowPresence.PRESENT],
    ]
    assert same_lead(short, full, looked=ReadBackResult()) == [[RowPresence.ABSENT], [RowPresence.ABSENT]]
    assert same_lead(short, other, full, looked=ReadBackResult(activities=both[:1])) == [
        [RowPresence.UNCLEAR],
        [RowPresence.ABSENT],
        [RowPresence.UNCLEAR],
    ]
    third = noted("c", ActivityNote="came", mx_Custom_2="7")
    assert same_lead(short, full, looked=ReadBackResult(activities=(*both, third))) == [
        [RowPresence.UNCLEAR],
        [RowPresence.UNCLEAR],
    ]
    # Two activities for two rows, but both have only the short row's content.
    short_only = (noted("a", ActivityNote="came"), noted("b", ActivityNote="came", mx_Custom_2="7"), noted("d"))
    assert same_lead(full, other, short, looked=ReadBackResult(activities=short_only))[1] == [RowPresence.ABSENT]


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(100))
@given(
    sent=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["", "x", "y"])), min_size=1, max_size=4),
    data=st.data(),
)
def test_an_activity_is_never_given_to_two_rows(sent: list[tuple[str, str]], data: st.DataObject) -> None:
    """Whatever arrived: no activity is given twice, and a row counts as absent only when it is."""
    arrived = [data.draw(st.booleans()) for _ in sent]
    contents = [{"ActivityNote": note, "mx_Custom_1": city} for note, city in sent]
    activities = [
        noted(f"id-{index}", **{name: text for name, text in contents[index].items() if text})
        for index, there in enumerate(arrived)
        if there
    ]
    kinds = sorted(set(sent))
    groups = [
        RowGroup(
            ReadBackQuery(EffectType.ACTIVITY, "ProspectID", LEAD, "201", contents[sent.index(kind)]),
            sent.count(kind),
            AT,
        )
        for kind in kinds
    ]
    judged = match_rows(groups, ReadBackResult(activities=tuple(activities)), (), "")
    ids = [match.activity_id for found in judged for match in found if match.presence is RowPresence.PRESENT]
    assert len(set(ids)) == len(ids)
    for kind, found in zip(kinds, judged, strict=True):
        missing = sum(1 for one, there in zip(sent, arrived, strict=True) if one == kind and not there)
        assert sum(1 for match in found if match.presence is RowPresence.ABSENT) <= missing


def test_a_lead_that_is_gone() -> None:
    """Its rows stay unclear, unless the lead's absence says that they were never stored."""
    group = RowGroup(QUERY, 2, AT)
    (found,) = match_rows([group], ReadBackResult(gone=True), (), "")
    assert [match.presence for match in found] == [RowPresence.UNCLEAR, RowPresence.UNCLEAR]
    (found,) = match_rows([replace(group, absent_without_lead=True)], ReadBackResult(gone=True), (), "")
    assert [match.presence for match in found] == [RowPresence.ABSENT, RowPresence.ABSENT]


def test_evidence_of_leads_and_of_activities_without_content() -> None:
    """The words fit what was looked for, and a long list of ids is cut."""
    at = {"sent_at": SENT, "read_at": SENT}
    of_lead = ReadBackQuery(EffectType.LEAD, "EmailAddress", "a@example.com", "", {})
    text = format_evidence("2 leads match this row.", of_lead, **at, seen=2, candidate_ids=["one", "two"])
    assert "Looked for the lead with EmailAddress a@example.com." in text
    assert "The reading showed 2 leads; these fit: one, two." in text
    assert "search the leads for this value" in text
    bare = ReadBackQuery(EffectType.ACTIVITY, "ProspectID", LEAD, "", {})
    text = format_evidence("Found.", bare, **at, seen=1, candidate_ids=["one"])
    assert "an activity with the row's type alone" in text
    assert "1 activity; this fits: one." in text
    several = ReadBackQuery(
        EffectType.ACTIVITY, "ProspectID", LEAD, "201", {"ActivityNote": "n", "mx_A": "1", "mx_B": "2"}
    )
    text = format_evidence("Unclear.", several, **at, seen=9, candidate_ids=list("abcdefg"))
    assert "ActivityNote, mx_A and mx_B" in text
    assert "these fit: a, b, c, d, e, …." in text


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("/Date(1769920200000+0530)/", datetime(2026, 2, 1, 4, 30, tzinfo=UTC)),
        ("2026-02-01T10:00:00+05:30", datetime(2026, 2, 1, 4, 30, tzinfo=UTC)),
        ("2026-02-01T10:00:00.5+05:30", datetime(2026, 2, 1, 4, 30, tzinfo=UTC)),
        ("2026-02-01T04:30:00.1234567Z", datetime(2026, 2, 1, 4, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00+05:30", None),
        ("/Date(999999999999999)/", None),
    ],
)
def test_moments_of_other_forms(text: str, moment: datetime | None) -> None:
    """Ticks, zones and fractions of any length are read; what no calendar holds is not."""
    assert parse_crm_time(text) == moment


BEFORE, AFTER = "2020-01-01 00:00:00", (SENT + timedelta(seconds=3)).isoformat()


@pytest.mark.parametrize(
    ("fields", "presence", "status"),
    [
        ({"EmailAddress": "A@example.com", "mx_City": "Pune", "ModifiedOn": AFTER}, RowPresence.PRESENT, "updated"),
        ({"EmailAddress": "a@example.com", "mx_City": "Pune", "ModifiedOn": BEFORE}, RowPresence.PRESENT, "unchanged"),
        ({"EmailAddress": "a@example.com", "mx_City": "Pune"}, RowPresence.PRESENT, "updated"),
        ({"EmailAddress": "a@example.com", "mx_City": "pune"}, RowPresence.OUTDATED, "uncertain"),
    ],
)
def test_an_older_lead_is_one_to_update(fields: dict[str, str], presence: RowPresence, status: str) -> None:
    """It holds the row's values, or the call may be made once more."""
    content = {"ProspectID": "other", "EmailAddress": "a@example.com", "mx_City": "Pune"}
    query = ReadBackQuery(EffectType.LEAD, "EmailAddress", "a@example.com", "", content, updates=True)
    result = ReadBackResult(leads=(CrmLead(LEAD, BEFORE, fields),))
    (((match),),) = match_rows([RowGroup(query, 1, AT)], result, set(), "")
    assert (match.presence, match.status.value) == (presence, status)


def test_a_lead_is_created_by_one_row_only() -> None:
    """By the first of several, and by none when another row of the run created it."""
    query = ReadBackQuery(EffectType.LEAD, "EmailAddress", "a@example.com", "", {"mx_City": "Pune"}, updates=True)
    lead = CrmLead(LEAD, AFTER, {"mx_City": "Pune", "ModifiedOn": AFTER})
    groups = [RowGroup(query, 2, AT)]
    for owned, expected in ((set(), ["created", "updated"]), ({LEAD.upper()}, ["updated", "updated"])):
        (matches,) = match_rows(groups, ReadBackResult(leads=(lead,)), owned, "")
        assert [match.status.value for match in matches] == expected


def test_no_lead_with_the_id_proves_nothing() -> None:
    """A new lead gets another id; where a phone is spelled otherwise, the update would make a second lead."""
    query = ReadBackQuery(EffectType.LEAD, "ProspectID", LEAD, "", {"ProspectID": LEAD}, updates=True)
    ((match,),) = match_rows([RowGroup(query, 1, AT)], ReadBackResult(), set(), "")
    assert match.presence is RowPresence.UNCLEAR
    phone = ReadBackQuery(EffectType.LEAD, "Phone", "9812300001", "", {"Phone": "9812300001"}, updates=True)
    stored = CrmLead(LEAD, BEFORE, {"Phone": "+91-9812300001"})
    ((match,),) = match_rows([RowGroup(phone, 1, AT)], ReadBackResult(leads=(stored,)), set(), "")
    assert (match.presence, "as +91-9812300001" in match.text) == (RowPresence.UNCLEAR, True)


def test_an_older_lead_with_an_own_field_may_be_another_one() -> None:
    """Only e-mail and phone are unique in every account."""
    query = ReadBackQuery(EffectType.LEAD, "mx_Roll", "7", "", {"mx_Roll": "7"})
    lead = CrmLead(LEAD, BEFORE, {"mx_Roll": "7"})
    ((match,),) = match_rows([RowGroup(query, 1, AT)], ReadBackResult(leads=(lead,)), set(), "")
    assert match.presence is RowPresence.UNCLEAR
