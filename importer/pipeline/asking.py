"""Questions to the CRM: within the limits, and repeated when they fail, for they change nothing."""

from __future__ import annotations

from collections.abc import Callable

from importer.crm.answers import classify
from importer.crm.interface import Crm
from importer.crm.limits import Slot
from importer.errors import CrmError, RunStopped
from importer.model import CallClass, Reply, Request, Verdict, VerdictKind
from importer.pipeline.clock import Clock
from importer.pipeline.limits import Allowances

_TRIES = 4
_FIRST_PAUSE = 0.5
_LONGEST_LOOK_AWAY = 0.25


class UnansweredError(CrmError):
    """A question that got no answer, however often it was asked; the next one may fare no better."""


class Asker:
    """Sends requests that are safe to repeat. Several threads may ask at once."""

    def __init__(self, crm: Crm, allowances: Allowances, clock: Clock, stopping: Callable[[], bool]) -> None:
        self._crm = crm
        self._allowances = allowances
        self._clock = clock
        self._stopping = stopping
        self.server_skew: float | None = None
        """The server's clock minus ours, in seconds, as the last answer told it."""

    def ask(self, request: Request) -> Reply:
        """The CRM's answer to a question.

        A refusal of the question's content is an answer too. Raises :class:`UnansweredError` when no answer can be had,
        :class:`CrmError` when the keys or the address are refused,
        and :class:`RunStopped` when the person asked to stop meanwhile, or limits refuse every call.
        """
        failures = 0
        while True:
            reply, verdict = self._once(request)
            if verdict.kind in (VerdictKind.APPLIED, VerdictKind.REFUSED):
                return reply
            if verdict.kind is VerdictKind.MISCONFIGURED:
                raise CrmError(f"LeadSquared refused a question: {verdict.message}", "Run: importer doctor")
            if verdict.kind is VerdictKind.THROTTLED:
                hopeless = self._allowances.hopeless(request.call_class)
                if hopeless is not None:
                    raise hopeless
            else:
                failures += 1
                if failures < _TRIES:
                    self._clock.sleep(_FIRST_PAUSE * 2 ** (failures - 1))
            if failures >= _TRIES:
                raise UnansweredError(
                    f"LeadSquared did not answer a question: {verdict.message}",
                    "Check the connection, then run: importer resume",
                )

    def _once(self, request: Request) -> tuple[Reply, Verdict]:
        kind = request.call_class
        slot = self._slot(kind)
        reply = self._allowances.send(kind, slot, lambda: self._crm.send(request))
        self.notice(reply)
        verdict = classify(reply, batch_of_one=True)
        if verdict.kind is VerdictKind.THROTTLED:
            self._allowances.refused(kind, verdict)
        else:
            self._allowances.accepted(kind)
        return reply, verdict

    def notice(self, reply: Reply) -> None:
        """Remember what any reply tells of the server's clock."""
        if reply.server_skew is not None:
            self.server_skew = reply.server_skew

    def _slot(self, kind: CallClass) -> Slot:
        while True:
            if self._stopping():
                raise RunStopped("Stopped on request while asking LeadSquared.", "Run: importer resume")
            slot = self._allowances.take(kind)
            if slot is not None:
                return slot
            # While every slot is with a call in flight, nobody knows for how long: look again soon.
            self._clock.sleep(min(_LONGEST_LOOK_AWAY, max(0.005, self._allowances.wait_time(kind))))
