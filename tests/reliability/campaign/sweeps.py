"""Kill a command at its K-th system call of a kind, or let that call fail, for one K after the other.

No line of the program is chosen here: every system call that it, SQLite or Python makes is a place to die. `strace` is
attached to the command while it stands at a crash point; K counts from there, in each thread by itself.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

from importer.core.failpoints import VARIABLE
from tests.reliability.campaign.crashes import RUN, rows_of
from tests.reliability.campaign.model import Part, Result
from tests.reliability.campaign.wire import kill_and_wait
from tests.support.commands import Ended, Running
from tests.support.trial import KINDS, Trial

STAGES: Mapping[str, tuple[str, str]] = {
    "fresh": ("", "tables-uncommitted:stop"),
    "restart": ("call-witnessed:kill:2", "run-committed:stop"),
    "roll-back": ("", "journal-hot:stop"),
}
"""The beginnings of a sweep, by name: how an earlier run dies, and where this one waits for strace."""

MOST: Mapping[str, Mapping[str, int]] = {
    "fresh": {
        "fdatasync": 75,
        "fsync": 21,
        "pwrite64": 470,
        "write": 137,
        "unlink": 34,
        "rename": 9,
        "link": 2,
        "openat": 366,
        "close": 322,
        "flock": 90,
        "fcntl": 277,
        "connect": 1,
        "sendto": 10,
        "recvfrom": 5,
    },
    "restart": {
        "fdatasync": 55,
        "fsync": 10,
        "pwrite64": 322,
        "write": 59,
        "unlink": 29,
        "rename": 4,
        "link": 2,
        "openat": 122,
        "close": 132,
        "flock": 60,
        "fcntl": 387,
        "connect": 1,
        "sendto": 10,
        "recvfrom": 4,
    },
    "roll-back": {"fdatasync": 4, "pwrite64": 16, "unlink": 2, "fcntl": 24, "openat": 4, "close": 4},
}
"""Up to which K it is worth while: how often a thread does such a call, at most, as :func:`calls_of` counts."""

ERRORS: Mapping[str, tuple[str, ...]] = {
    "fdatasync": ("EIO", "ENOSPC"),
    "fsync": ("EIO", "ENOSPC"),
    "pwrite64": ("EIO", "ENOSPC"),
    "write": ("EIO", "ENOSPC", "EPIPE"),
    "unlink": ("EIO", "EACCES"),
    "rename": ("EIO", "EXDEV"),
    "link": ("EIO", "EPERM"),
    "openat": ("EMFILE", "ENOSPC"),
    "close": ("EIO",),
    "flock": ("EIO", "ENOLCK"),
    "fcntl": ("EIO",),
    "connect": ("ECONNREFUSED", "ETIMEDOUT"),
    "sendto": ("ECONNRESET", "EPIPE"),
    "recvfrom": ("ECONNRESET", "ETIMEDOUT"),
}
"""With which errors a system call of a kind may fail."""


def begin(trial: Trial, stage: str) -> Running:
    """Start a command that stops where the sweep begins."""
    first, stop = STAGES[stage]
    if stage == "roll-back":
        cut_short_in_a_commit(trial)
    elif first:
        assert trial.command(*RUN, **{VARIABLE: first}).status == -9
    running = trial.start(*RUN, **{VARIABLE: stop})
    while (state := _state(running.pid)) != "T":
        assert state != "Z", f"it ended before {stop}: {running.wait()}"
        time.sleep(0.005)
    return running


def cut_short_in_a_commit(trial: Trial) -> None:
    """Let a run die while SQLite writes a call into the ledger's file, so that its journal is hot."""
    running = trial.start(*RUN, **{VARIABLE: "call-uncommitted:stop:2"})
    while _state(running.pid) != "T":
        time.sleep(0.005)
    # Of a commit the first half writes the journal; then pages go into the file, one after the other.
    _traced(running, "inject=pwrite64:signal=KILL:when=6")
    assert running.wait().status == -9


