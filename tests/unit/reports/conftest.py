"""A realistic run in every status, and small builders for runs with chosen cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pandas as pd
import pytest

from importer.core.issues import Problem, make_problem
from importer.core.model import Status
from importer.reports.interface import (
    RESULT_COLUMNS,
    ErrorGroup,
    ReportColumn,
    ResultChunk,
    ResultRows,
    RunSummary,
)

LABELS = ("Lead ID", "Name", "Email", "Phone", "City", "Score", "Joined at", "Internal remarks")
FIELDS = ("RelatedProspectId", "ActivityNote", "", "mx_Custom_4", "mx_Custom_1", "mx_Custom_2", "ActivityDateTime", "")
CITIES = ("Bengaluru", "München", "São Paulo", "東京", "القاهرة")

Line = tuple[int | str, ...]


def status_of(row: int) -> Status:
    """Every status appears among 280 rows; most rows are created."""
    special = {7: Status.INVALID, 13: Status.REJECTED, 29: Status.UNCERTAIN, 31: Status.PENDING, 37: Status.SKIPPED}
    special |= {41: Status.UPDATED, 43: Status.UNCHANGED, 47: Status.NOT_SENT}
    return next((status for step, status in special.items() if row % step == 0), Status.CREATED)


def result_line(row: int) -> Line:
    status = status_of(row)
    error, code = {
        Status.INVALID: (
            'Column C "Email": "asha(at)example" is not an e-mail address. Expected something like name@example.com.',
            "not-an-email",
        ),
        Status.REJECTED: ("Lead with the given id does not exist.", "MXLeadNotFoundException"),
        Status.UNCERTAIN: ("The connection was cut after sending. Two readings did not find it.", "no-answer"),
    }.get(status, ("", ""))
    created = status is Status.CREATED
    activity = f"5c1e8f0a-6b1d-4c52-9e8e-{row:012d}" if created else ""
    flag = "" if status in (Status.UNCERTAIN, Status.PENDING) else str(created).upper()
    request = f"8a7b-{row:06d}" if status is Status.PENDING else ""
    lead = f"2c1e8f0a-0000-4c52-9e8e-{row:012d}"
    return (row, flag, status.value, error, code, activity, lead, request, "", "", "7", str(row % 25 + 1))


def cell_line(row: int) -> tuple[str, ...]:
    email = "asha(at)example" if status_of(row) is Status.INVALID else f"person{row}@example.com"
    phone = f"+9198450{row:05d}" if row % 2 else f"098450{row:05d}"
    remarks = "=1+1" if row % 50 == 0 else ""
    joined = f"{row % 28 + 1:02d}/03/2024 18:30"
    lead = f"2c1e8f0a-0000-4c52-9e8e-{row:012d}"
    return (lead, f"Person {row}", email, phone, CITIES[row % 5], f"{row % 101:03d}", joined, remarks)


def row_problems(row: int) -> tuple[Problem, ...]:
    if status_of(row) is not Status.INVALID:
        return ()
    return (
        make_problem(
            "not-an-email", row, column="Email", letter="C", field="EmailAddress", value="asha(at)example", help=""
        ),
    )


def chunk_of(
    lines: Sequence[Line],
    cells: Sequence[Sequence[str]],
    labels: Sequence[str],
    problems: dict[int, tuple[Problem, ...]],
) -> ResultChunk:
    """A chunk; object columns, so that a test may use texts that Arrow refuses."""
    results = pd.DataFrame(
        dict(zip(RESULT_COLUMNS, (list(column) for column in zip(*lines, strict=True)), strict=True))
    )
    frame = pd.DataFrame([list(line) for line in cells], columns=list(labels), dtype=object)
    return ResultChunk(results, frame, problems)


@pytest.fixture
def run() -> tuple[RunSummary, ResultRows]:
    """280 rows from row 2 on, with every status, in chunks of 100."""
    numbers = range(2, 282)
    counts = dict(Counter(status_of(row) for row in numbers))

    def rows() -> Iterator[ResultChunk]:
        for start in range(0, len(numbers), 100):
            part = numbers[start : start + 100]
            yield chunk_of(
                [result_line(row) for row in part],
                [cell_line(row) for row in part],
                LABELS,
                {row: row_problems(row) for row in part if row_problems(row)},
            )

    summary = RunSummary(
        run_id="r-20240301-7f3a",
        status="finished",
        headline=f"{counts[Status.CREATED]} of 280 rows are in LeadSquared; {counts[Status.INVALID]} not sent because of "
        f"problems in the file; {counts[Status.REJECTED]} refused by LeadSquared; "
        f"{counts[Status.UNCERTAIN]} not known whether they arrived.",
        next_step="Do not enter the uncertain rows by hand. Look again later: importer resume r-20240301-7f3a. "
        "Their evidence is on the sheet Results.",
        account="acme-india",
        source="/home/asha/imports/webinar attendees March.csv",
        mapping="mappings/webinar.yaml",
        target="bulk-activities-by-lead-id",
        rows=280,
        counts=counts,
        columns=tuple(ReportColumn("ABCDEFGH"[at], LABELS[at], FIELDS[at]) for at in range(len(LABELS))),
        started_at="2024-03-01T09:30:00.000+00:00",
        finished_at="2024-03-01T09:33:12.000+00:00",
        errors=(
            ErrorGroup(
                "not-an-email", "Not an e-mail address.", counts[Status.INVALID], (7, 14, 21, 28, 35), "Correct it."
            ),
            ErrorGroup(
                "MXLeadNotFoundException", "Lead with the given id does not exist.", counts[Status.REJECTED], (13, 26)
            ),
            ErrorGroup("no-answer", "The connection was cut after sending.", counts[Status.UNCERTAIN], (29, 58)),
        ),
        facts=(
            ("Format", "csv"),
            ("Encoding", "UTF-8 (no byte order mark; all of it decodes)"),
            ("Delimiter", "comma (the same number of cells in 200 of 200 rows)"),
            ("Calls", "13, 12 applied, 1 uncertain"),
            ("Limit of bulk calls", "25 in 5 s (configured)"),
        ),
        notes=('Column H "Internal remarks" is neither used nor ignored by the mapping.',),
    )
    return summary, rows


TextRun = Callable[[Sequence[str]], tuple[RunSummary, ResultRows]]


@pytest.fixture
def text_run() -> TextRun:
    """Makes a run whose only column holds the given texts, every row invalid, so that To fix has them too."""
    return make_text_run


def make_text_run(texts: Sequence[str]) -> tuple[RunSummary, ResultRows]:
    lines: list[Line] = [
        (row, "FALSE", "invalid", text, "custom-check", *[""] * 7) for row, text in enumerate(texts, 2)
    ]
    summary = RunSummary(
        run_id="r-1",
        status="planned",
        headline="A check.",
        next_step="",
        account="acme",
        source="x.csv",
        mapping="m.yaml",
        target="create-lead",
        rows=len(texts),
        counts={Status.INVALID: len(texts)},
        columns=(ReportColumn("A", "Text", "FirstName"),),
    )
    return summary, lambda: iter([chunk_of(lines, [[text] for text in texts], ["Text"], {})])
