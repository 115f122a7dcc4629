"""Move files to the archive, in one step of the file system and never onto another file."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from importer.core.errors import ImporterError
from importer.core.filesystem import fit_name
from importer.core.platform import OpenFolder, sync_folder


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
    another file is there, and :class:`ImporterError` when the disk refuses, or when the archive is a link or somebody
    else's: whoever may write to the inbox could have put it there to lead files away.
    """
    try:
        with OpenFolder(source.parent) as inbox, _open_archive(source.parent, place.parent) as archive:
            inbox.move(source.name, archive, place.name)
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


def find_archive_fault(inbox: Path, folder: Path) -> str:
    """Return what is wrong with the archive ``folder``, as far as it exists; empty when nothing is."""
    try:
        with _open_archive(inbox, folder, create=False):
            return ""
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or str(error)


@contextmanager
def _open_archive(inbox: Path, folder: Path, *, create: bool = True) -> Iterator[OpenFolder]:
    """Open the archive, created if need be, without following a link below the inbox or at its end.

    Everything that is done later is done in the folder that was opened and looked at, whatever its name means then.
    """
    within = folder.is_relative_to(inbox)
    steps = folder.relative_to(inbox).parts if within else (folder.name,)
    above = inbox if within else folder.parent
    if create and not within:
        above.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as opened:
        current = opened.enter_context(OpenFolder(above))
        for step in steps:
            if create:
                current.make_folder(step)
            current = opened.enter_context(current.open_own_folder(step))
        yield current


def write_note(inbox: Path, place: Path, text: str) -> None:
    """Write a note for people beside an archived file. A disk that refuses does not fail the import."""
    name = fit_name(place.name, ".note.txt")
    with suppress(OSError), _open_archive(inbox, place.parent, create=False) as archive:
        descriptor = archive.create_file(name)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{text}\n")
