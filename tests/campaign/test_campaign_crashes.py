"""SIGKILL at every moment of a run, and what a restart makes of it."""

from __future__ import annotations

import re
from pathlib import Path

import crashes
import pytest
from trial import KINDS, Trial

from importer.failpoints import MOMENTS

ROOT = Path(__file__).resolve().parents[2]
OTHERS = (
    "bulk-key/booking/1",
    "bulk-key/released/1",
    "single/call-may-leave/3",
    "single/read-twice/1",
    "create/answer-read/3",
    "capture-async/answer-understood/1",
    "capture-async/settling-async/1",
    "both-async/outcomes-are-durable/1",
    "both-async/polling/1",
)


@pytest.mark.parametrize("case", [*crashes.cases_of("bulk"), *OTHERS])
def test_killed_at_every_moment(tmp_path: Path, case: str) -> None:
    """Nothing is lost, nothing doubled, and CRM, ledger and workbook agree, wherever the program dies."""
    result = crashes.run(case, tmp_path)
    assert result.kept, result


def test_every_moment_is_tried() -> None:
    """No failpoint is left out."""
    assert {case.split("/")[1] for kind in KINDS for case in crashes.cases_of(kind)} == set(MOMENTS)


@pytest.mark.parametrize("name", ["call-may-leave", "answer-read", "answer-understood", "outcomes-are-durable"])
def test_a_bug_stops_the_run_and_leaves_the_rows_in_doubt(tmp_path: Path, name: str) -> None:
    """An exception that nobody expected ends in a stop with its traceback, never in sending; the next run finishes."""
    with Trial(tmp_path, KINDS["bulk"], 40) as trial:
        ended = trial.run(IMPORTER_FAILPOINT=f"{name}:error:2")
        assert ended.status not in (0, 3)
        assert "FailpointReached" in ended.err
        verdict = trial.verdict(trial.finish())
        assert verdict.kept, verdict


def test_an_unknown_failpoint_is_refused(tmp_path: Path) -> None:
    """The command does nothing and says which there are."""
    with Trial(tmp_path, KINDS["bulk"], 1) as trial:
        ended = trial.run(IMPORTER_FAILPOINT="nowhere")
        assert (ended.status, trial.sandbox.state()["calls"]) == (1, {})


def test_the_page_of_crash_points_is_complete() -> None:
    """Each of the 33 points has a line, and each failpoint is named in it."""
    page = ROOT.joinpath("docs", "crash-points.md").read_text("utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == list(range(1, 34))
    assert {name for name in MOMENTS if f"`{name}`" not in page} == set()
