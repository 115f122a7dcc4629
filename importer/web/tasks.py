"""Long work of the page on background threads: reading and proposing, checking, sending.

A task belongs to a draft, or to another folder with an id. It writes its state and progress there, so that every
process of the server shows the same, and holds a lock while it runs: a task whose lock is free although it says
"running" was interrupted, and is started anew.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from importer.app import Environment
from importer.core.errors import ImporterError, RunStopped
from importer.core.model import Counts
from importer.core.time import Clock, SystemClock, format_iso
from importer.jobs import HoldLock
from importer.web.state import StateFolders

_STATE, _PROGRESS, _STOP = "task.json", "progress.json", "stop.json"
_WRITE_SECONDS = 0.25
_NOTES = 30

_log = logging.getLogger(__name__)


class TaskKind(StrEnum):
    """What a task does."""

    PROPOSE = "propose"
    CHECK = "check"
    SEND = "send"
    TEST = "test"


class TaskState(StrEnum):
    """Where a task stands."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """The state of the last task of a draft; ``message`` and ``remedy`` say why it failed."""

    kind: TaskKind = TaskKind.PROPOSE
    state: TaskState = TaskState.NONE
    message: str = ""
    remedy: str = ""
    started_by: str = ""
    started_at: str = ""

    @property
    def is_running(self) -> bool:
        return self.state is TaskState.RUNNING


Work = Callable[[Environment], None]


class TaskRunner:
    """Runs at most one task for each draft, each on its own thread. ``hold`` locks one against other processes."""

    def __init__(
        self,
        env: Environment,
        store: StateFolders,
        hold: HoldLock,
        make_clock: Callable[[threading.Event], Clock] = SystemClock,
    ) -> None:
        self._env = env
        self._store = store
        self._hold = hold
        self._make_clock = make_clock
        self._is_closing = False
        self._stops: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()

    def start(self, draft_id: str, kind: TaskKind, who: str, work: Work) -> None:
        """Start ``work`` unless a task of this draft is running; it gets an environment of its own."""
        with self._lock:
            thread = self._threads.get(draft_id)
            if (thread is not None and thread.is_alive()) or self._is_running_elsewhere(draft_id):
                return
            self._store.folder(draft_id).joinpath(_STOP).unlink(missing_ok=True)
            self._threads = {key: one for key, one in self._threads.items() if one.is_alive()}
            stop = self._stops[draft_id] = threading.Event()
            status = TaskStatus(kind, TaskState.RUNNING, started_by=who, started_at=format_iso(self._env.clock.now()))
            self._save(draft_id, status)
            progress = StoredProgress(self._store, draft_id, self._env, stop)
            env = replace(self._env, stop=stop, clock=self._make_clock(stop), progress=progress)
            arguments = (draft_id, status, work, env, progress)
            thread = threading.Thread(target=self._run, args=arguments, name=f"import-{draft_id}", daemon=True)
            self._threads[draft_id] = thread
            thread.start()

    def status(self, draft_id: str) -> TaskStatus:
        """Return the state of the draft's last task."""
        found = self._store.read(draft_id, _STATE)
        if not isinstance(found, dict):
            return TaskStatus()
        kind, state = TaskKind(found.pop("kind")), TaskState(found.pop("state"))
        return TaskStatus(kind, state, **found)

    def progress(self, draft_id: str) -> dict[str, Any]:
        """Return the progress of the draft's last task; empty before there is any."""
        return self._store.read(draft_id, _PROGRESS) or {}

    def stop(self, draft_id: str) -> None:
        """Ask the task of a draft to stop, in whatever process; calls that are under way are finished first."""
        if not self.status(draft_id).is_running:
            return
        self._store.write(draft_id, _STOP, True)
        with self._lock:
            if draft_id in self._stops:
                self._stops[draft_id].set()

    def stop_all(self, seconds: float) -> None:
        """Ask all tasks to stop, and wait for them at most so long. The next start of a process continues them."""
        with self._lock:
            self._is_closing = True
            threads = list(self._threads.values())
            for stop in self._stops.values():
                stop.set()
        for thread in threads:
            thread.join(seconds)

    def find_interrupted(self) -> list[tuple[str, TaskStatus]]:
        """Find the tasks that were running in a process that is gone."""
        found = [(draft_id, self.status(draft_id)) for draft_id in self._store.ids(_STATE)]
        return [(draft_id, status) for draft_id, status in found if status.is_running and not self._is_held(draft_id)]

    def _is_running_elsewhere(self, draft_id: str) -> bool:
        return self.status(draft_id).is_running and self._is_held(draft_id)

    def _is_held(self, draft_id: str) -> bool:
        with self._hold(_lock_name(draft_id)) as is_free:
            return not is_free

    def wait(self, draft_id: str, seconds: float) -> None:
        """Wait for the task of a draft in this process."""
        thread = self._threads.get(draft_id)
        if thread is not None:
            thread.join(seconds)

    def _run(self, draft_id: str, status: TaskStatus, work: Work, env: Environment, progress: StoredProgress) -> None:
        with self._hold(_lock_name(draft_id)) as ours:
            if not ours:
                # Another process of the server has begun the same a moment ago.
                return
            try:
                work(env)
                end = replace(status, state=self._state_after(env))
            except ImporterError as error:
                was_stopped = isinstance(error, RunStopped) and env.stop.is_set()
                state = self._state_after(env) if was_stopped else TaskState.FAILED
                message, remedy = (self._store.shorten_paths(text) for text in (error.message, error.remedy))
                end = replace(status, state=state, message=message, remedy=remedy)
            except Exception:  # noqa: BLE001  it is logged with its traceback
                # The traceback goes to the log; the person learns that it is a fault of the program.
                _log.exception("%s failed", status.kind.value)
                remedy = "Nothing is sent twice if you try again. The log of the program has the details."
                end = replace(status, state=TaskState.FAILED, message="The program failed.", remedy=remedy)
            progress.flush()
            self._save(draft_id, end)

    def _state_after(self, env: Environment) -> TaskState:
        if not env.stop.is_set():
            return TaskState.DONE
        # Unlike a pause that a person asked for, the end of the process does not end the task.
        return TaskState.RUNNING if self._is_closing else TaskState.INTERRUPTED

    def _save(self, draft_id: str, status: TaskStatus) -> None:
        names = ("kind", "state", "message", "remedy", "started_by", "started_at")
        self._store.write(draft_id, _STATE, {name: getattr(status, name) for name in names})


