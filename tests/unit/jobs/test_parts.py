"""Units for schedulers, the engine's JSON, databases, locks, findings of `jobs check`, and what a service does beside the runs."""

from __future__ import annotations

import builtins
import plistlib
import shlex
import shutil
import subprocess
import xml.dom.minidom
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from importer.cli.jobs import serve
from importer.cli.jobs.install import _write_unit
from importer.core.errors import LedgerError, SettingsError, UsageError
from importer.core.redaction import redact
from importer.jobs.config.cron import times_after
from importer.jobs.config.loader import LoadedJobs, parse_jobs
from importer.jobs.config.preflight import find_job_problems
from importer.jobs.engine import dbos_support
from importer.jobs.engine.results import FileResult, JobRunResult, merge_results, run_start_from_json
from importer.jobs.engine.workers import file_lock
from importer.jobs.install import (
    Installation,
    crontab_block,
    launchd_agent,
    merged_crontab,
    systemd_unit,
    windows_task,
)
from importer.jobs.monitoring.status import describe_jobs, upcoming_runs
from importer.jobs.store.database import find_databases
from importer.jobs.store.records import JobOutcome, JobRun
from importer.jobs.store.store import JobStore

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
JOBS = """\
jobs:
  nightly:
    account: x
    mapping: m.yaml
    source: {folder: in box}
    schedule: {cron: "30 2 * * *", timezone: Asia/Kolkata}
    notify: [{url: {env: NOWHERE}}, {url: {credential: team}, when: always}]
  second: {account: x, mapping: m.yaml, source: {path: a.csv}, after: nightly}
"""


@pytest.fixture
def jobs(tmp_path: Path) -> LoadedJobs:
    return parse_jobs(JOBS, tmp_path / "50% jobs.yaml")


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    return Installation(["/opt/importer/bin/importer"], tmp_path / "home", "meera")


def test_crontab_lines(jobs: LoadedJobs, place: Installation) -> None:
    """A shell understands the command; cron's percent signs are masked; an earlier block is replaced."""
    block = crontab_block(jobs, place)
    assert "second" not in block, "a job that follows another one is started by it"
    line = next(line for line in block.splitlines() if line.startswith("30 2 * * * "))
    assert "50\\% jobs.yaml" in line
    words = shlex.split(line.removeprefix("30 2 * * * ").replace("\\%", "%"))
    assert words[1:5] == ["/opt/importer/bin/importer", "jobs", "run", "nightly"]
    theirs = "0 1 * * * backup"
    once = merged_crontab(theirs, block)
    assert once == f"{theirs}\n{block}"
    assert merged_crontab(once + "# more\n", block.replace("30 2", "40 3")).count("BEGIN importer") == 1
    assert merged_crontab(once + "# more\n", block).endswith("# END importer jobs\n# more\n")
    assert merged_crontab("", block) == block


def test_the_service_is_hardened(jobs: LoadedJobs, place: Installation, tmp_path: Path) -> None:
    """Only the folders of the jobs can be written to; keys come as credentials."""
    unit = systemd_unit(jobs, place)
    for option in ("NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "CapabilityBoundingSet=\n"):
        assert option in unit
    assert "LoadCredential=lsq_access_key:" in unit
    assert "\nLoadCredential=team:/etc/importer/team\n" in unit
    assert f"ReadWritePaths={tmp_path}\n" in unit, "the folder of a single path is that of the jobs file"
    assert f'--file "{tmp_path}/50%% jobs.yaml"' in unit
    assert "User=meera" in unit


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_finds_the_service_safe(jobs: LoadedJobs, place: Installation, tmp_path: Path) -> None:
    """Its own analysis gives it at most 3.0 of 10."""
    path = tmp_path / "importer.service"
    path.write_text(systemd_unit(jobs, place), "utf-8")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(path)], capture_output=True, text=True
    )
    if "unrecognized option" in judged.stderr:
        pytest.skip("systemd-analyze is too old to judge a file")
    assert judged.returncode == 0, judged.stdout[-400:]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_systemd_understands_the_service(jobs: LoadedJobs, tmp_path: Path) -> None:
    """Every line of it, also with blanks, percent signs and a credential."""
    program = tmp_path / "the importer"
    program.write_text("#!/bin/sh\n", "utf-8")
    program.chmod(0o755)
    path = tmp_path / "importer.service"
    path.write_text(systemd_unit(jobs, Installation([str(program)], tmp_path / "my home", "root")), "utf-8")
    judged = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True)
    assert (judged.returncode, judged.stderr) == (0, "")


