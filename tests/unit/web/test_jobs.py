"""Jobs in the page: what they do and hold, files for their inboxes, and a job made of a finished import."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from importer.jobs import FileState, JobsWorkspace, file_lock, load_jobs, take_requests
from importer.jobs.files.inbox import InboxFile
from importer.jobs.store.records import JobRun
from importer.planning import read_mapping
from tests.support.delivery_world import BY_ID, lead
from tests.unit.web.conftest import Page
from tests.unit.web.test_import_way import prepare, visits

JOBS = """\
# our jobs
jobs:
  visits:   # nightly
    account: default
    mapping: visits.yaml
    source: {folder: in, pattern: "visits-*.csv"}
    schedule: {cron: "30 2 * * *", timezone: Asia/Kolkata}
  notes: {account: default, mapping: visits.yaml, source: {path: notes/notes.csv}}
"""


@pytest.fixture
def jobs(page: Page, monkeypatch: pytest.MonkeyPatch) -> JobsWorkspace:
    home = page.env.home
    monkeypatch.chdir(home)
    (home / "jobs.yaml").write_text(JOBS, "utf-8")
    (home / "visits.yaml").write_text(BY_ID, "utf-8")
    for name in ("in", "notes"):
        (home / name).mkdir()
    return page.services.jobs.open()


def put(page: Page, name: str, content: bytes = b"Lead,Note\n", job: str = "visits") -> int:
    return page.post(f"/jobs/{job}/files", file=(io.BytesIO(content), name)).status_code


def hold(jobs: JobsWorkspace, name: str = "visits-1.csv", rows: int = 2) -> int:
    """Put a file into the inbox that a guard holds; return its number."""
    path = jobs.jobs.task("visits").inbox / name
    path.write_text("Lead,Note\n" + "".join(f"{lead(n)},visit {n}\n" for n in range(rows)), "utf-8")
    info = path.stat()
    seen = InboxFile(path, info.st_size, info.st_mtime_ns, info.st_ino)
    record = jobs.store.add_file("visits", seen, "a" * 64, "", jobs.env.clock.now())
    why = "It has <b>other</b> headings."
    jobs.store.update_file(record.id, state=FileState.HELD.value, outcome="held", message=why)
    return record.id


def test_without_a_jobs_file_the_page_explains_what_jobs_are(page: Page) -> None:
    assert "There is no job yet" in page.get("/jobs").text
    assert page.get("/jobs/visits").status_code == 404
    assert page.post("/jobs/visits/pause").status_code == 404


@pytest.mark.usefixtures("jobs")
def test_jobs_are_shown_with_their_times_and_files(page: Page) -> None:
    (page.env.home / "in" / "other.txt").write_text("x")
    text = page.get("/jobs").text
    assert "every day at 02:30 (Asia/Kolkata)" in text
    assert "Sat 21 Nov 2026" in text
    assert "No job takes:</strong> other.txt" in text
    assert "No service runs the jobs here now" in text
    assert "No file was taken yet" in page.get("/jobs/visits").text


def test_a_job_is_paused_and_resumed(page: Page, jobs: JobsWorkspace) -> None:
    page.post("/jobs/visits/pause", why="holiday")
    state = jobs.store.state("visits")
    assert (bool(state.paused_at), state.paused_why) == (True, "holiday")
    assert "holiday" in page.get("/jobs/visits").text
    page.post("/jobs/visits/resume")
    assert jobs.store.state("visits").paused_at == ""


def test_a_job_is_run_when_somebody_asks(page: Page, jobs: JobsWorkspace) -> None:
    assert take_requests(page.env.home) == []
    with file_lock(page.env.home, "serve"):
        assert "Run it now" in page.get("/jobs/visits").text
    assert "Run it now" not in page.get("/jobs/visits").text, "nobody would run it"
    assert page.post("/jobs/visits/run").status_code == 303
    assert page.post("/jobs/visits/run").status_code == 303
    assert (take_requests(page.env.home), take_requests(page.env.home)) == (["visits"], [])
    page.post("/jobs/visits/pause")
    assert page.post("/jobs/visits/run").status_code == 422
    assert jobs.store.runs("visits", 1) == []


def test_a_file_is_put_into_an_inbox_in_one_step(page: Page, jobs: JobsWorkspace) -> None:
    inbox = jobs.jobs.task("visits").inbox
    assert put(page, "..\\..\\visits-may.csv") == 303
    assert [path.name for path in inbox.iterdir()] == ["visits-may.csv"]
    assert (inbox / "visits-may.csv").read_bytes() == b"Lead,Note\n"


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("other.csv", b"x", "does not take a file called other.csv"),
        ("~$visits-1.csv", b"x", "lock file"),
        ("visits-1.csv", b"", "is empty"),
        ("visits-old.csv", b"x", "is waiting in the inbox already"),
        ("", b"x", "No file was chosen"),
    ],
)
def test_a_file_that_the_job_would_not_take_is_refused(page: Page, name: str, content: bytes, words: str) -> None:
    inbox = page.env.home / "in"
    (inbox / "visits-old.csv").write_text("old")
    answer = page.post("/jobs/visits/files", file=(io.BytesIO(content), name))
    assert answer.status_code == 422
    assert words in answer.text
    assert [(path.name, path.read_text()) for path in inbox.iterdir()] == [("visits-old.csv", "old")]


def test_a_job_of_one_path_gets_its_file_under_that_name(page: Page, jobs: JobsWorkspace) -> None:
    assert put(page, "export (3).csv", job="notes") == 303
    assert [path.name for path in jobs.jobs.task("notes").inbox.iterdir()] == ["notes.csv"]


def test_a_held_file_is_looked_at_and_approved(page: Page, jobs: JobsWorkspace) -> None:
    number = hold(jobs)
    address = f"/jobs/visits/files/{number}"
    assert address in page.get("/jobs").text
    shown = page.get(address).text
    assert "It has &lt;b&gt;other&lt;/b&gt; headings." in shown
    assert page.post(f"{address}/check").status_code == 303
    operations = page.services.operations
    operations.tasks.wait(operations.find("file", str(number)).id, 60)
    shown = page.get(address).text
    assert "2</strong> ready" in shown
    assert page.get(f"{address}/check/results").status_code == 200
    assert page.get(f"{address}/check/other").status_code == 404
    assert page.crm.notes() == {}
    assert page.post(f"{address}/approve", sha="b" * 64).status_code == 422
    assert page.post(f"{address}/approve", sha="a" * 64).status_code == 303
    record = jobs.store.file_record(number)
    assert (record.state, bool(record.approved_by)) == ("approved", True)
    assert page.gate.audit.read(1)[0]["what"] == "approved a held file"
    assert page.get("/jobs/visits/files/99").status_code == 404


def test_what_a_job_did_is_told_in_words(page: Page, jobs: JobsWorkspace) -> None:
    number = hold(jobs)
    ended = {"state": "archived", "outcome": "problems", "message": "1 of 2 rows", "rows": 2, "problems": 1}
    jobs.store.update_file(number, **ended)
    jobs.store.add_run(JobRun("visits", "catch-up", "", "", "2026-11-20T10:00:00", "nothing", 0, 0, 0, "No new file."))
    text = page.get("/jobs/visits").text
    for words in ("some rows need a person", "a missed time", "no new file"):
        assert words in text
    assert "Some rows need a person. 1 of 2 rows" in page.get(f"/jobs/visits/files/{number}").text


def test_a_check_of_a_killed_server_is_begun_again(page: Page, jobs: JobsWorkspace) -> None:
    number = hold(jobs)
    operations = page.services.operations
    found = operations.check_file(jobs.store.file_record(number), "ann")
    operations.tasks.wait(found, 60)
    state = page.env.home / "web-tasks" / found / "task.json"
    state.write_text(state.read_text().replace('"done"', '"running"'))
    operations.recover()
    operations.tasks.wait(found, 60)
    assert operations.find("file", str(number)).task.state == "done"


def sent(page: Page) -> str:
    draft = prepare(page, visits(2))
    page.do(draft, "send")
    return draft


def test_a_finished_import_becomes_a_job(page: Page) -> None:
    draft = sent(page)
    assert f"/imports/{draft}/repeat" in page.see(draft, "done")
    form = page.see(draft, "repeat")
    assert 'value="visits"' in form
    assert 'value="Asia/Kolkata"' in form
    page.imports.store.update(draft, options={"delimiter": ",", "pad_short_rows": True})
    answer = page.do(draft, "repeat", name="visits", time="03:15", zone="Asia/Kolkata", days="weekdays", hold="yes")
    assert answer.location == "/jobs/visits?made=yes"
    task = load_jobs(page.env.home / "jobs.yaml").task("visits")
    assert task.job.schedule is not None
    assert (task.job.schedule.cron, task.job.guards.approval, task.job.account) == ("15 3 * * 1-5", True, "default")
    assert task.inbox.is_dir()
    assert "ragged: pad" in task.mapping.read_text("utf-8")
    assert "The job is made" in page.get(answer.location).text


def test_a_job_is_added_to_the_others_and_leaves_their_lines(page: Page, jobs: JobsWorkspace) -> None:
    draft = sent(page)
    page.do(draft, "repeat", name="more", time="02:30", zone="UTC")
    text = jobs.jobs.path.read_text("utf-8")
    assert text.startswith(JOBS)
    assert list(load_jobs(jobs.jobs.path).tasks) == ["visits", "notes", "more"]


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "visits"}, "There is a job visits already"),
        ({"name": "My Job"}, "cannot be the name of a job"),
        ({"time": "25:00"}, "is not a time"),
        ({"days": "never"}, "is not a time"),
        ({"zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"pattern": "../*"}, "not a pattern"),
    ],
)
def test_a_job_that_cannot_be_is_not_written(page: Page, form: dict[str, str], words: str) -> None:
    draft = sent(page)
    answer = page.do(draft, "repeat", **{"name": "more", "time": "02:30", "zone": "UTC", **form})
    assert answer.status_code == 422
    assert words in answer.text
    assert (page.env.home / "jobs.yaml").read_text("utf-8") == JOBS
    assert not (page.env.home / "inbox" / "more").exists()
    assert list((page.env.home / "mappings").glob("*")) == []


def test_a_mapping_with_code_becomes_no_job(page: Page, tmp_path: Path) -> None:
    draft = sent(page)
    mapping = page.imports.store.mapping(page.imports.store.load(draft))
    mapping.write_text(mapping.read_text() + "schema: checks.py\n")
    answer = page.do(draft, "repeat", name="more", time="02:30", zone="UTC")
    assert answer.status_code == 422
    assert "code" in answer.text
    assert not (page.env.home / "jobs.yaml").exists()


def test_an_import_that_was_not_sent_cannot_be_repeated(page: Page) -> None:
    draft = prepare(page, visits(2))
    assert page.get(f"/imports/{draft}/repeat").status_code == 303
    assert page.do(draft, "repeat", name="more", time="02:30", zone="UTC").status_code == 422


def test_a_job_reads_files_without_headings_as_the_import_did(page: Page) -> None:
    draft = page.imports.store.update(sent(page), options={"header_row": 0})

    page.do(draft.id, "repeat", name="more", time="02:30", zone="UTC")
    (made,) = load_jobs(page.services.jobs.file).tasks.values()
    assert read_mapping(made.mapping).mapping.source.header_row == 0


def test_a_held_file_is_downloaded_and_taken_out_of_the_inbox(page: Page, jobs: JobsWorkspace) -> None:
    """It is kept with the failed files, and its content can come again."""
    number = hold(jobs)
    content = jobs.jobs.task("visits").inbox.joinpath("visits-1.csv").read_bytes()
    address = f"/jobs/visits/files/{number}"
    assert page.get(f"{address}/download").data == content
    assert "Take it out of the inbox" in page.get(address).text
    assert page.post(f"{address}/withdraw").status_code == 303
    assert list(jobs.jobs.task("visits").inbox.glob("*.csv")) == []
    assert (jobs.jobs.task("visits").failed / "visits-1.csv").read_bytes() == content
    text = page.get(address).text
    assert "took it out of the inbox; nothing of it was sent." in text
    assert page.get(f"{address}/download").data == content
    assert page.post(f"{address}/withdraw").status_code == 422
    (jobs.jobs.task("visits").failed / "visits-1.csv").unlink()
    assert page.get(f"{address}/download").status_code == 404
