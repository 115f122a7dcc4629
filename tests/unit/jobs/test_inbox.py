"""The inbox: which files are claimed and when, and how they get to their archive."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from importer.core.errors import ImporterError, SourceError
from importer.jobs.config.loader import Task, parse_jobs
from importer.jobs.files import claiming
from importer.jobs.files.archive import ArchivePathTaken, find_archive_fault, free_path, move_to_archive, write_note
from importer.jobs.files.claiming import ClaimedFiles, claim_files
from importer.jobs.files.inbox import list_inbox, list_unclaimed, patterns_overlap
from importer.jobs.store.records import FileState, JobOutcome
from importer.jobs.store.store import JobStore

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)


class FakeClock:
    """Time that passes only in sleeps; ``during`` is done in each of them."""

    def __init__(self, during: Callable[[], None] = lambda: None) -> None:
        self.seconds, self.during, self.stopped = 0.0, during, False

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.during()
        self.seconds += 0.1 if self.stopped else seconds


@pytest.fixture
def task(tmp_path: Path) -> Task:
    (tmp_path / "in").mkdir()
    text = "jobs: {a: {account: x, mapping: m, source: {folder: in, pattern: '*.csv', stable: 30s}}}"
    return parse_jobs(text, tmp_path / "jobs.yaml").task("a")


def taken(store: JobStore, catch: ClaimedFiles) -> list[str]:
    return [Path(store.file_record(number).path).name for number in catch.numbers]


def test_only_files_of_ours(tmp_path: Path) -> None:
    """Lock files, system files, transfers, empty files, links and folders are no input, and it is said why."""
    for name in ("~$a.csv", ".~lock.a.csv#", "._a.csv", ".DS_Store", "b.csv.tmp", "b.part", "c.crdownload", ".h.csv"):
        (tmp_path / name).write_text("x", "utf-8")
    (tmp_path / "zero.csv").touch()
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "A.CSV").write_text("x", "utf-8")
    (tmp_path / "other.txt").write_text("x", "utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "A.CSV")
    glance = list_inbox(tmp_path, "*.csv")
    assert [seen.path.name for seen in glance.files] == ["A.CSV"]
    why = dict(glance.skipped)
    assert why["zero.csv"] == "empty, zero bytes"
    assert why["link.csv"] == "not an ordinary file"
    assert why["b.part"] == "a transfer that has not ended"
    assert len(why) == 10
    assert glance.open_elsewhere == {"a.csv"}
    with pytest.raises(ImporterError) as caught:
        list_inbox(tmp_path / "none", "*")
    assert "cannot be read" in caught.value.message


def test_a_file_is_taken_when_it_was_stable(task: Task, store: JobStore) -> None:
    """Thirty seconds without a change: then, and the next time at once if it looks as it did."""
    path = task.inbox / "a.csv"
    path.write_text("one", "utf-8")
    clock = FakeClock(lambda: path.write_text("one and two", "utf-8") and None)
    first = claim_files(task, store, clock, "m")
    assert (first.numbers, first.arriving, clock.seconds) == ([], ["a.csv"], 30)
    clock.during = lambda: None
    clock.seconds += 60
    assert taken(store, claim_files(task, store, clock, "m")) == ["a.csv"]
    assert clock.seconds == 90, "it was stable since the first look and need not wait again"


def test_a_stop_while_waiting_takes_nothing(task: Task, store: JobStore) -> None:
    """Who is asked to stop has not seen enough."""
    (task.inbox / "a.csv").write_text("one", "utf-8")
    clock = FakeClock()
    clock.stopped = True
    assert claim_files(task, store, clock, "m").numbers == []


def test_one_entry_for_one_content(task: Task, store: JobStore) -> None:
    """A file that was begun is gone on with, also under a new name; a copy beside it is a file of its own."""
    path = task.inbox / "a.csv"
    path.write_text("one", "utf-8")
    clock = FakeClock()
    (number,) = claim_files(task, store, clock, "m").numbers
    assert claim_files(task, store, clock, "m").numbers == [number]
    path.rename(task.inbox / "b.csv")
    assert claim_files(task, store, clock, "m").numbers == [number]
    assert store.file_record(number).path.endswith("b.csv")
    (task.inbox / "c.csv").write_text("one", "utf-8")
    assert len(claim_files(task, store, clock, "m").numbers) == 2


def test_a_held_file_waits_until_it_is_approved_or_the_mapping_changes(task: Task, store: JobStore) -> None:
    """What is held is not looked into again at every run."""
    (task.inbox / "a.csv").write_text("one", "utf-8")
    clock = FakeClock()
    (number,) = claim_files(task, store, clock, "m").numbers
    store.update_file(number, state=FileState.HELD.value, outcome=JobOutcome.HELD.value, message="Too many rows.")
    held = claim_files(task, store, clock, "m")
    assert (held.numbers, held.held) == ([], 1)
    assert "Too many rows." in held.notes[0]
    assert claim_files(task, store, clock, "other").numbers == [number]


def test_a_file_that_went_away_is_closed(task: Task, store: JobStore) -> None:
    """Somebody took it away, or put other content in its place."""
    path = task.inbox / "a.csv"
    path.write_text("one", "utf-8")
    clock = FakeClock()
    (number,) = claim_files(task, store, clock, "m").numbers
    path.write_text("other", "utf-8")
    (other,) = claim_files(task, store, clock, "m").numbers
    assert other != number
    assert "replaced" in store.file_record(number).message
    path.unlink()
    claim_files(task, store, clock, "m")
    assert store.file_record(other).state == FileState.ARCHIVED.value
    assert "taken away" in store.file_record(other).message


def test_an_archive_never_loses_a_file(tmp_path: Path) -> None:
    """A name that is taken gets the time, then a number."""
    for expected in ("a.csv", "a-20261121-023000.csv", "a-20261121-023000-2.csv"):
        source = tmp_path / "a.csv"
        source.write_text(expected, "utf-8")
        place = free_path(tmp_path / "done", "a.csv", NOW)
        assert place.name == expected
        move_to_archive(source, place)
        assert (source.exists(), place.read_text("utf-8")) == (False, expected)
    assert free_path(tmp_path / "done", "b.csv.gz", NOW).name == "b.csv.gz"


def test_a_move_is_atomic_and_can_be_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file is never replaced; a move cut short between its two steps is finished; disks without links work."""
    source, place = tmp_path / "a", tmp_path / "done" / "a"
    source.write_text("new", "utf-8")
    place.parent.mkdir()
    place.write_text("old", "utf-8")
    with pytest.raises(ArchivePathTaken):
        move_to_archive(source, place)
    assert place.read_text("utf-8") == "old"
    half = place.with_name("half")
    os.link(source, half)
    move_to_archive(source, half)
    assert (source.exists(), half.read_text("utf-8")) == (False, "new")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    move_to_archive(half, tmp_path / "again")
    assert (tmp_path / "again").read_text("utf-8") == "new"
    (tmp_path / "file").touch()
    with pytest.raises(ImporterError) as caught:
        move_to_archive(tmp_path / "again", tmp_path / "file" / "x")
    assert "same disk" in caught.value.remedy
    write_note(tmp_path, tmp_path / "again", "why")
    write_note(tmp_path, tmp_path / "again", "twice")
    assert (tmp_path / "again.note.txt").read_text("utf-8") == "why\n"


