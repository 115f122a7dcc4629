"""The commands as they run on Windows: simulated, for no test ran on a real one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from importer.sandbox.faults import order_of
from tests.acceptance.conftest import ROOT, Desk
from tests.support.job_files import write_jobs_file
from tests.support.simulated_windows import WindowsProgram


@pytest.fixture(scope="module")
def program() -> Iterator[WindowsProgram]:
    with WindowsProgram() as started:
        yield started


@pytest.fixture
def windows(desk: Desk, program: WindowsProgram) -> WindowsProgram:
    program.folder, program.environment = desk.folder, desk.environment
    return program


def answer(program: WindowsProgram, *arguments: str, status: int = 0) -> dict[str, object]:
    """The JSON that a command prints; it ends with ``status``."""
    ended, out, err = program.run(*arguments, "--json")
    assert ended == status, (arguments, out, err)
    assert "\n" not in out.replace("\r\n", "")
    return dict(json.loads(out))


def test_the_simulation_refuses_what_windows_refuses(tmp_path: Path) -> None:
    """Else the other tests would prove nothing."""
    refused = {
        "import fcntl": "ModuleNotFoundError",
        "os.geteuid()": "AttributeError",
        "os.open('held', os.O_RDONLY)": "AssertionError",
        "os.replace('held', 'other')": "PermissionError",
        "os.replace('other', 'held')": "PermissionError",
        "Path('held').unlink()": "PermissionError",
        "os.rename('other', 'third')": "FileExistsError",
        "os.fsync(held.fileno())": "OSError",
        "open('con.txt', 'w', encoding='utf-8')": "OSError",
        "open('a:b', 'w', encoding='utf-8')": "OSError",
        "os.open('new', os.O_CREAT | os.O_BINARY)": "",
        "os.remove('other')": "",
    }
    for name in ("held", "other", "third"):
        (tmp_path / name).touch()
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from tests.support import simulated_windows as made\n"
        "made._install(); from pathlib import Path; held = open('held', 'rb'); found = []\n"
        "for line in sys.argv[1:]:\n"
        "    try: exec('import os; ' + line, {'__name__': 'importer.test', 'Path': Path, 'held': held})\n"
        "    except Exception as error: found.append(type(error).__name__)\n"
        "    else: found.append('')\n"
        "print(*found, sep='\\n')"
    )
    ended = subprocess.run([sys.executable, "-c", script, *refused], cwd=tmp_path, capture_output=True, text=True)
    assert dict(zip(refused, ended.stdout.splitlines(), strict=True)) == refused, ended.stderr


def test_a_file_is_proposed_checked_sent_and_shown(desk: Desk, windows: WindowsProgram) -> None:
    """From a workbook without a mapping to its reports; what was sent is not sent again."""
    desk.visits(30)
    book = openpyxl.Workbook()
    book.active.append(["Lead ID", "Note"])
    for line in (desk.folder / "visits.csv").read_text().splitlines()[1:4]:
        book.active.append([line.split(",")[0], "₹ 500 → नमस्ते"])
    book.save(desk.folder / "visits.xlsx")
    assert windows.run("mapping", "new", "visits.xlsx", "-o", "proposed.yaml")[0] in (0, 3)
    assert (desk.folder / "proposed.yaml").is_file()
    (desk.folder / "visits.yaml").write_bytes((desk.folder / "visits.yaml").read_bytes().replace(b"\n", b"\r\n"))
    for name in ("visits.csv", "visits.xlsx"):
        answer(windows, "check", name, "-m", "visits.yaml")
    sent = answer(windows, "run", "visits.csv", "-m", "visits.yaml")
    assert sent["counts"]["created"] == 30  # type: ignore[index,call-overload]  # JSON
    answer(windows, "run", "visits.xlsx", "-m", "visits.yaml")
    answer(windows, "run", "visits.csv", "-m", "visits.yaml")
    assert sum(desk.notes().values()) == 33
    answer(windows, "show", str(sent["run"]), "--results", "again.xlsx")
    assert (desk.folder / "again.xlsx").is_file()
    for command in (["runs"], ["doctor"]):
        answer(windows, *command)
    desk.visits(2, "visits \N{GRINNING FACE} \x81.csv", first=100)
    named = answer(windows, "run", "visits \N{GRINNING FACE} \x81.csv", "-m", "visits.yaml")
    assert "\N{GRINNING FACE}" in str(named["results"])
    assert windows.run("ledger", "backup", "copy.db")[0] == 0
    assert windows.run("explain", "required")[0] == 0
    assert windows.run("run", "visits.csv", "-m", "visits.yaml")[0] == 0


def test_rows_without_an_answer_are_decided_and_the_rest_is_sent(desk: Desk, windows: WindowsProgram) -> None:
    """The call is lost and reading back fails: a person says what became of the rows."""
    desk.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    desk.visits(3)
    desk.sandbox.faults.order("drop-before-processing", on="writes")
    desk.sandbox.faults.add(order_of({"fault": "mx-before-processing", "calls": -1, "on": "activities-of-lead"}))
    answer(windows, "run", "visits.csv", "-m", "visits.yaml", status=3)
    rows = [row["row"] for row in answer(windows, "decide")["rows"]]  # type: ignore[attr-defined]  # JSON
    assert rows == [2]
    answer(windows, "decide", "--row", "2", "--as", "absent", "--why", "looked")
    assert answer(windows, "resume")["counts"]["created"] == 3  # type: ignore[index]  # JSON
    assert sorted(desk.notes().values()) == [1, 1, 1]


def test_a_job_takes_files_from_its_inbox(desk: Desk, windows: WindowsProgram) -> None:
    """And moves them; a file that Excel has open is taken as it was saved, and said to be open."""
    write_jobs_file(desk)
    desk.visits(5, "inbox/one.csv")
    desk.write("inbox/~$one.csv", "Ann")
    ended = answer(windows, "jobs", "run", "visits")
    assert ended["outcome"] == "done", ended
    assert "one.csv is open in a spreadsheet program" in str(ended)
    assert [path.name for path in (desk.folder / "inbox" / "done").iterdir()] == ["one.csv"]
    for command in (["list"], ["history"], ["show", "one.csv"]):
        assert windows.run("jobs", *command)[0] == 0, command


def test_the_demo(windows: WindowsProgram, tmp_path: Path) -> None:
    """It starts a sandbox, a process of its own, and ends it."""
    status, out, err = windows.run("demo")
    assert status == 0, (out, err)
    assert len(list((tmp_path / "importer-demo").glob("*-results.xlsx"))) == 3
