"""The ledger over SQL: each write is one exclusive transaction, on disk before the method returns."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from importer.core.errors import LedgerError
from importer.core.failpoints import reach
from importer.core.model import CallClass, Counts, Outcome, Status
from importer.core.time import format_iso
from importer.ledger import accounts, calls, cleaning, corrections, identities, runs, sqlite_file
from importer.ledger import outcomes as rows
from importer.ledger import updates as row_updates
from importer.ledger.changes import read_owners, same_id
from importer.ledger.integrity.file_guard import FileGuard
from importer.ledger.integrity.identity import ADOPTED_AT, Randomness, read_values
from importer.ledger.integrity.machine_id import machine_id
from importer.ledger.interface import (
    FILE_NAME,
    Call,
    CallEnd,
    CallStatistics,
    Correction,
    EarlierRow,
    EndedCall,
    IdentityPart,
    KnownRow,
    LearnedLimit,
    NewRun,
    PastCall,
    RowIdentity,
    RowInCall,
    RowOrigin,
    RowUpdate,
    Run,
    RunState,
    Sender,
    UnclearCall,
)
from importer.ledger.lock import sender_lock
from importer.ledger.opening import Opening, open_file
from importer.ledger.sqlite_file import FileFaultError, translate_errors

_CHUNK = 5_000

T = TypeVar("T")


def open_sqlite_ledger(
    home: Path,
    *,
    clock: Callable[[], datetime],
    adopt: bool = False,
    this_machine: str | None = None,
    randomness: Randomness = secrets.token_bytes,
) -> SqlLedger:
    """Open the ledger in ``home``, created when there is none. ``clock`` returns the time, with its time zone.

    ``adopt`` accepts a ledger that was restored, copied or moved; ``this_machine`` is the machine's id (default: the
    operating system's). Raises :class:`LedgerError` when the file cannot be used or is not the one used here last.
    """
    machine = machine_id() if this_machine is None else this_machine
    engine, identity, guard = open_file(Opening(home, format_iso(clock()), machine, randomness, adopt))
    return SqlLedger(engine, identity.install_key, guard, clock=clock)


def ledger_file(home: Path) -> Path:
    """Return the path of the ledger's file in ``home``, whether or not it exists."""
    return home / FILE_NAME


