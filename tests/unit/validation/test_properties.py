"""What holds for any file: nothing depends on the chunks, and what is sent would pass again."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrorReason

from importer.config.settings import Locale
from importer.core.issues import Problem
from importer.validation.schema import find_failures, validate
from tests.support.sampled import examples
from tests.unit.validation.builders import cells_of, check, numbers, validator, wire

HEADINGS = ["A", "B"]
CELLS = st.one_of(
    st.sampled_from(["", " ", "1", "x", "X", "gold", "Gold", "98450 98450", "a@b.com", "A@B.com", "01/02/2026", "no"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=8)
RULES: dict[str, Any] = {
    "text": {"column": "A", "unique": "true", "max_length": "3"},
    "email": {"column": "A", "type": "email", "unique": "true"},
    "phone": {"column": "B", "type": "phone"},
    "choice": {"column": "A", "type": "choice", "options": ["Gold", "Silver"], "required": "true"},
    "lookup": {"column": "B", "lookup": {"gold": "G", "x": "X"}},
    "date": {"column": "B", "type": "date", "format": "%d/%m/%Y"},
    "note": {"template": "{A}-{B}", "pattern": "[^x]*"},
    "flag": {"column": "A", "type": "boolean", "blank": "clear"},
    "fixed": {"value": "7"},
}

# Every type so written that what LeadSquared gets has the form that the type reads.
ROUND_TRIPS: list[tuple[dict[str, Any], st.SearchStrategy[str]]] = [
    ({"type": "text"}, st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
    ({"type": "email"}, st.emails()),
    ({"type": "phone"}, st.text("0123456789+ -", min_size=8, max_size=14)),
    ({"type": "number"}, st.decimals(-999, 999, places=2).map(lambda number: f"{number:f}")),
    ({"type": "integer"}, st.integers().map(str)),
    ({"type": "boolean"}, st.sampled_from(["yes", "No", "TRUE", "0", "y", "f"])),
    ({"type": "date"}, st.dates().map(str)),
    ({"type": "datetime", "timezone": "UTC"}, st.datetimes().map(lambda moment: f"{moment:%Y-%m-%d %H:%M:%S}")),
    ({"type": "uuid"}, st.uuids().map(lambda found: str(found).upper())),
    ({"type": "choice", "options": ["Gold", "SILVER"]}, st.sampled_from(["gold", "silver ", "SILVER", "x"])),
]


def in_chunks(rows: list[list[str]], size: int) -> tuple[list[Problem], list[bool], pd.DataFrame]:
    """All problems, all verdicts and all records of a file that is read ``size`` rows at a time."""
    made = validator(RULES, HEADINGS, identity=["activity.email", "activity.phone"])
    problems: list[Problem] = []
    verdicts: list[bool] = []
    records = []
    for start in range(0, len(rows), size):
        piece = rows[start : start + size]
        checked = made.check(numbers(len(piece), 2 + start), cells_of(HEADINGS, piece))
        problems.extend(checked.problems)
        verdicts.extend(checked.ok.tolist())
        records.append(checked.records)
    return problems, verdicts, pd.concat(records, ignore_index=True)


@pytest.mark.slow
@given(ROWS, st.integers(1, 5))
@settings(deadline=None, max_examples=examples(20))
def test_nothing_depends_on_the_size_of_chunks(rows: list[list[str]], size: int) -> None:
    """The same problems and records come out however the file is cut; a repeated value is found across cuts."""
    whole, verdicts, records = in_chunks(rows, len(rows))
    cut, cut_verdicts, cut_records = in_chunks(rows, size)
    assert cut == whole
    assert cut_verdicts == verdicts
    pd.testing.assert_frame_equal(cut_records, records)


def by_pandera(schema: pandera.DataFrameSchema, frame: pd.DataFrame) -> list[tuple[str, str, list[int]]]:
    """Column, check and failing positions of everything in which the frame fails, as pandera itself tells it."""
    found = []
    for error in validate(schema, frame.copy()):
        column = error.schema.name if isinstance(error.schema, pandera.Column) else ""
        if error.reason_code is SchemaErrorReason.SERIES_CONTAINS_NULLS:
            found.append((column, "required", np.flatnonzero(frame[column].isna()).tolist()))
        else:
            assert error.reason_code is SchemaErrorReason.DATAFRAME_CHECK, error
            assert isinstance(error.check, pandera.Check)
            found.append((column, error.check.name, np.flatnonzero(~error.check_output.to_numpy()).tolist()))
    return found


@pytest.mark.slow
@given(ROWS)
@settings(deadline=None, max_examples=examples(40))
def test_the_checks_called_one_by_one_find_what_panderas_validation_finds(rows: list[list[str]]) -> None:
    """The same columns, checks and rows in the same order."""
    made = validator(RULES, HEADINGS, identity=["activity.email", "activity.phone"])
    texts = [[cell.strip() or None for cell in column] for column in zip(*rows, strict=True)]
    frame = pd.DataFrame(
        {f"activity.{name}": texts[rule.get("column") == "B"] for name, rule in RULES.items()},
        index=numbers(len(rows)),
        dtype="str",
    )
    ours = [
        (failure.column, failure.check, failure.positions.tolist()) for failure in find_failures(made.schema, frame)
    ]
    assert ours == by_pandera(made.schema, frame)


@pytest.mark.slow
@given(ROWS)
@settings(deadline=None, max_examples=examples(20))
def test_a_row_is_ok_if_and_only_if_it_has_no_problem(rows: list[list[str]]) -> None:
    """Verdicts and problems never contradict each other, and problems come in the order of the rows."""
    checked = check(RULES, HEADINGS, rows)
    wrong = [problem.row for problem in checked.problems]
    assert wrong == sorted(wrong)
    assert checked.ok.tolist() == [row not in wrong for row in checked.rows.tolist()]
    assert len(checked.records) == len(rows)
    assert checked.records["activity.fixed"].tolist() == ["7"] * len(rows)


@pytest.mark.slow
@given(ROWS)
@settings(deadline=None, max_examples=examples(20))
def test_a_cell_has_at_most_one_problem_of_a_kind(rows: list[list[str]]) -> None:
    """No cause is reported twice for one field of a row."""
    problems = [(problem.row, problem.field, problem.code) for problem in check(RULES, HEADINGS, rows).problems]
    assert len(problems) == len(set(problems))


@given(ROWS)
@settings(deadline=None, max_examples=examples(10))
def test_checking_the_same_rows_again_changes_nothing(rows: list[list[str]]) -> None:
    """A second look at a chunk does not find its own values repeated."""
    made = validator(RULES, HEADINGS)
    first, second = (made.check(numbers(len(rows)), cells_of(HEADINGS, rows)) for _ in range(2))
    assert first.problems == second.problems


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "texts"), ROUND_TRIPS, ids=[rule["type"] for rule, _ in ROUND_TRIPS])
def test_what_is_sent_would_pass_again_unchanged(rule: dict[str, Any], texts: st.SearchStrategy[str]) -> None:
    """The text for the CRM of a good row is good itself, and is written as itself."""

    @given(st.lists(texts, min_size=1, max_size=6))
    @settings(deadline=None, max_examples=examples(30))
    def holds(cells: list[str]) -> None:
        rules = {"mx_1": {"column": "Cell", **rule}}
        locale = Locale(country="IN")
        once = check(rules, ["Cell"], [[text] for text in cells], locale=locale)
        sent = [text for text, good in zip(wire(once), once.ok, strict=True) if good and text is not None]
        again = check(rules, ["Cell"], [[text] for text in sent], locale=locale)
        assert again.problems == []
        assert wire(again) == sent

    holds()


@given(st.lists(st.text("abc", max_size=2), max_size=30), st.integers(1, 7))
@settings(deadline=None, max_examples=examples(25))
def test_duplicates_are_those_that_a_dictionary_finds(texts: list[str], size: int) -> None:
    """Each repeated value names the first row that had it, as simple counting would, across all chunks."""
    made = validator({"mx_1": {"column": "Cell", "unique": "true"}}, ["Cell"])
    found = []
    for start in range(0, len(texts), size):
        piece = [[text] for text in texts[start : start + size]]
        found += made.check(numbers(len(piece), 2 + start), cells_of(["Cell"], piece)).problems
    first: dict[str, int] = {}
    expected = []
    for row, text in enumerate(texts, start=2):
        if text and first.setdefault(text, row) != row:
            expected.append((row, f'"{text}" already appears in row {first[text]}.'))
    assert [(problem.row, problem.message) for problem in found] == expected
    assert all(one.row < other.row for one, other in pairwise(found))
