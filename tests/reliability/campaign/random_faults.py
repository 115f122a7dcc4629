"""Long runs through a CRM that misbehaves at random, with kills in between: how many rows need a person in the end?"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from random import Random

from importer.sandbox.faults import CATALOGUE
from tests.reliability.campaign.false_refusals import without_false_refusals
from tests.reliability.campaign.model import Part, Result
from tests.reliability.campaign.wire import MOMENTS, Killer, WireCrash
from tests.reliability.possible_faults import possible_faults
from tests.support.trial import KINDS, HastyTrial

ROWS = 500
FAULTS = 12
NIGHTS = 12
_LATE_SECONDS = 0.65
_OF_BULK = possible_faults(name for name in CATALOGUE if not name.startswith("queue-"))


def cases(random: Random) -> Iterable[str]:
    """Runs with random faults; each is repeated by its seed."""
    for _ in range(100):
        yield str(random.randint(0, 10**9))


def run_kind(kind: str, case: str, folder: Path) -> Result:
    """Five hundred rows, a dozen faults, a kill in every second night, until nothing changes any more."""
    random = Random(int(case))
    with HastyTrial(folder, KINDS[kind], ROWS) as trial:
        trial.environment["LEADSQUARED_SETTLE_SECONDS"] = "0.3"
        for _ in range(FAULTS):
            fault, on = random.choice(_OF_BULK)
            trial.sandbox.faults.order(fault, skip=random.randint(0, 6), on=on, seconds=_LATE_SECONDS)
        for night in range(NIGHTS):
            if not trial.sandbox.faults.waiting():
                break
            crash = WireCrash(random.choice(list(MOMENTS)), random.randint(1, 8), random.random() < 0.2)
            if night % 2:
                trial.run()
            else:
                Killer(trial, crash).run("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
        return without_false_refusals(trial, Result.of(trial.verdict(trial.finish()), ROWS))


def run_with_key(case: str, folder: Path) -> Result:
    """One run whose activities carry an import key."""
    return run_kind("bulk-key", case, folder)


def run_without_key(case: str, folder: Path) -> Result:
    """One run whose activities are recognised by their content."""
    return run_kind("bulk", case, folder)


PARTS = [
    Part(
        "random-with-key",
        f"{ROWS} rows through {FAULTS} random faults and kills, with an import key",
        "runs",
        cases,
        run_with_key,
        weight=1.5,
    ),
    Part("random-without-key", "the same without an import key", "runs", cases, run_without_key, weight=1.5),
]
