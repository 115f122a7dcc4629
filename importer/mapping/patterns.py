"""Regular expressions that can be trusted with a million cells: valid, and without explosive repetition."""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Iterable
from typing import Any

from importer.mapping.unfit import UnfitError

MOST_CHARACTERS = 500
_MANY = 300
"""What an unbounded repetition counts as."""
_MOST_NESTED_WAYS = 1_000_000
_MOST_WAYS = _MANY**4 * 100
_ENDLESS = float("inf")

# The standard library's own parser; its older public name `sre_parse` warns that it is going away.
_parser: Any = importlib.import_module("re._parser")


def checked_pattern(pattern: str) -> str:
    """``pattern`` when Python can compile it and no text can make it try for ages. Raises :class:`UnfitError`."""
    if len(pattern) > MOST_CHARACTERS:
        raise UnfitError(f"The pattern has more than {MOST_CHARACTERS} characters.", "Make it simpler.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
            tree = _parser.parse(pattern)
    except re.error as error:
        where = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise UnfitError(
            f'"{pattern}" is not a regular expression: {error.msg}{where}.',
            "Put a backslash before a character that is meant literally.",
        ) from None
    except Warning:
        raise UnfitError(
            f'"{pattern}" will mean something else in a later Python.', "Put a backslash before [ inside of brackets."
        ) from None
    except (OverflowError, RecursionError):
        raise UnfitError("The pattern repeats or nests too often.", "Make it simpler.") from None
    if _ways(tree) > _MOST_WAYS:
        raise UnfitError(
            f'"{pattern}" repeats something that itself repeats, which some texts would keep busy for hours.',
            "Write it without a repetition inside a repetition: `a+` in place of `(a+)+`.",
        )
    return pattern


def _ways(items: Iterable[tuple[Any, Any]]) -> float:
    """A bound on the number of ways in which a sequence can match one text."""
    ways = 1.0
    for operation, argument in items:
        ways *= _ways_of_item(str(operation), argument)
    return ways


def _ways_of_item(operation: str, argument: Any) -> float:
    if operation in ("MAX_REPEAT", "MIN_REPEAT"):
        low, high, body = argument
        return _ways_of_repetition(int(low), int(high), _ways(body))
    if operation == "BRANCH":
        branches = [list(branch) for branch in argument[1]]
        counts = [_ways(branch) for branch in branches]
        return max(counts) if _begin_differently(branches) else sum(counts)
    if operation in ("ATOMIC_GROUP", "POSSESSIVE_REPEAT"):
        # Never tried again once matched, but it may explode inside.
        inner = _ways(argument if operation == "ATOMIC_GROUP" else argument[2])
        return _ENDLESS if inner == _ENDLESS else 1.0
    bodies = {
        "SUBPATTERN": lambda: [argument[-1]],
        "ASSERT": lambda: [argument[1]],
        "ASSERT_NOT": lambda: [argument[1]],
        "GROUPREF_EXISTS": lambda: [argument[1], argument[2] or ()],
    }
    return sum(_ways(body) for body in bodies[operation]()) if operation in bodies else 1.0


def _ways_of_repetition(low: int, high: int, inner: float) -> float:
    own = float(min(high - low + 1, _MANY))
    if inner == 1.0:
        return own
    if high > 64:
        return _ENDLESS
    nested = inner**high
    return nested if nested <= _MOST_NESTED_WAYS else _ENDLESS


def _begin_differently(branches: list[list[tuple[Any, Any]]]) -> bool:
    firsts = [branch[0] if branch else None for branch in branches]
    literals = [first[1] for first in firsts if first is not None and str(first[0]) == "LITERAL"]
    return len(set(literals)) == len(branches)
