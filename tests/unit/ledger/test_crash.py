"""Killed at any moment, the ledger knows every call that may have left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from importer.core.model import Status
from importer.ledger.integrity.file_guard import FileGuard
from importer.ledger.integrity.rollback_witness import read_witness
from importer.ledger.opening import open_sqlite_ledger
from tests.support.ledger_builders import TickingClock, call, new_run


@pytest.mark.slow
def test_killing_the_sender_at_random_moments_loses_no_call(tmp_path: Path) -> None:
    """Each call reported as begun is in the ledger, whole; the witness is never ahead; what was cut is uncertain."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.ledger.crash_trial", str(tmp_path / "home"), "15", "20260101"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["wrong"] == []
    assert told["begun"] > 5
    assert told["recovered"] > 0
    assert told["rows"] >= told["begun"] * 25


def test_dying_between_commit_and_witness_is_no_alarm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call did not leave, its row is uncertain, and the ledger opens as usual."""

    class Killed(BaseException):
        pass

    def die(guard: FileGuard, number: int) -> None:
        raise Killed

    ledger = open_sqlite_ledger(tmp_path / "home", clock=TickingClock())
    ledger.open_run(new_run())
    with monkeypatch.context() as patch:
        patch.setattr(FileGuard, "note_call", die)
        with pytest.raises(Killed):
            ledger.begin_call(call([2]))
    ledger.close()
    assert read_witness(tmp_path / "home").number == 0
    again = open_sqlite_ledger(tmp_path / "home", clock=TickingClock())
    assert again.recover_interrupted("run-1") == [2]
    assert again.counts("run-1") == {Status.UNCERTAIN: 1}
    again.close()


SENDER = """
import sys
from pathlib import Path
from tests.support.ledger_builders import TickingClock, call, ended, new_run, outcomes
from importer.ledger.opening import open_sqlite_ledger
home, account = Path(sys.argv[1]), sys.argv[2]
ledger = open_sqlite_ledger(home, clock=TickingClock())
ledger.open_run(new_run(account, account=account))
for row in range(2, 802, 20):
    rows = range(row, row + 20)
    number = ledger.begin_call(call(rows, account, account=account))
    ledger.finish_call(number, ended(), outcomes(rows))
ledger.close()
"""


@pytest.mark.slow
def test_two_accounts_can_be_sent_to_at_once(tmp_path: Path) -> None:
    """Processes that share the ledger wait for each other; no call is lost and the witness knows the last one."""
    arguments = [sys.executable, "-c", SENDER, str(tmp_path / "home")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    started = [subprocess.Popen([*arguments, account], env=environment) for account in ("one", "two")]
    assert [process.wait() for process in started] == [0, 0]
    ledger = open_sqlite_ledger(tmp_path / "home", clock=TickingClock())
    assert [ledger.counts(run_id) for run_id in ("one", "two")] == [{Status.CREATED: 800}] * 2
    ledger.close()
    assert read_witness(tmp_path / "home").number == 80
