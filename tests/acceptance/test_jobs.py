"""Jobs over the command line, against a sandbox over real HTTP: inbox, archive, guards, and what people are told."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

from importer.sandbox.seed import lead_id
from tests.acceptance.conftest import Desk
from tests.support.job_files import run_job, write_jobs_file


def listed(desk: Desk, folder: str) -> list[str]:
    return sorted(path.name for path in (desk.folder / "inbox" / folder).glob("*") if path.is_file())


def test_a_file_is_imported_once_and_archived(desk: Desk) -> None:
    """The file goes to done/, its rows are in the CRM once, and the same content under another name is recognised."""
    write_jobs_file(desk)
    desk.visits(30, "inbox/monday.csv")
    first = desk.run("--log-file", "all.jsonl", "jobs", "run", "visits", "--json")
    assert first.status == 0, first.err
    assert first.json["outcome"] == "done"
    assert listed(desk, "done") == ["monday.csv"]
    log = [json.loads(line) for line in (desk.folder / "all.jsonl").read_text("utf-8").splitlines()]
    (sent,) = [line for line in log if line["message"].startswith("sending ended")]
    assert (sent["job"], sent["account"], sent["run"]) == ("visits", "default", first.json["files"][0]["run"])
    assert sent["rows"] == {"created": 30}
    assert (len(desk.notes()), set(desk.notes().values())) == (30, {1})
    desk.visits(30, "inbox/copy.csv")
    second = run_job(desk)
    assert (second.status, second.json["outcome"]) == (0, "duplicate")
    assert "monday.csv" in (desk.folder / "inbox/done/copy.csv.note.txt").read_text("utf-8")
    desk.visits(30, "inbox/monday.csv", first=30)
    assert run_job(desk).status == 0
    assert len([name for name in listed(desk, "done") if name.startswith("monday")]) == 2, "an archive was overwritten"
    assert sum(desk.notes().values()) == 60
    last = run_job(desk)
    assert (last.status, last.json["outcome"]) == (0, "nothing")
    told = desk.run("jobs", "history", "visits", "--json").json
    assert [each["outcome"] for each in told["turns"]] == ["done", "duplicate", "done"]
    assert [each["state"] for each in told["files"]] == ["archived"] * 3


def test_files_that_are_none_and_files_that_are_arriving(desk: Desk) -> None:
    """Lock files, transfers and empty files stay; a file that grows waits until it is whole."""
    write_jobs_file(desk, stable="2s")
    inbox = desk.folder / "inbox"
    for name in ("~$visits.csv", ".~lock.visits.csv#", "._visits.csv", ".DS_Store", "x.csv.part", "y.crdownload"):
        (inbox / name).write_text("no", "utf-8")
    (inbox / "empty.csv").touch()
    whole = desk.visits(30, "whole.csv").read_text("utf-8")
    growing = inbox / "growing.csv"
    growing.write_text("Lead ID,Note\n", "utf-8")
    process = desk.start("jobs", "run", "visits", "--json")
    while process.poll() is None:
        with growing.open("a", encoding="utf-8") as file:
            file.write(whole.splitlines()[1] + " and on\n")
        time.sleep(0.1)
    out, err = process.communicate(timeout=60)
    assert json.loads(out)["outcome"] == "nothing", err
    assert "1 still arriving" in out
    assert "empty.csv is skipped" in out
    assert desk.notes() == {}
    growing.write_text(whole, "utf-8")
    assert run_job(desk).status == 0
    assert set(desk.notes().values()) == {1}
    assert len(desk.notes()) == 30
    assert len(listed(desk, ".")) == 7


def test_guards_hold_a_file_until_it_is_approved(desk: Desk) -> None:
    """Too many rows, or too many bad ones: nothing is sent, the file stays, and a person lets it go."""
    write_jobs_file(desk, more="guards: {max_rows: 20, max_invalid: 5%}")
    text = desk.visits(30, "inbox/big.csv").read_text("utf-8")
    (desk.folder / "inbox/big.csv").write_text(text + "nonsense,bad\n" * 5, "utf-8")
    held = run_job(desk)
    assert (held.status, held.json["outcome"]) == (3, "held")
    assert "max_rows" in held.json["message"]
    assert "max_invalid" in held.json["message"]
    assert "importer jobs approve visits" in held.json["remedy"]
    again = run_job(desk)
    assert (again.status, again.json["outcome"]) == (0, "nothing")
    assert desk.notes() == {}
    waiting = desk.run("jobs", "list", "--json").json["jobs"][0]["held"]
    assert [Path(each["path"]).name for each in waiting] == ["big.csv"]
    shown = desk.run("jobs", "show", Path(waiting[0]["path"]).name, "--json").json
    assert (shown["file"]["state"], shown["check"]["counts"]["not_sent"] > 0) == ("held", True)
    assert Path(shown["check"]["results"]).is_file()
    assert desk.notes() == {}
    assert desk.run("jobs", "approve", "visits", "--json").json["approved"] == [waiting[0]["path"]]
    sent = run_job(desk)
    assert (sent.status, sent.json["outcome"]) == (3, "problems")
    assert (len(desk.notes()), listed(desk, "done")) == (30, ["big.csv"])
    assert desk.run("jobs", "approve", "visits").status == 2


def test_a_file_unlike_the_earlier_ones_is_held(desk: Desk) -> None:
    """Other headings than last time wait for a person."""
    write_jobs_file(desk)
    desk.visits(5, "inbox/first.csv")
    assert run_job(desk).json["outcome"] == "done"
    text = desk.visits(5, "next.csv", first=5).read_text("utf-8").splitlines()
    other = [f"{line},{'Remark' if number == 0 else 'x'}" for number, line in enumerate(text)]
    desk.write("inbox/next.csv", "\n".join(other) + "\n")
    held = run_job(desk)
    assert (held.status, held.json["outcome"]) == (3, "held")
    assert '"Remark"' in held.json["message"]


def test_a_file_that_cannot_be_imported_goes_to_failed(desk: Desk) -> None:
    """A wrong file is the file's fault and goes away with a note; a wrong mapping or missing keys leave files alone."""
    write_jobs_file(desk)
    desk.write("inbox/wrong.csv", "Colour,Size\nred,1\n")
    failed = run_job(desk)
    assert (failed.status, failed.json["outcome"]) == (1, "failed")
    assert listed(desk, "failed") == ["wrong.csv", "wrong.csv.note.txt"]
    desk.visits(5, "inbox/good.csv")
    mapping = desk.folder / "visits.yaml"
    sound = mapping.read_text("utf-8")
    mapping.write_text("target: nonsense\n", "utf-8")
    broken = run_job(desk)
    assert (broken.status, broken.json["outcome"]) == (2, "error")
    mapping.write_text(sound, "utf-8")
    without = desk.run("jobs", "run", "visits", "--json", LEADSQUARED_HOST="")
    assert (without.status, without.json["outcome"]) == (2, "error")
    assert listed(desk, ".") == ["good.csv"]
    assert run_job(desk).json["outcome"] == "done"
    assert len(desk.notes()) == 5


