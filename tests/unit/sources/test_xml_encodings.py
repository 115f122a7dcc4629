"""Parts of a workbook whose XML claims an encoding that is unknown, or that an XML parser cannot take."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from importer.core.errors import SourceError
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.source_files import as_ods, rows_of

ENCODINGS = ("Uods8", "rot13", "cp932", "utf-7")


def sound(folder: Path, name: str) -> Path:
    """A workbook with texts and formats, or an OpenDocument file."""
    path = folder / name
    if name.endswith(".ods"):
        cell = '<table:table-cell office:value-type="string"><text:p>Name</text:p></table:table-cell>'
        return as_ods(path, [[cell], [cell]])
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_column(0, 0, ["Name", "Asha"])
    return path


def declared(path: Path, part: str, encoding: str, name: str = "Asha") -> Path:
    """The workbook with another encoding in the declaration of a part, and in its bytes for the name."""
    made = path.with_name(f"other-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            if entry == part:
                body = re.sub(rb"^<\?xml[^>]*\?>\s*", b"", content).replace(b"Asha", name.encode("latin-1"))
                content = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + body
            new.writestr(entry, content)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("a.xlsx", "_rels/.rels"),
        ("a.xlsx", "xl/workbook.xml"),
        ("a.xlsx", "xl/_rels/workbook.xml.rels"),
        ("a.xlsx", "xl/sharedStrings.xml"),
        ("a.xlsx", "xl/styles.xml"),
        ("a.ods", "content.xml"),
    ],
)
def test_an_unknown_encoding(tmp_path: Path, name: str, part: str, encoding: str) -> None:
    """The workbook is reported as damaged; no exception of the parser comes through."""
    path = declared(sound(tmp_path, name), part, encoding)
    with pytest.raises(SourceError, match="is damaged or incomplete"):
        list(open_in_process(path, SourceOptions()).chunks())


@pytest.mark.parametrize("name", ["Zo\xeb", "Ren\xc3\xa9"])
def test_another_encoding_that_is_known(tmp_path: Path, name: str) -> None:
    """Shared texts are read as they say they are encoded, even where their bytes could be UTF-8 by chance."""
    path = declared(sound(tmp_path, "a.xlsx"), "xl/sharedStrings.xml", "iso-8859-1", name)
    assert rows_of(open_in_process(path, SourceOptions())) == [(2, 2, [name])]
