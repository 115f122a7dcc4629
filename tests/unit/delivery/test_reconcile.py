"""Reading back finds out what became of a doubtful row, whatever the CRM does to what it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from importer.core.model import CallClass, Limit, Outcome, Reply, Request, Status
from importer.delivery.reconciliation.read_back import ReadBack
from importer.leadsquared import CrmLead
from importer.targets import EffectType
from tests.support.delivery_world import (
    BLIND,
    BY_ID,
    BY_ID_WITH_KEY,
    LOST,
    UNREACHED,
    World,
    after,
    answer,
    before,
    lead,
    mx,
    visits,
)

LONG = "Spoke for an hour & a half\nabout <prices>; " + "the visitor liked the lake and the library, " * 6
Shows = Callable[[str], str]


def read_as(shows: Shows, note: str = "") -> Callable[[Request, Callable[[], Reply]], Reply]:
    """Activities are shown with their notes changed; only those with ``note`` when it is given."""

    def fault(request: Request, act: Callable[[], Reply]) -> Reply:
        reply = act()
        for each in (reply.body or {}).get("ProspectActivities", []) if isinstance(reply.body, dict) else []:
            fields = each["ActivityFields"]
            if not note or fields["ActivityEvent_Note"] == note:
                fields["ActivityEvent_Note"] = shows(fields["ActivityEvent_Note"])
        return reply

    return fault


def uncertain(world: World, run: str = "run-1") -> list[Outcome]:
    return list(world.ledger.outcomes(run, [Status.UNCERTAIN]))


@pytest.mark.slow
@pytest.mark.parametrize("mapping", [BY_ID, BY_ID_WITH_KEY], ids=["content", "key"])
@pytest.mark.parametrize(
    "shows",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: f"  {text.strip()} \r\n",
        lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
        lambda text: text[:200],
        lambda text: text[:200].rstrip(),
    ],
    ids=["crlf", "outer-blanks", "entities", "cut", "cut-and-trimmed"],
)
def test_what_the_crm_does_to_a_text(world: World, mapping: str, shows: Shows) -> None:
    """Line ends, outer blanks, entities and a text cut off at the field's length: found, and not sent again."""
    world.crm.read_faults = [read_as(shows)] * 500
    world.crm.faults = [None, after(LOST)]
    world.deliver(world.plan([(lead(number), f"{LONG}{number}") for number in range(5)], mapping))
    assert world.statuses() == {"created": 5}
    assert set(world.crm.notes().values()) == {1}


@pytest.mark.slow
def test_two_rows_that_a_cut_text_may_be(world: World) -> None:
    """Texts that differ only behind the cut: both there, both created; one there, nobody says which."""
    rows = [*visits(1), (lead(7), f"{LONG}one"), (lead(7), f"{LONG}two")]
    world.crm.read_faults = [read_as(lambda text: text[:200])] * 500
    world.crm.faults = [None, after(LOST)]
    world.deliver(world.plan(rows))
    assert world.statuses() == {"created": 3}
    world.crm.faults = [store_only(f"{LONG}four")]
    world.deliver(world.plan([(lead(8), f"{LONG}three"), (lead(8), f"{LONG}four")], name="run-2"))
    assert world.statuses("run-2") == {"uncertain": 2}
    assert "holds 1 of the 2 activities" in uncertain(world, "run-2")[0].evidence


def store_only(note: str) -> Any:
    """Of a call only the row with this note is stored, and no answer comes."""

    def fault(request: Request, act: Callable[[], Reply]) -> Reply:
        request.body[:] = [item for item in request.body if item["ActivityNote"] == note]
        act()
        return LOST

    return fault


