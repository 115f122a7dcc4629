"""Every problem of a mapping: its line, its path, its words and what to do."""

from __future__ import annotations

import pytest
from mapping_words import load, problems

from importer.errors import MappingProblem
from importer.mapping.model import Mapping

REMOVE = 'Write its value ("" for an empty text), or remove the line.'
SCHEMA_NAME = "Use the schema name, which LeadSquared shows beside the field, such as mx_City."


@pytest.mark.parametrize(
    ("text", "line", "path", "message", "remedy"),
    [
        ("", 1, "", "The file is empty.", "Begin with a line `target:`."),
        ("- a\n- b", 1, "", "The file is not a table of options.", "Begin with a line `target: …`."),
        (
            "lead: {A: b}",
            0,
            "target",
            "The mapping does not say which LeadSquared call receives the rows.",
            "Add a line `target:`.",
        ),
        ("target:\nlead: {A: b}", 1, "target", "`target` has nothing after the colon.", REMOVE),
        (
            "lead: {A: b}\ntarget: creat-lead",
            2,
            "target",
            '"creat-lead" is not a known target.',
            "Did you mean `create-lead`?",
        ),
        (
            "lead: {A: b}\ntarget: zzz",
            2,
            "target",
            '"zzz" is not a known target.',
            "Known: `create-lead`, `bulk-activities-by-lead-id`.",
        ),
        (
            "lead: {A: b}\ntarget: ''",
            2,
            "target",
            "The target is empty.",
            "Known: `create-lead`, `bulk-activities-by-lead-id`.",
        ),
        (
            "target: create-lead",
            0,
            "",
            "The mapping has no fields.",
            "Add `activity:` or `lead:` with lines `SchemaName: Heading`.",
        ),
        (
            "target: create-lead\nlead:",
            2,
            "lead",
            "`lead` has no fields.",
            "Add a line `SchemaName: Heading` below it, or remove it.",
        ),
        (
            "target: create-lead\nlead: {}",
            2,
            "lead",
            "`lead` has no fields.",
            "Add a line `SchemaName: Heading` below it, or remove it.",
        ),
        (
            "target: create-lead\nlead: [a]",
            2,
            "lead",
            "`lead` must be a table, not a list.",
            "Write one `name: value` a line, or in braces: {Gold: G, Silver: S}.",
        ),
    ],
)
def test_a_file_without_its_main_parts(text: str, line: int, path: str, message: str, remedy: str) -> None:
    """Target and fields are needed, and the target must exist."""
    assert problems(text) == [(line, path, message, remedy)]


