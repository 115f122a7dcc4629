"""The one JSON object that scripts read, the same form after success and after failure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from importer.core.redaction import redact
from importer.reports.interface import Cost, RunSummary
from importer.reports.messages import list_counts


def build_json_report(
    summary: RunSummary, results: Path | None, report: Path | None, exit_status: int, annotated: Path | None = None
) -> dict[str, Any]:
    """Return the object for ``--json``: every status has a count (0 without rows), paths are texts or ``None``.

    ``forecast`` holds the calls and seconds that a delivery needs at least, ``None`` once there is a run.

    ``damage`` lists the columns that look damaged; ``metadata`` is the age of the known data of the account when the
    rows were checked.

    ``earlier`` counts the rows of a check that earlier imports sent, ``None`` where that is not known.

    ``not_imported`` lists columns with data that fill no field; ``questions`` what the mapping of a check leaves
    undecided.

    ``problems`` is the number of rows that need a person: invalid, rejected or uncertain.
    """
    return {
        "run": summary.run_id,
        "status": summary.status,
        "exit_status": exit_status,
        "rows": summary.rows,
        "counts": {status.value: count for status, count in list_counts(summary.counts)},
        "problems": summary.attention_total,
        "results": None if results is None else str(results),
        "report": None if report is None else str(report),
        "annotated": None if annotated is None else str(annotated),
        "message": redact(summary.headline),
        "next_step": redact(summary.next_step),
        "forecast": summary.cost and _forecast(summary.cost),
        "not_imported": [{"column": one.label, "rows": one.rows} for one in summary.not_imported],
        "questions": list(summary.questions),
        "earlier": summary.earlier and asdict(summary.earlier),
        "damage": [
            {**asdict(found), "example": redact(found.example), "what": redact(found.what)} for found in summary.damage
        ],
        "metadata": {
            "state": summary.metadata.state if summary.metadata else "unknown",
            "read_at": (summary.metadata.read_at or None) if summary.metadata else None,
            "age_hours": summary.metadata.age_hours if summary.metadata else None,
        },
    }


def _forecast(cost: Cost) -> dict[str, Any]:
    """Return what a delivery needs; ``most_seconds`` only where the limit is not known and the time is a range."""
    forecast = {"calls": cost.calls, "seconds": cost.seconds, "left_today": cost.left_today}
    return forecast if cost.most_seconds is None else {**forecast, "most_seconds": cost.most_seconds}


def json_failure(message: str, remedy: str, exit_status: int, run_id: str = "") -> dict[str, Any]:
    """Return the same object for a command that failed before there was anything to sum up."""
    return build_json_report(
        RunSummary(run_id, "failed", message, remedy, "", "", "", "", 0, {}, ()), None, None, exit_status
    )
