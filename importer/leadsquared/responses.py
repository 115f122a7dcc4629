"""Classify a response: the verdict on its whole call. The body outranks the status.

LeadSquared says HTTP 500 for bad data and HTTP 200 for failures
(https://apidocs.leadsquared.com/error-handling/ and what integrators report), so only clearly known shapes leave
the default, which is: uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from importer.core.model import Limit, Reply, TransportFailure, Verdict, VerdictKind
from importer.core.redaction import redact

RATE_LIMIT = "MXAPIRateLimitExceededException"

_LIMIT_TEXT = re.compile(r"exceeded the limit of ([0-9]{1,6}) in ([0-9]{1,6}) ?second", re.IGNORECASE)
_TRANSIENT = re.compile(r"time.?out|deadlock|temporarily", re.IGNORECASE)
_MX_CODE = re.compile(r"MX[A-Za-z]+")
_ACCESS_CODES = frozenset(
    {
        "MXInvalidAccessDetailsException",
        "MXInvalidUserDetailsException",
        "MXUnAuthorizedAccessException",
        "MXUnauthorizedRequestException",
        "MXAuthenticationFailedException",
    }
)
_MISCONFIGURED_STATUSES = {
    301: "answered with a redirect, which is never followed",
    302: "answered with a redirect, which is never followed",
    303: "answered with a redirect, which is never followed",
    307: "answered with a redirect, which is never followed",
    308: "answered with a redirect, which is never followed",
    400: "does not understand the request",
    401: "does not accept the keys, or the host is of another region",
    403: "forbids the call",
    404: "does not know this call",
    405: "does not know this call",
}
_GATEWAY_STATUSES = (502, 504)
_MAX_WAIT = 300.0
_MAX_TEXT = 500


def classify(reply: Reply, batch_of_one: bool) -> Verdict:
    """Return the verdict on a call by its ``reply``. ``batch_of_one``: the call carried a single row. Never raises."""
    if reply.failure is TransportFailure.NOT_SENT:
        return Verdict(VerdictKind.NOT_APPLIED, "not-sent", reply.detail)
    if reply.status == 407:
        text = "A proxy on the way wants a name and a password (HTTP 407). The request did not reach LeadSquared."
        return Verdict(VerdictKind.NOT_APPLIED, "not-sent", text)
    if reply.failure is not None or reply.status is None:
        return Verdict(VerdictKind.UNCERTAIN, "no-answer", reply.detail or "No answer came back.")
    return _classify_answer(reply, reply.status, batch_of_one)


def _classify_answer(reply: Reply, status: int, batch_of_one: bool) -> Verdict:
    code, message = _parse_error(reply.body)
    # From the surest signs to the weakest; what none of them explains is uncertain.
    throttled = _classify_throttling(reply, code, message)
    if throttled is not None:
        return throttled
    if code in _ACCESS_CODES or (status in _MISCONFIGURED_STATUSES and not (status == 400 and code)):
        reason = _MISCONFIGURED_STATUSES.get(status, "does not accept the keys")
        text = f"LeadSquared {reason} (HTTP {status}). {message}".rstrip()
        return Verdict(VerdictKind.MISCONFIGURED, code or f"http-{status}", text)
    if code:
        # A time-out or deadlock in the CRM's database may have come after the row was stored.
        if _TRANSIENT.search(message):
            return Verdict(VerdictKind.UNCERTAIN, code, message)
        return Verdict(VerdictKind.REFUSED, code, message or code)
    if 200 <= status < 300:
        return _classify_success(reply.body, message, batch_of_one)
    who = "A gateway on the way to LeadSquared" if status in _GATEWAY_STATUSES else "LeadSquared"
    text = f"{who} failed with HTTP {status}"
    return Verdict(VerdictKind.UNCERTAIN, f"http-{status}", f"{text}: {message}" if message else f"{text}.")


def _parse_error(body: Any) -> tuple[str, str]:
    """Return ExceptionType (only LeadSquared's own, which begin with MX) and message of an error, or empty texts."""
    if not isinstance(body, Mapping):
        return "", ""
    code = body.get("ExceptionType")
    known = code if isinstance(code, str) and _MX_CODE.fullmatch(code) else ""
    message = body.get("ExceptionMessage")
    if not isinstance(message, str):
        inner = body.get("Message")
        message = inner.get("Message") if isinstance(inner, Mapping) else inner
    return known, redact(message)[:_MAX_TEXT] if isinstance(message, str) else ""


def _classify_throttling(reply: Reply, code: str, message: str) -> Verdict | None:
    error_body = isinstance(reply.body, Mapping) and "Response" not in reply.body
    found = _LIMIT_TEXT.search(message or (reply.text if reply.status != 200 or error_body else ""))
    if reply.status != 429 and code != RATE_LIMIT and found is None:
        return None
    limit = Limit(int(found[1]), float(found[2])) if found and int(found[1]) and int(found[2]) else None
    wait = reply.retry_after
    return Verdict(
        VerdictKind.THROTTLED,
        code or "throttled",
        message or "LeadSquared's limit of calls is reached.",
        limit=limit,
        retry_after=None if wait is None else min(_MAX_WAIT, max(1.0, wait)),
    )


def _classify_success(body: Any, message: str, batch_of_one: bool) -> Verdict:
    """Classify a 2xx answer without an MX error: applied, unless it is no JSON or its own status says *failed*."""
    if not isinstance(body, (dict, list)):
        return Verdict(VerdictKind.UNCERTAIN, "unreadable-answer", "LeadSquared's answer cannot be read.")
    word = body.get("Status") if isinstance(body, dict) else "success"
    failed = isinstance(word, str) and word.strip().lower() in ("error", "failed", "failure")
    if not failed:
        return Verdict(VerdictKind.APPLIED)
    if message and batch_of_one:
        return Verdict(VerdictKind.REFUSED, "refused", message)
    return Verdict(VerdictKind.UNCERTAIN, "failed-without-reason", message or "LeadSquared says failed, but not why.")
