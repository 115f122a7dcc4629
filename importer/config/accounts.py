"""Find accounts: in the environment, in the accounts file, or as a sandbox of this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from importer.config.secrets import key_from_credentials, key_from_file, key_from_keyring
from importer.config.settings import ASYNC_PATHS, KEY_NAMES, Account, build_account, read_database_url
from importer.core.errors import SettingsError
from importer.core.text import pluralize

ACCOUNT_SETTINGS = frozenset(
    [
        "host",
        "async_host",
        "access_key",
        "secret_key",
        "api_key",
        "calls_per_window",
        "window_seconds",
        "bulk_calls_per_window",
        "daily_calls",
        "settle_seconds",
        "timeout_seconds",
        "time_zone",
        "country",
        "metadata_hours",
        "account_checks",
        *ASYNC_PATHS,
        "keys_in",
        "ca_file",
        "proxy",
        "plan",
    ]
)
SOURCES_OF_KEYS = ("env", "file", "credential", "keyring")


def account_from_environment(environment: Mapping[str, str]) -> Account:
    """Build the account that the ``LEADSQUARED_…`` variables describe.

    A key is looked for in the service manager's credentials (``lsq_access_key`` and so on), then in the file that
    ``LEADSQUARED_ACCESS_KEY_FILE`` names, then in ``LEADSQUARED_ACCESS_KEY`` itself; the first place counts.
    Raises :class:`SettingsError` that names what is missing or wrong, never a value of a key.
    """
    found = {key: _default_key(key, environment) for key in KEY_NAMES}
    found["host"] = environment.get("LEADSQUARED_HOST", "")
    missing = [f"LEADSQUARED_{key.upper()}" for key in ("host", "access_key", "secret_key") if not found[key].strip()]
    if missing:
        raise SettingsError(
            f"{' and '.join(missing)} {pluralize(len(missing), 'is', 'are')} not set.",
            'Set them as the README shows under "Say where your account is", name an account with --account, '
            "or try everything without keys: importer demo.",
        )
    prefix = "LEADSQUARED_"
    return build_account(
        "default", lambda key: found[key] if key in found else environment.get(prefix + key.upper(), ""), prefix
    )


def _default_key(key: str, environment: Mapping[str, str]) -> str:
    variable = f"LEADSQUARED_{key.upper()}"
    from_service = key_from_credentials(environment, f"lsq_{key}", variable)
    if from_service is not None:
        return from_service
    file = environment.get(f"{variable}_FILE", "").strip()
    return key_from_file(Path(file).expanduser(), variable) if file else environment.get(variable, "")


def load_account(name: str | None, environment: Mapping[str, str], home: Path) -> Account:
    """Load the account ``name``: a sandbox of this machine, an entry of the accounts file, or the environment's.

    Without a name it is ``LEADSQUARED_ACCOUNT``'s, else the one that the ``LEADSQUARED_…`` variables describe.
    The accounts file is ``IMPORTER_ACCOUNTS``, else ``accounts.yaml`` in the working folder or the home folder.
    Raises :class:`SettingsError`.
    """
    account = _find_account(name or environment.get("LEADSQUARED_ACCOUNT", "").strip(), environment, home)
    slots = home / "limits" / _file_name(account.name)
    return replace(account, slots=slots, database=read_database_url(environment))


def _find_account(chosen: str, environment: Mapping[str, str], home: Path) -> Account:
    if not chosen or chosen == "default":
        return account_from_environment(environment)
    if sandbox_file(home, chosen).is_file():
        return _sandbox_account(chosen, home)
    entries, path = _read_entries(environment, home)
    if chosen not in entries:
        known = ", ".join(sorted(entries)) or "none"
        raise SettingsError(
            f"There is no account called {chosen}.", f"Accounts known in {path or 'accounts.yaml'}: {known}."
        )
    return _account_from_entry(chosen, entries[chosen], environment, path)


def sandbox_file(home: Path, name: str) -> Path:
    """Return the path of the connection file of the sandbox account ``name``."""
    return home / "sandboxes" / _file_name(name) / "connection.json"


def _file_name(account: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", account)


def _sandbox_account(name: str, home: Path) -> Account:
    import json

    path = sandbox_file(home, name)
    try:
        settings = {str(key): str(value) for key, value in json.loads(path.read_text("utf-8")).items()}
    except (OSError, ValueError, AttributeError):
        raise SettingsError(
            f"{path} cannot be read.", f"Start the sandbox again: importer sandbox --name {name}"
        ) from None
    return build_account(name, lambda key: settings.get(key, ""))


def find_accounts_file(environment: Mapping[str, str], home: Path) -> Path | None:
    """Find the accounts file: ``IMPORTER_ACCOUNTS``, else ``accounts.yaml`` in the working folder or in ``home``.

    ``None`` when there is none.
    """
    given = environment.get("IMPORTER_ACCOUNTS", "").strip()
    places = [Path(given).expanduser()] if given else [Path("accounts.yaml"), home / "accounts.yaml"]
    return next((place for place in places if place.is_file()), None)


def _read_entries(environment: Mapping[str, str], home: Path) -> tuple[dict[str, dict[str, object]], Path | None]:
    path = find_accounts_file(environment, home)
    if path is None:
        return {}, None
    import yaml

    content, valid = None, True
    try:
        content = yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506  every scalar stays text  # nosec B506
    except (OSError, ValueError, yaml.YAMLError):
        valid = False
    if not valid:
        # Raised out here because the parser's error holds the file, which may hold a key that does not belong there.
        raise SettingsError(f"{path} cannot be read as YAML.", "Check its indentation and encoding (UTF-8).")
    accounts = content.get("accounts", content) if isinstance(content, dict) else None
    if not isinstance(accounts, dict) or not all(isinstance(entry, dict) for entry in accounts.values()):
        raise SettingsError(
            f"{path} does not list accounts.", "Expected a name, and below it host, access_key and so on."
        )
    return accounts, path


def _account_from_entry(
    name: str, entry: Mapping[str, object], environment: Mapping[str, str], path: Path | None
) -> Account:
    unknown = sorted(set(entry) - ACCOUNT_SETTINGS)
    if unknown:
        raise SettingsError(
            f"{path}: account {name} has the unknown setting {unknown[0]}.",
            f"Known: {', '.join(sorted(ACCOUNT_SETTINGS))}.",
        )

    def get(key: str) -> str:
        value = entry.get(key, "")
        if key.endswith("_key") or (key == "proxy" and isinstance(value, dict)):
            return fetch_key(name, key, value, environment)
        if key == "proxy" and "@" in str(value):
            raise SettingsError(
                f"`proxy` of account {name} has a password in it, which must not stand in the accounts file.",
                "Say where the whole address is instead: proxy: {env: NAME}, {file: /path}, {credential: NAME} or "
                "{keyring: service}.",
            )
        # The network of an office is the same for all accounts.
        return str(value) or (environment.get(f"LEADSQUARED_{key.upper()}", "") if key in ("ca_file", "proxy") else "")

    return build_account(name, get)


def fetch_key(name: str, key: str, value: object, environment: Mapping[str, str]) -> str:
    """Fetch the key ``key`` (such as ``access_key``) of account ``name`` from the place that ``value`` names.

    ``value`` is the entry of the accounts file: ``{"env": NAME}`` and so on, or an empty text for no key. Returns an
    empty text when there is no key at that place. Raises :class:`SettingsError`, which never quotes a key.
    """
    if value == "":
        return ""
    if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in SOURCES_OF_KEYS:
        raise SettingsError(
            f"`{key}` of account {name} must not stand in the accounts file.",
            f"Say where it is instead: {key}: {{env: NAME}}, {{file: /path}}, {{credential: NAME}} or "
            "{keyring: service}.",
        )
    ((where, place),) = value.items()
    called = f"`{key}` of account {name}"
    if where == "env":
        return environment.get(str(place), "")
    if where == "file":
        return key_from_file(Path(str(place)).expanduser(), called)
    if where == "credential":
        # Only the last part: a name such as ../x must not lead out of the folder.
        return key_from_credentials(environment, Path(str(place)).name, called) or ""
    return key_from_keyring(str(place), f"{name}/{key}")
