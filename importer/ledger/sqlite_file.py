"""The ledger's SQLite file: private, on a local disk, its commits durable; its backup, compaction and errors."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from importer.core.errors import LedgerError, UsageError
from importer.core.filesystem import make_private_folder, publish, temp_dir
from importer.core.platform import open_private, permission_bits, sync_folder, user_id
from importer.ledger.integrity.machine_id import file_system, is_shared
from importer.ledger.schema import APPLICATION_ID

DAILY_CHECKED_BYTES = 64 * 1024 * 1024
"""Files up to this size are checked for damage once a day in any case, which takes a tenth of a second."""

_SMALLEST_BYTES = 512
_BUSY_SECONDS = 10
_WORTH_A_COPY = 4
"""The file is written anew when at least one page in so many is unused."""

# With the rollback journal only EXTRA also syncs the folder after a commit; under FULL a power cut can bring the
# journal back and undo the last commit, and rows would then be sent twice.
_JOURNAL = ("journal_mode", "DELETE", "delete")
_PRAGMAS = (
    ("synchronous", "EXTRA", 3),
    # On macOS, syncing alone leaves what was written in the cache of the disk.
    ("fullfsync", "ON", 1),
    ("foreign_keys", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    ("busy_timeout", str(_BUSY_SECONDS * 1000), _BUSY_SECONDS * 1000),
)
_LOCAL_DISK = "Set IMPORTER_HOME to a folder of your own on a disk of this computer."


def prepare_folder(home: Path) -> None:
    """Make ``home`` a private folder of this user on a local disk.

    Raises :class:`LedgerError` when it is another user's or lies on a network disk, and :class:`OSError`.
    """
    make_private_folder(home)
    kind = file_system(home)
    if is_shared(kind):
        raise LedgerError(
            f"The ledger cannot be kept in {home}: a network disk ({kind}) can lose what was written.",
            _LOCAL_DISK,
        )
    _refuse_foreign(home)


def prepare_file(path: Path) -> None:
    """Make ``path`` an existing private file of this user; it may be empty.

    Raises :class:`LedgerError` when it is something else, and :class:`OSError`.
    """
    try:
        os.close(open_private(path, os.O_RDWR | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        # An existing file must not be opened here: closing it would drop the locks that SQLite holds in this process.
        if not stat.S_ISREG(path.lstat().st_mode):
            raise LedgerError(f"{path} is not an ordinary file.", "Move it away, or set IMPORTER_HOME.") from None
    _make_private(path)


def _make_private(path: Path) -> None:
    if permission_bits(_refuse_foreign(path)) & 0o077:
        path.chmod(0o600)


def _refuse_foreign(path: Path) -> os.stat_result:
    info = path.stat()
    user = user_id()
    if info.st_uid != user:
        raise LedgerError(
            f"{path} belongs to another user of this computer (user number {info.st_uid}, you are {user}).",
            f"Run as that user, so that nobody is locked out of it. {_LOCAL_DISK}",
        )
    return info


def refuse_truncated(path: Path) -> None:
    """Raise :class:`LedgerError` when the file is shorter than any database: SQLite would take it for an empty one."""
    if 0 < path.stat().st_size < _SMALLEST_BYTES and not has_hot_journal(path):
        raise LedgerError(f"The ledger {path} is damaged: only its first bytes are left.", DAMAGED_REMEDY)


def has_hot_journal(path: Path) -> bool:
    """Whether a transaction was interrupted when the file was last written: SQLite will roll it back."""
    journal = path.with_name(f"{path.name}-journal")
    return journal.exists() and journal.stat().st_size > 0


def connect(path: Path | None) -> sqlite3.Connection:
    """Open a connection with every durability setting read back; ``None`` gives a database in memory.

    Raises :class:`LedgerError` when a setting did not take, and :class:`sqlite3.Error`.
    """
    # Transactions are begun by hand: Python's own handling would begin them late and not exclusively.
    connection = sqlite3.connect(path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        for name, value, expected in (_JOURNAL, *_PRAGMAS) if path else _PRAGMAS:
            connection.execute(f"PRAGMA {name}={value}").fetchall()
            taken = connection.execute(f"PRAGMA {name}").fetchone()
            if taken is None or taken[0] != expected:
                raise LedgerError(
                    f"The ledger {path} cannot be kept safely: SQLite {sqlite3.sqlite_version} did not accept "
                    f"{name}={value} (it says {taken[0] if taken else 'nothing'}).",
                    "Close database viewers that have the file open, and use the SQLite that comes with Python.",
                )
    except BaseException:
        connection.close()
        raise
    return connection


def engine_on(connection: sqlite3.Connection) -> Engine:
    """Return an engine on this only connection. With the execution option ``writes`` its transactions are exclusive."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def driver_connection(engine: Engine) -> sqlite3.Connection:
    """Return the driver's connection of an engine made by :func:`engine_on`, for what works outside a transaction."""
    connection = engine.raw_connection().driver_connection
    assert isinstance(connection, sqlite3.Connection)
    return connection


