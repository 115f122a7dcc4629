"""What becomes of a call: keys, limits, faults, the operation itself, and the log."""

from __future__ import annotations

import hmac
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from importer.sandbox import refusals, replies
from importer.sandbox.async_queue import last_submitted, process_due
from importer.sandbox.call import Request
from importer.sandbox.faults import Fault, Faults
from importer.sandbox.journal import Entry, Journal
from importer.sandbox.limits import Limits
from importer.sandbox.options import Keys, Options, changed
from importer.sandbox.refusals import ApiError
from importer.sandbox.replies import Dropped, Reply
from importer.sandbox.routes import BY_PATH, Route
from importer.sandbox.tenant import Tenant

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it arrived. Names of headers are in small letters; ``host`` is the origin that was called."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    host: str


class Crm:
    """One sandbox without its network. ``clock`` gives monotonic seconds; :attr:`stopping` ends every wait."""

    def __init__(
        self, tenant: Tenant, options: Options, keys: Keys, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.tenant = tenant
        self.options = options
        self.faults = Faults()
        self.limits = Limits()
        self.journal = Journal()
        self.stopping = threading.Event()
        self._keys = keys
        self._clock = clock
        self._fails = options.async_fails

    def answer(self, call: Call) -> Reply:
        """The reply to a call; raises :class:`Dropped` when the connection is to end instead."""
        entry = self.journal.arrived(self._clock(), call.method, call.path, tuple(sorted(call.parameters)))
        try:
            reply = self._answer(call, entry)
            entry.status = reply.status
            return reply
        except Dropped:
            entry.status = 0
            raise
        except Exception:  # noqa: BLE001  the door of the process: a caller gets an answer, the log the traceback
            _log.exception("a fault of the sandbox itself in %s", call.path)
            entry.status, entry.verdict = 500, "a fault of the sandbox itself"
            return replies.failed("500")
        finally:
            entry.answered = self._clock()

    def _answer(self, call: Call, entry: Entry) -> Reply:
        route = BY_PATH.get(call.path)
        if route is None:
            entry.verdict = "unknown address"
            return replies.not_found()
        entry.call, entry.kind = route.name, route.kind
        if route.method != call.method:
            entry.verdict = "wrong method"
            return replies.wrong_method()
        fault = self.faults.next(route)
        entry.fault = fault.fault if fault else ""
        if fault and fault.is_before:
            return self._not_processed(call, entry, fault)
        if not self._may_enter(route, call):
            entry.verdict = "wrong keys"
            return replies.refused(refusals.bad_key(), 401)
        refusal = self.limits.refusal(route.kind, entry.at, self.options)
        if refusal is not None:
            entry.verdict = "too many calls"
            return replies.too_many(refusal, self.options.throttle_shape)
        return self._process(route, call, entry, fault)

    def _not_processed(self, call: Call, entry: Entry, fault: Fault) -> Reply:
        entry.verdict = "not processed, by a fault"
        if fault.effect == "redirect":
            return Reply(302, b"", headers={"Location": f"{call.host}/elsewhere"})
        if fault.effect == "401":
            return replies.refused(refusals.bad_key(), 401)
        if fault.effect.startswith("throttle"):
            options = self.options
            limit = options.bulk_calls_per_window if entry.kind == "bulk" else options.calls_per_window
            return replies.too_many(refusals.throttled(limit, options.window), fault.effect[-3:])
        return self._fail(fault, replies.failed("504"))

    def _fail(self, fault: Fault, after_waiting: Reply) -> Reply:
        if fault.effect in ("drop", "reset"):
            raise Dropped(reset=fault.effect == "reset")
        if fault.effect == "timeout":
            self.stopping.wait(fault.seconds)
            return after_waiting
        return replies.failed(fault.effect)

    def _may_enter(self, route: Route, call: Call) -> bool:
        """The pair comes in headers or in the query, in any case; calls of the async host need a third key."""
        query = {name.lower(): value for name, value in call.parameters.items()}
        pair = (
            _same(call.headers.get("x-lsq-accesskey") or query.get("accesskey", ""), self._keys.access),
            _same(call.headers.get("x-lsq-secretkey") or query.get("secretkey", ""), self._keys.secret),
        )
        if route.kind == "async" and not _same(call.headers.get("x-api-key", ""), self._keys.api):
            return False
        return all(pair) or not (route.needs_pair or self.options.status_needs_pair)

    def _process(self, route: Route, call: Call, entry: Entry, fault: Fault | None) -> Reply:
        pause = self.options.latency / 2 if route.writes else 0.0
        self.stopping.wait(pause + (fault.seconds if fault and fault.fault == "late-processing" else 0.0))
        try:
            answer = self._operate(route, call, entry, fault)
        except ApiError as refusal:
            entry.verdict = f"refused: {refusal.kind}"
            reply = replies.refused(refusal, self._status(refusal))
        else:
            entry.verdict = "done"
            reply = replies.spoiled(fault.effect if fault else "", answer)
        self.stopping.wait(pause)
        if fault is None:
            return reply
        if fault.fault == "drop-mid-answer":
            raise Dropped(reply)
        is_failure = fault.is_partial or fault.fault.endswith("-after-processing")
        return self._fail(fault, reply) if is_failure else reply

    def _operate(self, route: Route, call: Call, entry: Entry, fault: Fault | None) -> Any:
        body = _content(call)
        entry.rows = len(body) if route.kind == "bulk" and isinstance(body, list) else 0
        if fault and fault.is_partial:
            body = body[: len(body) // 2] if entry.rows else None
            if not body:
                return None
        request = Request(body, call.parameters, call.host, entry.number)
        with self.tenant.transaction():
            answer = route.operation(self.tenant, self.options, request)
            if fault and fault.fault in ("queue-failure", "queue-loss"):
                identity = last_submitted(self.tenant)
                state = "failing" if fault.fault == "queue-failure" else "lost"
                self.tenant.put_task(identity, {**self.tenant.queue[identity], "state": state})
        return answer

    def _status(self, refusal: ApiError) -> int:
        if refusal.kind == refusals.DUPLICATE:
            return self.options.duplicate_status
        return refusal.status or self.options.refusal_status

    def process_queue(self) -> None:
        """Process the queued requests that are due."""
        if self.tenant.waiting:
            # Each request is its own transaction.
            with self.tenant.lock:
                self._fails = process_due(self.tenant, self.options, self._fails)

    def change_options(self, settings: Mapping[str, Any]) -> None:
        """Change some switches; raises :class:`ValueError` with words for what is none."""
        self.options = changed(self.options, settings)
        if "async_fails" in settings:
            self._fails = self.options.async_fails

    def reset(self) -> None:
        """Back to the seeded leads: no activities, nothing queued, no faults, an empty log. The switches stay."""
        self.tenant.reset()
        self.faults.clear()
        self.limits.forget()
        self.journal.clear()
        self._fails = self.options.async_fails

    def state(self, parts: frozenset[str] = frozenset()) -> dict[str, Any]:
        """What a test judges by; ``parts`` names those wanted, empty means all."""
        tenant = self.tenant
        with tenant.lock:
            made: dict[str, Callable[[], Any]] = {
                "org_id": lambda: tenant.org_id,
                "counts": lambda: {
                    "leads": len(tenant.leads),
                    "activities": len(tenant.activities),
                    "queued": len(tenant.waiting),
                },
                "leads": lambda: list(tenant.leads.values()),
                "activities": lambda: list(tenant.activities.values()),
                "queue": lambda: [{"id": identity, **task} for identity, task in tenant.queue.items()],
                "calls": lambda: dict(self.limits.calls),
                "refusals": lambda: dict(self.limits.refusals),
                "log": self.journal.entries,
                "faults": self.faults.waiting,
                "options": lambda: asdict(self.options),
            }
            return {name: make() for name, make in made.items() if not parts or name in parts}


def _same(given: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _content(call: Call) -> Any:
    """The JSON of the body; ``None`` without one. Raises a refusal with HTTP 400 for anything else."""
    if not call.body:
        return None
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise refusals.BadShape("The content type has to be application/json.")
    try:
        return json.loads(call.body.decode("utf-8"))
    except ValueError:
        raise refusals.BadShape("Unexpected character encountered while parsing value.") from None
