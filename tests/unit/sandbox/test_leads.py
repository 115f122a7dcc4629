from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from importer.sandbox.fields import USERS
from importer.sandbox.seed import lead_id
from tests.support.sandbox_caller import LEAD, Caller, pairs, refusal

CREATE, CAPTURE, UPSERT = f"{LEAD}/Lead.Create", f"{LEAD}/Lead.Capture", f"{LEAD}/Lead.CreateOrUpdate"
BULK = f"{LEAD}/Lead/Bulk/CreateOrUpdate"
SEED = {"EmailAddress": "lead0005@example.com", "Phone": "+91-9000000005"}


def test_a_lead_is_created(crm: Caller) -> None:
    """Lead.Create answers with the id; the lead holds what was sent, sets of fields included."""
    kyc = {"Attribute": "mx_KYC", "Value": "", "Fields": pairs(Status="Pending", mx_CustomObject_2="000017")}
    body = [*pairs(FirstName="Meera", EmailAddress="meera@example.org", mx_Newsletter="true", mx_Score="7"), kyc]
    answer = crm.post(CREATE, body).json()
    stored = crm.state()["leads"][-1]
    assert answer == {"Status": "Success", "Message": {"Id": stored["ProspectID"]}}
    assert stored["mx_KYC"] == {"Status": "Pending", "mx_CustomObject_2": "000017"}
    assert (stored["mx_Newsletter"], stored["mx_Score"]) == ("1", "7")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"mx_Foo": "1", "mx_Bar": "2", "FirstName": "A"}, "MXUnknownAttributeException", "mx_Foo,mx_Bar"),
        ({"mx_City": "Pune"}, "MXMandatoryAttributeMissingException", "FirstName"),
        ({"EmailAddress": "LEAD0005@example.com"}, "MXDuplicateEntryException", "same Email already exists"),
        ({"Phone": "+91-9000000005"}, "MXDuplicateEntryException", "same Phone Number already exists"),
        ({"FirstName": "A", "Source": "Carrier pigeon"}, "MXInvalidInputException", "has no option"),
        ({"FirstName": "A" * 101}, "MXInvalidInputException", "longer than 100"),
        ({"EmailAddress": "nobody"}, "MXInvalidInputException", "EmailAddress"),
        ({"Phone": "call me"}, "MXInvalidInputException", "Invalid Phone format"),
        ({"FirstName": "A", "mx_Score": "1,000"}, "MXInvalidInputException", "mx_Score"),
        ({"FirstName": "A", "mx_Birth_Date": "05.01.2004"}, "MXInvalidInputException", "mx_Birth_Date"),
        ({"FirstName": "A", "mx_Birth_Date": "2004-13-01"}, "MXInvalidInputException", "mx_Birth_Date"),
        ({"FirstName": "A", "mx_First_Contact": "2004-01-05T10:00:00"}, "MXInvalidInputException", "mx_First_Contact"),
        ({"FirstName": "A", "mx_Newsletter": "perhaps"}, "MXInvalidInputException", "mx_Newsletter"),
        ({"FirstName": "A", "OwnerId": str(USERS[3]["ID"])}, "MXInvalidInputException", "OwnerId"),
        ({"FirstName": "A", "SearchBy": "mx_City"}, "MXInvalidInputException", "SearchBy"),
    ],
)
def test_a_bad_lead_is_refused(crm: Caller, fields: dict[str, str], kind: str, words: str) -> None:
    """A refusal is HTTP 500 with its type and its words, and nothing is stored."""
    answer = crm.post(CREATE, pairs(**fields))
    assert refusal(answer) == (500, kind)
    assert words in answer.json()["ExceptionMessage"]
    assert crm.state()["counts"]["leads"] == 400


