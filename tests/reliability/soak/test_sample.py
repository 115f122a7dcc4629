"""A very small soak; `make soak` runs sixty nights."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.reliability.soak import fast_crm, fleet, report
from tests.reliability.soak.exports import file_lines, file_marks, make_exports
from tests.reliability.soak.processes import preload
from tests.reliability.soak.soak import Night, Soak
from tests.reliability.soak.verification import ReportedStatuses, verify

ROOT = Path(__file__).resolve().parents[3]


def test_two_nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jobs, an hour of faults and a kill: nothing lost, nothing doubled, every status is reported as it is."""
    preload()
    soak = Soak(tmp_path, jobs=2, accounts=2, seed=3, share_of_faults=0.5)
    fates = iter(["quiet", "kill"])
    monkeypatch.setattr(soak, "_fate", lambda: next(fates))
    verdict = soak.run(2)
    assert verdict.kept, verdict
    assert verdict.stored > 60
    assert soak.service.kills >= 1
    assert soak.crm.too_many == 0
    assert report.soak_text(
        {**soak.figures(verdict), "minutes": 1, "date": "", "commit": "", "machine": "", "busy": ""}
    )


def make_nights() -> tuple[list, ReportedStatuses, list[dict]]:
    """Two nights of one job, as they should be: all reported, all in the CRM."""
    made = make_exports(1, 1, seed=5)
    reported = ReportedStatuses()
    for _ in range(2):
        rows = made[0].next_night()
        for row in rows:
            reported.last[made[0].name, row.mark] = ["created"] * row.times
            reported.most_in[made[0].name, row.mark] = row.times
    notes = [f"visit {row.mark}" for row in made[0].every for _ in range(row.times)]
    for row in made[0].every:
        reported.last.setdefault((made[0].name, row.mark), ["created"] * row.times)
    return made, reported, [{"activities": [{"note": note} for note in notes], "leads": [{"FirstName": "Asha"}]}]


def test_verification_finds_every_error() -> None:
    """Rows that are lost, doubled, reported wrongly or made up by the CRM are counted."""
    made, reported, states = make_nights()
    verdict = verify(made, states, reported)
    assert verdict.kept, verdict
    assert (verdict.stored, verdict.rows) == (len(states[0]["activities"]), len(states[0]["activities"]))
    row = next(row for row in made[0].every if row.times == 1)
    note = {"note": f"visit {row.mark}"}
    states[0]["activities"].remove(note)
    lost = verify(made, states, reported)
    assert (lost.lost, lost.doubled, len(lost.wrong)) == (1, 0, 1)
    states[0]["activities"] += [note, note, {"note": "visit j99r00001"}]
    twice = verify(made, states, reported)
    assert (twice.lost, twice.doubled, len(twice.wrong)) == (0, 1, 1)
    del states[0]["activities"][-2:]
    reported.last[made[0].name, row.mark] = ["rejected"]
    assert "told was ['rejected']" in verify(made, states, reported).wrong[0]
    reported.last[made[0].name, row.mark] = ["pending"]
    assert "is still open" in verify(made, states, reported).wrong[0]


def test_exports_overlap() -> None:
    """Most rows of a night were there the night before; some are new, and now and then one is corrected."""
    export = make_exports(3, 2, seed=1)[2]
    nights = [export.next_night() for _ in range(30)]
    assert all(
        len({row.mark for row in before} & {row.mark for row in after}) >= 0.7 * len(after)
        for before, after in itertools.pairwise(nights)
    )
    assert max(map(len, nights)) <= 45
    assert len({row.mark.partition("v")[0] for row in export.every}) < len(export.every)
    assert len(file_lines(export.sort, nights[-1])) == len(file_marks(nights[-1])) + 1
    assert [row.mark for part in export.everything() for row in part] == [row.mark for row in export.every]


