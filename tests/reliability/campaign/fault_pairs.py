"""Every pair of faults of the CRM in one run: the second hits a later call, or the query that the first causes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

from importer.sandbox.faults import CATALOGUE
from tests.reliability.campaign.crash_fault import rows_of, with_a_row_lost_in_the_queue
from tests.reliability.campaign.false_refusals import without_false_refusals
from tests.reliability.campaign.model import Part, Result
from tests.support.trial import KINDS, HastyTrial

_LATE_SECONDS = 0.65
PLACES = ("writes", "writes", "reads")
"""The calls that the second fault hits. The first one always hits the second call that writes."""


def cases(random: Random) -> Iterable[str]:
    """Yield fault × fault in both orders, spread over the kinds of calls; each pair once."""
    names = list(KINDS)
    both = [(first, second) for first in CATALOGUE for second in CATALOGUE]
    random.shuffle(both)
    for number, (first, second) in enumerate(both):
        kind = names[number % len(names)]
        if "queue-" in first + second and not kind.endswith("async"):
            kind = "capture-async"
        yield f"{kind}/{first}/{second}/{random.choice(PLACES)}/{random.randint(0, 3)}"


def run(case: str, folder: Path) -> Result:
    """One run with two faults, then `importer run` until nothing changes any more."""
    kind, first, second, place, skip = case.split("/")
    lost_in_queue = "queue-loss" in (first, second)
    with HastyTrial(folder, KINDS[kind], rows_of(kind)) as trial:
        trial.environment["LEADSQUARED_SETTLE_SECONDS"] = "0.3"
        trial.sandbox.faults.order(first, skip=1, on="writes", seconds=_LATE_SECONDS)
        trial.sandbox.faults.order(second, skip=int(skip), on=place, seconds=_LATE_SECONDS)
        trial.run(*(("--wait", "2") if lost_in_queue else ()))
        if lost_in_queue:
            return with_a_row_lost_in_the_queue(trial)
        return without_false_refusals(trial, Result.of(trial.verdict(trial.finish()), trial.rows))


PART = Part(
    "fault-pairs",
    f"fault × fault: all pairs of the {len(CATALOGUE)} faults of the CRM in one run",
    "pairs",
    cases,
    run,
    weight=6,
)