@pytest.mark.parametrize(
    "body",
    [
        {"Attribute": "FirstName", "Value": "A"},
        ["FirstName"],
        [{"FirstName": "A"}],
        pairs(FirstName=7),
        [{"Attribute": "mx_City", "Value": "", "Fields": []}],
        [{"Attribute": "mx_KYC", "Value": "", "Fields": "x"}],
    ],
)
def test_a_lead_of_the_wrong_shape_is_refused(crm: Caller, body: Any) -> None:
    """A lead is an array of pairs of texts; anything else is answered with 400."""
    assert crm.post(CREATE, body).status_code == 400


def test_fields_can_be_mandatory(start: Callable[..., Caller]) -> None:
    """Fields that the account makes mandatory are demanded of new leads, and its metadata say so."""
    crm = start(mandatory_lead_fields="LastName, mx_City")
    assert "LastName" in crm.post(CREATE, pairs(FirstName="A")).json()["ExceptionMessage"]
    assert crm.post(CREATE, pairs(FirstName="A", LastName="B", mx_City="C")).status_code == 200
    listed = crm.get(f"{LEAD}/LeadsMetaData.Get").json()
    assert [field["SchemaName"] for field in listed if field["IsMandatory"]] == ["LastName", "mx_City"]


@pytest.mark.parametrize("status", [200, 500])
def test_a_refusal_may_come_with_status_200(crm: Caller, status: int) -> None:
    """Duplicates, and all application errors, come with the status that is switched on."""
    crm.control("settings", duplicate_status=status, refusal_status=status)
    assert refusal(crm.post(CREATE, pairs(**SEED))) == (status, "MXDuplicateEntryException")
    assert refusal(crm.post(CREATE, pairs(mx_Foo="x"))) == (status, "MXUnknownAttributeException")


def test_a_capture_matches_by_id_then_email_then_phone(crm: Caller) -> None:
    """The first that fits is changed; without any of them, or with none that fits, there is a new lead."""

    def capture(**fields: str) -> tuple[str, bool]:
        message = crm.post(CAPTURE, pairs(**fields)).json()["Message"]
        return message["Id"], message["IsCreated"]

    assert capture(ProspectID=lead_id(1), mx_City="Pune") == (lead_id(1), False)
    assert capture(EmailAddress="lead0002@example.com", mx_City="Pune") == (lead_id(2), False)
    assert capture(Phone="+91-9000000003", mx_City="Pune") == (lead_id(3), False)
    assert capture(ProspectID=lead_id(999), EmailAddress="lead0004@example.com") == (lead_id(4), False)
    assert capture(FirstName="Nobody")[1] is True
    assert capture(EmailAddress="new@example.org")[1] is True
    assert [crm.lead(number)["mx_City"] for number in (1, 2, 3)] == ["Pune"] * 3


def test_a_capture_with_an_id_and_another_email_makes_a_new_lead(crm: Caller) -> None:
    """The id alone does not decide; the new lead gets an id of its own."""
    message = crm.post(CAPTURE, pairs(ProspectID=lead_id(1), EmailAddress="other@example.org")).json()["Message"]
    assert message["IsCreated"] is True
    assert message["Id"] != lead_id(1)


def test_search_by_of_a_capture_comes_first_but_not_with_everything(crm: Caller) -> None:
    """SearchBy is ignored when id, e-mail and phone are all there."""
    some = pairs(EmailAddress="lead0001@example.com", Phone="+91-9000000001", mx_City="Agra", SearchBy="Phone")
    assert crm.post(CAPTURE, some).json()["Message"]["Id"] == lead_id(1)
    other = pairs(ProspectID=lead_id(5), **SEED, SearchBy="mx_Student_Number", mx_Student_Number="S-0005")
    assert crm.post(CAPTURE, other).json()["Message"]["Id"] == lead_id(5)


def test_a_captured_phone_of_another_lead_loses_the_payload(crm: Caller) -> None:
    """A new e-mail with a known phone, searched by e-mail, is a duplicate, with HTTP 200 where accounts do so."""
    crm.control("settings", duplicate_status=200)
    answer = crm.post(CAPTURE, pairs(EmailAddress="x@example.org", Phone=SEED["Phone"], SearchBy="EmailAddress"))
    assert refusal(answer) == (200, "MXDuplicateEntryException")


