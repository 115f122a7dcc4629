"""However a file is cut into chunks, the same is found; and what is found is ordered and bounded."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.data_quality.analyzer import DataQualityAnalyzer
from tests.unit.data_quality.builders import bare, codes, found

CELLS = (
    st.sampled_from(["", " ", "9.19E+11", "#N/A", "####", "1-Mar", "Mar-01", "CafÃ©", "é", "45231", "45231.5", "00123"])
    | st.from_regex(r"[0-3]?[0-9]([/. -])[0-3]?[0-9]\1(20)?2[0-9]( 10:30)?", fullmatch=True)
    | st.from_regex(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]([T ]10:30)?", fullmatch=True)
    | st.from_regex(r"0?[0-9]{3,5}|[1-9][0-9]{14,16}0{0,3}|\+?[0-9]{8,12}", fullmatch=True)
    | st.text(max_size=8)
)
"""Cells that a detector looks at more closely, and any others."""


@pytest.mark.slow
@settings(deadline=None)
@given(st.data())
def test_the_chunks_do_not_matter(data: st.DataObject) -> None:
    """Many cells of few kinds, so that something is found often."""
    kinds = data.draw(st.lists(CELLS.filter(_storable), min_size=1, max_size=8))
    texts = data.draw(st.lists(st.sampled_from(kinds), max_size=40))
    sizes = data.draw(st.lists(st.integers(0, 15), max_size=5))
    heading = data.draw(st.sampled_from(["Zip", "Value", "Date"]))
    assert found(texts, heading, sizes=sizes) == found(texts, heading)


def _storable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def test_columns_that_are_used_come_first() -> None:
    """Then the others, each from left to right; rows have the numbers of the spreadsheet."""
    frame = pd.DataFrame({"a": ["#N/A"] * 9, "b": ["x"] * 9, "c": ["", "#REF!"] + ["ok"] * 7}, dtype="str")
    analyzer = DataQualityAnalyzer([("A", "a"), ("B", "b"), ("C", "c")], {"c": "Note"})
    analyzer.add(np.arange(11, 20), frame)
    assert [(one.letter, one.field, one.rows, one.first_rows) for one in analyzer.findings()] == [
        ("C", "Note", 1, (12,)),
        ("A", "", 9, (11, 12, 13, 14, 15)),
    ]


def test_missing_cells_and_pieces_of_arrays() -> None:
    """A frame as other code may make it: with missing cells, in several pieces, or without rows."""
    analyzer = DataQualityAnalyzer([("A", "Zip")], {})
    texts = pd.Series(bare(codes(300, 5)), dtype="str")
    frame = pd.DataFrame({"Zip": pd.concat([texts, pd.Series([None, "12345"], dtype="str"), texts])})
    analyzer.add(np.arange(2, 604), frame)
    analyzer.add(np.arange(604, 604), frame.iloc[:0])
    assert [one.kind for one in analyzer.findings()] == ["leading-zeros-lost"]
    assert DataQualityAnalyzer([("A", "Zip")], {}).findings() == ()
