"""Settings of an account and of this machine: hosts, keys, limits, home folder and database."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from importer.config.plans import PLAN_LIMITS, AccountPlan
from importer.config.secrets import read_certificates, without_keys
from importer.core.errors import SettingsError
from importer.core.filesystem import make_private_folder
from importer.core.model import CallClass, Limit
from importer.core.platform import permission_bits
from importer.core.redaction import Secret, is_key

Choice = TypeVar("Choice", bound=StrEnum)

DEFAULT_LIMIT = Limit(25, 5.0)
_OFFICIAL_HOST = re.compile(r"(?:async)?api(?:-[a-z]{2}[0-9]{2})?\.leadsquared\.com")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
KEY_NAMES = ("access_key", "secret_key", "api_key")
ASYNC_PATHS: Mapping[str, str] = {
    "lead_status_path": "/lead/status",
    "lead_metrics_path": "/lead/metrics",
    "activity_status_path": "/activity/createcustom/status",
    "activity_metrics_path": "/activity/createcustom/metrics",
}
"""The settings for paths on the async host that are not documented for certain, each with the path that is assumed."""
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_SECRET_PARAMETERS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class Keys:
    """The three keys of an account. ``api`` is only needed for async calls."""

    access: Secret
    secret: Secret
    api: Secret


class AccountChecks(StrEnum):
    """Handling of a mapping or a cell that does not fit the account's metadata."""

    PROBLEM = "problem"
    """It is a problem: what is certain to fail is not sent."""
    NOTE = "note"
    """It is a note of the report, and everything is sent."""
    OFF = "off"
    """The metadata is not read, and nothing is compared."""


class KeysIn(StrEnum):
    """Where the access and secret key travel in calls of the sync host."""

    HEADERS = "headers"
    QUERY = "query"
    """In the address, as the samples of the documentation show them."""


@dataclass(frozen=True, slots=True)
class Account:
    """One LeadSquared account: hosts, keys, limits and defaults. Durations are in seconds.

    ``host`` and ``async_host`` are origins such as ``https://api-in21.leadsquared.com``; ``async_host`` may be empty.
    ``limits`` holds the configured limits; those learned from refusals are in the ledger. ``daily_calls`` 0: no budget.
    ``time_zone`` (IANA name) and ``country`` (two letters) are the defaults of mappings; empty means unknown.
    """

    name: str
    host: str
    async_host: str
    keys: Keys
    limits: Mapping[CallClass, Limit]
    daily_calls: int = 0
    settle_seconds: float = 120.0
    timeout_seconds: float = 60.0
    time_zone: str = ""
    country: str = ""
    metadata_hours: float = 24.0
    """How long the metadata (fields, activity types and users) counts as fresh."""
    account_checks: AccountChecks = AccountChecks.PROBLEM
    async_paths: Mapping[str, str] = field(default_factory=dict)
    """Other paths on the async host, by the path that is assumed."""
    keys_in: KeysIn = KeysIn.HEADERS
    plan: AccountPlan = AccountPlan.UNKNOWN
    known_limits: frozenset[CallClass] = frozenset(CallClass)
    """The classes of calls whose limit is configured or follows from the plan; the others have an assumed one."""
    slots: Path | None = None
    """Folder in which the processes of this machine share the account's limits; ``None``: each keeps its own count."""
    ca_certificates: str = ""
    """Certificates of authorities (PEM) that are trusted besides those of the operating system."""
    proxy: Secret | None = None
    """URL of the proxy through which hosts beyond this machine are reached."""
    database: Secret | None = None
    """URL of the database in which the processes of all machines share them instead."""

    @property
    def is_sandbox(self) -> bool:
        """Whether the account is on this machine."""
        return is_loopback(self.host)


def is_loopback(origin: str) -> bool:
    """Whether ``origin`` is on this machine."""
    return urlsplit(origin).hostname in _LOOPBACK


@dataclass(frozen=True, slots=True)
class Locale:
    """Defaults for dates and phone numbers when neither mapping nor account says otherwise."""

    time_zone: str = ""
    country: str = ""


