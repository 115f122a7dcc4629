"""The catalogue of everything that can be wrong with a row: one code, one explanation, one remedy each.

`docs/problems.md` is generated from it, so a code that is not here cannot be raised and cannot be undocumented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from importer.core.text import visible


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one row.

    ``row`` is numbered as the spreadsheet shows it. ``column`` is the heading and ``letter`` the column's letter
    (both empty when the whole row is meant); ``field`` is the CRM field the cell was for; ``value`` the cell's text,
    shortened and with invisible characters made visible.
    """

    code: str
    row: int
    message: str
    remedy: str
    column: str = ""
    letter: str = ""
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = f"row {self.row}"
        if self.column:
            letter = f"{self.letter} " if self.letter else ""
            place += f', column {letter}"{self.column}"'
        return f"{place}: {self.message} {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. ``message`` and ``remedy`` may hold ``{placeholders}`` that the finder fills."""

    code: str
    title: str
    explanation: str
    message: str
    remedy: str


def make_problem(
    code: str, row: int, *, column: str = "", letter: str = "", field: str = "", value: str = "", **details: object
) -> Problem:
    """The problem of kind ``code`` at a place, its words filled from the catalogue.

    ``details`` fill the kind's placeholders; ``value`` and ``column`` are always available to them.

    Raises :class:`KeyError` for a code that the catalogue lacks: that is a bug, not bad data.
    """
    return ProblemMaker(code, details, column=column, letter=letter, field=field).at(row, value)


class ProblemMaker:
    """Makes problems of kind ``code`` in one column; ``words`` are those that all of them share.

    What all have in common is put into words once. Raises :class:`KeyError` as :func:`make_problem` does.
    """

    def __init__(
        self, code: str, words: Mapping[str, object], *, column: str = "", letter: str = "", field: str = ""
    ) -> None:
        kind = CATALOGUE[code]
        self._code, self._place = code, (column, letter, field)
        self._words = {"column": column, "field": field, **words}
        self._templates = (kind.message, kind.remedy)
        self._parts = tuple(_around_value(template, self._words) for template in self._templates)

    def at(self, row: int, value: str, own: Mapping[str, object] | None = None) -> Problem:
        """The problem of one row; ``own`` are words that only this one has."""
        shown = visible(value)
        message, remedy = (
            shown.join(parts) if parts else template.format(**{"value": shown, **self._words, **(own or {})})
            for template, parts in zip(self._templates, self._parts, strict=True)
        )
        return Problem(self._code, row, message, remedy, *self._place, shown)


def _around_value(template: str, words: Mapping[str, object]) -> list[str]:
    """The template filled with the words, in the parts between which the value stands; none when words are missing."""
    parts = [""]
    for literal, name, form, _ in Formatter().parse(template):
        parts[-1] += literal
        if name == "value":
            parts.append("")
        elif name is not None:
            if name not in words:
                return []
            parts[-1] += format(words[name], form or "")
    return parts


