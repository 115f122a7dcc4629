"""What the page at `/` shows."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import islice
from typing import Any

from importer.sandbox.crm import Crm
from importer.sandbox.fields import ACTIVITY_TYPES, event_name
from importer.sandbox.forms import whole_seconds
from importer.sandbox.options import Options

_NEWEST = 50


def shown(crm: Crm) -> dict[str, Any]:
    """The words and numbers of the page. No key is among them."""
    tenant = crm.tenant
    with tenant.lock:
        newest = list(islice(reversed(tenant.activities.values()), _NEWEST))
        leads = {one["lead"]: tenant.leads.get(one["lead"].lower(), {}) for one in newest}
        types = [(code, event_name(code), len(found)) for code, found in sorted(tenant.by_event.items())]
        numbers = {
            "leads": len(tenant.leads),
            "activities": len(tenant.activities),
            "in the queue": len(tenant.waiting),
        }
    usual = asdict(Options())
    states = Counter(task["state"] for task in tenant.queue.copy().values())
    return {
        "org_id": tenant.org_id,
        "numbers": {
            **numbers,
            "calls": sum(crm.limits.calls.values()),
            "refused as too many": sum(crm.limits.refusals.values()),
        },
        "types": types or [(code, kind.name, 0) for code, kind in ACTIVITY_TYPES.items()],
        "states": sorted(states.items()),
        "activities": [_activity(one, leads[one["lead"]]) for one in newest],
        "calls": crm.journal.entries(_NEWEST)[::-1],
        "faults": crm.faults.waiting(),
        "options": [(name, value, value != usual[name]) for name, value in asdict(crm.options).items()],
    }


def _activity(activity: dict[str, Any], lead: dict[str, Any]) -> dict[str, Any]:
    names = " ".join(filter(None, (lead.get("FirstName"), lead.get("LastName"))))
    return {
        "written": whole_seconds(activity["ModifiedOn"]),
        "happened": whole_seconds(activity["CreatedOn"]),
        "type": event_name(activity["event"]),
        "lead": names or lead.get("EmailAddress") or activity["lead"],
        "email": lead.get("EmailAddress") or "",
        "note": activity["note"],
        "fields": activity["fields"],
    }
