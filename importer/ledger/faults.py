"""What disk and database say when they fail, in words that a person can act on."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from importer.core.errors import LedgerError

_FULL = (
    "the disk is full",
    "Free some space, then run: importer resume. Nothing is sent without being written down first.",
)
_BUSY = (
    "another program is using it",
    "Close other imports and database viewers that have it open, then run again.",
)
DAMAGED_REMEDY = (
    "Copy the file away as it is, put the newest good copy of ledger.db back and run again. Do not just delete it: "
    "without it the import does not know what was already sent."
)
_DAMAGED = ("it is damaged or not a ledger", DAMAGED_REMEDY)
_FORBIDDEN = (
    "this user may not write it",
    "Check the owner and the rights of the folder and the file, and that the disk is not mounted read-only.",
)
_BROKEN = (
    "the disk reports an error",
    "Check the disk before anything else, then run: importer resume.",
)
_OTHER = ("the database refused", "Run again; if it happens once more, please report it with this message.")

_BY_SQLITE_NAME = {
    "SQLITE_FULL": _FULL,
    "SQLITE_TOOBIG": _FULL,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_FORMAT": _DAMAGED,
    "SQLITE_READONLY": _FORBIDDEN,
    "SQLITE_CANTOPEN": _FORBIDDEN,
    "SQLITE_PERM": _FORBIDDEN,
    "SQLITE_AUTH": _FORBIDDEN,
    "SQLITE_IOERR": _BROKEN,
}
_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.ELOOP: _FORBIDDEN,
}


def sqlite_name(error: BaseException) -> str:
    """SQLite's name for a failure without its extension, such as ``SQLITE_IOERR``; empty when it has none."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return "_".join(name.split("_")[:2])


class FileFaultError(LedgerError):
    """The ledger's file or disk failed. ``passing`` says that nothing is wrong with it: it was only in use."""

    def __init__(self, message: str, remedy: str, *, passing: bool = False) -> None:
        super().__init__(message, remedy)
        self.passing = passing


def file_fault(path: Path, error: BaseException) -> FileFaultError:
    """What failed at ``path``, for a person. Row contents are never in it."""
    if isinstance(error, OSError):
        reason, remedy = _BY_ERRNO.get(error.errno or 0, _BROKEN)
        detail = error.strerror or type(error).__name__
    else:
        reason, remedy = _BY_SQLITE_NAME.get(sqlite_name(error), _OTHER)
        detail = str(error)
    message = f"The ledger {path} cannot be used: {reason} ({detail})."
    return FileFaultError(message, remedy, passing=(reason, remedy) == _BUSY)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns failures of the disk and of SQLite, bare or wrapped by SQLAlchemy, into :class:`FileFaultError`."""
    try:
        yield
    except DBAPIError as error:
        raise file_fault(path, error.orig or error) from None
    except (sqlite3.Error, OSError) as error:
        raise file_fault(path, error) from None
