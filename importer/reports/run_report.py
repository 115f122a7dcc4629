"""What became of every row of a run, by its plan and the ledger; the counts must add up to the rows read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from importer.config import Account
from importer.core.issues import CATALOGUE
from importer.core.model import CallClass, Counts, Outcome, Status
from importer.core.text import format_count
from importer.core.time import format_age
from importer.delivery import CORRECTED_IN, EarlierRows, Lineage, describe_correction, describe_doubtful, load_lineage
from importer.ledger import DECIDED, RowInCall, Run, RunState
from importer.planning import Plan, PlanChunk, SchemaSnapshot, SchemaState, group_problems
from importer.rate_limit import describe_limit
from importer.reports.error_codes import remedy_of
from importer.reports.interface import (
    RESULT_COLUMNS,
    AccountDataAge,
    Cost,
    ErrorGroup,
    LostColumn,
    ReportColumn,
    ResultChunk,
    RunSummary,
)
from importer.reports.messages import (
    CALL_RESULTS,
    describe_detection,
    describe_earlier_rows,
    describe_next_step,
    describe_result,
)
from importer.reports.row_marks import mark_rows
from importer.targets import TARGETS, EffectType, Target

if TYPE_CHECKING:
    from importer.ledger import Ledger

_MOST_GROUPS = 12
_FIRST_ROWS = 5
_EXPLAINED = frozenset({Status.UNCERTAIN, Status.REJECTED})
"""Statuses whose rows show the evidence beside the error."""
_SENT = frozenset(Status) - {Status.NOT_SENT}
_TEXT_COLUMNS = RESULT_COLUMNS[1:]
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SettledRows:
    """Numbers of invalid and of rejected rows that rows of corrected sheets have settled."""

    invalid: int = 0
    rejected: int = 0


class RowCountMismatch(AssertionError):
    """The rows read and the rows accounted for differ: a bug of this program, never a fault of the file."""


_NONE_SETTLED = SettledRows()


def count_rows(plan: Plan, ledger_counts: Counts, settled: SettledRows = _NONE_SETTLED) -> Counts:
    """Count the rows of a plan by status: those of the ledger, invalid and left-out ones, and the rest as not sent.

    Invalid and rejected rows that a correction has settled count as skipped.
    """
    counts: Counts = {
        status: count for status, count in ledger_counts.items() if count and status is not Status.NOT_SENT
    }
    counts[Status.INVALID] = plan.facts.invalid - settled.invalid
    counts[Status.LEFT_OUT] = plan.facts.left_out
    counts[Status.REJECTED] = counts.get(Status.REJECTED, 0) - settled.rejected
    counts[Status.SKIPPED] = counts.get(Status.SKIPPED, 0) + settled.invalid + settled.rejected
    counts[Status.NOT_SENT] = plan.facts.ready - sum(ledger_counts.get(status, 0) for status in _SENT)
    return {status: count for status, count in counts.items() if count}


@dataclass(frozen=True)
class RunReport:
    """A plan and, once it is being delivered, its run: the source of all reports.

    ``cost`` is what the delivery of a plan needs, where that was asked for. ``known_lineage`` is what a check knows
    about corrections; that of a run is loaded.
    """

    plan: Plan
    ledger: Ledger | None = None
    run: Run | None = None
    cost: Cost | None = None
    known_lineage: Lineage | None = None
    questions: Sequence[str] = ()
    """What the mapping of a check leaves undecided, each with its line."""
    is_proposal: bool = False
    """Whether the mapping of a check is a proposal as it was written."""
    earlier: EarlierRows | None = None
    """The rows that earlier imports sent, as a check counts them."""

    @cached_property
    def lineage(self) -> Lineage:
        """What corrected sheets have settled of the rows, and what the source corrects if it is such a sheet."""
        if self.known_lineage is None and self.ledger and self.run:
            return load_lineage(self.plan, self.ledger, self.run.id)
        return self.known_lineage or Lineage()

    @cached_property
    def settled(self) -> SettledRows:
        """The number of invalid and of rejected rows that a correction has settled."""
        rows = self.lineage.settled
        rejected = 0
        if rows and self.ledger and self.run:
            rejected = sum(one.row in rows for one in self.ledger.outcomes(self.run.id, [Status.REJECTED]))
        return SettledRows(len(rows) - rejected, rejected)

    def counts(self) -> Counts:
        """Count the rows by status. Raises :class:`RowCountMismatch` unless they add up to the rows read."""
        facts = self.plan.facts
        delivered = self.ledger.counts(self.run.id) if self.ledger and self.run else {}
        counts = count_rows(self.plan, delivered, self.settled)
        if sum(counts.values()) != facts.rows or any(count < 0 for count in counts.values()):
            raise RowCountMismatch(f"{facts.rows} rows were read, but accounted for are {dict(counts)}")
        return counts

    def rows(self, *, mark_sent: bool = False) -> Iterator[ResultChunk]:
        """Yield every row of the source with what became of it; ``mark_sent`` gives rows that were sent an origin, too.

        Raises :class:`RowCountMismatch` after the last row if the rows do not add up to :meth:`counts`.
        """
        seen: Counter[Status] = Counter()
        for chunk in self.plan.chunks():
            yield self._result_chunk(chunk, seen, mark_sent=mark_sent)
        if +seen != Counter(self.counts()):
            raise RowCountMismatch(f"the rows say {dict(seen)}, the ledger says {dict(self.counts())}")

    def invalid_rows(self) -> Iterator[ResultChunk]:
        """Yield only the rows with problems, in order; for a plan that is not being delivered.

        Raises :class:`RowCountMismatch` after the last row if they are not as many as :meth:`counts` says.
        """
        seen: Counter[Status] = Counter()
        for chunk in self.plan.chunks(only_invalid=True):
            yield self._result_chunk(chunk, seen)
        settled = seen.pop(Status.SKIPPED, 0)
        if seen[Status.INVALID] + settled != self.plan.facts.invalid or len(+seen) > 1:
            raise RowCountMismatch(f"the rows say {dict(seen)}, the plan says {self.plan.facts.invalid} are invalid")

    def _result_chunk(self, chunk: PlanChunk, seen: Counter[Status], *, mark_sent: bool = False) -> ResultChunk:
        import numpy as np
        import pandas as pd

        outcomes: Mapping[int, Outcome] = {}
        calls: Mapping[int, RowInCall] = {}
        if self.ledger and self.run and len(chunk.rows):
            first, last = int(chunk.rows[0]), int(chunk.rows[-1])
            outcomes = self.ledger.outcomes_between(self.run.id, first, last)
            calls = self.ledger.calls_of_rows(self.run.id, first, last)
        target = TARGETS[self.plan.facts.target]
        columns = _result_columns(chunk)
        good = np.flatnonzero(chunk.ok)
        numbers = chunk.rows[good].tolist()
        found = [outcomes.get(row) for row in numbers]
        texts = [
            (*_result_texts(outcome), *_lead_texts(outcome), *_call_texts(calls.get(row), target.batch_size))
            for row, outcome in zip(numbers, found, strict=True)
        ]
        for name, column in zip(_TEXT_COLUMNS, zip(*texts, strict=True), strict=bool(found)):
            columns[name][good] = column
        self._show_settled(chunk, columns)
        for name in _inapplicable_columns(target):
            columns[name][:] = ""
        statuses = columns["Status"].tolist()
        seen.update({Status(status): count for status, count in Counter(statuses).items()})
        results = pd.DataFrame(columns, copy=False)
        origins = mark_rows(self.lineage, chunk, statuses, mark_sent=mark_sent)
        return ResultChunk(results=results, cells=chunk.cells, problems=chunk.problems, origins=origins)

    def _show_settled(self, chunk: PlanChunk, columns: dict[str, Any]) -> None:
        """Show the rows of a chunk that a correction has settled as skipped."""
        import numpy as np

        settled = self.lineage.settled
        for place in np.flatnonzero(np.isin(chunk.rows, list(settled))).tolist() if settled else ():
            correction = settled[int(chunk.rows[place])]
            columns["Status"][place] = Status.SKIPPED.value
            columns["ErrorCode"][place] = CORRECTED_IN
            columns["Error"][place] = describe_correction(correction)
            columns["LeadId"][place] = correction.lead_id


def _result_columns(chunk: PlanChunk) -> dict[str, Any]:
    """Return the columns of the results, filled in for the rows that are invalid or left out."""
    import numpy as np

    bad = ~chunk.ok
    columns = {name: np.full(len(chunk.rows), "", dtype=object) for name in _TEXT_COLUMNS}
    for name in ("ActivityCreated", "LeadCreated", "LeadUpdated"):
        columns[name][:] = "FALSE"
    columns["Status"][bad] = Status.INVALID.value
    left_out = chunk.left_out != ""
    columns["Status"][left_out] = Status.LEFT_OUT.value
    columns["Error"][left_out] = chunk.left_out[left_out]
    rows, codes, texts = chunk.problems.describe_rows()
    where = np.searchsorted(chunk.rows, rows)
    invalid = bad[where]
    columns["ErrorCode"][where[invalid]] = codes.to_numpy(zero_copy_only=False)[invalid]
    columns["Error"][where[invalid]] = texts.to_numpy(zero_copy_only=False)[invalid]
    return {RESULT_COLUMNS[0]: chunk.rows, **columns}


def _result_texts(outcome: Outcome | None) -> tuple[str, ...]:
    """Return the texts of a ready row in the order of the columns. ``None`` means that it was not sent."""
    if outcome is None:
        return ("FALSE", Status.NOT_SENT.value, "", "", "", "", "")
    text = outcome.error or outcome.evidence
    if outcome.status in _EXPLAINED and outcome.evidence and outcome.evidence != outcome.error:
        text = f"{outcome.error} {outcome.evidence}"
    # TRUE and FALSE are certain; empty is not known yet, or was decided by a person.
    is_created = outcome.status is Status.CREATED
    if is_created and outcome.activity_id:
        created = "TRUE"
    elif (is_created and outcome.error_code == DECIDED) or outcome.status in (Status.UNCERTAIN, Status.PENDING):
        created = ""
    else:
        created = "FALSE"
    ids = (outcome.activity_id, outcome.lead_id, outcome.request_id)
    return (created, outcome.status.value, text, outcome.error_code, *ids)


def _lead_texts(outcome: Outcome | None) -> tuple[str, str]:
    """Return whether a ready row created or updated its lead: TRUE, FALSE, or empty while that is not known."""
    if outcome is None:
        return ("FALSE", "FALSE")
    decided = outcome.status is Status.CREATED and outcome.error_code == DECIDED
    if decided or outcome.status in (Status.UNCERTAIN, Status.PENDING):
        return ("", "")
    return (str(outcome.status is Status.CREATED).upper(), str(outcome.status is Status.UPDATED).upper())


def _call_texts(call: RowInCall | None, batch_size: int) -> tuple[str, str]:
    """Return the number of the row's last call, and LeadSquared's number of the row where a call has several."""
    if call is None:
        return ("", "")
    return (str(call.number), str(call.position) if batch_size > 1 else "")


def _inapplicable_columns(target: type[Target]) -> tuple[str, ...]:
    """Return the columns of results that stay empty for all rows of a target.

    Where a call makes an activity, its answer counts for that alone: whether it made a lead as well is not recorded.
    """
    if target.effect() is EffectType.ACTIVITY:
        return ("LeadCreated", "LeadUpdated")
    return ("ActivityCreated",) if target.updates_leads else ("ActivityCreated", "LeadUpdated")


def summarize_run(
    report: RunReport, *, account: Account | None = None, stopped: str = "", remedy: str = ""
) -> RunSummary:
    """Summarize a run for every report. ``stopped`` and ``remedy`` say why it ended early and what to do then.

    Raises :class:`RowCountMismatch`.
    """
    plan, run = report.plan, report.run
    facts, counts = plan.facts, report.counts()
    corrected = len(report.lineage.settled)
    reason = stopped or (run.stop_reason if run else "")
    if run is None or not (run.state is RunState.FINISHED or reason or run.started_at):
        status = "planned"
    else:
        status = "finished" if run.state is RunState.FINISHED else "interrupted"
    # A problem that all rows have tells of a common cause, where there are enough rows to exclude chance.
    common = next((group.code for group in facts.groups if group.rows == facts.selected > _FIRST_ROWS), "")
    lost = tuple(
        LostColumn(label, rows, label not in facts.unused and not report.is_proposal)
        for label, rows in facts.not_imported.items()
    )
    undecided_columns = sum(not column.decided for column in lost)
    return RunSummary(
        run_id=run.id if run else "",
        status=status,
        headline=describe_result(status, facts.rows, counts, reason or facts.blocked, corrected, undecided_columns),
        next_step=remedy
        or describe_next_step(
            status,
            counts,
            run.id if run else "",
            blocked=bool(facts.blocked),
            common=common,
            undecided=len(report.questions),
            not_imported=undecided_columns,
        ),
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
        errors=(*_invalid_groups(report), *_crm_groups(report)),
        facts=tuple(_facts(report, account)),
        notes=(*describe_earlier_rows(report.earlier), *facts.notes) if report.earlier else facts.notes,
        earlier=report.earlier,
        damage=facts.damage,
        cost=None if run else report.cost,
        corrected=corrected,
        sheet=facts.source.sheet,
        time_zone=facts.time_zone,
        not_imported=lost,
        questions=tuple(report.questions),
        field_labels=facts.field_labels,
        metadata=describe_account_data(facts.metadata, facts.created_at),
    )


def _invalid_groups(report: RunReport) -> Iterator[ErrorGroup]:
    """Yield the problems of invalid rows, the commonest first."""
    plan = report.plan
    groups = group_problems(plan, report.lineage.settled) if report.settled.invalid else plan.facts.groups
    for group in groups[:_MOST_GROUPS]:
        example = f"{group.example[:1].upper()}{group.example[1:]}"
        title = CATALOGUE[group.code].title
        yield ErrorGroup(group.code, f"{title}. {example}", group.rows, group.first_rows, title=title)


def _crm_groups(report: RunReport) -> Iterator[ErrorGroup]:
    """Yield the causes of rejected and uncertain rows by code, the commonest first."""
    if not report.ledger or not report.run:
        return
    target = TARGETS[report.plan.facts.target]
    rows: dict[str, list[int]] = {}
    count: Counter[str] = Counter()
    text: dict[str, str] = {}
    for outcome in report.ledger.outcomes(report.run.id, [Status.REJECTED, Status.UNCERTAIN]):
        if outcome.row in report.lineage.settled:
            continue
        code = outcome.error_code or outcome.status.value
        count[code] += 1
        text.setdefault(code, outcome.error or outcome.evidence)
        first = rows.setdefault(code, [])
        if len(first) < _FIRST_ROWS:
            first.append(outcome.row)
    for code, number in count.most_common(_MOST_GROUPS):
        yield ErrorGroup(code, text[code], number, tuple(rows[code]), remedy_of(code, target))


def _facts(report: RunReport, account: Account | None) -> Iterator[tuple[str, str]]:
    """Yield labels and texts of what was detected in the file, and how the calls of the run went."""
    facts = report.plan.facts
    for found in facts.source.detections:
        yield (found.what.capitalize(), f"{describe_detection(found.what, found.value)} ({found.how})")
    if report.lineage.sheet.by_row:
        yield ("Corrections", f"{format_count(len(report.lineage.sheet.by_row))} of earlier imports")
    if report.lineage.sheet.doubtful:
        yield ("Not corrections", describe_doubtful(len(report.lineage.sheet.doubtful)))
    if facts.again:
        yield ("Sent again on purpose", facts.again)
    if not report.ledger or not report.run:
        return
    statistics = report.ledger.call_statistics(report.run.id)
    calls, by_verdict = sum(statistics.by_verdict.values()), statistics.by_verdict
    if len(by_verdict) == 1:
        results = f", {'all ' if calls > 1 else ''}{CALL_RESULTS[next(iter(by_verdict))]}"
    else:
        results = ", ".join(f"{number:,} {CALL_RESULTS[kind]}" for kind, number in by_verdict.items())
        results = f": {results}" if results else ""
    yield ("Calls", f"{calls:,}{results}")
    if calls:
        yield ("Time per call", f"{statistics.seconds / calls:.2f} s on average, {statistics.slowest:.2f} s at most")
    learned = report.ledger.learned_limits(facts.account)
    for kind in CallClass:
        if kind in learned:
            limit = learned[kind].limit
            yield (f"Limit of {kind.value} calls", f"{describe_limit(kind, limit.calls, limit.seconds)} (learned)")
        elif account is not None:
            limit = account.limits[kind]
            yield (f"Limit of {kind.value} calls", f"{describe_limit(kind, limit.calls, limit.seconds)} (configured)")


def exit_status(summary: RunSummary) -> int:
    """Return a command's exit status: 0 when all rows are done, 3 when some need a person, 4 when `resume` is due."""
    if summary.status == "interrupted":
        return 4
    return 3 if summary.attention_total else 0


def describe_account_data(facts: SchemaSnapshot, planned_at: str) -> AccountDataAge:
    """Describe how old the known data of the account was when a plan was made at ``planned_at`` (ISO time)."""
    if not facts.read_at:
        text = "Not compared with, by setting" if facts.state is SchemaState.OFF else ""
        return AccountDataAge(facts.state.value, "", None, text)
    read_at = datetime.fromisoformat(facts.read_at)
    age = max(timedelta(), datetime.fromisoformat(planned_at) - read_at)
    limit = "; too old to decide anything" if facts.state is SchemaState.OLD else ""
    text = f"Read {read_at:%d %b %Y %H:%M} UTC, {format_age(age)} before the check{limit}"
    return AccountDataAge(facts.state.value, facts.read_at, round(age / _HOUR, 2), text)