@pytest.mark.parametrize(
    ("behaviour", "city", "name", "phone"),
    [
        ("", "Pune", "New", "+91-9111111111"),
        ("None", "Pune", "New", "+91-9111111111"),
        ("DoNotUpdate", None, "Arjun", "+91-9000000005"),
        ("UpdateOnlyEmptyFields", "Pune", "Arjun", "+91-9000000005"),
        ("DoNotUpdateUniqueFields", "Pune", "New", "+91-9000000005"),
    ],
)
def test_a_capture_changes_what_its_behaviour_says(
    crm: Caller, behaviour: str, city: str | None, name: str, phone: str
) -> None:
    """LeadUpdateBehavior decides which fields change; the first Source always stays."""
    body = pairs(
        EmailAddress=SEED["EmailAddress"], Phone="+91-9111111111", FirstName="New", mx_City="Pune", Source="Event"
    )
    crm.post(CAPTURE, body, LeadUpdateBehavior=behaviour)
    lead = crm.lead(5)
    assert (lead["mx_City"], lead["FirstName"], lead["Phone"], lead["Source"]) == (city, name, phone, "Website")
    assert refusal(crm.post(CAPTURE, body, LeadUpdateBehavior="Perhaps")) == (500, "MXInvalidInputException")


def test_a_capture_may_leave_an_activity(start: Callable[..., Caller]) -> None:
    """Accounts that note captures do so with event 23."""
    crm = start(capture_activity=True)
    crm.post(CAPTURE, pairs(**SEED))
    assert [(one["event"], one["lead"]) for one in crm.activities()] == [(23, lead_id(5))]
    trail = crm.post("/v2/ProspectActivity.svc/Retrieve", leadId=lead_id(5)).json()
    assert trail["ProspectActivities"][0]["EventName"] == "Lead Capture"


def test_create_or_update_matches_by_email_unless_told_otherwise(crm: Caller) -> None:
    """Without SearchBy a known phone is a duplicate; with SearchBy=Phone it finds its lead, as an exact text."""
    body = {"EmailAddress": "x@example.org", "Phone": SEED["Phone"], "mx_City": "Agra"}
    assert refusal(crm.post(UPSERT, pairs(**body))) == (500, "MXDuplicateEntryException")
    found = crm.post(UPSERT, pairs(**body, SearchBy="Phone")).json()
    assert found == {"Status": "Success", "Message": {"Id": lead_id(5), "AffectedRows": 1}}
    other_form = crm.post(UPSERT, pairs(FirstName="A", Phone="91-9000000005", SearchBy="Phone")).json()
    assert other_form["Message"]["Id"] != lead_id(5)
    crm.control("settings", default_search="email-phone")
    assert crm.post(UPSERT, pairs(Phone="+91-9000000006")).json()["Message"]["Id"] == lead_id(6)


def test_search_by_is_spelled_in_its_own_way(crm: Caller) -> None:
    """The lead's id is searched as ProspectId; a SearchBy without its value is refused."""
    body = pairs(ProspectID=lead_id(8), mx_City="Agra")
    assert crm.post(UPSERT, [*body, *pairs(SearchBy="ProspectId")]).json()["Message"]["Id"] == lead_id(8)
    for search_by in ("ProspectID", "mx_City", "Phone"):
        answer = crm.post(UPSERT, [*body, *pairs(SearchBy=search_by)])
        assert "Invalid SearchBy value provided" in answer.json()["ExceptionMessage"]


def test_an_update_that_changes_nothing_affects_no_rows(crm: Caller) -> None:
    """AffectedRows is 0 then, and a blank value empties a field."""
    body = pairs(EmailAddress=SEED["EmailAddress"], mx_City="Pune")
    affected = [crm.post(UPSERT, body).json()["Message"]["AffectedRows"] for _ in range(2)]
    assert affected == [1, 0]
    crm.post(UPSERT, pairs(EmailAddress=SEED["EmailAddress"], mx_City=""))
    assert crm.lead(5)["mx_City"] == ""


