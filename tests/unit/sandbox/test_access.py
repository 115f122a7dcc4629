from __future__ import annotations

from typing import Any

import pytest

from importer.sandbox.options import Options
from importer.sandbox.routes import ROUTES
from importer.sandbox.server import Sandbox
from tests.support.sandbox_caller import BULK, KEYS, LEAD, PAIR, Caller, refusal, visit

FIND = f"{LEAD}/Leads.GetById"


@pytest.mark.parametrize(
    ("headers", "parameters"),
    [
        ({}, {}),
        ({"x-LSQ-AccessKey": KEYS.access}, {}),
        ({**PAIR, "x-LSQ-SecretKey": "wrong"}, {}),
        ({}, {"accessKey": KEYS.access, "secretKey": "wrong"}),
        ({"x-LSQ-AccessKey": "clé", "x-LSQ-SecretKey": KEYS.secret}, {}),
    ],
)
def test_wrong_keys_are_refused(crm: Caller, headers: dict[str, Any], parameters: dict[str, str]) -> None:
    """401 in the usual envelope, for reads and writes."""
    headers = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = crm.send("GET", FIND, headers=headers, params=parameters)
    assert refusal(answer) == (401, "MXInvalidAccessDetailsException")
    assert crm.send("POST", BULK, json=[visit()], headers=headers, params=parameters).status_code == 401


@pytest.mark.parametrize("names", [("accessKey", "secretKey"), ("accesskey", "secretkey")])
def test_keys_may_come_in_the_query(crm: Caller, names: tuple[str, str]) -> None:
    """In either spelling, with signs that need escaping."""
    pair = dict(zip(names, (KEYS.access, KEYS.secret), strict=True))
    assert crm.send("GET", FIND, headers={}, params=pair).status_code == 200


def test_no_call_works_without_keys(crm: Caller) -> None:
    """Every call of the API asks for keys."""
    for route in ROUTES:
        assert crm.send(route.method, route.path, headers={}, json=[]).status_code == 401, route.name


def test_every_call_has_one_method(crm: Caller) -> None:
    """Another one is answered with 405, an unknown address with 404."""
    for route in ROUTES:
        other = "GET" if route.method == "POST" else "POST"
        assert crm.send(other, route.path).status_code == 405, route.name
    assert crm.get(f"{LEAD}/Leads.GetByMobileNumber").status_code == 404
    assert crm.send("DELETE", FIND).status_code == 405


def test_a_body_is_json_in_utf_8(crm: Caller) -> None:
    """Broken JSON, other encodings and other content types are answered with 400; UTF-8 arrives unharmed."""
    json_type = {**PAIR, "Content-Type": "application/json; charset=utf-8"}
    for data, headers in (
        (b'[{"RelatedProspectId":', json_type),
        ('[{"ActivityNote": "café"}]'.encode("latin-1"), json_type),
        (b"[]", {**PAIR, "Content-Type": "text/plain"}),
        (b"", json_type),
    ):
        assert crm.send("POST", BULK, data=data, headers=headers).status_code == 400
    crm.bulk(visit(ActivityNote="café ✓ 東京"))
    assert crm.activities()[0]["note"] == "café ✓ 東京"


def test_bodies_of_unknown_length_are_not_taken(crm: Caller) -> None:
    """A chunked body is answered with 411."""
    assert crm.send("POST", BULK, data=iter([b"[]"]), headers=PAIR).status_code == 411


def test_keys_are_not_kept(crm: Caller) -> None:
    """Neither the log nor the state nor the page shows a key, wherever it came from."""
    crm.send("GET", FIND, headers={}, params={"accessKey": KEYS.access, "secretKey": KEYS.secret})
    shown = crm.session.get(f"{crm.host}/__sandbox__/state").text + crm.session.get(crm.host).text
    assert KEYS.access not in shown
    assert KEYS.secret not in shown
    assert KEYS.access not in repr(KEYS)


def test_two_sandboxes_are_two_tenants() -> None:
    """Each has an OrgId of its own."""
    with Sandbox(Options(), KEYS) as one, Sandbox(Options(), KEYS) as other:
        assert one.info()["org_id"] != other.info()["org_id"]


def test_a_mistake_of_the_sandbox_is_an_error_without_mx_type(
    crm: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A caller gets an answer, and the log the traceback."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(crm.sandbox.crm.limits, "refusal", broken)
    answer = crm.bulk(visit())
    assert (answer.status_code, answer.json()) == (500, {"Message": "An error has occurred."})
    assert "ZeroDivisionError" in caplog.text
