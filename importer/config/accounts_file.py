"""The accounts file: where accounts are, what they allow, and where their keys are kept; model, checks, JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from importer.config.plans import AccountPlan
from importer.config.settings import RANGES, AccountChecks, KeysIn, parse_origin, parse_proxy
from importer.config.yaml import (
    Country,
    Document,
    FileKind,
    InvalidValueError,
    KeyPath,
    StrictModel,
    Text,
    TimeZone,
    build_schema,
    find_secrets,
    generate_schema,
    parse_file,
    read_text,
)
from importer.core.errors import AccountsFileError, SettingsError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
RESERVED = "default"
"""The name of the account that the environment describes."""
_REQUIRED = {
    "host": "Add a line `host:`, such as https://api-in21.leadsquared.com.",
    "access_key": "Say where it is kept: {env: NAME}, {file: /path}, {credential: NAME} or {keyring: importer}.",
    "secret_key": "Say where it is kept, as for access_key.",  # nosec B105  # words, no secret
}


def validate_account_name(name: str) -> str:
    """Return ``name`` when an account can have it: it becomes part of the names of files and variables.

    Raises :class:`InvalidValueError`.
    """
    if name == RESERVED:
        raise InvalidValueError(
            f"`{name}` is the account that the LEADSQUARED_… variables describe.", "Use another name."
        )
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            f'"{name}" cannot be the name of an account.',
            "Use up to 40 letters, digits, - and _, such as india.",
        )
    return name


def _validate_origin(text: str) -> str:
    try:
        return parse_origin(text, "This")
    except SettingsError as error:
        raise InvalidValueError(error.message, error.remedy) from None


def _number_reader(setting: str) -> BeforeValidator:
    low, high = RANGES[setting]

    def read(given: Any) -> Any:
        if not isinstance(given, str):
            return given
        if not _NUMBER.fullmatch(given) or not low <= float(given) <= high:
            raise InvalidValueError(
                f"`{setting}` is not a number that it can be.", f"Write one from {low:g} to {high:g}."
            )
        return float(given)

    return BeforeValidator(read)


Origin = Annotated[Text, AfterValidator(_validate_origin)]


_PLACES = "Write {env: NAME}, {file: /path}, {credential: NAME} or {keyring: importer}."


def _refuse_two_places(given: Any) -> Any:
    if isinstance(given, dict) and set(given) <= set(KeyPlace.model_fields) and len(given) != 1:
        raise InvalidValueError("A key is kept at one place.", _PLACES)
    return given


class KeyPlace(StrictModel):
    """The place of a key; the key itself is never in the file."""

    env: Text | None = Field(None, description="Name of the environment variable that holds the key.")
    file: Text | None = Field(None, description="Path of a file with the key, which only you can read.")
    credential: Text | None = Field(None, description="Name of a credential of systemd (LoadCredential=).")
    keyring: Text | None = Field(None, description="Service in the keyring of the operating system.")

    @model_validator(mode="before")
    @classmethod
    def _refuse_text(cls, given: Any) -> Any:
        if isinstance(given, str):
            raise InvalidValueError("A key never stands in the accounts file, only where it is kept.", _PLACES)
        return _refuse_two_places(given)


class ProxyPlace(KeyPlace):
    """The address of a proxy, or the place of one with a password in it."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_text(cls, given: Any) -> Any:
        if not isinstance(given, str):
            return _refuse_two_places(given)
        if "@" in given:
            raise InvalidValueError(
                "A password never stands in the accounts file, only where it is kept.",
                f"Say where the whole address is. {_PLACES}",
            )
        try:
            parse_proxy(given, "This")
        except SettingsError as error:
            raise InvalidValueError(error.message, error.remedy) from None
        return {}


