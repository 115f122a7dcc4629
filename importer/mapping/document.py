"""YAML as mappings use it: every scalar stays text, every value knows its line, and nothing clever is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from importer.core.errors import MappingProblem

Path = tuple[str | int, ...]
"""Keys and positions from the top of the document to a value."""

MOST_DEPTH = 20
_QUOTES = "Put quotes around texts that contain { } [ ] , # or a colon, or that begin with * & ! % @ ` | > or a dash."
_NULLS = ("", "~")


@dataclass(slots=True)
class Document:
    """What a YAML file says: text, lists and tables by key; ``None`` where nothing or ``~`` was written.

    ``places`` holds line and column, from 1, of every key and list item. ``broken`` holds the paths of values that mean
    nothing and have their problem already.
    """

    data: Any = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[MappingProblem] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of ``path``, or of the nearest thing above it that stands in the file; (0, 0) for none."""
        while path:
            if path in self.places:
                return self.places[path]
            path = path[:-1]
        return (0, 0)

    def add(self, path: Path, message: str, remedy: str = "") -> None:
        """Note a problem at ``path``."""
        self.problems.append(MappingProblem(*self.place(path), spelled(path), message, remedy))


def spelled(path: Path) -> str:
    """``activity.mx_City.transforms[2]``: list items are counted from 1."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


class _StopError(Exception):
    """Reading further makes no sense; the problem is noted."""


def read_document(text: str) -> Document:
    """The one document in ``text``. Whatever is wrong with it is in its ``problems``; never raises."""
    document = Document()
    try:
        _Reader(document, text).read()
    except _StopError:
        pass
    except yaml.MarkedYAMLError as error:
        # A quotation mark that is never closed is noticed at the end of the file; its beginning is what helps.
        quoted = "quoted scalar" in (error.context or "")
        mark = error.context_mark if quoted else error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        document.problems.append(MappingProblem(line, column, "", *_syntax_words(error)))
    except yaml.reader.ReaderError as error:
        before = text[: error.position].splitlines() or [""]
        shown = f"U+{ord(error.character):04X}" if isinstance(error.character, str) else f"U+{error.character:04X}"
        document.problems.append(
            MappingProblem(
                len(before), len(before[-1]) + 1, "", f"The character {shown} is not allowed in YAML.", "Remove it."
            )
        )
    except (ValueError, OverflowError):
        # PyYAML lets these escape for impossible \U and %YAML numbers.
        document.problems.append(MappingProblem(0, 0, "", "The file holds an impossible escape.", _QUOTES))
    return document


_TAB = "A tab is used where YAML wants blanks."
_PLAIN_WORDS = (
    ("found character '\\t'", _TAB, "Indent with blanks, two for each level."),
    ("found a tab", _TAB, "Indent with blanks, two for each level."),
    ("found character", "A text begins with a character that has a meaning of its own in YAML.", _QUOTES),
    ("mapping values are not allowed", "A colon stands where no key can be.", "Indent evenly. " + _QUOTES),
    ("could not find expected ':'", "A key without a colon.", "Write `key: value`, with a blank after the colon."),
    ("while scanning a quoted scalar", "A quotation mark is never closed.", "Close it at the end of the text."),
    ("while parsing a flow", "A bracket or brace is not closed, or a comma is missing.", _QUOTES),
    ("while parsing a block", "The line does not fit the lines above it.", "Keys of one table begin in one column."),
    ("", "This is not valid YAML.", "Indent with blanks. " + _QUOTES),
)


def _syntax_words(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    told = f"{error.problem or ''} {error.context or ''}"
    return next((message, remedy) for sign, message, remedy in _PLAIN_WORDS if sign in told)


class _Reader:
    """Turns PyYAML's events into plain data; its constructors are not used, so that no text changes its type."""

    def __init__(self, document: Document, text: str) -> None:
        self._document = document
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)

    def read(self) -> None:
        self._next(yaml.StreamStartEvent)
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return
        self._document.data = self._value((), next(self._events))
        self._next(yaml.DocumentEndEvent)
        extra = next(self._events)
        if not isinstance(extra, yaml.StreamEndEvent):
            self._problem((), extra, "A second document begins here.", "Write one mapping into a file.")

    def _next(self, kind: type[Any]) -> None:
        event = next(self._events)
        assert isinstance(event, kind), event

    def _problem(self, path: Path, event: Any, message: str, remedy: str = "") -> None:
        mark = event.start_mark
        place = MappingProblem(mark.line + 1, mark.column + 1, spelled(path), message, remedy)
        self._document.problems.append(place)
        self._document.broken.add(path)

    def _value(self, path: Path, event: Any) -> Any:
        self._refuse_clever(path, event)
        if len(path) > MOST_DEPTH:
            self._problem(path[:3], event, f"The file nests deeper than {MOST_DEPTH} levels.", "A mapping needs four.")
            raise _StopError
        if isinstance(event, yaml.MappingStartEvent):
            return self._table(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        if isinstance(event, yaml.AliasEvent):
            return None
        if event.style is None and event.value in _NULLS:
            return None
        if any(_unsendable(character) for character in event.value):
            self._problem(path, event, "The text holds a control character or a broken one.", "Remove it.")
        return event.value

    def _refuse_clever(self, path: Path, event: Any) -> None:
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

    def _list(self, path: Path) -> list[Any]:
        items: list[Any] = []
        for event in self._until(yaml.SequenceEndEvent):
            here = (*path, len(items))
            self._document.places[here] = (event.start_mark.line + 1, event.start_mark.column + 1)
            items.append(self._value(here, event))
        return items

    def _table(self, path: Path) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for event in self._until(yaml.MappingEndEvent):
            key = self._key(path, event)
            here = (*path, key)
            place = (event.start_mark.line + 1, event.start_mark.column + 1)
            first = self._document.places.get(here)
            if first is not None:
                message = f"`{key}` appears twice here; the first is in line {first[0]}."
                self._document.problems.append(MappingProblem(*place, spelled(here), message, "Keep one of them."))
                here = (*path, f"{key} (again)")
            self._document.places[here] = place
            value = self._value(here, next(self._events))
            if first is None:
                table[key] = value
        return table

    def _key(self, path: Path, event: Any) -> str:
        self._refuse_clever(path, event)
        if isinstance(event, yaml.ScalarEvent):
            if not event.value.strip():
                self._problem(path, event, "A key is empty.", "Write the name before the colon.")
            elif any(_unsendable(character) for character in event.value):
                self._problem(path, event, "A key holds a control character or a broken one.", "Remove it.")
            return str(event.value)
        self._problem(path, event, "A key must be a text.", _QUOTES)
        if isinstance(event, yaml.CollectionStartEvent):
            self._value((*path, ""), event)
        return ""

    def _until(self, end: type[Any]) -> Iterator[Any]:
        while not isinstance(event := next(self._events), end):
            yield event


def _unsendable(character: str) -> bool:
    code = ord(character)
    return (code < 0x20 and character not in "\n\t") or code == 0x7F or 0xD800 <= code <= 0xDFFF
