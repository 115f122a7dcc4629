"""What an analyst does in the page, from the file to its rows in the CRM, without a command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from importer.sandbox.seed import lead_id
from tests.acceptance.conftest import Desk
from tests.acceptance.web.conftest import SAMPLES, PageServer, Visitor
from tests.support.sampled import ALL_CASES

pytestmark = pytest.mark.slow

EXPORTS = [
    "store-visits.xlsx",
    "call-log.csv",
    "event-registrations.csv",
    "fee-payments.csv",
    "new-students.csv",
    "website-enquiries.tsv",
    "campus-enquiries.csv",
    "admission-leads.xlsx",
]
MOST_ACTIONS = 15


def visits(folder: Path, count: int, *bad: str) -> Path:
    lines = [f"{lead_id(number + 1)},2026-11-{number % 28 + 1:02} 10:00:00,visit {number}" for number in range(count)]
    path = folder / "visits.csv"
    path.write_text("\n".join(["Lead Id,Visited at,Note", *lines, *bad]) + "\n", "utf-8")
    return path


def prepare_visits(visitor: Visitor, path: Path) -> None:
    visitor.page.set_input_files("#file", path)
    visitor.see("Is this the right table?")
    visitor.click("button", "Continue")
    visitor.see("What do the rows become")
    purpose = visitor.page.locator("input[value=bulk-activities-by-lead-id]")
    if not purpose.is_checked():
        purpose.check()
        visitor.click("button", "Continue")
        # Now the columns are proposed for this purpose.
        visitor.page.locator("input[value=bulk-activities-by-lead-id]:checked").wait_for(timeout=60_000)
    visitor.page.get_by_label("Type of the activity").select_option("201")
    visitor.click("button", "Continue")
    visitor.see("Which column fills which field?")


def assert_accessible(visitor: Visitor) -> None:
    violations = Axe().run(visitor.page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations] == []


def test_exports_go_from_the_drop_into_the_crm(visit: Callable[[], Visitor], desk: Desk) -> None:
    """Of every kind: encodings, sheets, activities and leads; without a command and with few actions."""
    visitor = visit()
    for name in EXPORTS if ALL_CASES else EXPORTS[:3]:
        visitor.home()
        visitor.upload(SAMPLES / name)
        visitor.check()
        done = visitor.send()
        rows = done.split(" of ")[0]
        assert done.startswith(f"{rows} of {rows} rows"), f"{name}: {done}"
        assert visitor.actions <= MOST_ACTIONS, name
    visitor.assert_unharmed()


def test_cells_are_corrected_in_the_grid_and_nothing_is_sent_twice(
    visit: Callable[[], Visitor], desk: Desk, tmp_path: Path
) -> None:
    """Typing (also without a network), pasting a range, undoing; the page is accessible at every step, and the back button sends nothing."""
    visitor = visit()
    page = visitor.page
    assert_accessible(visitor)
    prepare_visits(
        visitor, visits(tmp_path, 3, "nobody,2026-11-05 10:00:00,visit 3", "none,2026-11-06 10:00:00,visit 4")
    )
    assert_accessible(visitor)
    assert visitor.check().startswith("3 of 5 rows are ready")
    cell = page.locator(".tabulator-row").nth(0).locator("[tabulator-field=A]")
    cell.wait_for()
    assert_accessible(visitor)
    # A correction that is made while the network is away is stored when it is back.
    page.context.set_offline(True)
    cell.dblclick()
    page.keyboard.press("Control+A")
    page.keyboard.type(lead_id(11))
    page.keyboard.press("Enter")
    page.get_by_text("The connection is lost.").wait_for()
    visitor.errors.clear()
    page.context.set_offline(False)
    page.get_by_text("Right now.", exact=True).first.wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("1 of the changed rows still has a problem.").wait_for()
    cell.click()
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            document.querySelector("#grid").dispatchEvent(
                new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
        }""",
        f"{lead_id(12)}\n{lead_id(13)}",
    )
    page.locator(".tabulator-row.right").nth(1).wait_for()
    visitor.click("button", "Check again")
    page.get_by_role("heading", name="5 of 5 rows are ready").wait_for(timeout=60_000)
    assert visitor.send() == "5 of 5 rows are in LeadSquared"
    assert_accessible(visitor)
    page.go_back()
    page.reload()
    page.goto(f"{visitor.origin}/")
    page.get_by_role("link", name="visits.csv").click()
    visitor.see("5 of 5 rows are in LeadSquared")
    assert desk.notes() == {f"visit {number}": 1 for number in range(5)}
    visitor.assert_unharmed()


def test_a_killed_server_goes_on_where_it_was(
    visit: Callable[[], Visitor], server: PageServer, desk: Desk, tmp_path: Path
) -> None:
    """The page says that the connection is lost; after the next start all rows are there, each once."""
    desk.environment |= {"LEADSQUARED_BULK_CALLS_PER_WINDOW": "1", "LEADSQUARED_WINDOW_SECONDS": "0.5"}
    visitor = visit()
    page = visitor.page
    prepare_visits(visitor, visits(tmp_path, 300))
    visitor.check()
    visitor.click("link", "Continue")
    visitor.click("button", "Send ")
    page.locator("progress[value]").wait_for(timeout=60_000)
    assert server.process is not None
    server.process.kill()
    server.process.process.join()
    page.get_by_text("The connection is lost").wait_for()
    assert 0 < sum(desk.notes().values()) < 300
    visitor.errors.clear()
    address = server.start()
    page.goto(address)
    page.get_by_role("link", name="visits.csv").click()
    visitor.see("300 of 300 rows are in LeadSquared")
    assert desk.notes() == {f"visit {number}": 1 for number in range(300)}


def test_two_windows_send_an_import_once(visit: Callable[[], Visitor], desk: Desk, tmp_path: Path) -> None:
    """Whoever approves second is told where it stands."""
    visitor = visit()
    prepare_visits(visitor, visits(tmp_path, 40))
    visitor.check()
    visitor.click("link", "Continue")
    second = visitor.page.context.new_page()
    second.goto(visitor.page.url)
    for page in (visitor.page, second):
        page.get_by_role("button", name="Send ").click()
    for page in (visitor.page, second):
        page.get_by_role("heading", name="40 of 40 rows are in LeadSquared").wait_for(timeout=60_000)
    assert set(desk.notes().values()) == {1}
    assert sum(desk.notes().values()) == 40
