"""The file itself, before anyone looks inside: it is there, it is an ordinary file, and it has an identity."""

from __future__ import annotations

import stat
from os import stat_result
from pathlib import Path

from importer.core.errors import SourceError

_BLOCK = 1 << 20


def source_hash(path: Path) -> str:
    """SHA-256 of the file's bytes as they are on disk, in hexadecimal. Reads in blocks, so memory stays flat.

    Raises :class:`SourceError` when the file cannot be read.
    """
    regular_file(path)
    # Comes with all of OpenSSL, which reading does not need.
    import hashlib

    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise unreadable(path, error) from None
    return digest.hexdigest()


def file_signature(path: Path) -> tuple[int, int, int]:
    """Size in bytes, time of the last change in nanoseconds and the system's number of the file.

    When one of them differs, somebody wrote to the file or put another one in its place.

    Raises :class:`SourceError` when there is no such ordinary file.
    """
    info = regular_file(path)
    return info.st_size, info.st_mtime_ns, info.st_ino


def regular_file(path: Path) -> stat_result:
    """What the system knows of the ordinary file ``path``.

    Raises :class:`SourceError` for anything else, without opening it: a pipe would wait for ever.
    """
    try:
        info = path.stat()
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}.", "Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if stat.S_ISDIR(info.st_mode):
        raise SourceError(f"{path} is a folder, not a file.", "Name the spreadsheet inside it.")
    if not stat.S_ISREG(info.st_mode):
        raise SourceError(f"{path} is a device or a pipe, not an ordinary file.", "Save the data to a file first.")
    return info


def unreadable(path: Path, error: Exception) -> SourceError:
    """The error for a file that the system refuses to give us."""
    reason = (error.strerror if isinstance(error, OSError) else None) or "its name or its content is damaged"
    return SourceError(f"{path} cannot be read: {reason}.", "Check that the file is there and that you may read it.")
