"""What the report page shows about columns, places, the first requests and the calls."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.model import CallClass, Limit, Status, VerdictKind
from importer.ledger.model import PastCall
from importer.mapping.loader import parse_mapping
from importer.planning.mapping_files import mapping_vocabulary
from importer.planning.plan import PlanRequest, plan_import, prepare_import
from importer.planning.store import Plan, open_plan
from importer.reports.attention_rows import find_attention_rows
from importer.reports.column_profile import MOST_DISTINCT, ColumnValues, describe_column_types
from importer.reports.interface import PARTS, AttentionRow
from importer.reports.run_profile import profile_calls, profile_run
from importer.reports.run_report import RunReport, summarize_run
from tests.support.delivery_world import LOST, World, before, mx, visits
from tests.support.sampled import examples

MAPPING = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead, type: uuid}
  ActivityEvent: {value: 201}
  ActivityNote: Note
  ActivityDateTime: {column: When, type: date, format: "%d.%m.%Y"}
"""


def gathered(texts: list[str | None], *, is_day: bool = False, chunk: int = 7) -> ColumnValues:
    values = ColumnValues(is_day=is_day)
    for start in range(0, max(1, len(texts)), chunk):
        values.add(pa.array(texts[start : start + chunk], pa.large_string()))
    return values


def planned(folder: Path, lines: list[str]) -> Plan:
    folder.joinpath("visits.csv").write_text("\n".join(["Lead,Note,When", *lines]) + "\n", "utf-8")
    folder.joinpath("visits.yaml").write_text(MAPPING, "utf-8")
    request = PlanRequest(folder / "visits.csv", folder / "visits.yaml")
    return plan_import(prepare_import(request), folder / "plan", datetime(2026, 11, 20, tzinfo=UTC))


LEAD = "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"


def test_a_plan_is_profiled(tmp_path: Path) -> None:
    """Columns with their values, where the problems lie, and the first ready rows as the CRM would get them."""
    lines = [f"{LEAD},same,{day % 28 + 1:02}.10.2026" for day in range(118)] + ["nobody,other,01.10.2026", ",x,99"]
    seen = profile_run(RunReport(planned(tmp_path, lines)))
    lead, note, when = seen.columns
    assert (lead.filled, lead.distinct, lead.letter) == (119, 2, "A")
    assert [(bar.text, bar.rows) for bar in note.bars] == [("same", 118), ("other", 1), ("x", 1)]
    assert (note.others, note.field) == (0, "activity.ActivityNote")
    assert when.bars == ()
    assert (when.bins[0].low, when.bins[-1].high, sum(one.rows for one in when.bins)) == (
        "2026-10-01",
        "2026-10-28",
        119,
    )
    assert lead.strip == (0,) * (PARTS - 1) + (2,)
    assert seen.strips["not-a-uuid"] == (0,) * (PARTS - 1) + (1,)
    assert note.strip == ()
    assert seen.previewed == (2, 3, 4)
    body = json.loads(seen.preview)
    assert [activity["ActivityNote"] for activity in body] == ["same"] * 3
    assert seen.sent == (
        ("activity.RelatedProspectId", (LEAD,) * 3),
        ("activity.ActivityEvent", ("201",) * 3),
        ("activity.ActivityNote", ("same",) * 3),
        ("activity.ActivityDateTime", ("2026-10-01", "2026-10-02", "2026-10-03")),
    )
    assert [column.read_as for column in seen.columns] == ["id", "text", "date DD.MM.YYYY"]
    assert (seen.calls, seen.attention_total) == (None, 2)
    assert [(one.row, one.status.value, one.code) for one in seen.attention] == [
        (120, "invalid", "not-a-uuid"),
        (121, "invalid", "required, not-a-date"),
    ]
    assert seen.attention[1].text.startswith('Column A "Lead": The cell is empty')
    assert 'Fill in the cell. Column C "When": "99" is not a date' in seen.attention[1].text


def test_types_of_columns_are_described() -> None:
    """Type, form, place and table of each field; a column that is only named in a text is a part of it."""
    text = """\
target: create-lead
lead:
  Phone: {column: Phone, type: phone, country: IN}
  mx_Plan: {column: Plan, type: choice, lookup: {Gold: G}}
  mx_Seen: {column: Seen, type: datetime, format: "%d/%m/%Y %H:%M", timezone: Asia/Kolkata}
  mx_Note: {template: "{Plan} since {Since}"}
"""
    mapping = parse_mapping(text, Path("m.yaml"), **mapping_vocabulary()).mapping
    fields = {"Phone": "lead.Phone", "Plan": "lead.mx_Plan, lead.mx_Note", "Seen": "lead.mx_Seen"}
    assert describe_column_types(mapping, {**fields, "Since": "lead.mx_Note", "Other": ""}) == {
        "Phone": "phone number, IN",
        "Plan": "choice, translated by a table",
        "Seen": "date and time DD/MM/YYYY hh:mm, Asia/Kolkata",
        "Since": "part of a text",
        "Other": "",
    }