@pytest.mark.slow
@pytest.mark.parametrize("who", ["before", "during", "after"])
def test_somebody_else_logs_the_same(world: World, who: str) -> None:
    """An older one is not ours; with one more than we sent nobody says which is ours, and nothing is sent again."""
    note, seen = "visit 1", {"Id": "theirs", "item": {"ActivityNote": "visit 1", "ActivityEvent": "201"}}
    stranger = {**seen, "item": {**seen["item"], "RelatedProspectId": lead(1)}}  # type: ignore[dict-item]

    def theirs(request: Request, act: Callable[[], Reply]) -> Reply:
        if who == "during":
            world.crm.activities.setdefault(lead(1), []).append(stranger)
        act()
        if who == "after":
            world.crm.activities[lead(1)].append(stranger)
        return LOST

    if who == "before":
        # A ledger without a memory would take the older one for a sign that it was lost.
        world.deliver(world.plan([(lead(9), "yesterday")], name="run-0"))
        world.crm.activities[lead(1)] = [stranger]
        old = (world.clock.now() - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
        world.crm.read_faults = [written_at(old, "theirs")] * 500
    world.crm.faults = [None, theirs]
    world.deliver(world.plan(visits(2)))
    assert world.crm.notes()[note] == 2
    if who == "before":
        assert world.statuses() == {"created": 2}
        return
    (row,) = uncertain(world)
    assert "holds 2 activities that look like 1 sent" in row.evidence
    assert "these fit: " in row.evidence
    assert "theirs" in row.evidence
    assert "Compare the ids" in row.evidence


def written_at(moment: str, identity: str) -> Any:
    def fault(request: Request, act: Callable[[], Reply]) -> Reply:
        reply = act()
        for each in reply.body.get("ProspectActivities", []) if isinstance(reply.body, dict) else []:
            if each["Id"] == identity:
                each.update(CreatedOn=moment, ModifiedOn=moment)
        return reply

    return fault


@pytest.mark.slow
@pytest.mark.parametrize("stored", [True, False])
def test_a_lead_that_was_deleted_or_merged(world: World, stored: bool) -> None:
    """Its row stays uncertain, whether it was stored or not: the activity may have moved with the lead."""

    def vanish(request: Request, act: Callable[[], Reply]) -> Reply:
        if stored:
            act()
            del world.crm.activities[lead(1)]
        world.crm.gone.add(lead(1))
        return LOST

    world.crm.faults = [None, vanish]
    world.deliver(world.plan(visits(3)))
    (row,) = uncertain(world)
    assert row.row == 3
    assert "deleted, merged into another" in row.evidence
    assert f"the lead with id {lead(1)}" in row.evidence
    assert world.crm.notes()["visit 2"] == 1


def test_a_reading_that_is_refused_for_a_lead_that_is_gone(world: World) -> None:
    """A refusal in place of an empty list says the same; for a lead that is there it is trouble."""

    def refused(request: Request, act: Callable[[], Reply]) -> Reply:
        return mx("MXInvalidLeadException", "no lead") if request.path.endswith("Retrieve") else act()

    world.crm.gone.add(lead(1))
    world.crm.read_faults = [refused] * 500
    world.crm.faults = [None, before(LOST)]
    world.deliver(world.plan(visits(3)))
    first, second = uncertain(world)
    assert "is not in LeadSquared" in first.evidence
    assert "Reading back failed" in second.evidence


@pytest.mark.slow
def test_a_bad_row_whose_lead_is_gone_is_isolated(world: World) -> None:
    """A call refused because of such a row is answered: the row is rejected, its neighbours arrive."""
    world.crm.gone.add(lead(4))
    world.crm.whole = "all"
    world.crm.bad_notes = {"visit 4"}
    world.deliver(world.plan(visits(26)))
    assert world.statuses() == {"created": 25, "rejected": 1}


@pytest.mark.slow
def test_a_row_just_created_that_is_not_shown_proves_that_others_may_hide(world: World) -> None:
    """When LeadSquared shows new rows later than the settle time, nothing is sent again."""
    born: dict[str, float] = {}

    def late(request: Request, act: Callable[[], Reply]) -> Reply:
        reply = act()
        listed = reply.body.get("ProspectActivities", []) if isinstance(reply.body, dict) else []
        now = world.clock.monotonic()
        shown = [each for each in listed if now - born.setdefault(each["Id"], 0.0) > 600]
        return answer({"RecordCount": len(shown), "ProspectActivities": shown}) if listed else reply

    plan = world.plan(visits(30))
    world.crm.read_faults = [late] * 2000
    world.crm.faults = [None, after(LOST)]
    world.deliver(plan)
    assert world.statuses()["uncertain"] == 25
    assert "which LeadSquared has confirmed, is not shown (activity" in uncertain(world)[0].evidence
    world.clock.sleep(600)
    world.deliver(plan)
    assert world.statuses() == {"created": 30}
    assert set(world.crm.notes().values()) == {1}


@pytest.mark.slow
def test_the_second_reading_waits_as_long_as_a_new_row_takes_to_be_shown(world: World) -> None:
    """After a refused call the rows are as old as the row that proved the reading before they count as absent."""
    world.crm.whole = "all"
    world.crm.bad_notes = {"visit 4"}
    world.account = replace(world.account, limits=dict.fromkeys(CallClass, Limit(1000, 5.0)))
    world.crm.faults = [None, before(answer(None, 429))]
    world.deliver(world.plan(visits(26)))
    assert world.statuses() == {"created": 25, "rejected": 1}
    assert any("time to show" in reason for reason in world.progress.waits)


def edited(request: Request, act: Callable[[], Reply]) -> Reply:
    return read_as(lambda text: "edited by hand", "visit 29")(request, act)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["gone", "edited", "deleted-long-ago", "deleted-now", "all-edited", "unreadable"])
