"""The engine itself, on SQLite: schedules follow the jobs file, and what was missed is caught up once."""

from __future__ import annotations

import base64
import json
import pickle
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from importer.app.environment import Environment
from importer.core.errors import LedgerError, SettingsError
from importer.core.progress import SilentProgress
from importer.core.redaction import Secret
from importer.core.time import SystemClock
from importer.jobs.config.loader import parse_jobs
from importer.jobs.engine import dbos_support, job_run, workflow
from importer.jobs.engine.import_step import ImportResult
from importer.jobs.engine.job_run import JobRunner
from importer.jobs.engine.scheduler import Engine, accounts_at_once
from importer.jobs.engine.workers import job_locks
from importer.jobs.store.database import Databases, find_databases
from importer.jobs.store.records import JobOutcome
from importer.jobs.store.store import JobStore

MAPPING = "target: create-lead\nlead:\n  EmailAddress: E-mail\n"
YEARLY = '{cron: "0 0 1 1 *", timezone: Asia/Kolkata}'


def worker_of(tmp_path: Path, store: JobStore, *jobs: str) -> JobRunner:
    """Somebody who finds an empty folder whenever a job is due."""
    (tmp_path / "m.yaml").write_text(MAPPING, "utf-8")
    stop = threading.Event()
    env = Environment(
        home=tmp_path,
        variables={},
        clock=SystemClock(stop),
        stop=stop,
        progress=SilentProgress(),
        make_crm=lambda account: None,  # type: ignore[arg-type,return-value]  # never asked
        confirm=lambda question: False,
        random_text=lambda: "ab12",
    )
    lines = []
    for job in jobs:
        name, _, more = job.partition(" ")
        (tmp_path / name).mkdir(exist_ok=True)
        lines.append(f"  {name}: {{account: x, mapping: m.yaml, source: {{folder: {name}, stable: 0s}}{more}}}")
    loaded = parse_jobs("\n".join(["jobs:", *lines]), tmp_path / "jobs.yaml")
    return JobRunner(loaded, store, env, lambda name: None, job_locks(tmp_path, None))  # type: ignore[arg-type,return-value]  # never asked


@contextmanager
def running(worker: JobRunner, databases: Databases, role: str = "serve") -> Iterator[Engine]:
    engine = Engine(worker, databases, role)
    try:
        engine.start()
        yield engine
    finally:
        worker.env.stop.set()
        engine.stop()
        worker.env.stop.clear()


def eventually(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)


def schedules(engine: Engine) -> dict[str, str]:
    return {each["schedule_name"]: each["schedule"] for each in engine._dbos.list_schedules()}


def caught_up(engine: Engine) -> list[str]:
    return [each.workflow_id for each in engine._dbos.list_workflows(workflow_id_prefix="catch-up")]


def pretend_fired(engine: Engine, name: str, at: datetime) -> None:
    from dbos._dbos import _get_dbos_instance

    _get_dbos_instance()._sys_db.update_last_fired_at(name, at.isoformat())


@pytest.mark.slow
def test_schedules_follow_the_jobs_file(tmp_path: Path, store: JobStore) -> None:
    """New ones are added, changed ones changed, those that are gone removed; missed times are caught up once."""
    databases = find_databases({}, tmp_path)
    first = worker_of(tmp_path, store, f"a , schedule: {YEARLY}", f"b , schedule: {YEARLY}, missed: skip", "c")
    now = datetime.now(UTC)
    with running(first, databases) as engine:
        engine.apply_schedules(now)
        assert {"a", "b"} < set(schedules(engine))
        assert "c" not in schedules(engine)
        assert caught_up(engine) == []
        for name in ("a", "b"):
            store.mark_caught_up(name, (now - timedelta(days=800)).isoformat())
    with running(first, databases) as engine:
        engine.apply_schedules(now)
        assert len(caught_up(engine)) == 1, "two years were missed, and one run catches them up"
        assert caught_up(engine)[0].startswith("catch-up-a-")
        eventually(lambda: all(each.status == "SUCCESS" for each in engine._dbos.list_workflows()))
        engine.apply_schedules(now)
        assert len(caught_up(engine)) == 1
    other = worker_of(tmp_path, store, 'a , schedule: {cron: "5 4 * * *", timezone: UTC}')
    with running(other, databases) as engine:
        engine.apply_schedules(now)
        assert schedules(engine)["a"] == "5 4 * * *"
        assert "b" not in schedules(engine)


