"""Jobs over the command line, against a sandbox over real HTTP: inbox, archive, guards, and a worker that is killed."""

from __future__ import annotations

from conftest import Desk
from job_files import jobs, turn


def test_a_file_is_imported_once_and_archived(desk: Desk) -> None:
    """The file goes to done/, its rows are in the CRM once, and the same content under another name is recognised."""
    jobs(desk)
    desk.visits(30, "inbox/monday.csv")
    first = turn(desk)
    assert first.status == 0, first.err
    assert first.json["outcome"] == "done"
    assert (desk.folder / "inbox/done/monday.csv").is_file()
    assert set(desk.notes().values()) == {1}
    assert len(desk.notes()) == 30
    desk.visits(30, "inbox/copy.csv")
    second = turn(desk)
    assert (second.status, second.json["outcome"]) == (0, "duplicate")
    note = (desk.folder / "inbox/done/copy.csv.note.txt").read_text("utf-8")
    assert "monday.csv" in note
    assert sum(desk.notes().values()) == 30
    third = turn(desk)
    assert (third.status, third.json["outcome"]) == (0, "nothing")
