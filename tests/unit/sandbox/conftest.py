from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from importer.sandbox.options import Options
from importer.sandbox.server import Sandbox
from tests.support.sandbox_caller import KEYS, Caller


@pytest.fixture
def start() -> Iterator[Callable[..., Caller]]:
    """Starts sandboxes that end with the test."""
    running: list[Sandbox] = []

    def started(**settings: Any) -> Caller:
        unlimited = {"calls_per_window": 0, "bulk_calls_per_window": 0, "async_calls_per_window": 0, "async_delay": 0.0}
        sandbox = Sandbox(Options(**{**unlimited, **settings}), KEYS)
        running.append(sandbox)
        sandbox.start()
        return Caller(sandbox)

    yield started
    for sandbox in running:
        sandbox.stop()


@pytest.fixture
def crm(start: Callable[..., Caller]) -> Caller:
    """A sandbox without limits."""
    return start()