def home_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of ledger and runs: ``IMPORTER_HOME``, else the user's data folder. Created with mode 0700.

    One that exists is not changed, for others may use it, too. Raises :class:`SettingsError` when it cannot be used, or
    when others may put files into it.
    """
    given = environment.get("IMPORTER_HOME", "").strip()
    if given:
        folder = Path(given).expanduser().absolute()
    else:
        from platformdirs import user_data_path

        folder = user_data_path("importer", appauthor=False)
    try:
        make_private_folder(folder)
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        others_may_write = permission_bits(folder.stat()) & 0o022
    except OSError as error:
        raise SettingsError(
            f"The folder {folder} cannot be used: {error.strerror or error}.",
            "Set IMPORTER_HOME to a folder on a local disk that you may write to.",
        ) from None
    if others_may_write:
        raise SettingsError(
            f"Others may change the folder {folder}, so ledger and keys are not safe there. It was left as it is.",
            f"Set IMPORTER_HOME to a new folder, which is made private, such as {folder / 'importer'}; or, if this one "
            f"is only yours, run: chmod 700 {folder}",
        )
    return folder


DATABASE_VARIABLE = "IMPORTER_DATABASE_URL"
_SCHEMES = ("postgresql", "postgres")


def read_database_url(environment: Mapping[str, str]) -> Secret | None:
    """Read the URL of the PostgreSQL database for ledger, limits and locks; ``None``: they are files of this machine.

    From now on neither the URL nor a password in it is shown anywhere. Raises :class:`SettingsError`, which never
    quotes it.
    """
    url = environment.get(DATABASE_VARIABLE, "").strip()
    if not url:
        return None
    whole = Secret(url)
    try:
        parts = urlsplit(url)
        words = [parts.password or "", *(text for name, text in parse_qsl(parts.query) if name in _SECRET_PARAMETERS)]
    except ValueError:
        parts, words = urlsplit(""), []
    for word in words:
        Secret(word)
        Secret(unquote(word))
    if parts.scheme not in _SCHEMES:
        raise SettingsError(
            f"{DATABASE_VARIABLE} is not the URL of a PostgreSQL database.",
            "Expected something like postgresql://user@host:5432/database; see docs/postgresql.md.",
        )
    return whole


def without_database(environment: Mapping[str, str]) -> dict[str, str]:
    """Return ``environment`` without the database's URL, for everything that is kept on this machine in any case."""
    return {name: text for name, text in environment.items() if name != DATABASE_VARIABLE}


def parse_origin(text: str, name: str) -> str:
    """Parse the origin of a host as users paste it: a bare host, ``https://host`` or ``https://host/v2/``.

    Only LeadSquared's hosts over HTTPS are accepted, and plain HTTP only for this machine.
    Raises :class:`SettingsError` naming the setting ``name``.
    """
    pasted = text.strip()
    try:
        parts = urlsplit(pasted if "://" in pasted else f"https://{pasted}")
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        parts, host, port = urlsplit(""), "", None
    odd = parts.username is not None or parts.query or parts.fragment or not pasted.isascii() or "\\" in pasted
    if host in _LOOPBACK and not odd and parts.scheme in ("http", "https"):
        shown = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{shown}:{port}" if port else f"{parts.scheme}://{shown}"
    if odd or parts.scheme != "https" or port not in (None, 443) or not _OFFICIAL_HOST.fullmatch(host):
        raise SettingsError(
            f"{name} is not a LeadSquared host.",
            "Expected something like https://api-in21.leadsquared.com (see My Account > Settings > API and Webhooks); "
            "plain http:// is only accepted for this machine.",
        )
    return f"https://{host}"


def parse_proxy(text: str, name: str) -> Secret:
    """Parse the URL of a proxy; from now on neither it nor the password in it is shown anywhere.

    Raises :class:`SettingsError` naming the setting ``name``, which never quotes the URL.
    """
    pasted = text.strip()
    try:
        parts = urlsplit(pasted if "://" in pasted else f"http://{pasted}")
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.password:
        pair = f"{unquote(parts.username or '')}:{unquote(parts.password)}"
        for secret in (pasted, parts.password, unquote(parts.password), pair):
            Secret(secret)
    odd = parts.path not in ("", "/") or parts.query or parts.fragment or not pasted.isascii()
    if not host or odd or parts.scheme not in ("http", "https"):
        raise SettingsError(
            f"{name} is not the address of a proxy.",
            "Expected something like http://proxy.example.com:8080, or http://name:password@proxy.example.com:8080.",
        )
    return Secret(f"{parts.scheme}://{parts.netloc}" if port else f"{parts.scheme}://{parts.netloc}:8080")


def remove_keys(environment: MutableMapping[str, str]) -> None:
    """Remove every variable that holds a key, so that no process started later inherits one.

    Several threads may do so at the same moment.
    """
    kept = without_keys(environment, is_key)
    for name in set(environment) - set(kept):
        with suppress(KeyError):
            del environment[name]


