"""Answers that are wrong, incomplete or too long (S11 to S19, S32): only what they clearly say is believed."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.sandbox.seed import lead_id
from tests.reliability.faults.runs import BULK, DONE, run_and_count
from tests.support.spoil import after, edited, only, said, spoil
from tests.support.trial import KINDS, Trial, results


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    made = Trial(tmp_path, KINDS["bulk"], 55)
    made.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    return made


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
    assert run_and_count(trial) == DONE


def receipts(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[Any], Any]:
    return lambda answer: {**answer, "Response": change(answer["Response"])}


def test_s12_a_receipt_is_missing(trial: Trial) -> None:
    """25 rows sent, 24 answered: the one is looked for, and found."""
    spoil(trial, BULK, only(2, edited(receipts(lambda found: found[:-1]))))
    assert run_and_count(trial) == DONE


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
    assert run_and_count(trial) == DONE


def test_s15_an_id_that_is_missing_or_belongs_to_another_row(trial: Trial) -> None:
    """A contradiction is no success: the rows are looked for in the CRM."""
    first: dict[str, str] = {}

    def steal(answer: Any) -> Any:
        found = answer["Response"]
        first.setdefault("id", found[0]["ProspectActivityId"])
        return {"Response": [{**one, "ProspectActivityId": first["id"]} for one in found[:2]] + found[2:]}

    spoil(trial, BULK, only(range(2, 3), edited(steal)))
    trial.sandbox.faults.order("receipt-without-id", skip=2, on=BULK)
    assert run_and_count(trial) == DONE


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
    assert run_and_count(trial, LEADSQUARED_TIMEOUT_SECONDS="5") == DONE


@pytest.mark.parametrize("change", ["more fields", "renamed"])
def test_s32_another_version_of_the_api(trial: Trial, change: str) -> None:
    """Fields that are new are ignored; without those that are known, an answer says nothing."""

    def edit(answer: Any) -> Any:
        if change == "more fields":
            return {**answer, "Version": 3, "Response": [{**one, "Extra": {"a": [1]}} for one in answer["Response"]]}
        return {"Results": answer["Response"]}

    spoil(trial, BULK, only(2, edited(edit)))
    assert run_and_count(trial) == DONE
