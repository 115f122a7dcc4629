"""Every ledger store keeps the same promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_contract import LedgerContract
from ledger_groups import GroupContract
from ledger_words import Ticking, new_run
from postgres_server import Server

from importer.ledger.entrance import enter_ledger
from importer.ledger.interface import Ledger
from importer.ledger.memory import MemoryLedger
from importer.ledger.store import open_ledger
from importer.redaction import Secret


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
