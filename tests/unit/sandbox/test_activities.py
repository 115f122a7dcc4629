from __future__ import annotations

from typing import Any

import pytest

from importer.sandbox.seed import lead_id
from tests.support.sandbox_caller import ACTIVITY, BULK, LEAD, Caller, pairs, refusal, values, visit

BY_FIELD = f"{ACTIVITY}/Bulk/CustomActivity/Add/ByLeadField"
KYC = {"Attribute": "mx_Custom_10", "Value": "", "Fields": pairs(Status="Paid", mx_CustomObject_1="R-1")}


def test_a_bulk_call_answers_with_a_receipt_for_each_row(crm: Caller) -> None:
    """Receipts count rows from 1 and carry the id under which the activity is stored, with all that was sent."""
    row = visit(2, ActivityOwnerEmail="priya@example.com", Fields=values(mx_Custom_1="Pune", mx_Custom_3="G"))
    receipts = crm.bulk(visit(1), row).json()["Response"]
    assert [(one["RowNumber"], one["ActivityCreated"]) for one in receipts] == [(1, True), (2, True)]
    stored = crm.activities()[1]
    assert stored["Id"] == receipts[1]["ProspectActivityId"]
    assert (stored["lead"], stored["event"], stored["note"], stored["row"]) == (lead_id(2), 201, "visit 2", 2)
    assert stored["fields"] == {"mx_Custom_1": "Pune", "mx_Custom_3": "G"}
    assert (stored["owner"], stored["received"]) == ("priya@example.com", row)


def test_a_repeated_row_makes_a_second_activity(crm: Caller) -> None:
    """Nothing makes an activity call repeatable."""
    crm.bulk(visit())
    crm.bulk(visit())
    assert len(crm.activities()) == 2


BAD_ROWS = [
    ({"ActivityEvent": 999}, "MXInvalidActivityException", "Event Code is invalid or empty"),
    ({"ActivityEvent": None}, "MXInvalidActivityException", "Event Code is invalid or empty"),
    ({"RelatedProspectId": "2c1e"}, "MXInvalidInputException", "RelatedProspectId"),
    ({"RelatedProspectId": ""}, "MXMandatoryAttributeMissingException", "RelatedProspectId"),
    ({"RelatedProspectId": "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"}, "MXInvalidLeadException", "does not exist"),
    ({"ActivityDateTime": "03/02/2025 04:15"}, "MXInvalidInputException", "ActivityDateTime"),
    ({"ActivityDateTime": "2025-02-30 04:15:00"}, "MXInvalidInputException", "ActivityDateTime"),
    ({"ActivityOwnerEmail": "old@example.com"}, "MXInvalidInputException", "ActivityOwnerEmail"),
    ({"Fields": values(mx_Custom_3="Gold")}, "MXInvalidActivityFieldsException", "has no option 'Gold'"),
    ({"Fields": values(mx_Custom_99="x")}, "MXInvalidActivityFieldsException", "does not exist"),
    ({"Fields": values(mx_Custom_1="x" * 201)}, "MXInvalidActivityFieldsException", "longer than 200"),
    ({"Fields": values(mx_Custom_2="12 kg")}, "MXInvalidActivityFieldsException", "mx_Custom_2"),
    ({"Fields": values(mx_Custom_8="3 Feb")}, "MXInvalidActivityFieldsException", "mx_Custom_8"),
    ({"Fields": values(Owner=lead_id(1))}, "MXInvalidActivityFieldsException", "Owner"),
    ({"Fields": [{"Attribute": "mx_Custom_1", "Value": "x"}]}, "MXInvalidActivityFieldsException", "does not exist"),
    ({"ActivityEvent": 202}, "MXInvalidActivityFieldsException", "'mx_Custom_1' of datatype : 'String' is mandatory"),
    (
        {"ActivityEvent": 204, "Fields": [{**KYC, "Fields": pairs(PAN="x")}]},
        "MXInvalidActivityFieldsException",
        "has no field 'PAN'",
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("changes", "kind", "words"), BAD_ROWS)
def test_a_bad_row_is_refused_by_itself(crm: Caller, changes: dict[str, Any], kind: str, words: str) -> None:
    """A bad row has a receipt with its reason, and its neighbours are stored."""
    receipts = crm.bulk(visit(1), visit(2, **changes), visit(3)).json()["Response"]
    assert [one["ActivityCreated"] for one in receipts] == [True, False, True]
    assert receipts[1]["ExceptionType"] == kind
    assert words in receipts[1]["ExceptionMessage"]
    assert [one["note"] for one in crm.activities()] == ["visit 1", "visit 3"]


@pytest.mark.parametrize(("style", "stored"), [("whole-call", 0), ("whole-call-partial", 2)])
def test_a_bad_row_refuses_its_whole_call(crm: Caller, style: str, stored: int) -> None:
    """The other two styles answer HTTP 500; nothing is stored, or the rows before the bad one are."""
    crm.control("settings", bulk_refusal=style)
    answer = crm.bulk(visit(1), visit(2), visit(3, ActivityEvent=999), visit(4))
    assert refusal(answer) == (500, "MXInvalidActivityException")
    assert len(crm.activities()) == stored


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        {"RelatedProspectId": "x"},
        [["x"]],
        [visit(ActivityNote=7)],
        [visit(ActivityEvent="201")],
        [visit(ActivityEvent=True)],
        [visit(Fields={"mx_Custom_1": "x"})],
        [visit(Fields=["mx_Custom_1"])],
        [visit(Fields=[{"SchemaName": "mx_Custom_2", "Value": 7}])],
        [visit(Fields=[{"SchemaName": "mx_Custom_1", "Value": "", "Fields": []}])],
        [visit(ActivityEvent=204, Fields=[{**KYC, "Fields": {}}])],
        [visit(ActivityEvent=204, Fields=[{**KYC, "Fields": values(Status="x")}])],
        None,
    ],
)
def test_a_wrong_shape_refuses_the_call(crm: Caller, body: Any) -> None:
    """JSON of the wrong shape is answered with 400, and nothing is stored, good rows before it included."""
    sent = [visit(), *body] if isinstance(body, list) else body
    assert crm.post(BULK, sent).status_code == 400
    assert crm.activities() == []


