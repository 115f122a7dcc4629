"""Bad files from plain bytes and XML, and a check of each as `importer check` makes it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import openpyxl

from importer.config.settings import Locale
from importer.core.errors import ImporterError
from importer.planning.plan import PlanRequest, plan_import, prepare_import
from importer.planning.store import Plan
from importer.reports.run_report import RunReport, summarize_run
from importer.reports.text_report import render_summary

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
ADDRESS = "somebody@example.com"
CONTENT_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def mapping(*fields: str, more: str = "") -> str:
    """A mapping for new leads: `fields` are lines such as `FirstName: Name`, `more` is what stands above them.

    Without phone and e-mail address, every lead gets the same address, since a lead needs one of them.
    """
    given = fields or ("FirstName: Name", "Phone: Phone")
    named = any(one.startswith(("Phone:", "EmailAddress:")) for one in given)
    lines = "".join(f"  {line}\n" for line in (given if named else (*given, f"EmailAddress: {{value: {ADDRESS}}}")))
    return f"target: create-lead\n{more}lead:\n{lines}same_lead: last\n"


@dataclass(frozen=True)
class Checked:
    """What a check found: the lines that people read, and what LeadSquared would get, by row."""

    plan: Plan
    told: str
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sent: dict[int, dict[str, str]] = field(default_factory=dict)

    @property
    def counts(self) -> tuple[int, int]:
        """Rows that are ready, and rows that are invalid."""
        return self.plan.facts.ready, self.plan.facts.invalid

    def found(self, what: str) -> str:
        """A thing that was found out about the file, with the evidence."""
        return next(f"{one.value} ({one.how})" for one in self.plan.facts.source.detections if one.what == what)

    def column(self, name: str) -> list[str | None]:
        """What LeadSquared would get in one field."""
        return [record.get(f"lead.{name}") for record in self.sent.values()]


class Desk:
    """A folder in which files are checked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._plans = 0

    def write(self, content: str | bytes, name: str = "data.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def check(self, file: str | bytes | Path, rules: str | bytes | None = None, *, name: str = "data.csv") -> Checked:
        """Plan a file (its path or content) with a mapping, and make the summary that people see."""
        path = file if isinstance(file, Path) else self.write(file, name)
        self.write(mapping() if rules is None else rules, "map.yaml")
        self._plans += 1
        request = PlanRequest(source=path, mapping=self.folder / "map.yaml", locale=Locale("Asia/Kolkata", "IN"))
        plan = plan_import(prepare_import(request), self.folder / f"plan-{self._plans}", NOW)
        told = render_summary(summarize_run(RunReport(plan)))
        facts = plan.facts.source
        assert path.name in told
        assert facts.sheet in told
        problems, sent = [], {}
        for chunk in plan.chunks():
            problems += [str(problem) for listed in chunk.problems.values() for problem in listed]
        for rows, records in plan.ready_batches():
            for row, record in zip(rows.tolist(), records.to_pylist(), strict=True):
                sent[row] = {key: value for key, value in record.items() if value not in (None, ADDRESS)}
        return Checked(plan, told, problems, list(plan.facts.notes), sent)

    def refused(self, file: str | bytes | Path, rules: str | bytes | None = None, *, name: str = "data.csv") -> str:
        """The message and the remedy of the error that a check ends with; the folder is left out."""
        try:
            found = self.check(file, rules, name=name)
        except ImporterError as error:
            return f"{error.message} {error.remedy}".replace(f"{self.folder}/", "")
        raise AssertionError(f"it was read: {found.told}")

    def values(self, rule: str, texts: Iterable[str], *, field: str = "mx_Value") -> list[str | None]:
        """What becomes of each text in column B: what LeadSquared would get, or the problem."""
        listed = list(texts)
        rows = [["Name", "Value"], *([f"N{number}", text] for number, text in enumerate(listed))]
        checked = self.check(
            csv_of(rows), mapping("FirstName: Name", f"{field}: {{column: Value{rule and ', '}{rule}}}")
        )
        return self.outcomes(checked, field, len(listed))

    def outcomes(self, checked: Checked, field: str, count: int) -> list[str | None]:
        """What LeadSquared would get in a field of the rows 2, 3 …, or the first problem of the row."""
        troubled = {int(text.split()[1].strip(",:")): text for text in reversed(checked.problems)}
        return [
            troubled[row] if row in troubled else checked.sent.get(row, {}).get(f"lead.{field}")
            for row in range(2, count + 2)
        ]


def csv_of(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


# --- workbooks from their XML


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def row(number: int, *cells: str) -> str:
    """A row of the sheet: each cell is XML, or the text for the next column."""
    made = [
        one if one.startswith("<c") else text_cell(f"{'ABCDEFGHIJ'[at]}{number}", one) for at, one in enumerate(cells)
    ]
    return f'<row r="{number}">{"".join(made)}</row>'


def xlsx(path: Path, rows: str, *, extra: dict[str, str | bytes] | None = None, **change: str) -> Path:
    """A workbook with one sheet called "Raw" whose rows are the XML `rows`.

    `extra` are further parts, or others in the place of these; `change` may be `prolog` (before the sheet's root),
    `behind` (after the rows), `book` (inside the root of the workbook, before the sheets) and `strings`, `styles`.
    """
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": relations(("r", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}">{change.get("book", "")}<sheets>'
        '<sheet name="Raw" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "sharedStrings", "sharedStrings.xml"),
            ("rId3", "styles", "styles.xml"),
        ),
        "xl/worksheets/sheet1.xml": f'{change.get("prolog", "")}<worksheet xmlns="{MAIN}">{change.get("before", "")}'
        f"<sheetData>{rows}</sheetData>{change.get('behind', '')}</worksheet>",
    }
    if "strings" in change:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{change["strings"]}</sst>'
    if "styles" in change:
        parts["xl/styles.xml"] = f'<styleSheet xmlns="{MAIN}">{change["styles"]}</styleSheet>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**parts, **(extra or {})}.items():
            archive.writestr(name, text)
    return path


def relations(*targets: tuple[str, str, str]) -> str:
    made = "".join(
        f'<Relationship Id="{identity}" Type="{RELATION}/{kind}" Target="{target}"/>'
        for identity, kind, target in targets
    )
    return f'<Relationships xmlns="{RELATIONS}">{made}</Relationships>'


def formats(*codes: str) -> str:
    """The inside of a table of styles: style 0 is plain, style 1 has the first code, and so on."""
    known = "".join(f'<numFmt numFmtId="{164 + at}" formatCode="{code}"/>' for at, code in enumerate(codes))
    used = "".join(f'<xf numFmtId="{164 + at}"/>' for at in range(len(codes)))
    return f'<numFmts>{known}</numFmts><cellXfs><xf numFmtId="0"/>{used}</cellXfs>'


def sheets(path: Path, **tables: Sequence[Sequence[object]]) -> Path:
    """A workbook with a sheet for each table, as openpyxl writes it."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append(list(cells))
    book.save(path)
    return path
