"""Every ledger store keeps the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.core.redaction import Secret
from importer.ledger.factory import open_ledger
from importer.ledger.ledger import Ledger
from importer.ledger.opening import open_sqlite_ledger
from tests.contract.ledger.grouped_calls_contract import GroupedCallsContract
from tests.contract.ledger.ledger_contract import LedgerContract
from tests.support.ledger_builders import TickingClock, new_run
from tests.support.memory_ledger import MemoryLedger
from tests.support.postgres_server import Server


class TestSqliteLedger(LedgerContract, GroupedCallsContract):
    @pytest.fixture
    def ledger(self, tmp_path: Path, clock: TickingClock) -> Iterator[Ledger]:
        opened: Ledger = open_sqlite_ledger(tmp_path / "home", clock=clock)
        opened.open_run(new_run())
        yield opened
        opened.close()


@pytest.mark.slow
class TestSharedLedger(LedgerContract, GroupedCallsContract):
    @pytest.fixture
    def ledger(self, tmp_path: Path, server: Server, clock: TickingClock) -> Iterator[Ledger]:
        opened: Ledger = open_ledger(tmp_path / "home", Secret(server.without_rows("contract")), clock=clock)
        opened.open_run(new_run())
        yield opened
        opened.close()


class TestMemoryLedger(LedgerContract, GroupedCallsContract):
    @pytest.fixture
    def ledger(self, clock: TickingClock) -> Iterator[Ledger]:
        opened: Ledger = MemoryLedger(clock=clock)
        opened.open_run(new_run())
        yield opened
        opened.close()
