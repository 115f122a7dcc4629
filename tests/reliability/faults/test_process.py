"""The process is stopped, killed, doubled, starved, or started as somebody else: nothing is lost, nothing is doubled."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.reliability.faults.runs import all_delivered_once
from tests.support.commands import Running
from tests.support.interference import As, ClockShift, Hold, Limited, Raises, Umask
from tests.support.key_search import KEYS_OF_THE_TEST
from tests.support.trial import CANARY, KINDS, Trial

RECORD = "importer.ledger.ledger:Ledger.record"
"""First a call begins, then it ends and others begin, then these end."""
SEND = "importer.leadsquared.client:LeadSquaredClient.send"
RUN = ("run", "rows.csv", "-m", "rows.yaml", "--yes")
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


class PanicError(BaseException):
    """What a library written in another language raises when it gives up."""


def held(
    trial: Trial, place: str, nth: int = 1, *, after: bool = False, arguments: Sequence[str] = RUN
) -> tuple[Running, Hold]:
    """A run that waits at a place."""
    hold = Hold(str(trial.folder), place, nth, after)
    trial.before = hold
    running = trial.start(*arguments)
    hold.await_held(running)
    trial.before = None
    return running, hold


def python(trial: Trial, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A shell command line, with the real program as `importer`."""
    line = command.replace("importer ", f"{sys.executable} -m importer ")
    settings = {name: text for name, text in trial.environment.items() if name not in ("LC_ALL", "LANG")}
    return subprocess.run(
        ["bash", "-c", line], cwd=trial.folder, env={**settings, **environment}, capture_output=True, text=True, timeout=120
    )  # fmt: skip


@pytest.mark.parametrize("place", ["reading", "planned", "before a call", "after an answer", "writing reports"])
def test_p1_sigkill_in_each_state(trial: Trial, place: str) -> None:
    """Killed while reading, sending, noting or reporting: the next start finishes the job."""
    where = {
        "reading": ("importer.planning.plan_writer:PlanWriter.add", 1),
        "planned": ("importer.app.preflight:clear_account", 1),
        "before a call": (RECORD, 2),
        "after an answer": (RECORD, 3),
        "writing reports": ("importer.core.filesystem:publish", 1),
    }
    if place == "planned":
        where["planned"] = ("importer.leadsquared.reader:CrmReader.read_api_user", 1)
    running, _ = held(trial, *where[place])
    running.kill()
    running.process.join()
    assert all_delivered_once(trial)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("place", ["reading", "before a call", "in flight", "after an answer"])
def test_p2_a_signal_stops_politely(tmp_path: Path, place: str, number: signal.Signals) -> None:
    """Whatever is going on: what is in flight is finished and noted, the exit status is 4, and nothing is in doubt."""
    where = {
        "reading": ("importer.planning.plan_writer:PlanWriter.add", 1),
        "before a call": (RECORD, 2),
        "in flight": (SEND, 3),
        "after an answer": (RECORD, 3),
    }[place]
    # One call leaves after the other, so that some are left wherever the signal comes.
    with Trial(tmp_path, KINDS["bulk"], 80) as trial:
        trial.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
        running, hold = held(trial, *where)
        os.kill(running.pid, number)
        hold.release()
        ended = running.wait()
        assert ended.status == 4, ended.err
        assert "Stopp" in ended.out + ended.err
        assert "uncertain" not in ended.out
        assert all_delivered_once(trial)


def test_p2_stopping_while_reading_sends_nothing_and_keeps_nothing(trial: Trial) -> None:
    """The plan of a run that never began is removed, and the message says that nothing was sent."""
    running, hold = held(trial, "importer.planning.plan_writer:PlanWriter.add")
    os.kill(running.pid, signal.SIGTERM)
    hold.release()
    ended = running.wait()
    assert "Nothing was sent" in ended.err
    assert trial.writes == []
    assert not list((trial.folder / "home" / "runs").iterdir())


