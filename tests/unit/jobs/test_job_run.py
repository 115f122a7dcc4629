"""The steps of a run with plain values: what becomes of files, what a crash leaves, and who is notified of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from importer.core.errors import ImporterError, SourceError
from importer.jobs.config.loader import parse_jobs
from importer.jobs.engine import import_step, job_run
from importer.jobs.engine.dbos_support import dumps, loads
from importer.jobs.engine.import_step import ImportResult, describe_fault
from importer.jobs.engine.job_run import MOST_ATTEMPTS, JobRunner
from importer.jobs.engine.results import run_result_from_json
from importer.jobs.files import archive
from importer.jobs.files.inbox import InboxFile
from importer.jobs.monitoring.status import describe_jobs
from importer.jobs.store.records import FileRecord, FileState, JobOutcome
from importer.reports import Report
from tests.unit.jobs.helpers import JOBS, Clock, put, run_job, set_results, stored_notifications


@pytest.mark.slow
@pytest.mark.parametrize(
    ("verdict", "status", "folder", "notified"),
    [
        (ImportResult(JobOutcome.DONE, 0, "well"), 0, "done", ["ALL"]),
        (ImportResult(JobOutcome.PROBLEMS, 3, "some"), 3, "done", ["ALL", "TROUBLE"]),
        (ImportResult(JobOutcome.FAILED, 1, "bad", "do"), 1, "failed", ["ALL", "TROUBLE"]),
        (ImportResult(JobOutcome.HELD, 3, "wait"), 3, "", ["ALL", "TROUBLE"]),
        (ImportResult(JobOutcome.ERROR, 2, "keys"), 2, "", ["ALL", "TROUBLE"]),
        (ImportResult(JobOutcome.INTERRUPTED, 4, "stop"), 4, "", ["ALL", "TROUBLE"]),
        (ImportResult(JobOutcome.BUSY, 75, "other"), 75, "", []),
    ],
)
def test_where_a_file_goes_and_who_is_notified(
    worker: JobRunner,
    monkeypatch: pytest.MonkeyPatch,
    verdict: ImportResult,
    status: int,
    folder: str,
    notified: list[str],
) -> None:
    """The archive, the exit status and the recipients follow from the result of the import."""
    path = put(worker)
    set_results(monkeypatch, verdict)
    end = run_job(worker)
    assert (end.outcome, end.exit_status, end.message) == (verdict.outcome, status, verdict.message)
    assert path.exists() == (not folder)
    if folder:
        assert (path.parent / folder / "a.csv").is_file()
    assert stored_notifications(worker) == [("a", verdict.outcome.value, name) for name in notified]
    assert len(worker.store.runs("a", 9)) == (0 if verdict.outcome is JobOutcome.BUSY else 1)


def test_the_worst_file_decides_the_result_of_the_run(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two files failed, so did the run; the other is done all the same."""
    put(worker, "E-mail\nb\n", "b.csv")
    put(worker)
    set_results(
        monkeypatch, ImportResult(JobOutcome.FAILED, 1, "bad"), ImportResult(JobOutcome.DONE, 0, "well", rows=3)
    )
    end = run_job(worker)
    assert (end.outcome, end.exit_status, len(end.files)) == (JobOutcome.FAILED, 1, 2)
    assert end.message.startswith("2 files; ")
    assert run_result_from_json(end.to_json()).files == list(end.files)