class SqlLedger:
    """Implements :class:`importer.ledger.interface.Ledger`, where each method is documented.

    Belongs to the thread that opened it. Without a ``guard`` no file is checked, as for a database in memory. After the
    disk failed a write, every further write fails too: what the disk returns afterwards cannot be trusted in this
    process.
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
        with translate_errors(self._path), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._failing_for_good():
            self._refuse_if_closed()
            with translate_errors(self._path), self._writer.begin() as connection:
                yield connection

    def _read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction that changes nothing."""
        with self._reading() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction that is durable when this returns, or undo all of it."""
        with self._writing() as connection:
            return work(connection)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise LedgerError("The ledger has been closed.", "Run again.")

    @contextmanager
    def _failing_for_good(self) -> Iterator[None]:
        """Refuse a write after one has failed, and remember a failure."""
        if self._failure is not None:
            raise LedgerError(self._failure.message, self._failure.remedy)
        try:
            yield
        except FileFaultError as fault:
            if not fault.transient:
                self._failure = fault
            raise

    def _now(self) -> str:
        return format_iso(self._clock())

    # --- runs

    def open_run(self, new: NewRun) -> Run:
        def opened(connection: Connection) -> Run:
            run = runs.open_run(connection, new, self._now())
            reach("run-uncommitted")
            return run

        return self._write(opened)

    def run(self, run_id: str) -> Run | None:
        return self._read(lambda connection: runs.find_beginning(connection, run_id))

    def find_run(self, fingerprint: str) -> Run | None:
        return self._read(lambda connection: runs.newest_of_plan(connection, fingerprint))

    def runs(self, account: str | None = None, state: RunState | None = None, limit: int = 50) -> list[Run]:
        return self._read(lambda connection: runs.newest(connection, account, state, limit))

    def finish_run(self, run_id: str) -> None:
        self._write(lambda connection: runs.finish(connection, run_id, self._now()))

    def reopen_run(self, run_id: str) -> None:
        self._write(lambda connection: runs.reopen(connection, run_id, self._now()))

    def stop_run(self, run_id: str, reason: str) -> None:
        self._write(lambda connection: runs.stop(connection, run_id, reason, self._now()))

    # --- calls and what became of their rows

    def begin_call(self, call: Call) -> int:
        return self.record([], [call])[0]

    def finish_call(self, number: int, end: CallEnd, outcomes: Sequence[Outcome]) -> None:
        self.record([EndedCall(number, end, outcomes)], [])

    def record(self, ended: Sequence[EndedCall], begun: Sequence[Call]) -> list[int]:
        def recorded(connection: Connection) -> list[int]:
            # The ends come first, so that rows which have just come back may leave again in the same transaction.
            if ended:
                calls.finish(connection, ended, self._now())
                reach("outcome-uncommitted")
            if not begun:
                return []
            numbers = self._begin(connection, begun)
            reach("call-uncommitted")
            return numbers

        if begun and self._guard is not None:
            self._guard.check_in_place()
        # Most of the time goes into waiting for the disk, so thirty calls cost as much as one.
        numbers = self._write(recorded)
        if numbers:
            reach("call-committed")
            if self._guard is not None:
                with self._failing_for_good():
                    self._guard.note_call(numbers[-1])
            reach("call-witnessed")
        return numbers

    def _begin(self, connection: Connection, begun: Sequence[Call]) -> list[int]:
        """Record inside a transaction that the calls begin; a shared ledger also checks the right to send."""
        return calls.begin(connection, begun, self._now())

    def settle(self, run_id: str, outcomes: Sequence[Outcome], why: str) -> None:
        def settled(connection: Connection) -> None:
            rows.settle(connection, run_id, outcomes, why, self._now())
            reach("decision-uncommitted")

        self._write(settled)

    def correct(self, run_id: str, outcomes: Sequence[Outcome], why: str) -> None:
        self._write(lambda connection: rows.correct(connection, run_id, outcomes, why, self._now()))

    def decide(self, run_id: str, outcome: Outcome, why: str) -> None:
        def decided(connection: Connection) -> None:
            rows.decide(connection, run_id, outcome, why, self._now())
            reach("decision-uncommitted")
            if outcome.status is Status.NOT_SENT:
                runs.reopen(connection, run_id, self._now())

        self._write(decided)

    def skip(self, run_id: str, outcomes: Sequence[Outcome], keys: Sequence[str]) -> None:
        self._write(lambda connection: rows.skip(connection, run_id, outcomes, keys, self._now()))

    def recover_interrupted(self, run_id: str) -> list[int]:
        return self._write(lambda connection: calls.recover(connection, run_id, self._now()))

    # --- outcomes

    def outcomes(self, run_id: str, statuses: Sequence[Status] | None = None) -> Iterator[Outcome]:
        last: int | None = None
        # Each portion is read in a transaction of its own, so a slow reader never keeps others from writing.
        while True:
            portion = self._read(partial(rows.after, run_id=run_id, row=last, statuses=statuses, limit=_CHUNK))
            yield from portion
            if len(portion) < _CHUNK:
                return
            last = portion[-1].row

    def outcomes_between(self, run_id: str, first_row: int, last_row: int) -> dict[int, Outcome]:
        return self._read(lambda connection: rows.between(connection, run_id, first_row, last_row))

    def newest_created(self, run_id: str, limit: int) -> list[Outcome]:
        return self._read(lambda connection: rows.newest_created(connection, run_id, limit))

    def counts(self, run_id: str) -> Counts:
        return self._read(lambda connection: rows.counts(connection, run_id))

    def known_keys(self, account: str, target: str, keys: Sequence[str], not_run: str) -> dict[str, KnownRow]:
        return self._read(lambda connection: rows.known_keys(connection, account, target, keys, not_run))

    def record_identities(self, run_id: str, version: int, columns: Sequence[str], rows: Sequence[RowIdentity]) -> None:
        self._write(lambda connection: identities.record(connection, run_id, version, columns, rows))

    def earlier_rows(
        self, account: str, part: IdentityPart, digests: Sequence[bytes], version: int, not_run: str
    ) -> list[EarlierRow]:
        return self._read(
            lambda connection: identities.find_earlier(connection, account, part, digests, version, not_run)
        )

    def source_columns(self, account: str, not_run: str) -> list[tuple[str, ...]]:
        return self._read(lambda connection: identities.source_columns(connection, account, not_run))

    def record_origins(self, run_id: str, origins: Mapping[int, RowOrigin]) -> None:
        self._write(lambda connection: corrections.record(connection, run_id, origins))

    def origins(self, run_id: str) -> dict[int, RowOrigin]:
        return self._read(lambda connection: corrections.of_rows(connection, run_id))

    def corrections(
        self, account: str, sources: Sequence[bytes], of_run: str = "", not_run: str = ""
    ) -> list[Correction]:
        return self._read(lambda connection: corrections.find(connection, account, sources, of_run, not_run))

    def correction_columns(self, account: str) -> list[tuple[str, ...]]:
        return self._read(lambda connection: corrections.columns(connection, account))

    def record_updates(self, run_id: str, updates: Mapping[int, RowUpdate]) -> None:
        self._write(lambda connection: row_updates.record(connection, run_id, updates))

    def withdraw_updates(self, run_id: str, rows: Collection[int]) -> None:
        self._write(lambda connection: row_updates.withdraw(connection, run_id, rows))

    def updates(self, run_id: str) -> dict[int, RowUpdate]:
        return self._read(lambda connection: row_updates.of_rows(connection, run_id))

    def runs_without_identities(self, account: str) -> list[Run]:
        return self._read(lambda connection: identities.runs_without(connection, account))

    def activity_owner(self, account: str, activity_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        spelled = {activity_id: same_id(activity_id) for activity_id in activity_ids}
        owners = self._read(lambda connection: read_owners(connection, account, list(dict.fromkeys(spelled.values()))))
        return {given: owners[stored] for given, stored in spelled.items() if stored in owners}

    def reposts(self, run_id: str, row: int) -> int:
        return self._read(lambda connection: rows.reposts(connection, run_id, row))

    def mapping_proven(self, account: str, mapping_sha: str) -> bool:
        return self._read(lambda connection: runs.mapping_proven(connection, account, mapping_sha))

    # --- calls

    def sent_at(self, run_id: str, row: int) -> tuple[str, float | None]:
        return self._read(lambda connection: calls.sent_at(connection, run_id, row))

    def call_peers(self, run_id: str, row: int) -> tuple[int, ...]:
        return self._read(lambda connection: calls.peers(connection, run_id, row))

    def last_call_ended_at(self, account: str, before: str = "") -> str:
        return self._read(lambda connection: calls.last_ended_at(connection, account, before))

    def calls_since(self, account: str, since: str) -> int:
        start = format_iso(datetime.fromisoformat(since))
        return self._read(lambda connection: calls.count_since(connection, account, start))

    def call_statistics(self, run_id: str) -> CallStatistics:
        return self._read(lambda connection: calls.statistics(connection, run_id))

    def past_calls(self, run_id: str) -> list[PastCall]:
        return self._read(lambda connection: calls.past(connection, run_id))

    def calls_of_rows(self, run_id: str, first_row: int, last_row: int) -> dict[int, RowInCall]:
        return self._read(lambda connection: calls.of_rows(connection, run_id, first_row, last_row))

    def unclear_calls(self, run_id: str) -> list[UnclearCall]:
        return self._read(lambda connection: calls.unclear(connection, run_id))

    # --- accounts

    def learn_limit(self, account: str, learned: LearnedLimit) -> None:
        self._write(lambda connection: accounts.learn_limit(connection, account, learned))

    def forget_limits(self, account: str) -> None:
        self._write(lambda connection: accounts.forget_limits(connection, account))

    def learned_limits(self, account: str) -> dict[CallClass, LearnedLimit]:
        return self._read(lambda connection: accounts.learned_limits(connection, account))

    def bind_account(self, account: str, org_id: str) -> str:
        return self._write(lambda connection: accounts.bind(connection, account, org_id, self._now()))

    def tenants(self) -> dict[str, str]:
        return self._read(accounts.tenants_of_all)

    def count_queries(self, account: str, calls: int) -> None:
        day = self._now()[:10]
        self._write(lambda connection: accounts.count_queries(connection, account, day, calls))

    def record_wait(self, run_id: str, seconds: float) -> None:
        self._write(lambda connection: runs.record_wait(connection, run_id, seconds, self._now()))

    def queries_on(self, account: str, day: str) -> int:
        return self._read(lambda connection: accounts.queries_on(connection, account, day))

    def last_query_day(self, account: str) -> str:
        return self._read(lambda connection: accounts.last_query_day(connection, account))

    def sender(self, account: str, run_id: str = "") -> AbstractContextManager[Sender]:
        return sender_lock(self._path.parent, account, clock=self._clock, run_id=run_id)

    def adopted_at(self) -> str:
        return self._read(lambda connection: read_values(connection).get(ADOPTED_AT, ""))

    def prune_run(self, run_id: str, before: str) -> None:
        self._write(lambda connection: runs.prune(connection, run_id, before, self._now()))

    def accounts_to_clean(self) -> list[str]:
        return self._read(cleaning.accounts_to_clean)

    def clean(self, account: str) -> int:
        return self._write(lambda connection: cleaning.clean(connection, account, self._now()))

    def compact(self) -> int:
        self._refuse_if_closed()
        if self._guard is None:
            return 0
        with translate_errors(self._path):
            return sqlite_file.compact(self._engine, self._path)

    def install_key(self) -> bytes:
        return self._install_key

    def close(self) -> None:
        clean = not self._closed and self._guard is not None and self._is_clean()
        self._closed = True
        self._engine.dispose()
        if self._guard is not None:
            self._guard.presence.leave(clean=clean)

    def _is_clean(self) -> bool:
        """Whether no write failed and no call was left unfinished."""
        try:
            return self._failure is None and not self._read(calls.any_unfinished)
        except LedgerError:
            return False
