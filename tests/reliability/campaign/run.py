"""Run the campaign: all parts, within a given time; write its results into `docs/reliability.md`.

``python -m tests.reliability.campaign.run --minutes 30`` runs everything; ``--only PART`` one part; ``--repeat PART:CASE`` one case.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from tests.reliability.campaign.model import Count, Part, Result
from tests.reliability.campaign.report import write_report

ROOT = Path(__file__).resolve().parents[3]

MODULES = (
    "crashes",
    "sweeps",
    "power_cuts",
    "fault_pairs",
    "crash_fault",
    "concurrent_starts",
    "reruns",
    "answers",
    "limiter",
    "random_faults",
    "scenarios",
    "planted",
)
"""Modules with a part, or several: ``PART`` or ``PARTS``."""


def parts() -> dict[str, Part]:
    """Return all parts by name."""
    found: list[Part] = []
    for name in MODULES:
        if importlib.util.find_spec(f"tests.reliability.campaign.{name}") is None:
            continue
        module = importlib.import_module(f"tests.reliability.campaign.{name}")
        found += [module.PART] if hasattr(module, "PART") else list(getattr(module, "PARTS", ()))
    return {part.name: part for part in found}


def run_case(part: Part, case: str) -> Result:
    """Run one case in a folder of its own. An exception is a wrong result, not the end of the campaign.

    A case that broke while this process, and with it the CRM, stood still is tried again: the CRM then took longer
    than the settle time, which the promise assumes it does not.
    """
    for _ in range(3):
        with tempfile.TemporaryDirectory(prefix="campaign-", ignore_cleanup_errors=True) as folder, Stalls() as stalls:
            try:
                result = part.run(case, Path(folder))
            except Exception as error:  # whatever a case may raise is counted
                trace = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{Path(trace.filename).name}:{trace.lineno}"
                result = Result(wrong=(f"{type(error).__name__}: {error} ({where})",))
        if result.kept or stalls.longest < LONGEST_STALL:
            return result
    return result


LONGEST_STALL = 0.2
"""Seconds for which the machine may hold up this process; the trials leave the CRM a little more."""


class Stalls:
    """Measures how long this process is held up, while its ``with`` lasts. ``longest`` is in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Stalls:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._over.wait(0.02):
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last - 0.02), now


def run_part(part: Part, seed: int, seconds: float, shard: str = "0/1") -> Count:
    """The cases of a part in their order, until they are all done or the time is up; of several shards one."""
    count = Count(part.name, part.words, part.unit, seed, why_not=part.why_not())
    if count.why_not:
        return count
    started = time.monotonic()
    which, shards = map(int, shard.split("/"))
    all_cases = list(part.cases(Random(f"{part.name} {seed}")))[which::shards]
    count.of = len(all_cases)
    for case in all_cases:
        if not part.whole and time.monotonic() - started >= seconds:
            break
        count.add(case, run_case(part, case))
    count.seconds = round(time.monotonic() - started, 1)
    return count


@dataclass
class _Job:
    part: Part
    process: subprocess.Popen[str]
    answer: Path


def run_all(chosen: dict[str, Part], seed: int, minutes: float, jobs: int) -> list[Count]:
    """All parts, one after the other, each in ``jobs`` processes; what one leaves of its time goes to the others."""
    ends_at = time.monotonic() + minutes * 60
    weight = sum(part.weight for part in chosen.values())
    counts: list[Count] = []
    # Those that end by themselves come first, so that their time is known.
    for part in sorted(chosen.values(), key=lambda part: part.weight):
        seconds = max(1.0, ends_at - time.monotonic()) * part.weight / weight
        weight -= part.weight
        sys.stderr.write(f"{part.name}: up to {seconds:.0f} s\n")
        with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
            shards = 1 if part.alone else jobs
            running = [_start(part, seed, seconds, f"{each}/{shards}", Path(folder)) for each in range(shards)]
            counts.append(_summed([_result_of(job, seed) for job in running]))
        sys.stderr.write(_line(counts[-1]))
    order = list(chosen)
    return sorted(counts, key=lambda count: order.index(count.part))


def _start(part: Part, seed: int, seconds: float, shard: str, folder: Path) -> _Job:
    answer = folder / f"{shard.replace('/', '-')}.json"
    command = [
        sys.executable,
        "-m",
        "tests.reliability.campaign.run",
        "--worker",
        part.name,
        shard,
        str(answer),
        "--seed",
        str(seed),
    ]
    return _Job(part, subprocess.Popen([*command, "--seconds", str(seconds)], text=True), answer)


def _result_of(job: _Job, seed: int) -> Count:
    job.process.wait()
    if job.answer.is_file():
        return Count(**json.loads(job.answer.read_text("utf-8")))
    broken = Count(job.part.name, job.part.words, job.part.unit, seed, wrong=1)
    broken.failures.append(f"the part itself ended with {job.process.returncode}")
    return broken


def _summed(shards: list[Count]) -> Count:
    total = shards[0]
    for count in shards[1:]:
        for name in ("cases", "of", "tried", "rows", "lost", "doubled", "uncertain", "wrong", "failures", "notes"):
            setattr(total, name, getattr(total, name) + getattr(count, name))
        total.seconds = max(total.seconds, count.seconds)
    return total


def _line(count: Count) -> str:
    if count.why_not:
        return f"{count.part}: not on this machine: {count.why_not}\n"
    failures = "".join(f"  {failure}\n" for failure in count.failures)
    return (
        f"{count.part}: {count.tried} {count.unit} ({count.cases} of {count.of} cases, {count.seconds:.0f} s): "
        f"lost {count.lost}, doubled {count.doubled}, uncertain {count.uncertain}, wrong {count.wrong}\n{failures}"
    )


def repeat(spec: str, copy: str) -> int:
    """Run one case and print its result in full; the last line is JSON. ``copy`` is where the program must have been taken from."""
    import importer

    if copy and not Path(importer.__file__).is_relative_to(copy):
        raise SystemExit(f"the program is {importer.__file__}, not the copy in {copy}")
    name, _, case = spec.partition(":")
    result = run_case(parts()[name], case)
    lines = [f"{spec}: {'kept' if result.kept else 'BROKEN'}", *result.wrong, json.dumps(asdict(result))]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if result.kept else 1


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 when the promise was kept in every case."""
    given = _arguments(arguments)
    if given.repeat:
        return repeat(given.repeat, given.expect)
    if given.worker:
        name, shard, answer = given.worker
        count = run_part(parts()[name], given.seed, given.seconds, shard)
        Path(answer).write_text(json.dumps(count.as_json()), "utf-8")
        return 0
    chosen = {name: part for name, part in parts().items() if not given.only or name in given.only}
    started = time.time()
    counts = run_all(chosen, given.seed, given.minutes, given.jobs)
    if not given.only or given.write:
        write_report(ROOT, counts, started, given.minutes, given.jobs)
    return 0 if all(count.kept for count in counts) else 1


def _arguments(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=28.0, help="time for all parts together")
    parser.add_argument("--seed", type=int, default=1, help="for the order of the cases and all that is random")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="this part; may be given again")
    parser.add_argument("--jobs", type=int, default=4, help="processes at the same time; they wait most of their time")
    parser.add_argument("--write", action="store_true", help="write the figures, also with --only")
    parser.add_argument("--repeat", metavar="PART:CASE", help="run one case and say what it found")
    parser.add_argument("--expect", default="", help=argparse.SUPPRESS)
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=60.0, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
