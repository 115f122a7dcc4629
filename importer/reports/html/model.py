"""What the report page shows beyond the counts: the columns, where problems lie, a preview, and how the calls went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from importer.core.model import Status

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
class ColumnInsight:
    """One column of the source.

    ``filled`` rows have text in it. ``distinct`` counts different texts; with ``many`` there are more than that.
    Either ``bars`` holds the commonest values (``others`` rows have another one) or ``bins`` a histogram of numbers or
    days; both are empty where neither would tell anything. ``strip`` counts rows with a problem in this column, part
    by part. ``read_as`` says in words as what the mapping has the cells read, "" for a column that is not used.
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
    """A part of a run's time: seconds from its begin, rows whose call ended well, and calls refused or in doubt."""

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
class CallsInsight:
    """How a run's calls went.

    ``seconds`` is the time from the first to the end of the last call; in ``waited`` seconds of it none was under way.
    """

    calls: int
    seconds: float
    parts: tuple[TimePart, ...]
    slowest: tuple[SlowCall, ...]
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A row that needs a person: its number, status, code, what is known, and ``more``: the evidence, often long."""

    row: int
    status: Status
    code: str
    text: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Insight:
    """Everything above for one plan and, when it was delivered, its run.

    ``strips`` counts rows with a problem part by part, for each problem code. ``preview`` is the request that holds the
    first ready rows, as JSON; ``previewed`` are their row numbers, and ``sent`` has for each field its texts in these
    rows, ``None`` where the field is not sent. ``people_total`` may be greater than the rows in ``people``.
    """

    rows: int
    columns: tuple[ColumnInsight, ...]
    strips: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    preview: str = ""
    previewed: tuple[int, ...] = ()
    sent: tuple[tuple[str, tuple[str | None, ...]], ...] = ()
    calls: CallsInsight | None = None
    people: tuple[PersonRow, ...] = ()
    people_total: int = 0
