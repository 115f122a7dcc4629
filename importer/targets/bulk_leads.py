"""Creating or updating leads in bulk: up to 25 in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping.model import Mapping
from importer.targets import receipts as answers
from importer.targets import rules
from importer.targets.bodies import lead_pairs
from importer.targets.interface import Footprint, Target, Trace
from importer.targets.naming import lead_identity, section_fields


class BulkUpsertLeads(Target):
    """`Lead/Bulk/CreateOrUpdate`: https://apidocs.leadsquared.com/bulk-create-or-update/

    What happens to the same lead twice in one call is not documented, so a call never carries it twice.
    """

    name: ClassVar[str] = "bulk-upsert-leads"
    title: ClassVar[str] = "Creates or updates many leads, found by one field; safe to repeat."
    call_class: ClassVar[CallClass] = CallClass.BULK
    batch_size: ClassVar[int] = 25
    sections: ClassVar[tuple[str, ...]] = ("lead",)
    creates_leads: ClassVar[bool] = True
    updates_leads: ClassVar[bool] = True
    same_lead_in_one_call: ClassVar[bool] = False

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *rules.section_problems(mapping, cls.sections),
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
        return frozenset({f"lead.{self._search_by}"})

    def lead_key(self, record: Record) -> str:
        return lead_identity(self._search_by, self._value(record))

    def repeatable(self, record: Record) -> bool:
        return bool(self.lead_key(record))

    def request(self, records: Sequence[Record]) -> Request:
        leads = [lead_pairs(record, self._search_by) for record in records]
        return Request("POST", "/LeadManagement.svc/Lead/Bulk/CreateOrUpdate", self.call_class, leads)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return answers.by_row_number(body, count, answers.lead_entry)

    def footprint(self, record: Record) -> Footprint:
        return Footprint(Trace.LEAD, self._search_by, self._value(record), "", section_fields(record, "lead"))
