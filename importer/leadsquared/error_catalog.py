"""Explain LeadSquared's own error codes in plain words, from `error_catalog.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

DUPLICATE_ENTRY = "MXDuplicateEntryException"
"""The code with which LeadSquared refuses a value that another lead holds already."""


@dataclass(frozen=True, slots=True)
class ErrorExplanation:
    """A code, what it means in one line, what is behind it, and what to do."""

    code: str
    title: str
    explanation: str
    remedy: str


def load_explanations(path: Path) -> dict[str, ErrorExplanation]:
    """Load the explanations in a TOML file, by code."""
    catalog = tomllib.loads(path.read_text("utf-8"))
    return {code: ErrorExplanation(code, **texts) for code, texts in catalog.items()}


ERROR_EXPLANATIONS = load_explanations(Path(__file__).with_suffix(".toml"))
"""The explanations by code."""
