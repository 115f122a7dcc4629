"""Millions of calls in virtual time: does a server's window ever hold more calls than the limit?"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from importer.core.model import Limit
from importer.rate_limit.window_limiter import CompletionLimiter, Slot
from tests.reliability.campaign.model import Part, Result

CALLS = 50_000
_PATTERNS = ("steady", "jitter", "heavy-tail", "bursts", "lost-answers", "restarts")
_SETTLE = 30.0


@dataclass
class Server:
    """Counts the arrivals in each sliding and in each fixed window, as they come in order of time."""

    limit: int
    window: float

    def __post_init__(self) -> None:
        self._recent: deque[float] = deque()
        self._fixed: dict[int, int] = {}
        self.worst = 0
        self.refused = 0

    def arrives(self, at: float) -> None:
        """A call has arrived."""
        while self._recent and self._recent[0] <= at - self.window:
            self._recent.popleft()
        self._recent.append(at)
        number = int(at // self.window)
        self._fixed = {number: self._fixed.get(number, 0) + 1}
        most = max(len(self._recent), self._fixed[number])
        self.worst = max(self.worst, most)
        self.refused += most > self.limit


def cases(random: Random) -> Iterable[str]:
    """Each pattern of latencies with several limits, windows and numbers of threads."""
    for round_number in range(8):
        for pattern in _PATTERNS:
            calls, window = random.choice(((25, 5.0), (25, 5.0), (10, 1.0), (100, 60.0), (1, 2.0)))
            yield f"{pattern}/{calls}/{window:g}/{random.randint(1, 32)}/{random.randint(0, 10**6)}/{round_number}"


def run(case: str, folder: Path) -> Result:
    """Fifty thousand calls through the limiter; an arrival that exceeds the limit is wrong."""
    pattern, calls, window, threads, seed, _ = case.split("/")
    server = simulate(pattern, Limit(int(calls), float(window)), int(threads), int(seed), CALLS)
    said = f"{server.refused} of {CALLS} calls exceed the limit; {server.worst} arrived in one window"
    return Result(tried=CALLS, wrong=(said,) if server.refused else ())


def simulate(pattern: str, limit: Limit, threads: int, seed: int, calls: int) -> Server:
    """``calls`` calls that leave as early as the limiter and ``threads`` threads allow; the server that saw them."""
    random = Random(seed)
    limiter = CompletionLimiter(limit)
    completes: list[tuple[float, int, Slot, bool]] = []
    arrivals: list[float] = []
    server = Server(limit.calls, limit.seconds)
    now = 0.0
    for number in range(calls):
        if pattern == "restarts" and number % 997 == 996:
            now, limiter, completes = _restart(now, limit, completes)
        while True:
            _complete(limiter, completes, now)
            wait = limiter.wait_time(now)
            if len(completes) < threads and wait <= 0:
                break
            # In floating point, a wait may be too small to move the time.
            next_end = completes[0][0] if completes else float("inf")
            now = max(min(next_end, now + wait if len(completes) < threads else float("inf")), now + 1e-9)
        there, back, answered = _latency(pattern, random, number)
        heapq.heappush(arrivals, now + there)
        heapq.heappush(completes, (now + (there + back if answered else 10.0), number, limiter.acquire(now), answered))
        while arrivals and arrivals[0] <= now:
            server.arrives(heapq.heappop(arrivals))
    while arrivals:
        server.arrives(heapq.heappop(arrivals))
    return server


def _complete(limiter: CompletionLimiter, completes: list[tuple[float, int, Slot, bool]], now: float) -> None:
    while completes and completes[0][0] <= now:
        at, _, slot, answered = heapq.heappop(completes)
        if answered:
            limiter.release(slot, at)
        else:
            limiter.abandon(slot, at, _SETTLE)


def _restart(
    now: float, limit: Limit, completes: list[tuple[float, int, Slot, bool]]
) -> tuple[float, CompletionLimiter, list[tuple[float, int, Slot, bool]]]:
    """A process ends when its calls have, and another begins: it lets a window pass, as a delivery does."""
    ended = max([now, *(at for at, *_ in completes)])
    fresh = CompletionLimiter(limit)
    fresh.block_until(ended + limit.seconds + 0.5)
    return ended, fresh, []


def _latency(pattern: str, random: Random, number: int) -> tuple[float, float, bool]:
    """Seconds there and back, and whether an answer comes; a lost one arrives within the settle time after 10 s."""
    if pattern == "steady":
        return 0.05, 0.05, True
    if pattern == "jitter":
        return random.uniform(0.0, 2.0), random.uniform(0.0, 2.0), True
    if pattern == "heavy-tail":
        return min(20.0, random.paretovariate(1.2) * 0.05), random.expovariate(10), True
    if pattern == "bursts":
        return (4.0 if number // 25 % 2 else 0.001), 0.001, True
    if pattern == "lost-answers" and random.random() < 0.02:
        return random.uniform(0.0, 10.0 + _SETTLE), 0.0, False
    return random.expovariate(5), random.expovariate(5), True


PART = Part(
    "limiter", "calls through the limiter in virtual time, with jitter, lost answers and restarts", "calls", cases, run
)
