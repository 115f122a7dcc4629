"""History: all runs of the ledger, also those of the command line and of jobs, and what became of their rows."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from flask import Blueprint, abort, render_template, request, send_file
from werkzeug.wrappers import Response

from importer.app import UndecidedRow, describe_run, list_runs, undecided_rows
from importer.app import show as draw_reports
from importer.core.errors import UsageError
from importer.core.filesystem import temp_dir
from importer.core.model import Status
from importer.ledger import Run, RunState
from importer.reports import ReportPaths, RunSummary, report_stem
from importer.web.drafts import Draft
from importer.web.pages.common import see_other
from importer.web.pages.decisions import record_decision
from importer.web.security import current_person, require
from importer.web.services import services

if TYPE_CHECKING:
    from collections.abc import Mapping

views = Blueprint("history", __name__)

_PAGE = 25
_MOST_PAGES = 100_000
_SHOWN_UNDECIDED = 200
_RESUMABLE = (Status.UNCERTAIN, Status.PENDING, Status.NOT_SENT)


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run with its summary (``None`` once its plan was removed), and who began it: an import of the page or a job."""

    run: Run
    summary: RunSummary | None
    draft: Draft | None
    job: str

    @property
    def file_name(self) -> str:
        """Return the name of the file without its folder."""
        return _name_of(self.run.new.source)

    @property
    def mapping_name(self) -> str:
        """Return the name of the mapping without its folder."""
        return _name_of(self.run.new.mapping)


def _name_of(path: str) -> str:
    """Return the last part of a path, whatever system it was written on."""
    return PurePath(path.replace("\\", "/")).name or path


@views.get("/history")
def show() -> str:
    """Show the runs, newest first, of one account if it is chosen."""
    page, account = min(max(1, request.args.get("page", 1, int)), _MOST_PAGES), request.args.get("account", "")
    # One more than is shown tells whether there is another page.
    found = list_runs(services().config.env, account or None, _PAGE + 1, (page - 1) * _PAGE)
    sandboxes = services().sandboxes()
    names = {*sandboxes, *(run.new.account for run, _ in found), *filter(None, [account])}
    return render_template(
        "history.html",
        runs=_with_beginner(found[:_PAGE]),
        page=page,
        has_more=len(found) > _PAGE,
        account=account,
        accounts=sorted(names),
        sandboxes=sandboxes,
    )


def _with_beginner(found: list[tuple[Run, RunSummary | None]]) -> list[ListedRun]:
    drafts = {one.run: draft for draft in services().imports.store.all() for one in draft.deliveries}
    jobs = services().jobs.names_by_run()
    return [ListedRun(run, summary, drafts.get(run.id), jobs.get(run.id, "")) for run, summary in found]


@views.get("/history/<run_id>")
def show_run(run_id: str) -> str:
    """Show what became of the rows of a run, and what can be done about them."""
    one = _find_run(run_id)
    operation = services().operations.find("run", one.run.id)
    counts = one.summary.counts if one.summary else {}
    undecided = [] if operation.task.is_running else _undecided(one, counts)
    return render_template(
        "run.html",
        one=one,
        operation=operation,
        counts={status.value: number for status, number in counts.items() if number},
        undecided=[(one.run.id, row) for row in undecided],
        is_open=one.run.state is RunState.OPEN,
        can_resume=one.run.state is RunState.OPEN or any(counts.get(status) for status in _RESUMABLE),
        sandbox=services().sandboxes().get(one.run.new.account),
    )


def _find_run(run_id: str) -> ListedRun:
    try:
        found = describe_run(run_id, services().config.env)
    except UsageError:
        abort(404)
    return _with_beginner([found])[0]


def _undecided(one: ListedRun, counts: Mapping[Status, int]) -> list[UndecidedRow]:
    if one.draft is not None or not (counts.get(Status.UNCERTAIN) or counts.get(Status.CHANGED)):
        return []
    return undecided_rows(one.run.id, services().config.env)[1][:_SHOWN_UNDECIDED]


@views.post("/history/<run_id>/resume")
@require("approve")
def resume(run_id: str) -> Response:
    """Continue a run, or look again for its uncertain rows."""
    one = _find_run(run_id)
    _refuse_draft(one)
    _resume(one.run)
    return see_other("history.show_run", run_id=one.run.id)


def _resume(run: Run) -> None:
    who = current_person().name
    services().record(who, "continued a run", run=run.id, account=run.new.account)
    services().operations.resume_run(run.id, who)


def _refuse_draft(one: ListedRun) -> None:
    if one.draft is not None:
        raise UsageError("This run belongs to an import of the page.", "Open that import; it has the same buttons.")


@views.post("/history/<run_id>/stop")
@require("prepare")
def stop(run_id: str) -> Response:
    """Pause a run that is being continued; calls under way are finished first."""
    one = _find_run(run_id)
    services().operations.tasks.stop(services().operations.find("run", one.run.id).id)
    return see_other("history.show_run", run_id=one.run.id)


@views.post("/history/<run_id>/decide")
@require("approve")
def decide_rows(run_id: str) -> Response:
    """Record what a person decided about uncertain or changed rows."""
    one = _find_run(run_id)
    _refuse_draft(one)
    if record_decision(one.run.id, request.form) and request.form.get("continue"):
        _resume(one.run)
    return see_other("history.show_run", run_id=one.run.id)


@views.get("/history/<run_id>/download/<kind>")
def download(run_id: str, kind: str) -> Response:
    """Draw the workbook or the report of a run again, as the ledger knows its rows now, and send it."""
    if kind not in ("results", "report"):
        abort(404)
    one, env = _find_run(run_id), services().config.env
    with ExitStack() as stack:
        folder = stack.enter_context(temp_dir(env.home, ".web-report-"))
        stem = report_stem(one.file_name)
        drawn = draw_reports(one.run.id, ReportPaths(folder / f"{stem}-{one.run.id}.xlsx", names_only=True), env)
        path = drawn.results if kind == "results" else drawn.page
        if path is None:
            abort(404)
        response = send_file(path, as_attachment=True, download_name=path.name, max_age=0)
        # The folder is removed once the last byte was sent, which a file that is passed through would not tell us.
        response.direct_passthrough = False
        response.call_on_close(stack.pop_all().close)
        return response
