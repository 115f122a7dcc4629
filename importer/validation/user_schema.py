"""Validation with a pandera schema of the user, from `path.py:Name` or a pandera YAML file, beside that of the mapping.

It sees one chunk of the file at a time, and what it changes (parsers, coercion) is not sent.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.abc
import importlib.util
import re
import sys
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
from pandera.errors import SchemaError, SchemaErrorReason

from importer.config import read_program
from importer.core.errors import MappingError, MappingProblem, SettingsError
from importer.core.issues import Problem, make_problem
from importer.core.text import suggest_name
from importer.transforms import arrow_of, blank, truths_of
from importer.validation.fields import CompiledField
from importer.validation.interface import SourceColumn
from importer.validation.schema import WHOLE_ROW, validate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Columns = Mapping[str, pd.Series[str]]

_WHOLE = frozenset({SchemaErrorReason.WRONG_DATATYPE, SchemaErrorReason.CHECK_ERROR})


@dataclass(frozen=True, slots=True)
class _Source:
    """The source of a column of the schema: a field's text for the CRM, or else a column of the spreadsheet."""

    place: SourceColumn
    field: str = ""


@dataclass(frozen=True, slots=True)
class UserSchema:
    """A schema of the user, and the source of each of its columns."""

    schema: pandera.DataFrameSchema
    sources: Mapping[str, _Source]
    path: str
    line: tuple[int, int] = field(default=(0, 0))

    def problems(
        self, texts: pd.DataFrame, wires: Columns, cells: Columns, found: Collection[Problem]
    ) -> list[Problem]:
        """Return the problems that the schema finds, except for cells and rows that are in ``found`` already.

        ``texts`` are the fields' texts before they were read, ``wires`` what LeadSquared would get, ``cells`` the
        columns of the source by label; all are indexed by row number. Raises :class:`MappingError` when a check breaks
        or does not say which rows fail.
        """
        taken = {key for problem in found for key in _keys(problem)}
        problems: list[Problem] = []
        # One failure concerns many rows; each row gets a problem unless the cell or row has one already.
        for name, check, rows in self._failures(self._frame(texts, wires, cells)):
            source = self.sources.get(name)
            names = (WHOLE_ROW, source.place.label or source.field, source.field) if source else (WHOLE_ROW,)
            values: pd.Series[str] | None = None
            if source is not None:
                label = source.place.label
                values = cells[label] if label else texts[source.field].fillna("")
            for row in rows:
                if not any((row, key) in taken for key in names):
                    problems.append(_problem(source, check, row, "" if values is None else str(values.at[row])))
        return problems

    def _frame(self, texts: pd.DataFrame, wires: Columns, cells: Columns) -> pd.DataFrame:
        columns = {}
        for name, source in self.sources.items():
            given = wires[source.field].fillna(texts[source.field]) if source.field else cells[source.place.label]
            columns[name] = given.mask(truths_of(blank(arrow_of(given)), given))
        return pd.DataFrame(columns, index=texts.index)

    def _failures(self, frame: pd.DataFrame) -> Iterator[tuple[str, str, list[int]]]:
        """Yield column ("" for whole rows), check and rows of every failure."""
        errors = self._errors(self.schema, frame)
        if not any(error.reason_code is SchemaErrorReason.DATATYPE_COERCION for error in errors):
            yield from (self._failure(error, frame) for error in errors)
            return
        # One text that cannot be coerced keeps pandera from checking its whole column, and so the rows. First step:
        # check every column by itself, without the rows that cannot be coerced.
        for parser in self.schema.parsers:
            frame = parser(frame).parser_output
        uncoerced: set[int] = set()
        for name, column in self.schema.columns.items():
            alone = _part(self.schema, {name: column}, parsers=[], checks=[], unique=None, index=None)
            for _, check, rows in self._column_failures(alone, frame[[name]], uncoerced):
                yield name, check, rows
        # Second step: check whole rows, without those in which some text could not be coerced.
        bare = {
            name: _part(column, {}, checks=[], unique=False, nullable=True)
            for name, column in self.schema.columns.items()
        }
        rest = frame.drop(index=list(uncoerced))
        for error in self._errors(_part(self.schema, bare, parsers=[]), rest):
            yield self._failure(error, rest)

    def _column_failures(
        self, alone: pandera.DataFrameSchema, frame: pd.DataFrame, uncoerced: set[int]
    ) -> Iterator[tuple[str, str, list[int]]]:
        """Yield the failures of one column; rows whose text cannot be coerced are added to ``uncoerced``."""
        errors = self._errors(alone, frame)
        coercions = [error for error in errors if error.reason_code is SchemaErrorReason.DATATYPE_COERCION]
        for error in coercions:
            name, check, rows = self._failure(error, frame)
            yield name, check, rows
            frame = frame.drop(index=rows)
            uncoerced.update(rows)
        for error in self._errors(alone, frame) if coercions else errors:
            yield self._failure(error, frame)

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
        column = str(error.schema.name) if isinstance(error.schema, pandera.Column) else ""
        return column, check, rows

    def _broken(self, message: str, remedy: str = "Correct the check.") -> MappingError:
        return MappingError(self.path, [MappingProblem(*self.line, "schema", message, remedy)])


