from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from importer.sandbox.forms import american, asp_net, whole_seconds, with_milliseconds
from importer.sandbox.seed import lead_id
from tests.support.sandbox_caller import ACTIVITY, LEAD, Caller, pairs, refusal, values, visit

TRAIL, BY_EVENT = f"{ACTIVITY}/Retrieve", f"{ACTIVITY}/CustomActivity/RetrieveByActivityEvent"
SECONDS = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def window(event: Any = 201, minutes: int = 2, **paging: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    ends = {
        name: f"{now + timedelta(minutes=one):%Y-%m-%d %H:%M:%S}"
        for name, one in (("FromDate", -minutes), ("ToDate", minutes))
    }
    return {"Parameter": {**ends, "ActivityEvent": event}, "Paging": paging}


def trail(crm: Caller, number: int = 1, body: Any = None) -> Any:
    return crm.post(TRAIL, body, leadId=lead_id(number)).json()


def test_times_come_in_several_forms() -> None:
    """The same stored moment is written in four ways."""
    stored = "2025-02-03T00:05:09.250000+00:00"
    assert whole_seconds(stored) == "2025-02-03 00:05:09"
    assert with_milliseconds(stored) == "2025-02-03 00:05:09.250"
    assert american(stored) == "2/3/2025 12:05:09 AM"
    assert american("2025-12-13T14:05:09+00:00") == "12/13/2025 2:05:09 PM"
    assert asp_net(stored) == "/Date(1738541109250+0000)/"


def test_the_trail_of_a_lead_shows_what_was_posted(crm: Caller) -> None:
    """CreatedOn is the activity's own time, ModifiedOn that of writing; fields come with American times."""
    fields = values(mx_Custom_1="Pune", mx_Custom_8="2025-02-03 16:15:00")
    receipt = crm.bulk(visit(ActivityDateTime="2025-02-03 04:15:00", Fields=fields)).json()["Response"][0]
    found = trail(crm)
    one = found["ProspectActivities"][0]
    assert found["RecordCount"] == 1
    assert (one["Id"], one["EventCode"], one["EventName"]) == (receipt["ProspectActivityId"], 201, "Webinar attended")
    assert (one["RelatedProspectId"], one["CreatedOn"]) == (lead_id(1), "2025-02-03 04:15:00")
    assert SECONDS.fullmatch(one["ModifiedOn"])
    assert one["ModifiedOn"] > "2025-12"
    assert one["Data"] == [{"Key": "NotableEventDescription", "Value": "visit 1"}]
    shown = one["ActivityFields"]
    assert (shown["mx_Custom_1"], shown["ActivityEvent_Note"]) == ("Pune", "visit 1")
    assert (shown["CreatedOn"], shown["mx_Custom_8"]) == ("2/3/2025 4:15:00 AM", "2/3/2025 4:15:00 PM")


def test_a_set_of_fields_comes_back_as_json_in_a_text(crm: Caller) -> None:
    """With two keys of the CRM's own among them."""
    kyc = {"SchemaName": "mx_Custom_10", "Value": "", "Fields": pairs(Status="Paid", mx_CustomObject_1="R-1")}
    crm.bulk(visit(ActivityEvent=204, Fields=[kyc]))
    for text in (
        trail(crm)["ProspectActivities"][0]["ActivityFields"]["mx_Custom_10"],
        crm.post(BY_EVENT, window(204)).json()["List"][0]["mx_Custom_10"],
    ):
        inside = json.loads(text)
        assert (inside.pop("ModifiedByName"), bool(inside.pop("ModifiedOn"))) == ("Sandbox Administrator", True)
        assert inside == {"Status": "Paid", "mx_CustomObject_1": "R-1"}


def test_the_trail_has_twenty_five_rows_unless_asked_for_more(crm: Caller) -> None:
    """Offset counts pages; texts are taken as numbers; RecordCount is the true total."""
    crm.bulk(*[visit()] * 25)
    crm.bulk(*[visit()] * 5)
    assert [trail(crm)["RecordCount"], len(trail(crm)["ProspectActivities"])] == [30, 25]
    second = trail(crm, body={"Paging": {"Offset": "1", "RowCount": "20"}})
    assert len(second["ProspectActivities"]) == 10
    crm.control("settings", first_offset=1)
    assert len(trail(crm, body={"Paging": {"Offset": 1, "RowCount": 20}})["ProspectActivities"]) == 20
    crm.control("settings", trail_rows=0)
    assert len(trail(crm)["ProspectActivities"]) == 30


def test_the_trail_can_be_of_one_type(crm: Caller) -> None:
    """Without rows, the key of the list is absent."""
    crm.bulk(visit(), visit(ActivityEvent=203))
    assert trail(crm, body={"Parameter": {"ActivityEvent": 203}})["RecordCount"] == 1
    assert trail(crm, body={"Parameter": {"ActivityEvent": 204}}) == {"RecordCount": 0}
    assert trail(crm, number=2) == {"RecordCount": 0}


@pytest.mark.parametrize(
    ("body", "lead", "kind"),
    [
        (None, "", "MXMandatoryAttributeMissingException"),
        (None, "nobody", "MXInvalidInputException"),
        ({"Paging": {"RowCount": 1001}}, lead_id(1), "MXInvalidInputException"),
        ({"Paging": {"RowCount": "many"}}, lead_id(1), "MXInvalidInputException"),
    ],
)
def test_a_bad_question_about_a_lead_is_refused(crm: Caller, body: Any, lead: str, kind: str) -> None:
    """Refusals of reading calls have the envelope and HTTP 500."""
    assert refusal(crm.post(TRAIL, body, leadId=lead)) == (500, kind)


def test_one_activity_by_its_id(crm: Caller) -> None:
    """An activity that does not exist is refused."""
    receipt = crm.bulk(visit(Fields=values(mx_Custom_3="G"))).json()["Response"][0]
    found = crm.get(f"{ACTIVITY}/GetActivityDetails", activityId=receipt["ProspectActivityId"]).json()
    assert {"SchemaName": "mx_Custom_3", "DisplayName": "Plan", "Value": "G", "DataType": "Dropdown"} in found["Fields"]
    assert re.fullmatch(SECONDS.pattern + r"\.\d{3}", found["ModifiedOn"])
    missing = crm.get(f"{ACTIVITY}/GetActivityDetails", activityId=lead_id(1))
    assert refusal(missing) == (500, "MXUnknownProspectActivityException")


def test_activities_of_a_type_are_found_by_the_time_of_writing(crm: Caller) -> None:
    """A window on now finds activities of long ago; all fields of the type come, unless empty ones are unwanted."""
    crm.bulk(visit(ActivityDateTime="2020-01-01 00:00:00", Fields=values(mx_Custom_20="key-1")))
    found = crm.post(BY_EVENT, window()).json()
    row = found["List"][0]
    assert found["RecordCount"] == 1
    assert (row["RelatedProspectId"], row["ActivityEvent"], row["ActivityEvent_Note"]) == (lead_id(1), 201, "visit 1")
    assert (row["CreatedOn"], row["mx_Custom_20"], row["mx_Custom_1"]) == ("2020-01-01 00:00:00", "key-1", "")
    body = window()
    body["Parameter"]["RemoveEmptyValue"] = True
    assert "mx_Custom_1" not in crm.post(BY_EVENT, body).json()["List"][0]
    assert crm.post(BY_EVENT, window(202)).json() == {"RecordCount": 0}


def test_hidden_milliseconds_fall_between_windows(crm: Caller) -> None:
    """An activity of 10.25 s is in the window to 11 s, but not in the one to 10 s, although both show second 10."""
    crm.sandbox.crm.tenant.clock = lambda: datetime(2025, 5, 5, 10, 0, 10, 250_000, UTC)
    crm.bulk(visit())

    def count(first: int, last: int) -> int:
        parameter = {
            "FromDate": f"2025-05-05 10:00:{first:02}",
            "ToDate": f"2025-05-05 10:00:{last:02}",
            "ActivityEvent": 201,
        }
        answer = crm.post(BY_EVENT, {"Parameter": parameter}).json()
        assert all(one["ModifiedOn"] == "2025-05-05 10:00:10" for one in answer.get("List", []))
        return int(answer["RecordCount"])

    assert [count(5, 10), count(10, 11), count(11, 15), count(10, 10)] == [0, 1, 0, 0]


def test_pages_of_a_type_sorted_by_id_hold_every_row_once(crm: Caller) -> None:
    """Sorting by id is stable; RecordCount is the total on every page."""
    receipts = crm.bulk(*[visit(one) for one in range(1, 26)]).json()["Response"]
    seen = []
    for page in (1, 2, 3):
        body = {**window(PageIndex=page, PageSize=10), "Sorting": {"ColumnName": "ProspectActivityId", "Direction": 0}}
        answer = crm.post(BY_EVENT, body).json()
        assert answer["RecordCount"] == 25
        seen += [one["ProspectActivityId"] for one in answer["List"]]
    assert seen == sorted(one["ProspectActivityId"] for one in receipts)


def test_pages_of_a_type_sorted_by_time_are_unstable(crm: Caller) -> None:
    """Rows of one second come in another order each time."""
    crm.sandbox.crm.tenant.clock = lambda: datetime(2025, 5, 5, 10, 0, 10, 250_000, UTC)
    crm.bulk(*[visit(one) for one in range(1, 26)])
    parameter = {"FromDate": "2025-05-05 10:00:00", "ToDate": "2025-05-05 10:01:00", "ActivityEvent": 201}
    body = {"Parameter": parameter, "Sorting": {"ColumnName": "CreatedOn"}}
    orders = {tuple(one["ProspectActivityId"] for one in crm.post(BY_EVENT, body).json()["List"]) for _ in range(5)}
    assert len(orders) > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"Paging": {"PageSize": 1001}},
        {"Paging": {"PageSize": 0}},
        {"Paging": {"PageIndex": 0}},
        {"Parameter": {"FromDate": "2025-01-02 00:00:00", "ToDate": "2025-01-01 00:00:00", "ActivityEvent": 201}},
        {"Parameter": {"FromDate": "2025-01-01", "ToDate": "2025-01-02", "ActivityEvent": 201}},
        {"Parameter": {"FromDate": "2025-01-01 00:00:00", "ToDate": "2025-01-02 00:00:00"}},
        {"Sorting": {"ColumnName": "Colour"}},
    ],
)
def test_a_bad_question_about_a_type_is_refused(crm: Caller, change: dict[str, Any]) -> None:
    """Pages over 1000, times in another form, windows that end before they begin."""
    assert refusal(crm.post(BY_EVENT, {**window(), **change})) == (500, "MXInvalidInputException")
    assert crm.post(BY_EVENT, {"Parameter": []}).status_code == 400


