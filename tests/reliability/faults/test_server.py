"""Calls that a server refuses or cannot do (S1 to S10): nothing lost, nothing doubled, everything told as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.faults.runs import ALL, BULK, DONE, READS, resume_and_count, run_and_count
from tests.support.spoil import instead, only, said, spoil
from tests.support.trial import KINDS, Trial


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    made = Trial(tmp_path, KINDS["bulk"], 55)
    made.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    return made


@pytest.mark.parametrize("retry_after", ["1", "0", "-5", "864000", "Sat, 21 Nov 2099 10:00:00 GMT", "soon", ""])
def test_s1_too_many_calls_with_any_retry_after(tmp_path: Path, retry_after: str) -> None:
    """Seconds, a date, nonsense or ten days: it waits within reason, and each row arrives once."""
    trial = Trial(tmp_path, KINDS["bulk"], 30)
    headers = {"Retry_After": retry_after} if retry_after else {}
    patient = retry_after not in ("864000", "Sat, 21 Nov 2099 10:00:00 GMT")
    spoil(trial, BULK, only(2, instead(said(429, {"Message": "slow down"}, **headers))))
    with trial:
        running = trial.start("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
        if patient:
            assert dict(trial.verdict(running.wait()).statuses) == {"created": 30}
            return
        import os
        import signal
        import time

        while len(trial.sandbox.tenant.activities) < 1:
            time.sleep(0.02)
        time.sleep(0.3)
        os.kill(running.pid, signal.SIGINT)
        ended = running.wait()
        assert ended.status == 4, ended
        assert ended.json["counts"]["created"] == len(trial.sandbox.tenant.activities)


@pytest.mark.parametrize("shape", ["throttle-200", "throttle-403", "throttle-429"])
def test_s2_a_limit_in_another_shape(trial: Trial, shape: str) -> None:
    """A 200 or 403 that means "too many calls" is neither success nor refusal of the rows."""
    trial.sandbox.faults.order(shape, skip=1, on=BULK)
    assert run_and_count(trial) == DONE


def test_s3_too_many_calls_for_ever(tmp_path: Path) -> None:
    """The run can be stopped, and no row is told as sent."""
    import os
    import signal
    import time

    trial = Trial(tmp_path, KINDS["bulk"], 30)
    calls = spoil(trial, BULK, only(ALL, instead(said(429, {"Message": "no"}))))
    with trial:
        running = trial.start("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
        while len(calls) < 3 and running.is_alive():
            time.sleep(0.05)
        os.kill(running.pid, signal.SIGTERM)
        ended = running.wait()
        assert ended.status == 4, ended
        assert ended.json["counts"]["not_sent"] == 30
        assert trial.sandbox.tenant.activities == {}


@pytest.mark.parametrize("when", ["after-processing", "before-processing", "partial"])
def test_s4_s5_s6_http_500(trial: Trial, when: str) -> None:
    """After storing all, none or some: what is there is found, what is absent is sent once more."""
    trial.sandbox.faults.order(f"500-{when}", skip=1, on=BULK)
    assert run_and_count(trial) == DONE


@pytest.mark.parametrize("status", ["502", "503", "504"])
@pytest.mark.parametrize("when", ["after-processing", "before-processing"])
def test_s7_a_gateway_fails(trial: Trial, status: str, when: str) -> None:
    """Its page of HTML says nothing about the rows."""
    trial.sandbox.faults.order(f"{status}-{when}", skip=1, on=BULK)
    assert run_and_count(trial) == DONE


def test_s8_keys_are_revoked_in_the_middle(trial: Trial) -> None:
    """The run stops; when the keys work again, the rest is sent."""
    calls = spoil(
        trial, BULK, only(range(3, 4), instead(said(401, {"ExceptionType": "MXInvalidAccessDetailsException"})))
    )
    with trial:
        ended = trial.run()
        assert ended.status in (1, 2, 4), ended
        assert len(calls) == 3
        assert "does not accept the keys" in ended.json["message"]
        assert resume_and_count(trial) == DONE


def test_s9_reading_back_is_forbidden(trial: Trial) -> None:
    """Rows in doubt stay so, with the reason; once reading works again, resume settles them."""
    trial.sandbox.faults.order("drop-after-processing", skip=1, on=BULK)
    forbidden = [True]
    refusal = said(403, b"Forbidden", "text/plain")
    spoil(trial, READS, lambda number, call, really: refusal if forbidden else really(call))
    with trial:
        ended = trial.run()
        forbidden.clear()
        verdict = trial.verdict(ended)
        assert verdict.lost == verdict.doubled == 0
        assert verdict.uncertain == 25
        assert resume_and_count(trial) == DONE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s10_a_redirect_is_never_followed(trial: Trial, tmp_path: Path, status: int) -> None:
    """The other host gets nothing at all, and the run stops."""
    (tmp_path / "other").mkdir()
    with trial, Trial(tmp_path / "other", KINDS["bulk"], 1) as other:
        spoil(trial, BULK, only(2, instead(said(status, Location=f"{other.sandbox.host}/v2/x"))))
        ended = trial.run()
        assert ended.status in (1, 2, 4), ended
        assert other.sandbox.log == []
        assert resume_and_count(trial) == DONE
