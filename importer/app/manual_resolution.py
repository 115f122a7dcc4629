"""Decisions of a person about uncertain and changed rows, each recorded with who and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from importer.app.environment import Environment, open_ledger_of
from importer.app.preflight import hold_tenant
from importer.core.errors import UsageError
from importer.core.model import Outcome, Status
from importer.core.time import format_iso, format_minute
from importer.delivery import CHANGED_SINCE, WAITS_FOR_OTHER_RUN, describe_difference
from importer.ledger import CHANGE_ACCEPTED, CHANGE_DECLINED, DECIDED, UNDECIDED, UPDATE_ACCEPTED, Run
from importer.planning import Plan, open_plan

if TYPE_CHECKING:
    from importer.ledger import Ledger

_SHOWN_CELLS = 8
_UNDECIDED = (Status.UNCERTAIN, Status.CHANGED)
_DECIDABLE = (Status.CREATED, Status.NOT_SENT, Status.SKIPPED)
_OF_CHANGES = (CHANGE_ACCEPTED, CHANGE_DECLINED, UPDATE_ACCEPTED)


class Decision(StrEnum):
    """A decision about an uncertain row."""

    CREATED = "created"
    """It is in LeadSquared."""
    ABSENT = "absent"
    """It is certainly not there, and may be sent again."""
    ABANDON = "abandon"
    """Whatever became of it, it is given up and never sent."""
    UNDECIDED = "undecided"
    """An earlier decision is taken back; possible until the row is sent again."""


@dataclass(frozen=True, slots=True)
class UndecidedRow:
    """An uncertain or changed row: its number, status, what is known, and its first cells by heading."""

    row: int
    status: Status
    code: str
    text: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """The result of a decision, for the summary of the command."""

    run: str
    row: int
    decision: Decision
    status: Status
    next_step: str


class ChangeDecision(StrEnum):
    """A decision about changed rows: rows that look like ones sent earlier, and differ."""

    SEND = "send"
    """They are sent as new ones (or, where the target updates leads, as updates)."""
    UPDATE = "update"
    """They correct what was sent earlier, where that is possible; the others stay changed."""
    KEEP = "keep"
    """LeadSquared keeps what was sent earlier; equal rows of later files are skipped."""


_CODES = {
    ChangeDecision.SEND: CHANGE_ACCEPTED,
    ChangeDecision.UPDATE: UPDATE_ACCEPTED,
    ChangeDecision.KEEP: CHANGE_DECLINED,
}


@dataclass(frozen=True, slots=True)
class ChangesDecided:
    """The result of a decision about changed rows, for the summary of the command."""

    run: str
    rows: int
    decision: ChangeDecision
    next_step: str


def undecided_rows(run_id: str | None, env: Environment) -> tuple[Run, list[UndecidedRow]]:
    """List the uncertain and changed rows of a run, or of the newest run that has any.

    Raises :class:`UsageError` when there is no such run, or no such row anywhere.
    """
    with open_ledger_of(env) as ledger:
        run = _run_of(ledger, run_id)
        found = list(ledger.outcomes(run.id, _UNDECIDED))
        cells = _cells(open_plan(Path(run.new.folder)), {outcome.row for outcome in found})
        return run, [
            UndecidedRow(one.row, one.status, one.error_code, describe_evidence(one), cells.get(one.row, ()))
            for one in found
        ]


def describe_evidence(outcome: Outcome) -> str:
    """Describe what is known about an uncertain row, in sentences."""
    return " ".join(dict.fromkeys(part for part in (outcome.error, outcome.evidence) if part))


def decide(
    run_id: str | None, row: int, decision: Decision, why: str, who: str, env: Environment, activity_id: str = ""
) -> Decided:
    """Record a person's decision about one uncertain row. ``activity_id`` is the one seen in LeadSquared, if any.

    The account is locked meanwhile, so that no import works on the row. Raises :class:`UsageError` for a row that is
    not uncertain, and :class:`AnotherRunActive` while an import is sending to the account.
    """
    if not why.strip():
        raise UsageError("A decision needs a reason.", 'Say why, for example: --why "seen in LeadSquared"')
    with open_ledger_of(env) as ledger:
        run = _run_of(ledger, run_id)
        with hold_tenant(ledger, run.new.account, run.id):
            ledger.recover_interrupted(run.id)
            before = ledger.outcomes_between(run.id, row, row).get(row)
            _refuse(run, row, before, decision)
            assert before is not None
            _refuse_taken(ledger, run, row, activity_id.strip())
            outcome = settle_uncertain(ledger, run, before, decision, f"{who}: {why.strip()}", env, activity_id.strip())
    step = f"Run: importer resume {run.id}" if decision in (Decision.ABSENT, Decision.UNDECIDED) else "Nothing to do."
    return Decided(run.id, row, decision, outcome.status, step)


def settle_uncertain(
    ledger: Ledger, run: Run, before: Outcome, decision: Decision, who: str, env: Environment, activity_id: str = ""
) -> Outcome:
    """Record a decision about an uncertain row, made by ``who`` (and why). The caller holds the account's lock."""
    at = format_iso(env.clock.now())
    words = f"{decision.value} by {who}"
    text = f"Decided on {format_minute(at)} UTC: {words}. {before.evidence}".rstrip()
    outcome = _outcome(before, decision, activity_id, text, at)
    ledger.decide(run.id, outcome, words)
    return outcome


