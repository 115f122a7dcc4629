"""Back off after refusals for too many calls: how long to pause, when to slow down, when to give up.

They come in bursts: every call that was in flight when the limit was reached is refused. What counts is how often
in a row it was tried again, after a pause, and refused again. Such an attempt is called a round here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from importer.core.errors import RunStopped
from importer.core.model import Limit

_QUOTA_SECONDS = 3600.0
_AFTER_WINDOW_SECONDS = 0.2
_MAX_JITTER = 60.0
_SLOW_DOWN_AFTER = 3
_CIRCUIT_OPENS_AFTER = 5
_MAX_PROBES = 3
_OPEN_WINDOWS = 12
_MAX_OPEN_SECONDS = 60.0


def is_quota(limit: Limit | None) -> bool:
    """Return whether a limit is for hours or a day. Waiting for it is no use; windows are seconds or minutes long."""
    return limit is not None and limit.seconds >= _QUOTA_SECONDS


@dataclass(frozen=True, slots=True)
class BackoffStep:
    """The answer to a refusal: pause for so many seconds, and then have at most ``cap`` slots busy (``None``: as
    many as the limit allows)."""

    pause: float
    cap: int | None


class ThrottlingBackoff:
    """The backoff of one call class. ``randomness`` gives numbers from 0 to 1.

    A first refusal costs one window, or what `Retry-After` asks for; every further round a random time more, at most
    one, two, four … windows. After three rounds only half of the limit is used for the rest of the run: another program
    needs it, too. After five the circuit is open for twelve windows, a minute at most, then a single call probes it.
    After three such probes :attr:`exhausted` is true.
    """

    def __init__(self, randomness: Callable[[], float]) -> None:
        self._randomness = randomness
        self._rounds = 0
        self._paused_until = float("-inf")
        self._cap: int | None = None
        self.message = ""

    @property
    def exhausted(self) -> bool:
        """Whether trying on is no use."""
        return self._rounds >= _CIRCUIT_OPENS_AFTER + _MAX_PROBES - 1

    def record_success(self) -> int | None:
        """Record that a call was not refused; return how many slots may be busy from now on."""
        self._rounds = 0
        return self._cap

    def record_refusal(self, limit: Limit, retry_after: float | None, message: str, now: float) -> BackoffStep:
        """Record that a call was refused at ``now``, while ``limit`` was kept; return what to do."""
        self.message = message
        # Further refusals during the pause belong to the same round: their calls were in flight together.
        if now >= self._paused_until:
            self._rounds += 1
            if self._rounds == _SLOW_DOWN_AFTER:
                self._cap = max(1, (self._cap or limit.calls) // 2)
        pause = max(retry_after or 0.0, limit.seconds + _AFTER_WINDOW_SECONDS)
        if self._rounds > 1:
            longest = min(_MAX_JITTER, limit.seconds * 2.0 ** (self._rounds - 2))
            pause += longest * self._randomness()
        if self._rounds >= _CIRCUIT_OPENS_AFTER:
            pause = max(pause, min(_MAX_OPEN_SECONDS, _OPEN_WINDOWS * limit.seconds))
        self._paused_until = max(self._paused_until, now + pause)
        return BackoffStep(pause, 1 if self._rounds >= _CIRCUIT_OPENS_AFTER else self._cap)


def quota_exceeded(limit: Limit) -> RunStopped:
    """Return the stop for a refusal that names a quota of hours or a day."""
    hours = limit.seconds / 3600
    return RunStopped(
        f"LeadSquared's quota of {limit.calls:,} calls in {hours:g} hours is used up.",
        "Nothing is lost. When it is renewed (tomorrow at the latest), run: importer resume. To leave calls for other "
        "programs, set LEADSQUARED_DAILY_CALLS.",
    )


def always_throttled(message: str) -> RunStopped:
    """Return the stop for limits that refuse call after call, however long the pauses."""
    return RunStopped(
        f"LeadSquared refuses every call because of its limits: {message}",
        "The quota of the day may be used up, or another program uses all of the allowance. Nothing is lost; wait, "
        "then run: importer resume",
    )
