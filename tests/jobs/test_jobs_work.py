"""A turn of a job with plain values: what becomes of files, what is told to whom, and what a crash leaves."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from importer import errors
from importer.errors import AnotherRunActive, ImporterError, MappingError, MappingProblem, RunStopped, SourceError
from importer.jobs import archive, ends, importing, work
from importer.jobs.ends import TurnEnd, turn_from
from importer.jobs.guarding import Held, review_for
from importer.jobs.importing import Verdict, import_file
from importer.jobs.loader import LoadedJobs, parse_jobs
from importer.jobs.peers import holding
from importer.jobs.store import JobStore, Result, State
from importer.jobs.work import MOST_ATTEMPTS, Worker
from importer.model import Status
from importer.pipeline.plan_store import PlanFacts
from importer.pipeline.progress import Silent
from importer.pipeline.publishing import Report
from importer.pipeline.surroundings import Surroundings
from importer.reports.interface import ErrorGroup

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
MAPPING = "target: create-lead\nlead:\n  EmailAddress: E-mail\n"
JOBS = """\
jobs:
  a:
    account: x
    mapping: m.yaml
    source: {folder: in, stable: 0s}
    guards: {max_rows: 10, max_invalid: 10%}
    notify:
      - {url: {env: ALL}, when: always}
      - {url: {env: TROUBLE}}
      - {url: {env: QUIET}, when: silence, days: 2}
  b: {account: x, mapping: m.yaml, source: {path: in2/b.csv, stable: 0s}, guards: {unusual: send, approval: yes}}
"""


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def worker(tmp_path: Path, store: JobStore) -> Worker:
    (tmp_path / "in").mkdir()
    (tmp_path / "in2").mkdir()
    (tmp_path / "m.yaml").write_text(MAPPING, "utf-8")
    outside = Surroundings(
        home=tmp_path / "home",
        environment={},
        clock=Clock(),
        stop=threading.Event(),
        progress=Silent(),
        make_crm=lambda account: None,  # type: ignore[arg-type,return-value]  # never asked
        confirm=lambda question: False,
        random_text=lambda: "ab12",
    )
    jobs: LoadedJobs = parse_jobs(JOBS, tmp_path / "jobs.yaml")
    return Worker(jobs, store, outside, lambda name: None, holding(tmp_path, None))  # type: ignore[arg-type,return-value]  # never asked


def put(worker: Worker, text: str = "E-mail\na@example.org\n", name: str = "a.csv") -> Path:
    path = worker.jobs.task("a").inbox / name
    path.write_text(text, "utf-8")
    return path


def turn(worker: Worker, name: str = "a") -> TurnEnd:
    """What the engine does, without the engine."""
    begun = worker.begin(name)
    files = []
    for number in begun.numbers:
        end = worker.import_one(number)
        files.append(worker.archive(number) if end.outcome in ends.ENDED else end)
    return worker.finish(name, "hand", "", begun, files)


def ending(monkeypatch: pytest.MonkeyPatch, *verdicts: Verdict | BaseException) -> list[str]:
    """Let imports end like that, one after the other; the files that were imported."""
    left, seen = list(verdicts), []

    def import_it(task: Any, entry: Any, outside: Any, load: Any) -> Verdict:
        seen.append(Path(entry.path).name)
        verdict = left.pop(0)
        if isinstance(verdict, BaseException):
            raise verdict
        return verdict

    monkeypatch.setattr(work, "import_file", import_it)
    return seen


def told(worker: Worker) -> list[tuple[str, str, str]]:
    """What is to be told, of how which job ended, and where the address is."""
    return [(each.job, each.outcome, each.env) for each in worker.store.letters()]


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

    monkeypatch.setattr(work, "move", refuse)
    end = turn(worker)
    assert (end.outcome, end.files[0].archive) == (Result.DONE, "")
    assert "cannot be moved" in end.message
    again = turn(worker)
    assert again.outcome == Result.NOTHING
    assert "cannot be moved" in " ".join(again.notes)
    assert len(worker.store.entries("a")) == 1
    monkeypatch.setattr(work, "move", archive.move)
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


def test_silence_is_told_once_a_day(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days without a success, counted from the first look at the job."""
    turn(worker)
    clock = worker.outside.clock
    assert isinstance(clock, Clock)
    names = []
    for hours in (47, 1, 23, 1):
        clock.time += timedelta(hours=hours)
        names.append(worker.watch_silence())
    assert names == [[], ["a"], [], ["a"]]
    assert told(worker) == [("a", "silence", "QUIET")] * 2
    put(worker)
    ending(monkeypatch, Verdict(Result.DONE, 0, "well"))
    turn(worker)
    assert worker.watch_silence() == []


