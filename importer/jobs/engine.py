"""The engine: DBOS keeps the schedules and every step of a turn, and continues after a crash what was under way.

Its steps run at least once. The jobs' memory and the ledger make the repetition harmless.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from importer.errors import LedgerError
from importer.jobs import plain_json
from importer.jobs.cron import times_after
from importer.jobs.database import Databases
from importer.jobs.extra import engine_extra
from importer.jobs.model import Missed
from importer.jobs.store import State
from importer.jobs.turning import BY_HAND, Plain, Turns, steps_of, turn_from
from importer.jobs.work import TurnEnd, Worker
from importer.pipeline.clock import iso

_log = logging.getLogger(__name__)
_VERSION = "importer-jobs-1"
"""Of the steps below. Another order of steps needs another version: the engine continues only what it knows."""

_TIMER, _BY_NAME, _SILENCE = "importer-timer", "importer-turn", "importer-silence"
_SILENCE_CRON = "17 * * * *"
_GOING = ["PENDING", "ENQUEUED"]
_MOST_SECONDS_TO_END = 86_400
_LOOK_SECONDS = 0.3
_KEPT = timedelta(days=30)
_REMEMBERED = timedelta(days=365)
_LATE = timedelta(minutes=5)
_MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Turning:
    """The workflows, as the engine knows them."""

    timer: Callable[[datetime, Any], dict[str, Any]]
    by_name: Callable[[str, str, str], dict[str, Any]]
    silence: Callable[[datetime, Any], list[str]]


class Engine:
    """DBOS around one worker. ``role`` keeps what `serve` and single starts have under way apart."""

    def __init__(self, worker: Worker, databases: Databases, role: str) -> None:
        _quiet_logs()
        with engine_extra():
            from dbos import DBOS
        self._dbos: Any = DBOS
        self._worker = worker
        self._name = f"importer-{role}"
        self._launched = False
        self._kept_at: datetime | None = None
        self._turning = _register(DBOS, worker)
        DBOS(
            config={
                "name": self._name,
                "system_database_url": databases.engine.reveal(),
                "application_version": f"{_VERSION}-{role}",
                "executor_id": role,
                "serializer": _serializer(),
                "log_level": "WARNING",
                "use_listen_notify": False,
            }
        )

    def start(self) -> None:
        """Open the database and continue what a killed process of this role had under way.

        Raises :class:`LedgerError` when the database cannot be used.
        """
        from dbos import error as dbos_errors
        from sqlalchemy.exc import SQLAlchemyError

        logger = logging.getLogger("dbos")
        # What it says of a failure here, with a traceback, is said below in words.
        logger.disabled = True
        try:
            self._dbos.launch()
            self._launched = True
        except (SQLAlchemyError, dbos_errors.DBOSException) as error:
            raise LedgerError(
                f"The engine's database cannot be used: {error}",
                "Check the disk and rights of IMPORTER_HOME, or the database that IMPORTER_JOBS_DATABASE names.",
            ) from None
        finally:
            logger.disabled = False

    def stop(self) -> None:
        """Wait until the turns that are under way have come to a stop, and close the database.

        Raise the stop event first: calls in flight are then finished and no further ones begun.
        """
        seconds = _MOST_SECONDS_TO_END if self._launched and self._under_way(["PENDING"]) else 0
        self._dbos.destroy(workflow_completion_timeout_sec=seconds, destroy_registry=True)

    def _under_way(self, states: list[str]) -> bool:
        """Whether this role has turns in one of ``states``; those of other roles are none of its business."""
        found = self._dbos.list_workflows(
            status=states, application_name=self._name, load_input=False, load_output=False, limit=1
        )
        return bool(found)

    def tidy(self, now: datetime) -> int:
        """Forget what was written down about turns that ended long ago; how many.

        The jobs' own history stays for a year; a job that is due every minute would else fill the disk in a few years.
        """
        self._worker.store.forget_turns(now - _REMEMBERED)
        before = (now - _KEPT).isoformat()
        old = self._dbos.list_workflows(
            completed_before=before,
            application_name=self._name,
            load_input=False,
            load_output=False,
            limit=_MOST_AT_ONCE,
        )
        self._dbos.delete_workflows([each.workflow_id for each in old])
        return len(old)

    def trouble(self, now: datetime) -> str:
        """What keeps the engine from beginning what is due, in a sentence; empty when nothing does.

        A schedule whose time has passed by five minutes since :meth:`keep_schedules`, without a turn, tells of an
        engine that is dead, whatever its threads look like.
        """
        if not self._launched or self._kept_at is None:
            return "The engine has not started yet."
        try:
            schedules = self._dbos.list_schedules()
        except Exception as error:  # noqa: BLE001  whatever it is, the engine cannot work then
            _log.warning("the engine's database cannot be read: %s", error)
            return "The engine's database cannot be read."
        for each in schedules:
            fired = datetime.fromisoformat(each["last_fired_at"]) if each["last_fired_at"] else self._kept_at
            zone = each["cron_timezone"] or "UTC"
            due = next(times_after(each["schedule"], zone, max(fired, self._kept_at)))
            if due + _LATE < now:
                return f"{each['schedule_name']} was due at {iso(due)} and was not begun."
        return ""

    def run_now(self, name: str, now: datetime) -> TurnEnd:
        """Run the job ``name`` and wait for its end; a turn that a killed process left is finished first."""
        outside = self._worker.outside
        while self._under_way(_GOING) and not outside.stop.is_set():
            outside.clock.sleep(_LOOK_SECONDS)
        handle = self._dbos.start_workflow(self._turning.by_name, name, BY_HAND, iso(now))
        return turn_from(handle.get_result())

    def keep_schedules(self, now: datetime) -> None:
        """Make the engine's schedules those of the jobs file, and catch up what was missed while nothing ran."""
        tasks = self._worker.jobs.tasks
        wanted = {name: task.job.schedule for name, task in tasks.items() if task.job.schedule is not None}
        fired = {each["schedule_name"]: each["last_fired_at"] for each in self._dbos.list_schedules()}
        for account in {task.job.account for task in tasks.values()}:
            self._dbos.register_queue(_queue(account), worker_concurrency=1, on_conflict="always_update")
        for gone in set(fired) - set(wanted) - {_SILENCE}:
            self._dbos.delete_schedule(gone)
        entries = [
            {
                "schedule_name": name,
                "workflow_fn": self._turning.timer,
                "schedule": schedule.cron,
                "cron_timezone": schedule.timezone,
                "context": name,
                "queue_name": _queue(tasks[name].job.account),
            }
            for name, schedule in wanted.items()
        ]
        watch = {"schedule_name": _SILENCE, "workflow_fn": self._turning.silence, "schedule": _SILENCE_CRON}
        self._dbos.apply_schedules([*entries, {**watch, "context": None}])
        for name in tasks:
            self._catch_up(name, fired.get(name), now)
        self._kept_at = now

    def _catch_up(self, name: str, fired: str | None, now: datetime) -> None:
        """Start ``name`` once for all the times that were missed, and for files that an earlier process left."""
        task, due = self._worker.jobs.task(name), None
        schedule = task.job.schedule
        if fired and schedule and schedule.cron and schedule.timezone and task.job.missed is Missed.CATCH_UP:
            first = next(times_after(schedule.cron, schedule.timezone, datetime.fromisoformat(fired)))
            due = first if first < now else None
        left = self._worker.store.entries(name, [State.TAKEN, State.APPROVED, State.IMPORTED])
        if due is None and not left:
            return
        # The same missed time is caught up once, however often the program is started.
        key = f"catch-up-{name}-{due.isoformat()}" if due else f"catch-up-{name}-{uuid.uuid4()}"
        self._enqueue(key, task.job.account, name, "catch-up", iso(due or now))

    def _enqueue(self, key: str, account: str, name: str, cause: str, due: str) -> None:
        from dbos import SetWorkflowID

        with SetWorkflowID(key):
            self._dbos.enqueue_workflow(_queue(account), self._turning.by_name, name, cause, due)


