"""Kills the program at each of its failpoints, for each kind of call, and lets it go on until nothing changes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

from counts import Part, Result
from trial import KINDS, Trial

from importer.failpoints import MOMENTS

_DOUBTFUL = ("settling", "read-once", "read-twice", "released", "booking")
"""Moments that only a run with a row in doubt comes to."""
_ASYNC = ("polling", "settling-async")


def cases_of(kind: str) -> list[str]:
    """Every failpoint that a run of this kind can come to, at its first passage and at a later one."""
    cases = []
    for name in MOMENTS:
        if name in _ASYNC and not kind.endswith("async"):
            continue
        # Leads and async rows are looked up, too, but in doubt they may also be repeated without looking.
        if name in _DOUBTFUL and kind not in ("bulk", "bulk-key", "single"):
            continue
        cases.append(f"{kind}/{name}/1")
        if name in ("slot-taken", "beginning-a-call", "call-is-durable", "call-may-leave", "in-the-client",
                    "answer-read", "answer-understood", "finishing-a-call", "outcomes-are-durable"):  # fmt: skip
            cases.append(f"{kind}/{name}/3")
    return cases


def cases(random: Random) -> Iterable[str]:
    """All of them, in any order."""
    found = [case for kind in KINDS for case in cases_of(kind)]
    random.shuffle(found)
    return found


def fault_for(trial: Trial, name: str) -> None:
    """Whatever brings a run to the moment ``name``."""
    if name == "booking":
        trial.sandbox.faults.order("drop-after-processing", skip=1, on="writes")
    elif name in _DOUBTFUL:
        trial.sandbox.faults.order("drop-before-processing", skip=1, on="writes")
    if name == "settling-async":
        trial.sandbox.change(async_delay=0.0)


def run(case: str, folder: Path) -> Result:
    """Killed once at the failpoint; then `importer run` until nothing changes any more."""
    kind, name, passage = case.split("/")
    rows = 40 if KINDS[kind].batch > 1 else 6
    with Trial(folder, KINDS[kind], rows) as trial:
        fault_for(trial, name)
        killed = trial.run(IMPORTER_FAILPOINT=f"{name}:kill:{passage}")
        found = Result.of(trial.verdict(trial.finish()), rows)
    if killed.status != -9:
        wrong = (f"it never came to {name} for the {passage}. time: {killed.status} {killed.err[-300:]}",)
        return Result(1, found.lost, found.doubled, found.uncertain, rows, found.wrong + wrong)
    return found


PART = Part("crashes", "SIGKILL at every failpoint, for every kind of call", "kills", cases, run, weight=3, whole=True)
