"""The page docs/problems.md, generated from the catalogue of problems.

``python -m importer.validation.catalogue docs/problems.md`` renews it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from importer.core.issues import CATALOGUE, Problem, ProblemType, make_problem

_HEAD = """\
# Problems

<!-- generated: importer.validation.catalogue -->

Every row is checked before anything is sent. All that is wrong with it is listed at once, each as one problem: the row
as the spreadsheet numbers it, the column with its letter and heading, what is wrong, and what to do.

```
row 12, column C "Score": "ten" is not a whole number. Expected something like 12.
```

A text longer than 60 characters is cut in messages, and characters that cannot be seen are written as escapes such as
`\\u200b`. A cell that is not of its type has that one problem; its length, range and form are not looked at. A row with
a problem is not sent; `on_invalid` and `max_invalid` in the mapping say what becomes of the others.

The codes never change their meaning, so programs can rely on them.
"""

_GROUPS: Mapping[str, tuple[str, ...]] = {
    "The row as it stands in the file": (
        "row-too-short",
        "row-too-long",
        "repeated-headings",
        "footer-row",
        "units-row",
        "error-cell",
        "formula-without-result",
        "rounded-number",
        "impossible-date",
        "missing-text",
    ),
    "Conditions": ("undecided-condition",),
    "Empty and broken cells": ("required", "no-identity", "not-text"),
    "The type of a cell": (
        "not-an-email",
        "mixed-alphabets",
        "not-a-phone",
        "not-a-number",
        "not-an-integer",
        "ambiguous-number",
        "not-a-boolean",
        "not-a-date",
        "ambiguous-date",
        "not-a-datetime",
        "time-not-in-zone",
        "not-a-uuid",
        "not-an-option",
        "not-in-lookup",
    ),
    "What the mapping demands of a value": ("too-long", "out-of-range", "wrong-pattern", "duplicate", "same-lead"),
    "What the account demands of a value": (
        "not-an-account-option",
        "not-of-account-type",
        "too-long-for-account",
        "unknown-user",
        "inactive-user",
        "unknown-activity-type",
    ),
    "Your own schema": ("custom-check", "custom-row-check"),
}

_FORM = {"format": "DD/MM/YYYY", "example": "31/12/2026"}
_MOMENT = {"format": "DD/MM/YYYY hh:mm", "example": "31/12/2026 18:30", "timezone": "Europe/Berlin"}
EXAMPLES: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "row-too-short": ("", {"found": 9, "expected": 11}),
    "row-too-long": ("Pune", {"place": "L"}),
    "repeated-headings": ("", {}),
    "footer-row": ("Total: 120", {}),
    "units-row": ("", {}),
    "error-cell": ("#N/A", {}),
    "formula-without-result": ("", {}),
    "rounded-number": ("4111111111111110", {}),
    "impossible-date": ("9876543210", {}),
    "missing-text": ("", {}),
    "undecided-condition": (
        "n/a",
        {"expected": "a day in the form DD/MM/YYYY", "purpose": "whether the row is imported"},
    ),
    "required": ("", {}),
    "no-identity": ("", {"fields": '"E-mail" or "Mobile"'}),
    "not-text": ("Zo\0", {}),
    "not-an-email": ("meera@example", {"help": " The part behind the @ has no ending such as .com."}),
    "mixed-alphabets": ("meer\u0430@example.com", {"stray": "\u0430", "alphabet": "Cyrillic"}),
    "not-a-phone": ("12345", {"country_words": " in India", "example": "+91 81234 56789", "help": ""}),
    "not-a-number": ("12 units", {"help": ""}),
    "not-an-integer": ("ten", {"help": ""}),
    "ambiguous-number": (
        "1.234",
        {"help": ' With `thousands: "."` it is 1234, with `decimal: "."` it is 1.234.'},
    ),
    "not-a-boolean": ("maybe", {}),
    "not-a-date": ("31/02/2026", _FORM),
    "ambiguous-date": ("03/04/2026", {"format": "DD/MM/YYYY or MM/DD/YYYY"}),
    "not-a-datetime": ("2026-12-31", _MOMENT),
    "time-not-in-zone": ("29/03/2026 02:30", _MOMENT),
    "not-a-uuid": ("2c1e8f0a", {}),
    "not-an-option": ("Gol", {"suggestion": ' Did you mean "Gold"?', "options": "Gold, Silver"}),
    "not-in-lookup": ("Golden", {"suggestion": ' Did you mean "Gold"?', "options": "Gold, Silver"}),
    "too-long": ("", {"found": 250, "expected": 200}),
    "out-of-range": ("120", {"range_words": "outside the range from 0 to 100"}),
    "wrong-pattern": ("WB-1", {"pattern": "WB-[0-9]{5}"}),
    "duplicate": ("WB-10001", {"first_row": 7}),
    "same-lead": ("meera@example.com", {"first_row": 7}),
    "not-an-account-option": (
        "Gol",
        {
            "label": '"Plan" (mx_Custom_2)',
            "sent": "Gol",
            "suggestion": ' Did you mean "Gold"?',
            "options": "Gold, Silver",
        },
    ),
    "not-of-account-type": (
        "not an email",
        {"label": '"Email" (EmailAddress)', "sent": "not an email", "kind": "e-mail", "type": "email"},
    ),
    "too-long-for-account": ("", {"label": '"City" (mx_Custom_2)', "found": 250, "expected": 200}),
    "unknown-user": ("ann@exmple.com", {"suggestion": ' Did you mean "ann@example.com"?'}),
    "inactive-user": ("omar@example.com", {}),
    "unknown-activity-type": ("210", {"options": '201 "Webinar attended", 202 "Store visit"'}),
    "custom-check": ("13", {"check": "even number"}),
    "custom-row-check": ("", {"check": "end after start"}),
}
"""A value and the other words of each kind, for the page."""

_INTRODUCTIONS: Mapping[str, str] = {
    "What the account demands of a value": """
