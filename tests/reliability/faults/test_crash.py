"""The command dies at every crash point, for real; started again, it finishes the job."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from importer.core.failpoints import CRASH_POINTS, VARIABLE
from tests.reliability.campaign import crashes
from tests.support.trial import KINDS, Trial

SEED = 3


def _for_bulk() -> list[str]:
    """One case for every point: in the second call where there is one, with bulk calls where they have the point."""
    chosen: dict[str, str] = {}
    for case in crashes.all_cases():
        kind, spot, _ = case.split("/")
        point, _, passage = spot.partition("@")
        if kind in ("bulk", "capture-async") and (point not in chosen or (kind == "bulk" and passage == "2")):
            chosen[point] = case
    return list(chosen.values())


def _for_other_kinds() -> list[str]:
    """Two seeded cases for every other kind, and those points at which the kinds differ."""
    random = Random(SEED)
    others = [name for name in KINDS if name != "bulk"]
    drawn = [
        case
        for kind in others
        for case in random.sample([case for case in crashes.all_cases() if case.startswith(f"{kind}/")], 2)
    ]
    return [*drawn, "single/decision-made@1/1", "create/answer-on-way@2/0", "both-async/request-id-committed@1/0"]


@pytest.mark.parametrize("case", _for_bulk())
def test_dying_at_each_crash_point(tmp_path: Path, case: str) -> None:
    """At each of the 33 points the command is really killed, and afterwards nothing is lost or doubled."""
    result = crashes.run(case, tmp_path)
    assert result.kept, result


@pytest.mark.parametrize("case", _for_other_kinds())
def test_dying_with_other_kinds_of_calls(tmp_path: Path, case: str) -> None:
    """The promise does not depend on the kind of call."""
    result = crashes.run(case, tmp_path)
    assert result.kept, result


@pytest.mark.parametrize(
    "case",
    [
        "bulk/answer-judged@2/settling@1/500-partial",
        "single/call-witnessed@2/decision-uncommitted@1/timeout-after-processing",
        "bulk-key/request-sent@2/row-released@1/drop-before-processing",
    ],
)
def test_dying_twice(tmp_path: Path, case: str) -> None:
    """A second death, on the restart, changes nothing."""
    result = crashes.run_twice(case, tmp_path)
    assert result.kept, result


@pytest.mark.parametrize("point", ["call-witnessed", "answer-on-way", "outcome-committed"])
def test_dying_while_correcting(tmp_path: Path, point: str) -> None:
    """The command dies in its second call that corrects activities; started again, each has the new value, once."""
    bulk = KINDS["bulk"]
    mapping = f"{bulk.mapping}  mx_Custom_1: Ticket\nrow_key: [Ticket]\non_change: update\n"
    kind = replace(
        bulk, mapping=mapping, headings=f"{bulk.headings},Ticket", cells=lambda row: f"{bulk.cells(row)},T{row}"
    )
    with Trial(tmp_path, kind, 4) as trial:
        assert trial.run().json["counts"]["created"] == 4
        before = {one["Id"] for one in trial.sandbox.state()["activities"]}
        source = trial.folder / "rows.csv"
        source.write_text(source.read_text("utf-8").replace("visit ", "call "), "utf-8")
        crashes.end_at(trial, point, 2)
        ended = trial.finish()
        assert (ended.json["counts"]["updated"], ended.status) == (4, 0), ended
        after = trial.sandbox.state()["activities"]
        assert {one["Id"] for one in after} == before
        assert [one["note"].split()[0] for one in after] == ["call"] * 4


def test_every_point_has_a_case() -> None:
    """No crash point is left out of the campaign; all 33 numbers are there."""
    assert {case.split("/")[1].partition("@")[0] for case in crashes.all_cases()} == set(CRASH_POINTS)
    assert [point.number for point in CRASH_POINTS.values()] == list(range(1, 34))
    assert len(_for_bulk()) == 33


@pytest.mark.parametrize("point", ["call-witnessed", "answer-judged", "outcome-uncommitted", "report-linked"])
def test_a_bug_of_ours_fails_closed(tmp_path: Path, point: str) -> None:
    """An exception that nobody foresaw, anywhere between call and report, ends the run and costs no row."""
    result = crashes.run_failing(f"bulk/{point}@2/0", tmp_path)
    assert (result.kept, result.uncertain) == (True, 0), result


def test_a_frozen_sender_keeps_its_right(tmp_path: Path) -> None:
    """While a sender is frozen in the middle of a call, nobody else sends; thawed, it goes on."""
    with Trial(tmp_path, KINDS["bulk"]) as trial:
        frozen = trial.start(*crashes.RUN, **{VARIABLE: "call-witnessed:stop:2"})
        _await_stop(frozen.pid)
        assert trial.run().status == 75
        os.kill(frozen.pid, signal.SIGCONT)
        verdict = trial.verdict(frozen.wait())
        assert (verdict.kept, verdict.uncertain) == (True, 0), verdict


def _await_stop(pid: int) -> None:
    while Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "T":
        time.sleep(0.005)


def test_an_unknown_point_is_refused(tmp_path: Path) -> None:
    """A misspelt crash point stops the command before it does anything."""
    with Trial(tmp_path, KINDS["bulk"], 2) as trial:
        ended = trial.run(**{VARIABLE: "call-comitted:kill"})
        assert ended.status == 2
        assert "names no crash point" in ended.err
        assert not trial.sandbox.log