@pytest.mark.parametrize(
    ("option", "path", "message", "remedy"),
    [
        ("souce: {sheet: 1}", "souce", "`souce` is not known here.", "Did you mean `source`?"),
        ("schema_: a.py:B", "schema_", "`schema_` is not known here.", "Did you mean `schema`?"),
        ("range: [1, 2]", "range", "`range` is not known here.", "It belongs to a field, in `lead:` or `activity:`."),
        ("sheet: A", "sheet", "`sheet` is not known here.", "It belongs into `source:`."),
        ("source: {header: 1}", "source.header", "`header` is not known here.", "Did you mean `header_row`?"),
        (
            "source: {target: 1}",
            "source.target",
            "`target` is not known here.",
            "It belongs at the left edge of the file.",
        ),
        ("source: {header_row: 0}", "source.header_row", "`header_row` must be at least 1.", "Write a larger number."),
        (
            "source: {header_row: first}",
            "source.header_row",
            '"first" is not a whole number.',
            "Write digits only, such as 200.",
        ),
        (
            "source: {header_row: [1]}",
            "source.header_row",
            "`header_row` must be a whole number, not a list.",
            "Write digits only, such as 200.",
        ),
        (
            "source: {encoding: utf9}",
            "source.encoding",
            '"utf9" is not an encoding.',
            "Write something like utf-8, cp1252 or utf-16.",
        ),
        (
            "source: {delimiter: '||'}",
            "source.delimiter",
            '"||" is not a delimiter.',
            "Write one character, or tab, comma, semicolon or pipe.",
        ),
        ("source: {ragged: pat}", "source.ragged", '"pat" is not known for `ragged`.', "Did you mean `pad`?"),
        ("source: {sheet: ' '}", "source.sheet", "The text is empty.", "Write what is meant, or remove the line."),
        (
            "source: Sheet1",
            "source",
            "`source` must be a table of options, not a single text.",
            "Write them as `name: value`, or in braces: {column: City}.",
        ),
        ("on_invalid: stopp", "on_invalid", '"stopp" is not known for `on_invalid`.', "Did you mean `stop`?"),
        ("on_invalid: [stop]", "on_invalid", "`on_invalid` must be a single word, not a list.", ""),
        ("max_invalid: few", "max_invalid", '"few" is not a share.', "Write something like 5% or 0.05."),
        ("max_invalid: 5", "max_invalid", '"5" is more than all rows.', "Did you mean 5%?"),
        ("max_invalid: 150%", "max_invalid", '"150%" is more than all rows.', "100% is all of them."),
        (
            "max_invalid: 1%\non_invalid: stop",
            "max_invalid",
            "`max_invalid` has no effect, because `on_invalid: stop` already allows no invalid row.",
            "Remove one of them.",
        ),
        (
            "update_behavior: DoNotUpdat",
            "update_behavior",
            '"DoNotUpdat" is not known for `update_behavior`.',
            "Did you mean `DoNotUpdate`?",
        ),
        ("search_by: E mail", "search_by", '"E mail" is not the schema name of a field.', SCHEMA_NAME),
        (
            "ignore: Remarks",
            "ignore",
            "`ignore` must be a list, not a single text.",
            "Write it in brackets: [first, second].",
        ),
        ("ignore: [x, ~]", "ignore[2]", "`ignore` has an empty item.", "Write the item, or remove its dash or comma."),
        ("ignore: [' CITY ']", "ignore[1]", '" CITY " is ignored here and used in line 2.', "Keep one of them."),
        (
            "import_key: lead.mx_Key",
            "import_key",
            '"lead.mx_Key" cannot carry the import key.',
            "Name a custom text field that is free for it, such as mx_Custom_20, without its section.",
        ),
        (
            "import_key: mx_city",
            "import_key",
            "`mx_city` is also filled in line 2, and the import key would overwrite it.",
            "Name a field that nothing else fills.",
        ),
        (
            "schema: checks.py",
            "schema",
            '"checks.py" does not name a schema.',
            "Write path.py:Name, or the path of a pandera YAML file.",
        ),
    ],
)
def test_an_option_of_the_file_that_is_wrong(option: str, path: str, message: str, remedy: str) -> None:
    """Each option is answered in its line with what to write instead."""
    text = f"target: create-lead\nlead: {{mx_City: City}}\n{option}"
    assert problems(text) == [(3, path, message, remedy)]


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
            "Add one of `column`, `value`, `template`, `fields`.",
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
            "It is for `number` and `integer`.",
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
            "Write the smaller number first.",
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
            "Write something like 100 or 2.5.",
        ),
        (
            "{column: A, type: number, range: [[], 2]}",
            "range[1]",
            "`range` must be a number, not a list.",
            "Write something like 5.",
        ),
        (
            "{column: A, type: date, format: DD/MM/YYYY}",
            "format",
            '"DD/MM/YYYY" is not a form of dates.',
            "Did you mean %d/%m/%Y?",
        ),
        (
            "{column: A, type: date, format: '%d/%m/%Y %H:%M'}",
            "format",
            '"%d/%m/%Y %H:%M" has a time, but the type is date.',
            "Write `type: datetime`.",
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


@pytest.mark.parametrize(
    "line",
    [
        "accessKey: {0}",
        "secret_key: {0}",
        "x-LSQ-AccessKey: {0}",
        "LEADSQUARED_SECRET_KEY: {0}",
        "source: {{x-api-key: {0}}}",
        "search_by: accessKey={0}",
        "update_behavior: u$r{0}",
        'ignore: ["https://x/?secretKey={0}"]',
        '"u$r{0}": 1',
    ],
)
def test_keys_are_refused_and_not_repeated(line: str) -> None:
    """A key in a mapping is answered with advice, and no message shows it."""
    key = "0123456789abcdef0123"
    text = f"target: create-lead\nlead: {{mx_City: City}}\n{line.format(key)}"
    ((number, _, message, remedy),) = problems(text)
    assert number == 3
    assert message == "This looks like a key of an account, and everybody who gets the mapping could read it."
    assert "have the key changed" in remedy


def test_a_cell_text_that_is_named_like_a_key_is_no_key() -> None:
    """Look-up tables hold cells of the spreadsheet."""
    load("target: create-lead\nlead: {mx_A: {column: A, lookup: {Password: P, Secret key: S}}}")


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    """Nobody corrects a mapping one mistake per run."""
    text = """\
target: creat-lead
lead:
  mx_A: {column: A, type: dat, required: maybe}
  mx_B: {column: B, pattern: "("}
  mx_C:
activity: [a]
on_invalid: never
colour: red
"""
    assert [(line, path) for line, path, _, _ in problems(text)] == [
        (1, "target"),
        (3, "lead.mx_A.type"),
        (3, "lead.mx_A.required"),
        (4, "lead.mx_B.pattern"),
        (5, "lead.mx_C"),
        (6, "activity"),
        (7, "on_invalid"),
        (8, "colour"),
    ]


def test_a_broken_target_does_not_hide_the_rest() -> None:
    """Fields are checked although nobody knows for which call."""
    found = problems("target: !tag create-lead\nlead: {A: {column: B, type: dat}}")
    assert [(line, path) for line, path, _, _ in found] == [(1, "target"), (2, "lead.A.type")]


def test_very_many_problems_are_cut() -> None:
    """A file that is something else altogether gives a readable answer."""
    found = problems("\n".join(f"key_{number}: 1" for number in range(1000)))
    assert len(found) == 201
    assert found[-1] == (0, "", "802 more problems are not listed.", "")


def test_what_the_target_refuses_gets_its_line() -> None:
    """The target names a path; the loader finds it in the file, also inside a custom field set."""

    def refuse(mapping: Mapping) -> list[MappingProblem]:
        paths = ("activity.ActivityEvent", "activity.mx_Set.Status", "search_by", "lead.mx_Broken")
        return [MappingProblem(0, 0, path, "no.") for path in paths]

    text = """\
target: create-lead
activity:
  ActivityEvent: {value: 1}
  mx_Set:
    fields:
      Status: {value: A}
lead: {mx_Broken: {column: A, type: wrong}}
"""
    assert [(line, path) for line, path, message, _ in problems(text, check_target=refuse)] == [
        (0, "search_by"),
        (3, "activity.ActivityEvent"),
        (6, "activity.mx_Set.Status"),
        (7, "lead.mx_Broken.type"),
    ]
