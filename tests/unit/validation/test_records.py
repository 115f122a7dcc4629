"""What LeadSquared gets: origins, transforms, look-ups, defaults and empty cells, in that order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from importer.config.settings import Locale
from importer.core.issues import make_problem
from importer.mapping.model import FieldType, Mapping
from importer.validation.interface import SourceColumn
from importer.validation.validator import Validator
from tests.unit.validation.builders import (
    LOCALE,
    TODAY,
    cells_of,
    check,
    check_cells,
    messages_of,
    numbers,
    validator,
    wire,
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ({}, " 0012\n", "0012"),
        ({}, "NA", "NA"),
        ({}, "{{7*7}} %s {0}", "{{7*7}} %s {0}"),
        ({}, "", None),
        ({}, " \u00a0\u200b\t", None),
        ({"blank": "clear"}, " ", ""),
        ({"default": "none"}, " ", "none"),
        ({"default": "yes", "type": "boolean"}, "", "1"),
        ({"transforms": ["strip", "title"]}, "  new DELHI ", "New Delhi"),
        ({"transforms": ["digits"], "default": "0"}, "n/a", "0"),
        ({"type": "email"}, " a@b.com\u200b", "a@b.com"),
        ({"type": "phone"}, "098450 98450", "+91-9845098450"),
        ({"type": "phone", "country": "US"}, "(650) 253-0000", "+1-6502530000"),
        ({"type": "number"}, " 012.50", "12.50"),
        ({"type": "integer"}, "-7", "-7"),
        ({"type": "boolean"}, "Yes", "1"),
        ({"type": "boolean"}, "FALSE", "0"),
        ({"type": "date"}, "2026-02-28", "2026-02-28"),
        ({"type": "date", "format": "%d.%m.%y"}, "28.02.26", "2026-02-28"),
        ({"type": "datetime"}, "2026-02-28 14:05:00", "2026-02-28 08:35:00"),
        ({"type": "datetime"}, "2026-02-28", "2026-02-27 18:30:00"),
        ({"type": "datetime", "timezone": "UTC"}, "2026-02-28 14:05:00", "2026-02-28 14:05:00"),
        ({"type": "datetime", "format": "%Y-%m-%dT%H:%M:%S%z"}, "2026-02-28T14:05:00Z", "2026-02-28 14:05:00"),
        ({"type": "uuid"}, "2C1E8F0A-6B1D-4C52-9E8E-0D3F5A7B9C11", "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"),
        ({"type": "choice", "options": ["Gold", "Silver"]}, " gold", "Gold"),
        ({"lookup": {"Gold": "G"}}, "GOLD ", "G"),
        ({"lookup": {"Gold": "G"}, "transforms": ["first_word"]}, "Gold member", "G"),
        ({"lookup": {"Gold": "G"}, "default": "N"}, "Iron", "N"),
        ({"lookup": {"Gold": "G"}, "default": "N"}, "", "N"),
        ({"lookup": {"Gold": "G"}}, "", None),
        ({"lookup": {"Gold": "G"}, "blank": "clear"}, "", ""),
        ({"lookup": {"": "E", "Gold": "G"}}, "", "E"),
        ({"lookup": {"y": "yes"}, "type": "boolean"}, "y", "1"),
        ({"lookup": {"HQ": "080 2222 3333"}, "type": "phone"}, "hq", "+91-8022223333"),
        ({"type": "choice", "lookup": {"Gold": "G"}}, "Gold", "G"),
    ],
)
def test_a_good_cell_becomes_leadsquareds_text(rule: dict[str, Any], text: str, expected: str | None) -> None:
    """Every type has one spelling for the CRM; an empty cell is not sent, clears, or has its default."""
    checked = check_cells(rule, text)
    assert messages_of(checked) == []
    assert wire(checked) == [expected]
    assert checked.records["activity.mx_1"].dtype == "str"


def test_constants_are_the_same_in_every_row() -> None:
    """A constant needs no column, and is written as its type wants it."""
    rules = {"a": {"value": "201"}, "b": {"value": "yes", "type": "boolean"}, "c": {"value": "", "blank": "clear"}}
    checked = check(rules, ["Cell"], [["x"], [""]])
    assert checked.ok.all()
    assert [wire(checked, f"activity.{name}") for name in "abc"] == [["201"] * 2, ["1"] * 2, [""] * 2]


def test_a_mapping_of_constants_alone_needs_no_cells() -> None:
    """Even a file of which no column is used has its rows."""
    made = Validator(validator_mapping(), {}, locale=LOCALE, today=TODAY)
    checked = made.check(numbers(2), pd.DataFrame(index=range(2)))
    assert checked.records["activity.a"].tolist() == ["1", "1"]


def validator_mapping() -> Any:
    """A mapping with one constant."""
    return Mapping.model_validate({"target": "create-lead", "activity": {"a": {"value": "1"}}})


def test_templates_are_filled_from_cells_and_empty_when_all_of_them_are() -> None:
    """Cells go in as they are; a template without any cell filled says nothing and is not sent."""
    rules = {"note": {"template": "{City}, {State}!"}, "one": {"template": "at {City}", "max_length": "5"}}
    checked = check(rules, ["City", "State"], [["Pune", "MH"], ["Goa", ""], [" ", ""], ["{x}", "\\1"]])
    assert wire(checked, "activity.note") == ["Pune, MH!", "Goa, !", None, "{x}, \\1!"]
    assert messages_of(checked) == [
        'row 2, column A "City": The text has 7 characters; activity.one holds 5. Shorten the text.',
        'row 3, column A "City": The text has 6 characters; activity.one holds 5. Shorten the text.',
        'row 5, column A "City": The text has 6 characters; activity.one holds 5. Shorten the text.',
    ]
    assert checked.problems[0].value == "at Pune"


def test_a_template_of_several_columns_points_to_none_of_them() -> None:
    """A problem that no single column caused names the row and the field only."""
    rules = {"note": {"template": "{City}{State}", "max_length": "3"}}
    (problem,) = check(rules, ["City", "State"], [["Pune", "MH"]]).problems
    assert (problem.column, problem.letter, problem.field) == ("", "", "activity.note")


def test_fields_inside_a_custom_field_set_have_flat_names() -> None:
    """The records' columns are the flat names that targets expect, in the order of the mapping."""
    rules = {"mx_KYC": {"fields": {"Status": {"value": "Pending"}, "mx_CustomObject_1": "Cell"}}, "b": "Cell"}
    records = check(rules, ["Cell"], [["x"]]).records
    assert list(records) == ["activity.mx_KYC.Status", "activity.mx_KYC.mx_CustomObject_1", "activity.b"]


