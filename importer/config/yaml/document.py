"""Parse YAML strictly: every scalar stays text, every key knows its line, and references and tags are refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from importer.core.errors import MappingProblem

KeyPath = tuple[str | int, ...]
"""Keys and positions from the top of the document to a value."""

MAX_DEPTH = 20
_QUOTES = "Put quotes around texts that contain { } [ ] , # or a colon, or that begin with * & ! % @ ` | > or a dash."
_NULLS = ("", "~")


@dataclass(slots=True)
class Document:
    """The content of a YAML file: texts, lists and tables by key; ``None`` where nothing or ``~`` was written.

    ``places`` holds line and column, from 1, of every key and list item. ``broken`` holds the paths of invalid values
    whose problem is listed already.
    """

    data: Any = None
    places: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    problems: list[MappingProblem] = field(default_factory=list)
    broken: set[KeyPath] = field(default_factory=set)

    def place(self, path: KeyPath) -> tuple[int, int]:
        """Find line and column of ``path``, or of its nearest parent that is in the file; (0, 0) when there is none."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return (0, 0)

    def add(self, path: KeyPath, message: str, remedy: str = "") -> None:
        """Add a problem at ``path``."""
        self.problems.append(MappingProblem(*self.place(path), format_path(path), message, remedy))

    def is_broken(self, path: KeyPath) -> bool:
        """Whether the value at ``path``, or one below it, is invalid and was taken out."""
        return any(broken[: len(path)] == path for broken in self.broken)


def format_path(path: KeyPath) -> str:
    """Format a path as messages show it: ``activity.mx_City.transforms[2]``; list items are counted from 1."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


class _StopError(Exception):
    """Ends the parsing early; the problem is already listed."""


def parse_yaml(text: str) -> Document:
    """Parse the one document in ``text``. Everything wrong with it is in its ``problems``; never raises."""
    document = Document()
    try:
        _Parser(document, text).parse()
    except _StopError:
        pass
    except yaml.MarkedYAMLError as error:
        # A quotation mark that is never closed is noticed at the end of the file; its beginning is what helps.
        quoted = "quoted scalar" in (error.context or "")
        mark = error.context_mark if quoted else error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        found = f"{error.problem or ''} {error.context or ''}"
        words = next((message, remedy) for sign, message, remedy in _SYNTAX_MESSAGES if sign in found)
        document.problems.append(MappingProblem(line, column, "", *words))
    except yaml.reader.ReaderError as error:
        before = text[: error.position].splitlines() or [""]
        code = ord(error.character) if isinstance(error.character, str) else error.character
        message = f"The character U+{code:04X} is not allowed in YAML."
        document.problems.append(MappingProblem(len(before), len(before[-1]) + 1, "", message, "Remove it."))
    except (ValueError, OverflowError):
        # PyYAML lets these escape for impossible \U and %YAML numbers.
        document.problems.append(MappingProblem(0, 0, "", "The file holds an impossible escape.", _QUOTES))
    return document


_TAB = ("A tab is used where YAML wants blanks.", "Indent with blanks, two for each level.")
_SYNTAX_MESSAGES = (
    ("found character '\\t'", *_TAB),
    ("found a tab", *_TAB),
    ("found character", "A text begins with a character that has a meaning of its own in YAML.", _QUOTES),
    ("mapping values are not allowed", "A colon stands where no key can be.", "Indent evenly. " + _QUOTES),
    ("could not find expected ':'", "A key without a colon.", "Write `key: value`, with a blank after the colon."),
    ("while scanning a quoted scalar", "A quotation mark is never closed.", "Close it at the end of the text."),
    ("while parsing a flow", "A bracket or brace is not closed, or a comma is missing.", _QUOTES),
    ("while parsing a block", "The line does not fit the lines above it.", "Keys of one table begin in one column."),
    ("", "This is not valid YAML.", "Indent with blanks. " + _QUOTES),
)
"""A part of PyYAML's message, and ours with its remedy; the first one that fits counts."""


