"""The engine: DBOS keeps the schedules and every step of a run, and continues after a crash what was under way.

Its steps run at least once. The jobs' database and the ledger make a repetition harmless.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from importer.core.errors import ImporterError, LedgerError, SettingsError
from importer.core.redaction import redact
from importer.core.time import format_iso
from importer.jobs.config.cron import times_after
from importer.jobs.config.model import MissedRuns
from importer.jobs.engine.dbos_support import engine_options, make_serializer, require_engine, send_logs_to_ours
from importer.jobs.engine.job_run import JobRunner
from importer.jobs.engine.results import JobRunResult, merge_results, run_result_from_json
from importer.jobs.engine.workers import WorkerRegistry, exclusive_start
from importer.jobs.engine.workflow import BY_HAND, register_workflows
from importer.jobs.store.database import Databases
from importer.jobs.store.records import FileState

_log = logging.getLogger(__name__)
VARIABLE = "IMPORTER_ACCOUNTS_AT_ONCE"
_DEFAULT_AT_ONCE, _MOST_AT_ONCE = 20, 1000
_VERSION = "importer-jobs-2"
"""Version of the steps. Another order of steps needs another version: the engine continues only what it knows."""

_SILENCE, _SILENCE_CRON = "importer-silence", "17 * * * *"
"""Name and times of the schedule that reports silence."""
_UNFINISHED = ["PENDING", "ENQUEUED"]
_MOST_SECONDS_TO_END = 86_400
_LOOK_SECONDS = 0.3
_HAND_OVER_SECONDS = 5.0
_QUEUE = "importer-jobs"
"""One queue with a partition for each account: a service polls all partitions at once, so an idle one costs little.

