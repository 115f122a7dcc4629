"""A desk for each test, and workbooks read in the test's own process, which is many times faster than in a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.sources.isolation import isolated
from importer.sources.opening import open_in_process
from tests.acceptance.bad_inputs.bad_files import Desk

# A CRM in memory, for what only LeadSquared can know.


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(isolated, "open_isolated", lambda path, options, meanwhile=None: open_in_process(path, options))
    return Desk(tmp_path)
