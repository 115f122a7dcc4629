"""The page of faults is complete, and the tests it names are there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text("utf-8")
COUNTS = {"N": 24, "S": 33, "D": 18, "P": 17, "F": 11, "C": 6, "H": 14}


def test_every_fault_has_its_line() -> None:
    """Each number of the catalogue stands there once, with what importer does."""
    numbers = re.findall(r"^\| ([NSDPFCH]\d+) \| [^|]+\. \| [^|]+\.? \| [^|]+ \|$", PAGE, re.MULTILINE)
    assert numbers == [f"{letter}{number}" for letter, most in COUNTS.items() for number in range(1, most + 1)]


def test_every_fault_names_a_test_or_a_reason() -> None:
    """A line without a test says why there is none."""
    for line in PAGE.splitlines():
        if re.match(r"\| [NSDPFCH]\d+ \|", line):
            assert "`test_" in line or "No test: " in line, line


@pytest.mark.parametrize("page", [PAGE, SECURITY], ids=["faults", "security"])
def test_every_named_test_exists(page: str) -> None:
    """A test that is renamed or removed takes its line with it."""
    defined = {
        name
        for path in (ROOT / "tests").rglob("*.py")
        for name in re.findall(r"^ *def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", page))
    assert named - defined == set()


def test_the_security_checklist_is_complete() -> None:
    """Each line names a test or says why there is none, and none of the tests is forgotten."""
    lines = re.findall(r"^\| ([KHRWTU]\d+) \| [^|]+\. \| ([^|]+) \|$", SECURITY, re.MULTILINE)
    found = [number for number, _ in lines]
    counts = Counter(number[0] for number in found)
    assert found == [f"{letter}{number}" for letter, most in counts.items() for number in range(1, most + 1)]
    assert counts >= Counter({"K": 15, "H": 8, "R": 10, "W": 11, "T": 5, "U": 7})
    assert all("`test_" in proof or proof.startswith("No test: ") for _, proof in lines)
    ours = {
        name
        for path in (ROOT / "tests" / "acceptance" / "security").glob("test_*.py")
        for name in re.findall(r"^def (test_[khrwtu]\d+_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert ours - set(re.findall(r"`(test_\w+)`", SECURITY)) == set()


def test_every_test_of_faults_is_named() -> None:
    """The page forgets none of the tests in tests/reliability/faults that bear a number."""
    ours = {
        name
        for path in (ROOT / "tests" / "reliability" / "faults").glob("test_*.py")
        for name in re.findall(r"^def (test_(?:[nsdpfch]\d+|recognition)_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
    assert ours - set(re.findall(r"`(test_\w+)`", PAGE)) == set()
