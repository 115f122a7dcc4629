"""Mount disks for a test, and name the places at which a run writes to the ledger."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

RECORD = "importer.ledger.ledger:Ledger.record"
"""First a call begins, then it ends and others begin, then these end."""
RUN = ("run", "rows.csv", "-m", "rows.yaml", "--yes", "--json")


def may_mount() -> bool:
    if os.geteuid() != 0 or not shutil.which("mount"):
        return False
    done = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return done.returncode == 0


NEEDS_MOUNT = pytest.mark.skipif(not may_mount(), reason="mounting needs root and a machine that allows it")


@contextmanager
def mounted(point: Path, *arguments: str) -> Iterator[Path]:
    """A file system at ``point`` for the duration of a ``with``."""
    point.mkdir(exist_ok=True)
    subprocess.run(["mount", *arguments, str(point)], check=True, capture_output=True)
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True, capture_output=True)
