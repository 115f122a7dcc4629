"""pydantic's findings in plain sentences: its own words never reach a person."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, get_args

from pydantic_core import ErrorDetails

from importer.mapping.document import Path
from importer.mapping.model import FieldRule, Mapping, SourceSection
from importer.mapping.suggestions import advice, did_you_mean
from importer.mapping.unfit import UnfitError

_WANTED = {
    "string_type": ("a text", ""),
    "model_type": ("a table of options", "Write them as `name: value`, or in braces: EXAMPLE."),
    "dict_type": ("a table", "Write one `name: value` a line, or in braces: {Gold: G, Silver: S}."),
    "tuple_type": ("a list", "Write it in brackets: [first, second]."),
    "int_type": ("a whole number", "Write digits only, such as 200."),
    "bool_type": ("true or false", "Write true or false."),
    "decimal_type": ("a number", "Write something like 5."),
    "enum": ("a single word", ""),
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one kind of file.

    ``keys_of`` are the keys that may stand in the table at a path, ``choices_of`` the words that an option can be.
    ``missing`` says what is wrong when a required key is not there, and ``homes`` where keys belong, in words.
    ``example`` is a table as one writes it in braces.
    """

    keys_of: Callable[[Path], Collection[str]]
    choices_of: Callable[[Path], Collection[str]]
    missing: Callable[[Path], tuple[str, str]]
    homes: Callable[[], dict[str, Collection[str]]]
    example: str


def sentence(error: ErrorDetails, words: Vocabulary | None = None) -> tuple[str, str]:
    """What is wrong in one sentence, and what to do about it; ``words`` are a mapping's if none are given."""
    known = words or _MAPPING
    carried = error.get("ctx", {}).get("error")
    if isinstance(carried, UnfitError):
        return carried.message, carried.remedy
    path, given = error["loc"], error["input"]
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, str(path[-1]), known)
    if error["type"] == "missing":
        return known.missing(path)
    return _empty(path) if given is None else _wrong_kind(error, path, given, known)


def _missing(path: Path) -> tuple[str, str]:
    return "The mapping does not say which LeadSquared call receives the rows.", "Add a line `target:`."


def _empty(path: Path) -> tuple[str, str]:
    if isinstance(path[-1], int):
        return f"`{_shown(path)}` has an empty item.", "Write the item, or remove its dash or comma."
    if path in (("lead",), ("activity",)):
        return f"`{path[0]}` has no fields.", "Add a line `SchemaName: Heading` below it, or remove it."
    return f"`{path[-1]}` has nothing after the colon.", 'Write its value ("" for an empty text), or remove the line.'


def _wrong_kind(error: ErrorDetails, path: Path, given: Any, words: Vocabulary) -> tuple[str, str]:
    kind = error["type"]
    if kind == "enum" and isinstance(given, str):
        return f'"{given}" is not known for `{path[-1]}`.', advice(given, words.choices_of(path))
    if kind == "greater_than_equal":
        return f"`{path[-1]}` must be at least {error['ctx']['ge']}.", "Write a larger number."
    wanted, remedy = _WANTED.get(kind, ("another value", ""))
    remedy = remedy.replace("EXAMPLE", words.example)
    return f"`{_shown(path)}` must be {wanted}, not {_kind_of(given)}.", remedy


def _shown(path: Path) -> str:
    return str(path[-2]) if path and isinstance(path[-1], int) and len(path) > 1 else str(path[-1])


def _kind_of(given: Any) -> str:
    if isinstance(given, dict):
        return "a table"
    return "a list" if isinstance(given, list | tuple) else "a single text"


def _unknown_key(path: Path, name: str, words: Vocabulary) -> tuple[str, str]:
    known = words.keys_of(path[:-1])
    elsewhere = [section for section, keys in words.homes().items() if name in keys]
    if elsewhere and not did_you_mean(name, known):
        return f"`{name}` is not known here.", f"It belongs {elsewhere[0]}."
    return f"`{name}` is not known here.", advice(name, known)


def _homes() -> dict[str, Collection[str]]:
    return {
        "at the left edge of the file": keys_of(()),
        "into `source:`": keys_of(("source",)),
        "to a field, in `lead:` or `activity:`": keys_of(("lead", "")),
    }


def keys_of(path: Path) -> list[str]:
    """The keys that may stand in the table at ``path``."""
    model = Mapping if not path else SourceSection if path == ("source",) else FieldRule
    return [field.alias or name for name, field in model.model_fields.items()]


def choices_of(path: Path) -> list[str]:
    """The words that the option at ``path`` can be."""
    model = Mapping if len(path) == 1 else SourceSection if path[0] == "source" else FieldRule
    annotation = model.model_fields[str(path[-1])].annotation
    kinds = [annotation, *get_args(annotation)]
    return [str(word) for kind in kinds if hasattr(kind, "__members__") for word in kind]


_MAPPING = Vocabulary(keys_of, choices_of, _missing, _homes, "{column: City}")
