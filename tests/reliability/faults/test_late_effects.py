"""Faults that show only later (S21 to S33): rows read back, queues, quotas, clocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from importer.sandbox.seed import lead_id
from tests.reliability.faults.runs import ALL, BULK, DONE, READS, resume_and_count, run_and_count
from tests.support.interference import ClockShift
from tests.support.spoil import after, edited, only, said, spoil
from tests.support.trial import KINDS, Trial, results


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    made = Trial(tmp_path, KINDS["bulk"], 55)
    made.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    return made


def test_s21_reading_back_lags(trial: Trial) -> None:
    """Rows that show up late are found in the second reading, not sent again."""
    trial.sandbox.change(trail_lag=0.15, read_lag=0.15)
    trial.sandbox.faults.order("drop-after-processing", skip=1, on=BULK)
    assert run_and_count(trial, LEADSQUARED_SETTLE_SECONDS="0.3") == DONE


def test_s22_texts_come_back_in_another_form(tmp_path: Path) -> None:
    """Line ends, outer blanks and composed letters do not keep a row from being recognised."""
    trial = Trial(tmp_path, KINDS["bulk"], 30)
    text = (
        (tmp_path / "rows.csv").read_text("utf-8").replace("visit mark00012", '" Caf\u0065\u0301\r\nvisit mark00012"')
    )
    (tmp_path / "rows.csv").write_text(text, "utf-8", newline="")
    trial.sandbox.faults.order("drop-after-processing", skip=1, on=BULK)

    def trimmed(answer: Any) -> Any:
        import unicodedata

        for one in answer.get("ProspectActivities", []):
            for field in ("ActivityEvent_Note", "Note"):
                fields = one.get("ActivityFields") or one
                if field in fields:
                    fields[field] = unicodedata.normalize("NFC", fields[field]).replace("\r\n", "\n").strip()
        return answer

    spoil(trial, READS, only(ALL, edited(trimmed)))
    assert run_and_count(trial) == {"created": 30}


def test_s24_the_lead_is_gone(tmp_path: Path) -> None:
    """A lead that was deleted or merged meanwhile: its row stays in doubt for a person, with what was found."""
    trial = Trial(tmp_path, KINDS["bulk"], 30)
    trial.sandbox.faults.order("drop-before-processing", skip=1, on=BULK)
    refusal = said(
        500, {"Status": "Error", "ExceptionType": "MXInvalidLeadException", "ExceptionMessage": "Lead is gone."}
    )
    gone = lead_id(10)
    rule = lambda number, call, really: refusal if call.parameters.get("leadId") == gone else really(call)  # noqa: E731
    spoil(trial, READS, rule)
    with trial:
        ended = trial.run()
        verdict = trial.verdict(ended)
        assert verdict.lost == verdict.doubled == 0
        assert verdict.uncertain <= 1, verdict


@pytest.mark.parametrize("key", [False, True], ids=["S25 without a key", "S25 with a key"])
def test_s25_s26_somebody_else_posts_the_same(tmp_path: Path, key: bool) -> None:
    """An identical activity by another program is never booked as ours when ours is told apart, and never makes two."""
    trial = Trial(tmp_path, KINDS["bulk-key" if key else "bulk"], 30)
    trial.sandbox.faults.order("drop-before-processing", skip=1, on=BULK)
    foreign: list[str] = []

    def before(number: int, call: Any, really: Any) -> Any:
        if not foreign:
            activity = {"lead": lead_id(5), "event": 201, "note": "visit mark00004", "owner": "", "fields": {}}
            with trial.sandbox.tenant.transaction():
                foreign.append(str(trial.sandbox.tenant.create_activity(activity)["Id"]))
        return really(call)

    spoil(trial, READS, before)
    with trial:
        ended = trial.run()
        rows = {row["RowNumber"]: row for row in results(tmp_path / ended.json["results"])}
        ours = [one for one in trial.sandbox.state()["activities"] if one["Id"] not in foreign]
        assert len({one["note"] for one in ours}) == len(ours)
        if key:
            assert len(ours) == 30
            assert rows[6]["ProspectActivityId"] not in foreign


def test_s27_a_request_never_leaves_the_queue(tmp_path: Path) -> None:
    """The row is pending and told so; a later resume asks again, and nothing is sent twice."""
    trial = Trial(tmp_path, KINDS["capture-async"], 3)
    trial.sandbox.change(async_delay=3600.0)
    with trial:
        ended = trial.run("--wait", "1")
        assert ended.status == 4, ended
        assert ended.json["counts"]["pending"] == 3
        writes = len([one for one in trial.sandbox.log if one["call"] == "async-capture-lead"])
        again = trial.command("resume", "--json", "--wait", "1")
        assert again.json["counts"]["pending"] == 3
        assert len([one for one in trial.sandbox.log if one["call"] == "async-capture-lead"]) == writes == 3


def test_s28_the_status_is_an_unknown_word(tmp_path: Path) -> None:
    """An unknown word means: keep waiting; when it becomes a known one, the row is settled."""
    trial = Trial(tmp_path, KINDS["capture-async"], 3)
    trial.sandbox.change(success_word="Fertig")
    with trial:
        assert trial.run("--wait", "1").json["counts"]["pending"] == 3
        trial.sandbox.change(success_word="Success")
        ended = trial.command("resume", "--json")
        assert dict(trial.verdict(ended).statuses) == {"created": 3}


def test_s29_the_queue_refuses(tmp_path: Path) -> None:
    """A request that failed in processing is told as refused, with the reason."""
    trial = Trial(tmp_path, KINDS["both-async"], 4)
    trial.sandbox.faults.order("queue-failure", skip=1)
    with trial:
        ended = trial.run()
        counts = {status: count for status, count in ended.json["counts"].items() if count}
        assert counts.get("created") == 3
        assert sum(counts.values()) == 4


def test_s31_the_budget_of_the_day_is_used_up(trial: Trial) -> None:
    """It is told beforehand; the run stops cleanly; resume goes on the next day, and sends nothing more on the same."""
    trial.environment["LEADSQUARED_DAILY_CALLS"] = "10"
    with trial:
        beforehand = trial.command("check", "rows.csv", "-m", "rows.yaml", "--json").json["forecast"]
        assert beforehand == {"calls": 3, "seconds": 0.2, "left_today": 10}
        ended = trial.run()
        assert ended.status == 4, ended
        assert "budget of 10 calls a day" in ended.out + ended.err
        sent = len([one for one in trial.sandbox.log if one["kind"] == "bulk"])
        assert trial.command("resume").status == 4
        assert len([one for one in trial.sandbox.log if one["kind"] == "bulk"]) == sent
        trial.before = ClockShift(86_400.0)
        assert resume_and_count(trial) == DONE


@pytest.mark.parametrize("date", ["Sat, 21 Nov 2026 03:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT", "yesterday"])
def test_s33_the_clock_of_the_server_is_wrong(trial: Trial, date: str) -> None:
    """Rows are found all the same."""
    spoil(trial, BULK, only(2, after(said(500, {"Message": "An error has occurred."}, Date=date))))
    assert run_and_count(trial) == DONE
