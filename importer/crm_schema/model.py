"""What an account says of itself: its lead fields, its activity types with their fields, and its users."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

_CLOCKS_DIFFER = timedelta(minutes=5)


class Kind(StrEnum):
    """What a field holds, in one word for both spellings that leads and activities have."""

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
        """Each option's value with what people see for it, which is the value where nothing else is known."""
        texts = self.option_texts if len(self.option_texts) == len(self.options) else self.options
        return tuple((value, text or value) for value, text in zip(self.options, texts, strict=True))

    @property
    def kind(self) -> Kind:
        """What the field holds."""
        kind = _KINDS.get(self.data_type.casefold(), Kind.OTHER)
        if kind is Kind.DATE and self.render.casefold() == "datetime":
            # A date and a moment are told apart by how they are shown, not by their type.
            return Kind.DATETIME
        return kind

    @property
    def words(self) -> str:
        """The field for people: what they see in LeadSquared, and the schema name."""
        return f'"{self.display_name}" ({self.schema_name})' if self.display_name else self.schema_name


_KINDS = {
    "text": Kind.TEXT,
    "string": Kind.TEXT,
    "textarea": Kind.TEXT,
    "email": Kind.EMAIL,
    "website": Kind.TEXT,
    "phone": Kind.PHONE,
    "number": Kind.NUMBER,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "boolean": Kind.BOOLEAN,
    "select": Kind.CHOICE,
    "dropdown": Kind.CHOICE,
    "searchabledropdown": Kind.CHOICE,
    "activeusers": Kind.USER,
    "customobject": Kind.SET,
}


@dataclass(frozen=True, slots=True)
class ActivityType:
    """An activity type: its code, the name people know it by, and its fields (``None`` while nobody asked)."""

    event: str
    name: str
    fields: tuple[FieldFacts, ...] | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A user of the account, as far as an owner is checked."""

    id: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the account ``account`` at ``host`` (tenant ``tenant``) said at ``read_at`` (UTC).

    A part that could not be read is ``None``.
    """

    account: str
    host: str
    tenant: str
    read_at: datetime
    lead_fields: tuple[FieldFacts, ...] | None = None
    activity_types: tuple[ActivityType, ...] | None = None
    users: tuple[User, ...] | None = None

    def type_of(self, event: str) -> ActivityType | None:
        """The activity type with this code."""
        return next((one for one in self.activity_types or () if one.event == event.strip()), None)

    def with_fields(self, event: str, fields: tuple[FieldFacts, ...]) -> Metadata:
        """The same, knowing the fields of one activity type."""
        types = tuple(replace(one, fields=fields) if one.event == event else one for one in self.activity_types or ())
        return replace(self, activity_types=types)

    def lacks_fields_of(self, events: frozenset[str]) -> frozenset[str]:
        """Those of the ``events`` that the account has and whose fields nobody asked for."""
        known = {one.event for one in self.activity_types or () if one.fields is None}
        return frozenset(events & known)

    def age(self, now: datetime) -> timedelta:
        """How long ago it was read."""
        return max(timedelta(), now - self.read_at)

    def is_fresh(self, now: datetime, most: timedelta) -> bool:
        """Whether it was read within ``most``. A time that is still to come proves nothing."""
        return -_CLOCKS_DIFFER <= now - self.read_at <= most
