"""Compiled templates are kept beside the program and never believed when anything has changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from importer.reports.template_cache import TemplateCache


@pytest.fixture
def made_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = tmp_path / "page.py"
    path.touch()
    return path


def render(folder: Path, made_by: Path, template: str = "{{ a }}!") -> tuple[str, bool]:
    """What the template says, and whether it had to be compiled."""
    environment = Environment(loader=DictLoader({"t": template}), bytecode_cache=TemplateCache(folder, made_by))
    compiled = []
    real = environment.compile
    environment.compile = lambda *given: (compiled.append(given), real(*given))[1]  # type: ignore[method-assign]
    return environment.get_template("t").render(a=1), bool(compiled)


def test_a_template_is_compiled_once(tmp_path: Path, made_by: Path) -> None:
    """Until the template or the settings change."""
    folder = tmp_path / "cache"
    assert render(folder, made_by) == ("1!", True)
    assert render(folder, made_by) == ("1!", False)
    assert render(folder, made_by, "{{ a }}?") == ("1?", True)
    assert render(folder, made_by, "{{ a }}?") == ("1?", False)
    os.utime(made_by, ns=(1, 1))
    assert render(folder, made_by, "{{ a }}?") == ("1?", True)
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("spoil", [b"", b"rubbish", None])
def test_what_is_spoiled_is_compiled_anew(tmp_path: Path, made_by: Path, spoil: bytes | None) -> None:
    """A cut file, or one of something else; also when what follows a good beginning is broken."""
    folder = tmp_path / "cache"
    render(folder, made_by)
    (kept,) = folder.iterdir()
    kept.write_bytes(kept.read_bytes()[:-20] if spoil is None else spoil)
    assert render(folder, made_by) == ("1!", True)
    assert render(folder, made_by) == ("1!", False)


def test_a_folder_that_cannot_be_written_costs_nothing(
    tmp_path: Path, made_by: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does a Python that shall leave no bytecode."""
    (tmp_path / "cache").write_text("a file", "utf-8")
    assert render(tmp_path / "cache", made_by) == ("1!", True)
    assert render(tmp_path / "cache", made_by) == ("1!", True)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert render(tmp_path / "other", made_by) == ("1!", True)
    assert not (tmp_path / "other").exists()
