"""Writing a lead and its activity in one call, at once or through the async queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, HostKind, Receipt, Record, Request, Status
from importer.mapping.model import Mapping
from importer.targets import receipts as answers
from importer.targets import rules
from importer.targets.bodies import ACTIVITY_KEYS, activity, lead_pairs
from importer.targets.interface import Footprint, Target, Trace
from importer.targets.naming import lead_identity, section_fields


class LeadAndActivity(Target):
    """`CreateCustom`: https://apidocs.leadsquared.com/create-lead-and-activity/

    The lead part may be repeated, the activity part may not.
    """

    name: ClassVar[str] = "lead-and-activity"
    title: ClassVar[str] = "Creates or updates a lead and posts an activity to it, one row at a time."
    call_class: ClassVar[CallClass] = CallClass.STANDARD
    sections: ClassVar[tuple[str, ...]] = ("lead", "activity")
    activity_keys: ClassVar[tuple[str, ...]] = ACTIVITY_KEYS
    creates_leads: ClassVar[bool] = True
    updates_leads: ClassVar[bool] = True

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *rules.section_problems(mapping, cls.sections),
            *rules.needs_field(mapping, "activity", "ActivityEvent", "the code of the activity type"),
            *rules.no_nested(mapping, "activity", ACTIVITY_KEYS),
            *rules.needs_search_by(mapping, "lead"),
            *rules.no_nested(mapping, "lead", (mapping.search_by or "",)),
            *rules.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def _search_by(self) -> str:
        return self.mapping.search_by or ""

    def _value(self, record: Record) -> str:
        return record.fields.get(f"lead.{self._search_by}", "")

    @property
    def required(self) -> frozenset[str]:
        return frozenset({f"lead.{self._search_by}", "activity.ActivityEvent"})

    def lead_key(self, record: Record) -> str:
        return lead_identity(self._search_by, self._value(record))

    def repeatable(self, record: Record) -> bool:
        return False

    def _body(self, records: Sequence[Record]) -> dict[str, Any]:
        (record,) = records
        return {
            "LeadDetails": lead_pairs(record, self._search_by),
            "Activity": activity(record, self.activity_keys),
        }

    def request(self, records: Sequence[Record]) -> Request:
        return Request("POST", "/ProspectActivity.svc/CreateCustom", self.call_class, self._body(records))

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return answers.lead_and_activity(body)

    def footprint(self, record: Record) -> Footprint:
        content = section_fields(record, "activity")
        event = content.get("ActivityEvent", "")
        return Footprint(Trace.ACTIVITY, self._search_by, self._value(record), event, content)


class LeadAndActivityAsync(LeadAndActivity):
    """`activity/createcustom` on the async host: https://apidocs.leadsquared.com/async-api/

    The status path follows the pattern of the related calls and is not documented for certain; the metrics path is
    (https://apidocs.leadsquared.com/get-create-lead-and-activity-metrics/).
    """

    name: ClassVar[str] = "lead-and-activity-async"
    title: ClassVar[str] = "As lead-and-activity, through LeadSquared's queue: accepted at once, processed later."
    call_class: ClassVar[CallClass] = CallClass.ASYNC
    is_async: ClassVar[bool] = True

    def request(self, records: Sequence[Record]) -> Request:
        body = self._body(records)
        return Request("POST", "/activity/createcustom", self.call_class, body, host=HostKind.ASYNC)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return answers.accepted(body)

    def status_request(self, request_id: str) -> Request:
        params = {"RequestID": request_id}
        return Request("GET", "/activity/createcustom/status", self.call_class, None, params, HostKind.ASYNC)

    def status_receipt(self, body: Any) -> Receipt:
        return answers.task_status(body, answers.lead_and_activity, Status.UNCERTAIN)

    @classmethod
    def metrics_request(cls) -> Request | None:
        return Request("GET", "/activity/createcustom/metrics", cls.call_class, host=HostKind.ASYNC)
