"""Stop a run by itself, and ask the person, where going on could do harm."""

from __future__ import annotations

from collections.abc import Sequence

from importer.core.errors import RunStopped
from importer.core.model import Outcome, Status, Verdict, VerdictKind

RESUME = "Then run: importer resume"
_FIRST_ROWS = 100
_REJECTED_SHARE = 0.20
_SHARED_KEYS = 0.20
_FEWEST_SHARED_KEYS = 3
_MAX_CONSECUTIVE_UNCERTAIN = 3
_MAX_CONSECUTIVE_UNREACHED = 5


class Guards:
    """A watch over how calls end. :attr:`reason` is why no further call may leave, or ``None``.

    ``keep_going`` switches off the guard against many rejected rows, because the person chose so.
    """

    def __init__(self, *, keep_going: bool = False) -> None:
        self._keep_going = keep_going
        self._counted_rows = 0
        self._rejected = 0
        self._last_rejection = ""
        self._uncertain = 0
        self._unreached = 0
        self._reason: RunStopped | None = None

    @property
    def reason(self) -> RunStopped | None:
        """Why the run must stop, or ``None``; the first reason stays."""
        return self._reason

    @property
    def unreached(self) -> int:
        """How many calls in a row did not reach the CRM."""
        return self._unreached

    def stop(self, message: str, remedy: str, *, needs_person: bool = False) -> None:
        """Let no further call leave, because of ``message``."""
        self.stop_for(RunStopped(message, remedy, needs_person=needs_person))

    def stop_for(self, reason: RunStopped | None) -> None:
        """Let no further call leave because of ``reason``, if there is one."""
        if self._reason is None:
            self._reason = reason

    def check_row_key(self, columns: str, shared: int, rows: int) -> None:
        """Raise :class:`RunStopped` when many of a file's ``rows`` share their `row_key` with a row of another lead."""
        if self._keep_going or shared < _FEWEST_SHARED_KEYS or shared <= _SHARED_KEYS * rows:
            return
        raise RunStopped(
            f"{shared:,} of {rows:,} rows have the `row_key` ({columns}) of a row of another lead, so it does not seem "
            "to be unique. Nothing was sent.",
            "Name a column in `row_key:` whose values never repeat, or leave it out. If they do not repeat, and these "
            "rows are to be held one by one, run: importer resume --keep-going",
            needs_person=True,
        )

    def watch(self, verdict: Verdict, outcomes: Sequence[Outcome], *, contradiction: bool = False) -> None:
        """Count the end of one call, and stop the run if a bound is reached."""
        self._count_consecutive(verdict, outcomes)
        self._count_rejected_rows(outcomes)
        if contradiction:
            self.stop(
                "LeadSquared answered with an activity id that another row already has. The rows are marked uncertain.",
                f"Look at these rows in LeadSquared before going on. {RESUME}",
                needs_person=True,
            )
        if verdict.kind is VerdictKind.MISCONFIGURED:
            self.stop(f"LeadSquared refused the call: {verdict.message}", f"Run: importer doctor. {RESUME}")

    def _count_consecutive(self, verdict: Verdict, outcomes: Sequence[Outcome]) -> None:
        unsure = verdict.kind is VerdictKind.UNCERTAIN or any(
            outcome.status is Status.UNCERTAIN and verdict.kind is VerdictKind.APPLIED for outcome in outcomes
        )
        # One clear answer resets the count.
        self._uncertain = self._uncertain + 1 if unsure else 0
        self._unreached = self._unreached + 1 if verdict.kind is VerdictKind.NOT_APPLIED else 0
        if self._uncertain >= _MAX_CONSECUTIVE_UNCERTAIN:
            self.stop(
                f"{self._uncertain} calls in a row ended without a clear answer ({verdict.message or 'no receipts'}).",
                f"Wait until LeadSquared answers normally; nothing will be sent twice. {RESUME}",
            )
        if self._unreached >= _MAX_CONSECUTIVE_UNREACHED:
            self.stop(
                f"LeadSquared cannot be reached: {verdict.message}",
                f"Check the internet connection and the host (importer doctor). {RESUME}",
            )

    def _count_rejected_rows(self, outcomes: Sequence[Outcome]) -> None:
        # Only the first rows count: a mapping that is wrong is wrong from the beginning.
        for outcome in outcomes:
            if outcome.status in (Status.NOT_SENT, Status.UNCERTAIN) or self._counted_rows >= _FIRST_ROWS:
                continue
            self._counted_rows += 1
            if outcome.status is Status.REJECTED:
                self._rejected += 1
                self._last_rejection = outcome.error
        if self._rejected > _REJECTED_SHARE * _FIRST_ROWS and not self._keep_going:
            self.stop(
                f"LeadSquared refused {self._rejected} of the first {self._counted_rows} rows, the last with: "
                f"{self._last_rejection}",
                "The mapping may name a wrong field or activity type. If the refusals are right and you want to go on, "
                "run: importer resume --keep-going",
                needs_person=True,
            )
