"""Disks that report errors, refuse more, are slow or lose their power (D7 to D10, D18)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.reliability.faults.disks import NEEDS_MOUNT, RECORD, RUN, mounted
from tests.reliability.faults.runs import all_delivered_once
from tests.support.commands import Ended, Running
from tests.support.interference import Hold, Limited
from tests.support.trial import Trial

WITNESS = "importer.ledger.integrity.file_guard:write_witness"
NEEDS_STRACE = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("strace"), reason="faults of system calls need root and strace"
)


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
    assert all_delivered_once(trial)


def test_d8_a_limit_on_the_size_of_files(trial: Trial) -> None:
    """A file-size limit works like a full disk: the run ends in words and the next one finishes."""
    trial.before = Limited("RLIMIT_FSIZE", 40_000)
    ended = trial.run()
    assert ended.status == 1, ended
    assert "Traceback" not in ended.err
    assert trial.sandbox.tenant.activities == {}
    assert all_delivered_once(trial)


@NEEDS_STRACE
def test_d9_the_quota_is_used_up(trial: Trial) -> None:
    """EDQUOT is a full disk, too."""
    ended = with_fault(trial, "pwrite64:error=EDQUOT:when=1+")
    assert ended.status == 1
    assert "Traceback" not in ended.err
    assert all_delivered_once(trial)


@NEEDS_STRACE
def test_d18_a_slow_disk_only_costs_time(trial: Trial) -> None:
    """A disk that takes long to sync changes nothing but the duration."""
    ended = with_fault(trial, "fdatasync:delay_exit=100000")
    assert ended.status == 0, ended
    assert all_delivered_once(trial)


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
        assert all_delivered_once(trial)