@pytest.mark.slow
def test_each_missed_time_is_caught_up(tmp_path: Path, store: JobStore) -> None:
    """A machine that is off every night catches up every morning, also when it was never on at the right time."""
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    worker = worker_of(tmp_path, store, 'a , schedule: {cron: "30 2 * * *", timezone: UTC}')
    with running(worker, find_databases({}, tmp_path)) as engine:
        for morning in range(4):
            engine.apply_schedules(now + timedelta(days=morning))
        engine.apply_schedules(now + timedelta(days=3, hours=1))
        nights = [each.removeprefix("catch-up-a-")[:10] for each in caught_up(engine)]
    assert nights == ["2026-03-02", "2026-03-03", "2026-03-04"]


@pytest.mark.slow
def test_one_queue_has_a_part_for_each_account(tmp_path: Path, store: JobStore) -> None:
    """Fifty queues would keep an idle service and its database busy all day; how many accounts go at once is a setting."""
    worker = worker_of(tmp_path, store, f"a , schedule: {YEARLY}", f"b , schedule: {YEARLY}")
    environment = {"IMPORTER_ACCOUNTS_AT_ONCE": "7"}
    worker = replace(worker, env=replace(worker.env, variables=environment))
    now = datetime.now(UTC)
    with running(worker, find_databases({}, tmp_path)) as engine:
        engine.apply_schedules(now)
        (queue,) = engine._dbos.list_queues()
        assert (queue._worker_concurrency, queue._partition_concurrency, queue._concurrency) == (7, 1, None)
        engine._enqueue("one", "a", "hand", now.isoformat())
        eventually(lambda: [each.status for each in engine._dbos.list_workflows(workflow_ids=["one"])] == ["SUCCESS"])
        (one,) = engine._dbos.list_workflows(workflow_ids=["one"])
        assert one.queue_partition_key == "x"


@pytest.mark.parametrize("given", ["0", "1001", "many", "-1", "٣"])
def test_how_many_accounts_at_once_is_a_number(given: str) -> None:
    """Anything else is refused with what is expected."""
    assert accounts_at_once({"IMPORTER_ACCOUNTS_AT_ONCE": " 3 "}) == 3
    assert accounts_at_once({}) == 20
    with pytest.raises(SettingsError) as caught:
        accounts_at_once({"IMPORTER_ACCOUNTS_AT_ONCE": given})
    assert "1 to 1000" in caught.value.remedy


@pytest.mark.slow
@pytest.mark.parametrize(
    ("missed", "slept", "runs"),
    [("catch-up", timedelta(days=3, hours=1), 1), ("skip", timedelta(days=3, hours=1), 0), ("skip", timedelta(0), 1)],
)
def test_a_machine_that_slept_makes_up_once_or_not_at_all(
    tmp_path: Path, store: JobStore, missed: str, slept: timedelta, runs: int
) -> None:
    """The engine then fires every time of the nights between; the job says what becomes of them."""
    from dbos._dbos import _get_dbos_instance
    from dbos._scheduler import backfill_schedule

    worker = worker_of(tmp_path, store, f'a , schedule: {{cron: "30 2 * * *", timezone: UTC}}, missed: {missed}')
    first = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
    woken = first + slept + timedelta(minutes=1)
    worker = replace(worker, env=replace(worker.env, clock=At(woken)))
    with running(worker, find_databases({}, tmp_path)) as engine:
        engine.apply_schedules(woken)
        fired = backfill_schedule(_get_dbos_instance()._sys_db, "a", first - timedelta(hours=1), woken)
        assert len(fired) == slept.days + 1
        eventually(lambda: len(engine._dbos.list_workflows(workflow_ids=fired, status="SUCCESS")) == len(fired))
        begun = engine._dbos.list_workflows(workflow_id_prefix="due-a-")
        eventually(lambda: len(engine._dbos.list_workflows(workflow_id_prefix="due-a-", status="SUCCESS")) == runs)
        assert len(begun) == runs
        assert all(
            each.workflow_id.startswith(f"due-a-{first + timedelta(days=slept.days):%Y-%m-%d}") for each in begun
        )


