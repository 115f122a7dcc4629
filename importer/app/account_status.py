"""The accounts of the accounts file: where each is, what it allows, and whether its keys are there. Nobody is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from importer.app.environment import Surroundings, open_memory
from importer.config.accounts import accounts_file, fetch_key
from importer.config.accounts_file.loader import load_accounts
from importer.config.accounts_file.model import AccountEntry, KeyPlace
from importer.config.regions import region_of
from importer.config.settings import DEFAULT_LIMIT, KEY_NAMES, database_of
from importer.core.errors import SettingsError, UsageError
from importer.ledger.factory import ledger_exists


@dataclass(frozen=True, slots=True)
class KeyFound:
    """Where a key is kept, such as ``env INDIA_ACCESS_KEY``, and what keeps it from being used; empty when nothing."""

    name: str
    place: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One account. ``last_used`` is the day or moment (ISO, UTC) of its last call; empty when there was none."""

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


def accounts_of(outside: Surroundings) -> tuple[Path, dict[str, AccountEntry]]:
    """The accounts file and what it says. Raises :class:`AccountsFileError`, and :class:`UsageError` without one."""
    path = accounts_file(outside.environment, outside.home)
    if path is None:
        raise UsageError(
            f"There is no accounts file: neither accounts.yaml here nor {outside.home / 'accounts.yaml'}.",
            "Make one with its first account: importer accounts add NAME",
        )
    return path, load_accounts(path)


def overview(outside: Surroundings) -> tuple[Path, list[Listed]]:
    """The accounts file and its accounts, in its order. Raises as :func:`accounts_of`, and :class:`LedgerError`."""
    path, entries = accounts_of(outside)
    used = _last_used(list(entries), outside)
    return path, [_listed(name, entry, used[name], outside.environment) for name, entry in entries.items()]


def _last_used(names: list[str], outside: Surroundings) -> dict[str, str]:
    if not ledger_exists(outside.home, database_of(outside.environment)):
        return dict.fromkeys(names, "")
    with open_memory(outside) as ledger:
        # A day is shorter than a moment of it, so the moment is the greater text.
        return {name: max(ledger.last_call_ended_at(name), ledger.last_day_asked(name)) for name in names}


def _listed(name: str, entry: AccountEntry, last_used: str, environment: Mapping[str, str]) -> Listed:
    calls = int(entry.calls_per_window or DEFAULT_LIMIT.calls)
    places: dict[str, KeyPlace | None] = {key: getattr(entry, key) for key in KEY_NAMES}
    return Listed(
        name=name,
        host=entry.host,
        region=region_of(entry.host),
        async_host=entry.async_host,
        keys=tuple(_key(name, key, place, environment) for key, place in places.items() if place is not None),
        calls=calls,
        bulk_calls=int(entry.bulk_calls_per_window or calls),
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
