"""Who hears how a job ended: what a notice says, who gets it, and the way out, which somebody else builds."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from importer.errors import SettingsError
from importer.jobs.model import Address, Notification, When
from importer.jobs.store import JobState, Result
from importer.key_sources import key_from_file
from importer.redaction import Secret

_log = logging.getLogger(__name__)
_TROUBLE = (Result.PROBLEMS, Result.FAILED, Result.HELD, Result.INTERRUPTED, Result.ERROR)
_NOT_WORTH_A_WORD = (Result.NOTHING, Result.BUSY, Result.PAUSED)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be told about a job: ``outcome`` is how it ended, or ``silence``."""

    job: str
    outcome: str
    title: str
    text: str


class Notifier(Protocol):
    """Sends notices. Must not raise: a message that does not get through takes nothing from an import."""

    def send(self, notice: Notice, addresses: Sequence[Address], environment: Mapping[str, str]) -> list[str]:
        """Tell everybody at ``addresses``; a sentence for each that could not be reached."""
        ...


class LogNotifier:
    """Writes notices into the log and sends nothing, and says so."""

    def send(self, notice: Notice, addresses: Sequence[Address], environment: Mapping[str, str]) -> list[str]:
        """Note what would have been told; every address counts as not reached."""
        _log.warning("%s: %s (%s)", notice.job, notice.title, notice.text)
        if not addresses:
            return []
        return [f"{len(addresses)} notification(s) of job {notice.job} were only logged: no sender is installed."]


def address_text(address: Address, environment: Mapping[str, str]) -> Secret:
    """The address itself, which nobody may show: from its variable or its private file.

    Raises :class:`SettingsError` when it is not there.
    """
    if address.file is not None:
        return Secret(key_from_file(Path(address.file).expanduser(), "a notification"))
    found = environment.get(address.env or "", "").strip()
    if not found:
        raise SettingsError(
            f"The environment variable {address.env} of a notification is not set.",
            "Set it to an address such as mailto://… or remove the notification.",
        )
    return Secret(found)


def listeners(notifications: Sequence[Notification], outcome: Result) -> list[Address]:
    """Who wants to hear of this end of a job."""
    if outcome in _NOT_WORTH_A_WORD:
        return []
    wanted = (When.ALWAYS, When.PROBLEMS) if outcome in _TROUBLE else (When.ALWAYS,)
    return [each.url for each in notifications if each.url is not None and each.when in wanted]


def silence_listeners(notifications: Sequence[Notification], state: JobState, now: datetime) -> list[Address]:
    """Who wants to hear that a job has had no success for so long; each silence is told once a day."""
    since = state.last_success_at or state.known_since
    if not since or (state.silence_told_at and now - datetime.fromisoformat(state.silence_told_at) < timedelta(days=1)):
        return []
    silent = now - datetime.fromisoformat(since)
    return [
        each.url
        for each in notifications
        if each.url is not None and each.when is When.SILENCE and silent >= timedelta(days=each.days or 1)
    ]
