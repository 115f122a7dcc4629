"""Questions that wait for their turn."""

from __future__ import annotations

from dataclasses import replace

from importer.core.model import CallClass, Limit, Reply, Request
from importer.leadsquared.query_client import QueryClient
from importer.rate_limit.account_limiter import AccountLimiter
from importer.rate_limit.window_limiter import Slot
from tests.support.delivery_world import VirtualClock, answer

QUESTION = Request("GET", "/LeadManagement.svc/Leads.GetById", CallClass.STANDARD)


class OneSlot(VirtualClock):
    """Time in which the only slot's call completes after the second look."""

    def __init__(self) -> None:
        super().__init__()
        self.limiter = AccountLimiter({kind: Limit(1, 5.0) for kind in CallClass}, self, 0.0)
        self.taken: Slot | None = self.limiter.acquire(CallClass.STANDARD)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == 2 and self.taken:
            self.limiter.release(CallClass.STANDARD, self.taken, answer({}))


class Answering:
    """A CRM that answers everything."""

    def send(self, request: Request) -> Reply:
        return answer({"Asked": request.path})

    def close(self) -> None:
        """Nothing to close."""


def test_a_question_waits_in_short_looks_while_every_slot_is_with_a_call_in_flight() -> None:
    """Nobody knows how long a call in flight will take; the wait for it is never endless."""
    clock = OneSlot()
    reply = QueryClient(Answering(), clock.limiter, clock, lambda: False, lambda: None).query(QUESTION)
    assert reply.body == {"Asked": QUESTION.path}
    assert max(clock.slept) <= 0.25
    assert sum(clock.slept) >= 5.0


def test_the_key_pair_is_only_sent_after_a_refusal_without_it() -> None:
    """And from then on at once; other calls are not repeated."""
    sent: list[bool] = []

    class Refusing(Answering):
        def send(self, request: Request) -> Reply:
            sent.append(request.needs_pair)
            return super().send(request) if request.needs_pair else answer({"message": "Forbidden"}, 403)

    clock = VirtualClock()
    limiter = AccountLimiter({kind: Limit(9, 5.0) for kind in CallClass}, clock, 0.0)
    client = QueryClient(Refusing(), limiter, clock, lambda: False, lambda: None)
    status = replace(QUESTION, needs_pair=False)
    for _ in range(2):
        assert client.query(status).body == {"Asked": QUESTION.path}
    assert sent == [False, True, True]