def _queue(account: str) -> str:
    """The jobs of one account run one after the other; those of different accounts beside each other."""
    return f"importer-jobs-{account}"


def _register(dbos: Any, worker: Worker) -> Turning:
    """Tell the engine our steps and workflows; ``worker`` does what they say."""
    steps = steps_of(dbos, worker)

    @dbos.workflow(name=_BY_NAME)  # type: ignore[untyped-decorator]
    def by_name(name: str, cause: str, due: str) -> Plain:
        return turns.run(name, cause, due)

    @dbos.workflow(name=_TIMER)  # type: ignore[untyped-decorator]
    def timer(due: datetime, name: Any) -> Plain:
        return turns.run(str(name), "schedule", iso(due))

    @dbos.workflow(name=_SILENCE)  # type: ignore[untyped-decorator]
    def silence(due: datetime, context: Any) -> list[str]:
        return steps.silence()

    turns = Turns(worker, steps, by_name)
    return Turning(timer, by_name, silence)


def _serializer() -> Any:
    from dbos import Serializer

    class PlainJson(Serializer):
        """JSON in place of the engine's own form, which would make objects of what stands in the database."""

        def serialize(self, data: Any) -> str:
            return plain_json.dumps(data)

        def deserialize(self, serialized_data: str) -> Any:
            return plain_json.loads(serialized_data)

        def name(self) -> str:
            return "importer_json"

    return PlainJson()


def _quiet_logs() -> None:
    """The engine's log goes where ours goes, through the same redaction; by itself it would write its own lines."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = True