def test_pause_and_resume(desk: Desk) -> None:
    """A paused job leaves its files alone."""
    write_jobs_file(desk)
    desk.visits(5, "inbox/one.csv")
    assert desk.run("jobs", "pause", "visits", "--why", "holidays", "--json").status == 0
    assert run_job(desk).json["outcome"] == "paused"
    assert desk.notes() == {}
    assert desk.run("jobs", "resume", "visits").status == 0
    assert run_job(desk).json["outcome"] == "done"


def test_a_job_that_follows_another(desk: Desk) -> None:
    """The second job runs when the first has ended well."""
    write_jobs_file(desk)
    (desk.folder / "later").mkdir()
    more = "  second: {account: default, mapping: visits.yaml, source: {folder: later, stable: 0s}, after: visits}\n"
    desk.write("jobs.yaml", (desk.folder / "jobs.yaml").read_text("utf-8") + more)
    desk.visits(5, "later/two.csv")
    assert run_job(desk).json["outcome"] == "nothing"
    assert len(desk.notes()) == 5
    assert (desk.folder / "later/done/two.csv").is_file()


def test_a_crash_between_import_and_archive_is_healed(desk: Desk) -> None:
    """A file that could not be moved is moved by the next run, and not sent again."""
    write_jobs_file(desk)
    desk.visits(5, "inbox/one.csv")
    (desk.folder / "inbox/done").write_text("in the way", "utf-8")
    assert run_job(desk).json["outcome"] == "done"
    assert listed(desk, ".") == ["done", "one.csv"]
    (desk.folder / "inbox/done").unlink()
    healed = run_job(desk)
    assert "archived only now" in " ".join(healed.json["notes"])
    assert listed(desk, "done") == ["one.csv"]
    assert sum(desk.notes().values()) == 5


