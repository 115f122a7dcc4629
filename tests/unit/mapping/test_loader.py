"""What a loaded mapping holds, and what must hold for any bytes at all."""

from __future__ import annotations

import string
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.config.yaml import decode_text, read_text
from importer.core.errors import MappingError, MappingProblem
from importer.mapping.loader import parse_mapping
from importer.mapping.model import Blank, FieldRule, FieldType, Mapping, OnInvalid, Ragged
from tests.support.sampled import examples
from tests.unit.mapping.helpers import TARGETS, TRANSFORMS, accept, load, problems

FULL = """\
target: create-lead
source: {sheet: 2, header_row: 3, encoding: cp1252, delimiter: tab, ragged: pad}
lead:
  FirstName: First name
  Score: {column: Score, type: integer, range: [0, ~], required: Yes}
  mx_Set:
    fields:
      Status: {value: no}
      mx_CustomObject_1: Id
activity:
  ActivityEvent: {value: 0201}
  mx_Custom_1: {column: Plan, type: choice, lookup: {1: One}, options: [One, Two], default: Two, blank: omit}
ignore: [On, 12:30]
max_invalid: 2.5%
import_key: mx_Custom_20
search_by: EmailAddress
schema: checks.py:Webinar
"""


def test_everything_said_arrives_in_the_model() -> None:
    """Words, numbers, shares and texts arrive as what they mean; texts arrive unchanged."""
    mapping = load(FULL).mapping
    assert mapping.source.sheet == "2"
    assert (mapping.source.header_row, mapping.source.encoding, mapping.source.delimiter) == (3, "cp1252", "\t")
    assert mapping.source.ragged is Ragged.PAD
    assert mapping.lead["FirstName"] == FieldRule(column="First name")
    score = mapping.lead["Score"]
    assert (score.type, score.range, score.required) == (FieldType.INTEGER, (Decimal(0), None), True)
    assert mapping.activity["ActivityEvent"].value == "0201"
    plan = mapping.activity["mx_Custom_1"]
    assert (plan.lookup, plan.options, plan.default, plan.blank) == ({"1": "One"}, ("One", "Two"), "Two", Blank.OMIT)
    assert mapping.ignore == ("On", "12:30")
    assert (mapping.max_invalid, mapping.on_invalid) == (Decimal("0.025"), OnInvalid.SKIP)
    assert (mapping.import_key, mapping.search_by, mapping.schema_) == (
        "mx_Custom_20",
        "EmailAddress",
        "checks.py:Webinar",
    )
    assert [flat.name for flat in mapping.flat_fields()] == [
        "lead.FirstName",
        "lead.Score",
        "lead.mx_Set.Status",
        "lead.mx_Set.mx_CustomObject_1",
        "activity.ActivityEvent",
        "activity.mx_Custom_1",
    ]
    assert mapping.lead["mx_Set"].fields is not None
    assert mapping.lead["mx_Set"].fields["Status"].value == "no"


def test_a_tilde_leaves_an_option_out() -> None:
    """Where nothing is the default, `~` means just that."""
    mapping = load("target: create-lead\nlead: {A: {column: B, format: ~, default: }}\nsearch_by: ~").mapping
    assert mapping == load("target: create-lead\nlead: {A: B}").mapping


def test_lines_are_found_by_path() -> None:
    """A path of the file, a flat name, or something that is not there."""
    loaded = load(FULL)
    assert loaded.line_of("lead.Score.range") == (5, 41)
    assert loaded.line_of("lead.mx_Set.fields.Status") == (8, 7)
    assert loaded.line_of("lead.mx_Set.Status") == (8, 7)
    assert loaded.line_of("lead.Absent") == (3, 1)
    assert loaded.line_of("absent") == (0, 0)


def test_text_and_path_are_kept(tmp_path: Path) -> None:
    """The plan keeps the whole text, so that the file may change meanwhile."""
    path = tmp_path / "mine.yaml"
    path.write_text("target: create-lead\nlead: {A: B}  # note\n", encoding="utf-8-sig")
    loaded = parse_mapping(read_text(path), path, targets=TARGETS, transforms=TRANSFORMS, check_target=accept)
    assert loaded.path == path
    assert loaded.text == "target: create-lead\nlead: {A: B}  # note\n"
    again = parse_mapping(loaded.text, path, targets=TARGETS, transforms=TRANSFORMS, check_target=accept)
    assert (again.mapping, again.sha) == (loaded.mapping, loaded.sha)


