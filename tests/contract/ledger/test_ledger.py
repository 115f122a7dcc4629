"""Every ledger store keeps the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.core.redaction import Secret
from importer.ledger.factory import enter_ledger
from importer.ledger.interface import Ledger
from importer.ledger.memory import MemoryLedger
from importer.ledger.store import open_ledger
from tests.contract.ledger.ledger_contract import LedgerContract
from tests.contract.ledger.ledger_groups import GroupContract
from tests.support.ledger_words import Ticking, new_run
from tests.support.postgres_server import Server


class TestSqliteLedger(LedgerContract, GroupContract):
    @pytest.fixture
    def ledger(self, tmp_path: Path, clock: Ticking) -> Iterator[Ledger]:
        opened: Ledger = open_ledger(tmp_path / "home", clock=clock)
        opened.open_run(new_run())
        yield opened
        opened.close()


class TestSharedLedger(LedgerContract, GroupContract):
    @pytest.fixture
    def ledger(self, tmp_path: Path, server: Server, clock: Ticking) -> Iterator[Ledger]:
        opened: Ledger = enter_ledger(tmp_path / "home", Secret(server.emptied("contract")), clock=clock)
        opened.open_run(new_run())
        yield opened
        opened.close()


class TestMemoryLedger(LedgerContract, GroupContract):
    @pytest.fixture
    def ledger(self, clock: Ticking) -> Iterator[Ledger]:
        opened: Ledger = MemoryLedger(clock=clock)
        opened.open_run(new_run())
        yield opened
        opened.close()
