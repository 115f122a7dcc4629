"""Clocks that are wrong, jump, or begin anew: what is sent is judged by counting and reading back, never by the time."""

from __future__ import annotations

import pytest
from interference import ClockShift, Hold, together
from trial import KINDS, Trial

HOUR, DAY = 3600.0, 86_400.0
SEND = "importer.crm.client:LeadSquaredClient.send"


def cut_off(trial: Trial, *, shift: float = 0.0) -> None:
    """Kill a run, on a clock that is off by ``shift``, after a call was answered and before the answer was noted."""
    hold = Hold(str(trial.folder), "importer.ledger.store:SqlLedger.finish_call", nth=2)
    trial.before = together(hold, ClockShift(shift)) if shift else hold
    running = trial.start("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
    hold.await_held(running)
    running.kill()
    running.process.join()
    trial.before = None
    assert len(trial.sandbox.tenant.activities) > 1


@pytest.mark.parametrize("shift", [HOUR, -HOUR, DAY, -DAY])
def test_c1_the_clock_jumps_between_crash_and_resume(trial: Trial, shift: float) -> None:
    """After a crash the clock is an hour or a day off: the rows in doubt are found, none is sent twice."""
    cut_off(trial)
    trial.before = ClockShift(shift)
    verdict = trial.verdict(trial.finish())
    assert (verdict.kept, verdict.uncertain) == (True, 0), verdict


@pytest.mark.parametrize("shift", [HOUR, -HOUR, DAY])
def test_c1_the_clock_was_wrong_while_sending(trial: Trial, shift: float) -> None:
    """The call that was cut off left at a wrong time by our clock: the CRM's own time decides, none is sent twice."""
    cut_off(trial, shift=shift)
    verdict = trial.verdict(trial.finish())
    assert (verdict.kept, verdict.uncertain) == (True, 0), verdict
