"""The fields of a mapping compiled to a pandera schema, and the problems of the rows that fail its checks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from importer.core.issues import Problem, ProblemMaker, make_problem
from importer.validation.fields import CompiledField

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from importer.validation.rules import Test

    Column = pd.Series[str]

IDENTITY = "has_identity"
"""The name of the check that a row has one of the fields that identify a lead."""
WHOLE_ROW = ""
"""Stands for the column of a problem that concerns the whole row."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Rows of a frame, by position from 0, that fail one check of one column; no column means a check of whole rows."""

    column: str
    check: str
    positions: NDArray[np.intp]


def compile_schema(name: str, fields: Sequence[CompiledField], identity: Sequence[str]) -> pandera.DataFrameSchema:
    """Return the schema for frames with one column of text per field, missing where the cell is empty.

    Frames are indexed by row number. Of the ``identity`` columns every row needs one.
    """
    columns = {}
    for field in fields:
        checks = [_make_check(rule.name, rule.code, rule.passes, dict(rule.facts)) for rule in field.rules]
        columns[field.name] = pandera.Column(
            pd.StringDtype(na_value=np.nan), checks, nullable=not field.required, description=_describe_origin(field)
        )
    names = list(identity)

    def identified(frame: pd.DataFrame) -> pd.Series[bool]:
        return frame[names].notna().any(axis="columns")

    row_checks = [_make_check(IDENTITY, "no-identity", identified, {"one_of": names})] if names else []
    return pandera.DataFrameSchema(columns, checks=row_checks, name=name)


def _make_check(name: str, code: str, passes: Test | Any, statistics: dict[str, object]) -> pandera.Check:
    def passes_by_position(cells: Any) -> pd.Series[bool]:
        # pandera collects the failing values of answers that have the index of the cells, three times over. The mask is
        # all that is needed, and an answer by position is passed on as it is: 0.34 instead of 0.53 seconds for 30,000
        # rows of 20 columns with 15 failing checks.
        return pd.Series(passes(cells).to_numpy())

    return pandera.Check(passes_by_position, name=name, error=code, statistics=statistics, ignore_na=False)


def _describe_origin(field: CompiledField) -> str:
    rule = field.rule
    if rule.column is not None:
        place = field.origin.place
        return f'column {place.letter} "{place.label}"' if place.letter else f'column "{place.label}"'
    if rule.first_of is not None:
        return f"first filled column of {', '.join(rule.first_of)}"
    if rule.when is not None:
        return f"one of {len(rule.when)} cases"
    if rule.file_name is not None:
        return f'name of the file, by "{rule.file_name}"'
    if rule.run_date is not None:
        return f'day of the import, as "{rule.run_date}"'
    return f'template "{rule.template}"' if rule.template is not None else f'always "{rule.value}"'


def format_schema(schema: pandera.DataFrameSchema) -> str:
    """Format a compiled schema as YAML in the shape of pandera's own: every column with its origin and its checks.

    Checks are listed by name, with the values that they compare with.
    """
    import yaml

    columns: dict[str, Any] = {}
    for name, column in schema.columns.items():
        columns[str(name)] = {
            "description": column.description,
            "dtype": str(column.dtype),
            "nullable": column.nullable,
        }
        if column.checks:
            columns[str(name)]["checks"] = _describe_checks(column.checks)
    content: dict[str, Any] = {"schema_type": "dataframe", "name": schema.name, "columns": columns}
    if schema.checks:
        content["checks"] = _describe_checks(schema.checks)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _describe_checks(checks: list[pandera.Check]) -> dict[str, Any]:
    return {str(check.name): dict(check.statistics or {}) or True for check in checks}


def validate(schema: pandera.DataFrameSchema, frame: pd.DataFrame) -> list[SchemaError]:
    """Return every error of ``frame`` against ``schema``, whatever the environment variables of pandera say."""
    try:
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            schema.validate(frame, lazy=True, inplace=True)
    except SchemaErrors as errors:
        return list(errors.schema_errors)
    return []


def find_failures(schema: pandera.DataFrameSchema, frame: pd.DataFrame) -> Iterator[Failure]:
    """Validate ``frame`` and yield the failures column by column, those of whole rows last.

    The schema is one of :func:`compile_schema`. Raises what a check raises.
    """
    for error in validate(schema, frame):
        column = str(error.schema.name) if isinstance(error.schema, pandera.Column) else ""
        if error.reason_code is SchemaErrorReason.SERIES_CONTAINS_NULLS:
            yield Failure(column, "required", np.flatnonzero(frame[column].isna().to_numpy()))
            continue
        check: Any = error.check
        assert isinstance(check, pandera.Check), error
        passed: Any = error.check_output
        if error.reason_code is SchemaErrorReason.CHECK_ERROR:
            # Of an exception pandera keeps the text only. Run again by itself the check raises it, or answers.
            passed = check(frame[column] if column else frame).check_output
        positions = np.flatnonzero(~passed.to_numpy())
        if len(positions):
            yield Failure(column, str(check.name), positions)


class ExistingProblems:
    """The problems that cells and rows have already, so that no cell gets a second one that only confuses."""

    def __init__(self, rows: NDArray[np.int64], problems: Collection[Problem]) -> None:
        by_column: dict[str, list[int]] = {}
        for problem in problems:
            by_column.setdefault(problem.column, []).append(problem.row)
        self._masks = {column: np.isin(rows, found) for column, found in by_column.items()}

    def exclude(self, positions: NDArray[np.intp], labels: Iterable[str]) -> NDArray[np.intp]:
        """Return the ``positions`` where neither the row nor a cell in one of the columns has a problem already."""
        for label in (WHOLE_ROW, *labels):
            mask = self._masks.get(label)
            if mask is not None:
                positions = positions[~mask[positions]]
        return positions


def make_cell_problems(
    field: CompiledField, failure: Failure, shown: Column, texts: Column, existing: ExistingProblems
) -> Iterator[Problem]:
    """Yield one problem for each cell that failed a check of ``field``.

    ``shown`` are the cells as they stand in the source, ``texts`` the same after the transforms.
    """
    positions = existing.exclude(failure.positions, (column.label for column in field.origin.columns.values()))
    if not len(positions):
        return
    rule = next((rule for rule in field.rules if rule.name == failure.check), None)
    place = field.origin.place
    maker = ProblemMaker(
        rule.code if rule else "required",
        rule.words if rule else {},
        column=place.label,
        letter=place.letter,
        field=field.name,
    )
    failed = texts.iloc[positions]
    own_words: Iterable[Mapping[str, object]] = repeat({}, len(failed))
    if rule is not None and rule.own_words is not None:
        own_words = rule.own_words(failed)
    values = shown.iloc[positions].tolist()
    for row, value, own in zip(failed.index.tolist(), values, own_words, strict=True):
        yield maker.at(row, value, own)


def make_row_problems(
    failure: Failure, rows: NDArray[np.int64], identity: Sequence[CompiledField], existing: ExistingProblems
) -> Iterator[Problem]:
    """Yield one problem for each row in which all of the ``identity`` fields are empty."""
    assert failure.check == IDENTITY, failure
    names = " or ".join(f'"{field.origin.place.label or field.name}"' for field in identity)
    labels = (column.label for field in identity for column in field.origin.columns.values())
    for position in existing.exclude(failure.positions, labels).tolist():
        yield make_problem("no-identity", int(rows[position]), fields=names)
