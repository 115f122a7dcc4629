"""The sandbox answers as LeadSquared's pages and integrators say, over real HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from importer.sandbox.faults import NAMES
from importer.sandbox.options import Keys, Options
from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox

KEYS = Keys("access", "secret", "api")
HEADERS = {"x-LSQ-AccessKey": "access", "x-LSQ-SecretKey": "secret"}
ACTIVITY = "/v2/ProspectActivity.svc"
LEAD = "/v2/LeadManagement.svc"


class Caller:
    """Calls a sandbox with the right keys."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def get(self, path: str, **params: str) -> requests.Response:
        return requests.get(self.sandbox.host + path, params=params, headers=HEADERS, timeout=10)

    def post(self, path: str, body: Any, **params: str) -> requests.Response:
        return requests.post(
            self.sandbox.host + path, json=body, params=params, headers=HEADERS, timeout=10, allow_redirects=False
        )

    def control(self, path: str, body: Any = None) -> requests.Response:
        return requests.post(f"{self.sandbox.host}/__sandbox__/{path}", json=body, timeout=10)


def visit(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"RelatedProspectId": lead_id(number), "ActivityEvent": 201, "ActivityNote": f"visit {number}", **changes}


def pairs(**fields: Any) -> list[dict[str, Any]]:
    return [{"Attribute": name, "Value": value} for name, value in fields.items()]


@pytest.fixture
def caller() -> Iterator[Caller]:
    sandbox = Sandbox(Options(calls_per_window=0, bulk_calls_per_window=0, async_delay=0.05), KEYS)
    sandbox.start()
    yield Caller(sandbox)
    sandbox.stop()


def test_bulk_activities_by_lead_id(caller: Caller) -> None:
    """Good rows get an id, bad rows their reason, each with its row number."""
    body = [visit(1), visit(2, ActivityEvent=999), visit(3, RelatedProspectId="nobody"), visit(4, Fields=[
        {"SchemaName": "mx_Custom_3", "Value": "X"}]), visit(5, Fields=[{"SchemaName": "mx_Nope", "Value": "1"}])]  # fmt: skip
    entries = caller.post(f"{ACTIVITY}/Bulk/CustomActivity/Add/ByLeadId", body).json()["Response"]
    assert [entry["ActivityCreated"] for entry in entries] == [True, False, False, False, False]
    assert entries[0]["ProspectActivityId"]
    assert [entry["RowNumber"] for entry in entries] == [1, 2, 3, 4, 5]
    assert "Event Code" in entries[1]["ExceptionMessage"]
    assert "no option" in entries[3]["ExceptionMessage"]
    over = caller.post(f"{ACTIVITY}/Bulk/CustomActivity/Add/ByLeadId", [visit()] * 26)
    assert (over.status_code, over.json()["ExceptionType"]) == (500, "MXInvalidInputException")


@pytest.mark.parametrize(("style", "stored"), [("whole-call", 0), ("whole-call-partial", 1)])
def test_bulk_refusal_as_a_whole(caller: Caller, style: str, stored: int) -> None:
    """A bad row refuses its whole call, with or without rows before it being stored."""
    caller.control("settings", {"bulk_refusal": style})
    refused = caller.post(f"{ACTIVITY}/Bulk/CustomActivity/Add/ByLeadId", [visit(1), visit(2, ActivityEvent=0)])
    assert (refused.status_code, refused.json()["ExceptionType"]) == (500, "MXInvalidActivityException")
    assert len(caller.sandbox.state()["activities"]) == stored


def test_bulk_activities_by_field(caller: Caller) -> None:
    """The lead is found by the field that the address names."""
    body = [
        {"SearchByValue": "lead0007@example.com", "ActivityEvent": 203},
        {"SearchByValue": "x@y.zz", "ActivityEvent": 203},
    ]
    answer = caller.post(f"{ACTIVITY}/Bulk/CustomActivity/Add/ByLeadField", body, searchBy="EmailAddress").json()
    assert [entry["ActivityCreated"] for entry in answer["Response"]] == [True, False]
    assert caller.post(f"{ACTIVITY}/Bulk/CustomActivity/Add/ByLeadField", body).status_code == 500


