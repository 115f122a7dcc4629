"""The sentences of a summary: what happened to the file, and what to do next."""

from __future__ import annotations

from importer.core.model import DELIVERED, Counts, Status, VerdictKind

VERDICTS = {
    VerdictKind.APPLIED: "processed",
    VerdictKind.REFUSED: "refused",
    VerdictKind.THROTTLED: "refused because of the limit",
    VerdictKind.NOT_APPLIED: "did not get there",
    VerdictKind.MISCONFIGURED: "refused because of keys, host or rights",
    VerdictKind.UNCERTAIN: "without a certain answer",
}
"""What became of a call, as people say it."""
NO_END = "broken off here"
"""The same of a call whose end was never written down."""

_DELIMITERS = {",": "comma", ";": "semicolon", "|": "vertical bar", "tab": "tab", ":": "colon"}


def number_of(count: int, noun: str = "row") -> str:
    """A count with its noun: "1 row", "1,250 rows"."""
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def detected(what: str, value: str) -> str:
    """A thing that was found out about a file, so that a lonely character can be read."""
    return _DELIMITERS.get(value, f'"{value}"') if what == "delimiter" else value


def is_or_are(count: int) -> str:
    """The verb that goes with a count."""
    return "is" if count == 1 else "are"


def headline(status: str, rows: int, counts: Counts, reason: str) -> str:
    """One sentence that answers: how did it go?"""
    if rows == 0:
        return "The file has headings but no rows."
    invalid = counts.get(Status.INVALID, 0)
    if status == "planned":
        ready = rows - invalid
        text = f"{ready:,} of {number_of(rows)} {is_or_are(ready)} ready to send"
        text += f"; {number_of(invalid)} {'needs' if invalid == 1 else 'need'} you." if invalid else "."
        return f"{text} {reason}".rstrip()
    delivered = sum(counts.get(one, 0) for one in DELIVERED)
    parts = [f"{delivered:,} of {number_of(rows)} {is_or_are(delivered)} in LeadSquared"]
    skipped = counts.get(Status.SKIPPED, 0)
    if skipped:
        parts.append(f"{skipped:,} skipped: there already from an earlier run, or given up")
    for one, words in _TROUBLE:
        if counts.get(one, 0):
            parts.append(f"{counts[one]:,} {words}")
    text = "; ".join(parts) + "."
    return f"{text} The run stopped early: {reason}" if status == "interrupted" and reason else text


_TROUBLE = (
    (Status.INVALID, "not sent because of problems in the file"),
    (Status.REJECTED, "refused by LeadSquared"),
    (Status.UNCERTAIN, "not known whether they arrived"),
    (Status.PENDING, "accepted and still being worked on"),
    (Status.NOT_SENT, "not sent yet"),
)


def next_step(status: str, counts: Counts, run_id: str, *, blocked: bool, common: str = "") -> str:
    """What the person does now. ``common`` is the code of a problem that every row has, if there is one."""
    invalid, rejected = counts.get(Status.INVALID, 0), counts.get(Status.REJECTED, 0)
    if status == "interrupted":
        return f"To finish it, run: importer resume {run_id}. Nothing is sent twice."
    if status == "planned":
        if common:
            return (
                f"Every row has the problem {common}, so look at the mapping, or at how the file was exported, "
                "before you correct any row."
            )
        return _after_check(invalid, counts, blocked=blocked)
    if counts.get(Status.UNCERTAIN, 0):
        return (
            f"Do not enter the uncertain rows by hand. Look again later: importer resume {run_id}. What it cannot find "
            f"out, you decide: importer decide {run_id}. The evidence is on the sheet Results."
        )
    if invalid or rejected:
        return "Correct the rows on the sheet To fix and import that workbook again: only those rows are sent."
    return "Nothing to do."


def _after_check(invalid: int, counts: Counts, *, blocked: bool) -> str:
    if blocked:
        return "Nothing may be sent as it is. Correct the rows on the sheet To fix, then run again."
    if invalid:
        return "Correct the rows on the sheet To fix, or send the others now: importer run."
    return "Send it: importer run with the same file and mapping." if counts else "Nothing to do."