def test_new_activities_may_be_seen_late(start: Callable[..., Caller]) -> None:
    """The search by type lags behind; the trail of the lead need not."""
    crm = start(read_lag=60.0)
    crm.bulk(visit())
    assert crm.post(BY_EVENT, window()).json() == {"RecordCount": 0}
    assert trail(crm)["RecordCount"] == 1
    crm.control("settings", trail_lag=60.0, read_lag=0.0)
    assert trail(crm) == {"RecordCount": 0}
    assert crm.post(BY_EVENT, window()).json()["RecordCount"] == 1


def test_a_lead_by_email_by_id_and_by_phone(crm: Caller) -> None:
    """Phones are found in any form; a misspelt parameter and an unknown lead give an empty list."""
    by_email = crm.get(f"{LEAD}/Leads.GetByEmailaddress", emailaddress="LEAD0005@EXAMPLE.COM").json()
    assert [one["ProspectID"] for one in by_email] == [lead_id(5)]
    assert by_email[0]["CreatedOn"] == "2025-01-01 04:30:00.250"
    assert crm.get(f"{LEAD}/Leads.GetByEmailaddress", email="lead0005@example.com").json() == []
    assert crm.get(f"{LEAD}/Leads.GetById", id=lead_id(999)).json() == []
    for form in ("+91-9000000005", "919000000005", "9000000005"):
        assert crm.get(f"{LEAD}/RetrieveLeadByPhoneNumber", phone=form).json()[0]["ProspectID"] == lead_id(5)
    assert crm.get(f"{LEAD}/RetrieveLeadByPhoneNumber", phone="").json() == []


