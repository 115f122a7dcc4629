"""The interface of the ledger: the durable record of calls, their answers and the outcome of each row.

It survives a crash at any point, so no row is lost and none is sent twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from importer.core.model import CallClass, Counts, Limit, Outcome, Status, VerdictKind

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
    """The right to send to one account, as long as the ``with`` of :meth:`Ledger.sender` lasts."""

    def still_ours(self) -> bool:
        """Whether no other process can have the right by now. Called before every call, and from several threads."""
        ...


class Ledger(Protocol):
    """The record of runs, calls, outcomes and learned limits. One process writes at a time, from one thread.

    Every method that writes returns only after its data would survive a power cut.
    Raises :class:`importer.core.errors.LedgerError` when the disk or the file does not allow it.
    """

    def open_run(self, new: NewRun) -> Run:
        """Record a new run with state OPEN."""
        ...

    def run(self, run_id: str) -> Run | None:
        """Return the run with this id, or the only one whose id begins with it."""
        ...

    def find_run(self, fingerprint: str) -> Run | None:
        """Return the newest run of the plan with this fingerprint."""
        ...

    def runs(self, account: str | None = None, state: RunState | None = None, limit: int = 50) -> list[Run]:
        """Return runs, newest first."""
        ...

    def finish_run(self, run_id: str) -> None:
        """Mark the run FINISHED; clears its stop reason."""
        ...

    def reopen_run(self, run_id: str) -> None:
        """Mark the run OPEN again at a person's request; rows that were rejected until now may be sent again."""
        ...

    def stop_run(self, run_id: str, reason: str) -> None:
        """Record why the run stopped early; it stays OPEN."""
        ...

    def begin_call(self, call: Call) -> int:
        """Durably mark the call and its rows as being sent; only then may the request leave. Returns the call's number.

        Raises :class:`LedgerError` if a row is already being sent, pending, uncertain, delivered or skipped, or was
        rejected since the run was last reopened: sending it again could double it.
        """
        ...

    def finish_call(self, number: int, end: CallEnd, outcomes: Sequence[Outcome]) -> None:
        """Durably record the call's result and the outcomes of exactly its rows, in one transaction.

        Rows to be sent again have status NOT_SENT; every row of the call must have an outcome. A CRM activity id
        that another row already holds raises :class:`LedgerError`, so callers check :meth:`activity_owner` first.
        """
        ...

    def record(self, ended: Sequence[EndedCall], begun: Sequence[Call]) -> list[int]:
        """Do :meth:`finish_call` for some calls, then :meth:`begin_call` for others, durably and in one transaction.

        A row whose call has just ended may be part of one that begins. Returns the numbers of the calls that begin, in
        order; only then may any of them be sent. When it raises, nothing is written.
        """
        ...

    def settle(self, run_id: str, outcomes: Sequence[Outcome], why: str) -> None:
        """Record the outcomes of uncertain, pending or changed rows as found later: by read-back, polling or a run."""
        ...

    def correct(self, run_id: str, outcomes: Sequence[Outcome], why: str) -> None:
        """Record the outcomes of delivered or rejected rows anew, because more is known than their answer said."""
        ...

    def decide(self, run_id: str, outcome: Outcome, why: str) -> None:
        """Record a person's decision about an uncertain or changed row, or undo it (status UNCERTAIN or CHANGED).

        A row that may be sent (NOT_SENT) opens its run again. Raises :class:`LedgerError` for a row that is neither
        uncertain nor changed nor decided, or that was sent since.
        """
        ...

    def skip(self, run_id: str, outcomes: Sequence[Outcome], keys: Sequence[str]) -> None:
        """Record rows, with their keys, that are skipped (SKIPPED), or wait for another run (UNCERTAIN) or a decision
        (CHANGED)."""
        ...

    def recover_interrupted(self, run_id: str) -> list[int]:
        """Mark rows that were being sent when the program died as UNCERTAIN; return their row numbers, in order."""
        ...

    def outcomes(self, run_id: str, statuses: Sequence[Status] | None = None) -> Iterator[Outcome]:
        """Iterate over a run's outcomes by row; untouched rows have none, a row being sent shows as UNCERTAIN."""
        ...

    def outcomes_between(self, run_id: str, first_row: int, last_row: int) -> dict[int, Outcome]:
        """Return the outcomes of the rows in a closed range, by row number."""
        ...

    def newest_created(self, run_id: str, limit: int) -> list[Outcome]:
        """Return rows that a call's own answer reported as created, without read-back or decision; newest first."""
        ...

    def counts(self, run_id: str) -> Counts:
        """Return the number of the run's rows by status, among rows that have an outcome."""
        ...

    def known_keys(self, account: str, target: str, keys: Sequence[str], not_run: str) -> dict[str, KnownRow]:
        """Return those of the idempotency ``keys`` that rows of *other* runs have sent or may have sent (delivered,
        pending, uncertain, or being sent), each with the most certain of such rows."""
        ...

    def record_identities(self, run_id: str, version: int, columns: Sequence[str], rows: Sequence[RowIdentity]) -> None:
        """Durably record what rows of a run stand for; those that have a line already keep it.

        ``columns`` are the labels of the columns whose cells ``source`` was made from.
        """
        ...

    def earlier_rows(
        self, account: str, part: IdentityPart, digests: Sequence[bytes], version: int, not_run: str
    ) -> list[EarlierRow]:
        """Return the rows of *other* runs of the account's tenant with one of the ``digests``, the oldest call first.

        Rows count that are or may be in the CRM (delivered, pending, uncertain, being sent, or given up after a call),
        and those that a person declined to send as changes.
        """
        ...

    def source_columns(self, account: str, not_run: str) -> list[tuple[str, ...]]:
        """Return the sets of columns of the other runs of the account's tenant, without repetition, newest first."""
        ...

    def record_origins(self, run_id: str, origins: Mapping[int, RowOrigin]) -> None:
        """Durably record which rows the rows of a run correct; those that have a line already keep it."""
        ...

    def origins(self, run_id: str) -> dict[int, RowOrigin]:
        """Return the recorded origins of a run's rows, by row number."""
        ...

    def corrections(
        self, account: str, sources: Sequence[bytes], of_run: str = "", not_run: str = ""
    ) -> list[Correction]:
        """Return the corrections, by runs of the account's tenant, of rows whose cells have one of the digests.

        Also those of rows of the run ``of_run``, but none that the run ``not_run`` makes. The oldest run comes first.
        """
        ...

    def correction_columns(self, account: str) -> list[tuple[str, ...]]:
        """Return the sets of columns of the tenant's runs that correct rows or were corrected; newest first."""
        ...

    def record_updates(self, run_id: str, updates: Mapping[int, RowUpdate]) -> None:
        """Durably record that rows of a run correct activities of earlier rows, before their calls begin.

        Such a row may have the activity id of the earlier row. From its first call on that one is no earlier row of
        :meth:`earlier_rows` any more, for its values are replaced.
        """
        ...

    def withdraw_updates(self, run_id: str, rows: Collection[int]) -> None:
        """Remove the updates of rows that are not made."""
        ...

    def updates(self, run_id: str) -> dict[int, RowUpdate]:
        """Return the recorded updates of a run's rows, by row number."""
        ...

    def runs_without_identities(self, account: str) -> list[Run]:
        """Return the runs of the account's tenant whose rows have no recorded identities, newest first."""
        ...

    def activity_owner(self, account: str, activity_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Return run and row of those CRM activity ids, in whatever case, that already belong to a row."""
        ...

    def sent_at(self, run_id: str, row: int) -> tuple[str, float | None]:
        """Return when the row's last call was sent (ISO, UTC; or empty) and the server's clock skew in seconds.

        ``None`` stands for a skew that was not measured.
        """
        ...

    def call_peers(self, run_id: str, row: int) -> tuple[int, ...]:
        """Return the rows of the last call that carried the row, itself included."""
        ...

    def calls_of_rows(self, run_id: str, first_row: int, last_row: int) -> dict[int, RowInCall]:
        """Return the last call of each row in a closed range that a call carried, and the row's position in it."""
        ...

    def reposts(self, run_id: str, row: int) -> int:
        """Return how often the row was released to be sent again after a read-back found it absent."""
        ...

    def mapping_proven(self, account: str, mapping_sha: str) -> bool:
        """Whether a row of this mapping was ever delivered to the account."""
        ...

    def learn_limit(self, account: str, learned: LearnedLimit) -> None:
        """Record a limit learned from a refusal, in place of the one known for its class."""
        ...

    def forget_limits(self, account: str) -> None:
        """Delete the limits learned for the account."""
        ...

    def learned_limits(self, account: str) -> dict[CallClass, LearnedLimit]:
        """Return the limits learned for the account."""
        ...

    def last_call_ended_at(self, account: str, before: str = "") -> str:
        """Return when the account's last call ended or, if it never did, was sent (ISO, UTC); empty without calls.

        Calls at or after the ISO time ``before``, if given, do not count.
        """
        ...

    def calls_since(self, account: str, since: str) -> int:
        """Return the number of the account's calls sent at or after an ISO time in UTC."""
        ...

    def call_statistics(self, run_id: str) -> CallStatistics:
        """Return statistics of the run's ended calls."""
        ...

    def past_calls(self, run_id: str) -> list[PastCall]:
        """Return the run's calls that carried rows, in the order in which they were sent."""
        ...

    def unclear_calls(self, run_id: str) -> list[UnclearCall]:
        """Return the run's calls that had no clear answer or were refused as a whole, in the order of sending."""
        ...

    def bind_account(self, account: str, org_id: str) -> str:
        """Record the tenant of an account the first time; return the recorded one."""
        ...

    def tenants(self) -> dict[str, str]:
        """Return the recorded tenants by account."""
        ...

    def count_queries(self, account: str, calls: int) -> None:
        """Durably add ``calls`` to the queries (calls that carry no rows) of today's UTC day."""
        ...

    def record_wait(self, run_id: str, seconds: float) -> None:
        """Durably record that a run waited ``seconds`` more for the limits of its account."""
        ...

    def queries_on(self, account: str, day: str) -> int:
        """Return the number of the account's queries on a UTC day such as ``2026-01-31``."""
        ...

    def last_query_day(self, account: str) -> str:
        """Return the last UTC day with queries for the account; empty when there was none."""
        ...

    def sender(self, account: str, run_id: str = "") -> AbstractContextManager[Sender]:
        """Hold the right to send to the account, which one import has at a time; it ends with the process.

        ``run_id`` is only shown in the message of a second sender. Raises
        :class:`importer.core.errors.AnotherRunActive` with the holder.
        """
        ...

    def adopted_at(self) -> str:
        """Return when a person last accepted a restored, copied or lost ledger (ISO, UTC); empty when never."""
        ...

    def prune_run(self, run_id: str, before: str) -> None:
        """Remove texts (answers, errors, evidence) of a run that finished before an ISO time; its rows stay known.

        Raises :class:`LedgerError` for one that did not, or that has rows uncertain, pending or not sent.
        """
        ...

    def accounts_to_clean(self) -> list[str]:
        """Return the accounts in whose texts keys were not hidden yet; see :meth:`clean`."""
        ...

    def clean(self, account: str) -> int:
        """Hide the keys that this process knows in all texts about ``account``; return how many lines changed.

        Texts that are written now have none in them; those of an earlier version may.
        """
        ...

    def compact(self) -> int:
        """Return unused space to the disk when it is a quarter of the file or more; return the number of bytes."""
        ...

    def install_key(self) -> bytes:
        """Return 32 random bytes made when the ledger was created, from which import keys are derived."""
        ...

    def close(self) -> None:
        """Close the ledger. Closing twice is allowed."""
        ...
