"""The campaign: all parts, within a given time, and the figures of `docs/reliability.md`.

``python tests/campaign/run.py --minutes 30`` runs everything; ``--only PART`` one part; ``--repeat PART:CASE`` one case.
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

from counts import Count, Part, Result  # noqa: E402  the path is set above
from figures import write_figures  # noqa: E402  the same

MODULES = (
    "crash_fault",
    "concurrent_starts",
    "reruns",
    "random_faults",
    "limiter",
    "scenarios",
    "planted",
)
"""Modules with a part, or several: ``PART`` or ``PARTS``."""


def parts() -> dict[str, Part]:
    """All parts by name."""
    found: list[Part] = []
    for name in MODULES:
        module = importlib.import_module(name)
        found += [module.PART] if hasattr(module, "PART") else list(module.PARTS)
    return {part.name: part for part in found}


def run_case(part: Part, case: str) -> Result:
    """One case in a folder of its own. What breaks is wrong, not the end of the campaign."""
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        try:
            return part.run(case, Path(folder))
        except Exception as error:  # whatever a case may raise is counted
            trace = traceback.extract_tb(error.__traceback__)[-1]
            return Result(wrong=(f"{type(error).__name__}: {error} ({Path(trace.filename).name}:{trace.lineno})",))


def run_part(part: Part, seed: int, seconds: float) -> Count:
    """The cases of a part in their order, until they are all done or the time is up."""
    count = Count(part.name, part.words, part.unit, seed, why_not=part.why_not())
    if count.why_not:
        return count
    started = time.monotonic()
    all_cases = list(part.cases(Random(f"{part.name} {seed}")))
    count.of = len(all_cases)
    for case in all_cases:
        if time.monotonic() - started >= seconds:
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
    """All parts, each in a process of its own, ``jobs`` at a time; what one leaves of its time goes to the others."""
    ends_at = time.monotonic() + minutes * 60
    waiting = sorted(chosen.values(), key=lambda part: part.weight)
    running: list[_Job] = []
    counts: list[Count] = []
    with tempfile.TemporaryDirectory(prefix="campaign-") as folder:
        while waiting or running:
            while waiting and len(running) < jobs:
                part = waiting.pop(0)
                weight = part.weight + sum(other.weight for other in waiting)
                lanes = min(jobs, len(waiting) + 1)
                left = max(1.0, ends_at - time.monotonic())
                running.append(_start(part, seed, min(left, left * lanes * part.weight / weight), Path(folder)))
            for job in [job for job in running if job.process.poll() is not None]:
                running.remove(job)
                counts.append(_result_of(job, seed))
                sys.stderr.write(_line(counts[-1]))
            time.sleep(0.1)
    order = list(chosen)
    return sorted(counts, key=lambda count: order.index(count.part))


def _start(part: Part, seed: int, seconds: float, folder: Path) -> _Job:
    answer = folder / f"{part.name}.json"
    command = [sys.executable, __file__, "--worker", part.name, str(answer), "--seed", str(seed)]
    sys.stderr.write(f"{part.name}: up to {seconds:.0f} s\n")
    return _Job(part, subprocess.Popen([*command, "--seconds", str(seconds)], text=True), answer)


def _result_of(job: _Job, seed: int) -> Count:
    if job.answer.is_file():
        return Count(**json.loads(job.answer.read_text("utf-8")))
    broken = Count(job.part.name, job.part.words, job.part.unit, seed, wrong=1)
    broken.failures.append(f"the part itself ended with {job.process.returncode}")
    return broken


def _line(count: Count) -> str:
    if count.why_not:
        return f"{count.part}: not on this machine: {count.why_not}\n"
    failures = "".join(f"  {failure}\n" for failure in count.failures)
    return (
        f"{count.part}: {count.tried} {count.unit} ({count.cases} of {count.of} cases, {count.seconds:.0f} s): "
        f"lost {count.lost}, doubled {count.doubled}, uncertain {count.uncertain}, wrong {count.wrong}\n{failures}"
    )


def repeat(spec: str, copy: str) -> int:
    """One case, said in full; the last line is JSON. ``copy`` is where the program must have been taken from."""
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
        name, answer = given.worker
        count = run_part(parts()[name], given.seed, given.seconds)
        Path(answer).write_text(json.dumps(count.as_json()), "utf-8")
        return 0
    chosen = {name: part for name, part in parts().items() if not given.only or name in given.only}
    started = time.time()
    counts = run_all(chosen, given.seed, given.minutes, given.jobs)
    if not given.only or given.write:
        write_figures(ROOT, counts, started, given.minutes, given.jobs)
    return 0 if all(count.kept for count in counts) else 1


def _arguments(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=28.0, help="time for all parts together")
    parser.add_argument("--seed", type=int, default=1, help="for the order of the cases and all that is random")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="this part; may be given again")
    parser.add_argument("--jobs", type=int, default=2, help="parts at the same time")
    parser.add_argument("--write", action="store_true", help="write the figures, also with --only")
    parser.add_argument("--repeat", metavar="PART:CASE", help="run one case and say what it found")
    parser.add_argument("--expect", default="", help=argparse.SUPPRESS)
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=60.0, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
