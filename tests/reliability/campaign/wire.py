"""Kill a command at a moment of a call: when the CRM has received it, has stored it, or has answered it."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from dataclasses import dataclass

from importer.sandbox.crm import Call
from importer.sandbox.replies import Dropped, Reply
from importer.sandbox.routes import BY_PATH
from tests.support.commands import Ended, Running
from tests.support.trial import Trial

MOMENTS = {
    "arrives": "the call has arrived and is never processed",
    "begins": "the call has arrived; it is processed after the caller has died",
    "late": "the call has arrived; it is processed a quarter of the settle time later",
    "stored": "the call is processed, the answer has not begun",
    "answered": "the answer is on its way",
}
"""When a command is killed, by name. Points 10 to 19 of the list of crash points lie on both sides of these."""


@dataclass(frozen=True)
class WireCrash:
    """Kill at ``moment`` of the ``number``-th call (from 1) that writes, or reads."""

    moment: str
    number: int = 1
    reads: bool = False

    def __str__(self) -> str:
        return f"{self.moment}@{'read' if self.reads else 'write'}{self.number}"

    @staticmethod
    def parse(text: str) -> WireCrash:
        """Parse the name of a crash."""
        moment, _, which = text.partition("@")
        if moment not in MOMENTS or which.rstrip("0123456789") not in ("read", "write"):
            raise ValueError(f"{text} is no crash on the wire")
        return WireCrash(moment, int(which.lstrip("readwit")), which.startswith("read"))


def kill_and_wait(pid: int) -> None:
    """SIGKILL, and wait until the process is gone. Its own Process object may be waited for in another thread."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        for _ in range(2000):
            os.kill(pid, 0)
            time.sleep(0.002)


class Killer:
    """Intercepts the calls to the sandbox of a trial, and kills the command that makes the chosen one."""

    def __init__(self, trial: Trial, crash: WireCrash) -> None:
        self._trial = trial
        self._crash = crash
        self._victim: Running | None = None
        self._seen = 0
        self._lock = threading.Lock()
        self._really = trial.sandbox.crm.answer
        self._ready = threading.Event()
        trial.sandbox.crm.answer = self._answer  # type: ignore[method-assign]  # the harness stands in between

    def run(self, *arguments: str) -> Ended:
        """Run a command that is killed when its call comes; it may also end before."""
        self._victim = self._trial.start(*arguments)
        self._ready.set()
        ended = self._victim.wait()
        self._trial.sandbox.crm.answer = self._really  # type: ignore[method-assign]  # the same
        return ended

    def _answer(self, call: Call) -> Reply:
        if not self._is_the_one(call):
            return self._really(call)
        moment = self._crash.moment
        if moment in ("arrives", "begins", "late"):
            self._kill()
        if moment == "arrives":
            raise Dropped
        if moment == "late":
            self._trial.sandbox.crm.stopping.wait(float(self._trial.environment["LEADSQUARED_SETTLE_SECONDS"]) / 4)
        reply = self._really(call)
        if moment == "stored":
            self._kill()
        if moment == "answered":
            threading.Thread(target=self._kill).start()
        return reply

    def _is_the_one(self, call: Call) -> bool:
        route = BY_PATH.get(call.path)
        if route is None or route.writes == self._crash.reads:
            return False
        with self._lock:
            self._seen += 1
            return self._seen == self._crash.number

    def _kill(self) -> None:
        self._ready.wait(10)
        assert self._victim is not None
        kill_and_wait(self._victim.pid)