def test_a_plan_remembers_spoiled_columns(tmp_path: Path) -> None:
    """They are warnings: every row is ready; a plan that an older program wrote has none."""
    plan = planned(tmp_path, [f"{LEAD},#N/A,01.10.2026"] * 2)
    again = open_plan(plan.folder)
    assert again.facts.damage == plan.facts.damage == summarize_run(RunReport(again)).damage
    assert [(one.kind, one.letter, one.field, one.first_rows) for one in again.facts.damage] == [
        ("excel-errors", "B", "activity.ActivityNote", (2, 3))
    ]
    assert again.facts.ready == 2
    content = json.loads((plan.folder / "plan.json").read_text("utf-8"))
    del content["damage"]
    (plan.folder / "plan.json").write_text(json.dumps(content), "utf-8")
    assert open_plan(plan.folder).facts.damage == ()


def test_a_plan_without_ready_rows_has_no_preview(tmp_path: Path) -> None:
    """Nothing is shown that would not be sent, and a cause that all rows share is named."""
    plan = planned(tmp_path, ["nobody,x,01.10.2026"] * 9)
    seen = profile_run(RunReport(plan))
    assert (seen.preview, seen.previewed, seen.sent) == ("", (), ())
    assert "Every row has the problem not-a-uuid" in summarize_run(RunReport(plan)).next_step


def test_targets_of_single_rows_show_one_request_each(tmp_path: Path) -> None:
    """Three requests, one below the other."""
    plan = planned(tmp_path, [f"{LEAD},note,01.10.2026"] * 4)
    text = plan.facts.mapping_file.replace("bulk-activities-by-lead-id", "activity-by-email")
    text = text.replace("RelatedProspectId: {column: Lead, type: uuid}", "EmailAddress: Lead")
    alone = replace(plan, facts=replace(plan.facts, mapping_file=text, target="activity-by-email"))
    assert profile_run(RunReport(alone)).preview.count('"ActivityNote": "note"') == 3


def test_a_run_is_profiled(world: World) -> None:
    """Its calls over time, the slowest ones, and the rows that a person has to look at."""
    world.account = replace(world.account, limits=dict.fromkeys(CallClass, Limit(1, 5.0)))
    world.crm.bad_notes = {"visit 3"}
    world.crm.faults = [None, before(mx("MXAPIRateLimitExceededException", "too many", 429)), None, before(LOST)]
    world.crm.read_faults = [before(mx("MXFault", "no"))] * 500
    plan = world.plan(visits(30))
    run = world.deliver(plan).run
    seen = profile_run(RunReport(plan, world.ledger, run))
    assert seen.calls is not None
    assert seen.calls.calls == 4
    assert sum(part.refused for part in seen.calls.parts) == 1
    assert sum(part.uncertain for part in seen.calls.parts) == 1
    assert sum(part.rows for part in seen.calls.parts) == 26
    assert len(seen.calls.slowest) == 4
    assert [one.row for one in seen.attention] == sorted(one.row for one in seen.attention)
    statuses = Counter(one.status.value for one in seen.attention)
    assert seen.attention_total == len(seen.attention) == sum(statuses.values())
    assert statuses == {"rejected": 1, "uncertain": 4}
    assert all(one.text for one in seen.attention)


def test_only_so_many_rows_are_listed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page of a run with a million refused rows stays small, and says how many there are."""
    monkeypatch.setattr("importer.reports.attention_rows.MOST_LISTED", 2)
    world.crm.bad_notes = {f"visit {number}" for number in range(1, 6)}
    plan = world.plan(visits(30))
    run = world.deliver(plan).run
    seen = profile_run(RunReport(plan, world.ledger, run))
    assert (len(seen.attention), seen.attention_total) == (2, 5)


def test_refusals_go_before_rows_that_are_wrong_in_the_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many fit; those of the file stand grouped by cause as well. All are in the order of the rows."""
    monkeypatch.setattr("importer.reports.attention_rows.MOST_LISTED", 3)
    world.crm.bad_notes = {"visit 5", "visit 6"}
    plan = world.plan(visits(9))
    run = world.deliver(plan).run
    invalid = [AttentionRow(row, Status.INVALID, "required", "The cell is empty.") for row in (3, 9)]
    listed, total = find_attention_rows(RunReport(plan, world.ledger, run), invalid)
    assert total == 2
    assert [(one.row, one.status.value) for one in listed] == [(3, "invalid"), (7, "rejected"), (8, "rejected")]