def test_p2_a_second_signal_stops_at_once(trial: Trial) -> None:
    """Pressing Ctrl-C twice ends the process in the middle of a call; its rows are read back next time."""
    running, _ = held(trial, SEND, 3)
    os.kill(running.pid, signal.SIGINT)
    deadline = time.monotonic() + 60
    while "Stopping" not in running._err.read_text("utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(running.pid, signal.SIGINT)
    assert running.wait().status == 128 + signal.SIGINT
    assert all_delivered_once(trial)


def test_p3_ctrl_c_during_the_settle_time(trial: Trial) -> None:
    """The wait ends at once, the rows stay in doubt, and the next run looks again."""
    trial.sandbox.faults.order("drop-after", skip=1, on="bulk")
    running, hold = held(trial, "importer.delivery.context:DeliveryContext.wait")
    trial.environment["LEADSQUARED_SETTLE_SECONDS"] = "3000"
    os.kill(running.pid, signal.SIGINT)
    hold.release()
    ended = running.wait(60)
    trial.environment["LEADSQUARED_SETTLE_SECONDS"] = "0.1"
    assert ended.status == 4
    assert "uncertain" in ended.out
    assert all_delivered_once(trial)


def test_p4_stopped_for_long_and_continued(trial: Trial) -> None:
    """A process that is frozen in the middle of a call keeps its lock; when it goes on, nothing is doubled."""
    trial.sandbox.change(latency=0.3)
    running = trial.start(*RUN)
    while len(trial.sandbox.tenant.activities) < 1:
        time.sleep(0.005)
    os.kill(running.pid, signal.SIGSTOP)
    (trial.folder / "other.csv").write_text("Lead,Note\n" + trial.kind.cells(0) + "!\n", "utf-8")
    second = trial.command("run", "other.csv", "-m", "rows.yaml", "--yes")
    assert second.status == 75, second.err
    while any(entry["verdict"] == "in progress" for entry in trial.sandbox.log):
        time.sleep(0.005)
    trial.sandbox._server.cut_connections()
    os.kill(running.pid, signal.SIGCONT)
    assert running.wait().status == 0
    assert all_delivered_once(trial)


@pytest.mark.parametrize("after", [6, 10, 14, 18, 22])
def test_p5_suspended_while_settling(trial: Trial, after: int) -> None:
    """The wall clock runs on while the machine sleeps and the monotonic one does not: it only waits longer.

    Before, around or after the call whose answer is lost, at whichever look at the clock.
    """
    trial.sandbox.faults.order("drop-after", skip=1, on="bulk")
    trial.before = ClockShift(8 * 3600, after=after)
    verdict = trial.verdict(trial.finish())
    assert (verdict.kept, verdict.uncertain) == (True, 0), verdict


def test_p6_not_enough_memory_for_the_file(trial: Trial) -> None:
    """A file that does not fit into memory is an error in words; nothing is sent."""
    trial.before = Raises("importer.validation.validator:Validator.check", MemoryError())
    ended = trial.run()
    assert ended.status == 1
    assert "memory" in ended.json["message"]
    assert "Traceback" not in ended.err
    assert trial.writes == []
    assert all_delivered_once(trial)


def test_p6_a_memory_limit_of_the_machine(trial: Trial) -> None:
    """With a real limit on memory the process ends with a failure, and the next one sends each row once."""
    line = "x" * 2_000
    rows = "\n".join(f"{trial.kind.cells(n)},{line}" for n in range(20_000))
    (trial.folder / "large.csv").write_text(f"Lead,Note,More\n{rows}\n", "utf-8")
    trial.before = Limited("RLIMIT_AS", 24 << 20, more=True)
    ended = trial.command("run", "large.csv", "-m", "rows.yaml", "--yes")
    assert ended.status not in (0, 3), ended
    assert trial.sandbox.tenant.activities == {}
    assert all_delivered_once(trial)


@pytest.mark.parametrize(
    "error",
    [RuntimeError("surprise"), MemoryError(), RecursionError("too deep"), PanicError("panic"), OSError(24, "x")],
)
@pytest.mark.parametrize(
    ("place", "nth"), [(SEND, 5), ("importer.delivery.outcomes:classify", 2), (RECORD, 2), (RECORD, 3)]
)
def test_p8_any_exception_between_sending_and_noting(trial: Trial, place: str, nth: int, error: BaseException) -> None:
    """The run fails, no key is shown, the call stays unfinished in the ledger, and its rows are read back next time."""
    trial.before = Raises(place, error, nth, after=place == SEND)
    ended = trial.command(*RUN)
    assert ended.status != 0
    assert CANARY not in ended.out + ended.err
    assert all_delivered_once(trial)


@pytest.mark.parametrize("copies", [2, 3, 5, 8])
def test_p9_started_several_times_at_once(trial: Trial, copies: int) -> None:
    """A double click, or more: each row arrives once; a copy either works, finds the work done, or ends with 75."""
    started = [trial.start(*RUN, "--json") for _ in range(copies)]
    ended = [running.wait() for running in started]
    assert {one.status for one in ended} <= {0, 75}, ended
    assert sum(one.status == 0 for one in ended) >= 1
    assert all_delivered_once(trial)
    assert len(list((trial.folder / "home" / "runs").iterdir())) == 1


def test_p10_the_lock_file_is_removed_during_the_run(trial: Trial) -> None:
    """Another import could start now, so this one stops; the next one finishes."""
    running, hold = held(trial, RECORD, 2)
    (lock,) = (trial.folder / "home" / "locks").iterdir()
    lock.unlink()
    hold.release()
    ended = running.wait()
    assert ended.status == 4
    assert "lock file" in ended.out + ended.err
    assert all_delivered_once(trial)


def test_p10_the_ledger_is_removed_during_the_run(trial: Trial) -> None:
    """Without its memory the run stops before the next call; put back, the next run finishes."""
    running, hold = held(trial, RECORD, after=True)
    home = trial.folder / "home"
    (home / "ledger.db").rename(home / "moved.db")
    hold.release()
    ended = running.wait()
    assert ended.status == 1
    assert "Put it back from where it was moved to" in ended.out
    (home / "ledger.db").unlink(missing_ok=True)
    (home / "moved.db").rename(home / "ledger.db")
    assert all_delivered_once(trial)


def test_p12_the_next_night_begins_before_the_last_has_ended(trial: Trial) -> None:
    """A run that takes more than a day keeps the next one out, which leaves nothing behind."""
    running, hold = held(trial, RECORD, 2)
    (trial.folder / "next.csv").write_text("Lead,Note\n" + trial.kind.cells(40) + "\n", "utf-8")
    second = trial.command("run", "next.csv", "-m", "rows.yaml", "--yes", "--json")
    assert (second.status, second.json["exit_status"]) == (75, 75)
    assert f"process {running.pid}" in second.json["message"]
    assert len(list((trial.folder / "home" / "runs").iterdir())) == 1
    hold.release()
    assert running.wait().status == 0
    assert all_delivered_once(trial)


def test_p12_another_name_of_the_tenant_waits(trial: Trial) -> None:
    """Two imports to one tenant would not see each other's rows, whatever its accounts are called."""
    running, hold = held(trial, RECORD, 2)
    keys = trial.folder / KEYS_OF_THE_TEST
    keys.mkdir()
    for name, more in (("access_key", ""), ("secret_key", "-secret"), ("api_key", "-api")):
        (keys / name).write_text(CANARY + more)
        (keys / name).chmod(0o600)
    (trial.folder / "accounts.yaml").write_text(
        f"second:\n  host: {trial.sandbox.host}\n  settle_seconds: 0.1\n  window_seconds: 0.1\n"
        + "".join(f"  {name}: {{file: {keys / name}}}\n" for name in ("access_key", "secret_key", "api_key")),
        "utf-8",
    )
    (trial.folder / "other.csv").write_text("Lead,Note\n" + trial.kind.cells(0) + " again\n", "utf-8")
    beside = trial.command("run", "other.csv", "-m", "rows.yaml", "--yes", "--account", "second")
    assert (beside.status, f"process {running.pid}" in beside.err) == (75, True), beside.err
    hold.release()
    assert running.wait().status == 0
    assert all_delivered_once(trial)


@pytest.mark.parametrize(("change", "words"), [(1, "newer version of importer"), (-2, "unknown format")])
def test_p13_a_ledger_of_another_version(trial: Trial, change: int, words: str) -> None:
    """A ledger that this version does not know is refused and left as it is; nothing is sent."""
    assert trial.run().status == 0
    calls = len(trial.sandbox.log)
    path = trial.folder / "home" / "ledger.db"
    with sqlite3.connect(path) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version + change}")
    connection.close()
    ended = trial.run()
    assert ended.status == 1
    assert words in ended.json["message"]
    assert len(trial.sandbox.log) == calls


