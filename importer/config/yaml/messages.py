"""Translate pydantic's errors into plain sentences with a remedy: its own words never reach a user."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from importer.config.yaml.document import KeyPath
from importer.config.yaml.values import InvalidValueError
from importer.core.errors import MappingError
from importer.core.text import find_nearest, suggest_name

Model = TypeVar("Model", bound=BaseModel)
Message = tuple[str, str]
"""What is wrong, and what to do about it."""

_SURELY_MEANT = 75.0
"""Likeness from which a key of this place is meant rather than the same key of another place."""
_EXPECTED = {
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
class FileKind(Generic[Model]):
    """What is particular to one kind of file: its model, its error, and the words of its messages.

    ``sections`` names the places in the file by the model of the keys that belong there, for keys in a wrong place.
    ``example`` is a table of options in braces. ``empty`` and ``no_table`` are the messages for a file without content
    (``None``: it is valid) and for one that is a text or a list. ``secret`` is the message for a text that looks like a
    key; ``find_secrets`` finds the paths of such texts in the data. ``missing`` and ``no_value`` hold messages for
    single paths in place of the general ones. ``neutral`` holds values for invalid options that the other checks need.
    """

    model: type[Model]
    error: type[MappingError]
    sections: Mapping[str, type[BaseModel]]
    example: str
    empty: Message | None
    no_table: Message
    secret: Message
    find_secrets: Callable[[dict[str, Any]], Iterable[KeyPath]]
    missing: Mapping[KeyPath, Message] = field(default_factory=dict)
    no_value: Mapping[KeyPath, Message] = field(default_factory=dict)
    neutral: Mapping[str, Any] = field(default_factory=dict)


def describe_error(error: ErrorDetails, kind: FileKind[Any]) -> Message:
    """Describe one of pydantic's errors in a sentence, with a remedy in the words of this ``kind`` of file."""
    carried = error.get("ctx", {}).get("error")
    if isinstance(carried, InvalidValueError):
        return carried.message, carried.remedy
    path = error["loc"]
    if error["type"] == "extra_forbidden":
        return _describe_unknown_key(path, kind)
    if error["type"] == "missing":
        return kind.missing.get(path) or (f"`{path[-1]}` is missing.", f"Add a line `{path[-1]}:`.")
    return _describe_no_value(path, kind) if error["input"] is None else _describe_wrong_value(error, kind)


def _describe_no_value(path: KeyPath, kind: FileKind[Any]) -> Message:
    if isinstance(path[-1], int):
        return f"`{_option_name(path)}` has an empty item.", "Write the item, or remove its dash or comma."
    remedy = 'Write its value ("" for an empty text), or remove the line.'
    return kind.no_value.get(path) or (f"`{path[-1]}` has nothing after the colon.", remedy)


def _describe_wrong_value(error: ErrorDetails, kind: FileKind[Any]) -> Message:
    path, given = error["loc"], error["input"]
    if error["type"] == "enum" and isinstance(given, str):
        choices = _find_choices(kind.model, path)
        return f'"{given}" is not known for `{path[-1]}`.', suggest_name(given, choices)
    if error["type"] == "greater_than_equal":
        return f"`{path[-1]}` must be at least {error['ctx']['ge']}.", "Write a larger number."
    expected, remedy = _EXPECTED.get(error["type"], ("another value", ""))
    found = "a table" if isinstance(given, dict) else "a list" if isinstance(given, list | tuple) else "a single text"
    return f"`{_option_name(path)}` must be {expected}, not {found}.", remedy.replace("EXAMPLE", kind.example)


def _option_name(path: KeyPath) -> str:
    """Return the last name in a path: an item of a list only has a number, so the list's name stands for it."""
    return str(path[-2] if isinstance(path[-1], int) and len(path) > 1 else path[-1])


def _describe_unknown_key(path: KeyPath, kind: FileKind[Any]) -> Message:
    name, message = str(path[-1]), f"`{path[-1]}` is not known here."
    model = _find_model(kind.model, path[:-1])
    known = _key_names(model) if model else []
    elsewhere = next((place for place, keys in kind.sections.items() if name in _key_names(keys)), "")
    if elsewhere and not find_nearest(name, known, likeness=_SURELY_MEANT):
        return message, f"It belongs {elsewhere}."
    return message, suggest_name(name, known)


def _key_names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _find_choices(root: type[BaseModel], path: KeyPath) -> list[str]:
    """Find the words that the option at ``path`` can be: the members of the enumeration in its annotation."""
    model = _find_model(root, path[:-1])
    option = model.model_fields.get(str(path[-1])) if model else None
    types = [option.annotation, *get_args(option.annotation)] if option else []
    return [str(word) for kind in types if hasattr(kind, "__members__") for word in kind]


def _find_model(root: type[BaseModel], path: KeyPath) -> type[BaseModel] | None:
    """Find the model of the table at ``path``: its keys lead into options, and names and positions into their items."""
    found: Any = root
    for step in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            fields = found.model_fields
            option = next((fields[name] for name in fields if (fields[name].alias or name) == str(step)), None)
            found = option.annotation if option else None
        else:
            found = _model_in(found)
    return _model_in(found)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation such as ``Mapping[str, Model] | None`` holds."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)
