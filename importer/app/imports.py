"""What the command line and the jobs ask for beside a check: run a file, resume it, show it."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from importer.app.account_snapshot import AccountView
from importer.app.anomalies import NEW_MAPPING, oddities, unlike_earlier
from importer.app.cost_estimate import forecast_for
from importer.app.dry_run import plan_in
from importer.app.environment import Surroundings, open_memory
from importer.app.heartbeat import Success, note_success
from importer.app.preflight import bind_tenant, check_disk, clear_account, refuse_other_tenant
from importer.config.settings import Account
from importer.core.errors import AccountMismatch, ImporterError, LedgerError, UsageError
from importer.core.logging import log_fields
from importer.core.model import Status
from importer.delivery.deliver import DeliveryOptions, deliver
from importer.ledger.interface import Ledger, Run, RunState
from importer.planning.account_schema import has_account_problems
from importer.planning.plan import PlanRequest, PreparedImport, fingerprint, prepare_import
from importer.planning.store import Plan, SchemaState, open_plan
from importer.rate_limit.daily_quota import DailyQuota
from importer.reports.interface import RunSummary
from importer.reports.publisher import Places, Publisher, Report
from importer.reports.run_report import Books, summarise
from importer.reports.summary_text import is_or_are, number_of

_FIRST_ALONE = "Its first row goes alone, the others once it is there."

_log = logging.getLogger(__name__)


def run(
    request: PlanRequest, account: Account, places: Places, options: DeliveryOptions, outside: Surroundings
) -> Report:
    """Plan the file and deliver it. The same file with the same mapping continues its run, and looks again at rows that
    a finished one left in doubt.

    Raises :class:`ImporterError` for whatever stops it before anything is sent; what stops it later is part of the
    report.
    """
    prepared = prepare_import(request)
    with open_memory(outside) as ledger:
        quota = DailyQuota(account, ledger, outside.clock)
        view = AccountView(account, outside.make_crm, outside.clock, outside.stop, outside.home, quota.check_and_count)
        known, prepared = _known_run(prepared, ledger, view)
        if known is not None:
            doubtful = ledger.counts(known.id).get(Status.UNCERTAIN, 0) if known.state is RunState.FINISHED else 0
            outside.progress.note(_known_words(known, doubtful))
            plan = open_plan(Path(known.new.folder))
            if doubtful:
                # What may come of it was agreed to when the run began, as for `resume`.
                outside = replace(outside, confirm=_yes, vouched=True)
            elif known.state is RunState.FINISHED:
                _note_success(known, outside)
                return _publisher(places, plan, outside).publish(Books(plan, ledger, known), account)
        else:
            plan = _new_plan(prepared, view, outside)
        with _kept_only_if_begun(plan, ledger), log_fields(run=plan.folder.name, account=account.name):
            if plan.facts.blocked or not plan.facts.ready:
                return _publisher(places, plan, outside).publish(Books(plan))
            return _send(plan, account, ledger, places, options, outside)


def _known_run(prepared: PreparedImport, ledger: Ledger, view: AccountView) -> tuple[Run | None, PreparedImport]:
    """The run of this plan, if there is one with its plan, and the plan's request.

    A finished run of which rows did not fit the account is a new one once the account demands something else.
    """
    known = _with_plan(ledger.find_run(prepared.fingerprint))
    if known is None or known.state is not RunState.FINISHED:
        return known, prepared
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


def _with_plan(run: Run | None) -> Run | None:
    return run if run is not None and (Path(run.new.folder) / "plan.json").is_file() else None


@contextmanager
def _kept_only_if_begun(plan: Plan, ledger: Ledger) -> Iterator[None]:
    """Remove the plan in the end unless a run was begun with it: nothing would ever use it again."""
    try:
        yield
    finally:
        with suppress(LedgerError):
            begun = ledger.find_run(plan.facts.fingerprint)
            if begun is None or Path(begun.new.folder) != plan.folder:
                shutil.rmtree(plan.folder, ignore_errors=True)


def _known_words(run: Run, doubtful: int) -> str:
    if run.state is not RunState.FINISHED:
        return f"Continuing run {run.id} of this file."
    when = (run.finished_at or run.started_at)[:16].replace("T", " ")
    words = f"This file was imported with this mapping on {when} UTC (run {run.id})."
    if not doubtful:
        return f"{words} Nothing is sent again."
    rows = f"{number_of(doubtful)} {is_or_are(doubtful)}"
    return f"{words} Of its rows {rows} in doubt: LeadSquared is asked for them again."


def _new_plan(prepared: PreparedImport, view: AccountView, outside: Surroundings) -> Plan:
    """The plan, made with what is known of the account; when rows do not fit it, with what the account says now."""
    fitted = view.fitted(prepared)
    plan = _plan_in_new_folder(fitted, outside)
    if view.just_read or not has_account_problems(plan.facts):
        return plan
    shutil.rmtree(plan.folder, ignore_errors=True)
    fresh = replace(prepare_import(prepared.request), fingerprint=prepared.fingerprint)
    return _plan_in_new_folder(view.fitted_anew(fresh), outside)


def _plan_in_new_folder(prepared: PreparedImport, outside: Surroundings) -> Plan:
    now = outside.clock.now()
    folder = outside.home / "runs" / f"{now:%Y%m%d-%H%M%S}-{outside.random_text()}"
    try:
        return plan_in(prepared, folder, now, outside)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _publisher(places: Places, plan: Plan, outside: Surroundings) -> Publisher:
    return Publisher(places, places.workbook(plan.facts.source.path, plan.folder.name), outside.progress.note)


def _send(
    plan: Plan, account: Account, ledger: Ledger, places: Places, options: DeliveryOptions, outside: Surroundings
) -> Report:
    publisher = _publisher(places, plan, outside)
    source = Path(plan.facts.source.path)
    check_disk(publisher.workbook.parent, outside.home, source.stat().st_size if source.exists() else 0)
    crm = outside.make_crm(account)
    try:
        cleared = clear_account(account, crm, ledger, outside.clock, outside.stop.is_set)
        refuse_other_tenant(plan.facts.metadata, cleared.identity)
        for warning in cleared.warnings:
            outside.progress.note(warning)
        _ask(plan, account, ledger, cleared.identity.org_name or account.host, outside)
        bind_tenant(account, ledger, cleared.identity)
        with ledger.sender(account.name, plan.folder.name) as lock:
            _log.info("sending begins: %d rows are ready", plan.facts.ready)
            delivered = deliver(
                plan,
                account,
                crm,
                ledger,
                outside.clock,
                outside.stop,
                outside.progress,
                replace(options, still_ours=lock.still_ours, clock_reading=cleared.clock_reading),
            )
    finally:
        crm.close()
    stopped = delivered.stopped
    books = Books(plan, ledger, delivered.run)
    _note_success(delivered.run, outside)
    rows = {status.value: count for status, count in ledger.counts(delivered.run.id).items()}
    _log.info("sending ended: %s", stopped.message if stopped else delivered.run.state.value, extra={"rows": rows})
    why, remedy = (stopped.message, stopped.remedy) if stopped else ("", "")
    return replace(publisher.publish(books, account, why, remedy), stopped=stopped)


def _ask(plan: Plan, account: Account, ledger: Ledger, recipient: str, outside: Surroundings) -> None:
    """Let the person say whether the rows shall be sent. Raises :class:`UsageError` when not."""
    if outside.review is not None:
        if ledger.find_run(plan.facts.fingerprint) is None:
            outside.review(plan.facts, unlike_earlier(plan, ledger))
        return
    odd = oddities(plan, ledger)
    if odd and not outside.vouched:
        raise UsageError(
            f"{' '.join(odd)} Nothing was sent.",
            "Look at the file first (importer check); if all is well, run it again with --yes.",
        )
    for sentence in odd:
        outside.progress.note(f"{sentence} {_FIRST_ALONE}" if sentence == NEW_MAPPING else sentence)
    cost = forecast_for(plan, outside.clock.now(), account, ledger)
    if cost and ledger.find_run(plan.facts.fingerprint) is None:
        outside.progress.note(f"This needs {cost.text}.")
    if not outside.confirm(f"Send {number_of(plan.facts.ready)} to {recipient}?"):
        raise UsageError("Nothing was sent: you said no.", "Run it again when you are ready.")


def _note_success(found: Run, outside: Surroundings) -> None:
    if found.state is not RunState.FINISHED:
        return
    new, now = found.new, outside.clock.now()
    success = Success(new.account, new.mapping, found.id, new.source, new.rows, now.isoformat(timespec="seconds"))
    trouble = note_success(outside.home, success)
    if trouble:
        outside.progress.note(trouble)


def resume(
    run_id: str | None,
    load: Callable[[str], Account],
    places: Places,
    options: DeliveryOptions,
    outside: Surroundings,
) -> Report:
    """Finish a run: the one named, else the newest that is open, else the newest with rows in doubt.

    ``load`` gives the account by its name. Raises :class:`UsageError` when there is nothing to resume.
    """
    with open_memory(outside) as ledger:
        found = _named(ledger, run_id) if run_id else _newest_unfinished(ledger)
        account = load(found.new.account)
        plan = open_plan(Path(found.new.folder))
        outside.progress.note(f"Continuing run {found.id} of {found.new.source}.")
        with log_fields(run=found.id, account=account.name):
            return _send(plan, account, ledger, places, options, replace(outside, confirm=_yes, vouched=True))


def _yes(question: str) -> bool:
    return True


def _named(ledger: Ledger, run_id: str) -> Run:
    found = ledger.run(run_id)
    if found is None:
        raise UsageError(f"There is no run {run_id}.", "List the runs: importer runs")
    return found


def _newest_unfinished(ledger: Ledger) -> Run:
    unfinished = ledger.runs(state=RunState.OPEN, limit=1)
    if unfinished:
        return unfinished[0]
    for finished in ledger.runs(state=RunState.FINISHED):
        if ledger.counts(finished.id).get(Status.UNCERTAIN, 0):
            return finished
    raise UsageError("There is nothing to resume: every run is finished.", "List the runs: importer runs")


def show(run_id: str, places: Places, outside: Surroundings) -> Report:
    """Draw the reports of a run again. Raises :class:`UsageError` for an unknown run."""
    with open_memory(outside) as ledger:
        found = _named(ledger, run_id)
        plan = open_plan(Path(found.new.folder))
        return _publisher(places, plan, outside).publish(Books(plan, ledger, found))


def list_runs(outside: Surroundings, account: str | None, limit: int) -> list[tuple[Run, RunSummary | None]]:
    """The newest runs, each with its summary, or ``None`` when its plan is no longer there."""
    with open_memory(outside) as ledger:
        return [(found, _summary_of(found, ledger)) for found in ledger.runs(account=account, limit=limit)]


def _summary_of(found: Run, ledger: Ledger) -> RunSummary | None:
    try:
        return summarise(Books(open_plan(Path(found.new.folder)), ledger, found))
    except ImporterError:
        return None