def test_p14_standard_output_is_closed_by_its_reader(trial: Trial) -> None:
    """`| head -1` and `2>&1 | head -1` take nothing from an import."""
    ended = python(trial, "importer run rows.csv -m rows.yaml --yes -vv 2>&1 | head -1; exit ${PIPESTATUS[0]}")
    assert ended.returncode == 0, ended
    assert "Traceback" not in ended.stdout + ended.stderr
    ended = python(trial, "importer run rows.csv -m rows.yaml --yes --json | true; exit ${PIPESTATUS[0]}")
    assert ended.returncode == 0, ended
    assert all_delivered_once(trial)


def test_p14_no_streams_and_an_old_character_set(trial: Trial) -> None:
    """Without any open stream, and with LANG=C and ASCII output, each row arrives once."""
    (trial.folder / "räksmörgås.csv").write_text((trial.folder / "rows.csv").read_text("utf-8"), "utf-8")
    ended = python(
        trial,
        "importer run räksmörgås.csv -m rows.yaml --yes",
        LANG="C",
        LC_ALL="C",
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )
    assert ended.returncode == 0, ended
    assert "30 of 30 rows are in LeadSquared" in ended.stdout
    assert ended.stdout.isascii()
    ended = python(trial, "importer run rows.csv -m rows.yaml --yes <&- >&- 2>&-")
    assert ended.returncode == 0
    assert len(trial.sandbox.state()["activities"]) == 30
    assert all_delivered_once(trial)


