from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.ledger.ledger import Ledger
from importer.ledger.opening import open_sqlite_ledger
from tests.support.ledger_builders import TickingClock, new_run, send


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def opened(clock: TickingClock, home: Path) -> Callable[..., Ledger]:
    def open_it(**options: Any) -> Ledger:
        return open_sqlite_ledger(home, clock=clock, **{"this_machine": "machine-1", **options})

    return open_it


@pytest.fixture
def used(opened: Callable[..., Ledger]) -> Callable[..., Ledger]:
    """As ``opened``, for a ledger that has made one call."""
    ledger = opened()
    ledger.open_run(new_run())
    send(ledger, [2])
    ledger.close()
    return opened