def test_a_row_that_proves_nothing_gives_way_to_another(world: World, what: str) -> None:
    """A canary that was edited, deleted or merged meanwhile does not block the recovery for ever."""
    plan = world.plan(visits(30))
    world.crm.faults = [None, before(LOST)]
    last = lead(29)

    def tamper(number: int) -> None:
        if number == 2:
            world.crm.faults = [meddle]

    def meddle(request: Request, act: Callable[[], Reply]) -> Reply:
        reply = act()
        if what.startswith("deleted"):
            world.crm.activities[last].clear()
        if what == "gone":
            world.crm.gone.add(last)
            world.crm.activities[last].clear()
        return reply

    def hours_later(request: Request, act: Callable[[], Reply]) -> Reply:
        # The first questions are those of a ledger that has no memory yet.
        if world.crm.posts > 1:
            world.clock.sleep(4000)
            world.crm.read_faults = []
        return act()

    world.crm.on_post = tamper
    if what == "deleted-long-ago":
        world.crm.read_faults = [hours_later] * 500

    def unreadable(request: Request, act: Callable[[], Reply]) -> Reply:
        ours = request.path.endswith("Retrieve") and request.params["leadId"] == last
        return mx("MXInvalidInputException", "no") if ours else act()

    if what == "unreadable":
        world.crm.read_faults = [unreadable] * 500
    if what == "edited":
        world.crm.read_faults = [edited] * 500
    if what == "all-edited":
        world.crm.read_faults = [read_as(lambda text: "edited by hand")] * 500
    world.deliver(plan)
    if what in ("deleted-now", "all-edited"):
        assert world.statuses() == {"created": 5, "uncertain": 25}
        words = "is not shown" if what == "deleted-now" else "has other content now"
        assert words in uncertain(world)[0].evidence
    else:
        assert world.statuses() == {"created": 30}
        assert world.crm.notes()["visit 3"] == 1


