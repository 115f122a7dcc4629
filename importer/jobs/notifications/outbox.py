"""Notifications on their way: written down with the turn that they tell of, and kept until they are sent or too old."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert

from importer.jobs.config.model import Address
from importer.jobs.store.tables import outbox


class LetterState(StrEnum):
    """How far a notification is."""

    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told about a job: ``outcome`` is how it ended, or ``silence``."""

    job: str
    outcome: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice for one address."""

    notice: Notice
    address: Address


@dataclass(frozen=True, slots=True)
class Letter:
    """A notification as the memory has it; ``trouble`` is why the last attempt failed."""

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
    def notice(self) -> Notice:
        """What it says."""
        return Notice(self.job, self.outcome, self.title, self.text)

    @property
    def address(self) -> Address:
        """Where its address is kept."""
        return Address(env=self.env or None, file=self.file or None, credential=self.credential or None)


_LETTER = tuple(field.name for field in fields(Letter))


def put(connection: Connection, drafts: Iterable[Draft], now: str) -> None:
    """Write ``drafts`` down, to be sent from now on."""
    for draft in drafts:
        notice, address = draft.notice, draft.address
        place = {"env": address.env or "", "file": address.file or "", "credential": address.credential or ""}
        words = {"job": notice.job, "outcome": str(notice.outcome), "title": notice.title, "text": notice.text}
        times = {"created_at": now, "next_at": now, "state": LetterState.WAITING.value}
        connection.execute(insert(outbox).values(**words, **place, **times))


def letter(row: Row[Any]) -> Letter:
    """A line of the table as a value."""
    return Letter(**{name: getattr(row, name) for name in _LETTER})
