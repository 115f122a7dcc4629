"""The identities of rows: what their key is made of, and how they are kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from importer.delivery.identity_table import load_identities
from importer.delivery.row_identity import IdentifiedRow, RowIdentifier
from importer.planning.issue_table import problem_batch
from importer.planning.plan_writer import PlanWriter
from importer.planning.store import Plan, PlanFacts
from importer.sources.interface import Column, SourceFacts
from importer.validation import CheckedChunk
from tests.support.delivery_world import World

HEAD = "target: bulk-activities-by-lead-field\nsearch_by: EmailAddress\n"
FIELDS = """activity:
  SearchByValue: Who
  ActivityEvent: {value: 203}
  ActivityNote: Note
"""
TIMED = f'{HEAD}{FIELDS}  ActivityDateTime: {{column: When, type: datetime, format: "%Y-%m-%d %H:%M", timezone: Asia/Kolkata}}\n'
KEY = b"0123456789abcdef"


def plan_of(folder: Path, rows: list[dict[str, str]], mapping: str) -> Plan:
    """A plan whose cells are the values of its fields, one column for each."""
    labels = list(dict.fromkeys(name for row in rows for name in row))
    cells = pd.DataFrame({label: [row.get(label, "") for row in rows] for label in labels}, dtype="str")
    columns = {
        "Who": "activity.SearchByValue",
        "Note": "activity.ActivityNote",
        "When": "activity.ActivityDateTime",
        "Mail": "lead.EmailAddress",
        "Name": "lead.FirstName",
    }
    records = pd.DataFrame({columns[label]: cells[label] for label in labels if label in columns}, dtype="str")
    if "Who" in labels:
        records["activity.ActivityEvent"] = pd.Series(["203"] * len(rows), dtype="str")
    writer = PlanWriter(folder)
    ready, nothing = np.ones(len(rows), dtype=bool), np.full(len(rows), "", dtype=object)
    writer.add(CheckedChunk(np.arange(2, 2 + len(rows)), records, ready, [], nothing), cells, problem_batch([]))
    used = {label: columns.get(label, "row_key") for label in labels}
    facts = PlanFacts(
        fingerprint=folder.name,
        source=SourceFacts("x.csv", "csv", "", 1, tuple(Column(0, "A", label, label) for label in labels), ()),
        source_sha="",
        mapping_path="m.yaml",
        mapping_sha="",
        mapping_file=mapping,
        target=mapping.split("\n", 1)[0].removeprefix("target: "),
        account="test",
        rows=len(rows),
        ready=len(rows),
        invalid=0,
        groups=(),
        fields=used,
        notes=(),
        created_at="",
    )
    return writer.finish(facts)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def identify(world: World, rows: list[dict[str, str]], mapping: str) -> list[IdentifiedRow]:
    plan = plan_of(world.folder / f"plan-{len(list(world.folder.iterdir()))}", rows, mapping)
    return [one for chunk in RowIdentifier(plan, world.account, KEY).rows() for one in chunk]


def call(**changed: str) -> dict[str, str]:
    return {"Who": "ann@example.com", "Note": "Hi", "When": "2026-11-03 04:30:00", **changed}


def test_an_activity_is_keyed_by_lead_type_and_time(world: World) -> None:
    """Other content has the same key; another lead or time has another one."""
    first, note, spelled, lead, later = identify(
        world,
        [
            call(),
            call(Note="Hi there"),
            call(Who="ANN@example.com ", Note="Hi "),
            call(Who="bo@example.com"),
            call(When="2026-11-03 04:31:00"),
        ],
        TIMED,
    )
    assert first.keyed
    assert first.identity.key == note.identity.key == spelled.identity.key
    assert first.identity.content == spelled.identity.content != note.identity.content
    assert len({first.identity.key, lead.identity.key, later.identity.key}) == 3
    assert len({one.identity.source for one in (first, note, lead, later)}) == 4


@pytest.mark.parametrize(
    ("mapping", "when"),
    [
        (TIMED, "2026-11-02 18:30:00"),  # midnight in India
        (TIMED, "soon"),
        (TIMED, ""),
        (
            TIMED.replace("type: datetime", "type: date").replace(" %H:%M", "").replace(", timezone: Asia/Kolkata", ""),
            "2026-11-03 04:30:00",
        ),
        (f"{HEAD}{FIELDS}", "2026-11-03 04:30:00"),
        (f'{HEAD}{FIELDS}  ActivityDateTime: {{value: "2026-11-03 04:30:00"}}\n', "2026-11-03 04:30:00"),
    ],
    ids=["midnight", "no time", "empty", "a day", "not mapped", "a constant"],
)
def test_an_activity_without_a_time_of_its_own_has_no_key(world: World, mapping: str, when: str) -> None:
    """Its content takes the place."""
    one, other, again = identify(world, [call(When=when), call(When=when, Note="x"), call(When=when)], mapping)
    assert not one.keyed
    assert one.identity.key == again.identity.key != other.identity.key


def test_a_lead_is_keyed_by_its_first_identifying_field(world: World) -> None:
    """The name is content."""
    mapping = "target: bulk-upsert-leads\nsearch_by: EmailAddress\nlead: {EmailAddress: Mail, FirstName: Name}\n"
    ann, anne, none = identify(
        world,
        [{"Mail": "a@x.in", "Name": "Ann"}, {"Mail": "A@x.in", "Name": "Anne"}, {"Mail": "", "Name": "Bo"}],
        mapping,
    )
    assert ann.identity.key == anne.identity.key
    assert (ann.keyed, none.keyed) == (True, False)


def test_a_row_key_is_made_of_columns_and_fields(world: World) -> None:
    """In whatever order they are named; a row in which one is empty has none, and a namespace keeps systems apart."""

    def names(option: str, *rows: dict[str, str]) -> list[bytes | None]:
        return [one.identity.named for one in identify(world, list(rows), f"{TIMED}{option}")]

    t1, t2, none = names("row_key: [Ticket]\n", call(Ticket="T1"), call(Ticket="T2"), call(Ticket=""))
    assert t1 is not None
    assert t1 != t2
    assert none is None
    assert names("row_key: [Ticket]\nnamespace: shop\n", call(Ticket="T1")) != [t1]
    both = names("row_key: [Ticket, ActivityNote]\n", call(Ticket="T1"))
    assert both == names("row_key: [activity.ActivityNote, Ticket]\n", call(Ticket="T1")) != [t1]


def test_identities_are_kept_in_the_folder_and_sorted_into_groups(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be read is made again; a portion never cuts rows of one key."""
    monkeypatch.setattr("importer.delivery.identity_table._PORTION", 2)
    plan = plan_of(world.folder / "run", [call(), call(Who="b@x.in"), call(Note="y"), call(Note="z")], TIMED)
    table = load_identities(plan, world.account, KEY)
    portions = list(table.groups())
    assert sorted(place for portion in portions for place in portion) == [0, 1, 2, 3]
    assert any([place for place in portion if place != 1] == [0, 2, 3] for portion in portions)
    (file,) = plan.folder.glob("identities*")
    file.write_bytes(b"torn")
    assert load_identities(plan, world.account, KEY).file_row(0) == table.file_row(0)
    assert load_identities(plan, world.account, KEY).file_row(0) == table.file_row(0)


def test_cells_of_other_columns_have_their_own_digest(world: World) -> None:
    """What an earlier mapping used is compared, as far as the file has it."""
    plan = plan_of(world.folder / "run", [call(), call(Note="x")], TIMED)
    identifier = RowIdentifier(plan, world.account, KEY)
    ((first, second),) = identifier.source_digests(["Who", "When"])
    assert (first[0], second[0]) == (2, 3)
    assert first[1] == second[1]
    assert list(identifier.source_digests(["Who", "Elsewhere"])) == []
