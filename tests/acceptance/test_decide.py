"""Rows that the machine cannot settle, and a person who can."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from importer.cli.main import cli
from importer.sandbox.faults import order_of
from tests.support.trial import KINDS, Trial, results


@pytest.fixture
def doubtful(tmp_path: Path) -> Trial:
    """Thirty rows, of which 25 are in doubt: no answer came, the CRM stored nothing, and reading back fails."""
    trial = Trial(tmp_path, KINDS["bulk"], 30)
    # One call at a time, so that the second one is the one with 25 rows.
    trial.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    trial.sandbox.faults.order("drop-before-processing", skip=1, on="writes")
    trial.sandbox.faults.add(order_of({"fault": "mx-before-processing", "calls": -1, "on": "activities-of-lead"}))
    ended = trial.run()
    assert (ended.status, ended.json["counts"]["uncertain"]) == (3, 25), ended
    return trial


def decide(trial: Trial, *arguments: str) -> dict[str, object]:
    ended = trial.command("decide", *arguments, "--json")
    assert ended.status == 0, ended
    return ended.json


def test_decisions_settle_a_run(doubtful: Trial) -> None:
    """Created, absent and given up: the books balance, the CRM has each row at most once, and all is written down."""
    with doubtful as trial:
        listed = decide(trial)
        rows = [row["row"] for row in listed["rows"]]  # type: ignore[index,attr-defined]  # JSON
        assert len(rows) == 25
        first, second, *others = rows
        assert dict(listed["rows"][0]["cells"])["Note"].startswith("visit mark")  # type: ignore[index]  # JSON
        trial.sandbox.faults.clear()
        made = decide(trial, "--row", str(first), "--as", "created", "--why", "seen", "--id", "act-1")
        assert (made["status"], made["next_step"]) == ("created", "Nothing to do.")
        assert decide(trial, "--row", str(second), "--as", "abandon", "--why", "not worth it")["status"] == "skipped"
        for row in others:
            made = decide(trial, "--row", str(row), "--as", "absent", "--why", "looked at the lead")
        assert made["next_step"] == f"Run: importer resume {listed['run']}"
        ended = trial.command("resume", "--json")
        assert ended.status == 0, ended
        counts = {status: count for status, count in ended.json["counts"].items() if count}
        assert counts == {"created": 29, "skipped": 1}
        stored = [str(one["note"]) for one in trial.sandbox.state()["activities"]]
        assert len(stored) == len(set(stored)) == 28
        told = {row["RowNumber"]: row for row in results(trial.folder / ended.json["results"])}
        assert (told[first]["ActivityCreated"], told[first]["ProspectActivityId"]) == (True, "act-1")
        assert "abandon by" in told[second]["Error"]
        assert "not worth it" in told[second]["Error"]
        assert told[second]["ErrorCode"] == "decided"
        with sqlite3.connect(trial.folder / "home" / "ledger.db") as ledger:
            whys = [why for (why,) in ledger.execute("SELECT why FROM events WHERE why LIKE '% by %'")]
        assert len(whys) == 25
        again = trial.run()
        assert again.json["counts"] == ended.json["counts"]


def test_a_row_given_up_is_not_sent_by_a_later_file(doubtful: Trial) -> None:
    """Tomorrow's export with the same row does not send it, and says why."""
    with doubtful as trial:
        rows = [row["row"] for row in decide(trial)["rows"]]  # type: ignore[index,attr-defined]  # JSON
        for row in rows:
            decide(trial, "--row", str(row), "--as", "abandon", "--why", "no")
        trial.sandbox.faults.clear()
        text = (trial.folder / "rows.csv").read_text("utf-8")
        (trial.folder / "rows.csv").write_text(text + trial.kind.cells(77) + "\n", "utf-8")
        ended = trial.run()
        counts = {status: count for status, count in ended.json["counts"].items() if count}
        assert counts == {"skipped": 30, "created": 1}
        codes = [row["ErrorCode"] for row in results(trial.folder / ended.json["results"])]
        assert codes.count("given-up") == 25


def test_a_decision_is_taken_back(doubtful: Trial) -> None:
    """As long as the row was not sent; then resume looks again and finds out by itself."""
    with doubtful as trial:
        row = str(decide(trial)["rows"][0]["row"])  # type: ignore[index]  # JSON
        decide(trial, "--row", row, "--as", "created", "--why", "wrong row")
        assert decide(trial, "--row", row, "--as", "undecided", "--why", "a mistake")["status"] == "uncertain"
        trial.sandbox.faults.clear()
        verdict = trial.verdict(trial.command("resume", "--json"))
        assert (verdict.kept, verdict.uncertain) == (True, 0), verdict


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--row", "2", "--as", "created", "--why", "x"), "Row 2 of run"),
        (("--row", "999", "--as", "created", "--why", "x"), "it is not known"),
        (("--row", "2", "--as", "undecided", "--why", "x"), "was not decided by a person"),
        (("--row", "3", "--as", "created"), "A decision needs a reason"),
        (("--row", "3"), "--row and --as belong together"),
        (("nothing-of-that-name",), "There is no run nothing-of-that-name"),
    ],
)
def test_what_cannot_be_decided(doubtful: Trial, arguments: tuple[str, ...], words: str) -> None:
    """Rows that are not in doubt, unknown rows and runs, and decisions without a reason."""
    with doubtful as trial:
        ended = trial.command("decide", *arguments)
        assert ended.status == 2
        assert words in ended.err


def test_one_row_after_the_other(doubtful: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person is shown each row with its evidence and answers with a letter; q ends."""
    with doubtful as trial:
        monkeypatch.chdir(trial.folder)
        for name, text in trial.environment.items():
            monkeypatch.setenv(name, text)
        typed = "c\nseen in LeadSquared\nact-9\ns\na\nnot there\ng\nenough\nq\n"
        shown = CliRunner().invoke(cli, ["decide"], input=typed)
        assert shown.exception is None, shown.output
        assert "25 rows of run" in shown.output
        assert "Note: visit mark" in shown.output
        for words in ("is now created", "is now not sent", "is now skipped"):
            assert shown.output.count(words) == 1
        listed = CliRunner().invoke(cli, ["decide", "--list"])
        assert "22 rows of run" in listed.output
        assert listed.output.count("\nRow ") == 22


def test_nothing_to_decide(tmp_path: Path) -> None:
    """Without a row in doubt the command says so."""
    with Trial(tmp_path, KINDS["bulk"], 2) as trial:
        trial.run()
        ended = trial.command("decide", "--json")
        assert ended.status == 2
        assert "No row of any run is uncertain" in json.loads(ended.out)["message"]
        assert openpyxl.load_workbook(trial.folder / trial.run().json["results"]).sheetnames[0] == "Summary"
