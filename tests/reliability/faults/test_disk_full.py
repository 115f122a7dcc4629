"""Disks on which there is no room (D1 to D6): nothing is lost and nothing doubled."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.faults.disks import NEEDS_MOUNT, RECORD, RUN, mounted
from tests.reliability.faults.runs import all_delivered_once
from tests.support.commands import Ended, Running
from tests.support.interference import Hold
from tests.support.trial import Trial, results

WORKBOOK = "importer.reports.xlsx.workbook:Workbook.close"


def small_disk(point: Path, size: str = "64m", more: str = "") -> object:
    """A disk in memory that is soon full."""
    return mounted(point, "-t", "tmpfs", "-o", f"size={size},mode=0700{more}", "tmpfs")


def fill(folder: Path) -> None:
    """Use up the last byte of the disk, with a file."""
    with (folder / "filler").open("ab", buffering=0) as file:
        for block in (1 << 20, 4096, 1):
            with_room = True
            while with_room:
                try:
                    with_room = file.write(b"x" * block) == block
                except OSError:
                    with_room = False


def during(trial: Trial, place: str, nth: int, act: Callable[[Running], None], *, after: bool = False) -> Ended:
    """A run during which something happens at a place."""
    for mark in ("held", "released"):
        (trial.folder / mark).unlink(missing_ok=True)
    hold = Hold(str(trial.folder), place, nth, after)
    trial.before = hold
    running = trial.start(*RUN)
    hold.await_held(running)
    act(running)
    hold.release()
    ended = running.wait()
    trial.before = None
    return ended


def stops_when_full(trial: Trial, home: Path, nth: int) -> None:
    """A run whose disk is full when the ledger is to be written for the nth time stops, and says why."""
    ended = during(trial, RECORD, nth, lambda running: fill(home))
    assert ended.status == 1
    assert "the disk is full" in ended.json["message"]


@NEEDS_MOUNT
@pytest.mark.parametrize("size", ["16k", "1m", "20m"])
def test_d1_full_before_anything_is_sent(trial: Trial, size: str) -> None:
    """Whether there is room for no ledger, no plan or not enough for the results: nothing is sent, and it says so."""
    with small_disk(trial.folder / "home", size):
        ended = trial.run()
        assert ended.status == 1, ended
        assert any(word in ended.json["message"] for word in ("disk", "space", "room")), ended.out
        assert "Traceback" not in ended.err
        assert trial.sandbox.tenant.activities == {}
    assert all_delivered_once(trial)


@NEEDS_MOUNT
def test_d1_full_while_the_plan_is_written(trial: Trial) -> None:
    """The plan does not fit: nothing is sent, what was written of it is removed, and the remedy names IMPORTER_HOME."""
    rows = "\n".join(f"{trial.kind.cells(n)} {os.urandom(400).hex()}" for n in range(3000))
    (trial.folder / "long.csv").write_text(f"Lead,Note\n{rows}\n", "utf-8")
    with small_disk(trial.folder / "home", "1m") as home:
        ended = trial.command("run", "long.csv", "-m", "rows.yaml", "--yes", "--json")
        assert ended.status == 1, ended
        assert "plan cannot be written" in ended.json["message"]
        assert "IMPORTER_HOME" in ended.json["message"]
        assert not list((home / "runs").iterdir())
    assert trial.writes == []


@NEEDS_MOUNT
@pytest.mark.parametrize("nth", [1, 2])
def test_d2_full_when_a_call_is_to_be_written_down(trial: Trial, nth: int) -> None:
    """The call does not leave; with room again, the next run goes on."""
    with small_disk(trial.folder / "home") as home:
        stops_when_full(trial, home, nth)
        assert len(trial.sandbox.tenant.activities) == nth - 1
        (home / "filler").unlink()
        assert all_delivered_once(trial)


@NEEDS_MOUNT
def test_d3_full_between_sending_and_noting(trial: Trial) -> None:
    """The answer cannot be noted: the run stops, and the next one reads the rows back."""
    with small_disk(trial.folder / "home") as home:
        stops_when_full(trial, home, 3)
        assert len(trial.sandbox.tenant.activities) > 1
        (home / "filler").unlink()
        assert all_delivered_once(trial)


@NEEDS_MOUNT
def test_d4_full_while_the_workbook_is_written(trial: Trial) -> None:
    """No half of a workbook under its name: the whole one is kept beside the ledger, and the person is told where."""
    with small_disk(trial.folder / "results") as folder:
        ended = during(trial, WORKBOOK, 1, lambda running: fill(folder))
        assert [path.name for path in folder.iterdir()] == ["filler"]
        assert ended.status == 1, ended
        assert "cannot be written" in ended.json["message"]
        (kept_at,) = (trial.folder / "home" / "runs").glob("*/results.xlsx")
        assert str(kept_at) in ended.json["message"]
        assert len(results(kept_at)) == 30
        (folder / "filler").unlink()
        assert all_delivered_once(trial)


@NEEDS_MOUNT
def test_d5_full_everywhere_is_never_called_finished(trial: Trial) -> None:
    """With no room for any report the run ends as a failure, and what was sent is in the ledger."""
    with small_disk(trial.folder / "results") as folder, small_disk(trial.folder / "home") as home:

        def no_room(running: Running) -> None:
            fill(folder)
            fill(home)

        ended = during(trial, WORKBOOK, 1, no_room)
        assert ended.status == 1
        assert ended.json["status"] == "failed"
        assert "importer show" in ended.json["message"]
        (folder / "filler").unlink()
        (home / "filler").unlink()
        assert all_delivered_once(trial)


@NEEDS_MOUNT
def test_d6_no_inodes_left(trial: Trial) -> None:
    """A disk with room but without a name for another file is as good as full."""
    with small_disk(trial.folder / "home", more=",nr_inodes=4"):
        ended = trial.run()
        assert ended.status == 1, ended
        assert "Traceback" not in ended.err
        assert trial.sandbox.tenant.activities == {}
    assert all_delivered_once(trial)
