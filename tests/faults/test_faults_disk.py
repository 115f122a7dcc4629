"""Disks that are full, broken, slow, read-only or somewhere else; ledgers deleted, restored, copied or damaged."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commands import Ended, Running
from interference import Answers, Hold, Limited
from trial import KINDS, Trial, results

RECORD = "importer.ledger.store:SqlLedger.record"
"""First a call begins, then it ends and others begin, then these end."""
WITNESS = "importer.ledger.guard:write_witness"
WORKBOOK = "importer.reports.workbook:Book.close"
RUN = ("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")


def _may_mount() -> bool:
    if os.geteuid() != 0 or not shutil.which("mount"):
        return False
    done = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return done.returncode == 0


NEEDS_MOUNT = pytest.mark.skipif(not _may_mount(), reason="mounting needs root and a machine that allows it")
NEEDS_STRACE = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("strace"), reason="faults of system calls need root and strace"
)


@contextmanager
def mounted(point: Path, *arguments: str) -> Iterator[Path]:
    """A file system at ``point`` for the duration of a ``with``."""
    point.mkdir(exist_ok=True)
    subprocess.run(["mount", *arguments, str(point)], check=True, capture_output=True)
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True, capture_output=True)


def small_disk(point: Path, size: str = "64m", more: str = "") -> object:
    """A disk in memory that is soon full."""
    return mounted(point, "-t", "tmpfs", "-o", f"size={size},mode=0700{more}", "tmpfs")


def fill(folder: Path) -> Path:
    """Use up the last byte of the disk; the file that did it."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for block in (1 << 20, 4096, 1):
            with_room = True
            while with_room:
                try:
                    with_room = file.write(b"x" * block) == block
                except OSError:
                    with_room = False
    return filler


def kept(trial: Trial) -> bool:
    """Whether at the end every row is in the CRM once and known to be."""
    trial.before = None
    verdict = trial.verdict(trial.finish())
    assert (verdict.kept, verdict.uncertain) == (True, 0), verdict
    return True


def during(trial: Trial, place: str, nth: int, act: Callable[[Running], None], *, after: bool = False) -> Ended:
    """A run during which something happens at a place."""
    for mark in ("held", "released"):
        (trial.folder / mark).unlink(missing_ok=True)
    hold = Hold(str(trial.folder), place, nth, after)
    trial.before = hold
    running = trial.start(*RUN)
    hold.await_held(running)
    act(running)
    hold.release()
    ended = running.wait()
    trial.before = None
    return ended


# --- the disk is full


@NEEDS_MOUNT
@pytest.mark.parametrize("size", ["16k", "1m", "20m"])
def test_d1_full_before_anything_is_sent(trial: Trial, size: str) -> None:
    """Whether there is room for no ledger, no plan or not enough for the results: nothing is sent, and it says so."""
    with small_disk(trial.folder / "home", size):
        ended = trial.run()
        assert ended.status == 1, ended
        assert any(word in ended.json["message"] for word in ("disk", "space", "room")), ended.out
        assert "Traceback" not in ended.err
        assert trial.sandbox.tenant.activities == {}
    assert kept(trial)


@NEEDS_MOUNT
def test_d1_full_while_the_plan_is_written(trial: Trial) -> None:
    """The plan does not fit: nothing is sent, what was written of it is removed, and the remedy names IMPORTER_HOME."""
    rows = "\n".join(f"{trial.kind.cells(n)} {os.urandom(400).hex()}" for n in range(3000))
    (trial.folder / "long.csv").write_text(f"Lead,Note\n{rows}\n", "utf-8")
    with small_disk(trial.folder / "home", "1m") as home:
        ended = trial.command("run", "long.csv", "-m", "rows.yaml", "--yes", "--json")
        assert ended.status == 1, ended
        assert "plan cannot be written" in ended.json["message"]
        assert "IMPORTER_HOME" in ended.json["message"]
        assert not list((home / "runs").iterdir())
    assert trial.writes == []


