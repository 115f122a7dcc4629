"""Reads an answer's bytes as JSON within bounds. Whatever is odd is no answer, never an exception."""

from __future__ import annotations

import json
import math
from typing import Any

MOST_BYTES = 4 * 1024 * 1024
_DEEPEST = 50


def parse_json(content: bytes) -> Any:
    """The JSON value in ``content`` (UTF-8, byte order mark allowed), or ``None`` when it is not sound JSON.

    Not sound are also NaN and infinity, a key that stands twice in one object, numbers of thousands of digits, and
    nesting deeper than 50.
    """
    if len(content) > MOST_BYTES:
        return None
    try:
        value = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_single_keys,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except (ValueError, RecursionError):
        return None
    return value if _depth_within(value, _DEEPEST) else None


def _single_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key stands twice")
    return table


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number


def _depth_within(value: Any, left: int) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return True
    return left > 0 and all(_depth_within(inner, left - 1) for inner in value)
