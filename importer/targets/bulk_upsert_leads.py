"""The target that creates or updates leads in bulk: up to 25 in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping import Mapping, OnExistingLead, OnMissingLead
from importer.targets import mapping_checks, receipts
from importer.targets.bodies import lead_pairs
from importer.targets.interface import EffectType, Target
from importer.targets.lead_matching import found_again_by, written_lead


class BulkUpsertLeads(Target):
    """`Lead/Bulk/CreateOrUpdate`: https://apidocs.leadsquared.com/bulk-create-or-update/

    What happens to the same lead twice in one call is not documented, so a call never carries it twice.
    """

    name: ClassVar[str] = "bulk-upsert-leads"
    title: ClassVar[str] = "Creates or updates many leads, found by one field."
    call_class: ClassVar[CallClass] = CallClass.BULK
    batch_size: ClassVar[int] = 25
    sections: ClassVar[tuple[str, ...]] = ("lead",)
    makes: ClassVar[frozenset[EffectType]] = frozenset({EffectType.LEAD})
    updates_leads: ClassVar[bool] = True
    existing: ClassVar[frozenset[OnExistingLead]] = frozenset({OnExistingLead.UPDATE})
    missing: ClassVar[frozenset[OnMissingLead]] = frozenset({OnMissingLead.CREATE})
    needs_search_by: ClassVar[bool] = True
    same_lead_in_one_call: ClassVar[bool] = False

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *mapping_checks.section_problems(mapping, cls.sections),
            *mapping_checks.needs_search_by(mapping, "lead"),
            *mapping_checks.no_nested(mapping, "lead", (mapping.search_by or "",)),
            *mapping_checks.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def required(self) -> frozenset[str]:
        return frozenset({f"lead.{self.mapping.search_by or ''}"})

    def lead_reference(self, record: Record) -> tuple[str, str]:
        field = self.mapping.search_by or ""
        return field, record.fields.get(f"lead.{field}", "")

    def repeatable(self, record: Record) -> bool:
        field, value = self.lead_reference(record)
        return bool(value.strip()) and found_again_by(field)

    def written_lead(self, record: Record) -> tuple[str, str]:
        return written_lead(record, (self.mapping.search_by or "",))

    def request(self, records: Sequence[Record]) -> Request:
        leads = [lead_pairs(record, self.mapping.search_by) for record in records]
        return Request("POST", "/LeadManagement.svc/Lead/Bulk/CreateOrUpdate", self.call_class, leads)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return receipts.by_row_number(body, count, receipts.lead_entry)
