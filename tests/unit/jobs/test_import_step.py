"""The result of an import with plain values: by its error, its report, and the guards before it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from importer.core import errors
from importer.core.errors import (
    AnotherRunActive,
    ImporterError,
    MappingError,
    MappingProblem,
    RunStopped,
    SourceError,
)
from importer.core.model import Status
from importer.jobs.config.preflight import find_job_problems
from importer.jobs.engine import import_step
from importer.jobs.engine.import_step import OnHold, import_file, make_review
from importer.jobs.engine.job_run import JobRunner
from importer.jobs.store.records import JobOutcome
from importer.planning.store import PlanFacts
from importer.reports.interface import ErrorGroup
from importer.reports.publisher import Report
from tests.unit.jobs.helpers import MAPPING, put, run_job


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "outcome", "status"),
    [
        (OnHold("canary"), JobOutcome.HELD, 3),
        (AnotherRunActive("canary"), JobOutcome.BUSY, 75),
        (RunStopped("canary"), JobOutcome.INTERRUPTED, 4),
        (SourceError("canary"), JobOutcome.FAILED, 1),
        (MappingError("m", [MappingProblem(1, 1, "", "canary")]), JobOutcome.FAILED, 2),
        (errors.SettingsError("canary"), JobOutcome.ERROR, 2),
        (errors.CrmError("canary"), JobOutcome.ERROR, 1),
        (errors.LedgerError("canary"), JobOutcome.ERROR, 1),
        (errors.ReportError("canary"), JobOutcome.ERROR, 1),
        (ImporterError("canary"), JobOutcome.ERROR, 1),
    ],
)
def test_what_an_error_says_of_the_file(
    worker: JobRunner, monkeypatch: pytest.MonkeyPatch, error: Exception, outcome: JobOutcome, status: int
) -> None:
    """Only an error of the file itself sends it to the failed ones, and only if the file is as it was."""
    path = put(worker)
    (number,) = worker.begin("a").numbers
    entry, task = worker.store.file_record(number), worker.jobs.task("a")

    def fail(*_: object) -> Report:
        raise error

    monkeypatch.setattr(import_step, "_run", fail)
    verdict = import_file(task, entry, worker.env, worker.load)
    assert (verdict.outcome, verdict.exit_status) == (outcome, status)
    assert verdict.outline.endswith(".")
    assert "canary" not in verdict.outline

    def fail_late(*_: object) -> Report:
        path.unlink(missing_ok=True)
        raise error

    monkeypatch.setattr(import_step, "_run", fail_late)
    late = import_file(task, entry, worker.env, worker.load)
    assert late.outcome == (JobOutcome.INTERRUPTED if outcome is JobOutcome.FAILED else outcome)
    assert import_file(task, entry, worker.env, worker.load).outcome is JobOutcome.INTERRUPTED


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
        (Summary(), 0, None, JobOutcome.DONE),
        (Summary(counts={Status.REJECTED: 1}), 3, None, JobOutcome.PROBLEMS),
        (Summary(), 4, RunStopped("later"), JobOutcome.INTERRUPTED),
        (Summary(), 4, None, JobOutcome.INTERRUPTED),
        (Summary(), 4, RunStopped("look", needs_person=True), JobOutcome.HELD),
        (Summary(run_id=""), 3, None, JobOutcome.FAILED),
        (Summary(run_id="", rows=0), 0, None, JobOutcome.DONE),
    ],
)
def test_what_a_report_says_of_the_file(
    worker: JobRunner,
    monkeypatch: pytest.MonkeyPatch,
    summary: Summary,
    status: int,
    stopped: RunStopped | None,
    outcome: JobOutcome,
) -> None:
    """Finished, with problems, interrupted, or never begun."""
    put(worker)
    (number,) = worker.begin("a").numbers
    report = Report(summary, None, None, status, stopped)  # type: ignore[arg-type]  # only what is looked at
    monkeypatch.setattr(import_step, "_run", lambda *_: report)
    verdict = import_file(worker.jobs.task("a"), worker.store.file_record(number), worker.env, worker.load)
    assert verdict.outcome is outcome
    assert ("jobs approve a" in verdict.remedy) == (outcome is JobOutcome.HELD)
    assert ("stopped" in verdict.outline) == (stopped is not None)


def test_counts_and_reasons_outlive_the_process(worker: JobRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand in the memory; of LeadSquared's texts only those that are names of errors."""
    put(worker)
    groups = [ErrorGroup(code, "text", rows, ()) for code, rows in (("bad-phone", 1), ("Said canary-cell!", 2))]
    summary = Summary(counts={Status.INVALID: 1, Status.REJECTED: 2, Status.CREATED: 0}, errors=tuple(groups))
    report = Report(summary, Path("/r.xlsx"), Path("/r.html"), 3)  # type: ignore[arg-type]  # only what is looked at
    monkeypatch.setattr(import_step, "_run", lambda *_: report)
    end = run_job(worker)
    assert end.files[0].counts == {"invalid": 1, "rejected": 2}
    assert list(end.files[0].codes.items()) == [("other", 2), ("bad-phone", 1)]
    text = worker.store.notifications()[0].text
    assert "Reasons: 2 other, 1 bad-phone" in text
    assert "Workbook: /r.xlsx" in text
    assert "canary-cell" not in text


def facts(rows: int, invalid: int) -> PlanFacts:
    """The part of a plan that the guards look at."""
    return SimpleNamespace(selected=rows, invalid=invalid)  # type: ignore[return-value]  # only what is looked at


def test_the_guards(worker: JobRunner) -> None:
    """Every reason is named; an approval overrules them, and a job may send what is unusual."""
    review = make_review(worker.jobs.task("a"), approved=False)
    review(facts(10, 1), [])
    with pytest.raises(OnHold) as caught:
        review(facts(1000, 101), ["The headings differ."])
    assert caught.value.message == (
        "The file has 1,000 rows, more than the 10 of `max_rows`. 101 of 1,000 rows are invalid, more than the 10% of "
        "`max_invalid`. The headings differ. Nothing was sent."
    )
    assert "1,000 rows, more than the 10" in caught.value.outline
    assert "not like the earlier ones" in caught.value.outline
    assert "The headings differ" not in caught.value.outline
    make_review(worker.jobs.task("a"), approved=True)(facts(1000, 101), ["odd"])
    with pytest.raises(OnHold) as every:
        make_review(worker.jobs.task("b"), approved=False)(facts(1, 0), ["odd"])
    assert "approval of every file" in every.value.message
    assert "odd" not in every.value.message


@pytest.mark.parametrize(
    ("schema", "policy", "words"),
    [
        ("rules.py:Rules", "", ""),
        ("rules.yaml", "forbid", ""),
        ("rules.py:Rules", "FORBID", "names code (rules.py:Rules)"),
        ("rules.yaml", "never", "IMPORTER_JOBS_CODE is 'never'"),
    ],
)
def test_jobs_run_no_code_where_it_is_forbidden(worker: JobRunner, schema: str, policy: str, words: str) -> None:
    """A schema in YAML is none; the import ends before anything of the file is read, and the check says so before."""
    task = worker.jobs.task("a")
    task.mapping.write_text(f"{MAPPING}schema: {schema}\n", "utf-8")
    put(worker)
    environment = {"IMPORTER_JOBS_CODE": policy}
    problems = " ".join(each.message for each in find_job_problems(worker.jobs, environment, worker.env.home))
    assert words in problems
    if words:
        env = replace(worker.env, variables=environment)
        ended = run_job(replace(worker, env=env))
        assert (ended.outcome, ended.exit_status) == (JobOutcome.ERROR, 2)
        assert words in ended.message
