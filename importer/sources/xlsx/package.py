"""The parts of an .xlsx file: which sheets there are, and where their cells, shared texts and formats lie."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.parsers import expat

from importer.sources.excel.calamine_reader import SheetName
from importer.sources.excel.zip_safety import BROKEN_XML, damaged, unpacked

_BOOK, _SHEET = "officedocument", "worksheet"


@dataclass(frozen=True, slots=True)
class Package:
    """What the workbook's own parts say. ``sheets`` are in the order of their tabs; ``members`` maps the name of a
    sheet to its part; ``strings`` and ``styles`` are parts, or empty; ``from_1904`` is the epoch of dates."""

    sheets: tuple[SheetName, ...]
    members: dict[str, str]
    strings: str
    styles: str
    from_1904: bool


def read_package(archive: zipfile.ZipFile, path: Path) -> Package:
    """The package of an archive. Raises :class:`SourceError` when it is not that of a workbook."""
    parts = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
    book = _Relations(archive, path, parts, "").first(_BOOK) or "xl/workbook.xml"
    relations = _Relations(archive, path, parts, book)
    sheets: list[tuple[str, str, str]] = []
    from_1904 = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            relation = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), attributes.get("state", "visible"), relation))
        elif tag == "workbookPr":
            from_1904.append(attributes.get("date1904", "0") in ("1", "true", "on"))

    parse(unpacked(archive, parts.get(book.lower(), book), path), start, path)
    if not sheets:
        raise damaged(path)
    return Package(
        sheets=tuple(
            SheetName(name, state == "visible", relations.kind(relation) == _SHEET) for name, state, relation in sheets
        ),
        members={name: relations.part(relation) for name, _, relation in sheets},
        strings=relations.first("sharedstrings"),
        styles=relations.first("styles"),
        from_1904=any(from_1904),
    )


class _Relations:
    """What one part refers to."""

    def __init__(self, archive: zipfile.ZipFile, path: Path, parts: dict[str, str], owner: str) -> None:
        folder, name = posixpath.split(owner.replace("\\", "/"))
        self._found: dict[str, tuple[str, str]] = {}
        member = parts.get(posixpath.join(folder, "_rels", f"{name}.rels").lower())
        if member is None:
            return

        def start(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship":
                target = attributes.get("Target", "").replace("\\", "/")
                full = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
                part = posixpath.normpath(full)
                kind = attributes.get("Type", "").rpartition("/")[2].lower()
                self._found[attributes.get("Id", "")] = (kind, parts.get(part.lower(), ""))

        parse(unpacked(archive, member, path), start, path)

    def part(self, identity: str) -> str:
        return self._found.get(identity, ("", ""))[1]

    def kind(self, identity: str) -> str:
        return self._found.get(identity, ("", ""))[0]

    def first(self, kind: str) -> str:
        return next((part for found, part in self._found.values() if found == kind), "")


def parse(blocks: Iterator[bytes], start: Callable[[str, dict[str, str]], None], path: Path) -> None:
    """Call ``start`` with the local name and the attributes of every element.

    Raises :class:`SourceError` for XML that is broken.
    """
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    try:
        for block in blocks:
            parser.Parse(block)
        parser.Parse(b"", True)
    except BROKEN_XML:
        raise damaged(path) from None
