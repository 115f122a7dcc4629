"""Tries an account with one question that changes nothing, within its limits and its daily budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from importer.app.doctor import Examined, Health, region, server_clock, tenant
from importer.app.environment import Surroundings
from importer.app.preflight import who_is_it
from importer.config.settings import Account
from importer.core.errors import ImporterError, RunStopped
from importer.ledger.interface import Ledger
from importer.rate_limit.daily_quota import DailyQuota


@dataclass(frozen=True, slots=True)
class Tried:
    """What was found about one account; ``tenant`` is empty when LeadSquared did not tell it."""

    name: str
    examined: tuple[Examined, ...]
    tenant: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return all(each.health is not Health.BAD for each in self.examined)


def try_account(account: Account, ledger: Ledger, outside: Surroundings, also: Mapping[str, str]) -> Tried:
    """Ask LeadSquared once whose keys these are.

    ``also`` holds the tenants of accounts that were tried before, by name: an equal one is noticed. Raises
    :class:`RunStopped` when the person asks to stop.
    """
    found: list[Examined] = [Examined("Host", Health.GOOD, account.host)]
    crm = outside.make_crm(account)
    try:
        quota = DailyQuota(account, ledger, outside.clock)
        identity, seen = who_is_it(account, crm, outside.clock, outside.stop.is_set, quota.check_and_count)
    except ImporterError as error:
        if isinstance(error, RunStopped) and outside.stop.is_set():
            raise
        found.append(Examined("Keys", Health.BAD, error.message, error.remedy))
        return Tried(account.name, tuple(found))
    finally:
        crm.close()
    found.append(Examined("Keys", Health.GOOD, f"accepted; they belong to {identity.user_name} of {identity.org_name}"))
    found.append(tenant(account, identity, {**also, **ledger.tenants()}))
    found += [*region(account, identity), server_clock(seen), *_async(account)]
    return Tried(account.name, tuple(found), identity.org_id)


def _async(account: Account) -> Iterator[Examined]:
    if account.async_host and account.keys.api:
        yield Examined("Async", Health.GOOD, account.async_host)
    elif account.async_host or account.keys.api:
        lacking = "async_host" if account.keys.api else "api_key"
        yield Examined("Async", Health.NOTE, f"{lacking} is missing", "The async targets need async_host and api_key.")
    else:
        yield Examined("Async", Health.NOTE, "not configured", "Only the async targets need async_host and api_key.")
