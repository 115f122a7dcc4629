"""Writing leads one by one: create, capture, and capture through the async queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, HostKind, Receipt, Record, Request, Status
from importer.mapping.model import Mapping
from importer.targets import receipts as answers
from importer.targets import rules
from importer.targets.bodies import lead_pairs
from importer.targets.interface import Footprint, Target, Trace
from importer.targets.naming import lead_identity, section_fields

_LOOK_UP = ("ProspectID", "EmailAddress", "Phone")
"""Fields by which LeadSquared matches a captured lead, in its order."""


def _searchable(record: Record, fields: Sequence[str]) -> tuple[str, str]:
    """The first of ``fields`` that the record fills, with its text; two empty texts when it fills none."""
    for field in fields:
        text = record.fields.get(f"lead.{field}", "").strip()
        if text:
            return field, text
    return "", ""


class _SingleLead(Target):
    call_class: ClassVar[CallClass] = CallClass.STANDARD
    sections: ClassVar[tuple[str, ...]] = ("lead",)
    creates_leads: ClassVar[bool] = True
    look_up: ClassVar[tuple[str, ...]] = _LOOK_UP

    @property
    def required(self) -> frozenset[str]:
        return frozenset()

    def lead_key(self, record: Record) -> str:
        return lead_identity(*_searchable(record, self.look_up))

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return answers.single_lead(body)

    def footprint(self, record: Record) -> Footprint:
        field, text = _searchable(record, self.look_up)
        return Footprint(Trace.LEAD, field, text, "", section_fields(record, "lead"))


class CreateLead(_SingleLead):
    """`Lead.Create`: https://apidocs.leadsquared.com/create-a-lead/

    E-mail and phone are unique by default; a row needs one of them, so that a doubtful row can be looked up.
    """

    name: ClassVar[str] = "create-lead"
    title: ClassVar[str] = "Creates new leads one by one; refuses a lead whose e-mail or phone already exists."
    look_up: ClassVar[tuple[str, ...]] = ("EmailAddress", "Phone")

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *rules.section_problems(mapping, cls.sections),
            *rules.needs_one_of(mapping, "lead", cls.look_up, "a new lead needs a unique field"),
            *rules.no_nested(mapping, "lead", cls.look_up),
            *rules.no_search_by(mapping),
            *rules.update_behavior_problems(mapping, allowed=False),
        ]

    @property
    def identity(self) -> tuple[str, ...]:
        return tuple(f"lead.{field}" for field in self.look_up if field in self.mapping.lead)

    def repeatable(self, record: Record) -> bool:
        return False

    def request(self, records: Sequence[Record]) -> Request:
        (record,) = records
        pairs = lead_pairs(record)
        return Request("POST", "/LeadManagement.svc/Lead.Create", self.call_class, pairs)


class CaptureLead(_SingleLead):
    """`Lead.Capture`: https://apidocs.leadsquared.com/capture-lead/

    Matches by ProspectID, then e-mail, then phone; with none of them every call makes a new lead.
    """

    name: ClassVar[str] = "capture-lead"
    title: ClassVar[str] = "Creates or updates leads one by one, found by id, e-mail or phone."
    updates_leads: ClassVar[bool] = True

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *rules.section_problems(mapping, cls.sections),
            *rules.no_nested(mapping, "lead", cls.look_up),
            *(rules.needs_search_by(mapping, "lead") if mapping.search_by else []),
            *rules.update_behavior_problems(mapping, allowed=True),
        ]

    def repeatable(self, record: Record) -> bool:
        return bool(self.lead_key(record))

    def lead_key(self, record: Record) -> str:
        return lead_identity(*_searchable(record, self._matched_by))

    def footprint(self, record: Record) -> Footprint:
        field, text = _searchable(record, self._matched_by)
        return Footprint(Trace.LEAD, field, text, "", section_fields(record, "lead"))

    @property
    def _matched_by(self) -> tuple[str, ...]:
        return (self.mapping.search_by,) if self.mapping.search_by else self.look_up

    @property
    def _params(self) -> dict[str, str]:
        chosen = self.mapping.update_behavior
        return {"LeadUpdateBehavior": chosen} if chosen else {}

    def request(self, records: Sequence[Record]) -> Request:
        (record,) = records
        pairs = lead_pairs(record, self.mapping.search_by)
        return Request("POST", "/LeadManagement.svc/Lead.Capture", self.call_class, pairs, self._params)


class CaptureLeadAsync(CaptureLead):
    """`lead/capture` on the async host: https://apidocs.leadsquared.com/async-api/

    The paths of its status and metrics calls follow https://apidocs.leadsquared.com/lead-capture-status-api and the
    pattern of the related calls; the metrics path is not documented for certain.
    """

    name: ClassVar[str] = "capture-lead-async"
    title: ClassVar[str] = "As capture-lead, through LeadSquared's queue: accepted at once, processed later."
    call_class: ClassVar[CallClass] = CallClass.ASYNC
    is_async: ClassVar[bool] = True

    def request(self, records: Sequence[Record]) -> Request:
        (record,) = records
        pairs = lead_pairs(record, self.mapping.search_by)
        return Request("POST", "/lead/capture", self.call_class, pairs, self._params, HostKind.ASYNC)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return answers.accepted(body)

    def status_request(self, request_id: str) -> Request:
        return Request("GET", "/lead/status", self.call_class, None, {"RequestID": request_id}, HostKind.ASYNC)

    def status_receipt(self, body: Any) -> Receipt:
        return answers.task_status(body, answers.single_lead, Status.CREATED)

    @classmethod
    def metrics_request(cls) -> Request | None:
        return Request("GET", "/lead/metrics", cls.call_class, host=HostKind.ASYNC)
