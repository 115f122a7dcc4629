"""Imports: run a file, resume a run, show it again, list the runs, and record their last successes."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from importer.app.account_snapshot import AccountView
from importer.app.dry_run import estimate_cost, plan_in
from importer.app.environment import Environment, note_first_wait, open_ledger_of
from importer.app.preflight import (
    NEW_MAPPING,
    bind_tenant,
    check_disk,
    clear_account,
    compare_with_earlier,
    detect_anomalies,
    hold_tenant,
    require_same_tenant,
)
from importer.app.run_history import Success, find_run, record_success
from importer.app.sheet_decisions import is_decision_sheet, record_sheet_decisions
from importer.config import Account
from importer.core.errors import AccountMismatch, LedgerError, UsageError
from importer.core.logging import log_fields
from importer.core.model import Status
from importer.core.text import format_count, is_or_are
from importer.core.time import format_minute
from importer.delivery import DeliveryOptions, deliver, load_lineage
from importer.ledger import Run, RunState
from importer.planning import (
    Plan,
    PlanRequest,
    PreparedImport,
    SchemaState,
    fingerprint,
    has_account_problems,
    open_plan,
    prepare_import,
)
from importer.rate_limit import DailyQuota
from importer.reports import Publisher, Report, ReportPaths, RunReport, summarize_run
from importer.targets import TARGETS

if TYPE_CHECKING:
    from importer.ledger import Ledger

_FIRST_ALONE = "Its first row goes alone, the others once it is there."

_log = logging.getLogger(__name__)


def run(
    request: PlanRequest, account: Account, places: ReportPaths, options: DeliveryOptions, env: Environment
) -> Report:
    """Plan the file and deliver it. The same file with the same mapping continues its run, and searches again for the
    uncertain rows of a finished one.

    Raises :class:`ImporterError` for whatever stops it before anything is sent; what stops it later is part of the
    report.
    """
    prepared = prepare_import(request)
    with open_ledger_of(env) as ledger:
        decided = record_sheet_decisions(prepared, account.name, ledger, env)
        if is_decision_sheet(prepared.source):
            return _finish_decided(prepared, decided, account, ledger, places, options, env)
        if decided:
            finished = _finish_decided(prepared, decided, account, ledger, places.beside(decided[-1].id), options, env)
            env.progress.note(f"Run {decided[-1].id}: {finished.summary.headline}")
            if finished.stopped:
                return finished
        note_first_wait(account, env)
        quota = DailyQuota(account, ledger, env.clock)
        view = AccountView(account, env.make_crm, env.clock, env.stop, env.home, quota.check_and_count)
        known, prepared = _known_run(prepared, ledger, view)
        if known is not None:
            uncertain = ledger.counts(known.id).get(Status.UNCERTAIN, 0) if known.state is RunState.FINISHED else 0
            env.progress.note(_describe_known_run(known, uncertain))
            plan = open_plan(Path(known.new.folder))
            if uncertain:
                # The person agreed to this when the run began, as for `resume`.
                env = replace(env, confirm=_yes, vouched=True)
            elif known.state is RunState.FINISHED:
                _record_success(known, env)
                return _publisher(places, plan, env).publish(RunReport(plan, ledger, known), account)
        else:
            plan = _new_plan(prepared, view, env)
        with _removed_unless_begun(plan, ledger), log_fields(run=plan.folder.name, account=account.name):
            if plan.facts.blocked or not plan.facts.ready:
                report = RunReport(plan, known_lineage=load_lineage(plan, ledger))
                return _publisher(places, plan, env).publish(report)
            return _send(plan, account, ledger, places, options, env)


def _finish_decided(
    prepared: PreparedImport,
    decided: Sequence[Run],
    account: Account,
    ledger: Ledger,
    places: ReportPaths,
    options: DeliveryOptions,
    env: Environment,
) -> Report:
    """Send the rows of a run that a person decided to send, on a sheet of the workbook; return the run's report."""
    if not decided:
        raise UsageError(
            f"No decision in {prepared.request.source} was recorded.",
            "Decide in the newest workbook of the run (importer show RUN), or with importer decide RUN.",
        )
    found = ledger.run(decided[-1].id)
    assert found is not None
    plan = open_plan(Path(found.new.folder))
    if found.state is RunState.FINISHED:
        return _publisher(places, plan, env).publish(RunReport(plan, ledger, found), account)
    with log_fields(run=found.id, account=account.name):
        return _send(plan, account, ledger, places, options, replace(env, confirm=_yes, vouched=True))


