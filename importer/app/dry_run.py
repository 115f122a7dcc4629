"""The dry run: plan a file, estimate the cost of its delivery and report.

It cannot reach the CRM, and loads nothing that only a delivery needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from importer.app.environment import Environment, open_ledger_of
from importer.app.sheet_decisions import is_decision_sheet
from importer.config import PLAN_LIMITS, Account, load_account
from importer.core.errors import LedgerError, SettingsError, UsageError
from importer.core.filesystem import check_writable, temp_dir
from importer.core.memory import trim_heap
from importer.core.model import CallClass, Limit
from importer.core.progress import StoppableReading
from importer.core.text import format_count
from importer.core.time import format_duration
from importer.delivery import EarlierRows, Lineage, count_earlier_rows, load_lineage
from importer.ledger import ledger_exists
from importer.planning import (
    Plan,
    PlanRequest,
    PreparedImport,
    check_account_fit,
    load_account_schema,
    mapping_of_plan,
    plan_import,
    prepare_import,
)
from importer.rate_limit import count_calls_today, describe_limit
from importer.reports import Cost, Publisher, Report, ReportPaths, RunReport
from importer.suggest import is_proposal, open_questions
from importer.targets import make_target

if TYPE_CHECKING:
    from importer.ledger import Ledger


def check(request: PlanRequest, places: ReportPaths, env: Environment) -> Report:
    """Plan the file and write the reports; nothing can be sent from here, and no keys are needed.

    Raises :class:`SourceError`, :class:`MappingError` or :class:`ReportError`.
    """
    workbook = places.workbook(str(request.source), f"check-{env.clock.now():%Y%m%d-%H%M%S}")
    check_writable(workbook.parent)
    with temp_dir(env.home, "check-") as folder:
        return Publisher(places, workbook, env.progress.note).publish(check_into(request, folder, env))


def check_into(request: PlanRequest, folder: Path, env: Environment) -> RunReport:
    """Plan the file into ``folder`` and estimate the cost of its delivery. Raises as :func:`check`."""
    account = account_if_complete(request.account, env)
    plan = _planned(request, account, folder, env.clock.now(), env)
    trim_heap()
    return report_plan(plan, env)


def report_plan(plan: Plan, env: Environment) -> RunReport:
    """Return the report of a plan with the cost that its delivery would have now."""
    account = account_if_complete(plan.facts.account, env)
    lineage, earlier = _compare(plan, account, env)
    questions = [f"Line {line}: {question}" for line, question in open_questions(plan.facts.mapping_file)]
    return RunReport(
        plan,
        cost=_cost(plan, account, env),
        known_lineage=lineage,
        earlier=earlier,
        questions=questions,
        is_proposal=is_proposal(plan.facts.mapping_file),
    )


def _planned(request: PlanRequest, account: Account | None, folder: Path, now: datetime, env: Environment) -> Plan:
    """Make the plan; the memory of its checks is free again before the reports are written."""
    prepared = check_account_fit(prepare_import(request), load_account_schema(account, env.home, now))
    if is_decision_sheet(prepared.source):
        raise UsageError(
            f"{request.source} has no row to correct; its sheet {prepared.source.sheet} holds decisions, not data.",
            "Record and carry out the decisions: importer run with this workbook.",
        )
    return plan_in(prepared, folder, now, env)


def _compare(plan: Plan, account: Account | None, env: Environment) -> tuple[Lineage | None, EarlierRows | None]:
    """Compare the plan's rows with those of earlier imports and their corrections, if there is a ledger."""
    with suppress(LedgerError, SettingsError):
        if account is not None and ledger_exists(env.home, account.database):
            with open_ledger_of(env) as ledger:
                known = plan.facts.ready and not plan.facts.again and ledger.runs(account=account.name, limit=1)
                earlier = count_earlier_rows(plan, account, ledger) if known else None
                return load_lineage(plan, ledger), earlier
    return None, None


