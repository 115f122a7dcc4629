"""Phase two of an import: deliver a plan to the CRM. Whatever happens, starting again finishes the job."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from importer import __version__
from importer.config import Account, with_limits
from importer.core.errors import ImporterError, RunStopped
from importer.core.failpoints import reach
from importer.core.model import CallClass, Outcome, Status
from importer.core.progress import Progress
from importer.core.text import pluralize
from importer.core.time import Clock
from importer.delivery.async_polling import Polled, poll
from importer.delivery.batching import RowQueue
from importer.delivery.context import DeliveryContext
from importer.delivery.deduplication import compare_with_earlier_runs
from importer.delivery.dispatcher import Dispatcher
from importer.delivery.guards import Guards
from importer.delivery.held_rows import WAITS_FOR_OTHER_RUN
from importer.delivery.idempotency_keys import load_idempotency_keys
from importer.delivery.phone_spelling import PhoneSpellings
from importer.delivery.reconciliation.duplicates import name_owners_of_duplicates
from importer.delivery.reconciliation.ledger_restore import refuse_rows_already_in_crm, restore_lost_rows
from importer.delivery.reconciliation.reconcile import Reconciler
from importer.delivery.reconciliation.repeated_leads import correct_repeated_leads
from importer.delivery.updates.activity_updates import update_activities
from importer.leadsquared import ClockReading, Crm, CrmReader, QueryClient
from importer.ledger import NewRun, Run, RunState
from importer.planning import Plan, mapping_of_plan
from importer.rate_limit import AccountLimiter, DailyQuota, make_account_limiter
from importer.targets import make_target

if TYPE_CHECKING:
    from importer.ledger import Ledger

_HAVE_OUTCOME = frozenset(Status) - {Status.NOT_SENT}
_CLOCK_MARGIN_SECONDS = 0.5
_REPEATED = "The answer was lost. The call is repeated, which changes nothing if it had arrived."


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """``keep_going`` ignores the guard against many rejected rows; ``patience`` is how many seconds to wait for
    async rows before leaving them to `resume`; ``still_ours`` says whether the account's sender lock is still held.
    ``clock_reading`` is the last known difference to the server's clock, if one is known."""

    keep_going: bool = False
    patience: float = 600.0
    still_ours: Callable[[], bool] = lambda: True
    clock_reading: ClockReading | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """The end of a delivery: the run, and why it stopped early (``None`` when it did not).

    ``pending`` async rows are left to a later `resume`; the run is then still open.
    """

    run: Run
    stopped: ImporterError | None
    pending: int = 0


def deliver(
    plan: Plan,
    account: Account,
    crm: Crm,
    ledger: Ledger,
    clock: Clock,
    stop: threading.Event,
    progress: Progress,
    options: DeliveryOptions | None = None,
) -> Delivered:
    """Send the plan's ready rows to the CRM, each exactly once, and record their outcomes.

    The caller holds the account's sender lock. A run that was interrupted is continued: the same plan is the same run.
    Raises :class:`LedgerError` when the ledger cannot be used; a guard's or the person's stop is part of the result.
    """
    chosen = options or DeliveryOptions()
    run = ledger.find_run(plan.facts.fingerprint) or ledger.open_run(_new_run(plan, account))
    reach("run-committed")
    if run.state is RunState.FINISHED:
        ledger.reopen_run(run.id)
    context = make_context(plan, run, account, crm, ledger, clock, stop, progress, chosen)
    try:
        pending = _deliver(context, chosen)
    except RunStopped as stopped:
        ledger.stop_run(run.id, stopped.message)
        return Delivered(_reread(ledger, run), stopped)
    finally:
        context.save_learned_limits()
        context.limiter.close()
    if pending:
        ledger.stop_run(run.id, f"{pending} rows are accepted, and LeadSquared is still working on them.")
    else:
        reach("run-unfinished")
        ledger.finish_run(run.id)
    return Delivered(_reread(ledger, run), None, pending)


def make_context(
    plan: Plan,
    run: Run,
    account: Account,
    crm: Crm,
    ledger: Ledger,
    clock: Clock,
    stop: threading.Event,
    progress: Progress,
    options: DeliveryOptions,
) -> DeliveryContext:
    """Make the context of a delivery, with the limits that were learned in earlier runs."""
    learned = {kind: each.limit for kind, each in ledger.learned_limits(account.name).items()}
    limited = with_limits(account, learned)
    limiter = make_account_limiter(limited, clock)
    if account.slots is None:
        _respect_earlier_calls(limiter, ledger.last_call_ended_at(account.name), clock)
    quota = DailyQuota(account, ledger, clock)
    query_client = QueryClient(crm, limiter, clock, stop.is_set, quota.check_and_count, options.clock_reading)
    return DeliveryContext(
        plan=plan,
        keys=load_idempotency_keys(plan),
        run=run,
        target=make_target(mapping_of_plan(plan.facts).mapping),
        account=limited,
        crm=crm,
        ledger=ledger,
        limiter=limiter,
        query_client=query_client,
        quota=quota,
        reader=CrmReader(query_client.query),
        guards=Guards(keep_going=options.keep_going),
        clock=clock,
        progress=progress,
        stop=stop,
        still_ours=options.still_ours,
    )


