"""What a turn of a job tells to whom, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest

from importer.jobs.engine.import_step import Verdict
from importer.jobs.engine.job_run import Worker
from importer.jobs.store.store import Result
from tests.unit.jobs.jobs_turns import Clock, ending, put, told, turn


def test_silence_is_told_once_a_day(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days without a success, counted from the first look at the job."""
    turn(worker)
    clock = worker.outside.clock
    assert isinstance(clock, Clock)
    names = []
    for hours in (47, 1, 23, 1):
        clock.time += timedelta(hours=hours)
        names.append(worker.watch_silence())
    assert names == [[], ["a"], [], ["a"]]
    assert told(worker) == [("a", "silence", "QUIET")] * 2
    put(worker)
    ending(monkeypatch, Verdict(Result.DONE, 0, "well"))
    turn(worker)
    assert worker.watch_silence() == []


def test_a_trouble_that_stays_is_told_once_a_day(worker: Worker) -> None:
    """A job that is due every hour does not say every hour that its folder is away; another trouble is told at once."""
    clock, inbox = worker.outside.clock, worker.jobs.task("a").inbox
    assert isinstance(clock, Clock)
    inbox.rmdir()
    for hours, letters in ((0, 1), (1, 1), (18, 1), (2, 2), (3, 2)):
        clock.time += timedelta(hours=hours)
        turn(worker)
        assert len([each for each in told(worker) if each[2] == "ALL"]) == letters
    worker.jobs.task("a").mapping.write_text("target: x\n", "utf-8")
    turn(worker)
    assert len([each for each in told(worker) if each[2] == "ALL"]) == 3
    assert "The mapping is wrong" in worker.store.letters()[-1].text


@pytest.mark.parametrize("verdict", [Verdict(Result.INTERRUPTED, 4, "stop"), Verdict(Result.ERROR, 1, "network")])
def test_only_the_last_try_is_told(worker: Worker, monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    """What the next try may mend is not yet worth a word; every try stands in the history."""
    put(worker)
    ending(monkeypatch, verdict, verdict)
    for last, letters in ((False, 0), (True, 2)):
        begun = worker.begin("a")
        files = [worker.import_one(number) for number in begun.numbers]
        worker.finish("a", "schedule", "", begun, files, last=last)
        assert len(told(worker)) == letters
    assert len(worker.store.turns("a", 9)) == 2


def test_a_fault_of_the_program_is_told_without_its_words(worker: Worker) -> None:
    """The words of an unexpected error may quote anything; they stay in the history."""
    with pytest.raises(ValueError), worker.noting_faults("a", "hand", ""):
        raise ValueError("canary-cell")
    assert told(worker) == [("a", "error", "ALL"), ("a", "error", "TROUBLE")]
    assert not [each for each in worker.store.letters() if "canary-cell" in each.title + each.text]
    with pytest.raises(ValueError), worker.noting_faults("a", "hand", ""):
        raise ValueError("canary-cell")
    assert len(told(worker)) == 2
    assert "canary-cell" in worker.store.turns("a", 1)[0].message
