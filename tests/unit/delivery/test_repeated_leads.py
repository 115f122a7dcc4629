"""Leads whose answer was lost: never made twice, and told as if the answer had come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer.core.model import Reply, Request, Status
from importer.sandbox.seed import lead_id
from tests.support.delivery_world import LOST, mx
from tests.support.lead_world import LeadWorld

HEADINGS = "Name,Id,Mail,Tel"
FIELDS = "lead:\n  FirstName: Name\n  ProspectID: Id\n  EmailAddress: Mail\n  Phone: Tel\n"
OWN_FIELDS = "lead:\n  FirstName: Name\n  mx_Student_Number: Number\n"
UNKNOWN = "11111111-1111-4111-8111-111111111111"
LOST_EACH_SECOND = [f"drop-after-processing:{number}" for number in range(1, 12)]


CASES: dict[str, tuple[str, Sequence[tuple[str, str]]]] = {
    "capture": (
        "target: capture-lead\n",
        [
            ("Ann,,ann@example.org,", "created"),
            (f"Bea,{UNKNOWN},,", "uncertain"),
            (f"Cid,{lead_id(5)},cid@example.org,", "created"),
            (f"Dan,{UNKNOWN},dan@example.org,+91-9812300004", "created"),
            (f"Eve,{lead_id(6)},lead0006@example.com,", "updated"),
            (f"Fay,{lead_id(7)},,", "updated"),
            (f"Gus,{UNKNOWN},lead0008@example.com,", "updated"),
            (f"Hal,{lead_id(9)},lead0010@example.com,", "rejected"),
            ("Ida,,,+91-9812300009", "created"),
            ("Jon,,,", "uncertain"),
            ("Kim,,lead0011@example.com,+91-9000000011", "updated"),
        ],
    ),
    "capture with SearchBy": (
        "target: capture-lead\nsearch_by: EmailAddress\n",
        [
            ("Ann,,ann@example.org,", "created"),
            (f"Cid,{lead_id(5)},cid@example.org,+91-9812300002", "created"),
            (f"Dan,{lead_id(5)},dan@example.org,", "created"),
            (f"Eve,{lead_id(6)},,", "uncertain"),
            (f"Fay,{UNKNOWN},lead0008@example.com,+91-9000000008", "updated"),
        ],
    ),
    "capture without update": (
        "target: capture-lead\nupdate_behavior: DoNotUpdate\n",
        [
            ("Ann,,ann@example.org,", "created"),
            ("Eve,,lead0006@example.com,", "unchanged"),
            (f"Fay,{lead_id(7)},lead0007@example.com,", "unchanged"),
        ],
    ),
    "async capture": (
        "target: capture-lead-async\n",
        [("Ann,,ann@example.org,", "created"), ("Bob,,bob@example.org,", "created"),
         ("Eve,,lead0006@example.com,", "updated")],
    ),
    "create by an own field": (
        "target: create-lead\n",
        [("Ann,R-1", "created"), ("Bob,R-2", "created"), ("Cid,R-3", "created"), ("Eve,S-0006", "uncertain")],
    ),
    "upsert by e-mail": (
        "target: bulk-upsert-leads\nsearch_by: EmailAddress\n",
        [
            ("Ann,,ann@example.org,", "created"),
            ("Bob,,bob@example.org,", "created"),
            ("Eve,,lead0006@example.com,+91-9812300006", "updated"),
            ("Rohan,,lead0003@example.com,", "unchanged"),
        ],
    ),
    "upsert by phone": (
        "target: bulk-upsert-leads\nsearch_by: Phone\n",
        [
            ("Ann,,,+91-9812300001", "created"),
            ("Bob,,,+91-9812300002", "created"),
            ("Eve,,,+91-9000000006", "updated"),
            ("Rohan,,,+91-9000000003", "unchanged"),
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", list(CASES))
def test_a_lost_answer_changes_neither_the_leads_nor_what_is_reported(tmp_path: Path, case: str) -> None:
    """Each second call is processed and not answered. Rows that nothing can find again are left to a person."""
    head, rows = CASES[case]
    world = LeadWorld(tmp_path)
    own = case == "create by an own field"
    fields, headings = (OWN_FIELDS, "Name,Number") if own else (FIELDS, HEADINGS)
    outcomes = world.run(head + fields, [headings, *(line for line, _ in rows)], *LOST_EACH_SECOND)
    told = {line: outcome.status.value for (line, _), outcome in zip(rows, outcomes.values(), strict=True)}
    assert told == dict(rows)
    names = [lead["FirstName"] for lead in world.new_leads]
    assert len(names) == len(set(names))
    assert set(names) >= {line.split(",")[0] for line, status in rows if status == "created"}


UPSERT = "target: bulk-upsert-leads\nsearch_by: EmailAddress\nlead:\n  EmailAddress: Mail\n  FirstName: Name\n"


def test_rows_before_the_bad_one_of_a_refused_call_were_created_by_it(tmp_path: Path) -> None:
    """The call is sent again in halves, which find the leads; a row of a lead that another row made is an update."""
    world = LeadWorld(tmp_path, bulk_refusal="whole-call-partial")
    names = [f"{name},{name}@example.org" for name in ("a", "b", "c", "d" * 300, "e")]
    outcomes = world.run(UPSERT, ["Name,Mail", *names, "b2,b@example.org"])
    told = [outcome.status for outcome in outcomes.values()]
    assert told == [Status.CREATED] * 3 + [Status.REJECTED, Status.CREATED, Status.UPDATED]


def test_a_phone_stored_in_another_spelling_is_not_sent_twice(tmp_path: Path) -> None:
    """A second call would not find it by the text that was sent."""
    world = LeadWorld(tmp_path, phone_storage="international")
    mapping = "target: bulk-upsert-leads\nsearch_by: Phone\nlead:\n  Phone: Tel\n  FirstName: Name\n"
    lines = ["Name,Tel", "Ann,9812300001", "Bob,9812300002"]
    outcomes = world.run(mapping, lines, "drop-after-processing:1")
    assert [outcome.status for outcome in outcomes.values()] == [Status.CREATED] * 2
    assert sorted(lead["Phone"] for lead in world.new_leads) == ["+91-9812300001", "+91-9812300002"]


class _Deaf:
    """A client whose questions about many leads, or for one of them, are refused."""

    def __init__(self, crm: Any, path: str) -> None:
        self._crm = crm
        self._path = path

    def send(self, request: Request) -> Reply:
        if self._path in request.path:
            return mx("MXInvalidInputException", "no")
        return self._crm.send(request)  # type: ignore[no-any-return]

    def close(self) -> None:
        pass


def test_a_duplicate_names_the_lead_that_has_the_value(tmp_path: Path) -> None:
    """Not the row's own lead; where LeadSquared does not answer, its own words have to do."""
    mapping = "target: bulk-upsert-leads\nsearch_by: EmailAddress\nlead:\n  EmailAddress: Mail\n  Phone: Tel\n"
    lines = ["Mail,Tel", "ann@example.org,", "lead0006@example.com,+91-9000000005", "cid@example.org,+91-9000000007"]
    outcomes = LeadWorld(tmp_path).run(mapping, lines)
    told = [outcome.evidence for outcome in outcomes.values()]
    assert told[1] == f"The phone +91-9000000005 is that of lead {lead_id(5)} (Arjun Patel, lead0005@example.com)."
    assert f"is that of lead {lead_id(7)}" in told[2]
    deaf = LeadWorld(tmp_path)
    deaf.crm = _Deaf(deaf.crm, "RetrieveLeadByPhoneNumber")  # type: ignore[assignment]
    outcomes = deaf.run(mapping, lines, name="run-2")
    assert [outcome.evidence for outcome in outcomes.values()] == ["", "", ""]