@NEEDS_MOUNT
@pytest.mark.parametrize("nth", [1, 2])
def test_d2_full_when_a_call_is_to_be_written_down(trial: Trial, nth: int) -> None:
    """The call does not leave; with room again, the next run goes on."""
    with small_disk(trial.folder / "home") as home:
        ended = during(trial, RECORD, nth, lambda running: _fill(home))
        assert ended.status == 1
        assert "the disk is full" in ended.json["message"]
        assert len(trial.sandbox.tenant.activities) == nth - 1
        (home / "filler").unlink()
        assert kept(trial)


@NEEDS_MOUNT
def test_d3_full_between_sending_and_noting(trial: Trial) -> None:
    """The answer cannot be noted: the run stops, and the next one reads the rows back."""
    with small_disk(trial.folder / "home") as home:
        ended = during(trial, RECORD, 3, lambda running: _fill(home))
        assert ended.status == 1
        assert "the disk is full" in ended.json["message"]
        assert len(trial.sandbox.tenant.activities) > 1
        (home / "filler").unlink()
        assert kept(trial)


@NEEDS_MOUNT
def test_d4_full_while_the_workbook_is_written(trial: Trial) -> None:
    """No half of a workbook under its name: the whole one is kept beside the ledger, and the person is told where."""
    with small_disk(trial.folder / "results") as folder:
        ended = during(trial, WORKBOOK, 1, lambda running: _fill(folder))
        assert [path.name for path in folder.iterdir()] == ["filler"]
        assert ended.status == 1, ended
        assert "cannot be written" in ended.json["message"]
        (kept_at,) = (trial.folder / "home" / "runs").glob("*/results.xlsx")
        assert str(kept_at) in ended.json["message"]
        assert len(results(kept_at)) == 30
        (folder / "filler").unlink()
        assert kept(trial)


@NEEDS_MOUNT
def test_d5_full_everywhere_is_never_called_finished(trial: Trial) -> None:
    """With no room for any report the run ends as a failure, and what was sent is in the ledger."""
    with small_disk(trial.folder / "results") as folder, small_disk(trial.folder / "home") as home:

        def no_room(running: Running) -> None:
            fill(folder)
            fill(home)

        ended = during(trial, WORKBOOK, 1, no_room)
        assert ended.status == 1
        assert ended.json["status"] == "failed"
        assert "importer show" in ended.json["message"]
        (folder / "filler").unlink()
        (home / "filler").unlink()
        assert kept(trial)


@NEEDS_MOUNT
def test_d6_no_inodes_left(trial: Trial) -> None:
    """A disk with room but without a name for another file is as good as full."""
    with small_disk(trial.folder / "home", more=",nr_inodes=4"):
        ended = trial.run()
        assert ended.status == 1, ended
        assert "Traceback" not in ended.err
        assert trial.sandbox.tenant.activities == {}
    assert kept(trial)


# --- the disk reports errors


@contextmanager
def failing(running: Running, fault: str) -> Iterator[None]:
    """System calls of the process fail, from now on."""
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={fault.split(':', maxsplit=1)[0]}", "-e", f"inject={fault}",
         "-p", str(running.pid)],
        stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while "TracerPid:\t0" in Path(f"/proc/{running.pid}/status").read_text("ascii"):
        assert tracer.poll() is None, tracer.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=30)


def with_fault(trial: Trial, fault: str, nth: int = 2) -> Ended:
    """A run in which system calls fail from the second, or ``nth``, writing of calls on."""
    hold = Hold(str(trial.folder), RECORD, nth)
    trial.before = hold
    running = trial.start(*RUN)
    hold.await_held(running)
    with failing(running, fault):
        hold.release()
        ended = running.wait()
    trial.before = None
    return ended


@NEEDS_STRACE
@pytest.mark.parametrize("nth", [2, 3])
@pytest.mark.parametrize(
    "fault",
    ["pwrite64:error=EIO:when=1+", "pwrite64:error=EIO:when=3", "fdatasync:error=EIO:when=1", "fsync:error=EIO:when=1"],
)
def test_d7_the_disk_reports_an_error(trial: Trial, nth: int, fault: str) -> None:
    """An error on writing or syncing ends the run at once; nothing is tried again, and nothing is doubled later."""
    ended = with_fault(trial, fault, nth)
    assert ended.status in (0, 1), ended
    if ended.status:
        assert ended.json["status"] == "failed"
    assert "Traceback" not in ended.err
    assert kept(trial)


