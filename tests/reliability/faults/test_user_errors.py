"""Wrong configuration and mistakes of people (H1 to H14): found and explained before anything is sent."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from tests.reliability.faults.runs import all_delivered_once
from tests.support.interference import ClockShift, Hold
from tests.support.key_search import KEYS_OF_THE_TEST
from tests.support.trial import CANARY, KINDS, Trial, results

RECORD = "importer.ledger.ledger:Ledger.record"
DAY = 86_400.0


def posts(trial: Trial) -> int:
    """How many calls that write reached the CRM."""
    return sum(entry["call"] == "bulk-activities-by-lead-id" for entry in trial.sandbox.log)


def sheet(trial: Trial, ended: object) -> list[dict[str, object]]:
    return results(trial.folder / ended.json["results"])  # type: ignore[attr-defined]


def write(trial: Trial, rows: list[str], name: str = "rows.csv", headings: str = "Lead,Note") -> None:
    (trial.folder / name).write_text("\n".join([headings, *rows]) + "\n", "utf-8")


@pytest.mark.parametrize(
    ("access", "secret", "words"),
    [
        (f"{CANARY}-secret", CANARY, "does not accept"),
        (f"{CANARY}\nx", f"{CANARY}-secret", "characters that no key has"),
        (f"{CANARY} x", f"{CANARY}-secret", "characters that no key has"),
        (CANARY, "ключ", "characters that no key has"),
        ("", f"{CANARY}-secret", "is not set"),
    ],
)
def test_h1_wrong_keys(trial: Trial, access: str, secret: str, words: str) -> None:
    """Swapped keys, keys with a line break, a blank or foreign letters, and missing ones are found before any row."""
    ended = trial.run(LEADSQUARED_ACCESS_KEY=access, LEADSQUARED_SECRET_KEY=secret)
    assert ended.status == 2
    assert words in ended.json["message"]
    assert posts(trial) == 0
    assert all_delivered_once(trial)


def test_h1_blanks_around_a_key_are_forgiven(trial: Trial) -> None:
    """A line break at the end, as files and copying leave it, is no part of a key."""
    assert trial.run(LEADSQUARED_ACCESS_KEY=f" {CANARY}\n").status == 0


def test_h2_the_keys_of_another_tenant(trial: Trial) -> None:
    """An account name stays with its tenant: keys of another one under the same name send nothing."""
    assert trial.run().status == 0
    trial.sandbox.tenant.org_id = "production"
    sent = posts(trial)
    (trial.folder / "more.csv").write_text("Lead,Note\n" + trial.kind.cells(70) + "\n", "utf-8")
    ended = trial.command("run", "more.csv", "-m", "rows.yaml", "--yes", "--json")
    assert ended.status == 2
    assert "another LeadSquared tenant" in ended.json["message"]
    assert posts(trial) == sent


def test_h3_the_first_row_of_a_mapping_goes_alone(trial: Trial) -> None:
    """A wrong mapping sends nothing when it is known to be wrong, and else spoils one row, not 25: until one row was
    delivered, calls carry one."""
    (trial.folder / "rows.yaml").write_text(trial.kind.mapping.replace("201", "99999"), "utf-8")
    stopped = trial.run()
    assert (stopped.status, trial.writes) == (2, [])
    assert "no activity type with the code 99999" in stopped.json["message"]
    ended = trial.run(LEADSQUARED_ACCOUNT_CHECKS="off")
    sizes = [entry["rows"] for entry in trial.sandbox.log if entry["call"] == "bulk-activities-by-lead-id"]
    assert ended.json["counts"]["created"] == 0
    assert set(sizes) == {1}


def test_h4_a_wrong_column(tmp_path: Path) -> None:
    """Of rows that LeadSquared refuses one after the other only the first few are tried."""
    with Trial(tmp_path, KINDS["bulk"], rows=200) as trial:
        write(trial, [f"{uuid.uuid4()},visit mark{n:05}" for n in range(200)])
        ended = trial.run()
        assert ended.status == 4
        assert "of the first" in ended.json["message"]
        assert ended.json["counts"]["not_sent"] >= 150


def unattended(trial: Trial, name: str) -> tuple[int, str]:
    """`importer run` of a file by a script that did not say yes."""
    ended = trial.command("run", name, "-m", "rows.yaml")
    return ended.status, ended.err


def test_h5_far_more_rows_than_usual(trial: Trial) -> None:
    """A file of ten times the usual size is not sent by a script unless somebody said yes; the sentence says why."""
    (trial.folder / "usual.csv").write_text("\n".join(["Lead,Note", *map(trial.kind.cells, range(20))]) + "\n", "utf-8")
    assert trial.command("run", "usual.csv", "-m", "rows.yaml", "--yes").status == 0
    rows = [trial.kind.cells(n) for n in range(1000, 1250)]
    (trial.folder / "huge.csv").write_text("\n".join(["Lead,Note", *rows]) + "\n", "utf-8")
    status, err = unattended(trial, "huge.csv")
    assert status == 2
    assert "The file has 250 rows; imports with this mapping usually have about 20." in err
    assert len(trial.sandbox.state()["activities"]) == 20
    ended = trial.command("run", "huge.csv", "-m", "rows.yaml", "--yes")
    assert ended.status == 0
    assert "usually have about 20" in ended.err


def test_h5_other_headings_than_usual(trial: Trial) -> None:
    """A file with other columns than last time may be another customer's."""
    assert trial.run().status == 0
    names = [f"C{n}" for n in range(7)]
    (trial.folder / "other.csv").write_text(f"Lead,Note,{','.join(names)}\n{trial.kind.cells(60)},{',' * 6}\n", "utf-8")
    status, err = unattended(trial, "other.csv")
    assert status == 2
    assert 'new: "C0", "C1", "C2", "C3", "C4" and 2 more' in err
    assert len(trial.sandbox.state()["activities"]) == 30
    assert trial.command("run", "other.csv", "-m", "rows.yaml", "--yes").status == 0
    (trial.folder / "usual.csv").write_text(f"Lead,Note\n{trial.kind.cells(61)}\n", "utf-8")
    status, err = unattended(trial, "usual.csv")
    assert (status, 'gone: "C0"' in err) == (2, True)


