"""Whether a plan is like the earlier imports of its mapping; what is not usual is asked about before it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

from importer.core.errors import ImporterError
from importer.ledger.interface import Ledger, Run
from importer.planning.store import Plan, open_plan

_TIMES_THE_USUAL = 10
_NEVER_MANY = 200
_REMEMBERED = 500
_NAMED = 5

NEW_MAPPING = "This mapping was never used with this account."


def oddities(plan: Plan, ledger: Ledger) -> list[str]:
    """Sentences about what a person should have looked at before this plan is sent; none when it is as always.

    A mapping that was never used with the account, far more rows than usual, and other headings than last time.
    """
    facts = plan.facts
    if ledger.find_run(facts.fingerprint) is not None:
        return []
    if not ledger.mapping_proven(facts.account, facts.mapping_sha):
        return [NEW_MAPPING]
    return unlike_earlier(plan, ledger)


def unlike_earlier(plan: Plan, ledger: Ledger) -> list[str]:
    """Sentences about far more rows, or other headings, than the earlier imports of the mapping to the account had."""
    facts = plan.facts
    earlier = [
        run
        for run in ledger.runs(account=facts.account, limit=_REMEMBERED)
        if run.new.mapping_sha == facts.mapping_sha and run.new.rows
    ]
    return [*_volume(facts.rows, [run.new.rows for run in earlier]), *_headings(plan, earlier)]


def _volume(rows: int, earlier: Sequence[int]) -> list[str]:
    usual = median(earlier) if earlier else rows
    if rows < _NEVER_MANY or rows <= _TIMES_THE_USUAL * usual:
        return []
    return [f"The file has {rows:,} rows; imports with this mapping usually have about {usual:,.0f}."]


def _headings(plan: Plan, earlier: Sequence[Run]) -> list[str]:
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
            shown = ", ".join(f'"{name}"' for name in sorted(names)[:_NAMED])
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
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
