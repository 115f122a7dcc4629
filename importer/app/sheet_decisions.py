"""Decisions about changed and uncertain rows that a person wrote into the sheet To decide of a results workbook."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from importer.app.environment import Environment
from importer.app.manual_resolution import ChangeDecision, Decision, settle_changes, settle_uncertain
from importer.app.preflight import hold_tenant
from importer.core.errors import ImporterError, UsageError
from importer.core.model import Outcome, Status
from importer.core.text import format_count, shorten_text
from importer.delivery import RowMarker
from importer.ledger import Run
from importer.planning import PreparedImport, open_plan
from importer.sources import DECISION_HEADING, DECISION_SHEET, Chunk, Source, SourceOptions, open_source

if TYPE_CHECKING:
    from importer.ledger import Ledger

_DECISIONS: dict[str, ChangeDecision | Decision] = {
    **{one.value: one for one in ChangeDecision},
    "it is there": Decision.CREATED,
    "send again": Decision.ABSENT,
}
_UNDECIDED = (Status.CHANGED, Status.UNCERTAIN)
_WHO = "the sheet To decide"


@dataclass(frozen=True, slots=True)
class _DecidedRow:
    """One line of the sheet with a decision: its row on the sheet, number, mark and cells."""

    line: int
    decision: ChangeDecision | Decision
    number: str
    mark: str
    cells: dict[str, str]


def is_decision_sheet(source: Source) -> bool:
    """Whether the sheet that was opened is one of decisions: its rows are not imported."""
    return source.marked and source.sheet.startswith(DECISION_SHEET)


def record_sheet_decisions(prepared: PreparedImport, account: str, ledger: Ledger, env: Environment) -> list[Run]:
    """Record the decisions in the workbook of an import; return the runs that they are about.

    Rows that were decided since, and those whose mark no longer fits, are left as they are. Raises
    :class:`UsageError` for a decision that is none, and for a sheet without any.
    """
    source = prepared.source
    if not is_decision_sheet(source):
        if DECISION_SHEET not in source.sheets:
            return []
        source = open_source(source.path, SourceOptions(sheet=DECISION_SHEET))
    rows = list(_read_decisions(source))
    if not rows and source is prepared.source:
        raise UsageError(
            f"{source.path} has no row to correct, and no decision on its sheet {DECISION_SHEET}.",
            f"Choose from the list in the column {DECISION_HEADING}, save the workbook, and import it again.",
        )
    by_run: dict[str, list[_DecidedRow]] = defaultdict(list)
    for row in rows:
        by_run[RowMarker.run_of(row.mark)].append(row)
    decided: list[Run] = []
    for run_id, several in by_run.items():
        run = ledger.run(run_id) if run_id else None
        if run is None or run.new.account != account:
            env.progress.note(f"{_describe_lines(several)} not recorded: the rows are of no run of this account.")
        elif _record(run, several, ledger, env):
            decided.append(run)
    return decided


def _read_decisions(source: Source) -> Iterator[_DecidedRow]:
    column = next((one for one in source.columns if one.heading.strip() == DECISION_HEADING), None)
    for chunk in source.chunks() if column is not None and source.marked else ():
        assert column is not None
        yield from _decisions_of(chunk, column.label, source)


def _decisions_of(chunk: Chunk, label: str, source: Source) -> Iterator[_DecidedRow]:
    columns = dict(zip(chunk.labels, (texts.to_pylist() for texts in chunk.columns), strict=True))
    numbers, marks = (texts.to_pylist() for texts in chunk.origin)
    decisions = columns.pop(label)
    for place, text in enumerate(decisions):
        word = text.strip().casefold()
        if not word:
            continue
        line = int(chunk.rows[place])
        if word not in _DECISIONS:
            raise UsageError(
                f'{source.path}, sheet "{source.sheet}", row {line}: "{shorten_text(text)}" is no decision. '
                "Nothing was recorded or sent.",
                'For a changed row write "update" to correct what was sent earlier, "send" to send it as a new row or '
                '"keep" to leave LeadSquared as it is; for an uncertain one "it is there" or "send again"; or leave '
                "the cell empty.",
            )
        cells = {name: texts[place] for name, texts in columns.items()}
        yield _DecidedRow(line, _DECISIONS[word], numbers[place], marks[place], cells)


def _record(run: Run, rows: list[_DecidedRow], ledger: Ledger, env: Environment) -> bool:
    """Record the decisions about rows of one run whose marks hold; return whether there are any."""
    try:
        marker = RowMarker(open_plan(Path(run.new.folder)).facts, ledger.install_key())
    except ImporterError:
        env.progress.note(f"{_describe_lines(rows)} not recorded: the plan of run {run.id} was removed.")
        return False
    chosen: dict[int, _DecidedRow] = {}
    doubtful = []
    for row in rows:
        mark = marker.read(row.mark)
        if mark is not None and mark.origin.row not in chosen and marker.fits(mark, row.number, row.cells):
            chosen[mark.origin.row] = row
        else:
            doubtful.append(row)
    if doubtful:
        env.progress.note(f"{_describe_lines(doubtful)} not recorded: the rows are no longer those that were held.")
    with hold_tenant(ledger, run.new.account, run.id):
        ledger.recover_interrupted(run.id)
        undecided = [one for one in ledger.outcomes(run.id, _UNDECIDED) if one.row in chosen]
        _record_decisions(run, undecided, chosen, ledger, env)
    return bool(chosen)


def _record_decisions(
    run: Run, undecided: Sequence[Outcome], chosen: Mapping[int, _DecidedRow], ledger: Ledger, env: Environment
) -> None:
    """Record the decisions that are possible for the status of their rows."""
    counted: Counter[str] = Counter()
    misplaced = []
    changes: dict[ChangeDecision, list[Outcome]] = defaultdict(list)
    for one in undecided:
        decision = chosen[one.row].decision
        if one.status is Status.CHANGED and isinstance(decision, ChangeDecision):
            changes[decision].append(one)
        elif one.status is Status.UNCERTAIN and isinstance(decision, Decision):
            settle_uncertain(ledger, run, one, decision, _WHO, env)
            counted[decision.value] += 1
        else:
            misplaced.append(chosen[one.row])
    for change, about in changes.items():
        settle_changes(ledger, run, about, change, _WHO, env)
        counted[change.value] += len(about)
    for text, count in counted.items():
        env.progress.note(f"{format_count(count)} of run {run.id}: {text}.")
    if misplaced:
        env.progress.note(f"{_describe_lines(misplaced)} not recorded: it does not fit the status of its row.")


def _describe_lines(rows: list[_DecidedRow]) -> str:
    first = rows[0].line
    more = f" and {format_count(len(rows) - 1, 'other')}" if len(rows) > 1 else ""
    return f"The decision in row {first} of the sheet {DECISION_SHEET}{more} was"
