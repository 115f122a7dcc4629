"""Files that appear whole or not at all, durable folders, and private temporary folders that leave nothing behind."""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from importer.core.errors import ReportError
from importer.core.failpoints import reach
from importer.core.platform import (
    MOVES_OPEN_FILES,
    lock_exclusive,
    open_private,
    sync_file,
    sync_folder,
    try_lock,
    unlink_and_close,
)
from importer.core.text import display_text

_IN_USE, _NOT_YET = ".in-use", ".in-use-soon"
_LONGEST_WRITE_SECONDS = 3600.0
_NAME_CHARACTERS = 40
"""So much of a file's name goes into that of its temporary file, which may not be too long for the file system."""


_MOST_NAME_BYTES = 255
"""The longest name that common file systems take."""


def fit_name(stem: str, rest: str) -> str:
    """Return ``stem`` followed by ``rest`` as the name of a file: the stem is shortened when that would be too long."""
    most = _MOST_NAME_BYTES - len(os.fsencode(rest))
    while len(os.fsencode(stem)) > most:
        # Bytes differ from character to character, and none may be cut in two.
        stem = stem[: min(len(stem) - 1, most)]
    return f"{stem}{rest}"


def make_private_folder(folder: Path) -> None:
    """Create ``folder``, private to us; one that exists already stays as it is. Raises :class:`OSError`."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if not folder.is_dir():
            raise
    else:
        # Whatever the umask.
        folder.chmod(0o700)


@contextlib.contextmanager
def open_atomic(path: Path, *, mode: int = 0o600, durable: bool = True, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Open a binary stream whose content becomes the file ``path`` when the block ends well, in one step.

    Until then it is a temporary file of our own in the same folder; after an error in the block it is removed and
    ``path`` is as it was. The file gets the permissions ``mode``, whatever the umask. ``durable`` waits until file and
    name are on disk. Without ``overwrite`` an existing ``path`` raises :class:`FileExistsError`. Raises
    :class:`OSError`.
    """
    prefix = f".{path.name[:_NAME_CHARACTERS]}."
    for left in path.parent.glob(f"{glob.escape(prefix)}*.tmp"):
        _remove_abandoned_file(left)
    descriptor, temporary = _create_locked(path.parent, prefix)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            if not MOVES_OPEN_FILES:
                file.close()
            # If possible under the lock: until it has its name, others would take an unlocked one for abandoned.
            publish(temporary, path, mode=mode, durable=durable, overwrite=overwrite)
        if durable:
            sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def atomic_write(
    path: Path, content: bytes | str, *, mode: int = 0o600, durable: bool = True, overwrite: bool = True
) -> None:
    """Write ``content`` (a text as UTF-8) to ``path``, whole or not at all; options as :func:`open_atomic` has them."""
    with open_atomic(path, mode=mode, durable=durable, overwrite=overwrite) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def publish(draft: Path, path: Path, *, mode: int = 0o600, durable: bool = True, overwrite: bool = True) -> None:
    """Give the finished file ``draft`` on the same disk the name ``path`` and the permissions ``mode``.

    ``durable`` waits until its content is on disk; for the name itself, call :func:`sync_folder` afterwards. Without
    ``overwrite`` an existing ``path`` raises :class:`FileExistsError`. Raises :class:`OSError`.
    """
    draft.chmod(mode)
    if durable:
        # Opened for writing, without which Windows does not sync.
        with draft.open("r+b") as file:
            sync_file(file.fileno())
    if overwrite:
        draft.replace(path)
        return
    try:
        # Unlike a rename, a link never replaces an existing file, not even one that appeared a moment ago.
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:
        # Some network and USB file systems have no links.
        if os.path.lexists(path):
            raise FileExistsError(str(path)) from None
        draft.rename(path)


def _create_locked(folder: Path, prefix: str) -> tuple[int, Path]:
    """Create a temporary file, mode 0600, and lock it, so that :func:`_remove_abandoned_file` leaves it alone."""
    while True:
        descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=".tmp", dir=folder)
        with contextlib.suppress(OSError):
            lock_exclusive(descriptor)
        # Another process may have found it before it was locked, and removed it under a lock of its own.
        if os.fstat(descriptor).st_nlink:
            return descriptor, Path(name)
        os.close(descriptor)


