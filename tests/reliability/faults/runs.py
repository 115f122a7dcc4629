"""Run an import under a fault, and assert what must hold of it."""

from __future__ import annotations

from tests.support.trial import Trial

BULK, READS = "bulk-activities", "activities-of-lead"
ALL = range(1, 10_000)


def run_and_count(trial: Trial, **environment: str) -> dict[str, int]:
    """Run once, assert that nothing is lost, doubled or reported wrongly, and return the rows by status."""
    with trial:
        ended = trial.run(**environment)
        verdict = trial.verdict(ended)
        assert verdict.kept, verdict
        return dict(verdict.statuses)


def resume_and_count(trial: Trial, *, status: int = 0) -> dict[str, int]:
    """Resume after the fault has gone, assert the same, and return the rows by status."""
    ended = trial.command("resume", "--json")
    assert ended.status == status, ended
    verdict = trial.verdict(ended)
    assert verdict.kept, verdict
    return dict(verdict.statuses)


DONE = {"created": 55}


def all_delivered_once(trial: Trial) -> bool:
    """Finish the import; assert that every row is in the CRM once, and reported so."""
    trial.before = None
    verdict = trial.verdict(trial.finish())
    assert (verdict.kept, verdict.uncertain) == (True, 0), verdict
    return True
