"""The account's own words: read within the limits, remembered, and compared with before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from importer.app.doctor import Examination, Health, examine_account
from importer.app.dry_run import check
from importer.app.environment import Environment
from importer.app.imports import run
from importer.config.settings import Account, AccountChecks
from importer.core.errors import AccountMismatch, SettingsError
from importer.core.model import Reply, Request, Status
from importer.core.time import format_age
from importer.crm_schema.cache import FOLDER, cache_file, load
from importer.crm_schema.model import FieldConstraint, Metadata, Owners
from importer.delivery.deliver_plan import DeliveryOptions
from importer.planning.account_schema import (
    check_account_fit,
    digest_constraints,
    evaluate_account_schema,
    load_account_schema,
)
from importer.planning.plan import PlanRequest, prepare_import
from importer.planning.store import SchemaSnapshot, SchemaState, open_plan
from importer.reports.json_report import build_json_report, json_failure
from importer.reports.publisher import Report, ReportPaths
from importer.reports.run_report import describe_account_data
from tests.support.delivery_world import BY_ID, UNREACHED, Fault, RecordingProgress, World, answer, before, lead, mx

FIELDS = [
    {"SchemaName": "mx_Custom_1", "DisplayName": "Plan", "DataType": "Dropdown",
     "OptionSet": '[{"Value": "Gold"}, {"Value": "Silver"}]'},
    {"SchemaName": "mx_Custom_2", "DisplayName": "City", "DataType": "String", "MaxFieldLength": 5},
]  # fmt: skip
PLANS = BY_ID + "  mx_Custom_1: Plan\n"
OWNED = BY_ID + "  ActivityOwnerEmail: Owner\n"


class Says:
    """What the account says of itself; a path's last word gives the answer, or the fault in its place."""

    def __init__(self) -> None:
        self.org = "org"
        self.fields: list[dict[str, Any]] = [dict(field) for field in FIELDS]
        self.faults: dict[str, Fault] = {}
        self.asked: list[str] = []

    def answer(self, request: Request) -> Reply | None:
        word = request.path.rpartition("/")[2]
        found = {
            "UserByAccessKey.Get": {"OrgId": self.org, "OrgDisplayName": "Academy", "Role": "Administrator"},
            "LeadsMetaData.Get": [{"SchemaName": "mx_City", "DisplayName": "City", "DataType": "Text"}],
            "ActivityTypes.Get": [{"ActivityEvent": 201, "DisplayName": "Webinar"}, {"ActivityEvent": 202}],
            "GetActivitySetting": {"Fields": self.fields},
            "Users.Get": [{"ID": "a", "EmailAddress": "ann@example.com", "StatusCode": 0}],
        }.get(word)
        if found is None:
            return None
        self.asked.append(word)
        reply = answer(found)
        return self.faults[word](request, lambda: reply) if word in self.faults else reply


@pytest.fixture
def says() -> Says:
    return Says()


