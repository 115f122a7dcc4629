"""Deterministic spreadsheets of 20 columns, with unicode, quotes and newlines; the same bytes for the same arguments.

Every row is told from its neighbours by its id, address, phone and reference. Of ``bad`` per cent of the rows one cell
breaks a rule, each kind of trouble in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

HEADINGS = [
    "Lead ID", "E-mail", "Phone", "First name", "Last name", "Company", "City", "Country", "Post code", "Score", "Amount",
    "Share", "Joined", "Seen at", "Plan", "Consent", "Source", "Website", "Reference", "Remark",
]  # fmt: skip
PLANS = ("Gold", "Silver", "Bronze")
SOURCES = ("Webinar", "Fair", "Web form", "Referral")
_FIRST = ("Ann", "José", "Zoë", "Łukasz", "Priya", "李", "Мария", "Søren", "Nguyễn", "Fatma")
_LAST = ("Rao", "O'Neill", "Müller", "Garcia", "Sharma", "王", "Иванова", "Ångström", "Trần", "Şahin")
_COMPANY = ("Acme, Inc.", 'The "Best" Ltd', "Müller & Söhne", "Tata", "東京商事", "Globex")
_CITY = ("Bengaluru", "São Paulo", "München", "Kraków", "दिल्ली", "İstanbul", "Reykjavík", "Lagos")
_REMARK = (
    "called back",
    'asked for the "premium" offer, twice',
    "two lines:\nfirst and second",
    "😀 was happy; wants a demo",
    "=not a formula",
    "",
)
_TROUBLE = {
    0: "not-an-id", 1: "nobody at example", 2: "12", 8: "ABC", 9: "101", 10: "many", 11: "1.5", 12: "31/02/2026",
    13: "2026-13-01 10:00:00", 14: "Platinum", 15: "perhaps", 16: "Elsewhere", 17: "example", 18: "R-1", 4: "",
}  # fmt: skip
_PLACES = tuple(_TROUBLE)


def rows(count: int, bad: int = 1) -> Iterator[list[str]]:
    """``count`` rows of text; ``bad`` of each 100 have a wrong cell (a whole number from 0 to 100)."""
    for number in range(count):
        # An odd factor visits every place of a power of two once: ids are scattered, and no two are equal.
        scattered = number * 2_654_435_761 % (1 << 32)
        cells = [
            f"{scattered:08x}-0000-4000-8000-{number:012x}",
            f"person.{number}@example.com",
            f"+91 98450 {number % 100_000:05d}",
            _FIRST[number % 10],
            _LAST[scattered % 10],
            _COMPANY[scattered % 6],
            _CITY[number % 8],
            "IN",
            f"{560_000 + scattered % 1000}",
            str(scattered % 101),
            f"{scattered % 1_000_000 / 100:.2f}",
            f"{scattered % 1000 / 1000}",
            f"{number % 28 + 1:02d}/{scattered % 12 + 1:02d}/2026",
            f"2026-{scattered % 12 + 1:02d}-{number % 28 + 1:02d} {number % 24:02d}:{scattered % 60:02d}:00",
            PLANS[scattered % 3],
            ("yes", "no")[number % 2],
            SOURCES[scattered % 4],
            f"https://example.com/p/{scattered % 5000}",
            f"R-{number:09d}",
            _REMARK[scattered % 6],
        ]
        if number % 100 >= 100 - bad:
            place = _PLACES[number // (1 if bad == 100 else 100) % len(_PLACES)]
            cells[place] = _TROUBLE[place]
        yield cells


def write_csv(path: Path, count: int, bad: int = 1) -> None:
    """A CSV file as UTF-8 with the rows of :func:`rows`."""
    import csv

    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADINGS)
        writer.writerows(rows(count, bad))


def write_xlsx(path: Path, count: int) -> None:
    """A workbook with the rows of :func:`rows`, as Excel writes one: numbers as numbers, texts in a shared table."""
    from xlsxwriter import Workbook

    numbers = {9, 10, 11}
    # Plain (not constant-memory) mode, because only that writes a table of shared texts, as Excel does.
    with Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Attendees")
        for column, heading in enumerate(HEADINGS):
            sheet.write_string(0, column, heading)
        for place, cells in enumerate(rows(count, bad=0), start=1):
            for column, text in enumerate(cells):
                if column in numbers:
                    sheet.write_number(place, column, float(text))
                elif text:
                    sheet.write_string(place, column, text)


MAPPING = f"""\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: Lead ID
  ActivityEvent: {{value: 201}}
  ActivityNote: {{column: Remark, max_length: 200}}
  ActivityDateTime: {{column: Seen at, type: datetime, timezone: Asia/Kolkata}}
  mx_Custom_1: {{column: E-mail, type: email}}
  mx_Custom_2: {{column: Phone, type: phone, country: IN}}
  mx_Custom_3: {{column: First name, required: true}}
  mx_Custom_4: {{column: Last name, required: true}}
  mx_Custom_5: {{column: Company, max_length: 100}}
  mx_Custom_6: {{column: City, max_length: 50}}
  mx_Custom_7: {{column: Country, pattern: "[A-Z]{{2}}"}}
  mx_Custom_8: {{column: Post code, pattern: "[0-9]{{6}}"}}
  mx_Custom_9: {{column: Score, type: integer, range: [0, 100]}}
  mx_Custom_10: {{column: Amount, type: number, range: [0, 100000]}}
  mx_Custom_11: {{column: Share, type: number, range: [0, 1]}}
  mx_Custom_12: {{column: Joined, type: date, format: "%d/%m/%Y"}}
  mx_Custom_13: {{column: Plan, type: choice, options: [{", ".join(PLANS)}]}}
  mx_Custom_14: {{column: Consent, type: boolean}}
  mx_Custom_15: {{column: Source, type: choice, options: [{", ".join(SOURCES)}]}}
  mx_Custom_16: {{column: Website, pattern: "https://.+"}}
  mx_Custom_17: {{column: Reference, pattern: "R-[0-9]{{9}}", unique: true}}
"""
