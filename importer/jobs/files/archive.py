"""Move files to the archive, in one step of the file system and never onto another file."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from importer.core.errors import ImporterError
from importer.core.filesystem import fit_name, sync_folder


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
        with _opened(source.parent) as inbox, _open_archive(source.parent, place.parent) as archive:
            _move(source, place, inbox, archive)
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
def _opened(folder: Path, within: int | None = None, *, follow: bool = True) -> Iterator[int]:
    """Open a folder, by its name in the one that ``within`` has open; -1 on Windows, where folders have no number."""
    if os.name == "nt":
        yield -1
        return
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    descriptor = os.open(folder, flags, dir_fd=within)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _open_archive(inbox: Path, folder: Path, *, create: bool = True) -> Iterator[int]:
    """Open the archive, created if need be, without following a link below the inbox or at its end.

    Everything that is done later is done in the folder that was opened and looked at, whatever its name means then.
    """
    within = folder.is_relative_to(inbox)
    steps = folder.relative_to(inbox).parts if within else (folder.name,)
    above = inbox if within else folder.parent
    if create and not within:
        above.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as opened:
        current = opened.enter_context(_opened(above))
        for step in steps:
            above /= step
            if os.name == "nt":
                above.mkdir(exist_ok=True)
                continue
            if create:
                with suppress(FileExistsError):
                    os.mkdir(step, 0o700, dir_fd=current)
            _refuse_strange(step, current)
            current = opened.enter_context(_opened(Path(step), current, follow=False))
        yield current


def _refuse_strange(name: str, within: int) -> None:
    """Raise :class:`OSError` unless ``name`` is a folder of ours (or of root, who may do all anyway)."""
    info = os.stat(name, dir_fd=within, follow_symlinks=False)
    if stat.S_ISLNK(info.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, f"{name} is a link, which is not followed")
    if not stat.S_ISDIR(info.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, f"{name} is no folder")
    if info.st_uid not in (os.geteuid(), 0):
        raise PermissionError(errno.EPERM, f"the folder {name} belongs to another user of this computer")


def _move(source: Path, place: Path, inbox: int, archive: int) -> None:
    if os.name == "nt":
        # There a rename refuses to replace a file.
        source.rename(place)
        return
    try:
        # Unlike a rename, a link never replaces what is there, not even what appeared a moment ago.
        os.link(source.name, place.name, src_dir_fd=inbox, dst_dir_fd=archive, follow_symlinks=False)
    except FileExistsError:
        found = os.stat(place.name, dir_fd=archive, follow_symlinks=False)
        if not os.path.samestat(found, os.stat(source.name, dir_fd=inbox, follow_symlinks=False)):
            raise
    except OSError as error:
        _move_without_links(source.name, place.name, inbox, archive, error)
        return
    os.unlink(source.name, dir_fd=inbox)


def _move_without_links(source: str, place: str, inbox: int, archive: int, refusal: OSError) -> None:
    """Move on a disk without links: reserve the name with an empty file, and rename onto that."""
    if os.fstat(inbox).st_dev != os.fstat(archive).st_dev:
        raise refusal
    os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600, dir_fd=archive))
    os.replace(source, place, src_dir_fd=inbox, dst_dir_fd=archive)


def write_note(inbox: Path, place: Path, text: str) -> None:
    """Write a note for people beside an archived file. A disk that refuses does not fail the import."""
    name = fit_name(place.name, ".note.txt")
    with suppress(OSError), _open_archive(inbox, place.parent, create=False) as archive:
        opener = partial(_create_in, archive if archive >= 0 else None)
        path = name if archive >= 0 else str(place.with_name(name))
        with open(path, "x", encoding="utf-8", errors="backslashreplace", opener=opener) as file:
            file.write(f"{text}\n")


def _create_in(folder: int | None, name: str, flags: int) -> int:
    return os.open(name, flags, 0o600, dir_fd=folder)
