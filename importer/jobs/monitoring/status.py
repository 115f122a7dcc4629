"""What is told about the jobs: how they stand, when they are due, and what was done."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any

from importer.jobs.config.cron import times_after
from importer.jobs.config.loader import LoadedJobs, Task
from importer.jobs.notifications.addresses import place_of
from importer.jobs.notifications.outbox import Letter, LetterState
from importer.jobs.store.store import JobStore, State

_NOT_THERE = (LetterState.WAITING, LetterState.GIVEN_UP)


def due_times(task: Task, start: datetime, count: int) -> list[datetime]:
    """The next ``count`` times of a job with a schedule; none for others. Raises :class:`SettingsError`."""
    schedule = task.job.schedule
    if schedule is None or schedule.cron is None or schedule.timezone is None:
        return []
    return list(islice(times_after(schedule.cron, schedule.timezone, start), count))


def when_words(task: Task) -> str:
    """When a job runs, in words."""
    schedule = task.job.schedule
    if schedule is not None:
        return f"{schedule.cron} ({schedule.timezone})"
    return f"after {task.job.after}" if task.job.after else "by hand"


def standing(jobs: LoadedJobs, store: JobStore, now: datetime) -> list[dict[str, Any]]:
    """One plain table per job: what it does, whether it is paused, what waits, and how it ended last."""
    listed = []
    for name, task in jobs.tasks.items():
        state, last = store.state(name), store.turns(name, 1)
        due = due_times(task, now, 1)
        held = store.entries(name, [State.HELD])
        listed.append(
            {
                "job": name,
                "account": task.job.account,
                "mapping": str(task.mapping),
                "inbox": str(task.inbox),
                "pattern": task.job.source.pattern if task.job.source.path is None else task.job.source.path,
                "when": when_words(task),
                "next": due[0].isoformat() if due and not state.paused_at else None,
                "paused_at": state.paused_at or None,
                "paused_by": state.paused_by or None,
                "held": [{"path": entry.path, "why": entry.message, "remedy": entry.remedy} for entry in held],
                "last_success_at": state.last_success_at or None,
                "last": asdict(last[0]) if last else None,
                "notifications": [_plain(each) for each in store.letters([name], _NOT_THERE)],
            }
        )
    return listed


def coming(jobs: LoadedJobs, store: JobStore, now: datetime, count: int) -> list[dict[str, str]]:
    """The next times of all jobs that are not paused, in their order."""
    found = [
        (due, name)
        for name, task in jobs.tasks.items()
        if not store.state(name).paused_at
        for due in due_times(task, now, count)
    ]
    return [{"at": due.isoformat(), "job": name} for due, name in sorted(found)[:count]]


def history(store: JobStore, job: str | None, count: int) -> dict[str, Any]:
    """The newest turns and files, newest first."""
    return {
        "turns": [asdict(turn) for turn in store.turns(job, count)],
        "files": [asdict(entry) for entry in store.entries(job, newest=count)],
        "notifications": [_plain(each) for each in store.letters(None if job is None else [job], newest=count)],
    }


def _plain(letter: Letter) -> dict[str, Any]:
    """A notification without its text, which the history has in full."""
    kept = ("job", "outcome", "title", "created_at", "state", "attempts", "trouble")
    next_at = letter.next_at if letter.state == LetterState.WAITING else None
    return {**{name: getattr(letter, name) for name in kept}, "to": place_of(letter.address), "next_at": next_at}
