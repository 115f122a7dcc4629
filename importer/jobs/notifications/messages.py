"""Texts and recipients of notifications: counts, codes, the next step and paths. Never a cell, a heading or a key.

They go to mail servers and chats of others. So nothing is in them that a file or a server says, only what this program
counted, and names of jobs, files and folders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from importer.core.redaction import redact
from importer.core.text import escape_text, format_count, pluralize
from importer.jobs.config.model import Address, NotificationRule, NotifyWhen
from importer.jobs.engine.results import FileResult, JobRunResult
from importer.jobs.store.records import JobOutcome, JobState, NotificationMessage

_MOST_FILES = 5
_MOST_CHARS = 400
SILENCE, UNCLAIMED, ENGINE, TEST = "silence", "unclaimed", "engine", "test"

_NEXT = {
    JobOutcome.FAILED: "Correct the file or the mapping, and put the file into the inbox again; nothing of it was "
    "sent. Why in full: importer jobs history {job}",
    JobOutcome.HELD: "Look at the file (importer check); then run: importer jobs approve {job}, or take the file away.",
    JobOutcome.INTERRUPTED: "The next run goes on, and sends nothing twice. Why in full: importer jobs history {job}",
    JobOutcome.ERROR: "The file waits, and the next run tries it again. Why in full: importer jobs history {job}",
    JobOutcome.DUPLICATE: "Nothing to do.",
}


_TROUBLE = (
    JobOutcome.PROBLEMS,
    JobOutcome.FAILED,
    JobOutcome.HELD,
    JobOutcome.INTERRUPTED,
    JobOutcome.ERROR,
)
_NOT_NOTIFIED = (JobOutcome.NOTHING, JobOutcome.BUSY, JobOutcome.PAUSED)


def recipients(rules: Sequence[NotificationRule], outcome: JobOutcome) -> list[Address]:
    """Return the addresses that are notified of this outcome of a run."""
    if outcome in _NOT_NOTIFIED:
        return []
    wanted = (NotifyWhen.ALWAYS, NotifyWhen.PROBLEMS) if outcome in _TROUBLE else (NotifyWhen.ALWAYS,)
    return [each.url for each in rules if each.url is not None and each.when in wanted]


def silence_recipients(rules: Sequence[NotificationRule], state: JobState, now: datetime) -> list[Address]:
    """Return the addresses that are notified of a job without a success for so long; each silence once a day."""
    since = state.last_success_at or state.known_since
    if not since or (state.silence_told_at and now - datetime.fromisoformat(state.silence_told_at) < timedelta(days=1)):
        return []
    silent = now - datetime.fromisoformat(since)
    return [
        each.url
        for each in rules
        if each.url is not None and each.when is NotifyWhen.SILENCE and silent >= timedelta(days=each.days or 1)
    ]


def message_for_run(run: JobRunResult, now: datetime) -> NotificationMessage:
    """Write the message about a run that ended ``now``."""
    lines = [f"Job {run.job}: {run.outcome.value}, {_format_time(now)}."]
    for each in run.files[:_MOST_FILES]:
        lines += ["", *_describe_file(each, run.job)]
    if len(run.files) > _MOST_FILES:
        lines += ["", f"And {format_count(len(run.files) - _MOST_FILES, 'file')} more: importer jobs history {run.job}"]
    if not run.files:
        lines += ["", _shorten(run.outline), f"Next: look at the reason in full: importer jobs history {run.job}"]
    return _message(run.job, run.outcome.value, _title(run), lines)


def message_for_silence(job: str, since: datetime, now: datetime) -> NotificationMessage:
    """Write the message about a job without a success ``since`` then."""
    days = format_count((now - since) // timedelta(days=1), "day")
    lines = [
        f"Job {job}: no file was imported since {_format_time(since)}.",
        "",
        "Next: see whether files come, and how the job ended last: importer jobs list",
    ]
    return _message(job, SILENCE, f"no import for {days}", lines)


def message_for_unclaimed(job: str, names: Sequence[str], pattern: str) -> NotificationMessage:
    """Write the message about files that have been in the inbox of ``job`` for a day and that no job takes."""
    listed = [f"    {name}" for name in names[:_MOST_FILES]]
    if len(names) > _MOST_FILES:
        listed.append(f"    and {len(names) - _MOST_FILES} more")
    number = format_count(len(names), "file")
    lines = [
        f"Job {job}: {number} in its inbox {pluralize(len(names), 'is', 'are')} taken by no job.",
        *listed,
        "",
        f"Next: rename them so that they fit {pattern}, or take them away.",
    ]
    return _message(job, UNCLAIMED, f"{number} that no job takes", lines)


def message_for_fault(job: str, kind: str, now: datetime) -> NotificationMessage:
    """Write the message about a fault of the program itself, without its own message: that may quote anything."""
    lines = [
        f"Job {job}: the program failed ({kind}), {_format_time(now)}. Nothing is lost or sent twice.",
        "",
        f"Next: look at the log, and at: importer jobs history {job}",
    ]
    return _message(job, JobOutcome.ERROR.value, "the program failed", lines)


def message_for_engine(job: str, problem: str, now: datetime) -> NotificationMessage:
    """Write the message about an engine that begins nothing; ``problem`` is the sentence of its own check."""
    lines = [
        f"The engine of importer serve is stuck, {_format_time(now)}: {problem}",
        "No job runs by itself. Nothing is lost.",
        "",
        "Next: look at the log, and restart importer serve, which continues what was under way.",
    ]
    return _message(job, ENGINE, "importer serve is stuck", lines)


def trial_message(job: str, now: datetime) -> NotificationMessage:
    """Write the message that shows whether an address works."""
    text = f"This is a test of the notifications of job {job}, {_format_time(now)}."
    return _message(job, TEST, "a test", [f"{text} Nothing happened, and you need do nothing."])


def _title(run: JobRunResult) -> str:
    """Write the title, which a telephone shows: does a person have to do something?"""
    rows, problems = sum(each.rows for each in run.files), sum(each.problems for each in run.files)
    concerned = sum(each.outcome is run.outcome for each in run.files)
    titles = {
        JobOutcome.DONE: f"{format_count(rows, 'row')} imported",
        JobOutcome.PROBLEMS: f"{format_count(problems, 'row')} {pluralize(problems, 'needs', 'need')} you",
        JobOutcome.FAILED: f"{format_count(concerned, 'file')} could not be imported",
        JobOutcome.HELD: f"{format_count(concerned, 'file')} {pluralize(concerned, 'waits', 'wait')} for your approval",
        JobOutcome.INTERRUPTED: "stopped before its end",
        JobOutcome.DUPLICATE: f"{format_count(concerned, 'file')} known already, nothing sent",
    }
    return titles.get(run.outcome, "could not be done")


def _describe_file(file: FileResult, job: str) -> Iterator[str]:
    yield f"{Path(file.path).name}: {file.outcome.value}. {_shorten(file.outline)}".rstrip()
    if file.counts:
        yield f"    {format_count(file.rows, 'row')}: {_format_counts(file.counts)}"
    if file.codes:
        yield f"    Reasons: {_format_counts(file.codes)} (importer explain CODE)"
    step = _NEXT[file.outcome].format(job=job) if file.outcome in _NEXT else file.remedy
    if step:
        yield f"    Next: {step}"
    for label, place in (("Workbook", file.results), ("Report", file.report), ("File", file.archive or file.path)):
        if place:
            yield f"    {label}: {place}"


def _format_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def _message(job: str, outcome: str, title: str, lines: list[str]) -> NotificationMessage:
    return NotificationMessage(job, outcome, f"{job}: {title}", redact("\n".join(escape_text(line) for line in lines)))


def _shorten(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…"


def _format_time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
