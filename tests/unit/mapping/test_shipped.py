"""What is delivered with the program: mappings, sample files, the JSON Schema and the reference page."""

from __future__ import annotations

import copy
import csv
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import openpyxl
import pytest
import yaml

from importer.config.yaml import read_text
from importer.core.errors import MappingError, MappingProblem
from importer.mapping.column_references import iterate_rules
from importer.mapping.headings import match_headings
from importer.mapping.loader import LoadedMapping, parse_mapping
from importer.mapping.model import FieldRule, FieldType, Mapping
from importer.mapping.reference import BEGIN, END, main, mapping_reference, renew
from importer.targets import TARGETS
from importer.transforms import TRANSFORMS

ROOT = Path(__file__).parents[3]
MAPPINGS = sorted((ROOT / "mappings").glob("*.yaml"))
SAMPLES = ROOT / "sample_data"


def check_target(mapping: Mapping) -> list[MappingProblem]:
    return TARGETS[mapping.target].check_mapping(mapping)


def loaded(path: Path) -> LoadedMapping:
    return parse_mapping(read_text(path), path, targets=TARGETS, transforms=TRANSFORMS, check_target=check_target)


def script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def sample_of(path: Path) -> Path:
    (sample,) = (found for found in SAMPLES.iterdir() if found.stem == path.stem)
    return sample


def rows_of(path: Path, section: Any) -> list[list[str]]:
    if path.suffix == ".xlsx":
        sheet = openpyxl.load_workbook(path)[section.sheet]
        return [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)][
            (section.header_row or 1) - 1 :
        ]
    delimiter = section.delimiter or ("\t" if path.suffix == ".tsv" else ",")
    with path.open(encoding=section.encoding or "utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def test_every_target_has_one_mapping_and_every_mapping_one_file() -> None:
    """Whoever looks for an example of a call finds exactly one."""
    assert sorted(loaded(path).mapping.target for path in MAPPINGS) == sorted(TARGETS)
    assert {path.stem for path in MAPPINGS} == {path.stem for path in SAMPLES.iterdir() if path.suffix != ".py"} - {
        "__pycache__"
    }


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_every_mapping_fits_its_file(path: Path) -> None:
    """Headings match exactly, and no column is left over."""
    mapping = loaded(path)
    head, *rows = rows_of(sample_of(path), mapping.mapping.source)
    match = match_headings(mapping, [(heading, heading) for heading in head])
    assert (match.problems, match.notes, match.unused) == ((), (), ())
    assert len(rows) >= 20


def test_the_mappings_show_every_option_between_them() -> None:
    """Each option of a field, each type that has its own rules and each option of the file has an example."""
    mappings = [loaded(path).mapping for path in MAPPINGS]
    used = [rule for mapping in mappings for _, rule in iterate_rules(mapping)]
    without_example = {
        "country",
        "decimal",
        "thousands",
        "currency",
        "percent",
        "negative",
        "marks",
        "phone_format",
        "pivot",
        "joiner",
        "lookup_file",
        "separator",
    }
    assert {name for rule in used for name in rule.model_fields_set} | without_example == set(FieldRule.model_fields)
    assert {rule.type for rule in used} == set(FieldType)
    said = {name for mapping in mappings for name in mapping.model_fields_set}
    assert said == set(Mapping.model_fields) - {"schema_", "update_behavior"}
    assert {name for rule in used for name in rule.transforms} >= {"strip", "title", "first_word", "last_word"}


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_every_mapping_begins_with_the_line_for_editors(path: Path) -> None:
    """Editors complete the examples, and copies of them."""
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=mapping.schema.json"
    assert lines[1].startswith("# ")


@pytest.mark.slow
def test_the_script_writes_the_sample_files_again(tmp_path: Path) -> None:
    """Text files byte for byte; the workbook cell for cell."""
    sheets = {"store-visits.xlsx": ["Visits", "Stores"], "admission-leads.xlsx": ["Leads", "Courses"]}
    subprocess.run([sys.executable, str(SAMPLES / "make.py"), str(tmp_path)], check=True)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {path.name for path in SAMPLES.iterdir() if path.is_file() and path.suffix != ".py"}
    for name in written - set(sheets):
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes(), name
    for name, names in sheets.items():
        fresh, kept = (openpyxl.load_workbook(folder / name) for folder in (tmp_path, SAMPLES))
        assert fresh.sheetnames == kept.sheetnames == names
        for sheet in names:
            assert list(fresh[sheet].values) == list(kept[sheet].values)


def test_the_package_holds_the_same_files_for_the_demo() -> None:
    """`importer demo` works after `pip install`, with the files that the repository shows."""
    demo = script(SAMPLES / "make.py").DEMO
    expected = {f"{name}.yaml" for name in demo} | {name + ending for name, ending in demo.items()}
    copies = {path.name: path for path in (ROOT / "importer" / "samples").iterdir()}
    assert set(copies) == expected
    for name, path in copies.items():
        folder = "mappings" if name.endswith(".yaml") else "sample_data"
        assert path.read_bytes() == (ROOT / folder / name).read_bytes(), name


def test_the_json_schema_is_current() -> None:
    """After a change of an option: python mappings/make.py"""
    maker = script(ROOT / "mappings" / "make.py")
    assert maker.SCHEMA.read_text("utf-8") == maker.schema_text()


def test_the_reference_page_is_current() -> None:
    """After a change of an option: python -m importer.mapping.reference docs/mapping.md"""
    page = (ROOT / "docs" / "mapping.md").read_text("utf-8")
    assert renew(page) == page
    assert mapping_reference() in page


def test_the_reference_page_can_be_renewed(tmp_path: Path) -> None:
    """The text around the tables stays as it is."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    main([str(page)])
    assert page.read_text("utf-8") == f"before\n{BEGIN}\n\n{mapping_reference()}\n\n{END}\nafter\n"


def test_the_examples_of_the_page_are_true() -> None:
    """The first mapping loads, and spoiled as the page tells it gives the very answer that the page shows."""
    page = (ROOT / "docs" / "mapping.md").read_text("utf-8")
    example = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0]
    path = Path("webinar.yaml")
    parse_mapping(example, path, targets=TARGETS, transforms=TRANSFORMS, check_target=check_target)
    shown = re.findall(r"```\n(webinar.yaml has .*?)\n```", page, re.DOTALL)[0]
    spoiled = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: Lead ID
  ActivityEvent: {value: 201}
  ActivityNote: {template: "Attended {Webinar}"}
  ActivityDateTime: {column: Joined at, type: datetime, format: "%d/%m/%Y %H:%M", timezone: IST}
  mx_Custom_1: {colum: Minutes, type: integer, range: [0, 600]}
  mx_Custom_2: {column: Plan, lookup: {Gold: G, Silver: S}, default: N}
  mx_Custom_3: {type: text}
"""
    with pytest.raises(MappingError) as caught:
        parse_mapping(spoiled, path, targets=TARGETS, transforms=TRANSFORMS, check_target=check_target)
    assert caught.value.message == shown


SCHEMA: dict[str, Any] = json.loads((ROOT / "mappings" / "mapping.schema.json").read_text("utf-8"))
KINDS: dict[str, Any] = {"string": str, "boolean": bool, "array": list, "object": dict, "null": type(None)}


def is_kind(value: Any, kind: str) -> bool:
    if kind in ("number", "integer"):
        return isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)
    return isinstance(value, KINDS[kind])


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """A small validator of JSON Schema: the words that our schema uses, and an error for any other."""
    return all(word_fits(word, value, schema) for word in schema)


