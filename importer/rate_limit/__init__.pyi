from .account_limiter import AccountLimiter, first_wait, make_account_limiter, not_sent_reply
from .daily_quota import DailyQuota, count_calls_today
from .window_limiter import Slot, describe_limit

__all__ = [
    "AccountLimiter",
    "DailyQuota",
    "Slot",
    "count_calls_today",
    "describe_limit",
    "first_wait",
    "make_account_limiter",
    "not_sent_reply",
]
