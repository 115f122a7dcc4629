"""A turn as the engine runs it: steps whose ends it writes down, in an order that is the same every time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from importer.errors import SettingsError
from importer.jobs.locks import held_lock
from importer.jobs.store import Result
from importer.jobs.work import ENDED, TRIED_AGAIN, WELL_ENOUGH, Begun, FileEnd, TurnEnd, Worker
from importer.logs import log_fields

BY_HAND, AFTER, AFTER_BY_HAND = "hand", "after", "after by hand"
"""Causes of a turn; by hand, a person or another scheduler waits for its end."""
_WAITED_FOR = (BY_HAND, AFTER_BY_HAND)
_TRIES = 12
_TRY_AGAIN_SECONDS = 300.0

Plain = dict[str, Any]
Follow = Callable[[str, str, str], Plain]


@dataclass(frozen=True, slots=True)
class Steps:
    """What the engine does at most once if it ends, and again if it did not come to its end."""

    begin: Callable[[str], Plain]
    import_one: Callable[[int], Plain]
    archive: Callable[[int], Plain]
    finish: Callable[[str, str, str, Plain, list[Plain], bool], Plain]
    silence: Callable[[], list[str]]


def steps_of(dbos: Any, worker: Worker) -> Steps:
    """The steps of ``worker``, as the engine knows them."""

    def finish(name: str, cause: str, due: str, begun: Plain, ends: list[Plain], last: bool) -> Plain:
        files = [FileEnd(**each) for each in ends]
        return worker.finish(name, cause, due, begun_from(begun), files, last=last).plain()

    return Steps(
        begin=dbos.step(name="begin")(lambda name: asdict(worker.begin(name))),
        import_one=dbos.step(name="import")(lambda number: asdict(worker.import_one(number))),
        archive=dbos.step(name="archive")(lambda number: asdict(worker.archive(number))),
        finish=dbos.step(name="finish")(finish),
        silence=dbos.step(name="silence")(lambda: list(worker.watch_silence())),
    )


@dataclass(frozen=True, slots=True)
class Turns:
    """Runs turns; ``follow`` begins the turn of a job that waited for another one."""

    worker: Worker
    steps: Steps
    follow: Follow

    def run(self, name: str, cause: str, due: str) -> Plain:
        """A turn; one that nobody waits for is tried again, so that a short trouble does not cost a night."""
        tries = 1 if cause in _WAITED_FOR else _TRIES
        for tried in range(1, tries + 1):
            end = self._once(name, cause, due, last=tried == tries)
            if tried == tries or not passes_by_itself(end):
                break
            self.worker.outside.clock.sleep(_TRY_AGAIN_SECONDS)
            if self.worker.outside.stop.is_set():
                break
        return end

    def _once(self, name: str, cause: str, due: str, *, last: bool) -> Plain:
        worker, steps = self.worker, self.steps
        with log_fields(job=name), worker.noting_faults(name, cause, due), held_lock(worker.outside.home, name) as ours:
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


def passes_by_itself(end: Plain) -> bool:
    """Whether a turn ended for a reason that may be gone in a few minutes, such as the network's."""
    return end["outcome"] in TRIED_AGAIN and end["exit_status"] != SettingsError.exit_status


def begun_from(found: Plain) -> Begun:
    """What :func:`dataclasses.asdict` made of a :class:`Begun`."""
    stopper = found["stopper"]
    return Begun(**{**found, "stopper": turn_from(stopper) if stopper else None})


def turn_from(found: Plain) -> TurnEnd:
    """What :meth:`TurnEnd.plain` told."""
    return TurnEnd(**{**found, "files": [FileEnd(**each) for each in found["files"]]})