def test_files_that_trouble_while_they_are_read(task: Task, store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be read is told of, one that changes while it is read still arrives, one that is open is taken."""
    for name in ("a.csv", "b.csv", "c.csv"):
        (task.inbox / name).write_text(name, "utf-8")
    (task.inbox / "~$c.csv").write_text("x", "utf-8")
    real = claiming.source_hash

    def read(path: Path) -> str:
        if path.name == "a.csv":
            raise SourceError("a.csv cannot be read.", "Look at its rights.")
        if path.name == "b.csv":
            path.write_text("b.csv grows", "utf-8")
        return real(path)

    monkeypatch.setattr(claiming, "source_hash", read)
    catch = claim_files(task, store, FakeClock(), "m")
    assert (taken(store, catch), catch.arriving) == (["c.csv"], ["b.csv"])
    told = " ".join(catch.notes)
    assert "a.csv cannot be read. Look at its rights." in told
    assert "c.csv is open in a spreadsheet program" in told


def test_a_copy_beside_a_held_file_is_held_too(task: Task, store: JobStore) -> None:
    """The same content under a second name does not get around the guards."""
    (task.inbox / "a.csv").write_text("one", "utf-8")
    clock = FakeClock()
    (number,) = claim_files(task, store, clock, "m").numbers
    store.update_file(number, state=FileState.HELD.value, outcome=JobOutcome.HELD.value)
    (task.inbox / "b.csv").write_text("one", "utf-8")
    catch = claim_files(task, store, clock, "m")
    assert (catch.numbers, catch.held) == ([], 2)


def test_a_move_to_another_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would not be one step; the file stays where it is."""
    source = tmp_path / "a"
    source.write_text("x", "utf-8")
    folders = [folder for folder in (Path("/dev/shm"), Path("/tmp")) if folder.is_dir()]
    others = [folder for folder in folders if folder.stat().st_dev != tmp_path.stat().st_dev]
    if not others:
        pytest.skip("there is no other disk")
    other = others[0] / f"importer-{os.getpid()}"
    with pytest.raises(ImporterError) as caught:
        move_to_archive(source, other / "a")
    other.rmdir()
    assert source.exists()
    assert "same disk" in caught.value.remedy


def test_an_archive_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    """Whoever may put files into the inbox could lead them elsewhere, at its name or at one above it."""
    inbox, elsewhere = tmp_path / "in", tmp_path / "elsewhere"
    inbox.mkdir()
    elsewhere.mkdir()
    (inbox / "done").symlink_to(elsewhere)
    source = inbox / "a.csv"
    source.write_text("x", "utf-8")
    for place in (inbox / "done" / "a.csv", inbox / "done" / "2026" / "a.csv"):
        with pytest.raises(ImporterError, match="done is a link"):
            move_to_archive(source, place)
        write_note(inbox, place, "why")
        assert find_archive_fault(inbox, place.parent) == "done is a link, which is not followed"
    (tmp_path / "outside").symlink_to(elsewhere)
    with pytest.raises(ImporterError, match="outside is a link"):
        move_to_archive(source, tmp_path / "outside" / "a.csv")
    assert (source.exists(), list(elsewhere.iterdir())) == (True, [])
    move_to_archive(source, inbox / "archive" / "2026" / "a.csv")
    assert find_archive_fault(inbox, inbox / "archive" / "2026") == ""
    assert find_archive_fault(inbox, inbox / "other") == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_archive_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """Its owner could change or remove what is moved there."""
    (tmp_path / "done").mkdir()
    os.chown(tmp_path / "done", 65534, 65534)
    (tmp_path / "a.csv").write_text("x", "utf-8")
    with pytest.raises(ImporterError, match="belongs to another user"):
        move_to_archive(tmp_path / "a.csv", tmp_path / "done" / "a.csv")
    assert (tmp_path / "a.csv").exists()


def test_the_archive_is_the_folder_that_was_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever takes its name in the moment before the move."""
    (tmp_path / "done").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a.csv").write_text("x", "utf-8")
    link = os.link

    def swap(*names: object, **more: object) -> None:
        (tmp_path / "done").rename(tmp_path / "looked-at")
        (tmp_path / "done").symlink_to(tmp_path / "elsewhere")
        link(*names, **more)  # type: ignore[arg-type]  # what it was called with

    monkeypatch.setattr(os, "link", swap)
    move_to_archive(tmp_path / "a.csv", tmp_path / "done" / "a.csv")
    assert (tmp_path / "looked-at" / "a.csv").is_file()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_files_that_no_pattern_takes(tmp_path: Path) -> None:
    """With the time of their arrival; hidden ones, folders and links are none, and names are compared without case."""
    for name in ("Leads mon.xlsx", "leads1.CSV", ".hidden", "b.part"):
        (tmp_path / name).write_text("x", "utf-8")
    (tmp_path / "done").mkdir()
    (tmp_path / "link.xlsx").symlink_to("Leads mon.xlsx")
    found = list_unclaimed(tmp_path, ["leads*.csv", "other"])
    assert list(found) == ["Leads mon.xlsx"]
    assert found["Leads mon.xlsx"] == pytest.approx(datetime.now(UTC).timestamp(), abs=60)
    assert list_unclaimed(tmp_path / "none", []) == {}


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ("*", "a.csv", True),
        ("leads*.csv", "*.csv", True),
        ("leads*.csv", "LEADS-1.csv", True),
        ("leads*.csv", "visits*.csv", False),
        ("*.csv", "*.xlsx", False),
        ("*.csv", "*.csv.gz", False),
        ("a?c", "abc", True),
        ("a?c", "abbc", False),
        ("[a-m]*.csv", "[n-z]*.csv", False),
        ("[a-m]*.csv", "[!n-z]*.csv", True),
        ("*a*b", "*b*a", False),
        ("*a*b*", "*b*a*", True),
        ("a[[]1].csv", "a[1].csv", False),
        ("é*", "[é]x", True),
        ("*", "?", True),
    ],
)
def test_patterns_that_overlap(first: str, second: str, overlap: bool) -> None:
    """Some name fits both, in whatever order they are compared."""
    assert patterns_overlap(first, second) is overlap
    assert patterns_overlap(second, first) is overlap
