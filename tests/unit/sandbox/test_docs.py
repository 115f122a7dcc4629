from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from importer.sandbox.faults import CATALOGUE
from importer.sandbox.fields import ACTIVITY_TYPES, USERS
from importer.sandbox.options import Options
from importer.sandbox.routes import ROUTES

DOCS = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text("utf-8")
CODE = set(re.findall(r"`([^`\n]+)`", DOCS))


def section(title: str) -> str:
    return DOCS.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_setting_is_in_the_documentation() -> None:
    """All settings with their usual values, and none that does not exist."""
    told = {}
    for row in re.findall(r"^\| `.*", section("How it behaves"), re.MULTILINE):
        names, usual = ([one.strip(" `") for one in cell.split(",")] for cell in row.split("|")[1:3])
        told |= dict(zip(names, usual, strict=True))
    usual_values = {one.name: str(one.default).removesuffix(".0") for one in fields(Options)}
    assert {name: value.lower() for name, value in told.items()} == {
        name: value.lower() for name, value in usual_values.items()
    }


def test_every_fault_is_in_the_documentation() -> None:
    """All faults, and none that does not exist."""
    told = {
        name
        for row in re.findall(r"^\| (`.*?) \|", section("Faults on request"), re.MULTILINE)
        for name in re.findall(r"`(.+?)`", row)
    }
    assert told == set(CATALOGUE)


def test_every_call_is_in_the_documentation() -> None:
    """Names, methods, paths and classes."""
    told = re.findall(r"^\| ([a-z-]+) \| `(GET|POST) (/[^`?]+).*? \| (\w+) \|$", section("The calls"), re.MULTILINE)
    assert told == [(route.name, route.method, route.path, route.kind) for route in ROUTES]


def test_the_account_is_in_the_documentation() -> None:
    """Users and activity types."""
    assert {str(user["EmailAddress"]) for user in USERS} < CODE
    for kind in ACTIVITY_TYPES.values():
        assert f"| {kind.code} | {kind.name} |" in DOCS
