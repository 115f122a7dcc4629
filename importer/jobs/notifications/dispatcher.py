"""Send the notifications of the outbox: each at least once, or give it up when it is too old to help anybody.

A process of its own talks to the other side, for a bounded time and without our keys.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from importer.core.errors import ImporterError, SettingsError
from importer.core.platform import separate_process
from importer.core.redaction import Secret
from importer.core.time import Clock, format_iso
from importer.jobs.config.loader import LoadedJobs, Task
from importer.jobs.config.model import Address
from importer.jobs.notifications.addresses import ALLOWED, FORBIDDEN_OPTIONS, describe_location, read_address
from importer.jobs.notifications.messages import trial_message
from importer.jobs.notifications.sender_process import MISSING, OTHER, REFUSED, SENT, UNKNOWN
from importer.jobs.store.records import NotificationMessage, NotificationState, StoredNotification
from importer.jobs.store.store import JobStore

Send = Callable[[Secret, NotificationMessage], str]
"""Sends a message to an address; returns an empty text, or a sentence about why it was not sent. Never raises."""

_log = logging.getLogger(__name__)
_FIRST_DELAY = timedelta(minutes=1)
_LONGEST_DELAY = timedelta(hours=1)
RETRY_PERIOD = timedelta(days=3)
_LEAST_ATTEMPTS = 3
"""Attempts before a notification is given up, also after the retry period: a job may run only once a week."""

_KEPT = timedelta(days=30)
DEADLINE_SECONDS = 30.0
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_KEPT_VARIABLES = (
    *("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    *_PROXIES,
    *(name.upper() for name in _PROXIES),
)
"""Environment variables of the sending process; many networks reach a chat only through a proxy that they name."""

_TYPES = {"done": "success", "duplicate": "info", "test": "info", "problems": "warning", "held": "warning"}
_SENTENCES = {
    MISSING: "Apprise is not installed: pip install 'importer[jobs]'",
    UNKNOWN: "Apprise does not understand the address.",
    REFUSED: "The address is of a kind, or has an option, that is refused; docs/jobs.md says which are not.",
    OTHER: "It was not taken, and Apprise does not say why.",
    "certificate": "The certificate of the other side cannot be trusted.",
    "name": "The name of the host is not known.",
    "time": "There was no answer in time.",
    "connection": "There is no connection to the other side.",
}


def retry_delay(attempts: int) -> timedelta:
    """Return the delay after so many failed attempts: a minute, doubled each time, at most an hour."""
    return min(_FIRST_DELAY * (1 << min(attempts - 1, 10)), _LONGEST_DELAY)


@dataclass(frozen=True, slots=True)
class NotificationDispatcher:
    """Sends the notifications of the jobs of one jobs file. Never raises :class:`ImporterError`."""

    jobs: LoadedJobs
    store: JobStore
    send: Send
    environment: Mapping[str, str]
    clock: Clock

    def send_due(self, seconds: float, stopped: Callable[[], bool] = lambda: False) -> int:
        """Send what is due and return how many were sent; begin no more after ``seconds`` or once it is ``stopped``."""
        end, sent = self.clock.monotonic() + seconds, 0
        try:
            for notification in self.store.due_notifications(self.jobs.tasks, self.clock.now()):
                if stopped() or self.clock.monotonic() >= end:
                    break
                sent += self._try(notification)
        except ImporterError as error:
            _log.warning("Notifications wait: %s %s", error.message, error.remedy)
        return sent

    def delete_old(self) -> None:
        """Delete notifications that were sent or given up more than 30 days ago."""
        try:
            self.store.delete_old_notifications(self.clock.now() - _KEPT)
        except ImporterError as error:
            _log.warning("%s %s", error.message, error.remedy)

    def _try(self, notification: StoredNotification) -> bool:
        attempts = notification.attempts + 1
        # Stored first: a process that dies while it sends leaves the next attempt for later, not for at once.
        if not self.store.claim_notification(notification, self.clock.now() + retry_delay(attempts)):
            return False
        trouble = _send_to(notification.address, notification.message, self.send, self.environment)
        now, values = self.clock.now(), {"trouble": trouble}
        too_old = now - datetime.fromisoformat(notification.created_at) >= RETRY_PERIOD
        given_up = too_old and attempts >= _LEAST_ATTEMPTS
        if given_up or not trouble:
            state = NotificationState.GIVEN_UP if trouble else NotificationState.SENT
            values |= {"state": state.value, "ended_at": format_iso(now)}
        self.store.update_notification(notification.id, **values)
        if not trouble:
            _log.info("Notification sent: %s", notification.title)
            return True
        fate = "is given up" if given_up else "is tried again later"
        place = describe_location(notification.address)
        _log.warning("The notification %s (%s) %s: %s", notification.title, place, fate, trouble)
        return False


def try_addresses(task: Task, send: Send, environment: Mapping[str, str], now: datetime) -> list[dict[str, str]]:
    """Send a test message to each address of ``task``.

    Return for each where it is kept (``to``), ``when`` it is notified, and ``trouble``: why the message was not sent.
    """
    tried = []
    for rule in task.job.notify:
        if rule.url is not None:
            trouble = _send_to(rule.url, trial_message(task.name, now), send, environment)
            tried.append({"to": describe_location(rule.url), "when": rule.when.value, "trouble": trouble})
    return tried


def _send_to(address: Address, message: NotificationMessage, send: Send, environment: Mapping[str, str]) -> str:
    """Read ``address`` and send ``message`` to it; return why it was not sent, or an empty text."""
    try:
        return send(read_address(address, environment), message)
    except SettingsError as error:
        return f"{error.message} {error.remedy}"


def make_sender(environment: Mapping[str, str], seconds: float = DEADLINE_SECONDS) -> Send:
    """Return a function that sends one message in a process of its own, and gives up after ``seconds``."""
    kept = {name: environment[name] for name in _KEPT_VARIABLES if name in environment}
    if proxy := environment.get("LEADSQUARED_PROXY", "").strip():
        kept = {"http_proxy": proxy, "https_proxy": proxy, **kept}

    def send(address: Secret, message: NotificationMessage) -> str:
        task = {
            "address": address.reveal(),
            "allowed": sorted(ALLOWED),
            "forbidden": FORBIDDEN_OPTIONS,
            "title": message.title,
            "text": message.text,
            "type": _TYPES.get(message.outcome, "failure"),
        }
        try:
            ended = subprocess.run(
                [sys.executable, "-I", "-X", "utf8", "-m", "importer.jobs.notifications.sender_process"],
                input=json.dumps(task).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Without a home there is no file with passwords for hosts (.netrc).
                env={**kept, "HOME": "/nonexistent"},
                timeout=seconds,
                check=False,
                **separate_process(),
            )
        except subprocess.TimeoutExpired:
            return f"There was no answer within {seconds:g} seconds."
        except OSError as error:
            return f"The process that sends cannot be started: {error.strerror or error}."
        lines = ended.stdout.decode("utf-8", "replace").split("\n")
        return describe_answer(lines[-2] if len(lines) > 1 else "")

    return send


def describe_answer(answer: str) -> str:
    """Describe the answer of the sending process as a sentence; empty when the notification was sent."""
    if answer == SENT:
        return ""
    kind, _, number = answer.partition(" ")
    if kind == "status" and number.isdecimal():
        return f"The other side refused it with status {number}."
    return _SENTENCES.get(answer, "The process that sends has failed.")
