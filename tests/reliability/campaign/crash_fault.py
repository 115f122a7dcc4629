"""Every crash on the wire together with every fault of the sandbox: the command dies while the CRM misbehaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random

from importer.sandbox.faults import CATALOGUE
from tests.reliability.campaign.false_refusals import without_false_refusals
from tests.reliability.campaign.model import Part, Result
from tests.reliability.campaign.wire import MOMENTS, Killer, WireCrash
from tests.support.trial import KINDS, HastyTrial, Trial, results

CRASHES = (
    *(WireCrash(moment, number) for number in range(1, 6) for moment in MOMENTS),
    *(WireCrash(moment, number, reads=True) for number in range(1, 5) for moment in ("arrives", "answered")),
)
"""33 crashes: at five moments of the first five writes, and at two moments of the first four questions."""

_LATE_SECONDS = 0.65
"""A slow call ends a little after the caller has given up (0.6 s), and within the settle time that follows."""


def rows_of(kind: str) -> int:
    """Return enough rows for five calls that write, or more."""
    return 80 if KINDS[kind].batch > 1 else 6


def cases(random: Random) -> Iterable[str]:
    """Yield crash × fault, spread over the kinds of calls; each pair once."""
    names = list(KINDS)
    pairs = [(crash, fault) for crash in CRASHES for fault in CATALOGUE]
    random.shuffle(pairs)
    for number, (crash, fault) in enumerate(pairs):
        kind = names[number % len(names)]
        if fault.startswith("queue-") and not kind.endswith("async"):
            kind = "capture-async"
        # The fault hits a call of its own, or the one that the crash hits, too.
        yield f"{kind}/{crash}/{fault}/{random.randint(0, 3)}/{random.choice(('writes', 'writes', 'reads', ''))}"


def run(case: str, folder: Path) -> Result:
    """Run one crash with one fault; then `importer run` until nothing changes any more."""
    kind, crash, fault, skip, on = case.split("/")
    rows = rows_of(kind)
    patience = ("--wait", "2") if fault == "queue-loss" else ()
    with HastyTrial(folder, KINDS[kind], rows) as trial:
        trial.environment["LEADSQUARED_SETTLE_SECONDS"] = "0.3"
        trial.sandbox.faults.order(fault, skip=int(skip), on=on, seconds=_LATE_SECONDS)
        Killer(trial, WireCrash.parse(crash)).run("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json", *patience)
        if fault == "queue-loss":
            return with_a_row_lost_in_the_queue(trial)
        return without_false_refusals(trial, Result.of(trial.verdict(trial.finish()), rows))


def with_a_row_lost_in_the_queue(trial: Trial) -> Result:
    """Judge a trial in which the CRM accepted a row and lost it: it stays pending, and is never sent again."""
    ended = [trial.run("--wait", "2") for _ in range(2)][-1]
    said = {int(row["RowNumber"]): row["Status"] for row in results(trial.folder / ended.json["results"])}
    found = Counter(trial.kind.effects(trial.sandbox.state()))
    times = {row: found[trial.kind.mark(row - 2)] for row in range(2, trial.rows + 2)}
    return Result(
        lost=sum(not times[row] and said.get(row) not in ("pending", "uncertain", "rejected") for row in times),
        doubled=sum(max(0, each - 1) for each in times.values()),
        uncertain=sum(status in ("pending", "uncertain") for status in said.values()),
        rows=trial.rows,
        wrong=() if len(said) == trial.rows else (f"the workbook has {len(said)} of {trial.rows} rows",),
    )


PART = Part(
    "crash-fault",
    f"crash × fault: {len(CRASHES)} crashes on the wire with {len(CATALOGUE)} faults of the CRM",
    "pairs",
    cases,
    run,
    weight=8,
)
