"""The rows that need a person, for the report page."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from importer.core.model import NEEDS_PERSON, Status
from importer.planning import ProblemTable
from importer.reports.interface import AttentionRow
from importer.reports.run_report import RunReport

if TYPE_CHECKING:
    import pyarrow as pa

MOST_LISTED = 500
"""So many rows are listed at most."""

_UNCERTAIN_OR_REJECTED = NEEDS_PERSON - {Status.INVALID}


def find_invalid_rows(problems: pa.RecordBatch, most: int) -> list[AttentionRow]:
    """Return the first rows, at most ``most``, of problems that stand in the order of their rows."""
    import pyarrow.compute as pc

    numbers = problems.column("row")
    wanted = pc.unique(numbers)[:most]
    if not len(wanted):
        return []
    table = ProblemTable(problems.filter(pc.less_equal(numbers, wanted[-1])))
    rows, _, texts = table.describe_rows()
    return [
        AttentionRow(row, Status.INVALID, ", ".join(dict.fromkeys(problem.code for problem in table[row])), text)
        for row, text in zip(rows.tolist(), texts.to_pylist(), strict=True)
    ]


def find_attention_rows(report: RunReport, invalid: Sequence[AttentionRow]) -> tuple[tuple[AttentionRow, ...], int]:
    """Return the first rows that need a person, in the order of the file, and how many there are.

    ``invalid`` are the first rows with problems in the file. Rejected and uncertain rows take precedence over them when
    there are too many to list.
    """
    settled = report.lineage.settled
    total = report.plan.facts.invalid - len(settled)
    listed: list[AttentionRow] = []
    if report.ledger and report.run:
        counts = report.ledger.counts(report.run.id)
        total += sum(counts.get(status, 0) for status in _UNCERTAIN_OR_REJECTED)
        for outcome in report.ledger.outcomes(report.run.id, list(_UNCERTAIN_OR_REJECTED)):
            if len(listed) == MOST_LISTED:
                break
            if outcome.row in settled:
                continue
            more = outcome.evidence if outcome.error and outcome.evidence != outcome.error else ""
            text = outcome.error or outcome.evidence
            listed.append(AttentionRow(outcome.row, outcome.status, outcome.error_code, text, more))
    listed += [one for one in invalid if one.row not in settled][: MOST_LISTED - len(listed)]
    return tuple(sorted(listed, key=attrgetter("row"))), total
