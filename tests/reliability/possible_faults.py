"""The faults of the sandbox with the calls that each may meet, for runs that draw them at random."""

from __future__ import annotations

from collections.abc import Iterable

from importer.sandbox.faults import Fault
from importer.sandbox.routes import ROUTES


def possible_faults(names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the faults, each with the calls that it may meet; those that change something three times as often."""
    return [
        (fault, on)
        for fault in names
        for on in ("writes", "writes", "writes", "reads")
        if any(route.fits(on) and Fault(fault, on=on).can_happen_to(route) for route in ROUTES)
    ]
