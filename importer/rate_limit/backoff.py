"""What refusals for too many calls mean: how long to pause, when to slow down, when to give up.

Refusals come in bursts: every call that was in flight when the limit was reached is refused. What counts is how often
in a row it was tried anew, after a pause, and refused again. Such an attempt is called a round here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from importer.core.errors import RunStopped
from importer.core.model import Limit

_QUOTA_SECONDS = 3600.0
_AFTER_WINDOW_SECONDS = 0.2
_LONGEST_JITTER = 60.0
_SLOWER_AFTER = 3
_OPEN_AFTER = 5
_OPENINGS = 3
_OPEN_WINDOWS = 12
_LONGEST_OPEN = 60.0


def is_quota(limit: Limit | None) -> bool:
    """Whether a limit is for hours or a day. Waiting for it is no use; windows are seconds or minutes long."""
    return limit is not None and limit.seconds >= _QUOTA_SECONDS


@dataclass(frozen=True, slots=True)
class Reaction:
    """What to do after a refusal: pause for so many seconds, and then have at most ``most`` slots busy (``None``: as
    many as the limit says)."""

    pause: float
    most: int | None


class Refusals:
    """The refusals of one class of calls. ``randomness`` gives numbers from 0 to 1.

    A first refusal costs one window, or what `Retry-After` asks for; every further round a random time more, at most
    one, two, four … windows. After three rounds the allowance is used by half for the rest of the run: somebody else
    needs it, too. After five the way is closed for twelve windows, a minute at most, then a single call tries it. After
    three such attempts :attr:`hopeless` is true.
    """

    def __init__(self, randomness: Callable[[], float]) -> None:
        self._randomness = randomness
        self._rounds = 0
        self._paused_until = float("-inf")
        self._most: int | None = None
        self.message = ""

    @property
    def hopeless(self) -> bool:
        """Whether trying on is no use."""
        return self._rounds >= _OPEN_AFTER + _OPENINGS - 1

    def accepted(self) -> int | None:
        """A call was not refused. How many slots may be busy from now on."""
        self._rounds = 0
        return self._most

    def refused(self, limit: Limit, retry_after: float | None, message: str, now: float) -> Reaction:
        """A call was refused at ``now``, while ``limit`` is kept."""
        self.message = message
        if now >= self._paused_until:
            self._rounds += 1
            if self._rounds == _SLOWER_AFTER:
                self._most = max(1, (self._most or limit.calls) // 2)
        pause = max(retry_after or 0.0, limit.seconds + _AFTER_WINDOW_SECONDS)
        if self._rounds > 1:
            longest = min(_LONGEST_JITTER, limit.seconds * 2.0 ** (self._rounds - 2))
            pause += longest * self._randomness()
        if self._rounds >= _OPEN_AFTER:
            pause = max(pause, min(_LONGEST_OPEN, _OPEN_WINDOWS * limit.seconds))
        self._paused_until = max(self._paused_until, now + pause)
        return Reaction(pause, 1 if self._rounds >= _OPEN_AFTER else self._most)


def quota_used_up(limit: Limit) -> RunStopped:
    """The stop for a refusal that names a quota of hours or a day."""
    hours = limit.seconds / 3600
    return RunStopped(
        f"LeadSquared's quota of {limit.calls:,} calls in {hours:g} hours is used up.",
        "Nothing is lost. When it is renewed (tomorrow at the latest), run: importer resume. To leave calls for other "
        "programs, set LEADSQUARED_DAILY_CALLS.",
    )


def refuses_everything(message: str) -> RunStopped:
    """The stop for limits that refuse call after call, however long the pauses."""
    return RunStopped(
        f"LeadSquared refuses every call because of its limits: {message}",
        "The quota of the day may be used up, or another program uses all of the allowance. Nothing is lost; wait, "
        "then run: importer resume",
    )
