"""The user's own pandera schema, read from `path.py:Name` or from a pandera YAML file."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandera.pandas as pandera

NOT_A_SCHEMA = "Name a DataFrameModel class or a DataFrameSchema of pandera."


class UnusableSchemaError(Exception):
    """The schema cannot be used; holds a sentence and a remedy."""


def read_user_schema(spec: str, folder: Path) -> pandera.DataFrameSchema:
    """The schema that ``spec`` names; its path begins in ``folder``. Raises :class:`UnusableSchemaError`.

    A Python file is run, so it must be as trustworthy as the mapping itself.
    """
    if spec.lower().endswith((".yaml", ".yml")):
        return _from_yaml(folder / spec)
    file, _, name = spec.rpartition(":")
    return _from_python(folder / file, name)


def _from_yaml(path: Path) -> pandera.DataFrameSchema:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None
    try:
        schema = pandera.DataFrameSchema.from_yaml(text)
    except Exception as error:  # noqa: BLE001  pandera lets every kind of error through from a file that is not its own
        raise UnusableSchemaError(
            f"{path} is not a pandera schema: {_told(error)}.", "Write it with `schema.to_yaml()`."
        ) from None
    if not isinstance(schema, pandera.DataFrameSchema):
        raise UnusableSchemaError(f"{path} is not a schema of a table.", NOT_A_SCHEMA)
    return schema


def _from_python(path: Path, name: str) -> pandera.DataFrameSchema:
    found: Any = getattr(_run(path), name, None)
    if found is None:
        raise UnusableSchemaError(f"{path} has no `{name}`.", NOT_A_SCHEMA)
    if isinstance(found, type) and issubclass(found, pandera.DataFrameModel):
        try:
            return found.to_schema()
        except Exception as error:  # noqa: BLE001  a model of the user's can go wrong in any way
            raise UnusableSchemaError(f"`{name}` of {path} is no sound model: {_told(error)}.", NOT_A_SCHEMA) from None
    if isinstance(found, pandera.DataFrameSchema):
        return found
    raise UnusableSchemaError(f"`{name}` of {path} is not a schema.", NOT_A_SCHEMA)


def _run(path: Path) -> ModuleType:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None
    # Models look their annotations up in sys.modules, so the module needs a name of its own there.
    name = f"importer_user_schema_{hashlib.sha256(content + bytes(path.absolute())).hexdigest()[:16]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None, path
    assert spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001  it is the user's program, which can raise anything
        del sys.modules[name]
        raise UnusableSchemaError(
            f"{path} cannot be run: {_told(error)}.", f"Try it by itself: python {path.name}"
        ) from None
    return module


def _unreadable(path: Path, error: Exception) -> UnusableSchemaError:
    reason = getattr(error, "strerror", None) or str(error)
    return UnusableSchemaError(
        f"The schema {path} cannot be read: {reason}.", "Its path begins in the folder of the mapping."
    )


def _told(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".:")
