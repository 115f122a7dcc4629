"""Jobs: imports that run by themselves, with their times, inboxes, held files and history."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, render_template, request, send_file
from werkzeug.wrappers import Response

from importer.core.errors import UsageError
from importer.jobs import (
    FileRecord,
    FileState,
    JobsWorkspace,
    approve_files,
    describe_jobs,
    file_lock,
    find_unclaimed,
    history,
    is_waiting,
    pause_job,
    put_file,
    request_run,
    resume_job,
    upcoming_runs,
    withdraw_file,
)
from importer.web.operations import Operation
from importer.web.pages.common import see_other
from importer.web.security import accepts_upload, current_person, require, safe_upload_name
from importer.web.services import services

views = Blueprint("jobs", __name__)

_UPCOMING = 5
_PAST_RUNS = 30
_WHY = 200
_PUT = "put a file into an inbox"
_REMEMBERED = 10_000
"""Entries of the audit trail in which the person is looked for who put a file into an inbox."""


@views.get("/jobs")
def show() -> str:
    """Show the jobs, when they are due, and what waits for a person."""
    workspace = services().jobs.find()
    if workspace is None:
        return render_template("jobs.html", jobs=None, file=_place(services().jobs.file))
    now = services().config.env.clock.now()
    listed = describe_jobs(workspace.jobs, workspace.store, now)
    for each in listed:
        each["held"] = workspace.store.file_records(each["job"], [FileState.HELD])
        task = workspace.jobs.task(each["job"])
        each["schedule"], each["may_put"] = task.job.schedule, _may_put(task.job.guards.approval)
    return render_template(
        "jobs.html",
        jobs=listed,
        file=_place(workspace.jobs.path),
        upcoming=_upcoming(workspace, now),
        is_served=_is_served(workspace),
        sandboxes=services().sandboxes(),
        file_name=lambda path: Path(path).name,
        place=_place,
    )


def _upcoming(workspace: JobsWorkspace, now: datetime) -> list[dict[str, str]]:
    """Return the next times of all jobs, each in the time zone of its schedule."""
    found = []
    for each in upcoming_runs(workspace.jobs, workspace.store, now, max(_UPCOMING, len(workspace.jobs.tasks))):
        schedule = workspace.jobs.task(each["job"]).job.schedule
        at = datetime.fromisoformat(each["at"])
        zone = schedule.timezone or "" if schedule else ""
        found.append({"job": each["job"], "day": f"{at:%a} {at.day} {at:%b %Y}", "time": f"{at:%H:%M}", "zone": zone})
    return found


def _is_served(workspace: JobsWorkspace) -> bool | None:
    """Return whether a service runs the jobs on this computer; ``None`` where several machines do and nobody knows."""
    if workspace.databases.shared is not None:
        return None
    with file_lock(workspace.env.home, "serve") as is_free:
        return not is_free


@views.get("/jobs/<name>")
def show_job(name: str) -> str:
    """Show what a job did, and what became of each file."""
    workspace = _open(name)
    task = workspace.jobs.task(name)
    return render_template(
        "job.html",
        name=name,
        task=task,
        may_put=_may_put(task.job.guards.approval),
        state=workspace.store.state(name),
        past=history(workspace.store, name, _PAST_RUNS),
        is_served=_is_served(workspace),
        unclaimed=list(find_unclaimed(workspace.jobs, name)),
        sandbox=services().is_sandbox(task.job.account),
        file_name=lambda path: Path(path).name,
        place=_place,
    )


def _place(path: str | Path) -> str:
    """Return a path of the server for those who may see it, and its name for others."""
    return str(path) if services().config.local or current_person().may("admin") else Path(path).name


def _open(name: str) -> JobsWorkspace:
    """Open the jobs, or answer "not found" when there is no job of that name."""
    workspace = services().jobs.find()
    if workspace is None or name not in workspace.jobs.tasks:
        abort(404)
    return workspace


@views.post("/jobs/<name>/pause")
@require("approve")
def pause(name: str) -> Response:
    """Let a job rest."""
    who, why = current_person().name, request.form.get("why", "").strip()[:_WHY]
    pause_job(_open(name), name, who, why)
    services().record(who, "paused a job", job=name, why=why)
    return see_other("jobs.show")


@views.post("/jobs/<name>/resume")
@require("approve")
def resume(name: str) -> Response:
    """Let a paused job run again."""
    resume_job(_open(name), name)
    services().record(current_person().name, "resumed a job", job=name)
    return see_other("jobs.show")


@views.post("/jobs/<name>/run")
@require("approve")
def run_now(name: str) -> Response:
    """Let the service run a job now."""
    request_run(_open(name), name)
    services().record(current_person().name, "asked for a run of a job", job=name)
    return see_other("jobs.show_job", name=name, asked="yes")


@views.post("/jobs/<name>/files")
@accepts_upload
@require("prepare")
def upload(name: str) -> Response:
    """Put a file into the inbox of a job."""
    workspace = _open(name)
    if not _may_put(workspace.jobs.task(name).job.guards.approval):
        raise UsageError(
            f"The job {name} would send the file without anybody's approval.",
            "Ask a colleague who may, or import the file at Home, where a colleague can approve it.",
        )
    file = request.files.get("file")
    if file is None or not file.filename:
        raise UsageError("No file was chosen.", "Choose the file that the job is to import.")
    path = put_file(workspace, name, file.stream, safe_upload_name(file.filename))
    services().record(current_person().name, _PUT, job=name, file=path.name)
    return see_other("jobs.show_job", name=name, put=path.name)


def _may_put(holds_all: bool) -> bool:
    """Return whether this person may put files into the inbox of a job, which sends them at once or holds all."""
    return holds_all or (current_person().may("approve") and not services().config.two_people)


@views.get("/jobs/<name>/files/<int:number>")
def show_file(name: str, number: int) -> str:
    """Show what became of a file, and its check if it is held."""
    workspace = _open(name)
    record = _find_file(workspace, name, number)
    return render_template(
        "job_file.html",
        name=name,
        record=record,
        file_name=Path(record.path).name,
        place=_place,
        check=_check_of(record),
        waits=is_waiting(record),
        has_file=Path(record.archive or record.path).is_file(),
        sandbox=services().is_sandbox(workspace.jobs.task(name).job.account),
        account=workspace.jobs.task(name).job.account,
    )


def _find_file(workspace: JobsWorkspace, name: str, number: int) -> FileRecord:
    found = next((one for one in workspace.store.file_records(name) if one.id == number), None)
    if found is None:
        abort(404)
    return found


def _check_of(record: FileRecord) -> Operation:
    return services().operations.find("file", str(record.id))


@views.post("/jobs/<name>/files/<int:number>/check")
@require("prepare")
def check(name: str, number: int) -> Response:
    """Start to check a file that waits, as its job would; nothing is sent."""
    record = _find_file(_open(name), name, number)
    if not is_waiting(record):
        raise UsageError("The file does not wait any more.", "Look at what became of it.")
    services().operations.check_file(record, current_person().name)
    return see_other("jobs.show_file", name=name, number=number)


@views.get("/jobs/<name>/files/<int:number>/check/<kind>")
def download_check(name: str, number: int, kind: str) -> Response:
    """Send the workbook or the report of the last check of a file."""
    record = _find_file(_open(name), name, number)
    path = services().operations.report_path(_check_of(record), kind) if kind in ("results", "report") else None
    if path is None:
        abort(404)
    return send_file(path, as_attachment=True, download_name=path.name, max_age=0)


@views.get("/jobs/<name>/files/<int:number>/download")
def download(name: str, number: int) -> Response:
    """Send a file that waits in an inbox, or was archived."""
    record = _find_file(_open(name), name, number)
    path = Path(record.archive or record.path)
    if not path.is_file():
        abort(404)
    return send_file(path, as_attachment=True, download_name=Path(record.path).name, max_age=0)


@views.post("/jobs/<name>/files/<int:number>/withdraw")
@require("approve")
def withdraw(name: str, number: int) -> Response:
    """Take a held file out of the inbox; it is kept with the failed files of the job."""
    workspace = _open(name)
    record, who = _find_file(workspace, name, number), current_person().name
    withdraw_file(workspace, record, who)
    services().record(who, "took a held file out of an inbox", job=name, file=Path(record.path).name)
    return see_other("jobs.show_file", name=name, number=number)


@views.post("/jobs/<name>/files/<int:number>/approve")
@require("approve")
def approve(name: str, number: int) -> Response:
    """Let a held file be sent at the next run of its job."""
    workspace = _open(name)
    record, who = _find_file(workspace, name, number), current_person().name
    # What was looked at is what is approved: the digest is that of the content on the screen.
    if request.form.get("sha") != record.sha:
        raise UsageError("The file is not the one that was shown.", "Look at it again, then approve it.")
    if services().config.two_people and _was_put_by(who, name, record):
        raise UsageError("Another person must approve this file.", "Ask a colleague with the role approve.")
    approve_files(workspace, name, who, Path(record.path))
    facts: dict[str, Any] = {"job": name, "file": Path(record.path).name, "sha": record.sha}
    services().record(who, "approved a held file", **facts)
    return see_other("jobs.show_file", name=name, number=number)


def _was_put_by(who: str, name: str, record: FileRecord) -> bool:
    put = {"who": who, "what": _PUT, "job": name, "file": Path(record.path).name}
    return any(put.items() <= entry.items() for entry in services().recorded(_REMEMBERED))
