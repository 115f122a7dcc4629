"""The number formats of an OpenDocument spreadsheet, by the names of the styles of cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from importer.sources.excel.number_formats import GENERAL, FormatSection, NumberFormat, NumberKind, make_test

_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
STYLE, _NUMBER = f"{_OASIS}style:1.0 ", f"{_OASIS}datastyle:1.0 "
_STYLE_ELEMENT, _MAP, _NAME = f"{STYLE}style", f"{STYLE}map", f"{STYLE}name"
_KINDS = {f"{_NUMBER}date-style": NumberKind.DATETIME, f"{_NUMBER}time-style": NumberKind.DATETIME} | dict.fromkeys(
    (f"{_NUMBER}{name}-style" for name in ("number", "currency", "percentage", "boolean", "text")), NumberKind.NUMBER
)
# Hours beyond a day go on in the hours, so that the style shows a duration and no time of day.
_TRUNCATED = f"{_NUMBER}truncate-on-overflow"
_CONDITION = re.compile(r"\s*value\(\)\s*(<=|>=|<>|!=|[<>=])\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*", re.ASCII)
_MAX_PARENTS = 20


@dataclass(slots=True)
class _DataStyle:
    """A number format as the file has it: its kind, and by condition the names of the styles that replace it."""

    kind: NumberKind
    maps: list[tuple[str, float, str]] = field(default_factory=list)


class DataStyles:
    """Collects the styles of a file from the elements of its XML, and resolves those of cells."""

    def __init__(self) -> None:
        self._data_styles: dict[str, _DataStyle] = {}
        self._open_style: _DataStyle | None = None
        # By the name of a cell's style: the name of its data style, and of the style that it is derived from.
        self._cell_styles: dict[str, tuple[str, str]] = {}
        self._resolved: dict[str, NumberFormat] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take note of an element that begins."""
        if tag in _KINDS:
            is_duration = attributes.get(_TRUNCATED) == "false"
            self._open_style = _DataStyle(NumberKind.DURATION if is_duration else _KINDS[tag])
            self._data_styles[attributes.get(_NAME, "")] = self._open_style
        elif tag == _MAP and self._open_style is not None:
            if found := _CONDITION.fullmatch(attributes.get(f"{STYLE}condition", "")):
                comparison = "<>" if found[1] == "!=" else found[1]
                self._open_style.maps.append(
                    (comparison, float(found[2]), attributes.get(f"{STYLE}apply-style-name", ""))
                )
        elif tag == _STYLE_ELEMENT:
            self._open_style = None
            data_style, parent = (
                attributes.get(f"{STYLE}{name}", "") for name in ("data-style-name", "parent-style-name")
            )
            self._cell_styles[attributes.get(_NAME, "")] = (data_style, parent)

    def format_of(self, cell_style: str) -> NumberFormat:
        """Return the number format of a cell style; General if it has none."""
        found = self._resolved.get(cell_style)
        if found is None:
            found = self._resolved[cell_style] = self._resolve(cell_style)
        return found

    def _resolve(self, cell_style: str) -> NumberFormat:
        data_style, parent = "", cell_style
        for _ in range(_MAX_PARENTS):
            data_style, parent = self._cell_styles.get(parent, ("", ""))
            if data_style or not parent:
                break
        found = self._data_styles.get(data_style)
        if found is None:
            return GENERAL
        mapped = [
            FormatSection(make_test(comparison, bound), self._data_styles[name].kind)
            for comparison, bound, name in found.maps
            if name in self._data_styles
        ]
        if all(section.kind is found.kind for section in mapped):
            return NumberFormat(found.kind)
        return NumberFormat(NumberKind.BY_VALUE, (*mapped, FormatSection(lambda _: True, found.kind)))
