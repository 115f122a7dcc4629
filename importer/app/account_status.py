"""The accounts of the accounts file: host, limits and whether the keys are there. Sends no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.app.environment import Environment, open_ledger_of
from importer.config import (
    DEFAULT_LIMIT,
    KEY_NAMES,
    PLAN_LIMITS,
    Account,
    AccountEntry,
    AccountPlan,
    KeyPlace,
    fetch_key,
    find_accounts_file,
    find_region_name,
    load_account,
    load_accounts,
    read_database_url,
)
from importer.core.errors import SettingsError, UsageError
from importer.core.model import CallClass
from importer.ledger import ledger_exists


@dataclass(frozen=True, slots=True)
class KeyFound:
    """Where a key is kept, such as ``env INDIA_ACCESS_KEY``, and what keeps it from being used; empty when nothing."""

    name: str
    place: str
    trouble: str


@dataclass(frozen=True, slots=True)
class AccountListing:
    """One account. ``keys`` are those that the accounts file names.

    ``last_used`` is the day or moment (ISO, UTC) of its last call; empty when there was none.
    """

    name: str
    host: str
    region: str
    async_host: str
    keys: tuple[KeyFound, ...]
    calls: int
    bulk_calls: int
    window_seconds: float
    daily_calls: int
    time_zone: str
    country: str
    last_used: str


def read_accounts_file(env: Environment) -> tuple[Path, dict[str, AccountEntry]]:
    """Read the accounts file; returns its path and entries.

    Raises :class:`AccountsFileError`, and :class:`UsageError` without a file.
    """
    path = find_accounts_file(env.variables, env.home)
    if path is None:
        raise UsageError(
            f"There is no accounts file: neither accounts.yaml here nor {env.home / 'accounts.yaml'}.",
            "Make one with its first account: importer accounts add NAME",
        )
    return path, load_accounts(path)


def list_accounts(env: Environment) -> tuple[Path, list[AccountListing]]:
    """List the accounts in the order of the accounts file, with its path.

    Raises as :func:`read_accounts_file`, and :class:`LedgerError`.
    """
    path, entries = read_accounts_file(env)
    used = _last_used(list(entries), env)
    return path, [_listed(name, entry, used[name], env.variables) for name, entry in entries.items()]


def list_other_accounts(env: Environment, sandboxes: Sequence[str]) -> list[AccountListing]:
    """List the accounts that no file names: that of the variables, and the ``sandboxes``; incomplete ones are left out.

    Raises :class:`LedgerError`.
    """
    listed: dict[str, AccountListing] = {}
    for name in (None, *sandboxes):
        try:
            account = load_account(name, env.variables, env.home)
        except SettingsError:
            continue
        listed[account.name] = _of_account(account, _last_used([account.name], env)[account.name])
    return list(listed.values())


def _of_account(account: Account, last_used: str) -> AccountListing:
    standard, bulk = account.limits[CallClass.STANDARD], account.limits[CallClass.BULK]
    return AccountListing(
        name=account.name,
        host=account.host,
        region=find_region_name(account.host),
        async_host=account.async_host,
        keys=(),
        calls=standard.calls,
        bulk_calls=bulk.calls,
        window_seconds=standard.seconds,
        daily_calls=account.daily_calls,
        time_zone=account.time_zone,
        country=account.country,
        last_used=last_used,
    )


def _last_used(names: list[str], env: Environment) -> dict[str, str]:
    if not ledger_exists(env.home, read_database_url(env.variables)):
        return dict.fromkeys(names, "")
    with open_ledger_of(env) as ledger:
        # A day is shorter than a moment of it, so the moment is the greater text.
        return {name: max(ledger.last_call_ended_at(name), ledger.last_query_day(name)) for name in names}


def _listed(name: str, entry: AccountEntry, last_used: str, environment: Mapping[str, str]) -> AccountListing:
    usual = PLAN_LIMITS.get(entry.plan or AccountPlan.UNKNOWN, dict.fromkeys(CallClass, DEFAULT_LIMIT))
    calls = int(entry.calls_per_window or usual[CallClass.STANDARD].calls)
    bulk = calls if entry.calls_per_window else usual[CallClass.BULK].calls
    places: dict[str, KeyPlace | None] = {key: getattr(entry, key) for key in KEY_NAMES}
    return AccountListing(
        name=name,
        host=entry.host,
        region=find_region_name(entry.host),
        async_host=entry.async_host,
        keys=tuple(_key(name, key, place, environment) for key, place in places.items() if place is not None),
        calls=calls,
        bulk_calls=int(entry.bulk_calls_per_window or bulk),
        window_seconds=entry.window_seconds or DEFAULT_LIMIT.seconds,
        daily_calls=int(entry.daily_calls or 0),
        time_zone=entry.time_zone or "",
        country=entry.country or "",
        last_used=last_used,
    )


def _key(account: str, key: str, place: KeyPlace, environment: Mapping[str, str]) -> KeyFound:
    said = place.model_dump(exclude_none=True)
    ((kind, where),) = said.items()
    try:
        trouble = "" if fetch_key(account, key, said, environment).strip() else "not there"
    except SettingsError as error:
        trouble = f"{error.message} {error.remedy}"
    return KeyFound(key, f"{kind} {where}", trouble)
