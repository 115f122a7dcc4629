"""The calls that describe the account: who asks, its lead fields, its activity types, its users."""

from __future__ import annotations

from typing import Any

from importer.sandbox.activity_reads import options_text
from importer.sandbox.call import Request
from importer.sandbox.fields import ACTIVITY_TYPES, LEAD_FIELDS, USERS, Field, seeded_id
from importer.sandbox.forms import asp_net
from importer.sandbox.lead_rules import mandatory_fields
from importer.sandbox.options import Options
from importer.sandbox.refusals import unknown_event
from importer.sandbox.seed import SEEDED_AT
from importer.sandbox.tenant import Tenant


def who_am_i(tenant: Tenant, options: Options, request: Request) -> Any:
    """UserByAccessKey.Get."""
    user = USERS[0]
    return {
        "Id": user["ID"],
        "Name": f"{user['FirstName']} {user['LastName']}",
        "EmailAddress": user["EmailAddress"],
        "Role": user["Role"],
        "TimeZone": options.time_zone,
        "OrgId": tenant.org_id,
        "OrgShortCode": "SANDBOX",
        "OrgDisplayName": "Sandbox Academy",
        "DefaultCountryCode": options.country_code,
        "UserType": 0,
        "LSQCommonServiceURLs": {"api": request.host, "webapp": request.host},
        "MobileServiceURLs": {"files": request.host},
    }


def lead_fields(tenant: Tenant, options: Options, request: Request) -> Any:
    """LeadsMetaData.Get, all fields or the one of ``schemaName``."""
    wanted = request.parameter("schemaName")
    with_options = request.parameter("excludeOptionSets") != "1"
    must, locked = mandatory_fields(options), _named(options.locked_lead_fields)
    fields = [field for field in LEAD_FIELDS if not wanted or field.name == wanted]
    return [
        _lead_field(field, mandatory=field.name in must, locked=field.name in locked, with_options=with_options)
        for field in fields
    ]


def _named(listed: str) -> set[str]:
    return {name.strip() for name in listed.split(",")}


def _lead_field(field: Field, *, mandatory: bool, locked: bool, with_options: bool) -> dict[str, Any]:
    number, name = field.render
    shown = {
        "SchemaName": field.name,
        "DisplayName": field.display,
        # Date and time of day are told from a date by how they are rendered, not by their type.
        "DataType": "Date" if field.kind == "DateTime" else field.kind,
        "RenderType": number,
        "RenderTypeTextValue": name,
        "IsMandatory": mandatory,
        "MaxLength": str(field.length),
        "RangeMin": None,
        "DefaultValue": None,
        "AllowMultiple": False,
        "IsVisible": True,
        "IsSearchable": field.unique,
        "ShowInImport": True,
        "IsLeadIdentifier": field.unique,
        "LockAfterCreate": int(locked),
        "EntityAttributeId": seeded_id(f"field-{field.name}"),
        "CreatedOn": asp_net(SEEDED_AT),
        "ModifiedOn": asp_net(SEEDED_AT),
    }
    if with_options:
        shown["Options"] = [{"Value": value} for value in field.values]
    return shown


def activity_types(tenant: Tenant, options: Options, request: Request) -> Any:
    """ActivityTypes.Get."""
    return [
        {
            "ID": seeded_id(f"type-{kind.code}"),
            "ActivityEvent": kind.code,
            "ActivityEventName": kind.name,
            "DisplayName": kind.name,
            "EventType": 2,
        }
        for kind in ACTIVITY_TYPES.values()
    ]


def activity_setting(tenant: Tenant, options: Options, request: Request) -> Any:
    """GetActivitySetting: the fields of one type."""
    code = request.parameter("code")
    kind = ACTIVITY_TYPES.get(int(code)) if code.isdigit() else None
    if kind is None:
        raise unknown_event()
    return {
        "ID": seeded_id(f"type-{kind.code}"),
        "Name": kind.name,
        "DisplayName": kind.name,
        "Fields": [
            _activity_field(field, order, read_only=field.name in _named(options.read_only_fields))
            for order, field in enumerate(kind.fields, start=1)
        ],
    }


def _activity_field(field: Field, order: int, *, read_only: bool) -> dict[str, Any]:
    number, name = field.render
    return {
        "SchemaName": field.name,
        "DisplayName": field.display,
        "Value": None,
        "DataType": field.kind,
        "IsMandatory": field.mandatory,
        "ShowInForm": True,
        "Sequence": order,
        "OptionSet": options_text(field),
        "RenderType": number,
        "StringRenderType": name,
        "IsReadOnly": read_only,
        "IsMultiSelectDropdown": False,
        "BehaviorOnMissingDropdownOption": 0,
        "MaxFieldLength": field.length,
    }


def users(tenant: Tenant, options: Options, request: Request) -> Any:
    """Users.Get. The id's key is ``ID``."""
    return list(USERS)
