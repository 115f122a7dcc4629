"""What the account knows about its own fields, activity types and queues."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importer.core.errors import CrmError
from importer.core.model import CallClass, Reply, Request
from importer.crm_schema.model import ActivityType, FieldFacts, User
from importer.leadsquared.reader import Ask

_OPEN_RENDERS = ("dropdownwithothers",)
_SIGNS_OF_OTHERS = ("IsMultiSelectDropdown", "IncludeOthersOption", "BehaviorOnMissingDropdownOption", "ParentField")
"""What says that a drop-down may take other values than its options; what is not documented counts as yes."""
_FALSE = (None, "", 0, "0", False, "false", "False")


@dataclass(frozen=True, slots=True)
class QueueMetrics:
    """How busy an async queue is (https://apidocs.leadsquared.com/get-create-lead-and-activity-metrics/).

    ``per_minute`` is the processing rate over the last ten minutes.
    """

    pending: int
    max_delay_seconds: float
    per_minute: float


def read_lead_fields(ask: Ask) -> list[FieldFacts]:
    """The account's lead fields, from `LeadsMetaData.Get` (https://apidocs.leadsquared.com/meta-data/).

    Raises :class:`CrmError` when LeadSquared does not list them.
    """
    request = Request("GET", "/LeadManagement.svc/LeadsMetaData.Get", CallClass.STANDARD)
    return [
        _field(
            entry,
            render="RenderTypeTextValue",
            length="MaxLength",
            options=_options(entry.get("Options")),
            open_options=_said(entry, "AllowMultiple"),
        )
        for entry in _entries(ask(request), "lead fields")
        if _text(entry, "SchemaName")
    ]


def read_activity_types(ask: Ask) -> list[ActivityType]:
    """The account's activity types, without their fields. Raises :class:`CrmError` when LeadSquared does not list
    them."""
    request = Request("GET", "/ProspectActivity.svc/ActivityTypes.Get", CallClass.STANDARD)
    return [
        ActivityType(_text(entry, "ActivityEvent"), _text(entry, "DisplayName") or _text(entry, "ActivityEventName"))
        for entry in _entries(ask(request), "activity types")
    ]


def read_activity_fields(ask: Ask, event: str) -> list[FieldFacts]:
    """The fields of one activity type, from `GetActivitySetting`
    (https://apidocs.leadsquared.com/get-details-of-activity-type/).

    Raises :class:`CrmError` when LeadSquared does not list them.
    """
    request = Request(
        "GET", "/ProspectActivity.svc/CustomActivity/GetActivitySetting", CallClass.STANDARD, None, {"code": event}
    )
    reply = ask(request)
    listed = reply.body.get("Fields") if isinstance(reply.body, Mapping) else None
    return [
        _field(
            entry,
            render="StringRenderType",
            length="MaxFieldLength",
            options=_option_set(entry.get("OptionSet")),
            open_options=any(_said(entry, sign) for sign in _SIGNS_OF_OTHERS),
        )
        for entry in _sound(listed, f"the fields of activity type {event}")
        if _text(entry, "SchemaName")
    ]


def _field(
    entry: Mapping[str, Any], *, render: str, length: str, options: Sequence[tuple[str, str]], open_options: bool
) -> FieldFacts:
    """The field of a lead or of an activity, whose answers name these things differently."""
    drawn = _text(entry, render)
    return FieldFacts(
        schema_name=_text(entry, "SchemaName"),
        display_name=_text(entry, "DisplayName"),
        data_type=_text(entry, "DataType"),
        render=drawn,
        mandatory=entry.get("IsMandatory") is True,
        max_length=_length(entry.get(length)),
        options=tuple(value for value, _ in options),
        option_texts=tuple(text for _, text in options),
        open_options=open_options or drawn.casefold() in _OPEN_RENDERS,
        read_only=_said(entry, "IsReadOnly"),
        locked=_said(entry, "LockAfterCreate"),
    )


def read_users(ask: Ask) -> list[User]:
    """The account's users (https://apidocs.leadsquared.com/get-users). Raises :class:`CrmError` when LeadSquared does
    not list them."""
    request = Request("GET", "/UserManagement.svc/Users.Get", CallClass.STANDARD)
    return [
        # The documentation calls the key ID; answers with UserId were seen, too.
        User(
            _text(entry, "ID") or _text(entry, "UserId"),
            _text(entry, "EmailAddress"),
            active=_text(entry, "StatusCode") == "0",
        )
        for entry in _entries(ask(request), "users")
    ]


def read_metrics(reply: Reply) -> QueueMetrics:
    """The figures in the answer to a metrics question; its keys are read whatever their case.

    Raises :class:`CrmError` when they are not there.
    """
    body = reply.body if isinstance(reply.body, Mapping) else {}
    figures = {str(name).lower(): value for name, value in body.items()}
    if "pendingmessages" not in figures:
        raise CrmError("LeadSquared shows no figures of its queue.", "Check the async host and the API key.")
    return QueueMetrics(
        pending=int(_number(figures["pendingmessages"])),
        max_delay_seconds=_number(figures.get("maxdelayinseconds")),
        per_minute=_number(figures.get("processingrateperminute")),
    )


def _entries(reply: Reply, what: str) -> list[Mapping[str, Any]]:
    return _sound(reply.body, f"its {what}")


def _sound(listed: Any, what: str) -> list[Mapping[str, Any]]:
    if not isinstance(listed, list):
        raise CrmError(f"LeadSquared does not list {what}.", "The keys' user may lack the right to see them.")
    return [entry for entry in listed if isinstance(entry, Mapping)]


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return "" if value is None else str(value)


def _said(entry: Mapping[str, Any], key: str) -> bool:
    return entry.get(key) not in _FALSE


def _options(value: Any) -> list[tuple[str, str]]:
    """Value and shown text of each option."""
    entries = value if isinstance(value, list) else []
    return [
        (str(entry["Value"]), _text(entry, "Text"))
        for entry in entries
        if isinstance(entry, Mapping) and "Value" in entry
    ]


def _option_set(value: Any) -> list[tuple[str, str]]:
    """The options of an activity's field: JSON inside a text, sometimes empty."""
    try:
        return _options(json.loads(value)) if isinstance(value, str) and value else _options(value)
    except (ValueError, RecursionError):
        return []


def _length(value: Any) -> int:
    return max(0, int(_number(value)))


def _number(value: Any) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return 0.0
    return number if abs(number) < 1e15 else 0.0
