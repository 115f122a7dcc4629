"""Time stamps as LeadSquared writes them, brought to one form."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%m/%d/%Y %I:%M:%S %p",
)
_WITH_ZONE = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z")
_TICKS = re.compile(r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/")
_FINER = re.compile(r"(\.[0-9]{6})[0-9]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_moment(text: str) -> datetime | None:
    """The moment (UTC) that a time stamp of LeadSquared means, whichever of its forms it has; ``None`` for others."""
    plain = _FINER.sub(r"\1", text.strip()).removesuffix("Z").removesuffix("+00:00")
    ticks = _TICKS.fullmatch(plain)
    if ticks:
        try:
            return _EPOCH + timedelta(milliseconds=int(ticks[1]))
        except OverflowError:
            return None
    for form in _FORMS:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    for form in _WITH_ZONE:
        try:
            return datetime.strptime(plain, form).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return None


def to_iso(text: str) -> str:
    """The time stamp as ISO text in UTC, to the millisecond; unchanged when its form is not known."""
    moment = read_moment(text)
    return moment.isoformat(timespec="milliseconds") if moment else text
