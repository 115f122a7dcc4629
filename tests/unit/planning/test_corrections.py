"""Corrections change the planned cells and choose the planned rows, and make another plan of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from importer.core.issues import make_problem
from importer.planning import Corrections
from importer.sources import Chunk, Column

COLUMNS = (Column(0, "A", "Name", "Name"), Column(1, "B", "City", "City"))


def chunk() -> Chunk:
    rows = np.array([2, 3, 5], dtype="int64")
    cells = [pa.array(["Asha", "#N/A", "Meera"], pa.large_string()), pa.array(["Pune", "Delhi", ""], pa.large_string())]
    problem = make_problem("error-cell", 3, column="Name", letter="A", value="#N/A")
    return Chunk(rows, rows, ["Name", "City"], cells, (problem,))


def texts(found: Chunk) -> list[list[str]]:
    return [column.to_pylist() for column in found.columns]


def test_corrected_cells_replace_those_of_the_file_and_their_problems() -> None:
    found = Corrections({3: {"A": "Ravi"}, 5: {"B": "Goa"}, 99: {"A": "elsewhere"}}).apply(chunk(), COLUMNS)
    assert texts(found) == [["Asha", "Ravi", "Meera"], ["Pune", "Delhi", "Goa"]]
    assert found.problems == ()


def test_a_problem_of_another_cell_stays() -> None:
    found = Corrections({3: {"B": "New Delhi"}}).apply(chunk(), COLUMNS)
    assert [problem.row for problem in found.problems] == [3]


def test_only_the_chosen_rows_are_planned() -> None:
    found = Corrections({5: {"B": "Goa"}}, rows=[5]).apply(chunk(), COLUMNS)
    assert (found.rows.tolist(), texts(found), found.problems) == ([5], [["Meera"], ["Goa"]], ())


def test_nothing_corrected_leaves_chunk_and_digest_as_they_are() -> None:
    whole = chunk()
    assert Corrections().apply(whole, COLUMNS) is whole
    assert Corrections().digest() == ""


def test_different_corrections_have_different_digests() -> None:
    many = [
        Corrections({3: {"A": "Ravi"}}),
        Corrections({3: {"B": "Ravi"}}),
        Corrections({3: {"A": "Ravi"}}, rows=[3]),
        Corrections(rows=[3]),
        Corrections(rows=[]),
    ]
    assert len({one.digest() for one in many}) == len(many)
    assert Corrections({3: {"A": "x", "B": "y"}}).digest() == Corrections({3: {"B": "y", "A": "x"}}).digest()
