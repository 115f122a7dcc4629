"""Import a finished file again, as it was or in another form: not one row is sent a second time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random

import openpyxl

from importer.sandbox.routes import ROUTES
from tests.reliability.campaign.model import Part, Result
from tests.support.trial import KINDS, Trial

_WRITES = {route.name for route in ROUTES if route.writes}
_WAYS = ("same", "reordered", "renamed", "remapped", "as-workbook", "half", "appended", "blank-lines", "columns-moved")
_REMAPPED = "# the same, said otherwise\non_invalid: skip\nignore: [Nothing]\n"
TIMES = 12


def cases(random: Random) -> Iterable[str]:
    """Each case is one file that comes twelve times more, in ways of its own."""
    for number in range(100):
        yield f"{list(KINDS)[number % len(KINDS)]}/{random.randint(0, 10**6)}"


def run(case: str, folder: Path) -> Result:
    """Import a file, then again and again; every write for a row that was there before is wrong."""
    kind, seed = case.split("/")
    random = Random(int(seed))
    wrong: list[str] = []
    rows = 30
    with Trial(folder, KINDS[kind], rows) as trial:
        first = trial.verdict(trial.finish())
        for number in range(TIMES):
            way = random.choice(_WAYS)
            before = _writes(trial)
            arguments, new = _again(trial, way, number, random)
            ended = trial.command("run", *arguments, "--yes", "--json")
            most = new if KINDS[kind].batch == 1 else min(new, 1)
            if ended.status != 0 and not (way == "half" and _all_asked_about(ended.json["counts"])):
                wrong.append(f"{way}: ended with {ended.status}: {ended.out[-300:]} {ended.err[-300:]}")
            elif _writes(trial) - before != most:
                wrong.append(f"{way}: {_writes(trial) - before} calls for {new} new rows")
        marks = [mark for mark in trial.kind.effects(trial.sandbox.state()) if mark.startswith("mark")]
        doubled = len(marks) - len(set(marks))
        lost = trial.rows - len(set(marks))
    return Result(TIMES, first.lost + lost, first.doubled + doubled, first.uncertain, rows, first.wrong + tuple(wrong))


def _all_asked_about(counts: Mapping[str, int]) -> bool:
    """Whether nothing was sent: rows without a time in a part of a file may be new events, so a person is asked."""
    return {status for status, count in counts.items() if count} <= {"changed", "skipped"}


def _writes(trial: Trial) -> int:
    return sum(entry["call"] in _WRITES for entry in trial.sandbox.log)


def _again(trial: Trial, way: str, number: int, random: Random) -> tuple[list[str], int]:
    """What `importer run` is given, and how many rows of it are new."""
    headings, *lines = (trial.folder / "rows.csv").read_text("utf-8").splitlines()
    source, mapping, new = f"again-{number}.csv", "rows.yaml", 0
    if way == "same":
        return ["rows.csv", "-m", mapping], 0
    if way == "reordered":
        random.shuffle(lines)
    elif way == "half":
        lines = lines[: len(lines) // 2]
    elif way == "blank-lines":
        lines = [text for line in lines for text in (line, "," * headings.count(","))]
    elif way == "appended":
        new = 3
        lines += [trial.kind.cells(trial.rows + each) for each in range(new)]
        trial.rows += new
    elif way == "columns-moved":
        headings, *lines = [",".join(reversed(line.split(","))) for line in (headings, *lines)]
    elif way == "remapped":
        mapping = f"again-{number}.yaml"
        (trial.folder / mapping).write_text(_REMAPPED + trial.kind.mapping, "utf-8")
        headings, lines = f"{headings},Nothing", [f"{line},{random.random()}" for line in lines]
    if way == "as-workbook":
        source = f"again-{number}.xlsx"
        book = openpyxl.Workbook()
        for line in (headings, *lines):
            book.worksheets[0].append(line.split(","))
        book.save(trial.folder / source)
    else:
        (trial.folder / source).write_text("\n".join([headings, *lines]) + "\n", "utf-8")
    if way == "appended":
        (trial.folder / "rows.csv").write_text("\n".join([headings, *lines]) + "\n", "utf-8")
    return [source, "-m", mapping], new


PART = Part(
    "reruns",
    "a finished file again: the same, reordered, renamed, appended, re-mapped, as a workbook, with columns moved",
    "runs",
    cases,
    run,
    weight=1.5,
)