def test_one_activity(caller: Caller) -> None:
    """By id or by e-mail; an unknown e-mail makes a lead."""
    assert caller.post(f"{ACTIVITY}/Create", visit()).json()["Message"]["Id"]
    before = len(caller.sandbox.state()["leads"])
    made = caller.post(
        f"{ACTIVITY}/Create", {"EmailAddress": "new@example.org", "FirstName": "N", "ActivityEvent": 203}
    )
    assert made.json()["Status"] == "Success"
    caller.post(f"{ACTIVITY}/Create", {"EmailAddress": "NEW@example.org", "ActivityEvent": 203})
    assert len(caller.sandbox.state()["leads"]) == before + 1
    assert caller.post(f"{ACTIVITY}/Create", {"ActivityEvent": 203}).status_code == 500
    missing = caller.post(f"{ACTIVITY}/Create", visit(ActivityEvent=202))
    assert "mx_Custom_1" in missing.json()["ExceptionMessage"]


def test_create_lead(caller: Caller) -> None:
    """A lead needs a name or an address; unique values may not repeat; unknown fields refuse the lead."""
    path = f"{LEAD}/Lead.Create"
    assert caller.post(path, pairs(FirstName="A", EmailAddress="a@example.org")).json()["Message"]["Id"]
    again = caller.post(path, pairs(EmailAddress="A@example.org"))
    assert (again.status_code, again.json()["ExceptionType"]) == (500, "MXDuplicateEntryException")
    caller.control("settings", {"duplicate_status": 200})
    assert caller.post(path, pairs(EmailAddress="a@example.org")).status_code == 200
    assert "mx_Foo" in caller.post(path, pairs(FirstName="A", mx_Foo="1")).json()["ExceptionMessage"]
    assert caller.post(path, pairs(mx_City="Pune")).status_code == 500
    assert caller.post(path, {"FirstName": "A"}).status_code == 400
    assert caller.post(path, pairs(FirstName="A", mx_Score="x")).status_code == 500
    assert caller.post(path, pairs(FirstName="A", mx_Course="Magic")).status_code == 500
    assert caller.post(path, pairs(FirstName="A", EmailAddress="broken")).status_code == 500
    assert caller.post(path, pairs(FirstName="A", Phone="abc")).status_code == 500
    assert caller.post(path, pairs(FirstName="A", mx_Birth_Date="31/12/2000")).status_code == 500
    assert caller.post(path, pairs(FirstName="A", mx_Birth_Date="2000-12-31", mx_Zip="")).status_code == 200
    assert caller.post(path, pairs(FirstName="A", mx_Zip="1" * 30)).status_code == 500
    assert caller.post(path, pairs(FirstName=7)).status_code == 400


def test_capture_lead(caller: Caller) -> None:
    """Matches by id, e-mail, phone; keeps the source; obeys the update behaviour."""
    path = f"{LEAD}/Lead.Capture"
    made = caller.post(path, pairs(EmailAddress="c@example.org", mx_City="Pune")).json()["Message"]
    assert made["IsCreated"] is True
    same = caller.post(path, pairs(EmailAddress="c@example.org", mx_City="Goa", FirstName="C"), LeadUpdateBehavior="UpdateOnlyEmptyFields").json()["Message"]  # fmt: skip
    assert (same["IsCreated"], same["Id"]) == (False, made["Id"])
    lead = caller.get(f"{LEAD}/Leads.GetById", id=made["Id"]).json()[0]
    assert (lead["mx_City"], lead["FirstName"]) == ("Pune", "C")
    caller.post(path, pairs(EmailAddress="c@example.org", mx_City="Goa"), LeadUpdateBehavior="DoNotUpdate")
    caller.post(
        path, pairs(ProspectID=made["Id"], Phone="+91-8000000001"), LeadUpdateBehavior="DoNotUpdateUniqueFields"
    )
    lead = caller.get(f"{LEAD}/Leads.GetById", id=made["Id"]).json()[0]
    assert (lead["mx_City"], lead.get("Phone")) == ("Pune", None)
    other = caller.post(path, pairs(ProspectID=made["Id"], EmailAddress="d@example.org")).json()["Message"]
    assert other["IsCreated"] is True


