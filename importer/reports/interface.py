"""The data of a report: a summary of the run, its rows chunk by chunk, and the profile that the page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.core.issues import Problem
from importer.core.model import NEEDS_PERSON, Counts, Status
from importer.data_quality import Damage
from importer.delivery import EarlierRows

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
    "LeadCreated",
    "LeadUpdated",
    "CallNumber",
    "RowInCall",
)
"""The columns that stand before the source's own in the sheet Results."""


TO_FIX = frozenset({Status.INVALID.value, Status.REJECTED.value})
"""Statuses of rows that a person corrects and imports again: they are certainly not in the CRM."""


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """One column of the source: Excel's letter, the heading as it stood, the CRM field it fills ("" when unused)."""

    letter: str
    label: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Rows with the same problem: its code, its description, how many rows, and the first few row numbers.

    ``remedy`` says what to do, where ``text`` does not say it already. Where ``text`` begins with the name of the
    problem and goes on with an example, ``title`` is that name.
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
class LostColumn:
    """A column that fills no field: so many ``rows`` have text in it.

    ``decided``: a person put it under `ignore:`; a proposal that was not edited does so for want of a field.
    """

    label: str
    rows: int
    decided: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """The least that a delivery needs: calls, and seconds from the first to the last of them at the known limit.

    ``left_today`` is the number of calls that the daily budget still allows, ``None`` without one. ``text`` describes
    all of it. ``most_seconds`` is what the same calls need at the smallest plan, where the limit is not known.
    """

    calls: int
    seconds: float
    left_today: int | None
    text: str
    most_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class AccountDataAge:
    """The age of the known data of the account: ``state`` is ``fresh``, ``old``, ``unknown`` or ``off``.

    ``read_at`` is an ISO text in UTC, empty when nothing was known; ``age_hours`` counts until the rows were checked.
    ``text`` describes it for people, and may be empty.
    """

    state: str
    read_at: str
    age_hours: float | None
    text: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """The part of a report about the run as a whole.

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
    metadata: AccountDataAge | None = None
    earlier: EarlierRows | None = None
    sheet: str = ""
    time_zone: str = ""
    not_imported: tuple[LostColumn, ...] = ()
    """Columns with text that fill no field."""
    questions: tuple[str, ...] = ()
    """What the mapping leaves undecided, each with its line."""
    field_labels: Mapping[str, str] = field(default_factory=dict)
    """The names by which the account shows its fields, by their names in the mapping."""
    corrected: int = 0
    """Rows that are skipped because a corrected sheet has them."""

    @property
    def attention_total(self) -> int:
        """Return the number of rows that need a person: invalid, rejected or uncertain."""
        return sum(self.counts.get(status, 0) for status in NEEDS_PERSON)


@dataclass(frozen=True, slots=True)
class SheetOrigin:
    """Where a row to correct comes from: the number that the sheet shows for it, and its mark."""

    number: int
    mark: str


@dataclass(frozen=True, slots=True)
class ResultChunk:
    """Some consecutive rows of the source with what became of them.

    ``results`` has the columns of :data:`RESULT_COLUMNS` (``RowNumber`` int, the others text; ``ActivityCreated`` is
    "TRUE", "FALSE" or ""); ``cells`` the source's columns by label, as text. Both have the same length and a
    ``RangeIndex``. ``problems`` maps a row number to the problems of that row, and ``origins`` the number of a row to
    correct to where it comes from, where that is known.
    """

    results: pd.DataFrame
    cells: pd.DataFrame
    problems: Mapping[int, tuple[Problem, ...]] = field(default_factory=dict)
    origins: Mapping[int, SheetOrigin] = field(default_factory=dict)


ResultRows = Callable[[], Iterator[ResultChunk]]
"""A function that yields all rows in order, from the start at every call."""


PARTS = 60
"""Into so many equal parts the rows of a file are divided to show where something lies."""


@dataclass(frozen=True, slots=True)
class ValueCount:
    """A value and the number of rows that have it."""

    text: str
    rows: int


@dataclass(frozen=True, slots=True)
class Bin:
    """The values from ``low`` to ``high`` and the number of rows that have one of them."""

    low: str
    high: str
    rows: int


@dataclass(frozen=True, slots=True)
class ColumnStatistics:
    """One column of the source.

    ``filled`` rows have text in it. ``distinct`` counts different texts; with ``many`` there are more than that.
    Either ``bars`` holds the commonest values (``others`` rows have another one) or ``bins`` a histogram of numbers or
    days; both are empty where neither would be of use. ``strip`` counts rows with a problem in this column, part by
    part. ``read_as`` describes the type that the mapping gives the column, "" for a column that is not used.
    """

    letter: str
    label: str
    field: str
    filled: int
    distinct: int
    many: bool
    examples: tuple[str, ...]
    bars: tuple[ValueCount, ...] = ()
    others: int = 0
    bins: tuple[Bin, ...] = ()
    strip: tuple[int, ...] = ()
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class TimePart:
    """A part of a run's time: seconds from its begin, rows whose call ended well, and calls refused or uncertain."""

    begin: float
    rows: int
    refused: int
    uncertain: int


@dataclass(frozen=True, slots=True)
class SlowCall:
    """A call that took long: seconds after the first call, seconds that it took, its rows and how it ended."""

    at: float
    seconds: float
    rows: int
    verdict: str


@dataclass(frozen=True, slots=True)
class CallProfile:
    """How a run's calls went.

    ``seconds`` is the time from the first to the end of the last call; in ``waited`` seconds of it none was under way.
    """

    calls: int
    seconds: float
    parts: tuple[TimePart, ...]
    slowest: tuple[SlowCall, ...]
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class AttentionRow:
    """A row that needs a person: its number, status, code, what is known, and ``more``: the evidence, often long."""

    row: int
    status: Status
    code: str
    text: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class RunProfile:
    """The profile of a plan and, when it was delivered, of its run.

    ``strips`` counts rows with a problem part by part, for each problem code. ``preview`` is the request that holds the
    first ready rows, as JSON; ``previewed`` are their row numbers, and ``sent`` has for each field its texts in these
    rows, ``None`` where the field is not sent. ``attention_total`` may be greater than the rows in ``attention``.
    """

    rows: int
    columns: tuple[ColumnStatistics, ...]
    strips: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    preview: str = ""
    previewed: tuple[int, ...] = ()
    sent: tuple[tuple[str, tuple[str | None, ...]], ...] = ()
    calls: CallProfile | None = None
    attention: tuple[AttentionRow, ...] = ()
    attention_total: int = 0
