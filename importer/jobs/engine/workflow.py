"""The workflows as DBOS executes them: steps whose results it stores, in an order that is always the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from importer.core.logging import log_fields
from importer.core.time import format_iso
from importer.jobs.engine.job_run import JobRunner
from importer.jobs.engine.results import (
    FINAL,
    SUCCESSFUL,
    JobRunResult,
    file_result_from_json,
    is_transient,
    run_start_from_json,
)
from importer.jobs.store.records import JobOutcome

BY_HAND, AFTER, AFTER_BY_HAND = "hand", "after", "after by hand"
"""Causes of a run; by hand, a person or another scheduler waits for its end."""
_WAITED_FOR = (BY_HAND, AFTER_BY_HAND)
_PAUSES = (2.0, 30.0, *[300.0] * 11)
"""Seconds between the tries of a run that nobody waits for: the locks of a process that was just killed are dropped
within seconds, other troubles last for minutes."""

Plain = dict[str, Any]
StartRun = Callable[[str, str], None]
"""Starts a later run of a job, by its name and the due time in ISO."""


@dataclass(frozen=True, slots=True)
class Workflows:
    """The workflows as DBOS knows them."""

    timer: Callable[[datetime, Any], bool]
    by_name: Callable[[str, str, str], Plain]
    silence: Callable[[datetime, Any], list[str]]


def register_workflows(dbos: Any, runner: JobRunner, begin_due: StartRun, hand_over: StartRun | None) -> Workflows:
    """Register our workflows and steps with DBOS. Their names stand in its database and stay as they are.

    DBOS begins a timer as soon as it is due; with ``begin_due`` the run itself waits until its account is free.
    ``hand_over`` leaves the rest of a run that was asked to stop to other machines, where there are some.
    """
    # DBOS executes a step again only when it did not come to its end.
    begin = dbos.step(name="begin")(lambda name: asdict(runner.begin(name)))
    import_one = dbos.step(name="import")(lambda number: asdict(runner.import_one(number)))
    archive = dbos.step(name="archive")(lambda number: asdict(runner.archive(number)))
    report_silence = dbos.step(name="silence")(lambda: list(runner.report_silence()))
    is_worth_running = dbos.step(name="look at time")(lambda name, due: bool(runner.is_worth_running(name, due)))

    @dbos.step(name="finish")  # type: ignore[untyped-decorator]
    def finish(name: str, cause: str, due: str, start: Plain, results: list[Plain], last: bool) -> Plain:
        files = [file_result_from_json(each) for each in results]
        return runner.finish(name, cause, due, run_start_from_json(start), files, last=last).to_json()

    @dbos.workflow(name="importer-turn")  # type: ignore[untyped-decorator]
    def by_name(name: str, cause: str, due: str) -> Plain:
        # A run that nobody waits for is tried again for an hour, so that a short trouble does not cost a night.
        for pause in (None,) if cause in _WAITED_FOR else (*_PAUSES, None):
            result = run_once(name, cause, due, last=pause is None)
            if pause is None or not is_transient(result["outcome"], result["exit_status"]):
                break
            runner.env.clock.sleep(pause)
            if runner.env.stop.is_set():
                if hand_over is not None and name in runner.jobs.tasks:
                    hand_over(name, due)
                break
        return result

    def run_once(name: str, cause: str, due: str, *, last: bool) -> Plain:
        with log_fields(job=name), runner.record_faults(name, cause, due), runner.hold(name) as ours:
            if not ours:
                return JobRunResult(name, JobOutcome.BUSY, 75, "The job is running already.").to_json()
            if name not in runner.jobs.tasks:
                return JobRunResult(name, JobOutcome.NOTHING, 0, "The job was removed from the jobs file.").to_json()
            with runner.jobs.pinned(name):
                start = begin(name)
                files = []
                for number in start["numbers"]:
                    imported = import_one(number)
                    files.append(archive(number) if imported["outcome"] in FINAL else imported)
                result: Plain = finish(name, cause, due, start, files, last)
        if result["outcome"] in SUCCESSFUL:
            for follower in runner.jobs.followers(name):
                by_name(follower.name, AFTER_BY_HAND if cause in _WAITED_FOR else AFTER, due)
        return result

    @dbos.workflow(name="importer-timer")  # type: ignore[untyped-decorator]
    def timer(due: datetime, name: Any) -> bool:
        is_wanted: bool = is_worth_running(str(name), format_iso(due))
        if is_wanted:
            begin_due(str(name), format_iso(due))
        return is_wanted

    @dbos.workflow(name="importer-silence")  # type: ignore[untyped-decorator]
    def silence(due: datetime, context: Any) -> list[str]:
        found: list[str] = report_silence()
        return found

    return Workflows(timer, by_name, silence)
