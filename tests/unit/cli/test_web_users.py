"""`importer web users`."""

from __future__ import annotations

import io
import json
from pathlib import Path

import click
import pytest

from importer.cli.web_users import command

PASSWORD = "four words of mine"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importer.cli.options._handle_stop_signals", lambda stop, progress: None)
    monkeypatch.setenv("IMPORTER_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))


def run(*arguments: str) -> int:
    return int(command.main(list(arguments), standalone_mode=False))


def test_the_life_of_a_user(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert run("list") == 0
    assert "Add the first: importer web users add NAME --role admin" in capsys.readouterr().out
    run("add", "asha", "--role", "admin", "--password-stdin")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    run("add", "ravi", "--password-stdin")
    run("role", "ravi", "approve")
    monkeypatch.setattr("sys.stdin", io.StringIO("another four words\n"))
    run("password", "ravi", "--password-stdin")
    capsys.readouterr()
    run("list", "--json")
    users = json.loads(capsys.readouterr().out)["users"]
    assert [(user["name"], user["role"]) for user in users] == [("asha", "admin"), ("ravi", "approve")]
    run("list")
    assert "ravi  approve  since " in capsys.readouterr().out
    assert run("remove", "ravi") == 0
    output = capsys.readouterr()
    assert "signed out everywhere" in output.out
    assert PASSWORD not in (tmp_path / "web" / "audit.jsonl").read_text()
    assert "(command line)" in (tmp_path / "web" / "audit.jsonl").read_text()


def test_a_password_is_asked_for_twice_and_never_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal())
    answers = iter([PASSWORD, "something else", PASSWORD, PASSWORD])
    monkeypatch.setattr(click.termui, "hidden_prompt_func", lambda prompt: next(answers))
    assert run("add", "asha", "--role", "admin") == 0
    assert next(answers, None) is None
    output = capsys.readouterr()
    assert PASSWORD not in output.out + output.err


def test_nobody_to_ask(capsys: pytest.CaptureFixture[str]) -> None:
    from importer.core.errors import UsageError

    with pytest.raises(UsageError, match="Nobody can be asked") as caught:
        run("add", "asha")
    assert "--password-stdin" in caught.value.remedy


def test_a_name_that_is_taken_is_refused_before_a_password_is_asked_for() -> None:
    from importer.core.errors import UsageError

    run("add", "asha", "--password-stdin")
    with pytest.raises(UsageError, match="already") as caught:
        run("add", "Asha")
    assert "importer web users password" in caught.value.remedy
