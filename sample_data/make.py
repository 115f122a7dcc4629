"""Writes the sample files beside it, the same bytes every time. The people and companies in them are invented.

``python sample_data/make.py`` writes them here and renews the copies in the package; with a folder it writes there.
The leads are those that `importer sandbox` begins with, so that every good row finds its lead.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

Rows = list[list[str]]

FIRST = re.findall(
    r"\w+",
    "Aarav Aditi Aditya Ananya Anjali Arjun Bhavna Chetan Deepika Dev Divya Farhan Gauri Harsh Isha Ishaan Jaya Kabir "
    "Kavya Kiran Lakshmi Manish Meera Mohit Nandini Neha Nikhil Pooja Pranav Priya Rahul Riya Rohan Sana Sanjay Shreya "
    "Simran Tanvi Varun Zoya",
)
LAST = re.findall(
    r"\w+",
    "Agarwal Banerjee Bhat Chauhan Chopra Das Desai Dutta Fernandes Gupta Iyer Jain Joshi Kapoor Khan Kulkarni Kumar "
    "Mehta Menon Mishra Nair Naidu Patel Pillai Rao Reddy Saxena Sharma Shetty Singh Sinha Thomas Verma Yadav",
)
CITIES = ("Mumbai", "Pune", "Bengaluru", "Hyderabad", "Chennai", "Kochi", "Jaipur", "Lucknow", "Indore", "Kolkata")
WEBINARS = ("Careers in Data", "MBA or Not?", "Design Portfolios", "Funding Your Degree")
STORES = ("Koregaon Park", "Bandra West", "Indiranagar", "Banjara Hills", "T. Nagar")
DEMO = {"webinar-attendance": ".csv", "admission-leads": ".xlsx", "campus-enquiries": ".csv"}
"""What `importer demo` imports: the name of mapping and file, and the file's ending."""

COURSES = ("Data Science", "Design", "Finance", "Marketing")
START = datetime(2025, 2, 10, 9, 30)  # noqa: DTZ001 - local time, as a spreadsheet holds it


def lead_id(number: int) -> str:
    """Id of the sandbox's lead ``number`` (1 to 400), by its own rule."""
    return str(uuid5(NAMESPACE_URL, f"https://sandbox.example/lead-{number:04d}"))


def email(number: int) -> str:
    """E-mail of the sandbox's lead ``number``."""
    return f"lead{number:04d}@example.com"


def first(number: int) -> str:
    """A first name."""
    return FIRST[number * 7 % len(FIRST)]


def last(number: int) -> str:
    """A family name."""
    return LAST[number * 11 % len(LAST)]


def city(number: int) -> str:
    """A city, spelled as carelessly as people do."""
    name = CITIES[number * 3 % len(CITIES)]
    return (name, name.upper(), f" {name.lower()} ")[number % 3]