def compact(engine: Engine, path: Path) -> int:
    """Rewrite the file without its unused pages when they are many and the disk has room; return the bytes freed.

    SQLite allows it only when no import uses the file; else it is left for the next time.
    """
    before = path.stat().st_size
    raw = engine.raw_connection()
    try:
        connection = raw.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (unused,) = connection.execute("PRAGMA freelist_count").fetchone()
        # The file is copied, and its journal holds the old one meanwhile.
        if unused * _WORTH_A_COPY < pages or shutil.disk_usage(path.parent).free < 3 * before:
            return 0
        connection.execute("VACUUM")
    except sqlite3.OperationalError as error:
        if sqlite_name(error) not in ("SQLITE_BUSY", "SQLITE_LOCKED"):
            raise
        return 0
    finally:
        raw.close()
    return before - path.stat().st_size


def check_for_damage(connection: Connection, path: Path) -> None:
    """Raise :class:`LedgerError` when SQLite finds damage in the file."""
    found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if found != "ok":
        raise LedgerError(f"The ledger {path} is damaged: {found}", DAMAGED_REMEDY)


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
_MOVED = (
    "it was moved, removed or replaced while it was in use",
    "Put it back from where it was moved to, then run: importer resume",
)
_BROKEN = (
    "the disk reports an error",
    "Check the disk before anything else, then run: importer resume.",
)
_UNOPENED = (
    "the file or its journal could not be opened",
    "Run again; if it happens once more, check the disk and whether another program holds the file.",
)
_OTHER = ("the database refused", "Run again; if it happens once more, please report it with this message.")

_TOO_MANY_FILES = (
    "too many files are open",
    "Close other programs, or allow more open files (ulimit -n), then run: importer resume. "
    "Nothing is sent without being written down first.",
)
_GONE = (
    "its folder or file is gone",
    "Mount the disk or put the folder back, then run: importer resume. Do not begin with an empty folder: the ledger "
    "knows what was already sent.",
)
_NAME_TOO_LONG = ("its path is too long", "Set IMPORTER_HOME to a folder with a shorter path.")
_NO_MEMORY = ("the computer is out of memory", "Close other programs, then run: importer resume.")

_BY_SQLITE_NAME = {
    "SQLITE_FULL": _FULL,
    "SQLITE_TOOBIG": _FULL,
    "SQLITE_BUSY": _BUSY,
    "SQLITE_LOCKED": _BUSY,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_FORMAT": _DAMAGED,
    "SQLITE_READONLY_DBMOVED": _MOVED,
    "SQLITE_READONLY": _FORBIDDEN,
    "SQLITE_CANTOPEN": _UNOPENED,
    "SQLITE_NOMEM": _NO_MEMORY,
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
    errno.EISDIR: _FORBIDDEN,
    errno.EMFILE: _TOO_MANY_FILES,
    errno.ENFILE: _TOO_MANY_FILES,
    errno.ENOENT: _GONE,
    errno.ENOTDIR: _GONE,
    errno.ESTALE: _GONE,
    errno.ENAMETOOLONG: _NAME_TOO_LONG,
    errno.ENOMEM: _NO_MEMORY,
}
"""What the operating system says of a file. SQLite says only that it could not open one, so it is tried again."""


