"""Calls for leads and queued calls whose answer is lost or late: looked up, repeated, or left in doubt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from importer.core.model import HostKind, Record, Reply, Request, Status, Verdict, VerdictKind
from importer.delivery.deliver_plan import DeliveryOptions
from importer.delivery.outcomes import resolve_outcomes
from importer.mapping.loader import parse_mapping
from importer.planning.mapping_files import mapping_vocabulary
from importer.reports.run_report import RunReport, exit_status, summarize_run
from importer.targets import make_target
from tests.support.delivery_world import (
    LOST,
    VirtualClock,
    World,
    after,
    answer,
    before,
    lead,
    make_plan,
    mx,
)
from tests.support.scripted_crm import ScriptedCrm


def target_for(text: str) -> Any:
    return make_target(parse_mapping(text, Path("m.yaml"), **mapping_vocabulary()).mapping)


UPSERT = "target: bulk-upsert-leads\nsearch_by: EmailAddress\nlead:\n  EmailAddress: Mail\n"


def test_a_repeatable_call_is_repeated_and_then_left_in_doubt() -> None:
    """An upsert without an answer may be sent again, three times; its refusal as a whole goes in halves at once."""
    target = target_for(UPSERT)
    records = [Record(2, "a", {"lead.EmailAddress": "a@b.cc"}), Record(3, "b", {"lead.EmailAddress": "b@b.cc"})]
    unclear = Verdict(VerdictKind.UNCERTAIN, "no-answer", "cut")
    first = resolve_outcomes(target, records, LOST, unclear, "now", 0)
    assert (first.again, {one.status for one in first.outcomes}) == (True, {Status.UNCERTAIN})
    last = resolve_outcomes(target, records, LOST, unclear, "now", 3)
    assert (last.again, {one.status for one in last.outcomes}) == (False, {Status.UNCERTAIN})
    whole = resolve_outcomes(target, records, LOST, Verdict(VerdictKind.REFUSED, "MXx", "no"), "now", 0)
    assert (whole.again, whole.split) == (True, True)


def lead_plan(world: World, text: str, count: int, name: str) -> Any:
    """A plan whose records are leads by e-mail."""
    plan = make_plan(world.folder / name, [(f"p{number}@b.cc", "x") for number in range(count)], text)
    renamed = replace(plan.facts, target=text.split("\n", maxsplit=1)[0].partition(": ")[2])
    import pyarrow as pa

    path = plan.folder / "rows.arrow"
    table = pa.ipc.open_file(path.read_bytes()).read_all()
    table = table.rename_columns(
        [{"f:activity.RelatedProspectId": "f:lead.EmailAddress"}.get(one, one) for one in table.schema.names]
    ).drop_columns(["f:activity.ActivityNote"] + ([] if "activity:" in text else ["f:activity.ActivityEvent"]))
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return replace(plan, facts=renamed)


class LeadCrm(ScriptedCrm):
    """Answers writes from a script, and knows leads by e-mail."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(answer({}))
        self.clock = clock
        self.leads: dict[str, str] = {}
        self.created_on: str = ""
        self.script: list[Callable[[Request, Callable[[], Reply]], Reply] | None] = []

    def send(self, request: Request) -> Reply:
        if request.method == "GET":
            address = request.params.get("emailaddress", "")
            shown = self.created_on or self.clock.now().strftime("%Y-%m-%d %H:%M:%S")
            found = {"ProspectID": self.leads.get(address), "EmailAddress": address, "CreatedOn": shown}
            return answer([found] if address in self.leads else [])
        fault = self.script.pop(0) if self.script else None

        def act() -> Reply:
            address = next(pair["Value"] for pair in request.body if pair["Attribute"] == "EmailAddress")
            if address in self.leads:
                return mx("MXDuplicateEntryException", "A Lead with same Email already exists.")
            self.leads[address] = lead(len(self.leads))
            return answer({"Status": "Success", "Message": {"Id": self.leads[address]}})

        return fault(request, act) if fault else act()


CREATE = "target: create-lead\nlead:\n  EmailAddress: Lead\n"


@pytest.mark.slow
@pytest.mark.parametrize("fault", [after(LOST), before(LOST)])
def test_a_lead_in_doubt_is_looked_up(world: World, fault: Any) -> None:
    """Found since the call left: created. Absent twice: sent once more."""
    crm = LeadCrm(world.clock)
    world.crm = crm  # type: ignore[assignment]
    crm.script = [None, fault]
    delivered = world.deliver(lead_plan(world, CREATE, 5, "run-1"))
    assert delivered.stopped is None
    assert world.statuses() == {"created": 5}
    assert len(crm.leads) == 5


def test_a_lead_that_existed_before_is_a_duplicate(world: World) -> None:
    """A look-up that shows an older lead means that the row was refused."""
    crm = LeadCrm(world.clock)
    world.crm = crm  # type: ignore[assignment]
    crm.leads["p1@b.cc"] = lead(99)
    crm.created_on = "2020-01-01 00:00:00"
    crm.script = [None, before(LOST)]
    world.deliver(lead_plan(world, CREATE, 2, "run-1"))
    assert world.statuses() == {"created": 1, "rejected": 1}


