"""What a server can do wrong, fault by fault (S1 to S33): nothing lost, nothing doubled, everything told as it is."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from interference import ClockShift
from spoil import after, edited, instead, only, said, spoil
from trial import KINDS, Trial, results

from importer.sandbox.seed import lead_id

BULK, READS = "bulk-activities", "activities-of-lead"
ALL = range(1, 10_000)


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    made = Trial(tmp_path, KINDS["bulk"], 55)
    made.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    return made


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
    assert counted(trial) == DONE


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
    assert counted(trial) == DONE


@pytest.mark.parametrize("status", ["502", "503", "504"])
@pytest.mark.parametrize("when", ["after-processing", "before-processing"])
def test_s7_a_gateway_fails(trial: Trial, status: str, when: str) -> None:
    """Its page of HTML says nothing about the rows."""
    trial.sandbox.faults.order(f"{status}-{when}", skip=1, on=BULK)
    assert counted(trial) == DONE


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
        assert resumed(trial) == DONE


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
        assert resumed(trial) == DONE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_s10_a_redirect_is_never_followed(trial: Trial, tmp_path: Path, status: int) -> None:
    """The other host gets nothing at all, and the run stops."""
    (tmp_path / "other").mkdir()
    with trial, Trial(tmp_path / "other", KINDS["bulk"], 1) as other:
        spoil(trial, BULK, only(2, instead(said(status, Location=f"{other.sandbox.host}/v2/x"))))
        ended = trial.run()
        assert ended.status in (1, 2, 4), ended
        assert other.sandbox.log == []
        assert resumed(trial) == DONE


BODIES = {
    "empty": b"",
    "html": b"<html><body>ok</body></html>",
    "truncated": b'{"Response": [{"RowNumber": 1, "Activity',
    "nan": b'{"Response": NaN}',
    "two keys": b'{"Response": [], "Response": [{"RowNumber": 1, "ActivityCreated": true}]}',
    "bom": b"\xef\xbb\xbf[]",
    "huge number": b'{"Response": ' + b"9" * 5000 + b"}",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "null": b"null",
    "text": b'"created"',
    "latin": b'{"Response": "\xff\xfe"}',
}


@pytest.mark.parametrize("body", BODIES)
def test_s11_an_answer_that_cannot_be_read(trial: Trial, body: str) -> None:
    """Whatever a 200 holds: no crash, and only reading back says what became of the rows."""
    spoil(trial, BULK, only(2, after(said(200, BODIES[body]))))
    assert counted(trial) == DONE


def receipts(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[Any], Any]:
    return lambda answer: {**answer, "Response": change(answer["Response"])}


def test_s12_a_receipt_is_missing(trial: Trial) -> None:
    """25 rows sent, 24 answered: the one is looked for, and found."""
    spoil(trial, BULK, only(2, edited(receipts(lambda found: found[:-1]))))
    assert counted(trial) == DONE


def test_s13_receipts_in_another_order(trial: Trial) -> None:
    """They belong to rows by their number, so every id stands at its own row."""
    spoil(trial, BULK, only(2, edited(receipts(lambda found: found[::-1]))))
    with trial:
        ended = trial.run()
        assert dict(trial.verdict(ended).statuses) == DONE
        notes = {one["Id"]: one["note"] for one in trial.sandbox.state()["activities"]}
        for row in results(trial.folder / ended.json["results"]):
            assert notes[row["ProspectActivityId"]].endswith(trial.kind.mark(int(row["RowNumber"]) - 2))


def renumbered(number: Callable[[int], Any]) -> Callable[[Any], Any]:
    return receipts(lambda found: [{**one, "RowNumber": number(one["RowNumber"])} for one in found])


@pytest.mark.parametrize("how", ["from 0", "all 1", "from 26", "none"])
def test_s14_row_numbers_that_make_no_sense(trial: Trial, how: str) -> None:
    """No row is told as created by a receipt that may be another row's."""
    change = {"from 0": lambda n: n - 1, "all 1": lambda n: 1, "from 26": lambda n: n + 25, "none": lambda n: None}[how]
    spoil(trial, BULK, only(2, edited(renumbered(change))))
    assert counted(trial) == DONE


