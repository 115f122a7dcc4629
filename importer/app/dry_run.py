"""The dry run: plan a file and report. It cannot reach the CRM, and loads nothing that only a delivery needs."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from importer.app.cost_estimate import estimate_cost
from importer.app.environment import Environment, open_ledger_of
from importer.config.accounts import load_account
from importer.config.settings import Account
from importer.core.errors import LedgerError, SettingsError
from importer.core.filesystem import check_writable, temp_dir
from importer.core.memory import trim_heap
from importer.core.progress import StoppableReading
from importer.ledger.factory import ledger_exists
from importer.planning.account_schema import check_account_fit, load_account_schema
from importer.planning.plan import PlanRequest, PreparedImport, plan_import, prepare_import
from importer.planning.store import Plan
from importer.reports.interface import Cost
from importer.reports.publisher import Publisher, Report, ReportPaths
from importer.reports.run_report import RunReport


def check(request: PlanRequest, places: ReportPaths, env: Environment) -> Report:
    """Plan the file and write the reports; nothing can be sent from here, and no keys are needed.

    Raises :class:`SourceError`, :class:`MappingError` or :class:`ReportError`.
    """
    workbook = places.workbook(str(request.source), f"check-{env.clock.now():%Y%m%d-%H%M%S}")
    check_writable(workbook.parent)
    with temp_dir(env.home, "check-") as folder:
        now, account = env.clock.now(), _account_of(request.account, env)
        plan = _planned(request, account, folder, now, env)
        trim_heap()
        books = RunReport(plan, cost=_cost(plan, account, env))
        return Publisher(places, workbook, env.progress.note).publish(books)


def _planned(request: PlanRequest, account: Account | None, folder: Path, now: datetime, env: Environment) -> Plan:
    """Make the plan; the memory of its checks is free again before the reports are written."""
    prepared = check_account_fit(prepare_import(request), load_account_schema(account, env.home, now))
    return plan_in(prepared, folder, now, env)


def _cost(plan: Plan, account: Account | None, env: Environment) -> Cost | None:
    """Estimate the cost of a delivery. A check does not create a ledger where there is none."""
    now = env.clock.now()
    # A run would report what is wrong with the ledger; a check needs none.
    with suppress(LedgerError, SettingsError):
        if account is not None and ledger_exists(env.home, account.database):
            with open_ledger_of(env) as ledger:
                return estimate_cost(plan, now, account, ledger)
    return estimate_cost(plan, now, account)


def _account_of(name: str, env: Environment) -> Account | None:
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
