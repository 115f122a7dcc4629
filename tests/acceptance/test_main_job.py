"""The main job from the outside: a file goes in, the CRM has each good row once, a workbook tells what became of each."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest

if TYPE_CHECKING:
    from tests.acceptance.conftest import Desk

ROOT = Path(__file__).parents[2]
MAPPINGS = sorted(path.stem for path in (ROOT / "mappings").glob("*.yaml"))


def rows_of(path: str, sheet: str) -> list[dict[str, object]]:
    book = openpyxl.load_workbook(path)
    lines = list(book[sheet].iter_rows(values_only=True))
    return [dict(zip(map(str, lines[0]), line, strict=True)) for line in lines[1:]]


def calls_in(ledger: Path) -> int:
    """How many calls a ledger knows; 0 while it is being made."""
    try:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as opened:
            return int(opened.execute("SELECT count(*) FROM calls").fetchone()[0])
    except sqlite3.Error:
        return 0


def until(process: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
    """Wait for something that the running process brings about."""
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_shipped_mapping_imports_its_sample(desk: Desk, name: str) -> None:
    """Each of the calls works over real HTTP, and the same file again sends nothing."""
    (source,) = (ROOT / "sample_data").glob(f"{name}.*")
    ended = desk.run("run", str(source), "-m", str(ROOT / "mappings" / f"{name}.yaml"), "--yes", "--json")
    assert ended.status in (0, 3), ended.err
    counts = ended.json["counts"]
    assert sum(counts.values()) == ended.json["rows"]
    assert counts["created"] + counts["updated"] >= 0.9 * ended.json["rows"]
    assert counts["uncertain"] == counts["pending"] == counts["not_sent"] == 0
    results = rows_of(str(desk.folder / ended.json["results"]), "Results")
    assert len(results) == ended.json["rows"]
    assert {row["Status"] for row in results} == {status for status, count in counts.items() if count}
    before = len(desk.sandbox.state()["activities"])
    again = desk.run("run", str(source), "-m", str(ROOT / "mappings" / f"{name}.yaml"), "--yes", "--json")
    assert again.json["counts"] == counts
    assert len(desk.sandbox.state()["activities"]) == before


def test_a_check_needs_no_keys_and_sends_nothing(desk: Desk) -> None:
    """The dry run finds the problems, writes both reports, and no call reaches the CRM."""
    desk.visits(3)
    desk.write("bad.csv", "Lead ID,Note\nnot-an-id,one\n,two\n")
    lost = dict.fromkeys(("LEADSQUARED_HOST", "LEADSQUARED_ACCESS_KEY", "LEADSQUARED_SECRET_KEY"), "")
    ended = desk.run("check", "bad.csv", "-m", "visits.yaml", "--json", **lost)
    assert ended.status == 3
    assert ended.json["status"] == "planned"
    assert ended.json["counts"]["invalid"] == 2
    assert Path(desk.folder / ended.json["report"]).is_file()
    (first, second) = rows_of(str(desk.folder / ended.json["results"]), "To fix")
    assert first["RowNumber"] == 2
    assert '"not-an-id" is not an id' in str(first["Reason"])
    assert "required" in str(second["Reason"])
    assert desk.run("run", "bad.csv", "-m", "visits.yaml", "--dry-run", "-q").status == 3
    assert desk.sandbox.state()["calls"] == {}


def test_corrected_rows_are_imported_from_the_sheet_to_fix(desk: Desk) -> None:
    """The workbook's sheet To fix, corrected, sends only its rows."""
    desk.visits(30)
    text = desk.folder.joinpath("visits.csv").read_text("utf-8").replace("visit 7\n", "visit 7\nwrong,visit late\n")
    desk.write("visits.csv", text)
    ended = desk.run("run", "visits.csv", "-m", "visits.yaml", "--json")
    assert (ended.status, ended.json["counts"]["invalid"]) == (3, 1)
    path = desk.folder / ended.json["results"]
    book = openpyxl.load_workbook(path)
    sheet = book["To fix"]
    column = [cell.value for cell in sheet[1]].index("Lead ID") + 1
    from importer.sandbox.seed import lead_id

    sheet.cell(2, column).value = lead_id(3)
    book.save(desk.folder / "corrected.xlsx")
    fixed = desk.run("run", "corrected.xlsx", "-m", "visits.yaml", "--json")
    assert (fixed.status, fixed.json["rows"], fixed.json["counts"]["created"]) == (0, 1, 1)
    assert desk.notes()["visit late"] == 1
    assert set(desk.notes().values()) == {1}