def word_fits(word: str, value: Any, schema: dict[str, Any]) -> bool:
    told = schema[word]
    table, items = (value if isinstance(value, dict) else {}), (value if isinstance(value, list) else [])
    known = schema.get("properties", {})
    match word:
        case "$schema" | "$defs" | "title" | "description" | "examples":
            return True
        case "$ref":
            return fits(value, SCHEMA["$defs"][told.rpartition("/")[2]])
        case "type":
            return any(is_kind(value, kind) for kind in ([told] if isinstance(told, str) else told))
        case "enum":
            return value in told
        case "const":
            return value == told
        case "anyOf":
            return any(fits(value, choice) for choice in told)
        case "oneOf":
            return sum(fits(value, choice) for choice in told) == 1
        case "properties":
            return all(fits(table[name], told[name]) for name in table if name in told)
        case "additionalProperties":
            rest = [item for name, item in table.items() if name not in known]
            return not rest if told is False else all(fits(item, told) for item in rest)
        case "propertyNames":
            return all(re.search(told["pattern"], name) for name in table)
        case "required":
            return all(name in table for name in told)
        case "items":
            return all(fits(item, told) for item in items)
        case "minItems" | "maxItems":
            return not isinstance(value, list) or (len(value) >= told if word == "minItems" else len(value) <= told)
        case "uniqueItems":
            return len({json.dumps(item) for item in items}) == len(items)
        case "minProperties":
            return not isinstance(value, dict) or len(value) >= told
        case "minimum" | "maximum":
            return not is_kind(value, "number") or (value >= told if word == "minimum" else value <= told)
        case "pattern":
            return not isinstance(value, str) or re.search(told, value) is not None
    raise AssertionError(word)


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_editors_find_no_fault_with_the_mappings(path: Path) -> None:
    """Read as editors read YAML, with numbers and booleans, every shipped mapping fits the schema."""
    assert fits(yaml.safe_load(path.read_text("utf-8")), SCHEMA)


@pytest.mark.parametrize(
    "spoil",
    [
        {"target": "create-leads"},
        {"colour": "red"},
        {"lead": {"First name": "A"}},
        {"lead": {"FirstName": {"colum": "A"}}},
        {"lead": {"FirstName": {"column": "A", "value": "b"}}},
        {"lead": {"FirstName": {"type": "text"}}},
        {"lead": {"FirstName": {"column": "A", "type": "words"}}},
        {"lead": {"FirstName": {"column": "A", "transforms": ["shout"]}}},
        {"lead": {"FirstName": {"column": "A", "range": [1]}}},
        {"lead": {"FirstName": {"column": "A", "max_length": 0}}},
        {"lead": {"FirstName": {"column": "A", "blank": "wipe"}}},
        {"lead": {}},
        {"on_invalid": "never"},
        {"max_invalid": 5},
        {"source": {"header_row": 0}},
    ],
    ids=str,
)
def test_editors_find_the_faults(spoil: dict[str, Any]) -> None:
    """What the loader refuses by its form, the schema marks while one types."""
    good = {"target": "create-lead", "lead": {"FirstName": {"column": "A"}, "Phone": "Mobile"}, "max_invalid": "5%"}
    assert fits(good, SCHEMA)
    assert not fits(copy.deepcopy(good) | spoil, SCHEMA)
