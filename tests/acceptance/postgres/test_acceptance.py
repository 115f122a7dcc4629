"""The whole program on a shared database, over real HTTP: workers die, share limits, and stay out of each other's way."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.core.redaction import Secret
from importer.sandbox.options import Keys, Options
from importer.sandbox.routes import ROUTES
from importer.sandbox.server import Sandbox
from tests.support.commands import Ended, Running
from tests.support.key_search import keys_in_files
from tests.support.postgres_server import Server
from tests.support.trial import CANARY, KINDS, Trial

ROWS = 60
WRITES = {route.name for route in ROUTES if route.writes}
POINTS = [
    "tables-uncommitted:kill",
    "run-committed:kill",
    "lock-taken:kill",
    "call-uncommitted:kill:2",
    "call-committed:kill:2",
    "answer-read:kill:2",
    "outcome-uncommitted:kill:2",
    "outcome-committed:kill:2",
    "run-unfinished:kill",
]


@pytest.fixture
def trial(tmp_path: Path, database: Secret) -> Iterator[Trial]:
    made = Trial(tmp_path, KINDS["bulk"], ROWS)
    made.environment["IMPORTER_DATABASE_URL"] = database.reveal()
    with made:
        yield made


def bulk_calls(trial: Trial) -> int:
    """How many calls with rows have reached the CRM."""
    return sum(entry["call"] in WRITES for entry in trial.sandbox.log)


def under_way(trial: Trial, calls: int = 1) -> Running:
    """A worker of which so many calls have reached the CRM."""
    worker = trial.start("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
    before, ends_at = bulk_calls(trial), time.monotonic() + 60
    while worker.is_alive() and bulk_calls(trial) - before < calls:
        assert time.monotonic() < ends_at
        time.sleep(0.01)
    return worker


def finished(trial: Trial) -> Ended:
    """Until every row has its end; nothing lost, nothing doubled, all told as it is."""
    ended = trial.finish()
    verdict = trial.verdict(ended)
    assert verdict.kept, verdict
    assert dict(verdict.statuses) == {"created": ROWS}
    assert keys_in_files(trial.folder) == []
    return ended


def test_an_import_leaves_its_memory_in_the_database(trial: Trial, server: Server) -> None:
    """Plans and reports lie in the folder; no ledger, lock or limit does. Once imported is imported."""
    ended = finished(trial)
    names = {path.name for path in (trial.folder / "home").iterdir()}
    assert "runs" in names
    assert [name for name in names if name.startswith(("ledger", "limits", "locks"))] == []
    assert server.sql("SELECT count(*) FROM importer.rows WHERE status = 'created'", "trial") == str(ROWS)
    assert int(server.sql("SELECT count(*) FROM importer.slots", "trial")) >= 2
    assert trial.command("runs", "--json").json["runs"][0]["run"] == ended.json["run"]
    assert json.loads(trial.command("check", "rows.csv", "-m", "rows.yaml", "--json").out)
    assert trial.command("doctor").status == 0
    assert trial.run().status == 0
    assert bulk_calls(trial) == 4


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_is_killed_is_succeeded(trial: Trial, point: str) -> None:
    """Another one on the same database takes over, at once."""
    killed = trial.run(IMPORTER_FAILPOINT=point)
    assert killed.status == -9
    finished(trial)


def test_a_worker_that_is_killed_at_any_moment(trial: Trial) -> None:
    """While its calls are on their way, again and again."""
    trial.sandbox.change(latency=0.05)
    for _ in range(3):
        worker = under_way(trial)
        worker.kill()
        worker.wait()
    finished(trial)


@pytest.mark.parametrize("mode", ["immediate", "fast"])
def test_a_server_that_is_started_again_stops_the_worker(trial: Trial, server: Server, mode: str) -> None:
    """The right to send is gone with the connection: it sends nothing more, and the next start finishes."""
    trial.sandbox.change(latency=0.3)
    worker = under_way(trial, 2)
    server.stop(mode)
    server.start()
    ended = worker.wait()
    assert ended.status in (1, 4), ended
    assert "connection to the database was lost" in ended.out + ended.err
    trial.sandbox.change(latency=0.0)
    finished(trial)


def test_connections_that_are_cut_again_and_again(trial: Trial, server: Server) -> None:
    """Those for the ledger and the slots are made again, whatever they were at; the one that holds the lock stays."""
    trial.sandbox.change(latency=0.4)
    worker = under_way(trial)
    cut = 0
    while worker.is_alive():
        cut += server.cut("trial", "query NOT LIKE '%senders WHERE account%'")
        time.sleep(0.3)
    ended = worker.wait()
    assert cut > 0
    assert ended.status == 0, ended
    assert trial.verdict(ended).kept


def test_one_sender_per_account(trial: Trial, tmp_path: Path) -> None:
    """A second worker on the account is told who sends; one on another account is not in its way."""
    trial.environment["LEADSQUARED_TIMEOUT_SECONDS"] = "60"
    trial.sandbox.change(latency=16.0)
    worker = under_way(trial)
    second = trial.run(IMPORTER_HOME=str(tmp_path / "elsewhere"))
    assert second.status == 75
    assert f"process {worker.pid} on " in second.json["message"]
    (tmp_path / "next").mkdir()
    with Trial(tmp_path / "next", KINDS["bulk"], ROWS) as other:
        other.environment["IMPORTER_DATABASE_URL"] = trial.environment["IMPORTER_DATABASE_URL"]
        # Keys come from the environment, under names of the person's own.
        entry = f"{{host: '{other.sandbox.host}', access_key: {{env: A}}, secret_key: {{env: B}}}}"
        (other.folder / "accounts.yaml").write_text(f"next: {entry}\n", "utf-8")
        ended = other.run("--account", "next", A=CANARY, B=f"{CANARY}-secret")
        assert other.verdict(ended).kept
    assert worker.is_alive()
    trial.sandbox.change(latency=0.0)
    assert trial.verdict(worker.wait()).kept


WORKER = """
import sys, threading, time
from pathlib import Path
from importer.config.accounts import load_account
from importer.core.model import CallClass
from importer.core.time import SystemClock
from importer.leadsquared.client import LeadSquaredClient
from importer.leadsquared.reader import api_user_request
from importer.rate_limit.account_limiter import make_account_limiter
import os
account = load_account(None, os.environ, Path(sys.argv[1]))
crm, clock = LeadSquaredClient(account), SystemClock(threading.Event())
limiter, kind = make_account_limiter(account, clock), CallClass.STANDARD
for _ in range(int(sys.argv[2])):
    while (slot := limiter.acquire(kind)) is None:
        time.sleep(min(0.05, max(0.001, limiter.wait_time(kind))))
    assert limiter.send(kind, slot, lambda: crm.send(api_user_request())).status == 200
