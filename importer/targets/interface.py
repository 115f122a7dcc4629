"""A target is one LeadSquared call and its rules: how records become a request, and how its answer is read.

Targets are pure: they open nothing, send nothing and remember nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

import orjson

from importer.core.errors import MappingProblem
from importer.core.model import CallClass, Receipt, Record, Request
from importer.mapping.model import Mapping


class Trace(StrEnum):
    """What a delivered row leaves behind in the CRM, and so what a read-back looks for."""

    ACTIVITY = "activity"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Footprint:
    """How to find out whether a doubtful row arrived.

    The lead is looked up by ``lead_field`` (``ProspectID`` when the row names the lead's id) = ``lead_value``; both are
    empty when the row has nothing to search by. For :attr:`Trace.ACTIVITY` the lead's activities of type ``event``
    are compared with ``content``: flat names without section, such as ``ActivityNote``, ``ActivityDateTime``,
    ``mx_Custom_1`` and ``mx_KYC.Status``. For :attr:`Trace.LEAD` ``content`` holds the lead's fields.
    """

    trace: Trace
    lead_field: str
    lead_value: str
    event: str
    content: MappingOf[str, str]


class Target(ABC):
    """One LeadSquared call. Made for one mapping; see :func:`importer.targets.make_target`."""

    name: ClassVar[str]
    title: ClassVar[str]
    """One line for people: what the call does."""
    call_class: ClassVar[CallClass]
    batch_size: ClassVar[int] = 1
    sections: ClassVar[tuple[str, ...]]
    """Mapping sections that the call uses: ``lead``, ``activity`` or both."""
    is_async: ClassVar[bool] = False
    activity_keys: ClassVar[tuple[str, ...]] = ()
    """What may stand beside the fields of an activity: mapped like fields, but none of the activity type's own."""
    creates_leads: ClassVar[bool] = False
    """Whether the call makes the lead when it is not there yet, with all fields of the section ``lead``."""
    updates_leads: ClassVar[bool] = False
    """Whether the call changes a lead that is there already."""
    same_lead_in_one_call: ClassVar[bool] = True
    """Whether one call may carry two rows of the same lead; when not, the second waits for the first."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping

    @classmethod
    @abstractmethod
    def check_mapping(cls, mapping: Mapping) -> list[MappingProblem]:
        """Everything about the mapping that this call cannot use (missing section, field or `search_by`, ...).

        ``line`` is left 0; ``path`` (such as ``activity.ActivityEvent``) lets the loader find it.
        """

    @property
    @abstractmethod
    def required(self) -> frozenset[str]:
        """Flat names of the mapped fields without which a row cannot be sent."""

    @property
    def identity(self) -> tuple[str, ...]:
        """Flat names of mapped fields of which each row needs at least one; empty when there is no such rule."""
        return ()

    @abstractmethod
    def lead_key(self, record: Record) -> str:
        """What identifies the row's lead, as text; rows with the same key stay in order. Empty: no lead known."""

    @abstractmethod
    def repeatable(self, record: Record) -> bool:
        """Whether sending the record twice leaves the CRM as sending it once."""

    @abstractmethod
    def request(self, records: Sequence[Record]) -> Request:
        """The one request that carries the records (at most ``batch_size``)."""

    def ready_request(self, records: Sequence[Record]) -> Request:
        """:meth:`request` with the bytes of its body: made once, for the ledger's digest and for the wire."""
        request = self.request(records)
        return replace(request, content=orjson.dumps(request.body))

    @abstractmethod
    def receipts(self, body: Any, count: int) -> list[Receipt]:
        """What a processed answer says of each of the ``count`` rows.

        Pairs by the answer's own row number. A row of which the answer does not speak clearly has no receipt;
        an answer of unknown shape gives none at all. Never raises.
        """

    @abstractmethod
    def footprint(self, record: Record) -> Footprint:
        """How to look for the record in the CRM."""

    def status_request(self, request_id: str) -> Request:
        """The request that asks what became of an async call. Only for ``is_async`` targets."""
        raise TypeError(f"{self.name} is not an async target")

    def status_receipt(self, body: Any) -> Receipt:
        """Reads the answer to :meth:`status_request`; status PENDING while it is still being worked on."""
        raise TypeError(f"{self.name} is not an async target")

    @classmethod
    def metrics_request(cls) -> Request | None:
        """The request for the async queue's figures, or ``None`` when the target has none."""
        return None
