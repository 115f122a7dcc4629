"""The inbox: which files are there, which of them have arrived whole, and which are none of ours."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from importer.core.errors import ImporterError

_TRANSFERS = ("*.tmp", "*.temp", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.download", "*.swp", "*~")
_LOCKS = ("~$*", ".~lock.*#")
_SYSTEM = (".ds_store", "._*", "thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was at one moment. When size, time or number change, somebody wrote to it or replaced it."""

    path: Path
    size: int
    mtime_ns: int
    inode: int

    @property
    def signature(self) -> tuple[int, int, int]:
        """Size, time of the last change and number, as :func:`importer.sources.file_signature` gives them."""
        return self.size, self.mtime_ns, self.inode


@dataclass(frozen=True, slots=True)
class Glance:
    """One look into the folder: files that are meant, in the order of their arrival, and names with why they are not.

    ``open_elsewhere`` are names that a spreadsheet program has open, as its lock file tells.
    """

    files: tuple[Seen, ...]
    skipped: tuple[tuple[str, str], ...]
    open_elsewhere: frozenset[str] = frozenset()


def look(folder: Path, pattern: str) -> Glance:
    """What is in ``folder`` right now. Raises :class:`ImporterError` when it cannot be read."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise ImporterError(
            f"The inbox {folder} cannot be read: {error.strerror or error}.",
            "Check that the folder is there and that the account of this service may read it.",
        ) from None
    files: list[Seen] = []
    skipped: list[tuple[str, str]] = []
    for name in names:
        why = _not_a_file_of_ours(name)
        if why or not fnmatch.fnmatchcase(name.lower(), pattern.lower()):
            skipped.extend([(name, why)] if why else [])
            continue
        found = _seen(folder / name)
        if isinstance(found, Seen):
            files.append(found)
        elif found:
            skipped.append((name, found))
    files.sort(key=lambda seen: (seen.mtime_ns, seen.path.name))
    return Glance(tuple(files), tuple(skipped), frozenset(_open_names(names)))


def _not_a_file_of_ours(name: str) -> str:
    """Why a file of this name is never taken, or an empty text."""
    low = name.lower()
    if any(fnmatch.fnmatchcase(low, pattern) for pattern in _LOCKS):
        return "the lock file of a spreadsheet program"
    if any(fnmatch.fnmatchcase(low, pattern) for pattern in _SYSTEM):
        return "a file of the operating system"
    if any(fnmatch.fnmatchcase(low, pattern) for pattern in _TRANSFERS):
        return "a transfer that has not ended"
    return "a hidden file" if name.startswith(".") else ""


def _seen(path: Path) -> Seen | str:
    """The file, or why it is not taken; empty for what needs no word."""
    try:
        info = path.lstat()
    except OSError:
        # It went away between the listing and the look.
        return ""
    if stat.S_ISDIR(info.st_mode):
        return ""
    if not stat.S_ISREG(info.st_mode):
        return "not an ordinary file"
    if info.st_size == 0:
        return "empty, zero bytes"
    return Seen(path, info.st_size, info.st_mtime_ns, info.st_ino)


def _open_names(names: Iterable[str]) -> Iterable[str]:
    for name in names:
        if name.startswith("~$"):
            yield name[2:]
        elif name.startswith(".~lock.") and name.endswith("#"):
            yield name[len(".~lock.") : -1]


def unchanged(before: Iterable[Seen], now: Iterable[Seen]) -> list[Seen]:
    """Those of ``now`` that look exactly as in ``before``."""
    known = set(before)
    return [seen for seen in now if seen in known]