def _keys(problem: Problem) -> Iterator[tuple[int, str]]:
    """Yield the row with each name of the cell that has the problem; a problem of the whole row has an empty name."""
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
    """Copy a schema, or one of its columns, with some attributes changed."""
    part = copy.copy(schema)
    if columns:
        part.columns = dict(columns)
    for name, value in changes.items():
        setattr(part, name, value)
    return part


def _check_name(error: SchemaError) -> str:
    check: Any = error.check
    if isinstance(check, pandera.Check):
        name = str(check.error or check.name or "")
        return "without a name" if name in ("", "<lambda>") else name
    return str(check)


def _failing_rows(error: SchemaError, frame: pd.DataFrame) -> list[int]:
    """Return the numbers of the failing rows, each once and in order; none when the error does not name rows."""
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
    fields: Sequence[CompiledField],
    columns: Collection[SourceColumn],
    *,
    path: str,
    line: tuple[int, int] = (0, 0),
) -> UserSchema:
    """Load the schema ``spec``, ``path.py:Name`` or a pandera YAML, from ``folder`` on, and find its columns' sources.

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


def _known_names(fields: Sequence[CompiledField], columns: Collection[SourceColumn]) -> dict[str, list[_Source]]:
    """Return the sources of every name: flat names before schema names before headings."""
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
                f"Your schema has a column `{name}`, which the mapping lacks.", suggest_name(name, known)
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


NOT_A_SCHEMA = "Name a DataFrameModel class or a DataFrameSchema of pandera."


class UnusableSchemaError(Exception):
    """The schema cannot be used; holds a sentence and a remedy."""


def read_user_schema(spec: str, folder: Path) -> pandera.DataFrameSchema:
    """Read the schema ``spec``, whose path begins in ``folder``. Raises :class:`UnusableSchemaError`.

    A Python file is run, so it is guarded as a file of keys is.
    """
    if spec.lower().endswith((".yaml", ".yml")):
        return _from_yaml(folder / spec)
    file, _, name = spec.rpartition(":")
    return _from_python(folder / file, name)


def _from_yaml(path: Path) -> pandera.DataFrameSchema:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None
    try:
        schema = pandera.DataFrameSchema.from_yaml(text)
    except Exception as error:  # noqa: BLE001  pandera lets every kind of error through from a file that is not its own
        raise UnusableSchemaError(
            f"{path} is not a pandera schema: {_describe_exception(error)}.", "Write it with `schema.to_yaml()`."
        ) from None
    if not isinstance(schema, pandera.DataFrameSchema):
        raise UnusableSchemaError(f"{path} is not a schema of a table.", NOT_A_SCHEMA)
    return schema


def _from_python(path: Path, name: str) -> pandera.DataFrameSchema:
    found: Any = getattr(_run(path), name, None)
    if found is None:
        raise UnusableSchemaError(f"{path} has no `{name}`.", NOT_A_SCHEMA)
    if isinstance(found, type) and issubclass(found, pandera.DataFrameModel):
        try:
            return found.to_schema()
        except Exception as error:  # noqa: BLE001  a model of the user's can go wrong in any way
            raise UnusableSchemaError(
                f"`{name}` of {path} is not a valid model: {_describe_exception(error)}.", NOT_A_SCHEMA
            ) from None
    if isinstance(found, pandera.DataFrameSchema):
        return found
    raise UnusableSchemaError(f"`{name}` of {path} is not a schema.", NOT_A_SCHEMA)


class _Program(importlib.abc.SourceLoader):
    """Loads exactly the bytes that were looked at: not what the file holds a moment later, nor a compiled one."""

    def __init__(self, path: str, content: bytes) -> None:
        self._path, self._content = path, content

    def get_filename(self, fullname: str) -> str:
        return self._path

    def get_data(self, path: str | bytes) -> bytes:
        if path != self._path:
            raise FileNotFoundError(path)
        return self._content


def _run(path: Path) -> ModuleType:
    try:
        path.stat()
        content = read_program(path, "your schema")
    except OSError as error:
        raise _unreadable(path, error) from None
    except SettingsError as error:
        raise UnusableSchemaError(error.message, error.remedy) from None
    # Models look their annotations up in sys.modules, so the module needs a name of its own there.
    name = f"importer_user_schema_{hashlib.sha256(content + bytes(path.absolute())).hexdigest()[:16]}"
    loader = _Program(str(path), content)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None, path
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except Exception as error:  # noqa: BLE001  it is the user's program, which can raise anything
        del sys.modules[name]
        raise UnusableSchemaError(
            f"{path} cannot be run: {_describe_exception(error)}.", f"Try it by itself: python {path.name}"
        ) from None
    return module


def _unreadable(path: Path, error: Exception) -> UnusableSchemaError:
    reason = getattr(error, "strerror", None) or str(error)
    return UnusableSchemaError(
        f"The schema {path} cannot be read: {reason}.", "Its path begins in the folder of the mapping."
    )


def _describe_exception(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".:")
