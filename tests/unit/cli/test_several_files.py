"""Several files are imported one after the other: each has its result, and the worst status counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from importer.cli.main import run
from importer.cli.several_files import find_files
from importer.core.errors import AnotherRunActive, UsageError
from tests.support.import_world import VISITS, ImportWorld, visit


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportWorld:
    monkeypatch.chdir(tmp_path)
    world = ImportWorld(tmp_path, VISITS)
    world.write("jan.csv", [visit(1), visit(2)])
    world.write("feb.csv", [visit(2), visit(3)])
    (tmp_path / "empty.csv").write_text("", "utf-8")
    monkeypatch.setattr("importer.cli.run.build_environment", lambda **_: world.env)
    monkeypatch.setattr("importer.cli.run.open_account", lambda env, name: world.account)
    return world


def test_a_bad_file_does_not_stop_the_others(world: ImportWorld, capsys: pytest.CaptureFixture[str]) -> None:
    """And a row that an earlier file had is skipped."""
    assert run(["run", "jan.csv", "empty.csv", "feb.csv", "-m", "visits.yaml", "--yes"]) == 1
    shown = capsys.readouterr()
    assert shown.out.endswith(
        "\n3 files:\n"
        "  jan.csv: 2 of 2 rows are in LeadSquared.\n"
        "  empty.csv: failed: empty.csv is empty.\n"
        "  feb.csv: 1 of 2 rows is delivered; 1 was there already, or needed no sending.\n"
    )
    assert "Error: empty.csv is empty" in shown.err
    assert world.activities == 3


def test_json_is_one_object_with_one_for_each_file(world: ImportWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "jan.csv", "empty.csv", "-m", "visits.yaml", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(one["file"], one["status"]) for one in found["files"]] == [("jan.csv", "planned"), ("empty.csv", "failed")]
    assert (found["not_begun"], found["exit_status"]) == ([], 1)


def test_one_file_is_reported_as_ever(world: ImportWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "jan.csv", "-m", "visits.yaml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["created"] == 2
    assert run(["check", "feb.csv", "-m", "visits.yaml"]) == 0
    assert "1 file" not in capsys.readouterr().out


def test_what_would_fail_for_every_file_ends_the_command(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise AnotherRunActive("Another import is sending.", "Wait for it.")

    monkeypatch.setattr("importer.app.run", refuse)
    assert run(["run", "jan.csv", "feb.csv", "-m", "visits.yaml", "--yes"]) == 75
    assert "  feb.csv: not begun" in capsys.readouterr().out


def test_a_workbook_cannot_be_that_of_several_files(world: ImportWorld, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "jan.csv", "feb.csv", "-m", "visits.yaml", "--results", "a.xlsx"]) == 2
    assert "Leave --results out" in capsys.readouterr().err


def test_folders_and_patterns_are_the_files_in_them(tmp_path: Path) -> None:
    for name in ("b.CSV", "a.xlsx", "~$a.xlsx", ".c.csv", "m.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "d.csv").mkdir()
    assert [path.name for path in find_files([tmp_path])] == ["a.xlsx", "b.CSV"]
    assert [path.name for path in find_files([tmp_path / "*.xlsx", tmp_path / "a.xlsx"])] == ["a.xlsx"]
    assert find_files([Path("missing.csv")]) == [Path("missing.csv")]
    with pytest.raises(UsageError, match="holds no spreadsheet"):
        find_files([tmp_path / "d.csv"])
    with pytest.raises(UsageError, match="No file fits"):
        find_files([tmp_path / "x*.csv"])
