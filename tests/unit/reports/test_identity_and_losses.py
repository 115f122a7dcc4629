"""Reports say on top which import they are about, and what of the file does not get into LeadSquared."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from importer.core.model import Status
from importer.crm_schema.model import ActivityType, FieldFacts, Metadata
from importer.planning import PlanRequest, open_plan, plan_import, prepare_import
from importer.planning.account_schema import AccountSchema, SchemaState, check_account_fit
from importer.reports.html.page import render_page
from importer.reports.interface import LostColumn, RunSummary
from importer.reports.messages import describe_next_step, describe_not_imported, describe_result
from importer.reports.run_report import RunReport, summarize_run
from importer.reports.text_report import render_summary
from tests.support.summaries import summary

NOW = datetime(2026, 11, 30, tzinfo=UTC)
MAPPING = """\
target: bulk-activities-by-lead-id
# TODO: Which type of activity?
#   There are two.
activity:
  RelatedProspectId: Lead
  ActivityEvent: {value: 201}
  mx_Custom_3: Guests
ignore: [Staff]
"""


@pytest.fixture
def checked(tmp_path: Path) -> RunSummary:
    """Two rows; of the columns without a field, one is empty in the second row, and one everywhere."""
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "a.csv").write_text("Lead,Guests,Staff,Score,Empty\n1,2,Ann,5,\n2,3,Bob, ,\n", encoding="utf-8")
    prepared = prepare_import(PlanRequest(tmp_path / "a.csv", tmp_path / "m.yaml"))
    fields = (FieldFacts("mx_Custom_3", "Number of guests"),)
    metadata = Metadata("a", "h", "t", NOW, (), (ActivityType("201", "Visit", fields),), ())
    fitted = check_account_fit(prepared, AccountSchema(SchemaState.OLD, metadata))
    plan = plan_import(fitted, tmp_path / "plan", NOW)
    return summarize_run(
        RunReport(open_plan(plan.folder), questions=["Line 2: Which type of activity? There are two."])
    )


def test_a_check_says_what_is_lost_and_undecided(checked: RunSummary) -> None:
    assert checked.headline == "2 of 2 rows are ready to send; 1 column with data is not imported."
    assert checked.not_imported == (LostColumn("Staff", 2, decided=True), LostColumn("Score", 1, decided=False))
    assert checked.next_step.startswith("Answer the question in the mapping, and remove what begins with TODO there.")
    text = render_summary(checked)
    assert 'Not imported: "Staff" (2 rows, ignored by the mapping) and "Score" (1 row). LeadSquared' in text
    assert "  - Line 2: Which type of activity? There are two." in text
    page = render_page(checked)
    assert "Columns with data that are not imported" in page
    assert "Undecided in the mapping" in page
    assert page.count("not imported</strong>") == 2


def test_fields_have_the_names_of_the_account(checked: RunSummary) -> None:
    assert checked.field_labels == {"activity.mx_Custom_3": "Number of guests"}
    assert 'Number of guests <code class="soft">activity.<wbr>mx_<wbr>Custom_<wbr>3</code>' in render_page(checked)


def test_the_page_begins_with_file_sheet_account_and_time_of_the_account() -> None:
    made = summary({Status.CREATED: 1}, source="C:\\in\\visits.xlsx", sheet="May", time_zone="Asia/Kolkata")
    page = render_page(made, workbook="visits 1.xlsx")
    assert "<title>visits.xlsx · sheet May · account a · 2026-11-20 16:32:03 (Asia/Kolkata) · Import report" in page
    assert '<a href="./visits%201.xlsx">Open the workbook</a>' in page
    assert "Finished   2026-11-20 16:32:03 (Asia/Kolkata)" in render_summary(made)


def test_verbs_agree_with_the_rows_of_the_file() -> None:
    assert describe_result("planned", 1, {Status.LEFT_OUT: 1}, "").startswith("0 of 1 row is ready")
    assert describe_result("planned", 2, {Status.LEFT_OUT: 2}, "").startswith("0 of 2 rows are ready")
    assert describe_result("planned", 2, {Status.INVALID: 1}, "").startswith("1 of 2 rows is ready")
    assert describe_result("finished", 1, {Status.SKIPPED: 1}, "").startswith("0 of 1 row is delivered")


def test_long_lists_of_columns_and_questions_are_cut() -> None:
    assert describe_not_imported([]) == ""
    assert " and 2 more." in describe_not_imported([LostColumn(f"C{number}", 1, decided=True) for number in range(12)])
    text = render_summary(summary({}, questions=tuple(map(str, range(7)))))
    assert "… and 2 more." in text


def test_the_next_step_is_about_what_is_undecided_or_lost_first() -> None:
    counts = {Status.NOT_SENT: 1}
    assert describe_next_step("planned", counts, "", blocked=False, undecided=2).startswith("Answer the 2 questions")
    lost = describe_next_step("planned", counts, "", blocked=False, not_imported=1)
    assert lost.startswith("Look at the columns that are not imported. Then: Send it")


def test_what_a_proposal_ignores_nobody_decided(checked: RunSummary, tmp_path: Path) -> None:
    report = RunReport(open_plan(tmp_path / "plan"), is_proposal=True)
    assert "2 columns with data are not imported" in summarize_run(report).headline
