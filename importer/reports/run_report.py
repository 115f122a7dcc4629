"""What became of every row, drawn from plan and ledger, with books that must balance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from importer.config.settings import Account
from importer.core.issues import CATALOGUE
from importer.core.model import NEEDS_PERSON, CallClass, Counts, Outcome, Status, VerdictKind
from importer.ledger.interface import DECIDED, Ledger, Run, RunState
from importer.planning.store import Plan, PlanChunk, PlanFacts
from importer.rate_limit.window_limiter import describe_limit
from importer.reports.account_freshness import account_known
from importer.reports.error_codes import remedy_of
from importer.reports.interface import RESULT_COLUMNS, Cost, ErrorGroup, ReportColumn, ResultChunk, RunSummary
from importer.reports.summary_text import VERDICTS, detected, headline, next_step

_GROUPS = 12
_FIRST_ROWS = 5
_NO_MORE = frozenset(Status) - {Status.NOT_SENT}


class BooksDoNotBalance(AssertionError):
    """Rows read and rows accounted for differ. This is a bug in the program, never the person's fault."""


def book_counts(plan: Plan, ledger_counts: Counts) -> Counts:
    """Rows of the plan by status: the ledger's, the plan's invalid rows, and the rest as not sent."""
    counts: Counts = {
        status: count for status, count in ledger_counts.items() if count and status is not Status.NOT_SENT
    }
    counts[Status.INVALID] = plan.facts.invalid
    counts[Status.NOT_SENT] = plan.facts.ready - sum(ledger_counts.get(status, 0) for status in _NO_MORE)
    return {status: count for status, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class Books:
    """A plan and, once it is being delivered, its run: everything a report is drawn from.

    ``cost`` is what its delivery needs, where that was asked for.
    """

    plan: Plan
    ledger: Ledger | None = None
    run: Run | None = None
    cost: Cost | None = None

    def counts(self) -> Counts:
        """Rows by status. Raises :class:`BooksDoNotBalance` unless they add up to the rows read."""
        facts = self.plan.facts
        delivered = self.ledger.counts(self.run.id) if self.ledger and self.run else {}
        counts = book_counts(self.plan, delivered)
        if sum(counts.values()) != facts.rows or any(count < 0 for count in counts.values()):
            raise BooksDoNotBalance(f"{facts.rows} rows were read, but accounted for are {dict(counts)}")
        return counts

    def rows(self) -> Iterator[ResultChunk]:
        """Every row of the source with what became of it.

        Raises :class:`BooksDoNotBalance` after the last row if the rows do not add up to :meth:`counts`.
        """
        seen: Counter[Status] = Counter()
        for chunk in self.plan.chunks():
            yield self._result_chunk(chunk, seen)
        if +seen != Counter(self.counts()):
            raise BooksDoNotBalance(f"the rows say {dict(seen)}, the ledger says {dict(self.counts())}")

    def invalid_rows(self) -> Iterator[ResultChunk]:
        """The rows with problems only, in order; for a plan that is not being delivered.

        Raises :class:`BooksDoNotBalance` after the last row if they are not as many as :meth:`counts` says.
        """
        seen: Counter[Status] = Counter()
        for chunk in self.plan.chunks(only_invalid=True):
            yield self._result_chunk(chunk, seen)
        if seen[Status.INVALID] != self.plan.facts.invalid or len(+seen) > 1:
            raise BooksDoNotBalance(f"the rows say {dict(seen)}, the plan says {self.plan.facts.invalid} are invalid")

    def _result_chunk(self, chunk: PlanChunk, seen: Counter[Status]) -> ResultChunk:
        import numpy as np
        import pandas as pd

        outcomes: Mapping[int, Outcome] = {}
        if self.ledger and self.run and len(chunk.rows):
            outcomes = self.ledger.outcomes_between(self.run.id, int(chunk.rows[0]), int(chunk.rows[-1]))
        columns = _columns(chunk)
        seen[Status.INVALID] += int(np.count_nonzero(~chunk.ok))
        good = np.flatnonzero(chunk.ok)
        found = [outcomes.get(row) for row in chunk.rows[good].tolist()]
        seen.update(outcome.status if outcome else Status.NOT_SENT for outcome in found)
        for name, texts in zip(_TOLD, zip(*map(_line, found), strict=True), strict=bool(found)):
            columns[name][good] = texts
        return ResultChunk(results=pd.DataFrame(columns, copy=False), cells=chunk.cells, problems=chunk.problems)


_TOLD = RESULT_COLUMNS[1:]
_Line = tuple[str, str, str, str, str, str, str]


def _columns(chunk: PlanChunk) -> dict[str, Any]:
    """The columns of the results, filled in for the invalid rows."""
    import numpy as np

    bad = ~chunk.ok
    columns = {name: np.full(len(chunk.rows), "", dtype=object) for name in _TOLD}
    columns["ActivityCreated"][:] = "FALSE"
    columns["Status"][bad] = Status.INVALID.value
    rows, codes, texts = chunk.problems.told()
    where = np.searchsorted(chunk.rows, rows)
    told = bad[where]
    columns["ErrorCode"][where[told]] = codes.to_numpy(zero_copy_only=False)[told]
    columns["Error"][where[told]] = texts.to_numpy(zero_copy_only=False)[told]
    return {RESULT_COLUMNS[0]: chunk.rows, **columns}


def _line(outcome: Outcome | None) -> _Line:
    if outcome is None:
        return ("FALSE", Status.NOT_SENT.value, "", "", "", "", "")
    text = outcome.error or outcome.evidence
    if outcome.status is Status.UNCERTAIN and outcome.evidence and outcome.evidence != outcome.error:
        text = f"{outcome.error} {outcome.evidence}"
    return (
        _activity_created(outcome),
        outcome.status.value,
        text,
        outcome.error_code,
        outcome.activity_id,
        outcome.lead_id,
        outcome.request_id,
    )


def _activity_created(outcome: Outcome) -> str:
    """TRUE and FALSE are certain; empty is not known yet."""
    if outcome.status is Status.CREATED and outcome.activity_id:
        return "TRUE"
    seen_by_a_person = outcome.status is Status.CREATED and outcome.error_code == DECIDED
    return "" if seen_by_a_person or outcome.status in (Status.UNCERTAIN, Status.PENDING) else "FALSE"


def summarise(books: Books, *, account: Account | None = None, stopped: str = "", remedy: str = "") -> RunSummary:
    """The run as a whole, for every report. ``stopped`` and ``remedy`` say why a run ended early.

    Raises :class:`BooksDoNotBalance`.
    """
    plan, run = books.plan, books.run
    facts, counts = plan.facts, books.counts()
    reason = stopped or (run.stop_reason if run else "")
    status = _status(run, reason)
    return RunSummary(
        run_id=run.id if run else "",
        status=status,
        headline=headline(status, facts.rows, counts, reason or facts.blocked),
        next_step=remedy
        or next_step(status, counts, run.id if run else "", blocked=bool(facts.blocked), common=_common(facts)),
        account=facts.account,
        source=facts.source.path,
        mapping=facts.mapping_path,
        target=facts.target,
        rows=facts.rows,
        counts=counts,
        columns=tuple(
            ReportColumn(column.letter, column.label, facts.fields.get(column.label, ""))
            for column in facts.source.columns
        ),
        started_at=run.started_at if run else facts.created_at,
        finished_at=run.finished_at if run else "",
        errors=(*_invalid_groups(books), *_crm_groups(books)),
        facts=tuple(_facts(books, account)),
        notes=facts.notes,
        damage=facts.damage,
        cost=None if run else books.cost,
        metadata=account_known(facts.metadata, facts.created_at),
    )


def _common(facts: PlanFacts) -> str:
    """The code of a problem that all rows have, where there are enough of them to tell a cause from chance."""
    return next((group.code for group in facts.groups if group.rows == facts.rows > _FIRST_ROWS), "")


def _status(run: Run | None, reason: str) -> str:
    if run is None:
        return "planned"
    if run.state is RunState.FINISHED:
        return "finished"
    return "interrupted" if reason or run.started_at else "planned"


def _invalid_groups(books: Books) -> Iterator[ErrorGroup]:
    for group in books.plan.facts.groups[:_GROUPS]:
        example = f"{group.example[:1].upper()}{group.example[1:]}"
        title = CATALOGUE[group.code].title
        yield ErrorGroup(group.code, f"{title}. {example}", group.rows, group.first_rows, title=title)


def _crm_groups(books: Books) -> list[ErrorGroup]:
    """Refused and doubtful rows by code, the commonest first."""
    if not books.ledger or not books.run:
        return []
    rows: dict[str, list[int]] = {}
    count: Counter[str] = Counter()
    text: dict[str, str] = {}
    for outcome in books.ledger.outcomes(books.run.id, [Status.REJECTED, Status.UNCERTAIN]):
        code = outcome.error_code or outcome.status.value
        count[code] += 1
        text.setdefault(code, outcome.error or outcome.evidence)
        first = rows.setdefault(code, [])
        if len(first) < _FIRST_ROWS:
            first.append(outcome.row)
    return [
        ErrorGroup(code, text[code], number, tuple(rows[code]), remedy_of(code))
        for code, number in count.most_common(_GROUPS)
    ]


def _facts(books: Books, account: Account | None) -> Iterator[tuple[str, str]]:
    facts = books.plan.facts
    for found in facts.source.detections:
        yield (found.what.capitalize(), f"{detected(found.what, found.value)} ({found.how})")
    if facts.again:
        yield ("Sent again on purpose", facts.again)
    if not books.ledger or not books.run:
        return
    figures = books.ledger.call_statistics(books.run.id)
    calls = sum(figures.by_verdict.values())
    yield ("Calls", _calls(calls, figures.by_verdict))
    if calls:
        yield ("Time per call", f"{figures.seconds / calls:.2f} s on average, {figures.slowest:.2f} s at most")
    learned = books.ledger.learned_limits(facts.account)
    for kind in CallClass:
        if kind in learned:
            limit = learned[kind].limit
            yield (f"Limit of {kind.value} calls", f"{describe_limit(kind, limit.calls, limit.seconds)} (learned)")
        elif account is not None:
            limit = account.limits[kind]
            yield (f"Limit of {kind.value} calls", f"{describe_limit(kind, limit.calls, limit.seconds)} (configured)")


def _calls(calls: int, by_verdict: Mapping[VerdictKind, int]) -> str:
    if len(by_verdict) == 1:
        return f"{calls:,}, {'all ' if calls > 1 else ''}{VERDICTS[next(iter(by_verdict))]}"
    ends = ", ".join(f"{number:,} {VERDICTS[kind]}" for kind, number in by_verdict.items())
    return f"{calls:,}: {ends}" if ends else f"{calls:,}"


def exit_status(summary: RunSummary) -> int:
    """0 when every row is done, 3 when rows need a person, 4 when `resume` has work left, as the command line says."""
    if summary.status == "interrupted":
        return 4
    if any(summary.counts.get(status, 0) for status in NEEDS_PERSON):
        return 3
    return 0