def _known_run(prepared: PreparedImport, ledger: Ledger, view: AccountView) -> tuple[Run | None, PreparedImport]:
    """Find the earlier run of this file, if its plan is still there; returns it with the request of the plan.

    A finished run with rows that did not fit the account is repeated as a new one once the account has changed.
    """
    known = _with_plan(ledger.find_run(prepared.fingerprint))
    if known is None or known.state is not RunState.FINISHED:
        return known, prepared
    if (newest := _newer_update(known, ledger)) is not None:
        # Leads were updated since, so the file's values are no longer what LeadSquared holds: a new run compares them.
        goes_on = newest.state is RunState.OPEN and newest.new.source_sha == known.new.source_sha
        anew = replace(prepared, fingerprint=fingerprint([prepared.fingerprint, newest.id]))
        return (newest, prepared) if goes_on else (None, anew)
    return _known_unless_account_changed(known, prepared, ledger, view)


def _known_unless_account_changed(
    known: Run, prepared: PreparedImport, ledger: Ledger, view: AccountView
) -> tuple[Run | None, PreparedImport]:
    facts = open_plan(Path(known.new.folder)).facts
    if not has_account_problems(facts):
        return known, prepared
    try:
        fitted = view.fitted_anew(prepared)
    except AccountMismatch:
        return known, prepared
    if fitted.account.state is not SchemaState.FRESH or fitted.account.digest == facts.metadata.digest:
        return known, prepared
    anew = replace(prepared, fingerprint=fingerprint([prepared.fingerprint, fitted.account.digest]))
    return _with_plan(ledger.find_run(anew.fingerprint)), anew


def _newer_update(run: Run, ledger: Ledger) -> Run | None:
    """Return the newest run of the same target and account when it is not ``run`` and updates leads."""
    if not TARGETS[run.new.target].latest_wins():
        return None
    newest = next((one for one in ledger.runs(run.new.account) if one.new.target == run.new.target), run)
    return _with_plan(newest) if newest.id != run.id else None


def _with_plan(run: Run | None) -> Run | None:
    return run if run is not None and (Path(run.new.folder) / "plan.json").is_file() else None


@contextmanager
def _removed_unless_begun(plan: Plan, ledger: Ledger) -> Iterator[None]:
    """Remove the plan in the end unless a run was begun with it: nothing would ever use it again."""
    try:
        yield
    finally:
        with suppress(LedgerError):
            begun = ledger.find_run(plan.facts.fingerprint)
            if begun is None or Path(begun.new.folder) != plan.folder:
                shutil.rmtree(plan.folder, ignore_errors=True)


def _describe_known_run(run: Run, uncertain: int) -> str:
    if run.state is not RunState.FINISHED:
        return f"Continuing run {run.id} of this file."
    when = format_minute(run.finished_at or run.started_at)
    words = f"This file was imported with this mapping on {when} UTC (run {run.id})."
    if not uncertain:
        return f"{words} Nothing is sent again."
    rows = f"{format_count(uncertain)} {is_or_are(uncertain)}"
    return f"{words} Of its rows {rows} uncertain: LeadSquared is asked for them again."


def _new_plan(prepared: PreparedImport, view: AccountView, env: Environment) -> Plan:
    """Make the plan with the cached description of the account; when rows do not fit that, with a new one."""
    fitted = view.fitted(prepared)
    plan = _plan_in_new_folder(fitted, env)
    if view.just_read or not has_account_problems(plan.facts):
        return plan
    shutil.rmtree(plan.folder, ignore_errors=True)
    fresh = replace(prepare_import(prepared.request), fingerprint=prepared.fingerprint)
    return _plan_in_new_folder(view.fitted_anew(fresh), env)


def _plan_in_new_folder(prepared: PreparedImport, env: Environment) -> Plan:
    now = env.clock.now()
    folder = env.home / "runs" / f"{now:%Y%m%d-%H%M%S}-{env.random_text()}"
    try:
        return plan_in(prepared, folder, now, env)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _publisher(places: ReportPaths, plan: Plan, env: Environment) -> Publisher:
    return Publisher(places, places.workbook(plan.facts.source.path, plan.folder.name), env.progress.note)


