"""What a line of the log looks like, as text or as JSON; in both, nothing that is shown escapes redaction."""

from __future__ import annotations

import json
import logging
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from importer.core.redaction import HIDDEN, redact
from importer.core.text import printable

_fields: ContextVar[Mapping[str, object]] = ContextVar("importer_log_fields", default={})  # noqa: B039  never changed
# What the library itself puts into a record; everything else came with `extra`.
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DEEPEST = 4
_LONGEST = 20_000
"""Characters of one text: an answer of megabytes would push everything else out of the rotated files."""


@contextmanager
def log_fields(**fields: object) -> Iterator[None]:
    """Inside, every line of this thread's log carries ``fields``, such as run and job; empty ones do not count."""
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
        return printable(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return printable(redact(super().format(record)), keep="\n")


class JsonFormatter(RedactingFormatter):
    """Each event as one JSON object on one line: time (UTC), level, logger, message, pid, and the fields known.

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
            shown = _clean(name)
            # A field must not pass for one of the line's own, such as its level.
            line[f"{shown}_" if shown in line else shown] = _clean_field(name, value)
        if record.exc_info:
            line["traceback"] = _clean(self.formatException(record.exc_info), keep="\n")
        if record.stack_info:
            line["stack"] = _clean(record.stack_info, keep="\n")
        return json.dumps(line, ensure_ascii=True)


def _clean(text: str, keep: str = "") -> str:
    shown = printable(redact(text), keep=keep)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}… ({len(shown)} characters)"


def _clean_field(name: str, value: object, depth: int = 0) -> Any:
    """``value`` as JSON can have it; under the name of a key's carrier nothing of it is shown, known or not."""
    if redact(f"{name}=x") != f"{name}=x":
        return HIDDEN
    if value is None or isinstance(value, bool | int | float):
        # Not a number is no JSON; and digits, too, can be a key that is known.
        text, odd = str(value), isinstance(value, float) and not math.isfinite(value)
        return value if redact(text) == text and not odd else _clean(text)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {_clean(str(key)): _clean_field(str(key), each, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth < _DEEPEST:
        return [_clean_field(name, each, depth + 1) for each in value]
    return _clean(str(value))
