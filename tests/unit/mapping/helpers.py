"""Mappings from text, with a few known names and a target that accepts everything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from importer.core.errors import MappingError, MappingProblem
from importer.mapping.loader import LoadedMapping, parse_mapping
from importer.mapping.model import Mapping

TARGETS = ("create-lead", "bulk-activities-by-lead-id")
TRANSFORMS = ("strip", "title", "upper", "digits")
REMOVE = 'Write its value ("" for an empty text), or remove the line.'
"""The remedy for an option without a value."""


def accept(mapping: Mapping) -> list[MappingProblem]:
    """The check of a target that has nothing against any mapping."""
    return []


def load(text: str, check_target: Callable[[Mapping], list[MappingProblem]] = accept) -> LoadedMapping:
    """The mapping that a text says."""
    return parse_mapping(text, Path("m.yaml"), targets=TARGETS, transforms=TRANSFORMS, check_target=check_target)


def problems(
    text: str, check_target: Callable[[Mapping], list[MappingProblem]] = accept
) -> list[tuple[int, str, str, str]]:
    """What is wrong with a text: (line, path, message, remedy) of each problem."""
    with pytest.raises(MappingError) as caught:
        load(text, check_target)
    return [(found.line, found.path, found.message, found.remedy) for found in caught.value.problems]
