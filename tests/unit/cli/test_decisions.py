"""Decisions about changed rows at a terminal, and about those of a job's file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from importer.cli.decide import decide_about_changes
from importer.cli.jobs.commands import command
from importer.core.errors import UsageError
from importer.delivery import DeliveryOptions
from importer.jobs.files.inbox import InboxFile
from importer.jobs.store.database import find_databases, open_database
from importer.jobs.store.store import JobStore
from tests.support.import_world import ImportWorld, visit
from tests.unit.cli.test_jobs_show import JOBS, MAPPING


@pytest.mark.parametrize(("answer", "counts"), [("s", {"created": 2}), ("k", {"skipped": 2}), ("l", {"changed": 2})])
def test_a_person_is_asked_once_about_all_rows(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    answer: str,
    counts: dict[str, int],
) -> None:
    """With their number and the fields that differ; what they say is done at once."""
    monkeypatch.chdir(tmp_path)
    world = ImportWorld(tmp_path)
    world.send("export.csv", visit(1), visit(2))
    assert decide_about_changes(world.last, DeliveryOptions(), world.env) is None
    world.send("later.csv", visit(1, seconds="50"), visit(2, seconds="60"))
    monkeypatch.setattr("importer.cli.decide.open_account", lambda env, name: world.account)
    monkeypatch.setattr(click, "prompt", lambda *_, **__: answer)
    status = decide_about_changes(world.last, DeliveryOptions(), world.env)
    assert status == (None if answer == "l" else 0)
    assert "2 rows: Seconds differs." in capsys.readouterr().err
    assert world.show(world.run_id) == counts


def test_rows_of_a_jobs_file_are_decided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run is finished, and the record of the file follows."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path)
    world = ImportWorld(tmp_path / "world")
    world.send("export.csv", visit(1))
    asked: list[Any] = []

    def decide(run: str, decision: str, *_: Any) -> Any:
        from importer.app.manual_resolution import ChangeDecision, ChangesDecided

        asked.append((run, decision))
        return ChangesDecided(run, 1, ChangeDecision(decision), "")

    monkeypatch.setenv("IMPORTER_HOME", str(home))
    monkeypatch.setattr("importer.app.decide_changes", decide, raising=False)
    monkeypatch.setattr("importer.app.resume", lambda *_: world.last, raising=False)
    (tmp_path / "jobs.yaml").write_text(JOBS, "utf-8")
    (tmp_path / "m.yaml").write_text(MAPPING, "utf-8")
    (tmp_path / "in").mkdir()
    store = JobStore(open_database(find_databases({}, home).jobs))
    for name, run in (("held.csv", "r1"), ("new.csv", "")):
        entry = store.add_file(
            "a", InboxFile(tmp_path / "in" / name, 1, 1, 1), name, "m", datetime(2026, 11, 20, tzinfo=UTC)
        )
        store.update_file(entry.id, state="archived", outcome="problems", run=run)
    ended = CliRunner().invoke(command, ["decide", "held.csv", "--changed", "keep", "--json"], standalone_mode=False)
    assert json.loads(ended.stdout)["outcome"] == "done"
    assert asked == [("r1", "keep")]
    assert json.loads(ended.stdout)["file"].endswith("held.csv")
    found = {Path(one.path).name: one for one in store.file_records()}
    assert (found["held.csv"].outcome, found["held.csv"].problems) == ("done", 0)
    told = CliRunner().invoke(command, ["decide", "held.csv", "--changed", "send"], standalone_mode=False)
    assert ": send." in told.stdout
    refused = CliRunner().invoke(command, ["decide", "new.csv", "--changed", "keep"], standalone_mode=False)
    assert isinstance(refused.exception, UsageError)
    store.close()
