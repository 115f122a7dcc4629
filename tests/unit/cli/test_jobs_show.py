"""`importer jobs show`: a file by its name or path, then or now; what is done is not checked again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from importer.cli.jobs.commands import command
from importer.jobs.files.inbox import InboxFile
from importer.jobs.store.database import find_databases, open_database
from importer.jobs.store.store import JobStore

JOBS = "jobs: {a: {account: x, mapping: m.yaml, source: {folder: in, stable: 0s}}}\n"
MAPPING = "target: create-lead\nlead:\n  EmailAddress: E-mail\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files of a job: one is archived, the other waits for a person."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPORTER_HOME", str(home))
    (tmp_path / "jobs.yaml").write_text(JOBS, "utf-8")
    (tmp_path / "m.yaml").write_text(MAPPING, "utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "waits.csv").write_text("E-mail\na@example.org\nnobody\n", "utf-8")
    store = JobStore(open_database(find_databases({}, home).jobs))
    now = datetime(2026, 11, 20, tzinfo=UTC)
    for name, values in (
        (
            "old.csv",
            {"state": "archived", "outcome": "done", "archive": str(tmp_path / "in/done/old-1.csv"), "run": "r1"},
        ),
        ("waits.csv", {"state": "held", "message": "Too many rows."}),
    ):
        entry = store.add_file("a", InboxFile(tmp_path / "in" / name, 1, 1, 1), name, "m", now)
        store.update_file(entry.id, **values)
    store.close()
    return tmp_path


def test_a_file_that_waits_is_checked(folder: Path) -> None:
    """With a workbook of its rows; without the account's keys, too."""
    ended = CliRunner().invoke(command, ["show", "waits.csv"], standalone_mode=False)
    assert ended.exit_code == 0, ended.output
    assert "Job a: held. Too many rows." in ended.stdout
    assert "2 of 2 rows" in ended.stdout
    assert len(list((folder / "results").glob("waits-check-*.xlsx"))) == 1


@pytest.mark.parametrize("name", ["old.csv", "in/old.csv", "old-1.csv", "in/done/old-1.csv"])
def test_a_file_that_is_done_is_only_shown(folder: Path, name: str) -> None:
    """By the name it had or has."""
    ended = CliRunner().invoke(command, ["show", name, "--json"], standalone_mode=False)
    shown = json.loads(ended.stdout)
    assert (shown["file"]["run"], shown["check"]) == ("r1", None)


def test_an_unknown_file_is_named(folder: Path) -> None:
    """With the nearest one that is known."""
    ended = CliRunner().invoke(command, ["show", "waist.csv"], standalone_mode=False)
    assert "waits.csv" in ended.exception.remedy  # type: ignore[union-attr]  # an error for people
