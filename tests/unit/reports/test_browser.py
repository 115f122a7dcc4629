"""The report page in a real browser: loads nothing, has no errors, sorts and filters, and is accessible."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer.core.model import Status
from importer.reports.html.page import write_page
from importer.reports.interface import (
    PARTS,
    AttentionRow,
    Bin,
    CallProfile,
    ColumnStatistics,
    ErrorGroup,
    ReportColumn,
    RunProfile,
    SlowCall,
    TimePart,
    ValueCount,
)
from tests.support.summaries import summary

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="this computer has no chromium to open the page with")

MARKS = (0, 3, *(0,) * (PARTS - 2))
PROFILE = RunProfile(
    rows=40,
    columns=(
        ColumnStatistics("A", "Plan", "x", 40, 2, False, ("Gold",), (ValueCount("Gold", 30), ValueCount("Silver", 10))),
        ColumnStatistics(
            "B", "Score", "y", 38, 20, False, ("1",), bins=(Bin("0", "9", 5), Bin("10", "19", 8)), strip=MARKS
        ),
    ),
    strips={"required": MARKS},
    preview='[\n  {"ActivityNote": "x"}\n]',
    previewed=(2,),
    sent=(("activity.ActivityNote", ("x",)),),
    calls=CallProfile(
        2, 3.0, (TimePart(0.0, 25, 1, 0), TimePart(1.5, 15, 0, 1)), (SlowCall(0.0, 1.0, 25, "applied"),)
    ),
    attention=tuple(
        AttentionRow(row, *((Status.REJECTED, "MXInvalidLeadException") if row % 2 else (Status.UNCERTAIN, "no-answer")),
                  f"text of {row}", "" if row % 2 else "Looked for it there. " * 20)
        for row in (9, 10, 101, 2)
    ),
    attention_total=4,
)  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


def summary_page(path: Path, insight: RunProfile) -> Path:
    made = summary(
        {Status.CREATED: 36, Status.REJECTED: 2, Status.UNCERTAIN: 2},
        columns=(ReportColumn("A", "Plan", "x"), ReportColumn("B", "Score", "y")),
        errors=(ErrorGroup("required", "A cell is empty.", 3, (2, 3, 4), "Fill it in."),),
    )
    write_page(path, made, insight)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return summary_page(tmp_path / "page.html", PROFILE)


def rows(page: Any) -> list[str]:
    return page.locator("#attention tbody tr:visible td:first-child").all_inner_texts()  # type: ignore[no-any-return]


def test_it_loads_nothing_and_its_script_works(browser: Any, path: Path) -> None:
    """No request but the page itself, no error; headings sort by number, and the field filters rows."""
    page = browser.new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert rows(page) == ["9", "10", "101", "2"]
    page.get_by_role("button", name="Row").click()
    assert rows(page) == ["2", "9", "10", "101"]
    page.get_by_role("button", name="Row").click()
    assert rows(page) == ["101", "10", "9", "2"]
    assert page.locator("#attention th").first.get_attribute("aria-sort") == "descending"
    page.get_by_label("Show only rows with").fill("rejected")
    assert rows(page) == ["101", "9"]
    assert page.locator("#attention-shown").inner_text() == "2 of 4"
    page.get_by_label("Show only rows with").fill("")
    assert len(rows(page)) == 4
    assert errors == []
    page.close()


@pytest.mark.parametrize("width", [1200, 390])
def test_of_many_rows_the_first_are_shown(browser: Any, tmp_path: Path, width: int) -> None:
    """A phone is not made to scroll past hundreds of rows; the button, the filter and paper have them all."""
    many = tuple(AttentionRow(row, Status.UNCERTAIN, "no-answer", f"text of {row}") for row in range(60, 0, -1))
    made = summary_page(tmp_path / "page.html", replace(PROFILE, attention=many, attention_total=60))
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(made.as_uri())
    assert len(rows(page)) == 25
    page.emulate_media(media="print")
    assert len(rows(page)) == 60
    page.emulate_media(media="screen")
    page.get_by_label("Show only rows with").fill("of 3")
    assert rows(page) == [str(row) for row in range(60, 0, -1) if "3" in str(row)]
    page.reload()
    if width > 640:
        page.get_by_role("button", name="Row").click()
        assert rows(page)[:2] == ["1", "2"]
        assert len(rows(page)) == 60
        page.reload()
    page.get_by_role("button", name="Show all 60").click()
    assert len(rows(page)) == 60
    assert page.get_by_role("button", name="Show all 60").count() == 0
    page.close()


def test_the_keyboard_is_enough(browser: Any, path: Path) -> None:
    """Every control can be reached with Tab and used with Enter."""
    page = browser.new_page()
    page.goto(path.as_uri())
    page.get_by_label("Show only rows with").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert rows(page) == ["2", "9", "10", "101"]
    page.close()


def test_short_cells_stay_on_one_line_and_paper_shows_all(browser: Any, path: Path) -> None:
    """Beside long texts, row numbers, statuses and codes do not break; printing opens what is folded."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(path.as_uri())
    line = page.locator("#attention tbody tr").first
    heights = [line.locator("td").nth(index).evaluate("it => it.getClientRects()[0].height") for index in range(3)]
    assert max(heights) < 40, heights
    assert page.locator("details[open]").count() == 0
    page.pdf()
    assert page.locator("details[open]").count() == page.locator("details.evidence, details.folded").count() == 4
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 390])
def test_it_is_accessible(browser: Any, path: Path, scheme: str, width: int) -> None:
    """axe finds no serious violation, light or dark, wide or narrow, and nothing needs sideways scrolling."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    page = context.new_page()
    page.goto(path.as_uri())
    found = Axe().run(page).response["violations"]
    serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
