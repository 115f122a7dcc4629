"""The worker is killed again and again, at any moment: what it was doing is continued, 0 lost, 0 doubled.

The rows carry no import key, so one that two kills kept from being sent is not sent a third time: a person is told.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.acceptance.conftest import Desk
from tests.support.job_files import run_job, write_jobs_file

ROWS = 400
KILLS = 4


def kill_at_random(desk: Desk, random: Random, *command: str) -> bool:
    """Start a command and kill it after a while; whether it was still alive."""
    running = desk.fork(*command)
    running.process.join(0.2 + random.random() * 3)
    killed = running.is_alive()
    running.kill()
    running.process.join()
    return killed


def until(reached: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.2)


def all_done(desk: Desk, names: list[str]) -> bool:
    return all((desk.folder / "inbox" / "done" / name).is_file() for name in names)


def in_doubt(desk: Desk) -> set[str]:
    """The notes of the rows that a person is asked to decide about."""
    runs = [run for run in desk.run("runs", "--json").json["runs"] if run["counts"]["uncertain"]]
    listed = [desk.run("decide", run["run"], "--list", "--json").json["rows"] for run in runs]
    return {dict(row["cells"])["Note"] for rows in listed for row in rows}


def nothing_lost_or_doubled(desk: Desk, rows: int, doubts: set[str] | None = None) -> None:
    """Each row is in the CRM once; a row among the ``doubts`` may be missing, because a person was told of it."""
    notes = desk.notes()
    assert {f"visit {number}" for number in range(rows)} - set(notes) <= (doubts or set()), "lost"
    assert set(notes.values()) == {1}, "doubled"


@pytest.mark.parametrize("seed", [1, 2])
def test_a_job_that_is_killed_at_random_points(desk: Desk, seed: int) -> None:
    """Two files, four kills anywhere between the start of the program and its end, and one start that may finish."""
    random = Random(seed)
    write_jobs_file(desk)
    desk.sandbox.change(latency=0.3)
    desk.visits(ROWS, "inbox/one.csv")
    desk.visits(ROWS, "inbox/two.csv", first=ROWS)
    killed = sum(kill_at_random(desk, random, "jobs", "run", "visits", "--json") for _ in range(KILLS))
    assert killed >= 2, "the test kills nothing"
    ended = run_job(desk)
    assert ended.status in (0, 3), ended
    assert all_done(desk, ["one.csv", "two.csv"])
    assert not list((desk.folder / "inbox").glob("*.csv"))
    doubts = in_doubt(desk)
    assert doubts or ended.status == 0, ended
    nothing_lost_or_doubled(desk, 2 * ROWS, doubts)


@pytest.mark.parametrize("finisher", ["serve", "run"])
def test_a_service_that_is_killed_at_random_points(desk: Desk, finisher: str) -> None:
    """What a killed start of the job left, the service continues; killed itself, it or a start by hand goes on."""
    random = Random(7)
    write_jobs_file(desk, more='schedule: {cron: "0 0 1 1 *", timezone: Asia/Kolkata}')
    desk.sandbox.change(latency=0.3)
    desk.visits(ROWS, "inbox/one.csv")
    first = desk.start("jobs", "run", "visits")
    until(lambda: len(desk.notes()) > 0)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    for _ in range(2):
        assert kill_at_random(desk, random, "serve")
    if finisher == "serve":
        service = desk.start("serve")
        until(lambda: all_done(desk, ["one.csv"]))
        service.send_signal(signal.SIGTERM)
        _, told = service.communicate(timeout=60)
        assert service.returncode == 0, told
    else:
        assert run_job(desk).status in (0, 3)
        assert all_done(desk, ["one.csv"])
    nothing_lost_or_doubled(desk, ROWS, in_doubt(desk))


def test_rows_that_two_kills_kept_from_being_sent_are_told(desk: Desk) -> None:
    """They are named one by one, the file is archived, and nothing else is missing."""
    write_jobs_file(desk)
    desk.visits(ROWS, "inbox/one.csv")
    for passage in (2, 1):
        killed = desk.fork("jobs", "run", "visits", IMPORTER_FAILPOINT=f"call-witnessed:kill:{passage}").wait()
        assert killed.status == -signal.SIGKILL
    ended = run_job(desk)
    doubts = in_doubt(desk)
    assert (ended.status, ended.json["outcome"]) == (3, "problems"), ended
    assert doubts
    assert len(desk.notes()) == ROWS - len(doubts)
    nothing_lost_or_doubled(desk, ROWS, doubts)
    assert all_done(desk, ["one.csv"])
    assert run_job(desk).json["outcome"] == "nothing"


def test_sigterm_finishes_the_calls_in_flight(desk: Desk) -> None:
    """A stopped service leaves no row in doubt; the next one sends the rest."""
    write_jobs_file(desk, more='schedule: {cron: "* * * * *", timezone: UTC}')
    desk.sandbox.change(latency=0.3)
    desk.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    desk.visits(ROWS, "inbox/one.csv")
    service = desk.start("serve")
    until(lambda: len(desk.notes()) > 0, 100)
    service.send_signal(signal.SIGTERM)
    service.communicate(timeout=60)
    assert service.returncode == 0
    sent = len(desk.notes())
    assert 0 < sent < ROWS
    assert (desk.folder / "inbox" / "one.csv").is_file()
    last = desk.run("runs", "--json").json["runs"][0]
    assert last["counts"]["uncertain"] == 0
    assert last["counts"]["created"] == sent
    assert run_job(desk).status == 0
    nothing_lost_or_doubled(desk, ROWS)


def test_a_start_by_hand_that_is_asked_to_stop(desk: Desk) -> None:
    """It ends with status 4 and no row in doubt; the next start sends the rest."""
    write_jobs_file(desk)
    desk.sandbox.change(latency=0.3)
    desk.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    desk.visits(ROWS, "inbox/one.csv")
    process = desk.start("jobs", "run", "visits", "--json")
    until(lambda: len(desk.notes()) > 0)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4, err
    assert json.loads(out)["outcome"] == "interrupted"
    assert 0 < len(desk.notes()) < ROWS
    assert run_job(desk).status == 0
    nothing_lost_or_doubled(desk, ROWS)


def test_a_second_start_ends_quietly(desk: Desk) -> None:
    """A job that is running is not started again, nor is the service."""
    write_jobs_file(desk)
    desk.sandbox.change(latency=3.0)
    desk.visits(ROWS, "inbox/one.csv")
    desk.environment["LEADSQUARED_TIMEOUT_SECONDS"] = "30"
    desk.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    first = desk.start("jobs", "run", "visits", "--quiet")
    until(lambda: len(desk.notes()) > 0)
    second = desk.run("jobs", "run", "visits")
    assert (second.status, second.out, second.err) == (75, "", "")
    assert desk.run("jobs", "run", "visits", "--json").json["exit_status"] == 75
    desk.sandbox.change(latency=0.0)
    service = desk.start("serve")
    until(lambda: Path(desk.environment["IMPORTER_HOME"], "locks", "jobs-serve.lock").exists())
    time.sleep(1)
    again = desk.run("serve")
    assert (again.status, again.out, again.err) == (75, "", "")
    service.send_signal(signal.SIGTERM)
    service.communicate(timeout=60)
    first.communicate(timeout=60)
    assert first.returncode == 0
    nothing_lost_or_doubled(desk, ROWS)
