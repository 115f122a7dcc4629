"""The memory on disk: what was sent, what came back, what is still in doubt. Survives a crash at any point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from importer.core.model import CallClass, Counts, Limit, Outcome, Status, VerdictKind

FILE_NAME = "ledger.db"
"""The ledger's file in the home folder."""


class RunState(StrEnum):
    """How far a run is."""

    OPEN = "open"
    """Planned or being delivered, or interrupted: `resume` goes on."""
    FINISHED = "finished"
    """Nothing is left to do by itself; rows may still need a person."""


@dataclass(frozen=True, slots=True)
class NewRun:
    """What is known of a run before its first call. ``fingerprint`` identifies the plan; ``rows`` counts its rows."""

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
    """A run as the ledger knows it; times are ISO texts in UTC, empty when it has not happened."""

    new: NewRun
    state: RunState
    started_at: str
    finished_at: str
    stop_reason: str

    @property
    def id(self) -> str:
        """The run's name."""
        return self.new.id


@dataclass(frozen=True, slots=True)
class Sending:
    """One row that is about to leave: its number and the key of its effect."""

    row: int
    key: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call that is about to leave. ``body_sha`` is the SHA-256 of the request body.

    ``server_skew`` is the server's clock minus ours, in seconds, as an earlier answer told it: this call's own answer
    may never come. ``None`` when there was none.
    """

    run_id: str
    account: str
    target: str
    call_class: CallClass
    body_sha: str
    rows: tuple[Sending, ...]
    server_skew: float | None = None


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How a call ended. ``http_status`` is 0 without an answer; ``answer`` is a shortened, redacted text;
    ``elapsed`` is in seconds."""

    verdict: VerdictKind
    http_status: int
    code: str
    answer: str
    elapsed: float
    server_skew: float | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that has ended: its number, how it ended, and an outcome for each of its rows."""

    number: int
    end: CallEnd
    outcomes: Sequence[Outcome]


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row of any run whose effect key is already in the ledger."""

    run_id: str
    row: int
    source: str
    status: Status
    activity_id: str
    lead_id: str
    at: str


@dataclass(frozen=True, slots=True)
class LearnedLimit:
    """A limit that a refusal taught; ``evidence`` is the CRM's text, ``at`` ISO in UTC."""

    call_class: CallClass
    limit: Limit
    evidence: str
    at: str


