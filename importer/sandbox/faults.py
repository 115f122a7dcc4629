"""Faults on request: what goes wrong, with which calls, and how often."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from importer.sandbox.routes import ROUTES, Route

HOLD_SECONDS = 90.0

_EFFECTS = {
    "timeout": "no answer for a long time",
    "drop": "the connection ends without an answer",
    "reset": "the connection is reset",
    "500": "HTTP 500 without an MX type",
    "502": "HTTP 502 of a gateway, HTML",
    "503": "HTTP 503 of a gateway, HTML",
    "504": "HTTP 504 of a gateway, HTML",
    "mx": "HTTP 500 with an MX type, as for bad data",
}
_WHEN = {
    "before-processing": "nothing is stored",
    "after-processing": "everything is stored",
    "partial": "the first half of the rows of a bulk call is stored, of other calls nothing",
}
CATALOGUE: Mapping[str, str] = {
    **{f"{effect}-{when}": f"{words}; {what}" for effect, words in _EFFECTS.items() for when, what in _WHEN.items()},
    "late-processing": "the call is processed and answered only after a long time",
    "drop-mid-answer": "everything is stored; the connection ends in the middle of the answer",
    "throttle-429": "refused as too many calls with HTTP 429",
    "throttle-403": "refused as too many calls with HTTP 403 and plain text",
    "throttle-200": "refused as too many calls with HTTP 200",
    "401": "refused as if the keys were wrong",
    "redirect": "HTTP 302 to another address",
    "html-200": "everything is stored; HTTP 200 with a page of HTML",
    "empty-200": "everything is stored; HTTP 200 without a body",
    "truncated-json": "everything is stored; the JSON of the answer stops half-way",
    "missing-receipts": "everything is stored; one receipt of a bulk call is missing",
    "shuffled-receipts": "everything is stored; the receipts of a bulk call come in another order",
    "receipt-without-id": "everything is stored; the first receipt of a bulk call has no id",
    "duplicate-row-numbers": "everything is stored; two receipts of a bulk call have the same row number",
    "count-only": "everything is stored; a bulk call answers with a count in place of receipts",
    "queue-failure": "an async request is accepted, but fails in processing",
    "queue-loss": "an async request is accepted, but never processed",
}
"""Every fault by name, with its words."""


_OF_RECEIPTS = ("missing-receipts", "shuffled-receipts", "receipt-without-id", "duplicate-row-numbers", "count-only")


@dataclass(slots=True)
class Fault:
    """After ``skip`` calls that fit ``on``, the next ``calls`` have the fault (-1: all); a long time is ``seconds``."""

    fault: str
    calls: int = 1
    skip: int = 0
    on: str = ""
    seconds: float = HOLD_SECONDS

    @property
    def effect(self) -> str:
        """What the caller sees."""
        for when in _WHEN:
            if self.fault.endswith(f"-{when}"):
                return self.fault.removesuffix(f"-{when}")
        return self.fault

    @property
    def is_before(self) -> bool:
        """Whether the call is not processed at all."""
        refusals = ("throttle-429", "throttle-403", "throttle-200", "401", "redirect")
        return self.fault.endswith("-before-processing") or self.fault in refusals

    def can_happen_to(self, route: Route) -> bool:
        """Whether the call has what the fault spoils; if not, the fault waits for one that has."""
        if self.fault.startswith("queue-"):
            return route.kind == "async" and route.writes
        return route.kind == "bulk" or self.fault not in _OF_RECEIPTS

    @property
    def is_partial(self) -> bool:
        """Whether only some of the rows are processed."""
        return self.fault.endswith("-partial")


def order_of(content: Mapping[str, Any]) -> Fault:
    """A fault as ordered; short names are taken, too. Raises ``ValueError`` with words."""
    given = dict(content)
    name = str(given.pop("fault", ""))
    name = next((one for one in (name, f"{name}-processing", f"{name}s") if one in CATALOGUE), "")
    if not name:
        raise ValueError(f"There is no fault {content.get('fault')!r}. There are: {', '.join(CATALOGUE)}.")
    kinds: dict[str, tuple[type, ...]] = {"calls": (int,), "skip": (int,), "on": (str,), "seconds": (int, float)}
    for key, value in given.items():
        if key not in kinds or not isinstance(value, kinds[key]) or isinstance(value, bool):
            raise ValueError(f"{key!r} with the value {value!r} says nothing about a fault.")
    fault = Fault(name, **given)
    if fault.calls == 0 or fault.calls < -1 or fault.skip < 0 or fault.seconds < 0:
        raise ValueError("calls is a number from 1, or -1 for all calls; skip and seconds are not negative.")
    _refuse_never_met(fault)
    return fault


def _refuse_never_met(fault: Fault) -> None:
    """Raises ``ValueError`` when no call ever has the fault: whoever waits for it would wait in vain."""
    meant = [route for route in ROUTES if route.fits(fault.on)]
    if not meant:
        classes = sorted({route.kind for route in ROUTES})
        names = ", ".join(("reads", "writes", *classes, *(route.name for route in ROUTES)))
        raise ValueError(
            f"There is no call {fault.on!r}. on is one of {names}, the beginning of such a name, or a part of a path "
            "with a slash."
        )
    if not any(fault.can_happen_to(route) for route in meant):
        names = ", ".join(route.name for route in ROUTES if fault.can_happen_to(route))
        raise ValueError(f"{fault.fault} never happens to {fault.on}. It happens to {names}.")


def spoken(text: str) -> Fault:
    """A fault as said on the command line: ``NAME[:CALLS[:SKIP[:ON]]]``. Raises :class:`ValueError` with words."""
    name, *rest = text.split(":", 3)
    order: dict[str, Any] = {"fault": name}
    for key, value in zip(("calls", "skip", "on"), rest, strict=False):
        if value:
            order[key] = value if key == "on" else int(value)
    return order_of(order)


class Faults:
    """The faults that wait for their calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def order(self, name: str, **details: Any) -> None:
        """Let a fault happen, by its name and what :class:`Fault` holds; raises ``ValueError`` with words."""
        self.add(order_of({"fault": name, **details}))

    def add(self, fault: Fault) -> None:
        """Let a fault happen."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget what waits."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[dict[str, Any]]:
        """What waits, in words."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def next(self, route: Route) -> Fault | None:
        """The fault of a call that arrives now: that of the oldest order that fits it and has nothing left to skip."""
        with self._lock:
            for fault in self._waiting:
                if not (route.fits(fault.on) and fault.can_happen_to(route)):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.calls > 0:
                    fault.calls -= 1
                if fault.calls == 0:
                    self._waiting.remove(fault)
                return fault
        return None
