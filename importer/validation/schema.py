"""The fields of a mapping as a pandera schema, and which rows of a frame fail which of its checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrors

from importer.validation.fields import Field
from importer.validation.rules import Rule

if TYPE_CHECKING:
    from numpy.typing import NDArray

IDENTITY = "has_identity"


@dataclass(frozen=True, slots=True)
class Failure:
    """Rows of a frame, by position from 0, that fail one check of one column; no column means a check of whole rows."""

    column: str
    check: str
    positions: NDArray[np.intp]


def make_schema(name: str, fields: Sequence[Field], identity: Sequence[str]) -> pandera.DataFrameSchema:
    """The schema over frames with one column of text for each field, missing where the cell is empty, indexed by row
    number. Of the ``identity`` columns every row needs one."""
    checks = [_identity_check(identity)] if identity else []
    return pandera.DataFrameSchema({field.name: _column(field) for field in fields}, checks=checks, name=name)


def _column(field: Field) -> pandera.Column:
    return pandera.Column(
        pd.StringDtype(na_value=np.nan),
        [_check(rule) for rule in field.rules],
        nullable=not field.required,
        description=_description(field),
    )


def _check(rule: Rule) -> pandera.Check:
    # The mask of a check tells all that we need, so pandera need not collect every failing value.
    return pandera.Check(rule.passes, name=rule.name, error=rule.code, statistics=dict(rule.facts), ignore_na=False)


def _identity_check(identity: Sequence[str]) -> pandera.Check:
    names = list(identity)

    def passes(frame: pd.DataFrame) -> pd.Series[bool]:
        return frame[names].notna().any(axis="columns")

    return pandera.Check(passes, name=IDENTITY, error="no-identity", statistics={"one_of": names}, ignore_na=False)


def _description(field: Field) -> str:
    rule = field.rule
    if rule.column is not None:
        place = field.origin.place
        return f'column {place.letter} "{place.label}"' if place.letter else f'column "{place.label}"'
    return f'template "{rule.template}"' if rule.template is not None else f'always "{rule.value}"'


def validate(schema: pandera.DataFrameSchema, frame: pd.DataFrame) -> list[SchemaError]:
    """Everything in which ``frame`` fails ``schema``, whatever the environment says about pandera."""
    try:
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            schema.validate(frame, lazy=True, inplace=True)
    except SchemaErrors as errors:
        return list(errors.schema_errors)
    return []


def failures(schema: pandera.DataFrameSchema, frame: pd.DataFrame) -> Iterator[Failure]:
    """The failures of a schema that :func:`make_schema` made, in the order in which pandera's lazy validation has them.

    The checks are applied one by one: pandera's own walk over a schema also words every failure, gathers the failing
    values and copies the frame, which takes as long as the checks themselves.
    """
    for name, column in schema.columns.items():
        texts = frame[name]
        if not column.nullable and texts.hasnans:
            yield Failure(name, "required", np.flatnonzero(texts.isna().to_numpy()))
        yield from _failed(name, column.checks, texts)
    yield from _failed("", schema.checks, frame)


def _failed(column: str, checks: Iterable[pandera.Check], cells: pd.Series[str] | pd.DataFrame) -> Iterator[Failure]:
    for check in checks:
        # Its methods have no types.
        backend: Any = check.get_backend(cells)(check)
        passed = backend.apply(backend.preprocess(cells, None)).to_numpy()
        if not passed.all():
            yield Failure(column, str(check.name), np.flatnonzero(~passed))
