"""Read back what is in the CRM: activities of a lead, leads by a field, and the user of the API keys.

Quirks that are handled here: pages of 25 unless asked otherwise, a page number called `Offset`, a total that may move
while reading, absent list keys, several time formats, custom field sets as JSON inside a text
(https://apidocs.leadsquared.com/get-activities-of-a-lead/ and what integrators report).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from importer.core.errors import CrmError
from importer.core.model import CallClass, Reply, Request, Verdict, VerdictKind
from importer.leadsquared.interface import ApiUser, CrmActivity, CrmLead
from importer.leadsquared.responses import classify

Query = Callable[[Request], Reply]

_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PAGE_SIZE = 1000
_MAX_PAGES = 100
_MAX_IDS = 1000
_NATIONAL_DIGITS = 8
"""So many digits without a country code are enough to know a number."""
_LONGEST_COUNTRY_CODE = 3
_MAX_READINGS = 3
_UNKNOWN_ACTIVITY = "MXUnknownProspectActivityException"
_RESUME = "Look again later: importer resume"


class ReadIncompleteError(CrmError):
    """A read-back that did not show everything, so that nothing may be concluded from it."""


def api_user_request() -> Request:
    """Return the request for the user of the API keys; the one call that works on the host of any region."""
    return Request("GET", "/Authentication.svc/UserByAccessKey.Get", CallClass.STANDARD)


@dataclass(frozen=True, slots=True)
class WrittenActivity:
    """An activity of a long list, of which only the id was read: most of them turn out to be known by it."""

    id: str
    entry: Mapping[str, Any]

    def parse(self) -> CrmActivity:
        """Return the activity with all that the CRM shows of it."""
        return _activity(self.id, self.entry, "")


class CrmReader:
    """Reads through ``query``, which keeps the limits and repeats a query that was not answered."""

    def __init__(self, query: Query) -> None:
        self._query = query

    def read_api_user(self) -> ApiUser:
        """Read the user of the API keys (https://apidocs.leadsquared.com/user-authentication/).

        Raises :class:`CrmError` when LeadSquared does not say.
        """
        body = self._body(api_user_request())
        if not isinstance(body, Mapping) or not _text(body, "OrgId"):
            raise CrmError(
                "LeadSquared does not say whose keys these are.", "Check the host, then run: importer doctor"
            )
        name = " ".join(filter(None, (_text(body, "FirstName"), _text(body, "LastName"))))
        urls = body.get("LSQCommonServiceURLs")
        return ApiUser(
            user_name=_text(body, "Name") or name or _text(body, "EmailAddress"),
            role=_text(body, "Role"),
            org_id=_text(body, "OrgId"),
            org_name=_text(body, "OrgDisplayName") or _text(body, "OrgShortCode"),
            time_zone=_text(body, "TimeZone"),
            country_code=_text(body, "DefaultCountryCode"),
            api_host=_text(urls, "api") if isinstance(urls, Mapping) else "",
        )

    def activities_of_lead(self, lead_id: str, event: str) -> list[CrmActivity]:
        """Read all activities of one lead, of type ``event`` when that is not empty.

        A reading of several pages ends with the first page once more, because activities that were written meanwhile
        push others to the next page. Raises :class:`ReadIncompleteError` when the pages do not add up to the total that
        LeadSquared names, in three complete readings; :class:`CrmError` when it does not answer.
        """
        if not _GUID.fullmatch(lead_id):
            raise CrmError(f"{lead_id[:60]!r} is not a lead id.", "Correct the id.")
        # A reading counts only if every page named the same total, and as many activities were shown.
        for _ in range(_MAX_READINGS):
            found, totals = self._read_activities(lead_id, event)
            if totals == {len(found)}:
                return list(found.values())
        raise ReadIncompleteError(
            f"LeadSquared showed {len(found)} of {max(totals)} activities of lead {lead_id}.", _RESUME
        )

    def _read_activities(self, lead_id: str, event: str) -> tuple[dict[str, CrmActivity], set[int]]:
        """Return activities by id, and the totals that were named meanwhile."""
        found: dict[str, CrmActivity] = {}
        totals: set[int] = set()

        def read(page: int) -> None:
            body = self._body(_activities_request(lead_id, event, page))
            totals.add(_total(body))
            found.update((identity, _activity(identity, entry, lead_id)) for identity, entry in _entries(body))

        for page in range(_MAX_PAGES):
            before = len(found)
            read(page)
            # Where pages are counted from 1, page 0 is the same as page 1.
            if len(found) >= max(totals) or (len(found) == before and page > 1):
                break
        # Activities written meanwhile are on the first page, and have pushed others to the next one.
        if page:
            read(0)
        return found, totals

    def activities_written(
        self, event: str, first: datetime, last: datetime, most: int
    ) -> list[WrittenActivity] | None:
        """Read the activities of type ``event`` of all leads that were written from ``first`` to ``last`` (UTC).

        Returns ``None`` when there are more than ``most``. Raises as :meth:`activities_of_lead`
        (https://apidocs.leadsquared.com/bulk-retrieve-activities-by-activity-event/).
        """
        for _ in range(_MAX_READINGS):
            found: dict[str, WrittenActivity] = {}
            totals: set[int] = set()
            page, before = 1, -1
            # A page that brings nothing new is the last one, whatever the total says.
            while before < len(found) < max(totals, default=1):
                before = len(found)
                body = self._body(_event_request(event, first, last, page))
                totals.add(_total(body))
                if max(totals) > most:
                    return None
                found.update((identity, WrittenActivity(identity, entry)) for identity, entry in _entries(body))
                page += 1
            if totals == {len(found)}:
                return list(found.values())
        raise ReadIncompleteError(f"LeadSquared showed {len(found)} of {max(totals)} activities.", _RESUME)

    def activity(self, activity_id: str) -> CrmActivity | None:
        """Read one activity (https://apidocs.leadsquared.com/get-activity-details/); ``None`` when there is none.

        Raises :class:`CrmError` when LeadSquared does not answer, or shows another activity.
        """
        path, parameters = "/ProspectActivity.svc/GetActivityDetails", {"activityId": activity_id}
        reply = self._query(Request("GET", path, CallClass.STANDARD, None, parameters))
        verdict = classify(reply, batch_of_one=True)
        if verdict.code == _UNKNOWN_ACTIVITY:
            return None
        body = _accepted_body(reply, verdict)
        identity = _text(body, "Id") or _text(body, "ProspectActivityId")
        if identity.lower() != activity_id.lower():
            raise CrmError(f"LeadSquared does not show activity {activity_id}.", _RESUME)
        return _activity(identity, body, "")

    def find_leads(self, field: str, value: str) -> list[CrmLead]:
        """Find the leads whose ``field`` is ``value``; phones are also searched in LeadSquared's other spellings.

        Raises :class:`CrmError` when LeadSquared does not answer.
        """
        found: dict[str, CrmLead] = {}
        for request in _lead_requests(field, value):
            found |= {lead.id.lower(): lead for lead in self._leads(request) if _has_value(lead, field, value)}
            if found:
                break
        return list(found.values())

    def stored_phone(self, field: str, value: str) -> str:
        """Find out in which other spelling LeadSquared holds the phone ``value`` in ``field``.

        Empty when no lead has the number, or one has it just as it is written. Raises :class:`CrmError` when
        LeadSquared does not answer.
        """
        by_number, *_, by_text = _lead_requests(field, value)
        own = [lead.fields.get(field, "") for lead in self._leads(by_number)]
        others = [text for text in own if text and _same_number(text, value)]
        if not others or any(text.strip() == value.strip() for text in others):
            return ""
        # The look-up shows one lead of several: another one may have the text just as it is.
        exact = any(lead.fields.get(field, "").strip() == value.strip() for lead in self._leads(by_text))
        return "" if exact else others[0].strip()

    def leads_by_ids(self, ids: Sequence[str]) -> dict[str, CrmLead]:
        """Read the times of leads (https://apidocs.leadsquared.com/get-leads-in-bulk-by-ids/), by id in small letters.

        A lead that LeadSquared does not show, or does not answer about, is left out.
        """
        wanted = list(dict.fromkeys(identity.lower() for identity in ids if _GUID.fullmatch(identity)))
        found: dict[str, CrmLead] = {}
        for start in range(0, len(wanted), _MAX_IDS):
            with suppress(CrmError):
                body = self._body(_leads_request(wanted[start : start + _MAX_IDS]))
                for lead in filter(None, map(_lead, body if isinstance(body, list) else [])):
                    found[lead.id.lower()] = lead
        return {identity: found[identity] for identity in wanted if identity in found}

    def _leads(self, request: Request) -> list[CrmLead]:
        body = self._body(request)
        return [lead for lead in map(_lead, body if isinstance(body, list) else [body]) if lead is not None]

    def _body(self, request: Request) -> Any:
        reply = self._query(request)
        return _accepted_body(reply, classify(reply, batch_of_one=True))


def _accepted_body(reply: Reply, verdict: Verdict) -> Any:
    if verdict.kind is not VerdictKind.APPLIED:
        raise CrmError(f"LeadSquared refused a question: {verdict.message}", "Run: importer doctor")
    return reply.body


def _activities_request(lead_id: str, event: str, page: int) -> Request:
    parameter = {"ActivityEvent": int(event)} if _is_code(event) else {}
    body = {"Parameter": parameter, "Paging": {"Offset": str(page), "RowCount": str(_PAGE_SIZE)}}
    return Request("POST", "/ProspectActivity.svc/Retrieve", CallClass.STANDARD, body, {"leadId": lead_id})


def _is_code(event: str) -> bool:
    return event.isascii() and event.isdigit() and len(event) < 10


def _event_request(event: str, first: datetime, last: datetime, page: int) -> Request:
    parameter = {"FromDate": f"{first:%Y-%m-%d %H:%M:%S}", "ToDate": f"{last:%Y-%m-%d %H:%M:%S}"}
    body = {
        "Parameter": {**parameter, "ActivityEvent": int(event) if _is_code(event) else event},
        "Paging": {"PageIndex": page, "PageSize": _PAGE_SIZE},
        # Rows of one second change places between pages, so they are sorted by what tells them apart.
        "Sorting": {"ColumnName": "ProspectActivityId", "Direction": 1},
    }
    path = "/ProspectActivity.svc/CustomActivity/RetrieveByActivityEvent"
    return Request("POST", path, CallClass.STANDARD, body)


def _total(body: Any) -> int:
    total = body.get("RecordCount") if isinstance(body, Mapping) else None
    if isinstance(total, str) and total.isascii() and total.isdigit() and len(total) < 10:
        return int(total)
    if isinstance(total, bool) or not isinstance(total, int) or total < 0:
        raise ReadIncompleteError("LeadSquared does not say how many activities the lead has.", _RESUME)
    return total


def _entries(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the activities of an answer with their ids."""
    entries = body.get("ProspectActivities") or body.get("List") or []
    for entry in entries if isinstance(entries, list) else []:
        identity = _text(entry, "Id") or _text(entry, "ProspectActivityId")
        if identity:
            yield identity, entry


def _activity(identity: str, entry: Mapping[str, Any], lead_id: str) -> CrmActivity:
    return CrmActivity(
        id=identity,
        lead_id=_text(entry, "RelatedProspectId") or lead_id,
        event=_text(entry, "EventCode") or _text(entry, "ActivityEvent"),
        created_on=to_iso(_text(entry, "CreatedOn")),
        modified_on=to_iso(_text(entry, "ModifiedOn")),
        fields=dict(_fields(entry)),
    )


_CANONICAL_NAMES: dict[str, str] = {
    "ActivityEvent_Note": "ActivityNote",
    "NotableEventDescription": "ActivityNote",
    "Note": "ActivityNote",
}


def _fields(entry: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield field names and texts, whether they are flat or below `Data`, `ActivityFields` or `Fields`."""
    for name, value in entry.items():
        if name.startswith("mx_") or name in _CANONICAL_NAMES or name in ("Status", "Owner", "ActivityNote"):
            yield from _flat(_CANONICAL_NAMES.get(name, name), value)
    for part, key in (("Data", "Key"), ("Fields", "SchemaName")):
        pairs = entry.get(part)
        for pair in pairs if isinstance(pairs, list) else []:
            name = _text(pair, key)
            if name:
                yield from _flat(_CANONICAL_NAMES.get(name, name), pair.get("Value"))
    fields = entry.get("ActivityFields")
    for key, value in fields.items() if isinstance(fields, Mapping) else ():
        yield from _flat(_CANONICAL_NAMES.get(str(key), str(key)), value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield a field, or the fields of a custom field set, which is read back as JSON inside a text."""
    table = value
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            table = json.loads(value)
        except (ValueError, RecursionError):
            table = value
    if isinstance(table, Mapping):
        for inner, text in table.items():
            if text is not None:
                yield f"{name}.{inner}", str(text)
    elif value is not None:
        yield name, str(value)


def _leads_request(ids: Sequence[str]) -> Request:
    body = {
        "SearchParameters": {"LeadIds": list(ids)},
        "Columns": {"Include_CSV": "ProspectID,CreatedOn,ModifiedOn"},
        "Paging": {"PageIndex": 1, "PageSize": len(ids)},
    }
    return Request("POST", "/LeadManagement.svc/Leads/Retrieve/ByIds", CallClass.STANDARD, body)


def _lead_requests(field: str, value: str) -> Iterator[Request]:
    kind = CallClass.STANDARD
    service = "/LeadManagement.svc"
    if field == "ProspectID":
        if _GUID.fullmatch(value):
            yield Request("GET", f"{service}/Leads.GetById", kind, None, {"id": value})
        return
    if field == "EmailAddress":
        yield Request("GET", f"{service}/Leads.GetByEmailaddress", kind, None, {"emailaddress": value})
        return
    if field in ("Phone", "Mobile"):
        for spelling in dict.fromkeys((re.sub(r"[^0-9]", "", value), value)):
            yield Request("GET", f"{service}/RetrieveLeadByPhoneNumber", kind, None, {"phone": spelling})
    body = {
        "Parameter": {"LookupName": field, "LookupValue": value, "SqlOperator": "="},
        "Columns": {"Include_CSV": f"ProspectID,CreatedOn,{field}"},
        "Sorting": {"ColumnName": "ProspectID", "Direction": "0"},
        "Paging": {"PageIndex": 1, "PageSize": 100},
    }
    yield Request("POST", f"{service}/Leads.Get", kind, body)


def _lead(entry: Any) -> CrmLead | None:
    if not isinstance(entry, Mapping):
        return None
    pairs = entry.get("LeadPropertyList")
    if isinstance(pairs, list):
        entry = {_text(pair, "Attribute"): pair.get("Value") for pair in pairs if isinstance(pair, Mapping)}
    identity = _text(entry, "ProspectID") or _text(entry, "ProspectId")
    if not identity:
        return None
    fields = {str(name): str(text) for name, text in entry.items() if text is not None}
    return CrmLead(identity, to_iso(_text(entry, "CreatedOn")), fields)


def _has_value(lead: CrmLead, field: str, value: str) -> bool:
    """Return whether the lead really has the value: for a misspelt query LeadSquared shows all leads, or others."""
    if field == "ProspectID":
        return lead.id.lower() == value.lower()
    if field in ("Phone", "Mobile"):
        wanted = re.sub(r"[^0-9]", "", value)
        shown = [re.sub(r"[^0-9]", "", lead.fields.get(name, "")) for name in ("Phone", "Mobile")]
        return any(digits and (digits.endswith(wanted[-10:]) and wanted.endswith(digits[-10:])) for digits in shown)
    return lead.fields.get(field, "").strip().casefold() == value.strip().casefold()


def _same_number(one: str, other: str) -> bool:
    """Return whether two texts spell one number; one without a country code may be of any country."""
    whole, others = (re.sub(r"[^0-9]", "", text).lstrip("0") for text in (one, other))
    if whole == others:
        return True
    if one.strip().startswith("+") and other.strip().startswith("+"):
        return False
    longer, shorter = sorted((whole, others), key=len, reverse=True)
    code = len(longer) - len(shorter)
    return len(shorter) >= _NATIONAL_DIGITS and code <= _LONGEST_COUNTRY_CODE and longer.endswith(shorter)


def _text(entry: Any, name: str) -> str:
    value = entry.get(name) if isinstance(entry, Mapping) else None
    return "" if value is None or isinstance(value, (dict, list)) else str(value).strip()


_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M:%S.%f%z",
)
_TICKS = re.compile(r"/Date\((-?[0-9]{1,15})(?:[+-][0-9]{4})?\)/")
_BEYOND_MICROSECONDS = re.compile(r"(\.[0-9]{6})[0-9]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_timestamp(text: str) -> datetime | None:
    """Parse a time stamp of LeadSquared in any of its formats into UTC; ``None`` for other texts."""
    plain = _BEYOND_MICROSECONDS.sub(r"\1", text.strip()).removesuffix("Z").removesuffix("+00:00")
    ticks = _TICKS.fullmatch(plain)
    if ticks:
        try:
            return _EPOCH + timedelta(milliseconds=int(ticks[1]))
        except OverflowError:
            return None
    # The form of most answers, read a thousand at a time, without the many steps of the others.
    if len(plain) == 19 and plain[10] == " ":
        with suppress(ValueError):
            moment = datetime.fromisoformat(plain)
            if moment.tzinfo is None:
                return moment.replace(tzinfo=UTC)
    for each in _FORMATS:
        with suppress(ValueError, OverflowError):
            if each.endswith("%z"):
                return datetime.strptime(plain, each).astimezone(UTC)
            return datetime.strptime(plain, each).replace(tzinfo=UTC)
    return None


def to_iso(text: str) -> str:
    """Return the time stamp as ISO text in UTC, to the millisecond; unchanged when its format is not known."""
    moment = parse_timestamp(text)
    return moment.isoformat(timespec="milliseconds") if moment else text
