"""A turn of a job with plain values: what becomes of files, and what a crash leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from importer.core.errors import ImporterError
from importer.jobs.engine import job_run
from importer.jobs.engine.import_step import Verdict
from importer.jobs.engine.job_run import MOST_ATTEMPTS, Worker
from importer.jobs.engine.results import turn_from
from importer.jobs.files import archive
from importer.jobs.store.store import Result, State
from tests.unit.jobs.jobs_turns import ending, put, told, turn


@pytest.mark.parametrize(
    ("verdict", "status", "folder", "hearing"),
    [
        (Verdict(Result.DONE, 0, "well"), 0, "done", ["ALL"]),
        (Verdict(Result.PROBLEMS, 3, "some"), 3, "done", ["ALL", "TROUBLE"]),
        (Verdict(Result.FAILED, 1, "bad", "do"), 1, "failed", ["ALL", "TROUBLE"]),
        (Verdict(Result.HELD, 3, "wait"), 3, "", ["ALL", "TROUBLE"]),
        (Verdict(Result.ERROR, 2, "keys"), 2, "", ["ALL", "TROUBLE"]),
        (Verdict(Result.INTERRUPTED, 4, "stop"), 4, "", ["ALL", "TROUBLE"]),
        (Verdict(Result.BUSY, 75, "other"), 75, "", []),
    ],
)
def test_where_a_file_goes_and_who_hears(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, status: int, folder: str, hearing: list[str]
) -> None:
    """The archive, the exit status and the listeners follow from how the import ended."""
    path = put(worker)
    ending(monkeypatch, verdict)
    end = turn(worker)
    assert (end.outcome, end.exit_status, end.message) == (verdict.outcome, status, verdict.message)
    assert path.exists() == (not folder)
    if folder:
        assert (path.parent / folder / "a.csv").is_file()
    assert told(worker) == [("a", verdict.outcome.value, name) for name in hearing]
    assert len(worker.store.turns("a", 9)) == (0 if verdict.outcome is Result.BUSY else 1)


def test_the_worst_file_is_the_end_of_the_turn(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two files failed, so did the turn; the other is done all the same."""
    put(worker, "E-mail\nb\n", "b.csv")
    put(worker)
    ending(monkeypatch, Verdict(Result.FAILED, 1, "bad"), Verdict(Result.DONE, 0, "well", rows=3))
    end = turn(worker)
    assert (end.outcome, end.exit_status, len(end.files)) == (Result.FAILED, 1, 2)
    assert end.message.startswith("2 files; ")
    assert turn_from(end.plain()).files == list(end.files)


