"""Where the ledger is, is a matter of one setting; without the driver or the server the person learns what is missing."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from importer.core.errors import LedgerError, SettingsError
from importer.core.redaction import Secret
from importer.ledger.factory import ledger_exists, open_ledger
from importer.rate_limit.account_limiter import postgres_slot_stores
from tests.support.ledger_builders import TickingClock


def test_a_file_without_a_database(tmp_path: Path) -> None:
    """The folder's own ledger, which is not there before it is needed."""
    assert not ledger_exists(tmp_path, None)
    open_ledger(tmp_path, None, clock=TickingClock()).close()
    assert ledger_exists(tmp_path, None)


def test_the_driver_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person learns how to install it."""

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(SettingsError, match="needs the package psycopg") as caught:
        open_ledger(tmp_path, Secret("postgresql:///d"), clock=TickingClock())
    assert "importer[postgres]" in caught.value.remedy


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """Nothing is made anywhere, and the password is not told."""
    url = Secret(f"postgresql://bob:w0rd-four@/trial?host={tmp_path}/none")
    with pytest.raises(LedgerError, match="cannot be reached") as caught:
        open_ledger(tmp_path, url, clock=TickingClock())
    assert "w0rd" not in caught.value.message + caught.value.remedy
    with pytest.raises(LedgerError, match="cannot be reached"):
        ledger_exists(tmp_path, url)
    line = postgres_slot_stores(url, lambda: 0.0)("acme/bulk")
    line.close()
    assert list(tmp_path.iterdir()) == []