class StoredProgress:
    """Progress that is written into the draft's folder, a few times a second.

    ``stop`` is set when a process of the server was asked to stop the task.
    """

    def __init__(self, store: StateFolders, draft_id: str, env: Environment, stop: threading.Event) -> None:
        self._store = store
        self._draft_id = draft_id
        self._env = env
        self._stop = stop
        self._content: dict[str, Any] = {"phase": "starting", "notes": []}
        self._written = float("-inf")
        self.flush()

    def reading(self, rows: int) -> None:
        """Store how many rows have been read."""
        self._change(phase="reading", rows=rows)

    def delivering(self, done: int, total: int, counts: Counts) -> None:
        """Store how many rows have an outcome."""
        self._change(phase="sending", done=done, total=total, counts={key.value: n for key, n in counts.items()})

    def waiting(self, reason: str, seconds: float) -> None:
        """Store the reason of a pause."""
        if seconds >= 1:
            self._change(waiting=f"Waiting {seconds:.0f} s: {reason}.")

    def note(self, text: str) -> None:
        """Store a sentence, at once."""
        self._content["notes"] = [*self._content["notes"], self._store.shorten_paths(text)][-_NOTES:]
        self.flush()

    def flush(self) -> None:
        """Write what is not written yet."""
        self._written = self._env.clock.monotonic()
        self._store.write(self._draft_id, _PROGRESS, self._content)
        if self._store.read(self._draft_id, _STOP):
            self._stop.set()

    def _change(self, **facts: Any) -> None:
        if "waiting" not in facts:
            self._content.pop("waiting", None)
        self._content.update(facts)
        if self._env.clock.monotonic() - self._written >= _WRITE_SECONDS:
            self.flush()


def _lock_name(draft_id: str) -> str:
    return f"web-{draft_id}"
