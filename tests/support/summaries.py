"""Summaries of runs for the tests of reports."""

from __future__ import annotations

from importer.core.model import Status
from importer.reports.interface import ErrorGroup, ReportColumn, RunSummary


def summary(counts: dict[Status, int], **changes: object) -> RunSummary:
    """A finished run of an hour with these counts; ``changes`` replace its other fields."""
    values: dict[str, object] = {
        "run_id": "run-1", "status": "finished", "headline": "So it went.", "next_step": "Do this.", "account": "a",
        "source": "visits.csv", "mapping": "visits.yaml", "target": "create-lead", "rows": sum(counts.values()),
        "counts": counts, "columns": (ReportColumn("A", "Text", "lead.X"),), "started_at": "2026-11-20T10:00:00+00:00",
        "finished_at": "2026-11-20T11:02:03+00:00",
        "errors": (ErrorGroup("required", "A cell is empty.", 7, (2, 3)),), "facts": (("Encoding", "utf-8"),),
        "notes": ("A note.",),
    }  # fmt: skip
    return RunSummary(**{**values, **changes})  # type: ignore[arg-type]
