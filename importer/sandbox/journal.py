"""What was called, when, and how it ended."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(slots=True)
class Entry:
    """One call. ``at`` and ``answered`` are seconds of the machine's monotonic clock; a dropped call has the status 0.

    ``query`` holds the names of its query parameters (their values may be keys), ``rows`` the number of rows of a bulk
    call.
    """

    number: int
    at: float
    method: str
    path: str
    query: tuple[str, ...] = ()
    call: str = ""
    kind: str = ""
    rows: int = 0
    status: int = 0
    verdict: str = "in progress"
    fault: str = ""
    answered: float = 0.0


class Journal:
    """The calls in the order of their arrival. Values of queries, and headers, are not kept: they hold keys."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._last = 0

    def arrived(self, at: float, method: str, path: str, query: tuple[str, ...]) -> Entry:
        """The entry of a call that arrives now."""
        with self._lock:
            self._last += 1
            entry = Entry(self._last, at, method, path, query)
            self._entries.append(entry)
            return entry

    def entries(self, most: int = 0) -> list[dict[str, Any]]:
        """The newest ``most`` entries (0: all), oldest first."""
        with self._lock:
            return [asdict(entry) for entry in self._entries[-most:]]

    def clear(self) -> None:
        """Forget what is over; the numbers go on."""
        with self._lock:
            self._entries.clear()
