"""An import in the page, from the upload to its results, as a browser asks for it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Formatter

import openpyxl
import pytest

from importer.app import preview_file
from importer.core.issues import CATALOGUE
from importer.core.model import Status
from importer.planning import read_mapping
from importer.sources import SourceOptions
from importer.web.pages.common import page_words
from tests.support.delivery_world import lead
from tests.unit.web.conftest import Page

HEAD = "Lead Id,Note,Score"
COLUMNS = {
    "field-0": "activity.RelatedProspectId",
    "field-1": "activity.ActivityNote",
    "field-2": "other",
    "other-2": "activity.mx_Custom_1",
}


def visits(count: int, *bad: str) -> str:
    return "\n".join([HEAD, *(f"{lead(number)},visit {number},{number}" for number in range(count)), *bad]) + "\n"


def prepare(page: Page, text: str, name: str = "visits.csv") -> str:
    """Upload a file and take it to its check."""
    draft = page.upload(text, name)
    page.do(draft, "purpose", target="bulk-activities-by-lead-id")
    assert page.do(draft, "purpose", target="bulk-activities-by-lead-id", event="201", repeat="skip").status_code == 303
    assert page.do(draft, "columns", **COLUMNS).location.endswith("/columns")
    answer = page.do(draft, "columns", **COLUMNS, **{"type-2": "integer", "check": "1"})
    assert answer.location.endswith("/review"), page.see(draft, "columns")
    return draft


def problem_rows(asked: Page, draft: str, **query: str) -> dict[int, list[str]]:
    found = asked.client.get(
        f"/imports/{draft}/rows",
        base_url="http://127.0.0.1:8765",
        query_string=query,
        headers={"Accept": "application/json"},
    ).get_json()
    return {row["row"]: [problem["code"] for problem in row["problems"]] for row in found["data"]}


def test_a_file_goes_from_upload_to_results(page: Page) -> None:
    draft = prepare(page, visits(30))
    assert "30 of 30 rows are ready" in page.see(draft, "review")
    assert "at least 2 calls" in page.see(draft, "approve")
    assert page.do(draft, "send").location.endswith("/progress")
    assert "30 of 30 rows are in LeadSquared" in page.see(draft, "done")
    assert set(page.crm.notes().values()) == {1}
    for kind in ("results", "report", "mapping", "source"):
        answer = page.get(f"/imports/{draft}/download/{kind}")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "30 of 30 rows in LeadSquared" in page.get("/").text


def test_the_first_check_knows_the_fields_of_the_account(page: Page) -> None:
    """Else rows would be refused after the approval, or the approval for what the account has come to say."""
    draft = prepare(page, visits(2))
    assert "Nothing is known of the account" not in page.see(draft, "review")
    assert "Fields of the account: Read" in page.see(draft, "approve")


def test_the_same_import_on_the_command_line_is_the_same_run(page: Page) -> None:
    """Nothing is sent again: file, mapping and account make one run, whoever asks for it."""
    from importer.app import run
    from importer.delivery import DeliveryOptions
    from importer.reports import ReportPaths

    draft = page.imports.store.load(prepare(page, visits(3)))
    page.do(draft.id, "send")
    posts = page.crm.posts
    request = page.imports.request(page.imports.store.load(draft.id))
    account = page.config.load_account("default")
    report = run(request, account, ReportPaths(page.env.home / "again.xlsx"), DeliveryOptions(), page.env)
    assert (report.summary.counts, page.crm.posts) == ({Status.CREATED: 3}, posts)


def test_cells_are_corrected_in_place_and_steps_are_undone(page: Page) -> None:
    draft = prepare(page, visits(2, f"{lead(2)},visit 2,many", f"{lead(3)},visit 3,many", ",nobody,7"))
    assert problem_rows(page, draft) == {4: ["not-an-integer"], 5: ["not-an-integer"], 6: ["required"]}
    assert problem_rows(page, draft, code="required") == {6: ["required"]}
    assert problem_rows(page, draft, letter="C", size="1", page="2") == {5: ["not-an-integer"]}
    one = page.post_json(f"/imports/{draft}/cells", changes=[{"row": 6, "letter": "A", "text": lead(9)}]).get_json()
    assert [(row["row"], row["problems"], row["edited"]) for row in one["data"]] == [(6, [], ["A"])]
    all_alike = page.post_json(f"/imports/{draft}/replace", letter="C", old="many", new="12").get_json()
    assert (all_alike["changed"], all_alike["edits"]) == (2, 2)
    assert problem_rows(page, draft) == {4: [], 5: [], 6: []}
    undone = page.post_json(f"/imports/{draft}/undo").get_json()
    assert undone["edits"] == 1
    assert problem_rows(page, draft) == {4: ["not-an-integer"], 5: ["not-an-integer"], 6: []}
    assert "Check again before you send it" in page.see(draft, "review")
    page.do(draft, "check")
    assert "3 of 5 rows are ready" in page.see(draft, "review")


def test_what_was_changed_since_the_check_is_not_sent(page: Page) -> None:
    draft = prepare(page, visits(2))
    page.post_json(f"/imports/{draft}/cells", changes=[{"row": 2, "letter": "B", "text": "another note"}])
    answer = page.do(draft, "send")
    assert answer.status_code == 422
    assert "changed since the check" in answer.text
    assert page.crm.posts == 0
    page.do(draft, "check")
    page.do(draft, "send")
    assert "another note" in page.crm.notes()


def test_corrections_go_on_over_several_rounds_with_one_total(page: Page) -> None:
    page.crm.bad_notes = {"visit 1"}
    draft = prepare(page, visits(3, ",nobody,7"))
    page.do(draft, "send")
    assert "2 of 4 rows are in LeadSquared" in page.see(draft, "done")
    page.do(draft, "round")
    assert "1 of 2 rows is ready" in page.see(draft, "review")
    page.post_json(f"/imports/{draft}/cells", changes=[{"row": 5, "letter": "A", "text": lead(7)}])
    page.do(draft, "check")
    page.do(draft, "send")
    done = page.see(draft, "done")
    assert "3 of 4 rows are in LeadSquared" in done
    assert "Correct 1 row" in done
    page.crm.bad_notes = set()
    page.do(draft, "round")
    page.do(draft, "send")
    assert "4 of 4 rows are in LeadSquared" in page.see(draft, "done")
    assert sum(page.crm.notes().values()) == 4


def test_a_killed_server_continues_what_it_was_sending(page: Page) -> None:
    """The state says that a task runs, and nobody holds its lock."""
    draft = prepare(page, visits(60))
    page.crm.on_post = lambda number: page.imports.tasks.stop(draft) if number == 2 else None
    page.do(draft, "send")
    assert "It is not finished" in page.see(draft, "done")
    page.crm.on_post = lambda number: None
    folder = page.imports.store.folder(draft)
    state = json.loads((folder / "task.json").read_text())
    (folder / "task.json").write_text(json.dumps({**state, "state": "running"}))
    again = Page(page.env.home)
    again.crm.activities = page.crm.activities
    again.imports.recover()
    again.imports.tasks.wait(draft, 60)
    assert "60 of 60 rows are in LeadSquared" in again.see(draft, "done")
    assert set(page.crm.notes().values()) == {1}


def test_an_interrupted_import_is_continued_by_its_button(page: Page) -> None:
    draft = prepare(page, visits(60))
    page.crm.on_post = lambda number: page.imports.tasks.stop(draft) if number == 1 else None
    page.do(draft, "send")
    page.crm.on_post = lambda number: None
    assert page.get(f"/imports/{draft}").location.endswith("/done")
    page.do(draft, "resume")
    assert "60 of 60 rows are in LeadSquared" in page.see(draft, "done")


def test_rows_that_differ_from_earlier_ones_are_decided_in_the_page(page: Page) -> None:
    first = prepare(page, visits(3))
    page.do(first, "send")
    draft = page.upload(visits(3), "again.csv")
    assert "your import of visits.csv" in page.see(draft, "purpose")
    page.do(draft, "columns", **{**COLUMNS, "field-2": "other", "other-2": "activity.mx_Custom_2"}, check="1")
    assert "3 rows would be held as changed" in page.see(draft, "approve")
    page.do(draft, "send")
    done = page.see(draft, "done")
    assert "3 rows look like rows that were sent earlier" in done
    assert str(page.env.home) not in done
    run = page.imports.store.load(draft).deliveries[-1].run
    page.do(draft, "decide", run=run, decision="keep", row="2")
    assert "2 rows look like" in page.see(draft, "done")
    page.do(draft, "decide", run=run, decision="send", **{"continue": "1"})
    assert "3 of 3 rows are in LeadSquared" in page.see(draft, "done")
    assert sum(page.crm.notes().values()) == 5


def test_the_choices_of_the_columns_become_the_yaml_of_the_command_line(page: Page) -> None:
    draft = prepare(page, visits(2))
    form = {
        **COLUMNS,
        "type-1": "text",
        "clean-1": ["strip", "title"],
        "required-1": "true",
        "value-1-0": "Visited once",
        "type-2": "integer",
        "constant-activity.ActivityEvent": "202",
        "new-constant": "activity.mx_Custom_3",
        "new-value": "Web",
    }
    page.do(draft, "columns", **form)
    mapping = read_mapping(page.imports.store.mapping(page.imports.store.load(draft))).mapping
    note = mapping.activity["ActivityNote"]
    assert (note.transforms, note.required, note.lookup) == (("strip", "title"), True, {"visit 0": "Visited once"})
    assert mapping.activity["mx_Custom_1"].type == "integer"
    assert (mapping.activity["ActivityEvent"].value, mapping.activity["mx_Custom_3"].value) == ("202", "Web")
    page.do(draft, "columns", **{**COLUMNS, "field-1": ""})
    mapping = read_mapping(page.imports.store.mapping(page.imports.store.load(draft))).mapping
    assert (mapping.ignore, "ActivityNote" in mapping.activity) == (("Note",), False)
    assert "Not imported (1):" in page.see(draft, "columns")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"field-1": "activity.mx_Custom_1"}, "would both fill activity.mx_Custom_1"),
        ({"field-1": "other", "other-1": "City"}, "is not a field"),
    ],
)
def test_a_choice_that_cannot_be_meant_is_explained(page: Page, form: dict[str, str], words: str) -> None:
    draft = prepare(page, visits(2))
    answer = page.do(draft, "columns", **{**COLUMNS, **form})
    assert answer.status_code == 422
    assert words in answer.text


def test_a_workbook_with_several_sheets_asks_for_one(page: Page, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title in ("May", "June"):
        sheet = book.create_sheet(title)
        sheet.append(["Lead Id", "Note", "Score"])
        sheet.append([lead(1), f"in {title}", 3])
    del book["Sheet"]
    book.save(tmp_path / "book.xlsx")
    draft = page.upload((tmp_path / "book.xlsx").read_bytes(), "book.xlsx")
    assert "Which one do you want to import" in page.see(draft, "file")
    page.do(draft, "file", sheet="June")
    assert "in June" in page.see(draft, "file")
    assert page.do(draft, "file", sheet="June", header_row="").location.endswith("/purpose")


def test_a_file_that_cannot_be_read_says_why(page: Page) -> None:
    draft = page.upload(b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "picture.csv")
    assert "picture.csv" in page.see(draft, "file")
    assert page.do(draft, "file", header_row="x").status_code == 422
    assert page.do(draft, "purpose", target="bulk-upsert-leads").status_code == 422
    for screen in ("purpose", "columns", "review", "approve"):
        assert page.get(f"/imports/{draft}/{screen}").status_code == 303


def test_texts_from_outside_never_become_a_part_of_the_page(page: Page) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    quoted = '"' + hostile.replace('"', '""') + '"'
    draft = prepare(page, f"Lead Id,{quoted},Score\n{lead(1)},{quoted},many\n", "<b>.csv")
    for screen in ("file", "purpose", "columns", "review", "approve"):
        text = page.see(draft, screen)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>.csv" not in text


def test_a_file_of_unknown_encoding_shows_how_each_encoding_reads_it(page: Page) -> None:
    draft = page.upload(visits(2, f"{lead(2)},Köln für 5 €,3").encode("cp1252"))
    text = page.see(draft, "file")
    assert "Which line reads right?" in text
    assert [word in text for word in ("Köln für 5 €", "Windows, Western Europe", "source:")] == [True, True, False]
    page.do(draft, "file", encoding="cp1252")
    assert "All 3 rows" in page.see(draft, "file")


def test_the_preview_shows_all_rows_and_marks_those_without_data(page: Page) -> None:
    text = page.see(page.upload(visits(2, "Total,,45")), "file")
    assert "All 3 rows" in text
    assert text.count('class="no-data"') == 1


def test_only_the_beginning_of_a_long_file_is_read_for_its_preview(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_text("A,B\n" + "x,y\n" * 11_000, "utf-8")
    preview = preview_file(tmp_path / "long.csv", SourceOptions())
    assert len(preview.rows) == 100
    assert preview.columns[0].values == (("x", 5_000),)


def test_a_file_without_headings_is_read_by_the_letters_of_its_columns(page: Page) -> None:
    draft = page.upload(visits(2))
    page.do(draft, "file", header_row="0")
    assert page.imports.store.load(draft).options == {"header_row": 0}
    assert page.imports.proposals.preview(page.imports.store.load(draft)).header_row == 0  # type: ignore[union-attr]
    assert page.do(draft, "file", header_row="first").status_code == 422


def test_a_text_file_may_have_short_rows(page: Page) -> None:
    draft = page.upload(visits(2, lead(2)))
    page.do(draft, "file", has_pad="1", pad_short_rows="1")
    assert page.imports.store.load(draft).options == {"pad_short_rows": True}
    page.do(draft, "file", has_pad="1")
    assert page.imports.store.load(draft).options == {}


def test_rows_are_left_out_by_their_values(page: Page) -> None:
    draft = prepare(page, visits(4, f"{lead(5)},Test,3", f"{lead(6)},Test,4"))
    first = {"field-1": "", "outs-1": "1", "out-1-0": "1", "check": "1"}
    assert page.do(draft, "columns", **{**COLUMNS, **first}).location.endswith("/review")
    review = page.see(draft, "review")
    assert "4 of 6 rows are ready to send; 2 left out" in review
    assert "Rows left out (2)" in review
    assert "It does not fit what the step Columns chose to import." in review
    columns = page.see(draft, "columns")
    assert "rows left out: Test" in columns
    page.do(draft, "columns", **COLUMNS, check="1")
    assert "4 of 6 rows are ready" in page.see(draft, "review")
    page.do(draft, "columns", **COLUMNS, **{"outs-1": "1", "check": "1"})
    assert "6 of 6 rows are ready" in page.see(draft, "review")


def test_values_that_are_not_replaced_are_sent_as_they_are(page: Page) -> None:
    """A value that a table lacks would be a problem of its row."""
    draft = prepare(page, visits(3))
    shown = {"type-1": "text", "value-1-0": "First visit", "value-1-1": "", "value-1-2": ""}
    page.do(draft, "columns", **{**COLUMNS, **shown}, check="1")
    assert "3 of 3 rows are ready" in page.see(draft, "review")
    page.do(draft, "send")
    assert set(page.crm.notes()) == {"First visit", "visit 1", "visit 2"}
    page.do(draft, "columns", **{**COLUMNS, **shown, "value-1-0": ""})
    assert "lookup" not in page.imports.store.mapping(page.imports.store.load(draft)).read_text("utf-8")


def test_a_check_that_failed_says_so_where_it_leads(page: Page) -> None:
    draft = prepare(page, visits(2))
    page.imports.store.source(page.imports.store.load(draft)).write_text("Other,Headings\n1,2\n", "utf-8")
    page.imports.store.update(draft, plan="", checked="")
    page.do(draft, "check")
    assert page.get(f"/imports/{draft}/review").location.endswith("/columns")
    assert 'role="alert"' in page.see(draft, "columns")


@pytest.mark.parametrize("screen", ["columns", "purpose"])
def test_a_form_of_another_window_undoes_nothing(page: Page, screen: str) -> None:
    draft = prepare(page, visits(2))
    found = re.search(r'name="seen" value="(\w+)"', page.see(draft, screen))
    assert found is not None
    assert page.do(draft, "columns", **{**COLUMNS, "field-1": ""}, seen=found[1]).status_code == 303
    late = page.do(draft, screen, **COLUMNS, seen=found[1])
    assert (late.status_code, "in another window" in late.text) == (422, True)
    assert "Not imported (1):" in page.see(draft, "columns")


def test_home_counts_the_imports_that_it_does_not_show(page: Page) -> None:
    for number in range(32):
        page.imports.store.create(f"{number}.csv", "asha", "", page.clock.now())
    assert "2 older imports are not shown" in page.get("/").text


def test_problems_are_described_without_keys_of_a_mapping_file() -> None:
    """Who works in the page never sees that file."""
    for code, kind in CATALOGUE.items():
        fields = {name: "date" for _, name, _, _ in Formatter().parse(kind.message + kind.remedy) if name}
        assert "`" not in page_words(f"{kind.message} {kind.remedy}".format(**fields)), code


def test_an_address_of_another_folder_is_not_found(page: Page) -> None:
    for draft in ("..", "%2e%2e%2fhome", "a" * 41, "nothing-here"):
        assert page.get(f"/imports/{draft}/file").status_code in (404, 308)
    draft = prepare(page, visits(1))
    assert page.get(f"/imports/{draft}/download/ledger").status_code == 404
    assert page.get(f"/imports/{draft}/download/results").status_code == 404
    assert page.do(draft, "decide", run="another", decision="keep").status_code == 404


def test_a_second_person_approves_where_that_is_asked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    page = Page(home, two_people=True)
    draft = prepare(page, visits(2))
    assert "Another person must approve" in page.see(draft, "approve")
    assert page.do(draft, "send").status_code == 422
    others = {"owner": "ravi", "checked_by": "ravi", "prepared_by": ("ravi",)}
    page.imports.store.update(draft, **others)
    assert page.do(draft, "send").status_code == 303
    assert "2 of 2" in page.see(draft, "done")


def test_an_import_can_be_removed_and_its_run_stays(page: Page) -> None:
    draft = prepare(page, visits(2))
    page.do(draft, "send")
    assert page.do(draft, "remove").status_code == 303
    assert page.get(f"/imports/{draft}/done").status_code == 404
    again = prepare(page, visits(2))
    page.do(again, "send")
    assert sum(page.crm.notes().values()) == 2


def test_samples_bring_their_mapping(page: Page) -> None:
    """The sandbox is started for them."""
    answer = page.post("/samples/campus-enquiries.csv")
    assert page.sandbox_starts == [1]
    assert answer.status_code == 303
    assert page.post("/samples/other.csv").status_code == 404
    assert page.post("/sandbox").status_code == 303


def test_the_status_for_scripts(page: Page) -> None:
    draft = prepare(page, visits(2))
    page.do(draft, "send")
    status = page.get(f"/imports/{draft}/status").get_json()
    assert (status["kind"], status["state"]) == ("send", "done")
    assert status["next"].endswith("/done")
    assert (status["progress"]["done"], status["progress"]["total"]) == (2, 2)
