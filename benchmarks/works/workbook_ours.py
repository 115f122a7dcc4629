"""importer: a results workbook with 12 columns. Arguments: file, rows."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from importer.core.model import Status
from importer.reports.interface import RESULT_COLUMNS, ReportColumn, ResultChunk, RunSummary
from importer.reports.xlsx.workbook import write_workbook

CHUNK = 50_000
COLUMNS = ("Lead ID", "E-mail", "City", "Remark")


def chunks(rows: int) -> Iterator[ResultChunk]:
    """The results of made-up rows."""
    for first in range(2, rows + 2, CHUNK):
        numbers = range(first, min(first + CHUNK, rows + 2))
        results = dict.fromkeys(RESULT_COLUMNS, "") | {
            "RowNumber": list(numbers),
            "ActivityCreated": "TRUE",
            "Status": Status.CREATED.value,
            "ProspectActivityId": [f"{number:08x}-0000-4000-8000-000000000000" for number in numbers],
            "LeadId": [f"{number:08x}-1111-4000-8000-000000000000" for number in numbers],
        }
        cells = {
            "Lead ID": [f"{number:08x}-1111-4000-8000-000000000000" for number in numbers],
            "E-mail": [f"person.{number}@example.com" for number in numbers],
            "City": ["Bengaluru", "São Paulo"] * (len(numbers) // 2) + ["Kraków"] * (len(numbers) % 2),
            "Remark": [
                f"=not a formula {number}" if number % 100 == 0 else f"note {number} & more" for number in numbers
            ],
        }
        yield ResultChunk(pd.DataFrame(results), pd.DataFrame(cells, dtype="str"), {})


def main() -> None:
    """Write the file."""
    path, rows = Path(sys.argv[1]), int(sys.argv[2])
    path.unlink(missing_ok=True)
    summary = RunSummary(
        run_id="r-1",
        status="finished",
        headline="All rows are in LeadSquared.",
        next_step="",
        account="bench",
        source="bench.csv",
        mapping="bench.yaml",
        target="bulk-activities-by-lead-id",
        rows=rows,
        counts={Status.CREATED: rows},
        columns=tuple(ReportColumn("ABCD"[place], label, "") for place, label in enumerate(COLUMNS)),
    )
    write_workbook(path, summary, lambda: chunks(rows))


if __name__ == "__main__":
    main()
