"""The plain facts of a run, in the one order in which every report lists them."""

from __future__ import annotations

from importer.reports.interface import RunSummary
from importer.reports.words import moment, time_taken


def origin(summary: RunSummary) -> list[tuple[str, str]]:
    """Label and text of what was imported, from where, to where and when; what is not known is left out."""
    lines = [
        ("Run", summary.run_id),
        ("Status", "planned: a check, nothing was sent" if summary.status == "planned" else summary.status),
        ("Source", summary.source),
        ("Mapping", summary.mapping),
        ("Account", summary.account),
        ("Target", summary.target),
        ("Fields", summary.metadata.text if summary.metadata else ""),
        ("Delivery", summary.cost.text[:1].upper() + summary.cost.text[1:] if summary.cost else ""),
        ("Started", moment(summary.started_at)),
        ("Finished", moment(summary.finished_at)),
        ("Time taken", time_taken(summary.started_at, summary.finished_at)),
    ]
    return [(label, text) for label, text in lines if text]
