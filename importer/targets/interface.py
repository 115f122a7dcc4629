"""The interface of a target: one LeadSquared call, how records become its request, and how its answer is read.

Targets are pure: they open nothing, send nothing and remember nothing.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

import orjson

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping import Mapping, OnExistingLead, OnMissingLead
from importer.targets.bodies import section_fields

PHONES = ("Phone", "Mobile")
_NOT_DIGITS = re.compile(r"[^0-9]")


class EffectType(StrEnum):
    """What a delivered row creates in the CRM. The values are the names of the mapping's sections."""

    ACTIVITY = "activity"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class ReadBackQuery:
    """How to find out in the CRM whether an uncertain row was delivered.

    The lead is searched by ``lead_field`` (``ProspectID`` when the row names the lead's id) = ``lead_value``; both are
    empty when the row has nothing to search by. For :attr:`EffectType.ACTIVITY` the lead's activities of type ``event``
    are compared with ``content``: flat names without section, such as ``ActivityNote``, ``ActivityDateTime``,
    ``mx_Custom_1`` and ``mx_KYC.Status``. For :attr:`EffectType.LEAD` ``content`` holds the lead's fields, and
    ``updates`` says whether the call changes a lead that is there already, instead of being refused.
    """

    effect: EffectType
    lead_field: str
    lead_value: str
    event: str
    content: MappingOf[str, str]
    updates: bool = False


