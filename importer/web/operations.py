"""Long work that belongs to no import of the page: runs that are continued, accounts and held files that are tested."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.app import Environment, examine_account, resume
from importer.config import Account
from importer.core.errors import ImporterError
from importer.core.filesystem import make_private_folder
from importer.core.redaction import redact
from importer.core.time import Clock, format_iso
from importer.delivery import DeliveryOptions
from importer.jobs import FileRecord, HoldLock, check_waiting_file
from importer.reports import ReportPaths, RunSummary
from importer.web.jobs_access import JobsAccess
from importer.web.state import StateFolders
from importer.web.tasks import TaskKind, TaskRunner, TaskStatus

FOLDER = "web-tasks"
_SUBJECT, _RESULT = "subject.json", "result.json"


@dataclass(frozen=True, slots=True)
class Operation:
    """The last work on one subject; ``result`` is empty until it has ended well."""

    id: str
    task: TaskStatus
    result: dict[str, Any]


class Operations:
    """Work on runs, accounts and files of jobs, one at a time for each."""

    def __init__(
        self,
        env: Environment,
        load: Callable[[str], Account],
        hold: HoldLock,
        jobs: JobsAccess,
        make_clock: Callable[[threading.Event], Clock],
    ) -> None:
        self._store = StateFolders(env.home / FOLDER)
        self._env = env
        self._load = load
        self._jobs = jobs
        self.tasks = TaskRunner(env, self._store, hold, make_clock)

    def resume_run(self, run_id: str, who: str) -> str:
        """Start to continue a run, or to look again for its uncertain rows; return the id of the operation."""
        found = self._subject("run", run_id)
        # The page draws a run's reports when somebody asks for them; these are only for the run itself.
        places = ReportPaths(self._store.folder(found) / "results.xlsx", names_only=True)

        def work(env: Environment) -> None:
            self._remove_reports(found)
            report = resume(run_id, self._load, places, DeliveryOptions(), env)
            self._remove_reports(found)
            if report.stopped is not None:
                raise report.stopped

        self.tasks.start(found, TaskKind.SEND, who, work)
        return found

    def test_account(self, name: str, who: str) -> str:
        """Start to examine an account; return the id of the operation."""
        found = self._subject("account", name)

        def work(env: Environment) -> None:
            examined = [
                {"name": one.name, "health": one.health.value, "found": redact(one.found), "remedy": one.remedy}
                for one in examine_account(self._load(name), env)
            ]
            self._store.write(found, _RESULT, {"at": format_iso(env.clock.now()), "examined": examined})

        self.tasks.start(found, TaskKind.TEST, who, work)
        return found

    def check_file(self, record: FileRecord, who: str) -> str:
        """Start to check a file that waits in an inbox; return the id of the operation."""
        found = self._subject("file", str(record.id))

        def work(env: Environment) -> None:
            self._remove_reports(found)
            place = self._store.folder(found) / f"{Path(record.path).stem[:60]}-check.xlsx"
            report = check_waiting_file(self._jobs.open(), record, ReportPaths(place, names_only=True), env)
            result = {**_describe(report.summary), "at": format_iso(env.clock.now()), "sha": record.sha}
            files = {"results": _name(report.results), "report": _name(report.page)}
            self._store.write(found, _RESULT, {**result, **files})

        self.tasks.start(found, TaskKind.CHECK, who, work)
        return found

    def find(self, kind: str, subject: str) -> Operation:
        """Return the last work on a subject: ``kind`` is ``run``, ``account`` or ``file``."""
        found = _operation_id(kind, subject)
        return Operation(found, self.tasks.status(found), self._store.read(found, _RESULT) or {})

    def report_path(self, operation: Operation, kind: str) -> Path | None:
        """Return the path of the workbook (``results``) or ``report`` of a checked file, if there is one."""
        name = str(operation.result.get(kind, ""))
        path = self._store.folder(operation.id) / Path(name).name
        return path if name and path.is_file() else None

    def recover(self) -> None:
        """Start the work again that a killed server has left."""
        for found, status in self.tasks.find_interrupted():
            subject = self._store.read(found, _SUBJECT) or {}
            name, who = str(subject.get("name", "")), status.started_by
            if status.kind is TaskKind.SEND:
                self.resume_run(name, who)
            elif status.kind is TaskKind.TEST:
                self.test_account(name, who)
            else:
                # Without its jobs file there is nothing to check any more.
                with suppress(ImporterError):
                    self.check_file(self._jobs.open().store.file_record(int(name)), who)

    def _subject(self, kind: str, name: str) -> str:
        """Make the folder of a subject; return its id."""
        found = _operation_id(kind, name)
        make_private_folder(self._store.folder(found))
        self._store.write(found, _SUBJECT, {"kind": kind, "name": name})
        return found

    def _remove_reports(self, operation_id: str) -> None:
        folder = self._store.folder(operation_id)
        for path in (*folder.glob("*.xlsx"), *folder.glob("*.html")):
            path.unlink(missing_ok=True)


def _operation_id(kind: str, subject: str) -> str:
    digest = hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    return f"{kind}-{digest}"


def _describe(summary: RunSummary) -> dict[str, Any]:
    return {
        "headline": summary.headline,
        "rows": summary.rows,
        "counts": {status.value: number for status, number in summary.counts.items() if number},
        "errors": [
            {"title": one.title or one.code, "text": one.example or one.text, "remedy": one.remedy, "rows": one.rows}
            for one in summary.errors
        ],
    }


def _name(path: Path | None) -> str:
    return path.name if path is not None else ""
