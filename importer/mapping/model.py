"""The data model of a mapping file, as frozen values: which column becomes which CRM field, and how."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from importer.config import Country, Flag, Share, StrictModel, Text, TimeZone, WholeNumber
from importer.mapping.conditions import Condition
from importer.mapping.date_formats import DateFormats, validate_day_format
from importer.mapping.field_tables import Case, LookupFile, Replacement, Template
from importer.mapping.patterns import validate_pattern
from importer.mapping.re2_patterns import Extraction
from importer.mapping.values import (
    parse_decimal_mark,
    parse_delimiter,
    parse_separator,
    parse_thousands_mark,
    read_header_row,
    read_range,
    read_range_end,
    validate_encoding,
    validate_schema_path,
    wrap_single_text,
)


class FieldType(StrEnum):
    """The type of a field: how its cells are validated, and so how they are written for the CRM."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    UUID = "uuid"
    CHOICE = "choice"


TYPE_MEANINGS: MappingOf[FieldType, str] = {
    FieldType.TEXT: "Any text.",
    FieldType.EMAIL: "An e-mail address.",
    FieldType.PHONE: "A phone number; `country` says which one is meant when the number has no country code.",
    FieldType.NUMBER: "Digits with a sign and a decimal point; `decimal`, `thousands` and so on name other forms.",
    FieldType.INTEGER: "A whole number, in the same forms; decimals must be zeros.",
    FieldType.BOOLEAN: "Yes or no: true, false, yes, no, y, n, 1 or 0 in any case.",
    FieldType.DATE: "A day; `format` says how it is written.",
    FieldType.DATETIME: "A day and time; `format` says how it is written, `timezone` in which time zone.",
    FieldType.UUID: "An id as LeadSquared writes them: 32 hexadecimal digits in five groups.",
    FieldType.CHOICE: "One of the values in `options`, or in the table `lookup`.",
}
"""Descriptions of the types, for the reference and for editors."""


class Blank(StrEnum):
    """Handling of an empty cell: leave the CRM field out, or clear it."""

    OMIT = "omit"
    CLEAR = "clear"


class MarkHandling(StrEnum):
    """Handling of marks of spreadsheets around a cell: remove or keep them."""

    REMOVE = "remove"
    KEEP = "keep"


class PhoneFormat(StrEnum):
    """Form in which a phone number is sent: +91-9845098450, +919845098450, 9845098450, or 919845098450."""

    LEADSQUARED = "leadsquared"
    E164 = "e164"
    NATIONAL = "national"
    DIGITS = "digits"


class Percent(StrEnum):
    """Meaning of a percent sign: 12% is the number 12, or the fraction 0.12."""

    NUMBER = "number"
    FRACTION = "fraction"


class Negative(StrEnum):
    """Spelling of negative numbers besides a minus in front: (250), or 250-."""

    PARENTHESES = "parentheses"
    TRAILING = "trailing"


class OnInvalid(StrEnum):
    """Handling of invalid rows: skip them, or stop the import."""

    SKIP = "skip"
    STOP = "stop"


class OnEarlierRow(StrEnum):
    """Handling of a row that may be one that was sent earlier: wait for a person's decision, or decide."""

    ASK = "ask"
    SKIP = "skip"
    SEND = "send"


class OnChange(StrEnum):
    """Handling of a row that was sent earlier with other content: as :class:`OnEarlierRow`, or correct that one."""

    ASK = "ask"
    SKIP = "skip"
    SEND = "send"
    UPDATE = "update"


class OnExistingLead(StrEnum):
    """Handling of rows whose lead exists already: overwrite its values, leave it as it is, or fill its empty fields."""

    UPDATE = "update"
    SKIP = "skip"
    FILL_EMPTY = "fill_empty"


class OnMissingLead(StrEnum):
    """Handling of rows whose lead does not exist: create it, or leave it."""

    CREATE = "create"
    SKIP = "skip"


class SameLead(StrEnum):
    """Handling of rows of one file that write the same lead with different values."""

    PROBLEM = "problem"
    FIRST = "first"
    LAST = "last"


