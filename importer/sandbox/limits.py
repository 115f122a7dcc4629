"""How many calls are allowed: per class of calls in a window, and in a day."""

from __future__ import annotations

import threading
from collections import Counter, deque

from importer.sandbox.options import Options
from importer.sandbox.refusals import ApiError, throttled

_DAY = 86400.0


class Limits:
    """Remembers when calls were let in. Moments are seconds of a clock that never goes back; refusals do not count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._let_in: dict[str, deque[float]] = {}
        self.calls: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()

    def refusal(self, kind: str, at: float, options: Options) -> ApiError | None:
        """``None`` lets a call of the class ``standard``, ``bulk`` or ``async`` in, which uses up its allowance."""
        allowed = {
            "standard": options.calls_per_window,
            "bulk": options.bulk_calls_per_window,
            "async": options.async_calls_per_window,
        }
        classes = (kind, "standard") if kind == "bulk" and options.bulk_uses_standard else (kind,)
        with self._lock:
            self.calls[kind] += 1
            for one in classes:
                if allowed[one] and self._count(one, at, options.window, fixed=options.fixed_window) >= allowed[one]:
                    self.refusals[kind] += 1
                    return throttled(allowed[one], options.window)
            if options.daily_calls and self._count("day", at, _DAY, fixed=False) >= options.daily_calls:
                self.refusals[kind] += 1
                return throttled(options.daily_calls, _DAY)
            for one in (*classes, "day"):
                self._let_in.setdefault(one, deque()).append(at)
        return None

    def _count(self, kind: str, at: float, window: float, *, fixed: bool) -> int:
        """Calls of the class let in during the window that ends now, or during the fixed one that is on."""
        moments = self._let_in.setdefault(kind, deque())
        begin = at // window * window if fixed and window else at - window
        # A call exactly one window old is out of a sliding window, but a fixed one includes its first moment.
        while moments and (moments[0] < begin if fixed else moments[0] <= begin):
            moments.popleft()
        return len(moments)

    def forget(self) -> None:
        """Start anew."""
        with self._lock:
            self._let_in.clear()
            self.calls.clear()
            self.refusals.clear()
