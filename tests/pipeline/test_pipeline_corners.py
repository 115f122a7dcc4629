"""Corners of the pipeline that no ordinary run reaches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline_world import (
    BY_ID,
    LOST,
    UNREACHED,
    VirtualClock,
    World,
    after,
    answer,
    before,
    lead,
    make_plan,
    mx,
    visits,
)

from importer.errors import CrmError, ImporterError, LedgerError, RunStopped, SettingsError
from importer.mapping.loader import parse_mapping
from importer.model import (
    CallClass,
    HostKind,
    Limit,
    Outcome,
    Receipt,
    Record,
    Reply,
    Request,
    Status,
    Verdict,
    VerdictKind,
)
from importer.pipeline.asking import Asker
from importer.pipeline.clock import SystemClock
from importer.pipeline.deliver import DeliveryOptions
from importer.pipeline.effect_keys import effect_keys
from importer.pipeline.guards import Guards
from importer.pipeline.interpret import judge
from importer.pipeline.limits import Allowances
from importer.pipeline.plan import known_words
from importer.pipeline.plan_store import open_plan
from importer.pipeline.preflight import bind_tenant, check_disk, clear_account
from importer.pipeline.progress import Silent
from importer.pipeline.report import Books, BooksDoNotBalance, exit_status, summarise
from importer.pipeline.words import headline, next_step, number_of
from importer.targets import make_target

QUESTION = Request("GET", "/x", CallClass.STANDARD)


class Scripted:
    """A CRM that gives prepared answers, the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked = 0

    def send(self, request: Request) -> Reply:
        self.asked += 1
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def close(self) -> None:
        pass


def asker(crm: Any, clock: VirtualClock, stopping: Callable[[], bool] = lambda: False) -> Asker:
    limits = dict.fromkeys(CallClass, Limit(2, 5.0))
    return Asker(crm, Allowances(limits, clock, 10.0), clock, stopping, lambda: None)


def test_a_question_is_repeated_and_waits_for_the_limit() -> None:
    """Failures and refusals because of limits are tried again; the answer comes in the end."""
    clock = VirtualClock()
    busy = mx("MXAPIRateLimitExceededException", "API calls exceeded the limit of 1 in 5 second(s)", 429)
    crm = Scripted(LOST, busy, UNREACHED, answer({"Status": "Success"}))
    assert asker(crm, clock).ask(QUESTION).body == {"Status": "Success"}
    assert crm.asked == 4
    assert sum(clock.slept) > 5


@pytest.mark.parametrize("reply", [LOST, answer("", 404)])
def test_a_question_without_an_answer_gives_up(reply: Reply) -> None:
    """In the end it is an error for people."""
    with pytest.raises(CrmError):
        asker(Scripted(reply), VirtualClock()).ask(QUESTION)


def test_a_question_that_limits_refuse_for_ever_stops_the_run() -> None:
    """Asking on is no use, and neither is sending."""
    busy = mx("MXAPIRateLimitExceededException", "no", 429)
    with pytest.raises(RunStopped, match="refuses every call because of its limits: no"):
        asker(Scripted(busy), VirtualClock()).ask(QUESTION)


def test_a_question_stops_when_asked_to() -> None:
    """Ctrl-C ends waiting questions, too."""
    with pytest.raises(RunStopped):
        asker(Scripted(LOST), VirtualClock(), lambda: True).ask(QUESTION)


def test_the_real_clock() -> None:
    """It tells UTC, never goes back, and its sleep ends when the stop is set."""
    stop = threading.Event()
    clock = SystemClock(stop)
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
    stop.set()
    clock.sleep(3600)


def test_silence() -> None:
    """Progress that nobody watches takes everything and says nothing."""
    silent = Silent()
    silent.reading(1)
    silent.delivering(1, 2, {})
    silent.waiting("x", 1)
    silent.note("x")


def test_limits_learned_from_a_refusal_without_numbers() -> None:
    """A refusal that names no limit pauses the class, longer each time."""
    clock = VirtualClock()
    allowances = Allowances(dict.fromkeys(CallClass, Limit(2, 5.0)), clock, 10.0, randomness=lambda: 0.5)
    refused = Verdict(VerdictKind.THROTTLED, "throttled", "busy", retry_after=30.0)
    assert allowances.refused(CallClass.BULK, refused) == 30
    clock.sleep(30)
    assert allowances.refused(CallClass.BULK, replace(refused, retry_after=None)) == 7.7
    assert allowances.lessons() == []
    assert allowances.take(CallClass.BULK) is None
    allowances.accepted(CallClass.BULK)
    assert allowances.limit(CallClass.BULK) == Limit(2, 5.0)