class NonDataRows(StrEnum):
    """Handling of rows that are recognised as no data: a problem, or left out and counted as such."""

    PROBLEM = "problem"
    LEAVE_OUT = "leave_out"


class Ragged(StrEnum):
    """Handling of a text row with too few cells: a problem, or padded with empty cells."""

    PROBLEM = "problem"
    PAD = "pad"


RangeEnd = Annotated[Any, BeforeValidator(read_range_end)]
"""A :class:`Decimal`, a :class:`date`, the word `today`, or ``None``."""
Pattern = Annotated[str, AfterValidator(validate_pattern)]
Decimals = Annotated[str, AfterValidator(parse_decimal_mark)]
Thousands = Annotated[str, AfterValidator(parse_thousands_mark)]
Words = Annotated[tuple[Text, ...], BeforeValidator(wrap_single_text)]
Separators = Annotated[tuple[Annotated[str, AfterValidator(parse_separator)], ...], BeforeValidator(wrap_single_text)]
Range = Annotated[tuple[RangeEnd, RangeEnd], BeforeValidator(read_range)]


class SourceSection(StrictModel):
    """How to read the spreadsheet. Everything left out is detected and shown."""

    sheet: Text | None = Field(None, description="Name of the sheet, or its number counted from 1.")
    sheets: Words | None = Field(
        None,
        description="Names of several sheets with the same headings, read as one table, or `all`; `column: (sheet)` is "
        "the name of a row's sheet.",
    )
    header_row: Annotated[int, BeforeValidator(read_header_row)] | None = Field(
        None,
        description="Row that holds the headings, as the spreadsheet shows it; `none` for a file without headings, "
        "whose columns are named by their letters.",
    )
    encoding: Annotated[str, AfterValidator(validate_encoding)] | None = Field(
        None, description="Encoding of a text file, such as utf-8 or cp1252."
    )
    delimiter: Annotated[str, AfterValidator(parse_delimiter)] | None = Field(
        None, description="Character between the cells of a text file; `tab` for a tab."
    )
    explode: tuple[Text, ...] = Field(
        (),
        description="Columns whose cells become rows of their own: `column: (heading)` is then the heading, "
        "`column: (value)` the cell. Empty cells are left out.",
    )
    non_data_rows: NonDataRows = Field(
        NonDataRows.PROBLEM,
        description="Totals, remarks below the table, units below the headings and repeated headings: `problem` or "
        "`leave_out`.",
    )
    ragged: Ragged = Field(Ragged.PROBLEM, description="Rows with too few cells: `problem` or `pad` with empty cells.")


