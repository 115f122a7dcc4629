"""A mapping file becomes a checked :class:`Mapping`, or one error that lists everything that is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from importer.core.errors import MappingError, MappingProblem
from importer.mapping import document as yaml_document
from importer.mapping.checks import check_mapping
from importer.mapping.document import Document, read_document
from importer.mapping.model import Mapping
from importer.mapping.secrets import key_like
from importer.mapping.suggestions import advice
from importer.mapping.wording import sentence

MOST_PROBLEMS = 200
"""More are only counted: nobody reads them, and the first explain the rest."""

_MOST_ROUNDS = 10
"""pydantic sees a table's contents only when the table itself is right; each round goes one level deeper."""

Model = TypeVar("Model", bound=BaseModel)
CheckTarget = Callable[[Mapping], list[MappingProblem]]


@dataclass(frozen=True, slots=True)
class LoadedMapping:
    """A mapping that passed every check that needs no spreadsheet.

    ``sha`` is the SHA-256 of what the mapping says, so comments, blanks and the order of keys do not change it.
    ``text`` is the file's whole text.
    """

    mapping: Mapping
    path: Path
    sha: str
    text: str
    places: MappingOf[yaml_document.Path, tuple[int, int]]

    def line_of(self, path: str) -> tuple[int, int]:
        """Line and column, from 1, of a path such as ``activity.mx_City.column`` or ``activity.mx_KYC.Status``.

        What stands nowhere gets the place of the nearest thing above it, or (0, 0).
        """
        return _place(Document(places=dict(self.places)), path)


def parse_mapping(
    text: str, path: Path, *, targets: Collection[str], transforms: Collection[str], check_target: CheckTarget
) -> LoadedMapping:
    """The mapping whose file ``path`` holds ``text``.

    ``targets`` and ``transforms`` are the known names. ``check_target`` says what the mapping's target, once it is
    known to exist, cannot use. Raises :class:`MappingError` with every problem at once, and nothing else.
    """
    document = read_document(text)
    mapping = _validated(document)
    if mapping is not None:
        check_mapping(mapping, document, transforms)
        _check_target(mapping, document, targets, check_target)
    if document.problems or mapping is None:
        raise MappingError(str(path), ordered(document.problems))
    return LoadedMapping(mapping=mapping, path=path, sha=mapping_sha(mapping), text=text, places=document.places)


def mapping_sha(mapping: Mapping) -> str:
    """SHA-256, in hexadecimal, of what the mapping says; options that repeat their default do not count."""
    said = mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()


def _validated(document: Document) -> Mapping | None:
    """The mapping without its broken parts, whose problems are noted; ``None`` when nothing is left to check."""
    if document.data is None and not document.problems:
        document.problems.append(MappingProblem(1, 1, "", "The file is empty.", "Begin with a line `target:`."))
    if document.data is not None and not isinstance(document.data, dict):
        document.problems.append(
            MappingProblem(1, 1, "", "The file is not a table of options.", "Begin with a line `target: …`.")
        )
    if not isinstance(document.data, dict):
        return None
    _refuse_keys(document)
    for path in document.broken:
        remove(document.data, path)
    if ("target",) in document.broken:
        document.data["target"] = ""
    return validated_in_rounds(Mapping, document, sentence, {("target",): ""})


def validated_in_rounds(
    model: type[Model],
    document: Document,
    tell: Callable[[ErrorDetails], tuple[str, str]],
    kept: MappingOf[yaml_document.Path, Any],
) -> Model | None:
    """What ``document`` says without its broken parts, whose problems are noted in the words of ``tell``.

    Parts in ``kept`` are not taken out but given their neutral value, so that the rest can still be checked.
    ``None`` when nothing is left.
    """
    for _ in range(_MOST_ROUNDS):
        try:
            return model.model_validate(document.data, by_name=False)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                place = details["loc"]
                document.add(place, *tell(details))
                document.broken.add(place)
                if place in kept:
                    document.data[place[0]] = kept[place]
                else:
                    remove(document.data, place)
    return None


def _refuse_keys(document: Document) -> None:
    for path in key_like(document.data):
        document.add(
            path,
            "This looks like a key of an account, and everybody who gets the mapping could read it.",
            "Remove it here, give it to the LEADSQUARED_… environment variables, and have the key changed.",
        )
        document.broken.add(path)


def remove(data: Any, path: yaml_document.Path) -> None:
    """Take out of ``data`` what stands at ``path``, or the nearest thing above it that is there."""
    for position, step in enumerate(path):
        last = position == len(path) - 1
        if isinstance(data, list) and isinstance(step, int):
            data = data[step]
        elif isinstance(data, dict) and step in data:
            if last or not _leads_on(data[step], path[position + 1 :]):
                del data[step]
                return
            data = data[step]
        else:
            return


def _leads_on(value: Any, rest: yaml_document.Path) -> bool:
    """Whether ``rest`` leads to a key below ``value``: from a list only an item's key is taken out, never an item."""
    if isinstance(value, list):
        return len(rest) > 1 and isinstance(rest[0], int) and rest[0] < len(value) and isinstance(value[rest[0]], dict)
    return isinstance(value, dict)


def _check_target(mapping: Mapping, document: Document, targets: Collection[str], check_target: CheckTarget) -> None:
    if not mapping.target:
        if ("target",) not in document.broken:
            document.add(("target",), "The target is empty.", advice("", targets))
        return
    if mapping.target not in targets:
        document.add(("target",), f'"{mapping.target}" is not a known target.', advice(mapping.target, targets))
        return
    troubled = {problem.path for problem in document.problems}
    for problem in check_target(mapping):
        if problem.path not in troubled and not _touches(problem.path, document):
            line, column = _place(document, problem.path)
            document.problems.append(replace(problem, line=line, column=column))


def _touches(path: str, document: Document) -> bool:
    """Whether something at or below ``path`` was taken out, so that what is said of it may be untrue."""
    return any(yaml_document.spelled(broken).startswith(path) for broken in document.broken) if path else False


def _place(document: Document, path: str) -> tuple[int, int]:
    found: yaml_document.Path = ()
    for step in path.split("."):
        inside = next((way for way in ((step,), ("fields", step)) if (*found, *way) in document.places), None)
        if inside is None:
            break
        found = (*found, *inside)
    return document.place(found)


def ordered(problems: list[MappingProblem]) -> list[MappingProblem]:
    """The problems in the order of their lines, each once; the last says how many are left out."""
    by_line = sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.column))
    more = len(by_line) - MOST_PROBLEMS
    if more <= 0:
        return by_line
    return [*by_line[:MOST_PROBLEMS], MappingProblem(0, 0, "", f"{more} more problems are not listed.")]
