"""The command line speaks plainly, starts fast, and ends with the right status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from importer.cli.main import _COMMANDS, cli, run
from importer.cli.progress import LineProgress, TerminalProgress, choose_progress, rate_words, trouble_words
from importer.cli.streams import say
from importer.core.errors import AnotherRunActive, ImporterError, RunStopped, SettingsError
from importer.core.model import Status

ROOT = Path(__file__).parents[3]


def test_help_lists_every_command_and_loads_nothing_heavy() -> None:
    """`importer --help` is shown before pandas, pandera, SQLAlchemy or requests are loaded."""
    code = (
        "import sys\nfrom importer.cli.main import run\nstatus = run(['--help'])\n"
        "heavy = {'pandas', 'pandera', 'pyarrow', 'sqlalchemy', 'requests', 'openpyxl', 'pydantic'} & set(sys.modules)\n"
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
    assert rate_words(100, 1000, 10) == "10 rows/s, 1 min 30 s left"
    assert rate_words(100, 200, 10) == "10 rows/s, 10 s left"
    assert rate_words(1, 36_000, 1) == "1 row/s, 9 h 59 min left"
    assert rate_words(0, 10, 1) == ""
    assert trouble_words({Status.REJECTED: 3, Status.UNCERTAIN: 1}) == "3 rejected, 1 uncertain"
    assert trouble_words({}) == ""


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


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
    ticks, written = Ticks(), []
    progress = TerminalProgress(ticks, written.append)
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
    text = "".join(written)
    assert "Reading: 5 rows" in text
    assert "Reading: 6 rows" not in text
    assert "hello\n" in text
    assert "█" in text
    assert "4 of 4 rows" in text


def test_an_error_begins_below_the_line_of_progress(capsys: pytest.CaptureFixture[str]) -> None:
    """What ends a command in the middle of its progress is readable."""
    progress = TerminalProgress(Ticks())
    progress.reading(5)
    say("Error: broken")
    progress.reading(6)
    progress.note("a note")
    say("Error: again")
    told = capsys.readouterr().err
    assert "Reading: 5 rows\nError: broken\n" in told
    assert "\ra note\nError: again\n" in told.replace("\n\n", "?")


def test_waiting_on_a_terminal_keeps_what_is_done() -> None:
    """The reason stands beside the rows done; a line never breaks, whatever the terminal's width."""
    ticks, written = Ticks(), []
    progress = TerminalProgress(ticks, written.append, lambda: 60)
    progress.delivering(1, 4, {})
    ticks.now = 1
    progress.waiting("the account allows 25 bulk calls in 5 s", 3)
    assert written[-1].startswith("\r█████░░░░░░░░░░░░░░░ 1 of 4 rows  Waiting 3 s: the")
    assert max(len(text) for text in written) <= 60


def test_progress_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quiet, a bar or lines."""
    assert type(choose_progress(quiet=True)).__name__ == "Silent"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert isinstance(choose_progress(quiet=False), TerminalProgress)
    monkeypatch.setattr("sys.stderr.isatty", lambda: False, raising=False)
    assert isinstance(choose_progress(quiet=False), LineProgress)
