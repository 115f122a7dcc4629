"""Reads what an account says of itself, within its limits, and remembers it. Only questions are asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from importer.config.settings import Account
from importer.core.errors import CrmError
from importer.core.redaction import redact
from importer.crm_schema.cache import save
from importer.crm_schema.model import Metadata
from importer.leadsquared.metadata import read_activity_fields, read_activity_types, read_lead_fields, read_users
from importer.leadsquared.query_client import UnansweredError
from importer.leadsquared.reader import Ask

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read; ``troubles`` are sentences about parts that the account does not show."""

    metadata: Metadata
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reading is for: the fields of the activity types ``events`` (``None``: of all), and users or not.

    ``users`` decides when lead fields and types are known, for a field may hold a user whatever its name.
    """

    events: Collection[str] | None
    users: Callable[[Metadata], bool]

    def lacking_events(self, metadata: Metadata) -> list[str]:
        """The types whose fields are wanted and not known."""
        types = metadata.activity_types or ()
        return [
            kind.event for kind in types if kind.fields is None and (self.events is None or kind.event in self.events)
        ]

    def lacks(self, metadata: Metadata) -> bool:
        """Whether something wanted is not known."""
        return bool(self.lacking_events(metadata)) or (metadata.users is None and self.users(metadata))


EVERYTHING = Wanted(None, lambda metadata: True)


def read_account(account: Account, tenant: str, ask: Ask, now: datetime, wanted: Wanted) -> Reading:
    """Ask for lead fields and activity types, and for what is ``wanted`` besides.

    Raises :class:`CrmError` when questions stay without answer; a part that is refused is left out.
    """
    troubles: list[str] = []
    lead_fields = _part(lambda: tuple(read_lead_fields(ask)), troubles)
    types = _part(lambda: tuple(read_activity_types(ask)), troubles)
    return complete(Metadata(account.name, account.host, tenant, now, lead_fields, types), ask, wanted, troubles)


def complete(metadata: Metadata, ask: Ask, wanted: Wanted, troubles: Sequence[str] = ()) -> Reading:
    """Ask for what is ``wanted`` and not known yet. Raises as :func:`read_account`."""
    told = list(troubles)
    for event in wanted.lacking_events(metadata):
        fields = _part(lambda event=event: tuple(read_activity_fields(ask, event)), told)  # type: ignore[misc]
        if fields is not None:
            metadata = metadata.with_fields(event, fields)
    if metadata.users is None and wanted.users(metadata):
        metadata = replace(metadata, users=_part(lambda: tuple(read_users(ask)), told))
    return Reading(metadata, tuple(told))


def _part(read: Callable[[], Part], troubles: list[str]) -> Part | None:
    try:
        return read()
    except UnansweredError:
        raise
    except CrmError as error:
        troubles.append(error.message)
        return None


def remember(home: Path, reading: Reading) -> Reading:
    """Write down what was read; a disk that refuses is one more trouble. No key that this process knows is written."""
    trouble = save(home, reading.metadata, redact)
    return replace(reading, troubles=(*reading.troubles, trouble)) if trouble else reading