def test_of_several_leads_with_a_phone_the_last_active_is_found(crm: Caller) -> None:
    """Phone and Mobile both count."""
    crm.post(f"{LEAD}/Lead.CreateOrUpdate", pairs(EmailAddress="lead0006@example.com", Mobile="9000000005"))
    crm.bulk(visit(6))
    assert crm.get(f"{LEAD}/RetrieveLeadByPhoneNumber", phone="9000000005").json()[0]["ProspectID"] == lead_id(6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("parameter", "found"),
    [
        ({"LookupName": "EmailAddress", "LookupValue": "LEAD0005@example.com", "SqlOperator": "="}, 1),
        ({"LookupName": "emailaddress", "LookupValue": "lead0005@example.com", "SqlOperator": "="}, 0),
        ({"LookupName": "EmailAddress", "LookupValue": "%lead001%", "SqlOperator": "LIKE"}, 10),
        ({"LookupName": "mx_Student_Number", "LookupValue": "S-0398", "SqlOperator": ">"}, 2),
        ({"LookupName": "mx_Student_Number", "LookupValue": "S-0398", "SqlOperator": ">="}, 3),
        ({"LookupName": "mx_Student_Number", "LookupValue": "S-0003", "SqlOperator": "<"}, 2),
        ({"LookupName": "mx_Student_Number", "LookupValue": "S-0003", "SqlOperator": "<="}, 3),
        ({"LookupName": "Source", "LookupValue": "Website", "SqlOperator": "<>"}, 0),
    ],
)
def test_leads_by_one_criterion(crm: Caller, parameter: dict[str, str], found: int) -> None:
    """The name is case-sensitive, and a wrong one finds nothing without a word."""
    body = {"Parameter": parameter, "Columns": {"Include_CSV": "EmailAddress, FirstName"}}
    rows = crm.post(f"{LEAD}/Leads.Get", body).json()
    assert len(rows) == found
    assert all(set(row) == {"ProspectID", "EmailAddress", "FirstName"} for row in rows)


