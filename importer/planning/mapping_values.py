"""Fill values into a mapping that stand elsewhere: in the file's name, the day of the import, and tables beside it."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from importer.config import KeyPath, format_path
from importer.core.errors import MappingError, MappingProblem
from importer.mapping import FieldRule, LoadedMapping, find_part, replace_rules
from importer.planning.lookup_files import LookupFileError, read_lookup_file

_APPLIED = {"file_name": None, "run_date": None, "transforms": (), "lookup": None, "lookup_file": None, "default": None}
"""Options of a constant that its value no longer needs."""


class _UnfilledError(Exception):
    """A value cannot be found; holds the name of the option, a sentence and a remedy."""


def fill_mapping(loaded: LoadedMapping, source: Path, day: date) -> tuple[LoadedMapping, tuple[str, ...]]:
    """Return the mapping with the values that this import gives it, and digests of them.

    There are none for a mapping whose text says everything. Raises :class:`MappingError`, and :class:`SourceError`
    when a table cannot be read.
    """
    found: list[str] = []

    def fill(rule: FieldRule) -> FieldRule:
        if rule.lookup_file is not None:
            rule = _with_table(rule, loaded.path.parent)
            found.append(json.dumps(sorted((rule.lookup or {}).items())))
        if rule.file_name is None and rule.run_date is None:
            return rule
        text = _part_of_name(rule.file_name, source) if rule.file_name else day.strftime(rule.run_date or "")
        value = _convert(rule, text)
        found.append(value)
        return rule.model_copy(update={**_APPLIED, "value": value})

    filled = _replace_rules(loaded, fill)
    return filled, tuple(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in found)


def fill_lookups(loaded: LoadedMapping) -> LoadedMapping:
    """Return the mapping with the tables of its look-up files. Raises as :func:`fill_mapping` does."""
    folder = loaded.path.parent
    return _replace_rules(loaded, lambda rule: _with_table(rule, folder) if rule.lookup_file is not None else rule)


def _replace_rules(loaded: LoadedMapping, fill: Callable[[FieldRule], FieldRule]) -> LoadedMapping:
    """Replace the rules of a mapping. Raises :class:`MappingError` with everything that could not be filled in."""
    problems: list[MappingProblem] = []

    def change(path: KeyPath, rule: FieldRule) -> FieldRule:
        try:
            return fill(rule)
        except _UnfilledError as error:
            option, message, remedy = error.args
            place = format_path((*path, option))
            problems.append(MappingProblem(*loaded.line_of(place), place, message, remedy))
            return rule

    mapping = replace_rules(loaded.mapping, change)
    if problems:
        raise MappingError(str(loaded.path), problems)
    return replace(loaded, mapping=mapping)


def _with_table(rule: FieldRule, folder: Path) -> FieldRule:
    assert rule.lookup_file is not None
    try:
        return rule.model_copy(update={"lookup": read_lookup_file(rule.lookup_file, folder)})
    except LookupFileError as error:
        raise _UnfilledError("lookup_file", *error.args) from None


def _part_of_name(pattern: str, source: Path) -> str:
    name = unicodedata.normalize("NFC", source.name)
    found = find_part(pattern, name)
    if found is None:
        raise _UnfilledError(
            "file_name",
            f'Nothing in the name of the file, "{name}", matches "{pattern}".',
            "Rename the file, or correct the pattern.",
        )
    return found


def _convert(rule: FieldRule, text: str) -> str:
    """Apply the transforms and the table of a rule to its constant."""
    import pandas as pd

    from importer.transforms import TRANSFORMS, LookupTable

    texts = pd.Series([text], dtype="str")
    for name in rule.transforms:
        texts = TRANSFORMS[name](texts)
    if rule.lookup is not None:
        texts = LookupTable(rule.lookup).read(texts)
    value = rule.default if pd.isna(texts.iloc[0]) or not texts.iloc[0].strip() else str(texts.iloc[0])
    if value is None:
        option = "file_name" if rule.file_name is not None else "run_date"
        raise _UnfilledError(option, f'"{text}" is not in the table of the field.', "Add it, or a `default`.")
    return value
