"""List the inbox of a job: its files, and the names that are skipped with the reason."""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from importer.core.errors import ImporterError

_TRANSFERS = ("*.tmp", "*.temp", "*.part", "*.partial", "*.filepart", "*.crdownload", "*.download", "*.swp", "*~")
_SKIPPED = (
    (("~$*", ".~lock.*#"), "the lock file of a spreadsheet program"),
    ((".ds_store", "._*", "thumbs.db", "desktop.ini"), "a file of the operating system"),
    (_TRANSFERS, "a transfer that has not ended"),
    ((".*",), "a hidden file"),
)
_LOCK_FILE = re.compile(r"~\$(.*)|\.~lock\.(.*)#", re.DOTALL)


@dataclass(frozen=True, slots=True)
class InboxFile:
    """A file at one moment. When size, time or inode change, somebody wrote to it or replaced it."""

    path: Path
    size: int
    mtime_ns: int
    inode: int

    @property
    def signature(self) -> tuple[int, int, int]:
        """Size, time of the last change and inode, as :func:`importer.sources.file_signature` gives them."""
        return self.size, self.mtime_ns, self.inode


@dataclass(frozen=True, slots=True)
class InboxListing:
    """The files of an inbox in the order of their arrival, and the skipped names with the reason.

    ``open_elsewhere`` are names that a spreadsheet program has open, as its lock file shows.
    """

    files: tuple[InboxFile, ...]
    skipped: tuple[tuple[str, str], ...]
    open_elsewhere: frozenset[str] = frozenset()


def list_inbox(folder: Path, pattern: str) -> InboxListing:
    """List the files in ``folder`` whose name matches ``pattern``. Raises :class:`ImporterError` if that fails."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise ImporterError(
            f"The inbox {folder} cannot be read: {error.strerror or error}.",
            "Check that the folder is there and that the account of this service may read it.",
        ) from None
    files: list[InboxFile] = []
    skipped: list[tuple[str, str]] = []
    for name in names:
        why = reason_to_skip(name)
        if why or not fnmatch.fnmatchcase(name.lower(), pattern.lower()):
            skipped.extend([(name, why)] if why else [])
            continue
        found = _read_facts(folder / name)
        if isinstance(found, InboxFile):
            files.append(found)
        elif found:
            skipped.append((name, found))
    files.sort(key=lambda seen: (seen.mtime_ns, seen.path.name))
    locks = [match for match in map(_LOCK_FILE.fullmatch, names) if match]
    return InboxListing(tuple(files), tuple(skipped), frozenset(match[1] or match[2] or "" for match in locks))


def list_unclaimed(folder: Path, patterns: Sequence[str]) -> dict[str, float]:
    """Return the names of ordinary files that none of ``patterns`` takes, with the time (since 1970) of their arrival.

    Those that are never claimed, such as hidden ones, are left out. Empty when the folder cannot be read.
    """
    found = {}
    with suppress(OSError):
        for entry in os.scandir(folder):
            taken = any(fnmatch.fnmatchcase(entry.name.lower(), pattern.lower()) for pattern in patterns)
            if not taken and not reason_to_skip(entry.name) and entry.is_file(follow_symlinks=False):
                found[entry.name] = entry.stat(follow_symlinks=False).st_ctime
    return dict(sorted(found.items()))


_ANY_CHARACTER = tuple(map(chr, range(0x20, 0x250)))


def patterns_overlap(first: str, second: str) -> bool:
    """Return whether some name fits both patterns, as :func:`list_inbox` compares names."""
    one, other = (re.findall(r"\[!?\]?[^\]]*\]|.", pattern.lower(), re.DOTALL) for pattern in (first, second))

    @cache
    def overlap(i: int, j: int) -> bool:
        """Compare the rest of both, from these parts on."""
        if i < len(one) and one[i] == "*":
            return overlap(i + 1, j) or (j < len(other) and overlap(i, j + 1))
        if j < len(other) and other[j] == "*":
            return overlap(i, j + 1) or (i < len(one) and overlap(i + 1, j))
        if i == len(one) or j == len(other):
            return i == len(one) and j == len(other)
        return _parts_meet(one[i], other[j]) and overlap(i + 1, j + 1)

    return overlap(0, 0)


def _parts_meet(one: str, other: str) -> bool:
    if len(one) == len(other) == 1 and "?" not in (one, other):
        return one == other
    return any(
        fnmatch.fnmatchcase(each, one) and fnmatch.fnmatchcase(each, other) for each in {*_ANY_CHARACTER, one, other}
    )


def reason_to_skip(name: str) -> str:
    """Return why a file of this name is never claimed, or an empty text."""
    for patterns, reason in _SKIPPED:
        if any(fnmatch.fnmatchcase(name.lower(), pattern) for pattern in patterns):
            return reason
    return ""


def _read_facts(path: Path) -> InboxFile | str:
    """Return the file, or why it is not claimed; an empty text for a folder, or a file that has just gone."""
    try:
        info = path.lstat()
    except OSError:
        return ""
    if stat.S_ISDIR(info.st_mode):
        return ""
    if not stat.S_ISREG(info.st_mode):
        return "not an ordinary file"
    if info.st_size == 0:
        return "empty, zero bytes"
    return InboxFile(path, info.st_size, info.st_mtime_ns, info.st_ino)


def unchanged(before: Iterable[InboxFile], now: Iterable[InboxFile]) -> list[InboxFile]:
    """Return those of ``now`` that were the same ``before``."""
    known = set(before)
    return [seen for seen in now if seen in known]