def _cost(plan: Plan, account: Account | None, env: Environment) -> Cost | None:
    """Estimate the cost of a delivery. A check does not create a ledger where there is none."""
    now = env.clock.now()
    # A run would report what is wrong with the ledger; a check needs none.
    with suppress(LedgerError, SettingsError):
        if account is not None and ledger_exists(env.home, account.database):
            with open_ledger_of(env) as ledger:
                return estimate_cost(plan, now, account, ledger)
    return estimate_cost(plan, now, account)


def account_if_complete(name: str, env: Environment) -> Account | None:
    """Load the account that a check is for, if its settings are complete."""
    with suppress(SettingsError):
        return load_account(name, env.variables, env.home) if name else None
    return None


def plan_in(prepared: PreparedImport, folder: Path, now: datetime, env: Environment) -> Plan:
    """Write the plan into the new ``folder``; ``now`` is the time of the plan.

    Raises what :func:`plan_import` raises, :class:`LedgerError` for a disk that does not take the plan, and
    :class:`RunStopped` when the person asks to stop.
    """
    try:
        return plan_import(prepared, folder, now, StoppableReading(env.progress, env.stop))
    except OSError as error:
        raise LedgerError(
            f"The plan cannot be written to {folder}: {error.strerror or error}. Nothing was sent.",
            "Make room on that disk, or set IMPORTER_HOME to a folder on another one; then run again.",
        ) from None


def estimate_cost(plan: Plan, now: datetime, account: Account | None, ledger: Ledger | None = None) -> Cost | None:
    """Estimate the least that a delivery of all ready rows of ``plan`` needs; ``None`` when there are none.

    Where no limit is configured, those of LeadSquared's plans give a range. A ledger adds the limits learned and the
    calls made since the midnight (UTC) before ``now``. Rows that turn out to be in LeadSquared already need no call;
    waiting, reading back and polling come on top.
    """
    if not plan.facts.ready or plan.facts.blocked:
        return None
    target = make_target(mapping_of_plan(plan.facts).mapping)
    kind = target.call_class
    left: int | None = None
    if account is not None and account.daily_calls:
        used = count_calls_today(ledger, account.name, now) if ledger else 0
        left = max(0, account.daily_calls - used)
    calls = -(-plan.facts.ready // target.batch_size)
    limits = _possible_limits(kind, account, ledger)
    least, most = (_seconds_of(calls, limit) for limit in (limits[0], limits[-1]))
    text = f"at least {format_count(calls, 'call')}{_describe_time(least, most)}, at {_describe_limits(kind, limits)}"
    if left is not None:
        text += f"; the daily budget leaves at most {format_count(left, 'call')} today"
        text += ", so the import will stop there, and `importer resume` goes on tomorrow" if left < calls else ""
    return Cost(calls, least, left, text, None if len(limits) == 1 else most)


def _possible_limits(kind: CallClass, account: Account | None, ledger: Ledger | None) -> list[Limit]:
    """Return the limit that is configured or learned; where neither is, those of LeadSquared's plans, widest first."""
    learned = ledger.learned_limits(account.name).get(kind) if ledger and account else None
    if account is not None and (learned is not None or kind in account.known_limits):
        return [account.limits[kind].stricter(learned.limit if learned else None)]
    return sorted((limits[kind] for limits in PLAN_LIMITS.values()), key=lambda limit: -limit.calls)


def _seconds_of(calls: int, limit: Limit) -> float:
    """Return the seconds from the first to the last of so many calls."""
    return (calls - 1) // limit.calls * limit.seconds


def _describe_time(least: float, most: float) -> str:
    if most < 1:
        return ""
    if least == most:
        return f" and {format_duration(least)}"
    return f" and {format_duration(least)} to {format_duration(most)}"


def _describe_limits(kind: CallClass, limits: Sequence[Limit]) -> str:
    widest, strictest = limits[0], limits[-1]
    if widest == strictest:
        return describe_limit(kind, widest.calls, widest.seconds)
    between = f"{strictest.calls} to {describe_limit(kind, widest.calls, widest.seconds)}"
    return f"{between} by LeadSquared's plans (set LEADSQUARED_PLAN, or `plan:` of the account, to pro or super)"