def test_a_trouble_that_stays_is_told_once_a_day(worker: Worker) -> None:
    """A job that is due every hour does not say every hour that its folder is away; another trouble is told at once."""
    clock, inbox = worker.outside.clock, worker.jobs.task("a").inbox
    assert isinstance(clock, Clock)
    inbox.rmdir()
    for hours, letters in ((0, 1), (1, 1), (18, 1), (2, 2), (3, 2)):
        clock.time += timedelta(hours=hours)
        turn(worker)
        assert len([each for each in told(worker) if each[2] == "ALL"]) == letters
    worker.jobs.task("a").mapping.write_text("target: x\n", "utf-8")
    turn(worker)
    assert len([each for each in told(worker) if each[2] == "ALL"]) == 3
    assert "The mapping is wrong" in worker.store.letters()[-1].text


@pytest.mark.parametrize("verdict", [Verdict(Result.INTERRUPTED, 4, "stop"), Verdict(Result.ERROR, 1, "network")])
def test_only_the_last_try_is_told(worker: Worker, monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    """What the next try may mend is not yet worth a word; every try stands in the history."""
    put(worker)
    ending(monkeypatch, verdict, verdict)
    for last, letters in ((False, 0), (True, 2)):
        begun = worker.begin("a")
        files = [worker.import_one(number) for number in begun.numbers]
        worker.finish("a", "schedule", "", begun, files, last=last)
        assert len(told(worker)) == letters
    assert len(worker.store.turns("a", 9)) == 2


def test_a_fault_of_the_program_is_told_without_its_words(worker: Worker) -> None:
    """The words of an unexpected error may quote anything; they stay in the history."""
    with pytest.raises(ValueError), worker.noting_faults("a", "hand", ""):
        raise ValueError("canary-cell")
    assert told(worker) == [("a", "error", "ALL"), ("a", "error", "TROUBLE")]
    assert not [each for each in worker.store.letters() if "canary-cell" in each.title + each.text]
    with pytest.raises(ValueError), worker.noting_faults("a", "hand", ""):
        raise ValueError("canary-cell")
    assert len(told(worker)) == 2
    assert "canary-cell" in worker.store.turns("a", 1)[0].message


@pytest.mark.parametrize(
    ("error", "outcome", "status"),
    [
        (Held("canary"), Result.HELD, 3),
        (AnotherRunActive("canary"), Result.BUSY, 75),
        (RunStopped("canary"), Result.INTERRUPTED, 4),
        (SourceError("canary"), Result.FAILED, 1),
        (MappingError("m", [MappingProblem(1, 1, "", "canary")]), Result.FAILED, 2),
        (errors.SettingsError("canary"), Result.ERROR, 2),
        (errors.CrmError("canary"), Result.ERROR, 1),
        (errors.LedgerError("canary"), Result.ERROR, 1),
        (errors.ReportError("canary"), Result.ERROR, 1),
        (ImporterError("canary"), Result.ERROR, 1),
    ],
)
def test_what_an_error_says_of_the_file(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: Result, status: int
) -> None:
    """Only an error of the file itself sends it to the failed ones, and only if the file is as it was."""
    path = put(worker)
    (number,) = worker.begin("a").numbers
    entry, task = worker.store.entry(number), worker.jobs.task("a")

    def fail(*_: object) -> Report:
        raise error

    monkeypatch.setattr(importing, "_run", fail)
    verdict = import_file(task, entry, worker.outside, worker.load)
    assert (verdict.outcome, verdict.exit_status) == (outcome, status)
    assert verdict.outline.endswith(".")
    assert "canary" not in verdict.outline

    def fail_late(*_: object) -> Report:
        path.unlink(missing_ok=True)
        raise error

    monkeypatch.setattr(importing, "_run", fail_late)
    late = import_file(task, entry, worker.outside, worker.load)
    assert late.outcome == (Result.INTERRUPTED if outcome is Result.FAILED else outcome)
    assert import_file(task, entry, worker.outside, worker.load).outcome is Result.INTERRUPTED


@dataclass
class Summary:
    """The part of a summary that counts here."""

    rows: int = 3
    run_id: str = "r1"
    headline: str = "it went so"
    next_step: str = "do this"
    counts: dict[Status, int] = field(default_factory=dict)
    errors: tuple[ErrorGroup, ...] = ()


@pytest.mark.parametrize(
    ("summary", "status", "stopped", "outcome"),
    [
        (Summary(), 0, None, Result.DONE),
        (Summary(counts={Status.REJECTED: 1}), 3, None, Result.PROBLEMS),
        (Summary(), 4, RunStopped("later"), Result.INTERRUPTED),
        (Summary(), 4, None, Result.INTERRUPTED),
        (Summary(), 4, RunStopped("look", needs_person=True), Result.HELD),
        (Summary(run_id=""), 3, None, Result.FAILED),
        (Summary(run_id="", rows=0), 0, None, Result.DONE),
    ],
)
def test_what_a_report_says_of_the_file(
    worker: Worker,
    monkeypatch: pytest.MonkeyPatch,
    summary: Summary,
    status: int,
    stopped: RunStopped | None,
    outcome: Result,
) -> None:
    """Finished, with problems, interrupted, or never begun."""
    put(worker)
    (number,) = worker.begin("a").numbers
    report = Report(summary, None, None, status, stopped)  # type: ignore[arg-type]  # only what is looked at
    monkeypatch.setattr(importing, "_run", lambda *_: report)
    verdict = import_file(worker.jobs.task("a"), worker.store.entry(number), worker.outside, worker.load)
    assert verdict.outcome is outcome
    assert ("jobs approve a" in verdict.remedy) == (outcome is Result.HELD)
    assert ("stopped" in verdict.outline) == (stopped is not None)


def test_counts_and_reasons_outlive_the_process(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand in the memory; of LeadSquared's texts only those that are names of errors."""
    put(worker)
    groups = [ErrorGroup(code, "text", rows, ()) for code, rows in (("bad-phone", 1), ("Said canary-cell!", 2))]
    summary = Summary(counts={Status.INVALID: 1, Status.REJECTED: 2, Status.CREATED: 0}, errors=tuple(groups))
    report = Report(summary, Path("/r.xlsx"), Path("/r.html"), 3)  # type: ignore[arg-type]  # only what is looked at
    monkeypatch.setattr(importing, "_run", lambda *_: report)
    end = turn(worker)
    assert end.files[0].counts == {"invalid": 1, "rejected": 2}
    assert list(end.files[0].codes.items()) == [("other", 2), ("bad-phone", 1)]
    text = worker.store.letters()[0].text
    assert "Reasons: 2 other, 1 bad-phone" in text
    assert "Workbook: /r.xlsx" in text
    assert "canary-cell" not in text


def facts(rows: int, invalid: int) -> PlanFacts:
    """The part of a plan that the guards look at."""
    return SimpleNamespace(rows=rows, invalid=invalid)  # type: ignore[return-value]  # only what is looked at


def test_the_guards(worker: Worker) -> None:
    """Every reason is named; an approval overrules them, and a job may send what is unusual."""
    review = review_for(worker.jobs.task("a"), approved=False)
    review(facts(10, 1), [])
    with pytest.raises(Held) as caught:
        review(facts(1000, 101), ["The headings differ."])
    assert caught.value.message == (
        "The file has 1,000 rows, more than the 10 of `max_rows`. 101 of 1,000 rows are invalid, more than the 10% of "
        "`max_invalid`. The headings differ. Nothing was sent."
    )
    assert "1,000 rows, more than the 10" in caught.value.outline
    assert "not like the earlier ones" in caught.value.outline
    assert "The headings differ" not in caught.value.outline
    review_for(worker.jobs.task("a"), approved=True)(facts(1000, 101), ["odd"])
    with pytest.raises(Held) as every:
        review_for(worker.jobs.task("b"), approved=False)(facts(1, 0), ["odd"])
    assert "approval of every file" in every.value.message
    assert "odd" not in every.value.message


def test_one_path_that_comes_again(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only that file of its folder is taken."""
    folder = worker.jobs.task("b").inbox
    (folder / "b.csv").write_text("E-mail\nb\n", "utf-8")
    (folder / "c.csv").write_text("E-mail\nc\n", "utf-8")
    seen = ending(monkeypatch, Verdict(Result.DONE, 0, "well"))
    turn(worker, "b")
    assert seen == ["b.csv"]
    assert replace(worker.store.state("b"), known_since="").last_success_at
