"""What the sandbox's account is made of: its lead fields, activity types and users."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

_RENDER = {
    "Text": (1, "Textbox"),
    "Number": (1, "Textbox"),
    "Email": (5, "Email"),
    "Phone": (6, "Phone"),
    "Website": (7, "URL"),
    "Date": (8, "Date"),
    "DateTime": (9, "DateTime"),
    "Boolean": (12, "CheckBox"),
    "Select": (13, "Dropdown"),
    "ActiveUsers": (13, "Dropdown"),
    "CustomObject": (20, "CustomObject"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a lead or of an activity type. ``options`` are pairs of value and shown text."""

    name: str
    display: str
    kind: str = "Text"
    length: int = 200
    options: tuple[tuple[str, str], ...] = ()
    mandatory: bool = False
    unique: bool = False
    parts: tuple[str, ...] = field(default=())

    @property
    def values(self) -> tuple[str, ...]:
        """The values that a dropdown takes."""
        return tuple(value for value, _ in self.options)

    @property
    def render(self) -> tuple[int, str]:
        """Number and name of how the field is shown."""
        return _RENDER.get(self.kind, _RENDER["Text"])


def _same(*options: str) -> tuple[tuple[str, str], ...]:
    return tuple((option, option) for option in options)


_SET_PARTS = ("Status", *(f"mx_CustomObject_{number}" for number in range(1, 6)))

LEAD_FIELDS = (
    Field("ProspectID", "Lead ID", length=36, unique=True),
    Field("ProspectAutoId", "Lead Number", length=20),
    Field("FirstName", "First Name", length=100),
    Field("LastName", "Last Name", length=100),
    Field("EmailAddress", "Email", "Email", unique=True),
    Field("Phone", "Phone Number", "Phone", length=50, unique=True),
    Field("Mobile", "Mobile Number", "Phone", length=50),
    Field("Company", "Company"),
    Field("JobTitle", "Job Title", length=100),
    Field("Website", "Website", "Website"),
    Field("Source", "Lead Source", "Select", options=_same("Website", "Event", "Referral", "Advertisement", "Import")),
    Field(
        "ProspectStage",
        "Lead Stage",
        "Select",
        options=_same("Prospect", "Opportunity", "Customer", "Disqualified"),
    ),
    Field("OwnerId", "Owner", "ActiveUsers", length=36),
    Field("Notes", "Notes", length=4000),
    Field("mx_Street1", "Street"),
    Field("mx_City", "City", length=100),
    Field("mx_State", "State", length=100),
    Field("mx_Country", "Country", length=100),
    Field("mx_Zip", "Postal Code", length=20),
    Field("mx_Score", "Score", "Number", length=20),
    Field("mx_Birth_Date", "Date of Birth", "Date", length=30),
    Field("mx_First_Contact", "First Contact", "DateTime", length=30),
    Field("mx_Newsletter", "Newsletter", "Boolean", length=5),
    Field("mx_Course", "Course", "Select", options=_same("Data Science", "Design", "Finance", "Marketing")),
    Field("mx_Plan", "Plan", "Select", options=(("G", "Gold"), ("S", "Silver"), ("B", "Bronze"))),
    Field("mx_Student_Number", "Student Number", length=20, unique=True),
    Field("mx_Import_Key", "Import Key"),
    Field("mx_KYC", "KYC", "CustomObject", parts=_SET_PARTS),
)
LEAD_FIELD = {one.name: one for one in LEAD_FIELDS}
UNIQUE = tuple(one.name for one in LEAD_FIELDS if one.unique and one.name != "ProspectID")
"""The fields in which no two leads may have the same value."""


@dataclass(frozen=True, slots=True)
class ActivityType:
    """A type of activity: its event code, its name and its fields."""

    code: int
    name: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field with this schema name."""
        return next((one for one in self.fields if one.name == name), None)


def _type(code: int, name: str, *named: Field) -> ActivityType:
    """A type with the fields named, plain text for the rest of mx_Custom_1 to 12, and the import key."""
    given = {one.name: one for one in named}
    rest = [f"mx_Custom_{number}" for number in range(1, 13)]
    fields = (
        Field("Status", "Status", "Dropdown", options=_same("Active", "Completed", "Cancelled")),
        Field("Owner", "Owner", "ActiveUsers", 36),
        *(given.get(one, Field(one, f"Detail {one.rpartition('_')[2]}", "String")) for one in rest),
        Field("mx_Custom_20", "Import Key", "String"),
    )
    return ActivityType(code, name, fields)


CAPTURE_EVENT = 23
ACTIVITY_TYPES = {
    one.code: one
    for one in (
        _type(
            201,
            "Webinar attended",
            Field("mx_Custom_1", "Webinar", "String"),
            Field("mx_Custom_2", "Score", "Number"),
            Field("mx_Custom_3", "Plan", "Dropdown", options=(("G", "Gold"), ("S", "Silver"), ("B", "Bronze"))),
            Field("mx_Custom_4", "City", "String"),
            Field("mx_Custom_5", "Feedback", "String"),
            Field("mx_Custom_6", "Certificate", "String"),
            Field("mx_Custom_7", "Ticket", "String"),
            Field("mx_Custom_8", "Joined on", "DateTime"),
        ),
        _type(
            202,
            "Store visit",
            Field("mx_Custom_1", "Store", "String", mandatory=True),
            Field("mx_Custom_2", "Amount", "Number"),
            Field("mx_Custom_3", "Items", "Number"),
            Field("mx_Custom_4", "Paid by", "Dropdown", options=_same("Cash", "Card", "UPI")),
        ),
        _type(
            203,
            "Call logged",
            Field("mx_Custom_1", "Subject", "String"),
            Field("mx_Custom_2", "Remark", "String"),
            Field("mx_Custom_5", "Outcome", "Dropdown", options=_same("Interested", "Not interested", "Call back")),
            Field("mx_Custom_8", "Follow-up on", "DateTime"),
        ),
        _type(
            204,
            "Payment",
            Field("mx_Custom_1", "Amount", "Number"),
            Field("mx_Custom_2", "Mode", "Dropdown", options=_same("UPI", "Card", "NEFT", "Cash")),
            Field("mx_Custom_10", "Receipt", "CustomObject", parts=_SET_PARTS),
        ),
    )
}


def event_name(code: int) -> str:
    """The name of an activity type, of the CRM's own ones, too."""
    known = ACTIVITY_TYPES.get(code)
    return known.name if known else "Lead Capture"


def seeded_id(name: str) -> str:
    """The id of what every sandbox has from the beginning, by its name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://sandbox.example/{name}"))


def _user(name: str, first: str, last: str, role: str, status: int) -> dict[str, object]:
    return {
        "ID": seeded_id(f"user-{name}"),
        "FirstName": first,
        "LastName": last,
        "EmailAddress": f"{name}@example.com",
        "Role": role,
        "StatusCode": status,
        "MemberOfGroups": "",
        "Tag": "",
        "IsPhoneCallAgent": False,
    }


USERS = (
    _user("admin", "Sandbox", "Administrator", "Administrator", 0),
    _user("priya", "Priya", "Menon", "Sales_User", 0),
    _user("sanjay", "Sanjay", "Kulkarni", "Sales_Manager", 0),
    _user("old", "Omar", "Leaver", "Sales_User", 1),
)
ACTIVE_EMAILS = frozenset(str(user["EmailAddress"]).lower() for user in USERS if user["StatusCode"] == 0)
ACTIVE_IDS = frozenset(str(user["ID"]).lower() for user in USERS if user["StatusCode"] == 0)
