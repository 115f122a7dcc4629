"""Columns that are read below each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from importer.core.errors import SourceError
from importer.sources import explode_columns
from importer.sources.interface import Source

Open = Callable[..., Source]
TEXT = "Name,May,June\nAsha,1,2\nRavi,3\n"


def test_each_column_has_a_range_of_row_numbers(open_text: Open) -> None:
    """The others stay, and two new ones hold heading and cell."""
    source = explode_columns(open_text(TEXT), ["june", "May", "June"])
    assert [(column.index, column.letter, column.label) for column in source.columns] == [
        (0, "A", "Name"), (1, "D", "(heading)"), (2, "E", "(value)"),
    ]  # fmt: skip
    chunks = list(source.chunks())
    assert [chunk.rows.tolist() for chunk in chunks] == [[2, 3], [100_000_002, 100_000_003]]
    assert [[column.to_pylist() for column in chunk.columns] for chunk in chunks] == [
        [["Asha", "Ravi"], ["June", "June"], ["2", ""]],
        [["Asha", "Ravi"], ["May", "May"], ["1", "3"]],
    ]
    assert [problem.row for chunk in chunks for problem in chunk.problems] == [3, 100_000_003]
    assert source.notes[-1].endswith("numbered from 100,000,000 on: row 15 of the file is row 100,000,015.")


def test_a_table_that_was_exploded_stays(open_text: Open) -> None:
    """A sheet of rows to correct has the two columns."""
    source = open_text("Name,(heading),(value)\nAsha,May,1\n")
    assert explode_columns(source, ["May"]) is source


def test_an_unknown_column_is_named(open_text: Open) -> None:
    """With those that there are."""
    with pytest.raises(SourceError, match='has no column "July", which is to be exploded') as caught:
        explode_columns(open_text(TEXT), ["May", "July"])
    assert caught.value.remedy == 'It has: "Name", "May", "June".'
