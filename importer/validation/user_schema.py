"""The user's own pandera schema beside ours: its columns found among the fields, its failures told as problems.

It sees one chunk of the file at a time, and what it changes (parsers, coercion) is not sent.
"""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
from pandera.errors import SchemaError, SchemaErrorReason

from importer.core.errors import MappingError, MappingProblem
from importer.core.issues import Problem, make_problem
from importer.mapping.suggestions import advice
from importer.transforms.columns import arrow_of, truths_of
from importer.validation.failures import WHOLE_ROW
from importer.validation.fields import Field
from importer.validation.interface import SourceColumn
from importer.validation.origins import blank
from importer.validation.schema import validate
from importer.validation.user_loading import UnusableSchemaError, read_user_schema

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Columns = Mapping[str, pd.Series[str]]

_WHOLE = frozenset({SchemaErrorReason.WRONG_DATATYPE, SchemaErrorReason.CHECK_ERROR})


@dataclass(frozen=True, slots=True)
class _Source:
    """What a column of the schema is checked on: a field's text for the CRM, or else a column of the spreadsheet."""

    place: SourceColumn
    field: str = ""


@dataclass(frozen=True, slots=True)
class UserSchema:
    """A schema of the user's and where each of its columns comes from."""

    schema: pandera.DataFrameSchema
    sources: Mapping[str, _Source]
    path: str
    line: tuple[int, int] = field(default=(0, 0))

    def problems(
        self, texts: pd.DataFrame, wires: Columns, cells: Columns, found: Collection[Problem]
    ) -> list[Problem]:
        """What the schema finds, but for cells and rows of the source that are in ``found`` already.

        ``texts`` are the fields' texts before they were read, ``wires`` what LeadSquared would get, ``cells`` the
        columns of the source by label; all are indexed by row number. Raises :class:`MappingError` when a check breaks
        or speaks of no row.
        """
        taken = {key for problem in found for key in _keys(problem)}
        told: list[Problem] = []
        for name, check, rows in self._failures(self._frame(texts, wires, cells)):
            source = self.sources.get(name)
            names = (WHOLE_ROW, source.place.label or source.field, source.field) if source else (WHOLE_ROW,)
            values = self._shown(source, texts, cells) if source else None
            for row in rows:
                if not any((row, key) in taken for key in names):
                    told.append(_problem(source, check, row, "" if values is None else str(values.at[row])))
        return told

    def _frame(self, texts: pd.DataFrame, wires: Columns, cells: Columns) -> pd.DataFrame:
        columns = {}
        for name, source in self.sources.items():
            given = wires[source.field].fillna(texts[source.field]) if source.field else cells[source.place.label]
            columns[name] = given.mask(truths_of(blank(arrow_of(given)), given))
        return pd.DataFrame(columns, index=texts.index)

    def _shown(self, source: _Source, texts: pd.DataFrame, cells: Columns) -> pd.Series[str]:
        return cells[source.place.label] if source.place.label else texts[source.field].fillna("")

    def _failures(self, frame: pd.DataFrame) -> Iterator[tuple[str, str, list[int]]]:
        """Column ("" for whole rows), check and rows of every failure."""
        errors = self._errors(self.schema, frame)
        if not any(error.reason_code is SchemaErrorReason.DATATYPE_COERCION for error in errors):
            yield from (self._failure(error, frame) for error in errors)
            return
        # One text that cannot be coerced keeps pandera from checking its whole column, and so the rows.
        for parser in self.schema.parsers:
            frame = parser(frame).parser_output
        uncoerced: set[int] = set()
        for name, column in self.schema.columns.items():
            alone = _part(self.schema, {name: column}, parsers=[], checks=[], unique=None, index=None)
            for _, check, rows in self._column_failures(alone, frame[[name]], uncoerced):
                yield name, check, rows
        bare = {name: _part(column, {}, checks=[], unique=False, nullable=True) for name, column in self._columns()}
        rest = frame.drop(index=list(uncoerced))
        for error in self._errors(_part(self.schema, bare, parsers=[]), rest):
            yield self._failure(error, rest)

    def _column_failures(
        self, alone: pandera.DataFrameSchema, frame: pd.DataFrame, uncoerced: set[int]
    ) -> Iterator[tuple[str, str, list[int]]]:
        """The failures of one column; rows whose text cannot be coerced are added to ``uncoerced``."""
        errors = self._errors(alone, frame)
        coercions = [error for error in errors if error.reason_code is SchemaErrorReason.DATATYPE_COERCION]
        for error in coercions:
            name, check, rows = self._failure(error, frame)
            yield name, check, rows
            frame = frame.drop(index=rows)
            uncoerced.update(rows)
        for error in self._errors(alone, frame) if coercions else errors:
            yield self._failure(error, frame)

    def _columns(self) -> Iterator[tuple[str, pandera.Column]]:
        return iter(self.schema.columns.items())

    def _errors(self, schema: pandera.DataFrameSchema, frame: pd.DataFrame) -> list[SchemaError]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return validate(schema, frame.copy())
        except Exception as error:  # noqa: BLE001  parsers and checks are the user's program, which can raise anything
            raise self._broken(f"Your schema broke: {type(error).__name__}: {error}.", "Correct it.") from None

    def _failure(self, error: SchemaError, frame: pd.DataFrame) -> tuple[str, str, list[int]]:
        check = _check_name(error)
        if error.reason_code in _WHOLE:
            raise self._broken(f"The check {check} of your schema broke: {error.failure_cases}.")
        rows = _failing_rows(error, frame)
        if not rows:
            raise self._broken(
                f"The check {check} of your schema does not say which rows fail it.",
                "Let it give one answer for every row; a file is checked in pieces, so no check sees all of it.",
            )
        return _column_of(error), check, rows

    def _broken(self, message: str, remedy: str = "Correct the check.") -> MappingError:
        return MappingError(self.path, [MappingProblem(*self.line, "schema", message, remedy)])


