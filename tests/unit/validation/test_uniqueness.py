"""Values that must be unique: remembered on disk beyond some megabytes, and found by their text alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importer.validation import uniqueness
from importer.validation.uniqueness import Overflow, UniqueValues

TEXTS = st.lists(st.one_of(st.none(), st.sampled_from("abcdefghij"), st.text("aé e\u0301A", max_size=4)), max_size=40)


def column(texts: list[str | None], begin: int) -> pd.Series[str]:
    return pd.Series(texts, index=range(begin, begin + len(texts)), dtype="str")


def in_pieces(found: UniqueValues, texts: list[str | None], size: int) -> list[int]:
    """The first rows, the texts standing from row 2 on and coming ``size`` at a time; each piece is seen twice."""
    first: list[int] = []
    for begin in range(0, len(texts), size):
        piece = column(texts[begin : begin + size], begin + 2)
        rows = found.first_rows(piece)
        again = piece[rows != piece.index]
        assert found.first_rows(again).tolist() == rows[again.index].tolist()
        first += rows.tolist()
    return first


def by_dictionary(texts: list[str | None]) -> list[int]:
    import unicodedata

    known: dict[str, int] = {}
    return [
        row if text is None else known.setdefault(unicodedata.normalize("NFC", text.strip()), row)
        for row, text in enumerate(texts, 2)
    ]


# Each calls more texts alike than the one before.
@pytest.mark.slow
@pytest.mark.parametrize("hash_of", [hash, lambda text: ord((text or " ")[0]) % 3 - 1, lambda text: 7])
@given(texts=TEXTS, size=st.integers(1, 9))
@example(texts=["a", "b", "b", "a", "a"], size=2)
@example(texts=["b", "a", "a", "b", "c", "b"], size=3)
def test_only_equal_texts_count_whatever_hash_they_have(
    hash_of: Callable[[str], int], texts: list[str | None], size: int
) -> None:
    """No value is called a duplicate for having the hash of another one, and none is missed."""
    assert in_pieces(UniqueValues(hash_of=hash_of), texts, size) == by_dictionary(texts)


@pytest.mark.parametrize("bits", [3, 27])
def test_many_values_go_to_the_folder_and_are_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int
) -> None:
    """Over several blocks and segments, on disk, and also when the filter lets everything through."""
    monkeypatch.setattr(uniqueness, "_IN_MEMORY", 1 << 10)
    monkeypatch.setattr(uniqueness, "_BLOCK", 64)
    monkeypatch.setattr(uniqueness, "_FILTER_BITS", bits)
    found = UniqueValues(overflow=Overflow(tmp_path))
    numbers = np.random.default_rng(1).integers(0, 1500, 3000)
    texts: list[str | None] = [f"R-{number}" for number in numbers.tolist()]
    assert in_pieces(found, texts, 500) == by_dictionary(texts)
    assert found._stored is not None
    assert found._stored._hashes._rolled  # type: ignore[attr-defined]  # where a spooled file says that it is on disk
    del found
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """What stays in memory of a hundred thousand further values is a hash for every 4096."""
    found = UniqueValues(overflow=Overflow(tmp_path))
    for begin in range(0, 200_000, 50_000):
        assert found.is_first(column([f"{row:040d}" for row in range(begin, begin + 50_000)], begin)).all()
    assert found._stored is not None
    assert sum(segment.sparse_index.nbytes for segment in found._stored._segments) < 500
    assert found._stored._texts._rolled  # type: ignore[attr-defined]  # where a spooled file says that it is on disk
    assert not found._colliding


def test_a_full_disk_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be remembered is an error; nothing is called new that may not be."""
    monkeypatch.setattr(uniqueness, "_IN_MEMORY", 1)
    found = UniqueValues(overflow=Overflow(tmp_path / "not there"))
    with pytest.raises(OSError):
        found.first_rows(column(["a", "b"], 2))
