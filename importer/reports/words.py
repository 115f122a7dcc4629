"""The words and colours in which every report speaks of statuses, numbers and times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from importer.core.model import Counts, Status
from importer.core.text import visible
from importer.data_quality import Damage

UNCERTAIN_ADVICE = "Do not enter or import this row again: it may have arrived. importer resume looks again."


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a status: a light ``fill`` behind dark ``ink``, and a stronger ``bar`` for charts."""

    fill: str
    ink: str
    bar: str


LOOKS: dict[Status, Look] = {
    Status.CREATED: Look("#E3F4E6", "#1B5E20", "#2E9E4F"),
    Status.UPDATED: Look("#DDF3F0", "#00504A", "#1F9E93"),
    Status.UNCHANGED: Look("#EAF2EC", "#33503C", "#8FB39A"),
    Status.SKIPPED: Look("#E8EDF0", "#37474F", "#90A4AE"),
    Status.INVALID: Look("#FFF0CC", "#6B4200", "#E0A526"),
    Status.REJECTED: Look("#FDE3E1", "#8B1A10", "#D0453A"),
    Status.UNCERTAIN: Look("#F3E3FA", "#5B1A79", "#9B51C0"),
    Status.PENDING: Look("#E1EEFB", "#0D3F77", "#3B82D0"),
    Status.NOT_SENT: Look("#F2F2F2", "#424242", "#A8A8A8"),
}


_MEANINGS: dict[Status, str] = {
    Status.CREATED: "New in LeadSquared.",
    Status.UPDATED: "Was in LeadSquared already and was changed.",
    Status.UNCHANGED: "Was in LeadSquared already, just like this.",
    Status.SKIPPED: "An earlier run created it, or a person gave it up; not sent.",
    Status.INVALID: "Not sent: something is wrong in the file. See the sheet To fix.",
    Status.REJECTED: "LeadSquared refused it. See the sheet To fix.",
    Status.UNCERTAIN: "Not known whether it arrived. Do not enter or import it again: importer resume looks again.",
    Status.PENDING: "Accepted; LeadSquared is still working on it. importer resume asks again.",
    Status.NOT_SENT: "Not sent yet.",
}


def meaning(status: Status, run_status: str) -> str:
    """What a status says about its rows, in one or two short sentences; ``run_status`` is that of the summary."""
    if status is Status.NOT_SENT and run_status == "planned":
        return "Ready to send; this was a check."
    return _MEANINGS[status]


def counted(counts: Counts) -> list[tuple[Status, int]]:
    """Every status with its rows, in the order of the enum; statuses without rows count 0."""
    return [(status, counts.get(status, 0)) for status in Status]


def rows_text(count: int) -> str:
    """A count with its noun: "1 row", "1,250 rows"."""
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def row_list(rows: Sequence[int], total: int) -> str:
    """Where to look: "row 7", "rows 3, 9 and 20" or "rows 3, 9, 20 and 14 more" when ``total`` is greater."""
    if not rows:
        return ""
    named = [f"{row}" for row in rows]
    if total > len(rows):
        named.append(f"{total - len(rows):,} more")
    noun = "row" if len(named) == 1 else "rows"
    return f"{noun} {named[0] if len(named) == 1 else ', '.join(named[:-1]) + ' and ' + named[-1]}"


def damage_text(damage: Damage) -> str:
    """What looks spoiled in a column and what to do, in a few sentences."""
    where = row_list(damage.first_rows, damage.rows)
    goes = f" (goes to {damage.field})" if damage.field else " (not used)"
    example = visible(damage.example)
    head = f'Column {damage.letter} "{damage.column}"{goes}: {rows_text(damage.rows)}, such as "{example}" ({where}).'
    return f"{head} {damage.what} {damage.remedy}"


def moment(iso: str) -> str:
    """An ISO time in UTC as people read it: "2026-11-20 09:30:00 UTC". What is no ISO time comes back as it is."""
    parsed = parsed_moment(iso)
    return f"{parsed:%Y-%m-%d %H:%M:%S} UTC" if parsed else iso


def parsed_moment(iso: str) -> datetime | None:
    """The time that an ISO text means, or ``None``."""
    try:
        return datetime.fromisoformat(iso)
    except ValueError:
        return None


def time_taken(started: str, finished: str) -> str:
    """The time between two ISO texts ("3 min 12 s"), or "" when one of them is missing."""
    first, last = parsed_moment(started), parsed_moment(finished)
    if first is None or last is None or (first.tzinfo is None) != (last.tzinfo is None):
        return ""
    return duration((last - first).total_seconds())


def duration(seconds: float) -> str:
    """Seconds in words ("3 min 12 s"); less than nothing is nothing."""
    minutes, seconds = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
