"""Review: the rows with problems in a grid, corrected in place; JSON for the grid's script."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from importer.app import ShownRow, check_rows, list_left_out_rows, list_problem_rows, read_rows
from importer.core.errors import UsageError
from importer.core.issues import Problem
from importer.core.model import Status
from importer.planning import open_plan
from importer.reports import describe_earlier_rows
from importer.web.drafts import Draft
from importer.web.edits import MAX_TEXT, CellChange, EditLog
from importer.web.pages.common import find_draft, find_draft_to_change, page_words, see_other, show_screen
from importer.web.security import current_person, require
from importer.web.services import services

views = Blueprint("review", __name__)

_PAGE = 100
_SHOWN_LEFT_OUT = 200
_MOST_CHANGES = 5_000
_MOST_ROWS = 1 << 31
_LETTERS = re.compile(r"[A-Z]{1,4}")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""A surrogate, of which two make a character: no file and no request can hold one alone."""


@views.get("/imports/<draft_id>/review")
def show(draft_id: str) -> Response | str:
    """Show the result of the check and the rows that need a correction."""
    draft = find_draft(draft_id)
    imports = services().imports
    if not imports.store.mapping(draft).exists():
        return see_other("source.show_file", draft_id=draft.id)
    task = imports.tasks.status(draft.id)
    summary = None if task.is_running else imports.check_summary(draft)
    if summary is None and not task.is_running:
        return see_other("columns.show", draft_id=draft.id)
    has_left_out = summary is not None and summary.counts.get(Status.LEFT_OUT)
    return show_screen(
        "review.html",
        draft,
        "Review",
        task=task,
        progress=imports.tasks.progress(draft.id),
        summary=summary,
        earlier=list(describe_earlier_rows(summary.earlier)) if summary and summary.earlier else [],
        current=imports.is_checked(draft),
        edits=len(EditLog(imports.store, draft)),
        columns=_grid_columns(draft) if summary else [],
        left_out=list_left_out_rows(imports.store.plan(draft), _SHOWN_LEFT_OUT) if has_left_out else [],
    )


def _grid_columns(draft: Draft) -> list[dict[str, str]]:
    facts = open_plan(services().imports.store.plan(draft)).facts
    return [
        {"letter": one.letter, "heading": one.heading or one.label, "field": facts.fields.get(one.label, "")}
        for one in facts.source.columns
    ]


@views.get("/imports/<draft_id>/rows")
def rows(draft_id: str) -> Response:
    """Return a page of rows with problems, as the last check and later corrections leave them."""
    draft = find_draft(draft_id)
    plan = services().imports.store.plan(draft)
    page = max(1, request.args.get("page", 1, int))
    size = min(_PAGE, max(1, request.args.get("size", _PAGE, int)))
    numbers = list_problem_rows(plan, request.args.get("code", ""), request.args.get("letter", ""))
    shown = read_rows(plan, numbers[(page - 1) * size : page * size])
    return jsonify(last_page=max(1, -(-len(numbers) // size)), last_row=len(numbers), data=_as_json(draft, shown))


def _as_json(draft: Draft, shown: list[ShownRow]) -> list[dict[str, Any]]:
    """Return rows for the grid; corrected ones are checked anew, all at once."""
    edited = EditLog(services().imports.store, draft).cells()
    touched = {one.row: {**one.cells, **edited[one.row]} for one in shown if one.row in edited}
    found = _check_anew(draft, touched)
    return [
        {
            "row": one.row,
            **touched.get(one.row, one.cells),
            "problems": [_problem_json(each) for each in found.get(one.row, one.problems)],
            "edited": sorted(edited.get(one.row, ())),
        }
        for one in shown
    ]


def _check_anew(draft: Draft, cells: dict[int, dict[str, str]]) -> dict[int, tuple[Problem, ...]]:
    imports = services().imports
    return check_rows(imports.request(draft), cells, imports.env) if cells else {}


def _problem_json(problem: Problem) -> dict[str, str]:
    return {
        "code": problem.code,
        "letter": problem.letter,
        "column": problem.column,
        "text": page_words(f"{problem.message} {problem.remedy}".strip()),
    }


@views.post("/imports/<draft_id>/cells")
@require("prepare")
def change_cells(draft_id: str) -> Response:
    """Store corrected cells, which count as one step, and return their rows checked anew."""
    draft = find_draft_to_change(draft_id)
    given = _body().get("changes")
    changes = [_change(one) for one in given] if isinstance(given, list) else []
    if not changes or len(changes) > _MOST_CHANGES:
        raise UsageError("These cells cannot be changed.", f"Change at most {_MOST_CHANGES:,} cells at once.")
    EditLog(services().imports.store, draft).add(changes, current_person().name)
    return _rows_answer(draft, {change.row for change in changes})


def _body() -> dict[str, Any]:
    """Return the JSON object of the request; an empty one for anything else."""
    given = request.get_json(silent=True)
    return given if isinstance(given, dict) else {}


def _change(given: Any) -> CellChange:
    row = given.get("row") if isinstance(given, dict) else None
    # Truth values are numbers to Python, and larger numbers fit into no column of a plan.
    if not isinstance(row, int) or isinstance(row, bool) or not 0 < row < _MOST_ROWS:
        raise UsageError("The correction is not complete.", "Load the page again.")
    return CellChange(row, _letter(given.get("letter")), _cell_text(given.get("text")))


def _letter(given: Any) -> str:
    if not isinstance(given, str) or not _LETTERS.fullmatch(given):
        raise UsageError("The correction names no column.", "Load the page again.")
    return given


def _cell_text(given: Any) -> str:
    """Return a text that a cell can hold. Raises :class:`UsageError`."""
    if not isinstance(given, str) or _HALF_CHARACTER.search(given):
        raise UsageError("The correction is no text.", "Type it anew.")
    if len(given) > MAX_TEXT:
        raise UsageError(f"The text is longer than {MAX_TEXT:,} characters.", "Shorten it.")
    return given


@views.post("/imports/<draft_id>/replace")
@require("prepare")
def replace_alike(draft_id: str) -> Response:
    """Replace one text of a column in all rows with problems."""
    draft = find_draft_to_change(draft_id)
    given = _body()
    letter, old, new = _letter(given.get("letter")), given.get("old"), _cell_text(given.get("new"))
    imports = services().imports
    plan, log = imports.store.plan(draft), EditLog(imports.store, draft)
    edited = log.cells()
    changes = [
        CellChange(one.row, letter, new)
        for one in read_rows(plan, list_problem_rows(plan))
        if {**one.cells, **edited.get(one.row, {})}.get(letter) == old
    ]
    log.add(changes, current_person().name)
    return _rows_answer(draft, {change.row for change in changes[:_PAGE]}, changed=len(changes))


@views.post("/imports/<draft_id>/undo")
@require("prepare")
def undo(draft_id: str) -> Response:
    """Take the last step of corrections back."""
    draft = find_draft_to_change(draft_id)
    return _rows_answer(draft, EditLog(services().imports.store, draft).undo())


def _rows_answer(draft: Draft, numbers: set[int], **facts: Any) -> Response:
    store = services().imports.store
    shown = read_rows(store.plan(draft), sorted(numbers))
    return jsonify(data=_as_json(draft, shown), edits=len(EditLog(store, draft)), **facts)


@views.post("/imports/<draft_id>/check")
@require("prepare")
def check(draft_id: str) -> Response:
    """Check the whole file again, with the corrections."""
    draft = find_draft_to_change(draft_id)
    services().imports.check(draft, current_person().name)
    return see_other("review.show", draft_id=draft.id)
