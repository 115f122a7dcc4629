"""LeadSquared's regions and their hosts, as documented (https://apidocs.leadsquared.com/api-host/)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importer.core.errors import UsageError
from importer.core.text import suggest_name


@dataclass(frozen=True, slots=True)
class Region:
    """A region with its hosts. ``async_host`` is empty where no page names it."""

    place: str
    host: str
    async_host: str = ""


REGIONS: Mapping[str, Region] = {
    "sg": Region("Singapore", "https://api.leadsquared.com", "https://asyncapi.leadsquared.com"),
    "us11": Region("United States", "https://api-us11.leadsquared.com", "https://asyncapi-us11.leadsquared.com"),
    "in21": Region("India, Mumbai", "https://api-in21.leadsquared.com", "https://asyncapi-in21.leadsquared.com"),
    "in22": Region("India, Hyderabad", "https://api-in22.leadsquared.com"),
    "ir31": Region("Ireland", "https://api-ir31.leadsquared.com"),
    "ca12": Region("Canada", "https://api-ca12.leadsquared.com"),
    "me61": Region("Middle East", "https://api-me61.leadsquared.com"),
}


def find_region(name: str) -> Region:
    """Return the region ``name``. Raises :class:`UsageError` with the known ones."""
    if name not in REGIONS:
        raise UsageError(
            f"There is no region {name}.", f"{suggest_name(name, REGIONS)} Or give the host itself: --host"
        )
    return REGIONS[name]


def find_region_name(host: str) -> str:
    """Return the name of the region of ``host``; empty when the host is none of a known region."""
    return next((name for name, one in REGIONS.items() if one.host == host), "")
