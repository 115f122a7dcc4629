"""Moments at which the program can be made to die, so that tests can prove what a restart makes of it.

A moment costs one comparison while nothing is armed. Only the command line arms one, from the environment variable
``IMPORTER_FAILPOINT``; see docs/crash-points.md.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass

MOMENTS: Mapping[str, str] = {
    "reading-the-source": "a part of the source has been checked",
    "writing-the-plan": "every row is in the plan's files, but nothing says yet that they are a plan",
    "planned": "the plan is complete; nothing has been sent",
    "locked": "the account is locked for this process; no run is open",
    "opened": "the run is in the ledger; no call has been made",
    "slot-taken": "a call may leave now; it is not in the ledger",
    "beginning-a-call": "the call and its rows are written, inside of the transaction",
    "call-is-durable": "the call is in the ledger; the witness does not know it",
    "call-may-leave": "ledger and witness know the call; no connection is open",
    "in-the-client": "the request is ready; not one byte has left",
    "answer-read": "the answer is in memory only",
    "answer-understood": "the answer is understood; its outcomes are not in the ledger",
    "finishing-a-call": "the outcomes are written, inside of the transaction",
    "outcomes-are-durable": "the outcomes are in the ledger",
    "recovering": "rows that were being sent are about to be called uncertain",
    "settling": "rows are uncertain; the time to settle has begun",
    "read-once": "one complete reading has not found the rows",
    "read-twice": "two readings have not found the rows; the ledger does not know",
    "released": "the ledger says that the absent rows may be sent again",
    "booking": "rows were found by reading back; the ledger does not know",
    "polling": "an async row is accepted, and its status was asked for",
    "settling-async": "the status of async rows is known; the ledger does not know",
    "finishing-the-run": "every row has its outcome; the run is still open",
    "drawing-the-workbook": "the run is finished; there is no workbook",
    "workbook-is-drawn": "the workbook is complete under a temporary name",
    "workbook-is-published": "the workbook has its name; the report page is missing",
}
"""Every moment by name, in the order of a run, with the state of things."""

_ACTIONS = ("kill", "error", "stop")


@dataclass(slots=True)
class _Armed:
    name: str = ""
    action: str = "kill"
    left: int = 1


_armed = _Armed()


class FailpointReached(RuntimeError):
    """The bug that an armed failpoint plays."""


def arm(text: str) -> None:
    """Let the program fail as ``NAME[:ACTION[:K]]`` says: when it comes to the moment for the K-th time (from 1).

    ``kill`` (the default) is SIGKILL, ``stop`` SIGSTOP, and ``error`` an exception that nothing expects. An empty text
    disarms. Raises :class:`ValueError` with words for anything else.
    """
    name, _, rest = text.partition(":")
    action, _, count = rest.partition(":")
    if text and name not in MOMENTS:
        raise ValueError(f"There is no failpoint {name!r}. There are: {', '.join(MOMENTS)}.")
    if action not in ("", *_ACTIONS):
        raise ValueError(f"A failpoint can do {', '.join(_ACTIONS)}, not {action!r}.")
    if count and not (count.isascii() and count.isdigit() and int(count)):
        raise ValueError(f"A failpoint counts from 1, not {count!r}.")
    _armed.name, _armed.action, _armed.left = name, action or "kill", int(count or 1)


def reach(name: str) -> None:
    """The program has come to the moment ``name``."""
    if _armed.name != name:
        return
    _armed.left -= 1
    if _armed.left:
        return
    if _armed.action == "error":
        raise FailpointReached(name)
    os.kill(os.getpid(), signal.SIGKILL if _armed.action == "kill" else signal.SIGSTOP)
