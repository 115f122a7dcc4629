"""What one bad row does to its bulk call: nothing, refuse all of it, or refuse it after the rows before were stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from importer.sandbox.options import Options
from importer.sandbox.refusals import ApiError, BadShape, cannot_deserialize
from importer.sandbox.tenant import Tenant

MOST_ROWS = 25
Result = TypeVar("Result")


def each_row(
    tenant: Tenant, options: Options, body: Any, store: Callable[[Any], Result]
) -> list[tuple[int, Result | None, ApiError | None]]:
    """Number (from 1), result and refusal of each row. Raises :class:`ApiError` when the call is refused as a whole."""
    if not isinstance(body, list):
        raise cannot_deserialize(body, "System.Collections.Generic.List")
    if not body:
        raise ApiError("MXInvalidInputException", "Invalid Input! The request has no rows.")
    if len(body) > MOST_ROWS:
        raise ApiError("MXInvalidInputException", f"Invalid Input! At most {MOST_ROWS} rows are allowed.", 400)
    done: list[tuple[int, Result | None, ApiError | None]] = []
    for number, row in enumerate(body, start=1):
        try:
            with tenant.transaction():
                result = store(row)
        except BadShape:
            # The whole body is read before any row is looked at, so a wrong shape refuses all of it.
            raise
        except ApiError as refusal:
            if options.bulk_refusal == "whole-call-partial":
                tenant.keep()
            if options.bulk_refusal != "per-row":
                raise
            done.append((number, None, refusal))
        else:
            done.append((number, result, None))
    return done