def test_what_a_crash_leaves_is_finished(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between import and archive, in the middle of the move, and after it: no import again, one file in the archive."""
    path = put(worker)
    seen = set_results(monkeypatch, ImportResult(JobOutcome.DONE, 0, "well"), ImportResult(JobOutcome.DONE, 0, "well"))
    (number,) = worker.begin("a").numbers
    worker.import_one(number)
    assert worker.import_one(number).outcome == JobOutcome.DONE, "an entry at its end is only told again"
    assert worker.archive_leftovers(worker.jobs.task("a"))
    assert (path.exists(), (path.parent / "done/a.csv").is_file()) == (False, True)
    worker.store.update_file(number, state=FileState.IMPORTED.value)
    assert worker.archive(number).archive.endswith("done/a.csv"), "it was moved, and the memory did not know"
    worker.store.update_file(number, state=FileState.IMPORTED.value)
    (path.parent / "done/a.csv").unlink()
    assert worker.archive(number).archive == "", "somebody took it away"
    put(worker, "E-mail\nnew\n")
    worker.store.update_file(number, state=FileState.IMPORTED.value, archive=str(path.parent / "done/a.csv"))
    worker.archive(number)
    assert path.exists(), "new content under the old name stays"
    put(worker, "E-mail\na@example.org\n", "taken.csv")
    assert seen == ["a.csv"]


def test_a_name_that_is_taken_meanwhile_gets_another(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody puts a file of that name into the archive between the two steps."""
    path = put(worker)
    set_results(monkeypatch, ImportResult(JobOutcome.DONE, 0, "well"))
    (number,) = worker.begin("a").numbers
    worker.import_one(number)
    (path.parent / "done").mkdir()
    (path.parent / "done/a.csv").write_text("theirs", "utf-8")
    assert worker.archive(number).archive.endswith("done/a-20261121-023000.csv")
    assert (path.parent / "done/a.csv").read_text("utf-8") == "theirs"


def test_an_archive_that_refuses_a_file(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import is done; the file stays, is reported by every run, is not taken again, and moves when it can."""
    path = put(worker)
    seen = set_results(monkeypatch, ImportResult(JobOutcome.DONE, 0, "well"))

    def refuse(source: Path, place: Path) -> None:
        raise ImporterError(f"{source} cannot be moved.", "Look at the disk.")

    monkeypatch.setattr(job_run, "move_to_archive", refuse)
    end = run_job(worker)
    assert (end.outcome, end.files[0].archive) == (JobOutcome.DONE, "")
    assert "cannot be moved" in end.message
    again = run_job(worker)
    assert again.outcome == JobOutcome.NOTHING
    assert "cannot be moved" in " ".join(again.notes)
    assert len(worker.store.file_records("a")) == 1
    monkeypatch.setattr(job_run, "move_to_archive", archive.move_to_archive)
    run_job(worker)
    assert ((path.parent / "done/a.csv").is_file(), seen) == (True, ["a.csv"])


def test_the_same_content_again(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another name, the same bytes: archived with a note that says when they came first."""
    put(worker)
    seen = set_results(monkeypatch, ImportResult(JobOutcome.DONE, 0, "well", run="r1"))
    run_job(worker)
    path = put(worker, name="copy.csv")
    end = run_job(worker)
    assert (end.outcome, end.exit_status, seen) == (JobOutcome.DUPLICATE, 0, ["a.csv"])
    note = (path.parent / "done/copy.csv.note.txt").read_text("utf-8")
    assert "2026-11-21 02:30 UTC as a.csv (run r1)" in note


def test_a_file_that_ends_the_program_is_held(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many ends without a word a person must look; approved, it is tried again."""
    put(worker)
    seen = set_results(monkeypatch, RuntimeError("a bug"), ImportResult(JobOutcome.DONE, 0, "well"))
    (number,) = worker.begin("a").numbers
    with pytest.raises(RuntimeError), worker.record_faults("a", "hand", ""):
        worker.import_one(number)
    assert worker.store.runs("a", 1)[0].message == "The program failed: RuntimeError: a bug"
    worker.store.update_file(number, attempts=MOST_ATTEMPTS)
    assert run_job(worker).outcome == JobOutcome.HELD
    worker.store.update_file(number, state=FileState.APPROVED.value, approved_by="meera", outcome="")
    assert run_job(worker).outcome == JobOutcome.DONE
    assert len(seen) == 2


def test_a_stop_before_a_file(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """No further file is begun once somebody asked to stop."""
    put(worker)
    seen = set_results(monkeypatch)
    worker.env.stop.set()
    assert (run_job(worker).outcome, seen) == (JobOutcome.INTERRUPTED, [])


def test_what_keeps_a_run_from_working(worker: JobRunner) -> None:
    """A pause, a wrong mapping, a folder that is not there: the files stay where they are."""
    worker.store.update_job_state("a", paused_at="2026-11-20T10:00:00+00:00")
    paused = run_job(worker)
    assert (paused.outcome, paused.exit_status) == (JobOutcome.PAUSED, 0)
    assert paused.message == "The job is paused since 2026-11-20 10:00 UTC."
    worker.store.update_job_state("a", paused_at="")
    assert run_job(worker).message == "No new file; nothing waits."
    worker.jobs.task("a").inbox.rmdir()
    assert run_job(worker).outcome == JobOutcome.ERROR
    worker.jobs.task("a").mapping.write_text("target: x\n", "utf-8")
    assert run_job(worker).exit_status == 2


def test_one_path_that_comes_again(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that file of its folder is taken."""
    folder = worker.jobs.task("b").inbox
    (folder / "b.csv").write_text("E-mail\nb\n", "utf-8")
    (folder / "c.csv").write_text("E-mail\nc\n", "utf-8")
    seen = set_results(monkeypatch, ImportResult(JobOutcome.DONE, 0, "well"))
    run_job(worker, "b")
    assert seen == ["b.csv"]
    assert replace(worker.store.state("b"), known_since="").last_success_at


def test_silence_is_notified_once_a_day(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days without a success, counted from the first look at the job."""
    run_job(worker)
    clock = worker.env.clock
    assert isinstance(clock, Clock)
    names = []
    for hours in (47, 1, 23, 1):
        clock.time += timedelta(hours=hours)
        names.append(worker.report_silence())
    assert names == [[], ["a"], [], ["a"]]
    assert stored_notifications(worker) == [("a", "silence", "QUIET")] * 2
    put(worker)
    set_results(monkeypatch, ImportResult(JobOutcome.DONE, 0, "well"))
    run_job(worker)
    assert worker.report_silence() == []


def test_a_trouble_that_stays_is_notified_once_a_day(worker: JobRunner) -> None:
    """A job that is due every hour does not say every hour that its folder is away; another trouble is notified at once."""
    clock, inbox = worker.env.clock, worker.jobs.task("a").inbox
    assert isinstance(clock, Clock)
    inbox.rmdir()
    for hours, letters in ((0, 1), (1, 1), (18, 1), (2, 2), (3, 2)):
        clock.time += timedelta(hours=hours)
        run_job(worker)
        assert len([each for each in stored_notifications(worker) if each[2] == "ALL"]) == letters
    worker.jobs.task("a").mapping.write_text("target: x\n", "utf-8")
    run_job(worker)
    assert len([each for each in stored_notifications(worker) if each[2] == "ALL"]) == 3
    assert "The mapping is wrong" in worker.store.notifications()[-1].text


@pytest.mark.slow
@pytest.mark.parametrize(
    "verdict", [ImportResult(JobOutcome.INTERRUPTED, 4, "stop"), ImportResult(JobOutcome.ERROR, 1, "network")]
)
def test_only_the_last_try_is_notified(
    worker: JobRunner, monkeypatch: pytest.MonkeyPatch, verdict: ImportResult
) -> None:
    """A result that the next try may change is not notified yet; every try stands in the history."""
    put(worker)
    set_results(monkeypatch, verdict, verdict)
    for last, letters in ((False, 0), (True, 2)):
        begun = worker.begin("a")
        files = [worker.import_one(number) for number in begun.numbers]
        worker.finish("a", "schedule", "", begun, files, last=last)
        assert len(stored_notifications(worker)) == letters
    assert len(worker.store.runs("a", 9)) == 2


def test_a_fault_of_the_program_is_notified_without_its_message(worker: JobRunner) -> None:
    """The message of an unexpected error may quote anything; it stays in the history."""
    with pytest.raises(ValueError), worker.record_faults("a", "hand", ""):
        raise ValueError("canary-cell")
    assert stored_notifications(worker) == [("a", "error", "ALL"), ("a", "error", "TROUBLE")]
    assert not [each for each in worker.store.notifications() if "canary-cell" in each.title + each.text]
    with pytest.raises(ValueError), worker.record_faults("a", "hand", ""):
        raise ValueError("canary-cell")
    assert len(stored_notifications(worker)) == 2
    assert "canary-cell" in worker.store.runs("a", 1)[0].message


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (ValueError("surprise"), JobOutcome.FAILED),
        (RecursionError("deep"), JobOutcome.FAILED),
        (OSError(errno.ENAMETOOLONG, "File name too long"), JobOutcome.FAILED),
        (OSError(errno.ENOSPC, "No space left on device"), JobOutcome.ERROR),
        (SourceError("It cannot be read."), JobOutcome.FAILED),
    ],
)
def test_a_fault_at_one_file_leaves_the_others_alone(
    worker: JobRunner, monkeypatch: pytest.MonkeyPatch, fault: Exception, outcome: JobOutcome
) -> None:
    """It is set aside with the reason, unless the machine is to blame; the next file is imported."""
    first, second = put(worker, "E-mail\na\n"), put(worker, "E-mail\nb\n", "b.csv")
    well = describe_fault(ValueError("well"))
    well = replace(well, outcome=JobOutcome.DONE, exit_status=0)

    def run_one(task: object, entry: FileRecord, *_: object) -> Report:
        if entry.path == str(first):
            raise fault
        return second  # type: ignore[return-value]  # only handed on

    monkeypatch.setattr(import_step, "_run", run_one)
    monkeypatch.setattr(import_step, "describe_report", lambda report, task: well)
    ended = run_job(worker)
    assert ended.outcome == outcome
    assert {Path(each.path).name: each.outcome for each in ended.files} == {"a.csv": outcome, "b.csv": JobOutcome.DONE}
    assert (first.parent / "failed" / "a.csv").exists() == (outcome is JobOutcome.FAILED)
    assert first.exists() == (outcome is JobOutcome.ERROR)
    assert run_job(worker).outcome in (JobOutcome.NOTHING, outcome)


def test_a_file_that_cannot_be_claimed_leaves_the_others_alone(
    worker: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the database has against it, the next file is claimed, and the run says why."""
    put(worker, "E-mail\na\n"), put(worker, "E-mail\nb\n", "b.csv")
    add_file = worker.store.add_file

    def refuse(job: str, seen: InboxFile, *rest: object) -> FileRecord:
        if seen.path.name == "a.csv":
            raise UnicodeError("no such character")
        return add_file(job, seen, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(worker.store, "add_file", refuse)
    begun = worker.begin("a")
    assert [worker.store.file_record(number).path[-5:] for number in begun.numbers] == ["b.csv"]
    assert begun.notes == ["a.csv cannot be claimed: UnicodeError: no such character"]


NAMES = st.binary(min_size=1, max_size=251).filter(lambda name: b"/" not in name and b"\0" not in name)
ODD_NAMES = [b"latin\xe9", b"x" * 251, "é".encode() * 125, b"two\nlines\r", b" x ", "😀".encode() * 62, "שלום".encode()]


def with_examples(test: Callable[..., None]) -> Callable[..., None]:
    for name in ODD_NAMES:
        test = example(name)(test)
    return test


@with_examples
@given(NAMES)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_names_of_every_kind(worker: JobRunner, monkeypatch: pytest.MonkeyPatch, name: bytes) -> None:
    """Whatever a name holds, its file is imported, and it and a second one of its name are archived and recorded."""
    well = replace(describe_fault(ValueError("well")), outcome=JobOutcome.FAILED)
    for content in ("one", "two"):
        path = worker.jobs.task("a").inbox / os.fsdecode(name + b".csv")
        path.write_text(f"E-mail\n{content}{random()}\n", "utf-8")
        set_results(monkeypatch, well)
        ended = run_job(worker)
        if not ended.files:
            # One of the names that are never claimed, such as hidden files.
            path.unlink()
            return
        assert run_result_from_json(loads(dumps(ended.to_json()))).files == list(ended.files)
        assert not path.exists()
        assert Path(ended.files[0].archive).is_file()
        assert worker.store.file_records("a")[-1].path == str(path)


def test_a_time_that_comes_twice_is_run_once(tmp_path: Path, worker: JobRunner) -> None:
    """The engine begins both; the second one is not wanted."""
    text = "jobs: {a: {account: x, mapping: m, source: {folder: in}, schedule: {cron: '30 2 * * *', timezone: Europe/Berlin}}}"
    worker = replace(worker, jobs=parse_jobs(text, tmp_path / "jobs.yaml"))
    assert worker.is_worth_running("a", "2027-10-31T00:30:00+00:00")
    assert not worker.is_worth_running("a", "2027-10-31T01:30:00+00:00")


def test_a_file_that_no_job_takes_is_told(tmp_path: Path, worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """By each run and in the list; people are notified after a day, and then once a week."""
    narrow = JOBS.replace("{folder: in, stable: 0s}", "{folder: in, pattern: 'leads*.csv', stable: 0s}")
    worker = replace(worker, jobs=parse_jobs(narrow, tmp_path / "jobs.yaml"))
    put(worker, name="Leads mon.xlsx")
    set_results(monkeypatch)
    assert "Leads mon.xlsx is not taken: its name fits no job's pattern (leads*.csv)." in run_job(worker).notes
    listed = describe_jobs(worker.jobs, worker.store, worker.env.clock.now())
    assert [each["unclaimed"] for each in listed] == [["Leads mon.xlsx"], []]
    clock = worker.env.clock
    assert isinstance(clock, Clock)
    clock.time = datetime.now(UTC) + timedelta(hours=23)
    for hours in (0, 2, 1, 1, 24 * 7):
        clock.time += timedelta(hours=hours)
        worker.report_silence()
    told = [each for each in worker.store.notifications() if each.outcome == "unclaimed"]
    assert [each.env for each in told] == ["ALL", "TROUBLE"] * 2
    assert "Leads mon.xlsx" in told[0].text
    assert told[0].title == "a: 1 file that no job takes"
