"""The sandbox over real HTTP: finds the operation, lets faults happen, and keeps a log of every call."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from importer.sandbox.faults import AFTER, BEFORE, HTML, PARTIAL, Faults, spoiled
from importer.sandbox.gate import Gate
from importer.sandbox.options import Keys, Options
from importer.sandbox.page import page
from importer.sandbox.reads import Reads
from importer.sandbox.tenant import ApiError, Tenant
from importer.sandbox.writes import Writes

Operation = Callable[[Any, dict[str, str]], Any]
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_TIME_OUT = 3600.0


class Sandbox:
    """One running sandbox. ``store`` keeps its data on disk; ``port`` 0 takes a free one."""

    def __init__(self, options: Options, keys: Keys, *, port: int = 0, store: Path | None = None) -> None:
        self.options = options
        self.tenant = Tenant(store)
        self.gate = Gate(options, keys)
        self.faults = Faults()
        for spoken in options.faults:
            self.order_fault(spoken)
        self.log: deque[dict[str, Any]] = deque(maxlen=20_000)
        self.stopping = threading.Event()
        self._writes, self._reads = Writes(self.tenant, options), Reads(self.tenant, options)
        self.operations = _operations(self._writes, self._reads)
        self._server = _Server(("127.0.0.1", port), _handler_for(self))
        self.host = f"http://127.0.0.1:{self._server.server_address[1]}"

    def order_fault(self, spoken: str) -> None:
        """Order a fault by its name, or as ``name:calls:skip:on``."""
        name, *rest = spoken.split(":")
        calls, skip, on = [*rest, *["1", "0", ""][len(rest) :]]
        self.faults.order(name, int(calls), int(skip), on)

    def info(self) -> dict[str, str]:
        """How to reach it."""
        return {"host": self.host, "async_host": self.host, "org_id": self.tenant.org_id}

    def serve(self) -> None:
        """Serve until :meth:`stop`."""
        threading.Thread(target=self._work, name="queue", daemon=True).start()
        self._server.serve_forever(poll_interval=0.05)

    def start(self) -> dict[str, str]:
        """Serve in a thread; how to reach it."""
        threading.Thread(target=self.serve, name="sandbox", daemon=True).start()
        return self.info()

    def _work(self) -> None:
        while not self.stopping.wait(0.05):
            self._writes.work_queue()
            self.tenant.commit()

    def stop(self) -> None:
        """Stop serving; calls that sleep are cut."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def state(self) -> dict[str, Any]:
        """Everything that a test wants to judge by."""
        with self.tenant.lock:
            return {
                "org_id": self.tenant.org_id,
                "leads": list(self.tenant.leads.values()),
                "activities": list(self.tenant.activities.values()),
                "queue": [{"id": identity, **task} for identity, task in self.tenant.queue.items()],
                "calls": dict(self.gate.calls),
                "refusals": dict(self.gate.refusals),
                "log": list(self.log),
                "faults": [asdict(fault) for fault in self.faults.waiting],
            }

    def control(self, path: str, body: Any) -> Any:
        """The control calls below `/__sandbox__/`."""
        if path == "state":
            return self.state()
        if path == "reset":
            self.tenant.reset()
            self.faults.clear()
            self.log.clear()
        elif path == "faults":
            if body.get("clear"):
                self.faults.clear()
            else:
                self.faults.order(body["fault"], body.get("calls", 1), body.get("skip", 0), body.get("on", ""))
        elif path == "settings":
            known = {one.name for one in fields(Options)} - {"faults"}
            for name, value in body.items():
                if name not in known:
                    raise ValueError(f"unknown setting {name!r}")
                setattr(self.options, name, value)
        else:
            raise KeyError(path)
        return {"ok": True}


