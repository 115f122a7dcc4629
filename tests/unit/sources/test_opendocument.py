"""OpenDocument files whose XML is not whole: refused at once, for the library that reads them would wait for ever."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from importer.core.errors import SourceError
from importer.sources.interface import SourceOptions
from importer.sources.isolation.isolated import ReaderLimits, open_isolated
from tests.support.source_files import as_ods

pytestmark = pytest.mark.slow

CELLS = [
    f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    for text in ("Name", "Note", "Asha", "one")
]
SILENCE = 15.0
"""A reader that hangs is given up after so many seconds, with other words."""


def with_part(tmp_path: Path, name: str, content: str | None) -> Path:
    """An .ods in which a part has another content, or is missing."""
    sound, made = as_ods(tmp_path / "sound.ods", [CELLS[:2], CELLS[2:]]), tmp_path / "made.ods"
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.namelist():
            text = content if entry == name else old.read(entry).decode()
            if text is not None:
                new.writestr(entry, text)
    return made


def content_of(tmp_path: Path) -> str:
    with zipfile.ZipFile(as_ods(tmp_path / "whole.ods", [CELLS[:2], CELLS[2:]])) as archive:
        return archive.read("content.xml").decode()


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        open_isolated(path, SourceOptions(), ReaderLimits(silence=SILENCE))
    return caught.value.message


@pytest.mark.parametrize(
    "end", ["<table:table-row>", "</table:table-row>", "</text:p>", "</table:table>", "</office:spreadsheet>"]
)
def test_a_content_that_ends_early(tmp_path: Path, end: str) -> None:
    """Also where its last tag is whole, and inside the sheet, which reading then never leaves."""
    content = content_of(tmp_path)
    cut = content[: content.index(end)]
    assert "is damaged or incomplete" in refused(with_part(tmp_path, "content.xml", cut))


def test_a_tag_too_many(tmp_path: Path) -> None:
    """The end of something that never began."""
    content = content_of(tmp_path).replace("</table:table>", "</text:p></table:table>")
    assert "is damaged or incomplete" in refused(with_part(tmp_path, "content.xml", content))


@pytest.mark.parametrize("name", ["content.xml", "META-INF/manifest.xml"])
def test_a_document_type_behind_a_long_comment(tmp_path: Path, name: str) -> None:
    """However far behind the beginning it is declared."""
    content = f"<!--{' ' * 100_000}--><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"
    assert f"holds XML that no spreadsheet program writes ({name})" in refused(with_part(tmp_path, name, content))


@pytest.mark.parametrize("name", ["content.xml", "META-INF/manifest.xml"])
def test_a_part_is_missing(tmp_path: Path, name: str) -> None:
    """Nothing is read of the rest."""
    assert "is damaged or incomplete" in refused(with_part(tmp_path, name, None))