def traced(trial: Trial, stage: str, expression: str, log: Path | None = None) -> Ended:
    """Let a command go on under strace with this expression; return its end."""
    running = begin(trial, stage)
    _traced(running, expression, log)
    return running.wait()


def _traced(running: Running, expression: str, log: Path | None = None) -> None:
    call = expression.partition("=")[2].partition(":")[0]
    out = str(log or os.devnull)
    command = ["strace", "-f", "-qq", "-o", out, "-e", f"trace={call}", "-e", expression, "-p", str(running.pid)]
    tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        while not _tracer_of(running.pid):
            assert tracer.poll() is None, tracer.communicate()[1].decode()
            time.sleep(0.005)
        os.kill(running.pid, signal.SIGCONT)
        running.process.join(60)
    finally:
        if running.is_alive():
            kill_and_wait(running.pid)
        tracer.communicate()


def _state(pid: int) -> str:
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    return "Z"


def _tracer_of(pid: int) -> int:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        status = Path(f"/proc/{pid}/status").read_text("utf-8")
        return int(status.partition("TracerPid:")[2].split()[0])
    return 0


def calls_of(kind: str, stage: str, call: str, folder: Path) -> int:
    """How often a thread of an undisturbed command does this system call, at most."""
    log = folder / "strace.log"
    with Trial(folder, KINDS[kind], rows_of(kind)) as trial:
        traced(trial, stage, f"trace={call}", log)
    lines = log.read_text("utf-8", "replace").splitlines()
    return max(Counter(line.split()[0] for line in lines if f" {call}(" in line).values(), default=0)


@functools.cache
def why_not() -> str:
    """Why this machine cannot sweep; empty when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    with subprocess.Popen(["sleep", "10"]) as sleeper:
        command = ["strace", "-qq", "-o", os.devnull, "-p", str(sleeper.pid)]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as tracer:
            while not _tracer_of(sleeper.pid) and tracer.poll() is None:
                time.sleep(0.005)
            allowed = tracer.poll() is None
            sleeper.kill()
    return "" if allowed else "strace may not attach to a process here"


def cases(random: Random) -> Iterable[str]:
    """Every stage, system call, K, and way to fail, in an order of the seed in which no call crowds out another."""
    groups = [
        [f"{stage}/{call}/{action}@{number}" for number in range(1, most + 1)]
        for stage, calls in MOST.items()
        for call, most in calls.items()
        for action in ("KILL", *ERRORS[call])
    ]
    for group in groups:
        random.shuffle(group)
    while groups:
        random.shuffle(groups)
        for group in groups:
            yield f"{random.choice(list(KINDS))}/{group.pop()}"
        groups = [group for group in groups if group]


def run(case: str, folder: Path) -> Result:
    """One system call that never returns, or fails; then `importer run` until nothing changes any more.

    When the command ends without having come so far, nothing was tried.
    """
    kind, stage, call, failure = case.split("/")
    action, _, number = failure.partition("@")
    how = "signal=KILL" if action == "KILL" else f"error={action}"
    log = folder / "strace.log"
    with Trial(folder, KINDS[kind], rows_of(kind)) as trial:
        ended = traced(trial, stage, f"inject={call}:{how}:when={number}", log)
        result = Result.of(trial.verdict(trial.finish()), trial.rows)
    happened = ended.status == -9 if action == "KILL" else "INJECTED" in log.read_text("utf-8", "replace")
    if ended.status < 0 and action != "KILL":
        died = f"an error of {call} ended the command by signal {-ended.status}: {ended.err[-500:]}"
        result = replace(result, wrong=(*result.wrong, died))
    return replace(result, tried=int(happened))


PART = Part(
    "sweep",
    f"killed at, or failing in, the K-th system call of {len(ERRORS)} kinds: fresh, on a restart, and while SQLite rolls back",
    "injections",
    cases,
    run,
    weight=5,
    why_not=why_not,
)