def test_a_wrong_wrapper_finds_everybody(crm: Caller) -> None:
    """Without Parameter, all leads come, by pages; bad paging and operators are refused."""
    body = {"Query": {"LookupName": "EmailAddress"}, "Paging": {"PageIndex": 2, "PageSize": 300}}
    assert len(crm.post(f"{LEAD}/Leads.Get", body).json()) == 100
    for bad in ({"Paging": {"PageSize": 5000}}, {"Paging": {"PageIndex": "x"}}, {"Parameter": {"SqlOperator": "~"}}):
        assert refusal(crm.post(f"{LEAD}/Leads.Get", bad)) == (500, "MXInvalidInputException")
    assert crm.post(f"{LEAD}/Leads.Get", []).status_code == 400


def test_metadata_of_leads(crm: Caller) -> None:
    """Lengths are texts, options objects, times in ASP.NET's form; option sets can be left out."""
    fields = {one["SchemaName"]: one for one in crm.get(f"{LEAD}/LeadsMetaData.Get").json()}
    assert {"ProspectID", "EmailAddress", "Phone", "mx_KYC", "mx_City"} < set(fields)
    assert {name for name, one in fields.items() if one["IsLeadIdentifier"]} == {
        "ProspectID", "EmailAddress", "Phone", "mx_Student_Number"}  # fmt: skip
    assert (fields["Source"]["Options"][0], fields["mx_City"]["MaxLength"]) == ({"Value": "Website"}, "100")
    assert fields["Phone"]["CreatedOn"].startswith("/Date(")
    shapes = {
        name: (fields[name]["DataType"], fields[name]["RenderTypeTextValue"])
        for name in ("mx_Birth_Date", "mx_First_Contact")
    }
    assert shapes == {"mx_Birth_Date": ("Date", "Date"), "mx_First_Contact": ("Date", "DateTime")}
    one = crm.get(f"{LEAD}/LeadsMetaData.Get", schemaName="Source", excludeOptionSets="1").json()
    assert [("Options" in field, field["SchemaName"]) for field in one] == [(False, "Source")]


