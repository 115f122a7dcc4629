"""Decisions of a person about uncertain and changed rows, as the forms of several screens send them."""

from __future__ import annotations

from collections.abc import Mapping

from importer.app import ChangeDecision, Decision, decide, decide_changes
from importer.core.errors import UsageError
from importer.web.security import current_person
from importer.web.services import services


def sends_rows(form: Mapping[str, str]) -> bool:
    """Return whether rows are sent after the decision of a form."""
    return form.get("decision") in (ChangeDecision.SEND.value, ChangeDecision.UPDATE.value, Decision.ABSENT.value)


def record_decision(run_id: str, form: Mapping[str, str], **facts: str) -> bool:
    """Record what a form decides about rows of a run; return whether the run now has rows to send.

    ``facts`` are added to the entry of the audit trail. Raises :class:`UsageError` for a decision that is not complete
    or not possible.
    """
    env, who, decision = services().config.env, current_person().name, form.get("decision", "")
    why = form.get("why", "").strip() or "decided in the page"
    try:
        if decision in {one.value for one in ChangeDecision}:
            row = int(form["row"]) if form.get("row") else None
            decide_changes(run_id, ChangeDecision(decision), why, who, env, row)
        else:
            decide(run_id, int(form["row"]), Decision(decision), why, who, env, form.get("activity_id", ""))
    except (KeyError, ValueError):
        raise UsageError("The decision is not complete.", "Choose one of the buttons.") from None
    services().record(who, "decided rows", run=run_id, decision=decision, row=form.get("row", "all"), **facts)
    return sends_rows(form)
