"""The async host: it accepts at once, processes later, and says how far it is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from importer.sandbox import refusals
from importer.sandbox.activity_calls import lead_and_activity, refuse_shape
from importer.sandbox.call import Operation, Request, new_id
from importer.sandbox.lead_calls import capture
from importer.sandbox.options import Options
from importer.sandbox.refusals import ApiError
from importer.sandbox.tenant import TO_DO, Tenant

_ACCEPTED = "Request accepted. Please use below request id to check the status"
_OPERATIONS: dict[str, tuple[str, Operation]] = {
    "lead": ("Lead Capture", capture),
    "activity": ("Activity Create Custom", lead_and_activity),
}
_PER_MINUTE = 24.8


def submit_lead(tenant: Tenant, options: Options, request: Request) -> Any:
    """Lead capture, queued. Only the shape is looked at now."""
    if not isinstance(request.body, list):
        raise refusals.cannot_deserialize(request.body, "System.Collections.Generic.List`1[LeadField]")
    return _submit(tenant, options, request, "lead")


def submit_activity(tenant: Tenant, options: Options, request: Request) -> Any:
    """A lead with its activity, queued. Only the shape is looked at now."""
    refuse_shape(request.body)
    return _submit(tenant, options, request, "activity")


def _submit(tenant: Tenant, options: Options, request: Request, kind: str) -> Any:
    identity = new_id()
    received = tenant.clock()
    task = {
        "kind": kind,
        "body": request.body,
        "parameters": dict(request.parameters),
        "call": request.number,
        "received": received.isoformat(),
        "due": (received + timedelta(seconds=options.async_delay)).isoformat(),
        "state": "queued",
    }
    tenant.put_task(identity, task)
    # The pages' own samples have the blank; a caller has to take it off.
    return {"Status": _ACCEPTED, "RequestID": f" {identity}"}


def last_submitted(tenant: Tenant) -> str:
    """The id of the newest request."""
    return next(reversed(tenant.queue))


def process_due(tenant: Tenant, options: Options, fails: int) -> int:
    """Process what is due; ``fails`` of it fail. Returns how many of those are still to come."""
    moment = tenant.clock().isoformat()
    due = [identity for identity in tenant.waiting if tenant.queue[identity]["due"] <= moment]
    for identity in due:
        # Each request is one transaction with its effect, so that a killed sandbox neither loses nor doubles it.
        with tenant.transaction():
            task = tenant.queue[identity]
            if task["state"] == "failing" or fails > 0:
                fails -= task["state"] != "failing"
                outcome = {"state": "failed", "reason": "The request could not be processed", "answer": None}
            else:
                outcome = _process(tenant, options, task)
            tenant.put_task(identity, {**task, **outcome})
    return fails


def _process(tenant: Tenant, options: Options, task: dict[str, Any]) -> dict[str, Any]:
    operation = _OPERATIONS[task["kind"]][1]
    try:
        with tenant.transaction():
            answer = operation(tenant, options, Request(task["body"], task["parameters"], number=task["call"]))
    except ApiError as refusal:
        return {"state": "refused", "reason": f"{refusal.kind}: {refusal.message}", "answer": None}
    return {"state": "done", "reason": "Request was successfully completed", "answer": answer}


def status(tenant: Tenant, options: Options, request: Request) -> Any:
    """How far a request is."""
    identity = request.parameter("RequestID").strip()
    task = tenant.queue.get(identity)
    if task is None:
        raise refusals.invalid("RequestID")
    words = {"done": options.success_word, "failed": options.failure_word, "refused": options.error_word}
    answer = task.get("answer")
    return {
        "RequestId": identity,
        "TaskStatus": {
            "TaskType": _OPERATIONS[task["kind"]][0],
            "Status": words.get(task["state"], options.queued_word),
            "StatusReason": task.get("reason", ""),
            "TaskCurrentStep": None if task["state"] in words else "In-Queue",
            "TaskLastStep": "In-Process-Queue",
            "RequestBody": json.dumps(task["body"]),
            "Message": _message(answer, options.status_message),
        },
    }


def _message(answer: Any, form: str) -> Any:
    if answer is None or form == "none":
        return None
    return answer if form == "answer" else answer["Message"]


def lead_metrics(tenant: Tenant, options: Options, request: Request) -> Any:
    """How busy the queue of leads is."""
    return {**_metrics(tenant, "lead"), "ProcessingRatePerMinute": _PER_MINUTE}


def activity_metrics(tenant: Tenant, options: Options, request: Request) -> Any:
    """How busy the queue of activities is; this page spells its last key in another way."""
    return {**_metrics(tenant, "activity"), "ProcessingratePerMinute": _PER_MINUTE}


def _metrics(tenant: Tenant, kind: str) -> dict[str, Any]:
    waiting = [task for task in tenant.queue.values() if task["kind"] == kind and task["state"] in (*TO_DO, "lost")]
    moment = tenant.clock().isoformat()
    late = [task for task in waiting if task["due"] <= moment]
    return {"PendingMessages": len(waiting), "MaxDelayInSeconds": 1 if late else 0}
