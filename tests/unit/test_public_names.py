"""Only public names of libraries are used: nothing is imported from, read from or assigned to their private parts."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "importer"
LIBRARIES = (set(packages_distributions()) | sys.stdlib_module_names) - {"importer", "tests", "__future__"}
DOCUMENTED = {"_exit", "_open"}
"""Documented although the name begins with an underscore: of ``os``, and of logging's file handlers."""

SETTABLE = {"flask": {"g": None, "request": {"max_content_length"}}}
"""Attributes that a library documents as ours to set, by module and object; ``None`` means all of an object."""


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _library_names(tree: ast.Module) -> dict[str, str]:
    """The names that a module binds by importing from libraries, and the library of each."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in LIBRARIES:
                    found[(alias.asname or alias.name).split(".")[0]] = alias.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in LIBRARIES:
            for alias in node.names:
                found[alias.asname or alias.name] = (node.module or "").split(".")[0]
    return found


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def private_uses(source: str) -> Iterator[str]:
    """Each private name of a library that the source imports, reads, overrides or replaces."""
    tree = ast.parse(source)
    libraries = _library_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                parts = [*module.split("."), *alias.name.split(".")]
                if (module or alias.name).split(".")[0] in LIBRARIES and any(map(_is_private, parts)):
                    yield f"line {node.lineno}: import of {module}.{alias.name}"
        elif isinstance(node, ast.Attribute) and (root := _root(node)) in libraries:
            if _is_private(node.attr) and node.attr not in DOCUMENTED:
                yield f"line {node.lineno}: {root}…{node.attr}"
            elif isinstance(node.ctx, ast.Store) and not _may_be_set(libraries[root], root, node.attr):
                yield f"line {node.lineno}: assignment to {root}…{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("setattr", "delattr"):
            if node.args and _root(node.args[0]) in libraries:
                yield f"line {node.lineno}: {node.func.id} on {_root(node.args[0])}"
        elif isinstance(node, ast.ClassDef):
            bases = _classes(node, tree) if any(_root(base) in libraries for base in node.bases) else []
            private = [each for each in node.body if isinstance(each, ast.FunctionDef) and _is_private(each.name)]
            for each in private:
                if each.name not in DOCUMENTED and any(each.name in vars(base) for base in bases):
                    yield f"line {each.lineno}: override of {each.name} in {node.name}"


def _may_be_set(library: str, root: str, attribute: str) -> bool:
    """Whether an attribute of what ``root`` names is the standard library's, or documented as one to set."""
    names = SETTABLE.get(library, {}).get(root, set())
    return library in sys.stdlib_module_names or names is None or attribute in names


def _classes(node: ast.ClassDef, tree: ast.Module) -> list[type]:
    """The library classes that a class derives from, with all of their own bases."""
    found: list[type] = []
    for base in node.bases:
        place: dict[str, object] = {}
        for each in ast.walk(tree):
            if isinstance(each, ast.Import | ast.ImportFrom) and _root(base) in {
                (alias.asname or alias.name).split(".")[0] for alias in each.names
            }:
                module = getattr(each, "module", None) or each.names[0].name
                if module.split(".")[0] in LIBRARIES:
                    exec(ast.unparse(each), place)
        try:
            made = eval(ast.unparse(base), place)
        except Exception:
            continue
        found += [one for one in getattr(made, "__mro__", ()) if one is not object]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_uses_public_names_only(path: Path) -> None:
    """No private import, attribute, override or monkey-patch of a library; the sandbox is held to it, too."""
    assert list(private_uses(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import re._parser",
        "from pandera._internal import x",
        "from xlsxwriter import _x",
        "import xlsxwriter.workbook\nxlsxwriter.workbook.ZipFile = object",
        "from dbos import DBOS\nDBOS._recover()",
        "import requests\nsetattr(requests, 'get', None)",
        "from threading import Thread\nclass T(Thread):\n    def _bootstrap(self): ...",
    ],
)
def test_the_check_finds_private_uses(source: str) -> None:
    """Each way in which code can lean on the inside of a library is found."""
    assert list(private_uses(source))
