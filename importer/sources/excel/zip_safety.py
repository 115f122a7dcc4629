"""Check the ZIP container of a workbook before it is unpacked: no ZIP bombs, duplicate entries or damaged parts."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.parsers import expat

from importer.core.errors import SourceError
from importer.sources.detection import password_protected

MAX_PARTS = 1000
MAX_UNPACKED = 2 << 30
_MAX_RATIO = 200
_LARGE = 50 << 20
_BLOCK = 1 << 20
SAVE_AGAIN = "Open it in Excel, save it under a new name, and use that file."

# The exceptions of zipfile for a damaged archive, while it reads an entry.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)

# The exceptions of expat: for broken XML, for an encoding that is unknown, and for one that it does not support.
XML_ERRORS = (expat.ExpatError, LookupError, ValueError)


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open the archive for reading. A damaged archive inside the ``with`` becomes a :class:`SourceError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _ZIP_ERRORS:
        raise damaged_workbook(path) from None


def damaged_workbook(path: Path) -> SourceError:
    """Return the error for a workbook whose parts are broken or missing."""
    return SourceError(f"{path} is damaged or incomplete and cannot be read as a workbook.", SAVE_AGAIN)


def no_sheets(path: Path) -> SourceError:
    """Return the error for a workbook that lists no sheets."""
    return SourceError(f"{path} is a workbook that lists no sheets.", SAVE_AGAIN)


def rows_out_of_order(path: Path, sheet: str, row: int, before: int) -> SourceError:
    """Return the error for a sheet in which row ``row`` stands behind row ``before``."""
    return SourceError(f'{path}, sheet "{sheet}": row {row:,} stands behind row {before:,} in the file.', SAVE_AGAIN)


def unexpected_xml(path: Path, name: str) -> SourceError:
    """Return the error for a part whose XML no spreadsheet program writes."""
    return SourceError(f"{path} holds XML that no spreadsheet program writes ({name}).", SAVE_AGAIN)


def check_archive(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise :class:`SourceError` unless number, names and sizes of the parts can be those of a workbook."""
    entries = archive.infolist()
    if len(entries) > MAX_PARTS:
        raise SourceError(f"{path} has {len(entries)} parts; a workbook has at most {MAX_PARTS}.", SAVE_AGAIN)
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename.replace("\\", "/").lower()
        if name in seen:
            raise SourceError(f"{path} holds the part {entry.filename} twice.", SAVE_AGAIN)
        seen.add(name)
        if entry.flag_bits & 1:
            raise password_protected(path)
        if name.startswith("/") or ".." in name.split("/"):
            raise SourceError(f"{path} holds a part whose name points outside ({entry.filename}).", SAVE_AGAIN)
        if entry.file_size > max(_LARGE, entry.compress_size * _MAX_RATIO):
            raise _too_large_error(path)
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise _too_large_error(path)


def _too_large_error(path: Path) -> SourceError:
    return SourceError(
        f"{path} unpacks to far more data than its size allows for a spreadsheet.",
        "If it is really yours, save the sheet as CSV UTF-8 and import that.",
    )


def verify_parts(archive: zipfile.ZipFile, path: Path, read_anyway: Collection[str] = ()) -> None:
    """Read every part but sheets and pictures once, to find wrong checksums and document type declarations.

    ``read_anyway`` are parts to leave out, because they are read from end to end later. Raises :class:`SourceError`.
    """
    for entry in archive.infolist():
        skipped = entry.filename.startswith(("xl/worksheets/sheet", "xl/media/", "Pictures/"))
        if not skipped and entry.filename not in read_anyway:
            for _ in read_part(archive, entry.filename, path):
                pass


def read_part(archive: zipfile.ZipFile, name: str, path: Path, size: int = _BLOCK) -> Iterator[bytes]:
    """Yield the unpacked bytes of one part in blocks of ``size`` bytes.

    Raises :class:`SourceError` for damage, and for XML with a document type declaration or in UTF-16 (no spreadsheet
    program writes these).
    """
    try:
        with archive.open(name) as stream:
            block = stream.read(size)
            is_wide = block.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in block[:8]
            has_doctype = is_wide or b"<!DOCTYPE" in block[:65536] or b"<!ENTITY" in block[:65536]
            if has_doctype and name.endswith((".xml", ".rels")):
                raise unexpected_xml(path, name)
            while block:
                yield block
                block = stream.read(size)
    except (KeyError, *_ZIP_ERRORS):
        raise damaged_workbook(path) from None
