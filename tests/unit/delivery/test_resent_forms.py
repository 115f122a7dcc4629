"""A file that was sent, in some forty other forms and with some twenty edits of its mapping: nothing is sent again."""

from __future__ import annotations

import gzip
import io
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from importer.planning.plan import PlanRequest, plan_import, prepare_import
from importer.sources.opening import open_in_process
from tests.support.delivery_world import World, lead

MAPPING = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead, type: uuid}
  ActivityEvent: {value: "201"}
  ActivityNote: Note
  ActivityDateTime: {column: When, type: datetime, format: ["%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S"], timezone: Asia/Kolkata}
  mx_Custom_1: {column: Seconds, type: number}
  mx_Custom_2: {column: E-mail, type: email}
  mx_Custom_3: {column: Phone, type: phone, country: IN}
"""
HEADINGS = ["Lead", "Note", "When", "Seconds", "E-mail", "Phone"]
TABLE = [
    [
        lead(number),
        note,
        f"0{number}/11/2026 10:0{number}",
        f"1{number}",
        f"ann{number}@example.com",
        f"981230000{number}",
    ]
    for number, note in enumerate(["Called José twice", "Asked\nfees", "Hi", "Will visit"], 1)
]

Table = list[list[str]]


def csv(table: Table, headings: list[str] = HEADINGS, delimiter: str = ",", end: str = "\n") -> str:
    """Write a table as CSV; a line end in a cell is one of the file."""

    def cell(text: str) -> str:
        quoted = text.replace('"', '""').replace("\n", end)
        return f'"{quoted}"' if set(text) & {delimiter, "\n", '"'} else quoted

    return end.join(delimiter.join(map(cell, row)) for row in [headings, *table]) + end


def cells(change: Callable[[str], str], *columns: int) -> bytes:
    """Change the cells of some columns, or of all."""
    chosen = columns or range(len(HEADINGS))
    return csv([[change(text) if at in chosen else text for at, text in enumerate(row)] for row in TABLE]).encode()


def workbook(change: Callable[[int, str], object] = lambda at, text: text, above: int = 0) -> bytes:
    """Write the table as .xlsx, with titles above the headings."""
    book, stream = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    for number in range(above):
        sheet.append([f"Title {number}"])
    sheet.append(HEADINGS)
    for row in TABLE:
        sheet.append([change(at, text) for at, text in enumerate(row)])
    book.save(stream)
    return stream.getvalue()


def as_values(at: int, text: str) -> object:
    return float(text) if at == 3 else datetime.strptime(text, "%d/%m/%Y %H:%M") if at == 2 else text


PLAIN = csv(TABLE)
FORMS: dict[str, bytes] = {
    "line ends of Windows": csv(TABLE, end="\r\n").encode(),
    "byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "UTF-16": PLAIN.encode("utf-16"),
    "semicolons": csv(TABLE, delimiter=";").encode(),
    "tabs": csv(TABLE, delimiter="\t").encode(),
    "bars": csv(TABLE, delimiter="|").encode(),
    "separator line": b"sep=;\n" + csv(TABLE, delimiter=";").encode(),
    "compressed": gzip.compress(PLAIN.encode()),
    "everything quoted": "\n".join(",".join(f'"{cell}"' for cell in row) for row in [HEADINGS, *TABLE]).encode(),
    "blanks before quotes": "\n".join(", ".join(f'"{cell}"' for cell in row) for row in [HEADINGS, *TABLE]).encode(),
    "no last line end": PLAIN.rstrip("\n").encode(),
    "blank lines": csv([row for each in TABLE for row in (each, [""] * 6)]).encode(),
    "empty rows below": (PLAIN + ",,,,,\n" * 3).encode(),
    "preamble": b"Report of November\n\n" + PLAIN.encode(),
    "other order of rows": csv(TABLE[::-1]).encode(),
    "other order of columns": csv([row[::-1] for row in TABLE], HEADINGS[::-1]).encode(),
    "another column": csv([[*row, "x"] for row in TABLE], [*HEADINGS, "City"]).encode(),
    "a column in front": csv([["x", *row] for row in TABLE], ["No", *HEADINGS]).encode(),
    "an empty column": csv([[*row, ""] for row in TABLE], [*HEADINGS, ""]).encode(),
    "capital headings": csv(TABLE, [heading.upper() for heading in HEADINGS]).encode(),
    "blanks in headings": csv(TABLE, [f" {heading}  " for heading in HEADINGS]).encode(),
    "blanks behind": cells(lambda text: f"{text}  "),
    "blanks before": cells(lambda text: f" {text}"),
    "several blanks": cells(lambda text: text.replace(" ", "   "), 1),
    "no-break blanks": cells(lambda text: text.replace(" ", "\u00a0"), 1),
    "invisible characters": cells(lambda text: f"\u200b{text}\u200b", 1, 4),
    "decomposed accents": cells(lambda text: unicodedata.normalize("NFD", text), 1),
    "line end in a cell": csv([[cell.replace("\n", " \r\n ") for cell in row] for row in TABLE]).encode(),
    "apostrophes of Excel": cells(lambda text: f"'{text}", 3, 5),
    "formulas of Excel": cells(lambda text: f'="{text}"', 0, 5),
    "capital ids": cells(str.upper, 0),
    "capital addresses": cells(str.upper, 4),
    "numbers with decimals": cells(lambda text: f"{text}.0", 3),
    "numbers with zeros": cells(lambda text: f"0{text}.00", 3),
    "phones with blanks": cells(lambda text: f"{text[:5]} {text[5:]}", 5),
    "phones with hyphens": cells(lambda text: f"{text[:3]}-{text[3:]}", 5),
    "phones with their country": cells(lambda text: f"+91 {text}", 5),
    "phones with a zero": cells(lambda text: f"0{text}", 5),
    "times in another form": cells(
        lambda text: f"{text[6:10]}-{text[3:5]}-{text[:2]} {text[11:]}:00" if "/" in text else text, 2
    ),
    "workbook of texts": workbook(),
    "workbook of values": workbook(as_values),
    "workbook with titles": workbook(as_values, above=2),
}

EDITS: dict[str, str] = {
    "comment": f"# Calls\n{MAPPING}",
    "order of keys": "activity:" + MAPPING.split("activity:")[1] + MAPPING.split("activity:", maxsplit=1)[0],
    "order of fields": MAPPING.replace("  ActivityNote: Note\n", "") + "  ActivityNote: Note\n",
    "long form": MAPPING.replace("ActivityNote: Note", "ActivityNote: {column: Note}"),
    "quotes": MAPPING.replace("Note\n", '"Note"\n'),
    "default written out": f"on_invalid: skip\n{MAPPING}",
    "limit of invalid rows": f"max_invalid: 50%\n{MAPPING}",
    "length": MAPPING.replace("ActivityNote: Note", "ActivityNote: {column: Note, max_length: 500}"),
    "required": MAPPING.replace("ActivityNote: Note", "ActivityNote: {column: Note, required: true}"),
    "transform without effect": MAPPING.replace(
        "ActivityNote: Note", "ActivityNote: {column: Note, transforms: [strip]}"
    ),
    "transform": MAPPING.replace("ActivityNote: Note", "ActivityNote: {column: Note, transforms: [upper]}"),
    "template": MAPPING.replace("ActivityNote: Note", 'ActivityNote: {template: "{Note} ({Phone})"}'),
    "constant": MAPPING + "  mx_Custom_5: {value: Online}\n",
    "column twice": MAPPING + "  mx_Custom_5: Phone\n",
    "field left out": MAPPING.replace("  mx_Custom_3: {column: Phone, type: phone, country: IN}\n", "")
    + "ignore: [Phone]\n",
    "other type": MAPPING.replace("column: Seconds, type: number", "column: Seconds"),
    "other field": MAPPING.replace("mx_Custom_1", "mx_Custom_6"),
    "name of the time zone": MAPPING.replace("Asia/Kolkata", "Asia/Calcutta"),
    "other time zone": MAPPING.replace("Asia/Kolkata", "UTC"),
    "time left out": "\n".join(line for line in MAPPING.splitlines() if "DateTime" not in line) + "\nignore: [When]\n",
    "value mapping": MAPPING.replace(
        "ActivityNote: Note", "ActivityNote: {column: Note, lookup: {Hi: Hello}, default: x}"
    ),
    "key of a row": f"row_key: [Phone]\n{MAPPING}",
    "import key": f"import_key: mx_Custom_20\n{MAPPING}",
    "form of phones": MAPPING.replace("country: IN", "country: IN, phone_format: digits"),
}


class Sweep(World):
    """A world in which the plain file was sent."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.number = 0
        assert self.send(PLAIN.encode()) == {"created": len(TABLE)}

    @property
    def activities(self) -> int:
        return sum(self.crm.notes().values())

    def send(self, content: bytes, mapping: str = MAPPING) -> Counter[str]:
        """Import a file; return the rows of its run by status."""
        self.number += 1
        name = f"run-{self.number}"
        suffix = "xlsx" if content.startswith(b"PK") else "csv"
        source, path = self.folder / f"{name}.{suffix}", self.folder / "visits.yaml"
        source.write_bytes(content)
        path.write_text(mapping, "utf-8")
        request = PlanRequest(source, path, account=self.account.name)
        plan = plan_import(prepare_import(request), self.folder / name, datetime(2026, 11, 20, tzinfo=UTC))
        assert plan.facts.invalid == 0, plan.facts.groups
        return self.statuses(self.deliver(plan).run.id)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return Sweep(tmp_path_factory.mktemp("sweep"))


@pytest.fixture(autouse=True)
def _read_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importer.planning.plan.open_source", lambda path, options, **_: open_in_process(path, options))


@pytest.mark.parametrize("form", FORMS)
def test_another_form_of_a_sent_file_is_skipped(sweep: Sweep, form: str) -> None:
    """Whatever program wrote it, its rows are the same."""
    assert sweep.send(FORMS[form]) == {"skipped": len(TABLE)}
    assert sweep.activities == len(TABLE)


@pytest.mark.parametrize("edit", EDITS)
def test_another_version_of_the_mapping_sends_nothing_again(sweep: Sweep, edit: str) -> None:
    """Rows are recognised, or held for a person; an edit without meaning makes no other run."""
    found = sweep.send(PLAIN.encode(), EDITS[edit])
    assert len(found) == 1 or edit == "value mapping", found
    assert sweep.activities == len(TABLE)
