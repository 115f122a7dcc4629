"""Several machines that serve the same jobs on one database: real processes, over real HTTP."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from importer.core.errors import LedgerError
from importer.core.redaction import Secret
from importer.jobs.engine import scheduler as jobs_engine
from importer.jobs.engine import workers
from importer.jobs.engine.workers import WorkerRegistry, exclusive_start, job_locks
from importer.jobs.store.database import find_databases, open_database
from importer.jobs.store.store import JobStore
from importer.sandbox.seed import lead_id
from tests.reliability.soak.processes import CALLS, Accounts
from tests.reliability.soak.shared_clock import SharedClock, use_in_worker
from tests.support.commands import Running
from tests.support.postgres_server import Server
from tests.support.trial import CANARY
from tests.unit.jobs.test_engine import YEARLY, eventually, running, worker_of

ROWS = 120
JOBS = ("north", "east", "south", "west")
MAPPING = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead, type: uuid}
  ActivityEvent: {value: 201}
  ActivityNote: Note
import_key: mx_Custom_20
"""
JOB = """\
  {name}:
    account: a{account}
    mapping: visits.yaml
    source: {{folder: inbox/{name}, pattern: "*.csv", stable: 0s}}
    schedule: {{cron: "30 2 * * *", timezone: UTC}}
    results: results
"""


def looking_often(clock: Callable[[], None]) -> None:
    """In a service: read the shared clock, and look after the others more often than every ten seconds."""
    import importer.cli.jobs.serve as serve
    import importer.jobs.engine.scheduler as engine

    clock()
    serve._TAKE_OVER_SECONDS = 0.5
    engine._HAND_OVER_SECONDS = 1.0


@dataclass
class Works:
    """A folder that all machines reach, two accounts, and the services of the machines."""

    folder: Path
    database: Secret
    services: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.hours = SharedClock(self.folder / "hours")
        # Begun before half past two, the way to the first night would pass the jobs' time twice.
        self.hours.skip_to(self.hours.now().replace(hour=3, minute=0) + timedelta(days=1))
        self.crm = Accounts(2, self.hours)
        (self.folder / "accounts.yaml").write_text(self.crm.file(), "utf-8")
        (self.folder / "visits.yaml").write_text(MAPPING, "utf-8")
        jobs = [JOB.format(name=name, account=number % 2) for number, name in enumerate(JOBS)]
        (self.folder / "jobs.yaml").write_text("jobs:\n" + "".join(jobs), "utf-8")
        for name in JOBS:
            (self.folder / "inbox" / name).mkdir(parents=True)
        (self.folder / "home" / "runs").mkdir(mode=0o700, parents=True)
        self.due = self.hours.now().replace(hour=2, minute=30, second=12) + timedelta(days=1)
        self.expected: set[str] = set()

    def home(self, machine: int) -> Path:
        """The home of a machine: one for the first two, then others of their own in which only the runs are shared."""
        home = self.folder / ("home" if machine < 2 else f"home-{machine}")
        home.mkdir(mode=0o700, exist_ok=True)
        if not (home / "runs").exists():
            (home / "runs").symlink_to(self.folder / "home" / "runs")
        return home

    def serve(self) -> None:
        """Start the service of one more machine."""
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith(("LEADSQUARED_", "IMPORTER_"))},
            "IMPORTER_HOME": str(self.home(len(self.services))),
            "IMPORTER_DATABASE_URL": self.database.reveal(),
            "A": CANARY,
            "B": f"{CANARY}-secret",
        }
        before = partial(looking_often, use_in_worker(self.folder / "hours"))
        self.services.append(Running(self.folder, environment, ("serve", "--json"), before))

    def all_serve(self) -> None:
        """Wait until every service has said that it is ready, and its engine has looked at the schedules."""
        until(lambda: all(one._out.stat().st_size for one in self.services))
        time.sleep(2.5)

    def night(self, name: str) -> None:
        """A file for each job, and the clock goes on until all are due."""
        for number, job in enumerate(JOBS):
            notes = [f"{job}-{name}-{row}" for row in range(ROWS)]
            self.expected |= set(notes)
            lines = [f"{lead_id((number * ROWS + row) % 400 + 1)},{note}" for row, note in enumerate(notes)]
            (self.folder / "inbox" / job / f"{job}-{name}.csv").write_text(
                "\n".join(["Lead,Note", *lines, ""]), "utf-8"
            )
        self.hours.skip_to(self.due)
        self.due += timedelta(days=1)

    def done(self) -> bool:
        """Whether no file waits any more."""
        return not list((self.folder / "inbox").glob("*/*.csv"))

    def notes(self) -> Counter[str]:
        """How often each note is in one of the accounts."""
        return Counter(str(one["note"]) for state in self.crm.states() for one in state["activities"])

    def stop(self) -> None:
        for one in self.services:
            one.kill()
            one.process.join()
        self.crm.stop()


