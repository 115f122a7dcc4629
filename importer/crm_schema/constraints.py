"""What an account demands of the text of one mapped field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Owners:
    """What names a user in one field: ids or e-mail addresses, in small letters."""

    active: frozenset[str]
    inactive: frozenset[str]


@dataclass(frozen=True, slots=True)
class Demand:
    """What the text of a mapped field must be besides what the mapping says.

    ``label`` names the account's field for people. Without ``options``, ``owners`` or ``events`` any value will do;
    ``max_length`` 0 means that the length is not limited. ``required`` fields must have a text in every row.
    ``events`` holds the code and the name of every activity type.
    """

    label: str
    options: tuple[str, ...] = ()
    max_length: int = 0
    owners: Owners | None = None
    events: tuple[tuple[str, str], ...] = ()
    required: bool = False
