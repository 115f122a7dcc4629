"""Walks along a page of the docs: runs its commands, makes its changes, and compares what is stable of the answers."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(
    r"^(?P<open><!-- stays open -->\n)?```(?P<kind>\S+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.M | re.S
)
_TABLE = re.compile(r"^\| Row \| Column \| Write \|\n\|[-|]+\n(?P<lines>(?:\|.*\n)+)", re.M)
_ANYTHING = "…"


@dataclass(frozen=True)
class Command:
    """A command of the page and the answer that stands below it; one that ``stays`` runs on beside the others."""

    words: str
    answer: str
    stays: bool


@dataclass(frozen=True)
class Change:
    """A line of a file that becomes another one."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Correction:
    """A cell of the sheet To fix that gets another text; without a ``column`` the whole row goes."""

    row: int
    column: str
    text: str


Step = Command | Change | tuple[Correction, ...]


def steps(page: str) -> Iterator[Step]:
    """What a reader of the page does, in its order."""
    found = [*_BLOCK.finditer(page), *_TABLE.finditer(page)]
    for block in sorted(found, key=re.Match.start):
        if "lines" in block.groupdict():
            yield tuple(_corrections(block["lines"]))
        elif block["kind"] == "console":
            for part in re.split(r"^\$ ", block["text"], flags=re.M)[1:]:
                words, _, answer = part.partition("\n")
                yield Command(words, answer, bool(block["open"]))
        elif block["kind"] == "diff":
            old, new = block["text"].splitlines()
            yield Change(block["file"], old.removeprefix("-"), new.removeprefix("+"))


def _corrections(lines: str) -> Iterator[Correction]:
    for line in lines.splitlines():
        row, column, text = (cell.strip() for cell in line.strip("|").split("|"))
        yield Correction(int(row), "" if column.startswith("(") else column, text)


def answers(shown: str, said: str) -> bool:
    """Whether what a command ``said`` is what the page has shown: line by line, ``…`` standing for anything."""
    wanted = shown.rstrip("\n")
    form = "".join(".*?" if part == _ANYTHING else re.escape(part) for part in re.split(f"({_ANYTHING})", wanted))
    return re.search(rf"^{form}", said, re.M | re.S) is not None


@dataclass
class Walker:
    """Does the steps in ``folder``; ``importer`` runs that command and gives exit status and all that it said."""

    folder: Path
    importer: Callable[[list[str], bool], tuple[int, str]]
    workbook: str = ""
    status: int = 0

    def do(self, step: Step) -> None:
        """Do one step; an assertion fails where the page is wrong."""
        if isinstance(step, Change):
            path = self.folder / step.file
            lines = path.read_text("utf-8").split("\n")
            assert lines.count(step.old) == 1, step
            path.write_text("\n".join(step.new if line == step.old else line for line in lines), "utf-8")
        elif isinstance(step, tuple):
            self._correct(step)
        elif step.words == "echo $?":
            assert step.answer == f"{self.status}\n"
        else:
            self._run(step)

    def _run(self, step: Command) -> None:
        name, *arguments = shlex.split(step.words)
        if name == "importer":
            self.status, said = self.importer(arguments, step.stays)
            if "--results" in arguments:
                self.workbook = arguments[arguments.index("--results") + 1]
        else:
            assert name in ("cp", "mkdir"), step.words
            ended = subprocess.run([name, *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
            self.status, said = ended.returncode, ended.stdout + ended.stderr
        assert answers(step.answer, said), f"$ {step.words}\n--- the page shows\n{step.answer}\n--- it said\n{said}"

    def _correct(self, corrections: tuple[Correction, ...]) -> None:
        import openpyxl

        book = openpyxl.load_workbook(self.folder / self.workbook)
        sheet = book["To fix"]
        headings = [cell.value for cell in sheet[1]]
        for one in corrections:
            line = next(cells[0].row for cells in sheet.iter_rows(min_row=2) if cells[0].value == one.row)
            if one.column:
                sheet.cell(line, headings.index(one.column) + 1).value = one.text
            else:
                sheet.delete_rows(line)
        book.save(self.folder / self.workbook)
