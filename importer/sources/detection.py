"""What a file is, judged by its first bytes and never by its name."""

from __future__ import annotations

import gzip
import mmap
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from importer.core.errors import SourceError
from importer.sources.files import unreadable

_HEAD = 4096
_SAVE_AS = "Open it in the program that made it and save it as .xlsx or as CSV UTF-8."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"BM\x00", "a picture"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"SQLite format 3", "a database"),
    (b"\x7fELF", "a program"),
    (b"PAR1", "a Parquet file"),
)
_LEFT_BY_MACS = (b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1")
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<div")
_NAMES = {
    "csv": {"csv", "tsv", "tab", "txt", ""},
    "xlsx": {"xlsx", "xlsm", "xltx", "xltm"},
    "xls": {"xls", "xlt"},
    "xlsb": {"xlsb"},
    "ods": {"ods", "ots"},
}
_SPOKEN = {
    "csv": "a text file",
    "xlsx": "an Excel workbook (.xlsx)",
    "xls": "an old Excel workbook (.xls)",
    "xlsb": "a binary Excel workbook (.xlsb)",
    "ods": "an OpenDocument spreadsheet (.ods)",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What the content is. ``format`` as :class:`Source` names it; ``packed`` for gzip around a text file.

    ``how`` is the evidence for people and ``lie`` a sentence about a misleading extension, empty when it is right.
    """

    format: str
    packed: bool
    how: str
    lie: str = ""


def is_container(path: Path) -> bool:
    """Whether the file begins like a workbook or another file of parts. Raises :class:`SourceError`."""
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        raise unreadable(path, error) from None
    return head.startswith((*_ZIP, _OLE)) or _is_old_excel(head)


def _is_old_excel(head: bytes) -> bool:
    # BIFF 2 to 5 without a container: the oldest Excel files begin with the record BOF.
    return head[:2] in (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08") and b"\x00" in head[2:8]


def recognise(path: Path) -> Kind:
    """The kind of the ordinary file ``path``.

    Raises :class:`SourceError` when it is empty or no spreadsheet, saying what it is instead.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise unreadable(path, error) from None
    if not head:
        raise SourceError(f"{path} is empty.", "Export the data again; the file should hold at least the headings.")
    packed = head.startswith(_GZIP)
    if packed:
        head = _unpacked_head(path)
        if head.startswith((*_ZIP, _OLE)):
            raise SourceError(
                f"{path} is a compressed workbook or archive.", "Unpack it first; only text files are read from .gz."
            )
    form, how = _format(path, head)
    how = f"{how}, compressed with gzip" if packed else how
    return Kind(form, packed, how, _lie(path, form, packed))


def _format(path: Path, head: bytes) -> tuple[str, str]:
    if head.startswith(_ZIP):
        return _inside_zip(path), "by its content"
    if head.startswith(_OLE):
        return _inside_ole(path), "by its content"
    if _is_old_excel(head):
        return "xls", "by its content"
    for magic, name in _OTHERS:
        if head.startswith(magic):
            raise SourceError(f"{path} is {name}, not a spreadsheet.", _SAVE_AS)
    if head.startswith(_LEFT_BY_MACS):
        raise SourceError(f"{path} is a note that a Mac leaves beside files.", "Name the spreadsheet itself.")
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begin.startswith(b"<?xml") and b"<html" in begin:
        begin = b"<html"
    if begin.startswith(_MARKUP):
        raise SourceError(f"{path} is a web page (HTML), whatever its name says.", _SAVE_AS)
    if begin.startswith(b"<?xml"):
        raise SourceError(f"{path} is an XML file, not a spreadsheet that can be read here.", _SAVE_AS)
    return "csv", "text"


def _inside_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
            kind = b""
            if "mimetype" in names:
                with archive.open(names["mimetype"]) as stream:
                    kind = stream.read(100)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, zlib.error, EOFError, ValueError):
        raise SourceError(
            f"{path} is a workbook or archive that is damaged or incomplete.",
            "Copy or download it again, or open it in Excel and save it under a new name.",
        ) from None
    if "xl/workbook.bin" in names:
        return "xlsb"
    if kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "[content_types].xml" in names and any(name.startswith("xl/") for name in names):
        raise SourceError(f"{path} is a workbook without its table of sheets.", "Open it in Excel and save it again.")
    if any(name.startswith(("word/", "ppt/")) for name in names) or kind:
        raise SourceError(f"{path} is a document or presentation, not a spreadsheet.", _SAVE_AS)
    raise SourceError(f"{path} is a ZIP archive.", "Unpack it and name the spreadsheet inside it.")


def _inside_ole(path: Path) -> str:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise locked(path)
        if content.find("Workbook".encode("utf-16-le")) >= 0 or content.find("Book".encode("utf-16-le")) >= 0:
            return "xls"
    raise SourceError(f"{path} is a document of an old Office program or a damaged workbook.", _SAVE_AS)


def locked(path: Path) -> SourceError:
    """The error for a workbook that needs a password to open."""
    return SourceError(
        f"{path} is protected with a password.",
        "Open it in Excel, remove the password (File, Info, Protect Workbook) and save it.",
    )


def _unpacked_head(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as stream:
            head = stream.read(_HEAD)
    except (OSError, EOFError, zlib.error):
        raise damaged_gzip(path) from None
    if not head:
        raise SourceError(f"{path} holds an empty file.", "Export the data again.")
    return head


def damaged_gzip(path: Path) -> SourceError:
    """The error for a compressed file that ends early or has wrong bytes."""
    return SourceError(f"{path} is a damaged or incomplete .gz file.", "Copy or download it again.")


def _lie(path: Path, form: str, packed: bool) -> str:
    name = path.name.lower()
    named_packed = name.endswith(".gz")
    extension = name.removesuffix(".gz").rpartition(".")[2] if "." in name.removesuffix(".gz") else ""
    known = set().union(*_NAMES.values())
    wrong = extension in known and extension not in _NAMES[form]
    if wrong:
        return f"The name says .{extension}, but the file is {_SPOKEN[form]}; it was read as that."
    if named_packed and not packed:
        return "The name says .gz, but the file is not compressed; it was read as it is."
    if packed and not named_packed:
        return "The name does not say .gz, but the file is compressed; it was unpacked while reading."
    return ""
