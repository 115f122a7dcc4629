"""The Flask application of the page: services, security, screens, and errors as pages or JSON."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Flask, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from importer.config import read_database_url
from importer.core.errors import ImporterError
from importer.core.text import format_count, pluralize
from importer.core.time import format_minute
from importer.jobs import job_locks
from importer.web.drafts import DraftStore
from importer.web.imports import ImportService
from importer.web.jobs_access import JobsAccess
from importer.web.operations import Operations
from importer.web.pages import (
    accounts,
    columns,
    delivery,
    history,
    home,
    jobs,
    operations,
    people,
    repeat,
    review,
    source,
)
from importer.web.pages.common import page_words
from importer.web.security import Gate, SecurityOptions, protect
from importer.web.services import Services, WebConfig, install, services
from importer.web.tasks import TaskRunner

_log = logging.getLogger(__name__)

_MESSAGES = {
    404: ("There is no such page.", "Go back to Home."),
    405: ("This address answers no such request.", "Go back to Home."),
    413: ("The file is too large to be uploaded.", "Split it into smaller files, or save it as CSV."),
}


def make_app(config: WebConfig, security: SecurityOptions) -> tuple[Flask, Gate]:
    """Make the application with its services, and its gate."""
    app = Flask(__name__)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    gate = protect(app, security)
    store = DraftStore(config.env.home, lambda: secrets.token_urlsafe(9))
    hold = job_locks(config.env.home, read_database_url(config.env.variables))
    tasks = TaskRunner(config.env, store, hold, config.make_clock)
    imports = ImportService(config.env, store, tasks, config.load_account)
    access = JobsAccess(config.env)
    work = Operations(config.env, config.load_account, hold, access, config.make_clock)
    install(app, Services(config, imports, work, access, gate.users, gate.audit.record, gate.audit.read))
    for module in (home, source, columns, review, delivery, repeat, history, jobs, accounts, operations, people):
        app.register_blueprint(module.views)
    app.register_error_handler(ImporterError, _answer_error)
    app.register_error_handler(HTTPException, _answer_http_error)
    app.register_error_handler(Exception, _answer_bug)
    app.context_processor(
        lambda: {"known_endpoints": app.view_functions.keys(), "local_page": security.local, "sandbox": None}
    )
    app.jinja_env.filters.update(
        count=format_count,
        minute=format_minute,
        plural=pluralize,
        number=_format_number,
        short_paths=store.shorten_paths,
        page_words=page_words,
    )
    return app, gate


def _format_number(value: int) -> str:
    return f"{value:,}"


def _answer_error(error: ImporterError) -> ResponseReturnValue:
    shorten = services().imports.store.shorten_paths
    return _answer(shorten(error.message), shorten(error.remedy), 422)


def _answer_http_error(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    message, remedy = _MESSAGES.get(status, (error.description or error.name, "Go back and try again."))
    return _answer(message, remedy, status)


def _answer_bug(error: Exception) -> ResponseReturnValue:
    _log.error("a request failed: %s %s", request.method, request.path, exc_info=error)
    return _answer(
        "The program failed at this.",
        "Nothing is sent twice if you try again. The log of the program has the details.",
        500,
    )


def _answer(message: str, remedy: str, status: int) -> tuple[Any, int]:
    """Answer with a page, or with JSON where a script asks."""
    if request.is_json or request.accept_mimetypes.best == "application/json":
        return jsonify(message=message, remedy=remedy), status
    return render_template("error.html", message=message, remedy=remedy), status
