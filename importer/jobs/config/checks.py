"""Check the jobs of a file as a whole: missing options, contradictions, jobs that wait for each other."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from importer.config import Document, InvalidValueError, KeyPath
from importer.core.text import suggest_name
from importer.jobs.config.model import Job, JobsFile, NotificationRule, NotifyWhen, validate_job_name
from importer.jobs.files.inbox import patterns_overlap

_REQUIRED = {
    "account": "Add a line `account:` with the name of an account, or default.",
    "mapping": "Add a line `mapping:` with the path of the mapping.",
    "source": "Add `source: {folder: …, pattern: …}` or `source: {path: …}`.",
}


def check_jobs(jobs: JobsFile, document: Document) -> None:
    """Add to ``document`` the problems of the jobs as a whole; broken parts cause no second problem."""
    if not jobs.jobs and not document.broken:
        document.add(("jobs",), "The file has no jobs.", "Name a job below `jobs:`.")
    for name, job in jobs.jobs.items():
        at: KeyPath = ("jobs", name)
        try:
            validate_job_name(name)
        except InvalidValueError as error:
            document.add(at, error.message, error.remedy)
        for option, remedy in _REQUIRED.items():
            if option not in job.model_fields_set and not document.is_broken((*at, option)):
                document.add(at, f"The job does not say its `{option}`.", remedy)
        _check_source(job, at, document)
        _check_time(name, job, jobs, at, document)
        for position, notification in enumerate(job.notify):
            _check_notification(notification, (*at, "notify", position), document)
    _check_cycles(jobs, document)
    _check_shared_sources(jobs, document)


def _check_source(job: Job, at: KeyPath, document: Document) -> None:
    source, here = job.source, (*at, "source")
    if "source" not in job.model_fields_set or document.is_broken(here):
        return
    if (source.folder is None) == (source.path is None):
        document.add(here, "A source is either a `folder` or one `path`.", "Keep one of them.")
    elif source.path is not None and "pattern" in source.model_fields_set:
        document.add((*here, "pattern"), "`pattern` belongs to a folder.", "Remove it, or write `folder:`.")


def _check_time(name: str, job: Job, jobs: JobsFile, at: KeyPath, document: Document) -> None:
    if job.after is not None and job.schedule is not None:
        document.add((*at, "after"), "The job has a schedule and also waits for another job.", "Keep one of them.")
    if job.after is not None and job.after not in jobs.jobs and not document.is_broken(("jobs", job.after)):
        others = [other for other in jobs.jobs if other != name]
        document.add(
            (*at, "after"), f'There is no job "{job.after}".', suggest_name(job.after, others) if others else ""
        )
    for option, remedy in (
        ("cron", "Add `cron:` with five fields, such as 30 2 * * *."),
        ("timezone", "Add `timezone:` with a name such as Asia/Kolkata."),
    ):
        here = (*at, "schedule", option)
        if job.schedule is not None and getattr(job.schedule, option) is None and not document.is_broken(here):
            document.add((*at, "schedule"), f"The schedule has no `{option}`.", remedy)


def _check_notification(notification: NotificationRule, at: KeyPath, document: Document) -> None:
    url = notification.url
    places = 0 if url is None else sum(place is not None for place in (url.env, url.file, url.credential))
    if places != 1 and not document.is_broken((*at, "url")):
        remedy = "Write one of `url: {env: NAME}`, `url: {file: PATH}` and `url: {credential: NAME}`."
        document.add(at, "The notification does not say where its address is kept.", remedy)
    if notification.when is NotifyWhen.SILENCE and notification.days is None and not document.is_broken((*at, "days")):
        document.add(at, "`silence` needs a number of days.", "Add `days: 3`.")
    if notification.when is not NotifyWhen.SILENCE and notification.days is not None:
        document.add((*at, "days"), "`days` belongs to `when: silence`.", "Remove it, or write `when: silence`.")


def _check_cycles(jobs: JobsFile, document: Document) -> None:
    for name in jobs.jobs:
        seen = [name]
        following = jobs.jobs[name].after
        while following is not None and following in jobs.jobs and following not in seen:
            seen.append(following)
            following = jobs.jobs[following].after
        if following == name:
            shown = " → ".join([*seen, name])
            document.add(("jobs", name, "after"), f"The jobs wait for each other: {shown}.", "Let one have a schedule.")


def _check_shared_sources(jobs: JobsFile, document: Document) -> None:
    """Find jobs with the same inbox and patterns that overlap: they would take the files away from each other."""
    seen: dict[str, list[tuple[str, str]]] = {}
    for name, job in jobs.jobs.items():
        source = job.source
        if (source.folder is None) == (source.path is None):
            continue
        place = Path(source.path) if source.path is not None else Path(source.folder or "") / source.pattern
        pattern = glob.escape(place.name) if source.path is not None else place.name
        others = seen.setdefault(os.path.normpath(place.parent), [])
        first = next((other for other, taken in others if patterns_overlap(taken, pattern)), None)
        others.append((name, pattern))
        if first is not None:
            document.add(
                ("jobs", name, "source"),
                f"The job {first} takes the same files: some names fit the patterns of both.",
                "Give each job its own folder or pattern; two imports of one file are two mappings in two folders.",
            )