def test_a_lead_that_is_not_shown_is_told_as_its_answer_said(tmp_path: Path) -> None:
    """With a word about the call before it."""
    world = LeadWorld(tmp_path)
    world.crm = _Deaf(world.crm, "ByIds")  # type: ignore[assignment]
    outcomes = world.run(UPSERT, ["Name,Mail", "Ann,ann@example.org", "Bob,bob@example.org"], "drop-after-processing:1")
    assert [outcome.status for outcome in outcomes.values()] == [Status.CREATED, Status.UNCHANGED]
    assert "not known whether it wrote the lead" in outcomes[3].evidence


@pytest.mark.parametrize(("deaf", "expected"), [("no such call", "created"), ("GetByEmailaddress", "rejected")])
def test_a_duplicate_of_the_lead_that_an_earlier_call_made_is_that_lead(
    tmp_path: Path, deaf: str, expected: str
) -> None:
    """LeadSquared did the first call late, after reading back had not found it, and refuses the second."""
    world = LeadWorld(tmp_path)
    create = "target: create-lead\nlead:\n  FirstName: Name\n  EmailAddress: Mail\n"
    late: list[Request] = []
    crm = world.crm

    class Late(_Deaf):
        def send(self, request: Request) -> Reply:
            writes = request.path.endswith("Lead.Create")
            if writes and b"bob" in (request.content or b""):
                late.append(request)
                if len(late) == 1:
                    return LOST
                crm.send(late[0])
                self._path = deaf
            return super().send(request)

    world.crm = Late(crm, "no such call")  # type: ignore[assignment]
    outcomes = world.run(create, ["Name,Mail", "Ann,ann@example.org", "Bob,bob@example.org"])
    assert [outcome.status.value for outcome in outcomes.values()] == ["created", expected]
    assert len(world.new_leads) == 2


