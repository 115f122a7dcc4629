"""Reading back recognises what was sent, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.model import Status
from importer.delivery.reconciliation.comparison import (
    content_form,
    created_since,
    normal_form,
    parse_moment,
    same_activity,
    written_since,
)
from importer.delivery.reconciliation.evidence import evidence
from importer.delivery.reconciliation.matcher import Finding, Found, Group, Looked, judge_lead
from importer.leadsquared.interface import ActivitySeen, LeadSeen
from importer.targets.interface import Footprint, Trace

SENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LEAD = "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"
CONTENT = {
    "ActivityEvent": "201",
    "ActivityNote": "came\r\nearly",
    "ActivityDateTime": "2026-02-01 04:30:00",
    "mx_Custom_2": "7.0",
    "mx_Custom_9": "",
}
FOOTPRINT = Footprint(Trace.ACTIVITY, "ProspectID", LEAD, "201", CONTENT)


def seen(identity: str = "one", **changes: object) -> ActivitySeen:
    values: dict[str, object] = {
        "id": identity,
        "lead_id": LEAD,
        "event": "201",
        "created_on": "2/1/2026 4:30:00 AM",
        "modified_on": (SENT + timedelta(seconds=3)).isoformat(timespec="milliseconds"),
        "fields": {"ActivityNote": " came\nearly ", "mx_Custom_2": "7", "mx_Custom_5": "set by an automation"},
    }
    return ActivitySeen(**{**values, **changes})  # type: ignore[arg-type]


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
    assert parse_moment("2026-02-01 04:30:00Z") == datetime(2026, 2, 1, 4, 30, tzinfo=UTC)
    assert parse_moment("noon") is None
    assert parse_moment("2026-13-45 99:00:00") is None


def test_the_same_activity_is_recognised() -> None:
    """All that was sent must be there; what others added does not matter, empty fields were never sent."""
    assert same_activity(FOOTPRINT, seen())
    assert not same_activity(FOOTPRINT, seen(event="202"))
    assert not same_activity(FOOTPRINT, seen(fields={"ActivityNote": "came\nearly"}))
    assert not same_activity(FOOTPRINT, seen(created_on="2/1/2026 4:31:00 AM"))
    assert same_activity(FOOTPRINT, seen(event=""))


def test_content_form_ignores_empty_fields_and_the_owner() -> None:
    """Rows that the CRM cannot show apart have one content form."""
    other = Footprint(Trace.ACTIVITY, "ProspectID", LEAD, "201", {**CONTENT, "ActivityOwnerEmail": "a@example.com"})
    assert content_form(FOOTPRINT) == content_form(other)


def test_an_activity_written_before_the_call_left_is_not_ours() -> None:
    """The write time counts, with two minutes of margin and the server's skew."""
    early = (SENT - timedelta(minutes=3)).isoformat()
    assert not written_since(seen(modified_on=early), SENT, 0.0, has_own_time=True)
    assert written_since(seen(modified_on=early), SENT, -120.0, has_own_time=True)
    assert written_since(seen(modified_on="", created_on=""), SENT, 0.0, has_own_time=True)
    assert written_since(seen(modified_on="", created_on=SENT.isoformat()), SENT, 0.0, has_own_time=False)


def judge_group(
    footprint: Footprint, rows: int, looked: Looked, booked: Collection[str] = (), key: str = ""
) -> list[Finding]:
    (findings,) = judge_lead([Group(footprint, rows, SENT, 0.0)], looked, booked, key)
    return findings


def judged(rows: int, looked: Looked, booked: frozenset[str] = frozenset(), key: str = "") -> list[Found]:
    return [finding.found for finding in judge_group(FOOTPRINT, rows, looked, booked, key)]


def test_counts_are_compared_not_existence() -> None:
    """Two identical rows need two activities; one already booked counts for nobody else."""
    two = Looked(activities=(seen("one"), seen("two")))
    assert judged(2, two) == [Found.PRESENT, Found.PRESENT]
    assert judged(3, two) == [Found.PRESENT, Found.PRESENT, Found.ABSENT]
    assert judged(1, two) == [Found.UNCLEAR]
    assert judged(1, two, frozenset({"one"})) == [Found.PRESENT]
    assert judged(1, Looked()) == [Found.ABSENT]
    assert judged(2, Looked(trouble="broken")) == [Found.UNCLEAR, Found.UNCLEAR]


def test_an_import_key_decides_alone() -> None:
    """With our own key in the activity its other content may have changed since."""
    footprint = Footprint(Trace.ACTIVITY, "ProspectID", LEAD, "201", {**CONTENT, "mx_Custom_20": "abc"})
    edited = seen(fields={"mx_Custom_20": "abc", "ActivityNote": "edited"})
    other = seen("two", fields={"mx_Custom_20": "xyz"})
    (finding,) = judge_group(footprint, 1, Looked(activities=(edited, other)), (), "mx_Custom_20")
    assert (finding.found, finding.activity_id, finding.status) == (Found.PRESENT, "one", Status.CREATED)
    assert "import key" in finding.text


