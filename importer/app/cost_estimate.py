"""Estimate of the calls and time of a delivery, shown before it begins."""

from __future__ import annotations

from datetime import datetime

from importer.config.settings import DEFAULT_LIMIT, Account
from importer.core.model import CallClass, Limit
from importer.ledger.interface import Ledger
from importer.planning.plan import mapping_of_plan
from importer.planning.store import Plan
from importer.rate_limit.daily_quota import count_calls_today
from importer.rate_limit.window_limiter import describe_limit
from importer.reports.interface import Cost
from importer.reports.messages import format_count, format_duration
from importer.targets import make_target


def estimate_cost(plan: Plan, now: datetime, account: Account | None, ledger: Ledger | None = None) -> Cost | None:
    """Estimate the least that a delivery of all ready rows of ``plan`` needs; ``None`` when there are none.

    Without an account LeadSquared's usual limit is used; with a ledger, the limits learned and the calls made since the
    midnight (UTC) before ``now``. Rows that turn out to be in LeadSquared already need no call; waiting,
    reading back and polling come on top.
    """
    if not plan.facts.ready or plan.facts.blocked:
        return None
    mapping = mapping_of_plan(plan.facts).mapping
    target = make_target(mapping)
    kind = target.call_class
    left: int | None = None
    if account is not None and account.daily_calls:
        used = count_calls_today(ledger, account.name, now) if ledger else 0
        left = max(0, account.daily_calls - used)
    calls = -(-plan.facts.ready // target.batch_size)
    limit = _limit(kind, account, ledger)
    seconds = (calls - 1) // limit.calls * limit.seconds
    time = f" and {format_duration(seconds)}" if seconds >= 1 else ""
    at_limit = describe_limit(kind, limit.calls, limit.seconds)
    text = f"at least {format_count(calls, 'call')}{time}, at {at_limit}{_describe_budget(calls, left)}"
    return Cost(calls, seconds, left, text)


def _limit(kind: CallClass, account: Account | None, ledger: Ledger | None) -> Limit:
    if account is None:
        return DEFAULT_LIMIT
    learned = ledger.learned_limits(account.name).get(kind) if ledger else None
    return account.limits[kind].stricter(learned.limit if learned else None)


def _describe_budget(calls: int, left: int | None) -> str:
    if left is None:
        return ""
    if left >= calls:
        return f"; the daily budget leaves at most {format_count(left, 'call')} today"
    return (
        f"; the daily budget leaves at most {format_count(left, 'call')} today, so the import will stop there, and "
        "`importer resume` goes on tomorrow"
    )