def test_d8_a_limit_on_the_size_of_files(trial: Trial) -> None:
    """A file-size limit works like a full disk: the run ends in words and the next one finishes."""
    trial.before = Limited("RLIMIT_FSIZE", 40_000)
    ended = trial.run()
    assert ended.status == 1, ended
    assert "Traceback" not in ended.err
    assert trial.sandbox.tenant.activities == {}
    assert kept(trial)


@NEEDS_STRACE
def test_d9_the_quota_is_used_up(trial: Trial) -> None:
    """EDQUOT is a full disk, too."""
    ended = with_fault(trial, "pwrite64:error=EDQUOT:when=1+")
    assert ended.status == 1
    assert "Traceback" not in ended.err
    assert kept(trial)


@NEEDS_STRACE
def test_d18_a_slow_disk_only_costs_time(trial: Trial) -> None:
    """A disk that takes long to sync changes nothing but the duration."""
    ended = with_fault(trial, "fdatasync:delay_exit=100000")
    assert ended.status == 0, ended
    assert kept(trial)


# --- power cuts


@NEEDS_MOUNT
@pytest.mark.parametrize(
    ("place", "nth", "after"),
    [
        (RECORD, 1, True),
        (RECORD, 2, False),
        (RECORD, 2, True),
        (RECORD, 3, False),
        (RECORD, 3, True),
        (WITNESS, 2, True),
    ],
)
def test_d10_the_power_fails(trial: Trial, place: str, nth: int, after: bool) -> None:
    """Whatever was not synced is gone: the rows in flight are read back, none is lost and none sent twice."""
    import fcntl

    image, home = trial.folder / "disk.img", trial.folder / "home"
    with image.open("wb") as file:
        file.truncate(96 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True, capture_output=True)
    options = ("-o", "loop", str(image))

    def cut(running: Running) -> None:
        running.kill()
        running.process.join()
        folder = os.open(home, os.O_RDONLY)
        # EXT4_IOC_SHUTDOWN without flushing: what the kernel's own tests do for a power cut.
        fcntl.ioctl(folder, 0x8004587D, (2).to_bytes(4, "little"))
        os.close(folder)

    with mounted(home, *options):
        hold = Hold(str(trial.folder), place, nth, after)
        trial.before = hold
        running = trial.start(*RUN)
        hold.await_held(running)
        cut(running)
    with mounted(home, *options):
        assert kept(trial)


# --- the ledger is not what it was


