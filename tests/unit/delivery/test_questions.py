"""Questions to the CRM: repeated, held back by limits, given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from importer.app.preflight import bind_tenant, clear_account
from importer.core.errors import CrmError, RunStopped, SettingsError
from importer.core.model import CallClass, Limit, Reply, Request, Verdict, VerdictKind
from importer.leadsquared.query_client import QueryClient
from importer.rate_limit.account_limiter import AccountLimiter
from tests.support.delivery_world import (
    LOST,
    UNREACHED,
    VirtualClock,
    World,
    answer,
    mx,
)
from tests.support.scripted_crm import ScriptedCrm

QUESTION = Request("GET", "/x", CallClass.STANDARD)


def query_client(crm: Any, clock: VirtualClock, stopping: Callable[[], bool] = lambda: False) -> QueryClient:
    limits = dict.fromkeys(CallClass, Limit(2, 5.0))
    return QueryClient(crm, AccountLimiter(limits, clock, 10.0), clock, stopping, lambda: None)


def test_a_question_is_repeated_and_waits_for_the_limit() -> None:
    """Failures and refusals because of limits are tried again; the answer comes in the end."""
    clock = VirtualClock()
    busy = mx("MXAPIRateLimitExceededException", "API calls exceeded the limit of 1 in 5 second(s)", 429)
    crm = ScriptedCrm(LOST, busy, UNREACHED, answer({"Status": "Success"}))
    assert query_client(crm, clock).query(QUESTION).body == {"Status": "Success"}
    assert crm.requests == 4
    assert sum(clock.slept) > 5


@pytest.mark.parametrize("reply", [LOST, answer("", 404)])
def test_a_question_without_an_answer_gives_up(reply: Reply) -> None:
    """In the end it is an error for people."""
    with pytest.raises(CrmError):
        query_client(ScriptedCrm(reply), VirtualClock()).query(QUESTION)


def test_a_question_that_limits_refuse_for_ever_stops_the_run() -> None:
    """Asking on is no use, and neither is sending."""
    busy = mx("MXAPIRateLimitExceededException", "no", 429)
    with pytest.raises(RunStopped, match="refuses every call because of its limits: no"):
        query_client(ScriptedCrm(busy), VirtualClock()).query(QUESTION)


def test_a_question_stops_when_asked_to() -> None:
    """Ctrl-C ends waiting questions, too."""
    with pytest.raises(RunStopped):
        query_client(ScriptedCrm(LOST), VirtualClock(), lambda: True).query(QUESTION)


def test_limits_learned_from_a_refusal_without_numbers() -> None:
    """A refusal that names no limit pauses the class, longer each time."""
    clock = VirtualClock()
    limiter = AccountLimiter(dict.fromkeys(CallClass, Limit(2, 5.0)), clock, 10.0, randomness=lambda: 0.5)
    refused = Verdict(VerdictKind.THROTTLED, "throttled", "busy", retry_after=30.0)
    assert limiter.record_refusal(CallClass.BULK, refused) == 30
    clock.sleep(30)
    assert limiter.record_refusal(CallClass.BULK, replace(refused, retry_after=None)) == 7.7
    assert limiter.pop_learned_limits() == []
    assert limiter.acquire(CallClass.BULK) is None
    limiter.record_success(CallClass.BULK)
    assert limiter.limit(CallClass.BULK) == Limit(2, 5.0)


def test_a_budget_of_another_day(world: World) -> None:
    """No budget, no counting."""
    assert world.account.daily_calls == 0


def identity(**changes: str) -> Reply:
    body = {"OrgId": "org-1", "Name": "Ann", "Role": "Administrator", "OrgDisplayName": "Academy", "TimeZone": "UTC"}
    return answer({**body, **changes})


def test_the_tenant_is_bound(world: World) -> None:
    """Other keys under the same account name are refused; a role that sees too little is a warning."""
    cleared = clear_account(
        world.account,
        ScriptedCrm(identity(Role="Sales_User")),
        world.ledger,
        world.clock,
        lambda: False,  # type: ignore[arg-type]
    )
    assert "Sales_User" in cleared.warnings[0]
    assert world.ledger.tenants() == {}, "nobody has said yes to this tenant"
    bind_tenant(world.account, world.ledger, cleared.identity)
    assert world.ledger.tenants() == {"test": "org-1"}
    with pytest.raises(SettingsError, match="another LeadSquared tenant"):
        bind_tenant(world.account, world.ledger, replace(cleared.identity, org_id="org-2"))
    with pytest.raises(SettingsError, match="another LeadSquared tenant"):
        clear_account(world.account, ScriptedCrm(identity(OrgId="org-2")), world.ledger, world.clock, lambda: False)  # type: ignore[arg-type]
    world.ledger.bind_account("second", "org-1")
    shared = clear_account(world.account, ScriptedCrm(identity()), world.ledger, world.clock, lambda: False)  # type: ignore[arg-type]
    assert "test and second are the same LeadSquared tenant" in shared.warnings[0]
    with pytest.raises(SettingsError, match="does not accept"):
        clear_account(world.account, ScriptedCrm(answer("", 401)), world.ledger, world.clock, lambda: False)  # type: ignore[arg-type]
