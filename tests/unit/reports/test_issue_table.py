"""Problems as columns say the same as problems one by one."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.core.issues import Problem
from importer.planning.issue_table import ProblemTable, problem_batch

WORDS = st.sampled_from(["", "a", "B c", 'with "quotes"', "दो", "x\ny"])
PROBLEMS = st.lists(
    st.builds(Problem, WORDS, st.integers(2, 9), WORDS, WORDS, WORDS, st.sampled_from(["", "A", "AB"]), WORDS, WORDS),
    max_size=12,
).map(lambda problems: sorted(problems, key=lambda problem: problem.row))
FIRST = Problem("required", 3, "The cell is empty.", "Fill it in.", "A b", "C", "mx", "")
SECOND = Problem("too-long", 3, "Too long.", "Shorten it.", "D", "", "my", "text")
WHOLE = Problem("row-too-short", 5, "The row ends early.", "Add a cell.")


def told_one_by_one(problem: Problem) -> str:
    letter = f"{problem.letter} " if problem.letter else ""
    place = f'Column {letter}"{problem.column}": ' if problem.column else ""
    return f"{place}{problem.message} {problem.remedy}"


@pytest.mark.slow
@given(PROBLEMS)
def test_a_table_is_the_mapping_that_it_was_made_of(problems: list[Problem]) -> None:
    """Rows in order, each with all of its problems."""
    by_row = {row: tuple(found) for row, found in groupby(problems, lambda problem: problem.row)}
    table = ProblemTable.of(by_row)
    assert dict(table) == by_row
    assert list(table) == sorted(by_row)
    assert ProblemTable.of(table) is table
    rows, codes, texts = table.describe_rows()
    assert rows.tolist() == list(by_row)
    assert codes.to_pylist() == [found[0].code for found in by_row.values()]
    assert texts.to_pylist() == [" ".join(map(told_one_by_one, found)) for found in by_row.values()]
    assert table.places(lambda column, letter: None if letter == "A" else len(letter) + len(column)).tolist() == [
        -1 if one.letter == "A" else len(one.letter) + len(one.column) for one in problems
    ]


def test_what_is_wrong_with_a_row_is_told_with_its_place() -> None:
    """Heading and letter where there is a column; several problems of a row one after the other."""
    table = ProblemTable(problem_batch([FIRST, SECOND, WHOLE]))
    assert table[3] == (FIRST, SECOND)
    assert (3 in table, 4 in table, len(table)) == (True, False, 2)
    rows, codes, texts = table.describe_rows()
    assert (rows.tolist(), codes.to_pylist()) == ([3, 5], ["required", "row-too-short"])
    assert texts.to_pylist() == [
        'Column C "A b": The cell is empty. Fill it in. Column "D": Too long. Shorten it.',
        "The row ends early. Add a cell.",
    ]


def test_no_problems_are_no_rows() -> None:
    """Not even an empty one."""
    table = ProblemTable.of({})
    assert (list(table), len(table), table.get(2)) == ([], 0, None)
    assert [len(each) for each in table.describe_rows()] == [0, 0, 0]
    assert table.places(lambda *_: 1).tolist() == []
