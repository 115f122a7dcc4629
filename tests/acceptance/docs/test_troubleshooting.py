"""The page about troubleshooting: what it quotes the program says, each code leads to the catalogue, none is made up."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from importer.cli.main import _COMMANDS
from importer.core.errors import AnotherRunActive, ImporterError, RunStopped, UsageError
from importer.core.issues import CATALOGUE

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
QUOTES = re.findall(r"^> (.*)$", PAGE, re.M)


def one_line(text: str) -> str:
    """``text`` as it stands in the docs: what a program fills in is `…`."""
    return " ".join(re.sub(r"\{[^{}]*\}", "…", text.replace("{{", "(").replace("}}", ")")).split())


def template(text: ast.JoinedStr) -> str:
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in text.values)


@cache
def said() -> tuple[str, ...]:
    """Every text that stands in the program."""
    found = [one_line(text) for kind in CATALOGUE.values() for text in (kind.message, kind.remedy)]
    for path in (ROOT / "importer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append(" ".join(template(node).split()))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(one_line(node.value))
    return tuple(found)


def is_said(quote: str) -> bool:
    """Whether some text of the program holds the quote; `…` in it may stand for words that the program spells out."""
    return any(_holds(text, quote.split("…")) for text in said())


def _holds(text: str, pieces: list[str]) -> bool:
    """Whether the text has the pieces one after the other."""
    end = 0
    for piece in pieces:
        begin = text.find(piece, end)
        if begin < 0:
            return False
        end = begin + len(piece)
    return True


@pytest.mark.parametrize("quote", QUOTES)
def test_the_program_says_so(quote: str) -> None:
    """A message that was changed must be changed here, too."""
    assert len(re.sub(r"\W", "", quote)) >= 8
    assert is_said(quote), quote


def test_quotes_are_compared() -> None:
    """A quote with a wrong word is found."""
    assert len(QUOTES) > 20
    assert not is_said("LeadSquared does not accept the account … at …")


def test_every_code_leads_to_the_catalogue() -> None:
    """Codes of ours are links to their own heading, wherever they are named."""
    codes = re.findall(r"`([a-z]+(?:-[a-z]+)+)`", PAGE)
    headings = (ROOT / "docs" / "problems.md").read_text("utf-8")
    named = [code for code in codes if code in CATALOGUE]
    assert len(named) >= 6
    for code in set(named) - {"not-a-date"}:
        assert f"[`{code}`](problems.md#{code})" in PAGE, code
    for code in re.findall(r"problems\.md#([\w-]+)", PAGE):
        assert f"### `{code}`" in headings, code


def test_commands_and_exit_statuses_exist() -> None:
    """Nothing is advised that the program does not have."""
    for command in re.findall(r"`importer ([a-z]+)", PAGE):
        assert command in _COMMANDS, command
    for number in {0, 3} | {one.exit_status for one in (ImporterError, UsageError, RunStopped, AnotherRunActive)}:
        assert f"| {number} |" in PAGE
