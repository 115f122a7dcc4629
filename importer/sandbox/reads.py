"""The calls that read back what is there, with the quirks that integrators report."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

from importer.sandbox.checks import GUID
from importer.sandbox.options import Options
from importer.sandbox.seed import ACTIVITY_TYPES, LEAD_FIELDS, USERS
from importer.sandbox.tenant import ApiError, Tenant, now

_MOST_ACTIVITIES = 1000


def _seconds(iso: str) -> str:
    return datetime.fromisoformat(iso).strftime("%Y-%m-%d %H:%M:%S")


def _american(iso: str) -> str:
    moment = datetime.fromisoformat(iso)
    return f"{moment.month}/{moment.day}/{moment.year} {moment.strftime('%I:%M:%S %p').lstrip('0')}"


def _field_text(value: Any) -> Any:
    """Custom field sets come back as JSON inside a text, with keys of the CRM's own."""
    return json.dumps({**value, "ModifiedByName": "Sandbox"}) if isinstance(value, dict) else value


class Reads:
    """The reading operations of one tenant."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self.tenant = tenant
        self.options = options

    def _visible(self, activity: dict[str, Any]) -> bool:
        written = datetime.fromisoformat(activity["ModifiedOn"])
        return now() - written >= timedelta(seconds=self.options.read_lag)

    def activities_of_lead(self, body: Any, params: dict[str, str]) -> Any:
        lead = params.get("leadId", "")
        if not GUID.fullmatch(lead):
            raise ApiError("MXMandatoryAttributeMissingException", "'leadId' is mandatory for this operation.")
        wanted = (body or {}).get("Parameter", {}).get("ActivityEvent")
        paging = (body or {}).get("Paging", {})
        with self.tenant.lock:
            stored = [self.tenant.activities[identity] for identity in self.tenant.by_lead.get(lead.lower(), [])]
        found = [one for one in stored if self._visible(one) and (wanted is None or str(one["event"]) == str(wanted))]
        size = int(paging.get("RowCount", 25))
        page = int(paging.get("Offset", self.options.first_page)) - self.options.first_page
        if size > _MOST_ACTIVITIES:
            raise ApiError("MXInvalidInputException", "Invalid Input! Parameter Name: RowCount")
        shown = [self._of_trail(one) for one in found[max(0, page) * size : (max(0, page) + 1) * size]]
        answer: dict[str, Any] = {"RecordCount": len(found)}
        if shown:
            answer["ProspectActivities"] = shown
        return answer

    def _of_trail(self, one: dict[str, Any]) -> dict[str, Any]:
        fields = {name: _field_text(value) for name, value in one["fields"].items()}
        return {
            "Id": one["Id"],
            "EventCode": one["event"],
            "EventName": ACTIVITY_TYPES[one["event"]]["name"],
            "CreatedOn": _seconds(one["CreatedOn"]),
            "ModifiedOn": _seconds(one["ModifiedOn"]),
            "ActivityType": 2,
            "Type": "Inbound",
            "SessionId": "",
            "RelatedProspectId": one["lead"],
            "Data": [{"Key": "NotableEventDescription", "Value": one["note"]}],
            "ActivityFields": {**fields, "ActivityEvent_Note": one["note"], "CreatedOn": _american(one["CreatedOn"])},
        }

    def activities_of_type(self, body: Any, params: dict[str, str]) -> Any:
        parameter, paging = body.get("Parameter", {}), body.get("Paging", {})
        size, page = int(paging.get("PageSize", 25)), int(paging.get("PageIndex", 1))
        if size > _MOST_ACTIVITIES:
            raise ApiError("MXInvalidInputException", "Invalid Input! Parameter Name: PageSize")
        first = datetime.fromisoformat(parameter["FromDate"] + "+00:00")
        last = datetime.fromisoformat(parameter["ToDate"] + "+00:00")
        with self.tenant.lock:
            stored = list(self.tenant.activities.values())
        found = [
            one
            for one in stored
            if str(one["event"]) == str(parameter.get("ActivityEvent"))
            and first <= datetime.fromisoformat(one["ModifiedOn"]) <= last
            and self._visible(one)
        ]
        found.sort(key=lambda one: str(one["Id"]))
        shown = [
            {
                "ProspectActivityId": one["Id"],
                "RelatedProspectId": one["lead"],
                "ActivityEvent": one["event"],
                "ActivityEvent_Note": one["note"],
                **{name: _field_text(value) for name, value in one["fields"].items()},
                "CreatedOn": _seconds(one["CreatedOn"]),
                "ModifiedOn": one["ModifiedOn"][:23].replace("T", " "),
            }
            for one in found[(page - 1) * size : page * size]
        ]
        return {"RecordCount": len(found), "List": shown} if shown else {"RecordCount": len(found)}

    def activity(self, body: Any, params: dict[str, str]) -> Any:
        found = self.tenant.activities.get(params.get("activityId", ""))
        if found is None:
            raise ApiError("MXUnknownProspectActivityException", "Activity does not exist.")
        return self._of_trail(found)

    def lead_by_email(self, body: Any, params: dict[str, str]) -> Any:
        # A misspelt parameter is not noticed: the answer is an empty list.
        return self._listed(self.tenant.find_lead("EmailAddress", params.get("emailaddress", "")))

    def lead_by_id(self, body: Any, params: dict[str, str]) -> Any:
        return self._listed(self.tenant.find_lead("ProspectID", params.get("id", "")))

    def lead_by_phone(self, body: Any, params: dict[str, str]) -> Any:
        wanted = re.sub(r"[^0-9]", "", params.get("phone", ""))[-10:]
        with self.tenant.lock:
            leads = list(self.tenant.leads.values())
        for lead in leads:
            numbers = [re.sub(r"[^0-9]", "", str(lead.get(name, ""))) for name in ("Phone", "Mobile")]
            if len(wanted) == 10 and any(number.endswith(wanted) for number in numbers):
                return self._listed(lead)
        return []

    def leads(self, body: Any, params: dict[str, str]) -> Any:
        parameter = body.get("Parameter", {}) if isinstance(body, dict) else {}
        name, value = parameter.get("LookupName", ""), str(parameter.get("LookupValue", ""))
        if not any(field["SchemaName"] == name for field in LEAD_FIELDS):
            # Names are case-sensitive here; a wrong one finds nothing and is no error.
            return []
        with self.tenant.lock:
            found = [lead for lead in self.tenant.leads.values() if str(lead.get(name, "")).lower() == value.lower()]
        return [self._shown(lead) for lead in found]

    def _listed(self, lead: dict[str, Any] | None) -> list[dict[str, Any]]:
        return [self._shown(lead)] if lead is not None else []

    def _shown(self, lead: dict[str, Any]) -> dict[str, Any]:
        shown = {name: _field_text(value) for name, value in lead.items()}
        shown["CreatedOn"], shown["ModifiedOn"] = _seconds(lead["CreatedOn"]), _seconds(lead["ModifiedOn"])
        return shown

    def lead_fields(self, body: Any, params: dict[str, str]) -> Any:
        chosen = params.get("schemaName", "")
        listed = [field for field in LEAD_FIELDS if not chosen or field["SchemaName"] == chosen]
        if params.get("excludeOptionSets") == "1":
            listed = [{name: value for name, value in field.items() if name != "Options"} for field in listed]
        return listed

    def activity_types(self, body: Any, params: dict[str, str]) -> Any:
        return [
            {"ActivityEvent": code, "ActivityEventName": kind["name"], "DisplayName": kind["name"], "EventType": 2}
            for code, kind in ACTIVITY_TYPES.items()
        ]

    def activity_setting(self, body: Any, params: dict[str, str]) -> Any:
        code = params.get("code", "")
        kind = ACTIVITY_TYPES.get(int(code)) if code.isdigit() else None
        if kind is None:
            raise ApiError("MXInvalidActivityException", "Event Code is invalid or empty")
        fields = []
        for number, field in enumerate(kind["fields"], start=1):
            options = [{"Text": option, "Value": option, "Order": 1, "IsDefault": False} for option in field["options"]]
            listed = {name: value for name, value in field.items() if name != "options"}
            fields.append({**listed, "Sequence": number, "OptionSet": json.dumps(options) if options else ""})
        return {"ID": code, "Name": kind["name"], "DisplayName": kind["name"], "Fields": fields}

    def users(self, body: Any, params: dict[str, str]) -> Any:
        return USERS

    def who_am_i(self, body: Any, params: dict[str, str]) -> Any:
        user = USERS[0]
        return {
            "Id": user["ID"],
            "Name": f"{user['FirstName']} {user['LastName']}",
            "EmailAddress": user["EmailAddress"],
            "Role": user["Role"],
            "TimeZone": "Asia/Kolkata",
            "OrgId": self.tenant.org_id,
            "OrgShortCode": "SANDBOX",
            "OrgDisplayName": "Sandbox Academy",
            "DefaultCountryCode": "91",
            "LSQCommonServiceURLs": {"api": "", "webapp": ""},
        }