def test_metadata_of_activities(crm: Caller) -> None:
    """The options of a field are JSON in a text; an unknown type is refused."""
    types = crm.get(f"{ACTIVITY}/ActivityTypes.Get").json()
    assert [(one["ActivityEvent"], one["DisplayName"]) for one in types] == [
        (201, "Webinar attended"), (202, "Store visit"), (203, "Call logged"), (204, "Payment")]  # fmt: skip
    setting = crm.get(f"{ACTIVITY}/CustomActivity/GetActivitySetting", code="201").json()
    plan = next(one for one in setting["Fields"] if one["SchemaName"] == "mx_Custom_3")
    assert (plan["DisplayName"], plan["MaxFieldLength"], plan["IsMandatory"]) == ("Plan", 200, False)
    assert [(one["Value"], one["Text"]) for one in json.loads(plan["OptionSet"])] == [
        ("G", "Gold"),
        ("S", "Silver"),
        ("B", "Bronze"),
    ]
    store = crm.get(f"{ACTIVITY}/CustomActivity/GetActivitySetting", code="202").json()
    assert [one["SchemaName"] for one in store["Fields"] if one["IsMandatory"]] == ["mx_Custom_1"]
    for code in ("999", "", "x"):
        wrong = crm.get(f"{ACTIVITY}/CustomActivity/GetActivitySetting", code=code)
        assert refusal(wrong) == (500, "MXInvalidActivityException")


def test_metadata_can_show_locked_and_read_only_fields(start: Callable[..., Caller]) -> None:
    """They are only shown: what LeadSquared does with them is not documented."""
    crm = start(locked_lead_fields="Phone, mx_City", read_only_fields="mx_Custom_4")
    listed = crm.get(f"{LEAD}/LeadsMetaData.Get").json()
    assert [one["SchemaName"] for one in listed if one["LockAfterCreate"]] == ["Phone", "mx_City"]
    setting = crm.get(f"{ACTIVITY}/CustomActivity/GetActivitySetting", code="201").json()
    assert [one["SchemaName"] for one in setting["Fields"] if one["IsReadOnly"]] == ["mx_Custom_4"]


def test_users_and_who_asks(crm: Caller) -> None:
    """The id of a user is called ID; who asks is told the tenant, its time zone, its country and its hosts."""
    users = crm.get("/v2/UserManagement.svc/Users.Get").json()
    assert [(one["EmailAddress"], one["StatusCode"]) for one in users][0::3] == [
        ("admin@example.com", 0),
        ("old@example.com", 1),
    ]
    assert all(one["ID"] for one in users)
    me = crm.get("/v2/Authentication.svc/UserByAccessKey.Get").json()
    assert (me["Role"], me["TimeZone"], me["DefaultCountryCode"]) == ("Administrator", "Asia/Kolkata", "91")
    assert (me["OrgId"], me["LSQCommonServiceURLs"]["api"]) == (crm.sandbox.info()["org_id"], crm.host)
