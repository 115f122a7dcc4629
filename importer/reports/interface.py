"""What a report is drawn from: a summary of the run and its rows, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.core.issues import Problem
from importer.core.model import Counts
from importer.data_quality import Damage

if TYPE_CHECKING:
    import pandas as pd

RESULT_COLUMNS = (
    "RowNumber",
    "ActivityCreated",
    "Status",
    "Error",
    "ErrorCode",
    "ProspectActivityId",
    "LeadId",
    "RequestId",
)
"""The columns that stand before the source's own in the sheet Results."""


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """One column of the source: Excel's letter, the heading as it stood, the CRM field it fills ("" when unused)."""

    letter: str
    label: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Rows with the same trouble: its code, what it means, how many rows, and the first few row numbers.

    ``remedy`` says what to do, where ``text`` does not say it already. Where ``text`` begins with the name of the
    trouble and goes on with an example, ``title`` is that name.
    """

    code: str
    text: str
    rows: int
    first_rows: tuple[int, ...]
    remedy: str = ""
    title: str = ""

    @property
    def example(self) -> str:
        """``text`` without the title."""
        return self.text.removeprefix(f"{self.title}. ") if self.title else ""


@dataclass(frozen=True, slots=True)
class Cost:
    """The least that a delivery needs: calls, and seconds from the first to the last of them at the known limit.

    ``left_today`` is the number of calls that the daily budget still allows, ``None`` without one. ``text`` says all.
    """

    calls: int
    seconds: float
    left_today: int | None
    text: str


@dataclass(frozen=True, slots=True)
class AccountKnown:
    """How fresh the knowledge of the account was: ``state`` is ``fresh``, ``old``, ``unknown`` or ``off``.

    ``read_at`` is an ISO text in UTC, empty when nothing was known; ``age_hours`` counts until the rows were checked.
    ``text`` says it to people, where there is something to say.
    """

    state: str
    read_at: str
    age_hours: float | None
    text: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Everything that a report says about a run as a whole.

    ``status`` is ``planned``, ``finished``, ``interrupted`` or ``failed``; ``rows`` is the number of rows read and
    equals the sum of ``counts``. Times are ISO texts in UTC. ``facts`` are further lines for people (encoding, sheet,
    limits seen, ...) in the order to show them. ``cost`` is what a delivery would need, before it begins.
    ``damage`` holds what looks spoiled in the source, one finding for each column and kind.
    """

    run_id: str
    status: str
    headline: str
    next_step: str
    account: str
    source: str
    mapping: str
    target: str
    rows: int
    counts: Counts
    columns: tuple[ReportColumn, ...]
    started_at: str = ""
    finished_at: str = ""
    errors: tuple[ErrorGroup, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    cost: Cost | None = None
    damage: tuple[Damage, ...] = ()
    metadata: AccountKnown | None = None


@dataclass(frozen=True, slots=True)
class ResultChunk:
    """Some consecutive rows of the source with what became of them.

    ``results`` has the columns of :data:`RESULT_COLUMNS` (``RowNumber`` int, the others text; ``ActivityCreated`` is
    "TRUE", "FALSE" or ""); ``cells`` the source's columns by label, as text. Both have the same length and a
    ``RangeIndex``. ``problems`` maps a row number to the problems of that row.
    """

    results: pd.DataFrame
    cells: pd.DataFrame
    problems: Mapping[int, tuple[Problem, ...]] = field(default_factory=dict)


ResultRows = Callable[[], Iterator[ResultChunk]]
"""Gives all rows in order, from the start at every call."""
