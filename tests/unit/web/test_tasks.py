"""Long work of several servers that share a home folder: each task is done by one of them, and stopped by any."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from importer.app import Environment
from importer.core.errors import RunStopped
from importer.core.progress import SilentProgress
from importer.core.time import SystemClock
from importer.jobs import job_locks
from importer.web.state import StateFolders
from importer.web.tasks import TaskKind, TaskRunner, TaskState

TASK = "a-task-of-mine"


@dataclass
class Servers:
    """Two servers, as processes would be: they share the folder and nothing else."""

    folders: StateFolders
    first: TaskRunner
    second: TaskRunner
    begun: threading.Event
    ended: threading.Event
    runs: list[str]

    def work(self, env: Environment) -> None:
        """Work until the test or somebody's request ends it; progress is written meanwhile."""
        self.runs.append(threading.current_thread().name)
        self.begun.set()
        while not (self.ended.wait(0.01) or env.stop.is_set()):
            env.progress.note("working")
        if env.stop.is_set():
            raise RunStopped("It stopped before its end.")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    stop = threading.Event()
    env = Environment(
        home=tmp_path,
        variables={},
        clock=SystemClock(stop),
        stop=stop,
        progress=SilentProgress(),
        make_crm=lambda account: pytest.fail("nothing is sent"),
        confirm=lambda question: False,
        random_text=lambda: "ab12",
    )
    folders = StateFolders(tmp_path / "tasks")
    folders.folder(TASK).mkdir(parents=True)
    runners: list[Any] = [TaskRunner(env, folders, job_locks(tmp_path, None)) for _ in range(2)]
    made = Servers(folders, *runners, threading.Event(), threading.Event(), [])
    yield made
    made.ended.set()
    made.first.wait(TASK, 10)
    made.second.wait(TASK, 10)


def test_a_running_task_is_begun_by_no_other_server(servers: Servers) -> None:
    servers.first.start(TASK, TaskKind.SEND, "ann", servers.work)
    assert servers.begun.wait(10)
    assert servers.second.find_interrupted() == []
    servers.second.start(TASK, TaskKind.CHECK, "ravi", servers.work)
    assert (servers.second.status(TASK).kind, servers.second.status(TASK).started_by) == (TaskKind.SEND, "ann")
    servers.ended.set()
    servers.first.wait(TASK, 10)
    assert (len(servers.runs), servers.second.status(TASK).state) == (1, TaskState.DONE)


def test_a_task_is_paused_from_any_server(servers: Servers) -> None:
    servers.first.start(TASK, TaskKind.SEND, "ann", servers.work)
    assert servers.begun.wait(10)
    servers.second.stop(TASK)
    servers.first.wait(TASK, 10)
    assert servers.first.status(TASK).state is TaskState.INTERRUPTED
    assert servers.second.find_interrupted() == []
    servers.ended.set()
    servers.second.start(TASK, TaskKind.SEND, "ann", servers.work)
    servers.second.wait(TASK, 10)
    assert servers.first.status(TASK).state is TaskState.DONE


def test_a_server_that_ends_leaves_its_task_to_another(servers: Servers) -> None:
    servers.first.start(TASK, TaskKind.SEND, "ann", servers.work)
    assert servers.begun.wait(10)
    servers.first.stop_all(10)
    ((found, status),) = servers.second.find_interrupted()
    assert (found, status.kind, status.started_by) == (TASK, TaskKind.SEND, "ann")
