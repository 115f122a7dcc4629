"""Checking, running, resuming and showing, as the command line asks for it, in one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer.app.doctor import Health, examine, forget_limits
from importer.app.dry_run import check
from importer.app.environment import Environment, account_locale, open_ledger_of
from importer.app.imports import resume, run, show
from importer.app.run_history import list_runs
from importer.config.settings import Account, Locale
from importer.core.errors import LedgerError, MappingError, SettingsError, SourceError, UsageError
from importer.core.model import CallClass, Limit, Status, Verdict, VerdictKind
from importer.delivery.deliver_plan import DeliveryOptions
from importer.jobs.engine.import_step import describe_report
from importer.ledger.factory import ledger_file
from importer.ledger.ledger import Ledger
from importer.ledger.model import LearnedLimit
from importer.planning.corrections import Corrections
from importer.planning.plan import PlanRequest, plan_import, prepare_import
from importer.rate_limit.account_limiter import make_account_limiter
from importer.reports import publisher
from importer.reports.publisher import ReportPaths
from importer.sources.interface import SourceOptions
from tests.support.delivery_world import (
    BY_ID,
    LOST,
    VirtualClock,
    World,
    after,
    answer,
    before,
    lead,
)
from tests.support.full_crm import FullCrm
from tests.support.import_world import make_environment


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.chdir(tmp_path)
    clock = VirtualClock()
    return make_environment(tmp_path, FullCrm(clock), clock)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return World(tmp_path / "unused").account


def files(count: int, *, bad: int = 0, mapping: str = BY_ID, name: str = "visits.csv") -> PlanRequest:
    lines = [f"{lead(number)},visit {number}" for number in range(count)] + [",nobody"] * bad
    Path(name).write_text("\n".join(["Lead,Note", *lines]) + "\n", "utf-8")
    Path("visits.yaml").write_text(mapping, "utf-8")
    return PlanRequest(source=Path(name), mapping=Path("visits.yaml"), account="test")


def crm_of(env: Environment, account: Account) -> FullCrm:
    made = env.make_crm(account)
    assert isinstance(made, FullCrm)
    return made


@pytest.mark.slow
def test_run_twice_then_show(env: Environment, account: Account) -> None:
    """The second run sends nothing and says so; the report can be drawn again."""
    request = files(30, bad=1)
    first = run(request, account, ReportPaths(), DeliveryOptions(), env)
    assert (first.exit_status, first.summary.counts[Status.CREATED]) == (3, 30)
    assert first.results is not None
    assert first.results.parent.name == "results"
    second = run(request, account, ReportPaths(), DeliveryOptions(), env)
    assert second.summary.counts == first.summary.counts
    assert second.results != first.results
    assert any("Nothing is sent again" in note for note in env.progress.notes)  # type: ignore[attr-defined]
    third = show(first.summary.run_id, ReportPaths(Path("again.xlsx")), env)
    assert third.summary.counts == first.summary.counts
    ((listed, summary),) = list_runs(env, None, 10)
    assert summary is not None
    assert (listed.id, summary.rows) == (first.summary.run_id, 31)
    (Path(listed.new.folder) / "plan.json").unlink()
    assert list_runs(env, "test", 10)[0][1] is None


@pytest.mark.slow
def test_an_interrupted_run_is_continued_by_run_and_by_resume(env: Environment, account: Account) -> None:
    """Both finish what was begun."""
    crm = crm_of(env, account)
    crm.on_post = lambda number: env.stop.set() if number in (2, 5) else None
    request = files(300)
    first = run(request, account, ReportPaths(), DeliveryOptions(), env)
    assert (first.exit_status, first.summary.status) == (4, "interrupted")
    env.stop.clear()
    second = run(request, account, ReportPaths(), DeliveryOptions(), env)
    assert second.exit_status == 4
    env.stop.clear()
    last = resume(None, lambda name: account, ReportPaths(), DeliveryOptions(), env)
    assert last.exit_status == 0
    assert set(crm.notes().values()) == {1}
    with pytest.raises(UsageError, match="nothing to resume"):
        resume(None, lambda name: account, ReportPaths(), DeliveryOptions(), env)
    with pytest.raises(UsageError, match="no run"):
        resume("nonsense", lambda name: account, ReportPaths(), DeliveryOptions(), env)


@pytest.mark.slow
def test_resume_looks_again_at_rows_in_doubt(env: Environment, account: Account) -> None:
    """A finished run with uncertain rows is the next best thing to resume."""
    crm = crm_of(env, account)
    crm.faults = [None, before(LOST)]
    crm.read_faults = [before(answer({"RecordCount": 0}))] * 100
    first = run(files(3), account, ReportPaths(), DeliveryOptions(), env)
    assert (first.exit_status, first.summary.counts[Status.UNCERTAIN]) == (3, 2)
    crm.read_faults = []
    assert resume(None, lambda name: account, ReportPaths(), DeliveryOptions(), env).exit_status == 0


@pytest.mark.slow
@pytest.mark.parametrize("stored", [before, after], ids=["absent", "there"])
def test_run_looks_again_at_rows_in_doubt(env: Environment, account: Account, stored: Any) -> None:
    """The file given again finds out what became of them, says so and asks nobody; the next time nothing is left."""
    crm = crm_of(env, account)
    crm.faults = [None, stored(LOST)]
    crm.read_faults = [before(answer({"RecordCount": 0}))] * 100
    request = files(3)
    first = run(request, account, ReportPaths(), DeliveryOptions(), env)
    assert (first.exit_status, first.summary.counts[Status.UNCERTAIN]) == (3, 2)
    crm.read_faults = []
    alone = replace(env, confirm=lambda question: False, vouched=False)
    second = run(request, account, ReportPaths(), DeliveryOptions(), alone)
    assert (second.exit_status, second.summary.run_id) == (0, first.summary.run_id)
    assert set(crm.notes().values()) == {1}
    notes: list[str] = env.progress.notes  # type: ignore[attr-defined]
    assert any("2 rows are uncertain: LeadSquared is asked" in note for note in notes)
    posts = crm.posts
    run(request, account, ReportPaths(), DeliveryOptions(), alone)
    assert "Nothing is sent again" in notes[-1]
    assert crm.posts == posts


@pytest.mark.slow
def test_run_looks_again_at_one_row_that_stays_in_doubt(env: Environment, account: Account) -> None:
    """As often as it is given; what cannot be found out stays in the report."""
    crm = crm_of(env, account)
    crm.faults = [before(LOST)]
    crm.read_faults = [before(answer({"RecordCount": 0}))] * 1000
    for _ in range(2):
        report = run(files(1), account, ReportPaths(), DeliveryOptions(), env)
        assert (report.exit_status, report.summary.counts[Status.UNCERTAIN]) == (3, 1)
    assert any("1 row is uncertain" in note for note in env.progress.notes)  # type: ignore[attr-defined]
    assert crm.posts == 1


@pytest.mark.slow
def test_nothing_may_be_sent(env: Environment, account: Account) -> None:
    """`on_invalid: stop`, `max_invalid` and a file without rows leave the CRM alone and keep no run."""
    for mapping, words in ((BY_ID + "on_invalid: stop\n", "on_invalid"), (BY_ID + "max_invalid: 5%\n", "5%")):
        report = run(files(3, bad=1, mapping=mapping), account, ReportPaths(), DeliveryOptions(), env)
        assert report.exit_status == 3
        assert words in report.summary.headline
    empty = run(files(0), account, ReportPaths(), DeliveryOptions(), env)
    assert (empty.exit_status, empty.summary.rows) == (0, 0)
    assert list((env.home / "runs").iterdir()) == []
    assert crm_of(env, account).posts == 0
    generous = run(
        files(30, bad=1, mapping=BY_ID + "max_invalid: 5%\n"), account, ReportPaths(), DeliveryOptions(), env
    )
    assert generous.summary.counts[Status.CREATED] == 30


@pytest.mark.slow
def test_saying_no(env: Environment, account: Account) -> None:
    """Nothing is sent, and nothing is kept unless a run had begun."""
    crm = crm_of(env, account)
    request = files(60)
    with pytest.raises(UsageError, match="said no"):
        run(request, account, ReportPaths(), DeliveryOptions(), replace(env, confirm=lambda _: False))
    assert (crm.posts, list((env.home / "runs").iterdir())) == (0, [])
    crm.on_post = lambda number: env.stop.set()
    run(request, account, ReportPaths(), DeliveryOptions(), env)
    env.stop.clear()
    with pytest.raises(UsageError):
        run(request, account, ReportPaths(), DeliveryOptions(), replace(env, confirm=lambda _: False))
    assert len(list((env.home / "runs").iterdir())) == 1


def test_a_warning_about_the_role(env: Environment, account: Account) -> None:
    """Somebody who sees only some leads is told before anything is sent."""
    crm_of(env, account).role = "Sales_User"
    run(files(1), account, ReportPaths(), DeliveryOptions(), env)
    assert any("Sales_User" in note for note in env.progress.notes)  # type: ignore[attr-defined]


def test_limit_and_options(env: Environment) -> None:
    """`--limit` plans the first rows only; options override the mapping's section `source`."""
    request = replace(files(120_001 // 2000), limit=7)
    assert check(request, ReportPaths(Path("a.xlsx")), env).summary.rows == 7
    assert check(replace(request, limit=60), ReportPaths(Path("b.xlsx")), env).summary.rows == 60
    assert check(replace(request, limit=500), ReportPaths(Path("c.xlsx")), env).summary.rows == 60
    wide = replace(request, options=SourceOptions(delimiter=";"))
    with pytest.raises(MappingError):
        check(wide, ReportPaths(Path("d.xlsx")), env)


def test_limits_that_end_with_a_chunk(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit may be reached exactly at the end of a chunk, or inside a later one."""
    monkeypatch.setattr("importer.planning.plan.CHUNK_ROWS", 10)
    for limit, name in ((20, "a.xlsx"), (25, "b.xlsx")):
        assert check(replace(files(40), limit=limit), ReportPaths(Path(name)), env).summary.rows == limit


def test_a_file_that_changes_while_it_is_read(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was planned would not be what is there: stop, and keep nothing."""
    prepared = prepare_import(files(3))
    Path("visits.csv").write_text("Lead,Note\nx,y\n", "utf-8")
    with pytest.raises(SourceError, match="changed"):
        plan_import(prepared, env.home / "runs" / "x", env.clock.now())


def test_a_plan_that_fails_leaves_no_folder(
    env: Environment, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a plan is no plan."""

    def broken(*_: object) -> None:
        raise SourceError("broken")

    monkeypatch.setattr("importer.app.dry_run.plan_import", broken)
    with pytest.raises(SourceError):
        run(files(3), account, ReportPaths(), DeliveryOptions(), env)
    assert not (env.home / "runs").exists() or list((env.home / "runs").iterdir()) == []


def test_defaults_of_a_check(env: Environment) -> None:
    """Without an account the environment's time zone and country count; a named account must exist."""
    bare = replace(env, variables={"LEADSQUARED_TIME_ZONE": "Asia/Kolkata", "LEADSQUARED_COUNTRY": "in"})
    assert account_locale(None, bare) == ("", Locale("Asia/Kolkata", "IN"))
    with pytest.raises(SettingsError):
        account_locale("nobody", bare)
    full = replace(env, variables={
        "LEADSQUARED_HOST": "https://api-in21.leadsquared.com", "LEADSQUARED_ACCESS_KEY": "aaaa",
        "LEADSQUARED_SECRET_KEY": "bbbb"})  # fmt: skip
    assert account_locale(None, full) == ("default", Locale())


def examined(
    world: World, change: Callable[[FullCrm], None] = lambda crm: None, **account: Any
) -> dict[str, list[tuple[Health, str]]]:
    crm = FullCrm(world.clock)
    change(crm)
    chosen = replace(world.account, **account)
    found: dict[str, list[tuple[Health, str]]] = {}
    for each in examine(chosen, crm, world.ledger, world.clock, lambda: False, world.folder):
        found.setdefault(each.name, []).append((each.health, each.found))
    return found


def test_doctor_finds_everything_in_order(world: World) -> None:
    """Host, keys, role, clock, limits, fields, types and queues."""
    from importer.core.model import Limit
    from importer.ledger.model import LearnedLimit

    world.ledger.learn_limit("test", LearnedLimit(CallClass.BULK, Limit(5, 5.0), "text", "2026-11-20T10:00:00+00:00"))
    found = examined(world, time_zone="UTC", country="IN", daily_calls=10)
    assert found["Keys"][0][0] is Health.GOOD
    assert any("learned 2026-11-20" in words for _, words in found["Limit"])
    assert "1 of 10" in found["Calls today"][0][1]
    assert "mandatory: FirstName" in found["Lead fields"][0][1]
    assert "…" in found["Activity types"][0][1]
    assert found["Queue of capture-lead-async"][0][0] is Health.GOOD
    assert found["Queue of lead-and-activity-async"][0][0] is Health.BAD


def test_doctor_finds_what_is_wrong(world: World) -> None:
    """Each trouble with what to do about it."""

    def change(crm: FullCrm) -> None:
        crm.role, crm.broken_metadata, crm.skew = "", True, 600.0

    found = examined(world, change, async_host="", host="https://api.leadsquared.com")
    assert found["Role"][0] == (Health.NOTE, "unknown")
    assert found["Region"][0][0] is Health.BAD
    assert found["Clock"][0][0] is Health.BAD
    assert found["Metadata"][0][0] is Health.BAD
    assert found["Async"][0][0] is Health.NOTE
    assert found["Time zone"][0][0] is Health.NOTE

    def no_time(crm: FullCrm) -> None:
        crm.skew = None

    assert examined(world, no_time)["Clock"][0][0] is Health.NOTE


def test_doctor_stops_at_refused_keys(world: World) -> None:
    """Without keys nothing else can be asked."""
    world.crm.read_faults = [before(answer("", 401))] * 5
    listed = list(examine(world.account, world.crm, world.ledger, world.clock, lambda: False, world.folder))
    assert [each.name for each in listed] == ["Host", "Keys"]
    assert listed[1].health is Health.BAD


@pytest.mark.slow
def test_two_imports_that_choose_the_same_name_for_their_reports_both_get_one(
    env: Environment, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that another process takes at the last moment is not an error, and neither is one that the person chose."""
    write = publisher.write_workbook

    def taken_at_the_last_moment(path: Path, *rest: Any) -> None:
        if not path.stem.endswith("-2"):
            path.write_text("another's", "utf-8")
        write(path, *rest)

    monkeypatch.setattr(publisher, "write_workbook", taken_at_the_last_moment)
    report = run(files(3), account, ReportPaths(), DeliveryOptions(), env)
    assert report.results is not None
    assert report.results.stem.endswith("-2")
    assert report.results.with_name(report.results.name.replace("-2.xlsx", ".xlsx")).read_text("utf-8") == "another's"
    shown = show(report.summary.run_id, ReportPaths(Path("mine.xlsx")), env)
    assert shown.results == Path("mine-2.xlsx")
    assert Path("mine.xlsx").read_text("utf-8") == "another's"


def test_a_check_counts_what_this_machine_knows(env: Environment) -> None:
    """Limits that refusals taught, and the calls of today; without a ledger it makes none, and needs none."""
    named = replace(
        env,
        variables={
            "LEADSQUARED_HOST": "http://127.0.0.1:9",
            "LEADSQUARED_ACCESS_KEY": "a" * 20,
            "LEADSQUARED_SECRET_KEY": "b" * 20,
        },
    )
    name = account_locale(None, named)[0]
    request = replace(files(51), account=name)

    def seconds() -> float:
        cost = check(request, ReportPaths(), named).summary.cost
        assert cost is not None
        return cost.seconds

    assert seconds() == 0
    assert not ledger_file(env.home).exists()
    with open_ledger_of(named) as ledger:
        ledger.learn_limit(name, LearnedLimit(CallClass.BULK, Limit(1, 60.0), "slow down", "2026-11-20"))
    assert seconds() == 120
    ledger_file(env.home).write_bytes(b"no ledger" * 1000)
    assert seconds() == 0


def test_learned_limits_are_forgotten_on_request(env: Environment, account: Account) -> None:
    """In the ledger and in what the processes of this machine share."""
    shared = replace(account, slots=env.home / "limits")
    with open_ledger_of(env) as ledger:
        ledger.learn_limit(account.name, LearnedLimit(CallClass.BULK, Limit(1, 60.0), "slow down", "2026-11-20"))
    refused = Verdict(VerdictKind.THROTTLED, "throttled", "slow down", limit=Limit(1, 60.0))
    make_account_limiter(shared, env.clock).record_refusal(CallClass.BULK, refused)
    forget_limits(shared, env)
    with open_ledger_of(env) as ledger:
        assert ledger.learned_limits(account.name) == {}
    again = make_account_limiter(shared, env.clock)
    again.wait_time(CallClass.BULK)
    assert again.limit(CallClass.BULK) == account.limits[CallClass.BULK]


def test_a_ledger_that_fails_while_rows_are_sent(
    env: Environment, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is reported with its rows as failed, and the next start finishes it."""
    request, original, records = files(60), Ledger.record, []

    def record(ledger: Ledger, ended: Any, begun: Any) -> list[int]:
        records.append(begun)
        if len(records) == 3:
            raise LedgerError("too many files are open", "Close other programs.")
        return original(ledger, ended, begun)

    monkeypatch.setattr(Ledger, "record", record)
    report = run(request, account, ReportPaths(), DeliveryOptions(), env)
    summary = report.summary
    assert (summary.status, report.exit_status, summary.rows) == ("failed", 1, 60)
    assert summary.run_id
    assert sum(summary.counts.values()) == 60
    assert "too many files" in summary.headline + str(report.stopped)
    assert summary.next_step == "Close other programs."
    with pytest.raises(LedgerError, match="too many files"):
        describe_report(report, None)  # type: ignore[arg-type]
    assert run(request, account, ReportPaths(), DeliveryOptions(), env).summary.counts == {Status.CREATED: 60}


@pytest.mark.parametrize("method", ["open_run", "counts"])
def test_a_ledger_of_which_nothing_can_be_reported(
    env: Environment, account: Account, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Before there is a run, or when it cannot be read either, the failure is all there is to say."""

    def fail(*_: object, **__: object) -> Any:
        raise LedgerError("the disk reports an error", "Check it.")

    monkeypatch.setattr(Ledger, method, fail)
    monkeypatch.setattr(Ledger, "record", fail)
    with pytest.raises(LedgerError, match="the disk reports an error"):
        run(files(3), account, ReportPaths(), DeliveryOptions(), env)


@pytest.mark.slow
def test_another_round_sends_only_the_corrected_rows(env: Environment, account: Account) -> None:
    """The rows of the file that were not delivered, with their corrected cells; what is still bad stays open."""
    request = files(2, bad=2)
    first = run(request, account, ReportPaths(), DeliveryOptions(), env)
    corrected = replace(request, corrections=Corrections({4: {"A": lead(7)}}, rows=[4, 5]))
    second = run(corrected, account, ReportPaths(), DeliveryOptions(), env)
    assert first.summary.counts == {Status.CREATED: 2, Status.INVALID: 2}
    assert second.summary.counts == {Status.CREATED: 1, Status.INVALID: 1}
    assert set(crm_of(env, account).notes().values()) == {1}