def test_upserts(caller: Caller) -> None:
    """One by one and in bulk: created, updated, unchanged, refused."""
    path = f"{LEAD}/Lead.CreateOrUpdate"
    assert (
        caller.post(path, pairs(EmailAddress="u@example.org", SearchBy="EmailAddress")).json()["Message"][
            "AffectedRows"
        ]
        == 1
    )
    bulk = [
        pairs(EmailAddress="u@example.org", SearchBy="EmailAddress"),
        pairs(EmailAddress="u@example.org", mx_City="Goa", SearchBy="EmailAddress"),
        pairs(EmailAddress="v@example.org", SearchBy="EmailAddress"),
        pairs(EmailAddress="w@example.org", mx_Foo="1", SearchBy="EmailAddress"),
        pairs(mx_City="Goa", SearchBy="EmailAddress"),
    ]
    entries = caller.post(f"{LEAD}/Lead/Bulk/CreateOrUpdate", bulk).json()
    assert [(entry["LeadCreated"], entry["LeadUpdated"]) for entry in entries] == [
        (False, False), (False, True), (True, False), (False, False), (False, False)]  # fmt: skip
    assert entries[0]["AffectedRows"] == 0
    assert "mx_Foo" in entries[3]["ErrorMessage"]
    assert caller.post(f"{LEAD}/Lead/Bulk/CreateOrUpdate", {"no": "list"}).status_code == 400


def test_lead_and_activity_and_custom_field_sets(caller: Caller) -> None:
    """Both parts are written; a custom field set comes back as JSON inside a text."""
    details = [*pairs(EmailAddress="p@example.org", SearchBy="EmailAddress"),
               {"Attribute": "mx_KYC", "Value": "", "Fields": pairs(Status="Pending")}]  # fmt: skip
    activity = {"ActivityEvent": 204, "ActivityDateTime": "2026-02-01 04:30:00", "Fields": [
        {"Attribute": "mx_Custom_10", "Value": "", "Fields": pairs(Status="Paid")}]}  # fmt: skip
    message = caller.post(f"{ACTIVITY}/CreateCustom", {"LeadDetails": details, "Activity": activity}).json()["Message"]
    lead = caller.get(f"{LEAD}/Leads.GetByEmailaddress", emailaddress="p@example.org").json()[0]
    assert json.loads(lead["mx_KYC"])["Status"] == "Pending"
    trail = caller.post(f"{ACTIVITY}/Retrieve", None, leadId=message["RelatedId"]).json()
    (seen,) = trail["ProspectActivities"]
    assert json.loads(seen["ActivityFields"]["mx_Custom_10"])["Status"] == "Paid"
    assert seen["CreatedOn"] == "2026-02-01 04:30:00"
    assert seen["ActivityFields"]["CreatedOn"] == "2/1/2026 4:30:00 AM"
    assert seen["ModifiedOn"] > "2026-02-02"
    assert caller.post(f"{ACTIVITY}/CreateCustom", {"Activity": activity}).status_code == 400
    plain = {"ActivityEvent": 201, "Fields": [{"Attribute": "mx_Custom_1", "Value": "", "Fields": pairs(Status="x")}]}
    assert caller.post(f"{ACTIVITY}/Create", {**visit(), **plain}).status_code == 500