class _Parser:
    """Builds plain data from PyYAML's events; its constructors are not used, so that no text changes its type."""

    def __init__(self, document: Document, text: str) -> None:
        self._document = document
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)

    def parse(self) -> None:
        self._expect(yaml.StreamStartEvent)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return
        self._document.data = self._value((), next(self._events))
        self._expect(yaml.DocumentEndEvent)
        extra = next(self._events)
        if not isinstance(extra, yaml.StreamEndEvent):
            self._problem((), extra, "A second document begins here.", "Write one mapping into a file.")

    def _expect(self, kind: type[Any]) -> None:
        event = next(self._events)
        assert isinstance(event, kind), event

    def _problem(self, path: KeyPath, event: Any, message: str, remedy: str = "") -> None:
        place = MappingProblem(*_place_of(event), format_path(path), message, remedy)
        self._document.problems.append(place)
        self._document.broken.add(path)

    def _value(self, path: KeyPath, event: Any) -> Any:
        self._refuse_reference_or_tag(path, event)
        if len(path) > MAX_DEPTH:
            self._problem(path[:3], event, f"The file nests deeper than {MAX_DEPTH} levels.", "A mapping needs four.")
            raise _StopError
        if isinstance(event, yaml.MappingStartEvent):
            return self._table(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        if isinstance(event, yaml.AliasEvent):
            return None
        if event.style is None and event.value in _NULLS:
            return None
        if _has_control_character(event.value):
            self._problem(path, event, "The text holds a control character or a broken one.", "Remove it.")
        return event.value

    def _refuse_reference_or_tag(self, path: KeyPath, event: Any) -> None:
        if event.anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            self._problem(
                path,
                event,
                f"`{sign}{event.anchor}` means something else in YAML (a reference), which mappings do not use.",
                f'If it is a text, put quotes around it: "{sign}…".',
            )
        elif getattr(event, "tag", None) is not None:
            self._problem(
                path,
                event,
                "A text that begins with ! means a tag in YAML, which mappings do not use.",
                'If it is a text, put quotes around it: "!…".',
            )

    def _list(self, path: KeyPath) -> list[Any]:
        items: list[Any] = []
        for event in self._until(yaml.SequenceEndEvent):
            here = (*path, len(items))
            self._document.places[here] = _place_of(event)
            items.append(self._value(here, event))
        return items

    def _table(self, path: KeyPath) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._key(path, event)
            here = (*path, key)
            first = self._document.places.get(here)
            if first is not None:
                # The first value counts; the second is parsed for its own problems, under a name of its own.
                message = f"`{key}` appears twice here; the first is in line {first[0]}."
                self._document.problems.append(
                    MappingProblem(*_place_of(event), format_path(here), message, "Keep one of them.")
                )
                here = (*path, f"{key} (again)")
            self._document.places[here] = _place_of(event)
            value = self._value(here, next(self._events))
            if first is None:
                table[key] = value
        return table

    def _key(self, path: KeyPath, event: Any) -> str:
        self._refuse_reference_or_tag(path, event)
        if isinstance(event, yaml.ScalarEvent):
            if not event.value.strip():
                self._problem(path, event, "A key is empty.", "Write the name before the colon.")
            elif _has_control_character(event.value):
                self._problem(path, event, "A key holds a control character or a broken one.", "Remove it.")
            return str(event.value)
        self._problem(path, event, "A key must be a text.", _QUOTES)
        if isinstance(event, yaml.CollectionStartEvent):
            self._value((*path, ""), event)
        return ""

    def _until(self, end: type[Any]) -> Iterator[Any]:
        while not isinstance(event := next(self._events), end):
            yield event


def _place_of(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _has_control_character(text: str) -> bool:
    codes = map(ord, text)
    return any((code < 0x20 and code not in (0x0A, 0x09)) or code == 0x7F or 0xD800 <= code <= 0xDFFF for code in codes)
