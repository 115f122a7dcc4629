"""Find what a copy of a workbook would lose: openpyxl drops the parts of the file that it does not know."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator

_KEPT = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:core|app|custom)\.xml|docProps/thumbnail\.\w+|customXml/.+"
    r"|xl/(?:workbook|styles|sharedStrings|calcChain)\.xml|xl/_rels/workbook\.xml\.rels|xl/theme/.+"
    r"|xl/worksheets/(?:_rels/)?[^/]+|xl/worksheets/sheets?/.+|xl/tables/.+|xl/(?:comments/)?comments?\d*\.xml"
    r"|xl/drawings/(?:_rels/)?[^/]+|xl/externalLinks/.+|xl/printerSettings/.+|xl/vbaProject\.bin|.+/",
    re.IGNORECASE,
)
"""Parts that openpyxl keeps, writes anew, or whose loss nobody sees. Drawings are judged by their content."""
_LOST = (
    ("xl/charts/", "charts"),
    ("xl/chartsheets/", "charts"),
    ("xl/media/", "pictures"),
    ("xl/slicer", "slicers"),
    ("xl/timeline", "timelines"),
    ("xl/pivot", "pivot tables"),
    ("xl/threadedcomments/", "conversations in comments"),
    ("xl/persons/", "conversations in comments"),
    ("xl/ctrlprops/", "buttons and other form controls"),
    ("xl/activex/", "buttons and other form controls"),
    ("xl/embeddings/", "embedded documents"),
    ("xl/querytables/", "connections to other data"),
    ("xl/connections.xml", "connections to other data"),
    ("xl/model/", "a data model"),
    ("xl/macrosheets/", "macro sheets"),
    ("xl/dialogsheets/", "dialog sheets"),
    ("xl/metadata.xml", "formulas or data types of newer versions of Excel"),
    ("xl/richdata/", "formulas or data types of newer versions of Excel"),
    ("customui/", "additions to the ribbon"),
    ("docmetadata/", "a sensitivity label"),
    ("_xmlsignatures/", "a digital signature"),
)
_ANCHOR = re.compile(rb"<(?:\w+:)?(?:twoCellAnchor|oneCellAnchor|absoluteAnchor)\b")
_OTHER_CONTROL = re.compile(rb"ObjectType=[\"'](?!Note\b)")
_WARNINGS = (
    ("Data Validation extension", "drop-down lists that refer to another sheet"),
    ("Conditional Formatting extension", "conditional formats of newer versions of Excel"),
    ("Sparkline", "sparklines"),
    ("Slicer", "slicers"),
    ("Timeline", "timelines"),
    ("header or footer", "the header or footer of printed pages"),
    ("Print area", "the print area"),
    ("serial value is outside", "dates that no calendar has"),
)
_HARMLESS = "no default style"


def find_lost_parts(archive: zipfile.ZipFile) -> Iterator[str]:
    """Yield what the parts of a workbook hold that a copy would lose, for people; the same may come twice."""
    for entry in archive.infolist():
        name = entry.filename.lower()
        if name.startswith("xl/drawings/") and not name.endswith(".rels"):
            content = archive.read(entry)
            if _ANCHOR.search(content):
                yield "pictures, charts or shapes"
            if _OTHER_CONTROL.search(content):
                yield "buttons and other form controls"
        elif not _KEPT.fullmatch(name):
            yield next((what for begin, what in _LOST if name.startswith(begin)), f"the part {entry.filename}")


def describe_warning(message: str) -> str:
    """Describe for people what a warning of openpyxl says is lost; empty where nothing is."""
    if _HARMLESS in message:
        return ""
    return next((what for words, what in _WARNINGS if words in message), f"something else ({message})")