def test_async_queue(caller: Caller) -> None:
    """Accepted with a blank before the id, processed later, asked about with the API key alone."""
    query = {"accessKey": "access", "secretKey": "secret"}
    host = caller.sandbox.host

    def submit(path: str, body: Any) -> str:
        answer = requests.post(host + path, json=body, params=query, headers={"x-api-key": "api"}, timeout=5).json()
        assert answer["Status"].startswith("Request accepted")
        assert answer["RequestID"].startswith(" ")
        return str(answer["RequestID"])

    def status(path: str, identity: str) -> dict[str, Any]:
        answer = requests.get(host + path, params={"RequestID": identity}, headers={"x-api-key": "api"}, timeout=5)
        return dict(answer.json()["TaskStatus"])

    first = submit("/lead/capture", pairs(EmailAddress="q@example.org"))
    assert status("/lead/status", first)["Status"] == "In-Queue"
    metrics = requests.get(f"{host}/lead/metrics", headers={"x-api-key": "api"}, timeout=5).json()
    assert metrics["PendingMessages"] == 1
    time.sleep(0.3)
    assert status("/lead/status", first)["Message"]["Message"]["IsCreated"] is True
    bad = {
        "LeadDetails": pairs(EmailAddress="q@example.org", SearchBy="EmailAddress"),
        "Activity": {"ActivityEvent": 0},
    }
    second = submit("/activity/createcustom", bad)
    caller.control("settings", {"async_fails": 1})
    third = submit("/activity/createcustom", bad)
    time.sleep(0.3)
    assert status("/activity/createcustom/status", second)["Status"] == "ERROR"
    assert status("/activity/createcustom/status", third)["Status"] == "FAILURE"
    assert requests.get(f"{host}/lead/status", params={"RequestID": "x"}, headers={"x-api-key": "api"}, timeout=5).status_code == 500  # fmt: skip
    assert requests.post(f"{host}/lead/capture", json=[], params=query, timeout=5).status_code == 401
    assert requests.get(f"{host}/activity/createcustom/metrics", headers={"x-api-key": "api"}, timeout=5).ok


def test_reading_back(caller: Caller) -> None:
    """Pages, totals, absent lists, and the quirks of look-ups."""
    for _ in range(30):
        caller.post(f"{ACTIVITY}/Create", visit(9))
    path = f"{ACTIVITY}/Retrieve"
    assert len(caller.post(path, None, leadId=lead_id(9)).json()["ProspectActivities"]) == 25
    paging = {"Parameter": {"ActivityEvent": 201}, "Paging": {"Offset": "1", "RowCount": "20"}}
    page = caller.post(path, paging, leadId=lead_id(9)).json()
    assert (page["RecordCount"], len(page["ProspectActivities"])) == (30, 10)
    assert caller.post(path, None, leadId=lead_id(10)).json() == {"RecordCount": 0}
    assert caller.post(path, None, leadId="x").status_code == 500
    assert caller.post(path, {"Paging": {"RowCount": "5000"}}, leadId=lead_id(9)).status_code == 500
    caller.control("settings", {"read_lag": 60})
    assert caller.post(path, None, leadId=lead_id(9)).json() == {"RecordCount": 0}
    caller.control("settings", {"read_lag": 0})
    window = {"FromDate": "2020-01-01 00:00:00", "ToDate": "2099-01-01 00:00:00", "ActivityEvent": 201}
    by_type = f"{ACTIVITY}/CustomActivity/RetrieveByActivityEvent"
    found = caller.post(by_type, {"Parameter": window, "Paging": {"PageIndex": 1, "PageSize": 10}}).json()
    assert (found["RecordCount"], len(found["List"])) == (30, 10)
    none = caller.post(by_type, {"Parameter": {**window, "ActivityEvent": 204}, "Paging": {}}).json()
    assert none == {"RecordCount": 0}
    assert caller.post(by_type, {"Parameter": window, "Paging": {"PageSize": 2000}}).status_code == 500
    one = found["List"][0]["ProspectActivityId"]
    assert caller.get(f"{ACTIVITY}/GetActivityDetails", activityId=one).json()["Id"] == one
    assert caller.get(f"{ACTIVITY}/GetActivityDetails", activityId="x").status_code == 500


