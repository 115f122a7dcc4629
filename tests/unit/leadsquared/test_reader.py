"""Reading back sees everything, or says that it did not."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain, repeat
from typing import Any

import pytest

from importer.core.errors import CrmError
from importer.core.model import Reply, Request
from importer.leadsquared.metadata import (
    parse_queue_metrics,
    read_activity_fields,
    read_activity_types,
    read_lead_fields,
    read_users,
)
from importer.leadsquared.reader import CrmReader, ReadIncompleteError, parse_timestamp, to_iso

LEAD = "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"


def ask_with(answer: Callable[[Request], Any]) -> Callable[[Request], Reply]:
    return lambda request: Reply(200, body=answer(request))


def page_of(request: Request) -> tuple[int, int]:
    paging = request.body["Paging"]
    return int(paging["Offset"]), int(paging["RowCount"])


def activity(number: int, **changes: Any) -> dict[str, Any]:
    return {"Id": f"a-{number}", "EventCode": 201, "CreatedOn": "2026-02-01 04:30:00", **changes}


def paged(total: int, first: int = 0) -> Callable[[Request], Any]:
    def answer(request: Request) -> Any:
        page, size = page_of(request)
        start = max(0, page - first) * size
        listed = [activity(number) for number in range(start, min(total, start + size))]
        return {"RecordCount": total, "ProspectActivities": listed} if listed else {"RecordCount": total}

    return answer


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of ten activities in place of a thousand."""
    monkeypatch.setattr("importer.leadsquared.reader._PAGE_SIZE", 10)


def test_pages_are_as_large_as_can_be() -> None:
    """A thousand activities at a time."""
    asked: list[int] = []

    def answer(request: Request) -> Any:
        asked.append(page_of(request)[1])
        return paged(1001)(request)

    assert len(CrmReader(ask_with(answer)).activities_of_lead(LEAD, "201")) == 1001
    assert set(asked) == {1000}


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("total", [0, 1, 9, 10, 11, 25])
@pytest.mark.parametrize("first", [0, 1])
def test_all_pages_are_read(total: int, first: int) -> None:
    """Whether pages are counted from 0 or from 1."""
    found = CrmReader(ask_with(paged(total, first))).activities_of_lead(LEAD, "201")
    assert len(found) == total


@pytest.mark.usefixtures("small_pages")
def test_an_ignored_page_number_is_noticed() -> None:
    """If the same page comes again and again, nothing may be concluded."""
    answer = {"RecordCount": 30, "ProspectActivities": [activity(number) for number in range(10)]}
    with pytest.raises(ReadIncompleteError, match="10 of 30"):
        CrmReader(ask_with(lambda request: answer)).activities_of_lead(LEAD, "")


@pytest.mark.usefixtures("small_pages")
def test_a_total_that_moves_is_read_again() -> None:
    """A row that arrives while reading makes the reading start over."""
    totals = chain([15], repeat(16))

    def answer(request: Request) -> Any:
        page, size = page_of(request)
        total = next(totals)
        listed = [activity(number) for number in range(page * size, min(total, (page + 1) * size))]
        return {"RecordCount": total, "ProspectActivities": listed}

    assert len(CrmReader(ask_with(answer)).activities_of_lead(LEAD, "201")) == 16


@pytest.mark.parametrize("body", [{}, [], {"RecordCount": "3"}, {"RecordCount": True}, {"RecordCount": -1}])
def test_a_missing_total_is_incomplete(body: Any) -> None:
    """Without a total nobody knows whether it was all."""
    with pytest.raises(ReadIncompleteError):
        CrmReader(ask_with(lambda request: body)).activities_of_lead(LEAD, "201")


def test_fields_in_all_their_places() -> None:
    """Flat, below Data, below ActivityFields; custom field sets as JSON or as tables."""
    listed = [
        activity(1, Data=[{"Key": "NotableEventDescription", "Value": "note"}, {"Key": None}, "odd"],
                 ActivityFields={"mx_Custom_1": "Pune", "mx_KYC": json.dumps({"Status": "P", "Gone": None}),
                                 "mx_Broken": "{not json", "mx_None": None}),
        {"ProspectActivityId": "a-2", "ActivityEvent_Note": "flat", "mx_Custom_1": 7, "mx_Set": {"Status": "Q"},
         "ModifiedOn": "/Date(1770000000000+0000)/", "Data": {}, "ActivityFields": []},
        {"EventCode": 1},
        "odd",
    ]  # fmt: skip
    body = {"RecordCount": 2, "ProspectActivities": listed}
    first, second = CrmReader(ask_with(lambda request: body)).activities_of_lead(LEAD, "x")
    assert first.fields == {
        "ActivityNote": "note",
        "mx_Custom_1": "Pune",
        "mx_KYC.Status": "P",
        "mx_Broken": "{not json",
    }
    assert second.fields == {"ActivityNote": "flat", "mx_Custom_1": "7", "mx_Set.Status": "Q"}
    assert second.modified_on.startswith("2026-02-02T")
    assert second.lead_id == LEAD


