"""The words of an accounts file, for the sentences about what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection

from importer.config.accounts_file.model import AccountEntry, KeyPlace
from importer.config.settings import AccountChecks
from importer.mapping.document import Path
from importer.mapping.wording import Vocabulary


def keys_of(path: Path) -> list[str]:
    """The keys that may stand in the table at ``path``."""
    return [["accounts"], [], list(AccountEntry.model_fields)][len(path)] if len(path) < 3 else [*KeyPlace.model_fields]


def choices_of(path: Path) -> list[str]:
    """The words that the option at ``path`` can be."""
    return list(AccountChecks) if path[-1] == "account_checks" else []


def _missing(path: Path) -> tuple[str, str]:
    return f"`{path[-1]}` is missing.", f"Add a line `{path[-1]}:`."


def _homes() -> dict[str, Collection[str]]:
    return {"at the left edge of the file": ["accounts"], "below the name of an account": [*AccountEntry.model_fields]}


ACCOUNTS = Vocabulary(keys_of, choices_of, _missing, _homes, "{env: INDIA_ACCESS_KEY}")
