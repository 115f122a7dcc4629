"""Marks of spreadsheets around cells: what is sent, and what people read of it."""

from __future__ import annotations

from tests.unit.validation.builders import cells_of, check_cells, numbers, validator, wire

ROWS = [["'9876501001", " Asha"], ["p:+919876501002", "Ravi "], ["9876501003;", "Meera"], ['="9876501004"', "'Li"]]


def test_marks_are_counted_for_each_column() -> None:
    """The note names column, kinds, count and first row, over all chunks."""
    rules = {"mx_1": {"column": "Phone", "type": "phone"}, "mx_2": "Name", "mx_3": {"template": "{Name}!"}}
    made = validator(rules, ["Phone", "Name"])
    first = made.check(numbers(2), cells_of(["Phone", "Name"], ROWS[:2]))
    second = made.check(numbers(2, 4), cells_of(["Phone", "Name"], ROWS[2:]))
    assert [*wire(first), *wire(second)] == [f"+91-987650100{number}" for number in (1, 2, 3, 4)]
    assert [*wire(first, "activity.mx_2"), *wire(second, "activity.mx_2")] == ["Asha", "Ravi", "Meera", "Li"]
    assert wire(first, "activity.mx_3") == ["Asha!", "Ravi!"]
    assert list(made.notes()) == [
        'Column A "Phone": marks that are no part of the value were taken off 4 cells, first in row 2: '
        'a leading apostrophe (1), a prefix such as tel: (1), the form ="…" (1), a separator at the end (1). '
        "`marks: keep` in the mapping keeps them.",
        'Column B "Name": marks that are no part of the value were taken off 3 cells, first in row 2: '
        "blanks around the text (2), a leading apostrophe (1). `marks: keep` in the mapping keeps them.",
    ]


def test_marks_can_be_kept() -> None:
    """The mapping says so for a field."""
    assert wire(check_cells({"marks": "keep"}, " '5")) == [" '5"]


def test_clean_cells_leave_no_note() -> None:
    """Nothing is said of a column without marks."""
    made = validator({"mx_1": "Cell"}, ["Cell"])
    made.check(numbers(1), cells_of(["Cell"], [["Asha"]]))
    assert list(made.notes()) == []


def test_a_problem_shows_the_cell_as_it_stands_in_the_file() -> None:
    """People look for what they see in the spreadsheet."""
    (problem,) = check_cells({"type": "integer"}, "'ten").problems
    assert problem.value == "'ten"