def child_environment(environment: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a child process: ``environment`` without any key, and the child's ``own`` variables."""
    return {**without_keys(environment, is_key), **own}


RANGES: Mapping[str, tuple[float, float]] = {
    "calls_per_window": (1, 1000),
    "window_seconds": (0.1, 3600),
    "bulk_calls_per_window": (1, 1000),
    "daily_calls": (0, 100_000_000),
    "settle_seconds": (0, 86_400),
    "timeout_seconds": (0.1, 3600),
    "metadata_hours": (0, 8760),
}
"""The numeric settings of an account, with their smallest and largest values."""


def build_account(name: str, get: Callable[[str], str], prefix: str = "") -> Account:
    """Build an account from its settings; ``get`` returns each by its name (``host``, ``settle_seconds``, …) or "".

    ``prefix`` goes before the setting's name in messages. Raises :class:`SettingsError`.
    """

    def describe(key: str) -> str:
        return f"{prefix}{key.upper()}" if prefix else f"`{key}` of account {name}"

    def number(key: str, default: float) -> float:
        low, high = RANGES[key]
        text = get(key).strip()
        if not text:
            return default
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise SettingsError(f"{describe(key)} is {text!r}.", f"Expected a number from {low:g} to {high:g}.")
        return value

    def choice(key: str, default: Choice) -> Choice:
        text, known = get(key).strip().lower(), list(type(default))
        if text and text not in known:
            raise SettingsError(f"{describe(key)} is {text!r}.", f"Expected one of {', '.join(known)}.")
        return type(default)(text) if text else default

    async_text = get("async_host").strip()
    host = parse_origin(get("host"), describe("host"))
    window = number("window_seconds", DEFAULT_LIMIT.seconds)
    plan = choice("plan", AccountPlan.UNKNOWN)
    usual = PLAN_LIMITS.get(plan, dict.fromkeys(CallClass, DEFAULT_LIMIT))
    calls = int(number("calls_per_window", usual[CallClass.STANDARD].calls))
    has_calls = bool(get("calls_per_window").strip())
    bulk = int(number("bulk_calls_per_window", calls if has_calls else usual[CallClass.BULK].calls))
    has_bulk = bool(get("bulk_calls_per_window").strip())
    all_known = has_calls or plan is not AccountPlan.UNKNOWN or urlsplit(host).hostname in _LOOPBACK
    return Account(
        name=name,
        host=host,
        async_host=parse_origin(async_text, describe("async_host")) if async_text else "",
        keys=Keys(*(_key(get(key), describe(key)) for key in KEY_NAMES)),
        limits={
            CallClass.STANDARD: Limit(calls, window),
            CallClass.ASYNC: Limit(calls, window),
            CallClass.BULK: Limit(bulk, window),
        },
        daily_calls=int(number("daily_calls", 0)),
        settle_seconds=number("settle_seconds", 120),
        timeout_seconds=number("timeout_seconds", 60),
        time_zone=get("time_zone").strip(),
        country=get("country").strip().upper(),
        metadata_hours=number("metadata_hours", 24),
        account_checks=choice("account_checks", AccountChecks.PROBLEM),
        keys_in=choice("keys_in", KeysIn.HEADERS),
        plan=plan,
        known_limits=frozenset(kind for kind in CallClass if all_known or (has_bulk and kind is CallClass.BULK)),
        async_paths={
            assumed: _async_path(get(key), describe(key)) for key, assumed in ASYNC_PATHS.items() if get(key).strip()
        },
        ca_certificates=read_certificates(get("ca_file"), describe("ca_file")),
        proxy=parse_proxy(proxy, describe("proxy")) if (proxy := get("proxy").strip()) else None,
    )


def _async_path(text: str, name: str) -> str:
    path = text.strip()
    if not _PATH.fullmatch(path):
        raise SettingsError(f"{name} is not a path.", "Expected only the path of the call, such as /lead/status.")
    return path


def _key(text: str, name: str) -> Secret:
    stripped = text.strip()
    if not all("!" <= character <= "~" for character in stripped):
        Secret(stripped)
        raise SettingsError(
            f"{name} holds blanks or characters that no key has.", "Copy the key again, without quotes or line breaks."
        )
    return Secret(stripped)


def with_limits(account: Account, learned: Mapping[CallClass, Limit]) -> Account:
    """Return the account with the limits ``learned`` from refusals, where they allow less than the configured ones."""
    return replace(account, limits={kind: limit.stricter(learned.get(kind)) for kind, limit in account.limits.items()})
