from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.trial import KINDS, Trial


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    """Thirty rows for the bulk call, a sandbox, and the command in processes of its own."""
    with Trial(tmp_path, KINDS["bulk"]) as made:
        yield made
