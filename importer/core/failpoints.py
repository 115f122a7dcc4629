"""The moments at which an import may die, by name, and the means to let it die there on purpose.

Only tests and the campaign arm one, with ``IMPORTER_FAILPOINT=NAME:kill``; at the others nothing happens.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from importer.core.errors import SettingsError

VARIABLE = "IMPORTER_FAILPOINT"


@dataclass(frozen=True, slots=True)
class Point:
    """A crash point: its number in the list of crash points, and what is happening then.

    A point ``on_wire`` lies between the program and the CRM, where no line of the program runs.
    """

    number: int
    words: str
    on_wire: bool = False


POINTS: Mapping[str, Point] = {
    "reading-source": Point(1, "a chunk of the spreadsheet has been checked and written into the plan"),
    "run-uncommitted": Point(2, "the ledger is writing that the run is open"),
    "run-committed": Point(3, "the run is open, nothing has been sent"),
    "lock-taken": Point(4, "the account's lock has just been taken"),
    "awaiting-slot": Point(5, "a call waits until the account's limit lets it go"),
    "call-uncommitted": Point(6, "the ledger is writing that a call begins"),
    "call-committed": Point(7, "the call is in the ledger, the witness does not know it"),
    "call-witnessed": Point(8, "ledger and witness know the call, nothing is connected"),
    "connected": Point(9, "connected, no byte has arrived", on_wire=True),
    "request-half-sent": Point(10, "half of the request has arrived", on_wire=True),
    "request-sent": Point(11, "the request has arrived, LeadSquared has not begun", on_wire=True),
    "server-working": Point(12, "LeadSquared has stored a part of the call and goes on", on_wire=True),
    "answer-on-way": Point(13, "LeadSquared has stored the call and answered, no byte has come back", on_wire=True),
    "answer-half-read": Point(14, "half of the answer has come back", on_wire=True),
    "answer-read": Point(15, "the answer has been read, nobody has looked at it"),
    "answer-judged": Point(16, "the answer has been judged, the ledger does not know it"),
    "outcome-uncommitted": Point(17, "the ledger is writing what became of the rows of a call"),
    "outcome-committed": Point(18, "the ledger knows what became of the rows of a call"),
    "throttled": Point(19, "the call was refused as one too many, the ledger does not know it"),
    "partly-done": Point(20, "some rows of the call were stored and others refused, the ledger does not know it"),
    "settling": Point(21, "rows in doubt wait until LeadSquared has settled"),
    "between-readings": Point(22, "rows in doubt were absent in one reading, the second is to come"),
    "decision-made": Point(23, "reading back has decided about rows in doubt, the ledger does not know it"),
    "row-released": Point(24, "the ledger knows that absent rows may be sent again, they have not been"),
    "request-id-read": Point(25, "an async call gave its request id, the ledger does not know it"),
    "request-id-committed": Point(26, "the ledger knows the request id of an async call"),
    "polling": Point(27, "accepted rows are asked about, and asked about again"),
    "run-unfinished": Point(28, "every row has its outcome, the run is still open"),
    "report-draft": Point(29, "a report has been drafted beside its place"),
    "report-linked": Point(30, "a report is in its place, the folder has not been synced"),
    "decision-uncommitted": Point(31, "the ledger is writing what was decided about rows in doubt, by whomever"),
    "tables-uncommitted": Point(32, "the ledger's tables are being made"),
    "journal-hot": Point(33, "the ledger was cut short in a transaction, SQLite is about to roll it back"),
}
"""Every crash point by name, in order."""


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def _error() -> None:
    raise RuntimeError("a failpoint was reached")


_ACTIONS: Mapping[str, Callable[[], None]] = {"kill": _kill, "stop": _stop, "error": _error}


@dataclass(slots=True)
class _Armed:
    name: str
    act: Callable[[], None]
    left: int


_armed: _Armed | None = None
_lock = threading.Lock()


def reach(name: str) -> None:
    """Say that the crash point ``name`` is reached. Dies, stops or raises RuntimeError there only if it is armed."""
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
    _armed = _read(spec) if spec else None


def _read(spec: str) -> _Armed:
    name, _, rest = spec.partition(":")
    action, _, passage = rest.partition(":")
    point = POINTS.get(name)
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
