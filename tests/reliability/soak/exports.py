"""Make the files of a soak: exports that overlap from night to night, some rows of which were corrected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from importer.sandbox.seed import lead_id

FIRST_ROWS, NEW_ROWS, MOST_ROWS = 30, 4, 45
"""Rows of a job's first export, rows that are new each night, and rows of the longest export."""
_CORRECTED, _TWINS, _UNFIT, _UNKNOWN = 0.02, 0.02, 0.02, 0.015
# The exports overlap and the visits have no time: who sets up such a job knows that equal rows are the same ones.
_ACTIVITY = "  ActivityEvent: {value: 201}\n  ActivityNote: Note\nrepeat: skip\n"
_BULK = "target: bulk-activities-by-lead-id\nactivity:\n  RelatedProspectId: {column: Lead, type: uuid}\n" + _ACTIVITY


@dataclass
class Row:
    """A row of an export. ``mark`` identifies it in the CRM; ``times`` is how often the export has it."""

    mark: str
    cells: str
    times: int = 1


@dataclass(frozen=True)
class JobType:
    """A type of job: mapping, headings, and the cells of the row ``number`` (of all jobs) that carries a mark."""

    name: str
    mapping: str
    headings: str
    cells: Callable[[int, str], str]
    unfit: Callable[[str], str]
    unknown: Callable[[str], str] | None
    twins: bool = False


def _by_lead(name: str, mapping: str) -> JobType:
    return JobType(
        name,
        mapping,
        "Lead,Note",
        lambda number, mark: f"{lead_id(number % 400 + 1)},visit {mark}",
        lambda mark: f"no lead,visit {mark}",
        lambda mark: f"00000000-0000-4000-8000-000000000000,visit {mark}",
        twins=True,
    )


JOB_TYPES = (
    _by_lead("bulk", _BULK),
    _by_lead("bulk-key", _BULK + "import_key: mx_Custom_20\n"),
    JobType(
        "single",
        "target: activity-by-email\nactivity:\n  EmailAddress: {column: E-mail, type: email}\n" + _ACTIVITY,
        "E-mail,Note",
        lambda number, mark: f"lead{number % 400 + 1:04}@example.com,visit {mark}",
        lambda mark: f"no address,visit {mark}",
        lambda mark: f"{mark}@example.net,visit {mark}",
    ),
    JobType(
        "create",
        "target: create-lead\nlead:\n  FirstName: Name\n  EmailAddress: {column: E-mail, type: email}\n",
        "Name,E-mail",
        # A corrected row has the address of the row that it corrects: the CRM refuses a second lead with it.
        lambda number, mark: f"{mark},new{mark.partition('v')[0]}@example.org",
        lambda mark: f"{mark},no address",
        None,
    ),
    _by_lead("bulk", _BULK),
)
"""The types of jobs, in the order in which they are given out."""


@dataclass
class Export:
    """What one job exports, from night to night. The newest rows come last; old ones drop out at the top."""

    number: int
    account: int
    random: Random
    shown: list[Row] = field(default_factory=list)
    every: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The job's name."""
        return f"job{self.number:02}"

    @property
    def sort(self) -> JobType:
        """The type of the job."""
        return JOB_TYPES[(self.number // 4 + self.number) % len(JOB_TYPES)]

    def next_night(self) -> list[Row]:
        """The rows of the next export."""
        for place, row in enumerate(self.shown):
            if self.random.random() < _CORRECTED:
                self.shown[place] = self._row(f"{row.mark.partition('v')[0]}v{len(self.every)}")
        for _ in range(NEW_ROWS if self.shown else FIRST_ROWS):
            self.shown.append(self._row(f"j{self.number:02}r{len(self.every):05}"))
        del self.shown[:-MOST_ROWS]
        return list(self.shown)

    def _row(self, mark: str) -> Row:
        sort, chance = self.sort, self.random.random()
        if chance < _UNFIT:
            row = Row(mark, sort.unfit(mark))
        elif chance < _UNFIT + _UNKNOWN and sort.unknown:
            row = Row(mark, sort.unknown(mark))
        else:
            row = Row(mark, sort.cells(self.number * 37 + len(self.every), mark))
            row.times = 2 if sort.twins and self.random.random() < _TWINS else 1
        self.every.append(row)
        return row

    def everything(self) -> Iterator[list[Row]]:
        """All rows that were ever exported, in exports of the usual length."""
        for begin in range(0, len(self.every), MOST_ROWS):
            yield self.every[begin : begin + MOST_ROWS]


def make_exports(jobs: int, accounts: int, seed: int) -> list[Export]:
    """The jobs of a soak, shared out to the accounts."""
    return [Export(number, number % accounts, Random(f"export {seed} {number}")) for number in range(jobs)]


def file_lines(sort: JobType, rows: list[Row]) -> list[str]:
    """The lines of a file with these rows, headings first; twins stand at its end."""
    return [sort.headings, *(row.cells for row in rows), *(row.cells for row in rows if row.times > 1)]


def file_marks(rows: list[Row]) -> list[str]:
    """The mark of each line of :func:`file_lines` after the headings."""
    return [row.mark for row in rows] + [row.mark for row in rows if row.times > 1]
