"""Phase two: a plan goes to the CRM. Whatever happens, starting again finishes the job."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from importer import __version__
from importer.config.settings import Account, with_limits
from importer.core.errors import ImporterError, RunStopped
from importer.core.failpoints import reach
from importer.core.model import CallClass, Outcome, Status
from importer.core.progress import Progress
from importer.core.time import Clock
from importer.delivery.async_polling import poll
from importer.delivery.batching import RowQueue
from importer.delivery.context import Work
from importer.delivery.deduplication import WAITS_FOR_OTHER_RUN, look_again, recognise
from importer.delivery.dispatcher import Dispatcher
from importer.delivery.guards import Guards
from importer.delivery.idempotency_keys import effect_keys
from importer.delivery.reconciliation.first_contact import refuse_known_rows
from importer.delivery.reconciliation.ledger_restore import find_lost_rows
from importer.delivery.reconciliation.reconcile import Recovery
from importer.leadsquared.interface import Crm
from importer.leadsquared.query_client import Asker, ClockSeen
from importer.leadsquared.reader import CrmReader
from importer.ledger.interface import Ledger, NewRun, Run, RunState
from importer.planning.plan import mapping_of
from importer.planning.store import Plan
from importer.rate_limit.account_limiter import Allowances, allowances_of
from importer.rate_limit.daily_quota import Budget
from importer.targets import make_target

_NO_MORE = frozenset(Status) - {Status.NOT_SENT}
_CLOCK_MARGIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """``keep_going`` ignores the guard against many rejected rows; ``patience`` is how many seconds to wait for
    async rows before leaving them to `resume`; ``still_ours`` says whether the account's sender lock is still held.
    ``clock_seen`` is what is known of the server's clock already."""

    keep_going: bool = False
    patience: float = 600.0
    still_ours: Callable[[], bool] = lambda: True
    clock_seen: ClockSeen | None = None


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a delivery ended: the run, and why it stopped early (``None`` when it did not).

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
    """Send the plan's ready rows to the CRM, each exactly once, and record what became of them.

    The caller holds the account's sender lock. A run that was interrupted is continued: the same plan is the same run.
    Raises :class:`LedgerError` when the memory on disk fails; a guard's or the person's stop is part of the result.
    """
    chosen = options or DeliveryOptions()
    run = ledger.find_run(plan.facts.fingerprint) or ledger.open_run(_new_run(plan, account))
    reach("run-committed")
    if run.state is RunState.FINISHED:
        ledger.reopen_run(run.id)
    work = _work(plan, run, account, crm, ledger, clock, stop, progress, chosen)
    try:
        pending = _deliver(work, chosen)
    except RunStopped as stopped:
        ledger.stop_run(run.id, stopped.message)
        return Delivered(_reread(ledger, run), stopped)
    finally:
        work.note_lessons()
        work.allowances.close()
    if pending:
        ledger.stop_run(run.id, f"{pending} rows are accepted, and LeadSquared is still working on them.")
    else:
        reach("run-unfinished")
        ledger.finish_run(run.id)
    return Delivered(_reread(ledger, run), None, pending)


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
        rows=facts.rows,
        tool_version=__version__,
    )


def _work(
    plan: Plan,
    run: Run,
    account: Account,
    crm: Crm,
    ledger: Ledger,
    clock: Clock,
    stop: threading.Event,
    progress: Progress,
    options: DeliveryOptions,
) -> Work:
    loaded = mapping_of(plan.facts)
    learned = {kind: lesson.limit for kind, lesson in ledger.learned_limits(account.name).items()}
    taught = with_limits(account, learned)
    allowances = allowances_of(taught, clock)
    if account.slots is None:
        _respect_earlier_calls(allowances, ledger.last_call_ended_at(account.name), clock)
    budget = Budget(account, ledger, clock)
    asker = Asker(crm, allowances, clock, stop.is_set, budget.ask, options.clock_seen)
    return Work(
        plan=plan,
        keys=effect_keys(plan),
        run=run,
        target=make_target(loaded.mapping),
        account=taught,
        crm=crm,
        ledger=ledger,
        allowances=allowances,
        asker=asker,
        budget=budget,
        reader=CrmReader(asker.ask),
        guards=Guards(keep_going=options.keep_going),
        clock=clock,
        progress=progress,
        stop=stop,
        still_ours=options.still_ours,
    )


def _respect_earlier_calls(allowances: Allowances, last_call: str, clock: Clock) -> None:
    """The log of calls is empty after a start: let a window pass since the last call of an earlier process."""
    if not last_call:
        return
    window = max(allowances.limit(kind).seconds for kind in CallClass) + _CLOCK_MARGIN_SECONDS
    since = (clock.now() - datetime.fromisoformat(last_call)).total_seconds()
    # A clock that went back tells nothing about the time that has passed.
    left = window if since < 0 else window - since
    if left > 0:
        allowances.hold_all(left)


def _deliver(work: Work, options: DeliveryOptions) -> int:
    work.ledger.recover_interrupted(work.run.id)
    look_again(work)
    recognise(work)
    find_lost_rows(work)
    refuse_known_rows(work)
    recovery = Recovery(work)
    looked_at: set[tuple[int, int]] = set()
    in_doubt = _doubtful(work)
    while True:
        _send(work, recovery, in_doubt)
        pending = poll(work, options.patience).pending if work.target.is_async else 0
        in_doubt = [each for each in _doubtful(work) if (each.row, each.attempts) not in looked_at]
        looked_at.update((each.row, each.attempts) for each in in_doubt)
        if in_doubt:
            recovery.resolve(in_doubt, work.records_of([each.row for each in in_doubt]), settle=True)
        in_doubt = []
        if pending or next(work.records(leave_out=_NO_MORE), None) is None:
            return pending


def _send(work: Work, recovery: Recovery, in_doubt: Sequence[Outcome]) -> None:
    """One pass over the rows that have no outcome yet; rows of a lead ``in_doubt`` wait for its recovery."""
    queue = RowQueue(
        work.records(leave_out=_NO_MORE),
        work.target.lead_key,
        same_lead_in_one_call=work.target.same_lead_in_one_call,
    )
    dispatcher = Dispatcher(work, queue, recovery, work.ledger.counts(work.run.id))
    if in_doubt:
        dispatcher.hold(queue.leads(list(work.records_of([each.row for each in in_doubt]).values())))
    dispatcher.run()


def _doubtful(work: Work) -> list[Outcome]:
    return [
        outcome
        for outcome in work.ledger.outcomes(work.run.id, [Status.UNCERTAIN])
        if outcome.error_code != WAITS_FOR_OTHER_RUN
    ]
