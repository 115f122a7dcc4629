"""A compiled schema as text for people: every column with where it comes from and every check with what it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandera.pandas import Check, Column, DataFrameSchema


def schema_text(schema: DataFrameSchema) -> str:
    """The schema as YAML, in the shape of pandera's own; our checks stand there by name with what they compare with."""
    import yaml

    columns = {str(name): _column(column) for name, column in schema.columns.items()}
    content: dict[str, Any] = {"schema_type": "dataframe", "name": schema.name, "columns": columns}
    if schema.checks:
        content["checks"] = _checks(schema.checks)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _column(column: Column) -> dict[str, Any]:
    shown: dict[str, Any] = {"description": column.description, "dtype": str(column.dtype), "nullable": column.nullable}
    return {**shown, "checks": _checks(column.checks)} if column.checks else shown


def _checks(checks: list[Check]) -> dict[str, Any]:
    return {str(check.name): dict(check.statistics or {}) or True for check in checks}
