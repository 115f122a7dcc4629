"""Measures the importer beside what people would use instead, and writes the figures into RESULTS.md.

    python benchmarks/run.py [--rows 1000000] [--times 3] [--only check,workbooks,…] [--to benchmarks/RESULTS.md]

Sections of works that are not measured stay as they are in the file.

All contestants of a line take turns within one run, each in a process of its own, so that what else the computer does
hits all of them. Only the ratios mean anything elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import data
import sections
from measure import Taken, median, run

HERE = Path(__file__).parent
PYTHON = sys.executable
OURS = "importer"


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the data are, how many rows are meant, and how often everything is measured."""

    folder: Path
    rows: int
    times: int


@dataclass(frozen=True, slots=True)
class Line:
    """One contestant: what it is called, how it is started, and which exit statuses mean success.

    What is wanted: it takes at least ``slower`` times the seconds of the line that all are compared with, ``larger``
    times its memory, and at most ``megabytes``, ``fast`` times its seconds and ``lean`` times its memory.
    """

    name: str
    command: Sequence[str]
    allowed: Sequence[int] = (0,)
    slower: float = 0
    larger: float = 0
    megabytes: float = 0
    fast: float = 0
    lean: float = 0

    def verdict(self, own: Taken, first: Taken) -> str:
        """Each thing that is wanted, and whether it is so."""
        said = (
            (self.slower, f"{self.slower:g} × the seconds", own.seconds >= self.slower * first.seconds),
            (self.larger, f"{self.larger:g} × the memory", own.megabytes >= self.larger * first.megabytes),
            (self.megabytes, f"at most {self.megabytes:g} MB", own.megabytes <= self.megabytes),
            (self.fast, f"at most {self.fast:g} × the seconds", own.seconds <= self.fast * first.seconds),
            (self.lean, f"at most {self.lean:g} × the memory", own.megabytes <= self.lean * first.megabytes),
        )
        return ", ".join(f"{what}: {'yes' if holds else '**no**'}" for wanted, what, holds in said if wanted)


def work(script: str, *arguments: object) -> list[str]:
    """A script of this folder."""
    return [PYTHON, str(HERE / script), *map(str, arguments)]


def checked(source: Path, folder: Path) -> list[str]:
    """`importer check`, reports included."""
    results = folder / "out" / "results.xlsx"
    return [
        PYTHON,
        "-m",
        "importer",
        "check",
        str(source),
        "-m",
        str(folder / "mapping.yaml"),
        "--quiet",
        "--results",
        str(results),
    ]


def table(lines: Sequence[Line], setting: Setting, title: str, base: str = OURS) -> tuple[str, dict[str, Taken]]:
    """Measure the lines in turns; a table in Markdown, with ratios to the line called ``base``."""
    runs: dict[str, list[Taken]] = {line.name: [] for line in lines}
    for _ in range(setting.times):
        for line in lines:
            shutil.rmtree(setting.folder / "out", ignore_errors=True)
            (setting.folder / "out").mkdir()
            runs[line.name].append(run(line.command, setting.folder, line.allowed))
            print(f"{title}: {line.name}: {runs[line.name][-1].seconds:.2f} s", file=sys.stderr)
    found = {name: median(several) for name, several in runs.items()}
    first = found[base]
    rows = {
        line.name: (
            f"{one.seconds:.2f}",
            f"{one.seconds / first.seconds:.1f}",
            f"{one.computing:.2f}",
            f"{one.megabytes:.0f}",
            line.verdict(one, first),
        )
        for line in lines
        for one in [found[line.name]]
    }
    return sections.table([title, "seconds", f"× {base}", "computing, s", "peak MB", "wanted"], rows), found


def made(function: str, path: Path, *arguments: float, **options: float) -> None:
    """Let a process of its own write a file of rows: the peak of a child begins with the size of the parent."""
    program = f"import data, pathlib; data.{function}(pathlib.Path({str(path)!r}), *{arguments!r}, **{options!r})"
    subprocess.run([PYTHON, "-c", program], cwd=HERE, check=True)


