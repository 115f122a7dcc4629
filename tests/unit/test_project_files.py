"""The files around the program say what is there: patterns of the Makefile match modules, dependencies are listed once."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def test_the_coverage_gates_name_modules_that_exist() -> None:
    """Each pattern of packages that must be covered whole, or that may be left out, matches a module."""
    lines = re.findall(r"^FULLY_COVERED := (.+)$|--omit='([^']+)'", MAKEFILE, re.MULTILINE)
    patterns = [pattern for line in lines for pattern in "".join(line).split(",")]
    assert len(patterns) >= 8
    assert [pattern for pattern in patterns if not list(ROOT.glob(pattern))] == []


def test_every_target_of_the_makefile_is_phony_or_a_file() -> None:
    """A file of a target's name does not keep `make` from running it."""
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)) - {"define"}
    phony = set((re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE) or [""])[0].split()[1:])
    assert targets - phony == set()


def test_development_dependencies_are_listed_once() -> None:
    """They stand in pyproject.toml, and the file that `make` installs from only names that group."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    names = [re.split(r"[<>=\[]", each)[0] for each in groups["dev"]]
    assert len(names) == len(set(names))
    assert not (ROOT / "requirements-dev.txt").exists()
