"""What waits for its turn: how many accounts a service works on at once, and which due times are not worth a turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from importer.core.errors import SettingsError
from importer.jobs.config.cron import times_after
from importer.jobs.config.model import Job, Missed

VARIABLE = "IMPORTER_ACCOUNTS_AT_ONCE"
_DEFAULT, _MOST = 20, 1000
_STILL_IN_TIME = timedelta(minutes=10)
"""A turn that begins so late is still that of its time; later, nothing was running when it was due."""


def accounts_at_once(environment: Mapping[str, str]) -> int:
    """How many accounts one service works on beside each other. Raises :class:`SettingsError`."""
    given = environment.get(VARIABLE, "").strip()
    if not given:
        return _DEFAULT
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= _MOST):
        raise SettingsError(f"{VARIABLE} is {given!r}.", f"Expected a whole number from 1 to {_MOST}.")
    return int(given)


def is_overtaken(job: Job, due: datetime, now: datetime) -> bool:
    """Whether the time ``due`` of ``job`` is not worth a turn ``now``: a later one is due, too, or it was missed.

    After a machine has slept, the engine notices all the times of the nights between, one after the other.
    """
    schedule = job.schedule
    if schedule is None or not schedule.cron or not schedule.timezone:
        return False
    if next(times_after(schedule.cron, schedule.timezone, due)) <= now:
        return True
    return job.missed is Missed.SKIP and now - due > _STILL_IN_TIME
