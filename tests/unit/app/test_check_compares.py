"""A check says which rows earlier imports sent, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.app.environment import open_ledger_of
from importer.delivery import EarlierRows
from importer.reports.json_report import build_json_report
from tests.support.delivery_world import LOST, after, before, mx
from tests.support.import_world import ImportWorld, visit
from tests.support.lead_world import SandboxCrm
from tests.support.ledger_builders import writing
from tests.unit.app.test_corrections import LEADS


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportWorld:
    monkeypatch.chdir(tmp_path)
    return ImportWorld(tmp_path)


def test_a_check_counts_rows_that_were_sent(world: ImportWorld) -> None:
    """By exact values and by spelling apart, those that would be held, and those that wait."""
    world.write("new.csv", [visit(1)])
    world.check("new.csv")
    assert world.last.summary.earlier is None
    world.send("monday.csv", *(visit(number) for number in range(4)))
    world.crm.faults = [after(LOST)]
    world.crm.read_faults = [before(mx("MXUnknown", "try later", 503))] * 60
    world.send("lost.csv", visit(8))
    lines = [visit(0), visit(1, seconds="5.0"), visit(2, seconds="9"), visit(8), visit(9)]
    world.write("tuesday.csv", lines)
    assert world.check("tuesday.csv") == {"not_sent": 5}
    summary = world.last.summary
    assert summary.earlier == EarlierRows(sent=2, exact=1, changed=1, waiting=1, older=0)
    assert summary.notes[0] == "2 rows were sent by an earlier import, 1 of them in another spelling: skipped."
    assert "1 row would be held as changed" in summary.notes[1]
    assert "1 row may have been sent" in summary.notes[2]
    assert build_json_report(summary, None, None, 0)["earlier"]["sent"] == 2
    world.crm.read_faults = []
    assert world.send("tuesday.csv") == {"created": 1, "skipped": 2, "changed": 1, "uncertain": 1}


def test_a_check_of_a_long_file_counts_exact_values_only(world: ImportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """To compare spellings would take longer than to read it."""
    monkeypatch.setattr("importer.delivery.deduplication._MOST_COMPARED", 2)
    world.send("monday.csv", visit(1), visit(2))
    world.write("tuesday.csv", [visit(1), visit(2, seconds="5.0"), visit(3)])
    world.check("tuesday.csv")
    assert world.last.summary.earlier == EarlierRows(1, 1, changed=0, waiting=0, older=0, is_complete=False)
    assert world.last.summary.notes[0].startswith("1 row was sent by an earlier import with exactly these values.")


def test_a_check_knows_the_rows_of_an_older_release_by_their_exact_values(world: ImportWorld) -> None:
    """Its ledger has no identities of rows."""
    world.send("monday.csv", visit(1), visit(2))
    with open_ledger_of(world.env) as ledger, writing(ledger) as connection:
        connection.exec_driver_sql("DELETE FROM identities")
        connection.exec_driver_sql("UPDATE runs SET columns = ''")
    world.write("tuesday.csv", [visit(1), visit(3)])
    world.check("tuesday.csv")
    assert world.last.summary.earlier is not None
    assert world.last.summary.earlier.sent == 1


def test_an_older_file_of_leads_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values that were sent before and replaced since go again, and the person learns of it."""
    monkeypatch.chdir(tmp_path)
    leads = ImportWorld(tmp_path, LEADS, SandboxCrm)
    headings = "E-mail,Name,City"
    leads.send("monday.csv", "ann@example.org,Ann,Pune", "bob@example.org,Bob,Goa", headings=headings)
    leads.send("tuesday.csv", "ann@example.org,Anne,Pune", "bob@example.org,Bob,Goa", headings=headings)
    leads.write("again.csv", ["ann@example.org,Ann ,Pune", "new@example.org,New,Goa"], headings)
    leads.check("again.csv")
    told = "1 row has values that were sent before and replaced since."
    assert any(note.startswith(told) for note in leads.last.summary.notes)
    assert leads.send("again.csv") == {"created": 1, "updated": 1}
    assert any(note.startswith(told) for note in leads.notes)


def test_equal_rows_of_new_leads_are_sent_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LeadSquared would refuse the second one; a check counts it apart from what earlier imports sent."""
    monkeypatch.chdir(tmp_path)
    mapping = LEADS.replace("bulk-upsert-leads", "create-lead").replace("search_by: EmailAddress\n", "")
    leads = ImportWorld(tmp_path, mapping, SandboxCrm)
    headings = "E-mail,Name,City"
    leads.send("monday.csv", "ann@example.org,Ann,Pune", headings=headings)
    ann, bob = "ann@example.org,Ann,Pune", "bob@example.org,Bob,Goa"
    leads.write("tuesday.csv", [ann, bob, bob, ann], headings)
    leads.check("tuesday.csv")
    assert leads.last.summary.earlier == EarlierRows(sent=1, exact=1, changed=0, waiting=0, older=0, twins=2)
    assert "2 rows repeat another row of the file: only one of them is sent." in leads.last.summary.notes
    assert leads.send("tuesday.csv") == {"created": 1, "skipped": 3}
