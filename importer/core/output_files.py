"""Reports appear whole or not at all, are readable by their owner only, and never replace another file."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from importer.core.errors import ReportError
from importer.core.failpoints import reach
from importer.core.filesystem import scratch_folder, sync_folder
from importer.core.text import shown


class NameTaken(ReportError):
    """There is a file of that name already."""


def free_path(path: Path) -> Path:
    """``path`` itself, or ``name-2.xlsx``, ``name-3.xlsx``, … when something of that name is there already."""
    for number in itertools.count(2):
        if not os.path.lexists(path):
            break
        stem = path.stem if number == 2 else path.stem.removesuffix(f"-{number - 1}")
        path = path.with_name(f"{stem}-{number}{path.suffix}")
    return path


def check_writable(folder: Path) -> None:
    """Make sure that a report can be written into ``folder``, creating the folder when it is missing.

    Raises :class:`ReportError`. Meant to be called before anything is sent: a run whose results cannot be kept must
    not start.
    """
    with _explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"importer")
            probe.flush()
            os.fsync(probe.fileno())


@contextlib.contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A draft path to write to. When the block ends well the draft becomes ``path``, on disk and in one step.

    The draft lies in a private folder beside ``path``, which is also the place for other temporary files; after a
    failure all of it is removed and ``path`` does not exist. Raises :class:`ReportError` when the disk refuses, or when
    ``path`` exists already.
    """
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(path.parent, ".importer-") as private:
            draft = private / f"draft{path.suffix}"
            yield draft
            reach("report-draft")
            _publish(draft, path)


def cannot_write(path: Path, error: OSError) -> ReportError:
    """The error for people when ``path`` cannot be written."""
    place = shown(str(path))
    if isinstance(error, FileExistsError):
        return NameTaken(
            f"{place} exists already; reports never replace a file.", "Choose another name with --results."
        )
    return ReportError(
        f"{place} cannot be written: {shown(error.strerror or str(error))}.",
        "Check that the folder exists, that you may write there and that the disk has room, or choose another "
        "place with --results. What was sent is recorded; importer show draws the report again.",
    )


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def _publish(draft: Path, path: Path) -> None:
    draft.chmod(0o600)
    sync_folder(draft)
    try:
        # Unlike a rename, a link never replaces what is there, not even what appeared a moment ago.
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:
        # Some network and USB file systems have no links.
        if os.path.lexists(path):
            raise FileExistsError(str(path)) from None
        draft.rename(path)
    reach("report-linked")
    sync_folder(path.parent)