def test_the_page_says_what_the_figures_say() -> None:
    """What the soak wrote into docs/reliability.md is what docs/soak.json holds; nobody typed it."""
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    every = json.loads((ROOT / "docs" / "soak.json").read_text("utf-8"))
    assert {"soak", "fleet"} <= set(every)
    assert report.page_with(page, every) == page


def test_figures_are_written_beside_others(tmp_path: Path) -> None:
    """A part is written anew without touching the other parts of the page."""
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "reliability.md"
    page.write_text("\n".join(["before", *report.SOAK, "between", *report.FLEET, "after"]), "utf-8")
    verdict = {"rows": 3, "lost": 0, "doubled": 0, "uncertain": 0, "refused": 1, "wrong": ["a sentence"]}
    nights = [
        vars(Night(number, rows=10, new=2, files=1, seconds=1.0, cpu=0.1 * number, memory=10, ledger=100 * number))
        for number in range(4)
    ]
    found = {"seed": 1, "jobs": 1, "accounts": 1, "kills": 0, "starts": 1, "calls": 1, "too_many_calls": 0, "faults": 0}
    more = {"kinds_of_faults": 0, "told": {"created": 2}, "verdict": verdict, "nights": nights, "minutes": 1.0}
    report.write_figures(tmp_path, "soak", {**found, **more}, 0.0, "It was busy.")
    text = page.read_text("utf-8")
    assert "**0 lost, 0 doubled, 1 told wrongly" in text
    assert "| CPU milliseconds of the worker per row | 5.0 | 25.0 | 5.00 |" in text
    assert "| the same, bytes per row that is new | 50 | 50 | 1.00 |" in text
    assert text.startswith("before")
    assert f"{report.SOAK[1]}\nbetween\n{report.FLEET[0]}\n{report.FLEET[1]}\nafter" in text


def test_the_fleet_in_words() -> None:
    """Each number of workers is compared with one worker, and the page says what bounds them."""
    run = {
        "seconds": 10.0, "share_of_limits": 0.25, "share_of_cores": 0.8, "cpu_ms_per_row": 1.0, "calls": 40, "refused": 0,
        "lost": 0, "doubled": 0, "cpu_seconds": {"workers": 12.0, "PostgreSQL": 4.0}, "commits_per_call": 8.0,
        "idle_cores": 0.1,
    }  # fmt: skip
    runs = [{**run, "workers": 1, "rows_per_second": 100.0}, {**run, "workers": 2, "rows_per_second": 150.0}]
    given = SimpleNamespace(fleet_accounts=2, rows=500)
    found = {"date": "", "commit": "", "machine": "", "busy": "", "accounts": 2, "rows": 500, "runs": runs}
    text = report.fleet_text({**found, **fleet.words(given, runs)})
    assert "| 2 | 150 | 1.50 | 25% | 80% | 1.00 | 40 | 0 | 0 | 0 |" in text
    assert "10 calls or 250 rows per second" in text
    assert "What bounds it here: the processor." in text


def test_the_light_crm_counts() -> None:
    """It lets in what the limit allows, and sees a row that comes twice."""
    tenant = fast_crm.Tenant(1)
    assert [tenant.may_enter(2, 60.0) for _ in range(3)] == [True, True, False]
    receipts = [tenant.take([{"ActivityNote": "visit 7"}]) for _ in range(2)]
    assert receipts[0][0]["RowNumber"] == 1
    assert (tenant.rows, tenant.refused) == ({7: 2}, 1)


def test_growth_of_memory_is_that_within_a_life() -> None:
    """A night with a kill, and the one in which a worker began, are no growth."""
    nights = [{"starts": 1, "memory": each} for each in (200, 210, 215, 218, 219, 220)]
    nights += [{"starts": 2, "memory": each} for each in (150, 160)] + [{"starts": 4, "memory": 100}]
    assert report.grown_in_a_life(nights) == ([10.0, 5.0, 3.0, 10.0], [1.0, 1.0])
