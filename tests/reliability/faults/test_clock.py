"""Clocks that are wrong, jump, or begin anew: what is sent is judged by counting and reading back, never by the time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from importer.sandbox.options import Options
from tests.support.interference import ClockShift, Hold, together
from tests.support.trial import KINDS, Trial

HOUR, DAY = 3600.0, 86_400.0
YEARS = 365 * DAY
RECORD = "importer.ledger.ledger:Ledger.record"
"""First a call begins, then it ends and others begin, then these end."""


def cut_off(trial: Trial, *, shift: float = 0.0, nth: int = 3) -> None:
    """Kill a run, on a clock that is off by ``shift``, after a call was answered and before the answer was noted."""
    hold = Hold(str(trial.folder), RECORD, nth)
    trial.before = together(hold, ClockShift(shift))
    running = trial.start("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
    hold.await_held(running)
    running.kill()
    running.process.join()
    trial.before = None
    assert len(trial.sandbox.tenant.activities) >= 1


def all_delivered_once(trial: Trial) -> bool:
    """Whether at the end every row is in the CRM once and known to be."""
    verdict = trial.verdict(trial.finish())
    assert (verdict.kept, verdict.uncertain) == (True, 0), verdict
    return True


@pytest.mark.parametrize("shift", [HOUR, -HOUR, DAY, -DAY])
def test_c1_the_clock_jumps_between_crash_and_resume(trial: Trial, shift: float) -> None:
    """After a crash the clock is an hour or a day off: the rows in doubt are found, none is sent twice."""
    cut_off(trial)
    trial.before = ClockShift(shift)
    assert all_delivered_once(trial)


@pytest.mark.parametrize("shift", [HOUR, -HOUR, DAY])
def test_c1_the_clock_was_wrong_while_sending(trial: Trial, shift: float) -> None:
    """The call that was cut off left at a wrong time by our clock: the CRM's own time decides, none is sent twice."""
    cut_off(trial, shift=shift)
    assert all_delivered_once(trial)


def test_c1_the_clock_was_wrong_when_no_answer_came(trial: Trial) -> None:
    """A time-out on a clock that is an hour ahead is read back by the CRM's time, too."""
    trial.before = ClockShift(HOUR)
    trial.sandbox.faults.order("drop-after", skip=1, on="bulk")
    assert all_delivered_once(trial)


@pytest.mark.parametrize("shift", [-50 * YEARS, 12 * YEARS, 74 * YEARS])
def test_c2_a_clock_of_another_age(trial: Trial, shift: float) -> None:
    """In 1976, 2038 or 2100 by our clock each row still arrives once, and the person is told about the clock."""
    trial.before = ClockShift(shift)
    ended = trial.command("run", "rows.csv", "-m", "rows.yaml", "--yes")
    assert ended.status == 0, ended.err
    assert "The clock of this computer differs from LeadSquared's by" in ended.err
    assert all_delivered_once(trial)


@pytest.mark.parametrize("shift", [HOUR, -HOUR])
def test_c3_a_jump_in_the_middle_leaves_the_limit_alone(tmp_path: Path, shift: float) -> None:
    """The clock jumps while calls are counted: the CRM never has to refuse one."""
    limits = Options(calls_per_window=0, bulk_calls_per_window=4, window=0.3, async_delay=0.05)
    settings = {"LEADSQUARED_BULK_CALLS_PER_WINDOW": "4", "LEADSQUARED_WINDOW_SECONDS": "0.3"}
    with Trial(tmp_path, KINDS["bulk"], 300, limits) as trial:
        trial.environment.update(settings)
        trial.before = ClockShift(shift, after=20)
        assert all_delivered_once(trial)
        assert {entry["status"] for entry in trial.sandbox.log} == {200}


@pytest.mark.parametrize("zone", ["", "Nowhere/At_All", "America/St_Johns", ":/dev/null"])
def test_c4_the_time_zone_of_the_machine_does_not_matter(trial: Trial, zone: str) -> None:
    """TZ unset, wrong or far away: times of the file mean the mapping's zone, and the ledger keeps UTC."""
    text = trial.kind.mapping + (
        "  ActivityDateTime: {column: When, type: datetime, format: '%d/%m/%Y %H:%M', timezone: Asia/Kolkata}\n"
    )
    (trial.folder / "rows.yaml").write_text(text, "utf-8")
    lines = (trial.folder / "rows.csv").read_text("utf-8").splitlines()
    dated = [f"{lines[0]},When", *(f"{line},29/03/2026 02:30" for line in lines[1:])]
    (trial.folder / "rows.csv").write_text("\n".join(dated) + "\n", "utf-8")
    assert trial.run(TZ=zone).status == 0
    times = {str(activity["CreatedOn"]) for activity in trial.sandbox.state()["activities"]}
    assert len(times) == 1
    assert times.pop().startswith("2026-03-28T21:00:00")
    (run,) = trial.command("runs", "--json", TZ=zone).json["runs"]
    assert run["started_at"].endswith("+00:00")


def test_c5_odd_dates_are_read_or_told(trial: Trial) -> None:
    """29 February, 24:00 and a leap second are read as what they are, or the row says what is wrong with them."""
    text = trial.kind.mapping + (
        "  ActivityDateTime: {column: When, type: datetime, format: '%d/%m/%Y %H:%M:%S', timezone: UTC}\n"
    )
    (trial.folder / "rows.yaml").write_text(text, "utf-8")
    lines = (trial.folder / "rows.csv").read_text("utf-8").splitlines()
    odd = ["29/02/2024 10:00:00", "29/02/2025 10:00:00", "31/12/2024 24:00:00", "31/12/2016 23:59:60"]
    dated = [f"{lines[0]},When", *(f"{line},{when}" for line, when in zip(lines[1:], odd, strict=False))]
    (trial.folder / "rows.csv").write_text("\n".join(dated) + "\n", "utf-8")
    ended = trial.run()
    assert ended.status == 3
    counts = ended.json["counts"]
    assert counts["created"] == len(trial.sandbox.state()["activities"]) >= 1
    assert counts["created"] + counts["invalid"] == 4
    assert counts["invalid"] >= 1


def test_c6_after_a_reboot_the_settle_time_begins_anew(trial: Trial) -> None:
    """Whatever the clock and the machine say of the time that passed, the whole settle time is waited for."""
    cut_off(trial)
    trial.before = ClockShift(7 * DAY)
    before = len(trial.sandbox.log)
    ended = trial.command("resume", LEADSQUARED_SETTLE_SECONDS="1.5")
    assert ended.status == 0
    identity, reading = (
        trial.sandbox.log[before],
        next(entry for entry in trial.sandbox.log[before:] if entry["path"].endswith("/Retrieve")),
    )
    assert reading["at"] - identity["at"] >= 1.5
    assert all_delivered_once(trial)
    assert json.loads(trial.command("runs", "--json").out)["runs"][0]["state"] == "finished"
