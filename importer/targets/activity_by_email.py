"""Posting one activity to the lead with an e-mail address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping.model import Mapping
from importer.targets import receipts as answers
from importer.targets import rules
from importer.targets.bodies import ACTIVITY_KEYS, activity
from importer.targets.interface import Footprint, Target, Trace
from importer.targets.naming import lead_identity, section_fields

_LEAD_KEYS = ("EmailAddress", "FirstName", "LastName", "Phone")


class ActivityByEmail(Target):
    """Source: https://apidocs.leadsquared.com/post-an-activity-to-lead/

    LeadSquared creates the lead when no lead has the address, so a typo in it makes a new lead.
    """

    name: ClassVar[str] = "activity-by-email"
    title: ClassVar[str] = "Posts one activity to the lead with an e-mail address; an unknown address makes a new lead."
    call_class: ClassVar[CallClass] = CallClass.STANDARD
    sections: ClassVar[tuple[str, ...]] = ("activity",)
    activity_keys: ClassVar[tuple[str, ...]] = (*_LEAD_KEYS, *ACTIVITY_KEYS)

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *rules.section_problems(mapping, cls.sections),
            *rules.needs_field(mapping, "activity", "EmailAddress", "the address of the lead"),
            *rules.needs_field(mapping, "activity", "ActivityEvent", "the code of the activity type"),
            *rules.no_nested(mapping, "activity", (*_LEAD_KEYS, *ACTIVITY_KEYS)),
            *rules.no_search_by(mapping),
            *rules.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def required(self) -> frozenset[str]:
        return frozenset({"activity.EmailAddress", "activity.ActivityEvent"})

    def lead_key(self, record: Record) -> str:
        return lead_identity("EmailAddress", record.fields.get("activity.EmailAddress", ""))

    def repeatable(self, record: Record) -> bool:
        return False

    def request(self, records: Sequence[Record]) -> Request:
        (record,) = records
        body = activity(record, self.activity_keys)
        return Request("POST", "/ProspectActivity.svc/Create", self.call_class, body)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return answers.single_activity(body)

    def footprint(self, record: Record) -> Footprint:
        content = section_fields(record, "activity")
        address = content.get("EmailAddress", "")
        posted = {name: text for name, text in content.items() if name not in _LEAD_KEYS}
        return Footprint(Trace.ACTIVITY, "EmailAddress", address, content.get("ActivityEvent", ""), posted)
