"""The HTTP client of LeadSquared: it never repeats a request, follows a redirect or shows a key."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any

import orjson
import requests
import urllib3

from importer import __version__
from importer.config import Account, KeysIn
from importer.core.errors import SettingsError
from importer.core.model import HostKind, Reply, Request, TransportFailure
from importer.core.redaction import redact, redact_json
from importer.leadsquared.deadline import Deadline
from importer.leadsquared.network_errors import describe_network_error
from importer.leadsquared.transport import make_session

_CONNECT_SECONDS = 10.0
_WHOLE_CALL_FACTOR = 2.0
"""So many times the account's time-out a call may last as a whole, however steadily its bytes come."""
_CHUNK_BYTES = 64 * 1024
_MAX_TEXT = 20_000
MAX_BYTES = 4 * 1024 * 1024
"""A larger answer is not read."""
_MAX_DEPTH = 50


def body_bytes(request: Request) -> bytes:
    """Return the exact bytes of the request's body, for their digest in the ledger; empty without a body."""
    if request.content is not None:
        return request.content
    return b"" if request.body is None else orjson.dumps(request.body)


class LeadSquaredClient:
    """Sends requests to one account. Safe to use from several threads.

    On the sync host the keys travel as headers (https://apidocs.leadsquared.com/authentication/), or in the query where
    the account says so. The async pages show the pair in the query besides the `x-api-key` header, so there it is part
    of the address, but for calls that need no pair.
    """

    def __init__(
        self,
        account: Account,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._account = account
        self._monotonic = monotonic
        self._now = now
        self._idle: list[requests.Session] = []
        self._lock = threading.Lock()

    def send(self, request: Request) -> Reply:
        """Send ``request`` exactly once and return the reply. See :class:`importer.leadsquared.interface.Crm`."""
        url, headers, params = self._address(request)
        started = self._monotonic()
        patience = self._account.timeout_seconds
        deadline = Deadline(_WHOLE_CALL_FACTOR * patience)
        try:
            with (
                deadline.running(),
                self._session() as session,
                session.request(
                    request.method,
                    url,
                    params=params,
                    data=body_bytes(request) or None,
                    headers=headers,
                    timeout=(min(_CONNECT_SECONDS, patience), patience),
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                content = self._read_body(response)
        except requests.exceptions.RequestException as error:
            found = describe_network_error(error)
            reason = "no complete answer in time" if deadline.expired else found.reason
            return replace(self._failed(found.failure, reason, started), remedy=found.remedy)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            # Raised while the body was read, outside of requests' own translation.
            return self._failed(TransportFailure.UNKNOWN, type(error).__name__, started)
        # An answer without a length ends where the connection ends, so a cut one can look whole.
        return self._reply(response, None if deadline.expired else content, started)

    def _address(self, request: Request) -> tuple[str, dict[str, str], dict[str, str]]:
        """Return URL, headers and parameters, with the keys."""
        keys = self._account.keys
        pair = {"accessKey": keys.access.reveal(), "secretKey": keys.secret.reveal()}
        headers = {"User-Agent": f"importer/{__version__}", "Accept": "application/json"}
        if request.body is not None or request.content is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if request.host is HostKind.SYNC:
            url = f"{self._account.host}/v2{request.path}"
            if self._account.keys_in is KeysIn.QUERY:
                return url, headers, {**request.params, **pair}
            headers["x-LSQ-AccessKey"], headers["x-LSQ-SecretKey"] = pair.values()
            return url, headers, dict(request.params)
        if not self._account.async_host or not keys.api:
            raise SettingsError(
                f"Account {self._account.name} has no async host or no API key.",
                "The async targets need LEADSQUARED_ASYNC_HOST and LEADSQUARED_API_KEY.",
            )
        headers["x-api-key"] = keys.api.reveal()
        path = self._account.async_paths.get(request.path, request.path)
        params = {**request.params, **pair} if request.needs_pair else dict(request.params)
        return f"{self._account.async_host}{path}", headers, params

    @contextmanager
    def _session(self) -> Iterator[requests.Session]:
        """Lend a session to one call. There are only as many as calls were ever made at once, whoever made them."""
        with self._lock:
            session = self._idle.pop() if self._idle else make_session(self._account)
        try:
            yield session
        finally:
            with self._lock:
                self._idle.append(session)

    def _read_body(self, response: requests.Response) -> bytes | None:
        """Read the body, decompressed; ``None`` when it is too large."""
        content = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            content += chunk
            if len(content) > MAX_BYTES:
                return None
        return bytes(content)

    def _reply(self, response: requests.Response, content: bytes | None, started: float) -> Reply:
        if content is None:
            return self._failed(TransportFailure.UNKNOWN, "the answer was too large or came too slowly", started)
        keys = self._account.keys
        # The only entrance of foreign texts: keys are hidden before anything is cut, logged or kept. What follows the
        # kept text is looked at, too, for a key that begins in it.
        text = redact(content[: 2 * _MAX_TEXT].decode("utf-8", "replace"))
        return Reply(
            status=response.status_code,
            body=redact_json(parse_json(content), (keys.access, keys.secret, keys.api)),
            text=text[:_MAX_TEXT],
            retry_after=_retry_after(response.headers, self._now()),
            elapsed=self._monotonic() - started,
            server_skew=_skew(response.headers, self._now()),
        )

    def _failed(self, failure: TransportFailure, why: str, started: float) -> Reply:
        what = "The request did not leave" if failure is TransportFailure.NOT_SENT else "No complete answer came back"
        detail = redact(f"{what}: {why}.")
        return Reply(status=None, failure=failure, detail=detail, elapsed=self._monotonic() - started)

    def close(self) -> None:
        """Close the connections that no call uses at present."""
        with self._lock:
            sessions, self._idle = self._idle, []
        for session in sessions:
            session.close()


def _retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Parse `Retry-After`, a number or a date, into seconds; ``None`` when absent or unreadable."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    moment = _http_date(text)
    return None if moment is None else (moment - now).total_seconds()


def _skew(headers: Mapping[str, str], now: datetime) -> float | None:
    moment = _http_date(headers.get("Date", ""))
    return None if moment is None else (moment - now).total_seconds()


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def parse_json(content: bytes) -> Any:
    """Parse ``content`` (UTF-8, byte order mark allowed) as JSON; ``None`` when it is not valid.

    Not valid are also NaN and infinity, a duplicate key in one object, numbers of thousands of digits, and nesting
    deeper than 50. Never raises.
    """
    if len(content) > MAX_BYTES:
        return None
    try:
        value = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_unique_keys,
            parse_constant=_refuse_constant,
            parse_float=_finite_number,
        )
    except (ValueError, RecursionError):
        return None
    return value if _is_within_depth(value, _MAX_DEPTH) else None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("duplicate key")
    return table


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _finite_number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("number out of range")
    return number


def _is_within_depth(value: Any, most: int) -> bool:
    """Return whether objects and lists are nested at most ``most`` deep; level by level, for answers may be large."""
    level = [value]
    for _ in range(most + 1):
        lists = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        if not lists:
            return True
        level = list(chain.from_iterable(lists))
    return False