def _reread(ledger: Ledger, run: Run) -> Run:
    found = ledger.run(run.id)
    assert found is not None
    return found


def _new_run(plan: Plan, account: Account) -> NewRun:
    facts = plan.facts
    return NewRun(
        id=plan.folder.name,
        fingerprint=facts.fingerprint,
        account=account.name,
        target=facts.target,
        source=facts.source.path,
        source_sha=facts.source_sha,
        mapping=facts.mapping_path,
        mapping_sha=facts.mapping_sha,
        folder=str(plan.folder),
        rows=facts.selected,
        tool_version=__version__,
    )


def _respect_earlier_calls(limiter: AccountLimiter, last_call: str, clock: Clock) -> None:
    """Let a window pass since the last call of an earlier process: a limiter of this process does not know of it."""
    if not last_call:
        return
    window = max(limiter.limit(kind).seconds for kind in CallClass) + _CLOCK_MARGIN_SECONDS
    since = (clock.now() - datetime.fromisoformat(last_call)).total_seconds()
    # A clock that went back tells nothing about the time that has passed.
    left = window if since < 0 else window - since
    if left > 0:
        limiter.block_all(left)


def _deliver(context: DeliveryContext, options: DeliveryOptions) -> int:
    """Send and reconcile until every row has an outcome; return how many async rows are still pending."""
    # First: settle what earlier runs leave open, before any row is sent.
    context.ledger.recover_interrupted(context.run.id)
    update_activities(context, compare_with_earlier_runs(context))
    restore_lost_rows(context)
    refuse_rows_already_in_crm(context)
    _repeat_lost_calls(context)
    reconciler, phones = Reconciler(context), PhoneSpellings(context)
    reconciled: set[tuple[int, int]] = set()
    uncertain = _uncertain_outcomes(context)
    while True:
        # Send all rows that have no outcome yet; rows of a lead with an uncertain row wait for its reconciliation.
        _send(context, reconciler, phones, uncertain)
        polled = poll(context, options.patience) if context.target.is_async else Polled(0)
        # Reconcile the rows that became uncertain, each once per attempt: those that are absent are sent next.
        uncertain = [each for each in _uncertain_outcomes(context) if (each.row, each.attempts) not in reconciled]
        reconciled.update((each.row, each.attempts) for each in uncertain)
        if uncertain:
            reconciler.resolve(uncertain, context.records_of([each.row for each in uncertain]))
        uncertain = []
        if polled.refusal:
            _stop_without_states(context, reconciler, polled.refusal)
        phones.retry_refused()
        if polled.pending or next(context.records(leave_out=_HAVE_OUTCOME), None) is None:
            correct_repeated_leads(context)
            name_owners_of_duplicates(context)
            phones.note()
            return polled.pending


def _repeat_lost_calls(context: DeliveryContext) -> None:
    """Let rows whose answer an earlier start lost be sent again, where repeating their call changes nothing.

    Reading them back would take longer, and hours for calls that LeadSquared queues.
    """
    lost = _uncertain_outcomes(context)
    records = context.records_of([outcome.row for outcome in lost])
    again = [
        replace(outcome, status=Status.NOT_SENT, evidence=_REPEATED)
        for outcome in lost
        if outcome.row in records and context.target.repeatable(records[outcome.row])
    ]
    if again:
        context.ledger.settle(context.run.id, again, _REPEATED)


def _stop_without_states(context: DeliveryContext, reconciler: Reconciler, refusal: str) -> None:
    """Look for the pending rows in the CRM. Raises :class:`RunStopped` when some of them stay pending."""
    pending = list(context.ledger.outcomes(context.run.id, [Status.PENDING]))
    reconciler.find_pending(pending, context.records_of([each.row for each in pending]))
    left = context.ledger.counts(context.run.id).get(Status.PENDING, 0)
    if left:
        raise RunStopped(
            f"LeadSquared does not tell what became of {left} accepted {pluralize(left, 'row')}: {refusal}",
            "Check keys and rights (importer doctor). The paths of these calls are settings, "
            "LEADSQUARED_LEAD_STATUS_PATH and LEADSQUARED_ACTIVITY_STATUS_PATH. Then run: importer resume",
        )


def _send(
    context: DeliveryContext, reconciler: Reconciler, phones: PhoneSpellings, uncertain: Sequence[Outcome]
) -> None:
    records = context.records(leave_out=_HAVE_OUTCOME)
    queue = RowQueue(
        phones.respell(records) if context.target.searches_phones else records,
        context.target.lead_key,
        same_lead_in_one_call=context.target.same_lead_in_one_call,
    )
    dispatcher = Dispatcher(context, queue, reconciler, context.ledger.counts(context.run.id))
    if uncertain:
        dispatcher.hold(queue.leads(list(context.records_of([each.row for each in uncertain]).values())))
    dispatcher.run()


def _uncertain_outcomes(context: DeliveryContext) -> list[Outcome]:
    """Return the uncertain rows to be settled here; those that correct earlier ones were read back already."""
    updates = context.ledger.updates(context.run.id)
    return [
        outcome
        for outcome in context.ledger.outcomes(context.run.id, [Status.UNCERTAIN])
        if outcome.error_code != WAITS_FOR_OTHER_RUN and outcome.row not in updates
    ]
