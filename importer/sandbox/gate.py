"""Who gets in and how often: keys, and limits per class of calls in sliding and fixed windows."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque

from importer.sandbox.options import Keys, Options


class Gate:
    """Counts arrivals per class and refuses what is over the limit. Times are monotonic seconds."""

    def __init__(self, options: Options, keys: Keys) -> None:
        self._options = options
        self._keys = keys
        self._lock = threading.Lock()
        self._arrivals: dict[str, deque[float]] = {}
        self._today = 0
        self.calls: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()

    def knows(self, access: str, secret: str) -> bool:
        """Whether the key pair is right."""
        return bool(access) and access == self._keys.access and secret == self._keys.secret

    def knows_api_key(self, key: str) -> bool:
        """Whether the key of the async host is right."""
        return bool(key) and key == self._keys.api

    def refusal(self, kind: str) -> str:
        """The text of a refusal for a call of the class that arrives now; empty when it may pass."""
        allowed = self._options.bulk_calls_per_window if kind == "bulk" else self._options.calls_per_window
        window = self._options.window
        with self._lock:
            now = time.monotonic()
            self.calls[kind] += 1
            arrivals = self._arrivals.setdefault(kind, deque())
            while arrivals and arrivals[0] <= now - window:
                arrivals.popleft()
            if self._options.daily_calls and self._today >= self._options.daily_calls:
                self.refusals[kind] += 1
                return f"API calls exceeded the limit of {self._options.daily_calls} in 86400 second(s)"
            in_fixed = sum(1 for moment in arrivals if moment // window == now // window)
            if allowed and (len(arrivals) >= allowed or (self._options.fixed_window and in_fixed >= allowed)):
                self.refusals[kind] += 1
                return f"API calls exceeded the limit of {allowed} in {window:g} second(s)"
            arrivals.append(now)
            self._today += 1
            return ""
