"""The processes of a soak: sandboxes over HTTP as accounts, and `importer serve` as a worker that is killed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from importer.sandbox.faults import CATALOGUE
from importer.sandbox.options import Keys, Options
from importer.sandbox.server import Sandbox
from tests.reliability.possible_faults import possible_faults
from tests.reliability.soak.exports import JOB_TYPES, Export
from tests.reliability.soak.shared_clock import SharedClock, use_in_sandboxes, use_in_worker
from tests.support import commands
from tests.support.commands import Running
from tests.support.trial import CANARY

CALLS, WINDOW = 50, 0.5
"""Each account's limit, which the sandbox enforces."""
_LATE_SECONDS, _SETTLE_SECONDS, _TIMEOUT_SECONDS = 1.4, 0.8, 1.0
_LIES = "mx-after-processing"
POSSIBLE_FAULTS = possible_faults(fault for fault in CATALOGUE if not fault.startswith("queue-") and fault != _LIES)
"""Without those of calls that no job makes, and without the one that no program can see."""
_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Accounts:
    """The sandboxes, with what was counted of their calls."""

    def __init__(self, count: int, hours: SharedClock) -> None:
        self._true_time = use_in_sandboxes(hours)
        options = Options(calls_per_window=CALLS, bulk_calls_per_window=CALLS, window=WINDOW, latency=0.01)
        self.sandboxes = [Sandbox(options, Keys(CANARY, f"{CANARY}-secret", f"{CANARY}-api")) for _ in range(count)]
        for sandbox in self.sandboxes:
            sandbox.tenant.clock = hours.now
            sandbox.start()
        self.calls = 0
        self.too_many = 0
        self.faults: Counter[str] = Counter()

    def file(self) -> str:
        """Return an accounts file with all of them."""
        entry = (
            "a{}: {{host: '{}', access_key: {{env: A}}, secret_key: {{env: B}}, calls_per_window: {}, window_seconds: {}, "
            "settle_seconds: {}, timeout_seconds: {}, time_zone: Asia/Kolkata, country: IN}}\n"
        )
        limits = CALLS, WINDOW, _SETTLE_SECONDS, _TIMEOUT_SECONDS
        return "".join(entry.format(number, one.host, *limits) for number, one in enumerate(self.sandboxes))

    def order_faults(self, random: Random, share: float) -> int:
        """Let a ``share`` of the accounts misbehave once or twice; how many faults were ordered."""
        ordered = 0
        for sandbox in self.sandboxes:
            for _ in range(random.choice((1, 1, 2)) if random.random() < share else 0):
                fault, on = random.choice(POSSIBLE_FAULTS)
                sandbox.faults.order(fault, skip=random.randint(0, 4), on=on, seconds=_LATE_SECONDS)
                ordered += 1
        return ordered

    def position(self) -> tuple[tuple[int, bool], ...]:
        """The number of each account's last call, and whether it is at one: what changes while somebody works."""
        found = []
        for sandbox in self.sandboxes:
            last = sandbox.crm.journal.entries(40)
            found.append((last[-1]["number"] if last else 0, any(one["verdict"] == "in progress" for one in last)))
        return tuple(found)

    def close_night(self) -> None:
        """Count the night's calls and forget them, with the faults that found no call."""
        for sandbox in self.sandboxes:
            for entry in sandbox.log:
                self.calls += 1
                self.too_many += entry["verdict"] == "too many calls"
                self.faults[entry["fault"]] += bool(entry["fault"])
            sandbox.faults.clear()
            sandbox.crm.journal.clear()

    def states(self) -> list[dict[str, Any]]:
        """Return the content of each."""
        return [sandbox.state() for sandbox in self.sandboxes]

    def stop(self) -> None:
        """End them; other sandboxes of this process have the machine's time again."""
        for sandbox in self.sandboxes:
            sandbox.stop()
        self._true_time()


