"""The words of notifications: counts, codes, the next step and where things are. Never a cell, a heading or a key.

They go to mail servers and chats of others. So nothing is in them that a file or a server said, only what this program
counted, and names of jobs, files and folders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from importer.core.redaction import redact
from importer.core.text import printable
from importer.jobs.engine.results import FileEnd, TurnEnd
from importer.jobs.notifications.outbox import Notice
from importer.jobs.store.store import Result
from importer.reports.summary_text import number_of

_MOST_FILES = 5
_MOST_CHARS = 400
SILENCE, TEST = "silence", "test"

_NEXT = {
    Result.FAILED: "Correct the file or the mapping, and put the file into the inbox again; nothing of it was sent. "
    "Why in full: importer jobs history {job}",
    Result.HELD: "Look at the file (importer check); then run: importer jobs approve {job}, or take the file away.",
    Result.INTERRUPTED: "The next turn goes on, and sends nothing twice. Why in full: importer jobs history {job}",
    Result.ERROR: "The file waits, and the next turn tries it again. Why in full: importer jobs history {job}",
    Result.DUPLICATE: "Nothing to do.",
}


def notice_of_turn(end: TurnEnd, now: datetime) -> Notice:
    """What is told of the end of a turn at ``now``."""
    lines = [f"Job {end.job}: {end.outcome.value}, {_time(now)}."]
    for each in end.files[:_MOST_FILES]:
        lines += ["", *_of_file(each, end.job)]
    if len(end.files) > _MOST_FILES:
        lines += ["", f"And {number_of(len(end.files) - _MOST_FILES, 'file')} more: importer jobs history {end.job}"]
    if not end.files:
        lines += ["", _short(end.outline), f"Next: look at the reason in full: importer jobs history {end.job}"]
    return _notice(end.job, end.outcome.value, _title(end), lines)


def notice_of_silence(job: str, since: datetime, now: datetime) -> Notice:
    """What is told of a job without a success ``since`` then."""
    days = number_of((now - since) // timedelta(days=1), "day")
    lines = [
        f"Job {job}: no file was imported since {_time(since)}.",
        "",
        "Next: see whether files come, and how the job ended last: importer jobs list",
    ]
    return _notice(job, SILENCE, f"no import for {days}", lines)


def notice_of_fault(job: str, kind: str, now: datetime) -> Notice:
    """What is told of a fault of the program itself; its words stay here, for they may quote anything."""
    lines = [
        f"Job {job}: the program failed ({kind}), {_time(now)}. Nothing is lost or sent twice.",
        "",
        f"Next: look at the log, and at: importer jobs history {job}",
    ]
    return _notice(job, Result.ERROR.value, "the program failed", lines)


def trial_notice(job: str, now: datetime) -> Notice:
    """What is sent to see whether an address works."""
    lines = [
        f"This is a test of the notifications of job {job}, {_time(now)}. Nothing happened, and you need do nothing."
    ]
    return _notice(job, TEST, "a test", lines)


def _title(end: TurnEnd) -> str:
    """What a telephone shows: the answer to whether somebody has to do something."""
    rows, problems = sum(each.rows for each in end.files), sum(each.problems for each in end.files)
    concerned = sum(each.outcome is end.outcome for each in end.files)
    titles = {
        Result.DONE: f"{number_of(rows, 'row')} imported",
        Result.PROBLEMS: f"{number_of(problems, 'row')} {'needs' if problems == 1 else 'need'} you",
        Result.FAILED: f"{number_of(concerned, 'file')} could not be imported",
        Result.HELD: f"{number_of(concerned, 'file')} {'waits' if concerned == 1 else 'wait'} for your approval",
        Result.INTERRUPTED: "stopped before its end",
        Result.DUPLICATE: f"{number_of(concerned, 'file')} known already, nothing sent",
    }
    return titles.get(end.outcome, "could not be done")


def _of_file(end: FileEnd, job: str) -> Iterator[str]:
    yield f"{Path(end.path).name}: {end.outcome.value}. {_short(end.outline)}".rstrip()
    if end.counts:
        yield f"    {number_of(end.rows, 'row')}: {_counted(end.counts)}"
    if end.codes:
        yield f"    Reasons: {_counted(end.codes)} (importer explain CODE)"
    step = _NEXT[end.outcome].format(job=job) if end.outcome in _NEXT else end.remedy
    if step:
        yield f"    Next: {step}"
    for label, place in (("Workbook", end.results), ("Report", end.report), ("File", end.archive or end.path)):
        if place:
            yield f"    {label}: {place}"


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1]))


def _notice(job: str, outcome: str, title: str, lines: list[str]) -> Notice:
    return Notice(job, outcome, f"{job}: {title}", redact("\n".join(printable(line) for line in lines)))


def _short(text: str) -> str:
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
