"""What the account knows about its own fields, activity types and queues."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from importer.crm.reader import Ask
from importer.errors import CrmError
from importer.model import CallClass, Reply, Request


@dataclass(frozen=True, slots=True)
class LeadField:
    """A lead field as `LeadsMetaData.Get` describes it (https://apidocs.leadsquared.com/meta-data/).

    ``max_length`` is 0 when unknown; ``options`` are the values of a drop-down.
    """

    schema_name: str
    display_name: str
    data_type: str
    mandatory: bool
    max_length: int
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActivityType:
    """An activity type: its code and the name people know it by."""

    event: str
    name: str


@dataclass(frozen=True, slots=True)
class ActivityField:
    """A field of an activity type as `GetActivitySetting` describes it
    (https://apidocs.leadsquared.com/get-details-of-activity-type/).

    ``max_length`` is 0 when unknown; ``options`` are the pairs of value and shown text of a drop-down.
    """

    schema_name: str
    display_name: str
    data_type: str
    mandatory: bool
    max_length: int
    options: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class QueueMetrics:
    """How busy an async queue is (https://apidocs.leadsquared.com/get-create-lead-and-activity-metrics/).

    ``per_minute`` is the processing rate over the last ten minutes.
    """

    pending: int
    max_delay_seconds: float
    per_minute: float


def read_lead_fields(ask: Ask) -> list[LeadField]:
    """The account's lead fields. Raises :class:`CrmError` when LeadSquared does not list them."""
    request = Request("GET", "/LeadManagement.svc/LeadsMetaData.Get", CallClass.STANDARD)
    return [
        LeadField(
            schema_name=str(entry.get("SchemaName", "")),
            display_name=str(entry.get("DisplayName", "")),
            data_type=str(entry.get("DataType", "")),
            mandatory=entry.get("IsMandatory") is True,
            max_length=int(_number(entry.get("MaxLength"))),
            options=_options(entry.get("Options")),
        )
        for entry in _entries(ask(request), "lead fields")
    ]


def read_activity_types(ask: Ask) -> list[ActivityType]:
    """The account's activity types. Raises :class:`CrmError` when LeadSquared does not list them."""
    request = Request("GET", "/ProspectActivity.svc/ActivityTypes.Get", CallClass.STANDARD)
    return [
        ActivityType(
            str(entry.get("ActivityEvent", "")), str(entry.get("DisplayName") or entry.get("ActivityEventName", ""))
        )
        for entry in _entries(ask(request), "activity types")
    ]


def read_activity_fields(ask: Ask, event: str) -> list[ActivityField]:
    """The fields of the activity type with the code ``event``. Raises :class:`CrmError` when they are not listed."""
    path = "/ProspectActivity.svc/CustomActivity/GetActivitySetting"
    body = ask(Request("GET", path, CallClass.STANDARD, params={"code": event})).body
    fields = body.get("Fields") if isinstance(body, Mapping) else None
    if not isinstance(fields, list):
        raise CrmError(f"LeadSquared does not list the fields of activity type {event}.", "Run: importer doctor")
    return [
        ActivityField(
            schema_name=str(entry.get("SchemaName", "")),
            display_name=str(entry.get("DisplayName") or ""),
            data_type=str(entry.get("DataType") or ""),
            mandatory=entry.get("IsMandatory") is True,
            max_length=int(_number(entry.get("MaxFieldLength"))),
            options=_option_pairs(entry.get("OptionSet")),
        )
        for entry in fields
        if isinstance(entry, Mapping) and entry.get("SchemaName")
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
    if not isinstance(reply.body, list):
        raise CrmError(f"LeadSquared does not list its {what}.", "The keys' user may lack the right to see them.")
    return [entry for entry in reply.body if isinstance(entry, Mapping)]


def _options(value: Any) -> tuple[str, ...]:
    entries = value if isinstance(value, list) else []
    return tuple(str(entry["Value"]) for entry in entries if isinstance(entry, Mapping) and "Value" in entry)


def _option_pairs(value: Any) -> tuple[tuple[str, str], ...]:
    """Values and texts of an activity's drop-down, which comes as JSON inside a text."""
    try:
        entries = json.loads(value) if isinstance(value, str) and value.strip() else value
    except (ValueError, RecursionError):
        entries = None
    return tuple(
        (str(entry["Value"]), str(entry.get("Text") or entry["Value"]))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, Mapping) and "Value" in entry
    )


def _number(value: Any) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return 0.0
    return number if abs(number) < 1e15 else 0.0
