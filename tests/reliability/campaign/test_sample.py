"""A sample of the campaign; `make crash-campaign` runs all of it."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from importer.core.model import Limit
from importer.sandbox.faults import CATALOGUE
from tests.reliability.campaign import (
    concurrent_starts,
    crash_fault,
    fault_pairs,
    limiter,
    planted,
    report,
    reruns,
    run,
    scenarios,
)
from tests.reliability.campaign.model import Count, Result
from tests.support.trial import KINDS

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "case",
    [
        "bulk/stored@write2/500-partial/0/writes",
        "bulk-key/late@write2/timeout-before-processing/0/writes",
        "single/arrives@write3/drop-after-processing/1/writes",
        "create/begins@write2/reset-before-processing/0/reads",
    ],
)
def test_a_crash_together_with_a_fault(tmp_path: Path, case: str) -> None:
    """Whatever the CRM does while the command dies, no row is lost, none doubled, and all is told as it is."""
    result = crash_fault.run(case, tmp_path)
    assert result.kept, result


@pytest.mark.parametrize(
    "case",
    [
        "bulk/drop-after-processing/500-before-processing/reads/2",
        "bulk-key/500-partial/late-processing/writes/2",
        "capture-async/queue-failure/throttle-429/reads/1",
    ],
)
def test_two_faults_in_one_run(tmp_path: Path, case: str) -> None:
    """A fault while another one is being mended costs no row either."""
    result = fault_pairs.run(case, tmp_path)
    assert result.kept, result


def test_copies_at_once_with_one_killed(tmp_path: Path) -> None:
    """Three copies of one import, of which one is killed, deliver each row once."""
    result = concurrent_starts.run("bulk/3/one-killed/7", tmp_path)
    assert result.kept, result


def test_a_finished_file_that_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever form it comes, only new rows are sent."""
    monkeypatch.setattr(reruns, "TIMES", 4)
    result = reruns.run("bulk/3", tmp_path)
    assert (result.kept, result.tried) == (True, 4), result


@pytest.mark.parametrize("pattern", ["jitter", "heavy-tail", "bursts", "lost-answers", "restarts"])
def test_the_limiter_never_exceeds_a_window(pattern: str) -> None:
    """Of five thousand calls no window of the server ever holds more than the limit."""
    server = limiter.simulate(pattern, Limit(25, 5.0), threads=32, seed=7, calls=5_000)
    assert server.worst <= 25
    assert server.refused == 0


@pytest.mark.parametrize(
    "name", ["no-ledger-before-bytes", "receipts-by-position", "missing-receipt-refused", "release-time-limiter"]
)
def test_a_planted_bug_is_caught(tmp_path: Path, name: str) -> None:
    """The campaign is not blind: with the bug, the check that is named for it reports it."""
    result = planted.run(name, tmp_path)
    assert result.kept, result


@pytest.mark.parametrize("name", planted.BUGS)
def test_a_planted_bug_has_its_place(name: str) -> None:
    """The text that a planted bug replaces is in the program, exactly once; its checks exist."""
    bug = planted.BUGS[name]
    assert (ROOT / "importer" / bug.path).read_text("utf-8").count(bug.old) == 1
    assert bug.old != bug.new
    for spec in bug.caught_by:
        part, _, case = spec.partition(":")
        if part == "pytest":
            assert all((ROOT / path).is_file() for path in case.split())
        else:
            assert part in run.parts()
            assert part != "scenarios" or case in scenarios.SCENARIOS


def test_each_crash_meets_each_fault_once() -> None:
    """All pairs are among the cases, in an order of the seed."""
    cases = [case.split("/") for case in crash_fault.cases(Random(1))]
    assert {case[0] for case in cases} == set(KINDS)
    fault_pairs = {(crash, fault) for _, crash, fault, *_ in cases}
    assert len(fault_pairs) == len(cases) == len(crash_fault.CRASHES) * len(CATALOGUE) >= 33 * 30


def test_what_breaks_in_a_case_is_counted(tmp_path: Path) -> None:
    """A case that raises is wrong and named in the count, and the others go on."""
    part = run.Part(
        "broken", "words", "cases", lambda random: ["a", "b"], lambda case, folder: Result(tried=1 // (case == "b"))
    )
    count = run.run_part(part, seed=1, seconds=60)
    assert (count.cases, count.of, count.wrong, count.kept) == (2, 2, 1, False)
    assert count.failures[0].startswith("broken:a (lost 0, doubled 0) ZeroDivisionError")


def test_the_page_says_what_the_figures_say() -> None:
    """The tables of docs/reliability.md are those of docs/reliability.json."""
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    found = json.loads((ROOT / "docs" / "reliability.json").read_text("utf-8"))
    assert report.page_with(page, found) == page
    assert all(bug in report.planted_table(found) for bug in planted.BUGS)


def test_figures_are_written(tmp_path: Path) -> None:
    """Counts become a line each, with what is left to a person as a share and the command that repeats it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "limits.md").touch()
    marks = [*report.FIGURES, *report.PLANTED]
    (tmp_path / "docs" / "reliability.md").write_text("\n".join(["before", *marks, "after"]), "utf-8")
    counts = [
        Count("one", "first words", "pairs", 7, cases=2, tried=1200, rows=1000, uncertain=2),
        Count("two", "second words", "cuts", 7, why_not="it has no loop mounts"),
        Count("planted", "planted bugs", "bugs", 7, notes=["| a bug | a check | 3 doubled |"]),
    ]
    report.write_report(tmp_path, counts, started=0.0, minutes=1.0, jobs=2)
    page = (tmp_path / "docs" / "reliability.md").read_text("utf-8")
    assert "| first words | 1,200 pairs | 0 | 0 | 0 | 2 of 1,000 rows (0.2 %) | " in page
    assert "--only one --seed 7" in page
    assert "not on this machine: it has no loop mounts" in page
    assert "| a bug | a check | 3 doubled |" in page
    assert "[the limits and the proof](limits.md)." in page
    assert page.startswith("before")
    assert page.endswith("after")