class At(SystemClock):
    """A clock that stands still."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(threading.Event())
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


@pytest.mark.slow
def test_a_changed_schedule_owes_nothing_yet(tmp_path: Path, store: JobStore) -> None:
    """Its times count from the first start with it."""
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    for hour, days in ((2, 0), (3, 1)):
        worker = worker_of(tmp_path, store, f'a , schedule: {{cron: "30 {hour} * * *", timezone: UTC}}')
        with running(worker, find_databases({}, tmp_path)) as engine:
            engine.apply_schedules(now + timedelta(days=days))
            assert caught_up(engine) == []


@pytest.mark.slow
def test_an_engine_that_begins_nothing_is_noticed(tmp_path: Path, store: JobStore) -> None:
    """By what was due and was not begun, whatever its threads look like; and by a database that is away."""
    worker = worker_of(tmp_path, store, f"a , schedule: {YEARLY}")
    now = datetime.now(UTC)
    with running(worker, find_databases({}, tmp_path)) as engine:
        assert "not started" in engine.find_problem(now)
        engine.apply_schedules(now)
        assert engine.find_problem(now) == ""
        assert "importer-silence was due" in engine.find_problem(now + timedelta(hours=2)), "it is due every hour"
        pretend_fired(engine, "importer-silence", now + timedelta(hours=2))
        assert engine.find_problem(now + timedelta(hours=2)) == ""
        whole, engine._dbos = engine._dbos, None
        assert "cannot be read" in engine.find_problem(now)
        engine._dbos = whole


@pytest.mark.slow
def test_old_workflows_are_deleted(tmp_path: Path, store: JobStore) -> None:
    """What the engine wrote down about runs that ended long ago is removed; the jobs' own history stays."""
    worker = worker_of(tmp_path, store, "a")
    with running(worker, find_databases({}, tmp_path), "run-a") as engine:
        now = datetime.now(UTC)
        assert engine.run_now("a", now).outcome == JobOutcome.NOTHING
        assert engine.delete_old(now) == 0
        assert engine.delete_old(now + timedelta(days=40)) == 1
        assert engine.delete_old(now + timedelta(days=40)) == 0


@pytest.mark.slow
def test_the_engine_writes_plain_json(tmp_path: Path, store: JobStore) -> None:
    """No code can be hidden in what it reads back."""
    databases = find_databases({}, tmp_path)
    with running(worker_of(tmp_path, store, f"a , schedule: {YEARLY}"), databases, "run-a") as engine:
        engine.run_now("a", datetime.now(UTC))
    with closing(sqlite3.connect(tmp_path / "jobs" / "engine.db")) as connection:
        steps = connection.execute("SELECT output FROM operation_outputs").fetchall()
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        every = [value for table in tables for row in connection.execute(f"SELECT * FROM {table}") for value in row]
    assert len(steps) == 2
    for (output,) in steps:
        json.loads(output)
    pickled = base64.b64encode(pickle.dumps({"job": "a"})).decode()[:3]
    assert not [value for value in every if str(value).startswith(pickled)]
    assert [value for value in every if "by_name" in str(value) or '"hand"' in str(value)], "the inputs are looked at"


def test_a_database_that_cannot_be_used(tmp_path: Path, store: JobStore) -> None:
    """It is said in words which setting to look at."""
    worker = worker_of(tmp_path, store, "a")
    nowhere = Secret(f"sqlite:///{tmp_path}/nowhere/x.db")
    engine = Engine(worker, Databases(nowhere, nowhere, is_sqlite=True), "serve")
    try:
        with pytest.raises(LedgerError) as caught:
            engine.start()
        assert "IMPORTER_JOBS_DATABASE" in caught.value.remedy
    finally:
        engine.stop()


