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

from importer.core.errors import ImporterError, LedgerError
from importer.core.redaction import redact
from importer.core.time import iso
from importer.jobs.config.cron import times_after
from importer.jobs.config.model import Missed
from importer.jobs.engine import serializer
from importer.jobs.engine.job_run import Worker
from importer.jobs.engine.optional import engine_extra
from importer.jobs.engine.queue import accounts_at_once
from importer.jobs.engine.results import TurnEnd, together, turn_from
from importer.jobs.engine.workers import Peers, opening
from importer.jobs.engine.workflow import BY_HAND, HandOver, Plain, Turns, steps_of
from importer.jobs.store.database import Databases
from importer.jobs.store.store import State

_log = logging.getLogger(__name__)
_VERSION = "importer-jobs-2"
"""Of the steps below. Another order of steps needs another version: the engine continues only what it knows."""

_TIMER, _BY_NAME, _SILENCE = "importer-timer", "importer-turn", "importer-silence"
_SILENCE_CRON = "17 * * * *"
_GOING = ["PENDING", "ENQUEUED"]
_MOST_SECONDS_TO_END = 86_400
_LOOK_SECONDS = 0.3
_HAND_OVER_SECONDS = 5.0
_QUEUE = "importer-jobs"
"""One queue with a part for each account: a service looks into all parts at once, so an idle one costs little.

The jobs of one account run one after the other, on whatever machine; those of different accounts beside each other.
"""
_QUEUE_SECONDS, _SHARED_QUEUE_SECONDS = 0.5, 1.0
_POOL = 8
"""Connections of the engine: a turn needs one for moments only."""
_LEFT = (State.TAKEN, State.APPROVED, State.IMPORTED)
"""States of files that a turn has begun and not brought to an end."""
SERVE = "serve"
"""The role of services, of which each machine has one."""
_KEPT = timedelta(days=30)
_REMEMBERED = timedelta(days=365)
_LATE = timedelta(minutes=5)
_MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Turning:
    """The workflows, as the engine knows them."""

    timer: Callable[[datetime, Any], bool]
    by_name: Callable[[str, str, str], dict[str, Any]]
    silence: Callable[[datetime, Any], list[str]]


