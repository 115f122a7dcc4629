"""The data types that all packages share: statuses, records, requests, replies, receipts and outcomes.

Rows are numbered as the spreadsheet shows them; times are UTC; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """The outcome of a row, named as in every report."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    CHANGED = "changed"
    INVALID = "invalid"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"
    PENDING = "pending"
    NOT_SENT = "not_sent"
    LEFT_OUT = "left_out"
    """The mapping leaves the row out of the import; it never reaches the ledger."""


SHEET_COLUMN, HEADING_COLUMN, VALUE_COLUMN = "(sheet)", "(heading)", "(value)"
"""Labels of the columns that are added to a table of several sheets, or in place of exploded columns."""

DELIVERED = frozenset({Status.CREATED, Status.UPDATED, Status.UNCHANGED})
"""Statuses of rows that are certainly in the CRM."""

NEEDS_PERSON = frozenset({Status.INVALID, Status.REJECTED, Status.UNCERTAIN, Status.CHANGED})
"""Statuses of rows that need attention."""


class CallClass(StrEnum):
    """The rate limit of the account that a call counts against."""

    STANDARD = "standard"
    BULK = "bulk"
    ASYNC = "async"


class HostKind(StrEnum):
    """The host of a request: an account has two."""

    SYNC = "sync"
    ASYNC = "async"


@dataclass(frozen=True, slots=True)
class Record:
    """The content of one row, as the CRM receives it.

    ``fields`` maps a flat field name to its text: ``activity.mx_Custom_1``, ``lead.EmailAddress``, and
    ``lead.mx_KYC.Status`` for the field ``Status`` inside the custom field set ``mx_KYC``. A field that is
    absent is not sent; an empty text clears the CRM field.
    ``key`` identifies the effect: the same account, target and content give the same key, and identical rows of
    one file differ by their occurrence number.
    """

    row: int
    key: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request to LeadSquared, without host or keys. ``path`` begins with a slash.

    ``path`` on the sync host is relative to ``/v2``; on the async host to the root. ``content`` is the body as
    bytes of JSON, where it is already serialized; then ``body`` is ignored and may be ``None``. ``needs_pair`` says
    whether the pair of access and secret key travels with it, besides the API key of the async host.
    """

    method: str
    path: str
    call_class: CallClass
    body: Any = None
    params: Mapping[str, str] = field(default_factory=dict)
    host: HostKind = HostKind.SYNC
    content: bytes | None = None
    needs_pair: bool = True


class TransportFailure(StrEnum):
    """The way in which a request failed without a complete answer."""

    NOT_SENT = "not_sent"
    """Certainly no byte of it left: name, connection or TLS failed."""
    UNKNOWN = "unknown"
    """It may have arrived: time-out after sending, cut connection, oversized answer."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to one request, or the failure to get one.

    ``status`` is the HTTP status, or ``None`` when there was no complete answer; then ``failure`` says how it ended,
    ``detail`` why, in words without keys, and ``remedy`` what to do about it. ``body`` is the parsed JSON, ``None``
    when it was not JSON. ``retry_after`` and ``elapsed`` are seconds; ``server_skew`` is the server's clock minus ours.
    """

    status: int | None
    body: Any = None
    text: str = ""
    failure: TransportFailure | None = None
    detail: str = ""
    retry_after: float | None = None
    elapsed: float = 0.0
    server_skew: float | None = None
    remedy: str = ""


class VerdictKind(StrEnum):
    """The meaning of a reply for the whole call."""

    APPLIED = "applied"
    """Processed; the target reads the receipts of the rows."""
    REFUSED = "refused"
    """Deterministic refusal of the call's content: repeating it repeats the refusal."""
    THROTTLED = "throttled"
    """Over the limit, certainly not processed; send the same rows later."""
    NOT_APPLIED = "not_applied"
    """It never reached the CRM; send the same rows later."""
    MISCONFIGURED = "misconfigured"
    """Refused because of keys, host, rights or path: wrong for every row, so the run stops."""
    UNCERTAIN = "uncertain"
    """Anything else: it may or may not have happened."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate limit: ``calls`` calls in any ``seconds`` seconds."""

    calls: int
    seconds: float

    def stricter(self, other: Limit | None) -> Limit:
        """Return a limit that keeps both this one and the other, in bursts and in the long run; this one if it does.

        With c calls in s seconds, a window of w seconds sees at most c calls for each s that it has begun: it keeps
        n calls in w seconds when w / s is at most n // c.
        """
        if other is None:
            return self
        calls = min(self.calls, other.calls)
        seconds = max(self.seconds / (self.calls // calls), other.seconds / (other.calls // calls))
        return Limit(calls, seconds)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The classification of a reply. ``code`` is the CRM's ExceptionType or our own; ``message`` is for users."""

    kind: VerdictKind
    code: str = ""
    message: str = ""
    limit: Limit | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The CRM's answer for one row of a call. ``row_number`` counts from 1 within the call."""

    row_number: int
    status: Status
    activity_id: str = ""
    lead_id: str = ""
    request_id: str = ""
    error_code: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one row of the source, as the ledger stores it.

    ``attempts`` counts the calls that carried the row; ``at`` is an ISO time in UTC; ``evidence`` says how
    the outcome of an uncertain or read-back row was decided.
    """

    row: int
    status: Status
    activity_id: str = ""
    lead_id: str = ""
    request_id: str = ""
    error_code: str = ""
    error: str = ""
    attempts: int = 0
    at: str = ""
    evidence: str = ""


Counts = dict[Status, int]
"""Rows by status; statuses without rows may be absent."""
