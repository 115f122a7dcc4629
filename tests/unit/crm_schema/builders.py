"""A small account, and what comparing a mapping with it finds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from importer.crm_schema.checks.compare import compare
from importer.crm_schema.checks.findings import CallTraits, Findings
from importer.crm_schema.model import ActivityType, CrmUser, FieldFacts, Metadata
from importer.mapping.loader import parse_mapping
from importer.transforms import TRANSFORMS

ACTIVITIES = CallTraits(
    ("RelatedProspectId", "ActivityEvent", "ActivityNote", "ActivityDateTime", "ActivityOwnerEmail"), False, False
)
NEW_LEADS = CallTraits((), creates=True, updates=False)
UPSERTS = CallTraits((), creates=True, updates=True)

LEAD_FIELDS = (
    FieldFacts("FirstName", "First Name", "Text", max_length=10),
    FieldFacts("EmailAddress", "Email", "Email", max_length=200),
    FieldFacts("Phone", "Phone Number", "Phone", max_length=10, locked=True),
    FieldFacts("OwnerId", "Owner", "ActiveUsers"),
    FieldFacts("ProspectAutoId", "Lead Number", "Text", read_only=True),
    FieldFacts("Source", "Lead Source", "Select", options=("Website", "Event", "Import")),
    FieldFacts("mx_City", "City", "Text", max_length=100),
    FieldFacts("mx_Home_Town", "Town of birth", "Text", max_length=100),
    FieldFacts("mx_Score", "Score", "Number"),
    FieldFacts("mx_Birth_Date", "Date of Birth", "Date", "Date"),
    FieldFacts("mx_Seen", "Seen", "Date", "DateTime"),
    FieldFacts("mx_News", "Newsletter", "Boolean"),
    FieldFacts("mx_Tags", "Tags", "Select", options=("a", "b"), open_options=True),
    FieldFacts("mx_Unlisted", "Unlisted", "Select"),
    FieldFacts("mx_KYC", "KYC", "CustomObject"),
    FieldFacts("mx_Odd", "Odd", "Hologram"),
    FieldFacts("mx_Key", "Key", "Text", max_length=12),
)
WEBINAR = ActivityType(
    "201",
    "Webinar attended",
    (
        FieldFacts("mx_Custom_1", "Webinar", "String", max_length=20, mandatory=True),
        FieldFacts("mx_Custom_2", "Score", "Number"),
        FieldFacts("mx_Custom_3", "Plan", "Dropdown", options=("G", "S")),
        FieldFacts("mx_Custom_20", "Import Key", "String", max_length=200),
        FieldFacts("Status", "Status", "Dropdown", options=("Active",), mandatory=True),
    ),
)
VISIT = ActivityType("202", "Store visit", (FieldFacts("mx_Custom_1", "Store", "String"),))
UNREAD = ActivityType("203", "Call logged")
USERS = (CrmUser("id-ann", "ann@example.com", active=True), CrmUser("id-omar", "omar@example.com", active=False))
ACCOUNT = Metadata(
    "test",
    "https://api.leadsquared.com",
    "org",
    datetime(2026, 11, 20, tzinfo=UTC),
    LEAD_FIELDS,
    (WEBINAR, VISIT, UNREAD),
    USERS,
)


def found(text: str, call: CallTraits, account: Metadata = ACCOUNT) -> Findings:
    """What is found in a mapping of which the target accepts everything."""
    loaded = parse_mapping(
        text, Path("webinar.yaml"), targets=("any",), transforms=TRANSFORMS, check_target=lambda mapping: []
    )
    return compare(loaded, account, call)


def leads(rules: str, call: CallTraits = UPSERTS, account: Metadata = ACCOUNT, more: str = "") -> Findings:
    """What is found in a mapping with these rules below `lead:`, which begin in line 3."""
    return found(f"target: any\nlead:\n{_indented(rules)}{more}", call, account)


def activities(rules: str, event: str = "{value: 201}", account: Metadata = ACCOUNT, more: str = "") -> Findings:
    """What is found in a mapping with these rules below `activity:`, which begin in line 4."""
    text = f"target: any\nactivity:\n  ActivityEvent: {event}\n{_indented(rules)}{more}"
    return found(text, ACTIVITIES, account)


def _indented(rules: str) -> str:
    return "".join(f"  {line}\n" for line in rules.splitlines())


def problems(findings: Findings) -> list[str]:
    """What is certain to fail, as people read it."""
    return [str(problem) for problem in findings.problems]


def warnings(findings: Findings) -> list[str]:
    """What may fail, as people read it."""
    return [str(warning) for warning in findings.warnings]