@pytest.mark.slow
def test_a_row_without_anything_to_look_up_stays_uncertain(world: World) -> None:
    """Without id, e-mail or phone nobody can tell."""
    text = "target: capture-lead\nallow_unidentified: true\nlead:\n  FirstName: Lead\n"
    plan = lead_plan(world, CREATE, 1, "run-1")
    import pyarrow as pa

    path = plan.folder / "rows.arrow"
    table = pa.ipc.open_file(path.read_bytes()).read_all()
    table = table.rename_columns([one.replace("lead.EmailAddress", "lead.FirstName") for one in table.schema.names])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    plan = replace(plan, facts=replace(plan.facts, target="capture-lead", mapping_file=text))
    world.crm = ScriptedCrm(LOST)  # type: ignore[assignment]
    assert world.deliver(plan).stopped is None
    (outcome,) = world.ledger.outcomes("run-1", [Status.UNCERTAIN])
    assert "looked up" in outcome.evidence


def test_an_upsert_in_doubt_is_simply_repeated(world: World) -> None:
    """Repeating it is harmless, and the run pauses before it does."""
    sent: list[int] = []

    class Upserts(ScriptedCrm):
        def send(self, request: Request) -> Reply:
            sent.append(len(request.body))
            if len(sent) in (2, 3):
                return LOST if len(sent) == 2 else mx("MXUnknown", "one is bad")
            return answer(
                [{"RowNumber": n, "LeadId": lead(n), "LeadCreated": True} for n in range(1, len(request.body) + 1)]
            )

    world.crm = Upserts(LOST)  # type: ignore[assignment]
    world.deliver(lead_plan(world, UPSERT.replace("Mail", "Lead"), 7, "run-1"))
    assert world.statuses() == {"created": 7}
    assert sent == [1, 6, 6, 2, 2, 1, 1]


ASYNC = (
    "target: lead-and-activity-async\nsearch_by: EmailAddress\nlead:\n  EmailAddress: Lead\n"
    'activity:\n  ActivityEvent: {value: "201"}\n'
)


class Queue(ScriptedCrm):
    """An async host whose status answers come from a script."""

    def __init__(self, *words: Any) -> None:
        super().__init__(answer({}))
        self.words = list(words)
        self.submits: list[Reply] = []

    def send(self, request: Request) -> Reply:
        if request.host is HostKind.ASYNC and request.method == "POST":
            return self.submits.pop(0) if self.submits else answer({"Status": "accepted", "RequestID": " r-1"})
        if request.host is HostKind.ASYNC:
            word = self.words.pop(0) if len(self.words) > 1 else self.words[0]
            return word if isinstance(word, Reply) else answer({"RequestId": "r-1", "TaskStatus": word})
        return answer([]) if request.method == "GET" else answer({"RecordCount": 0})


@pytest.mark.slow
def test_polling_is_patient_and_resumes(world: World) -> None:
    """Pending is not failed: the run stays open, and the next one asks on."""
    plan = lead_plan(world, ASYNC, 1, "run-1")
    world.crm = Queue({"Status": "In-Queue"})  # type: ignore[assignment]
    delivered = world.deliver(plan, DeliveryOptions(patience=30))
    assert delivered.pending == 1
    assert world.statuses() == {"pending": 1}
    summary = summarize_run(RunReport(plan, world.ledger, delivered.run))
    assert (summary.status, exit_status(summary)) == ("interrupted", 4)
    done = {"Status": "Success", "Message": {"Id": lead(1), "RelatedId": lead(2)}}
    world.crm = Queue(
        mx("MXInvalidInputException", "unknown id"), answer("", 404), {"Status": "Success", "Message": done}
    )  # type: ignore[assignment]
    assert world.deliver(plan).pending == 0
    assert world.statuses() == {"created": 1}


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (answer({"Message": "no"}, 401), "http-401"),
        (answer({"Message": "no"}, 403), "http-403"),
        (answer("", 404), "http-404"),
        (mx("MXInvalidInputException", "unknown id"), "MXInvalidInputException"),
        (answer({"RequestId": "r-1"}), "no-state"),
        (LOST, "unanswered"),
    ],
)
def test_a_refused_status_is_told_and_leaves_the_row_pending(world: World, refusal: Reply, code: str) -> None:
    """No error is read as *not yet*: the run stops with the reason, and the row carries its code."""
    plan = lead_plan(world, ASYNC, 1, "run-1")
    world.crm = Queue(refusal)  # type: ignore[assignment]
    delivered = world.deliver(plan)
    assert delivered.stopped is not None
    assert "does not tell what became of 1 accepted row" in delivered.stopped.message
    assert "STATUS_PATH" in delivered.stopped.remedy
    (outcome,) = world.ledger.outcomes("run-1")
    assert (outcome.status, outcome.error_code) == (Status.PENDING, code)
    assert "not found either" in outcome.evidence
    world.clock.sleep(40_000)
    assert world.deliver(plan).stopped is None
    assert world.statuses() == {"uncertain": 1}


