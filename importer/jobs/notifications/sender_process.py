"""The process that sends one notification through Apprise, and answers with one word for the result.

What Apprise logs holds addresses and answers of servers. So its log goes nowhere but through :func:`_reason`, which
knows a few words and numbers and lets nothing else pass.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

from importer.core.platform import harden_process

SENT, MISSING, UNKNOWN, REFUSED, OTHER = "sent", "missing", "unknown", "refused", "other"
_STATUS = re.compile(r"error=([1-5][0-9]{2})\b|\(([45][0-9]{2}), b")
_REASONS = (
    ("certificate", ("certificate verify failed", "CERTIFICATE_VERIFY_FAILED", "SSLError", "SSL:")),
    (
        "name",
        ("Name or service not known", "NameResolutionError", "nodename nor servname", "Temporary failure in name"),
    ),
    ("time", ("timed out", "Timeout")),
    ("connection", ("onnection refused", "onnection error", "unreachable", "onnection reset", "Disconnected")),
)


def main() -> None:
    """Send the message that standard input has as JSON, and print the answer."""
    message = json.load(sys.stdin)
    # No core file: it would hold the address.
    harden_process()
    print(send_message(message))  # noqa: T201  the answer to the program that started this


def send_message(message: Mapping[str, Any]) -> str:
    """Send ``text`` under ``title`` to ``address``, of one of the kinds ``allowed`` and with no option ``forbidden``.

    Return one word, or ``status`` with the number of a refusal.
    """
    log = _LogLines()
    logger = logging.getLogger("apprise")
    logger.handlers, logger.propagate = [log], False
    logger.setLevel(logging.DEBUG)
    try:
        import apprise
        from apprise.plugins import url_to_dict
    except ImportError:
        return MISSING
    # Nothing of ours is fetched or written by it: no pictures, no keys, no storage.
    asset = apprise.AppriseAsset(
        app_id="importer",
        app_desc="importer",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        pgp_autogen=False,
        pem_autogen=False,
        http_redirects=False,
        allow_templates=False,
        async_mode=False,
    )
    found = url_to_dict(message["address"])  # type: ignore[no-untyped-call]
    if not found:
        return UNKNOWN
    # Check again what Apprise has read: it may read an address in another way than we do.
    if found["schema"] not in message["allowed"] or set(message["forbidden"]) & {*found, *found.get("qsd", {})}:
        return REFUSED
    service = apprise.Apprise.instantiate(found, asset=asset)
    if service is None:
        return UNKNOWN
    went_well = service.notify(
        title=message["title"],
        body=message["text"],
        notify_type=apprise.NotifyType(message["type"]),
        body_format=apprise.NotifyFormat.TEXT,
    )
    return SENT if went_well else _reason(log.lines)


class _LogLines(logging.Handler):
    """Keeps the log of Apprise in memory, and nowhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _reason(lines: list[str]) -> str:
    """Find the number of a refusal, or one of a few words."""
    text = "\n".join(lines)
    status = _STATUS.search(text)
    if status:
        return f"status {status[1] or status[2]}"
    return next((word for word, signs in _REASONS if any(sign in text for sign in signs)), OTHER)


if __name__ == "__main__":
    main()
