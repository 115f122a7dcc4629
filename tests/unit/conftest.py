from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.delivery_world import World
from tests.support.windows_calls import windows_calls


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def windows() -> Iterator[ModuleType]:
    """The calls of Windows, with stand-ins for what only Windows has."""
    with windows_calls() as loaded:
        yield loaded
