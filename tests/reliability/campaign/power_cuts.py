"""Power cuts: the command dies at a system call, and with it goes all that the disk was not told to keep.

Ledger and reports lie on an ext4 file system of their own, in a file. Its own test switch shuts it down without writing
its log, as a power cut does: what was not synced is gone. It tears no sectors, and it is not a disk that lies.
"""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from importer.core.failpoints import CRASH_POINTS
from tests.reliability.campaign.crashes import Scene, end_at, rows_of, scenes
from tests.reliability.campaign.model import Part, Result
from tests.reliability.campaign.planted import Bug, check, plant
from tests.reliability.campaign.sweeps import MOST, traced
from tests.reliability.campaign.sweeps import why_not as why_no_sweep
from tests.support.commands import Ended
from tests.support.trial import KINDS, Trial, results

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN
_WITHOUT_LOG = 2
_CALLS = ("fdatasync", "fsync", "pwrite64", "write", "unlink", "rename", "link", "sendto", "recvfrom", "close")
_STAGES = ("fresh", "restart")
_PLAIN = [point for point in CRASH_POINTS if all(scene == Scene(passages=scene.passages) for scene in scenes(point))]
"""The crash points that a plain run comes to."""


class Disk:
    """An ext4 file system in a file, mounted at :attr:`place` while its ``with`` lasts. Needs root."""

    def __init__(self, folder: Path) -> None:
        self._image = folder / "disk.img"
        self.place = folder / "disk"

    def __enter__(self) -> Disk:
        self.place.mkdir()
        with self._image.open("wb") as file:
            file.truncate(128 * 1024 * 1024)
        _system("mkfs.ext4", "-q", "-F", "-m", "0", str(self._image))
        self._mount()
        return self

    def __exit__(self, *_: object) -> None:
        self._unmount()

    def _mount(self) -> None:
        # A long interval, so that the file system saves nothing by itself shortly before a cut.
        _system("mount", "-o", "loop,commit=600", str(self._image), str(self.place))

    def _unmount(self) -> None:
        for _ in range(200):
            if subprocess.run(["umount", str(self.place)], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.02)
        raise AssertionError(f"{self.place} stays in use")

    def keep(self) -> None:
        """Let the disk keep what it holds now."""
        _system("sync", "--file-system", str(self.place))

    def cut(self) -> None:
        """Cut the power, and switch it on again: what was not synced is gone."""
        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _WITHOUT_LOG))
        finally:
            os.close(descriptor)
        self._unmount()
        self._mount()


def _system(*command: str) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise OSError(f"{command[0]}: {ended.stderr.strip()}")


@functools.cache
def why_not() -> str:
    """Why this machine cannot cut the power of a disk; empty when it can."""
    if os.geteuid() != 0:
        return "mounting a file as a disk needs root"
    missing = [name for name in ("mkfs.ext4", "mount", "umount") if shutil.which(name) is None]
    if missing:
        return f"{missing[0]} is not installed"
    with tempfile.TemporaryDirectory() as folder:
        try:
            with Disk(Path(folder)) as disk:
                (disk.place / "unsynced").write_text("gone", "utf-8")
                disk.cut()
                if (disk.place / "unsynced").exists():
                    return "its ext4 keeps what was not synced"
        except OSError as error:
            return f"it cannot mount and shut down a disk in a file ({error})"
    return why_no_sweep()


def cases(random: Random) -> Iterable[str]:
    """A cut at every K-th system call of a kind, and at crash points, in an order of the seed in which no call crowds out another."""
    groups = [
        [f"{stage}/{call}@{number}" for number in range(1, MOST[stage][call] + 1)]
        for stage in _STAGES
        for call in _CALLS
    ]
    groups.append([f"point/{point}@{passage}" for point in _PLAIN for passage in scenes(point)[0].passages])
    for group in groups:
        random.shuffle(group)
    while groups:
        random.shuffle(groups)
        for group in groups:
            yield f"{random.choice(list(KINDS))}/{group.pop()}"
        groups = [group for group in groups if group]


def run(case: str, folder: Path) -> Result:
    """A power cut at the K-th call, or at each from K to L (``@K-L``); then `importer run` until nothing changes."""
    kind, stage, spot = case.split("/")
    call, _, numbers = spot.partition("@")
    first, _, last = numbers.partition("-")
    total = Result(tried=0)
    for number in range(int(first), int(last or first) + 1):
        place = folder / str(number)
        place.mkdir()
        total = _sum(total, cut_at(place, kind, stage, call, number))
    return total


