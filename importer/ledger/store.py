"""The ledger over SQL: every write in one exclusive transaction that is on disk before the method returns."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from importer.core.errors import LedgerError
from importer.core.failpoints import reach
from importer.core.model import CallClass, Counts, Outcome, Status
from importer.ledger import accounts, calls, pruning, runs, sqlite_file
from importer.ledger import outcomes as rows
from importer.ledger.changes import read_owners, same_id
from importer.ledger.faults import FileFaultError, translated
from importer.ledger.identity import ADOPTED_AT, Randomness, read_values
from importer.ledger.integrity.file_guard import FileGuard
from importer.ledger.integrity.machine_id import machine_id
from importer.ledger.interface import (
    FILE_NAME,
    Call,
    CallEnd,
    CallFigures,
    Ended,
    KnownRow,
    LearnedLimit,
    NewRun,
    PastCall,
    Run,
    RunState,
    Sender,
)
from importer.ledger.lock import sender_lock
from importer.ledger.opening import Opening, open_file

_CHUNK = 5_000

T = TypeVar("T")


def open_ledger(
    home: Path,
    *,
    clock: Callable[[], datetime],
    adopt: bool = False,
    this_machine: str | None = None,
    randomness: Randomness = secrets.token_bytes,
) -> SqlLedger:
    """The ledger in ``home``, created when there is none. ``clock`` tells the time, with its zone.

    ``adopt`` accepts a ledger that was restored, copied or moved; ``this_machine`` is the machine's id (default: the
    operating system's). Raises :class:`LedgerError` when the file cannot be used or is not the one used here last.
    """
    machine = machine_id() if this_machine is None else this_machine
    engine, identity, guard = open_file(Opening(home, iso(clock()), machine, randomness, adopt))
    return SqlLedger(engine, identity.install_key, guard, clock=clock)


def ledger_file(home: Path) -> Path:
    """Where the ledger of ``home`` is, or would be."""
    return home / FILE_NAME


def iso(moment: datetime) -> str:
    """``moment`` as the ledger writes it: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


