"""Check the file itself, and detect its format by its first bytes, never by its name."""

from __future__ import annotations

import stat
import zlib
from dataclasses import dataclass
from os import stat_result
from pathlib import Path

from importer.core.errors import SourceError

_HEAD_BYTES = 4096
_BLOCK = 1 << 20
_SAVE_AS = "Open it in the program that made it and save it as .xlsx or as CSV UTF-8."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
# BIFF 2 to 5 without an OLE container: the oldest Excel files begin with the type of the record BOF.
_BIFF = (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08")
_OTHER_FORMATS = (
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
_MAC_METADATA = (b"\x00\x05\x16\x07", b"\x00\x00\x00\x01Bud1")
_HTML = (b"<!doctype html", b"<html", b"<head", b"<body", b"<table", b"<div")
_EXTENSIONS = {
    "csv": {"csv", "tsv", "tab", "txt", ""},
    "xlsx": {"xlsx", "xlsm", "xltx", "xltm"},
    "xls": {"xls", "xlt"},
    "xlsb": {"xlsb"},
    "ods": {"ods", "ots"},
}
_FORMAT_NAMES = {
    "csv": "a text file",
    "xlsx": "an Excel workbook (.xlsx)",
    "xls": "an old Excel workbook (.xls)",
    "xlsb": "a binary Excel workbook (.xlsb)",
    "ods": "an OpenDocument spreadsheet (.ods)",
}


def source_hash(path: Path) -> str:
    """Return the SHA-256 of the file's bytes as they are on disk, in hexadecimal; reads in blocks of 1 MB.

    Raises :class:`SourceError` when the file cannot be read.
    """
    check_regular_file(path)
    # Imported here, because it loads OpenSSL, which the reading process does not need.
    import hashlib

    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        raise unreadable_file(path, error) from None
    return digest.hexdigest()


def file_signature(path: Path) -> tuple[int, int, int]:
    """Return the size in bytes, the modification time in nanoseconds and the inode number of the file.

    When one of them differs, the file was written to or replaced. Raises :class:`SourceError` when there is no such
    regular file.
    """
    info = check_regular_file(path)
    return info.st_size, info.st_mtime_ns, info.st_ino


def check_regular_file(path: Path) -> stat_result:
    """Return the ``stat`` result of the regular file ``path``.

    Raises :class:`SourceError` for anything else, without opening it: opening a pipe would block for ever.
    """
    try:
        info = path.stat()
    except FileNotFoundError:
        raise SourceError(f"There is no file {path}.", "Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        raise unreadable_file(path, error) from None
    if stat.S_ISDIR(info.st_mode):
        raise SourceError(f"{path} is a folder, not a file.", "Name the spreadsheet inside it.")
    if not stat.S_ISREG(info.st_mode):
        raise SourceError(f"{path} is a device or a pipe, not an ordinary file.", "Save the data to a file first.")
    return info


def read_head(path: Path) -> bytes:
    """Return the first 4096 bytes of the file. Raises :class:`SourceError`."""
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD_BYTES)
    except OSError as error:
        raise unreadable_file(path, error) from None


def unreadable_file(path: Path, error: Exception) -> SourceError:
    """Return the error for a file that the operating system refuses to open or read."""
    reason = (error.strerror if isinstance(error, OSError) else None) or "its name or its content is damaged"
    return SourceError(f"{path} cannot be read: {reason}.", "Check that the file is there and that you may read it.")


def damaged_gzip(path: Path) -> SourceError:
    """Return the error for a compressed file that ends early or has wrong bytes."""
    return SourceError(f"{path} is a damaged or incomplete .gz file.", "Copy or download it again.")


def password_protected(path: Path) -> SourceError:
    """Return the error for a workbook that needs a password to open."""
    return SourceError(
        f"{path} is protected with a password.",
        "Open it in Excel, remove the password (File, Info, Protect Workbook) and save it.",
    )


@dataclass(frozen=True, slots=True)
class DetectedFormat:
    """The format of a file by its content. ``format`` as :class:`Source` names it; ``gzipped`` for compressed text.

    ``how`` is the evidence for the user, ``warning`` a sentence about a misleading extension, empty if it is right.
    """

    format: str
    gzipped: bool
    how: str
    warning: str = ""


def is_container(head: bytes) -> bool:
    """Tell whether a file with these first bytes is a workbook, or another ZIP or OLE file, and no text."""
    return head.startswith((*_ZIP, _OLE)) or _is_biff(head)


def _is_biff(head: bytes) -> bool:
    # A text may begin with a tab, too, but the high byte of the record's length is a NUL, which no text has.
    return head.startswith(_BIFF) and b"\x00" in head[2:8]


def detect_format(path: Path, head: bytes) -> DetectedFormat:
    """Detect the format of the regular file ``path`` with these first bytes.

    Raises :class:`SourceError` when it is empty or no spreadsheet; the message names the format it has instead.
    """
    if not head:
        raise SourceError(f"{path} is empty.", "Export the data again; the file should hold at least the headings.")
    gzipped = head.startswith(_GZIP)
    if gzipped:
        head = _read_unpacked_head(path)
        if head.startswith((*_ZIP, _OLE)):
            raise SourceError(
                f"{path} is a compressed workbook or archive.", "Unpack it first; only text files are read from .gz."
            )
    if head.startswith(_ZIP):
        detected, how = _zip_format(path), "by its content"
    elif head.startswith(_OLE):
        detected, how = _ole_format(path), "by its content"
    elif _is_biff(head):
        detected, how = "xls", "by its content"
    else:
        _refuse_other_formats(path, head)
        detected, how = "csv", "text"
    how = f"{how}, compressed with gzip" if gzipped else how
    return DetectedFormat(detected, gzipped, how, _extension_warning(path, detected, gzipped))


def _read_unpacked_head(path: Path) -> bytes:
    import gzip

    try:
        with gzip.open(path, "rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        raise damaged_gzip(path) from None
    if not head:
        raise SourceError(f"{path} holds an empty file.", "Export the data again.")
    return head


def _refuse_other_formats(path: Path, head: bytes) -> None:
    """Raise :class:`SourceError` for well-known formats that are neither spreadsheets nor delimited text."""
    for magic, name in _OTHER_FORMATS:
        if head.startswith(magic):
            raise SourceError(f"{path} is {name}, not a spreadsheet.", _SAVE_AS)
    if head.startswith(_MAC_METADATA):
        raise SourceError(f"{path} is a note that a Mac leaves beside files.", "Name the spreadsheet itself.")
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begin.startswith(_HTML) or (begin.startswith(b"<?xml") and b"<html" in begin):
        raise SourceError(f"{path} is a web page (HTML), whatever its name says.", _SAVE_AS)
    if begin.startswith(b"<?xml"):
        raise SourceError(f"{path} is an XML file, not a spreadsheet that can be read here.", _SAVE_AS)


def _zip_format(path: Path) -> str:
    """Tell the workbook formats in ZIP containers apart by their parts."""
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
            mime_type = b""
            if "mimetype" in names:
                with archive.open(names["mimetype"]) as stream:
                    mime_type = stream.read(100)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, zlib.error, EOFError, ValueError):
        raise SourceError(
            f"{path} is a workbook or archive that is damaged or incomplete.",
            "Copy or download it again, or open it in Excel and save it under a new name.",
        ) from None
    if "xl/workbook.bin" in names:
        return "xlsb"
    if mime_type.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "[content_types].xml" in names and any(name.startswith("xl/") for name in names):
        raise SourceError(f"{path} is a workbook without its table of sheets.", "Open it in Excel and save it again.")
    if any(name.startswith(("word/", "ppt/")) for name in names) or mime_type:
        raise SourceError(f"{path} is a document or presentation, not a spreadsheet.", _SAVE_AS)
    raise SourceError(f"{path} is a ZIP archive.", "Unpack it and name the spreadsheet inside it.")


def _ole_format(path: Path) -> str:
    """Find the stream of an .xls workbook, or of an encrypted one, in an OLE container by its UTF-16 name."""
    import mmap

    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content.find("EncryptedPackage".encode("utf-16-le")) >= 0:
            raise password_protected(path)
        if content.find("Workbook".encode("utf-16-le")) >= 0 or content.find("Book".encode("utf-16-le")) >= 0:
            return "xls"
    raise SourceError(f"{path} is a document of an old Office program or a damaged workbook.", _SAVE_AS)


def _extension_warning(path: Path, detected: str, gzipped: bool) -> str:
    """Return a sentence about an extension that belongs to another format; empty if it is right or unknown."""
    name = path.name.lower()
    bare_name = name.removesuffix(".gz")
    extension = bare_name.rpartition(".")[2] if "." in bare_name else ""
    if extension not in _EXTENSIONS[detected] and any(extension in known for known in _EXTENSIONS.values()):
        return f"The name says .{extension}, but the file is {_FORMAT_NAMES[detected]}; it was read as that."
    if name.endswith(".gz") and not gzipped:
        return "The name says .gz, but the file is not compressed; it was read as it is."
    if gzipped and not name.endswith(".gz"):
        return "The name does not say .gz, but the file is compressed; it was unpacked while reading."
    return ""