def cut_at(folder: Path, kind: str, stage: str, call: str, number: int) -> Result:
    """One power cut. A command that has ended before loses its power, too: what it has said must be on the disk."""
    with Disk(folder) as disk, Trial(folder, KINDS[kind], rows_of(kind)) as trial:
        trial.environment["IMPORTER_HOME"] = str(disk.place / "home")
        (disk.place / "results").mkdir()
        (folder / "results").symlink_to(disk.place / "results")
        disk.keep()
        if stage == "point":
            # One call at a time, so that no later one lets the disk keep what this one wrote.
            trial.environment["LEADSQUARED_CALLS_PER_WINDOW"] = "1"
            ended = end_at(trial, call, number)
        else:
            ended = traced(trial, stage, f"inject={call}:signal=KILL:when={number}")
        disk.cut()
        said = _kept_its_word(trial, ended)
        result = Result.of(trial.verdict(trial.finish()), trial.rows)
    return replace(result, wrong=(*result.wrong, *said))


def _kept_its_word(trial: Trial, ended: Ended) -> tuple[str, ...]:
    """What a command that ended well before the cut had said, and the disk no longer holds."""
    if ended.status not in (0, 3):
        return ()
    try:
        rows = len(results(trial.folder / ended.json["results"]))
    except Exception as error:  # whatever is wrong with a workbook that was cut short
        return (f"the workbook of a command that had ended is lost: {error}",)
    return () if rows == trial.rows else (f"the workbook of a command that had ended has {rows} rows",)


def _sum(one: Result, other: Result) -> Result:
    return Result(
        one.tried + other.tried,
        one.lost + other.lost,
        one.doubled + other.doubled,
        one.uncertain + other.uncertain,
        one.rows + other.rows,
        one.wrong + other.wrong,
    )


@dataclass(frozen=True)
class Weakened:
    """A program that is told to sync less. ``changes`` are file, text and new text; ``noticed`` means: by the program."""

    words: str
    changes: tuple[tuple[str, str, str], ...]
    noticed: bool = False


_UNREAD = (
    "ledger/integrity/rollback_witness.py",
    "    try:\n        text = (home",
    "    return None\n    try:\n        text = (home",
)
_BLIND = (
    "ledger/integrity/file_guard.py",
    "            write_witness(home, WitnessRecord(self.uuid, number))\n",
    "            pass\n",
)
_EXTRA = '("synchronous", "EXTRA", 3)'
_FULL = ("ledger/sqlite_file.py", _EXTRA, '("synchronous", "FULL", 2)')
_OFF = ("ledger/sqlite_file.py", _EXTRA, '("synchronous", "OFF", 0)')
_NORMAL = ("ledger/sqlite_file.py", _EXTRA, '("synchronous", "NORMAL", 1)')
_WAL = ("ledger/sqlite_file.py", '("journal_mode", "DELETE", "delete")', '("journal_mode", "WAL", "wal")')

_CARELESS = ("delivery/reconciliation/ledger_restore.py", "    if context.plan.facts.again or ", "    if True or ")

WEAKENED = {
    "full": Weakened(
        "the ledger syncs with FULL in place of EXTRA, and the witness learns of no call", (_FULL, _BLIND)
    ),
    "wal": Weakened(
        "the ledger is kept with WAL and NORMAL, and nothing looks twice", (_WAL, _NORMAL, _UNREAD, _CARELESS)
    ),
    "off": Weakened("the ledger never syncs, and nothing looks twice", (_OFF, _UNREAD, _CARELESS)),
    "off-witnessed": Weakened("the ledger never syncs: the witness notices what is lost", (_OFF,), noticed=True),
    "off-met": Weakened(
        "the ledger never syncs, nobody reads the witness: a new ledger finds its rows in the CRM",
        (_OFF, _UNREAD),
        True,
    ),
}
"""Programs in which a power cut must cost something, or the cuts prove nothing."""

_CUTS = "power-cut:bulk/point/answer-on-way@2-3"


def run_weakened(case: str, folder: Path) -> Result:
    """Cut the power of a weakened copy of the program. It must double rows, or notice by itself."""
    weak = WEAKENED[case]
    copy = plant(Bug(weak.words, *weak.changes[0], ()), folder)
    for path, old, new in weak.changes[1:]:
        place = copy / "importer" / path
        text = place.read_text("utf-8")
        assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
        place.write_text(text.replace(old, new), "utf-8")
    found = check(copy, _CUTS)
    as_expected = found.is_caught and ("doubled" in found.words) is not weak.noticed
    wrong = () if as_expected else (f"{_CUTS} reported {found.words} of: {weak.words}",)
    return Result(wrong=wrong, note=f"| {case}: {weak.words} | `{_CUTS}` | {found.words} |")


PARTS = (
    Part(
        "power-cut",
        "power cut at the K-th system call or at a crash point, on a disk that keeps only what was synced",
        "cuts",
        cases,
        run,
        weight=4,
        why_not=why_not,
    ),
    Part(
        "planted-power",
        "weakened programs",
        "programs",
        lambda random: WEAKENED,
        run_weakened,
        why_not=why_not,
        whole=True,
    ),
)