def test_the_first_reason_to_stop_stays() -> None:
    """What comes after it is its consequence."""
    guards = Guards()
    guards.stop_for(None)
    assert guards.reason is None
    guards.stop("first", "")
    guards.stop("another", "")
    assert guards.reason is not None
    assert guards.reason.message == "first"


def target_for(text: str) -> Any:
    return make_target(parse_mapping(text, Path("m.yaml"), **known_words()).mapping)


UPSERT = "target: bulk-upsert-leads\nsearch_by: EmailAddress\nlead:\n  EmailAddress: Mail\n"


def test_a_repeatable_call_is_repeated_and_then_left_in_doubt() -> None:
    """An upsert without an answer may be sent again, three times; its refusal as a whole goes in halves at once."""
    target = target_for(UPSERT)
    records = [Record(2, "a", {"lead.EmailAddress": "a@b.cc"}), Record(3, "b", {"lead.EmailAddress": "b@b.cc"})]
    unclear = Verdict(VerdictKind.UNCERTAIN, "no-answer", "cut")
    first = judge(target, records, LOST, unclear, "now", 0)
    assert (first.again, {one.status for one in first.outcomes}) == (True, {Status.NOT_SENT})
    last = judge(target, records, LOST, unclear, "now", 3)
    assert (last.again, {one.status for one in last.outcomes}) == (False, {Status.UNCERTAIN})
    whole = judge(target, records, LOST, Verdict(VerdictKind.REFUSED, "MXx", "no"), "now", 0)
    assert (whole.again, whole.halves) == (True, True)


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


class LeadCrm(Scripted):
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


def test_a_row_without_anything_to_look_up_stays_uncertain(world: World) -> None:
    """Without id, e-mail or phone nobody can tell."""
    text = "target: capture-lead\nlead:\n  FirstName: Lead\n"
    plan = lead_plan(world, CREATE, 1, "run-1")
    import pyarrow as pa

    path = plan.folder / "rows.arrow"
    table = pa.ipc.open_file(path.read_bytes()).read_all()
    table = table.rename_columns([one.replace("lead.EmailAddress", "lead.FirstName") for one in table.schema.names])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    plan = replace(plan, facts=replace(plan.facts, target="capture-lead", mapping_file=text))
    world.crm = Scripted(LOST)  # type: ignore[assignment]
    assert world.deliver(plan).stopped is None
    (outcome,) = world.ledger.outcomes("run-1", [Status.UNCERTAIN])
    assert "looked up" in outcome.evidence


def test_an_upsert_in_doubt_is_simply_repeated(world: World) -> None:
    """Repeating it is harmless, and the run pauses before it does."""
    sent: list[int] = []

    class Upserts(Scripted):
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
    assert sent == [1, 6, 6, 3, 2, 1]


ASYNC = (
    "target: lead-and-activity-async\nsearch_by: EmailAddress\nlead:\n  EmailAddress: Lead\n"
    'activity:\n  ActivityEvent: {value: "201"}\n'
)


class Queue(Scripted):
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


def test_polling_is_patient_and_resumes(world: World) -> None:
    """Pending is not failed: the run stays open, and the next one asks on."""
    plan = lead_plan(world, ASYNC, 1, "run-1")
    world.crm = Queue({"Status": "In-Queue"})  # type: ignore[assignment]
    delivered = world.deliver(plan, DeliveryOptions(patience=30))
    assert delivered.pending == 1
    assert world.statuses() == {"pending": 1}
    summary = summarise(Books(plan, world.ledger, delivered.run))
    assert (summary.status, exit_status(summary)) == ("interrupted", 4)
    done = {"Status": "Success", "Message": {"Id": lead(1), "RelatedId": lead(2)}}
    world.crm = Queue(
        mx("MXInvalidInputException", "unknown id"), answer("", 404), {"Status": "Success", "Message": done}
    )  # type: ignore[assignment]
    assert world.deliver(plan).pending == 0
    assert world.statuses() == {"created": 1}


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
    from importer.pipeline.finding import Looked
    from importer.pipeline.looking import Looking

    class Twins:
        def find_leads(self, field: str, value: str) -> list[Any]:
            from importer.crm.interface import LeadSeen

            return [LeadSeen(lead(1), ""), LeadSeen(lead(2), "")]

    class Part:
        reader = Twins()
        target = target_for(ASYNC)

    looked: Looked = Looking(Part()).at(("EmailAddress", "a@b.cc", "201"))  # type: ignore[arg-type]
    assert "2 leads have" in looked.trouble


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    """An error with a remedy."""
    with pytest.raises(ImporterError, match="missing or incomplete"):
        open_plan(tmp_path)


