"""The strict base model of YAML files, and value types that several kinds of files share."""

from __future__ import annotations

import functools
import importlib.resources
import re
import zoneinfo
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from importer.core.text import find_nearest

# Abbreviations mean several zones each; these are the ones that LeadSquared's regions would mean.
_ABBREVIATIONS = {
    "IST": "Asia/Kolkata",
    "INDIA": "Asia/Kolkata",
    "INDIA STANDARD TIME": "Asia/Kolkata",
    "+05:30": "Asia/Kolkata",
    "UTC+05:30": "Asia/Kolkata",
    "UTC+5:30": "Asia/Kolkata",
    "GMT+5:30": "Asia/Kolkata",
    "ASIA/BOMBAY": "Asia/Kolkata",
    "ASIA/MUMBAI": "Asia/Kolkata",
    "ASIA/DELHI": "Asia/Kolkata",
    "ASIA/NEW_DELHI": "Asia/Kolkata",
    "SGT": "Asia/Singapore",
    "WIB": "Asia/Jakarta",
    "GST": "Asia/Dubai",
    "PKT": "Asia/Karachi",
    "BST": "Europe/London",
    "EST": "America/New_York",
    "EDT": "America/New_York",
    "CST": "America/Chicago",
    "CDT": "America/Chicago",
    "MST": "America/Denver",
    "MDT": "America/Denver",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "CET": "Europe/Berlin",
    "CEST": "Europe/Berlin",
    "GMT": "UTC",
    "Z": "UTC",
}
_CITY_LIKENESS = 80.0
"""Names of one continent begin alike, so a city must be rather alike to be proposed."""
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


class InvalidValueError(ValueError):
    """A value that an option cannot take. pydantic carries it to the loader, which adds the place.

    ``message`` says what is wrong, ``remedy`` what to write instead.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class StrictModel(BaseModel):
    """A model that refuses unknown keys and never changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def read_flag(given: Any) -> Any:
    """Parse ``true`` and ``yes``, ``false`` and ``no``, in any case. Raises :class:`InvalidValueError`."""
    if not isinstance(given, str):
        return given
    try:
        return _FLAGS[given.casefold()]
    except KeyError:
        raise InvalidValueError(f'"{given}" is neither true nor false.', "Write true or false.") from None


def read_whole_number(given: Any) -> Any:
    """Parse a whole number of at most nine digits. Raises :class:`InvalidValueError`."""
    if not isinstance(given, str):
        return given
    if not re.fullmatch(r"-?[0-9]{1,9}", given):
        raise InvalidValueError(f'"{given}" is not a whole number.', "Write digits only, such as 200.")
    return int(given)


def read_share(given: Any) -> Any:
    """Parse a share between 0 and 1, from ``5%`` or ``0.05``. Raises :class:`InvalidValueError`."""
    if not isinstance(given, str):
        return given
    text = given.strip()
    percent = text.endswith("%")
    if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text.removesuffix("%").strip()):
        raise InvalidValueError(f'"{given}" is not a share.', "Write something like 5% or 0.05.")
    number = Decimal(text.removesuffix("%").strip())
    share = number / 100 if percent else number
    if share > 1:
        raise InvalidValueError(
            f'"{given}" is more than all rows.',
            f"Did you mean {number:f}%?" if number <= 100 else "100% is all of them.",
        )
    return share


def validate_text(text: str) -> str:
    """Return ``text`` when it is not empty or blank. Raises :class:`InvalidValueError`."""
    if not text.strip():
        raise InvalidValueError("The text is empty.", "Write what is meant, or remove the line.")
    return text


def validate_time_zone(name: str) -> str:
    """Return ``name`` when it is a time zone such as ``Asia/Kolkata`` or ``UTC``.

    Abbreviations are refused, because they mean different zones in different countries. Raises
    :class:`InvalidValueError` with the zone that was probably meant.
    """
    if name == "UTC" or ("/" in name and name in _zones()):
        return name
    meant = _ABBREVIATIONS.get(name.strip().upper())
    city = "/" + name.strip().replace(" ", "_").casefold()
    of_city = sorted(zone for zone in _zones() if zone.casefold().endswith(city))
    found = [meant] if meant else of_city or find_nearest(name, _zones(), likeness=_CITY_LIKENESS)
    proposal = f"Did you mean {found[0]}?" if found else "Expected a name such as Asia/Kolkata or UTC."
    raise InvalidValueError(f'"{name}" is not the name of a time zone.', proposal)


@functools.cache
def _zones() -> frozenset[str]:
    """The names of all time zones; cached, because finding them opens hundreds of files."""
    return frozenset(zoneinfo.available_timezones())


@functools.cache
def countries() -> dict[str, str]:
    """Return the names of the countries by their two-letter codes, from the time zone database's own table."""
    table = importlib.resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    lines = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {line[0]: line[1] for line in lines}


def validate_country(code: str) -> str:
    """Return the two-letter country code in capitals. Raises :class:`InvalidValueError` with the probable code."""
    if code.upper() in countries():
        return code.upper()
    by_name = {name: short for short, name in countries().items()}
    named = [by_name[name] for name in find_nearest(code, by_name)]
    found = named if len(code) > 3 else [code[:2].upper()] * (code[:2].upper() in countries())
    proposal = f"Did you mean {found[0]}?" if found else "Expected two letters such as IN."
    raise InvalidValueError(f'"{code}" is not a two-letter country code.', proposal)


Flag = Annotated[bool, BeforeValidator(read_flag)]
WholeNumber = Annotated[int, BeforeValidator(read_whole_number)]
Share = Annotated[Decimal, BeforeValidator(read_share), Field(ge=0, le=1)]
Text = Annotated[str, AfterValidator(validate_text)]
"""Text that is not empty or blank."""
TimeZone = Annotated[str, AfterValidator(validate_time_zone)]
Country = Annotated[str, AfterValidator(validate_country)]