def test_h5_a_file_as_always_needs_no_yes(trial: Trial) -> None:
    """What is usual is sent by a script without asking."""
    assert trial.run().status == 0
    (trial.folder / "next.csv").write_text(f"Lead,Note\n{trial.kind.cells(60)}\n", "utf-8")
    status, err = unattended(trial, "next.csv")
    assert status == 0, err


def test_h6_a_double_click(trial: Trial) -> None:
    """Two starts at once: one sends, the other says so or finds the work done."""
    both = [trial.start("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json") for _ in range(2)]
    assert {running.wait().status for running in both} <= {0, 75}
    assert all_delivered_once(trial)


def test_h7_the_results_are_given_back(trial: Trial) -> None:
    """A results workbook of finished rows is refused as input, also when a person has worked in it."""
    ended = trial.run()
    path = trial.folder / ended.json["results"]
    refused = trial.command("run", str(path), "-m", "rows.yaml", "--yes", "--json")
    assert refused.status == 1
    assert "results workbook of this program" in refused.json["message"]
    book = openpyxl.load_workbook(path)
    book["Results"].cell(2, 9).value = "changed by hand"
    book.save(trial.folder / "edited.xlsx")
    refused = trial.command("run", "edited.xlsx", "-m", "rows.yaml", "--yes", "--json")
    assert refused.status == 1
    assert len(trial.sandbox.state()["activities"]) == 30


