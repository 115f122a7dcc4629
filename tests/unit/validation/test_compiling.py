"""What can never work is said before a row is read; what works is a pandera schema that can be shown."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pytest
import yaml

from importer.config.settings import Locale
from importer.core.errors import MappingError
from importer.mapping.model import FieldType
from importer.validation.readers import _MAKERS
from importer.validation.schema import find_failures, format_schema
from tests.unit.validation.builders import cells_of, numbers, validator


@pytest.mark.parametrize(
    ("rule", "locale", "path", "message", "remedy"),
    [
        (
            {"type": "datetime"},
            Locale(),
            "activity.a",
            "Nothing says in which time zone the times are.",
            "Add `timezone: Asia/Kolkata`, or the time zone in which they were written.",
        ),
        (
            {"type": "datetime"},
            Locale(time_zone="Mars/Olympus"),
            "activity.a",
            '"Mars/Olympus" is not the name of a time zone.',
            "Write a name such as `timezone: Asia/Kolkata`.",
        ),
        (
            {"type": "phone"},
            Locale(country="XX"),
            "activity.a",
            '"XX" is not a country with phone numbers.',
            "Write two letters: `country: IN`.",
        ),
        (
            {"type": "date", "default": "31/12/2026"},
            Locale(),
            "activity.a.default",
            '"31/12/2026" is not a date of the form YYYY-MM-DD.',
            "Expected something like 2026-12-31.",
        ),
        (
            {"type": "integer", "range": ["0", "5"], "lookup": {"low": "1", "high": "9"}},
            Locale(),
            "activity.a.lookup",
            "9 is outside the range from 0 to 5.",
            "Correct it, or the range in the mapping.",
        ),
        (
            {"type": "choice", "options": ["Gold"], "default": "Gld"},
            Locale(),
            "activity.a.default",
            '"Gld" is not one of the allowed values. Did you mean "Gold"?',
            "Allowed: Gold.",
        ),
    ],
)
def test_a_field_that_can_never_work_is_an_error_of_the_mapping(
    rule: dict[str, Any], locale: Locale, path: str, message: str, remedy: str
) -> None:
    """The error names the place in the mapping with its line, and what to write instead."""
    with pytest.raises(MappingError) as caught:
        validator({"a": {"column": "Cell", **rule}}, ["Cell"], locale=locale, line_of=lambda place: (len(place), 3))
    (problem,) = caught.value.problems
    assert (problem.path, problem.message, problem.remedy) == (path, message, remedy)
    assert (problem.line, problem.column) == (len(path), 3)


def test_every_field_that_can_never_work_is_named_at_once() -> None:
    """Nobody has to correct a mapping one run at a time."""
    rules = {
        "a": {"column": "Cell", "type": "datetime"},
        "b": "Cell",
        "c": {"value": "x", "type": "phone"},
    }
    with pytest.raises(MappingError) as caught:
        validator(rules, ["Cell"], locale=Locale(), path="m.yaml")
    assert [problem.path for problem in caught.value.problems] == ["activity.a", "activity.c.value"]
    assert str(caught.value).startswith("m.yaml has 2 problems:")


def test_every_type_has_a_reader() -> None:
    """A type that mappings may name can always be checked."""
    assert set(_MAKERS) | {FieldType.DATE, FieldType.DATETIME} == set(FieldType)


def test_the_schema_is_panderas_and_refuses_by_itself() -> None:
    """The compiled schema finds wrong rows without us: it is not a picture of the checks but the checks."""
    rules = {"a": {"column": "A", "type": "integer", "range": ["0", "5"]}, "b": {"column": "B", "required": "true"}}
    made = validator(rules, ["A", "B"], identity=["activity.a", "activity.b"])
    assert isinstance(made.schema, pandera.DataFrameSchema)
    frame = pd.DataFrame(
        {"activity.a": ["1", "x", "9", None], "activity.b": ["y", "y", None, None]}, index=[2, 3, 4, 5], dtype="str"
    )
    with pytest.raises(pandera.errors.SchemaErrors) as caught:
        made.schema.validate(frame, lazy=True)
    assert {
        str(error.check.name) for error in caught.value.schema_errors if isinstance(error.check, pandera.Check)
    } == {
        "integer",
        "range",
        "has_identity",
    }
    found = {
        (failure.column, failure.check): failure.positions.tolist() for failure in find_failures(made.schema, frame)
    }
    assert found == {
        ("activity.a", "integer"): [1],
        ("activity.a", "range"): [2],
        ("activity.b", "required"): [2, 3],
        ("", "has_identity"): [3],
    }


@pytest.mark.slow
def test_checks_cannot_be_switched_off_from_outside() -> None:
    """pandera's environment variables do not let bad rows through."""
    code = (
        "from tests.unit.validation.builders import check_cells\n"
        "print([problem.code for problem in check_cells({'type': 'integer'}, 'x').problems])"
    )
    variables = {"PANDERA_VALIDATION_ENABLED": "False", "PANDERA_VALIDATION_DEPTH": "SCHEMA_ONLY"}
    environment = {"PYTHONPATH": ":".join(path for path in sys.path if path), **variables}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['not-an-integer']"


