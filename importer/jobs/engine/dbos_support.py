"""What DBOS needs around it: a check that it is installed, a serializer of plain JSON, and its place in our log."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from importer.core.errors import SettingsError

INSTALL = "Install it: pip install 'importer[jobs]'"
_SUBSEC_SINCE = (3, 42)
_TIME = "$time"
_ERROR = "$error"


@contextmanager
def require_engine() -> Iterator[None]:
    """Wrap imports of the optional packages of the jobs. Raises :class:`SettingsError` when one is not installed."""
    try:
        yield
    except ImportError as error:
        raise SettingsError(f"Jobs need an engine that is not installed ({error.name or error}).", INSTALL) from None


def send_logs_to_ours() -> None:
    """Send the log of DBOS where ours goes, through the same redaction; by itself it would write its own lines."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = True


def engine_options(address: str) -> dict[str, Any]:
    """Return SQLAlchemy's options for the engine's database at ``address``.

    On Python 3.12 and newer, DBOS reads the time with ``unixepoch('subsec')``, which SQLite knows since 3.42; Debian 12
    and RHEL 9 have older ones. The connections get that function from here then.
    """
    if not address.startswith("sqlite") or sqlite3.sqlite_version_info >= _SUBSEC_SINCE:
        return {}
    return {"connect_args": {"factory": _ConnectionWithSubsec}}


class _ConnectionWithSubsec(sqlite3.Connection):
    """A connection whose ``unixepoch`` returns fractions of seconds."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.create_function("unixepoch", 1, _unixepoch)


def _unixepoch(modifier: str) -> float | None:
    """Return the seconds since 1970 to the millisecond; ``None`` for anything but the one thing that DBOS asks for."""
    return round(time.time(), 3) if modifier == "subsec" else None


def make_serializer() -> Any:
    """Return a serializer for DBOS that reads and writes plain JSON.

    The one of DBOS pickles: it would run code that somebody wrote into the database.
    """
    from dbos import Serializer

    class PlainJson(Serializer):
        def serialize(self, data: Any) -> str:
            return dumps(data)

        def deserialize(self, serialized_data: str) -> Any:
            return loads(serialized_data)

        def name(self) -> str:
            return "importer_json"

    return PlainJson()


class EarlierFailure(Exception):
    """An error of an earlier process, of which only the message was kept."""


def dumps(value: Any) -> str:
    """Format ``value`` as JSON; times and errors keep their meaning. Raises TypeError for any other object."""

    def encode(other: Any) -> dict[str, str]:
        if isinstance(other, datetime):
            return {_TIME: other.isoformat()}
        if isinstance(other, BaseException):
            return {_ERROR: f"{type(other).__name__}: {other}"}
        raise TypeError(f"{type(other).__name__} is nothing that the engine may keep")

    # In ASCII: the names of some files hold what no database takes as a character.
    return json.dumps(value, default=encode)


def loads(text: str) -> Any:
    """Parse what :func:`dumps` wrote."""

    def decode(found: dict[str, Any]) -> Any:
        if _TIME in found:
            return datetime.fromisoformat(found[_TIME])
        return EarlierFailure(found[_ERROR]) if _ERROR in found else found

    return json.loads(text, object_hook=decode)