def test_d11_a_damaged_ledger_stops_everything(trial: Trial) -> None:
    """A torn page, a tail of garbage and a ledger of zeros are noticed; nothing is sent with them."""
    assert trial.run().status == 0
    path = trial.folder / "home" / "ledger.db"
    good, calls = path.read_bytes(), len(trial.sandbox.log)
    middle = (len(good) // 2) & ~4095
    for damaged in (good[:middle] + b"\xff" * 4096 + good[middle + 4096 :], bytes(len(good)), good[:100]):
        path.write_bytes(damaged)
        ended = trial.run()
        assert ended.status == 1, ended
        assert "damaged" in ended.json["message"]
        assert "Traceback" not in ended.err
    assert len(trial.sandbox.log) == calls
    path.write_bytes(good)
    assert kept(trial)


def test_d12_the_ledger_is_deleted(trial: Trial) -> None:
    """Deleting the ledger to start clean is noticed by the witness; nothing is sent."""
    assert trial.run().status == 0
    (trial.folder / "home" / "ledger.db").unlink()
    ended = trial.run()
    assert ended.status == 1
    assert "is missing" in ended.json["message"]
    assert len(trial.sandbox.state()["activities"]) == 30


@pytest.mark.parametrize("kind", ["bulk", "bulk-key", "single"])
def test_d12_the_whole_folder_is_deleted(tmp_path: Path, kind: str) -> None:
    """A new ledger looks into the CRM first: rows that are there already are not sent again unless on purpose."""
    with Trial(tmp_path, KINDS[kind]) as trial:
        assert trial.run().status == 0
        shutil.rmtree(trial.folder / "home")
        ended = trial.run()
        assert ended.status == 4
        assert "Was the ledger deleted" in ended.out
        assert len(trial.sandbox.state()["activities"]) == 30
        assert trial.run().status == 4
        again = trial.run("--again", "the course is held twice")
        assert again.status == 0
        assert len(trial.sandbox.state()["activities"]) == 60


def test_d12_a_file_of_new_rows_needs_no_old_ledger(trial: Trial) -> None:
    """A new ledger sends rows that the CRM does not hold, and a lead that cannot be looked at does not stop it."""
    assert trial.run().status == 0
    shutil.rmtree(trial.folder / "home")
    trial.sandbox.faults.order("500-before", on="reads", skip=1)
    rows = "\n".join(trial.kind.cells(n) for n in range(100, 105))
    (trial.folder / "new.csv").write_text(f"Lead,Note\n{rows}\n", "utf-8")
    ended = trial.command("run", "new.csv", "-m", "rows.yaml", "--yes", "--json")
    assert ended.json["counts"]["created"] == 5


def test_d13_the_ledger_comes_from_an_old_backup(trial: Trial) -> None:
    """The witness has seen calls that the ledger does not know: nothing is sent until a person vouches for it."""
    home = trial.folder / "home"
    (trial.folder / "first.csv").write_text("Lead,Note\n" + trial.kind.cells(99) + "\n", "utf-8")
    assert trial.command("run", "first.csv", "-m", "rows.yaml", "--yes").status == 0
    shutil.copy(home / "ledger.db", trial.folder / "backup.db")
    assert trial.run().status == 0
    calls = len(trial.sandbox.log)
    shutil.copy(trial.folder / "backup.db", home / "ledger.db")
    ended = trial.run()
    assert ended.status == 1
    assert "older than it should be" in ended.json["message"]
    assert "IMPORTER_ADOPT_LEDGER" in ended.json["message"]
    assert len(trial.sandbox.log) == calls


def test_d14_the_ledger_is_copied_to_another_machine(trial: Trial) -> None:
    """On a machine with another id the ledger asks to be adopted; then it works there."""
    trial.before = Answers("importer.ledger.store:machine_id", "11111111111111111111111111111111")
    assert trial.run().status == 0
    calls = len(trial.sandbox.log)
    trial.before = Answers("importer.ledger.store:machine_id", "22222222222222222222222222222222")
    ended = trial.run()
    assert ended.status == 1
    assert "another computer" in ended.json["message"]
    assert len(trial.sandbox.log) == calls
    assert trial.run(IMPORTER_ADOPT_LEDGER="yes").status == 0
    assert trial.verdict(trial.run()).kept


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse", "fuse.sshfs", "fuse.s3fs"])
def test_d15_a_network_disk_is_refused(trial: Trial, kind: str) -> None:
    """Where another machine keeps the disk, neither locks nor syncing can be relied on."""
    trial.before = Answers("importer.ledger.sqlite_file:file_system", kind)
    ended = trial.run()
    assert ended.status == 1
    assert f"a network disk ({kind})" in ended.json["message"]
    assert "IMPORTER_HOME" in ended.json["message"]
    assert trial.sandbox.log == []


def test_d16_a_journal_of_another_database(trial: Trial) -> None:
    """A rollback journal that does not belong to the ledger does not change it."""
    assert trial.run().status == 0
    path = trial.folder / "home" / "ledger.db-journal"
    path.write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(504) + b"strange" * 1000)
    assert trial.verdict(trial.run()).kept
    path.write_bytes(b"")
    assert trial.verdict(trial.run()).kept


def test_d17_a_setting_that_does_not_take(trial: Trial) -> None:
    """If SQLite does not accept a setting on which survival depends, nothing is sent."""
    trial.before = _Unsafe()
    ended = trial.run()
    assert ended.status == 1
    assert "cannot be kept safely" in ended.json["message"]
    assert trial.sandbox.log == []


class _Unsafe:
    """A SQLite that knows no level EXTRA."""

    def __call__(self) -> None:
        from importer.ledger import sqlite_file

        sqlite_file._PRAGMAS = (("synchronous", "NORMAL", 3),)


def _fill(folder: Path) -> None:
    fill(folder)
