"""Read the workbook part and the styles part of an .xlsx file: sheets, the parts they are in, and number formats."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from importer.sources.excel.number_formats import BUILT_IN_FORMATS, GENERAL, NumberFormat, parse_number_format
from importer.sources.excel.relationships import Relationships, find_main_part, list_parts, parse_elements
from importer.sources.excel.zip_safety import no_sheets, read_part
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
    parts = list_parts(archive)
    workbook = find_main_part(archive, path, parts)
    relationships = Relationships(archive, path, parts, workbook)
    sheets: list[tuple[str, str, str]] = []
    epochs = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), attributes.get("state", ""), relation))
        elif tag == "workbookPr":
            epochs.append(attributes.get("date1904", "0") in ("1", "true", "on"))

    parse_elements(read_part(archive, workbook, path), start, path)
    if not sheets:
        raise no_sheets(path)
    nowhere = ("", "")
    return XlsxPackage(
        # Other states than these two are not defined; Excel shows such sheets.
        sheets=tuple(
            SheetInfo(
                name,
                state not in ("hidden", "veryHidden"),
                relationships.by_id.get(relation, nowhere)[0] == "worksheet",
            )
            for name, state, relation in sheets
        ),
        members={name: relationships.by_id.get(relation, nowhere)[1] for name, _, relation in sheets},
        strings=relationships.first_of("sharedstrings"),
        styles=relationships.first_of("styles"),
        from_1904=any(epochs),
    )


def read_styles(archive: zipfile.ZipFile, member: str, path: Path) -> list[NumberFormat]:
    """Return the number format of each cell style, by its number. Raises :class:`SourceError` for broken XML."""
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
    known = {**BUILT_IN_FORMATS, **{number: parse_number_format(code) for number, code in codes.items()}}
    return [known.get(number, GENERAL) for number in formats]


def _parse_id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