def check(setting: Setting) -> Iterator[str]:
    """The dry run beside validators and a script."""
    source = setting.folder / "rows.csv"
    made("write_csv", source, setting.rows)
    lines = [
        Line(OURS, checked(source, setting.folder), (3,), megabytes=500),
        Line("frictionless validate", work("peers/frictionless_check.py", source), slower=3),
        Line("great_expectations", work("peers/expectations_check.py", source), slower=2.5),
        Line("csvclean (shape of rows only)", [str(Path(PYTHON).with_name("csvclean")), "-a", str(source)], (0, 1)),
        Line("script: pandas, pandera, a dictionary a row", work("peers/script_check.py", source), slower=10),
    ]
    yield table(lines, setting, f"Dry run, {setting.rows:,} rows × 20, 1 % bad")[0]


def bad(setting: Setting) -> Iterator[str]:
    """The dry run of a file in which every row is bad, and of one five times as long."""
    files = {
        "1 % bad": (setting.rows, 1, {}),
        "100 % bad": (setting.rows, 100, {"fast": 3, "lean": 1.1}),
        "1 % bad, 5 × the rows": (setting.rows * 5, 1, {"megabytes": 500, "lean": 1.1}),
    }
    lines = []
    for number, (name, (rows, share, wanted)) in enumerate(files.items()):
        source = setting.folder / f"rows-{number}.csv"
        made("write_csv", source, rows, share)
        lines.append(Line(name, checked(source, setting.folder), (3,), **wanted))
    yield table(lines, setting, f"`importer check`, {setting.rows:,} rows × 20", base="1 % bad")[0]


