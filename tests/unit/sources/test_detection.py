"""Files that are no spreadsheets, and files whose names lie."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.core.errors import SourceError
from importer.sources import file_signature, source_hash
from importer.sources.detection import unreadable_file
from importer.sources.interface import Source, SourceOptions
from importer.sources.opening import open_in_process
from tests.support.source_files import FILES, as_csv, as_gzip, as_ods, as_xlsx, detected, rows_of

NONE = SourceOptions()
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def refused(path: Path, options: SourceOptions = NONE) -> tuple[str, str]:
    """Message, with the path shortened to its name, and remedy."""
    with pytest.raises(SourceError) as caught:
        open_in_process(path, options)
    return caught.value.message.replace(str(path), path.name), caught.value.remedy


def zipped(names: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_a_missing_file(tmp_path: Path) -> None:
    """A wrong path is reported, by every public function."""
    path = tmp_path / "leads.csv"
    assert refused(path) == ("There is no file leads.csv.", "Check the name and the folder.")
    for entrance in (source_hash, file_signature):
        with pytest.raises(SourceError, match="There is no file"):
            entrance(path)


def test_a_folder(tmp_path: Path) -> None:
    """A folder is no spreadsheet."""
    message = f"{tmp_path.name} is a folder, not a file."
    assert refused(tmp_path) == (message, "Name the spreadsheet inside it.")


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    """A named pipe is refused before it is opened, because opening would wait for a writer."""
    path = tmp_path / "leads.csv"
    os.mkfifo(path)
    message = "leads.csv is a device or a pipe, not an ordinary file."
    assert refused(path) == (message, "Save the data to a file first.")


def test_a_device() -> None:
    """A device without an end is refused."""
    assert refused(Path("/dev/zero"))[0] == "zero is a device or a pipe, not an ordinary file."


def test_a_loop_of_links(tmp_path: Path) -> None:
    """A link that leads to itself is an error with a remedy."""
    path = tmp_path / "leads.csv"
    path.symlink_to(path)
    assert refused(path)[0].startswith("leads.csv cannot be read: ")


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \r\n \t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    """No bytes, or nothing but blanks and a byte order mark, is an empty file."""
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    expected = ("leads.csv is empty.", "Export the data again; the file should hold at least the headings.")
    assert refused(path) == expected


def test_an_empty_file_inside_gzip(tmp_path: Path) -> None:
    """A compressed file of nothing is empty too."""
    path = tmp_path / "leads.csv.gz"
    path.write_bytes(gzip.compress(b""))
    assert refused(path)[0] == "leads.csv.gz holds an empty file."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7\n...", "leads.csv is a PDF document, not a spreadsheet."),
        (b"\x89PNG\r\n\x1a\n....", "leads.csv is a picture, not a spreadsheet."),
        (b"\xff\xd8\xff\xe0....", "leads.csv is a picture, not a spreadsheet."),
        (b"  <!DOCTYPE HTML><table>", "leads.csv is a web page (HTML), whatever its name says."),
        (b"\xef\xbb\xbf<html><body>", "leads.csv is a web page (HTML), whatever its name says."),
        (b'<?xml version="1.0"?><html>', "leads.csv is a web page (HTML), whatever its name says."),
        (b'<?xml version="1.0"?><Workbook>', "leads.csv is an XML file, not a spreadsheet that can be read here."),
        (zipped({"leads.csv": b"a,b"}), "leads.csv is a ZIP archive."),
        (zipped({"word/document.xml": b"<w/>"}), "leads.csv is a document or presentation, not a spreadsheet."),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.text"}), "leads.csv is a document or presentation, "
         "not a spreadsheet."),
        (b"PK\x03\x04 and then nothing", "leads.csv is a workbook or archive that is damaged or incomplete."),
        (OLE + b"\0" * 600, "leads.csv is a workbook of an old Office program that is damaged or incomplete."),
        (b"\x1f\x8b\x08 broken", "leads.csv is a damaged or incomplete .gz file."),
        (b"PAR1....", "leads.csv is a Parquet file, not a spreadsheet."),
    ],
)  # fmt: skip
def test_other_content_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    """A file that is something else is refused with what it is, and never read as text."""
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    assert refused(path)[0] == message


def test_a_workbook_with_a_password(tmp_path: Path) -> None:
    """An encrypted .xlsx is an OLE container with a stream EncryptedPackage."""
    path = tmp_path / "leads.xlsx"
    path.write_bytes(OLE + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 100)
    assert refused(path) == (
        "leads.xlsx is protected with a password.",
        "Open it in Excel, remove the password (File, Info, Protect Workbook) and save it.",
    )


def test_a_compressed_workbook(tmp_path: Path) -> None:
    """Only text is read from .gz."""
    path = tmp_path / "leads.xlsx.gz"
    path.write_bytes(gzip.compress(as_xlsx(tmp_path / "leads.xlsx").read_bytes()))
    expected = (
        "leads.xlsx.gz is a compressed workbook or archive.",
        "Unpack it first; only text files are read from .gz.",
    )
    assert refused(path) == expected


def test_a_lock_file_of_excel(tmp_path: Path) -> None:
    """The mark that Excel leaves beside an open workbook is not the workbook."""
    path = tmp_path / "~$leads.xlsx"
    path.write_bytes(b"\x05owner")
    assert refused(path) == (
        "~$leads.xlsx is the mark that Excel leaves while a workbook is open, not the workbook.",
        f"Save and close the workbook in Excel, then name {tmp_path / 'leads.xlsx'}.",
    )


@pytest.mark.parametrize("mark", ["~$leads.csv", ".~lock.leads.csv#"])
def test_a_file_open_in_another_program_is_noted(tmp_path: Path, mark: str) -> None:
    """Unsaved changes are not in the file, and a note says so."""
    path = as_csv(tmp_path / "leads.csv")
    assert open_in_process(path, NONE).notes == ()
    (tmp_path / mark).write_bytes(b"")
    note = "The file is open in another program; changes that are not saved there are not in it."
    assert open_in_process(path, NONE).notes == (note,)


@pytest.mark.parametrize(
    ("name", "make", "form", "note"),
    [
        ("a.xlsx", as_csv, "csv", "The name says .xlsx, but the file is a text file; it was read as that."),
        (
            "a.csv",
            as_xlsx,
            "xlsx",
            "The name says .csv, but the file is an Excel workbook (.xlsx); it was read as that.",
        ),
        (
            "a.xls",
            as_xlsx,
            "xlsx",
            "The name says .xls, but the file is an Excel workbook (.xlsx); it was read as that.",
        ),
        (
            "a.ods",
            as_xlsx,
            "xlsx",
            "The name says .ods, but the file is an Excel workbook (.xlsx); it was read as that.",
        ),
        ("a.csv.gz", as_csv, "csv", "The name says .gz, but the file is not compressed; it was read as it is."),
        (
            "a.csv",
            as_gzip,
            "csv",
            "The name does not say .gz, but the file is compressed; it was unpacked while reading.",
        ),
    ],
)
def test_a_lying_name_is_noted(tmp_path: Path, name: str, make: Callable[[Path], Path], form: str, note: str) -> None:
    """The content decides; a note says that the extension is wrong."""
    proper = make(tmp_path / ("proper.xlsx" if make is as_xlsx else "proper.csv"))
    source = open_in_process(proper.rename(tmp_path / name), NONE)
    assert source.format == form
    assert source.notes == (note,)
    assert len(rows_of(source)) == 4


@pytest.mark.parametrize(("fixture", "name"), [("tiny.xls", "a.xlsx"), ("tiny.ods", "a.xlsx"), ("tiny.ods", "a.csv")])
def test_other_workbooks_under_wrong_names(tmp_path: Path, fixture: str, name: str) -> None:
    """The reading library is not misled by the extension either."""
    path = tmp_path / name
    path.write_bytes((FILES / fixture).read_bytes())
    source = open_in_process(path, SourceOptions(sheet="People"))
    assert source.format == fixture.partition(".")[2]
    assert len(rows_of(source)) == 4


def test_compressed_text_says_so(tmp_path: Path) -> None:
    """The format's evidence mentions gzip."""
    assert detected(open_in_process(as_gzip(tmp_path / "a.csv.gz"), NONE), "format") == (
        "csv",
        "text, compressed with gzip",
    )


