"""`importer mapping new`, without keys."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from importer.cli.main import run
from tests.unit.suggest.exports import EXPORTS

ROOT = Path(__file__).parents[3]
STUDENTS = ROOT / "sample_data" / "new-students.csv"

CALLS = "E-mail,Call date,Remarks\n" + "".join(
    f"asha{day}@example.com,0{day}/04/2025 1{day}:30,asked for fees {day}\n" for day in range(1, 9)
)


def test_a_mapping_that_loads(capsys: pytest.CaptureFixture[str]) -> None:
    """The answer names the file, the target and what a person must decide; the mapping fits its file."""
    assert run(["mapping", "new", str(STUDENTS)]) == 0
    told = capsys.readouterr().out
    assert "Mapping: new-students.yaml" in told
    assert "capture-lead" in told
    assert "To decide (1)" in told
    assert run(["mapping", "check", "new-students.yaml", "--file", str(STUDENTS)]) == 0
    assert "neither used nor ignored" not in capsys.readouterr().out


def test_a_file_is_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither by the default name nor by one that was asked for, nor through a link; the remedy is told."""
    mine = tmp_path / "new-students.yaml"
    mine.write_text("mine", "utf-8")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "nowhere.yaml")
    for options in ([], ["--output", str(mine)], ["--output", "link.yaml"]):
        assert run(["mapping", "new", str(STUDENTS), *options]) == 2
        told = capsys.readouterr().err
        assert "exists already" in told
        assert "--output" in told
    assert mine.read_text("utf-8") == "mine"
    assert not (tmp_path / "nowhere.yaml").exists()
    assert run(["mapping", "new", str(STUDENTS), "-o", "other/new.yaml"]) == 0
    assert (tmp_path / "other" / "new.yaml").is_file()


def test_an_ambiguous_order_is_left_to_the_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both choices stand there as comments, and the column waits under `ignore`."""
    (tmp_path / "calls.csv").write_text(CALLS, "utf-8")
    assert run(["mapping", "new", "calls.csv"]) == 0
    assert "Day first or month first?" in capsys.readouterr().out
    text = (tmp_path / "calls.yaml").read_text("utf-8")
    assert '# ActivityDateTime: {column: Call date, type: datetime, format: "%d/%m/%Y %H:%M"}' in text
    assert '# ActivityDateTime: {column: Call date, type: datetime, format: "%m/%d/%Y %H:%M"}' in text
    assert "\n  - Call date  # waits for your choice" in text


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every column, its field and what is to be decided; the finding of the check is the open question."""
    (tmp_path / "calls.csv").write_text(CALLS, "utf-8")
    assert run(["mapping", "new", "calls.csv", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["target"] == "activity-by-email"
    assert [column["column"] for column in told["columns"]] == ["E-mail", "Call date", "Remarks"]
    assert told["columns"][0]["fields"][0]["field"] == "activity.EmailAddress"
    assert told["columns"][0]["fields"][0]["confidence"] == "high"
    assert told["columns"][1]["fields"][0]["waits"]
    assert len(told["to_decide"]) == 2
    assert len(told["check"]) == 1
    assert "TODO" in told["check"][0]


def test_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown target gets the nearest one; a file that is not there and an unknown account are named."""
    assert run(["mapping", "new", str(STUDENTS), "--target", "capture-leed"]) == 2
    assert "Did you mean `capture-lead`?" in capsys.readouterr().err
    assert run(["mapping", "new", "nowhere.csv"]) == 1
    assert run(["mapping", "new", str(STUDENTS), "--account", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err
    assert not Path("new-students.yaml").exists()


@pytest.mark.slow
def test_how_the_file_is_read_is_written_down(tmp_path: Path) -> None:
    """What the person had to say about the file stands in the mapping, so that `check` needs no options."""
    shutil.copy(ROOT / "sample_data" / "store-visits.xlsx", tmp_path)
    assert run(["mapping", "new", "store-visits.xlsx", "--sheet", "Visits", "--header-row", "3"]) == 0
    text = (tmp_path / "store-visits.yaml").read_text("utf-8")
    assert "source: {sheet: Visits, header_row: 3}" in text


def test_places_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time zone and country need no account."""
    monkeypatch.setenv("LEADSQUARED_TIME_ZONE", "Asia/Kolkata")
    monkeypatch.setenv("LEADSQUARED_COUNTRY", "in")
    shutil.copy(ROOT / "sample_data" / "campus-enquiries.csv", tmp_path)
    assert run(["mapping", "new", "campus-enquiries.csv"]) == 0
    text = (tmp_path / "campus-enquiries.yaml").read_text("utf-8")
    assert "country: IN}" in text
    assert "timezone: Asia/Kolkata}" in text


@pytest.mark.slow
@pytest.mark.parametrize("zone", ["IST", "Mars/Olympus"])
def test_places_that_there_are_not(zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting that no mapping may have is not written into one."""
    monkeypatch.setenv("LEADSQUARED_TIME_ZONE", zone)
    monkeypatch.setenv("LEADSQUARED_COUNTRY", "XX")
    shutil.copy(ROOT / "sample_data" / "campus-enquiries.csv", tmp_path)
    assert run(["mapping", "new", "campus-enquiries.csv"]) == 0
    text = (tmp_path / "campus-enquiries.yaml").read_text("utf-8")
    assert "Which time zone are these times in?" in text
    assert "XX" not in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["ivr-calls", "fees-bhugtan", "newsletter-opens", "visites-magasin", "contactformulier"]
)
def test_every_row_is_valid(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the activity type filled in, a dry run finds nothing wrong with any row."""
    export = next(each for each in EXPORTS if each.name == name)
    file = export.write(tmp_path)
    for key, text in export.settings.items():
        monkeypatch.setenv(f"LEADSQUARED_{key.upper()}", text)
    monkeypatch.setenv("LEADSQUARED_TIME_ZONE", export.settings.get("time_zone", "UTC"))
    assert run(["mapping", "new", str(file)]) == 0
    mapping = tmp_path / f"{name}.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace("value: TODO", "value: 201"), "utf-8")
    assert run(["check", str(file), "-m", str(mapping), "--quiet"]) == 0
