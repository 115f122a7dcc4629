"""Load a mapping file: a checked :class:`Mapping`, or one error that lists everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace
from pathlib import Path

from importer.config import Document, FileKind, KeyPath, find_secrets, format_path, parse_file
from importer.core.errors import MappingError, MappingProblem
from importer.core.text import suggest_name
from importer.mapping.checks import NO_FIELDS_REMEDY, check_mapping
from importer.mapping.conditions import Condition
from importer.mapping.model import FieldRule, Mapping, SourceSection

CheckTarget = Callable[[Mapping], list[MappingProblem]]

_MAPPING_FILE = FileKind(
    model=Mapping,
    error=MappingError,
    sections={
        "at the left edge of the file": Mapping,
        "into `source:`": SourceSection,
        "to a field, in `lead:` or `activity:`": FieldRule,
        "into a condition, such as `where:`": Condition,
    },
    example="{column: City}",
    empty=("The file is empty.", "Begin with a line `target:`."),
    no_table=("The file is not a table of options.", "Begin with a line `target: …`."),
    secret=(
        "This looks like a key of an account, and everybody who gets the mapping could read it.",
        "Remove it here, give it to the LEADSQUARED_… environment variables, and have the key changed.",
    ),
    find_secrets=find_secrets,
    missing={
        ("target",): ("The mapping does not say which LeadSquared call receives the rows.", "Add a line `target:`.")
    },
    no_value={(section,): (f"`{section}` has no fields.", NO_FIELDS_REMEDY) for section in ("lead", "activity")},
    neutral={"target": ""},
)


@dataclass(frozen=True, slots=True)
class LoadedMapping:
    """A mapping that passed every check that needs no spreadsheet.

    ``sha`` is the SHA-256 of its content, so comments, blanks and the order of keys do not change it. ``text`` is the
    file's whole text, ``places`` line and column, from 1, of every key.
    """

    mapping: Mapping
    path: Path
    sha: str
    text: str
    places: MappingOf[KeyPath, tuple[int, int]]

    def line_of(self, path: str) -> tuple[int, int]:
        """Find line and column, from 1, of a path such as ``activity.mx_City.column`` or ``activity.mx_KYC.Status``.

        What is not in the file gets the place of its nearest parent that is, or (0, 0).
        """
        return _find_place(Document(places=dict(self.places)), path)


def parse_mapping(
    text: str, path: Path, *, targets: Collection[str], transforms: Collection[str], check_target: CheckTarget
) -> LoadedMapping:
    """Parse the ``text`` of the mapping file ``path``.

    ``targets`` and ``transforms`` are the known names. ``check_target`` returns what the mapping's target, once it is
    known to exist, cannot use. Raises :class:`MappingError` with every problem at once, and nothing else.
    """

    def check(mapping: Mapping, document: Document) -> None:
        check_mapping(mapping, document, transforms)
        _check_target(mapping, document, targets, check_target)

    mapping, document = parse_file(text, path, _MAPPING_FILE, check)
    return LoadedMapping(mapping=mapping, path=path, sha=mapping_sha(mapping), text=text, places=document.places)


def mapping_sha(mapping: Mapping) -> str:
    """Return the SHA-256, in hexadecimal, of the mapping's content; options that repeat their default do not count."""
    content = mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _check_target(mapping: Mapping, document: Document, targets: Collection[str], check_target: CheckTarget) -> None:
    if not mapping.target:
        if ("target",) not in document.broken:
            document.add(("target",), "The target is empty.", suggest_name("", targets))
        return
    if mapping.target not in targets:
        document.add(("target",), f'"{mapping.target}" is not a known target.', suggest_name(mapping.target, targets))
        return
    # What was taken out, or has a problem already, may make the target's problem untrue.
    named = {problem.path for problem in document.problems}
    broken = [format_path(path) for path in document.broken]
    for problem in check_target(mapping):
        path = problem.path
        if path not in named and not (path and any(other.startswith(path) for other in broken)):
            line, column = _find_place(document, path)
            document.problems.append(replace(problem, line=line, column=column))


def _find_place(document: Document, path: str) -> tuple[int, int]:
    found: KeyPath = ()
    for step in path.split("."):
        inside = next((way for way in ((step,), ("fields", step)) if (*found, *way) in document.places), None)
        if inside is None:
            break
        found = (*found, *inside)
    return document.place(found)
