"""`importer mapping` answers questions about a mapping without a file, keys or network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest

from importer.cli.main import run

ROOT = Path(__file__).parents[3]
MAPPINGS = sorted((ROOT / "mappings").glob("*.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda path: path.stem)
def test_check_schema_and_template(
    mapping: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each shipped mapping is sound, fits its sample, shows its schema and gives a workbook to fill in."""
    monkeypatch.chdir(tmp_path)
    (sample,) = (ROOT / "sample_data").glob(f"{mapping.stem}.*")
    assert run(["mapping", "check", str(mapping), "--file", str(sample)]) == 0
    assert "All its columns are in" in capsys.readouterr().out
    assert run(["mapping", "schema", str(mapping)]) == 0
    assert "schema_type: dataframe" in capsys.readouterr().out
    assert run(["mapping", "template", str(mapping)]) == 0
    book = openpyxl.load_workbook(tmp_path / f"{mapping.stem}-template.xlsx")
    sheet = book.worksheets[0]
    assert all(cell.comment is not None for cell in sheet[1])
    assert all(isinstance(cell.value, str) for cell in sheet[2])


def test_a_mapping_that_does_not_fit_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The missing heading is named with its line."""
    file = tmp_path / "leads.csv"
    file.write_text("Name,Mail\nA,b@example.com\n", "utf-8")
    mapping = tmp_path / "leads.yaml"
    mapping.write_text("target: create-lead\nlead:\n  FirstName: Name\n  EmailAddress: Email\n", "utf-8")
    assert run(["mapping", "check", str(mapping), "--file", str(file)]) == 2
    assert "line 4" in capsys.readouterr().err


def test_the_schema_for_editors(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON Schema is the one beside the mappings; without a mapping one must ask for it."""
    assert run(["mapping", "schema", "--json-schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(
        (ROOT / "mappings" / "mapping.schema.json").read_text("utf-8")
    )
    assert run(["mapping", "schema"]) == 2


def test_exploded_columns_are_known_when_a_mapping_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two columns in their place are those of the program."""
    monkeypatch.chdir(tmp_path)
    text = "target: create-lead\nsource: {explode: [A, B]}\nlead:\n  EmailAddress: Email\n  mx_1: (value)\n"
    Path("m.yaml").write_text(text, "utf-8")
    Path("f.csv").write_text("Email,A,B\na@x.io,1,2\n", "utf-8")
    assert run(["mapping", "check", "m.yaml", "--file", "f.csv"]) == 0
    assert "All its columns are in f.csv." in capsys.readouterr().out


def test_a_template_names_the_columns_of_conditions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever fills it in must know what they are for."""
    monkeypatch.chdir(tmp_path)
    text = "target: create-lead\nlead:\n  EmailAddress: Email\nwhere: {column: Status, equals: Paid}\n"
    Path("m.yaml").write_text(text, "utf-8")
    assert run(["mapping", "template", "m.yaml"]) == 0
    sheet = openpyxl.load_workbook("m-template.xlsx").worksheets[0]
    notes = {cell.value: cell.comment.text for cell in sheet[1] if cell.comment is not None}
    assert "Decides whether the row is imported." in notes["Status"]


def test_a_template_never_replaces_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second template gets another name; a name that exists is refused."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(MAPPINGS[0], tmp_path / "m.yaml")
    assert run(["mapping", "template", "m.yaml"]) == 0
    assert run(["mapping", "template", "m.yaml"]) == 0
    assert (tmp_path / "m-template-2.xlsx").is_file()
    assert run(["mapping", "template", "m.yaml", "-o", "m-template.xlsx"]) == 1
