"""Wrong options of fields that put values together, take them apart or look them up."""

from __future__ import annotations

import pytest

from importer.mapping import find_column_references
from importer.mapping.json_schema import mapping_json_schema
from tests.unit.mapping.helpers import load, problems


@pytest.mark.parametrize(
    ("rule", "key", "message", "remedy"),
    [
        ("{first_of: []}", ".first_of", "`first_of` is empty.", "List what it shall choose from."),
        ("{first_of: A}", ".first_of", "`first_of` must be a list, not a single text.", "Write it in brackets"),
        ("{when: []}", ".when", "`when` is empty.", "List what it shall choose from."),
        ("{when: [{value: A}, {value: B}]}", ".when[1]", "A case without `if` always holds", "Make it the last one."),
        ("{when: [{if: {column: A, empty: true}}]}", ".when[1]", "A case gives one value.", "Add one of"),
        ("{when: [{if: {column: A}, value: x}]}", ".when[1].if", "The condition tests nothing.", "Add one of"),
        ("{when: [{if: {colum: A, empty: true}, value: x}]}", ".when[1].if.colum", "`colum` is not known", "Did you mean"),
        ("{column: A, replace: [{find: '(', with: x}]}", ".replace[1].find", '"(" is not a regular', "Put a backslash"),
        ("{column: A, replace: [{find: a, with: '\\1'}]}", ".replace[1].with", '"\\1" cannot be put', "\\1 stands for"),
        ("{column: A, replace: [{with: x}]}", ".replace[1].find", "`find` is missing.", "Add a line `find:`."),
        ("{column: A, extract: '(a)(b)'}", ".extract", '"(a)(b)" has several groups', "Write (?:…)"),
        ("{column: A, separator: ''}", ".separator[1]", "The separator is empty.", "Write what stands between"),
        ("{column: A, type: number, separator: comma}", ".separator", "`separator` does not fit", "It is for"),
        ("{column: A, joiner: ','}", ".joiner", "`joiner` has no use without `separator`.", "Say what stands"),
        ("{column: A, lookup: {a: b}, lookup_file: x.csv}", ".lookup_file", "`lookup` and `lookup_file`", "Keep one"),
        ("{column: A, lookup_file: ../x.csv}", ".lookup_file.file", '"../x.csv" is not the name', "Copy the file"),
        ("{column: A, lookup_file: /etc/passwd}", ".lookup_file.file", '"/etc/passwd" is not', "Copy the file"),
        ("{column: A, lookup_file: 'C:\\x.csv'}", ".lookup_file.file", '"C:\\x.csv" is not', "Copy the file"),
        ("{value: A, replace: [{find: a, with: b}]}", ".replace", "`replace` has no use beside `value`", "Remove it."),
        ("{file_name: A, unique: true}", ".unique", "`unique` has no use beside `file_name`", "Remove it."),
        ("{run_date: '%H'}", ".run_date", '"%H" is not a form of days.', "Expected something like %Y-%m-%d or %B %Y."),
        ("{run_date: today}", ".run_date", '"today" is not a form of days.', "Expected something like"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_answered(rule: str, key: str, message: str, remedy: str) -> None:
    """In its place, with what to write instead."""
    ((_, path, said, advice),) = problems(f"target: create-lead\nlead:\n  X: {rule}\n")
    assert path == f"lead.X{key}"
    assert said.startswith(message)
    assert advice.startswith(remedy)


def test_all_columns_are_found() -> None:
    """Those of cases and conditions too, each for its field."""
    mapping = load(
        "target: create-lead\nlead:\n  X: {first_of: [A, B]}\n  S:\n    fields:\n      Y:\n        when:\n"
        "        - {if: {any: [{column: C, empty: true}]}, template: '{D}'}\n        - {column: E}\n"
        "where: {column: F, empty: false}\n"
    ).mapping
    found = [(reference.heading, reference.name) for reference in find_column_references(mapping)]
    assert found == [
        ("A", "lead.X"), ("B", "lead.X"), ("D", "lead.S.Y"), ("E", "lead.S.Y"), ("F", "where"), ("C", "lead.S.Y"),
    ]  # fmt: skip


def test_editors_know_the_options() -> None:
    """Also where a single text may stand for a list or a table."""
    rule = mapping_json_schema([], {})["$defs"]["FieldRule"]
    assert {"required": ["when"]} in rule["oneOf"]
    assert [choice.get("type") for choice in rule["properties"]["separator"]["anyOf"]] == ["string", "array"]
    assert rule["properties"]["lookup_file"]["anyOf"][1] == {"$ref": "#/$defs/LookupFile"}
