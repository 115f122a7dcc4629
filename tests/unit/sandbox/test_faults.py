from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from importer.sandbox.faults import CATALOGUE, order_of, spoken
from importer.sandbox.seed import lead_id
from tests.support.sandbox_caller import BULK, LEAD, PAIR, Caller, pairs, refusal, until, visit

ROWS = [visit(number) for number in range(1, 26)]
STORED = {"before-processing": 0, "after-processing": 25, "partial": 12}


def attempt(crm: Caller, timeout: float = 10) -> Any:
    """The answer to a bulk call on a connection of its own, or the exception in place of it."""
    try:
        return requests.post(crm.host + BULK, json=ROWS, headers=PAIR, timeout=timeout, allow_redirects=False)
    except requests.RequestException as error:
        return error


def stored(crm: Caller) -> int:
    return len(crm.activities())


@pytest.mark.slow
@pytest.mark.parametrize("when", STORED)
@pytest.mark.parametrize(("effect", "status"), [("500", 500), ("502", 502), ("503", 503), ("504", 504), ("mx", 500)])
def test_a_failing_server_has_stored_nothing_some_or_all(crm: Caller, effect: str, status: int, when: str) -> None:
    """The answer is the same; what was stored is not."""
    crm.fault(f"{effect}-{when}")
    answer = attempt(crm)
    assert answer.status_code == status
    assert ("MX" in answer.text) == (effect == "mx")
    assert ("<html>" in answer.text) == (status > 500)
    assert stored(crm) == STORED[when]
    assert attempt(crm).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("when", STORED)
@pytest.mark.parametrize("effect", ["drop", "reset", "timeout"])
def test_a_lost_answer(crm: Caller, effect: str, when: str) -> None:
    """The connection ends, is reset, or stays silent longer than the caller waits."""
    crm.fault(f"{effect}-{when}", seconds=30)
    error = attempt(crm, timeout=0.3 if effect == "timeout" else 10)
    assert isinstance(error, requests.Timeout if effect == "timeout" else requests.ConnectionError)
    assert ("reset" in str(error).lower()) == (effect == "reset")
    assert stored(crm) == STORED[when]


def test_a_time_out_is_answered_in_the_end(crm: Caller) -> None:
    """Who waits long enough gets a gateway's word, or the true answer if the call was processed."""
    crm.fault("timeout-before", seconds=0.05)
    crm.fault("timeout-after", seconds=0.05)
    assert attempt(crm).status_code == 504
    assert len(attempt(crm).json()["Response"]) == 25
    assert stored(crm) == 25


@pytest.mark.slow
def test_a_call_may_be_processed_long_after_the_caller_gave_up(crm: Caller) -> None:
    """Nothing is there when the caller looks, and then it is."""
    crm.fault("late-processing", seconds=0.6)
    assert isinstance(attempt(crm, timeout=0.2), requests.Timeout)
    assert stored(crm) == 0
    until(lambda: stored(crm) == 25)


def test_an_answer_that_stops_in_its_middle(crm: Caller) -> None:
    """The connection ends before the promised length, or the JSON does."""
    crm.fault("drop-mid-answer")
    assert isinstance(attempt(crm), requests.exceptions.ChunkedEncodingError)
    crm.fault("truncated-json")
    answer = attempt(crm)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert stored(crm) == 50


@pytest.mark.parametrize("shape", ["429", "403", "200"])
def test_refusals_as_too_many_on_request(crm: Caller, shape: str) -> None:
    """In each shape, without being processed."""
    crm.fault(f"throttle-{shape}")
    answer = attempt(crm)
    assert (answer.status_code, "API calls exceeded the limit of" in answer.text) == (int(shape), True)
    assert stored(crm) == 0


def test_wrong_keys_and_another_address_on_request(crm: Caller) -> None:
    """A redirect names an address that leads nowhere."""
    crm.fault("401")
    assert refusal(attempt(crm)) == (401, "MXInvalidAccessDetailsException")
    crm.fault("redirect")
    answer = attempt(crm)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{crm.host}/elsewhere")
    assert stored(crm) == 0


def test_bodies_that_are_no_json(crm: Caller) -> None:
    """HTTP 200 says nothing about a body."""
    crm.fault("html-200")
    crm.fault("empty-200")
    page, empty = attempt(crm), attempt(crm)
    assert (page.status_code, page.text[:6], empty.status_code, empty.text) == (200, "<html>", 200, "")
    assert stored(crm) == 50


def test_receipts_that_are_wrong(crm: Caller) -> None:
    """All rows are stored each time, whatever the receipts say."""

    def numbers(fault: str) -> list[int]:
        crm.fault(fault)
        return [one["RowNumber"] for one in attempt(crm).json()["Response"]]

    right = list(range(1, 26))
    missing, shuffled, doubled = (
        numbers(f"{one}") for one in ("missing-receipts", "shuffled-receipts", "duplicate-row-numbers")
    )
    assert missing == [one for one in right if one != 13]
    assert shuffled != right
    assert sorted(shuffled) == right
    assert doubled == [1, 1, *right[2:]]
    crm.fault("receipt-without-id")
    receipts = attempt(crm).json()["Response"]
    assert (receipts[0]["ActivityCreated"], receipts[0]["ProspectActivityId"]) == (True, None)
    crm.fault("count-only")
    assert attempt(crm).json() == {"Status": "Success", "Message": {"Count": 25}}
    assert stored(crm) == 125


