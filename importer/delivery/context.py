"""The context that every part of a delivery shares: the run, its target, the CRM, the ledger, the limits, the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from importer.config import Account
from importer.core.errors import RunStopped
from importer.core.model import Record, Status
from importer.core.progress import Progress
from importer.core.time import Clock
from importer.delivery.answer_ids import AnswerIds
from importer.delivery.guards import Guards
from importer.delivery.idempotency_keys import IdempotencyKeys, import_key
from importer.leadsquared import Crm, CrmReader, QueryClient
from importer.ledger import Run
from importer.planning import Plan, to_records
from importer.rate_limit import AccountLimiter, DailyQuota
from importer.targets import Target

if TYPE_CHECKING:
    from importer.ledger import Ledger

STOPPED = "Stopped on request. What was sent is recorded."
LOCK_LOST = (
    "Another import to this account could start now: the lock file was removed while the import was running, or the "
    "connection to the database was lost."
)


@dataclass(frozen=True, slots=True)
class ComparisonScope:
    """A plan and what it is compared with: the rows that other runs of the account's tenant sent.

    ``run_id`` is empty for a check, which is no run.
    """

    plan: Plan
    keys: IdempotencyKeys
    run_id: str
    target: Target
    account: Account
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """One delivery. ``stop`` is set when the person asks to stop; ``still_ours`` checks the account's sender lock."""

    plan: Plan
    keys: IdempotencyKeys
    run: Run
    target: Target
    account: Account
    crm: Crm
    ledger: Ledger
    limiter: AccountLimiter
    query_client: QueryClient
    quota: DailyQuota
    reader: CrmReader
    guards: Guards
    clock: Clock
    progress: Progress
    stop: threading.Event
    still_ours: Callable[[], bool]
    answer_ids: AnswerIds = field(default_factory=AnswerIds)

    @property
    def scope(self) -> ComparisonScope:
        """The part of the context that the comparison with earlier runs needs."""
        return ComparisonScope(self.plan, self.keys, self.run.id, self.target, self.account, self.ledger)

    def records(self, *, leave_out: Collection[Status]) -> Iterator[Record]:
        """Yield the ready rows in order, without those whose outcome has one of the statuses ``leave_out``.

        Outcomes are read when the chunk of the row is reached, so a later pass sees what an earlier one did.
        """
        start = 0
        for rows, batch in self.plan.ready_batches():
            keys = self.keys.slice(start, start + len(rows))
            start += len(rows)
            if not len(rows):
                continue
            known = self.ledger.outcomes_between(self.run.id, int(rows[0]), int(rows[-1]))
            done = {row for row, outcome in known.items() if outcome.status in leave_out}
            for record in to_records(rows, batch, keys):
                if record.row not in done:
                    yield self._with_import_key(record)

    def records_of(self, rows: Collection[int]) -> dict[int, Record]:
        """Return the records of these rows, by row number."""
        found: dict[int, Record] = {}
        for places, numbers, batch in self.plan.find_ready(rows):
            for record in to_records(numbers, batch, self.keys.take(places)):
                found[record.row] = self._with_import_key(record)
        return found

    def _with_import_key(self, record: Record) -> Record:
        field = self.target.mapping.import_key
        if not field:
            return record
        key = import_key(self.ledger.install_key(), record.key, self.plan.facts.again)
        return replace(record, fields={**record.fields, f"{self.target.effect().value}.{field}": key})

    def check_stop(self) -> None:
        """Raise :class:`RunStopped` when the person asked to stop, or another process may be sending."""
        if self.stop.is_set():
            raise RunStopped(STOPPED, "To finish, run: importer resume")
        if not self.still_ours():
            raise RunStopped(
                f"{LOCK_LOST} Nothing was sent since.",
                "Make sure that no other import runs, then run: importer resume",
            )

    def wait(self, reason: str, seconds: float) -> None:
        """Wait, and show why. Raises :class:`RunStopped` when the person asks to stop meanwhile."""
        if seconds <= 0:
            return
        end = self.clock.monotonic() + seconds
        while (left := end - self.clock.monotonic()) > 0:
            self.check_stop()
            self.progress.waiting(reason, left)
            self.clock.sleep(min(left, 1.0))
        self.check_stop()

    def save_learned_limits(self) -> None:
        """Record the limits learned from refusals, so that the next run keeps them, and the number of queries made."""
        self.quota.save_queries()
        for learned in self.limiter.pop_learned_limits():
            self.ledger.learn_limit(self.account.name, learned)
            limit = learned.limit
            self.progress.note(
                f"LeadSquared allows {limit.calls} {learned.call_class.value} calls in {limit.seconds:g} s; "
                "the import now keeps to that."
            )
