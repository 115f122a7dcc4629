"""The target that posts one activity to the lead with an e-mail address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping import Mapping, OnExistingLead, OnMissingLead
from importer.targets import mapping_checks, receipts
from importer.targets.bodies import ACTIVITY_KEYS, activity
from importer.targets.interface import EffectType, Target

_LEAD_KEYS = ("EmailAddress", "FirstName", "LastName", "Phone")


class ActivityByEmail(Target):
    """Source: https://apidocs.leadsquared.com/post-an-activity-to-lead/

    LeadSquared creates the lead when no lead has the address, so a typo in it makes a new lead.
    """

    name: ClassVar[str] = "activity-by-email"
    title: ClassVar[str] = "Posts one activity to the lead with an e-mail address; an unknown address makes a new lead."
    call_class: ClassVar[CallClass] = CallClass.STANDARD
    sections: ClassVar[tuple[str, ...]] = ("activity",)
    makes: ClassVar[frozenset[EffectType]] = frozenset({EffectType.ACTIVITY, EffectType.LEAD})
    existing: ClassVar[frozenset[OnExistingLead]] = frozenset({OnExistingLead.SKIP})
    missing: ClassVar[frozenset[OnMissingLead]] = frozenset({OnMissingLead.CREATE})
    activity_keys: ClassVar[tuple[str, ...]] = (*_LEAD_KEYS, *ACTIVITY_KEYS)
    lead_keys: ClassVar[dict[str, str]] = {name: name for name in _LEAD_KEYS}
    lead_identifiers: ClassVar[tuple[str, ...]] = ("activity.EmailAddress",)

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *mapping_checks.section_problems(mapping, cls.sections),
            *mapping_checks.needs_field(mapping, "activity", "EmailAddress", "the address of the lead"),
            *mapping_checks.needs_field(mapping, "activity", "ActivityEvent", "the code of the activity type"),
            *mapping_checks.no_nested(mapping, "activity", (*_LEAD_KEYS, *ACTIVITY_KEYS)),
            *mapping_checks.no_search_by(mapping),
            *mapping_checks.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def required(self) -> frozenset[str]:
        return frozenset({"activity.EmailAddress", "activity.ActivityEvent"})

    def lead_reference(self, record: Record) -> tuple[str, str]:
        return "EmailAddress", record.fields.get("activity.EmailAddress", "")

    def request(self, records: Sequence[Record]) -> Request:
        (record,) = records
        body = activity(record, self.activity_keys)
        return Request("POST", "/ProspectActivity.svc/Create", self.call_class, body)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return receipts.single_activity(body)
