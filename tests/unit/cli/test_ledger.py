"""`importer ledger move` on the command line; the move itself is tested with a real database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from importer.cli.main import run
from importer.ledger.postgres.migration import MigrationResult


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importer.cli.options._handle_stop_signals", lambda stop, progress: None)
    monkeypatch.setenv("IMPORTER_HOME", str(tmp_path))
    monkeypatch.delenv("IMPORTER_DATABASE_URL", raising=False)


def test_without_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    """The person hears which setting is missing."""
    assert run(["ledger", "move"]) == 2
    assert "Set IMPORTER_DATABASE_URL" in capsys.readouterr().err


@pytest.mark.parametrize(("before", "words"), [(False, "are now in"), (True, "were moved earlier; now in")])
def test_what_was_moved_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], before: bool, words: str
) -> None:
    """In words and as JSON."""
    monkeypatch.setenv("IMPORTER_DATABASE_URL", "postgresql://importer@db.invalid/importer")
    told = MigrationResult("db.invalid/importer", 1, 2, 3000, before)
    monkeypatch.setattr("importer.ledger.move_ledger", lambda *given, **options: told)
    assert run(["ledger", "move"]) == 0
    assert f"1 run, 2 calls and 3,000 rows {words} db.invalid/importer" in capsys.readouterr().out
    monkeypatch.setenv("IMPORTER_DATABASE_URL", "postgresql://importer@db.invalid/importer")
    assert run(["ledger", "move", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["runs"], said["rows"], said["moved_before"]) == (1, 3000, before)
