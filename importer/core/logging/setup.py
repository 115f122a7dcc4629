"""Log set-up and formats: text or JSON to standard error and to a rotated file; no key is ever written.

Libraries are kept quiet, and tracebacks of unexpected errors are redacted.
"""

from __future__ import annotations

import json
import logging
import math
import os
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from importer.core.redaction import HIDDEN, redact
from importer.core.text import escape_text

# These loggers print request lines, headers or SQL parameters at DEBUG; keys and people's data are in them.
_VERBOSE_LOGGERS = (
    "urllib3",
    "requests",
    "http.client",
    "httpx",
    "sqlalchemy",
    "psycopg",
    "werkzeug",
    "waitress",
    "charset_normalizer",
    "keyring",
    "apprise",
)


class LogForm(StrEnum):
    """How lines of the log are written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class LogPlace:
    """The file of the log: a new one begins at ``size`` bytes (0: never), and ``keep`` full ones are kept beside it."""

    path: Path
    size: int = 10_000_000
    keep: int = 5


class _QuietHandler(logging.StreamHandler[TextIO]):
    """A handler that reports a lost line without its arguments, which the standard library would print unredacted."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name in the standard library
        try:
            self.stream.write(f"A line of the log of {record.name} could not be written.\n")
        except (OSError, ValueError):
            return


def configure_logging(
    verbosity: int = 0, stream: TextIO | None = None, *, form: LogForm | None = None, place: LogPlace | None = None
) -> None:
    """Send the program's log to ``stream`` (default: standard error) and, if there is a ``place``, to its file.

    ``verbosity`` -1 shows errors only, 0 warnings, 1 what happens, 2 everything that helps to find a fault. The file
    holds what happens, whatever is shown. Without a ``form``, the stream has text and the file JSON.
    Raises :class:`importer.core.errors.SettingsError` when the file cannot be written.
    """
    level = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    console = _QuietHandler(stream or sys.stderr)
    console.setFormatter(_formatter(form or LogForm.TEXT))
    console.setLevel(level)
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, RedactingFormatter):
            root.removeHandler(old)
            old.close()
    root.addHandler(console)
    if place is not None:
        from importer.core.logging.file import SharedFileHandler

        file = SharedFileHandler(place.path, place.size, place.keep)
        file.setFormatter(_formatter(form or LogForm.JSON))
        file.setLevel(level := min(level, logging.INFO))
        root.addHandler(file)
    logging.getLogger("importer").setLevel(level)
    for name in _VERBOSE_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Prints requests with their headers to standard output when it is not zero.
    if "http.client" in sys.modules:
        sys.modules["http.client"].HTTPConnection.debuglevel = 0


def _formatter(form: LogForm) -> RedactingFormatter:
    if form is LogForm.JSON:
        return JsonFormatter()
    return RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


def note_in_file(message: str, error: BaseException | None = None, **fields: object) -> None:
    """Write an error into the log's file, if there is one: the terminal shows it already."""
    for handler in logging.getLogger().handlers:
        if getattr(handler, "is_log_file", False):
            values = {"name": "importer", "levelno": logging.ERROR, "levelname": "ERROR", "msg": message, **fields}
            if error is not None:
                values["exc_info"] = (type(error), error, error.__traceback__)
            handler.handle(logging.makeLogRecord(values))


def redact_tracebacks() -> None:
    """Redact the tracebacks of unexpected errors from now on, in every thread."""
    sys.excepthook = _print_error
    sys.unraisablehook = lambda hook: _print_error(type(hook.exc_value), hook.exc_value, hook.exc_traceback)
    threading.excepthook = lambda hook: _print_error(hook.exc_type, hook.exc_value, hook.exc_traceback)


def _print_error(_: object, error: BaseException | None, trace: TracebackType | None) -> None:
    text = "".join(traceback.format_exception(None, value=error, tb=trace))
    sys.stderr.write(escape_text(redact(text), keep="\n\t"))
    note_in_file("The program failed.", error)


_fields: ContextVar[Mapping[str, object]] = ContextVar("importer_log_fields", default={})  # noqa: B039  never changed
# What the library itself puts into a record; everything else came with `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_MAX_DEPTH = 4
_MAX_CHARACTERS = 20_000
"""Characters of one text: an answer of megabytes would push everything else out of the rotated files."""


@contextmanager
def log_fields(**fields: object) -> Iterator[None]:
    """Add ``fields``, such as run and job, to every line that this thread logs in the block, unless empty."""
    token = _fields.set({**_fields.get(), **{name: value for name, value in fields.items() if value not in ("", None)}})
    try:
        yield
    finally:
        _fields.reset(token)


class RedactingFormatter(logging.Formatter):
    """A formatter whose whole line, traceback included, passes through :func:`redact`.

    Only a traceback may break the line: what came from a file or a server cannot make up a line of its own.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name in the standard library
        return escape_text(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return escape_text(redact(super().format(record)), keep="\n")


class JsonFormatter(RedactingFormatter):
    """A formatter that writes each event as one JSON object on one line.

    Keys: time (UTC), level, logger, message, pid, and the fields known.
    Fields are those of :func:`log_fields` and of ``extra``; a traceback stands in ``traceback``. Each text passes
    through :func:`redact` by itself, before JSON's own escapes could hide a key from it.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": _clean(record.name),
            "message": _clean(record.getMessage()),
            "pid": os.getpid(),
        }
        extra = {name: value for name, value in vars(record).items() if name not in _OWN}
        for name, value in {**_fields.get(), **extra}.items():
            key = _clean(name)
            # A field must not pass for one of the line's own, such as its level.
            line[f"{key}_" if key in line else key] = _clean_field(name, value)
        if record.exc_info:
            line["traceback"] = _clean(self.formatException(record.exc_info), keep="\n")
        if record.stack_info:
            line["stack"] = _clean(record.stack_info, keep="\n")
        return json.dumps(line, ensure_ascii=True)


def _clean(text: str, keep: str = "") -> str:
    clean = escape_text(redact(text), keep=keep)
    return clean if len(clean) <= _MAX_CHARACTERS else f"{clean[:_MAX_CHARACTERS]}… ({len(clean)} characters)"


def _clean_field(name: str, value: object, depth: int = 0) -> Any:
    """Return ``value`` as JSON can hold it; nothing of it is shown under the name of a key parameter."""
    if redact(f"{name}=x") != f"{name}=x":
        return HIDDEN
    if value is None or isinstance(value, bool | int | float):
        # Not a number is no JSON; and digits, too, can be a key that is known.
        text, odd = str(value), isinstance(value, float) and not math.isfinite(value)
        return value if redact(text) == text and not odd else _clean(text)
    if isinstance(value, Mapping) and depth < _MAX_DEPTH:
        return {_clean(str(key)): _clean_field(str(key), each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _MAX_DEPTH:
        return [_clean_field(name, each, depth + 1) for each in value]
    return _clean(str(value))