_KINDS = (
    # --- the row as it stands in the file
    Kind(
        "row-too-short",
        "A row has fewer cells than there are headings",
        "A line of the file ends early, often because a delimiter is missing or a line was broken in two. "
        "Guessing which cell is missing could put values under the wrong heading.",
        "The row ends after {found} of {expected} cells.",
        "Add the missing delimiter or cell, or set `source: {{ragged: pad}}` to treat missing last cells as empty.",
    ),
    Kind(
        "row-too-long",
        "A row has more cells than there are headings",
        "A line of the file has extra cells, often because a text that contains the delimiter is not in quotes.",
        '"{value}" stands in column {place}, which has no heading.',
        "Remove it, or give its column a heading; in text files, text that has the delimiter in it must be in quotes.",
    ),
    Kind(
        "repeated-headings",
        "The headings stand there again",
        "Every cell holds the heading of its column. This happens where several exports were put together into one.",
        "The row holds the headings again.",
        "Remove the row.",
    ),
    Kind(
        "error-cell",
        "A cell holds an Excel error",
        "Excel shows #N/A, #REF!, #VALUE! and the like when a formula fails. There is no value to send.",
        "The cell holds the Excel error {value}.",
        "Correct the formula in Excel, or type the value.",
    ),
    Kind(
        "formula-without-result",
        "A formula was never calculated",
        "A program wrote the workbook with formulas but without their results, so there is no value to send. Excel "
        "calculates them when it opens the workbook, and stores them when it saves it.",
        "The cell holds a formula without a result.",
        "Open the workbook in Excel, save it, and run again.",
    ),
    Kind(
        "rounded-number",
        "A number has more digits than Excel keeps",
        "Excel keeps 15 digits of a number and puts zeros in the place of the others, so a longer account or card "
        "number is not what was typed.",
        "The cell holds the number {value}, of which Excel keeps only the first 15 digits.",
        "Format the column as text, then type or paste the number again.",
    ),
    # --- the cell against the mapping
    Kind(
        "required",
        "A required cell is empty",
        "The mapping says `required: true`, or the LeadSquared call or your account needs this field.",
        "The cell is empty, but {field} is required.",
        "Fill in the cell.",
    ),
    Kind(
        "not-text",
        "A text holds characters that cannot be sent",
        "Control characters, NUL and lone surrogates are no text; they usually come from a damaged export. Tabs and "
        "line breaks may stay.",
        '"{value}" holds a character that cannot be sent.',
        "Type the text again.",
    ),
    Kind(
        "not-an-email",
        "Not an e-mail address",
        "An e-mail address has one @ and a domain with a dot, and no blanks.",
        '"{value}" is not an e-mail address.',
        "Expected something like name@example.com.",
    ),
    Kind(
        "mixed-alphabets",
        "An e-mail address mixes alphabets that look alike",
        "Some Cyrillic and Greek letters look like Latin ones. An address with one of them in a Latin word belongs to "
        "nobody, or to somebody else.",
        '"{value}" has the letter {stray}, which is {alphabet}, in a word of another alphabet.',
        "Type the address again.",
    ),
    Kind(
        "not-a-phone",
        "Not a phone number",
        "The number does not exist in its country's numbering plan, has letters in it, or has no country code while "
        "neither the mapping nor the account names a country.",
        '"{value}" is not a phone number{country_words}.',
        "Expected something like {example}. If Excel shows it as 9.19E+11, format the column as text at its source.",
    ),
    Kind(
        "not-a-number",
        "Not a number",
        "Only digits, one decimal point and a leading minus are accepted, so that nothing is guessed.",
        '"{value}" is not a number.',
        "Expected something like 12.5, without units or thousands separators.",
    ),
    Kind(
        "not-an-integer",
        "Not a whole number",
        "Only digits and a leading minus are accepted.",
        '"{value}" is not a whole number.',
        "Expected something like 12.",
    ),
    Kind(
        "not-a-boolean",
        "Not yes or no",
        "Accepted words, in any case: true, false, yes, no, y, n, 1, 0.",
        '"{value}" is neither yes nor no.',
        "Expected yes or no (or true, false, 1, 0).",
    ),
    Kind(
        "not-a-date",
        "Not a date",
        "The text does not have the form that the mapping names, or the day does not exist.",
        '"{value}" is not a date of the form {format}.',
        "Expected something like {example}.",
    ),
    Kind(
        "not-a-datetime",
        "Not a date and time",
        "The text does not have the form that the mapping names, or the moment does not exist.",
        '"{value}" is not a date and time of the form {format}.',
        "Expected something like {example}.",
    ),
    Kind(
        "time-not-in-zone",
        "A local time that happens never or twice",
        "When clocks go forward an hour is left out; when they go back an hour happens twice.",
        '"{value}" happens never or twice in {timezone}, because the clocks change then.',
        "Write the time with its offset, or correct it.",
    ),
    Kind(
        "not-a-uuid",
        "Not an id",
        "LeadSquared's ids are GUIDs: 32 hexadecimal digits in five groups.",
        '"{value}" is not an id.',
        "Expected something like 2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11.",
    ),
    Kind(
        "not-an-option",
        "Not one of the allowed values",
        "The mapping lists the values that the CRM field allows.",
        '"{value}" is not one of the allowed values.{suggestion}',
        "Allowed: {options}.",
    ),
    Kind(
        "not-in-lookup",
        "Not in the mapping's look-up table",
        "The mapping translates this column by a table (`lookup:`) that has no entry for this value and no default.",
        '"{value}" is not in the look-up table of the mapping.{suggestion}',
        "Known: {options}. Correct the cell, add the value to `lookup:`, or set a `default:`.",
    ),
    Kind(
        "too-long",
        "A text is too long",
        "The CRM field holds fewer characters; LeadSquared would refuse or cut the text.",
        "The text has {found} characters; {field} holds {expected}.",
        "Shorten the text.",
    ),
    Kind(
        "out-of-range",
        "A number is outside its range",
        "The mapping gives the smallest and the largest value.",
        "{value} is {range_words}.",
        "Correct the number.",
    ),
    Kind(
        "wrong-pattern",
        "A text does not have the expected form",
        "The mapping gives a regular expression (`pattern:`) that the whole text must match.",
        '"{value}" does not have the form {pattern}.',
        "Correct the text.",
    ),
    Kind(
        "duplicate",
        "A value that must be unique appears again",
        "The mapping says `unique: true` for this field.",
        '"{value}" already appears in row {first_row}.',
        "Keep one of the rows.",
    ),
    Kind(
        "no-identity",
        "Nothing in the row identifies the lead",
        "The LeadSquared call needs at least one of these fields to find or create the lead.",
        "The row has none of {fields}.",
        "Fill in at least one of these columns.",
    ),
    # --- the cell against the account
    Kind(
        "not-an-account-option",
        "Not an option of the account's drop-down",
        "The field is a drop-down in your LeadSquared account, and what the row would send is none of its options. "
        "Capital and small letters count.",
        '"{sent}" is not an option of {label}.{suggestion}',
        "Options: {options}. Correct the cell, translate it with `lookup:`, or add the option in LeadSquared.",
    ),
    Kind(
        "too-long-for-account",
        "A text is longer than the account's field",
        "Your LeadSquared account limits the length of this field; a longer text would be refused or cut.",
        "The text has {found} characters; {label} holds {expected} in your account.",
        "Shorten the text, or make the field longer in LeadSquared.",
    ),
    Kind(
        "unknown-user",
        "No user of the account",
        "The field names the owner, by the user's id or e-mail address, and the account has no such user.",
        '"{value}" is no user of the account.{suggestion}',
        "Correct the cell. LeadSquared lists the users under Settings > Users and Permissions.",
    ),
    Kind(
        "inactive-user",
        "A user who is not active",
        "The field names the owner, and this user was deactivated in LeadSquared.",
        '"{value}" is a user who is not active.',
        "Name an active user, or activate this one in LeadSquared.",
    ),
    Kind(
        "unknown-activity-type",
        "No activity type of the account",
        "The cell holds the code of an activity type, and the account has no type with this code.",
        "The account has no activity type with the code {value}.",
        "It has: {options}.",
    ),
    Kind(
        "custom-check",
        "A check of your own schema failed",
        "The pandera schema named in the mapping (`schema:`) refuses this value.",
        '"{value}" fails the check {check} of your schema.',
        "Correct the cell, or the schema.",
    ),
    Kind(
        "custom-row-check",
        "A check of your own schema failed for the whole row",
        "The pandera schema named in the mapping (`schema:`) refuses this row.",
        "The row fails the check {check} of your schema.",
        "Correct the row, or the schema.",
    ),
)

ACCOUNT_CODES = frozenset(
    {"not-an-account-option", "too-long-for-account", "unknown-user", "inactive-user", "unknown-activity-type"}
)
"""Codes of problems that may vanish when somebody changes the account, not the file."""

CATALOGUE: dict[str, Kind] = {kind.code: kind for kind in _KINDS}
