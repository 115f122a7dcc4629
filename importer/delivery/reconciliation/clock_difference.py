"""Relate the server's time stamps to the moment at which a call left by our clock, with all that is not known.

Two measurements exist. The ``Date`` of answers is that of a gateway, whose clock may differ from that of the database
which stamps activities and leads. The time stamp of a row that a call's own answer confirmed is the database's, but it
is known only for rows of that call. So the stamp gives the difference, and the ``Date`` shows how our clock was set in
between. A difference that nobody measured is unknown, which is not zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SKEW_MARGIN = timedelta(minutes=2)
MAX_GATEWAY_SECONDS = 3600.0
"""So much the clocks of LeadSquared's gateway and database may differ before a time stamp counts as another thing."""

_RESOLUTION = 1.0
"""Seconds: time stamps are cut to whole seconds."""
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ClockDifference:
    """The server's clock minus ours, in seconds: at least ``low``, at most ``high``."""

    low: float
    high: float

    def shifted(self, seconds: float) -> ClockDifference:
        """Return the difference after our clock was set back by so many ``seconds``."""
        return ClockDifference(self.low + seconds, self.high + seconds)


UNKNOWN = ClockDifference(float("-inf"), float("inf"))


@dataclass(frozen=True, slots=True)
class Measurement:
    """A difference measured on a row that is known to be in the CRM; ``skew`` is what its call's ``Date`` said."""

    difference: ClockDifference
    skew: float | None


@dataclass(frozen=True, slots=True)
class SendTime:
    """When a call left, by the server's clock: not before ``earliest`` and not after ``latest``."""

    earliest: datetime
    latest: datetime

    def precedes(self, stamp: datetime) -> bool | None:
        """Return whether the call can have written something at ``stamp``; ``None`` where the clocks do not tell."""
        moment = _shift(stamp, SKEW_MARGIN.total_seconds())
        if moment >= self.latest:
            return True
        return False if moment < self.earliest else None


def send_time(sent_at: datetime, difference: ClockDifference) -> SendTime:
    """Return when a call left by the server's clock, given when it left by ours (UTC)."""
    return SendTime(_shift(sent_at, difference.low), _shift(sent_at, difference.high))


def measure(
    stamp: datetime, sent_at: datetime, ended_at: datetime, skew: float | None, *, exact: bool
) -> Measurement | None:
    """Measure the difference on a row that was stored between ``sent_at`` and ``ended_at`` by our clock.

    ``stamp`` is the row's time stamp. Not ``exact`` is one that later changes of the row move forward: it only shows
    how far ahead the server's clock is at most. Returns ``None`` for a stamp that cannot be the time of this call.
    """
    ends = ((stamp - ended_at).total_seconds(), (stamp - sent_at).total_seconds())
    low, high = min(ends) - _RESOLUTION, max(ends) + _RESOLUTION
    if skew is not None and not low - MAX_GATEWAY_SECONDS <= skew <= high + MAX_GATEWAY_SECONDS:
        return None
    if not exact and skew is None:
        low = UNKNOWN.low
    elif not exact and skew is not None and skew < low:
        # Later than the `Date` says: more likely a change of the row than a gateway that is behind.
        low = high = skew
    return Measurement(ClockDifference(low, high), skew)


def difference_at(skew: float | None, measured: Sequence[Measurement]) -> ClockDifference:
    """Return the difference that holds for a call whose ``Date``, or that of an earlier answer, said ``skew``."""
    if not measured:
        return _by_date_alone(skew)
    found = []
    for each in measured:
        if skew is None or each.skew is None:
            found.append(each.difference)
        else:
            found.append(each.difference.shifted(skew - each.skew))
    if skew is not None and any(each.skew is None for each in measured):
        # Whether our clock was set between the two calls is not known.
        found.append(_by_date_alone(skew))
    return ClockDifference(min(each.low for each in found), max(each.high for each in found))


def _by_date_alone(skew: float | None) -> ClockDifference:
    # A gateway that is ahead must not make our own rows look older than their call.
    return UNKNOWN if skew is None else ClockDifference(skew - MAX_GATEWAY_SECONDS, skew)


def _shift(moment: datetime, seconds: float) -> datetime:
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return _FIRST if seconds < 0 else _LAST
