"""Rows that are almost an earlier one are held where the file repeats that import; and keys that are none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.delivery_world import LOST, after, before, lead, mx
from tests.support.import_world import HEADINGS, VISITS, ImportWorld, visit

KEYED = f"row_key: [Ticket]\n{VISITS}"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportWorld:
    monkeypatch.chdir(tmp_path)
    return ImportWorld(tmp_path)


ROWS = [visit(number) for number in range(10)]
NINE = ROWS[:9]


@pytest.mark.parametrize(
    "corrected",
    [
        visit(9, when="03/11/2026 10:30"),
        visit(9).replace(lead(9), lead(99)),
        visit(9).replace(lead(9), lead(9).upper()).replace("10:00", "10:05"),
    ],
    ids=["time", "lead", "time and spelling"],
)
def test_a_corrected_row_is_held(world: ImportWorld, corrected: str) -> None:
    """Another time or another lead, and the row that was sent is gone."""
    world.send("monday.csv", *ROWS)
    assert world.send("tuesday.csv", *NINE, corrected, visit(20)) == {"created": 1, "skipped": 9, "changed": 1}
    assert world.activities == 11


@pytest.mark.parametrize(
    "lines",
    [
        [*ROWS, visit(9, when="03/11/2026 10:30")],
        [*NINE[:8], visit(9, when="03/11/2026 10:30")],
        [*NINE, visit(9, "other", when="03/11/2026 10:30")],
        [*NINE, visit(50, "other")],
    ],
    ids=["the earlier row is there", "too few others", "two fields differ", "nothing alike"],
)
def test_other_rows_are_new(world: ImportWorld, lines: list[str]) -> None:
    """A second visit, a file that does not repeat the other one, and different rows."""
    world.send("monday.csv", *ROWS)
    assert "changed" not in world.send("tuesday.csv", *lines)


def test_days_with_few_new_rows_count_by_their_files(world: ImportWorld) -> None:
    """Of Tuesday's export one row was new, and just that one was corrected since; it may have one correction."""
    world.send("monday.csv", *ROWS)
    world.send("tuesday.csv", *ROWS, visit(10))
    corrected = visit(10, when="03/11/2026 12:00")
    assert world.send("wednesday.csv", *ROWS, corrected, visit(10, when="03/11/2026 13:00")) == {
        "created": 1,
        "skipped": 10,
        "changed": 1,
    }


def test_a_row_without_a_time_of_its_own_is_compared_by_its_lead(world: ImportWorld) -> None:
    """Another note of the same lead is a correction; the same note of another lead is not."""
    world.remap("\n".join(line for line in VISITS.splitlines() if "DateTime" not in line) + "\nignore: [When]\n")
    rows = [visit(number, "attended") for number in range(20)]
    world.send("monday.csv", *rows)
    assert world.send("tuesday.csv", *rows[:19], visit(40, "attended")) == {"created": 1, "skipped": 19}
    assert world.send("wednesday.csv", *rows[:19], visit(19, "was there")) == {"skipped": 19, "changed": 1}


def test_a_row_that_may_have_arrived_is_waited_for(world: ImportWorld) -> None:
    """Its correction waits for that run; without the run's plan nothing is known."""
    world.send("monday.csv", *NINE)
    world.crm.faults = [after(LOST)]
    world.crm.read_faults = [before(mx("MXUnknown", "try later", 503))] * 60
    assert world.send("tuesday.csv", *ROWS) == {"skipped": 9, "uncertain": 1}
    run = world.run_id
    world.crm.read_faults = []
    lines = [*NINE, visit(9, when="03/11/2026 10:30")]
    assert world.send("wednesday.csv", *lines) == {"skipped": 9, "uncertain": 1}
    shutil.rmtree(world.env.home / "runs" / run)
    assert world.send("thursday.csv", *lines, visit(30)) == {"skipped": 9, "created": 2}


def test_a_key_of_two_leads_is_held_whatever_the_mapping_says(world: ImportWorld) -> None:
    """To skip such a row would lose it."""
    world.remap(f"on_change: skip\n{KEYED}")
    headings = f"{HEADINGS},Ticket"
    world.send("monday.csv", *(f"{visit(number)},T{number}" for number in range(1, 9)), headings=headings)
    later = [
        f"{visit(1, seconds='9')},T1",
        f"{visit(11)},T2",
        f"{visit(3)},T3",
        *(f"{visit(number)},T{number}" for number in range(12, 18)),
        f"{visit(18)},T12",
    ]
    assert world.send("tuesday.csv", *later, headings=headings) == {"created": 6, "skipped": 2, "changed": 2}


def test_a_column_that_is_not_unique_holds_the_file(world: ImportWorld) -> None:
    """More than a fifth of the rows; a person may insist, and then each is held by itself."""
    world.remap(KEYED)
    headings = f"{HEADINGS},Ticket"
    world.send("monday.csv", *(f"{visit(number)},T{number}" for number in range(5)), headings=headings)
    lines = [f"{visit(number + 20)},T{number}" for number in range(12)]
    assert world.send("tuesday.csv", *lines, headings=headings) == {"not_sent": 12}
    assert world.last.exit_status == 4
    assert "does not seem to be unique" in world.last.summary.headline
    assert world.activities == 5
    assert world.send("tuesday.csv", keep_going=True) == {"created": 7, "changed": 5}


def test_equal_rows_of_one_key_are_one_and_changes_follow_the_mapping(world: ImportWorld) -> None:
    """The same ticket twice is sent once; with `on_change: send` another content is a new row."""
    world.remap(f"on_change: send\n{KEYED}")
    headings = f"{HEADINGS},Ticket"
    assert world.send("monday.csv", f"{visit(1)},T1", f"{visit(1)},T1", headings=headings) == {
        "created": 1,
        "skipped": 1,
    }
    assert world.send("tuesday.csv", f"{visit(1, 'other')},T1", headings=headings) == {"created": 1}
