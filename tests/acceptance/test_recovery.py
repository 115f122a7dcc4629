"""Reading back over real HTTP: the quirks of the CRM, bad rows in refused calls, and what they cost."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

import pytest

from importer.sandbox.faults import order_of
from importer.sandbox.options import Options
from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox
from tests.support.spoil import edited, only, spoil
from tests.support.trial import KINDS, Trial, results

LOST_CALL = {"skip": 1, "on": "bulk-activities"}
READS = "activities-of-lead"


def options(**more: object) -> Options:
    free = {"calls_per_window": 0, "bulk_calls_per_window": 0, "async_calls_per_window": 0}
    return Options(**free, **more)  # type: ignore[arg-type]  # names and types of the sandbox's switches


def settled(trial: Trial, *, lost: str = "drop-after-processing") -> dict[str, int]:
    """One run whose second bulk call has no answer; its verdict must be kept. The rows by status."""
    with trial:
        trial.sandbox.faults.order(lost, **LOST_CALL)  # type: ignore[arg-type]  # keyword arguments by name
        verdict = trial.verdict(trial.run())
        assert verdict.kept, verdict
        return dict(verdict.statuses)


@pytest.mark.parametrize(
    ("first_offset", "kind", "lost"),
    [(0, "bulk-key", "drop-before-processing"), (1, "bulk", "drop-partial"), (1, "bulk", "drop-before-processing")],
)
def test_a_lead_with_more_activities_than_a_page_holds(tmp_path: Path, kind: str, lost: str, first_offset: int) -> None:
    """Pages counted from 0 or from 1 are read to the end before a row counts as absent."""
    trial = Trial(tmp_path, KINDS[kind], 30, options(first_offset=first_offset, trail_rows=0))
    crowd(trial.sandbox, lead_id(3), 1001)
    assert settled(trial, lost=lost) == {"created": 30}


def crowd(sandbox: Sandbox, lead: str, count: int) -> None:
    """Give a lead activities of another importer, all newer than whatever is sent now."""
    for number in range(count):
        sandbox.tenant.create_activity(
            {
                "lead": lead,
                "event": 201,
                "note": f"other {number}",
                "owner": "",
                "fields": {},
                "call": 0,
                "row": 0,
                "received": {},
                "CreatedOn": "2031-01-01T00:00:00+00:00",
            }
        )


@pytest.mark.parametrize("lost", ["drop-before-processing", "drop-after-processing", "drop-partial"])
def test_rows_that_are_shown_late(tmp_path: Path, lost: str) -> None:
    """New activities show long after the settle time: nothing is sent again until they show; then all is found."""
    trial = Trial(tmp_path, KINDS["bulk"], 30, options(trail_lag=4.0))
    # One call at a time, so that the second one is the one with 25 rows.
    trial.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    with trial:
        trial.sandbox.faults.order(lost, **LOST_CALL)  # type: ignore[arg-type]  # keyword arguments by name
        first = trial.verdict(trial.run())
        assert first.kept, first
        assert first.uncertain == 25
        trial.sandbox.change(trail_lag=0.0)
        last = trial.verdict(trial.command("resume", "--json"))
        assert (last.kept, last.statuses) == (True, (("created", 30),)), last


def test_a_list_that_is_absent_a_time_of_another_form_and_texts_with_entities(tmp_path: Path) -> None:
    """Together: empty lists have no key, times are ticks, notes come back with CRLF and entities, totals as texts."""

    def strange(body: dict[str, object]) -> dict[str, object]:
        for each in body.get("ProspectActivities", []):  # type: ignore[attr-defined]  # JSON
            each["CreatedOn"] = each["ModifiedOn"] = "/Date(1924992000000+0530)/"
            note = f"{each['ActivityFields']['ActivityEvent_Note']} \r\n".replace("&", "&amp;")
            each["ActivityFields"]["ActivityEvent_Note"] = note
            each["Data"] = None
        return {**body, "RecordCount": str(body["RecordCount"])}

    trial = Trial(tmp_path, KINDS["bulk"], 30)
    rows = [f"{lead_id(number % 400 + 1)},Tom & Co visit mark{number:05}" for number in range(30)]
    (tmp_path / "rows.csv").write_text("\n".join(["Lead,Note", *rows]) + "\n", "utf-8")
    spoil(trial, READS, only(range(1, 10_000), edited(strange)))
    assert settled(trial) == {"created": 30}


def bad_rows(trial: Trial, numbers: list[int]) -> None:
    """Rows (from 0) whose lead the CRM does not know."""
    path = trial.folder / "rows.csv"
    lines = path.read_text("utf-8").splitlines()
    for number in numbers:
        note = lines[number + 1].split(",", 1)[1]
        lines[number + 1] = f"00000000-0000-4000-8000-{number:012},{note}"
    path.write_text("\n".join(lines) + "\n", "utf-8")


@pytest.mark.parametrize("refusal", ["whole-call", "whole-call-partial"])
@pytest.mark.parametrize("bad", [1, 2, 3])
@pytest.mark.parametrize("seed", [1, 2])
def test_bad_rows_cost_few_calls_and_no_neighbour(tmp_path: Path, refusal: str, bad: int, seed: int) -> None:
    """A call that is refused because of one row: at most 2·log2(25) calls more for each, its neighbours arrive once."""
    trial = Trial(tmp_path, KINDS["bulk"], 26, options(bulk_refusal=refusal))
    places = Random(100 * bad + seed).sample(range(1, 26), bad)
    bad_rows(trial, places)
    with trial:
        verdict = trial.verdict(trial.run())
        assert verdict.kept, verdict
        assert dict(verdict.statuses) == {"created": 26 - bad, "rejected": bad}
        extra = trial.sandbox.state()["calls"]["bulk"] - 2
        assert extra <= 2 * math.log2(25) * bad, (extra, places)


def test_the_workbook_tells_the_evidence(tmp_path: Path) -> None:
    """A row that stays uncertain says in the workbook what was looked for, where and when, and names the next step."""
    with Trial(tmp_path, KINDS["bulk"], 3) as trial:
        trial.sandbox.faults.order("drop-before-processing", **LOST_CALL)  # type: ignore[arg-type]  # by name
        trial.sandbox.faults.add(order_of({"fault": "mx-before-processing", "calls": -1, "on": READS}))
        ended = trial.run()
        shown = trial.command("show", ended.json["run"])
        assert f"importer decide {ended.json['run']}" in " ".join(shown.out.split())
        told = {row["RowNumber"]: row["Error"] for row in results(tmp_path / ended.json["results"])}
        for words in ("Reading back failed", "Looked for an activity of type 201", lead_id(2), "Activity History"):
            assert words in told[3]
        page = (tmp_path / ended.json["report"]).read_text("utf-8")
        assert "importer decide" in page
