"""The parts of an Office archive and their relationships (ECMA-376, part 2), for .xlsx and .xlsb."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

from importer.sources.excel.zip_safety import XML_ERRORS, damaged_workbook, read_part


def list_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the names of all parts, by their spelling in lower case with slashes."""
    return {name.replace("\\", "/").lower(): name for name in archive.namelist()}


class Relationships:
    """The relationships of the part ``owner``: which other parts it refers to. The archive itself has no name.

    ``by_id`` has by id the type (the last word of its URI, in lower case) and the name of the part. ``parts`` are those
    of :func:`list_parts`.
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


def find_main_part(archive: zipfile.ZipFile, path: Path, parts: dict[str, str]) -> str:
    """Return the name of an archive's main part, which a program may put anywhere; empty if there is none."""
    main = Relationships(archive, path, parts, "").first_of("officedocument")
    return main or parts.get("xl/workbook.xml") or parts.get("xl/workbook.bin") or ""


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