def test_h10_a_row_in_doubt_is_entered_by_hand(trial: Trial) -> None:
    """More activities than rows were sent: which is ours is not known, so a person decides; none is added."""
    hold = Hold(str(trial.folder), RECORD, 3)
    trial.before = hold
    running = trial.start("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")
    hold.await_held(running)
    running.kill()
    running.process.join()
    trial.before = None
    write(trial, [trial.kind.cells(1)], "by-hand.csv")
    elsewhere = str(trial.folder / "elsewhere")
    by_hand = ("run", "by-hand.csv", "-m", "rows.yaml", "--yes", "--again", "by hand")
    assert trial.command(*by_hand, IMPORTER_HOME=elsewhere).status == 0
    ended = trial.run()
    assert ended.status == 3
    assert ended.json["counts"]["uncertain"] == 1
    (row,) = [row for row in results(trial.folder / ended.json["results"]) if row["Status"] == "uncertain"]
    assert "holds 2 activities" in str(row["Error"])
    assert len(trial.sandbox.state()["activities"]) == 31


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_h12_a_key_file_that_others_may_read(trial: Trial, mode: int) -> None:
    """It is refused as ssh does, with the command that helps."""
    keys = trial.folder / KEYS_OF_THE_TEST
    keys.mkdir()
    for name, text in (("access", CANARY), ("secret", f"{CANARY}-secret")):
        (keys / name).write_text(text, "utf-8")
        (keys / name).chmod(0o600)
    (trial.folder / "accounts.yaml").write_text(
        f"here:\n  host: {trial.sandbox.host}\n  window_seconds: 0.1\n"
        f"  access_key: {{file: {keys / 'access'}}}\n  secret_key: {{file: {keys / 'secret'}}}\n",
        "utf-8",
    )
    (keys / "secret").chmod(mode)
    ended = trial.run("--account", "here")
    assert ended.status == 2
    assert "chmod 600" in ended.json["message"]
    assert trial.sandbox.log == []
    (keys / "secret").chmod(0o600)
    assert trial.run("--account", "here").status == 0


def test_h12_a_key_in_the_accounts_file(trial: Trial) -> None:
    """A key does not stand in the accounts file, and is not shown when it does."""
    (trial.folder / "accounts.yaml").write_text(
        f"here:\n  host: {trial.sandbox.host}\n  access_key: {CANARY}\n", "utf-8"
    )
    ended = trial.run("--account", "here")
    assert ended.status == 2
    assert "must not stand in the accounts file" in ended.json["message"]
    (trial.folder / "accounts.yaml").unlink()


def test_h13_a_script_does_not_begin_with_an_unknown_mapping(trial: Trial) -> None:
    """The first run of a mapping needs a person or --yes; nothing is sent and nothing stays behind otherwise."""
    status, err = unattended(trial, "rows.csv")
    assert status == 2
    assert "never used with this account" in err
    assert "importer check" in err
    assert posts(trial) == 0
    assert not list((trial.folder / "home" / "runs").iterdir())
    assert all_delivered_once(trial)