def moment(number: int, form: str = "%d/%m/%Y %H:%M") -> str:
    """A time of day in the spring of 2025."""
    return (START + timedelta(days=number // 6, hours=number % 6, minutes=number * 17 % 60)).strftime(form)


def birthday(number: int) -> date:
    """A day on which a student was born."""
    return date(2004, 1, 5) + timedelta(days=number * 61 % 1400)


def webinar_attendance() -> Rows:
    """280 rows for `bulk-activities-by-lead-id`: six are wrong, and two name leads that do not exist."""
    head = ["Lead ID", "Webinar", "Joined at", "Minutes", "Score", "Plan", "City", "Ticket", "Certificate"]
    rows = [[*head, "Feedback", "Internal remarks"]]
    for number in range(1, 281):
        rows.append(
            [
                lead_id(number),
                WEBINARS[number % len(WEBINARS)],
                moment(number),
                str(5 + number * 13 % 56),
                str(number * 29 % 101),
                ("Gold", "Silver", "Bronze", "")[number % 4],
                city(number),
                f"WB-{10000 + number}",
                ("yes", "no", "Yes", "")[number % 4],
                ("Very clear, thank you!", "", "More examples, please", "Sound was low")[number * 3 % 4],
                ("", "nice chat", "call back")[number % 3],
            ]
        )
    rows[37][2] = "31/02/2025 18:05"
    rows[74][4] = "140"
    rows[111][5] = "Platinum"
    rows[148][0] = "2c1e8f0a-6b1d"
    rows[185][1] = ""
    rows[222][9] = "I liked the part about interviews very much. " * 6
    rows[60][0] = "0d3f5a7b-9c11-4c52-9e8e-2c1e8f0a6b1d"
    rows[200][0] = "7b9c110d-3f5a-4e8e-8c52-6b1d2c1e8f0a"
    return rows


def store_visits() -> Rows:
    """Rows for `bulk-activities-by-lead-field`, below a title, as store managers like it."""
    rows = [["Store visits, February 2025"], [], ["E-mail", "Store", "Visited", "Amount", "Items", "Paid by", "Staff"]]
    for number in range(1, 61):
        rows.append(
            [
                email(number * 5),
                STORES[number % len(STORES)],
                moment(number, "%Y-%m-%d %H:%M"),
                f"{number * 137 % 4000 + 99}.{number % 4 * 25:02d}",
                str(number % 6 + 1),
                ("Card", "Cash", "UPI", "")[number % 4],
                first(number + 3),
            ]
        )
    return rows


def stores() -> Rows:
    """The other sheet of the same workbook, which is not imported."""
    return [["Store", "City"], *([store, CITIES[number]] for number, store in enumerate(STORES))]


def call_log() -> Rows:
    """Rows for `activity-by-email`, from an old dialler: semicolons and the Windows encoding."""
    rows = [["E-mail", "First name", "Called on", "Seconds", "Outcome", "Reached", "Note"]]
    for number in range(1, 31):
        rows.append(
            [
                email(number * 3).upper() if number % 7 == 0 else email(number * 3),
                first(number),
                moment(number, "%d-%b-%Y %I:%M %p"),
                str(number * 37 % 900),
                ("Interested", "Call back", "Not interested")[number % 3],
                ("Yes", "No")[number % 2],
                ("Wants the “Café” branch – said so twice", "Prefers résumé by e-mail", "")[number % 3],
            ]
        )
    return rows


def new_students() -> Rows:
    """Rows for `create-lead`, saved by Excel with a byte order mark. One e-mail belongs to a lead already."""
    rows = [["First name", "Last name", "E-mail", "Mobile", "City", "Born on", "PAN", "Student no."]]
    for number in range(1, 26):
        rows.append(
            [
                first(number),
                last(number),
                f"{first(number)}.{last(number)}{number}@students.example".lower(),
                (f"98200 {11000 + number}", f"+91 98200 {11000 + number}", f"0982001{1000 + number}")[number % 3],
                city(number),
                birthday(number).strftime("%d.%m.%Y"),
                f"ABCP{chr(65 + number % 26)}{1000 + number * 7}{chr(75 + number % 9)}",
                f"{number:06d}",
            ]
        )
    rows[8][2] = email(8)
    return rows


def website_enquiries() -> Rows:
    """Rows for `capture-lead`, separated by tabs: some known leads, some new."""
    rows = [["Name", "E-mail", "Phone", "City", "Interested in", "Newsletter"]]
    for number in range(1, 26):
        known = number % 3 == 0
        rows.append(
            [
                f"{first(number)} {last(number)}",
                email(100 + number) if known else f"{first(number)}{number}@mail.example".lower(),
                f"+91-9000000{100 + number:03d}" if known else f"+91-93210{20000 + number}",
                city(number),
                COURSES[number % len(COURSES)],
                ("yes", "no")[number % 2],
            ]
        )
    return rows


def event_registrations() -> Rows:
    """Rows for `capture-lead-async`."""
    rows = [["First name", "Last name", "E-mail", "Mobile", "City", "Registered"]]
    for number in range(1, 21):
        rows.append(
            [
                first(number + 20),
                last(number + 20),
                f"{first(number + 20)}.{number}@event.example".lower(),
                f"99300{30000 + number}",
                city(number),
                moment(number, "%Y-%m-%d"),
            ]
        )
    return rows


def campus_enquiries() -> Rows:
    """Rows for `lead-and-activity-async`: the lead and what it asked for."""
    rows = [["Student", "E-mail", "Mobile", "City", "Course", "Asked on", "Campus", "Question"]]
    for number in range(1, 25):
        rows.append(
            [
                f"{first(number + 9)} {last(number + 4)}",
                f"{first(number + 9)}.{last(number + 4)}{number}@college.example".lower(),
                f"97690{40000 + number}",
                city(number),
                COURSES[number % len(COURSES)],
                moment(number, "%d/%m/%Y %H:%M"),
                ("Online", "Campus", "online")[number % 3],
                ("Is there a scholarship?", "When does it begin?", "", "Hostel: single rooms?")[number % 4],
            ]
        )
    return rows


def fee_payments() -> Rows:
    """Rows for `lead-and-activity`."""
    rows = [["E-mail", "Paid at", "Amount", "Mode", "Receipt"]]
    for number in range(1, 21):
        rows.append(
            [
                email(200 + number),
                moment(number, "%Y-%m-%dT%H:%M:%S+0530"),
                f"{number * 2500 % 45000 + 5000}.00",
                ("UPI", "Card", "NEFT")[number % 3],
                f"R-2025-{number:04d}",
            ]
        )
    return rows


def admission_leads() -> Rows:
    """Rows for `bulk-upsert-leads`: changed details of known leads, and a few new ones."""
    rows = [["E-mail", "First name", "Last name", "Mobile", "Born on", "City", "Score", "Stage", "Pin code"]]
    for number in range(1, 76):
        known = number <= 60
        rows.append(
            [
                email(250 + number) if known else f"{first(number)}.{last(number)}{number}@school.example".lower(),
                first(number),
                last(number),
                f"+91-9000000{250 + number:03d}" if known else f"+91-98190{50000 + number}",
                birthday(number).strftime("%Y-%m-%d"),
                city(number),
                str(number * 17 % 101),
                ("Enquired", "Applied", "Enrolled", "")[number % 4],
                "" if number % 5 == 0 else str(400001 + number * 317),
            ]
        )
    return rows


def text(rows: Iterable[Sequence[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """The rows as a text file with Windows line ends, as spreadsheets write it."""
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode(encoding)


def text_files() -> dict[str, bytes]:
    """The text files by name."""
    return {
        "webinar-attendance.csv": text(webinar_attendance()),
        "call-log.csv": text(call_log(), ";", "cp1252"),
        "new-students.csv": text(new_students(), encoding="utf-8-sig"),
        "website-enquiries.tsv": text(website_enquiries(), "\t"),
        "event-registrations.csv": text(event_registrations()),
        "campus-enquiries.csv": text(campus_enquiries()),
        "fee-payments.csv": text(fee_payments()),
    }


def write_workbook(path: Path, sheets: Mapping[str, Rows], kinds: Mapping[str, str]) -> None:
    """Write a workbook whose numbers and dates are real Excel cells: ``kinds`` says which columns hold them."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as workbook:
        workbook.set_properties({"created": START})
        forms = {form: workbook.add_format({"num_format": form}) for form in kinds.values() if form != "number"}
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            heads = max(rows[:3], key=len)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    kind = kinds.get(heads[column]) if cell and row > rows.index(heads) else None
                    if kind is None:
                        sheet.write_string(row, column, cell)
                    elif kind == "number":
                        sheet.write_number(row, column, float(cell))
                    else:
                        sheet.write_datetime(row, column, datetime.fromisoformat(cell), forms[kind])


def write_workbooks(folder: Path) -> None:
    """Write the two workbooks."""
    write_workbook(
        folder / "store-visits.xlsx",
        {"Visits": store_visits(), "Stores": stores()},
        {"Visited": "yyyy-mm-dd hh:mm", "Amount": "number", "Items": "number"},
    )
    write_workbook(
        folder / "admission-leads.xlsx",
        {"Leads": admission_leads(), "Courses": [["Course"], *([course] for course in COURSES)]},
        {"Born on": "dd-mmm-yyyy", "Score": "number", "Pin code": "number"},
    )


def copy_demo_files() -> None:
    """Copy what `importer demo` needs into the package, so that it works without the repository."""
    root = Path(__file__).parents[1]
    for purpose, ending in DEMO.items():
        for original in (root / "mappings" / f"{purpose}.yaml", root / "sample_data" / f"{purpose}{ending}"):
            (root / "importer" / "samples" / original.name).write_bytes(original.read_bytes())


def main(folder: Path) -> None:
    """Write all sample files into ``folder``."""
    for name, content in text_files().items():
        (folder / name).write_bytes(content)
    write_workbooks(folder)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        main(Path(__file__).parent)
        copy_demo_files()
