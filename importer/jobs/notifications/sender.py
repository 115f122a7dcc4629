"""One notification goes out: a process of its own talks to the server, for a bounded time and without our keys."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime

from importer.core.errors import SettingsError
from importer.core.redaction import Secret
from importer.jobs.config.loader import Task
from importer.jobs.notifications.addresses import ALLOWED, FORBIDDEN_OPTIONS, address_text, place_of
from importer.jobs.notifications.messages import trial_notice
from importer.jobs.notifications.outbox import Notice
from importer.jobs.notifications.sender_process import MISSING, OTHER, REFUSED, SENT, UNKNOWN

Send = Callable[[Secret, Notice], str]
"""Sends a notice to an address: an empty text, or a sentence about why it did not get there. Never raises."""

DEADLINE_SECONDS = 30.0
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_KEPT_VARIABLES = (
    *("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    *_PROXIES,
    *(name.upper() for name in _PROXIES),
)
"""What the process may know; many networks reach a chat only through the proxy of the environment."""

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


def sender(environment: Mapping[str, str], seconds: float = DEADLINE_SECONDS) -> Send:
    """A way out that gives up after ``seconds``, whatever the other side does."""
    kept = {name: environment[name] for name in _KEPT_VARIABLES if name in environment}

    def send(address: Secret, notice: Notice) -> str:
        message = {
            "address": address.reveal(),
            "allowed": sorted(ALLOWED),
            "forbidden": FORBIDDEN_OPTIONS,
            "title": notice.title,
            "text": notice.text,
            "type": _TYPES.get(notice.outcome, "failure"),
        }
        try:
            ended = subprocess.run(
                [sys.executable, "-I", "-X", "utf8", "-m", "importer.jobs.notifications.sender_process"],
                input=json.dumps(message).encode(),
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Without a home there is no file with passwords for hosts (.netrc).
                env={**kept, "HOME": "/nonexistent"},
                timeout=seconds,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            return f"There was no answer within {seconds:g} seconds."
        except OSError as error:
            return f"The process that sends cannot be started: {error.strerror or error}."
        words = ended.stdout.decode("utf-8", "replace").split("\n")
        return sentence_of(words[-2] if len(words) > 1 else "")

    return send


def sentence_of(answer: str) -> str:
    """What the answer of the sending process means; empty when the notification got there."""
    if answer == SENT:
        return ""
    kind, _, number = answer.partition(" ")
    if kind == "status" and number.isdecimal():
        return f"The other side refused it with status {number}."
    return _SENTENCES.get(answer, "The process that sends has failed.")


def try_addresses(task: Task, send: Send, environment: Mapping[str, str], now: datetime) -> list[dict[str, str]]:
    """Where each address of ``task`` is kept, when it is told, and why the message did not get there, if it did not."""
    tried = []
    for notification in task.job.notify:
        if notification.url is None:
            continue
        try:
            trouble = send(address_text(notification.url, environment), trial_notice(task.name, now))
        except SettingsError as error:
            trouble = f"{error.message} {error.remedy}"
        tried.append({"to": place_of(notification.url), "when": notification.when.value, "trouble": trouble})
    return tried
