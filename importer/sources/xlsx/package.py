"""Read the workbook part and the styles part of an .xlsx file: sheets, the parts they are in, and number formats."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from xml.parsers import expat

from importer.sources.excel.zip_safety import XML_ERRORS, damaged_workbook, read_part
from importer.sources.interface import SheetInfo


@dataclass(frozen=True, slots=True)
class XlsxPackage:
    """The contents of the workbook part.

    ``sheets`` are in the order of their tabs. ``members`` maps the name of a sheet to that of its part (an entry of the
    archive); ``strings`` and ``styles`` are names of parts, or empty. With ``from_1904`` dates count from 1904.
    """

    sheets: tuple[SheetInfo, ...]
    members: dict[str, str]
    strings: str
    styles: str
    from_1904: bool


def read_package(archive: zipfile.ZipFile, path: Path) -> XlsxPackage:
    """Read the workbook part of an archive. Raises :class:`SourceError` when it is damaged or has no sheets."""
    parts = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
    workbook = _Relationships(archive, path, parts, "").first_of("officedocument") or "xl/workbook.xml"
    relationships = _Relationships(archive, path, parts, workbook)
    sheets: list[tuple[str, str, str]] = []
    epochs = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), attributes.get("state", "visible"), relation))
        elif tag == "workbookPr":
            epochs.append(attributes.get("date1904", "0") in ("1", "true", "on"))

    parse_elements(read_part(archive, parts.get(workbook.lower(), workbook), path), start, path)
    if not sheets:
        raise damaged_workbook(path)
    nowhere = ("", "")
    return XlsxPackage(
        sheets=tuple(
            SheetInfo(name, state == "visible", relationships.by_id.get(relation, nowhere)[0] == "worksheet")
            for name, state, relation in sheets
        ),
        members={name: relationships.by_id.get(relation, nowhere)[1] for name, _, relation in sheets},
        strings=relationships.first_of("sharedstrings"),
        styles=relationships.first_of("styles"),
        from_1904=any(epochs),
    )


class _Relationships:
    """The relationships of the part ``owner`` (ECMA-376, part 2): which other parts it refers to.

    ``by_id`` has by id the type (the last word of its URI, in lower case) and the name of the part. ``parts`` maps the
    names of all parts in lower case to their spelling in the archive.
    """

    def __init__(self, archive: zipfile.ZipFile, path: Path, parts: dict[str, str], owner: str) -> None:
        folder, name = posixpath.split(owner.replace("\\", "/"))
        self.by_id: dict[str, tuple[str, str]] = {}
        member = parts.get(posixpath.join(folder, "_rels", f"{name}.rels").lower())
        if member is None:
            return

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship":
                target = attributes.get("Target", "").replace("\\", "/")
                full = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                part = parts.get(posixpath.normpath(full).lower(), "")
                kind = attributes.get("Type", "").rpartition("/")[2].lower()
                self.by_id[attributes.get("Id", "")] = (kind, part)

        parse_elements(read_part(archive, member, path), start, path)

    def first_of(self, kind: str) -> str:
        """Return the first part of this type; empty if there is none."""
        return next((part for found, part in self.by_id.values() if found == kind), "")


def parse_elements(blocks: Iterator[bytes], start: Callable[[str, dict[str, str]], None], path: Path) -> None:
    """Call ``start`` with the local name and the attributes of every element.

    Raises :class:`SourceError` for XML that is broken.
    """
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    try:
        for block in blocks:
            parser.Parse(block)
        parser.Parse(b"", True)
    except XML_ERRORS:
        raise damaged_workbook(path) from None


class NumberKind(IntEnum):
    """The kind of value that a number format displays."""

    NUMBER = 0
    DATETIME = 1
    DURATION = 2


# The numbers below 164 are formats that every program knows (ECMA-376, part 1, 18.8.30), with those of East Asia.
_DATETIME_FORMATS = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
_DURATION_FORMAT = 46
# Quoted and escaped characters, padding, and brackets of colours and conditions, but not [h], [m] or [s].
_LITERALS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DURATION = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_DATETIME = re.compile(r"[dmyhs]", re.IGNORECASE)


def read_styles(archive: zipfile.ZipFile, member: str, path: Path) -> list[NumberKind]:
    """Return the kind of value of each cell style, by its number. Raises :class:`SourceError` for broken XML."""
    codes: dict[int, str] = {}
    formats: list[int] = []
    section = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal section
        if tag == "numFmt":
            codes[_parse_id(attributes.get("numFmtId", ""))] = attributes.get("formatCode", "")
        elif tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            section = tag
        elif tag == "xf" and section == "cellXfs":
            formats.append(_parse_id(attributes.get("numFmtId", "0")))

    if member:
        parse_elements(read_part(archive, member, path), start, path)
    kinds = dict.fromkeys(_DATETIME_FORMATS, NumberKind.DATETIME) | {_DURATION_FORMAT: NumberKind.DURATION}
    kinds |= {number: classify_format(code) for number, code in codes.items()}
    return [kinds.get(number, NumberKind.NUMBER) for number in formats]


def _parse_id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def classify_format(code: str) -> NumberKind:
    """Return the kind of value of a format code, from its first section without texts, colours and conditions."""
    bare = _LITERALS.sub("", code).partition(";")[0]
    if _DURATION.search(bare):
        return NumberKind.DURATION
    return NumberKind.DATETIME if _DATETIME.search(bare) and bare.lower() != "general" else NumberKind.NUMBER