def until(reached: Callable[[], bool], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


@pytest.fixture
def works(tmp_path: Path, database: Secret) -> Iterator[Works]:
    made = Works(tmp_path, database)
    yield made
    made.stop()


def sender(server: Server) -> int:
    """The process that was given the right to send to an account last."""
    return int(server.sql("SELECT process FROM importer.senders ORDER BY since DESC LIMIT 1", "trial"))


def test_machines_serve_the_same_jobs(works: Works, server: Server) -> None:
    """Each time fires once; what a killed or stopped machine leaves, another one continues; limits hold together."""
    for _ in range(3):
        works.serve()
    works.all_serve()
    for sandbox in works.crm.sandboxes:
        sandbox.change(latency=0.3)
    works.night("one")
    until(lambda: len(works.notes()) > 0)
    victim = next(one for one in works.services if one.pid == sender(server))
    victim.kill()
    until(works.done)
    assert works.notes() == Counter(works.expected)
    works.night("two")
    begun = len(works.notes())
    until(lambda: len(works.notes()) > begun)
    leaving = next(one for one in works.services if one.pid == sender(server))
    leaving.process.terminate()
    assert leaving.wait().status == 0
    until(works.done)
    assert works.notes() == Counter(works.expected), "lost or doubled"
    assert len([one for one in works.services if one.is_alive()]) == 1
    fired = server.sql("SELECT count(*) FROM dbos.workflow_status WHERE workflow_uuid LIKE 'sched-%T02:30%'", "trial")
    assert fired == str(2 * len(JOBS))
    turns = "SELECT count(*) FROM importer_job_turns WHERE cause = 'schedule' AND outcome = 'done'"
    assert int(server.sql(turns, "trial")) >= 2 * len(JOBS) - 2
    works.crm.close_night()
    assert works.crm.calls >= 2 * len(JOBS) * ROWS / CALLS
    assert works.crm.too_many == 0
    assert [path.name for path in works.folder.glob("home*/jobs")] == []


def test_what_a_machine_leaves(
    tmp_path: Path, database: Secret, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one that is gone had under way is put back into its queue; who stops hands over what he has begun."""
    databases = find_databases({"IMPORTER_DATABASE_URL": database.reveal()}, tmp_path)
    store = JobStore(open_database(databases.jobs))
    worker = worker_of(tmp_path, store, f"a , schedule: {YEARLY}")
    monkeypatch.setattr(jobs_engine, "_HAND_OVER_SECONDS", 3600.0)
    status = "SELECT status FROM dbos.workflow_status WHERE workflow_uuid LIKE '%s'"
    now = worker.env.clock.now()
    with running(worker, databases) as engine:
        assert engine.is_shared
        engine.apply_schedules(now)
        engine._enqueue("left", "a", "hand", now.isoformat())
        eventually(lambda: server.sql(status % "left", "trial") == "SUCCESS")
        server.sql("UPDATE dbos.workflow_status SET status = 'PENDING', executor_id = 'somebody'", "trial")
        assert engine.resume_lost_work() == ["somebody"]
        eventually(lambda: server.sql(status % "left", "trial") == "SUCCESS")
        assert engine.resume_lost_work() == []
        monkeypatch.setattr(
            workers.WorkerRegistry, "find_ended", lambda *_: (_ for _ in ()).throw(LedgerError("Away.", "Wait."))
        )
        assert engine.resume_lost_work() == []
        (tmp_path / "a" / "x.csv").write_text("E-mail\nx@example.org\n", "utf-8")
        worker.env.stop.set()
        engine._enqueue("stopped", "a", "schedule", now.isoformat())
        eventually(lambda: server.sql(status % "stopped", "trial") == "SUCCESS")
    assert server.sql(status % "hand-over-a-%", "trial") == "DELAYED"
    store.close()


def test_where_the_memory_is(tmp_path: Path) -> None:
    """With the ledger, unless it has a database of its own; in both cases machines work together."""
    ledger, other = "postgres://u:secretword1@db/ledger?sslmode=require", "postgresql://u:secretword2@db/jobs"
    both = find_databases({"IMPORTER_DATABASE_URL": ledger}, tmp_path)
    assert both.jobs.reveal() == "postgresql+psycopg://u:secretword1@db/ledger?sslmode=require"
    assert both.shared is not None
    own = find_databases({"IMPORTER_DATABASE_URL": ledger, "IMPORTER_JOBS_DATABASE": other}, tmp_path)
    assert own.jobs.reveal() == "postgresql+psycopg://u:secretword2@db/jobs"
    assert own.shared is not None
    assert find_databases({"IMPORTER_JOBS_DATABASE": other}, tmp_path).shared is None


def test_locks_hold_among_machines(database: Secret, tmp_path: Path) -> None:
    """Whoever comes second is told no; a lock ends with its block, and one of another name is free."""
    here, there = job_locks(tmp_path / "here", database), job_locks(tmp_path / "there", database)
    with here("a") as first, there("a") as second, there("b") as other:
        assert (first, second, other) == (True, False, True)
    with there("a") as now:
        assert now


def test_who_is_gone(database: Secret, server: Server) -> None:
    """Somebody whose connections were cut is gone until he appears again, and for good after he has left."""
    one, two = WorkerRegistry(database), WorkerRegistry(database)
    one.announce("first")
    one.announce("first")
    assert two.find_ended({"first", "second"}) == ["second"]
    assert two.find_ended(set()) == []
    server.cut("trial")
    assert two.find_ended({"first"}) == ["first"]
    one.announce("first")
    assert two.find_ended({"first"}) == []
    one.withdraw()
    one.withdraw()
    assert two.find_ended({"first"}) == ["first"]


def test_one_start_after_the_other(database: Secret, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who prepares the database has it alone; somebody who would wait for too long says so."""
    waited: list[float] = []
    monkeypatch.setattr(workers, "_TRIES", 3)
    with exclusive_start(database, waited.append):
        with pytest.raises(LedgerError) as caught, exclusive_start(database, waited.append):
            pass
        assert "preparing the database" in caught.value.message
    assert len(waited) == 3
    with exclusive_start(database, waited.append), exclusive_start(None, waited.append):
        assert len(waited) == 3


def test_a_lock_whose_connection_breaks(database: Secret, server: Server, tmp_path: Path) -> None:
    """It is lost quietly: the ledger's own lock keeps rows from being doubled."""
    with job_locks(tmp_path, database)("a") as ours:
        assert ours
        server.cut("trial")
    with job_locks(tmp_path, database)("a") as again:
        assert again