def test_p14_the_answer_goes_to_a_full_disk(trial: Trial) -> None:
    """An answer that cannot be written is a failure in words, not a success."""
    ended = python(trial, "importer run rows.csv -m rows.yaml --yes --json > /dev/full")
    assert ended.returncode == 1
    assert "cannot be printed" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert all_delivered_once(trial)


def test_p15_the_tiny_environment_of_cron(trial: Trial) -> None:
    """Without HOME, PATH, LANG and a terminal the ledger has its place and the import works."""
    names = [name for name in trial.environment if name.startswith("LEADSQUARED_")]
    settings = " ".join(f"{name}='{trial.environment[name]}'" for name in names)
    data = trial.folder / "data"
    ended = python(trial, f"env -i XDG_DATA_HOME={data} {settings} importer run rows.csv -m rows.yaml --yes --json")
    assert ended.returncode == 0, ended
    assert (data / "importer" / "ledger.db").is_file()
    assert len(trial.sandbox.state()["activities"]) == 30


@pytest.mark.parametrize("mask", [0o000, 0o077, 0o777])
def test_p16_files_are_private_whatever_the_umask(trial: Trial, mask: int) -> None:
    """Nobody else may read ledger, plan, reports or marks."""
    trial.before = Umask(mask)
    assert trial.run().status == 0
    for path in [trial.folder / "home", *(trial.folder / "home").rglob("*"), *(trial.folder / "results").iterdir()]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600, path
    assert all_delivered_once(trial)


@NEEDS_ROOT
def test_p17_the_ledger_of_another_user(trial: Trial) -> None:
    """Neither root nor anybody else works with a ledger that is not theirs; the owner still can."""
    assert trial.run().status == 0
    home = trial.folder / "home"
    for path in [home, *home.rglob("*")]:
        os.chown(path, 65534, 65534)
    calls = len(trial.sandbox.log)
    ended = trial.run()
    assert ended.status == 1
    assert "belongs to another user" in ended.json["message"]
    assert len(trial.sandbox.log) == calls


@NEEDS_ROOT
def test_p17_a_user_who_may_not_enter(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Somebody who may not write the folder is told so, with the way out."""
    assert trial.run().status == 0
    for folder in (trial.folder, *trial.folder.parents[:3]):
        if folder != Path(tempfile.gettempdir()):
            folder.chmod(0o755)
    for path in trial.folder.glob("command-*"):
        path.chmod(0o666)
    trial.before = As(65534)
    ended = trial.command(*RUN)
    assert ended.status == 2, ended
    assert "IMPORTER_HOME" in ended.err


def test_the_places_of_these_tests_exist() -> None:
    """The places at which these tests hold the program are there: a renamed function must not make them pass."""
    import importlib

    for place in (
        RECORD,
        SEND,
        "importer.delivery.context:DeliveryContext.wait",
        "importer.core.filesystem:publish",
    ):
        module, _, path = place.partition(":")
        found: object = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
        assert callable(found)
