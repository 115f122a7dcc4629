"""The one JSON object that scripts read, the same form after success and after failure."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from importer.core.model import NEEDS_PERSON, Status
from importer.core.redaction import redact
from importer.reports.interface import AccountKnown, RunSummary
from importer.reports.words import counted


def json_report(summary: RunSummary, results: Path | None, report: Path | None, exit_status: int) -> dict[str, Any]:
    """The object for ``--json``: every status has a count (0 without rows), paths are texts or ``None``.

    ``forecast`` holds the calls and seconds that a delivery needs at least, ``None`` once there is a run.

    ``damage`` lists the columns that look spoiled; ``metadata`` says how fresh the knowledge of the account's fields
    was when the rows were checked.

    ``problems`` is the number of rows that need a person: invalid, rejected or uncertain.
    """
    return {
        "run": summary.run_id,
        "status": summary.status,
        "exit_status": exit_status,
        "rows": summary.rows,
        "counts": {status.value: count for status, count in counted(summary.counts)},
        "problems": sum(summary.counts.get(status, 0) for status in NEEDS_PERSON),
        "results": None if results is None else str(results),
        "report": None if report is None else str(report),
        "message": redact(summary.headline),
        "next_step": redact(summary.next_step),
        "forecast": summary.cost
        and {"calls": summary.cost.calls, "seconds": summary.cost.seconds, "left_today": summary.cost.left_today},
        "damage": [
            {**asdict(found), "example": redact(found.example), "what": redact(found.what)} for found in summary.damage
        ],
        "metadata": _known(summary.metadata),
    }


def json_failure(message: str, remedy: str, exit_status: int, run_id: str = "") -> dict[str, Any]:
    """The same object for a command that failed before there was anything to sum up."""
    return {
        "run": run_id,
        "status": "failed",
        "exit_status": exit_status,
        "rows": 0,
        "counts": {status.value: 0 for status in Status},
        "problems": 0,
        "results": None,
        "report": None,
        "message": redact(message),
        "next_step": redact(remedy),
        "forecast": None,
        "damage": [],
        "metadata": _known(None),
    }


def _known(known: AccountKnown | None) -> dict[str, Any]:
    if known is None:
        return {"state": "unknown", "read_at": None, "age_hours": None}
    return {"state": known.state, "read_at": known.read_at or None, "age_hours": known.age_hours}
