"""Accounts in a temporary home, and a sandbox that they can be tried on."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from importer.app.environment import Environment
from importer.core.progress import SilentProgress
from importer.core.time import SystemClock
from importer.leadsquared.client import LeadSquaredClient
from importer.sandbox.options import Keys, Options
from importer.sandbox.server import Sandbox
from tests.unit.config.accounts_file.account_keys import ACCESS, API, SECRET


@pytest.fixture
def sandbox() -> Iterator[Callable[..., Sandbox]]:
    """Starts sandboxes that end with the test, all with the same keys."""
    running: list[Sandbox] = []

    def started(**options: Any) -> Sandbox:
        made = Sandbox(Options(calls_per_window=0, **options), Keys(ACCESS, SECRET, API))
        running.append(made)
        made.start()
        return made

    yield started
    for each in running:
        each.stop()


@pytest.fixture
def env(tmp_path: Path) -> Environment:
    """A machine whose home is temporary and whose environment names only the accounts file and keys."""
    stop = threading.Event()
    return Environment(
        home=tmp_path,
        variables={
            "IMPORTER_ACCOUNTS": str(tmp_path / "accounts.yaml"),
            "ONE_ACCESS_KEY": ACCESS,
            "ONE_SECRET_KEY": SECRET,
            "ONE_API_KEY": API,
        },
        clock=SystemClock(stop),
        stop=stop,
        progress=SilentProgress(),
        make_crm=LeadSquaredClient,
        confirm=lambda question: True,
        random_text=lambda: f"{random.getrandbits(16):04x}",
    )
