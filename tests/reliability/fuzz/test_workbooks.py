"""Spoiled workbooks: rows in order, or an error with a remedy; the reader may break down, the program never does."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.core.errors import SourceError
from importer.sources import open_source
from importer.sources.interface import SourceOptions
from tests.reliability.fuzz.reading_checks import LONGEST, examples
from tests.reliability.fuzz.workbook_edits import EDITS, SHEETS, Edit, originals


class Reader:
    """A confined process that reads files, and a new one when it breaks down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: subprocess.Popen[str] | None = None

    def read(self, path: Path, size: int, sheet: str | None) -> dict[str, Any]:
        """What became of it: ``rows``, ``refused``, ``bug`` or ``died``."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.reliability.fuzz.reader_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([str(path), size, sheet]) + "\n")
        process.stdin.flush()
        # The first file has to wait for the imports, too.
        ready, _, _ = select.select([process.stdout], [], [], 3 * LONGEST)
        assert ready, "the reader hangs"
        line = process.stdout.readline()
        return dict(json.loads(line)) if line else {"died": process.wait()}

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    made = Reader(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return originals(tmp_path_factory.mktemp("originals"))


@examples(150)
@given(which=st.integers(0, 6), edits=st.lists(EDITS, min_size=1, max_size=4), size=st.integers(1, 9))
def test_spoiled_workbooks(reader: Reader, books: list[bytes], which: int, edits: list[Edit], size: int) -> None:
    """Whatever was done to it, and at the second reading the same."""
    content = books[which]
    for edit in edits:
        content = edit(content)
    path = reader.folder / "book.xlsx"
    path.write_bytes(content)
    found = reader.read(path, size, SHEETS.get(which))
    assert "bug" not in found, found["bug"]
    if "died" in found:
        warnings.warn(f"the reader died ({found['died']}) of a workbook")
        with pytest.raises(SourceError):
            list(open_source(path, SourceOptions(sheet=SHEETS.get(which))).chunks())
    else:
        assert found.get("seconds", 0) < LONGEST


def test_the_workbooks_are_sound(reader: Reader, books: list[bytes]) -> None:
    """Before they are spoiled every one of them is read."""
    for which, content in enumerate(books):
        path = reader.folder / "sound.xlsx"
        path.write_bytes(content)
        assert reader.read(path, 3, SHEETS.get(which)).get("rows", 0) > 0