The jobs of one account run one after the other, on whatever machine; those of different accounts beside each other.
"""
_QUEUE_SECONDS, _SHARED_QUEUE_SECONDS = 0.5, 1.0
_POOL = 8
"""Connections of the engine: a run needs one for moments only."""
_LEFT = (FileState.TAKEN, FileState.APPROVED, FileState.IMPORTED)
"""States of files that a run has begun and not brought to an end."""
SERVE = "serve"
"""The role of services, of which each machine has one."""
_ENGINE_KEEPS = timedelta(days=30)
_HISTORY_KEEPS = timedelta(days=365)
_LATE = timedelta(minutes=5)
_MOST_DELETED = 1000


def accounts_at_once(environment: Mapping[str, str]) -> int:
    """Read how many accounts one service works on beside each other. Raises :class:`SettingsError`."""
    given = environment.get(VARIABLE, "").strip()
    if not given:
        return _DEFAULT_AT_ONCE
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= _MOST_AT_ONCE):
        raise SettingsError(f"{VARIABLE} is {given!r}.", f"Expected a whole number from 1 to {_MOST_AT_ONCE}.")
    return int(given)


class Engine:
    """DBOS around one job runner. ``role`` keeps the work of `serve` and of single starts apart.

    On a shared database the services of several machines work together; each has a name of its own, by which the others
    see whether it is still there. Of a single start there is only one at a time.
    """

    def __init__(self, worker: JobRunner, databases: Databases, role: str) -> None:
        send_logs_to_ours()
        with require_engine():
            from dbos import DBOS
        self._dbos: Any = DBOS
        self._worker = worker
        self._name = f"importer-{role}"
        self._version = f"{_VERSION}-{role}"
        self._launched = False
        self._shared = databases.shared
        self._scheduled_at: datetime | None = None
        self._registry = WorkerRegistry(databases.shared) if databases.shared and role == SERVE else None
        self._executor = f"{role}-{uuid.uuid4().hex}" if self._registry else role
        self._at_once = accounts_at_once(worker.env.variables)
        hand_over = self._hand_over if self._registry else None
        self._workflows = register_workflows(DBOS, worker, self._begin_due, hand_over)
        DBOS(
            config={
                "name": self._name,
                "system_database_url": databases.engine.reveal(),
                "sys_db_pool_size": _POOL,
                "db_engine_kwargs": engine_options(databases.engine.reveal()),
                "application_version": self._version,
                "executor_id": self._executor,
                "serializer": make_serializer(),
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
        # DBOS logs a failure here with a traceback; our error below has the message.
        logger.disabled = True
        try:
            with exclusive_start(self._shared, self._worker.env.clock.sleep):
                self._dbos.launch()
            self._launched = True
            if self._registry:
                self._registry.announce(self._executor)
        except (SQLAlchemyError, dbos_errors.DBOSException) as error:
            raise LedgerError(
                f"The engine's database cannot be used: {error}",
                "Check the disk and rights of IMPORTER_HOME, or the database that IMPORTER_JOBS_DATABASE names.",
            ) from None
        finally:
            logger.disabled = False

    def stop(self) -> None:
        """Wait until the runs that are under way have come to a stop, and close the database.

        Set the stop event first: calls in flight are then finished and no further ones begun.
        """
        seconds = _MOST_SECONDS_TO_END if self._launched and self._has_workflows(["PENDING"]) else 0
        self._dbos.destroy(workflow_completion_timeout_sec=seconds, destroy_registry=True)
        if self._registry:
            self._registry.withdraw()

    @property
    def is_shared(self) -> bool:
        """True when other machines may work on the same jobs."""
        return self._registry is not None

    def resume_lost_work(self) -> list[str]:
        """Resume the workflows of services on other machines that have ended; return the names of those services.

        DBOS recovers by itself only the workflows of its own executor ID, and documents for those of others, without
        its Conductor, only ``resume_workflow`` (docs.dbos.dev/production/workflow-recovery and
        /python/reference/contexts). Unlike a recovery at start, resuming does not look at who runs the workflow now. So
        only one machine at a time lists and resumes, under a lock. DBOS then counts its attempts anew;
        those at a file are bounded by MOST_ATTEMPTS.

        A database that cannot be reached is only logged: the next call may find it again.
        """
        if self._registry is None:
            return []
        from dbos import error as dbos_errors
        from sqlalchemy.exc import SQLAlchemyError

        try:
            self._registry.announce(self._executor)
            with self._registry.hold("recovery") as ours:
                left = self._list_workflows(["PENDING"], app_version=self._version) if ours else []
                ended = self._registry.find_ended({each.executor_id for each in left} - {self._executor})
                for each in left:
                    if each.executor_id in ended:
                        # Back into its own queue, which runs one job of an account at a time.
                        self._dbos.resume_workflow(each.workflow_id, queue_name=each.queue_name)
        except (ImporterError, SQLAlchemyError, dbos_errors.DBOSException) as error:
            _log.warning("The other machines cannot be seen: %s", redact(str(error)))
            return []
        if ended:
            _log.warning("A machine is gone; what it was doing is continued: %s", ", ".join(ended))
        return ended

    def delete_old(self, now: datetime) -> int:
        """Delete finished workflows from the engine after 30 days, and runs from the history after a year.

        Return how many workflows were deleted, at most 1,000. A job that is due every minute would else fill the disk
        in a few years.
        """
        self._worker.store.delete_old_runs(now - _HISTORY_KEEPS)
        old = self._dbos.list_workflows(
            completed_before=(now - _ENGINE_KEEPS).isoformat(),
            application_name=self._name,
            load_input=False,
            load_output=False,
            limit=_MOST_DELETED,
        )
        self._dbos.delete_workflows([each.workflow_id for each in old])
        return len(old)

    def find_problem(self, now: datetime) -> str:
        """Return a sentence about what keeps the engine from beginning what is due; empty when nothing does.

        A schedule whose time has passed by five minutes since :meth:`apply_schedules`, without a run, shows an engine
        that is dead, whatever its threads look like.
        """
        if not self._launched or self._scheduled_at is None:
            return "The engine has not started yet."
        try:
            schedules = self._dbos.list_schedules()
        except Exception as error:  # noqa: BLE001  whatever it is, the engine cannot work then
            _log.warning("the engine's database cannot be read: %s", error)
            return "The engine's database cannot be read."
        for each in schedules:
            fired = datetime.fromisoformat(each["last_fired_at"]) if each["last_fired_at"] else self._scheduled_at
            zone = each["cron_timezone"] or "UTC"
            due = next(times_after(each["schedule"], zone, max(fired, self._scheduled_at)))
            if due + _LATE < now:
                return f"{each['schedule_name']} was due at {format_iso(due)} and was not begun."
        return self._find_stuck_queue(now)

    def _find_stuck_queue(self, now: datetime) -> str:
        """Return a sentence when runs have waited for minutes and none is being worked on."""
        waiting = self._list_workflows(["ENQUEUED"], limit=1)
        if not waiting or self._list_workflows(["PENDING"], limit=1):
            return ""
        since = datetime.fromtimestamp(waiting[0].created_at / 1000, UTC)
        return f"A run has waited since {format_iso(since)}, and nothing is worked on." if since + _LATE < now else ""

    def run_now(self, name: str, now: datetime) -> JobRunResult:
        """Run the job ``name`` and wait for its end; a run that a killed process left is finished first.

        Its files count in the result that is returned: nobody has seen them.
        """
        env = self._worker.env
        left = [each.workflow_id for each in self._list_workflows(_UNFINISHED)]
        while self._has_workflows(_UNFINISHED) and not env.stop.is_set():
            env.clock.sleep(_LOOK_SECONDS)
        handle = self._dbos.start_workflow(self._workflows.by_name, name, BY_HAND, format_iso(now))
        last = run_result_from_json(handle.get_result())
        found = self._dbos.list_workflows(workflow_ids=left, load_input=False) if left else []
        outputs = [each.output for each in found if isinstance(each.output, dict)]
        return merge_results([run_result_from_json(each) for each in outputs if each.get("job") == name], last)

    def run_soon(self, name: str, now: datetime) -> None:
        """Begin a run of the job ``name`` that a person asked for, once its account is free."""
        self._enqueue(f"asked-{name}-{uuid.uuid4()}", name, BY_HAND, format_iso(now))

    def apply_schedules(self, now: datetime, names: Collection[str] | None = None) -> None:
        """Make the engine's schedules those of the jobs file, and catch up what was missed while nothing ran.

        While it is running, ``names`` are the new and changed jobs: nothing of the others was missed.
        """
        tasks = self._worker.jobs.tasks
        wanted = {name: task.job.schedule for name, task in tasks.items() if task.job.schedule is not None}
        fired = {each["schedule_name"]: each["last_fired_at"] for each in self._dbos.list_schedules()}
        self._dbos.register_queue(
            _QUEUE,
            worker_concurrency=self._at_once,
            partition_concurrency=1,
            polling_interval_sec=_SHARED_QUEUE_SECONDS if self._registry else _QUEUE_SECONDS,
            on_conflict="always_update",
        )
        for removed in set(fired) - set(wanted) - {_SILENCE}:
            self._dbos.delete_schedule(removed)
        entries = [
            {
                "schedule_name": name,
                "workflow_fn": self._workflows.timer,
                "schedule": schedule.cron,
                "cron_timezone": schedule.timezone,
                "context": name,
            }
            for name, schedule in wanted.items()
        ]
        silence = {"schedule_name": _SILENCE, "workflow_fn": self._workflows.silence, "schedule": _SILENCE_CRON}
        self._dbos.apply_schedules([*entries, {**silence, "context": None}])
        for name in tasks if names is None else names:
            self._catch_up(name, fired.get(name), now)
        self._scheduled_at = now

    def _catch_up(self, name: str, fired: str | None, now: datetime) -> None:
        """Start ``name`` once for all the times that were missed, and for files that an earlier process left."""
        store = self._worker.store
        due = self._first_missed(name, fired, now)
        left = store.file_records(name, _LEFT)
        if due is None and not left:
            return
        # The same missed time is caught up once, however often the program is started.
        key = f"catch-up-{name}-{due.isoformat()}" if due else f"catch-up-{name}-{uuid.uuid4()}"
        self._enqueue(key, name, "catch-up", format_iso(due or now))
        if due is not None:
            store.mark_caught_up(name, format_iso(now))

    def _first_missed(self, name: str, fired: str | None, now: datetime) -> datetime | None:
        """Return the first time at which ``name`` was due while nothing was running, if there is one."""
        task = self._worker.jobs.task(name)
        schedule = task.job.schedule
        if schedule is None or not schedule.cron or not schedule.timezone:
            return None
        # The engine only knows what it has fired; a time that was missed before it ever fired, or just after another
        # missed one, it does not know.
        owed = self._worker.store.owed_since(name, f"{schedule.cron} {schedule.timezone}", fired or format_iso(now))
        since = max(datetime.fromisoformat(each) for each in (owed, fired) if each)
        first = next(times_after(schedule.cron, schedule.timezone, since))
        return first if first < now and task.job.missed is MissedRuns.CATCH_UP else None

    def _begin_due(self, name: str, due: str) -> None:
        """Enqueue a run of ``name`` for its account; the same due time only once."""
        self._enqueue(f"due-{name}-{due}", name, "schedule", due)

    def _hand_over(self, name: str, due: str) -> None:
        """Leave the rest of a run of ``name`` to the others; a little later, when this process has ended."""
        self._enqueue(f"hand-over-{name}-{uuid.uuid4()}", name, "hand-over", due, _HAND_OVER_SECONDS)

    def _enqueue(self, key: str, name: str, cause: str, due: str, delay_seconds: float | None = None) -> None:
        from dbos import SetEnqueueOptions, SetWorkflowID

        account = self._worker.jobs.task(name).job.account
        options = SetEnqueueOptions(queue_partition_key=account, delay_seconds=delay_seconds)
        with SetWorkflowID(key), options:
            self._dbos.enqueue_workflow(_QUEUE, self._workflows.by_name, name, cause, due)

    def _has_workflows(self, states: list[str]) -> bool:
        """Return whether this process has workflows in one of ``states``; those of other roles do not count."""
        mine = self._executor if self._registry else None
        return bool(self._list_workflows(states, executor_id=mine, limit=1))

    def _list_workflows(self, states: list[str], **more: Any) -> list[Any]:
        found: list[Any] = self._dbos.list_workflows(
            status=states, application_name=self._name, load_input=False, load_output=False, **more
        )
        return found
