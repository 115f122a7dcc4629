"""Named crash points: the moments at which an import may die, and a switch to let it die there on purpose.

Only tests and the campaign arm one, with ``IMPORTER_FAILPOINT=NAME:kill``; at the others nothing happens.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from importer.core.errors import SettingsError
from importer.core.platform import kill_this_process, stop_this_process

VARIABLE = "IMPORTER_FAILPOINT"


@dataclass(frozen=True, slots=True)
class CrashPoint:
    """A crash point: its number in the list of crash points, and a description of the moment.

    A point ``on_wire`` lies between the program and the CRM, where no line of the program runs.
    """

    number: int
    description: str
    on_wire: bool = False


CRASH_POINTS: Mapping[str, CrashPoint] = {
    "reading-source": CrashPoint(1, "a chunk of the spreadsheet has been checked and written into the plan"),
    "run-uncommitted": CrashPoint(2, "the ledger is writing that the run is open"),
    "run-committed": CrashPoint(3, "the run is open, nothing has been sent"),
    "lock-taken": CrashPoint(4, "the account's lock has just been taken"),
    "awaiting-slot": CrashPoint(5, "a call waits for the account's rate limit"),
    "call-uncommitted": CrashPoint(6, "the ledger is writing that a call begins"),
    "call-committed": CrashPoint(7, "the call is in the ledger, but not in the rollback witness"),
    "call-witnessed": CrashPoint(8, "the call is in ledger and rollback witness, nothing is connected"),
    "connected": CrashPoint(9, "connected, no byte has arrived", on_wire=True),
    "request-half-sent": CrashPoint(10, "half of the request has arrived", on_wire=True),
    "request-sent": CrashPoint(11, "the request has arrived, LeadSquared has not begun", on_wire=True),
    "server-working": CrashPoint(12, "LeadSquared has stored a part of the call and goes on", on_wire=True),
    "answer-on-way": CrashPoint(
        13, "LeadSquared has stored the call and answered, no byte has come back", on_wire=True
    ),
    "answer-half-read": CrashPoint(14, "half of the answer has come back", on_wire=True),
    "answer-read": CrashPoint(15, "the answer has been read, but not interpreted"),
    "answer-judged": CrashPoint(16, "the answer has been interpreted, the ledger does not have the outcome"),
    "outcome-uncommitted": CrashPoint(17, "the ledger is writing the outcomes of a call"),
    "outcome-committed": CrashPoint(18, "the ledger has the outcomes of a call"),
    "throttled": CrashPoint(19, "the call was refused by the rate limit, the ledger does not have the outcome"),
    "partly-done": CrashPoint(
        20, "some rows of the call were stored and others refused, the ledger does not have the outcomes"
    ),
    "settling": CrashPoint(21, "uncertain rows wait for the settle time"),
    "between-readings": CrashPoint(22, "uncertain rows were absent in one reading, the second is to come"),
    "decision-made": CrashPoint(
        23, "reading back has decided about uncertain rows, the ledger does not have the decision"
    ),
    "row-released": CrashPoint(24, "the ledger has absent rows as ready to be sent again, they have not been"),
    "request-id-read": CrashPoint(25, "an async call gave its request id, the ledger does not have it"),
    "request-id-committed": CrashPoint(26, "the ledger has the request id of an async call"),
    "polling": CrashPoint(27, "the states of accepted rows are polled"),
    "run-unfinished": CrashPoint(28, "every row has its outcome, the run is still open"),
    "report-draft": CrashPoint(29, "a report has been drafted beside its place"),
    "report-linked": CrashPoint(30, "a report is in its place, the folder has not been synced"),
    "decision-uncommitted": CrashPoint(
        31, "the ledger is writing a decision about uncertain rows, of a person or of reading back"
    ),
    "tables-uncommitted": CrashPoint(32, "the ledger's tables are being made, or brought to the present format"),
    "journal-hot": CrashPoint(33, "the ledger was cut short in a transaction, SQLite is about to roll it back"),
}
"""Every crash point by name, in order."""


def _raise() -> None:
    raise RuntimeError("a failpoint was reached")


_ACTIONS: Mapping[str, Callable[[], None]] = {
    "kill": kill_this_process,
    "stop": stop_this_process,
    "error": _raise,
}


@dataclass(slots=True)
class _Armed:
    name: str
    act: Callable[[], None]
    left: int


_armed: _Armed | None = None
_lock = threading.Lock()


def reach(name: str) -> None:
    """Mark that the crash point ``name`` is reached. Dies, stops or raises RuntimeError there only if it is armed."""
    if _armed is not None and _armed.name == name:
        with _lock:
            _armed.left -= 1
            now = _armed.left == 0
        if now:
            _armed.act()


def arm(spec: str) -> None:
    """Arm ``NAME:ACTION[:K]``: at the K-th passage (default: the first) of the point NAME do ACTION.

    ``kill`` ends the process at once, ``stop`` freezes it, ``error`` raises RuntimeError there. An empty ``spec``
    disarms.
    Raises :class:`SettingsError` for a spec that means nothing.
    """
    global _armed  # noqa: PLW0603  one switch for the whole process, so that an unarmed point costs one comparison
    _armed = _parse_spec(spec) if spec else None


def _parse_spec(spec: str) -> _Armed:
    name, _, rest = spec.partition(":")
    action, _, passage = rest.partition(":")
    point = CRASH_POINTS.get(name)
    if point is None or action not in _ACTIONS or not (passage or "1").isdecimal() or int(passage or "1") < 1:
        raise SettingsError(
            f"{VARIABLE} is {spec!r}, which names no crash point and action.",
            f"It is meant for tests of this program: unset {VARIABLE}. Tests say NAME:kill, NAME:kill:3, NAME:stop or "
            f"NAME:error; the names are in docs/crash-points.md.",
        )
    if point.on_wire:
        raise SettingsError(
            f"{VARIABLE} cannot reach {name}: at that moment no line of this program runs.",
            "The campaign of crashes causes it between the program and the CRM.",
        )
    return _Armed(name, _ACTIONS[action], int(passage or "1"))