def test_an_odd_list_of_activities() -> None:
    """A list key that holds no list is nothing found, which does not fit a total of one."""
    body = {"RecordCount": 1, "ProspectActivities": {"no": "list"}}
    with pytest.raises(ReadIncompleteError):
        CrmReader(ask_with(lambda request: body)).activities_of_lead(LEAD, "201")


def test_an_id_that_is_none_is_not_asked_about() -> None:
    """Nothing strange gets into an address."""
    reader = CrmReader(ask_with(lambda request: pytest.fail("asked")))
    with pytest.raises(CrmError):
        reader.activities_of_lead("../../x?accessKey=", "201")
    assert reader.find_leads("ProspectID", "nonsense") == []


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-02-01 04:30:00", "2026-02-01T04:30:00.000+00:00"),
        ("2026-02-01 04:30:00.123", "2026-02-01T04:30:00.123+00:00"),
        ("2026-02-01T04:30:00Z", "2026-02-01T04:30:00.000+00:00"),
        ("2/1/2026 4:30:00 PM", "2026-02-01T16:30:00.000+00:00"),
        ("/Date(0)/", "1970-01-01T00:00:00.000+00:00"),
        ("/Date(999999999999999)/", "/Date(999999999999999)/"),
        ("yesterday", "yesterday"),
    ],
)
def test_time_stamps(text: str, iso: str) -> None:
    """Every form of the CRM becomes one; others stay."""
    assert to_iso(text) == iso


def find(field: str, value: str, answers: dict[str, Any]) -> list[str]:
    def answer(request: Request) -> Any:
        return answers.get(request.path.rpartition("/")[2], [])

    return [lead.id for lead in CrmReader(ask_with(answer)).find_leads(field, value)]


def test_leads_are_found_by_each_field() -> None:
    """And an answer that shows another lead than asked for is not believed."""
    flat = {"ProspectID": LEAD, "EmailAddress": "A@b.cc", "Phone": "+91-9000000001", "mx_Roll": "7"}
    pairs = {"LeadPropertyList": [{"Attribute": name, "Value": text} for name, text in flat.items()]}
    assert find("ProspectID", LEAD.upper(), {"Leads.GetById": [flat]}) == [LEAD]
    assert find("EmailAddress", "a@b.cc", {"Leads.GetByEmailaddress": [flat]}) == [LEAD]
    assert find("EmailAddress", "x@b.cc", {"Leads.GetByEmailaddress": [flat]}) == []
    assert find("Phone", "9000000001", {"RetrieveLeadByPhoneNumber": [flat]}) == [LEAD]
    assert find("Phone", "+91-9000000001", {"Leads.Get": [pairs]}) == [LEAD]
    pairs["LeadPropertyList"] += [{"Attribute": ["odd"], "Value": "x"}, {"Value": "x"}]
    assert find("ProspectID", LEAD, {"Leads.GetById": [pairs]}) == [LEAD]
    assert find("Phone", "9000000002", {"RetrieveLeadByPhoneNumber": [flat]}) == []
    assert find("mx_Roll", "7", {"Leads.Get": flat}) == [LEAD]
    assert find("mx_Roll", "7", {"Leads.Get": [{"mx_Roll": "7"}, "odd"]}) == []


def test_many_leads_are_read_by_their_ids() -> None:
    """A thousand in a call; what is not shown, or not answered, is left out."""
    ids = [f"2c1e8f0a-6b1d-4c52-9e8e-{number:012d}" for number in range(1500)]
    sizes = []

    def answer(request: Request) -> Any:
        wanted = request.body["SearchParameters"]["LeadIds"]
        sizes.append(len(wanted))
        return [{"ProspectID": identity.upper(), "CreatedOn": "2026-02-01 04:30:00"} for identity in wanted[:600]]

    found = CrmReader(ask_with(answer)).leads_by_ids([ids[0].upper(), *ids, "nonsense"])
    assert sizes == [1000, 500]
    assert (len(found), found[ids[0]].created_on) == (1100, "2026-02-01T04:30:00.000+00:00")
    refused = CrmReader(lambda request: Reply(500, body={"ExceptionType": "MXx", "ExceptionMessage": "no"}))
    assert refused.leads_by_ids(ids) == {}


@pytest.mark.parametrize(
    ("stored", "value", "expected"),
    [
        ("9812300001", "+91-9812300001", "9812300001"),
        ("09812300001", "+91-9812300001", "09812300001"),
        ("+919812300001", "+91-9812300001", "+919812300001"),
        ("919812300001", "9812300001", "919812300001"),
        ("+91-9812300001", "+91-9812300001", ""),
        ("+1-9812300001", "+91-9812300001", ""),
        ("2300001", "+91-9812300001", ""),
        ("", "+91-9812300001", ""),
    ],
)
def test_the_stored_spelling_of_a_phone(stored: str, value: str, expected: str) -> None:
    """Of the same number only."""
    shown = [{"ProspectID": LEAD, "Phone": stored}]
    answers = {"RetrieveLeadByPhoneNumber": shown}
    reader = CrmReader(ask_with(lambda request: answers.get(request.path.rpartition("/")[2], [])))
    assert reader.stored_phone("Phone", value) == expected