@pytest.mark.slow
def test_a_short_trouble_does_not_cost_a_night(
    tmp_path: Path, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that nobody watches is tried again a few minutes later; what a person must mend is not."""
    verdicts = [
        ImportResult(JobOutcome.BUSY, 75, "another import"),
        ImportResult(JobOutcome.INTERRUPTED, 4, "cannot be reached"),
        ImportResult(JobOutcome.ERROR, 1, "no answer"),
        ImportResult(JobOutcome.ERROR, 2, "no keys"),
    ]
    seen = []

    def import_it(*_: object) -> ImportResult:
        seen.append(verdicts[len(seen)])
        return seen[-1]

    monkeypatch.setattr(job_run, "import_file", import_it)
    monkeypatch.setattr(workflow, "_PAUSES", (0.01,) * 12)
    worker = worker_of(tmp_path, store, f"a , schedule: {YEARLY}")
    (tmp_path / "a" / "a.csv").write_text("E-mail\na@example.org\n", "utf-8")
    with running(worker, find_databases({}, tmp_path)) as engine:
        now = datetime.now(UTC)
        engine.apply_schedules(now)
        store.mark_caught_up("a", (now - timedelta(days=800)).isoformat())
        engine.apply_schedules(now)
        eventually(lambda: len(seen) == 4)
        time.sleep(0.5)
        eventually(lambda: all(each.status == "SUCCESS" for each in engine._dbos.list_workflows()))
    assert len(seen) == 4


@pytest.mark.slow
def test_a_lock_that_a_killed_process_left_delays_a_run_for_seconds_only(tmp_path: Path, store: JobStore) -> None:
    """The server of the locks may notice the end of a process after the others have; a run by hand ends as busy."""
    worker = worker_of(tmp_path, store, f"a , schedule: {YEARLY}")
    held = iter([False, False])
    worker = replace(worker, hold=lambda name: nullcontext(next(held, True)))
    pauses: list[float] = []
    clock = SimpleNamespace(now=worker.env.clock.now, monotonic=time.monotonic, sleep=pauses.append)
    worker = replace(worker, env=replace(worker.env, clock=clock))
    with running(worker, find_databases({}, tmp_path)) as engine:
        now = datetime.now(UTC)
        assert engine.run_now("a", now).outcome is JobOutcome.BUSY
        engine.apply_schedules(now)
        pauses.clear()
        engine._enqueue("left", "a", "schedule", now.isoformat())
        eventually(lambda: engine._dbos.list_workflows(workflow_ids=["left"])[0].status == "SUCCESS")
        result = engine._dbos.list_workflows(workflow_ids=["left"])[0].output
    assert result["outcome"] == JobOutcome.NOTHING
    assert [each for each in pauses if each >= 1] == [2.0]


def test_an_old_sqlite_gets_the_function_that_the_engine_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time with fractions of seconds, as SQLite itself returns it since 3.42; other databases get nothing."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))
    options = dbos_support.engine_options("sqlite:////engine.db")["connect_args"]
    before = time.time()
    with closing(sqlite3.connect(":memory:", **options)) as connection:
        connection.execute("CREATE TABLE t (x, at INTEGER NOT NULL DEFAULT (unixepoch('subsec') * 1000))")
        connection.execute("INSERT INTO t (x) VALUES (1)")
        (at,) = connection.execute("SELECT at FROM t").fetchone()
        assert connection.execute("SELECT unixepoch('now')").fetchone() == (None,)
    assert isinstance(at, int)
    assert before - 0.001 <= at / 1000 <= time.time() + 0.001
    assert dbos_support.engine_options("postgresql://db") == {}
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 42, 0))
    assert dbos_support.engine_options("sqlite:////engine.db") == {}