def test_a_cut_gzip_file(tmp_path: Path) -> None:
    """A compressed file that ends early is refused when it is opened, not half read."""
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"A,B\n" + os.urandom(20_000).hex().encode())[:-2000])
    assert refused(path) == ("a.csv.gz is a damaged or incomplete .gz file.", "Copy or download it again.")


def test_a_gzip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compressed file that unpacks to far more than any table of its size is refused early."""
    monkeypatch.setattr("importer.sources.csv.encoding._ALWAYS_UNPACKED", 3 << 20)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" * (2 << 20)))
    assert refused(path) == (
        "a.csv.gz unpacks to more than 4 MB.",
        "Unpack it yourself if you trust it, and split it.",
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (SourceOptions(encoding="utf-8"), "a.ods is a workbook and has no encoding."),
        (SourceOptions(delimiter=","), "a.ods is a workbook and has no delimiter."),
    ],
)
def test_options_of_text_files_make_no_sense_for_workbooks(
    tmp_path: Path, options: SourceOptions, message: str
) -> None:
    """An option that would have no effect is refused rather than ignored."""
    assert refused(as_ods(tmp_path / "a.ods", []), options)[0] == message


def test_a_text_file_has_no_sheets(open_text: Callable[..., Source]) -> None:
    """A sheet named for a text file is reported as a mistake."""
    with pytest.raises(SourceError, match="is a text file and has no sheets"):
        open_text("A,B\n1,2\n", sheet="Leads")


@pytest.mark.parametrize(("winerror", "expected"), [(32, "another program has it open"), (5, "Permission denied")])
def test_a_file_that_excel_holds_open_on_windows(winerror: int, expected: str) -> None:
    """The way out is to close it there; of other refusals Windows' own words are shown."""
    error = PermissionError(13, "Permission denied")
    error.winerror = winerror  # type: ignore[attr-defined]  # there on Windows only
    told = unreadable_file(Path("leads.xlsx"), error)
    assert expected in told.message
    assert ("Close it there" in told.remedy) is (winerror == 32)
