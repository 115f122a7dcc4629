"""What holds a file until a person approves it."""

from __future__ import annotations

from collections.abc import Sequence

from importer.app.environment import Review
from importer.core.errors import ImporterError
from importer.jobs.config.loader import Task
from importer.jobs.config.model import Guards, Unusual
from importer.planning.store import PlanFacts
from importer.reports.summary_text import is_or_are

_ODD = "The file is not like the earlier ones (importer jobs list says how)."


class Held(ImporterError):
    """A file that must not be sent before a person has looked at it; ``message`` holds every reason.

    ``outline`` holds them without what the file says, such as its headings.
    """

    exit_status = 3

    def __init__(self, message: str, remedy: str = "", outline: str = "") -> None:
        super().__init__(message, remedy)
        self.outline = outline or "A guard wants a person to look at the file first."


def approve_words(task: Task) -> str:
    """What a person does about a held file."""
    return f"Look at the file (importer check); then run: importer jobs approve {task.name}, or take the file away."


def reasons_to_hold(guards: Guards, facts: PlanFacts, odd: Sequence[str]) -> list[str]:
    """Sentences about what the guards have against sending this plan; none when it may go."""
    reasons = []
    if facts.rows > guards.max_rows:
        reasons.append(f"The file has {facts.rows:,} rows, more than the {guards.max_rows:,} of `max_rows`.")
    if guards.max_invalid is not None and facts.invalid > guards.max_invalid * facts.rows:
        share = f"{float(guards.max_invalid) * 100:g}%"
        invalid = f"{facts.invalid:,} of {facts.rows:,} rows {is_or_are(facts.invalid)} invalid"
        reasons.append(f"{invalid}, more than the {share} of `max_invalid`.")
    if guards.unusual is Unusual.HOLD:
        reasons.extend(odd)
    if guards.approval:
        reasons.append("The job asks for an approval of every file.")
    return reasons


def review_for(task: Task, *, approved: bool) -> Review:
    """The review of a plan of ``task``: it raises :class:`Held` unless a person has approved the file."""

    def review(facts: PlanFacts, odd: Sequence[str]) -> None:
        reasons = reasons_to_hold(task.job.guards, facts, odd)
        if reasons and not approved:
            # Headings are among what is odd, and in a file without headings they are somebody's data.
            told = reasons_to_hold(task.job.guards, facts, [_ODD] if odd else [])
            words = approve_words(task)
            raise Held(f"{' '.join(reasons)} Nothing was sent.", words, f"{' '.join(told)} Nothing was sent.")

    return review
