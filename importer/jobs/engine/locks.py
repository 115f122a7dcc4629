"""Kernel locks of the jobs: one start of a job, and one worker, at a time; they end with their process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from importer.core.errors import LedgerError
from importer.core.platform.file_lock import try_lock


@contextmanager
def held_lock(home: Path, name: str) -> Iterator[bool]:
    """Hold the lock called ``name`` while the block runs; false when somebody else holds it.

    Raises :class:`LedgerError` when its file cannot be used.
    """
    path = home / "locks" / f"jobs-{name}.lock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as error:
        raise LedgerError(
            f"The lock file {path} cannot be used: {error.strerror or error}.",
            "Check the rights of the folder, and that IMPORTER_HOME is on a disk of this computer.",
        ) from None
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)
