"""A decoder of cells for a workbook with these shared strings and number formats."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from importer.sources.excel.number_formats import parse_number_format
from importer.sources.xlsx.shared_strings import SharedStrings
from importer.sources.xlsx.values import CellDecoder


def make_decoder(*texts: str, styles: tuple[str, ...] = (), from_1904: bool = False) -> CellDecoder:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        items = "".join(f'<si><t xml:space="preserve">{escape_xml(text)}</t></si>' for text in texts)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("s.xml", f"<sst>{items}</sst>")
        with zipfile.ZipFile(path) as archive:
            return CellDecoder(
                SharedStrings(archive, "s.xml", path), list(map(parse_number_format, styles)), from_1904=from_1904
            )


def escape_xml(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