class Service:
    """`importer serve` in a folder: started, killed, asked to stop; with what its processes used."""

    def __init__(self, folder: Path, hours: Path) -> None:
        self.folder = folder
        self._hours = hours
        self._running: Running | None = None
        self._used = self._seen = 0.0
        self.kills = 0
        self.starts = 0
        self.wrong: list[str] = []

    def start(self) -> None:
        """Start it, unless it runs."""
        if self._running is None:
            self._running = self._begin("serve", "--json")
            self.starts += 1

    def _begin(self, *arguments: str) -> Running:
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith(("LEADSQUARED", "IMPORTER"))},
            "IMPORTER_HOME": str(self.folder / "home"),
            "A": CANARY,
            "B": f"{CANARY}-secret",
        }
        return Running(self.folder, environment, arguments, use_in_worker(self._hours))

    def send_changed(self, file: str) -> None:
        """Decide, as a person would, that the changed rows of a file are new ones."""
        ended = self._begin("jobs", "decide", file, "--changed", "send", "--json").wait()
        if ended.status:
            self.wrong.append(f"deciding about {file} ended with {ended.status}: {ended.err[-600:]}")

    def serves(self) -> bool:
        """Whether it has said that it is ready."""
        return self._running is not None and self._running._out.stat().st_size > 0

    def kill(self) -> None:
        """SIGKILL, at whatever it is."""
        if self._running is not None:
            self.cpu_seconds()
            self._running.kill()
            self._ended(self._running.wait().status, -9)
            self.kills += 1

    def ask_to_stop(self) -> None:
        """SIGTERM, and wait for its end."""
        if self._running is not None:
            self.cpu_seconds()
            self._running.process.terminate()
            # Before its handler is there, the signal ends it at once.
            self._ended(self._running.wait().status, 0, -15)

    def restart_if_ended(self) -> None:
        """Start it again when it ended by itself, and record that."""
        if self._running is not None and not self._running.is_alive():
            self._ended(self._running.wait().status, None)
            self.start()

    def _ended(self, status: int, *expected: int | None) -> None:
        if status not in expected:
            said = self._running._err.read_text("utf-8", "replace")[-600:] if self._running else ""
            self.wrong.append(f"the worker ended with {status}: {said}")
        self._running = None
        self._used, self._seen = self._used + self._seen, 0.0

    def cpu_seconds(self) -> float:
        """What all its processes have used so far, as far as it was looked at before they were killed."""
        fields = self._stat()
        if fields:
            self._seen = (int(fields[11]) + int(fields[12])) / _TICK
        return self._used + self._seen

    def memory(self) -> int:
        """Bytes of memory that it holds now."""
        fields = self._stat()
        return int(fields[21]) * _PAGE if fields else 0

    def _stat(self) -> Sequence[str]:
        try:
            text = Path(f"/proc/{self._running.pid}/stat").read_text("utf-8") if self._running else ""
        except OSError:
            return ()
        return text.rpartition(")")[2].split()


def write_files(folder: Path, exports: Sequence[Export], accounts: Accounts) -> None:
    """The files with which the service works: accounts, mappings and jobs. They are due between 2:30 and 2:39."""
    (folder / "home").mkdir(mode=0o700)
    (folder / "accounts.yaml").write_text(accounts.file(), "utf-8")
    for sort in JOB_TYPES:
        (folder / f"{sort.name}.yaml").write_text(sort.mapping, "utf-8")
    lines = ["jobs:"]
    for export in exports:
        (folder / "inbox" / export.name).mkdir(parents=True)
        lines += [
            f"  {export.name}:",
            f"    account: a{export.account}",
            f"    mapping: {export.sort.name}.yaml",
            f'    source: {{folder: inbox/{export.name}, pattern: "*.csv", stable: 0s}}',
            f'    schedule: {{cron: "{30 + export.number % 10} 2 * * *", timezone: UTC}}',
            f"    results: results/{export.name}",
        ]
    (folder / "jobs.yaml").write_text("\n".join(lines) + "\n", "utf-8")


def preload() -> None:
    """Let new workers start with the engine in memory already, so that the second that it takes is not paid each time."""
    more = [
        "dbos",
        "importer.jobs.engine.scheduler",
        "importer.cli.jobs.serve",
        "importer.cli.jobs.workspace",
        "psutil",
    ]
    commands._CONTEXT.set_forkserver_preload(["warm", *more])
