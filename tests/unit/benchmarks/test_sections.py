"""Measuring one work again keeps the figures of the others, and a table says whether it shows what is wanted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module", autouse=True)
def benchmarks() -> Iterator[None]:
    """The scripts can be imported, as they import each other."""
    names = ("data", "measure", "run", "sections")
    # Scripts of other folders have the same names.
    others = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield
    sys.path.remove(str(ROOT / "benchmarks"))
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(others)


def test_sections_are_replaced_one_by_one() -> None:
    """In their order, whatever was measured first; a section of a work that is no more stays."""
    from sections import HEAD, replaced, sections

    order = ["check", "bodies"]
    text = replaced("", "bodies", ["| b |\n"], order)
    text = replaced(text, "gone", ["| g |\n"], order)
    text = replaced(text, "check", ["| c |\n", "| d |\n"], order)
    assert list(sections(text).items()) == [("check", "| c |\n\n| d |\n"), ("bodies", "| b |\n"), ("gone", "| g |\n")]
    again = replaced(text, "bodies", ["| new |\n"], order)
    assert sections(again) == {**sections(text), "bodies": "| new |\n"}
    assert again.startswith(HEAD)
    assert again.count(HEAD) == 1


def test_a_table_tells_what_is_wanted() -> None:
    """Yes or no for each thing; the column is left out where nothing is wanted."""
    from measure import Taken
    from run import Line
    from sections import table

    ours, peer = Taken(1.0, 1.0, 100, ""), Taken(7.9, 8.0, 250, "")
    line = Line("peer", [], slower=8, larger=2, megabytes=300)
    assert line.verdict(peer, ours) == "8 × the seconds: **no**, 2 × the memory: yes, at most 300 MB: yes"
    assert Line("other", []).verdict(peer, ours) == ""
    assert Line("again", [], fast=3, lean=2.5).verdict(peer, ours) == (
        "at most 3 × the seconds: **no**, at most 2.5 × the memory: yes"
    )
    assert table(["T", "s", "wanted"], {"a": ["1", ""], "b": ["2", "x"]}) == (
        "| T | s | wanted |\n| --- | --: | --: |\n| a | 1 |  |\n| b | 2 | x |\n"
    )
    assert table(["T", "s", "wanted"], {"a": ["1", ""]}) == "| T | s |\n| --- | --: |\n| a | 1 |\n"


def test_circumstances_stand_above_each_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The load is that of the beginning of the table, not of the end."""
    import run

    loads = iter([1.5, 2.5, 9.0])
    monkeypatch.setattr(run.os, "getloadavg", lambda: (next(loads), 0, 0))
    monkeypatch.setattr(run, "BENCHES", {"two": lambda setting: iter(["| first |\n", "| second |\n"])})
    first, second = run.measured("two", run.Setting(tmp_path, 1000, 3))
    assert "load 1.5 at the beginning" in first
    assert "--rows 1000, medians of 3" in first
    assert first.endswith("\n\n| first |\n")
    assert "load 2.5" in second


@pytest.mark.slow
def test_memory_of_children_counts_once(tmp_path: Path) -> None:
    """A parent that is small and a child that is large are as much as the two together."""
    from measure import run

    child = "import time; x = bytearray(60 << 20); time.sleep(0.3)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    taken = run([sys.executable, "-c", parent], tmp_path)
    assert 60 < taken.megabytes < 2 * 60


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux tells what processes share")
def test_a_file_that_two_processes_have_in_memory_counts_once(tmp_path: Path) -> None:
    """As the libraries do that both have loaded."""
    from measure import run

    (tmp_path / "file").write_bytes(b"x" * (60 << 20))
    look = (
        "import mmap, time; f = open('file', 'rb'); m = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ);"
        "m.find(b'y'); time.sleep(0.6)"
    )
    parent = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {look!r}]); {look}; p.wait()"
    taken = run([sys.executable, "-c", parent], tmp_path)
    assert 60 < taken.megabytes < 2 * 60


@pytest.mark.slow
def test_only_the_end_of_what_a_program_says_is_kept(tmp_path: Path) -> None:
    """A program that prints a whole file must not make those after it look large."""
    from measure import run

    said = run([sys.executable, "-c", "print('x' * 10_000_000 + 'end')"], tmp_path).out
    assert said.endswith("xend\n")
    assert len(said) == 1 << 16
