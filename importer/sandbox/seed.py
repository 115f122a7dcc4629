"""What a new sandbox holds: one tenant, its users, fields and activity types, and 400 leads.

The lead number n (1 to 400) has the id ``uuid5(NAMESPACE_URL, "https://sandbox.example/lead-NNNN")`` with n in four
digits, the e-mail ``leadNNNN@example.com`` and the phone ``+91-`` followed by 9000000000 + n. So sample files can name
leads that exist in every sandbox.
"""

from __future__ import annotations

import uuid
from typing import Any

LEADS = 400
_FIRST = ("Asha", "Vikram", "Meera", "Rohan", "Divya", "Arjun", "Kavya", "Imran", "Nisha", "Dev")
_LAST = ("Rao", "Sharma", "Iyer", "Khan", "Das", "Patel", "Nair", "Singh")


def lead_id(number: int) -> str:
    """The id of the seeded lead with this number."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://sandbox.example/lead-{number:04d}"))


def seed_leads() -> list[dict[str, str]]:
    """The leads that are there from the beginning."""
    return [
        {
            "ProspectID": lead_id(number),
            "FirstName": _FIRST[number % len(_FIRST)],
            "LastName": _LAST[number % len(_LAST)],
            "EmailAddress": f"lead{number:04d}@example.com",
            "Phone": f"+91-{9000000000 + number}",
            "Source": "Website",
            "ProspectStage": "Prospect",
        }
        for number in range(1, LEADS + 1)
    ]


def lead_field(
    name: str, display: str, kind: str = "Text", *, length: int = 200, options: tuple[str, ...] = (), **flags: Any
) -> dict[str, Any]:
    """A lead field in the shape of LeadsMetaData.Get."""
    return {
        "SchemaName": name,
        "DisplayName": display,
        "DataType": kind,
        "RenderTypeTextValue": "Dropdown" if options else kind,
        "IsMandatory": flags.get("mandatory", False),
        "IsLeadIdentifier": flags.get("unique", False),
        "MaxLength": str(length),
        "Options": [{"Value": option} for option in options],
        "LockAfterCreate": flags.get("lock", 0),
        "CreatedOn": "/Date(1735689600000+0000)/",
    }


LEAD_FIELDS = [
    lead_field("ProspectID", "Lead ID", unique=True),
    lead_field("FirstName", "First Name"),
    lead_field("LastName", "Last Name"),
    lead_field("EmailAddress", "Email", "Email", unique=True),
    lead_field("Phone", "Phone Number", "Phone", unique=True, length=50),
    lead_field("Mobile", "Mobile Number", "Phone", length=50),
    lead_field("Company", "Company"),
    lead_field("JobTitle", "Job Title"),
    lead_field("Website", "Website", "Website"),
    lead_field("Source", "Lead Source", "Select", options=("Website", "Event", "Referral", "Advertisement", "Import")),
    lead_field(
        "ProspectStage", "Lead Stage", "Select", options=("Prospect", "Opportunity", "Customer", "Disqualified")
    ),
    lead_field("OwnerId", "Owner"),
    lead_field("Notes", "Notes", length=4000),
    lead_field("mx_Street1", "Street"),
    lead_field("mx_City", "City"),
    lead_field("mx_State", "State"),
    lead_field("mx_Country", "Country"),
    lead_field("mx_Zip", "Postal Code", length=20),
    lead_field("mx_Score", "Score", "Number"),
    lead_field("mx_Birth_Date", "Date of Birth", "Date"),
    lead_field("mx_Newsletter", "Newsletter", "Boolean"),
    lead_field("mx_Course", "Course", "Select", options=("Data Science", "Design", "Finance", "Marketing")),
    lead_field("mx_Import_Key", "Import Key"),
    lead_field("mx_KYC", "KYC", "CustomObject"),
]


def activity_field(
    name: str, display: str, kind: str = "String", *, mandatory: bool = False, options: tuple[str, ...] = ()
) -> dict[str, Any]:
    """An activity field in the shape of GetActivitySetting, with its options as a list."""
    return {
        "SchemaName": name,
        "DisplayName": display,
        "DataType": "Dropdown" if options else kind,
        "IsMandatory": mandatory,
        "MaxFieldLength": 200,
        "options": list(options),
    }


def _custom(*named: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a type: those named, and plain text for the rest of mx_Custom_1 to 12 and 20."""
    known = {field["SchemaName"] for field in named}
    rest = [f"mx_Custom_{number}" for number in (*range(1, 13), 20) if f"mx_Custom_{number}" not in known]
    return [
        activity_field("Status", "Status"),
        activity_field("Owner", "Owner", "ActiveUsers"),
        *named,
        *(activity_field(name, "Import Key" if name.endswith("_20") else name) for name in rest),
    ]


ACTIVITY_TYPES: dict[int, dict[str, Any]] = {
    201: {
        "name": "Webinar attended",
        "fields": _custom(activity_field("mx_Custom_3", "Plan", options=("G", "S", "B"))),
    },
    202: {"name": "Store visit", "fields": _custom(activity_field("mx_Custom_1", "Store", mandatory=True))},
    203: {
        "name": "Call logged",
        "fields": _custom(
            activity_field("mx_Custom_5", "Result", options=("Interested", "Not interested", "Call back"))
        ),
    },
    204: {"name": "Payment", "fields": _custom(activity_field("mx_Custom_10", "Receipt", "CustomObject"))},
}

USERS = [
    {"ID": lead_id(9001), "FirstName": "Sandbox", "LastName": "Administrator", "EmailAddress": "admin@example.com",
     "Role": "Administrator", "StatusCode": 0},
    {"ID": lead_id(9002), "FirstName": "Priya", "LastName": "Menon", "EmailAddress": "priya@example.com",
     "Role": "Sales_User", "StatusCode": 0},
    {"ID": lead_id(9003), "FirstName": "Old", "LastName": "User", "EmailAddress": "old@example.com",
     "Role": "Sales_User", "StatusCode": 1},
]  # fmt: skip
