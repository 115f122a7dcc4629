"""The ledger's file: private, on a local disk, opened so that a commit survives a power cut, and checked for damage."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import StaticPool

from importer.core.errors import LedgerError
from importer.ledger.faults import DAMAGED_REMEDY, sqlite_name
from importer.ledger.integrity.machine_id import file_system, is_shared

DAILY_CHECKED_BYTES = 64 * 1024 * 1024
"""Files up to this size are looked through for damage once a day in any case: a matter of a tenth of a second."""

_SMALLEST_BYTES = 512
_BUSY_SECONDS = 10
_WORTH_A_COPY = 4
"""The file is written anew when at least one page of so many is unused."""

# With the rollback journal only EXTRA also syncs the folder after a commit; under FULL a power cut can bring the
# journal back and undo the last commit, and rows would then be sent twice.
_JOURNAL = ("journal_mode", "DELETE", "delete")
_PRAGMAS = (
    ("synchronous", "EXTRA", 3),
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
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    kind = file_system(home)
    if is_shared(kind):
        raise LedgerError(
            f"The ledger cannot be kept in {home}: a network disk ({kind}) can lose what was written.",
            _LOCAL_DISK,
        )
    _make_private(home, 0o700)


def prepare_file(path: Path) -> None:
    """Make ``path`` an existing private file of this user; it may be empty.

    Raises :class:`LedgerError` when it is something else, and :class:`OSError`.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        os.close(os.open(path, flags, 0o600))
    except FileExistsError:
        # An existing file must not be opened here: closing it would drop the locks that SQLite holds in this process.
        if not stat.S_ISREG(path.lstat().st_mode):
            raise LedgerError(f"{path} is not an ordinary file.", "Move it away, or set IMPORTER_HOME.") from None
    _make_private(path, 0o600)


def _make_private(path: Path, mode: int) -> None:
    info = path.stat()
    user = os.geteuid() if hasattr(os, "geteuid") else info.st_uid
    if info.st_uid != user:
        raise LedgerError(
            f"{path} belongs to another user of this computer (user number {info.st_uid}, you are {user}).",
            f"Run as that user, so that nobody is locked out of it. {_LOCAL_DISK}",
        )
    if stat.S_IMODE(info.st_mode) & 0o077:
        path.chmod(mode)


def refuse_a_stump(path: Path) -> None:
    """Raises :class:`LedgerError` when the file is shorter than any database: SQLite would take it for an empty one."""
    if 0 < path.stat().st_size < _SMALLEST_BYTES and not was_cut_short(path):
        raise LedgerError(f"The ledger {path} is damaged: only its first bytes are left.", DAMAGED_REMEDY)


def was_cut_short(path: Path) -> bool:
    """Whether a transaction was under way when the file was last written: SQLite will roll it back."""
    journal = path.with_name(f"{path.name}-journal")
    return journal.exists() and journal.stat().st_size > 0


def connect(path: Path | None) -> sqlite3.Connection:
    """A connection with every durability setting read back; ``None`` gives a database in memory.

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


def engine_over(connection: sqlite3.Connection) -> Engine:
    """An engine that uses only this connection. With the execution option ``writes`` it begins exclusively."""
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool, hide_parameters=True)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def compact(engine: Engine, path: Path) -> int:
    """Write the file anew without its unused pages when they are many and the disk has room; bytes given back.

    Only with the account's imports at rest does SQLite allow it; else it is left for the next time.
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
    """Raises :class:`LedgerError` when SQLite finds damage in the file."""
    found = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if found != "ok":
        raise LedgerError(f"The ledger {path} is damaged: {found}", DAMAGED_REMEDY)