def test_a_refused_question_is_an_error() -> None:
    """Nothing is concluded from it."""
    reader = CrmReader(lambda request: Reply(500, body={"ExceptionType": "MXx", "ExceptionMessage": "no"}))
    with pytest.raises(CrmError, match="no"):
        reader.find_leads("EmailAddress", "a@b.cc")


def test_whose_keys_these_are() -> None:
    """Name, role, tenant, time zone and host; without a tenant it is no answer."""
    body = {"OrgId": "o", "FirstName": "Ann", "LastName": "Bee", "Role": "Admin", "OrgShortCode": "OO",
            "LSQCommonServiceURLs": {"api": "api.x"}}  # fmt: skip
    identity = CrmReader(ask_with(lambda request: body)).read_api_user()
    assert (identity.user_name, identity.org_name, identity.api_host) == ("Ann Bee", "OO", "api.x")
    assert CrmReader(ask_with(lambda request: {"OrgId": "o"})).read_api_user().api_host == ""
    for odd in ([], {"OrgId": ""}):
        with pytest.raises(CrmError):
            CrmReader(ask_with(lambda request, odd=odd: odd)).read_api_user()


def test_metadata() -> None:
    """Fields and types, whatever is missing in them."""
    listed = [{"SchemaName": "mx_A", "DisplayName": "A", "DataType": "Text", "IsMandatory": True, "MaxLength": "50",
               "Options": [{"Value": "x"}, "odd"]}, {"SchemaName": "mx_B", "MaxLength": "many", "Options": None}, {}, "odd"]  # fmt: skip
    first, second = read_lead_fields(ask_with(lambda request: listed))
    assert (first.schema_name, first.mandatory, first.max_length, first.options) == ("mx_A", True, 50, ("x",))
    assert (second.max_length, second.options) == (0, ())
    (kind,) = read_activity_types(ask_with(lambda request: [{"ActivityEvent": 201, "ActivityEventName": "W"}]))
    assert (kind.event, kind.name) == ("201", "W")
    with pytest.raises(CrmError):
        read_lead_fields(ask_with(lambda request: {}))


def test_metadata_of_an_activity_type() -> None:
    """Options stand as JSON inside a text, and what may take other values is known."""
    plan = {"SchemaName": "mx_Custom_1", "DataType": "Dropdown", "MaxFieldLength": 200, "IsReadOnly": True,
            "OptionSet": '[{"Value": "G", "Text": "Gold"}, {"Text": "Silver"}]'}  # fmt: skip
    odd = {"SchemaName": "mx_Custom_2", "OptionSet": "[", "IsMultiSelectDropdown": True}
    others = {"SchemaName": "mx_Custom_3", "OptionSet": [{"Value": "A"}], "StringRenderType": "DropdownWithOthers"}
    asked = []

    def answered(request: Request) -> Any:
        asked.append((request.path.rpartition("/")[2], request.params))
        return {"Fields": [plan, odd, others, "odd"]}

    first, second, third = read_activity_fields(ask_with(answered), "201")
    assert asked == [("GetActivitySetting", {"code": "201"})]
    assert (first.options, first.max_length, first.read_only, first.open_options) == (("G",), 200, True, False)
    assert first.shown_options == (("G", "Gold"),)
    assert (second.options, second.open_options) == ((), True)
    assert third.shown_options == (("A", "A"),)
    assert (third.options, third.open_options) == (("A",), True)
    for body in ([], {}):
        with pytest.raises(CrmError, match="activity type 201"):
            read_activity_fields(ask_with(lambda request, body=body: body), "201")


def test_users() -> None:
    """Their ids under either key, and who is active."""
    listed = [{"ID": "a", "EmailAddress": "ann@example.com", "StatusCode": 0}, {"UserId": "b", "StatusCode": "1"}]
    first, second = read_users(ask_with(lambda request: listed))
    assert (first.id, first.email, first.active) == ("a", "ann@example.com", True)
    assert (second.id, second.email, second.active) == ("b", "", False)


def test_metrics_in_any_spelling() -> None:
    """Keys are read whatever their case; nonsense counts as zero."""
    figures = parse_queue_metrics(
        Reply(200, body={"pendingmessages": 3, "MaxDelayInSeconds": "nan", "ProcessingratePerMinute": "24.8"})
    )
    assert (figures.pending, figures.max_delay_seconds, figures.per_minute) == (3, 0.0, 24.8)
    with pytest.raises(CrmError):
        parse_queue_metrics(Reply(200, body=[]))


@pytest.mark.usefixtures("small_pages")
def test_there_is_an_end_to_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A total that can never be reached does not read for ever."""
    monkeypatch.setattr("importer.leadsquared.reader._MAX_PAGES", 2)
    with pytest.raises(ReadIncompleteError):
        CrmReader(ask_with(paged(50))).activities_of_lead(LEAD, "201")


def test_a_time_with_a_zone_in_the_short_form() -> None:
    """It is as long as the usual form, and is not taken for UTC."""
    assert parse_timestamp("2026-11-20 10+05:30") != parse_timestamp("2026-11-20 10:00:00")