def test_twenty_five_rows_are_the_most(crm: Caller) -> None:
    """26 rows, and none, are refused as a whole."""
    assert len(crm.bulk(*[visit()] * 25).json()["Response"]) == 25
    assert refusal(crm.bulk(*[visit()] * 26)) == (400, "MXInvalidInputException")
    assert refusal(crm.bulk()) == (500, "MXInvalidInputException")
    assert len(crm.activities()) == 25


@pytest.mark.parametrize(
    ("name", "value"),
    [("EmailAddress", "LEAD0007@example.com"), ("Phone", "+91-9000000007"), ("mx_Student_Number", "S-0007")],
)
def test_bulk_by_a_unique_field(crm: Caller, name: str, value: str) -> None:
    """Rows find their lead by the field that searchBy names; what no lead has makes no lead."""
    item = {"ActivityEvent": 201, "SearchByValue": value}
    answer = crm.post(BY_FIELD, [item, {**item, "SearchByValue": "nobody"}, {"ActivityEvent": 201}], searchBy=name)
    receipts = answer.json()["Response"]
    assert [one["ActivityCreated"] for one in receipts] == [True, False, False]
    assert crm.activities()[0]["lead"] == lead_id(7)
    assert crm.state()["counts"]["leads"] == 400


def test_bulk_by_field_needs_a_unique_field(crm: Caller) -> None:
    """searchBy is mandatory and has to name a unique field; a phone in another form finds nobody."""
    assert refusal(crm.post(BY_FIELD, [])) == (500, "MXMandatoryAttributeMissingException")
    assert refusal(crm.post(BY_FIELD, [{}], searchBy="mx_City")) == (500, "MXInvalidInputException")
    item = {"ActivityEvent": 201, "SearchByValue": "9000000007"}
    assert crm.post(BY_FIELD, [item], searchBy="Phone").json()["Response"][0]["ActivityCreated"] is False


def test_one_activity_by_lead_id(crm: Caller) -> None:
    """Create answers with the activity's id in Message."""
    answer = crm.post(f"{ACTIVITY}/Create", visit(3)).json()
    assert answer == {"Status": "Success", "Message": {"Id": crm.activities()[0]["Id"]}}
    assert refusal(crm.post(f"{ACTIVITY}/Create", {"ActivityEvent": 201}))[1] == "MXMandatoryAttributeMissingException"


def test_one_activity_by_email(crm: Caller) -> None:
    """A known address finds its lead; an unknown one makes a lead with the names that came along."""
    body = {"EmailAddress": "Lead0005@example.com", "ActivityEvent": 201, "FirstName": "Nobody"}
    crm.post(f"{ACTIVITY}/Create", body)
    crm.post(f"{ACTIVITY}/Create", {**body, "EmailAddress": "new@example.org", "FirstName": "Meera"})
    first, second = crm.activities()
    assert first["lead"] == lead_id(5)
    made = crm.get(f"{LEAD}/Leads.GetByEmailaddress", emailaddress="new@example.org").json()[0]
    assert (made["ProspectID"], made["FirstName"]) == (second["lead"], "Meera")


def test_dropdowns_are_not_checked_on_request(crm: Caller) -> None:
    """ValidateDropDownOptions true skips the check, as the documentation says against its name."""
    row = visit(Fields=values(mx_Custom_3="Gold"), ValidateDropDownOptions=True)
    assert crm.bulk(row).json()["Response"][0]["ActivityCreated"] is True


