"""Conditions of mappings: what they may say, and what is answered when they say it wrongly."""

from __future__ import annotations

import pytest

from importer.mapping.conditions import Condition
from importer.mapping.json_schema import mapping_json_schema
from tests.unit.mapping.helpers import load, problems

LEAD = "target: create-lead\nlead: {mx_City: City}\n"


def where(text: str) -> Condition | None:
    return load(f"{LEAD}where: {text}").mapping.where


def test_a_text_stands_for_a_list_of_one() -> None:
    """And days are kept in one form."""
    condition = where("{column: A, not: x, in: [y], from: Today - 7, until: 2026-02-28}")
    assert condition is not None
    assert (condition.not_, condition.in_) == (("x",), ("y",))
    assert (condition.from_, condition.until) == ("today-7", "2026-02-28")


@pytest.mark.parametrize(
    ("text", "path", "message", "remedy"),
    [
        ("{equals: x}", "where", "The condition names no column.", "Add `column: Heading`, or list conditions under `all`."),
        ("{column: A}", "where", "The condition tests nothing.", "Add one of `equals`, `in`,"),
        ("{column: A, equal: x}", "where.equal", "`equal` is not known here.", "Did you mean `equals`?"),
        ("{column: A, greater: ten}", "where.greater", '"ten" is not a number.', "Write something like 100 or 2.5."),
        ("{column: A, before: 31.12.2026}", "where.before", '"31.12.2026" is not a day.', "Write something like 2026-12-31"),
        ("{column: A, before: 2026-02-30}", "where.before", '"2026-02-30" is not a day.', "Write something like 2026-12-31"),
        ("{column: A, less: 1, from: today}", "where.from", "`less` is for numbers, and `from` for days.", "Keep one"),
        ("{column: A, equals: x, format: '%d.%m.%Y'}", "where.format", "`format` has no use", "Remove it."),
        ("{column: A, less: 1, decimal: ',', thousands: ','}", "where.thousands", "`decimal` and `thousands`", "Correct"),
        ("{any: []}", "where.any", "`any` has no conditions.", "List them, or remove the line."),
        ("{column: A, all: [{column: A, empty: true}]}", "where", "`column` cannot stand beside `all`.", "Make it"),
        ("{all: [{column: A, equals: x}, {column: B}]}", "where.all[2]", "The condition tests nothing.", "Add one of"),
        ("{column: A, matches: '('}", "where.matches", '"(" is not a regular expression: missing ).', "Put a backslash"),
        ("{column: A, matches: '(?=x)'}", "where.matches", '"(?=x)" is not a regular', "Look-around and references"),
        ("{column: A, matches: ''}", "where.matches", "The pattern is empty.", "Write what is looked for"),
        (f"{{column: A, matches: {'x' * 501}}}", "where.matches", "The pattern has more than 500 characters.", "Make"),
        ("[{column: A, equals: x}]", "where", "`where` must be a table of options, not a list.", "Write them as"),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_answered(text: str, path: str, message: str, remedy: str) -> None:
    """In its place, with what to write instead."""
    ((line, found, said, advice),) = problems(f"{LEAD}where: {text}")
    assert (line, found) == (3, path)
    assert said.startswith(message)
    assert advice.startswith(remedy)


def test_an_ignored_column_cannot_be_tested() -> None:
    """It is used."""
    ((_, path, message, _),) = problems(f"{LEAD}ignore: [A]\nwhere: {{column: a, empty: true}}")
    assert (path, message) == ("ignore[1]", '"A" is ignored here and used in line 4.')


def test_existing_leads_are_handled_in_one_way() -> None:
    """`update_behavior` is LeadSquared's own word for it."""
    ((_, path, message, _),) = problems(f"{LEAD}existing: skip\nupdate_behavior: DoNotUpdate")
    assert (path, message) == ("existing", "`existing` and `update_behavior` say the same thing in two ways.")


def test_one_sheet_or_several() -> None:
    """Not both."""
    ((_, path, message, _),) = problems(f"{LEAD}source: {{sheet: Jan, sheets: [Feb]}}")
    assert (path, message) == ("source.sheets", "`sheet` and `sheets` both say what to read.")
    assert load(f"{LEAD}source: {{sheets: all}}").mapping.source.sheets == ("all",)


def test_exploded_cells_must_go_somewhere() -> None:
    """Else every row would be sent several times."""
    ((_, path, message, _),) = problems(f"{LEAD}source: {{explode: [A, B]}}")
    assert path == "source.explode"
    assert message == "No field takes the cells of the exploded columns, whose heading is (value)."


def test_editors_know_conditions() -> None:
    """With every test under the name that mappings have for it."""
    schema = mapping_json_schema([], {})
    assert schema["properties"]["where"]["$ref"] == "#/$defs/Condition"
    known = schema["$defs"]["Condition"]["properties"]
    assert {"in", "not", "from", "all"} <= set(known)
    assert known["all"]["items"] == {"$ref": "#/$defs/Condition"}
