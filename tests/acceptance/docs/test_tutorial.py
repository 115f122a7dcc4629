"""The tutorial is true: each of its commands is run, each change made, and the answers are those that it shows."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.docs.walk import Change, Command, Correction, Walker, answers, steps
from tests.support.commands import Running

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "tutorial.md"


class Terminals:
    """Runs commands as processes of their own; those that stay are ended afterwards."""

    def __init__(self, folder: Path, streams: Path) -> None:
        self._folder = folder
        self._streams = streams
        self._staying: list[Running] = []
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("LEADSQUARED_", "IMPORTER_"))}
        self._environment = {**kept, "IMPORTER_HOME": str(streams / "home")}

    def run(self, arguments: list[str], stays: bool) -> tuple[int, str]:
        """Exit status and all that the command said; of one that stays what it said at first."""
        started = Running(self._streams, self._environment, arguments, _in(self._folder))
        if not stays:
            ended = started.wait()
            return ended.status, ended.err + ended.out
        self._staying.append(started)
        last = max(self._streams.glob("command-*.out"))
        for _ in range(600):
            if last.read_text("utf-8").count("\n") >= 3:
                break
            time.sleep(0.05)
        return 0, last.read_text("utf-8")

    def close(self) -> None:
        """End what stays, as Ctrl-C does."""
        for running in self._staying:
            os.kill(running.pid, signal.SIGINT)
            assert running.wait().status == 0


class _in:  # noqa: N801  a function that can be pickled
    """Goes to a folder before a command begins."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self) -> None:
        os.chdir(self._folder)


@pytest.fixture
def walker(tmp_path: Path) -> Iterator[Walker]:
    folder, streams = tmp_path / "work", tmp_path / "streams"
    folder.mkdir()
    streams.mkdir()
    (folder / "sample_data").symlink_to(ROOT / "sample_data")
    terminals = Terminals(folder, streams)
    yield Walker(folder, terminals.run)
    terminals.close()


def test_the_tutorial_is_true(walker: Walker) -> None:
    """From the raw export to the finished import, step by step."""
    found = list(steps(PAGE.read_text("utf-8")))
    assert len(found) >= 15
    for step in found:
        walker.do(step)
    assert (walker.folder / "first.html").is_file()


def test_a_page_is_taken_apart() -> None:
    """Commands with their answers, changes of files, and corrections of cells, in the order of the page."""
    page = (
        "<!-- stays open -->\n```console\n$ importer sandbox\nIt runs.\n```\n"
        "```diff m.yaml\n-a: 1\n+a: 2\n```\n"
        "| Row | Column | Write |\n|---|---|---|\n| 3 | City | Pune |\n| 4 | (delete the row) | |\n\n"
        "```console\n$ importer runs\n$ echo $?\n3\n```\n"
    )
    assert list(steps(page)) == [
        Command("importer sandbox", "It runs.\n", True),
        Change("m.yaml", "a: 1", "a: 2"),
        (Correction(3, "City", "Pune"), Correction(4, "", "")),
        Command("importer runs", "", False),
        Command("echo $?", "3\n", False),
    ]


@pytest.mark.parametrize(
    ("shown", "said", "fits"),
    [
        ("a\nb\n", "x\na\nb\nc", True),
        ("a\n…\nc (…)\n", "a\nb\nb\nc (12)\n", True),
        ("a\nc\n", "a\nb\nc\n", False),
        ("a.b\n", "axb\n", False),
        ("b\n", "ab\n", False),
    ],
)
def test_answers_are_compared(shown: str, said: str, fits: bool) -> None:
    """Only what the page leaves open may differ."""
    assert answers(shown, said) is fits
