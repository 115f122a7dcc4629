"""The installed command in a process of its own, against a sandbox over real HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.sandbox.options import Keys, Options
from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox
from tests.support.commands import Ended, Running

ROOT = Path(__file__).parents[2]
CANARY = "canary0key0that0must0never0appear"

VISITS = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead ID, type: uuid}
  ActivityEvent: {value: 201}
  ActivityNote: Note
"""


class Desk:
    """A folder with a ledger, a sandbox and the command."""

    def __init__(self, folder: Path, sandbox: Sandbox, *, measured: bool = True) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self._measured = measured
        self.environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith(("LEADSQUARED_", "IMPORTER_"))},
            "IMPORTER_HOME": str(folder / "home"),
            "LEADSQUARED_HOST": sandbox.host,
            "LEADSQUARED_ASYNC_HOST": sandbox.host,
            "LEADSQUARED_ACCESS_KEY": CANARY,
            "LEADSQUARED_SECRET_KEY": f"{CANARY}-secret",
            "LEADSQUARED_API_KEY": f"{CANARY}-api",
            "LEADSQUARED_CALLS_PER_WINDOW": "20",
            "LEADSQUARED_WINDOW_SECONDS": "0.2",
            "LEADSQUARED_SETTLE_SECONDS": "0.3",
            "LEADSQUARED_TIMEOUT_SECONDS": "3",
            "LEADSQUARED_TIME_ZONE": "Asia/Kolkata",
            "LEADSQUARED_COUNTRY": "IN",
        }

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def visits(self, count: int, name: str = "visits.csv", first: int = 0) -> Path:
        """A file of visits of the seeded leads, each with its own note."""
        lines = [f"{lead_id(number % 400 + 1)},visit {number}" for number in range(first, first + count)]
        self.write("visits.yaml", VISITS)
        return self.write(name, "\n".join(["Lead ID,Note", *lines]) + "\n")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """The program as a person starts it."""
        return subprocess.Popen(
            [sys.executable, "-m", "importer", *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def fork(self, *arguments: str, **environment: str) -> Running:
        """A process that begins without the seconds of importing; its output lies beside the folder."""
        told_in = self.folder.with_name(f"{self.folder.name}-told")
        told_in.mkdir(exist_ok=True)
        return Running(
            self.folder, {**self.environment, **environment}, arguments, told_in=told_in, measured=self._measured
        )

    def run(self, *arguments: str, **environment: str) -> Ended:
        ended = self.fork(*arguments, **environment).wait()
        assert CANARY not in ended.out + ended.err
        return ended

    def notes(self) -> Counter[str]:
        """How often each note is in the CRM."""
        return Counter(activity["note"] for activity in self.sandbox.state()["activities"])


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    keys = Keys(CANARY, f"{CANARY}-secret", f"{CANARY}-api")
    made = Sandbox(
        Options(calls_per_window=0, bulk_calls_per_window=0, async_calls_per_window=0, async_delay=0.1), keys
    )
    made.start()
    yield made
    made.stop()


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox) -> Desk:
    """Of a test with many cases the coverage of the first one counts: a measured command takes twice as long."""
    case = getattr(request.node, "callspec", None)
    return Desk(tmp_path, sandbox, measured=case is None or not any(case.indices.values()))
