from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from importer.sandbox.options import Options
from tests.support.sandbox_caller import ACTIVITY, Caller, pairs, values, visit


def test_the_state_tells_who_called_what_and_when(crm: Caller) -> None:
    """Every call has its arrival, its rows and its end; every activity the number of its call."""
    crm.get("/v2/UserManagement.svc/Users.Get")
    crm.bulk(visit(1), visit(2))
    crm.get("/v2/LeadManagement.svc/Leads.GetById", id="x", secretKey="y")
    state = crm.state()
    assert state["log"].pop()["query"] == ["id", "secretKey"]
    first, second = state["log"]
    assert (first["call"], first["kind"], first["status"], first["verdict"]) == ("users", "standard", 200, "done")
    assert (second["call"], second["kind"], second["rows"]) == ("bulk-activities-by-lead-id", "bulk", 2)
    assert first["at"] < first["answered"] <= second["at"] < second["answered"]
    assert [(one["call"], one["row"]) for one in state["activities"]] == [(second["number"], 1), (second["number"], 2)]
    assert state["counts"] == {"leads": 400, "activities": 2, "queued": 0}


def test_parts_of_the_state_can_be_asked_for(crm: Caller) -> None:
    """A large state need not be sent as a whole."""
    answer = requests.get(f"{crm.host}/__sandbox__/state", params={"parts": "counts,faults"}, timeout=10).json()
    assert answer == {"counts": {"leads": 400, "activities": 0, "queued": 0}, "faults": []}


def test_a_reset_goes_back_to_the_seed(crm: Caller) -> None:
    """The tenant and its switches stay."""
    before = crm.state()
    crm.bulk(visit())
    crm.post("/v2/LeadManagement.svc/Lead.Create", pairs(FirstName="A"))
    crm.fault("401")
    crm.control("settings", bulk_refusal="whole-call")
    crm.control("reset")
    after = crm.state()
    assert (after["leads"], after["activities"], after["log"], after["faults"]) == (before["leads"], [], [], [])
    assert (after["org_id"], after["options"]["bulk_refusal"]) == (before["org_id"], "whole-call")
    assert crm.bulk(visit()).status_code == 200


@pytest.mark.parametrize(
    "content",
    [{"colour": "red"}, {"throttle_shape": "418"}, {"latency": "long"}, {"daily_calls": -1}, {"fixed_window": 1}, []],
)
def test_settings_that_make_no_sense_are_refused(crm: Caller, content: Any) -> None:
    """With words, and nothing is changed."""
    answer = requests.post(f"{crm.host}/__sandbox__/settings", json=content, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert crm.sandbox.crm.options.throttle_shape == Options().throttle_shape


def test_settings_can_be_read(crm: Caller) -> None:
    """All switches by name; whole numbers are taken where seconds are meant."""
    crm.control("settings", latency=1)
    shown = requests.get(f"{crm.host}/__sandbox__/settings", timeout=10).json()
    assert (shown["latency"], shown["bulk_refusal"]) == (1, "per-row")


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/__sandbox__/state"])
@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "https://evil.example"}, {"Host": "127.0.0.1.evil:1"}]
)
def test_only_this_computer_may_look_inside(crm: Caller, path: str, headers: dict[str, str]) -> None:
    """A web page from elsewhere gets nothing, even through a name that leads here."""
    assert requests.get(crm.host + path, headers=headers, timeout=10).status_code == 403
    for name in ("localhost", "[::1]:80"):
        assert requests.get(crm.host + path, headers={"Host": name}, timeout=10).status_code == 200


def test_control_calls_have_their_methods(crm: Caller) -> None:
    """What changes something is a POST."""
    assert requests.get(f"{crm.host}/__sandbox__/reset", timeout=10).status_code == 405
    assert requests.get(f"{crm.host}/__sandbox__/other", timeout=10).status_code == 404


def test_the_page_shows_what_there_is(crm: Caller) -> None:
    """Numbers, activities, calls, faults and switches; every text in it is escaped; nothing comes from outside."""
    evil = "<script>alert(1)</script>\"'"
    kyc = {"SchemaName": "mx_Custom_10", "Value": "", "Fields": pairs(Status=evil)}
    crm.bulk(visit(ActivityNote=evil, Fields=values(mx_Custom_1=evil)), visit(ActivityEvent=204, Fields=[kyc]))
    crm.get(f"/{evil}")
    crm.post(f"{ACTIVITY}/Create", {"EmailAddress": "no-name@example.org", "ActivityEvent": 201})
    crm.fault("drop-after", calls=-1, on="create-lead")
    crm.queued("POST", "/lead/capture", pairs(FirstName="A"))
    answer = requests.get(crm.host, timeout=10)
    page = answer.text
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 3
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for words in (
        crm.sandbox.info()["org_id"],
        "Webinar attended",
        "drop-after-processing",
        "unknown address",
        crm.host,
    ):
        assert words in page
    assert "http" not in page.replace(crm.host, "").replace("http-equiv", "")


def test_the_page_of_a_new_sandbox(start: Callable[..., Caller]) -> None:
    """It says that there is nothing yet."""
    page = requests.get(start().host, timeout=10).text
    assert page.count("None yet.") == 2
    assert "color-scheme: light dark" in page
