"""Guided fuzzing with atheris: keeps what reaches new branches of the program, and changes it further.

Each harness runs in a process of its own. What reached something new stays in `.fuzz/NAME/corpus` for the next time, what
broke something lies beside it as `.fuzz/NAME/found-…`.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[3]
KEPT = ROOT / ".fuzz"

NAMES = ("text", "workbook", "mapping", "answer")
LONGEST = 10
"""Seconds for one input; more is a hang."""

MOST_MEMORY = 2048
"""Megabytes that a process may take, with what the guiding needs."""

LARGEST = 40_000
"""Bytes of one input."""

_WRITTEN = re.compile(r"Test unit written to (\S+)")
_DEATHS = ("libFuzzer: deadly signal", "libFuzzer: out-of-memory")
_PROGRESS = re.compile(r"^#(\d+)\s+\S+\s+cov: (\d+) ft: (\d+)", re.M)


def fuzz(name: str, folder: Path, seconds: int) -> None:
    """One harness in this process, which libFuzzer ends."""
    import atheris  # type: ignore[import-not-found,unused-ignore]

    with tempfile.TemporaryDirectory() as temporary, atheris.instrument_imports(include=["importer", "yaml"]):
        from tests.reliability.fuzz import harnesses

        harness = harnesses.HARNESSES[name]
        seeds = folder / "seeds"
        shutil.rmtree(seeds, ignore_errors=True)
        for kept in (seeds, folder / "corpus"):
            kept.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(harness.seeds(Path(temporary))):
            (seeds / str(number)).write_bytes(seed)
            # Much is imported when it is first needed; here it is still watched.
            assert harness.read(seed, Path(temporary)), f"seed {number} is not read"
        words = folder / "words.dict"
        words.write_text(harnesses.dictionary(harness.words))

    scratch = tempfile.mkdtemp(dir=folder)
    limits = [
        f"-max_total_time={seconds}",
        f"-timeout={LONGEST}",
        f"-rss_limit_mb={MOST_MEMORY}",
        f"-max_len={LARGEST}",
    ]
    files = [f"-dict={words}", f"-artifact_prefix={folder}/found-", str(folder / "corpus"), str(seeds)]
    atheris.Setup(
        [sys.argv[0], "-verbosity=1", *limits, *files], lambda data: harness.read(data, Path(scratch)) and None
    )
    atheris.Fuzz()


def format_progress(output: str) -> str:
    """Format the coverage that a run of libFuzzer reached."""
    steps = [tuple(map(int, step)) for step in _PROGRESS.findall(output)]
    if not steps:
        return "it did not begin"
    (_, branches, features), (executions, most_branches, most_features) = steps[0], steps[-1]
    return f"{executions:,} executions, branches {branches:,} to {most_branches:,}, features {features:,} to {most_features:,}"


def survived(name: str, output: str) -> bool:
    """Whether the process was taken down, as by the reader of old workbooks, by what the program itself has words for."""
    found = _WRITTEN.search(output)
    if found is None or not any(sign in output for sign in _DEATHS):
        return False
    from tests.reliability.fuzz import harnesses

    with tempfile.TemporaryDirectory() as temporary:
        data = Path(found[1]).read_bytes()
        if not harnesses.HARNESSES[name].survived(data, Path(temporary)):
            return False
    Path(found[1]).unlink()
    return True


def run(name: str, seconds: int) -> bool:
    """Whether a harness ran for so long and found nothing; what it found is printed."""
    folder = KEPT / name
    folder.mkdir(parents=True, exist_ok=True)
    # Broken workbooks make the Rust code panic, which is no fault and need not be told at length.
    quiet = {**os.environ, "RUST_BACKTRACE": "0"}
    end, well = time.monotonic() + seconds, True
    while well and (left := round(end - time.monotonic())) > 0:
        command = [sys.executable, "-m", "tests.reliability.fuzz.guided", name, "--inside", "--seconds", str(left)]
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=quiet, check=False)
        output = ended.stdout.decode("utf-8", "replace")
        print(f"{name}: {format_progress(output)}", flush=True)
        for scratch in folder.glob("tmp*"):
            shutil.rmtree(scratch)
        if not ended.returncode:
            break
        well = survived(name, output)
        if well:
            print(f"{name}: that ended the process; the program has words for it, so it goes on", flush=True)
        else:
            print(f"{output[-6000:]}\n{name}: a fault; what brought it out lies in {folder}", flush=True)
    return well


def main(arguments: list[str]) -> int:
    """Run the named harnesses or all of them, one after the other; the exit status says whether all was well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--seconds", type=int, default=60, help="for each (60)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if not set(given.names) <= set(NAMES):
        parser.error(f"there are {', '.join(NAMES)}")
    try:
        import atheris  # noqa: F401
    except ImportError:
        print("atheris is not installed, so nothing was fuzzed with guidance; `make fuzz` works without it.")
        return 1
    if given.inside:
        fuzz(given.names[0], KEPT / given.names[0], given.seconds)
    return sum(not run(name, given.seconds) for name in given.names or NAMES) and 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