def test_leads_in_bulk(crm: Caller) -> None:
    """A bare array of receipts; a bad row has flags that are false and an ErrorMessage."""
    search = pairs(SearchBy="EmailAddress")
    rows = [
        [*pairs(EmailAddress="a@example.org", FirstName="A"), *search],
        [*pairs(EmailAddress=SEED["EmailAddress"], mx_City="Pune"), *search],
        [*pairs(EmailAddress="b@example.org", mx_Foo="1"), *search],
        [*pairs(EmailAddress="c@example.org", Phone=SEED["Phone"]), *search],
    ]
    receipts = crm.post(BULK, rows).json()
    assert [(one["RowNumber"], one["LeadCreated"], one["LeadUpdated"], one["AffectedRows"]) for one in receipts] == [
        (1, True, False, 1),
        (2, False, True, 1),
        (3, False, False, 0),
        (4, False, False, 0),
    ]
    assert receipts[1]["LeadId"] == lead_id(5)
    assert receipts[2] | {"LeadId": ""} == receipts[2]
    assert receipts[2]["ErrorMessage"] == "Attribute(s) does not exist - mx_Foo."
    assert receipts[3]["ExceptionType"] == "MXDuplicateEntryException"
    assert refusal(crm.post(BULK, [rows[0]] * 26)) == (400, "MXInvalidInputException")
    assert crm.post(BULK, [{"EmailAddress": "x"}]).status_code == 400


def test_a_captured_lead_may_keep_an_unknown_id(start: Callable[..., Caller]) -> None:
    """As the lead of a visitor who was anonymous so far; an id that a lead has is never used twice."""
    unknown = "11111111-1111-4111-8111-111111111111"
    for switch, kept in (("replaced", False), ("kept", True)):
        crm = start(unknown_id=switch)
        answer = crm.post(CAPTURE, pairs(ProspectID=unknown, FirstName="A")).json()
        assert (answer["Message"]["Id"] == unknown, answer["Message"]["IsCreated"]) == (kept, True)
        other = crm.post(CAPTURE, pairs(ProspectID=lead_id(5), EmailAddress="new@example.org")).json()
        assert other["Message"]["Id"] not in (unknown, lead_id(5))


def test_values_of_leads_may_be_stored_otherwise(start: Callable[..., Caller]) -> None:
    """An unknown option as it is, a phone in the account's spelling."""
    crm = start(lead_options="stored", phone_storage="international")
    crm.post(CREATE, pairs(FirstName="A", Source="Carrier pigeon", Phone="9812300001"))
    stored = crm.state()["leads"][-1]
    assert (stored["Source"], stored["Phone"]) == ("Carrier pigeon", "+91-9812300001")


def test_new_leads_may_be_shown_late(start: Callable[..., Caller]) -> None:
    """By e-mail, phone and search, not by id; an activity moves the time of a lead's last change."""
    crm = start(lead_lag=60.0)
    identity = crm.post(CREATE, pairs(EmailAddress="new@example.org", Phone="+91-9812300001")).json()["Message"]["Id"]
    assert crm.get(f"{LEAD}/Leads.GetByEmailaddress", emailaddress="new@example.org").json() == []
    assert crm.get(f"{LEAD}/RetrieveLeadByPhoneNumber", phone="9812300001").json() == []
    (shown,) = crm.get(f"{LEAD}/Leads.GetById", id=identity).json()
    assert shown["EmailAddress"] == "new@example.org"
    (seeded,) = crm.get(f"{LEAD}/Leads.GetByEmailaddress", emailaddress="lead0005@example.com").json()
    assert seeded["LeadLastModifiedOn"] == seeded["ModifiedOn"]