@pytest.mark.parametrize(("answer", "status", "sent"), [("n", 2, 0), ("y", 0, 30)])
def test_h13_a_person_is_asked(trial: Trial, answer: str, status: int, sent: int) -> None:
    """At a terminal the question names the rows and the tenant, after saying that the mapping is new."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "importer", "run", "rows.csv", "-m", "rows.yaml"],
        cwd=trial.folder, env=trial.environment, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while b"[Y/n]" not in seen:
        seen += os.read(ours, 1000)
    os.write(ours, f"{answer}\n".encode())
    while process.poll() is None:
        try:
            os.read(ours, 1000)
        except OSError:
            time.sleep(0.01)
    process.communicate()
    os.close(ours)
    assert b"never used with this account" in seen
    assert b"Send 30 rows to" in seen
    assert process.returncode == status
    assert len(trial.sandbox.state()["activities"]) == sent


def test_h14_the_last_success_of_each_mapping(trial: Trial) -> None:
    """`importer runs` tells how long ago each mapping last worked, and a file says it to a watchman."""
    assert trial.run().status == 0
    (mark,) = (trial.folder / "home" / "last_success").iterdir()
    assert mark.name.startswith("default-rows-")
    trial.before = ClockShift(5 * DAY)
    assert "to account default: 5 days ago" in trial.command("runs").out
    (told,) = trial.command("runs", "--json").json["last_success"]
    assert (told["days"], told["account"], told["rows"]) == (5, "default", 30)
    at = datetime.fromisoformat(told["at"])
    assert timedelta(0) <= datetime.now(UTC) - at < timedelta(minutes=5)
    assert trial.command("runs", "--json", "--account", "other").json["last_success"] == []


def test_h14_a_run_that_fails_is_no_success(trial: Trial) -> None:
    """An interrupted run leaves the mark as it was; an unwritable mark takes nothing from a good run."""
    trial.sandbox.faults.order("401", on="writes")
    assert trial.run().status == 4
    assert not (trial.folder / "home" / "last_success").exists()
    (trial.folder / "home" / "last_success").write_text("in the way", "utf-8")
    ended = trial.command("run", "rows.csv", "-m", "rows.yaml", "--yes")
    assert ended.status == 0
    assert "could not be written" in ended.err
    assert trial.command("runs").status == 0


# --- recognition


def test_recognition_reordered_renamed_and_with_other_columns(trial: Trial) -> None:
    """Sorting, renaming, moving columns and adding some makes no row a new one."""
    assert trial.run().status == 0
    rows = [trial.kind.cells(n).split(",") for n in reversed(range(30))]
    write(trial, [f"{note},remark,{lead}" for lead, note in rows], "sorted.csv", "Note,Remark,Lead")
    ended = trial.command("run", "sorted.csv", "-m", "rows.yaml", "--yes", "--json")
    assert (ended.status, ended.json["counts"]["skipped"]) == (0, 30)
    assert len(trial.sandbox.state()["activities"]) == 30


def test_recognition_another_mapping_with_the_same_effect(trial: Trial) -> None:
    """Another mapping file that makes the same activities sends nothing; one that makes others is asked about."""
    assert trial.run().status == 0
    (trial.folder / "rows.yaml").write_text("# reworded\n" + trial.kind.mapping + "ignore: [Remark]\n", "utf-8")
    ended = trial.run()
    assert (ended.status, ended.json["counts"]["skipped"]) == (0, 30)
    (trial.folder / "rows.yaml").write_text(trial.kind.mapping + "  mx_Custom_1: {value: new}\n", "utf-8")
    ended = trial.run()
    assert (ended.status, ended.json["counts"]["changed"]) == (3, 30)


def test_recognition_a_corrected_file_sends_only_the_corrected_rows(trial: Trial) -> None:
    """Rows that were wrong and now are right are sent, the others are not."""
    good = [trial.kind.cells(n) for n in range(30)]
    wrong = [*good]
    wrong[3] = "no-id,visit mark00003"
    write(trial, wrong)
    assert trial.run().json["counts"] | {} == {**trial.run().json["counts"]}
    write(trial, good)
    ended = trial.run()
    assert (ended.json["counts"]["skipped"], ended.json["counts"]["created"]) == (29, 1)
    assert trial.verdict(ended).doubled == 0


def test_recognition_identical_rows_are_all_sent(trial: Trial) -> None:
    """Three rows that are the same are three visits, and a fourth tomorrow is a fourth."""
    (trial.folder / "rows.yaml").write_text(trial.kind.mapping + "repeat: skip\n", "utf-8")
    write(trial, [trial.kind.cells(0)] * 3)
    assert trial.run().json["counts"]["created"] == 3
    write(trial, [trial.kind.cells(0)] * 4, "tomorrow.csv")
    ended = trial.command("run", "tomorrow.csv", "-m", "rows.yaml", "--yes", "--json")
    assert (ended.json["counts"]["skipped"], ended.json["counts"]["created"]) == (3, 1)
    assert len(trial.sandbox.state()["activities"]) == 4


def test_recognition_again_is_deliberate_and_shown(trial: Trial) -> None:
    """--again sends everything once more; the workbook says why, and repeating that command sends nothing."""
    assert trial.run().status == 0
    for _ in range(2):
        ended = trial.run("--again", "the webinar was held twice")
        assert ended.json["counts"]["created"] == 30
        assert len(trial.sandbox.state()["activities"]) == 60
    summary = openpyxl.load_workbook(trial.folder / ended.json["results"])["Summary"]
    texts = [str(cell.value) for line in summary.iter_rows() for cell in line if cell.value]
    assert "Sent again on purpose" in texts
    assert "the webinar was held twice" in texts


def test_recognition_says_where_a_row_was_sent_before(trial: Trial) -> None:
    """A skipped row names the day, the file, the row and the run of its first sending, and its activity."""
    assert trial.run().status == 0
    write(trial, [trial.kind.cells(n) for n in range(31)], "today.csv")
    ended = trial.command("run", "today.csv", "-m", "rows.yaml", "--yes", "--json")
    first = sheet(trial, ended)[0]
    assert first["Status"] == "skipped"
    assert "from row 2 of rows.csv (run " in str(first["Error"])
    assert "activity " in str(first["Error"])