def test_a_lead_with_its_activity(crm: Caller) -> None:
    """CreateCustom changes the lead that SearchBy finds, makes one otherwise, and posts the activity."""
    search = {"Attribute": "SearchBy", "Value": "EmailAddress"}
    activity = {"ActivityEvent": 204, "ActivityNote": "paid", "Fields": [*values(mx_Custom_1="7500.00"), KYC]}

    def post(**lead: str) -> Any:
        return crm.post(
            f"{ACTIVITY}/CreateCustom", {"LeadDetails": [*pairs(**lead), search], "Activity": activity}
        ).json()

    known = post(EmailAddress="lead0009@example.com", mx_City="Pune")["Message"]
    new = post(EmailAddress="new@example.org", FirstName="Dev")["Message"]
    assert (known["RelatedId"], known["IsCreated"], new["IsCreated"]) == (lead_id(9), False, True)
    assert crm.lead(9)["mx_City"] == "Pune"
    assert [one["Id"] for one in crm.activities()] == [known["Id"], new["Id"]]
    assert crm.activities()[1]["fields"]["mx_Custom_10"] == {"Status": "Paid", "mx_CustomObject_1": "R-1"}


def test_a_lead_with_a_refused_activity_changes_nothing(crm: Caller) -> None:
    """CreateCustom stores both or none."""
    lead = pairs(EmailAddress="lead0009@example.com", mx_City="Pune")
    answer = crm.post(f"{ACTIVITY}/CreateCustom", {"LeadDetails": lead, "Activity": {"ActivityEvent": 999}})
    assert refusal(answer) == (500, "MXInvalidActivityException")
    assert crm.lead(9)["mx_City"] is None
    for body in ([], {"LeadDetails": {}, "Activity": {}}, {"LeadDetails": lead}):
        assert crm.post(f"{ACTIVITY}/CreateCustom", body).status_code == 400


UPDATE = f"{ACTIVITY}/Bulk/CustomActivity/Update"


def test_an_update_changes_what_it_names(crm: Caller) -> None:
    """Fields and note that are left out stay, as do lead, type and time; repeated, it changes nothing more."""
    crm.bulk(visit(1, Fields=values(mx_Custom_1="Pune", mx_Custom_3="G")))
    before = crm.activities()[0]
    row = {"ProspectActivityId": before["Id"].upper(), "Fields": values(mx_Custom_1="Agra"), "ActivityEvent": 203}
    for _ in range(2):
        receipts = crm.post(UPDATE, [row]).json()["Response"]
        assert receipts == [{"RowNumber": 1, "ProspectActivityId": before["Id"].upper(), "ActivityUpdated": True}]
    (after,) = crm.activities()
    assert after["fields"] == {"mx_Custom_1": "Agra", "mx_Custom_3": "G"}
    assert {name for name in after if after[name] != before[name]} == {"fields", "ModifiedOn"}
    crm.control("settings", update_answer="status")
    row = {"ProspectActivityId": before["Id"], "ActivityNote": "other"}
    assert crm.post(UPDATE, [row]).json() == {"Status": "Success", "Message": {"AffectedRows": 1}}
    assert crm.activities()[0]["note"] == "other"


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"ProspectActivityId": ""}, "MXMandatoryAttributeMissingException", "ProspectActivityId"),
        ({"ProspectActivityId": lead_id(1)}, "MXUnknownProspectActivityException", "does not exist"),
        ({"Fields": values(mx_Custom_99="x")}, "MXInvalidActivityFieldsException", "does not exist"),
        ({"Fields": values(mx_Custom_3="Gold")}, "MXInvalidActivityFieldsException", "has no option 'Gold'"),
    ],
)
def test_an_update_is_refused_by_itself(crm: Caller, changes: dict[str, Any], kind: str, words: str) -> None:
    """The rows beside it are changed."""
    crm.bulk(visit(1), visit(2))
    first, second = (one["Id"] for one in crm.activities())
    rows = [{"ProspectActivityId": first, **changes}, {"ProspectActivityId": second, "ActivityNote": "new"}]
    receipts = crm.post(UPDATE, rows).json()["Response"]
    assert [one["ActivityUpdated"] for one in receipts] == [False, True]
    assert receipts[0]["ExceptionType"] == kind
    assert words in receipts[0]["ExceptionMessage"]
    assert [one["note"] for one in crm.activities()] == ["visit 1", "new"]


def test_an_update_of_another_shape_is_refused_as_a_whole(crm: Caller) -> None:
    """As is any bulk call."""
    assert crm.post(UPDATE, ["x"]).status_code == 400
    crm.control("settings", locked_activity_types="201,202", bulk_refusal="whole-call-partial")
    crm.bulk(visit(1))
    answer = crm.post(UPDATE, [{"ProspectActivityId": crm.activities()[0]["Id"]}])
    assert refusal(answer) == (500, "MXInvalidInputException")


def test_a_refused_call_takes_its_updates_back(crm: Caller) -> None:
    """What one row changed is undone when another row refuses the call."""
    crm.bulk(visit(1))
    crm.control("settings", bulk_refusal="whole-call")
    rows = [{"ProspectActivityId": crm.activities()[0]["Id"], "ActivityNote": "new"}, {"ProspectActivityId": "x"}]
    assert refusal(crm.post(UPDATE, rows)) == (500, "MXUnknownProspectActivityException")
    assert crm.activities()[0]["note"] == "visit 1"
