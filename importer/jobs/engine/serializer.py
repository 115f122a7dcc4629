"""What the engine writes down is plain JSON: no code is ever made of what stands in its database."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

_TIME = "$time"
_ERROR = "$error"


class FailedBefore(Exception):
    """An error of an earlier process, of which only the words were kept."""


def dumps(value: Any) -> str:
    """``value`` as JSON; times and errors keep their meaning. Raises TypeError for anything else."""
    return json.dumps(value, default=_tell, ensure_ascii=False)


def loads(text: str) -> Any:
    """What :func:`dumps` wrote."""
    return json.loads(text, object_hook=_read)


def _tell(value: Any) -> Any:
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    if isinstance(value, BaseException):
        return {_ERROR: f"{type(value).__name__}: {value}"}
    raise TypeError(f"{type(value).__name__} is nothing that the engine may keep")


def _read(found: dict[str, Any]) -> Any:
    if _TIME in found:
        return datetime.fromisoformat(found[_TIME])
    if _ERROR in found:
        return FailedBefore(found[_ERROR])
    return found