def _send(
    plan: Plan, account: Account, ledger: Ledger, places: ReportPaths, options: DeliveryOptions, env: Environment
) -> Report:
    publisher = _publisher(places, plan, env)
    source = Path(plan.facts.source.path)
    check_disk(publisher.workbook.parent, env.home, source.stat().st_size if source.exists() else 0)
    crm = env.make_crm(account)
    try:
        cleared = clear_account(account, crm, ledger, env.clock, env.stop.is_set)
        require_same_tenant(plan.facts.metadata, cleared.identity)
        for warning in cleared.warnings:
            env.progress.note(warning)
        _confirm_sending(plan, account, ledger, cleared.identity.org_name or account.host, env)
        bind_tenant(account, ledger, cleared.identity)
        with hold_tenant(ledger, account.name, plan.folder.name) as lock:
            _log.info("sending begins: %d rows are ready", plan.facts.ready)
            chosen = replace(options, still_ours=lock.still_ours, clock_reading=cleared.clock_reading)
            try:
                delivered = deliver(plan, account, crm, ledger, env.clock, env.stop, env.progress, chosen)
            except LedgerError as error:
                return _report_failure(plan, account, ledger, error)
    finally:
        crm.close()
    stopped = delivered.stopped
    _record_success(delivered.run, env)
    rows = {status.value: count for status, count in ledger.counts(delivered.run.id).items()}
    _log.info("sending ended: %s", stopped.message if stopped else delivered.run.state.value, extra={"rows": rows})
    why, remedy = (stopped.message, stopped.remedy) if stopped else ("", "")
    return replace(publisher.publish(RunReport(plan, ledger, delivered.run), account, why, remedy), stopped=stopped)


def _report_failure(plan: Plan, account: Account, ledger: Ledger, error: LedgerError) -> Report:
    """Report a run whose ledger failed after sending may have begun, as far as the ledger can still be read.

    Raises ``error`` when there is no run, or nothing can be read. The workbook is left to `importer show`.
    """
    try:
        begun = ledger.find_run(plan.facts.fingerprint)
        if begun is None:
            raise error
        report = RunReport(plan, ledger, begun)
        summary = summarize_run(report, account=account, stopped=error.message, remedy=error.remedy)
    except LedgerError:
        raise error from None
    return Report(replace(summary, status="failed"), None, None, error.exit_status, stopped=error)


def _confirm_sending(plan: Plan, account: Account, ledger: Ledger, recipient: str, env: Environment) -> None:
    """Ask the person whether to send the rows. Raises :class:`UsageError` if not."""
    if env.review is not None:
        if ledger.find_run(plan.facts.fingerprint) is None:
            env.review(plan.facts, compare_with_earlier(plan, ledger))
        return
    anomalies = detect_anomalies(plan, ledger)
    if anomalies and not env.vouched:
        raise UsageError(
            f"{' '.join(anomalies)} Nothing was sent.",
            "Look at the file first (importer check); if all is well, run it again with --yes.",
        )
    for sentence in anomalies:
        env.progress.note(f"{sentence} {_FIRST_ALONE}" if sentence == NEW_MAPPING else sentence)
    cost = estimate_cost(plan, env.clock.now(), account, ledger)
    if cost and ledger.find_run(plan.facts.fingerprint) is None:
        env.progress.note(f"This needs {cost.text}.")
    if not env.confirm(f"Send {format_count(plan.facts.ready)} to {recipient}?"):
        raise UsageError("Nothing was sent: you said no.", "Run it again when you are ready.")


def _record_success(found: Run, env: Environment) -> None:
    if found.state is not RunState.FINISHED:
        return
    new, now = found.new, env.clock.now()
    success = Success(new.account, new.mapping, found.id, new.source, new.rows, now.isoformat(timespec="seconds"))
    trouble = record_success(env.home, success)
    if trouble:
        env.progress.note(trouble)


def resume(
    run_id: str | None,
    load: Callable[[str], Account],
    places: ReportPaths,
    options: DeliveryOptions,
    env: Environment,
) -> Report:
    """Finish a run: the one named, else the newest that is open, else the newest with uncertain rows.

    ``load`` loads the account by its name. Raises :class:`UsageError` when there is nothing to resume.
    """
    with open_ledger_of(env) as ledger:
        found = find_run(ledger, run_id) if run_id else _newest_unfinished(ledger)
        account = load(found.new.account)
        plan = open_plan(Path(found.new.folder))
        env.progress.note(f"Continuing run {found.id} of {found.new.source}.")
        with log_fields(run=found.id, account=account.name):
            return _send(plan, account, ledger, places, options, replace(env, confirm=_yes, vouched=True))


def _yes(question: str) -> bool:
    return True


def _newest_unfinished(ledger: Ledger) -> Run:
    unfinished = ledger.runs(state=RunState.OPEN, limit=1)
    if unfinished:
        return unfinished[0]
    for finished in ledger.runs(state=RunState.FINISHED):
        if ledger.counts(finished.id).get(Status.UNCERTAIN, 0):
            return finished
    raise UsageError("There is nothing to resume: every run is finished.", "List the runs: importer runs")


def show(run_id: str, places: ReportPaths, env: Environment) -> Report:
    """Write the reports of a run again. Raises :class:`UsageError` for an unknown run."""
    with open_ledger_of(env) as ledger:
        found = find_run(ledger, run_id)
        plan = open_plan(Path(found.new.folder))
        return _publisher(places, plan, env).publish(RunReport(plan, ledger, found))
