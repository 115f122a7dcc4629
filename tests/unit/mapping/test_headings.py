"""Headings of the mapping against columns of the file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.mapping.column_references import fold_heading
from importer.mapping.headings import match_headings
from tests.support.sampled import examples
from tests.unit.mapping.helpers import load

MAPPING = """\
target: create-lead
lead:
  ProspectID: Lead ID
  mx_Note: {template: "{City} on {Day}"}
  mx_City: {column: City}
  mx_Set: {fields: {Status: {column: State}}}
ignore: [Remarks]
"""
COLUMNS = [(name, name) for name in ("Lead ID", "City", "Day", "State", "Remarks")]


def test_exact_headings_match_without_a_note() -> None:
    """Columns, placeholders and fields of custom field sets are all uses."""
    match = match_headings(load(MAPPING), COLUMNS)
    assert match.labels == {"Lead ID": "Lead ID", "City": "City", "Day": "Day", "State": "State"}
    assert match.fields == {
        "Lead ID": "lead.ProspectID",
        "City": "lead.mx_Note, lead.mx_City",
        "Day": "lead.mx_Note",
        "State": "lead.mx_Set.Status",
    }
    assert (match.unused, match.notes, match.problems) == ((), (), ())


@pytest.mark.parametrize(
    "heading", ["lead id", " Lead ID ", "Lead\u00a0ID", "Lead\u200b ID", "\ufeffLead ID", "Ｌead ID"]
)
def test_loose_headings_match_with_a_note(heading: str) -> None:
    """Case, blanks, invisible characters and wide letters are forgiven, and said."""
    match = match_headings(load(MAPPING), [(heading, heading), *COLUMNS[1:]])
    assert match.labels["Lead ID"] == heading
    assert match.notes == (f'"Lead ID" of the mapping was matched to the column "{heading}" of the file.',)
    assert match.problems == ()


def test_a_label_is_matched_by_its_heading_too() -> None:
    """A label that the reader had to change does not hide the heading in the file."""
    match = match_headings(load(MAPPING), [("Lead ID [A]", "Lead ID"), *COLUMNS[1:]])
    assert match.labels["Lead ID"] == "Lead ID [A]"
    assert match.notes == ()


def test_a_missing_column_is_a_problem_with_line_and_nearest_heading() -> None:
    """Each missing heading is told once, where the mapping first names it."""
    match = match_headings(load(MAPPING), [("Lead-ID", "Lead-ID"), ("Town", "Town"), *COLUMNS[2:]])
    shown = 'It has: "Lead-ID", "Town", "Day", "State", "Remarks".'
    assert [(found.line, found.path, found.message, found.remedy) for found in match.problems] == [
        (3, "lead.ProspectID", 'The file has no column "Lead ID".', f'Did you mean "Lead-ID"? {shown}'),
        (4, "lead.mx_Note.template", 'The file has no column "City".', shown),
    ]


def test_many_columns_are_not_all_listed() -> None:
    """The message stays readable for a file of hundreds of columns."""
    match = match_headings(load("target: create-lead\nlead: {A: zz}"), [(f"c{n}", f"c{n}") for n in range(100)])
    assert match.problems[0].remedy.endswith('"c29" and 70 more.')


def test_a_heading_that_could_mean_two_columns_is_a_problem() -> None:
    """Which one is meant is never guessed."""
    match = match_headings(load(MAPPING), [("LEAD ID", "LEAD ID"), ("lead id", "lead id"), *COLUMNS[1:]])
    (problem,) = match.problems
    assert (problem.line, problem.message, problem.remedy) == (
        3,
        '"Lead ID" could mean 2 columns of the file: "LEAD ID", "lead id".',
        "Write the one you mean exactly so, and put the others under `ignore:`.",
    )


def test_two_columns_of_one_heading_are_clear_when_the_mapping_names_both() -> None:
    """The first is meant once the second is used or ignored by its label."""
    columns = [("Lead ID", "Lead ID"), ("Lead ID (2)", "Lead ID"), *COLUMNS[1:]]
    (problem,) = match_headings(load(MAPPING), columns).problems
    assert problem.message == '"Lead ID" could mean 2 columns of the file: "Lead ID", "Lead ID (2)".'
    match = match_headings(load(MAPPING.replace("[Remarks]", "[Remarks, Lead ID (2)]")), columns)
    assert (match.labels["Lead ID"], match.problems, match.unused) == ("Lead ID", (), ())


def test_columns_that_nobody_speaks_of_are_noted() -> None:
    """A column is used, ignored or reported; an ignored one that is absent is reported too."""
    match = match_headings(load(MAPPING), [*COLUMNS[:4], ("Age", "Age"), ("Pin", "Pin")])
    assert match.unused == ("Age", "Pin")
    assert match.notes == (
        '2 columns are neither used nor ignored: "Age", "Pin".',
        'The mapping ignores "Remarks", which the file does not have.',
    )
    assert match_headings(load(MAPPING), [*COLUMNS, ("Age", "Age")]).notes == (
        '1 column is neither used nor ignored: "Age".',
    )


@pytest.mark.slow
@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.text(max_size=8), max_size=6, unique=True))
def test_every_column_is_used_ignored_or_unused(headings: list[str]) -> None:
    """Whatever the headings are, no column disappears and every used heading has its label or its problem."""
    labels = [heading or f"column {number}" for number, heading in enumerate(headings)]
    match = match_headings(load(MAPPING), list(zip(labels, headings, strict=True)))
    ignored = {label for label in labels if fold_heading(label) == "remarks"}
    assert set(match.unused) | set(match.fields) | ignored >= set(labels)
    assert not set(match.unused) & set(match.fields)
    assert {"Lead ID", "City", "Day", "State"} == set(match.labels) | {
        problem.message.split('"')[1] for problem in match.problems
    }


@pytest.mark.slow
@settings(max_examples=examples(100), deadline=None)
@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(heading: str) -> None:
    """Headings are compared in one settled form."""
    assert fold_heading(fold_heading(heading)) == fold_heading(heading)
