"""LeadSquared's own error codes, in plain words.

No register of them is published; these are the ones that its pages show or that integrators have seen
(https://apidocs.leadsquared.com/error-handling/).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explained:
    """A code, what it means in one line, what is behind it, and what to do."""

    code: str
    title: str
    explanation: str
    remedy: str


EXPLAINED: dict[str, Explained] = {
    one.code: one
    for one in (
        Explained(
            "MXDuplicateEntryException",
            "Another lead has this e-mail, phone or other unique value",
            "LeadSquared keeps some lead fields unique. A new lead with a value that another lead has is refused.",
            "Use a target that updates leads (bulk-upsert-leads, capture-lead), or correct the value.",
        ),
        Explained(
            "MXUnknownAttributeException",
            "A lead field does not exist in the account",
            "One unknown schema name refuses the whole lead. Schema names differ from the names on the screen.",
            "Look the schema name up in LeadSquared (Settings > Leads > Lead Fields) and correct the mapping.",
        ),
        Explained(
            "MXMandatoryAttributeMissingException",
            "Something mandatory is missing",
            "The account demands a field that the row does not fill, or the call lacks a parameter.",
            "Fill the column, give the field a `default:` in the mapping, or make it optional in LeadSquared.",
        ),
        Explained(
            "MXMandatoryFieldMissingException",
            "A mandatory field is missing",
            "The account demands a field that the row does not fill.",
            "Fill the column, or give the field a `default:` in the mapping.",
        ),
        Explained(
            "MXInvalidInputException",
            "LeadSquared does not take a value",
            "The message names the parameter: a date in another form, an unknown SearchBy, a phone that is none.",
            "Correct the cell or the mapping for the field that the message names.",
        ),
        Explained(
            "MXInvalidActivityException",
            "The activity type does not exist",
            "ActivityEvent holds a code that the account does not have.",
            "Look the code up in LeadSquared (Settings > Leads > Activities) and correct the mapping.",
        ),
        Explained(
            "MXInvalidActivityFieldsException",
            "A field of the activity is missing or wrong",
            "The message names the field: unknown in this activity type, mandatory and empty, or not of its data type.",
            "Correct the column or the mapping for that field.",
        ),
        Explained(
            "MXInvalidLeadException",
            "The lead does not exist",
            "The id, e-mail or other value by which the lead was looked up belongs to no lead, or the lead was deleted "
            "or merged.",
            "Correct the value, or import the lead first.",
        ),
        Explained(
            "MXInvalidFieldException",
            "A field does not exist or may not be written",
            "The account does not know the schema name, or the field is read-only.",
            "Correct the schema name in the mapping, or leave the field out.",
        ),
        Explained(
            "MXUnknownProspectActivityException",
            "The activity does not exist",
            "An activity that was looked up was deleted, or its id is wrong.",
            "Look at the lead in LeadSquared.",
        ),
        Explained(
            "MXAPIRateLimitExceededException",
            "Too many calls",
            "The account allows so many calls in so many seconds, all programs together.",
            "Nothing: the importer waits, learns the limit and goes on. `importer doctor` shows what it learned.",
        ),
        Explained(
            "MXInvalidAccessDetailsException",
            "The keys are wrong",
            "The access key or the secret key is not one of this account, or the host belongs to another region.",
            "Copy both keys and the host again (My Account > Settings > API and Webhooks), then run: importer doctor",
        ),
        Explained(
            "MXInvalidUserDetailsException",
            "The keys belong to no user",
            "Often a key that lost a character, such as a $, on its way through a shell.",
            "Set the keys again, in single quotes, then run: importer doctor",
        ),
        Explained(
            "MXUnAuthorizedAccessException",
            "The user of the keys may not do this",
            "Keys have the rights of the user whom they belong to.",
            "Use the keys of an administrator, or ask one for the right.",
        ),
        Explained(
            "MXUnauthorizedRequestException",
            "The user of the keys may not do this",
            "Keys have the rights of the user whom they belong to.",
            "Use the keys of an administrator, or ask one for the right.",
        ),
        Explained(
            "MXXSSException",
            "A text looks like a script",
            "LeadSquared refuses texts with HTML or script in them.",
            "Take the markup (< and >) out of the cell.",
        ),
    )
}
