"""One log set-up for every command: to standard error, redacted, libraries kept quiet."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

from importer.redaction import redact

# These loggers print request lines, headers or SQL parameters at DEBUG; keys and people's data are in them.
_TALKATIVE = ("urllib3", "requests", "http.client", "sqlalchemy", "werkzeug", "waitress", "charset_normalizer")


class RedactingFormatter(logging.Formatter):
    """A formatter whose whole line, traceback included, passes through :func:`redact`."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure_logging(verbosity: int = 0, stream: TextIO | None = None) -> None:
    """Send the program's log to ``stream`` (default: standard error).

    ``verbosity`` -1 shows errors only, 0 warnings, 1 what happens, 2 everything that helps to find a fault.
    """
    level = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, RedactingFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    logging.getLogger("importer").setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
