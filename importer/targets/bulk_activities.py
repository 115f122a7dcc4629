"""The targets that post activities in bulk: up to 25 in one call, each paired with its receipt by row number."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping import Mapping, OnMissingLead
from importer.targets import mapping_checks, receipts
from importer.targets.bodies import ACTIVITY_KEYS, activity, encode_activities
from importer.targets.interface import PHONES, EffectType, Target

_OWN_KEYS = (*ACTIVITY_KEYS, "ActivityOwnerEmail")
_SERVICE = "/ProspectActivity.svc/Bulk/CustomActivity/Add"


class _BulkActivities(Target):
    """What both calls have in common: ``lead_key_name`` is the activity key that names the lead."""

    call_class: ClassVar[CallClass] = CallClass.BULK
    batch_size: ClassVar[int] = 25
    sections: ClassVar[tuple[str, ...]] = ("activity",)
    makes: ClassVar[frozenset[EffectType]] = frozenset({EffectType.ACTIVITY})
    missing: ClassVar[frozenset[OnMissingLead]] = frozenset({OnMissingLead.SKIP})
    lead_key_name: ClassVar[str]

    @property
    def required(self) -> frozenset[str]:
        return frozenset({f"activity.{self.lead_key_name}", "activity.ActivityEvent"})

    def lead_reference(self, record: Record) -> tuple[str, str]:
        field = self.lead_keys[self.lead_key_name] or self.mapping.search_by or ""
        return field, record.fields.get(f"activity.{self.lead_key_name}", "")

    def matched_phone(self, record: Record) -> str:
        return f"activity.{self.lead_key_name}" if self.lead_reference(record)[0] in PHONES else ""

    @abstractmethod
    def empty_request(self) -> Request:
        """Return the request without a body."""

    def request(self, records: Sequence[Record]) -> Request:
        return replace(self.empty_request(), body=[activity(record, self.activity_keys) for record in records])

    def ready_request(self, records: Sequence[Record]) -> Request:
        content = encode_activities(records, self.activity_keys)
        return super().ready_request(records) if content is None else replace(self.empty_request(), content=content)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return receipts.by_row_number(body, count, receipts.activity_entry)


class BulkActivitiesByLeadId(_BulkActivities):
    """Source: https://apidocs.leadsquared.com/post-bulk-activities-on-leads/"""

    name: ClassVar[str] = "bulk-activities-by-lead-id"
    title: ClassVar[str] = "Posts activities to leads whose LeadSquared id is known; the fastest way for many rows."
    lead_key_name: ClassVar[str] = "RelatedProspectId"
    lead_keys: ClassVar[dict[str, str]] = {"RelatedProspectId": "ProspectID"}
    lead_identifiers: ClassVar[tuple[str, ...]] = ("activity.RelatedProspectId",)
    activity_keys: ClassVar[tuple[str, ...]] = ("RelatedProspectId", *_OWN_KEYS)

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *mapping_checks.section_problems(mapping, cls.sections),
            *mapping_checks.needs_field(mapping, "activity", "RelatedProspectId", "the id of the lead"),
            *mapping_checks.needs_field(mapping, "activity", "ActivityEvent", "the code of the activity type"),
            *mapping_checks.no_nested(mapping, "activity", ("RelatedProspectId", "ActivityOwnerEmail", *ACTIVITY_KEYS)),
            *mapping_checks.no_search_by(mapping),
            *mapping_checks.update_behavior_problems(mapping, allowed=False),
        ]

    def empty_request(self) -> Request:
        return Request("POST", f"{_SERVICE}/ByLeadId", self.call_class)


class BulkActivitiesByLeadField(_BulkActivities):
    """Source: https://apidocs.leadsquared.com/post-activities-to-leads-in-bulk-using-unique-lead-fields/"""

    name: ClassVar[str] = "bulk-activities-by-lead-field"
    title: ClassVar[str] = "Posts activities to leads found by a unique field, such as their e-mail or phone."
    lead_key_name: ClassVar[str] = "SearchByValue"
    lead_keys: ClassVar[dict[str, str]] = {"SearchByValue": ""}
    lead_identifiers: ClassVar[tuple[str, ...]] = ("activity.SearchByValue",)
    needs_search_by: ClassVar[bool] = True
    not_searchable: ClassVar[frozenset[str]] = frozenset({"ProspectID"})
    activity_keys: ClassVar[tuple[str, ...]] = ("SearchByValue", *_OWN_KEYS)

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        reason = "the value of the field to find the lead by"
        return [
            *mapping_checks.section_problems(mapping, cls.sections),
            *mapping_checks.needs_field(mapping, "activity", "SearchByValue", reason),
            *mapping_checks.needs_field(mapping, "activity", "ActivityEvent", "the code of the activity type"),
            *mapping_checks.no_nested(mapping, "activity", ("SearchByValue", "ActivityOwnerEmail", *ACTIVITY_KEYS)),
            *mapping_checks.needs_search_by(mapping, ""),
            *mapping_checks.update_behavior_problems(mapping, allowed=False),
        ]

    def empty_request(self) -> Request:
        params = {"searchBy": self.mapping.search_by or ""}
        return Request("POST", f"{_SERVICE}/ByLeadField", self.call_class, params=params)