def test_rows_corrected_after_a_check_are_imported(desk: Desk) -> None:
    """The workbook of a check has only what is to be fixed; corrected and given back, those rows are sent."""
    desk.visits(3)
    desk.write("bad.csv", "Lead ID,Note\nnot-an-id,late\n")
    ended = desk.run("check", "bad.csv", "-m", "visits.yaml", "--json")
    book = openpyxl.load_workbook(desk.folder / ended.json["results"])
    assert book.sheetnames == ["Summary", "To fix"]
    from importer.sandbox.seed import lead_id

    book["To fix"].cell(2, 3).value = lead_id(3)
    book.save(desk.folder / "corrected.xlsx")
    fixed = desk.run("run", "corrected.xlsx", "-m", "visits.yaml", "--json")
    assert (fixed.status, fixed.json["counts"]["created"]) == (0, 1), fixed.err
    assert desk.notes() == {"late": 1}


def test_yesterdays_export_with_new_rows_sends_only_the_new_ones(desk: Desk) -> None:
    """Rows that an earlier run created are skipped, and the workbook says from where."""
    desk.visits(30)
    desk.run("run", "visits.csv", "-m", "visits.yaml", "--json")
    desk.visits(40, "today.csv")
    ended = desk.run("run", "today.csv", "-m", "visits.yaml", "--json")
    assert ended.json["counts"]["skipped"] == 30
    assert ended.json["counts"]["created"] == 10
    skipped = rows_of(str(desk.folder / ended.json["results"]), "Results")[0]
    assert "visits.csv" in str(skipped["Error"])
    assert set(desk.notes().values()) == {1}


