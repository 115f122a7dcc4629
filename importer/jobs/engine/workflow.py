"""A turn as the engine runs it: steps whose ends it writes down, in an order that is the same every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from importer.core.logging import log_fields
from importer.jobs.engine.job_run import Worker
from importer.jobs.engine.results import ENDED, WELL_ENOUGH, TurnEnd, begun_from, file_from, passes_by_itself
from importer.jobs.store.store import Result

BY_HAND, AFTER, AFTER_BY_HAND = "hand", "after", "after by hand"
"""Causes of a turn; by hand, a person or another scheduler waits for its end."""
_WAITED_FOR = (BY_HAND, AFTER_BY_HAND)
_TRIES = 12
_TRY_AGAIN_SECONDS = 300.0

Plain = dict[str, Any]
Follow = Callable[[str, str, str], Plain]
HandOver = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Steps:
    """What the engine does at most once if it ends, and again if it did not come to its end."""

    begin: Callable[[str], Plain]
    import_one: Callable[[int], Plain]
    archive: Callable[[int], Plain]
    finish: Callable[[str, str, str, Plain, list[Plain], bool], Plain]
    silence: Callable[[], list[str]]
    look_at_time: Callable[[str, str], bool]


def steps_of(dbos: Any, worker: Worker) -> Steps:
    """The steps of ``worker``, as the engine knows them."""

    def finish(name: str, cause: str, due: str, begun: Plain, ends: list[Plain], last: bool) -> Plain:
        files = [file_from(each) for each in ends]
        return worker.finish(name, cause, due, begun_from(begun), files, last=last).plain()

    return Steps(
        begin=dbos.step(name="begin")(lambda name: asdict(worker.begin(name))),
        import_one=dbos.step(name="import")(lambda number: asdict(worker.import_one(number))),
        archive=dbos.step(name="archive")(lambda number: asdict(worker.archive(number))),
        finish=dbos.step(name="finish")(finish),
        silence=dbos.step(name="silence")(lambda: list(worker.watch_silence())),
        look_at_time=dbos.step(name="look at time")(lambda name, due: bool(worker.is_worth_a_turn(name, due))),
    )


@dataclass(frozen=True, slots=True)
class Turns:
    """Runs turns; ``follow`` begins the turn of a job that waited for another one.

    ``hand_over`` leaves the rest of a turn that was asked to stop to other machines, where there are some.
    """

    worker: Worker
    steps: Steps
    follow: Follow
    hand_over: HandOver | None = None

    def run(self, name: str, cause: str, due: str) -> Plain:
        """A turn; one that nobody waits for is tried again, so that a short trouble does not cost a night."""
        tries = 1 if cause in _WAITED_FOR else _TRIES
        for tried in range(1, tries + 1):
            end = self._once(name, cause, due, last=tried == tries)
            if tried == tries or not passes_by_itself(end["outcome"], end["exit_status"]):
                break
            self.worker.outside.clock.sleep(_TRY_AGAIN_SECONDS)
            if self.worker.outside.stop.is_set():
                if self.hand_over is not None:
                    self.hand_over(name, due)
                break
        return end

    def _once(self, name: str, cause: str, due: str, *, last: bool) -> Plain:
        worker, steps = self.worker, self.steps
        with log_fields(job=name), worker.noting_faults(name, cause, due), worker.hold(name) as ours:
            if not ours:
                return TurnEnd(name, Result.BUSY, 75, "The job is running already.").plain()
            begun = steps.begin(name)
            ends = []
            for number in begun["numbers"]:
                ended = steps.import_one(number)
                ends.append(steps.archive(number) if ended["outcome"] in ENDED else ended)
            end = steps.finish(name, cause, due, begun, ends, last)
        if end["outcome"] in WELL_ENOUGH:
            for follower in worker.jobs.followers(name):
                self.follow(follower.name, AFTER_BY_HAND if cause in _WAITED_FOR else AFTER, due)
        return end