def test_the_task_of_windows(jobs: LoadedJobs, place: Installation) -> None:
    """Valid XML that starts the service of the user itself, in the folder of the jobs file."""
    task = xml.dom.minidom.parseString(windows_task(jobs, place).encode("utf-16"))

    def text(name: str) -> str:
        return str(task.getElementsByTagName(name)[0].firstChild.data)

    assert text("Command") == place.program[0]
    assert text("Arguments").endswith(f'serve --file "{jobs.path.absolute()}"')
    assert text("WorkingDirectory") == str(jobs.path.absolute().parent)


def test_the_agent_of_macos(jobs: LoadedJobs, place: Installation) -> None:
    """A property list that starts the service at log-in, and again when it failed."""
    agent = plistlib.loads(launchd_agent(jobs, place).encode())
    assert agent["ProgramArguments"] == [*place.program, "serve", "--file", str(jobs.path.absolute())]
    assert agent["EnvironmentVariables"] == {"IMPORTER_HOME": str(place.home)}
    assert (agent["RunAtLoad"], agent["KeepAlive"]) == (True, {"SuccessfulExit": False})


@pytest.mark.parametrize(
    ("name", "encoding", "command"),
    [
        ("importer.service", "utf-8", "systemctl"),
        ("sub/importer.serve.plist", "utf-8", "launchctl bootstrap"),
        ("importer-task.xml", "utf-16", "schtasks /Create"),
    ],
)
def test_a_unit_is_written_once(tmp_path: Path, name: str, encoding: str, command: str) -> None:
    """With the command that starts it; one that differs is replaced only when asked."""
    path = tmp_path / name
    assert command in _write_unit(path, "é\n", replace=False)
    assert path.read_text(encoding) == "é\n"
    assert command in _write_unit(path, "é\n", replace=False)
    with pytest.raises(UsageError, match="differs"):
        _write_unit(path, "other\n", replace=False)
    _write_unit(path, "other\n", replace=True)
    assert path.read_text(encoding) == "other\n"


def test_what_the_engine_keeps_is_plain() -> None:
    """Times and errors survive; nothing else than JSON is written, and no objects are made of it."""
    kept = dbos_support.loads(dbos_support.dumps({"at": NOW, "list": [1, None, "x"], "error": ValueError("bad")}))
    assert (kept["at"], kept["list"]) == (NOW, [1, None, "x"])
    assert str(kept["error"]) == "ValueError: bad"
    with pytest.raises(TypeError):
        dbos_support.dumps({"x": object()})
    stopper = {"job": "a", "outcome": "error", "exit_status": 2, "message": "m", "remedy": "", "notes": [], "files": []}
    begun = run_start_from_json(
        {"numbers": [1], "notes": [], "held": 0, "arriving": 0, "stopper": stopper, "started": ""}
    )
    assert begun.stopper is not None
    assert begun.stopper.exit_status == 2


def test_databases(tmp_path: Path) -> None:
    """SQLite in private files, or PostgreSQL, whose password is never shown."""
    ours = find_databases({}, tmp_path)
    assert ours.is_sqlite
    assert (tmp_path / "jobs/engine.db").stat().st_mode & 0o077 == 0
    theirs = find_databases({"IMPORTER_JOBS_DATABASE": "postgresql://u:verysecretword@db/importer"}, tmp_path)
    assert theirs.jobs.reveal() == "postgresql+psycopg://u:verysecretword@db/importer"
    assert "verysecretword" not in redact("failed: verysecretword")
    for wrong in ("mysql://u:p@db/x", "nonsense"):
        with pytest.raises(SettingsError) as caught:
            find_databases({"IMPORTER_JOBS_DATABASE": wrong}, tmp_path)
        assert "postgresql://" in caught.value.remedy


def test_a_memory_that_cannot_be_used(store: JobStore) -> None:
    """What the database says becomes words."""
    broken = JobRun("a", None, "", "", "", "", 0, 0, 0, "")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(LedgerError) as caught:
        store.add_run(broken)
    assert "memory of the jobs" in caught.value.message


def test_locks(tmp_path: Path) -> None:
    """One at a time, and free again afterwards."""
    with file_lock(tmp_path, "a") as first, file_lock(tmp_path, "a") as second, file_lock(tmp_path, "b") as other:
        assert (first, second, other) == (True, False, True)
    with file_lock(tmp_path, "a") as again:
        assert again
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError), file_lock(tmp_path / "file", "a"):
        pass