These are only found when something is known of the account; [Checks against the account](account-checks.md) says more.
""",
    "Your own schema": """
A mapping can name a pandera schema of yours, `schema: rules.py:Name` (a `DataFrameModel` or `DataFrameSchema`) or
`schema: rules.yaml`, which is checked beside everything else. Its path begins in the folder of the mapping, and a
Python file is run, so take both only from people whom you trust. It must be yours (or root's), and others may change neither it
nor put files into its folder; jobs do not run it where `IMPORTER_JOBS_CODE=forbid` is set.

- Its columns are found by flat field name (`activity.mx_Custom_2`), by schema name (`mx_Custom_2`) or by the heading of
  a column that the mapping uses. Fields hold what LeadSquared would get, headings the cell; an empty cell is missing
  (`nullable=True` allows it).
- Cells are text, so columns of other types are coerced. What coercion and parsers make of a value is not sent.
- It sees the file in pieces of some ten thousand rows. A check must give one answer for every row; for values that must
  be unique in the whole file, use `unique: true` in the mapping.
""",
}

_WHOLE_ROWS = frozenset({"row-too-short", "row-too-long", "repeated-headings", "no-identity", "custom-row-check"})


def catalogue_page() -> str:
    """Return the page that explains every kind of problem, as Markdown."""
    parts = [_HEAD]
    for heading, codes in _GROUPS.items():
        parts.append(f"\n## {heading}\n{_INTRODUCTIONS.get(heading, '')}")
        parts.extend(_entry(CATALOGUE[code]) for code in codes)
    return "".join(parts)


def example_of(code: str) -> Problem:
    """Return an example of a problem of this kind."""
    value, words = EXAMPLES[code]
    place = {} if code in _WHOLE_ROWS else {"column": "Score", "letter": "C", "field": "activity.mx_Custom_2"}
    return make_problem(code, 12, value=value, **place, **words)  # type: ignore[arg-type]  # words are free


def _entry(kind: ProblemType) -> str:
    example = example_of(kind.code)
    return f"\n### `{kind.code}`\n\n**{kind.title}.** {kind.explanation}\n\n```\n{example}\n```\n"


def main(arguments: list[str]) -> None:
    """Write the page to the paths named."""
    for argument in arguments:
        Path(argument).write_text(catalogue_page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