def test_a_lead_with_its_activity_is_not_made_twice_by_an_id(tmp_path: Path) -> None:
    """It is found by its e-mail; with nothing but an id that no lead has, a person has to look."""
    world = LeadWorld(tmp_path)
    activity = "activity:\n  ActivityEvent: {value: 203}\n  ActivityNote: Name\n"
    rows = [
        f"Ann,{UNKNOWN},ann@example.org,",
        f"Bea,{UNKNOWN[:-1]}2,,",
        f"Cid,{lead_id(5)},,",
        f"Dan,{UNKNOWN[:-1]}3,dan@example.org,",
    ]
    mapping = f"target: lead-and-activity\nsearch_by: ProspectID\n{FIELDS}{activity}"
    outcomes = world.run(mapping, [HEADINGS, *rows], *LOST_EACH_SECOND)
    assert sorted(activity["note"] for activity in world.sandbox.tenant.activities.values()) == [
        "Ann",
        "Bea",
        "Cid",
        "Dan",
    ]
    assert [outcome.status.value for outcome in outcomes.values()] == ["created", "uncertain", "created", "created"]


NAME_AND_MAIL = "lead:\n  FirstName: Name\n  EmailAddress: Mail\n"


@pytest.mark.parametrize(
    ("mapping", "options"),
    [
        (f"target: capture-lead\n{FIELDS}", {"unknown_id": "kept"}),
        (f"target: capture-lead\n{FIELDS}", {"lead_lag": 30.0}),
        (f"target: create-lead\n{NAME_AND_MAIL}", {"lead_lag": 30.0}),
        (f"target: capture-lead-async\n{NAME_AND_MAIL}", {"status_message": "none"}),
    ],
)
def test_no_habit_of_the_crm_makes_a_second_lead(tmp_path: Path, mapping: str, options: dict[str, Any]) -> None:
    """Ids that are kept, look-ups that lag behind, tasks that end without an answer."""
    world = LeadWorld(tmp_path, **options)
    lines = [HEADINGS, "Zoe,,zoe@example.org,", f"Ann,{UNKNOWN},ann@example.org,", "Bob,,bob@example.org,"]
    outcomes = world.run(mapping, lines, "drop-after-processing:1")
    assert [outcome.status.value for outcome in outcomes.values()] == ["created"] * 3
    assert sorted(lead["FirstName"] for lead in world.new_leads) == ["Ann", "Bob", "Zoe"]


class _Timeless(_Deaf):
    """A client whose leads have no time of creation when they are read by their ids."""

    def send(self, request: Request) -> Reply:
        reply: Reply = self._crm.send(request)
        if self._path not in request.path:
            return reply
        return replace(reply, body=[{**lead, "CreatedOn": None} for lead in reply.body])


def test_a_lead_without_a_time_is_told_as_its_answer_said(tmp_path: Path) -> None:
    """Nothing says which call created it."""
    world = LeadWorld(tmp_path)
    world.crm = _Timeless(world.crm, "ByIds")  # type: ignore[assignment]
    outcomes = world.run(UPSERT, ["Name,Mail", "Ann,ann@example.org", "Bob,bob@example.org"], "drop-after-processing:1")
    assert outcomes[3].status is Status.UNCHANGED
    assert "not known whether it wrote the lead" in outcomes[3].evidence
