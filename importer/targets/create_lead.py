"""The target that creates new leads one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping import Mapping, OnMissingLead
from importer.targets import mapping_checks, receipts
from importer.targets.bodies import first_filled, lead_pairs
from importer.targets.interface import EffectType, Target

_UNIQUE = ("EmailAddress", "Phone")


def _identifying_fields(mapping: Mapping) -> tuple[str, ...]:
    """Return the mapped fields that may identify a new lead: e-mail and phone, else the account's own fields.

    Own fields that the mapping calls `unique` come first.
    """
    usual = tuple(field for field in _UNIQUE if field in mapping.lead)
    if usual:
        return usual
    own = [
        name
        for name, rule in mapping.lead.items()
        if (name == "Mobile" or name.startswith("mx_")) and rule.fields is None and not rule.is_constant
    ]
    return tuple(sorted(own, key=lambda name: not mapping.lead[name].unique))


def _nothing_unique(mapping: Mapping) -> list[MappingProblem]:
    return mapping_checks.needs_one_of(
        mapping, "lead", (*_UNIQUE, "a field that is unique in your account"), "a new lead needs a unique field"
    )


class CreateLead(Target):
    """`Lead.Create`: https://apidocs.leadsquared.com/create-a-lead/

    E-mail and phone are unique by default; a row needs one of them, so that an uncertain row can be searched for. An
    account may have made other fields unique: where neither e-mail nor phone is mapped, a row needs one of its own.
    """

    name: ClassVar[str] = "create-lead"
    title: ClassVar[str] = (
        "Creates new leads one by one; refuses a lead whose e-mail, phone or other unique field already exists."
    )
    call_class: ClassVar[CallClass] = CallClass.STANDARD
    sections: ClassVar[tuple[str, ...]] = ("lead",)
    makes: ClassVar[frozenset[EffectType]] = frozenset({EffectType.LEAD})
    missing: ClassVar[frozenset[OnMissingLead]] = frozenset({OnMissingLead.CREATE})
    lead_identifiers: ClassVar[tuple[str, ...]] = tuple(f"lead.{field}" for field in _UNIQUE)

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *mapping_checks.section_problems(mapping, cls.sections),
            *([] if _identifying_fields(mapping) else _nothing_unique(mapping)),
            *mapping_checks.no_nested(mapping, "lead", _UNIQUE),
            *mapping_checks.no_search_by(mapping),
            *mapping_checks.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def required(self) -> frozenset[str]:
        return frozenset()

    @property
    def identity(self) -> tuple[str, ...]:
        return tuple(f"lead.{field}" for field in _identifying_fields(self.mapping))

    def lead_reference(self, record: Record) -> tuple[str, str]:
        return first_filled(record, _identifying_fields(self.mapping))

    def matched_phone(self, record: Record) -> str:
        # Each unique field counts by itself, also beside a new e-mail.
        return "lead.Phone" if record.fields.get("lead.Phone", "").strip() else ""

    def lead_key(self, record: Record) -> str:
        fields = _identifying_fields(self.mapping)
        if not set(fields).isdisjoint(_UNIQUE):
            return super().lead_key(record)
        # Which of them is unique is not known, and rows that share the value of another one need not wait.
        values = [record.fields.get(f"lead.{field}", "").strip().casefold() for field in fields]
        return "\n".join(values) if any(values) else ""

    def request(self, records: Sequence[Record]) -> Request:
        (record,) = records
        return Request("POST", "/LeadManagement.svc/Lead.Create", self.call_class, lead_pairs(record))

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return receipts.single_lead(body)