def _remove_abandoned_file(path: Path) -> None:
    """Remove the temporary file of a killed program: one that no process has locked."""
    with contextlib.suppress(OSError):
        if _may_be_in_use(path):
            return
        descriptor = open_private(path, os.O_RDWR)
        if try_lock(descriptor):
            unlink_and_close(path, descriptor)
        else:
            os.close(descriptor)


def _may_be_in_use(path: Path) -> bool:
    """Return whether another process may be about to rename ``path``, for which it had to unlock it (Windows)."""
    return not MOVES_OPEN_FILES and time.time() - path.stat().st_mtime < _LONGEST_WRITE_SECONDS


@contextlib.contextmanager
def temp_dir(parent: Path, prefix: str) -> Iterator[Path]:
    """Create a folder in ``parent`` that only we can open, and remove it at the end of the block.

    Folders with the same ``prefix`` that a killed program left are removed first. Raises :class:`OSError` when
    ``parent`` cannot be written to.
    """
    for left in parent.glob(f"{prefix}*"):
        _remove_abandoned_folder(left)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as name:
        folder = Path(name)
        descriptor = open_private(folder / (_NOT_YET if MOVES_OPEN_FILES else _IN_USE), os.O_RDWR | os.O_CREAT)
        try:
            # The system drops the lock with the process, however that ends.
            with contextlib.suppress(OSError):
                try_lock(descriptor)
            if MOVES_OPEN_FILES:
                # Only now does the mark have its name: one that is not locked yet would look abandoned to others.
                os.rename(folder / _NOT_YET, folder / _IN_USE)
            yield folder
        finally:
            os.close(descriptor)


def _remove_abandoned_folder(folder: Path) -> None:
    """Remove ``folder`` when :func:`temp_dir` made it and no process holds it; a folder that was never marked stays."""
    with contextlib.suppress(OSError):
        if _may_be_in_use(folder):
            return
        descriptor = open_private(folder / _IN_USE, os.O_RDWR)
        try:
            abandoned = try_lock(descriptor)
        finally:
            os.close(descriptor)
        if abandoned:
            shutil.rmtree(folder, ignore_errors=True)


class ReportFileExists(ReportError):
    """A report was to get the name of an existing file."""


def find_free_path(path: Path) -> Path:
    """Return ``path`` itself, or ``name-2.xlsx``, ``name-3.xlsx``, … when something of that name exists already."""
    for number in itertools.count(2):
        if not os.path.lexists(path):
            break
        stem = path.stem if number == 2 else path.stem.removesuffix(f"-{number - 1}")
        path = path.with_name(f"{stem}-{number}{path.suffix}")
    return path


def check_writable(folder: Path) -> None:
    """Check that a report can be written into ``folder``, which is created when it is missing.

    Raises :class:`ReportError`. Called before anything is sent: a run whose results cannot be kept must not start.
    """
    with _report_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"importer")
            probe.flush()
            sync_file(probe.fileno())


@contextlib.contextmanager
def new_report_file(path: Path) -> Iterator[Path]:
    """Yield the path of a draft, which becomes ``path`` when the block ends well, on disk and in one step.

    The draft lies in a private folder beside ``path``, which is also the place for other temporary files; after a
    failure all of it is removed and ``path`` does not exist. A report is readable by its owner only and never replaces
    another file. Raises :class:`ReportError` when the disk refuses, or when ``path`` exists already.
    """
    with _report_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with temp_dir(path.parent, ".importer-") as private:
            draft = private / f"draft{path.suffix}"
            yield draft
            reach("report-draft")
            publish(draft, path, overwrite=False)
            reach("report-linked")
            sync_folder(path.parent)


def report_write_error(path: Path, error: OSError) -> ReportError:
    """Make the error for people when the report ``path`` cannot be written."""
    place = display_text(str(path))
    if isinstance(error, FileExistsError):
        return ReportFileExists(
            f"{place} exists already; reports never replace a file.", "Choose another name with --results."
        )
    return ReportError(
        f"{place} cannot be written: {display_text(error.strerror or str(error))}.",
        "Check that the folder exists, that you may write there and that the disk has room, or choose another "
        "place with --results. What was sent is recorded; importer show draws the report again.",
    )


@contextlib.contextmanager
def _report_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise report_write_error(path, error) from error
