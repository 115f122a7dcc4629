"""The fleet: many accounts at once on 1, 2 and 4 services that share a database, each account at LeadSquared's own limit."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from importer.sandbox.seed import lead_id
from tests.reliability.campaign.report import commit_of
from tests.reliability.soak.processes import preload
from tests.reliability.soak.report import write_figures
from tests.reliability.soak.shared_clock import SharedClock, use_in_worker
from tests.support import postgres_server
from tests.support.commands import Running

ROOT = Path(__file__).resolve().parents[3]
CALLS, WINDOW, BATCH = 25, 5.0, 25
"""LeadSquared's limit for an account, and the rows of a bulk call of the mapping."""
_IDLE_SECONDS = 5.0
_TICK = os.sysconf("SC_CLK_TCK")
_MAPPING = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead, type: uuid}
  ActivityEvent: {value: 201}
  ActivityNote: Note
"""
_JOB = """\
  job{number:03}:
    account: a{number}
    mapping: visits.yaml
    source: {{folder: inbox/{number}, pattern: "*.csv", stable: 0s}}
    schedule: {{cron: "30 2 * * *", timezone: UTC}}
    guards: {{max_rows: 1000000}}
    results: results
"""
_ACCOUNT = (
    "a{number}: {{host: '{host}', access_key: {{env: A{number}}}, secret_key: {{env: B}}, calls_per_window: {calls}, "
    "window_seconds: {window}, account_checks: 'off', time_zone: Asia/Kolkata, country: IN}}\n"
)


@dataclass
class Fleet:
    """One measurement in a folder and a database of its own."""

    folder: Path
    database: str
    postgres: postgres_server.Server
    accounts: int
    rows: int
    workers: int

    def measure(self) -> dict[str, Any]:
        """What it took, from the time at which all jobs are due until the last file is in its archive."""
        hours = SharedClock(self.folder / "hours")
        told, answering = self._answering()
        services: list[Running] = []
        try:
            self._furnish(told)
            services = [self._serve(number) for number in range(self.workers)]
            _until(lambda: all(one._out.stat().st_size for one in services), 120)
            time.sleep(3)
            pids = [one.pid for one in services]
            idle = self._used(pids, answering.pid)
            time.sleep(_IDLE_SECONDS)
            idle = {
                name: (after - idle[name]) / _IDLE_SECONDS for name, after in self._used(pids, answering.pid).items()
            }
            used, commits = self._used(pids, answering.pid), self._commits()
            hours.skip_to(hours.now().replace(hour=2, minute=30, second=12) + timedelta(days=1))
            begun = time.monotonic()
            _until(lambda: not list((self.folder / "inbox").glob("*/*.csv")), 3600)
            seconds = time.monotonic() - begun
            used = {name: after - used[name] for name, after in self._used(pids, answering.pid).items()}
            commits = self._commits() - commits
        finally:
            for one in services:
                one.kill()
                one.process.join()
            out, _ = answering.communicate(timeout=60)
        return {**self._figures(json.loads(out), seconds, used, commits), "idle_cores": sum(idle.values())}

    def _figures(self, came: dict[str, Any], seconds: float, used: dict[str, float], commits: int) -> dict[str, Any]:
        rows = self.accounts * self.rows
        limit = self.accounts * CALLS / WINDOW
        return {
            "workers": self.workers,
            "seconds": round(seconds, 1),
            "rows_per_second": rows / seconds,
            "rows_per_second_sending": came["rows"] / came["seconds"],
            "share_of_limits": came["calls"] / came["seconds"] / limit,
            "share_of_cores": sum(used.values()) / seconds / (os.cpu_count() or 1),
            "cpu_ms_per_row": 1000 * used["workers"] / rows,
            "cpu_seconds": {name: round(each, 1) for name, each in used.items()},
            "commits_per_call": round(commits / came["calls"], 1),
            "calls": came["calls"],
            "refused": came["refused"],
            "lost": rows - came["rows"],
            "doubled": came["doubled"],
        }

    def _answering(self) -> tuple[str, subprocess.Popen[str]]:
        limits = [str(self.accounts), str(CALLS), str(WINDOW), str(self.folder / "hours")]
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.soak.fast_crm", *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        return f"http://127.0.0.1:{process.stdout.readline().strip()}", process

    def _furnish(self, host: str) -> None:
        (self.folder / "home").mkdir(mode=0o700)
        (self.folder / "visits.yaml").write_text(_MAPPING, "utf-8")
        numbers = range(self.accounts)
        (self.folder / "jobs.yaml").write_text(
            "jobs:\n" + "".join(_JOB.format(number=each) for each in numbers), "utf-8"
        )
        entries = [_ACCOUNT.format(number=each, host=host, calls=CALLS, window=WINDOW) for each in numbers]
        (self.folder / "accounts.yaml").write_text("".join(entries), "utf-8")
        lines = [f"{lead_id(row % 400 + 1)},visit {row}" for row in range(self.rows)]
        for number in numbers:
            (self.folder / "inbox" / str(number)).mkdir(parents=True)
            text = "\n".join(["Lead,Note", *lines, ""])
            (self.folder / "inbox" / str(number) / f"visits-{number}.csv").write_text(text, "utf-8")

    def _serve(self, number: int) -> Running:
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith(("LEADSQUARED_", "IMPORTER_"))},
            "IMPORTER_HOME": str(self.folder / "home"),
            "IMPORTER_DATABASE_URL": self.database,
            # Each takes its share of the accounts, and none waits for another one's.
            "IMPORTER_ACCOUNTS_AT_ONCE": str(-(-self.accounts // self.workers)),
            **{f"A{each}": f"fleet0{each:04}" for each in range(self.accounts)},
            "B": "fleet0secret",
        }
        return Running(self.folder, environment, ("serve", "--json"), use_in_worker(self.folder / "hours"))

    def _used(self, workers: list[int], answering: int) -> dict[str, float]:
        """CPU seconds so far."""
        return {
            "workers": sum(map(_cpu_seconds, workers)),
            "PostgreSQL": self._cpu_of_postgres(),
            "the answering CRM": _cpu_seconds(answering),
        }

    def _cpu_of_postgres(self) -> float:
        """Of the server with all its processes that still run or were waited for."""
        first = int((self.postgres.data / "postmaster.pid").read_text("utf-8").split()[0])
        total = _cpu_seconds(first, ended=True)
        for path in Path("/proc").glob("[0-9]*"):
            fields = _stat(int(path.name))
            if fields and int(fields[1]) == first:
                total += _cpu_seconds(int(path.name))
        return total

    def _commits(self) -> int:
        name = self.database.partition("@/")[2].partition("?")[0]
        return int(self.postgres.sql(f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{name}'"))


def fleet(given: Any) -> int:
    """Measure with each number of workers and write the figures; 0 when no row was lost or doubled."""
    preload()
    programs = postgres_server.find_programs()
    if programs is None:
        sys.stderr.write("PostgreSQL is not installed (Debian: apt-get install postgresql)\n")
        return 1
    started, commit, runs = time.time(), commit_of(ROOT), []
    for workers in given.workers:
        server = postgres_server.Server(programs, connections=600)
        folder = Path(tempfile.mkdtemp(prefix="fleet-"))
        try:
            url = server.fresh("fleet")
            one = Fleet(folder, url, server, given.fleet_accounts, given.rows, workers).measure()
        finally:
            server.remove()
            shutil.rmtree(folder, ignore_errors=True)
        sys.stderr.write(f"{json.dumps(one)}\n")
        runs.append(one)
        found = {"accounts": given.fleet_accounts, "rows": given.rows, "runs": runs, "commit": commit}
        if not given.no_write:
            write_figures(ROOT, "fleet", {**found, **words(given, runs)}, started, given.busy)
    return 0 if not any(run["lost"] or run["doubled"] or run["refused"] for run in runs) else 1


def words(given: Any, runs: list[dict[str, Any]]) -> dict[str, str]:
    """What was scaled, and what bounds the figures."""
    limit = given.fleet_accounts * CALLS / WINDOW
    scaled = (
        f"Each account has LeadSquared's own limit of {CALLS} calls in {WINDOW:g} seconds of true time; all together "
        f"{limit:,.0f} calls or {limit * BATCH:,.0f} rows per second. In place of the sandbox a light server answers, which "
        "stores nothing but counts every row and refuses calls above the limit. Workers, PostgreSQL and that server share "
        "the cores of one machine; between machines there would be a network. Rows per second count from the time at which "
        "all jobs are due to the last file in its archive, with reading, checking and reports; the share of the limits "
        "counts from the first call to the last."
    )
    spent = "; ".join(
        f"{run['workers']} worker{'s' * (run['workers'] > 1)}: "
        + ", ".join(f"{name} {seconds:g} s" for name, seconds in run["cpu_seconds"].items())
        + f" in {run['seconds']:g} s, {run['commits_per_call']:g} commits per call, {run['idle_cores']:.2f} cores when idle"
        for run in runs
    )
    best = max(run["share_of_limits"] for run in runs)
    bound = "the limits" if best >= 0.9 else "the processor" if runs[-1]["share_of_cores"] >= 0.7 else "waiting"
    return {
        "scaled": scaled,
        "bound": f"What bounds it here: {bound}. CPU seconds – {spent}. The commits include those of the engine.",
    }


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _cpu_seconds(pid: int, *, ended: bool = False) -> float:
    fields = _stat(pid)
    return sum(int(each) for each in fields[11 : 15 if ended else 13]) / _TICK if fields else 0.0


def _until(reached: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.1)
