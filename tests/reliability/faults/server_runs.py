"""Runs of 55 rows against a server with faults, and what must hold of them."""

from __future__ import annotations

from tests.support.trial import Trial

BULK, READS = "bulk-activities", "activities-of-lead"
ALL = range(1, 10_000)


def counted(trial: Trial, **environment: str) -> dict[str, int]:
    """One run; its verdict must be kept. The rows by status."""
    with trial:
        ended = trial.run(**environment)
        verdict = trial.verdict(ended)
        assert verdict.kept, verdict
        return dict(verdict.statuses)


def resumed(trial: Trial, *, status: int = 0) -> dict[str, int]:
    """A resume after everything is well again."""
    ended = trial.command("resume", "--json")
    assert ended.status == status, ended
    verdict = trial.verdict(ended)
    assert verdict.kept, verdict
    return dict(verdict.statuses)


DONE = {"created": 55}
