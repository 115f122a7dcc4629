"""A desk for each test, and workbooks read in the test's own process, which is many times faster than in a new one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bad_files import Desk

from importer.sources import guarded
from importer.sources.opening import open_here

# A CRM in memory, for what only LeadSquared can know.
sys.path.append(str(Path(__file__).parents[1] / "pipeline"))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(guarded, "open_guarded", lambda path, options, meanwhile=None: open_here(path, options))
    return Desk(tmp_path)
