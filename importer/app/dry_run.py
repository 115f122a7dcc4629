"""The dry run: plan a file and report. It knows no CRM, and loads nothing that only a delivery needs."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from importer.app.cost_estimate import forecast_for
from importer.app.environment import Surroundings, open_memory
from importer.config.accounts import load_account
from importer.config.settings import Account
from importer.core.errors import LedgerError, SettingsError
from importer.core.filesystem import scratch_folder
from importer.core.memory import give_back_now
from importer.core.output_files import check_writable
from importer.core.progress import StopsReading
from importer.ledger.factory import ledger_exists
from importer.planning.account_schema import check_account_fit, load_account_schema
from importer.planning.plan import PlanRequest, PreparedImport, plan_import, prepare_import
from importer.planning.store import Plan
from importer.reports.interface import Cost
from importer.reports.publisher import Places, Publisher, Report
from importer.reports.run_report import Books


def check(request: PlanRequest, places: Places, outside: Surroundings) -> Report:
    """The dry run: plan the file and report; nothing can be sent from here, and no keys are needed.

    Raises :class:`SourceError`, :class:`MappingError` or :class:`ReportError`.
    """
    workbook = places.workbook(str(request.source), f"check-{outside.clock.now():%Y%m%d-%H%M%S}")
    check_writable(workbook.parent)
    with scratch_folder(outside.home, "check-") as folder:
        now, account = outside.clock.now(), _account_of(request.account, outside)
        plan = _planned(request, account, folder, now, outside)
        give_back_now()
        books = Books(plan, cost=_cost(plan, account, outside))
        return Publisher(places, workbook, outside.progress.note).publish(books)


def _planned(request: PlanRequest, account: Account | None, folder: Path, now: datetime, outside: Surroundings) -> Plan:
    """The plan alone: the checks and what they remember of the file are let go before the reports are written."""
    prepared = check_account_fit(prepare_import(request), load_account_schema(account, outside.home, now))
    return plan_in(prepared, folder, now, outside)


def _cost(plan: Plan, account: Account | None, outside: Surroundings) -> Cost | None:
    """What a delivery would cost, as far as this machine knows. A check leaves no ledger where there was none."""
    now = outside.clock.now()
    # A run would tell what is wrong with the ledger; a check needs none.
    with suppress(LedgerError, SettingsError):
        if account is not None and ledger_exists(outside.home, account.database):
            with open_memory(outside) as ledger:
                return forecast_for(plan, now, account, ledger)
    return forecast_for(plan, now, account)


def _account_of(name: str, outside: Surroundings) -> Account | None:
    """The account that a check is for, if its settings are complete."""
    with suppress(SettingsError):
        return load_account(name, outside.environment, outside.home) if name else None
    return None


def plan_in(prepared: PreparedImport, folder: Path, now: datetime, outside: Surroundings) -> Plan:
    """The plan in the new ``folder``, made at ``now``.

    Raises what :func:`plan_import` raises, :class:`LedgerError` for a disk that does not take the plan, and
    :class:`RunStopped` when the person asks to stop.
    """
    try:
        return plan_import(prepared, folder, now, StopsReading(outside.progress, outside.stop))
    except OSError as error:
        raise LedgerError(
            f"The plan cannot be written to {folder}: {error.strerror or error}. Nothing was sent.",
            "Make room on that disk, or set IMPORTER_HOME to a folder on another one; then run again.",
        ) from None
