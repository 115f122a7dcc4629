from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from importer.core.redaction import Secret
from importer.ledger.ledger import Ledger
from importer.ledger.postgres.opening import open_shared_ledger
from tests.support.ledger_builders import TickingClock, new_run

Opening = Callable[..., Ledger]


@pytest.fixture
def opening(database: Secret, tmp_path: Path) -> Iterator[Opening]:
    """Opens the ledger in the database, each time as another process would; all are closed in the end."""
    opened: list[Ledger] = []

    def open_it(**options: Any) -> Ledger:
        opened.append(open_shared_ledger(database, tmp_path / "home", clock=TickingClock(), **options))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


@pytest.fixture
def ledger(opening: Opening) -> Ledger:
    """A ledger with one run."""
    made = opening()
    made.open_run(new_run())
    return made
