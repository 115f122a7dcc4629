"""How a sandbox behaves: every switch in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

BULK_REFUSALS = ("per-row", "whole-call", "whole-call-partial")
THROTTLE_SHAPES = ("429", "403", "200")


@dataclass(slots=True)
class Options:
    """Switches that may change while the sandbox runs. Durations are in seconds.

    ``calls_per_window`` and ``bulk_calls_per_window`` calls are allowed in any ``window`` seconds (0: no limit), and
    in every window at fixed times when ``fixed_window`` is set. ``bulk_refusal`` says what one bad row does to its
    call; ``duplicate_status`` is the HTTP status of a duplicate; ``first_page`` numbers the first page of Retrieve.
    """

    calls_per_window: int = 25
    bulk_calls_per_window: int = 25
    window: float = 5.0
    fixed_window: bool = False
    throttle_shape: str = "429"
    daily_calls: int = 0
    latency: float = 0.0
    async_delay: float = 2.0
    async_fails: int = 0
    bulk_refusal: str = "per-row"
    duplicate_status: int = 500
    first_page: int = 0
    read_lag: float = 0.0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that callers must show."""

    access: str
    secret: str
    api: str
