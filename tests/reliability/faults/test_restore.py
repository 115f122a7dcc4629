"""The restore recipe of docs/operating.md, step by step with the real command, over HTTP: nothing is sent twice."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.trial import KINDS, Trial

ROWS, MORE = 30, 4


@pytest.fixture(params=["bulk", "bulk-key", "single"])
def trial(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Trial]:
    """A ledger with one run in its backup, and another run since."""
    with Trial(tmp_path, KINDS[request.param], ROWS) as made:
        made.imported("before", range(100, 105))
        assert made.command("ledger", "backup", str(tmp_path / "backup.db")).status == 0
        assert made.run().status == 0
        yield made


def effects(trial: Trial) -> Counter[str]:
    return Counter(trial.kind.effects(trial.sandbox.state()))


@pytest.mark.parametrize("kept", ["nothing", "witness"])
def test_rows_sent_since_the_backup_are_found(trial: Trial, kept: str) -> None:
    """Whether the witness survived or not; new rows of the file are sent, and afterwards all goes on as ever."""
    home = trial.folder / "home"
    witness = (home / "ledger.head").read_bytes()
    shutil.rmtree(home)
    home.mkdir(mode=0o700)
    shutil.copy(trial.folder / "backup.db", home / "ledger.db")
    if kept == "witness":
        (home / "ledger.head").write_bytes(witness)
    refused = trial.run()
    assert refused.status == 1
    assert "IMPORTER_ADOPT_LEDGER" in refused.json["message"]
    assert trial.command("runs", IMPORTER_ADOPT_LEDGER="yes").status == 0
    # The file of the lost run, to which some rows were added.
    counts = trial.imported("again", range(ROWS + MORE))
    assert counts == {"created": ROWS + MORE}
    assert set(effects(trial).values()) == {1}, "a row was sent twice"
    assert len(effects(trial)) == ROWS + MORE + 5
    # What was found is known from now on, as what the backup knew.
    assert trial.imported("third", range(ROWS + MORE - 1)) == {"skipped": ROWS + MORE - 1}
    # The same content as before the backup: its finished run is told again.
    assert trial.imported("fourth", range(100, 105)) == {"created": 5}
    assert set(effects(trial).values()) == {1}
