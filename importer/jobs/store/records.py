"""Records of the jobs' database: files, runs, jobs and notifications, and the states they can have.

Times are ISO texts in UTC; an empty text means not yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from importer.jobs.config.model import Address


class FileState(StrEnum):
    """The state of a file of a job."""

    TAKEN = "taken"
    HELD = "held"
    APPROVED = "approved"
    IMPORTED = "imported"
    ARCHIVED = "archived"


class JobOutcome(StrEnum):
    """The outcome of a file or a run."""

    DONE = "done"
    PROBLEMS = "problems"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    HELD = "held"
    INTERRUPTED = "interrupted"
    ERROR = "error"
    BUSY = "busy"
    PAUSED = "paused"
    NOTHING = "nothing"


IMPORTED_OUTCOMES = (JobOutcome.DONE, JobOutcome.PROBLEMS, JobOutcome.DUPLICATE)
"""Outcomes after which the content of a file is in the CRM, as far as it can be."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file that a job has claimed."""

    id: int
    job: str
    path: str
    sha: str
    size: int
    mtime_ns: int
    inode: int
    state: str
    outcome: str
    attempts: int
    mapping_sha: str
    taken_at: str
    ended_at: str
    run: str
    exit_status: int
    rows: int
    problems: int
    message: str
    remedy: str
    results: str
    report: str
    archive: str
    approved_by: str
    counts: Mapping[str, int]
    codes: Mapping[str, int]
    outline: str

    @property
    def signature(self) -> tuple[int, int, int]:
        """Size, time of the last change and inode of the file when it was claimed."""
        return self.size, self.mtime_ns, self.inode


@dataclass(frozen=True, slots=True)
class JobRun:
    """One run of a job. ``cause`` is schedule, catch-up, hand-over, hand, after or after by hand."""

    job: str
    cause: str
    due_at: str
    started_at: str
    ended_at: str
    outcome: str
    exit_status: int
    files: int
    rows: int
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class JobState:
    """The state of a job as a whole; an empty ``paused_at`` means that it is not paused."""

    job: str
    paused_at: str = ""
    paused_by: str = ""
    paused_why: str = ""
    known_since: str = ""
    last_success_at: str = ""
    silence_told_at: str = ""


class NotificationState(StrEnum):
    """The state of a notification."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class NotificationMessage:
    """The text of a notification about a job; ``outcome`` is that of the run, or ``silence`` or ``test``."""

    job: str
    outcome: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PendingNotification:
    """A message for one address, not yet stored."""

    message: NotificationMessage
    address: Address


@dataclass(frozen=True, slots=True)
class StoredNotification:
    """A notification in the outbox; ``trouble`` is why the last attempt failed."""

    id: int
    job: str
    outcome: str
    title: str
    text: str
    env: str
    file: str
    credential: str
    created_at: str
    attempts: int
    next_at: str
    state: str
    ended_at: str
    trouble: str

    @property
    def message(self) -> NotificationMessage:
        """The message to be sent."""
        return NotificationMessage(self.job, self.outcome, self.title, self.text)

    @property
    def address(self) -> Address:
        """The place where the address is kept."""
        return Address(env=self.env or None, file=self.file or None, credential=self.credential or None)