class SqlLedger:
    """Implements :class:`importer.ledger.interface.Ledger`. Belongs to the thread that opened it.

    Without a ``guard`` nothing watches over the file, as for a database in memory. After the disk failed a write, every
    further write fails too: what the disk says afterwards cannot be trusted in this process.
    """

    def __init__(
        self, engine: Engine, install_key: bytes, guard: FileGuard | None, *, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._install_key = install_key
        self._guard = guard
        self._path = guard.path if guard else Path(":memory:")
        self._clock = clock
        self._failure: LedgerError | None = None
        self._closed = False

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._refuse_if_closed()
        with translated(self._path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._failing_for_good():
            self._refuse_if_closed()
            with translated(self._path), self._writer.begin() as connection:
                yield connection

    def _read(self, work: Callable[[Connection], T]) -> T:
        """Do ``work`` in one transaction that changes nothing."""
        with self._reading() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], T]) -> T:
        """Do ``work`` in one transaction that is durable when this returns, or leave nothing of it."""
        with self._writing() as connection:
            return work(connection)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise LedgerError("The ledger has been closed.", "Run again.")

    @contextmanager
    def _failing_for_good(self) -> Iterator[None]:
        if self._failure is not None:
            raise LedgerError(self._failure.message, self._failure.remedy)
        try:
            yield
        except FileFaultError as fault:
            if not fault.passing:
                self._failure = fault
            raise

    def _now(self) -> str:
        return iso(self._clock())

    # --- runs

    def open_run(self, new: NewRun) -> Run:
        """Remember a new run, state OPEN."""

        def opened(connection: Connection) -> Run:
            run = runs.open_run(connection, new, self._now())
            reach("run-uncommitted")
            return run

        return self._write(opened)

    def run(self, run_id: str) -> Run | None:
        """The run with this id, or whose id begins with it when that is unambiguous."""
        return self._read(lambda connection: runs.find_beginning(connection, run_id))

    def find_run(self, fingerprint: str) -> Run | None:
        """The newest run of the plan with this fingerprint."""
        return self._read(lambda connection: runs.newest_of_plan(connection, fingerprint))

    def runs(self, account: str | None = None, state: RunState | None = None, limit: int = 50) -> list[Run]:
        """Runs, newest first."""
        return self._read(lambda connection: runs.newest(connection, account, state, limit))

    def finish_run(self, run_id: str) -> None:
        """Mark the run FINISHED; clears its stop reason."""
        self._write(lambda connection: runs.finish(connection, run_id, self._now()))

    def reopen_run(self, run_id: str) -> None:
        """Mark the run OPEN again; rows that were rejected until now may be sent again."""
        self._write(lambda connection: runs.reopen(connection, run_id, self._now()))

    def stop_run(self, run_id: str, reason: str) -> None:
        """Remember why the run stopped early; it stays OPEN."""
        self._write(lambda connection: runs.stop(connection, run_id, reason, self._now()))

    # --- what is sent, and what became of it

    def begin_call(self, call: Call) -> int:
        """Durably mark the call and its rows as being sent; only then may the request leave. Returns its number.

        Raises :class:`LedgerError` for a row that is being sent, pending, uncertain, delivered or skipped, or that was
        rejected since the run was last reopened.
        """
        return self.record([], [call])[0]

    def finish_call(self, number: int, end: CallEnd, outcomes: Sequence[Outcome]) -> None:
        """Durably record how the call ended and what became of exactly its rows, in one transaction."""
        self.record([Ended(number, end, outcomes)], [])

    def record(self, ended: Sequence[Ended], begun: Sequence[Call]) -> list[int]:
        """Durably record how calls ended and that others begin, in one transaction; the numbers of the latter.

        The price of a transaction is that of waiting for the disk, so it is the same for one call and for thirty.
        """
        if begun and self._guard is not None:
            self._guard.check_in_place()
        numbers = self._write(lambda connection: self._recorded(connection, ended, begun))
        if numbers:
            reach("call-committed")
            if self._guard is not None:
                with self._failing_for_good():
                    self._guard.note_call(numbers[-1])
            reach("call-witnessed")
        return numbers

    def _recorded(self, connection: Connection, ended: Sequence[Ended], begun: Sequence[Call]) -> list[int]:
        if ended:
            calls.finish(connection, ended, self._now())
            reach("outcome-uncommitted")
        if not begun:
            return []
        numbers = self._begin(connection, begun)
        reach("call-uncommitted")
        return numbers

    def _begin(self, connection: Connection, begun: Sequence[Call]) -> list[int]:
        """Write down inside a transaction that the calls begin."""
        return calls.begin(connection, begun, self._now())

    def settle(self, run_id: str, outcomes: Sequence[Outcome], why: str) -> None:
        """Record what was found out later about rows that are uncertain or pending."""

        def settled(connection: Connection) -> None:
            rows.settle(connection, run_id, outcomes, why, self._now())
            reach("decision-uncommitted")

        self._write(settled)

    def decide(self, run_id: str, outcome: Outcome, why: str) -> None:
        """Record what a person decided about an uncertain row, or take it back; the run is opened again if need be."""

        def decided(connection: Connection) -> None:
            rows.decide(connection, run_id, outcome, why, self._now())
            reach("decision-uncommitted")
            if outcome.status is Status.NOT_SENT:
                runs.reopen(connection, run_id, self._now())

        self._write(decided)

    def skip(self, run_id: str, outcomes: Sequence[Outcome], keys: Sequence[str]) -> None:
        """Record rows that are not sent on purpose (SKIPPED) or that must wait for another run (UNCERTAIN)."""
        self._write(lambda connection: rows.skip(connection, run_id, outcomes, keys, self._now()))

    def recover_interrupted(self, run_id: str) -> list[int]:
        """Turn rows that were being sent when the program died into UNCERTAIN; their numbers, in order."""
        return self._write(lambda connection: calls.recover(connection, run_id, self._now()))

    # --- outcomes

    def outcomes(self, run_id: str, statuses: Sequence[Status] | None = None) -> Iterator[Outcome]:
        """Outcomes of a run ordered by row, a few thousand in memory at a time.

        Each portion is read in a transaction of its own, so a slow reader never keeps others from writing.
        """
        last: int | None = None
        while True:
            portion = self._read(partial(rows.after, run_id=run_id, row=last, statuses=statuses, limit=_CHUNK))
            yield from portion
            if len(portion) < _CHUNK:
                return
            last = portion[-1].row

    def outcomes_between(self, run_id: str, first_row: int, last_row: int) -> dict[int, Outcome]:
        """Outcomes of the rows in a closed range, by row number."""
        return self._read(lambda connection: rows.between(connection, run_id, first_row, last_row))

    def newest_created(self, run_id: str, limit: int) -> list[Outcome]:
        """The rows that the run's latest calls created by their own answer; the newest first."""
        return self._read(lambda connection: rows.newest_created(connection, run_id, limit))

    def counts(self, run_id: str) -> Counts:
        """Rows of the run by status, among rows that have an outcome."""
        return self._read(lambda connection: rows.counts(connection, run_id))

    def known_keys(self, account: str, target: str, keys: Sequence[str], not_run: str) -> dict[str, KnownRow]:
        """Of these effect keys, those that calls of *other* runs have sent or may have sent, each with the most certain
        of such rows."""
        return self._read(lambda connection: rows.known_keys(connection, account, target, keys, not_run))

    def activity_owner(self, account: str, activity_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Which of these CRM activity ids, in whatever case, are already booked, and for which run and row."""
        spelled = {activity_id: same_id(activity_id) for activity_id in activity_ids}
        owners = self._read(lambda connection: read_owners(connection, account, list(dict.fromkeys(spelled.values()))))
        return {given: owners[booked] for given, booked in spelled.items() if booked in owners}

    def reposts(self, run_id: str, row: int) -> int:
        """How often the row was sent again after a read-back found it absent."""
        return self._read(lambda connection: rows.reposts(connection, run_id, row))

    def mapping_proven(self, account: str, mapping_sha: str) -> bool:
        """Whether a row of this mapping was ever delivered to the account."""
        return self._read(lambda connection: runs.mapping_proven(connection, account, mapping_sha))

    # --- calls

    def sent_at(self, run_id: str, row: int) -> tuple[str, float]:
        """When the row's last call left (ISO, UTC; empty when none did) and the server's clock skew seen then."""
        return self._read(lambda connection: calls.sent_at(connection, run_id, row))

    def call_peers(self, run_id: str, row: int) -> tuple[int, ...]:
        """The rows that left in the same call as the row's last one, itself included."""
        return self._read(lambda connection: calls.peers(connection, run_id, row))

    def last_call_ended_at(self, account: str, before: str = "") -> str:
        """The latest moment at which a call of the account ended or, if it never did, left; empty without calls."""
        return self._read(lambda connection: calls.last_ended_at(connection, account, before))

    def calls_since(self, account: str, since: str) -> int:
        """How many calls left for the account at or after an ISO time."""
        return self._read(lambda connection: calls.count_since(connection, account, iso(datetime.fromisoformat(since))))

    def call_figures(self, run_id: str) -> CallFigures:
        """Figures of the run's calls that have ended."""
        return self._read(lambda connection: calls.figures(connection, run_id))

    def past_calls(self, run_id: str) -> list[PastCall]:
        """The run's calls that carried rows, in the order in which they left."""
        return self._read(lambda connection: calls.past(connection, run_id))

    # --- accounts

    def learn_limit(self, account: str, learned: LearnedLimit) -> None:
        """Remember what a refusal taught; replaces what was known for the class."""
        self._write(lambda connection: accounts.learn_limit(connection, account, learned))

    def forget_limits(self, account: str) -> None:
        """Forget what refusals have taught about the account."""
        self._write(lambda connection: accounts.forget_limits(connection, account))

    def learned_limits(self, account: str) -> dict[CallClass, LearnedLimit]:
        """What refusals have taught about the account."""
        return self._read(lambda connection: accounts.learned_limits(connection, account))

    def bind_account(self, account: str, org_id: str) -> str:
        """Remember the tenant of an account the first time; returns the tenant remembered."""
        return self._write(lambda connection: accounts.bind(connection, account, org_id, self._now()))

    def tenants(self) -> dict[str, str]:
        """The tenant of every account that has one remembered."""
        return self._read(accounts.tenants_of_all)

    def note_questions(self, account: str, calls: int) -> None:
        """Durably count ``calls`` more questions, calls that carry no rows, on today's UTC day."""
        day = self._now()[:10]
        self._write(lambda connection: accounts.note_questions(connection, account, day, calls))

    def note_wait(self, run_id: str, seconds: float) -> None:
        """Durably note that a run could do nothing for ``seconds`` more but wait for the limits of its account."""
        self._write(lambda connection: runs.note_wait(connection, run_id, seconds, self._now()))

    def questions_on(self, account: str, day: str) -> int:
        """How many questions left for the account on a UTC day such as ``2026-01-31``."""
        return self._read(lambda connection: accounts.questions_on(connection, account, day))

    def last_day_asked(self, account: str) -> str:
        """The last UTC day on which a question left for the account; empty when none ever did."""
        return self._read(lambda connection: accounts.last_day_asked(connection, account))

    def sender(self, account: str, run_id: str = "") -> AbstractContextManager[Sender]:
        """Hold the account's sender lock, which is a file beside the ledger."""
        return sender_lock(self._path.parent, account, clock=self._clock, run_id=run_id)

    def adopted_at(self) -> str:
        """When a person last accepted this ledger (ISO, UTC); empty when never."""
        return self._read(lambda connection: read_values(connection).get(ADOPTED_AT, ""))

    def prune_run(self, run_id: str, before: str) -> None:
        """Remove texts of a run that finished before an ISO time; whatever recognises its rows stays."""
        self._write(lambda connection: pruning.prune(connection, run_id, before, self._now()))

    def compact(self) -> int:
        """Give unused room back to the disk when it is a quarter of the file or more; how many bytes."""
        self._refuse_if_closed()
        if self._guard is None:
            return 0
        with translated(self._path):
            return sqlite_file.compact(self._engine, self._path)

    def install_key(self) -> bytes:
        """32 random bytes made when the ledger was created."""
        return self._install_key

    def close(self) -> None:
        """Close the file. Closing twice is allowed."""
        clean = not self._closed and self._guard is not None and self._is_clean()
        self._closed = True
        self._engine.dispose()
        if self._guard is not None:
            self._guard.presence.leave(clean=clean)

    def _is_clean(self) -> bool:
        """Whether no write failed, and no call was left without its end."""
        try:
            return self._failure is None and not self._read(calls.any_unfinished)
        except LedgerError:
            return False
