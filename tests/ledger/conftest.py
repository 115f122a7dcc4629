from __future__ import annotations

import pytest
from ledger_words import Ticking
from postgres_fixtures import server

__all__ = ["server"]


@pytest.fixture
def clock() -> Ticking:
    return Ticking()
