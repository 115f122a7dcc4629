"""Validate regular expressions that are matched with a million cells: no repetition that can explode.

Python's matcher tries one way after the other, so the number of ways in which a pattern can match a text bounds its
time. It is estimated from the structure of the pattern, which a small parser of our own reads: the standard library's
parser has no public name.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from importer.config import InvalidValueError

MAX_CHARACTERS = 500
_MANY = 300
"""What an unbounded repetition counts as."""
_MAX_NESTED_WAYS = 1_000_000
_MAX_WAYS = _MANY**4 * 100
_ENDLESS = float("inf")


def validate_pattern(pattern: str) -> str:
    """Return ``pattern`` when Python can compile it and no text can make it try for ages.

    Raises :class:`InvalidValueError`.
    """
    if len(pattern) > MAX_CHARACTERS:
        raise InvalidValueError(f"The pattern has more than {MAX_CHARACTERS} characters.", "Make it simpler.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = re.compile(pattern)
        ways = _count_ways(_Parser(pattern).parse_branches(verbose=bool(compiled.flags & re.VERBOSE)))
    except re.error as error:
        where = f" at character {error.pos + 1}" if error.pos is not None else ""
        raise InvalidValueError(
            f'"{pattern}" is not a regular expression: {error.msg}{where}.',
            "Put a backslash before a character that is meant literally.",
        ) from None
    except Warning:
        raise InvalidValueError(
            f'"{pattern}" will mean something else in a later Python.', "Put a backslash before [ inside of brackets."
        ) from None
    except (OverflowError, RecursionError):
        raise InvalidValueError("The pattern repeats or nests too often.", "Make it simpler.") from None
    if ways > _MAX_WAYS:
        raise InvalidValueError(
            f'"{pattern}" repeats something that itself repeats, which some texts would keep busy for hours.',
            "Write it without a repetition inside a repetition: `a+` in place of `(a+)+`.",
        )
    return pattern


class _Item(NamedTuple):
    """One item of a sequence.

    ``kind`` is `literal` or `set` (of characters), `other` (anything else that matches in one way), `repeat` (of
    ``bodies[0]``, ``low`` to ``high`` times), `branch`, `group`, `plain` (a group without number and flags) or `atomic`
    (never tried again once matched).
    """

    kind: str
    text: str = ""
    bodies: tuple[tuple[_Item, ...], ...] = ()
    low: int = 1
    high: int = 1


_Sequence = tuple[_Item, ...]


def _count_ways(items: Sequence[_Item]) -> float:
    """Return a bound on the number of ways in which a sequence can match one text."""
    ways = 1.0
    for item in items:
        ways *= _count_ways_of_item(item)
    return ways


def _count_ways_of_item(item: _Item) -> float:
    counts = [_count_ways(body) for body in item.bodies]
    match item.kind:
        case "repeat":
            return _count_ways_of_repetition(item.low, item.high, counts[0])
        case "branch":
            # Branches that begin with different letters exclude each other.
            firsts = {body[0].text for body in item.bodies if body and body[0].kind == "literal"}
            return max(counts) if len(firsts) == len(item.bodies) else sum(counts)
        case "atomic":
            # Never tried again once matched, but it may explode inside.
            return _ENDLESS if _ENDLESS in counts else 1.0
        case "group" | "plain":
            return sum(counts)
    return 1.0


def _count_ways_of_repetition(low: int, high: int, inner: float) -> float:
    own = float(min(high - low + 1, _MANY))
    if inner == 1.0:
        return own
    if high > 64:
        return _ENDLESS
    nested = inner**high
    return nested if nested <= _MAX_NESTED_WAYS else _ENDLESS


_BLANK = re.compile(r"[ \t\n\r\v\f]+|#[^\n]*\n?")
_ESCAPE = re.compile(
    r"\\(?:x.{2}|u.{4}|U.{8}|N\{[^}]*\}|0[0-7]{0,2}|[0-7]{3}|(?P<other>[1-9][0-9]?|[AbBZ])|(?P<set>[dDsSwW])|.)", re.S
)
_SET = re.compile(r"\[(?P<negated>\^?)\]?(?:\\.|[^\]\\])*\]", re.S)
_ONE_CHARACTER_SET = re.compile(r"\[(?:\\(?![dDsSwW]).|[^\\^])\]", re.S)
_REPETITION = re.compile(r"(?P<sign>[*+?]|\{(?!\})(?P<low>[0-9]*)(?P<comma>,?)(?P<high>[0-9]*)\})(?P<how>[?+]?)")
_OPENING = re.compile(
    r"\((?:\?(?:P<[^>]*>|(?P<reference>P=[^)]*\))|(?P<comment>#[^)]*\))|(?P<condition>\([^)]*\))|(?P<assertion><?[=!])"
    r"|(?P<atomic>>)|(?P<plain>:)|(?P<flags>[a-zA-Z]*)(?:-(?P<off>[a-z]+))?(?P<end>[:)])))?"
)
_SIGNS = {"*": (0, 2**32), "+": (1, 2**32), "?": (0, 1)}


class _Parser:
    """Reads the structure of a pattern that Python has compiled, so nothing needs to be checked again."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0

    def parse_branches(self, *, verbose: bool) -> _Sequence:
        """Parse branches up to the end of the pattern or group. ``verbose``: blanks and comments count for nothing."""
        branches = [self._parse_sequence(verbose)]
        while self._text.startswith("|", self._at):
            self._at += 1
            branches.append(self._parse_sequence(verbose))
        if len(branches) == 1:
            return branches[0]
        # What all branches begin with stands before them, as in the standard library's parser.
        prefix: list[_Item] = []
        while all(branches) and not branches[0][0].bodies and len({branch[0] for branch in branches}) == 1:
            prefix.append(branches[0][0])
            branches = [branch[1:] for branch in branches]
        if all(len(branch) == 1 and branch[0].kind in ("literal", "set") for branch in branches):
            return (*prefix, _Item("set", "|".join(branch[0].text for branch in branches)))
        return (*prefix, _Item("branch", bodies=tuple(branches)))

    def _parse_sequence(self, verbose: bool) -> _Sequence:
        items: list[_Item] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            if verbose and (blank := _BLANK.match(self._text, self._at)):
                self._at = blank.end()
            elif repetition := _REPETITION.match(self._text, self._at):
                self._at = repetition.end()
                items[-1] = _repeat(items[-1], repetition)
            elif self._text[self._at] == "(":
                items += self._parse_group(verbose)
            else:
                items.append(self._parse_character())
        # A group without a number and flags is no more than its content.
        return tuple(inner for item in items for inner in (item.bodies[0] if item.kind == "plain" else (item,)))

    def _take(self, expression: re.Pattern[str]) -> re.Match[str]:
        found = expression.match(self._text, self._at)
        assert found is not None, self._text
        self._at = found.end()
        return found

    def _parse_character(self) -> _Item:
        if self._text[self._at] == "[":
            found = self._take(_SET)
            if found["negated"]:
                return _Item("other", found[0])
            one = _ONE_CHARACTER_SET.fullmatch(found[0])
            return _Item("literal", _unescape(found[0][1:-1])) if one else _Item("set", found[0])
        if self._text[self._at] == "\\":
            found = self._take(_ESCAPE)
            if found["other"] or found["set"]:
                return _Item("other" if found["other"] else "set", found[0])
            return _Item("literal", _unescape(found[0]))
        self._at += 1
        character = self._text[self._at - 1]
        return _Item("other" if character in ".^$" else "literal", character)

    def _parse_group(self, verbose: bool) -> list[_Item]:
        opening = self._take(_OPENING)
        if opening["reference"]:
            return [_Item("other", opening[0])]
        if opening["comment"] or opening["end"] == ")":
            return []
        if opening["condition"]:
            bodies: tuple[_Sequence, ...] = (self._parse_sequence(verbose), ())
            if self._text.startswith("|", self._at):
                self._at += 1
                bodies = (bodies[0], self._parse_sequence(verbose))
        else:
            inside = (verbose or "x" in (opening["flags"] or "")) and "x" not in (opening["off"] or "")
            bodies = (self.parse_branches(verbose=inside),)
        self._at += 1
        kind = "atomic" if opening["atomic"] else "plain" if opening["plain"] else "group"
        return [_Item(kind, bodies=bodies)]


def _unescape(text: str) -> str:
    """Return the character that a literal means, however it is written: ``\\n``, ``\\x0a``, ``\\.``."""
    if text[0] != "\\" or not (text.isascii() and text[1].isalnum()):
        return text.removeprefix("\\") or text
    return text.encode("ascii").decode("unicode_escape")


def _repeat(item: _Item, repetition: re.Match[str]) -> _Item:
    bodies = item.bodies if item.kind == "plain" else ((item,),)
    if repetition["how"] == "+":
        return _Item("atomic", bodies=bodies)
    low, high = _SIGNS.get(repetition["sign"], (0, 2**32))
    if repetition["sign"].startswith("{"):
        low = int(repetition["low"] or 0)
        high = int(repetition["high"] or high) if repetition["comma"] else low
    return _Item("repeat", bodies=bodies, low=low, high=high)
