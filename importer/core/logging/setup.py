"""Where the log goes: to standard error, and to a rotated file when one is named; libraries are kept quiet."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import TextIO

from importer.core.logging.formatters import JsonFormatter, RedactingFormatter
from importer.core.redaction import redact
from importer.core.text import printable

# These loggers print request lines, headers or SQL parameters at DEBUG; keys and people's data are in them.
_TALKATIVE = (
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
    """A file for the log: a new one begins at ``size`` bytes (0: never), and ``keep`` full ones are kept beside it."""

    path: Path
    size: int = 10_000_000
    keep: int = 5


class _QuietHandler(logging.StreamHandler[TextIO]):
    """Says that a line was lost, without the arguments that the standard library would print unredacted."""

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
    shown = _QuietHandler(stream or sys.stderr)
    shown.setFormatter(_formatter(form or LogForm.TEXT))
    shown.setLevel(level)
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, RedactingFormatter):
            root.removeHandler(old)
            old.close()
    root.addHandler(shown)
    if place is not None:
        from importer.core.logging.file import SharedFileHandler

        kept = SharedFileHandler(place.path, place.size, place.keep)
        kept.setFormatter(_formatter(form or LogForm.JSON))
        kept.setLevel(level := min(level, logging.INFO))
        root.addHandler(kept)
    logging.getLogger("importer").setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Prints requests with their headers to standard output when it is not zero.
    if "http.client" in sys.modules:
        sys.modules["http.client"].HTTPConnection.debuglevel = 0


def _formatter(form: LogForm) -> RedactingFormatter:
    if form is LogForm.JSON:
        return JsonFormatter()
    return RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s")


def note_in_file(message: str, error: BaseException | None = None, **fields: object) -> None:
    """Write an error into the log's file, if there is one: the person has been told on the terminal already."""
    for handler in logging.getLogger().handlers:
        if getattr(handler, "is_log_file", False):
            values = {"name": "importer", "levelno": logging.ERROR, "levelname": "ERROR", "msg": message, **fields}
            if error is not None:
                values["exc_info"] = (type(error), error, error.__traceback__)
            handler.handle(logging.makeLogRecord(values))


def redact_tracebacks() -> None:
    """From now on, what an unexpected error prints passes through :func:`redact`, in every thread."""
    sys.excepthook = _print_error
    sys.unraisablehook = lambda hook: _print_error(type(hook.exc_value), hook.exc_value, hook.exc_traceback)
    threading.excepthook = lambda hook: _print_error(hook.exc_type, hook.exc_value, hook.exc_traceback)


def _print_error(_: object, error: BaseException | None, trace: TracebackType | None) -> None:
    text = "".join(traceback.format_exception(None, value=error, tb=trace))
    sys.stderr.write(printable(redact(text), keep="\n\t"))
    note_in_file("The program failed.", error)
