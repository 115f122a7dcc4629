"""`importer FILE` leads a person from the file to the results, and sends nothing unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from importer.cli.guided import looks_like_file
from importer.cli.main import run
from importer.core.errors import SettingsError
from tests.support.import_world import HEADINGS, VISITS, ImportWorld, visit


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportWorld:
    """A person at a terminal who says yes, an account, a file that waits and its mapping."""
    monkeypatch.chdir(tmp_path)
    world = ImportWorld(tmp_path)
    (tmp_path / "visits.csv").write_text(f"{HEADINGS}\n{visit(1)}\n{visit(2, when='soon')}\n", "utf-8")
    monkeypatch.setattr("importer.cli.guided.is_person_there", lambda: True)
    monkeypatch.setattr("importer.cli.guided.build_environment", lambda **_: world.env)
    monkeypatch.setattr("importer.cli.guided.open_account", lambda env, name: world.account)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: True)
    return world


@pytest.mark.parametrize(
    ("word", "is_file"),
    [("export.csv", True), ("Export 1.XLSX", True), ("visits", False), ("chek", False), ("x" * 5000, False)],
)
def test_what_is_taken_for_a_file(word: str, is_file: bool) -> None:
    """The ending counts also when no such file is there, so that the message is about the file."""
    assert looks_like_file(word) is is_file


def test_a_file_without_an_ending_is_one_when_it_is_there(tmp_path: Path) -> None:
    """Some exports have no ending."""
    (tmp_path / "visits").touch()
    assert looks_like_file(str(tmp_path / "visits"))


def test_a_mistyped_command_gets_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    """A word that is neither a command nor a file is a usage error."""
    assert run(["chek"]) == 2
    assert "No such command 'chek'. Did you mean `check`?" in capsys.readouterr().err


def test_a_script_is_told_the_commands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without a person nothing begins."""
    assert run([str(tmp_path / "visits.csv")]) == 2
    assert "importer run FILE -m MAPPING --yes" in capsys.readouterr().err


def test_a_file_with_a_mapping_is_checked_and_sent(world: ImportWorld, capsys: pytest.CaptureFixture[str]) -> None:
    """The mapping of an earlier import is used; the good row is sent, the bad one is reported."""
    assert run(["visits.csv"]) == 3
    shown = capsys.readouterr()
    assert "1. The mapping visits.yaml is there already" in shown.err
    assert "1 of 2 rows is ready to send; 1 row needs you." in shown.out
    assert "1 of 2 rows is in LeadSquared" in shown.out


def test_the_person_answers_what_the_proposal_asks(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mapping is opened, corrected by the person, and the import goes on when it is valid."""
    Path("visits.yaml").unlink()
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    answers = iter(["target: [", VISITS])
    monkeypatch.setattr(click, "prompt", lambda *_, **__: Path("visits.yaml").write_text(next(answers), "utf-8"))
    assert run(["visits.csv"]) == 3
    assert [Path(each).name for each in opened] == ["visits.yaml"]
    shown = capsys.readouterr()
    assert "marked TODO" in shown.err
    assert "1 of 2 rows is in LeadSquared" in shown.out


def test_nothing_is_asked_when_no_row_is_ready(world: ImportWorld, capsys: pytest.CaptureFixture[str]) -> None:
    """The check is the end of it."""
    Path("visits.csv").write_text(f"{HEADINGS}\n{visit(1, when='soon')}\n", "utf-8")
    assert run(["visits.csv"]) == 3
    assert "\n3. " not in capsys.readouterr().err


def without_account(env: Any, name: str | None) -> Any:
    raise SettingsError("LEADSQUARED_HOST is not set.")


def test_without_an_account_the_sandbox_is_offered(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is started when the person wants it."""
    started: list[bool] = []

    class Config:
        @staticmethod
        def start_sandbox() -> None:
            started.append(True)
            monkeypatch.setattr("importer.cli.guided.open_account", lambda env, name: world.account)

    monkeypatch.setattr("importer.cli.guided.open_account", without_account)
    monkeypatch.setattr("importer.cli.web.web_config", lambda env: Config)
    assert run(["visits.csv"]) == 3
    assert started == [True]
    assert "No account is set up yet. LEADSQUARED_HOST is not set." in capsys.readouterr().err


def test_a_no_sends_nothing(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither to an account nor to the sandbox; an account that was named has to be there."""
    monkeypatch.setattr("importer.cli.guided.open_account", without_account)
    monkeypatch.setattr(click, "confirm", lambda *_, **__: False)
    assert run(["visits.csv"]) == 2
    assert "Nothing was sent: there is no account." in capsys.readouterr().err
    assert run(["visits.csv", "--account", "acme"]) == 2
