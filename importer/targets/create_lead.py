"""The target that creates new leads one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping import Mapping
from importer.targets import mapping_checks, receipts
from importer.targets.bodies import first_filled, lead_pairs
from importer.targets.interface import EffectType, Target

_UNIQUE = ("EmailAddress", "Phone")


class CreateLead(Target):
    """`Lead.Create`: https://apidocs.leadsquared.com/create-a-lead/

    E-mail and phone are unique by default; a row needs one of them, so that an uncertain row can be searched for.
    """

    name: ClassVar[str] = "create-lead"
    title: ClassVar[str] = "Creates new leads one by one; refuses a lead whose e-mail or phone already exists."
    call_class: ClassVar[CallClass] = CallClass.STANDARD
    sections: ClassVar[tuple[str, ...]] = ("lead",)
    makes: ClassVar[frozenset[EffectType]] = frozenset({EffectType.LEAD})
    lead_identifiers: ClassVar[tuple[str, ...]] = tuple(f"lead.{field}" for field in _UNIQUE)

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *mapping_checks.section_problems(mapping, cls.sections),
            *mapping_checks.needs_one_of(mapping, "lead", _UNIQUE, "a new lead needs a unique field"),
            *mapping_checks.no_nested(mapping, "lead", _UNIQUE),
            *mapping_checks.no_search_by(mapping),
            *mapping_checks.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def required(self) -> frozenset[str]:
        return frozenset()

    @property
    def identity(self) -> tuple[str, ...]:
        return tuple(f"lead.{field}" for field in _UNIQUE if field in self.mapping.lead)

    def lead_reference(self, record: Record) -> tuple[str, str]:
        return first_filled(record, _UNIQUE)

    def request(self, records: Sequence[Record]) -> Request:
        (record,) = records
        return Request("POST", "/LeadManagement.svc/Lead.Create", self.call_class, lead_pairs(record))

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return receipts.single_lead(body)
