"""Kill a command at each of the 33 crash points, run it again until nothing changes, and compare with the CRM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from importer.core.failpoints import CRASH_POINTS, VARIABLE
from importer.sandbox.faults import CATALOGUE
from tests.reliability.campaign.false_refusals import without_false_refusals
from tests.reliability.campaign.model import Part, Result
from tests.reliability.campaign.relay import Relay
from tests.support.commands import Ended
from tests.support.trial import KINDS, HastyTrial, Kind, Trial

RUN = ("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
_ALL = tuple(KINDS)
_ASYNC = ("capture-async", "both-async")
_READ_BACK = ("bulk", "bulk-key", "single", "create")
_MANY = ("bulk", "bulk-key")
_HIDDEN = ("bulk", "bulk-key", "single")
_LATE_SECONDS = 0.65
_BAD_LEAD = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Scene:
    """The setup by which a crash point is reached: kinds of calls, passages, and the fault of the second write.

    ``first`` is a point at which an earlier run dies. ``bad_row`` lets one row of the second call be refused.
    ``decided`` is what a person then says about a row that the CRM kept hidden; the command that dies is `decide`.
    """

    kinds: tuple[str, ...] = _ALL
    passages: tuple[int, ...] = (1,)
    fault: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    first: str = ""
    bad_row: bool = False
    decided: str = ""


_CALL = Scene(passages=(1, 2, 3))
_ABSENT = Scene(_READ_BACK, fault="drop-before-processing")
_FOUND = Scene(_READ_BACK, fault="drop-after-processing")

SCENES: Mapping[str, tuple[Scene, ...]] = {
    "awaiting-slot": (Scene(environment={"LEADSQUARED_CALLS_PER_WINDOW": "1"}),),
    **dict.fromkeys(
        (
            "call-uncommitted",
            "call-committed",
            "call-witnessed",
            "connected",
            "request-half-sent",
            "request-sent",
            "server-working",
            "answer-on-way",
            "answer-half-read",
            "answer-read",
            "answer-judged",
            "outcome-uncommitted",
            "outcome-committed",
        ),
        (_CALL,),
    ),
    "throttled": (Scene(fault="throttle-429"),),
    "partly-done": (Scene(_MANY, bad_row=True),),
    "settling": (_ABSENT, replace(_ABSENT, passages=(2,))),
    "between-readings": (_ABSENT,),
    "decision-made": (_ABSENT, _FOUND),
    "row-released": (_ABSENT,),
    "request-id-read": (Scene(_ASYNC, (1, 3)),),
    "request-id-committed": (Scene(_ASYNC, (1, 3)),),
    "polling": (Scene(_ASYNC),),
    "report-draft": (Scene(passages=(1, 2)),),
    "report-linked": (Scene(passages=(1, 2)),),
    "decision-uncommitted": (
        replace(_ABSENT, kinds=_HIDDEN, decided="absent"),
        replace(_FOUND, kinds=_HIDDEN, decided="created"),
        _ABSENT,
        _FOUND,
        Scene(_ASYNC),
    ),
    "journal-hot": (Scene(first="call-uncommitted:kill:2"),),
}
"""Setups for the points that a plain run does not reach, or reaches more than once."""


def rows_of(kind: str) -> int:
    """Return enough rows for three calls that write, or more."""
    return 30 if KINDS[kind].batch > 1 else 5


def scenes(point: str) -> tuple[Scene, ...]:
    """Return the setups that reach a point."""
    return SCENES.get(point, (Scene(),))


def all_cases() -> list[str]:
    """Every point, in every way, with every kind of call that has it."""
    return [
        f"{kind}/{point}@{passage}/{number}"
        for point in CRASH_POINTS
        for number, scene in enumerate(scenes(point))
        for kind in scene.kinds
        for passage in scene.passages
    ]


def cases(random: Random) -> Iterable[str]:
    """All cases, in an order of the seed: each point with each kind first, then other passages and ways."""
    groups: dict[tuple[str, str], list[str]] = {}
    for case in all_cases():
        kind, spot, _ = case.split("/")
        groups.setdefault((kind, spot.partition("@")[0]), []).append(case)
    for group in groups.values():
        random.shuffle(group)
    left = list(groups.values())
    found: list[str] = []
    while left:
        random.shuffle(left)
        found += [group.pop() for group in left]
        left = [group for group in left if group]
    return found


def run(case: str, folder: Path) -> Result:
    """Run one crash: the command dies at its point; then `importer run` until nothing changes any more."""
    return _ended_at(case, folder, "kill", -9)


def run_failing(case: str, folder: Path) -> Result:
    """Run one unforeseen exception, which ends the command with an error; then the same."""
    return _ended_at(case, folder, "error", 1)


def _ended_at(case: str, folder: Path, action: str, status: int) -> Result:
    kind, spot, number = case.split("/")
    point, _, passage = spot.partition("@")
    scene = scenes(point)[int(number)]
    with HastyTrial(folder, _kind(kind, scene), rows_of(kind)) as trial:
        _set_up(trial, scene)
        decides = _decide(trial, scene) if scene.decided else ()
        ended = end_at(trial, point, int(passage), action, decides)
        if decides:
            assert trial.command(*decides).status == 0
        result = Result.of(trial.verdict(trial.finish()), trial.rows)
    if ended.status != status:
        missed = f"{point} was not reached: the command ended with {ended.status}: {ended.err[-500:]}"
        return replace(result, wrong=(*result.wrong, missed))
    return result


def _kind(name: str, scene: Scene) -> Kind:
    kind = KINDS[name]
    if not scene.bad_row:
        return kind
    return replace(kind, cells=lambda row: f"{_BAD_LEAD},visit {kind.mark(row)}" if row == 7 else kind.cells(row))


def _set_up(trial: Trial, scene: Scene) -> None:
    trial.environment.update(scene.environment)
    if "async" in trial.kind.name:
        # Long enough that the first question finds every request still waiting.
        trial.sandbox.change(async_delay=0.4)
    if scene.fault:
        trial.sandbox.faults.order(scene.fault, skip=1, on="writes", seconds=_LATE_SECONDS)
    if scene.first:
        assert trial.command(*RUN, **{VARIABLE: scene.first}).status == -9


def end_at(trial: Trial, point: str, passage: int, action: str = "kill", arguments: Sequence[str] = ()) -> Ended:
    """A run that dies, or fails, at the ``passage``-th time that it comes to ``point``; it may also end before.

    ``arguments`` are those of another command in its place.
    """
    if CRASH_POINTS[point].on_wire:
        return Relay(trial, point, passage).run(*RUN)
    return trial.command(*(arguments or RUN), **{VARIABLE: f"{point}:{action}:{passage}"})


def _decide(trial: Trial, scene: Scene) -> tuple[str, ...]:
    """Run with a second call that stays uncertain, for the CRM does not show it; return the arguments of `decide`."""
    trial.sandbox.change(trail_lag=60.0, read_lag=60.0)
    trial.run()
    trial.sandbox.change(trail_lag=0.0, read_lag=0.0)
    listed = trial.command("decide", "--json").json["rows"]
    return ("decide", "--row", str(listed[0]["row"]), "--as", scene.decided, "--why", "looked", "--json")


def cases_that_fail(random: Random) -> Iterable[str]:
    """All cases in which a line of the program is reached, in an order of the seed."""
    return [case for case in cases(random) if not CRASH_POINTS[case.split("/")[1].partition("@")[0]].on_wire]


def cases_of_two(random: Random) -> Iterable[str]:
    """Two crashes, and a fault of the CRM before, in an order of the seed: endless for all purposes."""
    points = list(CRASH_POINTS)
    seen: set[str] = set()
    while len(seen) < 20_000:
        first, second = (f"{random.choice(points)}@{random.randint(1, 3)}" for _ in range(2))
        case = f"{random.choice(_ALL)}/{first}/{second}/{random.choice(list(CATALOGUE))}"
        if case not in seen and not case.endswith("queue-loss"):
            seen.add(case)
            yield case


def run_twice(case: str, folder: Path) -> Result:
    """The command dies, dies again on its restart if it comes to the second point, and then runs until all is done."""
    kind, first, second, fault = case.split("/")
    with HastyTrial(folder, KINDS[kind], rows_of(kind)) as trial:
        trial.environment["LEADSQUARED_SETTLE_SECONDS"] = "0.3"
        trial.sandbox.faults.order(fault, skip=1, seconds=_LATE_SECONDS)
        for spot in (first, second):
            point, _, passage = spot.partition("@")
            end_at(trial, point, int(passage))
        return without_false_refusals(trial, Result.of(trial.verdict(trial.finish()), trial.rows))


PARTS = (
    Part(
        "crash-points",
        f"killed at each of the {len(CRASH_POINTS)} crash points, with each kind of call that has it",
        "kills",
        cases,
        run,
        weight=5,
    ),
    Part(
        "crash-failing",
        "a bug of ours, an exception that nobody foresaw, at each point that a line of the program reaches",
        "errors",
        cases_that_fail,
        run_failing,
        weight=1,
    ),
    Part(
        "crash-twice",
        f"killed at a crash point, killed at another one on the restart, and one of {len(CATALOGUE) - 1} faults besides",
        "pairs",
        cases_of_two,
        run_twice,
        weight=3,
    ),
)
