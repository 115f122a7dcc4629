"""Notify people of an engine that is stuck: outside of it, because nothing inside of it runs then."""

from __future__ import annotations

from datetime import datetime, timedelta

from importer.jobs.config.loader import LoadedJobs
from importer.jobs.config.model import Address
from importer.jobs.notifications.messages import ENGINE, message_for_engine, recipients
from importer.jobs.store.records import JobOutcome, PendingNotification
from importer.jobs.store.store import JobStore

_PAUSE = timedelta(hours=20)
"""Pause before the same alarm is sent again."""


def report_engine_problem(jobs: LoadedJobs, store: JobStore, problem: str, now: datetime) -> int:
    """Store one notification of ``problem`` for each address that hears of problems; return how many.

    Raises :class:`LedgerError` when the store cannot be written.
    """
    first_jobs: dict[Address, str] = {}
    for name, task in jobs.tasks.items():
        for address in recipients(task.job.notify, JobOutcome.ERROR):
            first_jobs.setdefault(address, name)
    told = {name for name in first_jobs.values() if store.notified_since(name, ENGINE, now - _PAUSE)}
    pending = [
        PendingNotification(message_for_engine(name, problem, now), address)
        for address, name in first_jobs.items()
        if name not in told
    ]
    store.add_notifications(pending, now)
    return len(pending)
