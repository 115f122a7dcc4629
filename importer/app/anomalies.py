"""Detection of anomalies: how a plan differs from the earlier imports of its mapping, asked about before sending."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from importer.core.errors import ImporterError
from importer.ledger.interface import Ledger, Run
from importer.planning.store import Plan, open_plan

_MANY_TIMES = 10
_FEW_ROWS = 200
_RUNS_COMPARED = 500
_HEADINGS_LISTED = 5

NEW_MAPPING = "This mapping was never used with this account."


def detect_anomalies(plan: Plan, ledger: Ledger) -> list[str]:
    """Describe what a person should check before this plan is sent; empty when it is as always.

    Anomalies are a mapping that was never used with the account, far more rows than usual, and other headings than
    last time.
    """
    facts = plan.facts
    if ledger.find_run(facts.fingerprint) is not None:
        return []
    if not ledger.mapping_proven(facts.account, facts.mapping_sha):
        return [NEW_MAPPING]
    return compare_with_earlier(plan, ledger)


def compare_with_earlier(plan: Plan, ledger: Ledger) -> list[str]:
    """Describe far more rows, or other headings, than the earlier imports of the mapping to the account had."""
    facts = plan.facts
    earlier = [
        run
        for run in ledger.runs(account=facts.account, limit=_RUNS_COMPARED)
        if run.new.mapping_sha == facts.mapping_sha and run.new.rows
    ]
    found = _compare_headings(plan, earlier)
    usual = median(run.new.rows for run in earlier) if earlier else facts.rows
    if facts.rows >= _FEW_ROWS and facts.rows > _MANY_TIMES * usual:
        found.insert(0, f"The file has {facts.rows:,} rows; imports with this mapping usually have about {usual:,.0f}.")
    return found


def _compare_headings(plan: Plan, earlier: Sequence[Run]) -> list[str]:
    if plan.facts.source.sheet.startswith("To fix"):
        # The sheet has columns of our own beside those of the file that it came from.
        return []
    before = next((headings for run in earlier if (headings := _headings_of(run)) is not None), None)
    now = {column.heading for column in plan.facts.source.columns}
    if before is None or now == before:
        return []
    sentences = []
    for words, names in (("new", now - before), ("gone", before - now)):
        if names:
            shown = ", ".join(f'"{name}"' for name in sorted(names)[:_HEADINGS_LISTED])
            more = f" and {len(names) - _HEADINGS_LISTED} more" if len(names) > _HEADINGS_LISTED else ""
            sentences.append(f"{words}: {shown}{more}")
    return [f"The headings differ from those of the last import with this mapping ({'; '.join(sentences)})."]


def _headings_of(run: Run) -> set[str] | None:
    try:
        facts = open_plan(Path(run.new.folder)).facts
    except ImporterError:
        return None
    if facts.source.sheet.startswith("To fix"):
        return None
    return {column.heading for column in facts.source.columns}
