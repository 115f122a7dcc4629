"""Pruning old runs: whatever was imported and pruned, in any order, no row is sent a second time."""

from __future__ import annotations

import random
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from importer.app import retention
from importer.app.imports import Environment, ReportPaths, open_ledger_of, run
from importer.app.retention import find_prunable, parse_age, prune
from importer.config.settings import Account
from importer.core.errors import LedgerError, UsageError
from importer.core.model import Outcome, Status
from importer.delivery.deliver_plan import DeliveryOptions
from importer.ledger import sqlite_file
from importer.planning.plan import PlanRequest
from importer.reports.publisher import Report
from tests.support.delivery_world import BLIND, BY_ID, LOST, after, lead
from tests.support.ledger_builders import writing
from tests.support.sampled import ALL_CASES
from tests.unit.app.test_imports import account, crm_of, env, files

__all__ = ["account", "env"]

OLD = timedelta(days=90)


def write(first: int, count: int, name: str = "visits.csv") -> PlanRequest:
    lines = [f"{lead(number)},visit {number}" for number in range(first, first + count)]
    Path(name).write_text("\n".join(["Lead,Note", *lines]) + "\n", "utf-8")
    Path("visits.yaml").write_text(BY_ID, "utf-8")
    return PlanRequest(source=Path(name), mapping=Path("visits.yaml"), account="test")


def send(request: PlanRequest, account: Account, env: Environment) -> Report:
    return run(request, account, ReportPaths(), DeliveryOptions(), env)


def prune_all(env: Environment) -> list[str]:
    env.clock.sleep(91 * 86_400)
    return [each.run.id for each in prune(find_prunable(env, OLD), env, OLD).removed]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4 if ALL_CASES else 2))
def test_whatever_is_imported_and_pruned_no_row_is_sent_twice(seed: int, env: Environment, account: Account) -> None:
    """Overlapping files, again and again, with prunings between them, some of which are cut short."""
    story, crm = random.Random(seed), crm_of(env, account)
    wanted: set[int] = set()
    for _ in range(7):
        first, count = story.randrange(40), story.randrange(1, 40)
        wanted |= set(range(first, first + count))
        assert send(write(first, count), account, env).exit_status == 0
        if story.random() < 0.7:
            prune_all(env)
        if story.random() < 0.5:
            sent = crm.notes()
            send(write(first, count), account, env)
            assert crm.notes() == sent, "a file that was imported already sent something"
    assert crm.notes() == {f"visit {number}": 1 for number in wanted}


@pytest.mark.slow
def test_what_is_removed_and_what_stays(env: Environment, account: Account) -> None:
    """The folder and the texts go; rows, keys and counts stay; the newest run of the mapping stays whole."""
    first = send(files(30, bad=1), account, env).summary.run_id
    second = send(write(30, 5), account, env).summary.run_id
    assert find_prunable(env, OLD) == [], "they are too young"
    assert prune_all(env) == [first]
    assert [path.name for path in (env.home / "runs").iterdir()] == [second]
    with open_ledger_of(env) as ledger:
        assert ledger.counts(first)[Status.CREATED] == 30
        assert {outcome.error for outcome in ledger.outcomes(first)} == {""}
        assert len(ledger.past_calls(first)) > 1
    assert find_prunable(env, OLD) == []


@pytest.mark.slow
def test_runs_that_are_not_done_stay(env: Environment, account: Account) -> None:
    """With rows in doubt, and open ones."""
    crm = crm_of(env, account)
    crm.faults, crm.read_faults = [after(LOST)] * 40, [BLIND] * 4000
    doubtful = send(files(3), account, env)
    assert doubtful.summary.counts[Status.UNCERTAIN]
    crm.faults.clear()
    crm.read_faults.clear()
    send(write(50, 2), account, env)
    send(write(60, 2), account, env)
    assert doubtful.summary.run_id not in prune_all(env)


@pytest.mark.slow
def test_rows_sent_again_on_purpose_stay_known_as_that(env: Environment, account: Account) -> None:
    """The same command must not send them a third time; a folder that cannot be read stays as well."""
    crm = crm_of(env, account)
    send(files(3), account, env)
    again = replace(files(3), again="the first ones were deleted")
    send(again, account, env)
    unreadable = send(write(70, 2), account, env).summary.run_id
    (env.home / "runs" / unreadable / "plan.json").write_text("{", "utf-8")
    send(write(80, 2), account, env)
    removed = prune_all(env)
    assert len(removed) == 1
    assert unreadable not in removed
    send(again, account, env)
    assert [crm.notes()[f"visit {number}"] for number in range(3)] == [2, 2, 2]