class Target(ABC):
    """One LeadSquared call. Made for one mapping; see :func:`importer.targets.make_target`.

    The class attributes say what kind of call it is. Code outside of this package asks them and never for the name.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    """One line for people: what the call does."""
    call_class: ClassVar[CallClass]
    batch_size: ClassVar[int] = 1
    sections: ClassVar[tuple[str, ...]]
    """Mapping sections that the call uses: ``lead``, ``activity`` or both."""
    makes: ClassVar[frozenset[EffectType]]
    """What the call creates when it is not in the CRM yet."""
    updates_leads: ClassVar[bool] = False
    """Whether the call changes a lead that exists already."""
    existing: ClassVar[frozenset[OnExistingLead]] = frozenset()
    """What the call can do with leads that exist already."""
    missing: ClassVar[frozenset[OnMissingLead]] = frozenset()
    """What the call can do with leads that do not exist."""
    is_async: ClassVar[bool] = False
    activity_keys: ClassVar[tuple[str, ...]] = ()
    """Keys beside the fields of an activity: mapped like fields, but not part of the activity type."""
    lead_keys: ClassVar[MappingOf[str, str]] = {}
    """Those of :attr:`activity_keys` that describe the lead, each with its lead field; "" is the one of `search_by`."""
    lead_identifiers: ClassVar[tuple[str, ...]] = ()
    """Flat names of fields that identify the lead, in LeadSquared's order; empty when `search_by` names the field."""
    needs_identifier: ClassVar[bool] = True
    """Whether a mapping must fill one of :attr:`lead_identifiers`. Else a row without them makes a new lead."""
    names_its_ids: ClassVar[bool] = True
    """Whether the documented answer says which of its ids is the activity's and which the lead's."""
    needs_search_by: ClassVar[bool] = False
    """Whether the mapping must name the lead field by which LeadSquared finds the lead (`search_by`)."""
    not_searchable: ClassVar[frozenset[str]] = frozenset()
    """Lead fields that `search_by` should not name, because another target is made for them."""
    same_lead_in_one_call: ClassVar[bool] = True
    """Whether one call may carry two rows of the same lead; when not, the second waits for the first."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping

    @classmethod
    @abstractmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        """Return everything about the mapping that this call cannot use (missing section, field or `search_by`, ...).

        ``line`` is left 0; ``path`` (such as ``activity.ActivityEvent``) lets the loader find it.
        """

    @classmethod
    def mapping_notes(cls, mapping: Mapping) -> list[MappingProblem]:
        """Return what the author of a mapping that can be used should know about it, in the form of problems."""
        return []

    @classmethod
    def effect(cls) -> EffectType:
        """Return what a read-back looks for: the activity when the call makes one, else the lead."""
        return EffectType.ACTIVITY if EffectType.ACTIVITY in cls.makes else EffectType.LEAD

    @classmethod
    def latest_wins(cls) -> bool:
        """Whether the call does nothing but write leads, so that only what was sent last for a lead counts."""
        return cls.updates_leads and cls.effect() is EffectType.LEAD

    @property
    def lead_names(self) -> tuple[str, ...]:
        """Flat names of the mapped fields that identify the lead a row writes; empty when the call posts activities."""
        if self.effect() is not EffectType.LEAD:
            return ()
        search_by = self.mapping.search_by
        names = (f"lead.{search_by}",) if search_by else self.lead_identifiers
        return tuple(name for name in names if name.removeprefix("lead.") in self.mapping.lead)

    @property
    @abstractmethod
    def required(self) -> frozenset[str]:
        """Flat names of the mapped fields without which a row cannot be sent."""

    @property
    def identity(self) -> tuple[str, ...]:
        """Flat names of mapped fields of which each row needs at least one; empty when there is no such rule."""
        return ()

    @abstractmethod
    def lead_reference(self, record: Record) -> tuple[str, str]:
        """Return the lead field and the value that identify the record's lead; an empty value when it has none."""

    @property
    def searches_phones(self) -> bool:
        """Whether LeadSquared may find leads of this mapping by a phone, which it compares as a text."""
        return any(f"lead.{name}" in self.lead_identifiers for name in PHONES) or self.mapping.search_by in PHONES

    def matched_phone(self, record: Record) -> str:
        """Return the flat name of the field with the phone by which the record's lead is found; empty without one."""
        field, _ = self.lead_reference(record)
        return f"lead.{field}" if field in PHONES else ""

    def lead_key(self, record: Record) -> str:
        """Return a text that is equal for rows of the same lead, which stay in order; empty when no lead is known."""
        field, value = self.lead_reference(record)
        plain = value.strip().casefold()
        if plain and field in PHONES:
            plain = _NOT_DIGITS.sub("", plain)
        return f"{field}={plain}" if plain else ""

    def repeatable(self, record: Record) -> bool:
        """Whether sending the record twice leaves the CRM as sending it once, whatever the first call found there."""
        return False

    @abstractmethod
    def request(self, records: Sequence[Record]) -> Request:
        """Return the one request that carries the records (at most ``batch_size``)."""

    def ready_request(self, records: Sequence[Record]) -> Request:
        """Return :meth:`request` with the bytes of its body: made once, for the ledger's digest and for the wire."""
        request = self.request(records)
        return replace(request, content=orjson.dumps(request.body))

    @abstractmethod
    def receipts(self, body: Any, count: int) -> list[Receipt]:
        """Parse a processed answer into receipts for the ``count`` rows of its call.

        Pairs by the answer's own row number. A row of which the answer does not speak clearly has no receipt;
        an answer of unknown shape gives none at all. Never raises.
        """

    def read_back_query(self, record: Record) -> ReadBackQuery:
        """Return how to find the record in the CRM."""
        effect = self.effect()
        fields = section_fields(record, effect.value)
        content = {name: text for name, text in fields.items() if name not in self.lead_keys}
        event = content.get("ActivityEvent", "") if effect is EffectType.ACTIVITY else ""
        return ReadBackQuery(effect, *self.written_lead(record), event, content, self.updates_leads)

    def written_lead(self, record: Record) -> tuple[str, str]:
        """Return the lead field and the value by which the lead is found once the record was written."""
        return self.lead_reference(record)

    def status_request(self, request_id: str) -> Request:
        """Return the request that asks what became of an async call. Only for ``is_async`` targets."""
        raise TypeError(f"{self.name} is not an async target")

    def status_receipt(self, body: Any) -> Receipt:
        """Parse the answer to :meth:`status_request`; status PENDING while LeadSquared is still working on it."""
        raise TypeError(f"{self.name} is not an async target")

    @classmethod
    def metrics_request(cls) -> Request | None:
        """Return the request for the metrics of the async queue, or ``None`` when the target has none."""
        return None
