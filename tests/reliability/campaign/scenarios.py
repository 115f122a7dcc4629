"""Scenarios of one fault each, by which a row could be lost or doubled; the planted bugs are caught by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.reliability.campaign.model import Part, Result
from tests.reliability.campaign.wire import Killer, WireCrash
from tests.support.commands import Ended
from tests.support.trial import KINDS, HastyTrial, Kind, Trial, results

_RUN = ("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
_NOT_THERE = ("rejected", "uncertain", "invalid", "not_sent")


def _faulty(kind: str, fault: str, settle: float = 0.2, **details: float) -> Callable[[Path], Result]:
    """A run whose second write has a fault."""

    def run(folder: Path) -> Result:
        rows = 30 if KINDS[kind].batch > 1 else 5
        with HastyTrial(folder, KINDS[kind], rows) as trial:
            trial.environment["LEADSQUARED_SETTLE_SECONDS"] = str(settle)
            trial.sandbox.faults.order(fault, skip=1, on="writes", **{"seconds": 0.65, **details})
            return _judged(trial, trial.finish())

    return run


def _judged(trial: Trial, ended: Ended) -> Result:
    """The verdict, and whether each activity id stands at the row whose activity it is."""
    found = Result.of(trial.verdict(ended), trial.rows)
    if ended.status not in (0, 3) or "activity" not in trial.kind.mapping:
        return found
    notes = {str(one["Id"]): str(one["note"]) for one in trial.sandbox.state()["activities"]}
    wrong = tuple(
        f"row {row['RowNumber']} has the id of another row's activity"
        for row in results(trial.folder / ended.json["results"])
        if row["ProspectActivityId"]
        and not notes.get(str(row["ProspectActivityId"]), "").endswith(trial.kind.mark(int(row["RowNumber"]) - 2))
    )
    unproven = tuple(
        f"row {row['RowNumber']} is {row['Status']} without an id"
        for row in results(trial.folder / ended.json["results"])
        if row["Status"] == "created" and not row["ProspectActivityId"]
    )
    return replace(found, wrong=found.wrong + wrong + unproven)


def killed_after_storing(folder: Path) -> Result:
    """The command is killed when the CRM has stored a call and not yet answered."""
    with HastyTrial(folder, KINDS["bulk"]) as trial:
        Killer(trial, WireCrash("stored", 2)).run(*_RUN)
        return _judged(trial, trial.finish())


def twins(folder: Path, *, second: int, fault: str, skip: int) -> Result:
    """Row 5 and row ``second`` are the same; one of the two arrives, the other does not."""
    plain = KINDS["bulk"]
    kind = replace(plain, cells=lambda number: plain.cells(5 if number == second else number))
    with HastyTrial(folder, kind, 60) as trial:
        trial.environment["LEADSQUARED_CALLS_PER_WINDOW"] = "1"
        trial.sandbox.faults.order(fault, skip=skip, on="writes", seconds=0.65)
        ended = trial.finish()
        wrong: list[str] = []
        said = trial._said(ended, wrong)
        found = Counter(kind.effects(trial.sandbox.state()))
        wanted = Counter(kind.mark(5 if number == second else number) for number in range(60))
        open_rows = Counter(
            kind.mark(5 if row - 2 == second else row - 2) for row, status in said.items() if status in _NOT_THERE
        )
    lost = sum(max(0, count - open_rows[mark] - found[mark]) for mark, count in wanted.items())
    doubled = sum(max(0, found[mark] - count) for mark, count in wanted.items())
    return Result(1, lost, doubled, Counter(said.values())["uncertain"], 60, tuple(wrong))


def together(folder: Path) -> Result:
    """Four copies of one import at once, in a slow CRM."""
    with HastyTrial(folder, KINDS["bulk"], 80) as trial:
        trial.sandbox.change(latency=0.3)
        running = [trial.start(*_RUN) for _ in range(4)]
        ends = [each.wait() for each in running]
        found = _judged(trial, trial.finish())
    wrong = tuple(f"a copy ended with {end.status}: {end.err[-300:]}" for end in ends if end.status not in (0, 4, 75))
    return replace(found, wrong=found.wrong + wrong)


def again(folder: Path) -> Result:
    """A finished file comes again under another name."""
    with HastyTrial(folder, KINDS["bulk"]) as trial:
        trial.finish()
        (folder / "other.csv").write_bytes((folder / "rows.csv").read_bytes() + b"\n")
        ended = trial.command("run", "other.csv", "-m", "rows.yaml", "--yes", "--json")
        assert ended.status == 0, ended
        (folder / "rows.csv").write_bytes((folder / "other.csv").read_bytes())
        return _judged(trial, trial.finish())


def blind_reading(folder: Path) -> Result:
    """The CRM shows new activities only much later than promised, and an answer is lost."""
    with HastyTrial(folder, KINDS["bulk"]) as trial:
        trial.sandbox.change(trail_lag=60.0, read_lag=60.0)
        trial.sandbox.faults.order("drop-after-processing", skip=1, on="writes")
        return _judged(trial, trial.finish())


def no_receipts_for_refused(folder: Path) -> Result:
    """One bad row refuses its whole call; its neighbours must arrive all the same."""
    plain = KINDS["bulk"]
    unknown = "00000000-0000-4000-8000-000000000000,visit mark00007"
    kind: Kind = replace(plain, cells=lambda number: unknown if number == 7 else plain.cells(number))
    with HastyTrial(folder, kind) as trial:
        trial.sandbox.change(bulk_refusal="whole-call-partial")
        ended = trial.finish()
        found = _judged(trial, ended)
        refused = [row["RowNumber"] for row in results(folder / ended.json["results"]) if row["Status"] == "rejected"]
    wrong = () if refused == [9] else (f"refused are rows {refused}, bad is row 9",)
    return replace(found, wrong=found.wrong + wrong)


SCENARIOS: dict[str, Callable[[Path], Result]] = {
    "late": _faulty("bulk", "late-processing", settle=0.8, seconds=1.0),
    "late-single": _faulty("single", "late-processing", settle=0.8, seconds=1.0),
    "time-out": _faulty("single", "timeout-after-processing"),
    "cut": _faulty("single", "drop-after-processing"),
    "cut-bulk": _faulty("bulk", "drop-after-processing"),
    "500": _faulty("single", "500-after-processing"),
    "500-bulk": _faulty("bulk", "500-partial"),
    "shuffled": _faulty("bulk", "shuffled-receipts"),
    "missing-receipt": _faulty("bulk", "missing-receipts"),
    "count-only": _faulty("bulk", "count-only"),
    "killed": killed_after_storing,
    "twins-in-one-call": lambda folder: twins(folder, second=20, fault="500-partial", skip=1),
    "twins-in-two-calls": lambda folder: twins(folder, second=40, fault="500-before-processing", skip=2),
    "together": together,
    "again": again,
    "blind-reading": blind_reading,
    "one-bad-row": no_receipts_for_refused,
}
"""The scenarios by name."""


def cases(random: Random) -> Iterable[str]:
    """Yield each scenario once."""
    return SCENARIOS


def run(case: str, folder: Path) -> Result:
    """Run one scenario."""
    return SCENARIOS[case](folder)


PART = Part(
    "scenarios", "scenarios of one fault each, which catch the planted bugs below", "scenarios", cases, run, whole=True
)