class FieldRule(StrictModel):
    """Where one CRM field comes from and what its value must be.

    Exactly one of the options that name an origin is set (``ORIGINS``). A bare text is the heading of a column.
    """

    column: Text | None = Field(None, description="Heading of the column, spelled as it is in the file.")
    first_of: tuple[Text, ...] | None = Field(None, description="Headings of columns; the first cell with text counts.")
    value: str | None = Field(None, description="A constant, the same for every row.")
    template: Template | None = Field(None, description="Text with {Heading} placeholders.")
    when: tuple[Case, ...] | None = Field(
        None, description="Cases with a condition each; the first one that holds gives the value."
    )
    file_name: Extraction | None = Field(
        None, description="Part of the file's name: what the regular expression (RE2) or its group matches."
    )
    run_date: Annotated[str, AfterValidator(validate_day_format)] | None = Field(
        None, description="Day of the import, in a form such as %Y-%m-%d."
    )
    fields: MappingOf[str, FieldRule] | None = Field(None, description="The fields inside a custom field set.")
    type: FieldType = Field(FieldType.TEXT, description="What the cell must look like.")
    format: DateFormats | None = Field(
        None, description="Form of a date or datetime, such as %d/%m/%Y %H:%M; one, or a list of all that occur."
    )
    pivot: WholeNumber | None = Field(
        None,
        ge=0,
        le=99,
        description="Last two-digit year of this century, 68 if left out: with 30, 31 is 1931. Birth dates are never "
        "put into the future.",
    )
    timezone: TimeZone | None = Field(None, description="Time zone of a datetime, such as Asia/Kolkata.")
    country: Country | None = Field(None, description="Two-letter country of phone numbers without a country code.")
    phone_format: PhoneFormat | None = Field(
        None,
        description="Form in which phone numbers are sent: `leadsquared` (+91-9845098450, if left out), `e164` "
        "(+919845098450), `national` (9845098450) or `digits` (919845098450).",
    )
    decimal: Decimals | None = Field(None, description='Character that begins the decimals: "." or ",".')
    thousands: Thousands | None = Field(
        None, description='Character between the thousands: ",", ".", `space` or `apostrophe`.'
    )
    currency: Words | None = Field(
        None, description="Signs or words beside the number that are left out, such as ₹; one, or a list."
    )
    percent: Percent | None = Field(
        None, description="Every number has a percent sign, and 12% is sent as 12 (`number`) or 0.12 (`fraction`)."
    )
    negative: Negative | None = Field(
        None, description="Negative numbers without a minus in front: (250) (`parentheses`) or 250- (`trailing`)."
    )
    marks: MarkHandling = Field(
        MarkHandling.REMOVE,
        description='What is no part of the value, such as blanks around it, a leading apostrophe, or ="…": `remove` '
        "(and report it) or `keep`.",
    )
    empty: tuple[str, ...] | None = Field(
        None, description="Texts that count as an empty cell, such as N/A; if left out, those of the file's `empty`."
    )
    replace: tuple[Replacement, ...] = Field(
        (), description="Regular expressions (RE2) and the texts that replace what they match, one after the other."
    )
    extract: Extraction | None = Field(
        None,
        description="Regular expression (RE2); what it or its group matches is kept. Without a match the cell counts "
        "as empty, which is reported.",
    )
    transforms: tuple[str, ...] = Field((), description="Applied to the cell from left to right.")
    separator: Separators | None = Field(
        None,
        description="Text between the values of a cell with several, such as `comma` or `newline`; one, or a list.",
    )
    joiner: str | None = Field(
        None, description="Text between the values when they are sent; `;` if left out. Repeated values are sent once."
    )
    lookup: MappingOf[str, str] | None = Field(None, description="Table from the cell's text to the CRM's text.")
    lookup_file: LookupFile | None = Field(
        None,
        description="The same table in a CSV file or workbook beside the mapping: its name, or options.",
    )
    default: str | None = Field(None, description="Used when the cell is empty or not in `lookup`.")
    required: Flag = Field(False, description="An empty cell makes the row invalid.")
    unique: Flag = Field(False, description="A value that was already seen in this file makes the row invalid.")
    max_length: WholeNumber | None = Field(None, ge=1, description="Most characters that the CRM field holds.")
    range: Range | None = Field(
        None,
        description="Smallest and largest number, or first and last day (2026-12-31, `today`); ~ for no end.",
    )
    pattern: Pattern | None = Field(None, description="Regular expression that the whole text must match.")
    options: tuple[str, ...] | None = Field(None, description="The only values allowed.")
    blank: Blank = Field(Blank.OMIT, description="An empty cell: `omit` keeps the CRM's value, `clear` wipes it.")

    @property
    def is_constant(self) -> bool:
        """Whether the value is the same in every row."""
        return not (self.value is None and self.file_name is None and self.run_date is None)

    @model_validator(mode="before")
    @classmethod
    def _from_bare_text(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given


NEVER_UPDATES = "DoNotUpdate"
_UPDATE_BEHAVIORS = {OnExistingLead.SKIP: NEVER_UPDATES, OnExistingLead.FILL_EMPTY: "UpdateOnlyEmptyFields"}


class Mapping(StrictModel):
    """One mapping file."""

    target: str = Field(description="Which LeadSquared call receives the rows.")
    source: SourceSection = Field(default_factory=SourceSection, description="How to read the spreadsheet.")
    lead: MappingOf[str, FieldRule] = Field(default_factory=dict, description="Lead fields by schema name.")
    activity: MappingOf[str, FieldRule] = Field(default_factory=dict, description="Activity fields by schema name.")
    search_by: str | None = Field(None, description="Lead field by which LeadSquared finds the lead.")
    update_behavior: str | None = Field(
        None, description="For capture-lead: DoNotUpdate, UpdateOnlyEmptyFields or DoNotUpdateUniqueFields."
    )
    existing: OnExistingLead | None = Field(
        None,
        description="Leads that exist: `update`, `skip` them, or `fill_empty` fields; where the call can do it.",
    )
    missing: OnMissingLead | None = Field(
        None, description="Leads that do not exist: `create` or `skip` them; where the call can do it."
    )
    ignore: tuple[str, ...] = Field((), description="Columns that are deliberately not used.")
    where: Condition | None = Field(
        None, description="Condition on the rows that are imported; the others are counted as left out."
    )
    empty: tuple[str, ...] = Field(
        (), description="Texts that count as an empty cell in all columns, such as N/A; letter case does not count."
    )
    on_invalid: OnInvalid = Field(OnInvalid.SKIP, description="`skip` sends the good rows, `stop` sends nothing.")
    max_invalid: Share | None = Field(
        None, description="Largest share of invalid rows, such as 5%; above it, nothing is sent."
    )
    import_key: str | None = Field(None, description="Activity or lead field that carries our own key for every row.")
    same_lead: SameLead = Field(
        SameLead.PROBLEM,
        description="Rows of the file with the same lead and different values, for targets that write leads: a "
        "`problem` of the later ones, or the `first` or `last` one counts.",
    )
    allow_unidentified: Flag = Field(
        False, description="Send rows in which nothing identifies the lead; each makes a new lead."
    )
    row_key: tuple[str, ...] = Field(
        (), description="Columns or fields that tell a row from every other, such as a ticket number."
    )
    namespace: Text | None = Field(None, description="Keeps the `row_key` of several sources apart.")
    on_change: OnChange = Field(
        OnChange.ASK,
        description="A row that was sent earlier with other content: `ask` holds it, `skip` leaves the earlier one as "
        "it is, `update` corrects the earlier activity in LeadSquared, `send` sends it as a new one. Targets that "
        "update leads always send it.",
    )
    repeat: OnEarlierRow = Field(
        OnEarlierRow.ASK,
        description="A row equal to one sent earlier, without a time of its own or a `row_key`: `ask` holds it unless "
        "the file contains the earlier one, `skip` or `send`.",
    )
    schema_: Annotated[str, AfterValidator(validate_schema_path)] | None = Field(
        None, alias="schema", description="Your own pandera schema: path.py:Name or a YAML file."
    )

    @property
    def lead_update_behavior(self) -> str | None:
        """LeadSquared's name of what happens to leads that exist; ``None`` for a plain update."""
        return self.update_behavior or (_UPDATE_BEHAVIORS.get(self.existing) if self.existing else None)

    def flat_fields(self) -> tuple[FlatField, ...]:
        """Return every leaf field with its flat name (``activity.mx_KYC.Status``), in the order of the file."""
        sections = (("lead", self.lead), ("activity", self.activity))
        return tuple(flat for section, rules in sections for flat in _flatten(section, (), rules))


@dataclass(frozen=True, slots=True)
class FlatField:
    """One leaf field of a mapping: ``name`` is ``section.SchemaName`` or ``section.Set.SchemaName``."""

    section: str
    path: tuple[str, ...]
    rule: FieldRule

    @property
    def name(self) -> str:
        """Flat name, such as ``activity.mx_KYC.Status``."""
        return ".".join((self.section, *self.path))


def _flatten(section: str, above: tuple[str, ...], rules: MappingOf[str, FieldRule]) -> Iterator[FlatField]:
    for name, rule in rules.items():
        if rule.fields is None:
            yield FlatField(section, (*above, name), rule)
        else:
            yield from _flatten(section, (*above, name), rule.fields)
