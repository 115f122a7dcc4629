"""The metadata of an account (lead fields, activity types, users) and the constraints on mapped fields that follow."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

_CLOCKS_DIFFER = timedelta(minutes=5)


class CrmFieldKind(StrEnum):
    """The type of a field, the same for the spellings of leads and of activities."""

    TEXT = "text"
    EMAIL = "e-mail"
    PHONE = "phone"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "date and time"
    BOOLEAN = "yes or no"
    CHOICE = "drop-down"
    USER = "user"
    SET = "custom field set"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """A field of a lead or of an activity type, as the account describes it.

    ``data_type`` and ``render`` are the account's own words. ``max_length`` is 0 when unknown. ``options`` are the
    values of a drop-down, ``option_texts`` what people see for each of them (empty where nothing says so); with
    ``open_options`` it may take others too (the person may type one, several may be chosen, or they depend on another
    field), so nothing follows from a value that is not among them. ``read_only`` and ``locked`` are flags whose effect
    on calls is not documented.
    """

    schema_name: str
    display_name: str = ""
    data_type: str = ""
    render: str = ""
    mandatory: bool = False
    max_length: int = 0
    options: tuple[str, ...] = ()
    open_options: bool = False
    read_only: bool = False
    locked: bool = False
    option_texts: tuple[str, ...] = ()

    @property
    def shown_options(self) -> tuple[tuple[str, str], ...]:
        """Return each option's value with its label, which is the value where nothing else is known."""
        texts = self.option_texts if len(self.option_texts) == len(self.options) else self.options
        return tuple((value, text or value) for value, text in zip(self.options, texts, strict=True))

    @property
    def kind(self) -> CrmFieldKind:
        """Return the type of the field."""
        kind = _KINDS.get(self.data_type.casefold(), CrmFieldKind.OTHER)
        if kind is CrmFieldKind.DATE and self.render.casefold() == "datetime":
            # Dates with and without a time have one type; the display tells which it is.
            return CrmFieldKind.DATETIME
        return kind

    @property
    def words(self) -> str:
        """Return the field for messages: its label in LeadSquared, and the schema name."""
        return f'"{self.display_name}" ({self.schema_name})' if self.display_name else self.schema_name


_KINDS = {
    "text": CrmFieldKind.TEXT,
    "string": CrmFieldKind.TEXT,
    "textarea": CrmFieldKind.TEXT,
    "email": CrmFieldKind.EMAIL,
    "website": CrmFieldKind.TEXT,
    "phone": CrmFieldKind.PHONE,
    "number": CrmFieldKind.NUMBER,
    "date": CrmFieldKind.DATE,
    "datetime": CrmFieldKind.DATETIME,
    "boolean": CrmFieldKind.BOOLEAN,
    "select": CrmFieldKind.CHOICE,
    "dropdown": CrmFieldKind.CHOICE,
    "searchabledropdown": CrmFieldKind.CHOICE,
    "activeusers": CrmFieldKind.USER,
    "customobject": CrmFieldKind.SET,
}


@dataclass(frozen=True, slots=True)
class ActivityType:
    """An activity type: its code, the name people know it by, and its fields (``None`` while they were never read)."""

    event: str
    name: str
    fields: tuple[FieldFacts, ...] | None = None


@dataclass(frozen=True, slots=True)
class CrmUser:
    """A user of the account, as far as an owner is checked."""

    id: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of the account ``account`` at ``host`` (tenant ``tenant``), read at ``read_at`` (UTC).

    A part that could not be read is ``None``.
    """

    account: str
    host: str
    tenant: str
    read_at: datetime
    lead_fields: tuple[FieldFacts, ...] | None = None
    activity_types: tuple[ActivityType, ...] | None = None
    users: tuple[CrmUser, ...] | None = None

    def type_of(self, event: str) -> ActivityType | None:
        """Return the activity type with this code, if the account has it."""
        return next((one for one in self.activity_types or () if one.event == event.strip()), None)

    def with_fields(self, event: str, fields: tuple[FieldFacts, ...]) -> Metadata:
        """Return a copy with the fields of one activity type."""
        types = tuple(replace(one, fields=fields) if one.event == event else one for one in self.activity_types or ())
        return replace(self, activity_types=types)

    def age(self, now: datetime) -> timedelta:
        """Return how long ago it was read; never negative."""
        return max(timedelta(), now - self.read_at)

    def is_fresh(self, now: datetime, most: timedelta) -> bool:
        """Return whether it was read within ``most``; a time more than five minutes ahead is not fresh."""
        return -_CLOCKS_DIFFER <= now - self.read_at <= most


@dataclass(frozen=True, slots=True)
class Owners:
    """The users that a field can name, by id or e-mail address in small letters."""

    active: frozenset[str]
    inactive: frozenset[str]


@dataclass(frozen=True, slots=True)
class FieldConstraint:
    """The account's constraints on the text of a mapped field, besides those of the mapping.

    ``label`` names the account's field for people. Without ``options``, ``owners`` or ``events`` any value will do;
    ``max_length`` 0 means that the length is not limited. ``required`` fields must have a text in every row.
    ``events`` holds the code and the name of every activity type. ``kind`` is the type of the account's field where the
    mapping names none.
    """

    label: str
    options: tuple[str, ...] = ()
    max_length: int = 0
    owners: Owners | None = None
    events: tuple[tuple[str, str], ...] = ()
    required: bool = False
    kind: CrmFieldKind | None = None


def option_key(text: str) -> str:
    """Return an option of a drop-down without outer, doubled and invisible blanks, in Unicode's composed form."""
    return " ".join(unicodedata.normalize("NFC", text.replace("\u200b", "").replace("\ufeff", "")).split())
