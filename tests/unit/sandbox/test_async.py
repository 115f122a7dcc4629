from __future__ import annotations

import json
from typing import Any

import pytest

from importer.sandbox.seed import lead_id
from tests.support.sandbox_caller import KEYS, PAIR, Caller, pairs, refusal, until

CAPTURE, CUSTOM = "/lead/capture", "/activity/createcustom"
LEAD = pairs(EmailAddress="lead0005@example.com", mx_City="Pune")
ROW = {"LeadDetails": LEAD, "Activity": {"ActivityEvent": 201, "ActivityNote": "queued"}}


def submit(crm: Caller, path: str, body: Any) -> str:
    answer = crm.queued("POST", path, body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["RequestID"])


def status(crm: Caller, path: str, request_id: str) -> dict[str, Any]:
    key = {"x-api-key": KEYS.api}
    answer = crm.send(
        "GET",
        f"{path.removesuffix('capture')}/status".replace("//", "/"),
        params={"RequestID": request_id},
        headers=key,
    )
    return answer.json()


def ended(crm: Caller, path: str, request_id: str) -> dict[str, Any]:
    return until(lambda: (found := status(crm, path, request_id)["TaskStatus"])["Status"] != "In-Queue" and found)


def test_a_request_is_accepted_and_done_later(crm: Caller) -> None:
    """The id has a leading blank and another key than in the status; the status holds the sync call's answer."""
    crm.control("settings", async_delay=60.0)
    answer = crm.queued("POST", CAPTURE, LEAD).json()
    assert answer["Status"].startswith("Request accepted")
    assert answer["RequestID"].startswith(" ")
    waiting = status(crm, CAPTURE, answer["RequestID"].strip())
    assert waiting["RequestId"] == answer["RequestID"].strip()
    assert waiting["TaskStatus"]["Status"] == "In-Queue"
    assert json.loads(waiting["TaskStatus"]["RequestBody"]) == LEAD
    crm.control("settings", async_delay=0.0)
    found = ended(crm, CAPTURE, submit(crm, CAPTURE, LEAD))
    assert (found["TaskType"], found["Status"]) == ("Lead Capture", "Success")
    assert found["Message"]["Message"] == {"Id": lead_id(5), "RelatedId": lead_id(5), "IsCreated": False}
    assert crm.lead(5)["mx_City"] == "Pune"


def test_a_lead_with_its_activity_through_the_queue(crm: Caller) -> None:
    """The activity is stored once, for the lead that was found."""
    crm.control("settings", status_message="message")
    found = ended(crm, CUSTOM, submit(crm, CUSTOM, ROW))
    assert found["TaskType"] == "Activity Create Custom"
    stored = crm.activities()
    assert [(one["Id"], one["lead"], one["note"]) for one in stored] == [(found["Message"]["Id"], lead_id(5), "queued")]


def test_refused_content_shows_in_the_status_only(crm: Caller) -> None:
    """What the sync call would refuse is accepted, and then an ERROR without an answer."""
    found = ended(crm, CAPTURE, submit(crm, CAPTURE, pairs(mx_Foo="x")))
    assert (found["Status"], found["Message"]) == ("ERROR", None)
    assert "MXUnknownAttributeException" in found["StatusReason"]


def test_a_wrong_shape_is_not_accepted(crm: Caller) -> None:
    """Only the shape of a body is looked at before it is queued."""
    assert crm.queued("POST", CAPTURE, {}).status_code == 400
    assert crm.queued("POST", CUSTOM, {"LeadDetails": LEAD}).status_code == 400
    assert crm.state()["queue"] == []


def test_processing_can_fail_or_never_happen(crm: Caller) -> None:
    """So many requests fail as are asked for; faults fail or lose single ones."""
    crm.control("settings", async_fails=1)
    assert ended(crm, CAPTURE, submit(crm, CAPTURE, LEAD))["Status"] == "FAILURE"
    assert ended(crm, CAPTURE, submit(crm, CAPTURE, LEAD))["Status"] == "Success"
    crm.fault("queue-failure")
    crm.fault("queue-loss")
    assert ended(crm, CUSTOM, submit(crm, CUSTOM, ROW))["Status"] == "FAILURE"
    lost = submit(crm, CUSTOM, ROW)
    assert ended(crm, CUSTOM, submit(crm, CUSTOM, ROW))["Status"] == "Success"
    assert status(crm, CUSTOM, lost)["TaskStatus"]["Status"] == "In-Queue"
    assert len(crm.activities()) == 1


def test_status_words_can_be_chosen(crm: Caller) -> None:
    """Accounts say SUCCESS, Success and other words."""
    crm.control("settings", success_word="SUCCESS", queued_word="QUEUED")
    request_id = submit(crm, CAPTURE, LEAD)
    assert (
        until(lambda: (one := status(crm, CAPTURE, request_id)["TaskStatus"])["Status"] != "QUEUED" and one)["Status"]
        == "SUCCESS"
    )


def test_metrics_spell_one_key_in_two_ways(crm: Caller) -> None:
    """They count what waits."""
    crm.control("settings", async_delay=60.0)
    submit(crm, CAPTURE, LEAD)
    leads = crm.queued("GET", "/lead/metrics").json()
    assert leads == {"PendingMessages": 1, "MaxDelayInSeconds": 0, "ProcessingRatePerMinute": 24.8}
    assert crm.queued("GET", "/activity/createcustom/metrics").json()["ProcessingratePerMinute"] == 24.8


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path", "headers", "parameters", "code"),
    [
        ("POST", CAPTURE, {"x-api-key": KEYS.api}, {}, 401),
        ("POST", CAPTURE, PAIR, {}, 401),
        ("POST", CAPTURE, {**PAIR, "x-api-key": "wrong"}, {}, 401),
        ("POST", CAPTURE, {**PAIR, "x-api-key": KEYS.api}, {}, 200),
        ("GET", "/lead/metrics", PAIR, {}, 401),
        ("GET", "/lead/metrics", {"x-api-key": KEYS.api}, {}, 200),
        ("GET", "/lead/status", {"x-api-key": KEYS.api}, {"RequestID": "unknown"}, 500),
    ],
)
def test_async_calls_need_the_third_key(
    crm: Caller, method: str, path: str, headers: dict[str, str], parameters: dict[str, str], code: int
) -> None:
    """Submitting needs all three keys, asking only the x-api-key."""
    assert crm.send(method, path, json=LEAD, headers=headers, params=parameters).status_code == code


def test_a_wrong_key_is_named_as_one(crm: Caller) -> None:
    """The refusal of async calls has the envelope of sync ones."""
    assert refusal(crm.send("POST", CAPTURE, json=LEAD)) == (401, "MXInvalidAccessDetailsException")