def sqlite_name(error: BaseException) -> str:
    """Return SQLite's name of a failure without its extension, such as ``SQLITE_IOERR``; empty when it has none."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return "_".join(name.split("_")[:2])


def _why_not_opened(path: Path) -> OSError | None:
    """Find out why SQLite can open neither the file nor a journal beside it; ``None`` when nothing hinders it now."""
    try:
        # The file itself is not opened: closing it would drop the locks that SQLite holds in this process.
        path.stat()
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        return error
    if path.is_dir():
        return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(path, os.R_OK | os.W_OK):
        return PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return None


class FileFaultError(LedgerError):
    """The ledger's file or disk failed. ``transient``: nothing is wrong with it, another program was using it."""

    def __init__(self, message: str, remedy: str, *, transient: bool = False) -> None:
        super().__init__(message, remedy)
        self.transient = transient


def file_fault(path: Path, error: BaseException) -> FileFaultError:
    """Return the error for a failure at ``path``. Its message never contains row contents."""
    if isinstance(error, OSError):
        reason, remedy = _BY_ERRNO.get(error.errno or 0, _BROKEN)
        detail = error.strerror or type(error).__name__
    else:
        exact = getattr(error, "sqlite_errorname", None) or ""
        reason, remedy = _BY_SQLITE_NAME.get(exact) or _BY_SQLITE_NAME.get(sqlite_name(error), _OTHER)
        detail = str(error)
        cause = _why_not_opened(path) if (reason, remedy) == _UNOPENED else None
        if cause is not None:
            reason, remedy = _BY_ERRNO.get(cause.errno or 0, _BROKEN)
            detail = cause.strerror or detail
    message = f"The ledger {path} cannot be used: {reason} ({detail})."
    return FileFaultError(message, remedy, transient=(reason, remedy) == _BUSY)


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Translate errors of the disk and of SQLite, bare or wrapped by SQLAlchemy, into :class:`FileFaultError`."""
    try:
        yield
    except DBAPIError as error:
        raise file_fault(path, error.orig or error) from None
    except (sqlite3.Error, OSError) as error:
        raise file_fault(path, error) from None


_BACKUP_BUSY_SECONDS = 60


def back_up(ledger: Path, place: Path) -> int:
    """Copy the ledger to ``place``, a new private file, even while imports run; return the number of its last call.

    Raises :class:`UsageError` when there is no ledger or ``place`` is taken, and :class:`LedgerError`; then no file is
    left at ``place``.
    """
    if not ledger.is_file():
        raise UsageError(f"There is no ledger {ledger}.", "Set IMPORTER_HOME to the folder that has it.")
    if place.exists():
        raise UsageError(f"{place} exists already.", "Name a new file: a backup never replaces an older one.")
    with translate_errors(place), temp_dir(place.parent, ".importer-") as private:
        draft = private / "draft.db"
        last = _copy(ledger, draft)
        try:
            publish(draft, place, overwrite=False)
        except FileExistsError:
            raise UsageError(f"{place} exists already.", "Name a new file.") from None
        sync_folder(place.parent)
    return last


def _copy(ledger: Path, draft: Path) -> int:
    address = f"{ledger.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=_BACKUP_BUSY_SECONDS)) as source,
        closing(sqlite3.connect(draft)) as copy,
    ):
        # In one step: page by page, a write in between would begin the copy anew, and never end during an import.
        source.backup(copy)
        found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok" or copy.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            reason = found if found != "ok" else "it is no ledger"
            raise LedgerError(f"The copy of {ledger} is not valid: {reason}.", "Check the disk; keep older backups.")
        return int(copy.execute("SELECT coalesce(max(number), 0) FROM calls").fetchone()[0])