def workbooks(setting: Setting) -> Iterator[str]:
    """Reading workbooks to text."""
    for rows in (setting.rows // 10, setting.rows):
        source = setting.folder / f"rows-{rows}.xlsx"
        made("write_xlsx", source, min(rows, 1_000_000))
        lines = [
            Line(OURS, work("works/read_ours.py", source)),
            Line("pandas + openpyxl", work("peers/read_xlsx.py", "openpyxl", source), slower=8),
            Line("python-calamine, its own list", work("peers/read_xlsx.py", "calamine", source), larger=2),
        ]
        yield table(lines, setting, f"Reading .xlsx, {rows:,} rows × 20")[0]


def results(setting: Setting) -> Iterator[str]:
    """Writing the results workbook."""
    out, rows = "out/book.xlsx", setting.rows
    lines = [
        Line(OURS, work("works/workbook_ours.py", out, rows), megabytes=450),
        Line("openpyxl, write-only", work("peers/workbook_peers.py", "openpyxl", out, rows), slower=4),
        Line("XlsxWriter, constant memory", work("peers/workbook_peers.py", "xlsxwriter", out, rows)),
    ]
    yield table(lines, setting, f"Results workbook, {rows:,} rows × 12")[0]


def bodies(setting: Setting) -> Iterator[str]:
    """Records to request bodies."""
    source, plan = setting.folder / "bodies.csv", setting.folder / "plan"
    made("write_csv", source, setting.rows // 2)
    shutil.rmtree(plan, ignore_errors=True)
    run(work("works/plan_ours.py", source, setting.folder / "mapping.yaml", plan), setting.folder)
    records = plan / "records.parquet"
    lines = [
        Line(OURS, work("works/bodies_ours.py", plan)),
        Line("a dictionary a row (iterrows) and json", work("peers/bodies_peers.py", "iterrows", records)),
        Line("to_dict and json", work("peers/bodies_peers.py", "to_dict", records), slower=4),
    ]
    yield table(lines, setting, f"Bodies of 25 rows, {setting.rows // 2:,} rows × 20 fields")[0]


def start(setting: Setting) -> Iterator[str]:
    """Starting, and a file of ten rows."""
    source = setting.folder / "ten.csv"
    made("write_csv", source, 10, bad=0)
    lines = [
        Line("python -c pass", [PYTHON, "-c", "pass"]),
        Line("importer --help", [PYTHON, "-m", "importer", "--help"]),
        Line("importer check, 10 rows", checked(source, setting.folder)),
        Line("script: pandas and pandera, 10 rows", work("peers/script_check.py", source)),
    ]
    yield table(lines, setting, "Start", base="python -c pass")[0]


@contextmanager
def answering() -> Iterator[str]:
    """The port of a server that says yes to every call."""
    server = subprocess.Popen(work("works/answering.py"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.wait()


DELIVERY_PARTS = {"commit": "ledger", "bodies": "bodies", "HTTP": "HTTP, in its threads", "delivery": "all"}


def delivery(setting: Setting) -> Iterator[str]:
    """What delivering exactly once costs, beside a bare loop."""
    source = setting.folder / "delivery.csv"
    rows = min(setting.rows, 50_000)
    made("write_csv", source, rows, bad=0)
    ours, bare = [], []
    with answering() as port:
        for _ in range(setting.times):
            shutil.rmtree(setting.folder / "out", ignore_errors=True)
            (setting.folder / "out").mkdir()
            mapping = setting.folder / "mapping.yaml"
            ours.append(
                run(work("works/delivery_ours.py", port, source, mapping, setting.folder / "out"), setting.folder)
            )
            bare.append(run(work("peers/delivery_bare.py", port, rows // 25), setting.folder))
    told = sorted((json.loads(one.out.splitlines()[-1]) for one in ours), key=lambda one: one["delivery"])[
        len(ours) // 2
    ]
    loop = sorted(json.loads(one.out)["seconds"] for one in bare)[len(bare) // 2]
    calls, seconds = told["bodies times"], told["delivery"]
    yield "\n".join(
        [
            f"| Delivery of {rows:,} rows, no limit, no latency | calls a second | rows a second |",
            "|---|--:|--:|",
            f"| importer, every call and outcome on disk | {calls / seconds:.0f} | {rows / seconds:,.0f} |",
            f"| a bare requests loop, nothing kept | {rows / 25 / loop:.0f} | {rows / loop:,.0f} |",
            "",
            "| Per call of the importer, in ms | it took | of which computing |",
            "|---|--:|--:|",
            *(
                f"| {words} | {told[part] / calls * 1000:.2f} | {told[f'{part} computing'] / calls * 1000:.2f} |"
                for part, words in DELIVERY_PARTS.items()
            ),
            "",
            f"{told['commit times']:,.0f} transactions, {calls / told['commit times']:.1f} calls in each. HTTP goes on in "
            "other threads, several calls at once; what is not computing is waiting: for the disk, the server or the "
            "processor.",
            "",
        ]
    )


BENCHES: Mapping[str, Callable[[Setting], Iterator[str]]] = {
    "check": check,
    "bad": bad,
    "workbooks": workbooks,
    "results": results,
    "bodies": bodies,
    "delivery": delivery,
    "start": start,
}


def circumstances(setting: Setting) -> str:
    """When and where a table is measured, for the line above it; to be asked when the measuring begins."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the beginning, --rows {setting.rows}, "
        f"medians of {setting.times}.\n\n"
    )


def measured(name: str, setting: Setting) -> Iterator[str]:
    """The tables of a work, each below its circumstances."""
    parts = BENCHES[name](setting)
    while True:
        began = circumstances(setting)
        part = next(parts, None)
        if part is None:
            return
        yield began + part


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--only", default=",".join(BENCHES))
    parser.add_argument("--to", type=Path, default=HERE / "RESULTS.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="importer-bench-") as folder:
        setting = Setting(Path(folder), given.rows, given.times)
        (setting.folder / "mapping.yaml").write_text(data.MAPPING, "utf-8")
        os.environ["IMPORTER_HOME"] = str(setting.folder / "home")
        for name in given.only.split(","):
            tables = list(measured(name, setting))
            # Read as late as can be: another measuring may have written its own section meanwhile.
            before = given.to.read_text("utf-8") if given.to.exists() else ""
            given.to.write_text(sections.replaced(before, name, tables, list(BENCHES)), "utf-8")


if __name__ == "__main__":
    main()
