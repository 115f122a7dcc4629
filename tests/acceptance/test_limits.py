"""Limits that LeadSquared teaches: kept by the next start, shown, and forgotten when a person says so."""

from __future__ import annotations

from pathlib import Path

from tests.support.trial import KINDS, Trial


def limits(trial: Trial, *options: str) -> list[str]:
    examined = trial.command("doctor", "--json", *options).json["examined"]
    return [entry["found"] for entry in examined if entry["name"] == "Limit"]


def test_a_lesson_stays_until_it_is_forgotten(tmp_path: Path) -> None:
    """A refusal names the true limit: the next start keeps it, doctor shows it and, asked to, forgets it."""
    with Trial(tmp_path, KINDS["bulk"], 30) as trial:
        trial.sandbox.change(bulk_calls_per_window=2, window=1.0)
        assert trial.verdict(trial.run()).kept
        refused = len([one for one in trial.sandbox.log if one["verdict"] == "too many calls"])
        assert refused > 0
        (learned,) = [words for words in limits(trial) if "learned" in words]
        assert "2 bulk calls in 1 s" in learned
        lines = [trial.kind.cells(number) for number in range(30, 81)]
        (tmp_path / "rows.csv").write_text("\n".join([trial.kind.headings, *lines]) + "\n", "utf-8")
        assert trial.run().status == 0
        assert len([one for one in trial.sandbox.log if one["verdict"] == "too many calls"]) == refused
        assert not [words for words in limits(trial, "--forget-limits") if "learned" in words]