def test_what_check_finds(jobs: LoadedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mapping, account, folders and addresses of every job; what only this shell lacks is not serious."""
    found = {(each.job, each.serious, each.message.split(" ")[0]) for each in find_job_problems(jobs, {}, tmp_path)}
    assert ("nightly", True, "There") in found
    (tmp_path / "in box").mkdir()
    assert not any("no folder" in each.message for each in find_job_problems(jobs, {}, tmp_path))
    assert ("nightly", False, "Account") in found
    assert any(job == "nightly" and not serious and word == "The" for job, serious, word in found)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "Notifications need Apprise, which is not installed." in [
        each.message for each in find_job_problems(jobs, {}, tmp_path)
    ]


def test_how_jobs_stand(jobs: LoadedJobs, store: JobStore) -> None:
    """When each is due, and that a paused one is not."""
    listed = describe_jobs(jobs, store, NOW)
    assert [each["when"] for each in listed] == ["30 2 * * * (Asia/Kolkata)", "after nightly"]
    assert listed[0]["next"] == "2026-11-22T02:30:00+05:30"
    assert len(upcoming_runs(jobs, store, NOW, 3)) == 3
    store.update_job_state("nightly", paused_at="2026-11-20T10:00:00+00:00")
    assert upcoming_runs(jobs, store, NOW, 3) == []
    assert describe_jobs(jobs, store, NOW)[0]["next"] is None


def test_without_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error says how to install the extra."""
    real = builtins.__import__

    def refuse(name: str, *rest: Any) -> Any:
        if name == "croniter":
            raise ImportError("No module named 'croniter'", name=name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SettingsError) as caught:
        next(times_after("* * * * *", "UTC", NOW))
    assert "importer[jobs]" in caught.value.remedy


@pytest.mark.slow
def test_a_service_looks_after_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every ten seconds where there are others, never where there are none; what is old is forgotten every half hour."""
    monkeypatch.setattr("importer.jobs.JobsFileWatcher", lambda desk: SimpleNamespace(reload=list))
    for has_peers, expected in ((True, ["looked", "looked", "tidied", "looked"]), (False, ["tidied"])):
        done: list[str] = []
        times, waits = iter([0.0, 5.0, 10.0, 1800.0, 1805.0, 1900.0]), iter([False] * 5 + [True])
        engine = SimpleNamespace(
            is_shared=has_peers,
            find_problem=lambda now: "",
            resume_lost_work=lambda done=done: done.append("looked"),
            delete_old=lambda now, done=done: done.append("tidied"),
        )
        clock = SimpleNamespace(monotonic=lambda times=times: next(times), now=lambda: NOW)
        stop = SimpleNamespace(wait=lambda seconds, waits=waits: next(waits), is_set=lambda: False)
        notifications = SimpleNamespace(send_due=lambda seconds, stopped: 0, delete_old=lambda: 0)
        desk = SimpleNamespace(
            env=SimpleNamespace(stop=stop, clock=clock, home=tmp_path),
            notifications=lambda notifications=notifications: notifications,
        )
        serve._watch(desk, engine, None)  # type: ignore[arg-type]  # what is used
        assert done == expected


def test_files_of_a_killed_start_count_in_the_result_of_the_next() -> None:
    """Its files are reported and decide about the exit status; a file that was tried twice has its last result."""
    nothing = JobRunResult("a", JobOutcome.NOTHING, 0, "No new file; nothing waits.")
    assert merge_results([], nothing) is nothing
    assert merge_results([nothing], nothing) is nothing, "a run without files is not worth a word"

    in_doubt = JobRunResult(
        "a", JobOutcome.PROBLEMS, 3, "m", files=[FileResult(JobOutcome.PROBLEMS, 3, "1 in doubt", path="one.csv")]
    )
    end = merge_results([in_doubt], nothing)
    assert (end.outcome, end.exit_status, end.message) == (JobOutcome.PROBLEMS, 3, "1 in doubt")
    assert end.notes == ["A run that had been cut short was finished first."]

    cut = JobRunResult(
        "a", JobOutcome.INTERRUPTED, 4, "m", files=[FileResult(JobOutcome.INTERRUPTED, 4, "stopped", path="two.csv")]
    )
    done = JobRunResult("a", JobOutcome.DONE, 0, "m", files=[FileResult(JobOutcome.DONE, 0, "all", path="two.csv")])
    assert merge_results([cut], done).exit_status == 0
    end = merge_results([in_doubt, cut], done)
    assert (end.exit_status, [each.path for each in end.files]) == (3, ["one.csv", "two.csv"])

    broken = JobRunResult("a", JobOutcome.ERROR, 2, "no keys", "set them")
    end = merge_results([in_doubt], broken)
    assert (end.outcome, end.exit_status, end.remedy, len(end.files)) == (JobOutcome.ERROR, 2, "set them", 1)
