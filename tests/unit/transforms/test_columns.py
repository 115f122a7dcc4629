"""The quick ways through whole columns find what the exact look at every text finds."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.config.settings import Locale
from importer.mapping.model import FieldRule
from importer.transforms import columns
from importer.transforms.columns import INVISIBLE, WHITESPACE, ByteStats, arrow_of, blank, repeats, without_invisible
from importer.validation.readers import make_reader
from tests.support.sampled import examples

ODD = WHITESPACE + INVISIBLE + "\0\x07\x1f\x7f\x80\x85\x9f-0123é東ひ😀\u0378"
TEXTS = st.lists(
    st.one_of(
        st.none(),
        st.text(st.sampled_from(ODD), max_size=4),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
        st.sampled_from(["7", "-0", "007", "-007.50", "0.0", "31/02/2026", "01/02/2026", "2026-01-02 03:04:05", "a b"]),
    ),
    max_size=8,
)


def array_of(texts: list[str | None], before: int = 0) -> Any:
    """An Arrow array of these texts, which begins amidst a longer one."""
    return pa.array(["é"] * before + texts, pa.large_string()).slice(before)


@pytest.mark.slow
@given(TEXTS, st.integers(0, 2))
def test_bytes_of_each_text_are_found(texts: list[str | None], before: int) -> None:
    """Begin and end of every text are its own, wherever the array begins."""
    stats = ByteStats.at(array_of(texts, before))
    seen = [stats.text[begin:end].tobytes().decode() for begin, end in zip(stats.begins, stats.ends, strict=True)]
    assert seen == [text or "" for text in texts]
    assert stats.begins_with(b"0a\xc2").tolist() == [
        (text or "").encode()[:1] in (b"0", b"a", b"\xc2") for text in texts
    ]
    ends = [(text or "").encode()[-1:] in (b"0", b"a", b"\x80") for text in texts]
    assert stats.ends_with(b"0a\x80").tolist() == ends
    assert stats.longest() == max((len((text or "").encode()) for text in texts), default=0)
    content = "".join(text or "" for text in texts).encode()
    for some in (b"0a\xc2", bytes(range(9)) + b"\x0b\x0c \xef", bytes(range(0x80, 0x100))):
        assert stats.holds(some) == any(byte in some for byte in content)


@pytest.mark.slow
@given(TEXTS, st.integers(0, 2))
@example([], 0)
@example([None], 1)
def test_blank_is_what_trimming_leaves_empty(texts: list[str | None], before: int) -> None:
    """Blanks and invisible characters of every kind, missing texts among them."""
    expected = [None if text is None else not text.strip(WHITESPACE + INVISIBLE) for text in texts]
    assert blank(array_of(texts, before)).to_pylist() == expected


@pytest.mark.slow
@given(TEXTS, st.integers(0, 2))
def test_invisible_characters_and_outer_blanks_are_removed(texts: list[str | None], before: int) -> None:
    """Also from texts of which all are ASCII, which are trimmed in another way."""
    expected = [None if text is None else re.sub(f"[{INVISIBLE}]", "", text).strip(WHITESPACE) for text in texts]
    assert without_invisible(array_of(texts, before)).to_pylist() == expected
    plain = [text for text in texts if text is None or text.isascii()]
    assert without_invisible(array_of(plain)).to_pylist() == [text and text.strip(WHITESPACE) for text in plain]


@pytest.mark.slow
@given(TEXTS)
def test_only_texts_with_control_characters_cannot_be_sent(texts: list[str | None]) -> None:
    """Tabs and line breaks can be sent, and so can all else that no control character is."""
    column = pd.Series(texts, dtype="str")
    read = make_reader(FieldRule.model_validate({"column": "A"}), Locale()).read
    control = {chr(code) for code in [*range(9), *range(0x0E, 0x20), *range(0x7F, 0xA0)]}
    assert arrow_of(read(column)).to_pylist() == [
        None if text is None or control & set(text) else text for text in texts
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "rule",
    [
        {"type": "date", "format": "%d/%m/%Y"},
        {"type": "datetime", "timezone": "Europe/Berlin"},
        {"type": "number"},
        {"type": "integer"},
    ],
    ids=lambda rule: rule["type"],
)
def test_a_column_that_repeats_is_read_as_one_that_does_not(rule: dict[str, str]) -> None:
    """Each distinct text read once gives what reading every text gives."""

    @given(TEXTS)
    @settings(deadline=None, max_examples=examples(60))
    def holds(texts: list[str | None]) -> None:
        column = pd.Series(texts * 8, dtype="str")
        made = [make_reader(FieldRule.model_validate({"column": "A", **rule}), Locale()) for _ in range(3)]
        with patch.object(columns, "_SAMPLE", max(1, 4 * len(texts))):
            assert not texts or repeats(arrow_of(column))
            once = made[0].read(column)
            formed = made[0].formed(column) if made[0].formed else once
        each = made[1].read(column)
        pd.testing.assert_series_equal(once, each)
        pd.testing.assert_series_equal(formed, made[1].formed(column) if made[1].formed else each)
        alone = [arrow_of(made[2].read(pd.Series([text], dtype="str")))[0].as_py() for text in texts]
        assert arrow_of(once).to_pylist() == alone * 8

    holds()


def test_a_column_of_many_different_texts_does_not_repeat() -> None:
    """Looking for distinct texts would then cost more than it saves."""
    assert not repeats(pa.array(map(str, range(5_000)), pa.large_string()))
    assert not repeats(pa.array(["x"] * 5, pa.large_string()))
    assert pc.all(blank(pa.array([""] * 5, pa.large_string()))).as_py()