def decide_changes(
    run_id: str | None, decision: ChangeDecision, why: str, who: str, env: Environment, row: int | None = None
) -> ChangesDecided:
    """Record a person's decision about all changed rows of a run, or about one ``row``.

    Raises :class:`UsageError` when there are none, and :class:`AnotherRunActive` while an import is sending.
    """
    with open_ledger_of(env) as ledger:
        run = _run_of(ledger, run_id)
        with hold_tenant(ledger, run.new.account, run.id):
            changed = [one for one in ledger.outcomes(run.id, [Status.CHANGED]) if row in (None, one.row)]
            if not changed:
                what = f"Row {row}" if row is not None else "No row"
                raise UsageError(
                    f"{what} of run {run.id} is {'not ' if row is not None else ''}held as changed.",
                    f"List the rows to decide: importer decide {run.id} --list",
                )
            settle_changes(ledger, run, changed, decision, f"{who}: {why.strip() or 'no reason given'}", env)
    step = "Nothing to do." if decision is ChangeDecision.KEEP else f"Run: importer resume {run.id}"
    return ChangesDecided(run.id, len(changed), decision, step)


def settle_changes(
    ledger: Ledger, run: Run, changed: Sequence[Outcome], decision: ChangeDecision, who: str, env: Environment
) -> None:
    """Record a decision about changed rows of a run, made by ``who`` (and why). The caller holds the account's lock."""
    at = format_iso(env.clock.now())
    words = " ".join(f"{decision.value} by {who}".split())
    keep = decision is ChangeDecision.KEEP
    outcomes = [
        Outcome(
            one.row,
            Status.SKIPPED if keep else Status.NOT_SENT,
            error_code=_CODES[decision],
            error=one.error if keep else "",
            evidence=f"Decided on {format_minute(at)} UTC: {words}. {one.error}",
            at=at,
        )
        for one in changed
    ]
    ledger.settle(run.id, outcomes, words)
    if not keep:
        ledger.reopen_run(run.id)


def describe_changes(run_id: str, env: Environment) -> list[tuple[str, int]]:
    """Describe in which fields the changed rows of a run differ from earlier ones, each with the number of rows."""
    with open_ledger_of(env) as ledger:
        found = Counter(describe_difference(one.error) for one in ledger.outcomes(run_id, [Status.CHANGED]))
    return found.most_common()


def _refuse_taken(ledger: Ledger, run: Run, row: int, activity_id: str) -> None:
    """Refuse the activity of another row: a second row with its id is most likely a typo."""
    owner = ledger.activity_owner(run.new.account, [activity_id]).get(activity_id) if activity_id else None
    if owner is not None and owner != (run.id, row):
        raise UsageError(
            f"Activity {activity_id} belongs to row {owner[1]} of run {owner[0]}.",
            "Look in LeadSquared for another activity with the same content. If there is none, the row is absent.",
        )


def _refuse(run: Run, row: int, before: Outcome | None, decision: Decision) -> None:
    if before is not None and before.error_code == WAITS_FOR_OTHER_RUN:
        raise UsageError(f"Row {row} of run {run.id} cannot be decided here. {before.error}")
    if before is not None and before.status is Status.UNCERTAIN and decision is not Decision.UNDECIDED:
        return
    if before is not None and before.error_code == DECIDED and before.status in _DECIDABLE:
        return
    if before is not None and before.error_code in _OF_CHANGES and decision is Decision.UNDECIDED:
        return
    state = "not known" if before is None else before.status.value.replace("_", " ")
    undo = decision is Decision.UNDECIDED
    what = "was not decided by a person, or was sent again since" if undo else "is not uncertain"
    raise UsageError(
        f"Row {row} of run {run.id} {what}: it is {state}.", f"List the uncertain rows: importer decide {run.id} --list"
    )


def _outcome(before: Outcome, decision: Decision, activity_id: str, text: str, at: str) -> Outcome:
    if before.error_code in _OF_CHANGES:
        return Outcome(before.row, Status.CHANGED, error_code=CHANGED_SINCE, error=before.error or text, at=at)
    status = {
        Decision.CREATED: Status.CREATED,
        Decision.ABSENT: Status.NOT_SENT,
        Decision.ABANDON: Status.SKIPPED,
        Decision.UNDECIDED: Status.UNCERTAIN,
    }[decision]
    return Outcome(
        row=before.row,
        status=status,
        activity_id=activity_id if decision is Decision.CREATED else "",
        lead_id=before.lead_id,
        request_id=before.request_id,
        error_code=UNDECIDED if decision is Decision.UNDECIDED else DECIDED,
        error=text if decision in (Decision.ABANDON, Decision.UNDECIDED) else "",
        evidence=text,
        at=at,
    )


def _run_of(ledger: Ledger, run_id: str | None) -> Run:
    if run_id is not None:
        found = ledger.run(run_id)
        if found is None:
            raise UsageError(f"There is no run {run_id}.", "List the runs: importer runs")
        return found
    for run in ledger.runs():
        if any(ledger.counts(run.id).get(status, 0) for status in _UNDECIDED):
            return run
    raise UsageError("No row of any run is uncertain or changed.", "List the runs: importer runs")


def _cells(plan: Plan, rows: set[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    """Read the first filled cells of some rows, by heading."""
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    for chunk in plan.find_rows(rows):
        for place, row in enumerate(chunk.rows.tolist()):
            filled = [(str(label), str(text)) for label, text in chunk.cells.iloc[place].items() if text]
            found[row] = tuple(filled[:_SHOWN_CELLS])
    return found