class Engine:
    """DBOS around one worker. ``role`` keeps what `serve` and single starts have under way apart.

    On a shared database the services of several machines work together; each has a name of its own, by which the others
    see whether it is still there. Of a single start there is only one at a time.
    """

    def __init__(self, worker: Worker, databases: Databases, role: str) -> None:
        _quiet_logs()
        with engine_extra():
            from dbos import DBOS
        self._dbos: Any = DBOS
        self._worker = worker
        self._name = f"importer-{role}"
        self._launched = False
        self._shared = databases.shared
        self._kept_at: datetime | None = None
        self._peers = Peers(databases.shared) if databases.shared and role == SERVE else None
        self._executor = f"{role}-{uuid.uuid4().hex}" if self._peers else role
        self._at_once = accounts_at_once(worker.outside.environment)
        self._turning = _register(DBOS, worker, self._begin_due, self._hand_over if self._peers else None)
        DBOS(
            config={
                "name": self._name,
                "system_database_url": databases.engine.reveal(),
                "sys_db_pool_size": _POOL,
                "application_version": f"{_VERSION}-{role}",
                "executor_id": self._executor,
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
            with opening(self._shared, self._worker.outside.clock.sleep):
                self._dbos.launch()
            self._launched = True
            if self._peers:
                self._peers.appear(self._executor)
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
        if self._peers:
            self._peers.leave()

    @property
    def has_peers(self) -> bool:
        """Whether other machines may work on the same jobs."""
        return self._peers is not None

    def continue_for_others(self) -> list[str]:
        """Let what machines that are gone had under way be continued; the names of those machines' services.

        A database that cannot be reached is only logged: the next look may find it again.
        """
        if self._peers is None:
            return []
        from sqlalchemy.exc import SQLAlchemyError

        try:
            self._peers.appear(self._executor)
            found = self._listed(["PENDING"])
            gone = self._peers.gone({each.executor_id for each in found} - {self._executor})
            if gone:
                self._dbos._recover_pending_workflows(gone)
                _log.warning("A machine is gone; what it was doing is continued: %s", ", ".join(gone))
        except (ImporterError, SQLAlchemyError) as error:
            _log.warning("The other machines cannot be seen: %s", redact(str(error)))
            return []
        return gone

    def _hand_over(self, name: str, due: str) -> None:
        """Leave what a turn of ``name`` could not finish to the others; a little later, when this process has ended."""
        self._enqueue(f"hand-over-{name}-{uuid.uuid4()}", name, "hand-over", due, _HAND_OVER_SECONDS)

    def _begin_due(self, name: str, due: str) -> None:
        """Put a turn of ``name`` into the queue of its account; the same due time only once."""
        self._enqueue(f"due-{name}-{due}", name, "schedule", due)

    def _under_way(self, states: list[str]) -> bool:
        """Whether this process has turns in one of ``states``; those of other roles are none of its business."""
        mine = self._executor if self._peers else None
        return bool(self._listed(states, executor_id=mine, limit=1))

    def _listed(self, states: list[str], **more: Any) -> list[Any]:
        found: list[Any] = self._dbos.list_workflows(
            status=states, application_name=self._name, load_input=False, load_output=False, **more
        )
        return found

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
        """Run the job ``name`` and wait for its end; a turn that a killed process left is finished first.

        Its files count in the end that is returned, for nobody was told of them.
        """
        outside = self._worker.outside
        left = [each.workflow_id for each in self._listed(_GOING)]
        while self._under_way(_GOING) and not outside.stop.is_set():
            outside.clock.sleep(_LOOK_SECONDS)
        handle = self._dbos.start_workflow(self._turning.by_name, name, BY_HAND, iso(now))
        return together(self._ends(left, name), turn_from(handle.get_result()))

    def _ends(self, turns: list[str], name: str) -> list[TurnEnd]:
        """How those of ``turns`` ended that are of the job ``name`` and came to an end."""
        found = self._dbos.list_workflows(workflow_ids=turns, load_input=False) if turns else []
        outputs = [each.output for each in found if isinstance(each.output, dict)]
        return [turn_from(output) for output in outputs if output.get("job") == name]

    def keep_schedules(self, now: datetime) -> None:
        """Make the engine's schedules those of the jobs file, and catch up what was missed while nothing ran."""
        tasks = self._worker.jobs.tasks
        wanted = {name: task.job.schedule for name, task in tasks.items() if task.job.schedule is not None}
        fired = {each["schedule_name"]: each["last_fired_at"] for each in self._dbos.list_schedules()}
        self._dbos.register_queue(
            _QUEUE,
            worker_concurrency=self._at_once,
            partition_concurrency=1,
            polling_interval_sec=_SHARED_QUEUE_SECONDS if self._peers else _QUEUE_SECONDS,
            on_conflict="always_update",
        )
        for gone in set(fired) - set(wanted) - {_SILENCE}:
            self._dbos.delete_schedule(gone)
        entries = [
            {
                "schedule_name": name,
                "workflow_fn": self._turning.timer,
                "schedule": schedule.cron,
                "cron_timezone": schedule.timezone,
                "context": name,
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
        store = self._worker.store
        due = self._missed(name, fired, now)
        left = store.entries(name, _LEFT)
        if due is None and not left:
            return
        # The same missed time is caught up once, however often the program is started.
        key = f"catch-up-{name}-{due.isoformat()}" if due else f"catch-up-{name}-{uuid.uuid4()}"
        self._enqueue(key, name, "catch-up", iso(due or now))
        if due is not None:
            store.made_up(name, iso(now))

    def _missed(self, name: str, fired: str | None, now: datetime) -> datetime | None:
        """The first time at which ``name`` was due while nothing was running, if there is one."""
        task = self._worker.jobs.task(name)
        schedule = task.job.schedule
        if schedule is None or not schedule.cron or not schedule.timezone:
            return None
        # The engine only knows what it has fired; a time that was missed before it ever fired, or just after another
        # missed one, it does not know.
        owed = self._worker.store.owed_since(name, f"{schedule.cron} {schedule.timezone}", fired or iso(now))
        since = max(datetime.fromisoformat(each) for each in (owed, fired) if each)
        first = next(times_after(schedule.cron, schedule.timezone, since))
        return first if first < now and task.job.missed is Missed.CATCH_UP else None

    def _enqueue(self, key: str, name: str, cause: str, due: str, delay_seconds: float | None = None) -> None:
        from dbos import SetEnqueueOptions, SetWorkflowID

        account = self._worker.jobs.task(name).job.account
        options = SetEnqueueOptions(queue_partition_key=account, delay_seconds=delay_seconds)
        with SetWorkflowID(key), options:
            self._dbos.enqueue_workflow(_QUEUE, self._turning.by_name, name, cause, due)


def _register(dbos: Any, worker: Worker, begin_due: HandOver, hand_over: HandOver | None) -> Turning:
    """Tell the engine our steps and workflows; ``worker`` does what they say.

    The engine begins a timer as soon as it is due; the turn itself waits until its account is free.
    """
    steps = steps_of(dbos, worker)

    @dbos.workflow(name=_BY_NAME)  # type: ignore[untyped-decorator]
    def by_name(name: str, cause: str, due: str) -> Plain:
        return turns.run(name, cause, due)

    @dbos.workflow(name=_TIMER)  # type: ignore[untyped-decorator]
    def timer(due: datetime, name: Any) -> bool:
        worth_a_turn = steps.look_at_time(str(name), iso(due))
        if worth_a_turn:
            begin_due(str(name), iso(due))
        return worth_a_turn

    @dbos.workflow(name=_SILENCE)  # type: ignore[untyped-decorator]
    def silence(due: datetime, context: Any) -> list[str]:
        return steps.silence()

    turns = Turns(worker, steps, by_name, hand_over)
    return Turning(timer, by_name, silence)


def _serializer() -> Any:
    from dbos import Serializer

    class PlainJson(Serializer):
        """JSON in place of the engine's own form, which would make objects of what stands in the database."""

        def serialize(self, data: Any) -> str:
            return serializer.dumps(data)

        def deserialize(self, serialized_data: str) -> Any:
            return serializer.loads(serialized_data)

        def name(self) -> str:
            return "importer_json"

    return PlainJson()


def _quiet_logs() -> None:
    """The engine's log goes where ours goes, through the same redaction; by itself it would write its own lines."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = True
