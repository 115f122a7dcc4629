"""Number formats of Excel: which kind of value a cell displays, depending on its number where the format says so.

A format code has up to four sections, separated by semicolons: for positive numbers, negative numbers, zero and text.
Conditions such as ``[<100]`` replace that order.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum


class NumberKind(IntEnum):
    """The kind of value that a number format displays; ``BY_VALUE`` where it depends on the number."""

    NUMBER = 0
    DATETIME = 1
    DURATION = 2
    BY_VALUE = 3


@dataclass(frozen=True, slots=True)
class FormatSection:
    """One section of a format code: which numbers it displays, and as which kind of value."""

    applies: Callable[[float], bool]
    kind: NumberKind


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format: the ``kind`` of value it displays, and its ``sections`` where that depends on the number."""

    kind: NumberKind = NumberKind.NUMBER
    sections: tuple[FormatSection, ...] = ()

    def kind_of(self, number: float) -> NumberKind:
        """Return the kind of value that the format displays for ``number``."""
        if self.kind is not NumberKind.BY_VALUE:
            return self.kind
        return next((section.kind for section in self.sections if section.applies(number)), self.sections[-1].kind)


GENERAL = NumberFormat()
_DATETIME, _DURATION = NumberFormat(NumberKind.DATETIME), NumberFormat(NumberKind.DURATION)
# The formats that every program knows (ECMA-376, part 1, 18.8.30), with those of East Asia; files do not define them.
BUILT_IN_FORMATS: Mapping[int, NumberFormat] = {
    **dict.fromkeys((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)), _DATETIME),
    46: _DURATION,
}

_COMPARISONS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_TEXTS = re.compile(r'"[^"]*"?|\\.|_.|\*.', re.DOTALL)
_CONDITION = re.compile(r"\[(<=|>=|<>|[<>=])\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)\s*\]")
# Colours, currencies and locales in brackets, but not [h], [m] or [s].
_BRACKETS = re.compile(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]", re.IGNORECASE)
_GENERAL = re.compile("general|standard", re.IGNORECASE)
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_DATE_PART = re.compile("[dmyhs]", re.IGNORECASE)
_DIGIT_PART = re.compile("[0#?]")


def parse_number_format(code: str) -> NumberFormat:
    """Parse a format code. Texts, colours and locales in it do not count; sections that display nothing neither."""
    parts = _TEXTS.sub("", code).split(";")[:4]
    # The last section may be for text.
    if len(parts) == 4 or (len(parts) > 1 and "@" in parts[-1]):
        parts.pop()
    kinds = [_classify_section(part) for part in parts]
    shown = next((kind for kind in kinds if kind is not None), NumberKind.NUMBER)
    resolved = [shown if kind is None else kind for kind in kinds]
    if len(set(resolved)) == 1:
        return NumberFormat(resolved[0])
    tests = _section_tests([_CONDITION.search(part) for part in parts])
    return NumberFormat(NumberKind.BY_VALUE, tuple(map(FormatSection, tests, resolved)))


def _classify_section(part: str) -> NumberKind | None:
    """Return the kind of value that a section without texts displays; ``None`` if it displays nothing of the number."""
    bare = _BRACKETS.sub("", part)
    general = _GENERAL.sub("", bare)
    if _ELAPSED.search(general):
        return NumberKind.DURATION
    if _DATE_PART.search(general):
        return NumberKind.DATETIME
    return NumberKind.NUMBER if general != bare or "@" in bare or _DIGIT_PART.search(bare) else None


def _section_tests(conditions: list[re.Match[str] | None]) -> list[Callable[[float], bool]]:
    """Return for each section the test of the numbers it displays; the first that applies counts."""
    tests = []
    for position, found in enumerate(conditions):
        if found is not None:
            tests.append(make_test(found[1], float(found[2])))
        elif position == len(conditions) - 1:
            tests.append(_always)
        elif position == 0:
            tests.append(make_test(">=" if len(conditions) == 2 else ">", 0.0))
        else:
            tests.append(make_test("<", 0.0))
    return tests


def make_test(comparison: str, bound: float) -> Callable[[float], bool]:
    """Return the test whether a number compares to ``bound`` as ``comparison`` says, for example ``<=``."""
    compare = _COMPARISONS[comparison]
    return lambda number: bool(compare(number, bound))


def _always(_: float) -> bool:
    return True