def test_keys_are_kept_beside_the_plan(world: World) -> None:
    """The second time they are read, not computed; a file of another length is not believed."""
    plan = world.plan([*visits(3), *visits(1)])
    first = effect_keys(plan)
    assert len(first) == 4
    assert len(set(first.slice(0, 4))) == 4
    assert effect_keys(plan).slice(0, 4) == first.slice(0, 4)
    np.save(plan.folder / "keys.npy", np.empty(1, dtype=[("digest", "S16"), ("occurrence", "u4")]))
    assert effect_keys(plan).slice(0, 4) == first.slice(0, 4)
    assert len(effect_keys(world.plan([], name="none"))) == 0


def test_books_that_do_not_balance_are_a_bug(world: World) -> None:
    """The program checks itself: rows read and rows accounted for must agree."""
    plan = world.plan(visits(3))
    wrong = replace(plan, facts=replace(plan.facts, rows=4))
    with pytest.raises(BooksDoNotBalance):
        Books(wrong).counts()
    lying = replace(plan, facts=replace(plan.facts, rows=2, ready=2))
    with pytest.raises(BooksDoNotBalance):
        list(Books(lying).rows())


def test_a_second_delivery_of_a_finished_run_changes_nothing(world: World) -> None:
    """It is opened, looked through, and finished again."""
    plan = world.plan(visits(3))
    world.deliver(plan)
    posts = world.crm.posts
    world.deliver(plan)
    assert world.crm.posts == posts


def test_the_last_call_of_an_earlier_process_counts(world: World) -> None:
    """After a start, the first call waits until the window since the last known call is over, even if the clock went back."""
    world.deliver(world.plan(visits(2)))
    slept = len(world.clock.slept)
    world.deliver(world.plan(visits(4), name="run-2"))
    assert sum(world.clock.slept[slept:]) > 4
    world.clock._seconds -= 3600
    world.deliver(world.plan(visits(6), name="run-3"))
    assert world.statuses("run-3")["created"] == 2


def test_interrupted_while_reading_back(world: World) -> None:
    """Ctrl-C while waiting for the settle time keeps the rows uncertain, and resume goes on."""
    plan = world.plan(visits(3))
    world.crm.faults = [None, after(LOST)]
    original = world.clock.sleep

    def sleep(seconds: float) -> None:
        if world.told.waits and "without a clear answer" in world.told.waits[-1]:
            world.stop.set()
        original(seconds)

    world.clock.sleep = sleep  # type: ignore[method-assign]
    delivered = world.deliver(plan)
    assert delivered.stopped is not None
    assert world.statuses()["uncertain"] == 2
    world.stop.clear()
    world.clock.sleep = original  # type: ignore[method-assign]
    world.deliver(plan)
    assert set(world.crm.notes().values()) == {1}


def test_a_budget_of_another_day(world: World) -> None:
    """No budget, no counting."""
    assert world.account.daily_calls == 0


def test_words() -> None:
    """Sentences for every end."""
    assert number_of(1) == "1 row"
    assert number_of(1250) == "1,250 rows"
    assert headline("finished", 0, {}, "") == "The file has headings but no rows."
    assert "1 row needs you" in headline("planned", 3, {Status.INVALID: 1}, "")
    assert "2 rows need you" in headline("planned", 3, {Status.INVALID: 2}, "")
    assert "stopped early: why" in headline("interrupted", 3, {Status.NOT_SENT: 3}, "why")
    assert "earlier run" in headline("finished", 3, {Status.SKIPPED: 3}, "")
    assert next_step("planned", {}, "", blocked=False) == "Nothing to do."
    assert "To fix" in next_step("planned", {Status.INVALID: 1}, "", blocked=True)
    assert "send the others" in next_step("planned", {Status.INVALID: 1}, "", blocked=False)
    assert "by hand" in next_step("finished", {Status.UNCERTAIN: 1}, "r", blocked=False)
    assert "To fix" in next_step("finished", {Status.REJECTED: 1}, "r", blocked=False)


