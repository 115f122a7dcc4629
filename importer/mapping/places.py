"""Time zones and countries by the names that people write, with the right name when they write another."""

from __future__ import annotations

import functools
import importlib.resources
import zoneinfo

from importer.mapping.suggestions import nearest
from importer.mapping.unfit import UnfitError

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
"""Names of one continent begin alike, so that cities must be rather alike to be meant."""


def checked_time_zone(name: str) -> str:
    """``name`` when it is a time zone such as ``Asia/Kolkata`` or ``UTC``.

    Abbreviations are refused, because they mean different zones in different countries. Raises :class:`UnfitError`.
    """
    if name == "UTC" or ("/" in name and name in _zones()):
        return name
    meant = _ABBREVIATIONS.get(name.strip().upper())
    found = [meant] if meant else _in_city(name) or nearest(name, _zones(), likeness=_CITY_LIKENESS)
    proposal = f"Did you mean {found[0]}?" if found else "Expected a name such as Asia/Kolkata or UTC."
    raise UnfitError(f'"{name}" is not the name of a time zone.', proposal)


def _in_city(name: str) -> list[str]:
    """The zones that are called after a city: ``Asia/Kolkata`` for `Kolkata`."""
    city = "/" + name.strip().replace(" ", "_").casefold()
    return sorted(zone for zone in _zones() if zone.casefold().endswith(city))


@functools.cache
def _zones() -> frozenset[str]:
    """The names of all time zones; to ask for them looks through hundreds of files."""
    return frozenset(zoneinfo.available_timezones())


@functools.cache
def countries() -> dict[str, str]:
    """Names of the countries by their two-letter codes, from the time zone database's own table."""
    table = importlib.resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    lines = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {line[0]: line[1] for line in lines}


def checked_country(code: str) -> str:
    """The two-letter country code in capitals. Raises :class:`UnfitError` with the code that was probably meant."""
    if code.upper() in countries():
        return code.upper()
    by_name = {name: short for short, name in countries().items()}
    named = [by_name[name] for name in nearest(code, by_name)]
    found = named if len(code) > 3 else [code[:2].upper()] * (code[:2].upper() in countries())
    proposal = f"Did you mean {found[0]}?" if found else "Expected two letters such as IN."
    raise UnfitError(f'"{code}" is not a two-letter country code.', proposal)