def test_kill_9_in_the_middle_and_resume(desk: Desk) -> None:
    """After SIGKILL anywhere in the run, resume leaves every row in the CRM exactly once."""
    desk.sandbox.change(latency=0.1)
    desk.visits(400)
    process = desk.start("run", "visits.csv", "-m", "visits.yaml", "--yes", LEADSQUARED_CALLS_PER_WINDOW="2")
    until(process, lambda: len(desk.sandbox.tenant.activities) >= 60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 0 < len(desk.sandbox.tenant.activities) < 400
    listed = desk.run("runs", "--json")
    assert listed.json["runs"][0]["state"] == "open"
    ended = desk.run("resume", "--json")
    assert ended.status == 0, ended.err
    assert ended.json["counts"]["created"] == 400
    assert len(desk.notes()) == 400
    assert set(desk.notes().values()) == {1}
    shown = desk.run("show", ended.json["run"], "--json")
    assert shown.json["counts"] == ended.json["counts"]


def test_ctrl_c_finishes_the_calls_in_flight_and_says_how_to_resume(desk: Desk) -> None:
    """An interrupted run ends with status 4 and nothing in doubt."""
    desk.sandbox.change(latency=0.2)
    desk.visits(300)
    process = desk.start("run", "visits.csv", "-m", "visits.yaml", "--yes", LEADSQUARED_CALLS_PER_WINDOW="1")
    until(process, lambda: len(desk.sandbox.tenant.activities) >= 30)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 4
    assert "importer resume" in out
    assert "uncertain" not in out
    assert desk.run("resume", "--json").json["counts"]["created"] == 300
    assert set(desk.notes().values()) == {1}


@pytest.mark.parametrize("fault", ["drop-after", "500-partial", "count-only", "mx-before", "mx-after", "throttle-200"])
def test_one_fault_of_the_server(desk: Desk, fault: str) -> None:
    """Whatever goes wrong once: at the end every row is in the CRM exactly once and known to be."""
    desk.visits(60)
    desk.sandbox.faults.order(fault, calls=1, skip=1, on="bulk")
    ended = desk.run("run", "visits.csv", "-m", "visits.yaml", "--json")
    assert ended.status == 0, ended.err + ended.out
    assert len(desk.notes()) == 60
    assert set(desk.notes().values()) == {1}


@pytest.mark.parametrize("refusal", ["whole-call", "whole-call-partial"])
def test_one_bad_row_costs_its_neighbours_nothing(desk: Desk, refusal: str) -> None:
    """Where a bad row makes LeadSquared refuse the whole call, the other 24 arrive all the same."""
    desk.sandbox.change(bulk_refusal=refusal)
    desk.visits(60)
    text = desk.folder.joinpath("visits.csv").read_text("utf-8")
    desk.write("visits.csv", text + "00000000-0000-4000-8000-000000000000,nobody\n")
    ended = desk.run("run", "visits.csv", "-m", "visits.yaml", "--json")
    assert ended.json["counts"]["created"] == 60
    assert ended.json["counts"]["rejected"] == 1
    assert set(desk.notes().values()) == {1}


def test_two_imports_at_once(desk: Desk) -> None:
    """A second run on the same account says who is sending, and ends with status 75."""
    # The first one waits for an answer for longer than the second one needs to find it.
    desk.sandbox.faults.order("late-processing", skip=1, on="bulk", seconds=6.0)
    desk.visits(100)
    first = desk.start("run", "visits.csv", "-m", "visits.yaml", "--yes", LEADSQUARED_TIMEOUT_SECONDS="60")
    until(first, lambda: bool(desk.sandbox.tenant.activities))
    desk.visits(10, "other.csv", first=500)
    second = desk.run("run", "other.csv", "-m", "visits.yaml", "--json")
    assert second.status == 75
    assert second.json["status"] == "failed"
    first.communicate(timeout=60)
    assert first.returncode == 0


def test_wrong_keys_are_found_before_anything_is_sent(desk: Desk) -> None:
    """Exit status 2, the reason in words, and the key nowhere."""
    desk.visits(3)
    ended = desk.run("run", "visits.csv", "-m", "visits.yaml", "--json", LEADSQUARED_SECRET_KEY="wrong-secret-key")
    assert ended.status == 2
    assert "does not accept" in ended.json["message"]
    assert "wrong-secret-key" not in ended.out + ended.err
    assert desk.sandbox.tenant.activities == {}


def test_keys_of_another_tenant_are_refused(desk: Desk) -> None:
    """An account name stays bound to the tenant it first reached."""
    desk.visits(3)
    desk.run("run", "visits.csv", "-m", "visits.yaml", "--json")
    desk.sandbox.tenant.org_id = "another-tenant"
    desk.visits(5, "more.csv")
    ended = desk.run("run", "more.csv", "-m", "visits.yaml", "--json")
    assert ended.status == 2
    assert "another LeadSquared tenant" in ended.json["message"]


def test_a_mapping_with_problems(desk: Desk) -> None:
    """Exit status 2 and every problem with its line."""
    desk.visits(1)
    desk.write("visits.yaml", "target: bulk-activities-by-lead-idd\nactivity:\n  ActivityNote: {colum: Note}\n")
    ended = desk.run("check", "visits.csv", "-m", "visits.yaml")
    assert ended.status == 2
    assert "line 1" in ended.err
    assert "line 3" in ended.err
    assert "bulk-activities-by-lead-id" in ended.err


def test_no_key_is_written_anywhere(desk: Desk) -> None:
    """Neither ledger, plan, log nor reports hold a key, and no address of a sync call does."""
    desk.visits(30)
    desk.sandbox.faults.order("500-after", skip=1, on="bulk")
    desk.run("run", "visits.csv", "-m", "visits.yaml", "--yes", "-vv")
    for path in desk.folder.rglob("*"):
        if path.is_file():
            assert CANARY_BYTES not in path.read_bytes(), path
    assert all(not entry["query"] or "accessKey" not in entry["query"] for entry in desk.sandbox.log)


CANARY_BYTES = b"canary0key0that0must0never0appear"


def test_the_demo_and_doctor(desk: Desk) -> None:
    """The demo leaves its workbooks, stops its sandbox and ends well; doctor finds everything in order."""
    ended = desk.run("demo", "--json")
    assert ended.status == 0, ended.err
    imports = ended.json["imports"]
    assert len(imports) == 3
    assert imports[0]["rows"] >= 250
    assert all((desk.folder / one["results"]).is_file() for one in imports)
    doctor = desk.run("doctor")
    assert doctor.status == 0, doctor.out
    assert "Queue of capture-lead-async" in doctor.out


def test_a_killed_demo_is_finished_by_resume(desk: Desk) -> None:
    """`kill -9` in the middle of the demo, then `importer resume` without any option."""
    process = desk.start("demo")
    home = desk.folder / "home"
    until(process, lambda: calls_in(home / "ledger.db") > 0)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    without = {"LEADSQUARED_HOST": "", "LEADSQUARED_ACCESS_KEY": "", "LEADSQUARED_SECRET_KEY": ""}
    ended = desk.run("resume", "--json", **without)
    assert ended.status in (0, 3), ended.err
    counts = ended.json["counts"]
    assert counts["not_sent"] == counts["uncertain"] == 0
    again = desk.run("show", ended.json["run"], "--json")
    assert again.json["counts"] == counts
    from importer.cli import sandbox

    (name,) = [path.name for path in (home / "sandboxes").iterdir()]
    sandbox.stop(home, name)


def test_output_to_a_closed_pipe(desk: Desk) -> None:
    """`importer runs | head` does not end in a traceback."""
    command = f"{sys.executable} -m importer --help | head -1"
    ended = subprocess.run(command, shell=True, cwd=desk.folder, env=desk.environment, capture_output=True, text=True)
    assert "Traceback" not in ended.stderr


def test_two_processes_keep_one_limit_together(desk: Desk) -> None:
    """While a run sends, doctor asks: the CRM, which counts in sliding and in fixed windows, refuses nothing."""
    desk.sandbox.change(
        calls_per_window=6, bulk_calls_per_window=6, window=0.5, bulk_uses_standard=False, fixed_window=True
    )
    desk.visits(800)
    limits = {"LEADSQUARED_CALLS_PER_WINDOW": "6", "LEADSQUARED_WINDOW_SECONDS": "0.5"}
    running = desk.start("run", "visits.csv", "-m", "visits.yaml", "--yes", "--json", **limits)
    examined = [desk.run("doctor", **limits) for _ in range(2)]
    out, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    assert all("6 standard calls in 0.5 s" in ended.out for ended in examined)
    assert desk.sandbox.state()["refusals"] == {}
    assert set(desk.notes().values()) == {1}
