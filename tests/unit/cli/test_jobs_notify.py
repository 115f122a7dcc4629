"""`importer serve` sends notifications beside its turns, and `test-notification` says what is wrong with a job's own."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from importer.cli.jobs import serve
from importer.cli.main import run
from importer.jobs import JobsFileChange
from importer.jobs.config.model import Address
from importer.jobs.files.inbox import InboxFile
from importer.jobs.store.database import find_databases, open_database
from importer.jobs.store.records import JobRun, NotificationMessage, PendingNotification
from importer.jobs.store.store import JobStore

JOBS = """\
jobs:
  silent: {account: x, mapping: m.yaml, source: {folder: in}}
  loud: {account: x, mapping: m.yaml, source: {folder: in2}, notify: [{url: {env: HOOK}}]}
"""


@pytest.fixture(autouse=True)
def _process_as_before() -> Iterator[None]:
    """The commands set up the log, the signals and the rights of new files of their process, which is that of all tests."""
    logger, handlers, umask = logging.getLogger("importer"), list(logging.getLogger().handlers), os.umask(0o077)
    level, signals = logger.level, {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    logger.setLevel(level)
    logging.getLogger().handlers[:] = handlers
    os.umask(umask)
    for number, handler in signals.items():
        signal.signal(number, handler)


def test_serve_looks_for_letters_and_tidies_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every few seconds what is due is sent and new jobs begin; twice an hour what is old is forgotten; a stop ends it."""
    monkeypatch.setattr(serve, "_NOTIFY_SECONDS", 0.001)
    stop, seen = threading.Event(), []

    def send_due(seconds: float, stopped: Any) -> int:
        seen.append("deliver")
        if len(seen) >= 9:
            stop.set()
        return int(stopped())

    now = [0.0]

    def monotonic() -> float:
        now[0] += 700
        return now[0]

    clock = SimpleNamespace(now=lambda: datetime(2026, 11, 21, tzinfo=UTC), monotonic=monotonic)
    notifications = SimpleNamespace(send_due=send_due, delete_old=lambda: seen.append("letters"))
    desk = SimpleNamespace(
        env=SimpleNamespace(stop=stop, clock=clock, home=Path("home")),
        notifications=lambda: notifications,
        jobs=SimpleNamespace(path="jobs.yaml", tasks=["nightly"]),
    )
    new = [JobsFileChange(added=("nightly",), removed=("old",))]
    watcher = SimpleNamespace(reload=lambda: new.pop() if new else JobsFileChange())
    monkeypatch.setattr("importer.jobs.JobsFileWatcher", lambda workspace: watcher)
    ran: list[str] = []
    begun: list[tuple[datetime, list[str]]] = []
    engine = SimpleNamespace(
        is_shared=True,
        find_problem=lambda at: "",
        delete_old=lambda at: seen.append("engine"),
        resume_lost_work=lambda: None,
        run_soon=lambda name, at: ran.append(name),
        apply_schedules=lambda at, names: begun.append((at, names)),
    )
    asked = [["nightly", "unknown"]]
    monkeypatch.setattr("importer.jobs.take_requests", lambda home: asked.pop() if asked else [])
    recovered: list[bool] = []
    page = SimpleNamespace(server=SimpleNamespace(recover=lambda: recovered.append(True)))
    serve._watch(desk, engine, page)  # type: ignore[arg-type]  # what is used
    assert begun == [(clock.now(), ("nightly",))]
    assert (ran, bool(recovered)) == (["nightly"], True)
    assert seen[:5] == ["deliver", "deliver", "deliver", "engine", "letters"]
    assert seen[-1] == "deliver"


def test_trying_notifications(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status says whether all work; a job that notifies nobody is a mistake."""
    path = tmp_path / "jobs.yaml"
    path.write_text(JOBS, "utf-8")
    monkeypatch.setenv("IMPORTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOOK", "json://127.0.0.1:1/")
    monkeypatch.setattr("importer.jobs.make_sender", lambda environment: lambda address, message: "")
    assert run(["jobs", "test-notification", "loud", "--file", str(path)]) == 0
    assert capsys.readouterr().out == "problems: the variable HOOK: sent.\n"
    monkeypatch.setattr("importer.jobs.make_sender", lambda environment: lambda address, message: "No.")
    assert run(["jobs", "test-notification", "loud", "--file", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["tried"][0]["trouble"] == "No."
    assert run(["jobs", "test-notification", "silent", "--file", str(path)]) == 2
    assert "notifies nobody" in capsys.readouterr().err


def test_what_waits_and_what_was_given_up_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """List and history name the message, where its address is kept, and why it is not there."""
    path = tmp_path / "jobs.yaml"
    path.write_text(JOBS, "utf-8")
    monkeypatch.setenv("IMPORTER_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    store = JobStore(open_database(find_databases({}, tmp_path / "home").jobs))
    turn = JobRun("loud", "hand", "", "", "2026-11-21T02:30:00.000+00:00", "failed", 1, 1, 1, "m\n  more", "Do it.")
    store.add_run(
        turn,
        [PendingNotification(NotificationMessage("loud", "failed", "loud: could not", "text"), Address(env="HOOK"))],
    )
    store.update_notification(1, state="given up", trouble="There was no answer in time.")
    began = datetime(2026, 11, 21, 2, 20, tzinfo=UTC)
    first = store.add_file("loud", InboxFile(Path("/in/a.csv"), 1, 2, 3), "sha", "m", began)
    places = {"archive": "/in/done/a.csv", "results": "/results/a.xlsx"}
    ended = {"outcome": "problems", "ended_at": "2026-11-21T02:30:00.000+00:00"}
    store.update_file(first.id, state="archived", rows=1200, problems=46, **places, **ended)
    second = store.add_file("loud", InboxFile(Path("/in/b.csv"), 1, 2, 4), "sha2", "m", began)
    store.update_file(second.id, state="held", outcome="held", remedy="importer jobs approve loud")
    store.close()
    assert run(["jobs", "list", "--file", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    words = "loud: could not (2026-11-21 02:30 UTC, to the variable HOOK, 0 tries)"
    at = lines.index(f"    notification given up: {words}")
    assert lines[at + 1] == "        There was no answer in time."
    assert run(["jobs", "history", "--file", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Runs (times in UTC)",
        "    2026-11-21 02:30  loud  failed: m",
        "        more Do it.",
        "Files",
        "    2026-11-21 02:20  loud  b.csv: held",
        "        importer jobs approve loud",
        "        File:     /in/b.csv",
        "    2026-11-21 02:30  loud  a.csv: problems, 1,200 rows, 46 of them for a person",
        "        File:     /in/done/a.csv",
        "        Workbook: /results/a.xlsx",
        "Notifications",
        f"    given up: {words}",
        "        There was no answer in time.",
    ]
    assert run(["jobs", "history", "silent", "--file", str(path)]) == 0
    assert capsys.readouterr().out == "Nothing was done yet.\n"
