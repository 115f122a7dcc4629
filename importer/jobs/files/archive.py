"""Move files to the archive, in one step of the file system and never onto another file."""

from __future__ import annotations

import errno
import itertools
import os
from datetime import datetime
from pathlib import Path

from importer.core.errors import ImporterError
from importer.core.filesystem import fit_name, sync_folder
from importer.core.platform import open_private


class ArchivePathTaken(ImporterError):
    """Another file has that name already."""


def free_path(folder: Path, name: str, now: datetime) -> Path:
    """Return a free path for ``name`` in ``folder``: with that name, or the time in it, or the time and a number.

    A name that gets too long by that is shortened.
    """
    plain = folder / name
    if not os.path.lexists(plain):
        return plain
    stem, suffix = plain.name.removesuffix("".join(plain.suffixes[-2:])), "".join(plain.suffixes[-2:])
    for number in itertools.count(1):
        extra = "" if number == 1 else f"-{number}"
        path = folder / fit_name(stem, f"-{now:%Y%m%d-%H%M%S}{extra}{suffix}")
        if not os.path.lexists(path):
            return path
    raise AssertionError("itertools.count never ends")


def move_to_archive(source: Path, place: Path) -> None:
    """Rename ``source`` to ``place``, which does not exist.

    A move that was cut short is finished: both names are then the same file. Raises :class:`ArchivePathTaken` when
    another file is there, and :class:`ImporterError` when the disk refuses.
    """
    try:
        _make_folder(place.parent)
        _move(source, place)
        sync_folder(place.parent)
        if place.parent != source.parent:
            sync_folder(source.parent)
    except FileExistsError:
        raise ArchivePathTaken(f"{place} exists already and is not replaced.", "Move it elsewhere.") from None
    except OSError as error:
        raise ImporterError(
            f"{source} cannot be moved to {place}: {error.strerror or error}.",
            "The archive must be a folder on the same disk as the inbox, and this program must be allowed to write "
            "to both. The import itself is done and recorded; the file is moved at the next start.",
        ) from None


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except FileExistsError:
        raise NotADirectoryError(errno.ENOTDIR, "something of that name is no folder", str(folder)) from None


def _move(source: Path, place: Path) -> None:
    if os.name == "nt":
        # There a rename refuses to replace a file.
        source.rename(place)
        return
    try:
        # Unlike a rename, a link never replaces what is there, not even what appeared a moment ago.
        os.link(source, place, follow_symlinks=False)
    except FileExistsError:
        if not os.path.samefile(source, place):
            raise
    except OSError as error:
        _move_without_links(source, place, error)
        return
    source.unlink()


def _move_without_links(source: Path, place: Path, refusal: OSError) -> None:
    """Move on a disk without links: reserve the name with an empty file, and rename onto that."""
    if source.parent.stat().st_dev != place.parent.stat().st_dev:
        raise refusal
    os.close(open_private(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    source.replace(place)


def write_note(place: Path, text: str) -> None:
    """Write a note for people beside an archived file. A disk that refuses does not fail the import."""
    path = place.with_name(fit_name(place.name, ".note.txt"))
    try:
        with path.open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{text}\n")
    except OSError:
        return
