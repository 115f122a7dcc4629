"""The lines of the Columns screen: what fills which field, what was proposed, and what a person must choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.app import ColumnSample
from importer.core.errors import MappingError, MappingProblem, UsageError
from importer.targets import TARGETS
from importer.web.columns import FieldChoice, column_lines, describe_rule, field_label, own_choices
from importer.web.drafts import DraftStore
from importer.web.edits import CellChange, EditLog
from importer.web.mapping_document import MappingDocument
from tests.support.delivery_world import VirtualClock


def sample(letter: str, heading: str, *values: str) -> ColumnSample:
    return ColumnSample(letter, heading, heading, 1.0, tuple((value, 1) for value in values))


def test_columns_of_templates_and_inner_fields_are_named_as_used() -> None:
    document = MappingDocument(
        {
            "activity": {
                "ActivityNote": {"template": "Saw {City} on {Day}"},
                "mx_KYC": {"fields": {"Status": "City", "mx_CustomObject_1": {"column": "File"}}},
                "mx_Custom_1": "Day",
            }
        }
    )
    city, day, file = column_lines([sample("A", "City"), sample("B", "Day"), sample("C", "File")], document, {}, ())
    assert (city.name, city.also) == ("", ("activity.ActivityNote", "activity.mx_KYC"))
    assert (day.name, day.also) == ("activity.mx_Custom_1", ("activity.ActivityNote",))
    assert (file.name, file.also, file.is_imported) == ("", ("activity.mx_KYC",), False)


def test_columns_of_alternatives_and_conditions_are_named_as_used() -> None:
    cases = [{"if": {"all": [{"column": "Paid", "greater": "0"}]}, "column": "Stage"}, {"value": "New"}]
    document = MappingDocument({"lead": {"Phone": {"first_of": ["Mobile", "Home"]}, "ProspectStage": {"when": cases}}})
    headings = ("Mobile", "Home", "Paid", "Stage", "Other")
    lines = column_lines([sample("A", heading) for heading in headings], document, {}, ())
    assert [line.also for line in lines] == [("lead.Phone",)] * 2 + [("lead.ProspectStage",)] * 2 + [()]


def test_a_day_at_midnight_is_the_line_of_its_column() -> None:
    rule = {"template": "{Day} 00:00", "type": "datetime", "format": "%d.%m.%Y %H:%M"}
    entry = {"field": "activity.ActivityDateTime", "confidence": "low", "reason": "dates", "waits": True}
    proposal = {"columns": [{"column": "Day", "ignored": "", "fields": [{**entry, "rules": [rule]}]}]}
    (waiting,) = column_lines([sample("A", "Day")], MappingDocument({}), proposal, ())
    assert [(one.rule, one.example) for one in waiting.choices] == [(rule, "31 December 2026 is written 31.12.2026")]
    chosen = MappingDocument({"activity": {"ActivityDateTime": rule}})
    (line,) = column_lines([sample("A", "Day")], chosen, proposal, ())
    assert (line.name, line.rule, line.also) == ("activity.ActivityDateTime", rule, ())


def test_values_whose_rows_are_left_out_become_conditions() -> None:
    document = MappingDocument({"where": {"column": "Paid", "greater": "0"}})
    document.leave_out_values({"Status": ["Test", "Void"], "City": []})
    assert document.data["where"] == {
        "all": [{"column": "Paid", "greater": "0"}, {"column": "Status", "not": ["Test", "Void"]}]
    }
    assert (document.left_out_values(), list(document.tested_columns())) == (
        {"Status": ["Test", "Void"]},
        ["Paid", "Status"],
    )
    unwanted = {"column": "Status", "texts": ["Test"], "rows": 3}
    status, city = column_lines([sample("A", "Status"), sample("B", "City")], document, {"unwanted_rows": unwanted}, ())
    assert status.question == '3 rows are marked "Test". Tick below what you do not want to import.'
    assert (status.left_out, city.left_out, city.question) == ({"Test", "Void"}, frozenset(), "")
    document.leave_out_values({})
    assert document.data == {"where": {"column": "Paid", "greater": "0"}}


def test_fields_are_called_as_people_know_them() -> None:
    known = [FieldChoice("activity.mx_Custom_1", "Store"), FieldChoice("activity.ActivityNote", "Remark")]
    offered = own_choices(TARGETS["bulk-activities-by-lead-id"], known)
    assert [(one.name, one.label) for one in offered] == [
        ("activity.RelatedProspectId", "Id of the lead"),
        ("activity.ActivityEvent", "Type of the activity"),
        ("activity.ActivityDateTime", "Date and time"),
        ("activity.ActivityOwnerEmail", "E-mail of the owner"),
    ]
    assert field_label("activity.ActivityNote", known) == "Remark"
    assert [field_label(name) for name in ("lead.FirstName", "lead.mx_Course_Name")] == ["First Name", "Course Name"]


def test_a_rule_that_waits_for_a_choice_shows_what_each_means() -> None:
    proposal = {
        "columns": [
            {
                "column": "Day",
                "ignored": "",
                "fields": [
                    {
                        "field": "lead.mx_Day",
                        "confidence": "medium",
                        "reason": "all are dates",
                        "waits": True,
                        "rules": [{"type": "date", "format": "%d/%m/%Y"}, {"type": "date", "format": "%m/%d/%Y"}],
                    }
                ],
            },
            {"column": "Remarks", "ignored": "no field was found for it", "fields": []},
        ]
    }
    facts = [sample("A", "Day", "03/04/2026"), sample("B", "Remarks")]
    day, remarks = column_lines(facts, MappingDocument({}), proposal, ())
    assert [choice.example for choice in day.choices] == [
        "31 December 2026 is written 31/12/2026",
        "31 December 2026 is written 12/31/2026",
    ]
    assert day.choices[1].rule == {"column": "Day", "type": "date", "format": "%m/%d/%Y"}
    assert (day.proposed, day.confidence, day.samples) == ("lead.mx_Day", "medium", ("03/04/2026",))
    assert (remarks.reason, remarks.choices) == ("no field was found for it", ())


def test_problems_of_the_mapping_stand_at_their_column() -> None:
    problem = MappingProblem(3, 1, "lead.mx_Day.format", "This is no form.", "Write %d/%m/%Y.")
    (line,) = column_lines([sample("A", "Day")], MappingDocument({"lead": {"mx_Day": "Day"}}), {}, [problem])
    assert line.problems == (problem,)


def test_a_rule_is_described_in_few_words() -> None:
    rule = {"column": "City", "transforms": ["strip"], "type": "text", "lookup": {"a": "b"}, "required": "true"}
    assert describe_rule(rule) == ["strip", "type text", "1 values replaced", "must be filled"]
    assert describe_rule({"format": ["%d/%m/%Y", "%Y"]}) == ["such as 31/12/2026", "such as 2026"]


def test_a_mapping_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text("target: [", "utf-8")
    with pytest.raises(MappingError):
        MappingDocument.read(tmp_path / "mapping.yaml")
    with pytest.raises(UsageError, match="no mapping yet"):
        MappingDocument.read(tmp_path / "other.yaml")


def test_steps_of_corrections_are_kept_and_undone(tmp_path: Path) -> None:
    store = DraftStore(tmp_path, lambda: "draft-0001")
    draft = store.create("a.csv", "asha", "", VirtualClock().now())
    log = EditLog(store, draft)
    log.add([CellChange(3, "A", "x"), CellChange(4, "A", "y")], "asha")
    log.add([CellChange(3, "A", "z")], "ravi")
    log.add([], "ravi")
    assert EditLog(store, draft).cells() == {3: {"A": "z"}, 4: {"A": "y"}}
    assert EditLog(store, draft).undo() == {3}
    assert EditLog(store, draft).cells() == {3: {"A": "x"}, 4: {"A": "y"}}
    log = EditLog(store, draft)
    assert (log.undo(), log.undo(), len(log)) == ({3, 4}, set(), 0)
