"""Parts of cells, cells with several values, and fields that take their value from several columns."""

from __future__ import annotations

from importer.crm_schema import FieldConstraint
from importer.validation.schema import format_schema
from tests.unit.validation.builders import cells_of, check, numbers, validator, wire


def test_what_extract_does_not_find_is_reported() -> None:
    """With the first row; empty cells do not count."""
    checker = validator({"mx_1": {"column": "Cell", "extract": "[0-9]+"}}, ["Cell"])
    checked = checker.check(numbers(4), cells_of(["Cell"], [["a 12 b 3"], [""], ["none"], ["nil"]]))
    assert wire(checked) == ["12", None, None, None]
    assert list(checker.notes()) == [
        "activity.mx_1: `extract` found nothing in 2 cells, first in row 4, which are taken for empty."
    ]


def test_each_of_several_values_is_one_of_the_accounts_options() -> None:
    """And is sent in the account's spelling."""
    checker = validator({"mx_1": {"column": "Cell", "separator": ","}}, ["Cell"])
    checker.apply_constraints({"activity.mx_1": FieldConstraint("Tags", options=("On line ", "HR"))})
    checked = checker.check(numbers(3), cells_of(["Cell"], [["On  line, HR"], ["HR,Law"], [""]]))
    assert wire(checked)[0] == "On line ;HR"
    assert [(problem.row, problem.code) for problem in checked.problems] == [(3, "not-an-account-option")]


def test_a_doubtful_row_is_not_left_out() -> None:
    """An error cell where the condition looks, or a row of which cells may have moved, is a problem as ever."""
    rules = {"mx_1": "Cell"}
    rows = [["a", "x"], ["b", "x"], ["c", "x"]]
    from importer.core.issues import make_problem

    found = [
        make_problem("error-cell", 2, column="Kind", letter="B", value="#N/A"),
        make_problem("row-too-short", 3, found=1, expected=2),
    ]
    checked = check(rules, ["Cell", "Kind"], rows, found, where={"column": "Kind", "equals": "y"})
    assert checked.left_out.tolist() == ["", "", "The condition `where` of the mapping does not hold."]
    assert [problem.code for problem in checked.problems] == ["error-cell", "row-too-short"]


def test_the_schema_describes_where_values_come_from() -> None:
    """In words, also for values that only an import knows."""
    rules = {
        "mx_1": {"first_of": ["A", "B"]},
        "mx_2": {"when": [{"if": {"column": "A", "empty": "true"}, "value": "x"}, {"value": "y"}]},
        "mx_3": {"file_name": "[0-9]+"},
        "mx_4": {"run_date": "%d/%m/%Y"},
    }
    text = format_schema(validator(rules, ["A", "B"]).schema)
    for words in (
        "first filled column of A, B",
        "one of 2 cases",
        'name of the file, by "[0-9]+"',
        "day of the import",
    ):
        assert words in text