def test_receipts_of_leads_can_be_wrong_too(crm: Caller) -> None:
    """Their ids have another name and their list no wrapper."""
    crm.fault("receipt-without-id")
    path, rows = f"{LEAD}/Lead/Bulk/CreateOrUpdate", [pairs(EmailAddress="lead0001@example.com", mx_City="Pune")]
    assert crm.post(path, rows).json()[0]["LeadId"] is None
    crm.fault("duplicate-row-numbers")
    assert len(crm.post(path, rows).json()) == 1


def test_faults_wait_for_their_calls(crm: Caller) -> None:
    """Calls that do not fit pass; ``skip`` lets some pass, ``calls`` says how many have it, -1 all."""
    crm.fault("drop-after-processing", calls=2, skip=1, on="bulk-activities")
    crm.fault("500-before", calls=-1, on="lead-by")
    assert crm.get("/v2/UserManagement.svc/Users.Get").status_code == 200
    assert [crm.get(f"{LEAD}/Leads.GetById", id=lead_id(1)).status_code for _ in range(3)] == [500] * 3
    answers = [attempt(crm) for _ in range(4)]
    assert [getattr(one, "status_code", "dropped") for one in answers] == [200, "dropped", "dropped", 200]
    state = crm.state()
    assert [one["fault"] for one in state["log"]][-4:] == ["", *["drop-after-processing"] * 2, ""]
    assert [one["status"] for one in state["log"]][-4:] == [200, 0, 0, 200]
    assert [one["fault"] for one in state["faults"]] == ["500-before-processing"]
    crm.control("faults", clear=True)
    assert crm.state()["faults"] == []


def test_a_fault_waits_for_a_call_that_it_can_spoil(crm: Caller) -> None:
    """Receipts are those of bulk calls, and only submitted requests are queued."""
    crm.fault("count-only")
    crm.fault("queue-loss")
    assert crm.get(f"{LEAD}/Leads.GetById", id=lead_id(1)).json()[0]["ProspectID"] == lead_id(1)
    assert [one["fault"] for one in crm.state()["faults"]] == ["count-only", "queue-loss"]


@pytest.mark.parametrize("on", ["bulk", "writes", "/ByLeadId", "", "bulk-activities-by-lead-id"])
def test_a_fault_says_on_which_calls(crm: Caller, on: str) -> None:
    """By name, class, kind or path, or any."""
    crm.fault("502-before", on=on)
    assert attempt(crm).status_code == 502


@pytest.mark.parametrize("on", ["async", "reads", "create-lead", "/ByLeadField", "bulk-upsert"])
def test_a_fault_leaves_other_calls_alone(crm: Caller, on: str) -> None:
    """What does not fit passes."""
    crm.fault("502-before", on=on)
    assert attempt(crm).status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "order",
    [
        {"fault": "flood"},
        {},
        {"fault": "401", "calls": 0},
        {"fault": "401", "calls": -2},
        {"fault": "401", "skip": -1},
        {"fault": "401", "calls": "2"},
        {"fault": "401", "calls": True},
        {"fault": "401", "colour": "red"},
        {"fault": "401", "on": "bulks"},
        {"fault": "queue-loss", "on": "bulk"},
        {"fault": "count-only", "on": "users"},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(crm: Caller, order: dict[str, Any]) -> None:
    """With words that say what is wrong, and HTTP 400."""
    answer = requests.post(f"{crm.host}/__sandbox__/faults", json={"clear": False, **order}, timeout=10)
    if order:
        assert answer.status_code == 400
        assert answer.json()["error"]
    with pytest.raises(ValueError):
        order_of(order)


def test_a_fault_that_no_call_ever_meets_is_refused_with_the_known_ones() -> None:
    """A slip in `on` would otherwise make a trial that shows nothing look like one that passed."""
    with pytest.raises(ValueError, match="There is no call 'activites'") as unknown:
        order_of({"fault": "401", "on": "activites"})
    assert all(word in str(unknown.value) for word in ("reads", "writes", "bulk", "async", "activities-of-lead"))
    with pytest.raises(ValueError, match="queue-loss never happens to bulk") as unfit:
        order_of({"fault": "queue-loss", "on": "bulk"})
    assert str(unfit.value).endswith("It happens to async-capture-lead, async-lead-and-activity.")
    for fits in ("", "reads", "bulk-act", "/Leads.Get"):
        assert order_of({"fault": "401", "on": fits}).on == fits


def test_faults_can_be_said_on_the_command_line() -> None:
    """NAME, or with how many calls, how many to skip, and on which."""
    assert (spoken("401").fault, spoken("401").calls) == ("401", 1)
    fault = spoken("drop-after:3:2:bulk")
    assert (fault.fault, fault.calls, fault.skip, fault.on) == ("drop-after-processing", 3, 2, "bulk")
    assert spoken("401:::writes").on == "writes"
    with pytest.raises(ValueError):
        spoken("401:many")


def test_every_fault_has_words() -> None:
    """The catalogue is what the documentation is checked against."""
    assert all(words and order_of({"fault": name}).effect for name, words in CATALOGUE.items())