def test_columns_are_found_by_label() -> None:
    """Two columns with one heading differ by label, which is also what problems show."""
    mapping = Mapping.model_validate({"target": "t", "lead": {"a": {"column": "City (2)", "type": "integer"}}})
    made = Validator(mapping, {"City (2)": SourceColumn("City (2)", "D", "City")}, today=TODAY)
    checked = made.check(numbers(1), cells_of(["City", "City (2)"], [["1", "x"]]))
    assert [(problem.column, problem.letter) for problem in checked.problems] == [("City (2)", "D")]


def test_rows_keep_their_numbers_and_records_their_order() -> None:
    """Gaps in the row numbers, where blank rows were left out, shift nothing."""
    made = validator({"mx_1": {"column": "Cell", "type": "integer"}}, ["Cell"])
    rows = np.array([3, 7, 8, 20])
    checked = made.check(rows, cells_of(["Cell"], [["1"], ["x"], ["2"], [""]]))
    assert checked.rows.tolist() == [3, 7, 8, 20]
    assert checked.ok.tolist() == [True, False, True, True]
    assert [problem.row for problem in checked.problems] == [7]
    assert checked.records.index.equals(pd.RangeIndex(4))
    assert wire(checked)[2:] == ["2", None]


def test_problems_of_the_source_are_kept_and_not_doubled() -> None:
    """A cell that was wrong already gets no second problem, nor does any cell of a row that was; rows stay in order."""
    rules = {"a": {"column": "A", "type": "integer"}, "b": {"column": "B", "required": "true"}}
    found = [
        make_problem("error-cell", 2, column="A", letter="A", value="#N/A"),
        make_problem("row-too-short", 3, found=1, expected=2),
    ]
    rows = [["#N/A", ""], ["x", ""], ["y", "1"]]
    checked = check(rules, ["A", "B"], rows, [*found], identity=["activity.b"])
    assert [(problem.row, problem.code) for problem in checked.problems] == [
        (2, "error-cell"),
        (2, "required"),
        (2, "no-identity"),
        (3, "row-too-short"),
        (4, "not-an-integer"),
    ]
    assert checked.ok.tolist() == [False, False, False]


@pytest.mark.parametrize("kind", list(FieldType))
def test_a_chunk_without_rows_still_has_its_columns(kind: FieldType) -> None:
    """An empty file gives an empty frame with every field, as text."""
    options = {"options": ["x"]} if kind is FieldType.CHOICE else {}
    rules = {"a": {"column": "A", "type": kind, "unique": "true", **options}, "b": {"value": "1"}}
    checked = check(rules, ["A"], [], identity=["activity.a"])
    assert checked.records.dtypes.tolist() == ["str", "str"]
    assert (len(checked.records), len(checked.ok), checked.problems) == (0, 0, [])


def test_the_accounts_defaults_count_only_where_the_mapping_is_silent() -> None:
    """Time zone and country of the field win over those of the account."""
    rule = {"type": "datetime", "timezone": "UTC"}
    assert wire(check_cells(rule, "2026-01-01 00:00:00", locale=Locale(time_zone="Asia/Kolkata"))) == [
        "2026-01-01 00:00:00"
    ]
    phone = {"type": "phone", "country": "SG"}
    assert wire(check_cells(phone, "6123 4567", locale=Locale(country="IN"))) == ["+65-61234567"]
