"""The same thing in another file is the same row: stories of exports that grow, mature, are tidied or mapped anew."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.acceptance.conftest import Desk

CALLS = """\
target: bulk-activities-by-lead-field
search_by: EmailAddress
activity:
  SearchByValue: {column: E-mail, type: email}
  ActivityEvent: {value: 203}
  ActivityNote: Note
  ActivityDateTime: {column: When, type: datetime, format: "%d/%m/%Y %H:%M", timezone: Asia/Kolkata}
  mx_Custom_1: {column: Seconds, type: number}
"""
NO_TIME = """\
target: bulk-activities-by-lead-field
search_by: EmailAddress
activity:
  SearchByValue: {column: E-mail, type: email}
  ActivityEvent: {value: 203}
  ActivityNote: Note
"""
LEADS = """\
target: bulk-upsert-leads
search_by: EmailAddress
lead:
  EmailAddress: {column: E-mail, type: email}
  FirstName: Name
"""
HEADINGS = "E-mail,Note,When,Seconds"


class Imports:
    """Imports of small files of one desk, each with the counts of its report."""

    def __init__(self, desk: Desk, mapping: str = CALLS) -> None:
        self.desk = desk
        self.number = 0
        self.remap(mapping)

    def remap(self, mapping: str) -> None:
        self.desk.write("m.yaml", mapping)

    def send(self, *lines: str, headings: str = HEADINGS, status: int = 0, name: str = "") -> dict[str, int]:
        """Import a file of these lines; return the rows by status."""
        self.number += 1
        path = self.desk.write(name or f"{self.number}.csv", "\n".join([headings, *lines, ""]))
        return self.run(path, status)

    def run(self, path: Path, status: int = 0) -> dict[str, int]:
        ended = self.desk.run("run", path.name, "-m", "m.yaml", "--yes", "--json")
        assert ended.status == status, (ended.status, ended.out, ended.err)
        self.report = ended.json
        return {name: count for name, count in self.report["counts"].items() if count}

    @property
    def activities(self) -> int:
        return sum(self.desk.notes().values())


def call(number: int, note: str = "Hi", when: str = "03/11/2026 10:00", seconds: str = "5") -> str:
    return f"lead{number:04}@example.com,{note},{when},{seconds}"


def test_spellings_of_one_row_are_sent_once(desk: Desk) -> None:
    """Blanks, the spelling of a number and of an address, and the format of the file make no other row."""
    imports = Imports(desk)
    assert imports.send(call(61)) == {"created": 1}
    assert imports.send(call(61, "Hi ")) == {"skipped": 1}
    assert imports.send(call(61, seconds="5.0")) == {"skipped": 1}
    assert imports.send(call(61).replace("lead", "Lead", 1)) == {"skipped": 1}
    book = openpyxl.Workbook()
    for line in (HEADINGS, call(61), call(62)):
        book.active.append(line.split(","))
    book.save(desk.folder / "calls.xlsx")
    assert imports.run(desk.folder / "calls.xlsx") == {"created": 1, "skipped": 1}
    assert imports.activities == 2


def test_rows_that_mature_are_held_and_follow_the_decision(desk: Desk) -> None:
    """A call whose seconds grew is not sent by itself; a decision holds for later files."""
    imports = Imports(desk)
    assert imports.send(call(1), call(2), call(3)) == {"created": 3}
    grown = (call(1, seconds="50"), call(2, seconds="60"), call(3), call(4))
    assert imports.send(*grown, status=3) == {"created": 1, "skipped": 1, "changed": 2}
    run = imports.report["run"]
    listed = desk.run("decide", run, "--list")
    assert listed.out.count("(changed)") == 2
    assert "Seconds differs" in listed.out
    kept = desk.run("decide", run, "--row", "2", "--changed", "keep")
    assert kept.status == 0, kept.err
    sent = desk.run("decide", run, "--changed", "send", "--json")
    assert sent.json["rows"] == 1
    resumed = desk.run("resume", run, "--json")
    assert (resumed.status, resumed.json["counts"]["created"], resumed.json["counts"]["skipped"]) == (0, 2, 2)
    assert imports.send(*grown, call(5)) == {"created": 1, "skipped": 4}
    assert imports.activities == 6


def test_a_mended_mapping_sends_nothing_again_unasked(desk: Desk) -> None:
    """One constant more in the mapping: every row is recognised, with a time of its own and without."""
    imports = Imports(desk)
    lines = [call(number) for number in range(1, 41)]
    assert imports.send(*lines) == {"created": 40}
    imports.remap(f"{CALLS}  mx_Custom_2: {{value: Online}}\n")
    assert imports.send(*lines, status=3) == {"changed": 40}
    imports.remap(NO_TIME + "  mx_Custom_2: {value: Web}\nignore: [When, Seconds]\n")
    assert imports.send(*lines, status=3) == {"changed": 40}
    assert imports.activities == 40


def test_two_mappings_of_one_file_are_both_meant(desk: Desk) -> None:
    """Another activity type is another thing."""
    imports = Imports(desk)
    assert imports.send(call(1), call(2)) == {"created": 2}
    imports.remap(CALLS.replace("203", "204"))
    assert imports.send(call(1), call(2)) == {"created": 2}


def test_calls_of_one_minute_are_kept_apart(desk: Desk) -> None:
    """A grown export sends only the new call; an export of new rows only asks, because it may be a correction."""
    imports = Imports(desk)
    assert imports.send(call(1, "first"), call(1, "second")) == {"created": 2}
    assert imports.send(call(1, "third"), call(1, "first"), call(1, "second")) == {"created": 1, "skipped": 2}
    assert imports.send(call(1, "fourth"), status=3) == {"changed": 1}


def test_an_equal_row_without_a_time_is_asked_about(desk: Desk) -> None:
    """The same note on another day may be a new call, unless the file holds all earlier rows too."""
    imports = Imports(desk, NO_TIME)
    headings = "E-mail,Note"
    monday = [f"lead{number:04}@example.com,Called no answer" for number in range(11, 31)]
    assert imports.send(*monday, headings=headings) == {"created": 20}
    tuesday = [monday[0], "lead0009@example.com,Interested"]
    assert imports.send(*tuesday, headings=headings, status=3) == {"created": 1, "changed": 1}
    grown = ["lead0010@example.com,New", tuesday[1], *monday]
    assert imports.send(*grown, headings=headings) == {"created": 1, "skipped": 21}
    imports.remap(f"{NO_TIME}repeat: send\n")
    assert imports.send(monday[0], headings=headings) == {"created": 1}


def test_a_row_key_tells_rows_apart_and_together(desk: Desk) -> None:
    """The ticket decides: changed content is held, equal content of another ticket is sent, an empty one falls back."""
    imports = Imports(desk, f"{NO_TIME}row_key: [Ticket]\n")
    headings = "E-mail,Note,Ticket"
    one, two = "lead0001@example.com,Asked fee,T1", "lead0001@example.com,Asked fee,T2"
    assert imports.send(one, two, headings=headings) == {"created": 2}
    assert imports.send(two, "lead0001@example.com,Asked fees,T1", headings=headings, status=3) == {
        "skipped": 1,
        "changed": 1,
    }
    assert imports.send("lead0002@example.com,Asked fee,", "lead0003@example.com,x,T3", headings=headings) == {
        "created": 2
    }
    again = ("lead0003@example.com,x,T3", "lead0004@example.com,y,T4", "lead0004@example.com,z,T4")
    assert imports.send(*again, headings=headings, status=3) == {"skipped": 1, "created": 1, "changed": 1}


def test_a_row_key_that_is_added_later_forgets_nothing(desk: Desk) -> None:
    """Rows that were sent without it are recognised by their own key."""
    imports = Imports(desk)
    headings = f"{HEADINGS},Ticket"
    assert imports.send(f"{call(1)},T1", headings=headings) == {"created": 1}
    imports.remap(f"{CALLS}row_key: [Ticket]\n")
    assert imports.send(f"{call(1)},T1", f"{call(2)},T2", headings=headings) == {"created": 1, "skipped": 1}


def test_leads_are_updated_whenever_their_values_change(desk: Desk) -> None:
    """A, B, A is sent three times; the same again is not."""
    imports = Imports(desk, LEADS)
    for name, expected in (("Ann", "created"), ("Anne", "updated"), ("Ann", "updated"), ("Ann ", "skipped")):
        other = "other@example.com,Bo"
        got = imports.send(f"new@example.com,{name}", other, other, headings="E-mail,Name")
        assert got.get(expected, 0) >= 1, (name, got)


def test_the_mapping_decides_about_changes(desk: Desk) -> None:
    """`on_change: skip` keeps what was sent, `send` sends the row as a new one."""
    imports = Imports(desk)
    assert imports.send(call(1)) == {"created": 1}
    imports.remap(f"{CALLS}on_change: skip\n")
    assert imports.send(call(1, "Hello")) == {"skipped": 1}
    imports.remap(f"{CALLS}on_change: send\n")
    assert imports.send(call(1, "Hello again")) == {"created": 1}


def test_a_changed_row_corrects_the_activity_that_was_made(desk: Desk) -> None:
    """The seconds of a call grow: LeadSquared holds one activity of it with the new value, and then nothing is left."""
    imports = Imports(desk, f"{CALLS}on_change: update\n")
    assert imports.send(call(1), call(2), call(3)) == {"created": 3}
    made = {one["Id"]: one for one in desk.sandbox.state()["activities"]}
    grown = (call(1, seconds="50"), call(2, "Hello"), call(3), call(4))
    assert imports.send(*grown) == {"updated": 2, "skipped": 1, "created": 1}
    now = {one["Id"]: one for one in desk.sandbox.state()["activities"]}
    changed = [(one["note"], one["fields"]["mx_Custom_1"]) for name, one in now.items() if one != made.get(name)]
    assert changed == [("Hi", "50"), ("Hello", "5"), ("Hi", "5")]
    assert imports.send(*reversed(grown)) == {"skipped": 4}
    assert len(desk.sandbox.state()["activities"]) == 4


def test_rows_that_never_arrived_are_sent_when_they_are_right(desk: Desk) -> None:
    """Invalid rows, and rows that LeadSquared refused, are no earlier rows."""
    imports = Imports(desk)
    assert imports.send(call(1, when="soon"), "nobody@example.org,Hi,03/11/2026 10:00,5", status=3) == {
        "invalid": 1,
        "rejected": 1,
    }
    assert imports.send(call(1), "lead0002@example.com,Hi,03/11/2026 10:00,5") == {"created": 2}


@pytest.mark.parametrize("other", ["bulk-activities-by-lead-id", "activity-by-email"])
def test_the_same_rows_through_another_call_are_held(desk: Desk, other: str) -> None:
    """What the call is and how it names the lead does not make another activity."""
    from importer.sandbox.seed import lead_id

    imports = Imports(desk, NO_TIME + "ignore: [Lead]\n")
    lines = [f"lead{number:04}@example.com,Hi {number},{lead_id(number)}" for number in (1, 2)]
    headings = "E-mail,Note,Lead"
    assert imports.send(*lines, headings=headings) == {"created": 2}
    if other == "activity-by-email":
        mapping = NO_TIME.replace("SearchByValue", "EmailAddress").replace("search_by: EmailAddress\n", "")
        imports.remap(mapping.replace("bulk-activities-by-lead-field", other) + "ignore: [Lead]\n")
        assert imports.send(*lines, headings=headings, status=3) == {"changed": 2}
    assert imports.activities == 2


def test_two_names_of_one_tenant_share_their_memory(desk: Desk) -> None:
    """What was sent with the variables' account is known to the account of the file, and the other way round."""
    imports = Imports(desk)
    assert imports.send(call(1), call(2)) == {"created": 2}
    keys = "access_key: {env: LEADSQUARED_ACCESS_KEY}, secret_key: {env: LEADSQUARED_SECRET_KEY}"
    desk.write("accounts.yaml", f"accounts:\n  other: {{host: '{desk.sandbox.host}', {keys}}}\n")
    desk.environment.update(IMPORTER_ACCOUNTS=str(desk.folder / "accounts.yaml"), LEADSQUARED_ACCOUNT="other")
    assert imports.send(call(3), call(1), call(2)) == {"created": 1, "skipped": 2}
    assert imports.activities == 3


def test_options_of_the_source_do_not_apply_to_our_own_workbook(desk: Desk) -> None:
    """The corrected sheet is imported with the mapping that describes the export: its header row, encoding, delimiter."""
    imports = Imports(desk, f"{CALLS}source: {{header_row: 3, encoding: cp1252, delimiter: semicolon}}\n")
    lines = ["Attendee report;;;", "Generated;today;;", HEADINGS.replace(",", ";")]
    rows = [call(1).replace(",", ";"), call(2, when="soon").replace(",", ";")]
    desk.write("export.csv", "\n".join([*lines, *rows, ""]))
    assert imports.run(desk.folder / "export.csv", status=3) == {"created": 1, "invalid": 1}
    path = desk.folder / imports.report["results"]
    book = openpyxl.load_workbook(path)
    sheet = book["To fix"]
    when = [cell.value for cell in sheet[1]].index("When") + 1
    sheet.cell(2, when).value = "03/11/2026 11:00"
    book.save(desk.folder / "corrected.xlsx")
    assert imports.run(desk.folder / "corrected.xlsx") == {"created": 1}
