"""Generates docs/targets.md from the target classes."""

from __future__ import annotations

from importer.targets.registry import TARGETS

_HEAD = """# Targets

<!-- generated: importer.targets.docs_page -->

A target is one LeadSquared call. The mapping names it (`target:`), and it decides how many rows travel in one call,
which allowance of the account a call uses up, and whether a call may simply be repeated when its answer got lost.

For many activities use `bulk-activities-by-lead-id`; when you do not have the leads' ids, `bulk-activities-by-lead-field`.
Avoid `activity-by-email` for volume: a typo in an address makes a new lead. For many leads use `bulk-upsert-leads`. The
async targets hand rows to LeadSquared's queue, which LeadSquared itself does not recommend for volume.

| Target | What it does | Rows a call | Allowance | Sections |
|---|---|---|---|---|
"""

_FOOT = """
When its answer is lost, a call is simply sent again only if the second one certainly finds the lead that the first one
may have made: `bulk-upsert-leads` and `capture-lead` by an e-mail or another unique field. A ProspectID does not count, for
LeadSquared gives a new lead an id of its own, and a known id with another e-mail makes a new lead; nor does a phone, which
an account may store in another spelling. All other calls are read back first, and sent again only if the row is certainly
absent. Whether a lead was created, updated or left as it was is then told by the times of the lead.
`bulk-upsert-leads` never carries the same lead twice in one call; rows of one lead are always sent in the order of the file.

`capture-lead` ignores `search_by` in a row that fills ProspectID, EmailAddress and Phone; the check of a mapping says so.

LeadSquared compares a phone as a text, so that a lead it holds as 9812300001 is not found by +91-9812300001, and a second
lead is made. Its own phone look-up knows numbers in every spelling. It is asked about each row that a call finds or makes a
lead for by phone, which is a query a row; `bulk-activities-by-lead-field` only asks about the first 25 rows, and then about
those that are refused, or about all when one of the 25 is held in another spelling. The row is sent as LeadSquared holds the
number, and says so.

What LeadSquared's pages leave open, and how importer treats it:

- What a bad row does to its bulk call is not documented. Both a refusal per row and a refusal of the whole call are handled;
  after a refusal as a whole, what was stored is read back and the bad row is searched among the rest.
- The paths of the async status and metrics calls are only partly documented; the others follow their pattern.
- The answer of `lead-and-activity` is not documented. Which of its ids is the lead's is looked up once in a run and then
  believed. An answer without an activity id counts as uncertain and is read back.
"""


def targets_page() -> str:
    """Return the page: every target with what it is good for and its rules."""
    lines = [
        f"| `{name}` | {kind.title} | {kind.batch_size} | {kind.call_class.value} | "
        f"{' and '.join(f'`{section}:`' for section in kind.sections)} |"
        for name, kind in TARGETS.items()
    ]
    return _HEAD + "\n".join(lines) + "\n" + _FOOT
