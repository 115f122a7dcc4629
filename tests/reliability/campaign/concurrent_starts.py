"""Several copies of the same import at once: double clicks, two schedules, a holder that is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random

from tests.reliability.campaign.model import Part, Result
from tests.reliability.campaign.wire import kill_and_wait
from tests.support.commands import Ended, Running
from tests.support.trial import KINDS, Trial

_RUN = ("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
_WAYS = ("at-once", "staggered", "one-killed", "one-frozen", "also-resume")


def cases(random: Random) -> Iterable[str]:
    """Rounds of 2 to 8 copies, in each way, over the kinds of calls."""
    names = list(KINDS)
    for number in range(1000):
        way = _WAYS[number % len(_WAYS)]
        yield f"{random.choice(names)}/{random.randint(2, 8)}/{way}/{random.randint(0, 10**6)}"


def run(case: str, folder: Path) -> Result:
    """One round: the copies, then `importer run` until nothing changes any more."""
    kind, copies, way, seed = case.split("/")
    random = Random(int(seed))
    rows = 60 if KINDS[kind].batch > 1 else 6
    with Trial(folder, KINDS[kind], rows) as trial:
        trial.sandbox.change(latency=random.choice((0.0, 0.02, 0.1)))
        running = _start(trial, int(copies), way, random)
        ends = [each.wait() for each in running]
        wrong = tuple(f"a copy ended with {end.status}: {end.err[-300:]}" for end in ends if not _is_allowed(end))
        verdict = trial.verdict(trial.finish())
    result = Result.of(verdict, rows)
    return Result(1, result.lost, result.doubled, result.uncertain, rows, result.wrong + wrong)


def _is_allowed(end: Ended) -> bool:
    """Done, interrupted, turned away, killed; or it came when the others had left nothing to resume."""
    return end.status in (0, 3, 4, 75, -9) or (end.status == 2 and "nothing to resume" in end.err)


def _start(trial: Trial, copies: int, way: str, random: Random) -> list[Running]:
    running = []
    for number in range(copies):
        arguments = ("resume", "--json") if way == "also-resume" and number % 2 else _RUN
        running.append(trial.start(*arguments))
        if way == "staggered":
            time.sleep(random.uniform(0, 0.15))
    victim = random.choice(running)
    if way == "one-killed":
        time.sleep(random.uniform(0.1, 0.7))
        kill_and_wait(victim.pid)
    if way == "one-frozen":
        time.sleep(random.uniform(0.1, 0.5))
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGSTOP)
            time.sleep(random.uniform(0.2, 1.0))
            os.kill(victim.pid, signal.SIGCONT)
    return running


PART = Part("concurrent", "2 to 8 copies at once, some killed or frozen on their way", "rounds", cases, run, weight=3)
