"""The command line speaks plainly, starts fast, and ends with the right status."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from rich.console import Console

from importer.cli.main import _COMMANDS, cli, run
from importer.cli.progress import LineProgress, TerminalProgress, choose_progress, format_rate, format_trouble
from importer.cli.streams import print_message
from importer.core.errors import AnotherRunActive, ImporterError, RunStopped, SettingsError
from importer.core.model import Status

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_help_lists_every_command_and_loads_nothing_heavy() -> None:
    """`importer --help` is shown before pandas, pandera, SQLAlchemy or requests are loaded."""
    code = (
        "import sys\nfrom importer.cli.main import run\nstatus = run(['--help'])\n"
        "heavy = {'pandas', 'pandera', 'pyarrow', 'sqlalchemy', 'requests', 'openpyxl', 'pydantic', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else status)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    for name in _COMMANDS:
        assert name in ended.stdout


@pytest.mark.parametrize("name", list(_COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself."""
    assert run([name, "--help"]) == 0
    assert "Usage:" in capsys.readouterr().out


def test_an_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A usage error ends with status 2."""
    assert run(["nonsense"]) == 2
    assert "No such command" in capsys.readouterr().err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` names the program and its version."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("importer, version ")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ImporterError("broken", "mend it"), 1),
        (SettingsError("no keys", "set them"), 2),
        (RunStopped("enough", "resume"), 4),
        (AnotherRunActive("busy", "wait"), 75),
    ],
)
def test_errors_for_people_become_words(
    error: ImporterError, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Message and remedy on standard error, the status, and with --json one object on standard output."""

    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "main", fail)
    assert run(["runs", "--json"]) == status
    shown = capsys.readouterr()
    assert error.message in shown.err
    assert error.remedy in shown.err
    content = json.loads(shown.out)
    assert (content["status"], content["exit_status"]) == ("failed", status)


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not meant for people is not dressed up."""

    def fail(**_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "main", fail)
    with pytest.raises(ZeroDivisionError):
        run(["runs"])


def test_an_abort_ends_with_4(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C at a question is an interruption."""

    def fail(**_: object) -> None:
        raise click.exceptions.Abort

    monkeypatch.setattr(cli, "main", fail)
    assert run(["runs"]) == 4


def test_rate_and_trouble() -> None:
    """Rate, time left and refused rows in words."""
    assert format_rate(100, 1000, 10) == "10 rows/s, 1 min 30 s left"
    assert format_rate(100, 200, 10) == "10 rows/s, 10 s left"
    assert format_rate(1, 36_000, 1) == "1 row/s, 9 h 59 min left"
    assert format_rate(0, 10, 1) == ""
    assert format_trouble({Status.REJECTED: 3, Status.UNCERTAIN: 1}) == "3 rejected, 1 uncertain"
    assert format_trouble({}) == ""


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def terminal(written: io.StringIO, width: int = 100) -> Callable[[], Console]:
    """A terminal whose output is kept."""
    return lambda: Console(file=written, force_terminal=True, width=width, legacy_windows=False)


def plain(text: str) -> str:
    """What a terminal shows of a line, without colours and movements of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).split("\r")[-1].rstrip()


def test_progress_in_lines() -> None:
    """At most a line in ten seconds, and always one at the end."""
    ticks, lines = Ticks(), []
    progress = LineProgress(ticks, lines.append)
    progress.reading(1)
    progress.reading(2)
    ticks.now = 20
    progress.delivering(10, 100, {})
    ticks.now = 31
    progress.delivering(60, 100, {Status.REJECTED: 1})
    progress.delivering(100, 100, {})
    ticks.now = 50
    progress.waiting("the account allows 5 calls in 5 s", 4)
    progress.waiting("again", 1)
    progress.note("hello")
    assert lines[0] == "Read and checked 1 row."
    assert "60 of 100 rows; 5 rows/s, 9 s left; 1 rejected" in lines
    assert any(line.startswith("100 of 100 rows") for line in lines)
    assert "Waiting 4 s: the account allows 5 calls in 5 s." in lines
    assert lines[-1] == "hello"


def test_progress_on_a_terminal() -> None:
    """One line that is drawn anew; notes stand above it."""
    ticks, written = Ticks(), io.StringIO()
    progress = TerminalProgress(ticks, terminal(written))
    progress.reading(5)
    progress.reading(6)
    progress.note("hello")
    ticks.now = 1
    progress.waiting("patience", 3)
    ticks.now = 2
    progress.delivering(1, 4, {})
    ticks.now = 4
    progress.delivering(4, 4, {})
    progress.delivering(0, 0, {})
    progress.note("end")
    text = written.getvalue()
    assert "Reading: 5 rows" in text
    assert "Reading: 6 rows" not in text
    assert "hello\n" in text
    assert "━" in text
    assert "4 of 4 rows" in text


def test_an_error_begins_below_the_line_of_progress(capsys: pytest.CaptureFixture[str]) -> None:
    """What ends a command in the middle of its progress is readable."""
    progress = TerminalProgress(Ticks())
    progress.reading(5)
    print_message("Error: broken")
    progress.reading(6)
    progress.note("a note")
    print_message("Error: again")
    lines = [plain(line) for line in capsys.readouterr().err.split("\n")]
    assert [line.lstrip("━ ") for line in lines if line] == [
        "Reading: 5 rows",
        "Error: broken",
        "a note",
        "Error: again",
    ]


def test_waiting_on_a_terminal_keeps_what_is_done() -> None:
    """The reason stands beside the rows done; a line never breaks, whatever the terminal's width."""
    ticks, written = Ticks(), io.StringIO()
    progress = TerminalProgress(ticks, terminal(written, width=60))
    progress.delivering(1, 4, {})
    ticks.now = 1
    progress.waiting("the account allows 25 bulk calls in 5 s", 3)
    drawn = [plain(line) for line in re.split("[\r\n]", written.getvalue())]
    assert drawn[-1].startswith("━━━━━╺━━━━━━━━━━━━━━ 1 of 4 rows  Waiting 3 s: the")
    assert max(len(line) for line in drawn) <= 60


def test_progress_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quiet, a bar or lines."""
    assert type(choose_progress(quiet=True)).__name__ == "SilentProgress"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(choose_progress(quiet=False), TerminalProgress)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(choose_progress(quiet=False), LineProgress)
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert isinstance(choose_progress(quiet=False), LineProgress)
