"""Commands that look after the memory: prune, backup, figures."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from importer.cli.main import run
from importer.ledger.model import NewRun
from importer.ledger.opening import open_sqlite_ledger

JOBS = "jobs:\n  visits: {account: x, mapping: m.yaml, source: {folder: in}}\n"
NEW = NewRun(
    id="run-1",
    fingerprint="f1",
    account="acme",
    target="create-lead",
    source="a.csv",
    source_sha="s",
    mapping="m.yaml",
    mapping_sha="m",
    rows=1,
    folder="",
    tool_version="1",
)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importer.cli.options._handle_stop_signals", lambda stop, progress: None)
    monkeypatch.setenv("IMPORTER_HOME", str(tmp_path))
    monkeypatch.delenv("IMPORTER_DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)


def two_old_runs(home: Path) -> None:
    """Of one mapping, long ago; the first may go, the newest of a mapping stays."""
    ledger = open_sqlite_ledger(home, clock=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    for name in ("run-1", "run-2"):
        folder = home / "runs" / name
        folder.mkdir(parents=True)
        (folder / "rows.arrow").write_bytes(b"x" * 1000)
        ledger.open_run(replace(NEW, id=name, fingerprint=name, folder=str(folder)))
        ledger.finish_run(name)
    ledger.close()


def test_pruning_is_shown_then_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a person and without --yes nothing goes; with it, the old run's folder."""
    two_old_runs(tmp_path)
    assert run(["runs", "prune", "--older-than", "90d"]) == 0
    assert "Nothing was removed; 1 run could be" in capsys.readouterr().out
    assert run(["runs", "prune", "--older-than", "90d", "--yes", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["removed"], told["busy"], told["prunable"][0]["run"]) == (["run-1"], [], "run-1")
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["run-2"]
    assert run(["runs", "prune", "--older-than", "90d", "--yes"]) == 0
    assert "0 runs removed" in capsys.readouterr().out
    assert run(["runs", "prune", "--older-than", "soon"]) == 2
    assert "soon is no age" in capsys.readouterr().err


def test_a_backup_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to which call it goes; a ledger in a database is backed up by its own tools."""
    two_old_runs(tmp_path)
    assert run(["ledger", "backup", "one.db"]) == 0
    assert "one.db holds the ledger up to call 0." in capsys.readouterr().out
    assert run(["ledger", "backup", "two.db", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"backup": "two.db", "last_call": 0, "exit_status": 0}
    monkeypatch.setenv("IMPORTER_DATABASE_URL", "postgresql://importer@db.invalid/importer")
    assert run(["ledger", "backup", "three.db"]) == 2
    assert "pg_dump" in capsys.readouterr().err


def test_figures_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed, written for a collector, or as a judgement in JSON."""
    (tmp_path / "jobs.yaml").write_text(JOBS, "utf-8")
    (tmp_path / "in").mkdir()
    two_old_runs(tmp_path)
    assert run(["jobs", "metrics"]) == 0
    assert "# TYPE importer_" in capsys.readouterr().out
    assert run(["jobs", "metrics", "--textfile", "importer.prom", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"]
    assert "importer_" in (tmp_path / "importer.prom").read_text("utf-8")