def test_summary_of_an_unhappy_run(world: World) -> None:
    """Rejected and uncertain rows are grouped with their first rows; learned and configured limits are shown."""
    world.crm.bad_notes = {f"visit {number}" for number in range(1, 8)}
    world.deliver(world.plan(visits(20)))
    from importer.ledger.interface import LearnedLimit

    world.ledger.learn_limit("test", LearnedLimit(CallClass.BULK, Limit(5, 5.0), "text", "2026-11-20T10:00:00+00:00"))
    plan = open_plan(world.folder / "run-1")
    run = world.ledger.run("run-1")
    summary = summarise(Books(plan, world.ledger, run), account=world.account)
    assert [(group.rows, group.first_rows) for group in summary.errors] == [(7, (3, 4, 5, 6, 7))]
    assert ("Limit of bulk calls", "5 bulk calls in 5 s (learned)") in summary.facts
    assert ("Limit of async calls", "4 async calls in 5 s (configured)") in summary.facts
    again = summarise(Books(world.plan(visits(1), name="run-9", again="asked"), world.ledger, None))
    assert ("Sent again on purpose", "asked") in again.facts
    assert again.status == "planned"


def test_a_full_disk_is_found_before_anything_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is named, and how much room is needed."""
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 10})())
    with pytest.raises(ImporterError, match="free"):
        check_disk(tmp_path, tmp_path, 10)


def identity(**changes: str) -> Reply:
    body = {"OrgId": "org-1", "Name": "Ann", "Role": "Administrator", "OrgDisplayName": "Academy", "TimeZone": "UTC"}
    return answer({**body, **changes})


def test_the_tenant_is_bound(world: World) -> None:
    """Other keys under the same account name are refused; a role that sees too little is a warning."""
    cleared = clear_account(
        world.account,
        Scripted(identity(Role="Sales_User")),
        world.ledger,
        world.clock,
        lambda: False,  # type: ignore[arg-type]
    )
    assert "Sales_User" in cleared.warnings[0]
    assert world.ledger.tenants() == {}, "nobody has said yes to this tenant"
    bind_tenant(world.account, world.ledger, cleared.identity)
    assert world.ledger.tenants() == {"test": "org-1"}
    with pytest.raises(SettingsError, match="another LeadSquared tenant"):
        bind_tenant(world.account, world.ledger, replace(cleared.identity, org_id="org-2"))
    with pytest.raises(SettingsError, match="another LeadSquared tenant"):
        clear_account(world.account, Scripted(identity(OrgId="org-2")), world.ledger, world.clock, lambda: False)  # type: ignore[arg-type]
    world.ledger.bind_account("second", "org-1")
    shared = clear_account(world.account, Scripted(identity()), world.ledger, world.clock, lambda: False)  # type: ignore[arg-type]
    assert "test and second are the same LeadSquared tenant" in shared.warnings[0]
    with pytest.raises(SettingsError, match="does not accept"):
        clear_account(world.account, Scripted(answer("", 401)), world.ledger, world.clock, lambda: False)  # type: ignore[arg-type]


def test_a_row_known_elsewhere_in_chunks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recognition works chunk by chunk."""
    monkeypatch.setattr("importer.pipeline.recognise._CHUNK", 2)
    world.deliver(world.plan(visits(5)))
    world.deliver(world.plan(visits(5), name="run-2"))
    assert world.statuses("run-2") == {"skipped": 5}


def test_outcomes_keep_their_receipt() -> None:
    """A receipt's words reach the outcome."""
    from importer.pipeline.interpret import outcome_of

    receipt = Receipt(1, Status.REJECTED, error_code="MXx", error="no")
    assert outcome_of(7, receipt, "now") == Outcome(7, Status.REJECTED, error_code="MXx", error="no", at="now")


def test_moments_are_utc() -> None:
    """The virtual clock's time moves with its sleep."""
    clock = VirtualClock()
    start = clock.now()
    clock.sleep(5)
    assert clock.now() - start >= timedelta(seconds=5)
    assert start < datetime(2027, 1, 1, tzinfo=UTC)


def test_a_failing_ledger_while_calls_are_in_flight(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes through; the rows stay in doubt and are read back next time."""
    plan = world.plan(visits(60))
    original = world.ledger.record
    ends = []

    def record(ended: Any, begun: Any) -> list[int]:
        ends.extend(ended)
        if len(ends) >= 2:
            raise LedgerError("disk full")
        return original(ended, begun)

    monkeypatch.setattr(world.ledger, "record", record)
    with pytest.raises(LedgerError):
        world.deliver(plan)
    assert world.statuses()["uncertain"] > 0
    monkeypatch.setattr(world.ledger, "record", original)
    assert world.deliver(plan).stopped is None
    assert set(world.crm.notes().values()) == {1}
    assert BY_ID.startswith("\ntarget")
