"""The interface of a CRM client, and what it shows of activities, leads and the user of the API keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from importer.core.model import Reply, Request


class Crm(Protocol):
    """A client that sends single requests: it never retries, follows a redirect or raises for an answer."""

    def send(self, request: Request) -> Reply:
        """Send ``request`` exactly once and return the reply. Safe to call from several threads."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


@dataclass(frozen=True, slots=True)
class CrmActivity:
    """An activity as the CRM shows it.

    ``created_on`` is an ISO text in UTC when the CRM's form was understood, else the CRM's text. ``fields`` maps
    names as in a footprint's content (``ActivityNote``, ``mx_Custom_1``, ``mx_KYC.Status``) to the CRM's text.
    """

    id: str
    lead_id: str
    event: str
    created_on: str
    modified_on: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CrmLead:
    """A lead as the CRM shows it: its id, when it was created (ISO, UTC) and its fields by schema name."""

    id: str
    created_on: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApiUser:
    """The user of the API keys, as `UserByAccessKey.Get` shows it.

    ``time_zone`` is an IANA name, ``country_code`` the default telephone prefix such as "91"; ``api_host`` is the
    host that the CRM names for this account, empty when it names none.
    """

    user_name: str
    role: str
    org_id: str
    org_name: str
    time_zone: str
    country_code: str
    api_host: str
