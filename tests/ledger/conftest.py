from __future__ import annotations

import pytest
from ledger_words import Ticking


@pytest.fixture
def clock() -> Ticking:
    return Ticking()
