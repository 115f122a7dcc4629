"""The soak: sixty nights of jobs with overlapping exports, faults and kills, in time of which the idle hours are left out.

``python -m tests.reliability.soak.soak`` runs it and writes its figures; ``--nights``, ``--jobs``, ``--accounts`` and ``--seed``
choose another one, ``--minutes`` ends it earlier. ``--fleet`` measures many accounts on several workers instead.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.reliability.campaign.report import commit_of
from tests.reliability.soak.exports import Export, Row, file_lines, file_marks, make_exports
from tests.reliability.soak.processes import Accounts, Service, preload, write_files
from tests.reliability.soak.shared_clock import SharedClock
from tests.reliability.soak.verification import ReportedStatuses, Verdict, verify

ROOT = Path(__file__).resolve().parents[3]

_IDLE_SECONDS = 2.6
"""So long must nothing move before the clock is put forward; longer than any wait of the program for an answer."""
_BUSY = 0.3
"""Nor may the worker have used more than this share of a core meanwhile."""
_TRY_AGAIN = timedelta(minutes=5, seconds=3)
_MOST_TRIES = 13
_JITTER_SECONDS = 11.0
"""The engine spreads the jobs that are due over ten seconds."""
_KILL, _OFF, _STOP = 0.4, 0.1, 0.1


@dataclass
class Night:
    """What one night took. ``late`` files were left to the next night, after an hour of tries.

    ``starts`` are those of the worker since the beginning.
    """

    number: int
    rows: int = 0
    new: int = 0
    files: int = 0
    late: int = 0
    kills: int = 0
    starts: int = 0
    faults: int = 0
    tries: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    ledger: int = 0
    engine: int = 0
    reports: int = 0


def _size(path: Path) -> int:
    """Bytes of a file; 0 for a journal that is removed at this moment."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@dataclass
class Soak:
    """A soak in a folder; its figures are in ``nights``, its verdict is what :meth:`run` returns."""

    folder: Path
    jobs: int = 20
    accounts: int = 4
    seed: int = 1
    share_of_faults: float = 0.25
    nights: list[Night] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(f"soak {self.seed}")
        self.hours = SharedClock(self.folder / "hours")
        self.crm = Accounts(self.accounts, self.hours)
        self.service = Service(self.folder, self.folder / "hours")
        self.exports = make_exports(self.jobs, self.accounts, self.seed)
        self.reported = ReportedStatuses()
        write_files(self.folder, self.exports, self.crm)
        self._due = self.hours.now().replace(hour=2, minute=40, second=0) + timedelta(days=1)

    def run(self, nights: int, ends_at: float = float("inf")) -> Verdict:
        """So many nights, or until the machine's monotonic clock says ``ends_at``; then every row is delivered again."""
        try:
            # The first start only learns the schedules.
            self.service.start()
            self._until_it_serves()
            for number in range(nights):
                if time.monotonic() >= ends_at:
                    break
                self.nights.append(self._night(number))
                sys.stderr.write(_line(self.nights[-1]))
            self._deliver_everything_again(nights)
            verdict = verify(self.exports, self.crm.states(), self.reported)
            verdict.wrong += self.service.wrong
            verdict.wrong += [f"{path} was not imported" for path in self._waiting()]
            return verdict
        finally:
            self.service.kill()
            self.crm.stop()

    def _night(self, number: int) -> Night:
        night = Night(number)
        for export in self.exports:
            before = len(export.every)
            self._deliver(export, export.next_night(), f"n{number:03}", night)
            night.new += len(export.every) - before
        night.faults = self.crm.order_faults(self.random, self.share_of_faults)
        # Twice in a row the machine is off when the jobs are due: both nights are made up for.
        fate = "off" if number in (6, 7) else self._fate()
        begun, used = time.monotonic(), self.service.cpu_seconds()
        if fate == "off":
            self.service.kill()
        elif fate == "stop":
            self.service.ask_to_stop()
        self._let_it_be_due(restart=fate in ("off", "stop"))
        kills_at = sorted(self.random.uniform(0.1, 5.0) for _ in range(self.random.choice((1, 1, 2))))
        self._watch(night, kills_at if fate == "kill" else [])
        night.seconds, night.cpu = time.monotonic() - begun, self.service.cpu_seconds() - used
        night.late, night.memory = len(self._waiting()), self.service.memory()
        night.starts = self.service.starts
        self._measure(night)
        self.crm.close_night()
        self._read_results()
        return night

    def _read_results(self) -> None:
        """Read the new workbooks; what looks like an earlier row and differs is a new one, in the eyes of its person."""
        for stem in self.reported.read_new(self.folder / "results"):
            self.service.send_changed(f"{stem}.csv")
        self.reported.read_new(self.folder / "results")

    def _fate(self) -> str:
        chance = self.random.random()
        bounds = (("kill", _KILL), ("off", _KILL + _OFF), ("stop", _KILL + _OFF + _STOP))
        return next((fate for fate, bound in bounds if chance < bound), "quiet")

    def _deliver(self, export: Export, rows: list[Row], name: str, night: Night) -> None:
        """Put a file into the inbox of a job, as one should: under another name at first."""
        stem = f"{export.name}-{name}"
        marks = file_marks(rows)
        self.reported.expect(stem, export.name, marks)
        inbox = self.folder / "inbox" / export.name
        (inbox / f"{stem}.part").write_text("\n".join(file_lines(export.sort, rows)) + "\n", "utf-8")
        (inbox / f"{stem}.part").rename(inbox / f"{stem}.csv")
        night.rows += len(marks)
        night.files += 1

    def _let_it_be_due(self, *, restart: bool) -> None:
        self.hours.skip_to(self._due + timedelta(seconds=_JITTER_SECONDS))
        self._due += timedelta(days=1)
        if restart:
            self.service.start()

    def _watch(self, night: Night, kills_at: list[float]) -> None:
        """Until every file has its end, or the tries of an hour are used up; the worker is killed on the way."""
        begun = moved = time.monotonic()
        used, position = 0.0, None
        while True:
            self.service.restart_if_ended()
            now = time.monotonic()
            if kills_at and now - begun >= kills_at[0]:
                kills_at.pop(0)
                self.service.kill()
                self.service.start()
                night.kills += 1
            waiting = self._waiting()
            if not waiting and not kills_at:
                return
            at = self.crm.position(), len(waiting)
            if at != position or any(busy for _, busy in at[0]) or not self.service.serves():
                used, position, moved = self.service.cpu_seconds(), at, now
            elif now - moved > _IDLE_SECONDS and self.service.cpu_seconds() - used > _BUSY * _IDLE_SECONDS:
                used, moved = self.service.cpu_seconds(), now
            elif now - moved > _IDLE_SECONDS:
                if night.tries == _MOST_TRIES:
                    return
                night.tries += 1
                self.hours.skip(_TRY_AGAIN.total_seconds())
                used, moved = self.service.cpu_seconds(), now
            time.sleep(0.05)

    def _waiting(self) -> list[Path]:
        return list((self.folder / "inbox").glob("*/*.csv"))

    def _until_it_serves(self) -> None:
        """Until the engine has the schedules; its threads begin a second later."""
        ends_at = time.monotonic() + 60
        while not self.service.serves():
            assert time.monotonic() < ends_at, "the service does not start"
            time.sleep(0.05)
        time.sleep(2.5)

    def _deliver_everything_again(self, number: int) -> None:
        """In quiet nights each job gets every row that it ever exported: nothing may go again, and all is told once more."""
        self.crm.order_faults(self.random, 0)
        for more in range(3):
            night = Night(number + more)
            if not more:
                for export in self.exports:
                    for part, rows in enumerate(export.everything()):
                        self._deliver(export, rows, f"s{part:03}", night)
            elif not self._waiting():
                break
            self._let_it_be_due(restart=False)
            self.service.start()
            self._watch(night, [])
            self._read_results()
        self.crm.close_night()

    def _measure(self, night: Night) -> None:
        home = self.folder / "home"
        night.ledger = sum(map(_size, home.glob("ledger.*")))
        night.engine = sum(map(_size, home.glob("jobs/*.db*")))
        places = (home / "runs", self.folder / "results")
        night.reports = sum(_size(path) for place in places for path in place.rglob("*") if path.is_file())

    def figures(self, verdict: Verdict) -> dict[str, Any]:
        """Everything as plain values."""
        return {
            "seed": self.seed,
            "jobs": self.jobs,
            "accounts": self.accounts,
            "kills": self.service.kills,
            "starts": self.service.starts,
            "calls": self.crm.calls,
            "too_many_calls": self.crm.too_many,
            "faults": sum(self.crm.faults.values()),
            "kinds_of_faults": len(self.crm.faults),
            "told": dict(self.reported.statements),
            "verdict": asdict(verdict),
            "nights": [asdict(night) for night in self.nights],
        }


