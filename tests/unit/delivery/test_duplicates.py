"""Which lead has the value for which a row was refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from importer.core.model import Outcome, Record, Status
from importer.delivery.reconciliation.duplicates import _describe_owner
from importer.leadsquared.interface import CrmLead


class Reader:
    """Knows a lead by its e-mail, one by its phone, and one by its mobile number."""

    def find_leads(self, field: str, value: str) -> list[CrmLead]:
        known = {"EmailAddress": "of-mail", "Phone": "of-phone", "Mobile": "of-mobile"}
        return [CrmLead(known[field], "", {})] if value != "new" else []


@pytest.mark.parametrize(
    ("error", "fields", "updates", "expected"),
    [
        (
            "A Lead with same Phone Number already exists.",
            {"lead.Phone": "1"},
            True,
            "The phone 1 is that of lead of-phone.",
        ),
        (
            "A Lead with same Email already exists.",
            {"lead.EmailAddress": "a"},
            False,
            "The e-mail a is that of lead of-mail.",
        ),
        (
            "Duplicate entry",
            {"activity.Mobile": "3", "lead.Phone": " "},
            True,
            "The mobile 3 is that of lead of-mobile.",
        ),
        ("A Lead with same Email already exists.", {"lead.EmailAddress": "a"}, True, ""),
        ("A Lead with same Phone Number already exists.", {"lead.EmailAddress": "a", "lead.Phone": "new"}, True, ""),
        ("Duplicate entry", {}, False, ""),
    ],
)
def test_the_owner_of_a_value(error: str, fields: dict[str, str], updates: bool, expected: str) -> None:
    """By the field that the refusal means, else by all of them; never the row's own lead."""
    record = Record(2, "k", fields)
    target: Any = SimpleNamespace(
        updates_leads=updates,
        lead_reference=lambda record: ("EmailAddress", record.fields.get("lead.EmailAddress", "")),
    )
    context: Any = SimpleNamespace(target=target, reader=Reader())
    assert _describe_owner(context, Outcome(2, Status.REJECTED, error=error), record) == expected
