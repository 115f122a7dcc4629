"""Values of a workbook with these shared texts."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from importer.sources.xlsx.number_formats import Shown
from importer.sources.xlsx.shared_strings import SharedStrings
from importer.sources.xlsx.values import Values


def values(*texts: str, styles: tuple[Shown, ...] = (), from_1904: bool = False) -> Values:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        items = "".join(f'<si><t xml:space="preserve">{xml(text)}</t></si>' for text in texts)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("s.xml", f"<sst>{items}</sst>")
        with zipfile.ZipFile(path) as archive:
            return Values(SharedStrings(archive, "s.xml", path), styles, from_1904=from_1904)


def xml(text: str) -> str:
    return escape(text, {"\r": "&#13;"})
