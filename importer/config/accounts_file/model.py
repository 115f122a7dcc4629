"""What an accounts file says, as frozen values: where accounts are, what they allow, and where their keys are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from importer.config.settings import RANGES, AccountChecks, checked_origin
from importer.core.errors import SettingsError
from importer.mapping.model import Country, StrictModel, Text, TimeZone
from importer.mapping.unfit import UnfitError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
RESERVED = "default"
"""The account that the environment describes."""


def checked_name(name: str) -> str:
    """The name of an account: it becomes part of the names of files and variables. Raises :class:`UnfitError`."""
    if name == RESERVED:
        raise UnfitError(f"`{name}` is the account that the LEADSQUARED_… variables describe.", "Use another name.")
    if not _NAME.fullmatch(name):
        raise UnfitError(
            f'"{name}" cannot be the name of an account.',
            "Use up to 40 letters, digits, - and _, such as india.",
        )
    return name


def _origin(text: str) -> str:
    try:
        return checked_origin(text, "This")
    except SettingsError as error:
        raise UnfitError(error.message, error.remedy) from None


def _number(setting: str) -> BeforeValidator:
    low, high = RANGES[setting]

    def read(given: Any) -> Any:
        if not isinstance(given, str):
            return given
        if not _NUMBER.fullmatch(given) or not low <= float(given) <= high:
            raise UnfitError(f"`{setting}` is not a number that it can be.", f"Write one from {low:g} to {high:g}.")
        return float(given)

    return BeforeValidator(read)


Origin = Annotated[Text, AfterValidator(_origin)]


class KeyPlace(StrictModel):
    """Where a key is kept; it never stands in the file itself."""

    env: Text | None = Field(None, description="Name of the environment variable that holds the key.")
    file: Text | None = Field(None, description="Path of a file with the key, which only you can read.")
    credential: Text | None = Field(None, description="Name of a credential of systemd (LoadCredential=).")
    keyring: Text | None = Field(None, description="Service in the keyring of the operating system.")

    @model_validator(mode="before")
    @classmethod
    def _never_a_text(cls, given: Any) -> Any:
        remedy = "Write {env: NAME}, {file: /path}, {credential: NAME} or {keyring: importer}."
        if isinstance(given, str):
            raise UnfitError("A key never stands in the accounts file, only where it is kept.", remedy)
        if isinstance(given, dict) and set(given) <= set(KeyPlace.model_fields) and len(given) != 1:
            raise UnfitError("A key is kept at one place.", remedy)
        return given


class AccountEntry(StrictModel):
    """One account."""

    host: Origin = Field("", description="The account's API host, such as https://api-in21.leadsquared.com.")
    async_host: Origin = Field("", description="Its async host, only for the async targets.")
    access_key: KeyPlace | None = Field(None, description="Where the access key of an active Administrator is.")
    secret_key: KeyPlace | None = Field(None, description="Where the secret key is.")
    api_key: KeyPlace | None = Field(None, description="Where the x-api-key is, only for the async targets.")
    calls_per_window: Annotated[float, _number("calls_per_window")] | None = Field(
        None, description="How many calls the account allows in a window (25)."
    )
    window_seconds: Annotated[float, _number("window_seconds")] | None = Field(
        None, description="How long a window is, in seconds (5)."
    )
    bulk_calls_per_window: Annotated[float, _number("bulk_calls_per_window")] | None = Field(
        None, description="How many bulk calls it allows in a window."
    )
    daily_calls: Annotated[float, _number("daily_calls")] | None = Field(
        None, description="Stop for today (UTC) after so many calls; 0 means no budget."
    )
    settle_seconds: Annotated[float, _number("settle_seconds")] | None = Field(
        None, description="How long LeadSquared gets to finish a call without an answer (120)."
    )
    timeout_seconds: Annotated[float, _number("timeout_seconds")] | None = Field(
        None, description="How long to wait for an answer (60)."
    )
    time_zone: TimeZone | None = Field(None, description="Time zone of times in files, such as Asia/Kolkata.")
    country: Country | None = Field(None, description="Country of phone numbers without a country code, such as IN.")
    metadata_hours: Annotated[float, _number("metadata_hours")] | None = Field(
        None, description="How long what the account says of its fields counts as fresh (24)."
    )
    account_checks: AccountChecks | None = Field(
        None, description="What does not fit the account's fields: a `problem`, a `note`, or not looked for (`off`)."
    )


class AccountsFile(StrictModel):
    """The whole file."""

    accounts: Mapping[str, AccountEntry] = Field(default_factory=dict, description="The accounts by their names.")
