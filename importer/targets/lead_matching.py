"""How LeadSquared matches a written lead with those it holds, and what a second call with the same content would find.

A second call is harmless only if it finds the lead of the first. It does by an e-mail address or a unique field of the
account, which are stored as they were sent. It need not by these:

- ``ProspectID``: a lead that is created gets an id of LeadSquared's own, not the one that was sent
  (https://apidocs.leadsquared.com/capture-lead/);
- ``Phone`` and ``Mobile``: they are compared as texts, and an account may store a number in a spelling of its own.
"""

from __future__ import annotations

from importer.core.model import Record
from importer.targets.bodies import first_filled

MATCHED_BY = ("ProspectID", "EmailAddress", "Phone")
"""Fields by which LeadSquared matches a captured lead, in its order."""

_NOT_FOUND_AGAIN = frozenset({"ProspectID", "Phone", "Mobile"})


def found_again_by(field: str) -> bool:
    """Return whether a call that searches by ``field`` certainly finds the lead that the same call created before."""
    return field not in _NOT_FOUND_AGAIN


def written_lead(record: Record, matched_by: tuple[str, ...]) -> tuple[str, str]:
    """Return the lead field and the value by which a written lead is found; two empty texts when it has none.

    ``matched_by`` are the fields by which LeadSquared matched it. A new lead has its e-mail and phone, but not the id
    that was sent, so the id comes last; and it says nothing where the lead was matched by another field.
    """
    own = tuple(field for field in matched_by if field not in MATCHED_BY)
    by_id = ("ProspectID",) if "ProspectID" in matched_by else ()
    first = matched_by if matched_by == ("Phone",) else ()
    return first_filled(record, (*own, *first, "EmailAddress", "Phone", *by_id))