def test_what_check_list_next_and_install_tell(desk: Desk) -> None:
    """Every command has --json; every problem of a jobs file is told at once, with its line."""
    write_jobs_file(desk, more='schedule: {cron: "30 2 * * *", timezone: Asia/Kolkata}')
    assert desk.run("jobs", "check", "--json").json["findings"] == []
    assert [each["job"] for each in desk.run("jobs", "next", "--json", "--count", "2").json["next"]] == ["visits"] * 2
    assert " 02:30 +05:30  visits\n" in desk.run("jobs", "next", "--count", "2").out
    assert "T02:30:00+05:30" in desk.run("jobs", "list", "--json").json["jobs"][0]["next"]
    cron = desk.run("jobs", "install", "--cron", "--json").json["text"]
    assert "30 2 * * * IMPORTER_HOME=" in cron
    assert "NoNewPrivileges=yes" in desk.run("jobs", "install", "--systemd").out
    assert "<Task" in desk.run("jobs", "install", "--windows-task").out
    assert desk.run("jobs", "schema").json["required"] == ["jobs"]
    shutil.rmtree(desk.folder / "inbox")
    missing = desk.run("jobs", "check")
    assert (missing.status, "There is no folder" in missing.out) == (2, True)
    desk.write("jobs.yaml", "jobs:\n  a: {acount: x, after: b}\n  c: {}\n")
    wrong = desk.run("jobs", "check", "--json")
    assert wrong.status == 2
    assert "line 2 (jobs.a.acount): `acount` is not known here. Did you mean `account`?" in wrong.err
    assert "line 3 (jobs.c)" in wrong.json["message"]


def test_rows_that_leadsquared_refuses_in_great_number_hold_the_file(desk: Desk) -> None:
    """A schedule must not send the next hundred rows of a wrong file at every run: a person looks first."""
    write_jobs_file(desk)
    unknown = [f"00000000-0000-4000-8000-{number:012},note {number}" for number in range(300)]
    desk.write("inbox/strangers.csv", "\n".join(["Lead ID,Note", f"{lead_id(1)},good", *unknown]) + "\n")
    held = run_job(desk)
    assert (held.status, held.json["outcome"]) == (3, "held")
    before = desk.sandbox.state()["calls"]["bulk"]
    assert run_job(desk).json["outcome"] == "nothing"
    assert desk.sandbox.state()["calls"]["bulk"] == before


def test_files_of_any_name_are_imported(desk: Desk) -> None:
    """Not UTF-8, as long as a disk allows, with line breaks, blanks, emoji or right-to-left text."""
    write_jobs_file(desk)
    names = [
        b"latin\xe9.csv",
        b"a" * 251 + b".csv",
        "लीड्स".encode() * 16 + b".csv",
        b"two\nlines\r.csv",
        b" blanks .csv",
        "😀 عملاء.csv".encode(),
        b"-rf; %41 $(x).csv",
    ]
    for number, name in enumerate(names):
        written = desk.visits(2, "unused.csv", first=2 * number)
        os.rename(written, os.path.join(os.fsencode(desk.folder / "inbox"), name))
    ended = run_job(desk)
    assert (ended.status, ended.json["outcome"]) == (0, "done"), (ended.json, ended.err)
    assert sorted(os.listdir(os.fsencode(desk.folder / "inbox/done"))) == sorted(names)
    assert (len(desk.notes()), set(desk.notes().values())) == (2 * len(names), {1})
    (desk.folder / "inbox/done").joinpath("x").touch()
    again = os.path.join(os.fsencode(desk.folder / "inbox"), names[1])
    os.rename(desk.visits(2, "unused.csv", first=90), again)
    assert run_job(desk).status == 0
    assert not os.path.exists(again)
    assert desk.run("jobs", "history", "visits").status == 0
    assert desk.run("jobs", "list").status == 0
