"""Parse and validate single options of a mapping: numbers, ranges, delimiters, encodings, schema paths, templates.

The validators raise :class:`importer.config.yaml.InvalidValueError`.
"""

from __future__ import annotations

import codecs
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from importer.config import InvalidValueError, read_whole_number

_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


_NUMBER = r"-?[0-9]{1,18}(\.[0-9]{1,18})?"


def read_number(given: Any) -> Any:
    """Parse a number with an optional minus and decimal point. Raises :class:`InvalidValueError`."""
    if not isinstance(given, str):
        return given
    if not re.fullmatch(_NUMBER, given):
        raise InvalidValueError(f'"{given}" is not a number.', "Write something like 100 or 2.5.")
    return Decimal(given)


def parse_relative_day(text: str) -> str:
    """Return a day such as `2026-12-31`, `today` or `today-7`, without blanks. Raises :class:`InvalidValueError`."""
    plain = text.replace(" ", "").casefold()
    if re.fullmatch(r"today([+-][0-9]{1,4})?", plain):
        return plain
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", plain):
        try:
            return date.fromisoformat(plain).isoformat()
        except ValueError:
            pass
    raise InvalidValueError(f'"{text}" is not a day.', "Write something like 2026-12-31, today or today-7.")


def resolve_day(day: str, today: date) -> date:
    """Return the date of a day that :func:`parse_relative_day` returned."""
    if day.startswith("today"):
        return today + timedelta(days=int(day.removeprefix("today") or 0))
    return date.fromisoformat(day)


def read_range_end(given: Any) -> Any:
    """Parse a number with an optional minus and decimal point, a day such as 2026-12-31, or the word today."""
    if given is None or isinstance(given, Decimal | date):
        return given
    if not isinstance(given, str):
        raise InvalidValueError("An end of a range must be a number or a day.", "Write something like 5.")
    if given.casefold() == "today":
        return "today"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        try:
            return date.fromisoformat(given)
        except ValueError:
            raise InvalidValueError(f'"{given}" is not a day.', "Write something like 2026-12-31.") from None
    if not re.fullmatch(_NUMBER, given):
        raise InvalidValueError(f'"{given}" is not a number.', "Write 100 or 2.5, or a day such as 2026-12-31.")
    return Decimal(given)


def read_range(given: Any) -> Any:
    """Return a pair of ends, of which one may be missing."""
    if isinstance(given, str) or (isinstance(given, list | tuple) and len(given) != 2):
        raise InvalidValueError("A range has two ends.", "Write [0, 100], or [0, ~] for no upper end.")
    return given


def read_header_row(given: Any) -> Any:
    """Parse the number of a row, or the word none, which is 0. Raises :class:`InvalidValueError`."""
    if isinstance(given, str) and given.casefold() == "none":
        return 0
    number = read_whole_number(given)
    if isinstance(number, int) and isinstance(given, str) and number < 1:
        raise InvalidValueError("`header_row` must be at least 1.", "Write a larger number.")
    return number


def parse_delimiter(text: str) -> str:
    """Return one character; the words tab, comma, semicolon and pipe stand for theirs."""
    character = _DELIMITERS.get(text.casefold(), text)
    if len(character) != 1 or character.isalnum() or character in "\"'\r\n":
        raise InvalidValueError(
            f'"{text}" is not a delimiter.', "Write one character, or tab, comma, semicolon or pipe."
        )
    return character


def parse_separator(text: str) -> str:
    """Return a text that stands between values; the words of delimiters and `newline` stand for theirs."""
    separator = {**_DELIMITERS, "newline": "\n"}.get(text.casefold(), text)
    if not separator:
        raise InvalidValueError("The separator is empty.", "Write what stands between the values, such as `comma`.")
    return separator


def parse_decimal_mark(text: str) -> str:
    """Return the character that begins decimals. Raises :class:`InvalidValueError`."""
    mark = {"point": ".", "comma": ","}.get(text.casefold(), text)
    if mark not in (".", ","):
        raise InvalidValueError(f'"{text}" does not begin decimals.', 'Write "." or ",".')
    return mark


def parse_thousands_mark(text: str) -> str:
    """Return the character between thousands: point, comma, blank or apostrophe. Raises :class:`InvalidValueError`."""
    words = {"point": ".", "comma": ",", "space": " ", "apostrophe": "'", "\u2019": "'"}
    mark = " " if text and text.isspace() else words.get(text.casefold(), text)
    if mark not in (".", ",", " ", "'"):
        raise InvalidValueError(f'"{text}" does not separate thousands.', 'Write ",", ".", space or apostrophe.')
    return mark


def wrap_single_text(given: Any) -> Any:
    """Return a list with the text when only one is given."""
    return [given] if isinstance(given, str) else given


def validate_encoding(text: str) -> str:
    """Return the name of a text encoding when Python knows it."""
    try:
        codecs.lookup(text)
        "".encode(text)
    except (LookupError, ValueError):
        raise InvalidValueError(
            f'"{text}" is not an encoding.', "Write something like utf-8, cp1252 or utf-16."
        ) from None
    return text


def validate_file_beside(text: str) -> str:
    """Return the name of a file in the folder of the mapping or below. Raises :class:`InvalidValueError`."""
    paths = (PurePosixPath(text), PureWindowsPath(text))
    if not text.strip() or any(path.is_absolute() or path.drive or path.root or ".." in path.parts for path in paths):
        raise InvalidValueError(
            f'"{text}" is not the name of a file in the folder of the mapping.',
            "Copy the file beside the mapping, and write its name only, such as plans.csv.",
        )
    return text


def validate_schema_path(text: str) -> str:
    """Return ``path.py:Name``, or the path of a YAML file."""
    if re.fullmatch(r".+\.py:[A-Za-z_]\w*", text) or text.lower().endswith((".yaml", ".yml")):
        return text
    raise InvalidValueError(
        f'"{text}" does not name a schema.', "Write path.py:Name, or the path of a pandera YAML file."
    )


def template_headings(template: str) -> tuple[str, ...]:
    """Return the headings between braces, each once, in their order and as they are written."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(template)))


def validate_template(template: str) -> str:
    """Return ``template`` when its braces hold headings and nothing else. Raises :class:`InvalidValueError`."""
    rest = _PLACEHOLDER.sub("", template)
    if "{" in rest or "}" in rest:
        raise InvalidValueError(
            f'"{template}" has a brace without its partner, or braces inside braces.',
            "Braces only stand around a heading: {City}.",
        )
    headings = template_headings(template)
    if not headings:
        raise InvalidValueError(
            f'"{template}" holds no {{Heading}}.', "Use `value` for a text that is the same in every row."
        )
    if not all(heading.strip() for heading in headings):
        raise InvalidValueError(
            f'"{template}" has empty braces.', "Write the heading of a column between them: {City}."
        )
    return template
