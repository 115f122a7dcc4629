"""Takes notifications out of the outbox: each goes at least once, or is given up when it is too old to help anybody."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from importer.core.errors import ImporterError, SettingsError
from importer.core.time import Clock, iso
from importer.jobs.config.loader import LoadedJobs
from importer.jobs.notifications.addresses import address_text, place_of
from importer.jobs.notifications.outbox import Letter, LetterState, Notice
from importer.jobs.notifications.sender import Send
from importer.jobs.store.store import JobStore

_log = logging.getLogger(__name__)
_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
KEPT_TRYING = timedelta(days=3)
_LEAST_ATTEMPTS = 3
"""A job that runs once a week tries again only then."""

_KEPT = timedelta(days=30)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts in vain: a minute, doubled each time, at most an hour."""
    doublings = min(attempts - 1, 10)
    return min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Postman:
    """Sends what the jobs of one jobs file have to tell. Nothing that goes wrong here raises."""

    jobs: LoadedJobs
    store: JobStore
    send: Send
    environment: Mapping[str, str]
    clock: Clock

    def deliver(self, seconds: float, stopped: Callable[[], bool] = lambda: False) -> int:
        """Send what is due, and begin nothing more after ``seconds`` or once it is ``stopped``; how many got there."""
        end, sent = self.clock.monotonic() + seconds, 0
        try:
            for letter in self.store.due_letters(self.jobs.tasks, self.clock.now()):
                if stopped() or self.clock.monotonic() >= end:
                    break
                sent += self._try(letter)
        except ImporterError as error:
            _log.warning("Notifications wait: %s %s", error.message, error.remedy)
        return sent

    def tidy(self) -> None:
        """Forget notifications that came to their end long ago."""
        try:
            self.store.forget_letters(self.clock.now() - _KEPT)
        except ImporterError as error:
            _log.warning("%s %s", error.message, error.remedy)

    def _try(self, letter: Letter) -> bool:
        attempts, now = letter.attempts + 1, self.clock.now()
        # Written first: a process that dies while it sends leaves the next attempt for later, not for at once.
        if not self.store.claim_letter(letter, now + pause_after(attempts)):
            return False
        trouble = self._sent(letter.notice, letter)
        now = self.clock.now()
        if not trouble:
            self.store.change_letter(letter.id, state=LetterState.SENT.value, ended_at=iso(now), trouble="")
            _log.info("Notification sent: %s", letter.title)
            return True
        old = now - datetime.fromisoformat(letter.created_at) >= KEPT_TRYING and attempts >= _LEAST_ATTEMPTS
        if old:
            self.store.change_letter(letter.id, state=LetterState.GIVEN_UP.value, ended_at=iso(now), trouble=trouble)
        else:
            self.store.change_letter(letter.id, trouble=trouble)
        words = "is given up" if old else "is tried again later"
        _log.warning("The notification %s (%s) %s: %s", letter.title, place_of(letter.address), words, trouble)
        return False

    def _sent(self, notice: Notice, letter: Letter) -> str:
        try:
            return self.send(address_text(letter.address, self.environment), notice)
        except SettingsError as error:
            return f"{error.message} {error.remedy}"
