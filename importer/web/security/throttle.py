"""Growing delays between wrong passwords, per name and address, shared by all processes of the server."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from importer.web.security.sessions import AccessDatabase, digest

_FORGOTTEN_AFTER = 24 * 3600.0
_IPV6_HOUSEHOLD = 64
"""Whoever has one IPv6 address mostly has the whole network of this prefix length."""


@dataclass(frozen=True)
class _Limit:
    """So many failures are free; each further one doubles the delay, up to the longest."""

    free: int
    longest: float

    def delay(self, failures: int) -> float:
        return min(2.0 ** min(failures - self.free, 30), self.longest) if failures >= self.free else 0.0


_PAIR = _Limit(free=3, longest=900)
_ADDRESS = _Limit(free=20, longest=900)
# Short, for strangers must not be able to keep a person out by guessing under her name.
_NAME = _Limit(free=10, longest=60)


class Throttle:
    """Counts failed sign-ins; ``now`` returns seconds since 1970."""

    def __init__(self, database: AccessDatabase, now: Callable[[], float]) -> None:
        self._database, self._now = database, now

    def begin(self, name: str, address: str) -> float:
        """Count an attempt, or return the seconds to wait before the next one.

        An attempt counts as failed until :meth:`succeed`, so that many at once gain nothing.
        """
        now, limits = self._now(), _limits(name, address)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM attempts WHERE last <= ?", (now - _FORGOTTEN_AFTER,))
            failed = {
                key: connection.execute("SELECT failures, last FROM attempts WHERE key = ?", (key,)).fetchone()
                for key in limits
            }
            wait = max(
                (row[1] + limits[key].delay(row[0]) - now for key, row in failed.items() if row is not None),
                default=0.0,
            )
            if wait > 0:
                return wait
            for key in limits:
                connection.execute(
                    "INSERT INTO attempts VALUES (?, 1, ?)"
                    " ON CONFLICT (key) DO UPDATE SET failures = failures + 1, last = excluded.last",
                    (key, now),
                )
        return 0.0

    def succeed(self, name: str, address: str) -> None:
        """Forget the failures of this name; those of the address under other names stay."""
        pair, by_name, by_address = _limits(name, address)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM attempts WHERE key IN (?, ?)", (pair, by_name))
            connection.execute("UPDATE attempts SET failures = failures - 1 WHERE key = ?", (by_address,))


def _limits(name: str, address: str) -> dict[str, _Limit]:
    """Return the limits of an attempt by the keys under which they count; names are kept as digests only.

    People type passwords into the wrong field.
    """
    network = _network(address)
    return {
        digest(f"pair {network} {name}"): _PAIR,
        digest(f"name {name}"): _NAME,
        digest(f"address {network}"): _ADDRESS,
    }


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if parsed.version == 4 else str(ipaddress.ip_network((parsed, _IPV6_HOUSEHOLD), strict=False))
