"""A workbook's ZIP container, judged before anything unpacks it: no bombs, no double entries, no damaged parts."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.parsers import expat

from importer.core.errors import SourceError

MOST_ENTRIES = 1000
MOST_UNPACKED = 2 << 30
_MOST_RATIO = 200
_LARGE = 50 << 20
_BLOCK = 1 << 20
_SAVE_AGAIN = "Open it in Excel, save it under a new name, and use that file."

# What a damaged archive makes zipfile raise while it reads an entry.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)

BROKEN_XML = (expat.ExpatError, LookupError, ValueError)
"""What expat raises: for broken XML, for an encoding that nobody knows, and for one that it cannot take."""


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, for reading. Whatever breaks inside the ``with`` becomes a :class:`SourceError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _BROKEN:
        raise damaged(path) from None


def damaged(path: Path) -> SourceError:
    """The error for a workbook whose parts are broken or missing."""
    return SourceError(f"{path} is damaged or incomplete and cannot be read as a workbook.", _SAVE_AGAIN)


def strange_xml(path: Path, name: str) -> SourceError:
    """The error for a part whose XML begins like no spreadsheet program's."""
    return SourceError(f"{path} holds XML that no spreadsheet program writes ({name}).", _SAVE_AGAIN)


def inspect_archive(archive: zipfile.ZipFile, path: Path) -> None:
    """Raise :class:`SourceError` unless the table of contents is that of an honest workbook."""
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise SourceError(f"{path} has {len(entries)} parts; a workbook has at most {MOST_ENTRIES}.", _SAVE_AGAIN)
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename.replace("\\", "/").lower()
        if name in seen:
            raise SourceError(f"{path} holds the part {entry.filename} twice.", _SAVE_AGAIN)
        seen.add(name)
        if name.startswith("/") or ".." in name.split("/") or entry.flag_bits & 1:
            raise damaged(path)
        if entry.file_size > max(_LARGE, entry.compress_size * _MOST_RATIO):
            raise _too_large(path)
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise _too_large(path)


def _too_large(path: Path) -> SourceError:
    return SourceError(
        f"{path} unpacks to far more data than its size allows for a spreadsheet.",
        "If it is really yours, save the sheet as CSV UTF-8 and import that.",
    )


def prove_parts(archive: zipfile.ZipFile, path: Path, others: Collection[str] = ()) -> None:
    """Read every part but sheets and pictures once, so that wrong checksums and document type declarations show.

    ``others`` are parts that are read from end to end anyway.
    """
    for entry in archive.infolist():
        known = entry.filename.startswith(("xl/worksheets/sheet", "xl/media/", "Pictures/"))
        if not known and entry.filename not in others:
            for _ in unpacked(archive, entry.filename, path):
                pass


def unpacked(archive: zipfile.ZipFile, name: str, path: Path, size: int = _BLOCK) -> Iterator[bytes]:
    """The bytes of one part in blocks of ``size`` bytes.

    Raises :class:`SourceError` for XML with a document type declaration (no spreadsheet program writes one).
    """
    try:
        with archive.open(name) as stream:
            block = stream.read(size)
            if name.endswith((".xml", ".rels")) and _declares_type(block):
                raise strange_xml(path, name)
            while block:
                yield block
                block = stream.read(size)
    except (KeyError, *_BROKEN):
        raise damaged(path) from None


def prove_xml(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    """Read one part as XML. Raises :class:`SourceError` when it ends too early or is none.

    For parts that others read: the reader of OpenDocument files waits for ever for the end of a sheet that has none.
    """

    def refuse(*_: Any) -> None:
        raise strange_xml(path, name)

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        for block in unpacked(archive, name, path):
            parser.Parse(block, False)
        parser.Parse(b"", True)
    except BROKEN_XML:
        raise damaged(path) from None


def _declares_type(block: bytes) -> bool:
    wide = block.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in block[:8]
    return wide or b"<!DOCTYPE" in block[:65536] or b"<!ENTITY" in block[:65536]
