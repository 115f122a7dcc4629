"""Problems of a mapping as a whole and of its options: their lines, their paths, their words and what to do."""

from __future__ import annotations

import pytest

from importer.core.errors import MappingProblem
from importer.mapping.model import Mapping
from tests.unit.mapping.helpers import REMOVE, load, problems

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


@pytest.mark.slow
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
