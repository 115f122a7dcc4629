"""Every call that the sandbox knows: its name here, its method and path, its class, and what it does."""

from __future__ import annotations

from dataclasses import dataclass

from importer.sandbox import activity_calls, activity_reads, async_queue, lead_calls, lead_reads, metadata
from importer.sandbox.call import Operation

_LEAD = "/v2/LeadManagement.svc"
_ACTIVITY = "/v2/ProspectActivity.svc"


@dataclass(frozen=True, slots=True)
class Route:
    """One call. ``kind`` is the class whose limit it uses up; ``needs_pair`` whether the key pair has to be shown."""

    name: str
    method: str
    path: str
    operation: Operation
    kind: str = "standard"
    writes: bool = False
    needs_pair: bool = True

    def fits(self, on: str) -> bool:
        """Whether ``on`` means this call: begins its name, is its class, ``writes`` or ``reads``, or is in its path."""
        word = "writes" if self.writes else "reads"
        return self.name.startswith(on) or on in (self.kind, word) or ("/" in on and on in self.path)


def _write(name: str, path: str, operation: Operation, kind: str = "standard") -> Route:
    return Route(name, "POST", path, operation, kind, writes=True)


ROUTES = (
    _write(
        "bulk-activities-by-lead-id",
        f"{_ACTIVITY}/Bulk/CustomActivity/Add/ByLeadId",
        activity_calls.bulk_by_lead_id,
        "bulk",
    ),
    _write(
        "bulk-activities-by-lead-field",
        f"{_ACTIVITY}/Bulk/CustomActivity/Add/ByLeadField",
        activity_calls.bulk_by_lead_field,
        "bulk",
    ),
    _write("update-activities", f"{_ACTIVITY}/Bulk/CustomActivity/Update", activity_calls.bulk_update, "bulk"),
    _write("activity", f"{_ACTIVITY}/Create", activity_calls.post),
    _write("lead-and-activity", f"{_ACTIVITY}/CreateCustom", activity_calls.lead_and_activity),
    _write("create-lead", f"{_LEAD}/Lead.Create", lead_calls.create),
    _write("capture-lead", f"{_LEAD}/Lead.Capture", lead_calls.capture),
    _write("upsert-lead", f"{_LEAD}/Lead.CreateOrUpdate", lead_calls.create_or_update),
    _write("bulk-upsert-leads", f"{_LEAD}/Lead/Bulk/CreateOrUpdate", lead_calls.bulk_create_or_update, "bulk"),
    _write("async-capture-lead", "/lead/capture", async_queue.submit_lead, "async"),
    _write("async-lead-and-activity", "/activity/createcustom", async_queue.submit_activity, "async"),
    Route("status-capture-lead", "GET", "/lead/status", async_queue.status, "async", needs_pair=False),
    Route(
        "status-lead-and-activity",
        "GET",
        "/activity/createcustom/status",
        async_queue.status,
        "async",
        needs_pair=False,
    ),
    Route("metrics-capture-lead", "GET", "/lead/metrics", async_queue.lead_metrics, "async", needs_pair=False),
    Route(
        "metrics-lead-and-activity",
        "GET",
        "/activity/createcustom/metrics",
        async_queue.activity_metrics,
        "async",
        needs_pair=False,
    ),
    Route("activities-of-lead", "POST", f"{_ACTIVITY}/Retrieve", activity_reads.trail),
    Route(
        "activities-by-event", "POST", f"{_ACTIVITY}/CustomActivity/RetrieveByActivityEvent", activity_reads.by_event
    ),
    Route("activity-details", "GET", f"{_ACTIVITY}/GetActivityDetails", activity_reads.details),
    Route("activity-types", "GET", f"{_ACTIVITY}/ActivityTypes.Get", metadata.activity_types),
    Route("activity-setting", "GET", f"{_ACTIVITY}/CustomActivity/GetActivitySetting", metadata.activity_setting),
    Route("lead-by-email", "GET", f"{_LEAD}/Leads.GetByEmailaddress", lead_reads.by_email),
    Route("lead-by-phone", "GET", f"{_LEAD}/RetrieveLeadByPhoneNumber", lead_reads.by_phone),
    Route("lead-by-id", "GET", f"{_LEAD}/Leads.GetById", lead_reads.by_id),
    Route("lead-search", "POST", f"{_LEAD}/Leads.Get", lead_reads.search),
    Route("leads-by-ids", "POST", f"{_LEAD}/Leads/Retrieve/ByIds", lead_reads.by_ids),
    Route("lead-fields", "GET", f"{_LEAD}/LeadsMetaData.Get", metadata.lead_fields),
    Route("users", "GET", "/v2/UserManagement.svc/Users.Get", metadata.users),
    Route("who-am-i", "GET", "/v2/Authentication.svc/UserByAccessKey.Get", metadata.who_am_i),
)
BY_PATH = {route.path: route for route in ROUTES}
