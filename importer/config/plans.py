"""The plans of LeadSquared and their rate limits (https://apidocs.leadsquared.com/rate-limits/)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from importer.core.model import CallClass, Limit

_SECONDS = 5.0


class AccountPlan(StrEnum):
    """The plan of an account. It decides how many calls LeadSquared allows; no call of the API tells it."""

    PRO = "pro"
    SUPER = "super"
    UNKNOWN = "unknown"
    """Not said, or an older plan: the limit is learned from refusals."""


def _limits(calls: int, bulk: int) -> dict[CallClass, Limit]:
    # Nothing is documented about calls of the async host; they are taken for ordinary ones.
    usual = Limit(calls, _SECONDS)
    return {CallClass.STANDARD: usual, CallClass.ASYNC: usual, CallClass.BULK: Limit(bulk, _SECONDS)}


PLAN_LIMITS: Mapping[AccountPlan, Mapping[CallClass, Limit]] = {
    AccountPlan.PRO: _limits(10, 5),
    AccountPlan.SUPER: _limits(20, 10),
}
"""The limits of the plans that are sold today, the smallest plan first."""