def _keys(problem: Problem) -> Iterator[tuple[int, str]]:
    """The row with each name by which the troubled cell is known; a row of the source that is broken has no name."""
    if problem.code != "no-identity":
        names = {problem.column, problem.field} - {""}
        yield from ((problem.row, name) for name in names or {WHOLE_ROW})


def _problem(source: _Source | None, check: str, row: int, value: str) -> Problem:
    if source is None:
        return make_problem("custom-row-check", row, check=check)
    place = source.place
    return make_problem(
        "custom-check", row, column=place.label, letter=place.letter, field=source.field, value=value, check=check
    )


def _part(schema: Any, columns: Mapping[str, pandera.Column], **changes: object) -> Any:
    """A copy of a schema, or of one of its columns, with some attributes changed."""
    part = copy.copy(schema)
    if columns:
        part.columns = dict(columns)
    for name, value in changes.items():
        setattr(part, name, value)
    return part


def _column_of(error: SchemaError) -> str:
    return str(error.schema.name) if isinstance(error.schema, pandera.Column) else ""


def _check_name(error: SchemaError) -> str:
    check: Any = error.check
    if isinstance(check, pandera.Check):
        name = str(check.error or check.name or "")
        return "without a name" if name in ("", "<lambda>") else name
    return str(check)


def _failing_rows(error: SchemaError, frame: pd.DataFrame) -> list[int]:
    """Row numbers, each once and in order; none when the error does not name rows."""
    output: Any = error.check_output
    if isinstance(output, pd.DataFrame):
        output = output.all(axis="columns")
    if isinstance(output, pd.Series):
        return _rows_of(output.index[~output.astype(bool)], frame)
    cases: Any = error.failure_cases
    if isinstance(cases, pd.DataFrame) and "index" in cases:
        return _rows_of(pd.Index(cases["index"].dropna()), frame)
    return []


def _rows_of(index: pd.Index[Any], frame: pd.DataFrame) -> list[int]:
    chosen: NDArray[np.bool_] = frame.index.isin(index)
    rows: list[int] = frame.index[chosen].tolist()
    return rows


def load_user_schema(
    spec: str,
    folder: Path,
    fields: Sequence[Field],
    columns: Collection[SourceColumn],
    *,
    path: str,
    line: tuple[int, int] = (0, 0),
) -> UserSchema:
    """The schema that ``spec`` (``path.py:Name`` or a pandera YAML, from ``folder`` on) names, tied to the mapping.

    Its columns are flat field names, schema names or headings that the mapping uses. Columns of another type than text
    are coerced, since cells are text. Raises :class:`MappingError`; ``path`` and ``line`` are the mapping's.
    """
    try:
        schema = copy.copy(read_user_schema(spec, folder))
        sources, kept = _resolved(schema, _known_names(fields, columns))
    except UnusableSchemaError as error:
        raise MappingError(path, [MappingProblem(*line, "schema", *error.args)]) from None
    schema.columns = kept
    schema.drop_invalid_rows = False
    return UserSchema(schema, sources, path, line)


def _known_names(fields: Sequence[Field], columns: Collection[SourceColumn]) -> dict[str, list[_Source]]:
    """What every name can mean: flat names before schema names before headings."""
    flat = {made.name: [_Source(made.origin.place, made.name)] for made in fields}
    bare: dict[str, list[_Source]] = {}
    for made in fields:
        bare.setdefault(made.name.partition(".")[2], []).append(_Source(made.origin.place, made.name))
    headings = {text: [_Source(column)] for column in columns for text in (column.heading, column.label)}
    return {**headings, **bare, **flat}


def _resolved(
    schema: pandera.DataFrameSchema, known: Mapping[str, list[_Source]]
) -> tuple[dict[str, _Source], dict[str, pandera.Column]]:
    sources: dict[str, _Source] = {}
    kept: dict[str, pandera.Column] = {}
    for name, given in schema.columns.items():
        column = copy.copy(given)
        column.drop_invalid_rows = False
        column.coerce = column.coerce or (column.dtype is not None and str(column.dtype) != "str")
        names = [text for text in known if re.match(name, text)] if column.regex else [name] if name in known else []
        if not names and not column.required:
            continue
        if not names:
            raise UnusableSchemaError(
                f"Your schema has a column `{name}`, which the mapping lacks.", advice(name, known)
            )
        for text in names:
            if len(known[text]) > 1:
                choices = " or ".join(f"`{source.field}`" for source in known[text])
                raise UnusableSchemaError(
                    f"The column `{text}` of your schema could be {choices}.", "Name one of them."
                )
            sources[text] = known[text][0]
            kept[text] = _part(column, {}, regex=False).set_name(text)
    return sources, kept
