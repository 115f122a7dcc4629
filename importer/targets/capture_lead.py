"""The targets that create or update leads one by one, at once or through the async queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, HostKind, Receipt, Record, Request
from importer.mapping import NEVER_UPDATES, Mapping, OnExistingLead, OnMissingLead
from importer.targets import mapping_checks, receipts
from importer.targets.bodies import first_filled, lead_pairs
from importer.targets.interface import EffectType, Target
from importer.targets.lead_matching import MATCHED_BY, found_again_by, written_lead


class CaptureLead(Target):
    """`Lead.Capture`: https://apidocs.leadsquared.com/capture-lead/

    Matches by ProspectID, then e-mail, then phone; with none of them every call makes a new lead. `SearchBy` takes the
    place of that order, unless all four are sent. A known ProspectID with another e-mail makes a new lead, and so does
    an unknown one that nothing else matches.
    """

    name: ClassVar[str] = "capture-lead"
    title: ClassVar[str] = "Creates or updates leads one by one, found by id, e-mail or phone."
    call_class: ClassVar[CallClass] = CallClass.STANDARD
    sections: ClassVar[tuple[str, ...]] = ("lead",)
    makes: ClassVar[frozenset[EffectType]] = frozenset({EffectType.LEAD})
    updates_leads: ClassVar[bool] = True
    existing: ClassVar[frozenset[OnExistingLead]] = frozenset(OnExistingLead)
    missing: ClassVar[frozenset[OnMissingLead]] = frozenset({OnMissingLead.CREATE})
    lead_identifiers: ClassVar[tuple[str, ...]] = tuple(f"lead.{field}" for field in MATCHED_BY)
    needs_identifier: ClassVar[bool] = False

    @classmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        return [
            *mapping_checks.section_problems(mapping, cls.sections),
            *mapping_checks.no_nested(mapping, "lead", MATCHED_BY),
            *(mapping_checks.needs_search_by(mapping, "lead") if mapping.search_by else []),
            *mapping_checks.needs_identified(mapping, MATCHED_BY),
            *mapping_checks.update_behavior_problems(mapping, allowed=True),
        ]

    @classmethod
    def mapping_notes(cls, mapping: Mapping) -> list[MappingProblem]:
        return mapping_checks.search_by_notes(mapping, MATCHED_BY)

    @property
    def required(self) -> frozenset[str]:
        return frozenset()

    @property
    def identity(self) -> tuple[str, ...]:
        return () if self.mapping.allow_unidentified else self.lead_names

    def lead_reference(self, record: Record) -> tuple[str, str]:
        return first_filled(record, self._matched_by(record))

    def _matched_by(self, record: Record) -> tuple[str, ...]:
        """Return the fields by which LeadSquared matches the record, in its order."""
        search_by = self.mapping.search_by
        ignored = all(record.fields.get(f"lead.{field}", "").strip() for field in MATCHED_BY)
        return (search_by,) if search_by and not ignored else MATCHED_BY

    def repeatable(self, record: Record) -> bool:
        # In LeadSquared's own order the e-mail comes second: an id before it may name a lead with another e-mail, and
        # then each call tries to create a lead.
        field, value = self.lead_reference(record)
        return bool(value) and found_again_by(field)

    def written_lead(self, record: Record) -> tuple[str, str]:
        return written_lead(record, self._matched_by(record))

    def request(self, records: Sequence[Record]) -> Request:
        (record,) = records
        pairs = lead_pairs(record, self.mapping.search_by)
        chosen = self.mapping.lead_update_behavior
        params = {"LeadUpdateBehavior": chosen} if chosen else {}
        return Request("POST", "/LeadManagement.svc/Lead.Capture", self.call_class, pairs, params)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return self._read_answer(body)

    def _read_answer(self, body: Any) -> list[Receipt]:
        return receipts.single_lead(body, updates=self.mapping.lead_update_behavior != NEVER_UPDATES)


class CaptureLeadAsync(CaptureLead):
    """`lead/capture` on the async host: https://apidocs.leadsquared.com/async-api/

    The paths of its status and metrics calls follow https://apidocs.leadsquared.com/lead-capture-status-api and the
    pattern of the related calls; the metrics path is not documented for certain.
    """

    name: ClassVar[str] = "capture-lead-async"
    title: ClassVar[str] = "Creates or updates leads through LeadSquared's queue: accepted at once, processed later."
    call_class: ClassVar[CallClass] = CallClass.ASYNC
    is_async: ClassVar[bool] = True

    def request(self, records: Sequence[Record]) -> Request:
        return replace(super().request(records), path="/lead/capture", host=HostKind.ASYNC)

    def receipts(self, body: Any, count: int) -> list[Receipt]:
        return receipts.accepted(body)

    def status_request(self, request_id: str) -> Request:
        params = {"RequestID": request_id}
        return Request("GET", "/lead/status", self.call_class, None, params, HostKind.ASYNC, needs_pair=False)

    def status_receipt(self, body: Any) -> Receipt:
        return receipts.task_status(body, self._read_answer)

    @classmethod
    def metrics_request(cls) -> Request | None:
        return Request("GET", "/lead/metrics", cls.call_class, host=HostKind.ASYNC, needs_pair=False)
