"""One log set-up for every command: to standard error, redacted, libraries kept quiet."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import TextIO

from importer.problems import printable
from importer.redaction import redact

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


class RedactingFormatter(logging.Formatter):
    """A formatter whose whole line, traceback included, passes through :func:`redact`.

    Only a traceback may break the line: what came from a file or a server cannot make up a line of its own.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the name in the standard library
        return printable(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return printable(redact(super().format(record)), keep="\n")


class _QuietHandler(logging.StreamHandler[TextIO]):
    """Says that a line was lost, without the arguments that the standard library would print unredacted."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name in the standard library
        try:
            self.stream.write(f"A line of the log of {record.name} could not be written.\n")
        except (OSError, ValueError):
            return


def configure_logging(verbosity: int = 0, stream: TextIO | None = None) -> None:
    """Send the program's log to ``stream`` (default: standard error).

    ``verbosity`` -1 shows errors only, 0 warnings, 1 what happens, 2 everything that helps to find a fault.
    """
    level = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    handler = _QuietHandler(stream or sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, RedactingFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    logging.getLogger("importer").setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    http = sys.modules.get("http.client")
    if http is not None:
        # Prints requests with their headers to standard output when it is not zero, as it is at first.
        http.HTTPConnection.debuglevel = 0


def redact_tracebacks() -> None:
    """From now on, what an unexpected error prints passes through :func:`redact`, in every thread."""
    sys.excepthook = _print_error
    sys.unraisablehook = lambda hook: _print_error(type(hook.exc_value), hook.exc_value, hook.exc_traceback)
    threading.excepthook = lambda hook: _print_error(hook.exc_type, hook.exc_value, hook.exc_traceback)


def _print_error(_: object, error: BaseException | None, trace: TracebackType | None) -> None:
    text = "".join(traceback.format_exception(None, value=error, tb=trace))
    sys.stderr.write(printable(redact(text), keep="\n\t"))