def test_an_import_key_in_another_case(world: World) -> None:
    """A CRM that changes the case of our key does not hide the row."""

    def shouted(request: Request, act: Callable[[], Reply]) -> Reply:
        reply = act()
        for each in reply.body.get("ProspectActivities", []) if isinstance(reply.body, dict) else []:
            each["ActivityFields"]["mx_Custom_20"] = f" {each['ActivityFields']['mx_Custom_20'].upper()} "
        return reply

    world.crm.read_faults = [shouted] * 500
    world.crm.faults = [None, after(LOST)]
    world.deliver(world.plan(visits(4), BY_ID_WITH_KEY))
    assert world.statuses() == {"created": 4}


@pytest.mark.slow
@pytest.mark.parametrize("mapping", [BY_ID, BY_ID_WITH_KEY], ids=["content", "key"])
def test_the_evidence_tells_a_person_where_to_look(world: World, mapping: str) -> None:
    """What was looked for, where, when, what was found, and where it is in LeadSquared; never the row's content."""
    world.crm.read_faults = [BLIND] * 500
    world.crm.faults = [None, before(LOST)]
    world.deliver(world.plan(visits(2), mapping))
    (row,) = uncertain(world)
    for words in (
        "Not found, but reading back could not be proven",
        f"at the lead with id {lead(1)}",
        "an activity of type 201",
        "It was sent on 2026-11-20 10:0",
        "looked for on 2026-11-20 10:0",
        "The reading showed 0 activities, of which none fits.",
        "open the lead and read its Activity History filtered by type 201",
        "import key" if mapping == BY_ID_WITH_KEY else "the row's ActivityNote",
    ):
        assert words in row.evidence
    assert "visit 1" not in row.evidence


@pytest.mark.slow
def test_a_row_sent_in_vain_is_recognised_when_another_run_sent_it(world: World) -> None:
    """A file that could not be sent, its copy that could: the first one, resumed, sends nothing twice."""
    first = world.plan(visits(3))
    world.crm.faults = [None, *[before(UNREACHED)] * 5]
    assert world.deliver(first).stopped is not None
    world.crm.faults = []
    world.deliver(world.plan(visits(3), name="run-2"))
    world.deliver(first)
    assert world.statuses() == {"created": 1, "skipped": 2}
    assert set(world.crm.notes().values()) == {1}


@pytest.mark.slow
def test_a_reading_without_answers_is_given_up_early(world: World) -> None:
    """When LeadSquared answers no question, a few are asked in vain, not one for each row; the next reading tries again."""
    asked: list[str] = []

    def silent(request: Request, act: Callable[[], Reply]) -> Reply:
        asked.append(request.params.get("leadId", ""))
        return LOST

    plan = world.plan(visits(60))
    world.crm.faults = [None, before(LOST)]
    world.crm.on_post = lambda number: setattr(world.crm, "read_faults", [silent] * 500 if number > 1 else [])
    world.deliver(plan)
    assert world.statuses()["uncertain"] == 25
    assert len(set(asked)) < 15
    told = {row.evidence.partition(" It was sent")[0] for row in uncertain(world)}
    assert any("does not answer questions at present" in text for text in told)
    world.crm.read_faults = []
    world.crm.on_post = lambda number: None
    world.deliver(plan)
    assert world.statuses() == {"created": 60}


@pytest.mark.parametrize(
    ("leads", "shown", "gone"), [([], (), True), ([CrmLead("lead-1", "")], ("activity of lead-1",), False)]
)
def test_a_lead_that_a_field_names_is_found_before_its_activities(leads: Any, shown: Any, gone: bool) -> None:
    """The activities are those of the one lead with that e-mail address; without a lead nothing can be shown."""
    reader = SimpleNamespace(
        find_leads=lambda field, value: leads, activities_of_lead=lambda lead, event: [f"activity of {lead}"]
    )
    target = SimpleNamespace(effect=lambda: EffectType.ACTIVITY, mapping=SimpleNamespace(import_key=""))
    result = ReadBack(reader, target).read(("EmailAddress", "a@b.in", "201"))  # type: ignore[arg-type]
    assert (result.activities, result.gone) == (shown, gone)