def test_what_a_crash_leaves_is_finished(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between import and archive, in the middle of the move, and after it: no import again, one file in the archive."""
    path = put(worker)
    seen = ending(monkeypatch, Verdict(Result.DONE, 0, "well"), Verdict(Result.DONE, 0, "well"))
    (number,) = worker.begin("a").numbers
    worker.import_one(number)
    assert worker.import_one(number).outcome == Result.DONE, "an entry at its end is only told again"
    assert worker.heal(worker.jobs.task("a"))
    assert (path.exists(), (path.parent / "done/a.csv").is_file()) == (False, True)
    worker.store.change(number, state=State.IMPORTED.value)
    assert worker.archive(number).archive.endswith("done/a.csv"), "it was moved, and the memory did not know"
    worker.store.change(number, state=State.IMPORTED.value)
    (path.parent / "done/a.csv").unlink()
    assert worker.archive(number).archive == "", "somebody took it away"
    put(worker, "E-mail\nnew\n")
    worker.store.change(number, state=State.IMPORTED.value, archive=str(path.parent / "done/a.csv"))
    worker.archive(number)
    assert path.exists(), "new content under the old name stays"
    put(worker, "E-mail\na@example.org\n", "taken.csv")
    assert seen == ["a.csv"]


def test_a_name_that_is_taken_meanwhile_gets_another(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody puts a file of that name into the archive between the two steps."""
    path = put(worker)
    ending(monkeypatch, Verdict(Result.DONE, 0, "well"))
    (number,) = worker.begin("a").numbers
    worker.import_one(number)
    (path.parent / "done").mkdir()
    (path.parent / "done/a.csv").write_text("theirs", "utf-8")
    assert worker.archive(number).archive.endswith("done/a-20261121-023000.csv")
    assert (path.parent / "done/a.csv").read_text("utf-8") == "theirs"


def test_an_archive_that_refuses_a_file(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import is done; the file stays, is told of at every turn, is not taken again, and moves when it can."""
    path = put(worker)
    seen = ending(monkeypatch, Verdict(Result.DONE, 0, "well"))

    def refuse(source: Path, place: Path) -> None:
        raise ImporterError(f"{source} cannot be moved.", "Look at the disk.")

    monkeypatch.setattr(job_run, "move", refuse)
    end = turn(worker)
    assert (end.outcome, end.files[0].archive) == (Result.DONE, "")
    assert "cannot be moved" in end.message
    again = turn(worker)
    assert again.outcome == Result.NOTHING
    assert "cannot be moved" in " ".join(again.notes)
    assert len(worker.store.entries("a")) == 1
    monkeypatch.setattr(job_run, "move", archive.move)
    turn(worker)
    assert ((path.parent / "done/a.csv").is_file(), seen) == (True, ["a.csv"])


def test_the_same_content_again(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another name, the same bytes: archived with a note that says when they came first."""
    put(worker)
    seen = ending(monkeypatch, Verdict(Result.DONE, 0, "well", run="r1"))
    turn(worker)
    path = put(worker, name="copy.csv")
    end = turn(worker)
    assert (end.outcome, end.exit_status, seen) == (Result.DUPLICATE, 0, ["a.csv"])
    note = (path.parent / "done/copy.csv.note.txt").read_text("utf-8")
    assert "2026-11-21 02:30 UTC as a.csv (run r1)" in note


def test_a_file_that_ends_the_program_is_held(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many ends without a word a person must look; approved, it is tried again."""
    put(worker)
    seen = ending(monkeypatch, RuntimeError("a bug"), Verdict(Result.DONE, 0, "well"))
    (number,) = worker.begin("a").numbers
    with pytest.raises(RuntimeError), worker.noting_faults("a", "hand", ""):
        worker.import_one(number)
    assert worker.store.turns("a", 1)[0].message == "The program failed: RuntimeError: a bug"
    worker.store.change(number, attempts=MOST_ATTEMPTS)
    assert turn(worker).outcome == Result.HELD
    worker.store.change(number, state=State.APPROVED.value, approved_by="meera", outcome="")
    assert turn(worker).outcome == Result.DONE
    assert len(seen) == 2


def test_a_stop_before_a_file(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """No further file is begun once somebody asked to stop."""
    put(worker)
    seen = ending(monkeypatch)
    worker.outside.stop.set()
    assert (turn(worker).outcome, seen) == (Result.INTERRUPTED, [])


def test_what_keeps_a_turn_from_working(worker: Worker) -> None:
    """A pause, a wrong mapping, a folder that is not there: the files stay where they are."""
    worker.store.change_state("a", paused_at="2026-11-20T10:00:00+00:00")
    paused = turn(worker)
    assert (paused.outcome, paused.exit_status) == (Result.PAUSED, 0)
    assert paused.message == "The job is paused since 2026-11-20 10:00 UTC."
    worker.store.change_state("a", paused_at="")
    assert turn(worker).message == "No new file; nothing waits."
    worker.jobs.task("a").inbox.rmdir()
    assert turn(worker).outcome == Result.ERROR
    worker.jobs.task("a").mapping.write_text("target: x\n", "utf-8")
    assert turn(worker).exit_status == 2


def test_one_path_that_comes_again(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that file of its folder is taken."""
    folder = worker.jobs.task("b").inbox
    (folder / "b.csv").write_text("E-mail\nb\n", "utf-8")
    (folder / "c.csv").write_text("E-mail\nc\n", "utf-8")
    seen = ending(monkeypatch, Verdict(Result.DONE, 0, "well"))
    turn(worker, "b")
    assert seen == ["b.csv"]
    assert replace(worker.store.state("b"), known_since="").last_success_at
