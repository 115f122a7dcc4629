"""The fields and words that are known before a file is read, from the data files of this package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any


class ValueKind(StrEnum):
    """What kind of values a field holds."""

    EMAIL = "email"
    PHONE = "phone"
    ID = "id"
    PERSON = "person"
    """A name of a person or a part of one."""
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
class CandidateField:
    """A LeadSquared field that a column may fill.

    ``phrases`` are its names, ``vague`` those that often mean something else, ``unlike`` names of what it is not.
    ``label`` is the account's own name for it, ``options`` the values of its drop-down, each with the text that people
    see; both are empty, and ``max_length`` is 0, when the account is not known. ``timed`` says that LeadSquared takes
    no day without a time of day.
    """

    section: str
    name: str
    kind: ValueKind
    phrases: tuple[str, ...] = ()
    vague: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    label: str = ""
    options: tuple[tuple[str, str], ...] = ()
    max_length: int = 0
    mandatory: bool = False
    timed: bool = False

    @property
    def path(self) -> str:
        """Return section and name, such as ``lead.EmailAddress``."""
        return f"{self.section}.{self.name}"


def _read_data(name: str) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(files("importer.suggest").joinpath("data", name).read_text("utf-8"))
    return content


def _candidate(section: str, entry: Mapping[str, Any]) -> CandidateField:
    names, vague, unlike = (tuple(entry.get(key, ())) for key in ("names", "vague", "unlike"))
    timed = entry.get("timed", False)
    return CandidateField(section, entry["name"], ValueKind(entry["kind"]), names, vague, unlike, timed=timed)


_FIELDS = _read_data("fields.json")
WORDS: Mapping[str, tuple[str, ...]] = {
    topic: tuple(entry["words"]) for topic, entry in _read_data("words.json").items()
}
"""Lists of words by topic; words.json describes each."""
LEAD_FIELDS = tuple(_candidate("lead", entry) for entry in _FIELDS["lead"])
"""Every standard lead field that a spreadsheet may fill."""
ACTIVITY_FIELDS = tuple(_candidate("activity", entry) for entry in _FIELDS["activity"])
"""The fields that every activity has, whichever its type."""
ACTIVITY_TIME, ACTIVITY_NOTE, ACTIVITY_CODE, ACTIVITY_OWNER = ACTIVITY_FIELDS
CUSTOM_NAMES: tuple[tuple[str, ...], ...] = tuple(map(tuple, _FIELDS["custom"]))
"""Things for which many accounts have a field of their own: the names of each thing."""
WHOLE_NAME = "FirstName + LastName"
"""Name of the field that stands for both parts of a name in one column."""
