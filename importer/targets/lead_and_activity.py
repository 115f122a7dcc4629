"""The targets that write a lead and its activity in one call, at once or through the async queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, HostKind, Receipt, Record, Request
from importer.mapping import Mapping, OnExistingLead, OnMissingLead
from importer.targets import mapping_checks, receipts
from importer.targets.bodies import ACTIVITY_KEYS, activity, lead_pairs
from importer.targets.interface import EffectType, Target
from importer.targets.lead_matching import written_lead


class LeadAndActivity(Target):
    """`CreateCustom`: https://apidocs.leadsquared.com/create-lead-and-activity/

    The lead part may be repeated, the activity part may not.
    """

    name: ClassVar[str] = "lead-and-activity"
    title: ClassVar[str] = "Creates or updates a lead and posts an activity to it, one row at a time."
    call_class: ClassVar[CallClass] = CallClass.STANDARD
    sections: ClassVar[tuple[str, ...]] = ("lead", "activity")
    makes: ClassVar[frozenset[EffectType]] = frozenset({EffectType.LEAD, EffectType.ACTIVITY})
    activity_keys: ClassVar[tuple[str, ...]] = ACTIVITY_KEYS
    updates_leads: ClassVar[bool] = True
    existing: ClassVar[frozenset[OnExistingLead]] = frozenset({OnExistingLead.UPDATE})
    missing: ClassVar[frozenset[OnMissingLead]] = frozenset({OnMissingLead.CREATE})
    names_its_ids: ClassVar[bool] = False
    needs_search_by: ClassVar[bool] = True

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *mapping_checks.section_problems(mapping, cls.sections),
            *mapping_checks.needs_field(mapping, "activity", "ActivityEvent", "the code of the activity type"),
            *mapping_checks.no_nested(mapping, "activity", ACTIVITY_KEYS),
            *mapping_checks.needs_search_by(mapping, "lead"),
            *mapping_checks.no_nested(mapping, "lead", (mapping.search_by or "",)),
            *mapping_checks.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def required(self) -> frozenset[str]:
        return frozenset({f"lead.{self.mapping.search_by or ''}", "activity.ActivityEvent"})

    def lead_reference(self, record: Record) -> tuple[str, str]:
        field = self.mapping.search_by or ""
        return field, record.fields.get(f"lead.{field}", "")

    def written_lead(self, record: Record) -> tuple[str, str]:
        return written_lead(record, (self.mapping.search_by or "",))

    def request(self, records: Sequence[Record]) -> Request:
        (record,) = records
        lead = lead_pairs(record, self.mapping.search_by)
        body = {"LeadDetails": lead, "Activity": activity(record, self.activity_keys)}
        return Request("POST", "/ProspectActivity.svc/CreateCustom", self.call_class, body)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return receipts.lead_and_activity(body)


class LeadAndActivityAsync(LeadAndActivity):
    """`activity/createcustom` on the async host: https://apidocs.leadsquared.com/async-api/

    The status path follows the pattern of the related calls and is not documented for certain; the metrics path is
    (https://apidocs.leadsquared.com/get-create-lead-and-activity-metrics/).
    """

    name: ClassVar[str] = "lead-and-activity-async"
    title: ClassVar[str] = (
        "Creates or updates a lead with an activity through LeadSquared's queue: accepted at once, processed later."
    )
    call_class: ClassVar[CallClass] = CallClass.ASYNC
    is_async: ClassVar[bool] = True

    def request(self, records: Sequence[Record]) -> Request:
        return replace(super().request(records), path="/activity/createcustom", host=HostKind.ASYNC)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return receipts.accepted(body)

    def status_request(self, request_id: str) -> Request:
        params = {"RequestID": request_id}
        path = "/activity/createcustom/status"
        return Request("GET", path, self.call_class, None, params, HostKind.ASYNC, needs_pair=False)

    def status_receipt(self, body: Any) -> Receipt:
        return receipts.task_status(body, receipts.lead_and_activity)

    @classmethod
    def metrics_request(cls) -> Request | None:
        path = "/activity/createcustom/metrics"
        return Request("GET", path, cls.call_class, host=HostKind.ASYNC, needs_pair=False)