def test_a_call_without_an_end_is_uncertain() -> None:
    """A call that was under way when the program died shows as one without a certain answer."""
    begun = PastCall(1, "2026-11-20T10:00:00.000+00:00", 25, None, "", 0.0)
    done = PastCall(2, "2026-11-20T10:00:04.000+00:00", 25, VerdictKind.APPLIED, "", 0.5)
    seen = profile_calls([begun, done])
    assert seen is not None
    assert (seen.seconds, seen.parts[0].uncertain, seen.parts[-1].rows) == (4.5, 1, 25)
    assert [call.verdict for call in seen.slowest] == ["processed", "broken off here"]
    assert seen.waited == 4.0
    along = PastCall(3, "2026-11-20T10:00:00.000+00:00", 25, VerdictKind.APPLIED, "", 4.2)
    beside = profile_calls([begun, done, along])
    assert beside is not None
    assert beside.waited == 0.0
    assert profile_calls([]) is None


def test_numbers_make_a_histogram_and_codes_do_not() -> None:
    """Scores are drawn as numbers; phone numbers and codes with leading zeros are not."""
    scores = gathered([str(number) for number in range(100)] * 2)
    assert [one.rows for one in scores.bins()] == [10] * 20
    assert (scores.bins()[0].low, scores.bins()[-1].high) == ("0", "99")
    assert scores.bars() == ((), 0)
    assert gathered([f"0{number}" for number in range(100)]).bins() == ()
    assert gathered([f"98450{number:05}" for number in range(100)]).bins() == ()
    amounts = gathered([f"{number}.5" for number in range(40)])
    assert sum(one.rows for one in amounts.bins()) == 40
    assert gathered(["1", "2"] * 9).bins() == ()


def test_a_column_of_ids_costs_no_memory() -> None:
    """Of a column in which all differ only the first values are kept."""
    ids = [f"id {number}" for number in range(MOST_DISTINCT + 50)]
    at_once, bit_by_bit = gathered(ids, chunk=len(ids)), gathered(ids, chunk=1000)
    for values in (at_once, bit_by_bit):
        values.add(pa.array(["one more", ""], pa.large_string()))
        assert (values.many, values.distinct, values.filled) == (True, MOST_DISTINCT, len(ids) + 1)
        assert values.examples() == ("id 0", "id 1", "id 2")
        assert (values.bars(), values.bins()) == (((), 0), ())


def test_only_values_that_come_again_have_bars() -> None:
    """Among many values the common ones are shown, and how many rows have another one."""
    values = gathered(["often"] * 50 + ["also"] * 10 + [f"once {number}" for number in range(40)])
    bars, others = values.bars()
    assert [(bar.text, bar.rows) for bar in bars] == [("often", 50), ("also", 10)]
    assert others == 40
    assert gathered(["L-1"] * 5 + [f"id {number}" for number in range(100)]).bars() == ((), 0)
    assert gathered([f"{letter} {number}" for letter in "ab" for number in range(300)] * 2).bars() == ((), 0)
    assert gathered([]).bars() == ((), 0)


@given(st.lists(st.dates(datetime(2020, 1, 1).date(), datetime(2027, 1, 1).date()), min_size=1, max_size=60))
@settings(max_examples=examples(50), deadline=None)
def test_days_fall_into_bins_that_follow_each_other(days: list[datetime]) -> None:
    """No day is lost, the first and last are the ends, and no bin overlaps the next."""
    bins = gathered([day.isoformat() for day in days], is_day=True).bins()
    assert sum(one.rows for one in bins) == len(days)
    assert (bins[0].low, bins[-1].high) == (min(days).isoformat(), max(days).isoformat())
    assert all(one.high < after.low for one, after in pairwise(bins))
    assert len(bins) <= 20


@pytest.mark.slow
@given(st.lists(st.integers(-(10**9) + 1, 10**9 - 1), min_size=13, max_size=80, unique=True))
@settings(max_examples=examples(50), deadline=None)
def test_numbers_fall_into_bins(numbers: list[int]) -> None:
    """Every number is in one bin."""
    bins = gathered([str(number) for number in numbers]).bins()
    assert sum(one.rows for one in bins) == len(numbers)
    assert len(bins) <= 20