def test_an_unknown_target_is_not_asked() -> None:
    """The target's own check needs a target."""

    def never(mapping: Mapping) -> list[MappingProblem]:
        raise AssertionError(mapping.target)

    assert [path for _, path, _, _ in problems("target: nobody\nlead: {A: B}", never)] == ["target"]


@pytest.mark.parametrize(
    "other",
    [
        "# a comment\nlead:\n  A:   B\ntarget: 'create-lead'\n",
        '{"target": "create-lead", "lead": {"A": {"column": "B"}}}',
        "target: create-lead\r\nlead: {A: {column: B, type: text, required: no}}\r\non_invalid: skip\r\nignore: []\r\n",
    ],
)
def test_the_sha_is_of_what_is_said_and_not_of_how(other: str) -> None:
    """Comments, blanks, quotes, order and repeated defaults do not make another import."""
    assert load(other).sha == load("target: create-lead\nlead: {A: B}").sha


@pytest.mark.parametrize(
    "other",
    ["lead: {A: b}", "lead: {B: B}", "lead: {A: {value: B}}", "activity: {A: B}", "lead: {A: B}\nignore: [C]"],
)
def test_the_sha_changes_with_the_meaning(other: str) -> None:
    """Whatever changes what is sent or reported changes the hash."""
    assert load(f"target: create-lead\n{other}").sha != load("target: create-lead\nlead: {A: B}").sha


def load_bytes(content: bytes) -> None:
    path = Path("any.yaml")
    found: tuple[MappingProblem, ...] = (MappingProblem(0, 0, "", "loaded"),)
    try:
        text = decode_text(content, path)
        parse_mapping(text, path, targets=TARGETS, transforms=TRANSFORMS, check_target=accept)
    except MappingError as error:
        found = error.problems
    assert found
    assert all(problem.message and "pydantic" not in str(problem) for problem in found)


@settings(max_examples=examples(100), deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_load_or_give_a_mapping_error(content: bytes) -> None:
    """Nothing else is ever raised."""
    load_bytes(content)


@pytest.mark.slow
@settings(max_examples=examples(100), deadline=None)
@given(st.text(alphabet="atx:{}[]-,'\"\n\t ~&*!%@`|>#?\\\ud7ff\x85\ufeff1", max_size=60))
def test_any_text_loads_or_gives_a_mapping_error(text: str) -> None:
    """Nothing else is ever raised, whatever YAML makes of it."""
    load_bytes(text.encode())


names = st.sampled_from([*Mapping.model_fields, *FieldRule.model_fields, "schema", "fields", "mx_A", "sheet", ""])
scalars = st.one_of(
    st.sampled_from(["create-lead", "City", "1", "5%", "date", "choice", "%d/%m/%Y", "~", "(a+)+", "{A}", "skip"]),
    st.text(alphabet=string.printable, max_size=6),
    st.none(),
)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)
rules = st.dictionaries(st.sampled_from([*FieldRule.model_fields]), trees, max_size=6)


@pytest.mark.slow
@settings(max_examples=examples(100), deadline=None)
@given(
    st.fixed_dictionaries(
        {"target": scalars, "lead": st.dictionaries(names, rules | scalars, max_size=4)},
        optional={"activity": trees, "source": trees, "ignore": trees, "max_invalid": scalars, "import_key": scalars},
    )
)
def test_any_structure_loads_or_gives_a_mapping_error(tree: object) -> None:
    """Known keys with any values in any nesting are answered with problems, never with a traceback."""
    load_bytes(yaml.safe_dump(tree, allow_unicode=True).encode())


headings = st.text(alphabet=string.ascii_letters + " éह-_:#", min_size=1, max_size=12).filter(lambda text: text.strip())
fields = st.dictionaries(
    st.from_regex(r"mx_[A-Z][a-z]{1,5}", fullmatch=True),
    st.fixed_dictionaries(
        {"column": headings}, optional={"required": st.sampled_from(["true", "no"]), "max_length": st.just("20")}
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.slow
@settings(max_examples=examples(60), deadline=None)
@given(fields, st.randoms(use_true_random=False), st.integers(1, 8), st.booleans())
def test_the_sha_survives_rewriting(table: dict[str, dict[str, str]], random: object, indent: int, flow: bool) -> None:
    """The same mapping in another order, indentation and style has the same hash."""
    first = yaml.safe_dump({"target": "create-lead", "lead": table}, allow_unicode=True)
    shuffled = list(table.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    second = yaml.safe_dump(
        {"lead": dict(shuffled), "target": "create-lead"},
        indent=indent,
        default_flow_style=flow,
        sort_keys=False,
        width=1000,
    )
    assert load(first).sha == load(f"# rewritten\n{second}").sha
