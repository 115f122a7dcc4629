"""What a field is to this room: where it belongs, what its values are like, and the names that people give it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the values of a field are like."""

    EMAIL = "email"
    PHONE = "phone"
    ID = "id"
    PERSON = "person"
    """A name or a part of one."""
    WHOLE_NAME = "whole name"
    PLACE = "place"
    TEXT = "text"
    NOTE = "note"
    URL = "url"
    POSTCODE = "postcode"
    NUMBER = "number"
    FLAG = "flag"
    DATE = "date"
    """A day, with or without a time."""
    CODE = "code"
    """The number of an activity type."""
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a column may fill.

    ``phrases`` are its names, ``vague`` those that often mean something else, ``unlike`` names of what it is not.
    ``label`` is the account's own name for it, ``options`` the values of its drop-down, each with the text that people
    see; both are empty, and ``max_length`` is 0, when the account is not known.
    """

    section: str
    name: str
    kind: Kind
    phrases: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    label: str = ""
    options: tuple[tuple[str, str], ...] = ()
    max_length: int = 0
    mandatory: bool = False
    timed: bool = False
    """Whether LeadSquared takes no day without a time of day."""

    @property
    def path(self) -> str:
        """``lead.EmailAddress``."""
        return f"{self.section}.{self.name}"


def named(section: str, name: str, kind: Kind, names: str, vague: str = "") -> Field:
    """A field whose names are written in one text, with a ``|`` between them."""
    return Field(section, name, kind, split_names(names), split_names(vague))


def split_names(names: str) -> tuple[str, ...]:
    """The names in one text, which has a ``|`` between them."""
    return tuple(" ".join(part.split()) for part in names.split("|") if part.strip())


WHOLE_NAME = "FirstName + LastName"
"""Name of the field that stands for both parts of a name in one column."""
