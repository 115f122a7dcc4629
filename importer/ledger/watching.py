"""Figures of the whole ledger for whoever watches: read beside the imports, without opening the ledger for work.

Nothing is written, and no check of an opening is made, so a look is cheap. Events and calls are only ever added: a look
at a ledger in a file reads those that came since the last one. In a shared database an event may become visible after
one with a higher number, so there everything is counted anew.
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

from importer.ledger import sqlite_file
from importer.ledger.changes import BATCH
from importer.ledger.faults import translated
from importer.ledger.interface import FILE_NAME, RunState
from importer.ledger.schema import WAITED, calls, events, runs

_AT_ONCE = 50_000
"""Events or calls in one reading: an import that wants to write meanwhile waits for no more than that."""

_PATIENCE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class CallKey:
    """What is told of a call that has ended: LeadSquared's ``code`` is empty when it took the call."""

    account: str
    call_class: str
    verdict: str
    code: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Rows by run and status; calls and their seconds; runs by account and state; when one last finished (ISO, UTC)."""

    rows: Mapping[tuple[str, str], int] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[CallKey, int] = field(default_factory=dict)
    seconds: Mapping[CallKey, float] = field(default_factory=dict)
    runs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    last_finished: Mapping[str, str] = field(default_factory=dict)
    waits: Mapping[str, float] = field(default_factory=dict)
    """Seconds for which runs waited for the limits, by account."""


Reading = Callable[[], AbstractContextManager[Connection | None]]
"""Gives a connection for one transaction that changes nothing, or nothing when there is no ledger yet."""


class LedgerWatch:
    """Looks at a ledger again and again; belongs to one thread at a time. ``growing`` reads only what is new."""

    def __init__(self, reading: Reading, *, growing: bool) -> None:
        self._reading = reading
        self._growing = growing
        self._forget()

    def _forget(self) -> None:
        self._event = self._call = 0
        self._unfinished: set[int] = set()
        self._rows: Counter[tuple[str, str]] = Counter()
        self._waits: dict[str, float] = {}
        self._calls: Counter[CallKey] = Counter()
        self._seconds: dict[CallKey, float] = {}

    def look(self) -> Figures:
        """The figures now. Raises :class:`importer.core.errors.LedgerError` when the ledger cannot be read."""
        if not self._growing:
            self._forget()
        try:
            while self._portion():
                pass
            with self._reading() as connection:
                return Figures() if connection is None else self._figures(connection)
        except BaseException:
            # Half a portion may be counted.
            self._forget()
            raise

    def _portion(self) -> bool:
        """Count some of what is new; whether there may be more."""
        with self._reading() as connection:
            if connection is None:
                self._forget()
                return False
            last_event = connection.execute(select(func.max(events.c.id))).scalar_one() or 0
            last_call = connection.execute(select(func.max(calls.c.number))).scalar_one() or 0
            if last_event < self._event or last_call < self._call:
                # Another ledger has taken this one's place.
                self._forget()
            until_event, until_call = min(last_event, self._event + _AT_ONCE), min(last_call, self._call + _AT_ONCE)
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
                    self._unfinished.add(number)
                    continue
                self._unfinished.discard(number)
                key = CallKey(account, kind, verdict, code)
                self._calls[key] += 1
                self._seconds[key] = self._seconds.get(key, 0.0) + elapsed
        self._call = until

    def _figures(self, connection: Connection) -> Figures:
        found = connection.execute(select(runs.c.id, runs.c.account, runs.c.state, runs.c.finished_at)).all()
        last: dict[str, str] = {}
        for line in found:
            if line.state == RunState.FINISHED.value:
                last[line.account] = max(last.get(line.account, ""), line.finished_at)
        accounts = {line.id: line.account for line in found}
        waits: dict[str, float] = {}
        for run, seconds in self._waits.items():
            account = accounts.get(run, "")
            waits[account] = waits.get(account, 0.0) + seconds
        return Figures(
            rows={key: count for key, count in self._rows.items() if count},
            accounts=accounts,
            calls=dict(self._calls),
            seconds=dict(self._seconds),
            runs=Counter((line.account, line.state) for line in found),
            last_finished=last,
            waits=waits,
        )


def watch_file(home: Path) -> LedgerWatch:
    """A watch over the ledger in ``home``, which may not be there yet."""
    return LedgerWatch(lambda: _reading_file(home / FILE_NAME), growing=True)


@contextmanager
def _reading_file(path: Path) -> Iterator[Connection | None]:
    with translated(path):
        if not path.exists() or not path.stat().st_size:
            yield None
            return
        address = f"file:{quote(str(path.absolute()))}?mode=ro"
        raw = sqlite3.connect(address, uri=True, timeout=_PATIENCE_SECONDS, isolation_level=None)
        engine = sqlite_file.engine_over(raw)
        try:
            with engine.begin() as connection:
                yield connection
        finally:
            engine.dispose()