def _operations(writes: Writes, reads: Reads) -> dict[tuple[str, str], tuple[str, Operation]]:
    """Class and function of every call, by method and path."""
    lead, activity = "/v2/LeadManagement.svc", "/v2/ProspectActivity.svc"
    return {
        ("POST", f"{lead}/Lead.Create"): ("standard", writes.create_lead),
        ("POST", f"{lead}/Lead.Capture"): ("standard", writes.capture_lead),
        ("POST", f"{lead}/Lead.CreateOrUpdate"): ("standard", writes.upsert_lead),
        ("POST", f"{lead}/Lead/Bulk/CreateOrUpdate"): ("bulk", writes.bulk_upsert),
        ("POST", f"{activity}/Bulk/CustomActivity/Add/ByLeadId"): ("bulk", writes.bulk_by_lead_id),
        ("POST", f"{activity}/Bulk/CustomActivity/Add/ByLeadField"): ("bulk", writes.bulk_by_lead_field),
        ("POST", f"{activity}/Create"): ("standard", writes.post_activity),
        ("POST", f"{activity}/CreateCustom"): ("standard", writes.lead_and_activity),
        ("POST", "/lead/capture"): ("async", lambda body, params: writes.submit("lead", body, params)),
        ("POST", "/activity/createcustom"): ("async", lambda body, params: writes.submit("activity", body, params)),
        ("GET", "/lead/status"): ("async", lambda body, params: writes.task_status(params.get("RequestID", ""))),
        ("GET", "/activity/createcustom/status"): (
            "async",
            lambda body, params: writes.task_status(params.get("RequestID", "")),
        ),
        ("GET", "/lead/metrics"): ("async", lambda body, params: writes.metrics("lead")),
        ("GET", "/activity/createcustom/metrics"): ("async", lambda body, params: writes.metrics("activity")),
        ("POST", f"{activity}/Retrieve"): ("standard", reads.activities_of_lead),
        ("POST", f"{activity}/CustomActivity/RetrieveByActivityEvent"): ("standard", reads.activities_of_type),
        ("GET", f"{activity}/GetActivityDetails"): ("standard", reads.activity),
        ("GET", f"{activity}/ActivityTypes.Get"): ("standard", reads.activity_types),
        ("GET", f"{activity}/CustomActivity/GetActivitySetting"): ("standard", reads.activity_setting),
        ("GET", f"{lead}/Leads.GetByEmailaddress"): ("standard", reads.lead_by_email),
        ("GET", f"{lead}/RetrieveLeadByPhoneNumber"): ("standard", reads.lead_by_phone),
        ("GET", f"{lead}/Leads.GetById"): ("standard", reads.lead_by_id),
        ("POST", f"{lead}/Leads.Get"): ("standard", reads.leads),
        ("GET", f"{lead}/LeadsMetaData.Get"): ("standard", reads.lead_fields),
        ("GET", "/v2/UserManagement.svc/Users.Get"): ("standard", reads.users),
        ("GET", "/v2/Authentication.svc/UserByAccessKey.Get"): ("standard", reads.who_am_i),
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def _handler_for(sandbox: Sandbox) -> type[BaseHTTPRequestHandler]:
    class Handler(_Call):
        owner = sandbox

    return Handler


class _Call(BaseHTTPRequestHandler):
    """One connection; each request of it is one call."""

    owner: Sandbox
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: addresses may hold keys."""

    def do_GET(self) -> None:
        """Answer a GET."""
        self._answer_call()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._answer_call()

    def _answer_call(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path == "/" or parts.path.startswith("/__sandbox__/"):
            self._answer_control(parts.path, raw)
            return
        arrived = time.monotonic()
        status, content, verdict = self._call(parts.path, params, raw)
        entry = {"at": arrived, "method": self.command, "path": parts.path, "status": status, "verdict": verdict}
        self.owner.log.append({**entry, "query": sorted(params)})
        if content is None:
            self._drop()
        else:
            self._reply(status, content)

    def _answer_control(self, path: str, raw: bytes) -> None:
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in _LOOPBACK:
            self._reply(403, b"{}")
        elif path == "/":
            self._reply(200, page(self.owner.state(), self.owner.host).encode(), "text/html; charset=utf-8")
        else:
            try:
                body = json.loads(raw) if raw else {}
                self._reply(200, json.dumps(self.owner.control(path.rpartition("/")[2], body)).encode())
            except (ValueError, KeyError, TypeError) as error:
                self._reply(400, json.dumps({"error": str(error)}).encode())

    def _call(self, path: str, params: dict[str, str], raw: bytes) -> tuple[int, bytes | None, str]:
        """Status, body (``None``: drop the connection) and a word for the log."""
        sandbox = self.owner
        known = sandbox.operations.get((self.command, path))
        if known is None:
            other = any(path == one for _, one in sandbox.operations)
            return (405 if other else 404), b"", "unknown call"
        kind, operation = known
        text = sandbox.gate.refusal(kind)
        if text:
            return *_throttled(text, sandbox.options.throttle_shape), "throttled"
        if not self._may_enter(path, params, kind):
            return *_error(ApiError("MXInvalidAccessDetailsException", "Invalid Access Details provided.", 401)), "401"
        writing = self.command == "POST" and operation.__name__ in _WRITING
        fault = sandbox.faults.next(path)
        if writing or fault:
            sandbox.stopping.wait(sandbox.options.latency)
        if fault in BEFORE:
            return *self._fail(fault), fault
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            return *_error(ApiError("", "Unexpected character encountered while parsing value.", 400)), "400"
        return self._operate(operation, body, params, fault)

    def _operate(
        self, operation: Operation, body: Any, params: dict[str, str], fault: str
    ) -> tuple[int, bytes | None, str]:
        sandbox = self.owner
        try:
            if fault in PARTIAL and isinstance(body, list):
                body = body[: len(body) // 2]
            with sandbox.tenant.lock:
                answer = operation(body, params)
        except ApiError as error:
            sandbox.tenant.commit()
            if error.kind == "MXDuplicateEntryException":
                error.status = sandbox.options.duplicate_status
            return *_error(error), error.kind or "400"
        sandbox.tenant.commit()
        if fault in PARTIAL or fault in AFTER:
            status, content = self._fail(fault)
            return status, spoiled(fault, answer) if status == 200 else content, fault
        return 200, json.dumps(answer).encode(), "ok"

    def _fail(self, fault: str) -> tuple[int, bytes | None]:
        """Status and body of a fault; for faults in an answer's content the status is 200."""
        name = fault.partition("-")[0]
        if name == "timeout":
            self.owner.stopping.wait(_TIME_OUT)
            return 0, None
        if name == "drop":
            return 0, None
        if name in ("502", "503", "504"):
            return int(name), HTML.encode()
        if fault == "redirect":
            return 307, b""
        if name == "throttle":
            limit, window = self.owner.options.calls_per_window, self.owner.options.window
            return _throttled(f"API calls exceeded the limit of {limit} in {window:g} second(s)", fault[-3:])
        if name == "401":
            return _error(ApiError("MXInvalidAccessDetailsException", "Invalid Access Details provided.", 401))
        if name == "mx":
            return _error(ApiError("MXInvalidInputException", "Invalid Input! Parameter Name: unknown"))
        return (500, b'{"Message": "An error has occurred."}') if name == "500" else (200, b"")

    def _may_enter(self, path: str, params: dict[str, str], kind: str) -> bool:
        gate = self.owner.gate
        access = self.headers.get("x-LSQ-AccessKey") or params.get("accessKey") or params.get("accesskey", "")
        secret = self.headers.get("x-LSQ-SecretKey") or params.get("secretKey") or params.get("secretkey", "")
        if kind == "async":
            asking = self.command == "GET"
            return gate.knows_api_key(self.headers.get("x-api-key", "")) and (asking or gate.knows(access, secret))
        return gate.knows(access, secret)

    def _reply(self, status: int, content: bytes, kind: str = "application/json; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        if status == 307:
            self.send_header("Location", f"http://localhost:{self.owner.host.rpartition(':')[2]}{self.path}")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(content)

    def _drop(self) -> None:
        """Cut the connection without an answer."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True


_WRITING = frozenset(
    {"create_lead", "capture_lead", "upsert_lead", "bulk_upsert", "bulk_by_lead_id", "bulk_by_lead_field",
     "post_activity", "lead_and_activity", "<lambda>"}
)  # fmt: skip


def _error(error: ApiError) -> tuple[int, bytes]:
    body = {"Status": "Error", "ExceptionType": error.kind, "ExceptionMessage": error.message}
    return error.status, json.dumps(body).encode()


def _throttled(text: str, shape: str) -> tuple[int, bytes]:
    return _error(ApiError("MXAPIRateLimitExceededException", text, int(shape)))
