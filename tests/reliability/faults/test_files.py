"""Input files that change, lie, vanish or never end, and places for results that are taken or closed."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.faults.runs import all_delivered_once
from tests.support.interference import Hold
from tests.support.trial import Trial, results

RUN = ("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
ADD = "importer.planning.plan_writer:PlanWriter.add"
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount and set file attributes")


@pytest.mark.parametrize("change", ["appended", "replaced", "same size", "removed"])
def test_f1_the_file_changes_while_it_is_read(trial: Trial, change: str) -> None:
    """Appending, replacing, overwriting in place and removing are all noticed; nothing is sent."""
    path = trial.folder / "rows.csv"
    before = path.read_text("utf-8")
    hold = Hold(str(trial.folder), ADD)
    trial.before = hold
    running = trial.start(*RUN)
    hold.await_held(running)
    if change == "appended":
        with path.open("a", encoding="utf-8") as file:
            file.write(trial.kind.cells(50) + "\n")
    elif change == "replaced":
        (trial.folder / "new.csv").write_text(before + trial.kind.cells(50) + "\n", "utf-8")
        (trial.folder / "new.csv").replace(path)
    elif change == "same size":
        path.write_text(before.replace("mark00001", "mark00091"), "utf-8")
    else:
        path.unlink()
    hold.release()
    ended = running.wait()
    assert ended.status == 1, ended
    assert "changed while it was being read" in ended.json["message"] or "no file" in ended.json["message"]
    assert trial.writes == []
    path.write_text(before, "utf-8")
    assert all_delivered_once(trial)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_pipe, "device or a pipe"),
        (_device, "device or a pipe"),
        (Path.mkdir, "is a folder"),
        (_loop, "cannot be read"),
    ],
)
def test_f2_what_is_no_ordinary_file(trial: Trial, make: Callable[[Path], None], words: str) -> None:
    """A pipe, a device, a folder and a loop of links are told apart from files, without waiting for them."""
    make(trial.folder / "strange.csv")
    ended = trial.start("run", "strange.csv", "-m", "rows.yaml", "--yes", "--json").wait(30)
    assert ended.status == 1
    assert words in ended.json["message"]
    assert trial.writes == []


@NEEDS_ROOT
def test_f3_the_share_is_gone(trial: Trial) -> None:
    """A file on a share that was unmounted is a file that is not there; back again, it is imported."""
    share = trial.folder / "share"
    share.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(share)], check=True, capture_output=True)
    shutil.copy(trial.folder / "rows.csv", share / "rows.csv")
    subprocess.run(["umount", "-l", str(share)], check=True)
    ended = trial.command("run", "share/rows.csv", "-m", "rows.yaml", "--yes", "--json")
    assert ended.status == 1
    assert "There is no file" in ended.json["message"]
    assert all_delivered_once(trial)


def test_f4_the_workbook_is_open_in_excel(trial: Trial) -> None:
    """The mark of an open workbook is no input, and beside a file it makes a note that reaches the report."""
    (trial.folder / "~$rows.xlsx").write_bytes(b"\x05Ann" + bytes(160))
    ended = trial.command("run", "~$rows.xlsx", "-m", "rows.yaml", "--yes", "--json")
    assert ended.status == 1
    assert "Save and close" in ended.json["message"]
    (trial.folder / "~$rows.csv").write_bytes(b"\x05Ann")
    ended = trial.run()
    assert "open in another program" in (trial.folder / ended.json["report"]).read_text("utf-8")
    assert all_delivered_once(trial)


def test_f5_a_file_that_is_still_being_copied(trial: Trial) -> None:
    """While somebody writes, reading it fails; when the copy is complete, the same command sends each row once."""
    whole = (trial.folder / "rows.csv").read_text("utf-8")
    path = trial.folder / "rows.csv"
    path.write_text(whole[: len(whole) // 2], "utf-8")
    hold = Hold(str(trial.folder), ADD)
    trial.before = hold
    running = trial.start(*RUN)
    hold.await_held(running)
    done = threading.Event()

    def copy() -> None:
        with path.open("a", encoding="utf-8") as file:
            for at in range(len(whole) // 2, len(whole), 100):
                file.write(whole[at : at + 100])
                file.flush()
                done.set()
                time.sleep(0.005)

    copying = threading.Thread(target=copy)
    copying.start()
    done.wait()
    hold.release()
    assert running.wait().status == 1
    copying.join()
    assert trial.writes == []
    assert all_delivered_once(trial)


def test_f5_half_a_file_and_then_the_whole(trial: Trial) -> None:
    """Half a file that looked complete is imported; the whole file later sends only what is new."""
    whole = (trial.folder / "rows.csv").read_text("utf-8").splitlines()
    (trial.folder / "rows.csv").write_text("\n".join(whole[:21]) + "\n", "utf-8")
    assert trial.run().json["counts"]["created"] == 20
    (trial.folder / "rows.csv").write_text("\n".join(whole) + "\n", "utf-8")
    ended = trial.run()
    assert (ended.json["counts"]["skipped"], ended.json["counts"]["created"]) == (20, 10)
    assert trial.verdict(ended).doubled == 0


def test_f6_the_same_file_under_two_names(trial: Trial) -> None:
    """A copy of the file is recognised, sends nothing, and leaves nothing behind."""
    assert trial.run().status == 0
    shutil.copy(trial.folder / "rows.csv", trial.folder / "copy.csv")
    calls = len(trial.sandbox.log)
    ended = trial.command("run", "copy.csv", "-m", "rows.yaml", "--yes", "--json")
    assert ended.status == 0
    assert len(trial.sandbox.log) == calls
    assert len(trial.sandbox.state()["activities"]) == 30


def test_f7_the_name_for_the_results_is_taken(trial: Trial) -> None:
    """A workbook that is there already is never replaced: the new one gets a dated name, and the person is told."""
    mine = trial.folder / "out.xlsx"
    mine.write_text("mine", "utf-8")
    ended = trial.command("run", "rows.csv", "-m", "rows.yaml", "--yes", "--results", "out.xlsx")
    assert ended.status == 0, ended
    assert "out.xlsx exists already and is not replaced" in ended.err
    (made,) = trial.folder.glob("out-*.xlsx")
    assert f"Workbook: {made.name}" in ended.out
    assert len(results(made)) == 30
    assert mine.read_text("utf-8") == "mine"


def test_f7_the_name_is_taken_while_the_import_runs(trial: Trial) -> None:
    """Also when somebody saves a file of that name in the meantime."""
    hold = Hold(str(trial.folder), "importer.ledger.ledger:Ledger.record", 2)
    trial.before = hold
    running = trial.start("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json", "--results", "out.xlsx")
    hold.await_held(running)
    (trial.folder / "out.xlsx").write_text("mine", "utf-8")
    hold.release()
    ended = running.wait()
    assert ended.status == 0, ended
    assert ended.json["results"] == "out-2.xlsx"
    assert (trial.folder / "out.xlsx").read_text("utf-8") == "mine"


@NEEDS_ROOT
def test_f7_the_folder_is_closed_while_the_import_runs(trial: Trial) -> None:
    """A folder that cannot be written any more costs the results their place, not their existence."""
    folder = trial.folder / "results"
    folder.mkdir()
    hold = Hold(str(trial.folder), "importer.ledger.ledger:Ledger.record", 2)
    trial.before = hold
    running = trial.start(*RUN)
    hold.await_held(running)
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True, capture_output=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True, capture_output=True)
        hold.release()
        ended = running.wait()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    assert ended.status == 1
    (place,) = (trial.folder / "home" / "runs").glob("*/results.xlsx")
    assert str(place) in ended.json["message"]
    assert len(results(place)) == 30
    assert all_delivered_once(trial)


@NEEDS_ROOT
def test_f8_the_folder_for_results_is_read_only(trial: Trial) -> None:
    """It is found out before the first row is sent."""
    folder = trial.folder / "results"
    folder.mkdir()
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True, capture_output=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True, capture_output=True)
        ended = trial.run()
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
    assert ended.status == 1
    assert "cannot be written" in ended.json["message"]
    assert "--results" in ended.json["message"]
    assert trial.writes == []
    assert not list((trial.folder / "home" / "runs").iterdir())
    assert all_delivered_once(trial)


def test_f9_a_link_in_place_of_the_results(trial: Trial) -> None:
    """Nothing is written through a link: what it leads to stays as it is."""
    precious = trial.folder / "precious"
    precious.write_text("precious", "utf-8")
    (trial.folder / "out.xlsx").symlink_to(precious)
    (trial.folder / "dangling.xlsx").symlink_to(trial.folder / "nowhere")
    for name in ("out.xlsx", "dangling.xlsx"):
        ended = trial.run("--results", name)
        assert ended.status == 0, ended
        assert ended.json["results"] != name
    assert precious.read_text("utf-8") == "precious"
    assert not (trial.folder / "nowhere").exists()


@pytest.mark.parametrize(
    "name", ["a\nb.csv", "-rf.csv", "x" * 240 + ".csv", "🎓 Teilnehmer.csv", "$(touch owned).csv", "a\x1b[31mred.csv"]
)
def test_f10_strange_file_names(trial: Trial, name: str) -> None:
    """A name is only a name: shown without its control characters, never run, and its results can be written."""
    shutil.copy(trial.folder / "rows.csv", trial.folder / name)
    ended = trial.command("run", "-m", "rows.yaml", "--yes", "--", name)
    assert ended.status == 0, ended
    assert "\x1b" not in ended.out + ended.err
    assert not (trial.folder / "owned").exists()
    assert len(list((trial.folder / "results").glob("*.xlsx"))) == 1
    assert len(trial.sandbox.state()["activities"]) == 30


def test_f10_a_path_that_leads_elsewhere(trial: Trial) -> None:
    """The results lie in the folder for results, whatever the path of the source."""
    (trial.folder / "deep").mkdir()
    ended = trial.command("run", "deep/../rows.csv", "-m", "rows.yaml", "--yes", "--json")
    assert ended.status == 0
    assert ended.json["results"].startswith("results/rows-")