@dataclass(frozen=True, slots=True)
class CallFigures:
    """What a run's calls were: how many by verdict, and their seconds in total and at most."""

    by_verdict: Mapping[VerdictKind, int]
    seconds: float
    slowest: float


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call of a run: when it left (ISO, UTC), how many rows it carried, and how it ended.

    ``verdict`` is ``None`` when it never ended; ``elapsed`` is in seconds.
    """

    number: int
    sent_at: str
    rows: int
    verdict: VerdictKind | None
    code: str
    elapsed: float


DECIDED, UNDECIDED = "decided", "undecided"
"""Error codes of a row whose status a person decided, until it is sent again, and of one whose decision was undone."""


class Sender(Protocol):
    """The right to send to one account, as long as the ``with`` of :meth:`Ledger.sender` lasts."""

    def still_ours(self) -> bool:
        """Whether nobody else can have it by now. Asked before every call that leaves, and from several threads."""
        ...


class Ledger(Protocol):
    """Runs, calls, outcomes and what accounts were seen to allow. One process writes at a time, from one thread.

    Every method that writes returns only after its data would survive a power cut.
    Raises :class:`importer.core.errors.LedgerError` when the disk or the file does not allow it.
    """

    def open_run(self, new: NewRun) -> Run:
        """Remember a new run, state OPEN."""
        ...

    def run(self, run_id: str) -> Run | None:
        """The run with this id, or whose id begins with it when that is unambiguous."""
        ...

    def find_run(self, fingerprint: str) -> Run | None:
        """The newest run of the plan with this fingerprint."""
        ...

    def runs(self, account: str | None = None, state: RunState | None = None, limit: int = 50) -> list[Run]:
        """Runs, newest first."""
        ...

    def finish_run(self, run_id: str) -> None:
        """Mark the run FINISHED; clears its stop reason."""
        ...

    def reopen_run(self, run_id: str) -> None:
        """Mark the run OPEN again, because a person asked for more."""
        ...

    def stop_run(self, run_id: str, reason: str) -> None:
        """Remember why the run stopped early; it stays OPEN."""
        ...

    def begin_call(self, call: Call) -> int:
        """Durably mark the call and its rows as being sent; only then may the request leave. Returns the call's number.

        Raises :class:`LedgerError` if a row is already being sent, pending, uncertain or delivered: sending it
        again could double it.
        """
        ...

    def finish_call(self, number: int, end: CallEnd, outcomes: Sequence[Outcome]) -> None:
        """Durably record how the call ended and what became of its rows, in one transaction.

        Rows to be sent again have status NOT_SENT; every row of the call must have an outcome. A CRM activity id
        that another row already holds raises :class:`LedgerError`, so callers check :meth:`activity_owner` first.
        """
        ...

    def record(self, ended: Sequence[Ended], begun: Sequence[Call]) -> list[int]:
        """Do :meth:`finish_call` for some calls, then :meth:`begin_call` for others, durably and in one transaction.

        So a row that has just come back may leave again at once. Returns the numbers of the calls that begin, in order;
        only then may any of them leave. When it raises, nothing of it is written, neither ends nor beginnings.
        """
        ...

    def settle(self, run_id: str, outcomes: Sequence[Outcome], why: str) -> None:
        """Record what was found out later (read-back, polling, a person) about rows that are uncertain or pending."""
        ...

    def decide(self, run_id: str, outcome: Outcome, why: str) -> None:
        """Record what a person decided about a row that is uncertain, or take such a decision back (UNCERTAIN).

        A row that may be sent again (NOT_SENT) opens its run again. Raises :class:`LedgerError` for a row that is
        neither uncertain nor decided, or that was sent again since.
        """
        ...

    def skip(self, run_id: str, outcomes: Sequence[Outcome], keys: Sequence[str]) -> None:
        """Record rows that are not sent on purpose (status SKIPPED) or that must wait for another run (UNCERTAIN)."""
        ...

    def recover_interrupted(self, run_id: str) -> list[int]:
        """Turn rows that were being sent when the program died into UNCERTAIN; their row numbers."""
        ...

    def outcomes(self, run_id: str, statuses: Sequence[Status] | None = None) -> Iterator[Outcome]:
        """Outcomes of a run ordered by row; rows never touched have none. A row being sent shows as UNCERTAIN."""
        ...

    def outcomes_between(self, run_id: str, first_row: int, last_row: int) -> dict[int, Outcome]:
        """Outcomes of the rows in a closed range, by row number."""
        ...

    def newest_created(self, run_id: str, limit: int) -> list[Outcome]:
        """The rows that the run's latest calls created by their own answer, without read-back or decision; the newest
        first."""
        ...

    def counts(self, run_id: str) -> Counts:
        """Rows of the run by status, among rows that have an outcome."""
        ...

    def known_keys(self, account: str, target: str, keys: Sequence[str], not_run: str) -> dict[str, KnownRow]:
        """Of these effect keys, those that rows of *other* runs have sent or may have sent (delivered, pending,
        uncertain, or being sent), each with the most certain of such rows."""
        ...

    def activity_owner(self, account: str, activity_ids: Sequence[str]) -> dict[str, tuple[str, int]]:
        """Which of these CRM activity ids are already booked, and for which run and row."""
        ...

    def sent_at(self, run_id: str, row: int) -> tuple[str, float]:
        """When the row's last call left (ISO, UTC) and the server's clock skew seen then, in seconds (0 if unknown)."""
        ...

    def call_peers(self, run_id: str, row: int) -> tuple[int, ...]:
        """The rows that left in the same call as the row's last one, itself included."""
        ...

    def reposts(self, run_id: str, row: int) -> int:
        """How often the row was sent again after a read-back found it absent."""
        ...

    def mapping_proven(self, account: str, mapping_sha: str) -> bool:
        """Whether a row of this mapping was ever delivered to the account."""
        ...

    def learn_limit(self, account: str, learned: LearnedLimit) -> None:
        """Remember what a refusal taught; replaces what was known for the class."""
        ...

    def forget_limits(self, account: str) -> None:
        """Forget what refusals have taught about the account."""
        ...

    def learned_limits(self, account: str) -> dict[CallClass, LearnedLimit]:
        """What refusals have taught about the account."""
        ...

    def last_call_ended_at(self, account: str, before: str = "") -> str:
        """When the account's last call ended or, if it never did, left (ISO, UTC); empty when there was none.

        Calls at or after the ISO time ``before``, if given, do not count.
        """
        ...

    def calls_since(self, account: str, since: str) -> int:
        """How many calls left for the account at or after an ISO time in UTC."""
        ...

    def call_figures(self, run_id: str) -> CallFigures:
        """Figures of the run's calls."""
        ...

    def past_calls(self, run_id: str) -> list[PastCall]:
        """The run's calls that carried rows, in the order in which they left."""
        ...

    def bind_account(self, account: str, org_id: str) -> str:
        """Remember the tenant of an account the first time; returns the tenant remembered."""
        ...

    def tenants(self) -> dict[str, str]:
        """The tenant of every account that has one remembered."""
        ...

    def note_questions(self, account: str, calls: int) -> None:
        """Durably count ``calls`` more questions, calls that carry no rows, on today's UTC day."""
        ...

    def note_wait(self, run_id: str, seconds: float) -> None:
        """Durably note that a run could do nothing for ``seconds`` more but wait for the limits of its account."""
        ...

    def questions_on(self, account: str, day: str) -> int:
        """How many questions left for the account on a UTC day such as ``2026-01-31``."""
        ...

    def last_day_asked(self, account: str) -> str:
        """The last UTC day on which a question left for the account; empty when none ever did."""
        ...

    def sender(self, account: str, run_id: str = "") -> AbstractContextManager[Sender]:
        """Hold the right to send to the account, which one import has at a time; it ends with the process.

        ``run_id`` only serves the message that a second sender gets. Raises
        :class:`importer.core.errors.AnotherRunActive` saying who holds it.
        """
        ...

    def adopted_at(self) -> str:
        """When a person last accepted a ledger that was put back, copied or lost (ISO, UTC); empty when never."""
        ...

    def prune_run(self, run_id: str, before: str) -> None:
        """Remove texts (answers, errors, evidence) of a run that finished before an ISO time; its rows stay known.

        Raises :class:`LedgerError` for one that did not, or that has rows in doubt, pending or not sent.
        """
        ...

    def compact(self) -> int:
        """Give room that is no longer used back to the disk when that is worth it; how many bytes."""
        ...

    def install_key(self) -> bytes:
        """32 random bytes made when the ledger was created, from which import keys are derived."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...
