"""A workbook: its sheets, the styles of their cells, and the parts of the file (ECMA-376, Office Open XML)."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from importer.core.background import BackgroundWorker
from importer.core.text import column_letter
from importer.reports.xlsx_writer.sheet import Sheet, Style
from importer.reports.xlsx_writer.zip_writer import DeflatedStream, ZipWriter

_OFFICE = "officeDocument/2006/relationships"
_ROWS = "</sheetData>"


class Workbook:
    """A workbook being written to ``path``, beside which its temporary files lie. ``created`` is a time in UTC.

    It is a context, in which rows are deflated on a background thread; :meth:`close` it before the end of the context.
    """

    def __init__(self, path: Path, created: datetime) -> None:
        self._path = path
        self._created = created
        self._worker = BackgroundWorker()
        self._sheets: list[Sheet] = []
        self._styles: dict[Style, int] = {}

    def __enter__(self) -> Workbook:
        self._worker.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self._worker.__exit__(*error)
        finally:
            for sheet in self._sheets:
                sheet.stream.close()

    def add_sheet(self, name: str) -> Sheet:
        """Return a new sheet behind the others. The name must be one that Excel accepts."""
        sheet = Sheet(name, DeflatedStream(self._path.parent, self._worker), self.style_number)
        self._sheets.append(sheet)
        return sheet

    def style_number(self, style: Style) -> int:
        """Return the number by which cells name ``style``. Number 0 is the standard style of the workbook."""
        return self._styles.setdefault(style, len(self._styles) + 1)

    def close(self) -> None:
        """Write the file. Raises :class:`OSError`."""
        with self._path.open("wb") as file:
            archive = ZipWriter(file)
            archive.add("[Content_Types].xml", _render("content_types.xml", sheets=self._sheets))
            links = [
                ("book", f"{_OFFICE}/officeDocument", "xl/workbook.xml"),
                ("core", "package/2006/relationships/metadata/core-properties", "docProps/core.xml"),
                ("app", f"{_OFFICE}/extended-properties", "docProps/app.xml"),
            ]
            _add_relationships(archive, "_rels/.rels", links)
            archive.add("docProps/core.xml", _render("core.xml", created=f"{self._created:%Y-%m-%dT%H:%M:%SZ}"))
            archive.add("docProps/app.xml", _render("app.xml"))
            archive.add("xl/workbook.xml", _render("workbook.xml", sheets=self._sheets))
            archive.add("xl/styles.xml", _render("styles.xml", styles=list(self._styles)))
            sheets = range(1, len(self._sheets) + 1)
            links = [(f"rId{number}", f"{_OFFICE}/worksheet", f"worksheets/sheet{number}.xml") for number in sheets]
            links.append(("styles", f"{_OFFICE}/styles", "styles.xml"))
            _add_relationships(archive, "xl/_rels/workbook.xml.rels", links)
            for number, sheet in enumerate(self._sheets, 1):
                _add_sheet(archive, number, sheet)
            archive.close()


def _add_sheet(archive: ZipWriter, number: int, sheet: Sheet) -> None:
    """Write a sheet with its chart and its notes, and the relationships between these parts."""
    head, tail = _render("sheet.xml", sheet=sheet, number=number).decode().split(_ROWS)
    archive.add_around(f"xl/worksheets/sheet{number}.xml", head.encode(), sheet.stream, (_ROWS + tail).encode())
    sheet.stream.close()
    links = []
    if sheet.chart is not None:
        links.append(("chart", f"{_OFFICE}/drawing", f"../drawings/drawing{number}.xml"))
        archive.add(f"xl/drawings/drawing{number}.xml", _render("drawing.xml", chart=sheet.chart))
        link = ("chart", f"{_OFFICE}/chart", f"../charts/chart{number}.xml")
        _add_relationships(archive, f"xl/drawings/_rels/drawing{number}.xml.rels", [link])
        archive.add(f"xl/charts/chart{number}.xml", _render("chart.xml", chart=sheet.chart, sheet=sheet))
    if sheet.notes:
        links.append(("boxes", f"{_OFFICE}/vmlDrawing", f"../drawings/vmlDrawing{number}.vml"))
        links.append(("notes", f"{_OFFICE}/comments", f"../comments{number}.xml"))
        archive.add(f"xl/comments{number}.xml", _render("comments.xml", sheet=sheet))
        archive.add(f"xl/drawings/vmlDrawing{number}.vml", _render("note_boxes.vml", sheet=sheet, number=number))
    if links:
        _add_relationships(archive, f"xl/worksheets/_rels/sheet{number}.xml.rels", links)


def _add_relationships(archive: ZipWriter, name: str, links: list[tuple[str, str, str]]) -> None:
    """Write which other parts a part names, as id, kind and target."""
    archive.add(name, _render("relationships.xml", relationships=links))


def _render(part: str, **values: Any) -> bytes:
    return str(_environment().get_template(f"{part}.j2").render(**values)).encode()


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from importer.reports.template_cache import TemplateCache

    here = Path(__file__)
    environment = Environment(
        loader=PackageLoader(__package__, "parts"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=TemplateCache(here.parent / "__pycache__", here),
    )
    environment.globals["letter"] = column_letter
    return environment
