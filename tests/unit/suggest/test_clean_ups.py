"""Clean-ups and choices of rows that a proposal makes, and how sure it is where columns are not clean or compete."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.planning.plan import read_mapping
from importer.suggest.mapping_writer import mapping_text
from importer.suggest.matching import Confidence
from importer.suggest.model import Proposal
from tests.unit.suggest.test_pieces import entry_of, proposal_of


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its own folder."""
    monkeypatch.chdir(tmp_path)


def reread(proposal: Proposal) -> str:
    """The text of a proposal, which must be a valid mapping."""
    text = mapping_text(proposal)
    Path("m.yaml").write_text(text, "utf-8")
    read_mapping(Path("m.yaml"))
    return text


def people(*cells: str, heading: str = "Phone") -> str:
    lines = [f"p{place}@x.io,{cell}" for place, cell in enumerate(cells)]
    return "\n".join([f"Email,{heading}", *lines, ""])


def test_placeholders_among_typed_values_count_as_empty() -> None:
    """They would make the column look unfit, and their rows invalid."""
    text = people("+91 9845098450", "N/A", "+91 9845098451", "-", "n/a")
    entry = entry_of(proposal_of(text), "Phone")
    assert entry.rule["empty"] == ("-", "N/A", "n/a")
    assert entry.reason.endswith("3 cells with -, N/A and n/a counted as empty")
    assert "empty: [" in reread(proposal_of(text))


def test_placeholders_among_texts_are_texts() -> None:
    """Nobody knows whether None is a city's name or none at all."""
    assert "empty" not in entry_of(proposal_of(people("Pune", "None", "Goa", heading="City")), "mx_City").rule


def test_marks_make_a_line_less_sure() -> None:
    """The values had to be changed to fit."""
    clean = entry_of(proposal_of(people("+91 9845098450", "+91 9845098451")), "Phone")
    marked = entry_of(proposal_of(people("'+91 9845098450", "+91 9845098451")), "Phone")
    assert (clean.confidence, marked.confidence) == (Confidence.HIGH, Confidence.MEDIUM)
    assert marked.reason.endswith("marks such as apostrophes are taken off 1 cell")


def test_a_near_rival_makes_a_line_less_sure() -> None:
    """Either column could be meant, and one of them is lost."""
    text = "Email,E-mail address\na@x.io,b@x.io\nc@x.io,d@x.io\n"
    entry = entry_of(proposal_of(text), "EmailAddress")
    assert entry.confidence is Confidence.MEDIUM
    assert entry.reason.endswith('the column "E-mail address" would fit as well')


def test_rows_that_are_rarely_wanted_are_asked_about() -> None:
    """A comment proposes the condition; a person decides."""
    text = people("Confirmed", "Cancelled", "Confirmed", "Test", "Confirmed", "Confirmed", heading="Booking status")
    written = reread(proposal_of(text))
    assert "# TODO: 2 rows are marked as" in written
    assert "# where: {column: Booking status, not: [Cancelled, Test]}" in written


@pytest.mark.parametrize("cells", [("Cancelled",) * 4, ("Cancelled", "Cancelled", "Cancelled", "Open")])
def test_a_list_of_cancellations_is_imported(cells: tuple[str, ...]) -> None:
    """Where most rows are marked, the file is about them."""
    assert proposal_of(people(*cells, heading="Status")).unwanted is None


def test_rows_that_are_no_data_are_left_out() -> None:
    """They neither spoil the columns nor become leads."""
    proposal = proposal_of("Email,Phone,Fee\na@x.io,+91 9845098450,1\nb@x.io,+91 9845098451,2\nTotal,,3\n")
    assert (proposal.rows, proposal.no_data) == (3, (4,))
    written = reread(proposal)
    assert "source: {non_data_rows: leave_out}" in written
    assert "stand in 1 row, the first of them row 4" in written
    assert entry_of(proposal, "EmailAddress").confidence is Confidence.HIGH


def test_columns_of_the_lead_beside_an_activity_are_not_lost() -> None:
    """Two or more that are sure speak for the call that writes both; one does not."""
    rows = ["a@x.io,2026-02-14 10:00:00,Pune,MH,nice", "b@x.io,2026-02-15 10:00:00,Nashik,MH,calm"]
    both = proposal_of("\n".join(["Email,Join time,City,State,Remarks", *rows, ""]), name="webinar attendees")
    assert (both.target, both.search_by) == ("lead-and-activity", "EmailAddress")
    assert '"City" and "State" describe the lead' in both.target_reason
    assert [(entry.section, entry.field) for entry in both.entries if entry.field in ("mx_City", "ActivityNote")] == [
        ("lead", "mx_City"),
        ("activity", "ActivityNote"),
    ]
    one = proposal_of("\n".join(["Email,Join time,City,Hall,Remarks", *rows, ""]), name="webinar attendees")
    assert one.target == "activity-by-email"