@pytest.mark.parametrize(
    ("leads", "found", "status"),
    [
        ((), Found.ABSENT, Status.UNCERTAIN),
        ((LeadSeen(LEAD, SENT.isoformat()),), Found.PRESENT, Status.CREATED),
        ((LeadSeen(LEAD, "2020-01-01 00:00:00"),), Found.PRESENT, Status.REJECTED),
        ((LeadSeen(LEAD, ""),), Found.UNCLEAR, Status.UNCERTAIN),
        ((LeadSeen(LEAD, ""), LeadSeen("other", "")), Found.UNCLEAR, Status.UNCERTAIN),
    ],
)
def test_leads(leads: tuple[LeadSeen, ...], found: Found, status: Status) -> None:
    """A lead is ours when it was created since the call left, and a duplicate when it is older."""
    footprint = Footprint(Trace.LEAD, "EmailAddress", "a@example.com", "", {})
    (finding,) = judge_group(footprint, 1, Looked(leads=leads))
    assert (finding.found, finding.status) == (found, status)
    if leads and leads[0].created_on:
        assert created_since(leads[0], SENT, 0.0) is (status is Status.CREATED)


def same_lead(*contents: dict[str, str], looked: Looked) -> list[list[Found]]:
    groups = [
        Group(Footprint(Trace.ACTIVITY, "ProspectID", LEAD, "201", content), 1, SENT, 0.0) for content in contents
    ]
    return [[finding.found for finding in found] for found in judge_lead(groups, looked, (), "")]


def noted(identity: str, **fields: str) -> ActivitySeen:
    return seen(identity, fields=fields)


def test_rows_that_share_an_activity() -> None:
    """A row with fewer fields fits the activity of a fuller one: all there or none there is clear, some is not."""
    short, full = {"ActivityNote": "came"}, {"ActivityNote": "came", "mx_Custom_2": "7"}
    other = {"ActivityNote": "left"}
    both = (noted("a", ActivityNote="came", mx_Custom_2="7"), noted("b", ActivityNote="came"))
    assert same_lead(short, full, looked=Looked(activities=both)) == [[Found.PRESENT], [Found.PRESENT]]
    assert same_lead(full, short, looked=Looked(activities=both)) == [[Found.PRESENT], [Found.PRESENT]]
    assert same_lead(short, full, looked=Looked()) == [[Found.ABSENT], [Found.ABSENT]]
    assert same_lead(short, other, full, looked=Looked(activities=both[:1])) == [
        [Found.UNCLEAR],
        [Found.ABSENT],
        [Found.UNCLEAR],
    ]
    third = noted("c", ActivityNote="came", mx_Custom_2="7")
    assert same_lead(short, full, looked=Looked(activities=(*both, third))) == [[Found.UNCLEAR], [Found.UNCLEAR]]
    # Two activities for two rows, but both have only the short row's content.
    short_only = (noted("a", ActivityNote="came"), noted("b", ActivityNote="came", mx_Custom_2="7"), noted("d"))
    assert same_lead(full, other, short, looked=Looked(activities=short_only))[1] == [Found.ABSENT]


@settings(deadline=None, max_examples=100)
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
        Group(
            Footprint(Trace.ACTIVITY, "ProspectID", LEAD, "201", contents[sent.index(kind)]),
            sent.count(kind),
            SENT,
            0.0,
        )
        for kind in kinds
    ]
    judged = judge_lead(groups, Looked(activities=tuple(activities)), (), "")
    ids = [finding.activity_id for found in judged for finding in found if finding.found is Found.PRESENT]
    assert len(set(ids)) == len(ids)
    for kind, found in zip(kinds, judged, strict=True):
        missing = sum(1 for one, there in zip(sent, arrived, strict=True) if one == kind and not there)
        assert sum(1 for finding in found if finding.found is Found.ABSENT) <= missing


def test_a_lead_that_is_gone() -> None:
    """Its rows stay unclear, unless the lead's absence says that they were never stored."""
    group = Group(FOOTPRINT, 2, SENT, 0.0)
    (found,) = judge_lead([group], Looked(gone=True), (), "")
    assert [finding.found for finding in found] == [Found.UNCLEAR, Found.UNCLEAR]
    (found,) = judge_lead([replace(group, without_lead=True)], Looked(gone=True), (), "")
    assert [finding.found for finding in found] == [Found.ABSENT, Found.ABSENT]


def test_evidence_of_leads_and_of_activities_without_content() -> None:
    """The words fit what was looked for, and a long list of ids is cut."""
    at = {"sent_at": SENT, "looked_at": SENT}
    of_lead = Footprint(Trace.LEAD, "EmailAddress", "a@example.com", "", {})
    text = evidence("2 leads match this row.", of_lead, **at, seen=2, fitting=["one", "two"])
    assert "Looked for the lead with EmailAddress a@example.com." in text
    assert "The reading showed 2 leads; these fit: one, two." in text
    assert "search the leads for this value" in text
    bare = Footprint(Trace.ACTIVITY, "ProspectID", LEAD, "", {})
    text = evidence("Found.", bare, **at, seen=1, fitting=["one"])
    assert "an activity with the row's type alone" in text
    assert "1 activity; this fits: one." in text
    several = Footprint(Trace.ACTIVITY, "ProspectID", LEAD, "201", {"ActivityNote": "n", "mx_A": "1", "mx_B": "2"})
    text = evidence("Unclear.", several, **at, seen=9, fitting=list("abcdefg"))
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
    assert parse_moment(text) == moment
