"""Read an account's own metadata: fields, activity types, users and queues. Only queries are made."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from importer.config import Account
from importer.core.errors import CrmError
from importer.core.model import CallClass, Reply, Request
from importer.core.redaction import redact
from importer.crm_schema import ActivityType, CrmUser, FieldFacts, Metadata, save
from importer.leadsquared.query_client import UnansweredError
from importer.leadsquared.reader import Query

Part = TypeVar("Part")

_OPEN_RENDERS = ("dropdownwithothers",)
_OPEN_OPTION_KEYS = ("IsMultiSelectDropdown", "IncludeOthersOption", "BehaviorOnMissingDropdownOption", "ParentField")
"""Keys of a drop-down that may take other values than its options; one that is not documented counts as yes."""
_FALSE = (None, "", 0, "0", False, "false", "False")


@dataclass(frozen=True, slots=True)
class QueueMetrics:
    """The load of an async queue (https://apidocs.leadsquared.com/get-create-lead-and-activity-metrics/).

    ``per_minute`` is the processing rate over the last ten minutes.
    """

    pending: int
    max_delay_seconds: float
    per_minute: float


@dataclass(frozen=True, slots=True)
class MetadataReading:
    """The metadata that was read; ``troubles`` are sentences about parts that the account does not show."""

    metadata: Metadata
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MetadataScope:
    """The parts to read: the fields of the activity types ``events`` (``None``: of all), and users or not.

    ``users`` decides when lead fields and types are known, for a field may hold a user whatever its name.
    """

    events: Collection[str] | None
    users: Callable[[Metadata], bool]

    def missing_events(self, metadata: Metadata) -> list[str]:
        """Return the types whose fields are in scope and not known."""
        types = metadata.activity_types or ()
        return [
            kind.event for kind in types if kind.fields is None and (self.events is None or kind.event in self.events)
        ]

    def lacks(self, metadata: Metadata) -> bool:
        """Return whether something in scope is not known."""
        return bool(self.missing_events(metadata)) or (metadata.users is None and self.users(metadata))


FULL_SCOPE = MetadataScope(None, lambda metadata: True)


def read_metadata(account: Account, tenant: str, query: Query, now: datetime, scope: MetadataScope) -> MetadataReading:
    """Read lead fields and activity types, and what is in ``scope`` besides.

    Raises :class:`CrmError` when queries stay without answer; a part that is refused is left out.
    """
    troubles: list[str] = []
    lead_fields = _read_part(lambda: tuple(read_lead_fields(query)), troubles)
    types = _read_part(lambda: tuple(read_activity_types(query)), troubles)
    metadata = Metadata(account.name, account.host, tenant, now, lead_fields, types)
    return complete_metadata(metadata, query, scope, troubles)


def complete_metadata(
    metadata: Metadata, query: Query, scope: MetadataScope, troubles: Sequence[str] = ()
) -> MetadataReading:
    """Read what is in ``scope`` and not known yet. Raises as :func:`read_metadata`."""
    found = list(troubles)
    for event in scope.missing_events(metadata):
        fields = _read_part(lambda event=event: tuple(read_activity_fields(query, event)), found)  # type: ignore[misc]
        if fields is not None:
            metadata = metadata.with_fields(event, fields)
    if metadata.users is None and scope.users(metadata):
        metadata = replace(metadata, users=_read_part(lambda: tuple(read_users(query)), found))
    return MetadataReading(metadata, tuple(found))


def _read_part(read: Callable[[], Part], troubles: list[str]) -> Part | None:
    try:
        return read()
    except UnansweredError:
        raise
    except CrmError as error:
        troubles.append(error.message)
        return None


def save_metadata(home: Path, reading: MetadataReading) -> MetadataReading:
    """Save what was read; a disk that refuses is one more trouble. No key that this process knows is written."""
    trouble = save(home, reading.metadata, redact)
    return replace(reading, troubles=(*reading.troubles, trouble)) if trouble else reading


def read_lead_fields(query: Query) -> list[FieldFacts]:
    """Read the account's lead fields, from `LeadsMetaData.Get` (https://apidocs.leadsquared.com/meta-data/).

    Raises :class:`CrmError` when LeadSquared does not list them.
    """
    request = Request("GET", "/LeadManagement.svc/LeadsMetaData.Get", CallClass.STANDARD)
    return [
        _field(
            entry,
            render="RenderTypeTextValue",
            length="MaxLength",
            options=_options(entry.get("Options")),
            open_options=_is_set(entry, "AllowMultiple"),
        )
        for entry in _list_of_objects(query(request).body, "its lead fields")
        if _text(entry, "SchemaName")
    ]


def read_activity_types(query: Query) -> list[ActivityType]:
    """Read the account's activity types, without their fields.

    Raises :class:`CrmError` when LeadSquared does not list them.
    """
    request = Request("GET", "/ProspectActivity.svc/ActivityTypes.Get", CallClass.STANDARD)
    return [
        ActivityType(_text(entry, "ActivityEvent"), _text(entry, "DisplayName") or _text(entry, "ActivityEventName"))
        for entry in _list_of_objects(query(request).body, "its activity types")
    ]


def read_activity_fields(query: Query, event: str) -> list[FieldFacts]:
    """Read the fields of one activity type, from `GetActivitySetting`
    (https://apidocs.leadsquared.com/get-details-of-activity-type/).

    Raises :class:`CrmError` when LeadSquared does not list them.
    """
    request = Request(
        "GET", "/ProspectActivity.svc/CustomActivity/GetActivitySetting", CallClass.STANDARD, None, {"code": event}
    )
    reply = query(request)
    listed = reply.body.get("Fields") if isinstance(reply.body, Mapping) else None
    return [
        _field(
            entry,
            render="StringRenderType",
            length="MaxFieldLength",
            options=_option_set(entry.get("OptionSet")),
            open_options=any(_is_set(entry, sign) for sign in _OPEN_OPTION_KEYS),
        )
        for entry in _list_of_objects(listed, f"the fields of activity type {event}")
        if _text(entry, "SchemaName")
    ]


def _field(
    entry: Mapping[str, Any], *, render: str, length: str, options: Sequence[tuple[str, str]], open_options: bool
) -> FieldFacts:
    """Parse a field of a lead or an activity, whose answers have other keys for render type and length."""
    render_type = _text(entry, render)
    return FieldFacts(
        schema_name=_text(entry, "SchemaName"),
        display_name=_text(entry, "DisplayName"),
        data_type=_text(entry, "DataType"),
        render=render_type,
        mandatory=entry.get("IsMandatory") is True,
        max_length=max(0, int(_number(entry.get(length)))),
        options=tuple(value for value, _ in options),
        option_texts=tuple(text for _, text in options),
        open_options=open_options or render_type.casefold() in _OPEN_RENDERS,
        read_only=_is_set(entry, "IsReadOnly"),
        locked=_is_set(entry, "LockAfterCreate"),
    )


def read_users(query: Query) -> list[CrmUser]:
    """Read the account's users (https://apidocs.leadsquared.com/get-users).

    Raises :class:`CrmError` when LeadSquared does not list them.
    """
    request = Request("GET", "/UserManagement.svc/Users.Get", CallClass.STANDARD)
    return [
        # The documentation calls the key ID; answers with UserId were seen, too.
        CrmUser(
            _text(entry, "ID") or _text(entry, "UserId"),
            _text(entry, "EmailAddress"),
            active=_text(entry, "StatusCode") == "0",
        )
        for entry in _list_of_objects(query(request).body, "its users")
    ]


def parse_queue_metrics(reply: Reply) -> QueueMetrics:
    """Parse the answer to a metrics query; its keys are read whatever their case.

    Raises :class:`CrmError` when they are not there.
    """
    body = reply.body if isinstance(reply.body, Mapping) else {}
    values = {str(name).lower(): value for name, value in body.items()}
    if "pendingmessages" not in values:
        raise CrmError("LeadSquared shows no metrics of its queue.", "Check the async host and the API key.")
    return QueueMetrics(
        pending=int(_number(values["pendingmessages"])),
        max_delay_seconds=_number(values.get("maxdelayinseconds")),
        per_minute=_number(values.get("processingrateperminute")),
    )


def _list_of_objects(listed: Any, what: str) -> list[Mapping[str, Any]]:
    if not isinstance(listed, list):
        raise CrmError(f"LeadSquared does not list {what}.", "The keys' user may lack the right to see them.")
    return [entry for entry in listed if isinstance(entry, Mapping)]


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return "" if value is None else str(value)


def _is_set(entry: Mapping[str, Any], key: str) -> bool:
    return entry.get(key) not in _FALSE


def _options(value: Any) -> list[tuple[str, str]]:
    """Return value and shown text of each option."""
    entries = value if isinstance(value, list) else []
    return [
        (str(entry["Value"]), _text(entry, "Text"))
        for entry in entries
        if isinstance(entry, Mapping) and "Value" in entry
    ]


def _option_set(value: Any) -> list[tuple[str, str]]:
    """Parse the options of an activity's field: JSON inside a text, sometimes empty."""
    try:
        return _options(json.loads(value)) if isinstance(value, str) and value else _options(value)
    except (ValueError, RecursionError):
        return []


def _number(value: Any) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return 0.0
    return number if abs(number) < 1e15 else 0.0