limiter.close()
"""


def test_three_processes_share_one_limit(tmp_path: Path, database: Secret, opening: object) -> None:
    """On three machines, as far as they can tell; the CRM enforces its limit and refuses nobody."""
    opening()  # type: ignore[operator]  # a fixture that makes the tables
    calls, limit, window = 40, 10, 0.5
    sandbox = Sandbox(Options(calls_per_window=limit, window=window), Keys(CANARY, f"{CANARY}-secret", "x"))
    sandbox.start()
    environment = {
        "IMPORTER_DATABASE_URL": database.reveal(),
        "LEADSQUARED_HOST": sandbox.host,
        "LEADSQUARED_ACCESS_KEY": CANARY,
        "LEADSQUARED_SECRET_KEY": f"{CANARY}-secret",
        "LEADSQUARED_CALLS_PER_WINDOW": str(limit),
        "LEADSQUARED_WINDOW_SECONDS": str(window),
    }
    try:
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, str(tmp_path / f"home-{number}"), str(calls)], env=environment
            )
            for number in range(3)
        ]
        assert [worker.wait(120) for worker in workers] == [0, 0, 0]
    finally:
        sandbox.stop()
    verdicts = [entry["verdict"] for entry in sandbox.log]
    assert len(verdicts) == 3 * calls
    assert "too many calls" not in verdicts
