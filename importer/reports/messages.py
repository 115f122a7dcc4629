"""The texts and colours that all reports share: statuses, counts, times, the headline and the next step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from importer.core.model import DELIVERED, Counts, Status, VerdictKind
from importer.core.text import format_count, is_or_are, join_words, pluralize, shorten_text
from importer.core.time import format_elapsed, format_timestamp
from importer.data_quality import Damage
from importer.delivery import EarlierRows, describe_older
from importer.reports.interface import LostColumn, RunSummary

UNCERTAIN_ADVICE = "Do not enter or import this row again: it may have arrived. importer resume looks again."


@dataclass(frozen=True, slots=True)
class StatusColors:
    """The colours of a status: a light ``fill`` behind dark ``ink``, and a stronger ``bar`` for charts."""

    fill: str
    ink: str
    bar: str


STATUS_COLORS: dict[Status, StatusColors] = {
    Status.CREATED: StatusColors("#E3F4E6", "#1B5E20", "#2E9E4F"),
    Status.UPDATED: StatusColors("#DDF3F0", "#00504A", "#1F9E93"),
    Status.UNCHANGED: StatusColors("#EAF2EC", "#33503C", "#8FB39A"),
    Status.SKIPPED: StatusColors("#E8EDF0", "#37474F", "#90A4AE"),
    Status.CHANGED: StatusColors("#FFE9DA", "#7A3300", "#E07B39"),
    Status.INVALID: StatusColors("#FFF0CC", "#6B4200", "#E0A526"),
    Status.REJECTED: StatusColors("#FDE3E1", "#8B1A10", "#D0453A"),
    Status.UNCERTAIN: StatusColors("#F3E3FA", "#5B1A79", "#9B51C0"),
    Status.PENDING: StatusColors("#E1EEFB", "#0D3F77", "#3B82D0"),
    Status.NOT_SENT: StatusColors("#F2F2F2", "#424242", "#A8A8A8"),
    Status.LEFT_OUT: StatusColors("#F7F7F7", "#5F6368", "#CFD2D4"),
}

_MEANINGS: dict[Status, str] = {
    Status.CREATED: "New in LeadSquared.",
    Status.UPDATED: "Was in LeadSquared already and was changed.",
    Status.UNCHANGED: "Was in LeadSquared already, just like this.",
    Status.SKIPPED: "An earlier run created it, or a person gave it up; not sent.",
    Status.CHANGED: "Held: it looks like a row sent earlier, and differs. You decide: importer decide.",
    Status.INVALID: "Not sent: something is wrong in the file. See the sheet To fix.",
    Status.REJECTED: "LeadSquared refused it. See the sheet To fix.",
    Status.UNCERTAIN: "Not known whether it arrived. Do not enter or import it again: importer resume looks again.",
    Status.PENDING: "Accepted; LeadSquared is still working on it. importer resume asks again.",
    Status.NOT_SENT: "Not sent yet.",
    Status.LEFT_OUT: "The mapping leaves it out of the import.",
}

CALL_RESULTS = {
    VerdictKind.APPLIED: "processed",
    VerdictKind.REFUSED: "refused",
    VerdictKind.THROTTLED: "refused because of the limit",
    VerdictKind.NOT_APPLIED: "did not get there",
    VerdictKind.MISCONFIGURED: "refused because of keys, host or rights",
    VerdictKind.UNCERTAIN: "without a certain answer",
}
"""What became of a call, for people."""
NO_CALL_RESULT = "broken off here"
"""The same for a call whose end was never recorded."""

_DELIMITERS = {",": "comma", ";": "semicolon", "|": "vertical bar", "tab": "tab", ":": "colon"}

_MOST_COLUMNS = 10

_NOT_DELIVERED = (
    (Status.CHANGED, "held: they look like rows sent earlier, and differ"),
    (Status.INVALID, "not sent because of problems in the file"),
    (Status.REJECTED, "refused by LeadSquared"),
    (Status.UNCERTAIN, "not known whether they arrived"),
    (Status.PENDING, "accepted and still being worked on"),
    (Status.NOT_SENT, "not sent yet"),
    (Status.LEFT_OUT, "left out by the mapping"),
)


def describe_status(status: Status, run_status: str) -> str:
    """Describe a status in one or two short sentences; ``run_status`` is the status of the run as a whole."""
    if status is Status.NOT_SENT and run_status == "planned":
        return "Ready to send; this was a check."
    return _MEANINGS[status]


def list_counts(counts: Counts) -> list[tuple[Status, int]]:
    """Return every status with its number of rows, in the order of the enum; 0 for statuses without rows."""
    return [(status, counts.get(status, 0)) for status in Status]


def format_row_list(rows: Sequence[int], total: int) -> str:
    """Format row numbers: "row 7", "rows 3, 9 and 20" or "rows 3, 9, 20 and 14 more" when ``total`` is greater."""
    if not rows:
        return ""
    named = [f"{row}" for row in rows]
    if total > len(rows):
        named.append(f"{total - len(rows):,} more")
    return f"{pluralize(len(named), 'row')} {join_words(named)}"


def describe_damage(damage: Damage) -> str:
    """Describe what looks damaged in a column and what to do, in a few sentences."""
    where = format_row_list(damage.first_rows, damage.rows)
    goes = f" (goes to {damage.field})" if damage.field else " (not used)"
    example = shorten_text(damage.example)
    head = (
        f'Column {damage.letter} "{damage.column}"{goes}: {format_count(damage.rows)}, such as "{example}" ({where}).'
    )
    return f"{head} {damage.what} {damage.remedy}"


def describe_detection(what: str, value: str) -> str:
    """Describe a detected property of a file; a delimiter by its name, as a single character is easily overlooked."""
    return _DELIMITERS.get(value, f'"{value}"') if what == "delimiter" else value


def describe_earlier_rows(earlier: EarlierRows) -> Iterator[str]:
    """Yield sentences about rows of a check that earlier imports sent; none where nothing was."""
    if not earlier.is_complete:
        were = pluralize(earlier.sent, "was", "were")
        yield (
            f"{format_count(earlier.sent)} {were} sent by an earlier import with exactly these values. The file is "
            "long, so other spellings and changed rows show only when it is imported."
        )
    elif earlier.sent:
        spelled = earlier.sent - earlier.exact
        how = f", {spelled:,} of them in another spelling" if spelled else ""
        were = pluralize(earlier.sent, "was", "were")
        yield f"{format_count(earlier.sent)} {were} sent by an earlier import{how}: skipped."
    if earlier.twins:
        repeat = pluralize(earlier.twins, "repeats", "repeat")
        yield f"{format_count(earlier.twins)} {repeat} another row of the file: only one of them is sent."
    if earlier.changed:
        yield f"{format_count(earlier.changed)} would be held as changed: an earlier import sent something alike."
    if earlier.waiting:
        yield f"{format_count(earlier.waiting)} may have been sent by a run that is not settled: importer resume."
    if earlier.older:
        yield describe_older(earlier.older)


def describe_result(
    status: str, rows: int, counts: Counts, reason: str, corrected: int = 0, not_imported: int = 0
) -> str:
    """Return the headline of a run: how many rows are delivered or ready, and what became of the others.

    ``corrected`` of the skipped rows are in LeadSquared as a corrected sheet has them. ``not_imported`` columns have
    text and fill no field, and nobody decided that; a check says so.
    """
    if rows == 0:
        return "The file has headings but no rows."
    invalid = counts.get(Status.INVALID, 0)
    if status == "planned":
        left_out = counts.get(Status.LEFT_OUT, 0)
        ready = rows - invalid - left_out - corrected
        text = f"{ready:,} of {format_count(rows)} {_is_or_are_of(ready, rows)} ready to send"
        if not_imported:
            columns = format_count(not_imported, "column")
            text += f"; {columns} with data {is_or_are(not_imported)} not imported"
        text += f"; {left_out:,} left out by the mapping" if left_out else ""
        text += f"; {corrected:,} corrected since" if corrected else ""
        text += f"; {format_count(invalid)} {pluralize(invalid, 'needs', 'need')} you." if invalid else "."
        return f"{text} {reason}".rstrip()
    delivered = sum(counts.get(one, 0) for one in DELIVERED) + corrected
    skipped = counts.get(Status.SKIPPED, 0) - corrected
    were = pluralize(skipped, "was", "were")
    # Of rows that are skipped most are in LeadSquared, too.
    verb = "delivered" if skipped else "in LeadSquared"
    parts = [f"{delivered:,} of {format_count(rows)} {_is_or_are_of(delivered, rows)} {verb}"]
    if corrected:
        parts.append(f"{corrected:,} of them as corrected in a later import")
    if skipped:
        parts.append(f"{skipped:,} {were} there already, or needed no sending")
    for one, words in _NOT_DELIVERED:
        if counts.get(one, 0):
            parts.append(f"{counts[one]:,} {words}")
    text = "; ".join(parts) + "."
    return f"{text} The run stopped early: {reason}" if status == "interrupted" and reason else text


def _is_or_are_of(count: int, rows: int) -> str:
    """Return the verb for so many of the rows: "0 of 1 row is", "0 of 2 rows are"."""
    return is_or_are(1 if rows == 1 else count)


def describe_not_imported(columns: Sequence[LostColumn]) -> str:
    """Describe columns with data that fill no field, and what to do about them; empty for none."""
    if not columns:
        return ""
    shown = [
        f'"{shorten_text(one.label)}" ({format_count(one.rows)}{", ignored by the mapping" if one.decided else ""})'
        for one in columns[:_MOST_COLUMNS]
    ]
    if len(columns) > _MOST_COLUMNS:
        shown.append(f"{len(columns) - _MOST_COLUMNS:,} more")
    return f"{join_words(shown)}. LeadSquared does not get this. To import a column, give it a field in the mapping."


def describe_next_step(
    status: str,
    counts: Counts,
    run_id: str,
    *,
    blocked: bool,
    common: str = "",
    undecided: int = 0,
    not_imported: int = 0,
) -> str:
    """Return what a person does next.

    ``common`` is the code of a problem that every row has, if there is one. The mapping has so many ``undecided``
    questions, and so many columns with data are ``not_imported``.
    """
    if status == "interrupted":
        return f"To finish it, run: importer resume {run_id}. Nothing is sent twice."
    if status == "planned":
        step = _next_step_after_check(counts, blocked=blocked, common=common)
        if undecided:
            questions = "question" if undecided == 1 else f"{undecided:,} questions"
            return f"Answer the {questions} in the mapping, and remove what begins with TODO there. Then: {step}"
        if not_imported and counts.get(Status.NOT_SENT, 0):
            return f"Look at the columns that are not imported. Then: {step}"
        return step
    if counts.get(Status.UNCERTAIN, 0):
        return (
            f"Do not enter the uncertain rows by hand. Look again later: importer resume {run_id}. What it cannot find "
            f"out, you decide: importer decide {run_id}. The evidence is on the sheet Results."
        )
    steps = []
    if counts.get(Status.CHANGED, 0):
        steps.append(
            "Look at the changed rows on the sheet To decide; write update, send or keep there and import that "
            f"workbook again. Or decide about all: importer decide {run_id} --changed update or --changed send, or "
            "--changed keep to leave LeadSquared as it is."
        )
    if counts.get(Status.INVALID, 0) or counts.get(Status.REJECTED, 0):
        steps.append("Correct the rows on the sheet To fix and import that workbook again: only those rows are sent.")
    return " ".join(steps) or "Nothing to do."


def _next_step_after_check(counts: Counts, *, blocked: bool, common: str) -> str:
    if common:
        return (
            f"Every row has the problem {common}, so look at the mapping, or at how the file was exported, "
            "before you correct any row."
        )
    if blocked:
        return "Nothing may be sent as it is. Correct the rows on the sheet To fix, then run again."
    if counts.get(Status.INVALID, 0):
        return "Correct the rows on the sheet To fix, or send the others now: importer run."
    if counts.get(Status.NOT_SENT, 0):
        return "Send it: importer run with the same file and mapping."
    return "Nothing to do."


def list_run_facts(summary: RunSummary) -> list[tuple[str, str]]:
    """Return labels and texts that identify a run: source, mapping, account, target and times, as far as known."""
    lines = [
        ("Run", summary.run_id),
        ("Status", "planned: a check, nothing was sent" if summary.status == "planned" else summary.status),
        ("Source", summary.source),
        ("Mapping", summary.mapping),
        ("Account", summary.account),
        ("Target", summary.target),
        ("Fields", summary.metadata.text if summary.metadata else ""),
        ("Delivery", summary.cost.text[:1].upper() + summary.cost.text[1:] if summary.cost else ""),
        ("Started", format_timestamp(summary.started_at, summary.time_zone)),
        ("Finished", format_timestamp(summary.finished_at, summary.time_zone)),
        ("Time taken", format_elapsed(summary.started_at, summary.finished_at)),
    ]
    return [(label, text) for label, text in lines if text]
