"""Metrics of the whole ledger, read beside running imports without opening the ledger for work.

Nothing is written, and none of the checks of an opening is made, so a reading is cheap. Events and calls are only ever
added: a reading of a ledger in a file counts those that came since the last one. In a shared database an event may
become visible after one with a higher number, so there everything is counted anew.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import ColumnElement, Connection, func, select

from importer.core.model import Status
from importer.ledger import sqlite_file
from importer.ledger.changes import BATCH
from importer.ledger.model import FILE_NAME, RunState
from importer.ledger.schema import WAITED, calls, events, runs
from importer.ledger.sqlite_file import translate_errors

_PORTION = 50_000
"""Events or calls read in one transaction: an import that wants to write meanwhile waits for no more than that."""

_BUSY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class CallKey:
    """The labels by which ended calls are counted: LeadSquared's ``code`` is empty when it accepted the call."""

    account: str
    call_class: str
    verdict: str
    code: str


@dataclass(frozen=True, slots=True)
class LedgerMetrics:
    """Rows by run and status; calls and their seconds; runs by account and state; the last finish (ISO, UTC).

    ``unrecorded`` has by open run the folder of its plan and the number of rows of which the ledger knows nothing yet:
    they are invalid or not sent. Those of a finished run are invalid.
    """

    rows: Mapping[tuple[str, str], int] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    unrecorded: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    calls: Mapping[CallKey, int] = field(default_factory=dict)
    seconds: Mapping[CallKey, float] = field(default_factory=dict)
    runs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    last_finished: Mapping[str, str] = field(default_factory=dict)
    waits: Mapping[str, float] = field(default_factory=dict)
    """Seconds for which runs waited for the limits, by account."""


Reading = Callable[[], AbstractContextManager[Connection | None]]
"""Opens a connection for one read-only transaction; ``None`` when there is no ledger yet."""


class LedgerMonitor:
    """Reads a ledger's metrics repeatedly; belongs to one thread at a time. ``growing``: only what is new is read."""

    def __init__(self, reading: Reading, *, growing: bool) -> None:
        self._reading = reading
        self._growing = growing
        self._reset()

    def _reset(self) -> None:
        self._event = self._call = 0
        self._unfinished: set[int] = set()
        self._rows: Counter[tuple[str, str]] = Counter()
        self._waits: dict[str, float] = {}
        self._calls: Counter[CallKey] = Counter()
        self._seconds: dict[CallKey, float] = {}

    def read_metrics(self) -> LedgerMetrics:
        """Return the metrics now. Raises :class:`importer.core.errors.LedgerError` when the ledger cannot be read."""
        if not self._growing:
            self._reset()
        try:
            while self._count_portion():
                pass
            with self._reading() as connection:
                return LedgerMetrics() if connection is None else self._totals(connection)
        except BaseException:
            # Half a portion may be counted.
            self._reset()
            raise

    def _count_portion(self) -> bool:
        """Count some of the new events and calls; return whether there may be more."""
        with self._reading() as connection:
            if connection is None:
                self._reset()
                return False
            last_event = connection.execute(select(func.max(events.c.id))).scalar_one() or 0
            last_call = connection.execute(select(func.max(calls.c.number))).scalar_one() or 0
            if last_event < self._event or last_call < self._call:
                # Another ledger has taken this one's place.
                self._reset()
            until_event, until_call = min(last_event, self._event + _PORTION), min(last_call, self._call + _PORTION)
            self._count_events(connection, until_event)
            self._count_calls(connection, until_call)
            return until_event < last_event or until_call < last_call

    def _count_events(self, connection: Connection, until: int) -> None:
        number = func.sum(events.c.last_row - events.c.first_row + 1)
        new = (events.c.id > self._event, events.c.id <= until, events.c.first_row.is_not(None))
        kinds = (events.c.run_id, events.c.was, events.c.became)
        for run, was, became, rows in connection.execute(select(*kinds, number).where(*new).group_by(*kinds)):
            self._rows[run, became] += int(rows)
            if was:
                self._rows[run, was] -= int(rows)
        waited = select(events.c.run_id, events.c.evidence).where(
            events.c.id > self._event, events.c.id <= until, events.c.became == WAITED
        )
        for run, seconds in connection.execute(waited):
            self._waits[run] = self._waits.get(run, 0.0) + float(seconds)
        self._event = until

    def _count_calls(self, connection: Connection, until: int) -> None:
        columns = (calls.c.number, calls.c.account, calls.c.call_class, calls.c.verdict, calls.c.code, calls.c.elapsed)
        known = sorted(self._unfinished)
        parts: list[ColumnElement[bool]] = [
            calls.c.number.in_(known[start : start + BATCH]) for start in range(0, len(known), BATCH)
        ]
        parts.append((calls.c.number > self._call) & (calls.c.number <= until))
        for part in parts:
            for number, account, kind, verdict, code, elapsed in connection.execute(select(*columns).where(part)):
                if verdict is None:
                    # It is read again each time until it has ended.
                    self._unfinished.add(number)
                    continue
                self._unfinished.discard(number)
                key = CallKey(account, kind, verdict, code)
                self._calls[key] += 1
                self._seconds[key] = self._seconds.get(key, 0.0) + elapsed
        self._call = until

    def _totals(self, connection: Connection) -> LedgerMetrics:
        columns = (runs.c.id, runs.c.account, runs.c.state, runs.c.finished_at, runs.c.rows, runs.c.folder)
        found = connection.execute(select(*columns)).all()
        recorded: Counter[str] = Counter()
        for (run, _), count in self._rows.items():
            recorded[run] += count
        last: dict[str, str] = {}
        for line in found:
            if line.state == RunState.FINISHED.value:
                last[line.account] = max(last.get(line.account, ""), line.finished_at)
        accounts = {line.id: line.account for line in found}
        waits: dict[str, float] = {}
        for run, seconds in self._waits.items():
            account = accounts.get(run, "")
            waits[account] = waits.get(account, 0.0) + seconds
        rest = {line: max(0, line.rows - recorded[line.id]) for line in found}
        finished = {line: left for line, left in rest.items() if line.state == RunState.FINISHED.value}
        invalid = {(line.id, Status.INVALID.value): left for line, left in finished.items()}
        return LedgerMetrics(
            rows={key: count for key, count in (self._rows + Counter(invalid)).items() if count},
            accounts=accounts,
            unrecorded={line.id: (line.folder, left) for line, left in rest.items() if left and line not in finished},
            calls=dict(self._calls),
            seconds=dict(self._seconds),
            runs=Counter((line.account, line.state) for line in found),
            last_finished=last,
            waits=waits,
        )


def monitor_file(home: Path) -> LedgerMonitor:
    """Return a monitor of the ledger in ``home``, which may not exist yet."""
    return LedgerMonitor(lambda: _reading_file(home / FILE_NAME), growing=True)


@contextmanager
def _reading_file(path: Path) -> Iterator[Connection | None]:
    with translate_errors(path):
        if not path.exists() or not path.stat().st_size:
            yield None
            return
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        raw = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
        engine = sqlite_file.engine_on(raw)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()
