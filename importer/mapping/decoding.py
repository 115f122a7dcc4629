"""Bytes of a mapping file become its text, or a clear error."""

from __future__ import annotations

import codecs
from pathlib import Path

from importer.core.errors import MappingError, MappingProblem

MOST_BYTES = 256 * 1024
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    """The text of the file, without byte order mark. Raises :class:`MappingError`."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _wrong(path, 0, 0, f"The file cannot be read: {reason}.", "Check its name and folder.") from None
    return decoded(content, path)


def decoded(content: bytes, path: Path) -> str:
    """``content`` as text: UTF-8 with or without byte order mark, at most 256 kB. Raises :class:`MappingError`."""
    if len(content) > MOST_BYTES:
        raise _wrong(path, 0, 0, "The file is larger than 256 kB.", "A mapping has a few pages; is it the right file?")
    if content.startswith(b"PK\x03\x04"):
        raise _wrong(path, 1, 1, "The file is a workbook or zip file.", "Name the mapping (YAML), not the spreadsheet.")
    if content.startswith(_UTF16_MARKS) or (b"\0" in content[:200] and content.count(b"\0") * 3 > len(content)):
        raise _wrong(path, 1, 1, "The file is saved as UTF-16.", "Save it again with the encoding UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", "replace").splitlines() or [""]
        raise _wrong(
            path,
            len(before),
            len(before[-1]) + 1,
            f"The byte {content[error.start]:#04x} is not UTF-8.",
            "Save the file again with the encoding UTF-8.",
        ) from None


def _wrong(path: Path, line: int, column: int, message: str, remedy: str) -> MappingError:
    return MappingError(str(path), [MappingProblem(line, column, "", message, remedy)])
