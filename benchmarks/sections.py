"""The file of results: a section for each work, so that measuring one again leaves the figures of the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

HEAD = """\
# What was measured

Written by `make bench`; `make bench ARGS="--only bodies"` measures one work again and replaces its section only. Whole
processes, imports included; computing is the time of all processors together, and memory is the sum of the peaks of all
processes of a contestant; files that several of them have in memory, such as libraries, count once. The column × is how
many times the seconds of the importer. Compare within a table only: the line above each says when, where and beside how
much other work it was measured. [NOTES.md](NOTES.md) says where the time goes.
"""
_SECTION = re.compile(r"<!-- begin (\w+) -->\n(.*?)<!-- end \1 -->\n", re.DOTALL)


def sections(text: str) -> dict[str, str]:
    """The sections of such a file by their names."""
    return dict(_SECTION.findall(text))


def replaced(text: str, name: str, tables: Sequence[str], order: Sequence[str]) -> str:
    """``text`` with ``tables`` as the section ``name``; sections stand in this ``order``, those of unknown name last."""
    known = {**sections(text), name: "\n".join(tables)}
    names = [*(each for each in order if each in known), *(each for each in known if each not in order)]
    return "\n".join([HEAD, *(f"<!-- begin {each} -->\n{known[each]}<!-- end {each} -->\n" for each in names)])


def table(head: Sequence[str], rows: Mapping[str, Sequence[str]]) -> str:
    """A table in Markdown: the first column at the left, all others at the right, an empty last column left out."""
    lines = [list(head), *([name, *cells] for name, cells in rows.items())]
    while not any(line[-1] for line in lines[1:]):
        lines = [line[:-1] for line in lines]
    lines.insert(1, ["---", *["--:"] * (len(lines[0]) - 1)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
