"""The state of long work that belongs to no import, for the script that shows its progress."""

from __future__ import annotations

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from importer.web.services import services

views = Blueprint("operations", __name__)


@views.get("/operations/<operation_id>/status")
def status(operation_id: str) -> Response:
    """Return state and progress of an operation; the page is loaded again when it has ended."""
    tasks = services().operations.tasks
    task = tasks.status(operation_id)
    return jsonify(kind=task.kind.value, state=task.state.value, progress=tasks.progress(operation_id), next="")
