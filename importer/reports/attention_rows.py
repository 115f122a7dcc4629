"""The rows that need a person, for the report page."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from importer.core.model import NEEDS_PERSON, Status
from importer.planning.issue_table import ProblemTable
from importer.reports.html.model import PersonRow
from importer.reports.run_report import Books

if TYPE_CHECKING:
    import pyarrow as pa

PEOPLE = 500
"""So many rows are listed at most."""

_IN_DOUBT_OR_REFUSED = NEEDS_PERSON - {Status.INVALID}


def invalid_people(problems: pa.RecordBatch, most: int) -> list[PersonRow]:
    """The first rows, at most so many, of problems that stand in the order of their rows."""
    import pyarrow.compute as pc

    numbers = problems.column("row")
    wanted = pc.unique(numbers)[:most]
    if not len(wanted):
        return []
    table = ProblemTable(problems.filter(pc.less_equal(numbers, wanted[-1])))
    rows, _, texts = table.told()
    return [
        PersonRow(row, Status.INVALID, ", ".join(dict.fromkeys(problem.code for problem in table[row])), text)
        for row, text in zip(rows.tolist(), texts.to_pylist(), strict=True)
    ]


def people_of(books: Books, invalid: Sequence[PersonRow]) -> tuple[tuple[PersonRow, ...], int]:
    """The first rows that need a person, by row, and how many there are.

    ``invalid`` are the first rows with problems in the file. What LeadSquared refused, and what is in doubt, goes
    before them when there are too many to list.
    """
    total = books.plan.facts.invalid
    people: list[PersonRow] = []
    if books.ledger and books.run:
        counts = books.ledger.counts(books.run.id)
        total += sum(counts.get(status, 0) for status in _IN_DOUBT_OR_REFUSED)
        for outcome in books.ledger.outcomes(books.run.id, list(_IN_DOUBT_OR_REFUSED)):
            if len(people) == PEOPLE:
                break
            more = outcome.evidence if outcome.error and outcome.evidence != outcome.error else ""
            text = outcome.error or outcome.evidence
            people.append(PersonRow(outcome.row, outcome.status, outcome.error_code, text, more))
    people += invalid[: PEOPLE - len(people)]
    return tuple(sorted(people, key=attrgetter("row"))), total
