"""The page of bad inputs is complete, and the tests it names are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "bad-inputs.md").read_text("utf-8")
_CELL = r"(?:[^|]|(?<=\\)\|)+\."
_LINE = rf"^\| B(\d+) \| {_CELL} \| {_CELL} \| `(test_\w+)`((?:, `test_\w+`)*) \|$"
LINES = re.findall(_LINE, PAGE, re.MULTILINE)
"""Number, the test of that number, and further ones."""
COUNT = 138


def defined(folder: str) -> set[str]:
    """The tests in folders of this name."""
    return {
        name
        for path in (ROOT / "tests").glob(f"{folder}/test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }


def test_every_bad_input_has_its_line() -> None:
    """Each number stands there once, in order, with what importer does."""
    assert [int(number) for number, _, _ in LINES] == list(range(1, COUNT + 1))


def test_every_line_names_the_test_of_its_number() -> None:
    """The name of a test begins with the number of its line."""
    assert [name for number, name, _ in LINES if not name.startswith(f"test_b{int(number):03d}_")] == []


def test_every_named_test_of_bad_inputs_exists() -> None:
    """A test that is renamed or removed takes its line with it, and none is forgotten."""
    assert {name for _, name, _ in LINES} == defined("acceptance/bad_inputs")
    assert {name for _, _, more in LINES for name in re.findall(r"test_\w+", more)} <= defined("**")


def test_no_line_of_the_page_is_overlooked() -> None:
    """Whatever begins like a line is one."""
    assert len(re.findall(r"^\| B\d", PAGE, re.MULTILINE)) == COUNT
