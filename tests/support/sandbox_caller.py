"""Calls a sandbox as a program with the right keys does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from importer.sandbox.options import Keys
from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox

KEYS = Keys("u$r0access", "secret key+/=", "api")
PAIR = {"x-LSQ-AccessKey": KEYS.access, "x-LSQ-SecretKey": KEYS.secret}
ACTIVITY = "/v2/ProspectActivity.svc"
LEAD = "/v2/LeadManagement.svc"
BULK = f"{ACTIVITY}/Bulk/CustomActivity/Add/ByLeadId"


class Caller:
    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.host = sandbox.host
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **parameters: Any) -> Any:
        return self.send("GET", path, params=parameters)

    def post(self, path: str, body: Any = None, **parameters: Any) -> Any:
        return self.send("POST", path, json=body, params=parameters)

    def send(self, method: str, path: str, **more: Any) -> Any:
        more = {"headers": PAIR, "timeout": 10, "allow_redirects": False, **more}
        return self.session.request(method, self.host + path, **more)

    def queued(self, method: str, path: str, body: Any = None, **parameters: Any) -> Any:
        pair = {"accessKey": KEYS.access, "secretKey": KEYS.secret}
        return self.send(method, path, json=body, params={**pair, **parameters}, headers={"x-api-key": KEYS.api})

    def bulk(self, *rows: Any) -> Any:
        return self.post(BULK, list(rows))

    def control(self, name: str, **content: Any) -> Any:
        answer = requests.post(f"{self.host}/__sandbox__/{name}", json=content, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, name: str, **content: Any) -> None:
        self.control("faults", fault=name, **content)

    def state(self) -> Any:
        return requests.get(f"{self.host}/__sandbox__/state", timeout=10).json()

    def activities(self) -> list[Any]:
        return self.state()["activities"]

    def lead(self, number: int) -> Any:
        return self.get(f"{LEAD}/Leads.GetById", id=lead_id(number)).json()[0]


def visit(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A good row for the lead with this number."""
    return {"RelatedProspectId": lead_id(number), "ActivityEvent": 201, "ActivityNote": f"visit {number}", **changes}


def values(**fields: str) -> list[dict[str, str]]:
    """Fields of an activity."""
    return [{"SchemaName": name, "Value": value} for name, value in fields.items()]


def pairs(**fields: Any) -> list[dict[str, Any]]:
    """A lead."""
    return [{"Attribute": name, "Value": value} for name, value in fields.items()]


def refusal(answer: Any) -> tuple[int, str]:
    """Status and ExceptionType."""
    return answer.status_code, answer.json()["ExceptionType"]


def until(true: Callable[[], Any]) -> Any:
    """Wait until something is true; what it gave."""
    end = time.monotonic() + 10
    while not (found := true()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
    return found
