"""One ordinary import that many checks look at, and the desk of the acceptance tests for those that need their own."""

from __future__ import annotations

import stat
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from importer.sandbox.options import Keys, Options
from importer.sandbox.server import Sandbox
from tests.acceptance.conftest import Desk, desk, sandbox
from tests.acceptance.security.key_words import Echo
from tests.acceptance.security.security_words import ACCESS, API, SECRET

__all__ = ["desk", "sandbox"]

QUEUED = """\
target: lead-and-activity-async
lead:
  FirstName: Name
  Phone: {column: Phone, type: phone, required: true}
activity:
  ActivityEvent: {value: 201}
  ActivityNote: Note
search_by: Phone
"""
PHONES = [f"98450{number:05d}" for number in range(10)]


@dataclass
class OrdinaryRun:
    """A bulk import with faults and one through the queue, both as talkative as can be: what they printed and left."""

    folder: Path
    outputs: list[str] = field(default_factory=list)
    log: list[dict[str, Any]] = field(default_factory=list)
    command_lines: list[str] = field(default_factory=list)
    modes: dict[str, int] = field(default_factory=dict)
    """Permissions of every file and folder of the home and of the results when the imports had ended."""


def _command_line(pid: int) -> str:
    """What everybody on the machine can read of a process, once it has become the command."""
    while not (text := Path(f"/proc/{pid}/cmdline").read_text("utf-8")):
        time.sleep(0.001)
    return text


@pytest.fixture(scope="session")
def ordinary_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrdinaryRun]:
    folder = tmp_path_factory.mktemp("ordinary")
    options = Options(calls_per_window=0, bulk_calls_per_window=0, async_calls_per_window=0, async_delay=0.1)
    made = Sandbox(options, Keys(ACCESS, SECRET, API))
    made.start()
    desk = Desk(folder, made)
    desk.environment |= {
        "LEADSQUARED_ACCESS_KEY": ACCESS,
        "LEADSQUARED_SECRET_KEY": SECRET,
        "LEADSQUARED_API_KEY": API,
        "LEADSQUARED_SETTLE_SECONDS": "0.3",
    }
    ended = OrdinaryRun(folder)
    desk.visits(60)
    for skip, fault in enumerate(("500-after", "drop-after", "html-200", "truncated-json"), start=0):
        made.faults.order(fault, skip=skip and 1, calls=1, on="bulk")
    desk.write("queued.yaml", QUEUED)
    lines = [f"Meera {number},+91{phone},note {number}" for number, phone in enumerate(PHONES)]
    desk.write("queued.csv", "\n".join(["Name,Phone,Note", *lines]) + "\n")
    for command in (
        ("run", "visits.csv", "-m", "visits.yaml", "--yes", "-vv"),
        ("resume", "-vv"),
        ("run", "queued.csv", "-m", "queued.yaml", "--yes", "-vv"),
    ):
        process = desk.start(*command)
        ended.command_lines.append(_command_line(process.pid))
        out, err = process.communicate(timeout=120)
        # So many faults in a row end the first run early.
        assert process.returncode == (4 if command[1] == "visits.csv" else 0), err + out
        ended.outputs += [out, err]
    ended.log = list(made.log)
    for top in (folder / "home", folder / "results"):
        for path in [top, *top.rglob("*")]:
            ended.modes[str(path.relative_to(folder))] = stat.S_IMODE(path.lstat().st_mode)
    yield ended
    made.stop()


@pytest.fixture
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
