"""Which cells of a workbook show their number as a date or a duration: what their number format says."""

from __future__ import annotations

import re
import zipfile
from enum import IntEnum
from pathlib import Path

from importer.sources.excel.zip_safety import unpacked
from importer.sources.xlsx.package import parse


class Shown(IntEnum):
    """How a number is shown."""

    NUMBER = 0
    MOMENT = 1
    DURATION = 2


# The numbers below 164 are formats that every program knows (ECMA-376, part 1, 18.8.30), with those of East Asia.
_MOMENTS = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
_ELAPSED = 46
_NOT_CODE = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_DURATION = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_MOMENT = re.compile(r"[dmyhs]", re.IGNORECASE)


def read_styles(archive: zipfile.ZipFile, member: str, path: Path) -> list[Shown]:
    """How cells are shown, by the number of their style. Raises :class:`SourceError` for broken XML."""
    codes: dict[int, str] = {}
    numbers: list[int] = []
    inside: list[bool] = [False]

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "numFmt":
            codes[_whole(attributes.get("numFmtId", ""))] = attributes.get("formatCode", "")
        elif tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            inside[0] = tag == "cellXfs"
        elif tag == "xf" and inside[0]:
            numbers.append(_whole(attributes.get("numFmtId", "0")))

    if member:
        parse(unpacked(archive, member, path), start, path)
    return [_shown(number, codes) for number in numbers]


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _shown(number: int, codes: dict[int, str]) -> Shown:
    if number in codes:
        return shown_by(codes[number])
    if number == _ELAPSED:
        return Shown.DURATION
    return Shown.MOMENT if number in _MOMENTS else Shown.NUMBER


def shown_by(code: str) -> Shown:
    """What a format code makes of a number: its first section counts, without texts, colours and conditions."""
    bare = _NOT_CODE.sub("", code).partition(";")[0]
    if _DURATION.search(bare):
        return Shown.DURATION
    return Shown.MOMENT if _MOMENT.search(bare) and bare.lower() != "general" else Shown.NUMBER
