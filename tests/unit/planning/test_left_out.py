"""Rows that a mapping leaves out: counted in plan and reports, and in no call."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from importer.core.model import Status
from importer.planning import Plan, PlanRequest, mapping_of_plan, plan_import, prepare_import
from importer.reports import RunReport, render_summary, summarize_run
from importer.reports.column_profile import describe_column_types

NOW = datetime(2026, 11, 30, tzinfo=UTC)
MAPPING = """
target: bulk-upsert-leads
search_by: EmailAddress
lead: {EmailAddress: {column: Email, type: email}}
where: {column: Status, equals: Paid}
max_invalid: 40%
"""
FILE = "Email,Status\na@x.io,Paid\nb@x.io,Open\nno address,Paid\nc@x.io,Paid\nno address,Open\n"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Five rows: two ready, one invalid, two left out."""
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "leads.csv").write_text(FILE, encoding="utf-8")
    prepared = prepare_import(PlanRequest(tmp_path / "leads.csv", tmp_path / "m.yaml"))
    return plan_import(prepared, tmp_path / "plan", NOW)


def test_the_rows_add_up(plan: Plan) -> None:
    """Left-out rows are neither ready nor invalid, and the share of invalid rows is one of the others."""
    facts = plan.facts
    assert (facts.rows, facts.ready, facts.invalid, facts.left_out, facts.selected) == (5, 2, 1, 2, 3)
    assert facts.blocked == ""
    assert facts.fields == {"Email": "lead.EmailAddress", "Status": "where"}
    assert "2 rows are left out by `where` of the mapping: rows 3 and 6." in facts.notes
    assert [row for rows, _ in plan.ready_batches() for row in rows.tolist()] == [2, 5]


def test_reports_name_them(plan: Plan) -> None:
    """In the counts, in the headline, and each with its reason; the sheet of problems is without them."""
    report = RunReport(plan)
    assert report.counts() == {Status.INVALID: 1, Status.LEFT_OUT: 2, Status.NOT_SENT: 2}
    statuses = [status for chunk in report.rows() for status in chunk.results["Status"]]
    assert statuses == ["not_sent", "left_out", "invalid", "not_sent", "left_out"]
    reasons = [text for chunk in report.rows() for text in chunk.results["Error"]]
    assert reasons[1] == "The condition `where` of the mapping does not hold."
    assert [row for chunk in report.invalid_rows() for row in chunk.results["RowNumber"]] == [4]
    summary = summarize_run(report)
    assert summary.headline == "2 of 5 rows are ready to send; 2 left out by the mapping; 1 row needs you."
    assert "  2  left_out   The mapping leaves it out of the import." in render_summary(summary)


def test_the_page_describes_the_column(plan: Plan) -> None:
    """It is used, although it goes to no field."""
    assert describe_column_types(mapping_of_plan(plan.facts).mapping, plan.facts.fields) == {
        "Email": "e-mail address",
        "Status": "decides which rows are imported",
    }


def test_a_plan_of_an_older_release_leaves_nothing_out(plan: Plan) -> None:
    """Its file of rows lacks the column."""
    path = plan.folder / "rows.arrow"
    table = pa.ipc.open_file(path.read_bytes()).read_all().drop_columns(["left_out"])
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)
    assert [reason for chunk in plan.chunks() for reason in chunk.left_out] == [""] * 5
    assert [row for chunk in plan.chunks(only_invalid=True) for row in chunk.rows.tolist()] == [3, 4, 6]


def test_a_file_of_which_nothing_is_left_needs_nobody(tmp_path: Path) -> None:
    """There is nothing to send and nothing to correct."""
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "leads.csv").write_text("Email,Status\na@x.io,Open\n", encoding="utf-8")
    prepared = prepare_import(PlanRequest(tmp_path / "leads.csv", tmp_path / "m.yaml"))
    summary = summarize_run(RunReport(plan_import(prepared, tmp_path / "plan", NOW)))
    assert summary.headline == "0 of 1 row is ready to send; 1 left out by the mapping."
    assert (summary.next_step, summary.attention_total) == ("Nothing to do.", 0)


@pytest.mark.parametrize(("until", "same"), [("2026-12-31", True), ("today", False)])
def test_the_day_counts_only_where_it_decides(until: str, same: bool, tmp_path: Path) -> None:
    """Else a file stays the same import on another day."""
    (tmp_path / "m.yaml").write_text(f"{MAPPING}\n".replace("equals: Paid", f"until: {until}"), encoding="utf-8")
    (tmp_path / "leads.csv").write_text("Email,Status\na@x.io,2026-11-30\n", encoding="utf-8")
    days = (date(2026, 11, 30), date(2026, 12, 1))
    requests = [PlanRequest(tmp_path / "leads.csv", tmp_path / "m.yaml", today=day) for day in days]
    first, second = [prepare_import(request).fingerprint for request in requests]
    assert (first == second) is same