class AccountEntry(StrictModel):
    """One account."""

    host: Origin = Field("", description="The account's API host, such as https://api-in21.leadsquared.com.")
    async_host: Origin = Field("", description="Its async host, only for the async targets.")
    access_key: KeyPlace | None = Field(None, description="Where the access key of an active Administrator is.")
    secret_key: KeyPlace | None = Field(None, description="Where the secret key is.")
    api_key: KeyPlace | None = Field(None, description="Where the x-api-key is, only for the async targets.")
    plan: AccountPlan | None = Field(
        None, description="LeadSquared's plan, which sets the limits: `pro`, `super` or `unknown`."
    )
    calls_per_window: Annotated[float, _number_reader("calls_per_window")] | None = Field(
        None, description="How many calls the account allows in a window (25)."
    )
    window_seconds: Annotated[float, _number_reader("window_seconds")] | None = Field(
        None, description="How long a window is, in seconds (5)."
    )
    bulk_calls_per_window: Annotated[float, _number_reader("bulk_calls_per_window")] | None = Field(
        None, description="How many bulk calls it allows in a window."
    )
    daily_calls: Annotated[float, _number_reader("daily_calls")] | None = Field(
        None, description="Stop for today (UTC) after so many calls; 0 means no budget."
    )
    settle_seconds: Annotated[float, _number_reader("settle_seconds")] | None = Field(
        None, description="How long LeadSquared gets to finish a call without an answer (120)."
    )
    timeout_seconds: Annotated[float, _number_reader("timeout_seconds")] | None = Field(
        None, description="How long to wait for an answer (60)."
    )
    time_zone: TimeZone | None = Field(None, description="Time zone of times in files, such as Asia/Kolkata.")
    country: Country | None = Field(None, description="Country of phone numbers without a country code, such as IN.")
    metadata_hours: Annotated[float, _number_reader("metadata_hours")] | None = Field(
        None, description="How long the account's metadata counts as fresh, in hours (24)."
    )
    ca_file: Text | None = Field(
        None, description="Path of a PEM file with authorities that are trusted besides those of the operating system."
    )
    proxy: ProxyPlace | None = Field(
        None, description="Address of the proxy, such as http://proxy.example.com:8080; with a password, where it is."
    )
    account_checks: AccountChecks | None = Field(
        None, description="What does not fit the account's fields: a `problem`, a `note`, or not looked for (`off`)."
    )
    lead_status_path: Text | None = Field(None, description="Path that tells the state of a queued lead.")
    lead_metrics_path: Text | None = Field(None, description="Path that tells how busy the queue of leads is.")
    activity_status_path: Text | None = Field(None, description="Path that tells the state of a queued activity.")
    activity_metrics_path: Text | None = Field(None, description="Path that tells how busy that queue is.")
    keys_in: KeysIn | None = Field(None, description="Where the keys travel: in `headers`, or in the `query`.")


class AccountsFile(StrictModel):
    """The whole file; nothing below ``accounts:`` means no account."""

    accounts: Annotated[Mapping[str, AccountEntry], BeforeValidator(lambda given: {} if given is None else given)] = (
        Field(default_factory=dict, description="The accounts by their names.")
    )


def load_accounts(path: Path) -> dict[str, AccountEntry]:
    """Load the accounts in the file ``path`` by name. Raises :class:`AccountsFileError` with every problem at once."""
    return parse_accounts(read_text(path, AccountsFileError), path)


def parse_accounts(text: str, path: Path) -> dict[str, AccountEntry]:
    """Parse the accounts in the ``text`` of the file ``path``; as :func:`load_accounts`."""
    file, _ = parse_file(text, path, _ACCOUNTS_FILE, _check_accounts)
    return dict(file.accounts)


def _check_accounts(file: AccountsFile, document: Document) -> None:
    for name, entry in file.accounts.items():
        at: KeyPath = ("accounts", name)
        try:
            validate_account_name(name)
        except InvalidValueError as error:
            document.add(at, error.message, error.remedy)
        for setting, remedy in _REQUIRED.items():
            broken = at in document.broken or document.is_broken((*at, setting))
            if setting not in entry.model_fields_set and not broken:
                document.add(at, f"The account does not say its `{setting}`.", remedy)


def _find_secrets(data: dict[str, Any]) -> Iterator[KeyPath]:
    """Find texts that look like keys. The settings are named like keys, so only their values are searched."""
    accounts = data.get("accounts")
    for name, entry in accounts.items() if isinstance(accounts, dict) else ():
        for setting, value in entry.items() if isinstance(entry, dict) else ():
            yield from find_secrets(value, ("accounts", name, setting))


_ACCOUNTS_FILE = FileKind(
    model=AccountsFile,
    error=AccountsFileError,
    sections={"at the left edge of the file": AccountsFile, "below the name of an account": AccountEntry},
    example="{env: INDIA_ACCESS_KEY}",
    empty=None,
    no_table=(
        "The file is not a table of accounts.",
        "Begin with a line `accounts:` and name an account below it.",
    ),
    secret=(
        "This looks like a key, and everybody who gets the file could read it.",
        "Remove it here, keep it in an environment variable or a private file, and have it changed.",
    ),
    find_secrets=_find_secrets,
)


def accounts_json_schema() -> dict[str, Any]:
    """Build the JSON Schema of accounts files (draft 7, which the common editors know)."""
    properties, definitions = generate_schema(AccountsFile)
    entry, place = definitions["AccountEntry"], definitions["KeyPlace"]
    del definitions["ProxyPlace"]
    proxy = entry["properties"]["proxy"]
    address = {"type": "string", "pattern": "^[^@]+$"}
    entry["properties"]["proxy"] = {
        "description": proxy["description"],
        "anyOf": [address, {"$ref": "#/$defs/KeyPlace"}],
    }
    entry["required"] = list(_REQUIRED)
    for setting, (low, high) in RANGES.items():
        entry["properties"][setting] |= {"minimum": low, "maximum": high}
    place["oneOf"] = [{"required": [name]} for name in place["properties"]]
    names = {"pattern": f"^{_NAME.pattern}$", "not": {"const": RESERVED}}
    properties["accounts"]["propertyNames"] = names
    return build_schema(
        "Accounts of importer",
        "LeadSquared accounts: where they are, what they allow, and where their keys are kept.",
        ["accounts"],
        properties,
        definitions,
    )