def test_looking_up_leads(caller: Caller) -> None:
    """Wrong names find nothing and are no errors."""
    assert caller.get(f"{LEAD}/Leads.GetByEmailaddress", email="lead0001@example.com").json() == []
    assert caller.get(f"{LEAD}/RetrieveLeadByPhoneNumber", phone="9000000003").json()[0]["ProspectID"] == lead_id(3)
    assert caller.get(f"{LEAD}/RetrieveLeadByPhoneNumber", phone="1").json() == []
    ask = {"Parameter": {"LookupName": "FirstName", "LookupValue": "Asha", "SqlOperator": "="}}
    assert len(caller.post(f"{LEAD}/Leads.Get", ask).json()) == 40
    ask["Parameter"]["LookupName"] = "firstname"
    assert caller.post(f"{LEAD}/Leads.Get", ask).json() == []


def test_metadata(caller: Caller) -> None:
    """Fields, types, settings, users, and whose keys these are."""
    fields = caller.get(f"{LEAD}/LeadsMetaData.Get").json()
    assert {"SchemaName", "Options", "IsMandatory"} <= fields[0].keys()
    lean = caller.get(f"{LEAD}/LeadsMetaData.Get", excludeOptionSets="1", schemaName="mx_Course").json()
    assert (len(lean), "Options" in lean[0]) == (1, False)
    assert len(caller.get(f"{ACTIVITY}/ActivityTypes.Get").json()) == 4
    setting = caller.get(f"{ACTIVITY}/CustomActivity/GetActivitySetting", code="201").json()
    plan = next(field for field in setting["Fields"] if field["SchemaName"] == "mx_Custom_3")
    assert [option["Value"] for option in json.loads(plan["OptionSet"])] == ["G", "S", "B"]
    assert caller.get(f"{ACTIVITY}/CustomActivity/GetActivitySetting", code="x").status_code == 500
    assert len(caller.get("/v2/UserManagement.svc/Users.Get").json()) == 3
    me = caller.get("/v2/Authentication.svc/UserByAccessKey.Get").json()
    assert (me["TimeZone"], me["DefaultCountryCode"], me["OrgId"]) == (
        "Asia/Kolkata",
        "91",
        caller.sandbox.tenant.org_id,
    )


def test_who_may_enter(caller: Caller) -> None:
    """Wrong keys, unknown calls and wrong methods are refused as LeadSquared does."""
    host = caller.sandbox.host
    refused = requests.get(f"{host}{LEAD}/LeadsMetaData.Get", headers={"x-LSQ-AccessKey": "x"}, timeout=5)
    assert (refused.status_code, refused.json()["ExceptionType"]) == (401, "MXInvalidAccessDetailsException")
    assert requests.get(
        f"{host}{LEAD}/LeadsMetaData.Get", params={"accessKey": "access", "secretKey": "secret"}, timeout=5
    ).ok
    assert caller.get(f"{LEAD}/Nothing").status_code == 404
    assert caller.get(f"{LEAD}/Lead.Create").status_code == 405
    broken = requests.post(f"{host}{LEAD}/Lead.Create", data=b"{", headers=HEADERS, timeout=5)
    assert broken.status_code == 400


@pytest.mark.parametrize("shape", ["429", "403", "200"])
def test_limits(caller: Caller, shape: str) -> None:
    """Sliding windows per class, refused in each of the shapes that were seen in the field."""
    caller.control("settings", {"calls_per_window": 2, "window": 0.5, "throttle_shape": shape})
    path = f"{ACTIVITY}/ActivityTypes.Get"
    codes = [caller.get(path).status_code for _ in range(3)]
    assert codes == [200, 200, int(shape)]
    assert "exceeded the limit of 2 in 0.5 second" in caller.get(path).json()["ExceptionMessage"]
    assert caller.post(f"{ACTIVITY}/Bulk/CustomActivity/Add/ByLeadId", [visit()]).status_code == 200
    time.sleep(0.6)
    assert caller.get(path).status_code == 200
    assert caller.sandbox.state()["refusals"]["standard"] == 2


def test_a_daily_limit_and_fixed_windows(caller: Caller) -> None:
    """Both can be switched on."""
    caller.control("settings", {"calls_per_window": 1, "window": 60, "fixed_window": True})
    path = f"{ACTIVITY}/ActivityTypes.Get"
    assert [caller.get(path).status_code for _ in range(2)] == [200, 429]
    caller.control("settings", {"calls_per_window": 0, "daily_calls": 1})
    assert "86400" in caller.get(path).json()["ExceptionMessage"]


