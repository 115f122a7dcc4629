"""The command dies at any system call, or the power of its disk is cut; nothing is lost or doubled."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from random import Random

import numpy as np
import pytest

from importer.core.failpoints import VARIABLE
from tests.reliability.campaign import crashes, power_cuts, sweeps
from tests.support.trial import KINDS, Trial


def _skip_for(reason: str) -> None:
    if reason:
        pytest.skip(reason)


@pytest.mark.parametrize(
    "case",
    [
        "bulk/fresh/fdatasync/KILL@24",
        "single/fresh/pwrite64/KILL@150",
        "bulk-key/restart/sendto/KILL@2",
        "bulk/roll-back/pwrite64/KILL@5",
        "bulk/roll-back/unlink/KILL@1",
        "bulk/fresh/pwrite64/ENOSPC@160",
        "create/fresh/recvfrom/ECONNRESET@2",
        "bulk/fresh/sendto/EPIPE@2",
    ],
)
def test_a_system_call_that_never_returns_or_fails(tmp_path: Path, case: str) -> None:
    """Wherever the kernel is asked for something, the command may die or be refused: no row pays for it."""
    _skip_for(sweeps.why_not())
    result = sweeps.run(case, tmp_path)
    assert (result.kept, result.tried) == (True, 1), result


@pytest.mark.parametrize(
    "case",
    [
        "bulk/point/answer-on-way@1-2",
        "bulk-key/fresh/fdatasync@27",
        "single/restart/unlink@12",
        # The end of the command comes first: what it has said must outlive the cut.
        "bulk/fresh/rename@99",
    ],
)
def test_a_power_cut(tmp_path: Path, case: str) -> None:
    """A disk that keeps only what was synced costs no row and doubles none."""
    _skip_for(power_cuts.why_not())
    result = power_cuts.run(case, tmp_path)
    assert result.kept, result


def test_a_power_cut_finds_a_ledger_that_syncs_too_little(tmp_path: Path) -> None:
    """The cuts have teeth: with SQLite's FULL in place of EXTRA, and no witness, they double rows."""
    _skip_for(power_cuts.why_not())
    result = power_cuts.run_weakened("full", tmp_path)
    assert result.kept, result


def test_a_sweep_is_spread_over_all_calls() -> None:
    """However short the time is, every kind of system call and every stage comes up early; no case comes twice."""
    first = list(islice(sweeps.cases(Random(1)), 70))
    assert {case.split("/")[2] for case in first} == set(sweeps.ERRORS)
    assert {case.split("/")[1] for case in first} == set(sweeps.STAGES)
    every = [case.split("/", 1)[1] for case in sweeps.cases(Random(1))]
    assert len(set(every)) == len(every) > 5_000
    assert len(list(power_cuts.cases(Random(1)))) > 1_000


def test_keys_that_a_power_cut_emptied_are_computed_again(tmp_path: Path) -> None:
    """A run goes on although the keys that were kept beside its plan were lost; it sends nothing twice."""
    with Trial(tmp_path, KINDS["bulk"]) as trial:
        assert trial.run(**{VARIABLE: "outcome-committed:kill:2"}).status == -9
        (kept,) = tmp_path.glob("home/runs/*/keys.npy")
        keys = np.load(kept)
        kept.write_bytes(b"")
        verdict = trial.verdict(trial.finish())
        assert (verdict.kept, verdict.uncertain) == (True, 0), verdict
        assert (np.load(kept) == keys).all()


def test_a_case_says_what_was_not_reached(tmp_path: Path) -> None:
    """The judge is not blind: a point that the command never comes to is told, not counted as survived."""
    result = crashes.run("bulk/run-committed@2/0", tmp_path)
    assert "run-committed was not reached" in "".join(result.wrong)