def test_a_check_that_breaks_is_a_bug_and_not_a_bad_row() -> None:
    """An exception inside one of our own checks is never mistaken for data, and comes out as what it is."""
    made = validator({"a": "Cell"}, ["Cell"])
    made.schema.columns["activity.a"].checks[0]._check_fn = lambda texts: 1 / 0
    with pytest.raises(ZeroDivisionError):
        made.check(numbers(1), cells_of(["Cell"], [["x"]]))


def test_the_schema_as_text_shows_every_column_and_check() -> None:
    """People see where each field comes from and what it must be."""
    rules = {
        "a": {"column": "Cell", "type": "integer", "range": ["0", None], "required": "true"},
        "b": {"column": "Cell", "lookup": {"Gold": "G"}, "unique": "true"},
        "c": {"template": "at {Cell}", "max_length": "5", "pattern": "[a-z ]+"},
        "d": {"value": "201"},
        "e": {"column": "Cell", "type": "datetime", "format": "%d/%m/%Y %H:%M", "timezone": "UTC"},
        "f": {"column": "Cell", "type": "phone"},
    }
    made = validator(rules, ["Cell"], identity=["activity.a"])
    shown = yaml.safe_load(format_schema(made.schema))
    assert shown["name"] == "bulk-activities-by-lead-id"
    assert shown["checks"] == {"has_identity": {"one_of": ["activity.a"]}}
    assert list(shown["columns"]) == [f"activity.{name}" for name in "abcdef"]
    columns = {name[-1]: column for name, column in shown["columns"].items()}
    assert [column["description"] for column in columns.values()] == [
        'column A "Cell"',
        'column A "Cell"',
        'template "at {Cell}"',
        'always "201"',
        'column A "Cell"',
        'column A "Cell"',
    ]
    assert [column["nullable"] for column in columns.values()] == [False, True, True, True, True, True]
    assert columns["a"]["checks"] == {"integer": True, "certain_number": True, "range": {"low": "0", "high": None}}
    assert columns["b"]["checks"] == {"in_lookup": {"table": {"Gold": "G"}}, "unique": True}
    assert columns["c"]["checks"] == {
        "sendable_text": True,
        "max_length": {"most": 5},
        "pattern": {"pattern": "[a-z ]+"},
    }
    assert "checks" not in columns["d"]
    assert columns["e"]["checks"]["datetime"] == {"format": "%d/%m/%Y %H:%M", "timezone": "UTC"}
    assert columns["f"]["checks"] == {"phone": {"country": "IN"}}


@pytest.mark.slow
def test_the_room_is_light_until_it_checks() -> None:
    """Importing the validator does not wait for pandas and pandera."""
    code = (
        "import importer.validation.validator, sys\n"
        "sys.exit(any(name in sys.modules for name in ('pandas', 'pandera', 'pyarrow', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_rows_without_an_index_of_their_own_are_compared_by_number() -> None:
    """Row numbers may be any integers numpy has."""
    made = validator({"a": {"column": "Cell", "unique": "true"}}, ["Cell"])
    checked = made.check(np.array([2, 3], dtype=np.int32), cells_of(["Cell"], [["x"], ["x"]]))
    assert [problem.row for problem in checked.problems] == [3]
