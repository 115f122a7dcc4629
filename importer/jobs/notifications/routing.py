"""Who hears how a job ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from importer.jobs.config.model import Address, Notification, When
from importer.jobs.store.store import JobState, Result

_TROUBLE = (Result.PROBLEMS, Result.FAILED, Result.HELD, Result.INTERRUPTED, Result.ERROR)
_NOT_WORTH_A_WORD = (Result.NOTHING, Result.BUSY, Result.PAUSED)


def listeners(notifications: Sequence[Notification], outcome: Result) -> list[Address]:
    """Who wants to hear of this end of a job."""
    if outcome in _NOT_WORTH_A_WORD:
        return []
    wanted = (When.ALWAYS, When.PROBLEMS) if outcome in _TROUBLE else (When.ALWAYS,)
    return [each.url for each in notifications if each.url is not None and each.when in wanted]


def silence_listeners(notifications: Sequence[Notification], state: JobState, now: datetime) -> list[Address]:
    """Who wants to hear that a job has had no success for so long; each silence is told once a day."""
    since = state.last_success_at or state.known_since
    if not since or (state.silence_told_at and now - datetime.fromisoformat(state.silence_told_at) < timedelta(days=1)):
        return []
    silent = now - datetime.fromisoformat(since)
    return [
        each.url
        for each in notifications
        if each.url is not None and each.when is When.SILENCE and silent >= timedelta(days=each.days or 1)
    ]
