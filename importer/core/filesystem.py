"""Private folders for drafts that leave nothing behind: the next program removes those of killed ones; and folders that
keep what was put into them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_IN_USE, _NOT_YET = ".in-use", ".in-use-soon"


def sync_folder(folder: Path) -> None:
    """Make durable what was made, renamed or removed in ``folder``, where folders can be opened (not on Windows).

    Raises :class:`OSError`.
    """
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(path: Path, content: bytes) -> None:
    """Write a file that only we can read, in place of what it held, and wait until the disk has it.

    It is meant for a draft that is then renamed. Raises :class:`OSError`.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


@contextlib.contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder in ``parent`` that only we can open, removed at the end.

    Folders with the same ``prefix`` that a killed program left are removed first. Raises :class:`OSError` when
    ``parent`` cannot be written to.
    """
    for left in parent.glob(f"{prefix}*"):
        _remove_abandoned(left)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as name:
        folder = Path(name)
        descriptor = os.open(folder / _NOT_YET, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            # The system drops the lock with the process, however that ends.
            with contextlib.suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Only now does the mark have its name: one that is not locked yet would look abandoned to others.
            os.rename(folder / _NOT_YET, folder / _IN_USE)
            yield folder
        finally:
            os.close(descriptor)


def _remove_abandoned(folder: Path) -> None:
    """Remove ``folder`` when it is one of ours and no process holds it; a folder that was never marked stays."""
    try:
        descriptor = os.open(folder / _IN_USE, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return
    finally:
        os.close(descriptor)
