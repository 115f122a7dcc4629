"""Read mapping files with the targets and transforms of this program."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from importer.config import read_text
from importer.core.errors import MappingProblem
from importer.mapping import LoadedMapping, Mapping, parse_mapping
from importer.planning.store import PlanFacts
from importer.targets import TARGETS, check_mapping
from importer.transforms import TRANSFORMS


def read_mapping(path: Path) -> LoadedMapping:
    """Read the mapping in ``path``, checked against the targets and transforms of this program.

    Raises :class:`MappingError` with every problem at once.
    """
    return _parse_cached(read_text(path), path)


def mapping_of_plan(facts: PlanFacts) -> LoadedMapping:
    """Return the mapping that a plan was made with, as it was then."""
    return _parse_cached(facts.mapping_file, Path(facts.mapping_path))


# A check needs the mapping of its plan four times. Sharing one result is safe, because it is immutable.
@lru_cache(maxsize=8)
def _parse_cached(text: str, path: Path) -> LoadedMapping:
    return parse_mapping(text, path, **mapping_vocabulary())


def mapping_notes(loaded: LoadedMapping) -> Iterator[str]:
    """Yield what the author of a valid mapping should know about it, by its target, as sentences."""
    for note in TARGETS[loaded.mapping.target].mapping_notes(loaded.mapping):
        line, column = loaded.line_of(note.path)
        yield f"{loaded.path}, {replace(note, line=line, column=column).describe('the mapping')}"


class MappingVocabulary(TypedDict):
    """Keyword arguments of :func:`parse_mapping`: the names of targets and transforms, which it must not import."""

    targets: Collection[str]
    transforms: Collection[str]
    check_target: Callable[[Mapping], list[MappingProblem]]


def mapping_vocabulary() -> MappingVocabulary:
    """Return the names of targets and transforms, and the function that checks a mapping by its target."""
    return MappingVocabulary(
        targets=TARGETS,
        transforms=TRANSFORMS,
        check_target=check_mapping,
    )