@pytest.mark.parametrize("fault", [name for name in NAMES if not name.startswith("timeout")])
def test_every_fault(caller: Caller, fault: str) -> None:
    """Each fault happens to the call it was ordered for, and what it promises about storing holds."""
    caller.control("faults", {"fault": fault, "on": "ByLeadId", "skip": 1})
    path = f"{ACTIVITY}/Bulk/CustomActivity/Add/ByLeadId"
    body = [visit(number) for number in range(1, 5)]
    assert len(caller.post(path, body).json()["Response"]) == 4
    try:
        answer: requests.Response | None = caller.post(path, body)
    except requests.ConnectionError:
        answer = None
    assert (answer is None) is fault.startswith("drop")
    stored = len(caller.sandbox.state()["activities"]) - 4
    from importer.sandbox.faults import AFTER, PARTIAL

    assert stored == (4 if fault in AFTER else 2 if fault in PARTIAL else 0)
    if answer is not None and answer.status_code == 200 and fault != "throttle-200":
        assert answer.text != json.dumps({"Response": []})
    assert len(caller.post(path, body).json()["Response"]) == 4


def test_a_time_out(caller: Caller) -> None:
    """The call is processed, and the answer never comes."""
    caller.control("faults", {"fault": "timeout-after"})
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{caller.sandbox.host}{ACTIVITY}/Create", json=visit(), headers=HEADERS, timeout=0.3)
    assert len(caller.sandbox.state()["activities"]) == 1


def test_control_calls(caller: Caller) -> None:
    """They need no key, say what is wrong with them, and are only for this computer."""
    caller.post(f"{ACTIVITY}/Create", visit())
    assert caller.control("reset").json() == {"ok": True}
    state = requests.get(f"{caller.sandbox.host}/__sandbox__/state", timeout=5).json()
    assert (state["activities"], len(state["leads"])) == ([], 400)
    assert caller.control("faults", {"fault": "nonsense"}).status_code == 400
    assert caller.control("settings", {"nonsense": 1}).status_code == 400
    assert caller.control("nonsense").status_code == 400
    caller.control("faults", {"fault": "redirect"})
    caller.control("faults", {"clear": True})
    assert caller.post(f"{ACTIVITY}/Create", visit()).status_code == 200
    evil = requests.get(f"{caller.sandbox.host}/__sandbox__/state", headers={"Host": "evil.example"}, timeout=5)
    assert evil.status_code == 403


def test_the_page(caller: Caller) -> None:
    """It shows what is there, escaped, and loads nothing from outside."""
    caller.post(f"{ACTIVITY}/Create", visit(ActivityNote="<script>alert(1)</script>"))
    caller.control("faults", {"fault": "drop-after"})
    text = requests.get(caller.sandbox.host, timeout=5).text
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "drop-after" in text
    assert "http" not in text.replace(caller.sandbox.host, "")


def start(store: Path, *arguments: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
    environment = {**os.environ, "SANDBOX_ACCESS_KEY": "access", "SANDBOX_SECRET_KEY": "secret"}
    process = subprocess.Popen(
        [sys.executable, "-m", "importer.sandbox", "--store", str(store), "--fault", "redirect:1:99", *arguments],
        stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def test_its_memory_survives_kill_9(tmp_path: Path) -> None:
    """What was answered is there after a restart, in the same tenant."""
    process, first = start(tmp_path / "crm.db")
    answer = requests.post(f"{first['host']}{ACTIVITY}/Create", json=visit(), headers=HEADERS, timeout=5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process, second = start(tmp_path / "crm.db")
    state = requests.get(f"{second['host']}/__sandbox__/state", timeout=5).json()
    assert second["org_id"] == first["org_id"]
    assert [one["Id"] for one in state["activities"]] == [answer.json()["Message"]["Id"]]
    requests.post(f"{second['host']}/__sandbox__/reset", timeout=5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0