def test_s15_an_id_that_is_missing_or_belongs_to_another_row(trial: Trial) -> None:
    """A contradiction is no success: the rows are looked for in the CRM."""
    first: dict[str, str] = {}

    def steal(answer: Any) -> Any:
        found = answer["Response"]
        first.setdefault("id", found[0]["ProspectActivityId"])
        return {"Response": [{**one, "ProspectActivityId": first["id"]} for one in found[:2]] + found[2:]}

    spoil(trial, BULK, only(range(2, 3), edited(steal)))
    trial.sandbox.faults.order("receipt-without-id", skip=2, on=BULK)
    assert counted(trial) == DONE


def test_s16_some_rows_are_refused(tmp_path: Path) -> None:
    """Each refused row has LeadSquared's reason; the others are created."""
    trial = Trial(tmp_path, KINDS["bulk"], 30)
    text = (tmp_path / "rows.csv").read_text("utf-8").replace(lead_id(8), str(uuid.UUID(int=7)))
    (tmp_path / "rows.csv").write_text(text, "utf-8")
    with trial:
        ended = trial.run()
        verdict = trial.verdict(ended)
        assert dict(verdict.statuses) == {"created": 29, "rejected": 1}
        (refused,) = [row for row in results(tmp_path / ended.json["results"]) if row["Status"] == "rejected"]
        assert (refused["RowNumber"], refused["Error"]) == (9, "Lead does not exist.")


def test_s17_everything_is_refused(tmp_path: Path) -> None:
    """A field that was renamed in the CRM stops the run before the first row, and where the account is not compared
    with, after the first rows, not after all of them."""
    trial = Trial(tmp_path, KINDS["bulk"], 400)
    text = (tmp_path / "rows.yaml").read_text("utf-8") + "  mx_Custom_77: Note\n"
    (tmp_path / "rows.yaml").write_text(text, "utf-8")
    calls = spoil(trial, BULK, lambda number, call, really: really(call))
    with trial:
        stopped = trial.run()
        assert (stopped.status, len(calls)) == (2, 0), stopped
        assert "mx_Custom_77" in stopped.json["message"]
        ended = trial.run(LEADSQUARED_ACCOUNT_CHECKS="off")
        assert ended.status == 4, ended
        assert len(calls) <= 30
        assert trial.sandbox.tenant.activities == {}
        assert "refused" in ended.json["message"]
        assert "mx_Custom_77" in ended.json["message"]


@pytest.mark.parametrize("packed", [False, True], ids=["S18", "S19"])
def test_s18_s19_an_answer_that_would_fill_the_memory(trial: Trial, packed: bool) -> None:
    """Fifty megabytes, or a gzip bomb: cut off, and the rows are looked for."""
    body = gzip.compress(b" " * 300_000_000, 1) if packed else b" " * 50_000_000
    headers = {"Content_Encoding": "gzip"} if packed else {}
    spoil(trial, BULK, only(2, after(said(200, body, **headers))))
    assert counted(trial, LEADSQUARED_TIMEOUT_SECONDS="5") == DONE


def test_s21_reading_back_lags(trial: Trial) -> None:
    """Rows that show up late are found in the second reading, not sent again."""
    trial.sandbox.change(trail_lag=0.15, read_lag=0.15)
    trial.sandbox.faults.order("drop-after-processing", skip=1, on=BULK)
    assert counted(trial, LEADSQUARED_SETTLE_SECONDS="0.3") == DONE


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
    assert counted(trial) == {"created": 30}


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
        assert resumed(trial) == DONE


@pytest.mark.parametrize("change", ["more fields", "renamed"])
def test_s32_another_version_of_the_api(trial: Trial, change: str) -> None:
    """Fields that are new are ignored; without those that are known, an answer says nothing."""

    def edit(answer: Any) -> Any:
        if change == "more fields":
            return {**answer, "Version": 3, "Response": [{**one, "Extra": {"a": [1]}} for one in answer["Response"]]}
        return {"Results": answer["Response"]}

    spoil(trial, BULK, only(2, edited(edit)))
    assert counted(trial) == DONE


@pytest.mark.parametrize("date", ["Sat, 21 Nov 2026 03:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT", "yesterday"])
def test_s33_the_clock_of_the_server_is_wrong(trial: Trial, date: str) -> None:
    """Rows are found all the same."""
    spoil(trial, BULK, only(2, after(said(500, {"Message": "An error has occurred."}, Date=date))))
    assert counted(trial) == DONE
