"""The data model of the ledger: runs, calls, rows of earlier runs, and what was learned about accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from importer.core.model import CallClass, Limit, Outcome, Status, VerdictKind

FILE_NAME = "ledger.db"
"""Name of the ledger's file in the home folder."""


class RunState(StrEnum):
    """The state of a run."""

    OPEN = "open"
    """Planned, being delivered, or interrupted: `resume` continues it."""
    FINISHED = "finished"
    """Nothing is left to do without a person's decision."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run before its first call. ``fingerprint`` identifies the plan; ``rows`` is the number of its rows."""

    id: str
    fingerprint: str
    account: str
    target: str
    source: str
    source_sha: str
    mapping: str
    mapping_sha: str
    folder: str
    rows: int
    tool_version: str


@dataclass(frozen=True, slots=True)
class Run:
    """A run in the ledger; times are ISO texts in UTC, empty for what has not happened yet."""

    new: NewRun
    state: RunState
    started_at: str
    finished_at: str
    stop_reason: str

    @property
    def id(self) -> str:
        """The run's id."""
        return self.new.id


@dataclass(frozen=True, slots=True)
class RowToSend:
    """A row of a call that begins: its number and the idempotency key of its effect."""

    row: int
    key: str


@dataclass(frozen=True, slots=True)
class Call:
    """A call that begins. ``body_sha`` is the SHA-256 of the request body.

    ``server_skew`` is the server's clock minus ours, in seconds, as measured by an earlier answer: this call's own
    answer may never come. ``None`` when there was no earlier one.
    """

    run_id: str
    account: str
    target: str
    call_class: CallClass
    body_sha: str
    rows: tuple[RowToSend, ...]
    server_skew: float | None = None


@dataclass(frozen=True, slots=True)
class CallEnd:
    """The result of a call. ``http_status`` is 0 without an answer; ``answer`` is a shortened, redacted text;
    ``elapsed`` is in seconds."""

    verdict: VerdictKind
    http_status: int
    code: str
    answer: str
    elapsed: float
    server_skew: float | None = None


@dataclass(frozen=True, slots=True)
class EndedCall:
    """A call that has ended: its number, its result, and an outcome for each of its rows."""

    number: int
    end: CallEnd
    outcomes: Sequence[Outcome]


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row of another run whose idempotency key is already in the ledger; ``at`` is an ISO time in UTC."""

    run_id: str
    row: int
    source: str
    status: Status
    activity_id: str
    lead_id: str
    at: str

    @property
    def is_open(self) -> bool:
        """Whether its run does not know yet what became of it."""
        return self.status in (Status.UNCERTAIN, Status.PENDING)

    @property
    def certainty(self) -> int:
        """Rank the status: a delivered row before a pending one, and that before an uncertain one."""
        return {Status.UNCERTAIN: 0, Status.PENDING: 1}.get(self.status, 2)


class IdentityPart(StrEnum):
    """A digest by which earlier rows are found."""

    KEY = "key"
    NAMED = "named"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class RowIdentity:
    """What one row stands for, as digests (:mod:`importer.delivery.row_identity`).

    ``key`` says who and what it is, ``content`` everything that is sent, ``source`` which cells it came from; ``named``
    is the key by the columns that the mapping names in `row_key`, ``None`` without them.
    """

    row: int
    key: bytes
    content: bytes
    source: bytes
    named: bytes | None = None


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """A row of another run of the same tenant that is or may be in the CRM, or about which a person decided.

    ``number`` is the call that carried it last, 0 for none: of two rows the one with the higher number is newer.
    """

    known: KnownRow
    identity: RowIdentity
    error_code: str
    number: int


@dataclass(frozen=True, slots=True)
class RowOrigin:
    """The row that a row of a corrected sheet corrects: its run (empty for a check, which is no run), and its number.

    ``source`` is a digest of its cells as they were, by which it is found in other files.
    """

    run_id: str
    row: int
    source: bytes


@dataclass(frozen=True, slots=True)
class Correction:
    """A row of a corrected sheet that is settled or may be in the CRM, and the row that it corrects."""

    origin: RowOrigin
    known: KnownRow

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do for the corrected row."""
        return not self.known.is_open


@dataclass(frozen=True, slots=True)
class RowUpdate:
    """The activity of an earlier row that a row corrects: its id, the run and number of that row, and the values that
    the activity had ``before``, by field."""

    activity_id: str
    of_run: str
    of_row: int
    before: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LearnedLimit:
    """A rate limit learned from a refusal; ``evidence`` is the CRM's text, ``at`` an ISO time in UTC."""

    call_class: CallClass
    limit: Limit
    evidence: str
    at: str


@dataclass(frozen=True, slots=True)
class CallStatistics:
    """Statistics of a run's ended calls: their number by verdict, and their seconds in total and of the slowest."""

    by_verdict: Mapping[VerdictKind, int]
    seconds: float
    slowest: float


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call of a run: when it was sent (ISO, UTC), how many rows it carried, and its result.

    ``verdict`` is ``None`` when it never ended; ``elapsed`` is in seconds.
    """

    number: int
    sent_at: str
    rows: int
    verdict: VerdictKind | None
    code: str
    elapsed: float


@dataclass(frozen=True, slots=True)
class RowInCall:
    """The number of a call, and the position of a row in it, counted from 1 as LeadSquared counts the call's rows."""

    number: int
    position: int


@dataclass(frozen=True, slots=True)
class UnclearCall:
    """A call of a run that may have written some of its ``rows``: it had no clear answer, or was refused as a whole.

    ``sent_at`` is an ISO time in UTC; ``server_skew`` the server's clock minus ours, in seconds, ``None`` if unknown.
    """

    sent_at: str
    server_skew: float | None
    rows: tuple[int, ...]


DECIDED, UNDECIDED = "decided", "undecided"
"""Error codes of a row whose status a person set, until it is sent again, and of one whose decision was undone."""

CHANGE_ACCEPTED = "change-accepted"
"""Error code of a changed row that a person decided to send, until it is sent."""

CHANGE_DECLINED = "change-declined"
"""Error code of a changed row that is not sent: a person or the mapping said so. Equal rows of later files follow."""


UPDATE_ACCEPTED = "update-accepted"
"""Error code of a changed row that a person decided to correct in the CRM, until the call begins."""


class Sender(Protocol):
    """The right to send to one account, as long as the ``with`` of ``Ledger.sender`` lasts."""

    def still_ours(self) -> bool:
        """Whether no other process can have the right by now. Called before every call, and from several threads."""
        ...
