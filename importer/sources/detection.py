"""Check the file itself, and detect its format by its first bytes, never by its name."""

from __future__ import annotations

import re
import stat
import struct
import zlib
from dataclasses import dataclass
from os import stat_result
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.errors import SourceError

if TYPE_CHECKING:
    import mmap
    import zipfile


def _wide(name: bytes) -> bytes:
    """Return an ASCII name in UTF-16, byte by byte as it is in a file."""
    return name.decode("ascii").encode("utf-16-le")


_HEAD_BYTES = 4096
_BLOCK = 1 << 20
_IN_USE = (32, 33)
"""ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION of Windows."""
_SAVE_AS = "Open it in the program that made it and save it as .xlsx or as CSV UTF-8."
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_ENCRYPTED, _OTHER_STREAMS = b"encryptedpackage", (b"worddocument", b"powerpoint document")
# The names of streams that tell what an OLE container holds, in UTF-16; programs differ in their capitals.
_OLE_NAMES = re.compile(
    b"(%s)\0\0" % b"|".join(map(_wide, (b"root entry", b"workbook", b"book", _ENCRYPTED, *_OTHER_STREAMS))),
    re.IGNORECASE,
)
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
_HTML = re.compile(
    rb"\s*(<!--.*?-->\s*)*<(!doctype html|(html|head|body|table|tr|div|meta|style|title|script|p|center|font)\b)",
    re.DOTALL,
)
_WEB_ARCHIVE = re.compile(rb"mime-version:.*\bcontent-type:\s*multipart/related", re.DOTALL)
_XML_SPREADSHEET = (b'progid="excel.sheet"', b"urn:schemas-microsoft-com:office:spreadsheet")
_SYLK = re.compile(rb"id;p[^\r\n]*[\r\n]+[bcefop];")
_IN_EXCEL = (
    "Open it in Excel (answer Yes if Excel asks whether to open it all the same), choose File, Save As, "
    "Excel Workbook (.xlsx), and import that file."
)
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
    if getattr(error, "winerror", 0) in _IN_USE:
        return SourceError(
            f"{path} cannot be read: another program has it open, such as Excel or OneDrive.",
            "Close it there, or wait until it is synchronised; then try again.",
        )
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
    # Also of UTF-16, where every other byte is zero.
    begin = head.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"").lstrip().lower()
    if _HTML.match(begin) or _WEB_ARCHIVE.match(begin) or (begin.startswith(b"<?xml") and b"<html" in begin):
        raise SourceError(f"{path} is a web page (HTML), whatever its name says.", _IN_EXCEL)
    if begin.startswith(b"<?xml") and any(mark in begin for mark in _XML_SPREADSHEET):
        raise SourceError(f"{path} is an XML spreadsheet of Excel 2003, which cannot be read here.", _IN_EXCEL)
    if begin.startswith(b"<?xml"):
        raise SourceError(f"{path} is an XML file, not a spreadsheet that can be read here.", _SAVE_AS)
    if _SYLK.match(begin):
        raise SourceError(f"{path} is a SYLK file (.slk), which cannot be read here.", _IN_EXCEL)


def _zip_format(path: Path) -> str:
    """Tell the workbook formats in ZIP containers apart by their parts."""
    import zipfile

    from importer.sources.excel.relationships import find_main_part, list_parts

    try:
        with zipfile.ZipFile(path) as archive:
            names = list_parts(archive)
            mime_type = _read_begin(archive, names.get("mimetype"), 100)
            # Some programs leave the type out; then the content tells it.
            is_spreadsheet = not mime_type and b":spreadsheet" in _read_begin(archive, names.get("content.xml"), _BLOCK)
            main = find_main_part(archive, path, names)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, zlib.error, EOFError, ValueError):
        raise SourceError(
            f"{path} is a workbook or archive that is damaged or incomplete.",
            "Copy or download it again, or open it in Excel and save it under a new name.",
        ) from None
    if mime_type.startswith(b"application/vnd.oasis.opendocument.spreadsheet") or is_spreadsheet:
        return "ods"
    if any(name.startswith(("word/", "ppt/")) for name in names) or mime_type:
        raise SourceError(f"{path} is a document or presentation, not a spreadsheet.", _SAVE_AS)
    if main:
        return "xlsb" if main.lower().endswith(".bin") else "xlsx"
    if "[content_types].xml" in names:
        raise SourceError(f"{path} is a workbook without its table of sheets.", "Open it in Excel and save it again.")
    if "index/document.iwa" in names or "index.zip" in names:
        raise SourceError(
            f"{path} is a document of Apple Numbers.",
            "Open it in Numbers, choose File, Export To, Excel, and import that.",
        )
    raise SourceError(f"{path} is a ZIP archive.", "Unpack it and name the spreadsheet inside it.")


def _read_begin(archive: zipfile.ZipFile, name: str | None, size: int) -> bytes:
    if name is None:
        return b""
    with archive.open(name) as stream:
        return stream.read(size)


def _ole_format(path: Path) -> str:
    """Find the stream of an .xls workbook, or of an encrypted one, in the directory of an OLE container."""
    import mmap

    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        # Entries of the directory have 128 bytes, and begin with the name.
        names = {found[1].lower() for found in _OLE_NAMES.finditer(content) if found.start() % 128 == 0}
        is_cut = _lacks_sectors(content)
    if _wide(_ENCRYPTED) in names:
        raise password_protected(path)
    if names & {_wide(b"workbook"), _wide(b"book")}:
        return "xls"
    if names.intersection(map(_wide, _OTHER_STREAMS)):
        raise SourceError(f"{path} is a document or presentation, not a spreadsheet.", _SAVE_AS)
    if _wide(b"root entry") in names and not is_cut:
        raise SourceError(f"{path} is a file of an old Office program without a workbook in it.", _SAVE_AS)
    raise SourceError(
        f"{path} is a workbook of an old Office program that is damaged or incomplete.",
        "Copy or download it again, or open it in Excel and save it under a new name.",
    )


def _lacks_sectors(content: mmap.mmap) -> bool:
    """Tell whether the directory, or a list of sectors, of an OLE container lies behind its end."""
    if len(content) < 512:
        return True
    (size_exponent,) = struct.unpack_from("<H", content, 30)
    named = (*struct.unpack_from("<I", content, 48), *struct.unpack_from("<109I", content, 76))
    # The highest numbers mean that there is none.
    sectors = [sector for sector in named if sector < 0xFFFFFFFA]
    return bool(sectors) and (max(sectors) + 2) << min(size_exponent, 16) > len(content) + 511


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