@pytest.mark.parametrize("refusal", [LOST, mx("MXUnknown", "one is bad")])
def test_a_run_that_ends_before_the_repetition_says_that_rows_may_be_there(world: World, refusal: Reply) -> None:
    """Rows that only a repetition settles are uncertain until then, not reported as never sent."""
    sent: list[int] = []

    class Upserts(ScriptedCrm):
        def send(self, request: Request) -> Reply:
            sent.append(len(request.body))
            if len(sent) == 2:
                world.stop.set()
                return refusal
            return answer([{"RowNumber": n, "LeadId": lead(n), "LeadCreated": True} for n in range(1, sent[-1] + 1)])

    world.crm = Upserts(LOST)  # type: ignore[assignment]
    plan = lead_plan(world, UPSERT.replace("Mail", "Lead"), 7, "run-1")
    assert world.deliver(plan).stopped is not None
    assert world.statuses() == {"created": 1, "uncertain": 6}
    world.stop.clear()
    assert world.deliver(plan).stopped is None
    assert world.statuses() == {"created": 7}
    assert sent == [1, 6, 6]


def test_a_queued_upsert_whose_answer_was_lost_is_repeated_by_the_next_start(world: World) -> None:
    """What a second call cannot double does not wait nine hours; other queued calls do."""
    plan = lead_plan(world, "target: capture-lead-async\nlead:\n  EmailAddress: Lead\n", 1, "run-1")
    queue = Queue({"Status": "Success", "Message": {"Id": lead(1)}})
    queue.submits = [LOST] * 4
    world.crm = queue  # type: ignore[assignment]
    assert world.deliver(plan).stopped is not None
    begun = world.clock.now()
    assert world.deliver(plan).stopped is None
    assert world.statuses() == {"created": 1}
    assert world.clock.now() - begun < timedelta(minutes=5)


@pytest.mark.parametrize("stale", [False, True])
def test_a_row_whose_status_is_refused_is_looked_for(
    world: World, monkeypatch: pytest.MonkeyPatch, stale: bool
) -> None:
    """Reading back finds the lead that the queue has written; one without the row's values stays pending."""

    class Written(Queue):
        def send(self, request: Request) -> Reply:
            if request.method == "GET" and request.host is HostKind.SYNC and request.params.get("emailaddress"):
                made = "2020-01-01 00:00:00" if stale else world.clock.now().strftime("%Y-%m-%d %H:%M:%S")
                found = {"ProspectID": lead(1), "EmailAddress": request.params["emailaddress"], "CreatedOn": made}
                return answer([found])
            return super().send(request)

    text = "target: capture-lead-async\nlead:\n  EmailAddress: Lead\n"
    plan = lead_plan(world, text, 1, "run-1")
    world.crm = Written(answer("", 403))  # type: ignore[assignment]
    monkeypatch.setattr("importer.delivery.reconciliation.matcher.same_lead", lambda query, shown: False)
    delivered = world.deliver(plan)
    assert world.statuses() == ({"pending": 1} if stale else {"created": 1})
    assert (delivered.stopped is None) is not stale


def test_an_async_row_without_a_receipt_waits_for_the_horizon(world: World) -> None:
    """LeadSquared may work on an unanswered submission for nine hours; only then a read-back means something."""
    plan = lead_plan(world, ASYNC, 2, "run-1")
    queue = Queue({"Status": "Failure", "StatusReason": "no"})
    queue.submits = [answer({"Status": "accepted", "RequestID": "r-1"}), LOST]
    world.crm = queue  # type: ignore[assignment]
    world.deliver(plan)
    assert world.statuses() == {"rejected": 1, "uncertain": 1}
    (outcome,) = world.ledger.outcomes("run-1", [Status.UNCERTAIN])
    assert "may still be working on it" in outcome.evidence
    world.clock.sleep(40_000)
    world.deliver(plan)
    (outcome,) = world.ledger.outcomes("run-1", [Status.UNCERTAIN])
    assert "could not be proven" in outcome.evidence


def test_an_async_task_that_names_no_activity_is_read_back(world: World) -> None:
    """Done without ids is not yet created: the activity is looked for."""
    plan = lead_plan(world, ASYNC, 1, "run-1")
    world.crm = Queue({"Status": "Success", "Message": None})  # type: ignore[assignment]
    world.deliver(plan)
    assert world.statuses() == {"uncertain": 1}


def test_several_leads_with_one_address(world: World) -> None:
    """If more than one lead answers to the row's key, a person has to look."""
    from importer.delivery.reconciliation.matcher import ReadBackResult
    from importer.delivery.reconciliation.read_back import ReadBack

    class Twins:
        def find_leads(self, field: str, value: str) -> list[Any]:
            from importer.leadsquared.interface import CrmLead

            return [CrmLead(lead(1), ""), CrmLead(lead(2), "")]

    reading = ReadBack(Twins(), target_for(ASYNC))  # type: ignore[arg-type]
    looked: ReadBackResult = reading.read(("EmailAddress", "a@b.cc", "201"))
    assert "2 leads have" in looked.trouble