@pytest.mark.slow
def test_a_pruning_that_is_cut_short_goes_on(
    env: Environment, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan goes first, so its file is planned anew and recognised; the next pruning removes the rest."""
    crm = crm_of(env, account)
    first = send(files(5), account, env).summary.run_id
    send(write(30, 5), account, env)
    with monkeypatch.context() as broken:
        broken.setattr(retention.shutil, "rmtree", _fail)
        with pytest.raises(LedgerError, match="cannot be removed"):
            prune_all(env)
    sent = crm.notes()
    assert (env.home / "runs" / first).is_dir()
    send(files(5), account, env)
    assert crm.notes() == sent
    assert first in prune_all(env)
    assert not (env.home / "runs" / first).exists()


def _fail(path: Path) -> None:
    raise OSError(5, "Input/output error")


@pytest.mark.slow
def test_folders_that_are_not_ours_are_never_removed(env: Environment, account: Account, tmp_path: Path) -> None:
    """A run of another home, and a link in place of the folder."""
    linked = send(files(3), account, env).summary.run_id
    send(write(30, 2), account, env)
    folder, elsewhere = env.home / "runs" / linked, tmp_path / "elsewhere"
    shutil.move(folder, elsewhere)
    folder.symlink_to(elsewhere)
    assert prune_all(env) == []
    assert (elsewhere / "plan.json").exists()
    assert find_prunable(replace(env, home=env.home), OLD, account="other") == []


@pytest.mark.slow
def test_an_account_that_is_being_sent_to_is_left(env: Environment, account: Account) -> None:
    """The import has the lock; pruning comes back another day."""
    send(files(3), account, env)
    send(write(30, 2), account, env)
    env.clock.sleep(91 * 86_400)
    found = find_prunable(env, OLD)
    with open_ledger_of(env) as ledger, ledger.sender("test"):
        ended = prune(found, env, OLD)
    assert ([each.run.id for each in ended.busy], ended.removed) == ([found[0].run.id], [])


@pytest.mark.slow
def test_the_ledger_is_compacted_when_it_is_worth_it(
    env: Environment, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while somebody reads it, not without room for the copy; nothing is lost by it."""
    send(files(200), account, env)
    with open_ledger_of(env) as ledger:
        before = ledger.counts(ledger.runs()[0].id)
        assert ledger.compact() == 0, "nothing is unused"
        monkeypatch.setattr(sqlite_file, "_WORTH_A_COPY", 1_000_000)
        with writing(ledger) as connection:
            connection.exec_driver_sql("CREATE TABLE waste AS SELECT randomblob(200000)")
            connection.exec_driver_sql("DROP TABLE waste")
        monkeypatch.setattr(sqlite_file.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1, 1, 0))  # type: ignore[attr-defined]
        assert ledger.compact() == 0
        monkeypatch.undo()
        monkeypatch.setattr(sqlite_file, "_WORTH_A_COPY", 1_000_000)
        monkeypatch.setattr(sqlite_file, "_PRAGMAS", ())
        other = sqlite_file.connect(env.home / "ledger.db")
        other.execute("BEGIN IMMEDIATE")
        ledger.storage.engine.raw_connection().driver_connection.execute("PRAGMA busy_timeout=10")  # type: ignore[attr-defined,union-attr]
        assert ledger.compact() == 0
        other.close()
        ledger.storage.engine.raw_connection().driver_connection.execute("PRAGMA query_only=1")  # type: ignore[attr-defined,union-attr]
        with pytest.raises(LedgerError):
            ledger.compact()
        ledger.storage.engine.raw_connection().driver_connection.execute("PRAGMA query_only=0")  # type: ignore[attr-defined,union-attr]
        assert ledger.compact() > 100_000
        assert ledger.counts(ledger.runs()[0].id) == before


@pytest.mark.parametrize(("text", "days"), [("90d", 90), (" 2W ", 14), ("6m", 180), ("1y", 365)])
def test_ages(text: str, days: int) -> None:
    """Days, weeks, months, years."""
    assert parse_age(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "0d", "90", "d", "-3d", "1.5y", "99999999d"])
def test_no_ages(text: str) -> None:
    """Told with examples; above all, nothing is removed."""
    with pytest.raises(UsageError, match="no age"):
        parse_age(text)


@pytest.mark.slow
def test_a_row_kept_for_a_person_is_not_one_of_those(env: Environment, account: Account) -> None:
    """The ledger itself refuses to forget what is not settled, whoever asks."""
    report = send(files(2), account, env)
    with open_ledger_of(env) as ledger:
        ledger.reopen_run(report.summary.run_id)
        with pytest.raises(LedgerError, match="not pruned"):
            ledger.prune_run(report.summary.run_id, "9999")
        assert isinstance(next(iter(ledger.outcomes(report.summary.run_id))), Outcome)
