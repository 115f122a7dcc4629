"""The 400 leads that every sandbox begins with, so that sample files can name leads that exist.

The lead with the number n (1 to 400), NNNN being n in four digits, has

- the id ``uuid5(NAMESPACE_URL, "https://sandbox.example/lead-NNNN")``,
- the e-mail ``leadNNNN@example.com``,
- the phone ``+91-`` followed by 9000000000 + n,
- the student number ``S-NNNN``.
"""

from __future__ import annotations

from importer.sandbox.fields import USERS, seeded_id

LEADS = 400
SEEDED_AT = "2025-01-01T04:30:00.250000+00:00"
_FIRST = ("Asha", "Vikram", "Meera", "Rohan", "Divya", "Arjun", "Kavya", "Imran", "Nisha", "Dev")
_LAST = ("Rao", "Sharma", "Iyer", "Khan", "Das", "Patel", "Nair", "Singh")


def lead_id(number: int) -> str:
    """The id of the seeded lead with this number."""
    return seeded_id(f"lead-{number:04d}")


def seed_leads() -> list[dict[str, str]]:
    """The leads that are there from the beginning, as stored."""
    return [
        {
            "ProspectID": lead_id(number),
            "ProspectAutoId": str(number),
            "FirstName": _FIRST[number % len(_FIRST)],
            "LastName": _LAST[number % len(_LAST)],
            "EmailAddress": f"lead{number:04d}@example.com",
            "Phone": f"+91-{9000000000 + number}",
            "Source": "Website",
            "ProspectStage": "Prospect",
            "OwnerId": str(USERS[0]["ID"]),
            "mx_Student_Number": f"S-{number:04d}",
            "CreatedOn": SEEDED_AT,
            "ModifiedOn": SEEDED_AT,
        }
        for number in range(1, LEADS + 1)
    ]
