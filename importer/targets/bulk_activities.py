"""Bulk posting of activities: up to 25 in one call, each paired with its receipt by row number."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping.model import Mapping
from importer.targets import receipts as answers
from importer.targets import rules
from importer.targets.bodies import ACTIVITY_KEYS, activity
from importer.targets.encoding import encoded_activities
from importer.targets.interface import Footprint, Target, Trace
from importer.targets.naming import lead_identity, section_fields

_KEYS = (*ACTIVITY_KEYS, "ActivityOwnerEmail")
_SERVICE = "/ProspectActivity.svc/Bulk/CustomActivity/Add"


class _BulkActivities(Target):
    call_class: ClassVar[CallClass] = CallClass.BULK
    batch_size: ClassVar[int] = 25
    sections: ClassVar[tuple[str, ...]] = ("activity",)
    lead_reference: ClassVar[str]
    """The activity field that names the lead."""

    @property
    def required(self) -> frozenset[str]:
        return frozenset({f"activity.{self.lead_reference}", "activity.ActivityEvent"})

    @property
    @abstractmethod
    def lead_field(self) -> str:
        """The lead field that :attr:`lead_reference` holds."""

    def lead_key(self, record: Record) -> str:
        return lead_identity(self.lead_field, record.fields.get(f"activity.{self.lead_reference}", ""))

    def repeatable(self, record: Record) -> bool:
        return False

    @abstractmethod
    def _call(self) -> Request:
        """The request without a body."""

    def request(self, records: Sequence[Record]) -> Request:
        return replace(self._call(), body=[activity(record, self.activity_keys) for record in records])

    def ready_request(self, records: Sequence[Record]) -> Request:
        content = encoded_activities(records, self.activity_keys)
        return super().ready_request(records) if content is None else replace(self._call(), content=content)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return answers.by_row_number(body, count, answers.activity_entry)

    def footprint(self, record: Record) -> Footprint:
        content = section_fields(record, "activity")
        lead = content.pop(self.lead_reference, "")
        return Footprint(Trace.ACTIVITY, self.lead_field, lead, content.get("ActivityEvent", ""), content)


class BulkActivitiesByLeadId(_BulkActivities):
    """Source: https://apidocs.leadsquared.com/post-bulk-activities-on-leads/"""

    name: ClassVar[str] = "bulk-activities-by-lead-id"
    title: ClassVar[str] = "Posts activities to leads whose LeadSquared id is known; the fastest way for many rows."
    lead_reference: ClassVar[str] = "RelatedProspectId"
    activity_keys: ClassVar[tuple[str, ...]] = ("RelatedProspectId", *_KEYS)

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *rules.section_problems(mapping, cls.sections),
            *rules.needs_field(mapping, "activity", "RelatedProspectId", "the id of the lead"),
            *rules.needs_field(mapping, "activity", "ActivityEvent", "the code of the activity type"),
            *rules.no_nested(mapping, "activity", ("RelatedProspectId", "ActivityOwnerEmail", *ACTIVITY_KEYS)),
            *rules.no_search_by(mapping),
            *rules.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def lead_field(self) -> str:
        return "ProspectID"

    def _call(self) -> Request:
        return Request("POST", f"{_SERVICE}/ByLeadId", self.call_class)


class BulkActivitiesByLeadField(_BulkActivities):
    """Source: https://apidocs.leadsquared.com/post-activities-to-leads-in-bulk-using-unique-lead-fields/"""

    name: ClassVar[str] = "bulk-activities-by-lead-field"
    title: ClassVar[str] = "Posts activities to leads found by a unique field, such as their e-mail or phone."
    lead_reference: ClassVar[str] = "SearchByValue"
    activity_keys: ClassVar[tuple[str, ...]] = ("SearchByValue", *_KEYS)

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *rules.section_problems(mapping, cls.sections),
            *rules.needs_field(mapping, "activity", "SearchByValue", "the value of the field to find the lead by"),
            *rules.needs_field(mapping, "activity", "ActivityEvent", "the code of the activity type"),
            *rules.no_nested(mapping, "activity", ("SearchByValue", "ActivityOwnerEmail", *ACTIVITY_KEYS)),
            *rules.needs_search_by(mapping, ""),
            *rules.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def lead_field(self) -> str:
        return self.mapping.search_by or ""

    def _call(self) -> Request:
        return Request("POST", f"{_SERVICE}/ByLeadField", self.call_class, params={"searchBy": self.lead_field})
