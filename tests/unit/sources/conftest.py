"""Opening a few characters as if they were a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.sources.interface import Source, SourceOptions
from importer.sources.opening import open_in_process


@pytest.fixture
def open_text(tmp_path: Path) -> Callable[..., Source]:
    """Opens the given text or bytes as ``data.csv``; keywords are the options."""

    def open_it(content: str | bytes, name: str = "data.csv", **options: Any) -> Source:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_in_process(path, SourceOptions(**options))

    return open_it