def _line(night: Night) -> str:
    per_row = 1000 * night.cpu / max(1, night.rows)
    return (
        f"night {night.number + 1}: {night.rows} rows, {night.new} new, {night.seconds:.1f} s, {per_row:.1f} ms CPU per row, "
        f"{night.kills} kills, {night.faults} faults, {night.tries} tries, {night.late} late, "
        f"ledger {night.ledger / 1e6:.2f} MB, memory {night.memory / 1e6:.0f} MB\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 when the promise was kept."""
    given = _arguments(arguments)
    if given.fleet:
        from tests.reliability.soak.fleet import fleet

        return fleet(given)
    preload()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    started, begun = time.time(), time.monotonic()
    sys.stderr.write(f"seed {given.seed}, in {folder}\n")
    commit = commit_of(ROOT)
    soak = Soak(folder, given.jobs, given.accounts, given.seed)
    verdict = soak.run(given.nights, begun + given.minutes * 60)
    found = soak.figures(verdict)
    found["commit"] = commit
    found["minutes"] = round((time.monotonic() - begun) / 60, 1)
    sys.stderr.write("\n".join([*verdict.wrong[:20], f"{in_short(verdict)}"]) + "\n")
    if verdict.kept:
        shutil.rmtree(folder, ignore_errors=True)
    if not given.no_write:
        from tests.reliability.soak.report import write_figures

        write_figures(ROOT, "soak", found, started, given.busy)
    return 0 if verdict.kept else 1


def in_short(verdict: Verdict) -> dict[str, Any]:
    """The verdict in one line; sentences are counted."""
    return {**asdict(verdict), "wrong": len(verdict.wrong)}


def _arguments(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--accounts", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=25.0, help="no further night begins after this time")
    parser.add_argument("--seed", type=int, default=1, help="for all that is random")
    parser.add_argument("--no-write", action="store_true", help="leave docs/reliability.md as it is")
    parser.add_argument("--busy", default="", help="words about what else the machine was doing, for the figures")
    parser.add_argument("--fleet", action="store_true", help="measure many accounts on several workers instead")
    parser.add_argument("--rows", type=int, default=20_000, help="rows of each account of the fleet")
    parser.add_argument("--fleet-accounts", type=int, default=50, help="accounts of the fleet")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of workers to measure")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
