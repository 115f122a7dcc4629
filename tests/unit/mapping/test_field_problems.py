"""Every problem of a field in a mapping: its line, its path, its words and what to do."""

from __future__ import annotations

import pytest

from tests.unit.mapping.helpers import REMOVE, problems


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rule", "key", "message", "remedy"),
    [
        ("", "", "`X` has nothing after the colon.", REMOVE),
        (
            "[City]",
            "",
            "`X` must be a table of options, not a list.",
            "Write them as `name: value`, or in braces: {column: City}.",
        ),
        (
            "{type: text}",
            "",
            "Nothing says where the value comes from.",
            "Add one of `column`, `first_of`, `value`, `template`, `when`, `file_name`, `run_date`, `fields`.",
        ),
        (
            "{column: A, value: b}",
            "",
            "The field has `column` and `value`, but its value can come from one place only.",
            "Keep one of them.",
        ),
        ("{colum: City}", "colum", "`colum` is not known here.", "Did you mean `column`?"),
        ("{feilds: {Status: A}}", "feilds", "`feilds` is not known here.", "Did you mean `fields`?"),
        ("{column: [A]}", "column", "`column` must be a text, not a list.", ""),
        ("{column: ''}", "column", "The text is empty.", "Write what is meant, or remove the line."),
        ("{column: A, type: dat}", "type", '"dat" is not known for `type`.', "Did you mean `date`?"),
        ("{column: A, required: perhaps}", "required", '"perhaps" is neither true nor false.', "Write true or false."),
        (
            "{column: A, required: []}",
            "required",
            "`required` must be true or false, not a list.",
            "Write true or false.",
        ),
        ("{column: A, type: number, decimal: x}", "decimal", '"x" does not begin decimals.', 'Write "." or ",".'),
        (
            "{column: A, type: number, thousands: x}",
            "thousands",
            '"x" does not separate thousands.',
            'Write ",", ".", space or apostrophe.',
        ),
        (
            "{column: A, type: number, decimal: ., thousands: point}",
            "thousands",
            "`decimal` and `thousands` are the same character.",
            "Correct one of them.",
        ),
        (
            "{column: A, currency: €}",
            "currency",
            "`currency` does not fit a field of type text.",
            "It is for `number` and `integer`.",
        ),
        (
            "{column: A, type: number, transforms: [strip, digits]}",
            "transforms[2]",
            "`digits` takes the minus and the decimal point off a number: -12.5 would become 125.",
            "Remove it, and say how the numbers are written with `decimal`, `thousands`, `currency`, `percent` or "
            "`negative`.",
        ),
        ("{column: A, max_length: 0}", "max_length", "`max_length` must be at least 1.", "Write a larger number."),
        (
            "{column: A, transforms: [strip, titel]}",
            "transforms[2]",
            '"titel" is not a known transform.',
            "Did you mean `title`?",
        ),
        (
            "{column: A, transforms: strip}",
            "transforms",
            "`transforms` must be a list, not a single text.",
            "Write it in brackets: [first, second].",
        ),
        ("{column: A, lookup: {Gold: }}", "lookup.Gold", "`Gold` has nothing after the colon.", REMOVE),
        ("{column: A, lookup: {}}", "lookup", "`lookup` is empty.", "Add a line `text in the file: text in the CRM`."),
        (
            "{column: A, format: '%d/%m/%Y'}",
            "format",
            "`format` does not fit a field of type text.",
            "It is for `date` and `datetime`.",
        ),
        (
            "{column: A, timezone: UTC}",
            "timezone",
            "`timezone` does not fit a field of type text.",
            "It is for `datetime`.",
        ),
        ("{column: A, country: IN}", "country", "`country` does not fit a field of type text.", "It is for `phone`."),
        (
            "{column: A, range: [1, 2]}",
            "range",
            "`range` does not fit a field of type text.",
            "It is for `number`, `integer`, `date` and `datetime`.",
        ),
        (
            "{column: A, type: boolean, max_length: 2}",
            "max_length",
            "`max_length` does not fit a field of type boolean.",
            "It is for `text`, `email`, `phone`, `number`, `integer` and `choice`.",
        ),
        (
            "{column: A, type: date, pattern: x}",
            "pattern",
            "`pattern` does not fit a field of type date.",
            "It is for `text`, `email` and `phone`.",
        ),
        ("{column: A, options: [a]}", "options", "`options` does not fit a field of type text.", "It is for `choice`."),
        (
            "{column: A, type: choice}",
            "type",
            "A choice needs the values to choose from.",
            "Add `options: [first, second]`.",
        ),
        (
            "{column: A, type: choice, options: []}",
            "options",
            "`options` is empty or has an empty value.",
            "List the values that the field allows.",
        ),
        ("{column: A, type: choice, options: [a, b, a]}", "options", "`options` has `a` twice.", "Keep one of them."),
        (
            "{column: A, type: choice, options: [Gold, Silver], default: Gol}",
            "default",
            '"Gol" is not in `options`.',
            "Did you mean `Gold`?",
        ),
        (
            "{column: A, type: choice, options: [Gold], lookup: {g: gold}}",
            "lookup.g",
            '"gold" is not in `options`.',
            "Did you mean `Gold`?",
        ),
        (
            "{column: A, type: integer, lookup: {one: 1, two: zwei}}",
            "lookup.two",
            '"zwei" is not a value of type integer.',
            "Correct it, or the type.",
        ),
        (
            "{column: A, type: date, lookup: {a: b}}",
            "lookup",
            "`lookup` does not fit a field of type date.",
            "It is for `text`, `choice`, `number`, `integer` and `boolean`.",
        ),
        (
            "{column: A, type: integer, range: [5, 1]}",
            "range",
            "The range begins at 5, above its end 1.",
            "Write the smaller one first.",
        ),
        (
            "{column: A, type: integer, range: [~, ~]}",
            "range",
            "`range` has no end.",
            "Write [0, 100], or [0, ~] for no upper end.",
        ),
        (
            "{column: A, type: integer, range: [1]}",
            "range",
            "A range has two ends.",
            "Write [0, 100], or [0, ~] for no upper end.",
        ),
        (
            "{column: A, type: number, range: [1_0, 2]}",
            "range[1]",
            '"1_0" is not a number.',
            "Write 100 or 2.5, or a day such as 2026-12-31.",
        ),
        (
            "{column: A, type: number, range: [[], 2]}",
            "range[1]",
            "An end of a range must be a number or a day.",
            "Write something like 5.",
        ),
        (
            "{column: A, type: date, format: DD/MM/YYYY}",
            "format",
            '"DD/MM/YYYY" is not a form of dates.',
            "Did you mean %d/%m/%Y?",
        ),
        (
            "{column: A, type: date, pivot: 30}",
            "pivot",
            "`pivot` has no use without two-digit years.",
            "Remove it, or write %y in `format`.",
        ),
        (
            "{column: A, type: date, range: [5, today]}",
            "range",
            "5 cannot be an end of a range of type date.",
            "Write days such as 2026-12-31.",
        ),
        (
            "{column: A, type: number, range: [5, today]}",
            "range",
            "today cannot be an end of a range of type number.",
            "Write numbers such as 100 or 2.5.",
        ),
        (
            "{column: A, type: date, range: [2026-02-30, ~]}",
            "range[1]",
            '"2026-02-30" is not a day.',
            "Write something like 2026-12-31.",
        ),
        (
            "{column: A, type: datetime, format: '%d/%m/%Y'}",
            "format",
            '"%d/%m/%Y" has no time, but the type is datetime.',
            "Write `type: date`.",
        ),
        (
            "{column: A, type: datetime, timezone: IST}",
            "timezone",
            '"IST" is not the name of a time zone.',
            "Did you mean Asia/Kolkata?",
        ),
        (
            "{column: A, type: phone, country: India}",
            "country",
            '"India" is not a two-letter country code.',
            "Did you mean IN?",
        ),
        (
            "{column: A, pattern: '('}",
            "pattern",
            '"(" is not a regular expression: missing ), unterminated subpattern at character 1.',
            "Put a backslash before a character that is meant literally.",
        ),
        (
            "{column: A, pattern: (a+)+}",
            "pattern",
            '"(a+)+" repeats something that itself repeats, which some texts would keep busy for hours.',
            "Write it without a repetition inside a repetition: `a+` in place of `(a+)+`.",
        ),
        (
            "{template: At}",
            "template",
            '"At" holds no {Heading}.',
            "Use `value` for a text that is the same in every row.",
        ),
        (
            "{template: 'At {{City}}'}",
            "template",
            '"At {{City}}" has a brace without its partner, or braces inside braces.',
            "Braces only stand around a heading: {City}.",
        ),
        (
            "{template: 'At {}'}",
            "template",
            '"At {}" has empty braces.',
            "Write the heading of a column between them: {City}.",
        ),
        (
            "{value: 1, unique: true}",
            "unique",
            "`unique` has no use beside `value`, which is always the same.",
            "Remove it.",
        ),
        (
            "{value: ''}",
            "value",
            "`value` is empty, so nothing would be sent.",
            "Add `blank: clear` to wipe the CRM field.",
        ),
        ("{value: abc, type: integer}", "value", '"abc" is not a value of type integer.', "Correct it, or the type."),
        ("{value: 1e5, type: number}", "value", '"1e5" is not a value of type number.', "Correct it, or the type."),
        (
            "{value: maybe, type: boolean}",
            "value",
            '"maybe" is not a value of type boolean.',
            "Correct it, or the type.",
        ),
        ("{value: 12, type: uuid}", "value", '"12" is not a value of type uuid.', "Correct it, or the type."),
        ("{value: 7, type: integer, range: [8, ~]}", "value", "7 is outside of `range`.", "Correct one of them."),
        ("{value: abc, max_length: 2}", "value", '"abc" has 3 characters, more than `max_length`.', "Shorten it."),
        ("{value: abc, pattern: x+}", "value", '"abc" does not match `pattern`.', "Correct one of them."),
        (
            "{column: A, default: b, required: yes}",
            "required",
            "`required` has no effect, because `default` fills every empty cell.",
            "Remove one.",
        ),
        (
            "{column: A, default: b, blank: clear}",
            "blank",
            "`blank: clear` has no effect, because `default` fills every empty cell.",
            "Remove one.",
        ),
        (
            "{column: A, required: yes, blank: clear}",
            "blank",
            "`blank: clear` has no effect, because `required` refuses every empty cell.",
            "Remove one.",
        ),
        ("{fields: {}}", "fields", "The custom field set has no fields.", "Add a line `SchemaName: Heading`."),
        (
            "{fields: {Status: A}, type: text, unique: no}",
            "type",
            "`type`, `unique` cannot stand beside `fields`.",
            "Move it to the fields of the set.",
        ),
        (
            "{fields: {Status: {fields: {B: A}}}}",
            "fields.Status.fields",
            "A custom field set cannot hold another one.",
            "Move its fields up.",
        ),
        (
            "{fields: {Status: {colum: A}}}",
            "fields.Status.colum",
            "`colum` is not known here.",
            "Did you mean `column`?",
        ),
    ],
)
def test_a_field_that_is_wrong(rule: str, key: str, message: str, remedy: str) -> None:
    """One mistake gives one problem, in its line, with what to write instead."""
    path = f"activity.X.{key}".rstrip(".")
    text = f"target: create-lead\nactivity:\n  A: B\n  X: {rule}"
    assert problems(text) == [(4, path, message, remedy)]


@pytest.mark.parametrize(
    ("names", "line", "path", "message"),
    [
        ("  Activity Note: A", 3, "lead.Activity Note", '"Activity Note" is not the schema name of a field.'),
        ("  mx_City: A\n  MX_City: B", 4, "lead.MX_City", "`MX_City` is the same field as `mx_City` in line 3."),
        ("  mx_City: A\n  mx_City: B", 4, "lead.mx_City", "`mx_City` appears twice here; the first is in line 3."),
    ],
)
def test_a_field_name_that_is_wrong(names: str, line: int, path: str, message: str) -> None:
    """Names are schema names, and each stands once."""
    ((found_line, found_path, found, _),) = problems(f"target: create-lead\nlead:\n{names}")
    assert (found_line, found_path, found) == (line, path, message)
