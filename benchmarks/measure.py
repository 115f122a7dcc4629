"""Runs programs in processes of their own, and tells what they took: time, computing, memory."""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LOOK_EVERY = 0.02
_SHARING_EVERY = 10
"""Looks: to tell apart what is shared, the system goes through all memory of a process."""
_TOLD = 1 << 16
"""Of what a program says the last bytes are kept: the peak of the next one's memory begins with our own."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one run took: seconds of time, seconds of computing of all its processes, and megabytes at the peak.

    The peak is the sum of the peaks of its processes, so it may be higher than what was ever used at once; files that
    several of them have in memory, such as libraries, count once. ``out`` is the end of what it said.
    """

    seconds: float
    computing: float
    megabytes: float
    out: str


def run(command: Sequence[str], folder: Path, allowed: Sequence[int] = (0,)) -> Taken:
    """One run of ``command`` in ``folder``. Raises :class:`RuntimeError` when it ends with another exit status."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        peaks = _Peaks(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        megabytes = peaks.end(usage.ru_maxrss / 1024)
        out.seek(max(0, out.seek(0, os.SEEK_END) - _TOLD))
        err.seek(0)
        if process.returncode not in allowed:
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {err.read().decode()[-2000:]}")
        return Taken(seconds, usage.ru_utime + usage.ru_stime, megabytes, out.read().decode("utf-8", "replace"))


class _Peaks:
    """Watches a process and its children, and remembers the peak of each and what they share."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, float] = {}
        self._shared = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self, own: float) -> float:
        """The sum in megabytes; ``own`` is what the system counted as the peak of the process and all its children.

        For a process without children that is exact. With children it may be that of a child, which would then count
        twice, so what was seen of the process itself goes for it.
        """
        self._ended.set()
        self._thread.join()
        children = sum(peak for pid, peak in self._peaks.items() if pid != self._pid)
        return self._peaks.get(self._pid, own) + children - self._shared if children else own

    def _watch(self) -> None:
        for look in itertools.count():
            if self._ended.wait(_LOOK_EVERY):
                return
            family = self._family(self._pid)
            for pid in family:
                peak = _told(pid, "status", "VmHWM")
                if peak:
                    self._peaks[pid] = peak
            if len(family) > 1 and look % _SHARING_EVERY == 0:
                self._shared = max(self._shared, sum(map(_counted_elsewhere, family)))

    def _family(self, pid: int) -> list[int]:
        found = [pid]
        for place in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                children = place.read_text().split()
            except OSError:
                continue
            for child in children:
                found += self._family(int(child))
        return found


def _told(pid: int, table: str, name: str) -> float:
    """A figure in megabytes of what the system tells of a process; 0 when that is gone or the figure is not told."""
    try:
        lines = Path(f"/proc/{pid}/{table}").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:")), 0.0)


def _counted_elsewhere(pid: int) -> float:
    """How much of the files that a process has in memory is the share of others, in megabytes.

    Files of a folder in memory (tmpfs) are counted as shared memory.
    """
    shares = {kind: _told(pid, "smaps_rollup", f"Pss_{kind}") for kind in ("File", "Shmem")}
    return sum(max(0.0, _told(pid, "status", f"Rss{kind}") - share) for kind, share in shares.items() if share)


def median(runs: Sequence[Taken]) -> Taken:
    """The median of each figure."""
    return Taken(
        statistics.median(one.seconds for one in runs),
        statistics.median(one.computing for one in runs),
        statistics.median(one.megabytes for one in runs),
        runs[-1].out,
    )