@pytest.fixture
def env(world: World, says: Says, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.chdir(world.folder)
    plain: Callable[[Request], Reply] = world.crm.send
    monkeypatch.setattr(world.crm, "send", lambda request: says.answer(request) or plain(request))
    home = world.folder / "home"
    home.mkdir(mode=0o700)
    numbers = iter(range(10_000))
    return Environment(
        home=home,
        variables={},
        clock=world.clock,
        stop=world.stop,
        progress=RecordingProgress(),
        make_crm=lambda account: world.crm,
        confirm=lambda question: True,
        random_text=lambda: f"{next(numbers):04x}",
    )


def file(*plans: str, mapping: str = PLANS, heading: str = "Plan") -> PlanRequest:
    lines = [f"{lead(number)},visit {number},{plan}" for number, plan in enumerate(plans)]
    Path("visits.csv").write_text("\n".join([f"Lead,Note,{heading}", *lines]) + "\n", "utf-8")
    Path("visits.yaml").write_text(mapping, "utf-8")
    return PlanRequest(source=Path("visits.csv"), mapping=Path("visits.yaml"), account="test")


def deliver(request: PlanRequest, world: World, env: Environment, **changes: Any) -> Report:
    return run(request, replace(world.account, **changes), ReportPaths(), DeliveryOptions(), env)


def later(world: World, hours: float) -> None:
    world.clock.sleep(hours * 3600)


def codes(report: Report) -> list[str]:
    return [group.code for group in report.summary.errors]


@pytest.mark.slow
def test_a_run_reads_once_a_day_what_its_mapping_needs(world: World, says: Says, env: Environment) -> None:
    """Not the users, and not the fields of other types; the next day it reads again."""
    first = deliver(file("Gold", "Gol"), world, env)
    assert says.asked[:4] == ["UserByAccessKey.Get", "LeadsMetaData.Get", "ActivityTypes.Get", "GetActivitySetting"]
    assert (codes(first), first.summary.counts[Status.CREATED]) == (["not-an-account-option"], 1)
    assert first.summary.metadata is not None
    assert first.summary.metadata.state == "fresh"
    says.asked.clear()
    later(world, 3)
    second = deliver(file("Silver"), world, env)
    assert (second.exit_status, says.asked) == (0, ["UserByAccessKey.Get"])
    shown = build_json_report(second.summary, None, None, 0)["metadata"]
    assert (shown["state"], shown["read_at"]) == ("fresh", first.summary.metadata.read_at)
    assert 3 <= shown["age_hours"] < 3.1
    later(world, 24)
    says.asked.clear()
    deliver(file("Silver", "Gold"), world, env)
    assert "LeadsMetaData.Get" in says.asked


@pytest.mark.slow
def test_what_is_lacking_is_read_besides(world: World, says: Says, env: Environment) -> None:
    """Another mapping needs users; the rest stays as it was, with its time."""
    deliver(file("Gold"), world, env)
    says.asked.clear()
    report = deliver(file("ann@example.com", "eve@example.com", mapping=OWNED, heading="Owner"), world, env)
    assert says.asked == ["Users.Get", "UserByAccessKey.Get", "LeadsMetaData.Get", "ActivityTypes.Get",
                          "GetActivitySetting", "Users.Get", "UserByAccessKey.Get"]  # fmt: skip
    assert codes(report) == ["unknown-user"]


@pytest.mark.slow
def test_a_mapping_that_cannot_work_stops_before_anything_is_sent(world: World, says: Says, env: Environment) -> None:
    """It names the line; after an earlier reading the account is asked once more, for it may have changed."""
    deliver(file("Gold"), world, env)
    wrong = file("Gold", mapping=BY_ID + "  mx_Custom_3: Plan\n")
    says.asked.clear()
    posts = world.crm.posts
    with pytest.raises(AccountMismatch, match=r"line 7 \(activity.mx_Custom_3\)") as caught:
        deliver(wrong, world, env)
    assert "importer doctor --refresh" in caught.value.remedy
    assert says.asked.count("LeadsMetaData.Get") == 1
    assert world.crm.posts == posts
    says.fields.append({"SchemaName": "mx_Custom_3", "DataType": "String"})
    # Now it could be sent; but the same row was, with the mapping before.
    assert deliver(wrong, world, env).summary.counts == {Status.CHANGED: 1}
    later(world, 30)
    with pytest.raises(AccountMismatch):
        deliver(file("Gold", mapping=BY_ID + "  mx_Custom_4: Plan\n"), world, env)


@pytest.mark.slow
def test_rows_that_did_not_fit_are_looked_at_anew(world: World, says: Says, env: Environment) -> None:
    """Once the account has the option, the same file sends the rest, and nothing twice."""
    request = file("Gold", "Platinum")
    first = deliver(request, world, env)
    assert first.summary.counts[Status.INVALID] == 1
    same = deliver(request, world, env)
    assert any("Nothing is sent again" in note for note in env.progress.notes)  # type: ignore[attr-defined]
    assert same.summary.run_id == first.summary.run_id
    says.fields[0]["OptionSet"] = '[{"Value": "Gold"}, {"Value": "Platinum"}]'
    second = deliver(request, world, env)
    assert second.summary.counts[Status.CREATED] == 1
    assert second.summary.counts[Status.SKIPPED] == 1
    assert world.crm.notes() == {"visit 0": 1, "visit 1": 1}
    third = deliver(request, world, env)
    assert third.summary.counts[Status.CREATED] == 1
    assert world.crm.posts == 2
    says.fields.clear()
    says.fields.append({"SchemaName": "mx_Custom_9"})
    assert deliver(request, world, env).summary.run_id == first.summary.run_id


@pytest.mark.slow
def test_an_option_that_is_new_today_is_known(world: World, says: Says, env: Environment) -> None:
    """Before a row is found unfit because of an earlier reading, the account is asked once more."""
    deliver(file("Gold"), world, env)
    says.fields[0]["OptionSet"] = '[{"Value": "Platinum"}]'
    report = deliver(file("Platinum", "Platinum"), world, env)
    assert (report.exit_status, report.summary.counts[Status.CREATED]) == (0, 2)
    assert len(list((env.home / "runs").iterdir())) == 2


@pytest.mark.slow
def test_a_reading_that_fails_stops_nothing(world: World, says: Says, env: Environment) -> None:
    """The run goes on with a note; a part that is not shown is noted, too."""
    says.faults["LeadsMetaData.Get"] = before(UNREACHED)
    report = deliver(file("Gol"), world, env)
    assert report.exit_status == 0
    assert any("could not be read" in note for note in report.summary.notes)
    assert any("Nothing is known" in note for note in report.summary.notes)
    says.faults = {"GetActivitySetting": before(mx("MXNoRightException", "no right", 500))}
    report = deliver(file("Gol", "Gol"), world, env)
    assert report.exit_status == 0
    assert any("does not list the fields of activity type 201" in note for note in report.summary.notes)
    assert any("Not compared with the account" in note for note in report.summary.notes)


def test_a_disk_that_takes_no_file_stops_nothing(world: World, env: Environment) -> None:
    """What was read is used all the same."""
    (env.home / FOLDER).write_text("in the way")
    report = deliver(file("Gol"), world, env)
    assert codes(report) == ["not-an-account-option"]
    assert any("could not be written" in note for note in report.summary.notes)


@pytest.mark.slow
def test_an_old_reading_decides_nothing(world: World, says: Says, env: Environment) -> None:
    """When it cannot be renewed, what does not fit is noted and sent."""
    deliver(file("Gold"), world, env)
    later(world, 48)
    says.faults["LeadsMetaData.Get"] = before(UNREACHED)
    report = deliver(file("Gol", mapping=PLANS + "  mx_Custom_3: Plan\n"), world, env)
    assert report.exit_status == 0
    assert any("too long ago to decide anything" in note for note in report.summary.notes)
    assert any("visits.yaml, line 8 (activity.mx_Custom_3)" in note for note in report.summary.notes)
    assert report.summary.metadata is not None
    assert "2 days before the check; too old" in report.summary.metadata.text


@pytest.mark.slow
def test_settings_turn_problems_into_notes_or_off(world: World, says: Says, env: Environment) -> None:
    """For accounts that take what nobody documented."""
    wrong = file("Gol", mapping=PLANS + "  mx_Custom_3: Plan\n")
    noted = deliver(wrong, world, env, account_checks=AccountChecks.NOTE)
    assert noted.exit_status == 0
    assert any("has no field mx_Custom_3" in note for note in noted.summary.notes)
    says.asked.clear()
    again = deliver(file("Gol", "Gol", mapping=wrong.mapping.read_text()), world, env,
                    account_checks=AccountChecks.OFF)  # fmt: skip
    assert (again.exit_status, says.asked) == (0, ["UserByAccessKey.Get"])
    assert again.summary.metadata is not None
    assert (again.summary.metadata.state, again.summary.notes) == ("off", ())
    says.asked.clear()
    deliver(file("Gold"), world, env, metadata_hours=0.0)
    deliver(file("Gold", "Gold"), world, env, metadata_hours=0.0)
    assert says.asked.count("LeadsMetaData.Get") == 2


def test_another_tenant_gets_nothing(world: World, says: Says, env: Environment) -> None:
    """A plan that was compared with one tenant is not sent to another."""
    list(examine_account(replace(world.account, async_host=""), env, refresh=True))
    path = cache_file(env.home, "test")
    path.write_text(path.read_text().replace('"tenant": "org"', '"tenant": "other"'))
    with pytest.raises(SettingsError, match="another LeadSquared tenant"):
        deliver(file("Gold"), world, env)
    assert world.crm.posts == 0


@pytest.mark.slow
def test_a_check_asks_nobody(world: World, says: Says, env: Environment) -> None:
    """It uses what is remembered, and says what it could not check."""
    request = file("Gold", "Gol")
    blind = check(request, ReportPaths(), env)
    assert (blind.exit_status, says.asked) == (0, [])
    assert [note for note in blind.summary.notes if "these checks were not made" in note]
    assert build_json_report(blind.summary, None, None, 0)["metadata"]["state"] == "unknown"
    named = replace(env, variables={
        "LEADSQUARED_HOST": world.account.host, "LEADSQUARED_ACCESS_KEY": "key-a-of-the-tests",
        "LEADSQUARED_SECRET_KEY": "key-b-of-the-tests"})  # fmt: skip
    request = replace(request, account="default")
    cache_file(env.home, "default").parent.mkdir(exist_ok=True)
    cache_file(env.home, "default").write_text("{")
    damaged = check(request, ReportPaths(), named)
    assert any("is damaged and was not used" in note for note in damaged.summary.notes)
    list(examine_account(replace(world.account, name="default", async_host=""), env, refresh=True))
    says.asked.clear()
    seen = check(request, ReportPaths(), named)
    assert (codes(seen), says.asked) == (["not-an-account-option"], [])
    assert seen.page is not None
    assert ">Fields</th>" in seen.page.read_text("utf-8")


def examined(world: World, env: Environment, *, refresh: bool) -> dict[str, list[Examination]]:
    found: dict[str, list[Examination]] = {}
    for each in examine_account(replace(world.account, async_host=""), env, refresh=refresh):
        found.setdefault(each.name, []).append(each)
    return found


def test_doctor_remembers_everything(world: World, says: Says, env: Environment) -> None:
    """All types with their fields, and the users; later it tells how old that is."""
    assert examined(world, env, refresh=False)["Remembered"][0].health is Health.NOTE
    found = examined(world, env, refresh=True)
    assert found["Users"][0].found == "1"
    assert found["Remembered"][0].health is Health.GOOD
    known = load(env.home, "test", world.account.host).metadata
    assert known is not None
    assert all(one.fields is not None for one in known.activity_types or ())
    assert (known.tenant, len(known.users or ())) == ("org", 1)
    later(world, 25)
    (old,) = examined(world, env, refresh=False)["Remembered"]
    assert (old.health, "1 day ago" in old.found) == (Health.NOTE, True)


def test_doctor_tells_what_it_could_not_read(world: World, says: Says, env: Environment) -> None:
    """A part that is refused, and an account that does not answer."""
    says.faults["Users.Get"] = before(answer({}))
    found = examined(world, env, refresh=True)
    assert "does not list its users" in found["Metadata"][0].found
    says.faults["LeadsMetaData.Get"] = before(UNREACHED)
    assert examined(world, env, refresh=True)["Metadata"][0].health is Health.BAD


@pytest.mark.slow
def test_keys_never_reach_the_file(world: World, says: Says, env: Environment) -> None:
    """Not even when the account itself shows one."""
    says.fields[0]["DisplayName"] = "canary-key-of-the-tests"
    deliver(file("Gold"), world, env)
    assert "canary" not in cache_file(env.home, "test").read_text()


@pytest.mark.slow
def test_many_warnings_are_cut(world: World, env: Environment) -> None:
    """A note for each of the first, and their number."""
    rules = "".join(f"  mx_Custom_{number}: Plan\n" for number in range(30, 60))
    prepared = prepare_import(file("Gold", mapping=BY_ID + rules))
    metadata = Metadata("test", "h", "", world.clock.now())
    known = evaluate_account_schema(world.account, metadata, world.clock.now())
    assert check_account_fit(prepared, known).account.digest == ""
    deliver(file("Gold"), world, env)
    later(world, 30)
    old = load_account_schema(world.account, env.home, world.clock.now())
    notes = check_account_fit(prepared, old).account_notes
    assert (len(notes), notes[-1]) == (22, "10 more places of the mapping may not fit the account.")


@pytest.mark.slow
def test_warnings_without_a_line(world: World, env: Environment, says: Says) -> None:
    """What stands nowhere has no line in its note."""
    says.fields.append({"SchemaName": "Status", "DisplayName": "Status", "IsMandatory": True})
    report = deliver(file("Gold"), world, env)
    assert any(note.startswith("visits.yaml, line 3 (activity): ") for note in report.summary.notes)


def test_plans_of_earlier_versions_know_nothing_of_the_account(world: World) -> None:
    """They can still be opened."""
    plan = world.plan([(lead(1), "visit")])
    path = plan.folder / "plan.json"
    content = json.loads(path.read_text())
    del content["metadata"]
    path.write_text(json.dumps(content))
    assert open_plan(plan.folder).facts.metadata == SchemaSnapshot()


def test_digests_of_demands() -> None:
    """Equal for equal demands, whatever the order of users; empty for none."""
    owners = [Owners(frozenset({"a", "b", "c"}), frozenset()), Owners(frozenset({"c", "b", "a"}), frozenset())]
    first, second = ({"f": FieldConstraint("F", owners=each)} for each in owners)
    assert digest_constraints(first) == digest_constraints(second) != digest_constraints({"f": FieldConstraint("F")})
    assert digest_constraints({}) == ""


def test_ages_in_words() -> None:
    """One rough unit."""
    ages = [timedelta(seconds=59), timedelta(minutes=1), timedelta(hours=3), timedelta(days=2)]
    assert [format_age(age) for age in ages] == ["less than a minute", "1 minute", "3 hours", "2 days"]
    known = describe_account_data(
        SchemaSnapshot(SchemaState.FRESH, "2026-11-20T10:00:00+00:00"), "2026-11-20T09:00:00+00:00"
    )
    assert known.age_hours == 0
    assert describe_account_data(SchemaSnapshot(), "").text == ""
    assert json_failure("m", "r", 2)["metadata"] == {"state": "unknown", "read_at": None, "age_hours": None}


def test_no_account_no_checks(world: World) -> None:
    """Nothing is known of nobody."""
    assert load_account_schema(None, world.folder, datetime(2026, 1, 1)).state is SchemaState.UNKNOWN
    assert isinstance(world.account, Account)
