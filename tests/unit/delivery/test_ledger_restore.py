"""A ledger that was put back from a backup: rows that were sent since are found, and not sent again."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from importer.app.imports import Environment, ReportPaths, open_ledger_of, resume
from importer.config.settings import Account
from importer.core.errors import LedgerError, UsageError
from importer.core.model import Status
from importer.delivery.deliver_plan import DeliveryOptions
from importer.ledger.factory import ledger_file
from importer.ledger.integrity.identity import ADOPT_VARIABLE
from importer.ledger.sqlite_file import back_up
from tests.support.delivery_world import LOST, after, lead
from tests.unit.app.test_imports import account, crm_of, env
from tests.unit.app.test_retention import send, write

__all__ = ["account", "env"]


def lose_and_restore(env: Environment, backup: Path) -> Environment:
    """The disk is lost: the backup is put in the ledger's place; what accepts it."""
    shutil.copy(backup, ledger_file(env.home))
    with pytest.raises(LedgerError, match="older than it should be"), open_ledger_of(env):
        pass
    return replace(env, variables={ADOPT_VARIABLE: "yes"})


@pytest.mark.slow
def test_rows_sent_after_the_backup_are_found_and_not_doubled(
    env: Environment, account: Account, tmp_path: Path
) -> None:
    """In the run that the backup knows as open, in a run that it does not know, and in a file that has grown."""
    crm = crm_of(env, account)
    crm.on_post = lambda number: env.stop.set() if number == 3 else None
    assert send(write(0, 100), account, env).exit_status == 4
    env.stop.clear()
    last = back_up(ledger_file(env.home), tmp_path / "backup.db")
    assert last >= 3
    assert stat.S_IMODE((tmp_path / "backup.db").stat().st_mode) == 0o600
    assert resume(None, lambda name: account, ReportPaths(), DeliveryOptions(), env).exit_status == 0
    send(write(200, 20, "other.csv"), account, env)
    accepting = lose_and_restore(env, tmp_path / "backup.db")
    report = resume(None, lambda name: account, ReportPaths(), DeliveryOptions(), accepting)
    assert report.summary.counts == {Status.CREATED: 100}
    again = send(write(195, 30, "other.csv"), account, env)
    assert again.summary.counts == {Status.CREATED: 30}
    expected = [f"visit {number}" for number in [*range(100), *range(195, 225)]]
    assert crm.notes() == dict.fromkeys(expected, 1)
    env.clock.sleep(30 * 86_400)
    later = send(write(190, 40, "third.csv"), account, env)
    assert later.summary.counts[Status.SKIPPED] == 30, "what was found is recognised ever after"
    assert set(crm.notes().values()) == {1}


@pytest.mark.slow
def test_without_an_answer_nothing_is_sent(env: Environment, account: Account, tmp_path: Path) -> None:
    """A row that cannot be looked for waits; a repeat on purpose is not looked for."""
    crm = crm_of(env, account)
    send(write(0, 3), account, env)
    back_up(ledger_file(env.home), tmp_path / "backup.db")
    send(write(10, 3), account, env)
    accepting = lose_and_restore(env, tmp_path / "backup.db")
    crm.read_faults = [after(LOST)] * 5_000
    stopped = send(write(10, 3), account, accepting)
    assert stopped.exit_status == 4
    assert "before the ledger was put back" in str(stopped.stopped)
    crm.read_faults.clear()
    assert set(crm.notes().values()) == {1}
    send(replace(write(10, 3), again="they were deleted"), account, env)
    assert crm.notes()["visit 10"] == 2


@pytest.mark.slow
def test_what_was_there_long_before_the_backup_is_no_lost_row(
    env: Environment, account: Account, tmp_path: Path
) -> None:
    """Somebody else's activity that looks like a row, older than the ledger's last call: the row is sent."""
    crm = crm_of(env, account)
    send(write(0, 1), account, env)
    back_up(ledger_file(env.home), tmp_path / "backup.db")
    send(write(10, 1), account, env)
    accepting = lose_and_restore(env, tmp_path / "backup.db")
    other = {"RelatedProspectId": lead(20), "ActivityEvent": 201, "ActivityNote": "visit 20"}
    month_ago = (env.clock.now() - timedelta(days=30)).strftime("%Y-%m-%d %H:%M:%S")
    crm.activities[lead(20)] = [{"Id": "somebody-else", "item": other, "written": month_ago}]
    assert send(write(20, 1), account, accepting).summary.counts == {Status.CREATED: 1}
    assert crm.notes()["visit 20"] == 2
    send(write(10, 1), account, env)
    assert crm.notes()["visit 10"] == 1


def taken_meanwhile(old: Path, new: Path) -> None:
    raise FileExistsError(17, "File exists")


@pytest.mark.slow
def test_rows_of_one_lead_are_looked_for_at_once(env: Environment, account: Account, tmp_path: Path) -> None:
    """Each activity stands for one row, and a lead is asked for once."""
    crm = crm_of(env, account)
    send(write(0, 1), account, env)
    back_up(ledger_file(env.home), tmp_path / "backup.db")
    request = write(10, 1)
    Path("visits.csv").write_text("\n".join(["Lead,Note", *[f"{lead(10)},visit {one}" for one in "abb"], ""]), "utf-8")
    send(request, account, env)
    accepting = lose_and_restore(env, tmp_path / "backup.db")
    assert send(request, account, accepting).summary.counts == {Status.CREATED: 3}
    assert (crm.notes()["visit a"], crm.notes()["visit b"]) == (1, 2)


def test_a_backup_that_cannot_be_made(env: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No ledger, a name that is taken, a folder that is not there, a file that is none: told, and nothing is left."""
    home = ledger_file(env.home)
    with pytest.raises(UsageError, match="no ledger"):
        back_up(home, tmp_path / "b.db")
    with open_ledger_of(env):
        pass
    (tmp_path / "taken.db").touch()
    with pytest.raises(UsageError, match="exists already"):
        back_up(home, tmp_path / "taken.db")
    with pytest.raises(LedgerError):
        back_up(home, tmp_path / "none" / "b.db")
    with monkeypatch.context() as patch:
        patch.setattr("importer.ledger.sqlite_file.os.link", taken_meanwhile)
        with pytest.raises(UsageError, match="exists already"):
            back_up(home, tmp_path / "b.db")
    home.write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError):
        back_up(home, tmp_path / "b.db")
    home.unlink()
    with closing(sqlite3.connect(home)) as database:
        database.execute("CREATE TABLE calls (number)")
    with pytest.raises(LedgerError, match="it is no ledger"):
        back_up(home, tmp_path / "b.db")
    assert sorted(path.name for path in tmp_path.glob("*.db")) == ["taken.db"]
    assert not list(tmp_path.glob(".b.db*"))
