"""The report page: complete, harmless whatever stands in the data, small, and still readable without its script."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.model import Status
from importer.data_quality import Damage
from importer.reports.html.charts import histogram, strip, timeline
from importer.reports.html.page import breakable, marked, render_page, write_page
from importer.reports.interface import (
    PARTS,
    AttentionRow,
    Bin,
    CallProfile,
    ColumnStatistics,
    Cost,
    ErrorGroup,
    ReportColumn,
    RunProfile,
    SlowCall,
    TimePart,
    ValueCount,
)
from tests.support.sampled import examples
from tests.support.summaries import summary

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>\x1b]0;\u202e'
TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "header",
    "section",
    "p",
    "h1",
    "h2",
    "strong",
    "svg",
    "rect",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "span",
    "br",
    "wbr",
    "button",
    "code",
    "div",
    "label",
    "input",
    "ul",
    "li",
    "pre",
    "details",
    "summary",
    "script",
}


class Parsed(HTMLParser):
    """Tags, attributes and the text of the script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: Counter[str] = Counter()
        self.values: list[str] = []
        self.script = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self._inside = tag
        self.attributes.update(name for name, _ in attrs)
        self.values += [value or "" for _, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.script += data


def calls_of(parts: list[tuple[int, int, int]]) -> CallProfile:
    made = tuple(TimePart(float(index), *numbers) for index, numbers in enumerate(parts))
    return CallProfile(3, 12.0, made, (SlowCall(0.5, 1.25, 25, "applied"),))


def profile_with(text: str, rows: int = 6) -> RunProfile:
    marks = (0,) * (PARTS - 1) + (1,)
    bars = (ValueCount(text, 4), ValueCount("b", 1))
    columns = (
        ColumnStatistics("A", text, text, rows, 2, False, (text,), bars=bars, others=1, strip=marks, read_as=text),
        ColumnStatistics("B", "n", "", rows, 20, False, (text,), bins=(Bin("1", "5", 3), Bin("6", "9", 0))),
        ColumnStatistics("C", "ids", "", 3, 5000, True, (text,)),
    )
    return RunProfile(
        rows=rows,
        columns=columns,
        strips={"required": marks},
        preview=f'{{\n  "note": "{text}"\n}}',
        previewed=(2, 3),
        sent=((text, (text, None)), ("activity.mx_Custom_1", ("", "x" * 400))),
        calls=calls_of([(25, 0, 0), (0, 1, 1)]),
        attention=(AttentionRow(7, Status.REJECTED, text, text, text),),
        attention_total=9,
    )


def page(text: str, status: str = "finished") -> str:
    columns = (ReportColumn("A", text, text), ReportColumn("B", "n"), ReportColumn("C", "ids"), ReportColumn("D", "x"))
    made = summary(
        {Status.CREATED: 5, Status.INVALID: 1},
        status=status,
        headline=text,
        columns=columns,
        facts=((text, text),),
        damage=(Damage("excel-errors", text, "A", text, 3, (2,), text, text, text),),
        notes=(text,),
        errors=(
            ErrorGroup("required", f"A cell is empty. {text}", 1, (7,), title="A cell is empty"),
            ErrorGroup("MXFault", text, 1, (8,), text),
        ),
    )
    return render_page(made, profile_with(text))


@pytest.mark.parametrize("status", ["planned", "finished", "interrupted", "failed"])
def test_nothing_of_the_data_becomes_a_part_of_the_page(status: str) -> None:
    """Only known tags, no event attributes, no links, one script that is ours by its hash."""
    text = page(EVIL, status)
    parsed = Parsed(text)
    assert set(parsed.tags) <= TAGS
    assert not [name for name in parsed.attributes if name.startswith("on") or name in ("src", "href", "style")]
    assert parsed.tags["script"] == 1
    digest = base64.b64encode(hashlib.sha256(parsed.script.encode()).digest()).decode()
    assert any(f"script-src 'sha256-{digest}'" in value for value in parsed.values)
    assert any("default-src 'none'" in value for value in parsed.values)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.slow
@given(st.text(max_size=40))
@settings(max_examples=examples(30), deadline=None)
def test_any_text_may_stand_anywhere(text: str) -> None:
    """The page keeps its form, tag for tag; some texts have code or places to break in them."""
    free = Counter({"span": 9, "br": 9, "wbr": 400, "code": 400})
    assert Parsed(page(text)).tags - Counter(["br"]) <= _plain_tags() + free


@cache
def _plain_tags() -> Counter[str]:
    return Parsed(page("plain")).tags


def test_commands_and_settings_are_set_off() -> None:
    """What a person types stands out from the sentence around it; nothing else does, and nothing is left unescaped."""
    told = marked(
        "Run: importer resume 20261121-173913-43b3. Then importer runs, or `lookup:` <b>` ` importer doctor --refresh"
    )
    assert re.findall("<code>(.*?)</code>", told) == [
        "importer resume 20261121-173913-43b3",
        "importer runs",
        "lookup:",
        "importer doctor --refresh",
    ]
    assert "<b>" not in told
    assert breakable("activity.mx_1<") == "activity.<wbr>mx_<wbr>1&lt;"


def test_the_page_tells_what_is_known() -> None:
    """Columns with share, values and pictures; where problems lie; the calls; the rows that need a person."""
    text = re.sub(r"\s+", " ", page("Plan"))
    assert "2 different" in text
    assert "Columns that Excel may have spoiled" in text
    assert "rows 2 and 2 more" in text
    assert "more than 5,000 different" in text
    assert "50.0 %" in text
    assert "Histogram from 1 to 9; most rows, 3, at 1 to 5." in text
    assert "All in one place, about 98 % into the file." in text
    assert "3 calls in 12 s; 1 refused because of the limit; 1 without a certain answer." in text
    assert "0.5 s after the first" in text
    assert "8 more; the workbook lists them all." in text
    assert "<th>Row 2</th><th>Row 3</th>" in text
    assert '<td data-name="Row 3"><span class="soft">not sent</span></td>' in text
    assert '<span class="soft">empty</span></td><td data-name="Row 3">' + "x" * 300 + "…<" in text
    assert "<strong>A cell is empty</strong><br>Plan" in text
    assert "<strong>Plan</strong><br>Plan" in text
    assert "1 row with a problem" in text
    assert '{ "note"' in text.replace("&#34;", '"')


@pytest.mark.parametrize(
    ("status", "counts", "tone"),
    [
        ("planned", {Status.INVALID: 3}, "bad"),
        ("planned", {Status.INVALID: 1, Status.NOT_SENT: 2}, "warn"),
        ("planned", {Status.NOT_SENT: 3}, "plain"),
        ("finished", {Status.CREATED: 3}, "good"),
        ("finished", {Status.REJECTED: 3}, "warn"),
        ("interrupted", {Status.CREATED: 3}, "bad"),
        ("planned", {}, "good"),
    ],
)
def test_the_colour_of_the_verdict(status: str, counts: dict[Status, int], tone: str) -> None:
    """It goes with the words of the verdict; a check says what sending needs, and shows ready rows as such."""
    cost = Cost(4, 2.0, None, "at least 4 calls and 2 s") if status == "planned" else None
    text = render_page(summary(counts, status=status, cost=cost))
    assert f'<header class="{tone}">' in text
    assert ("<strong>Sending needs:</strong> at least 4 calls and 2 s." in text) == (status == "planned")
    assert ('class="dot ready"' in text) == (status == "planned" and Status.NOT_SENT in counts)


def test_a_page_without_a_profile_is_a_page() -> None:
    """A report of a run whose plan could not be profiled still has its counts and columns."""
    text = render_page(summary({}, errors=(), facts=(), notes=(), columns=(ReportColumn("A", "Plan", "x"),)))
    assert "Plan" in text
    assert "How it went" not in text


def test_the_page_is_written_once(tmp_path: Path) -> None:
    """What is on disk is what was rendered."""
    made = summary({Status.CREATED: 1})
    write_page(tmp_path / "page.html", made, profile_with("x", rows=1))
    assert (tmp_path / "page.html").read_text("utf-8") == render_page(made, profile_with("x", rows=1))


@pytest.mark.slow
def test_a_page_of_a_million_rows_is_small() -> None:
    """Five hundred listed rows, a hundred columns with pictures: far below two megabytes."""
    column = profile_with("x" * 60).columns[0]
    columns = tuple(ReportColumn(f"C{number}", "heading", "field") for number in range(100))
    known = RunProfile(
        rows=10**6,
        columns=tuple(
            ColumnStatistics(one.letter, one.label, "f", 10**6, 9, False, (), bars=column.bars * 3, strip=(9,) * PARTS)
            for one in columns
        ),
        strips={},
        attention=tuple(AttentionRow(row, Status.REJECTED, "MXFault", "why " * 60) for row in range(500)),
        attention_total=10**6,
        preview="x" * 10**6,
    )
    assert len(render_page(summary({Status.REJECTED: 10**6}, columns=columns), known).encode()) < 1_500_000


@pytest.mark.slow
@given(st.lists(st.integers(0, 10**6), min_size=PARTS, max_size=PARTS), st.integers(1, 10**7))
@settings(max_examples=examples(50), deadline=None)
def test_strips_stay_in_their_box(counts: list[int], rows: int) -> None:
    """One mark for each part that has something, inside the picture, with words for each."""
    drawn = strip(counts, rows)
    assert len(drawn.rectangles) == sum(1 for count in counts if count)
    for piece in drawn.rectangles:
        assert 0 <= piece.y <= 10
        assert abs(piece.y + piece.height - 10) < 0.02
        assert 0 <= piece.x < drawn.width
    assert drawn.description


def test_strips_say_where() -> None:
    """Nowhere, in one place, in a part of the file, or all through it."""
    assert strip((0,) * PARTS, 10).description == "Nowhere in the file."
    assert strip((0, 5) + (0,) * (PARTS - 2), 600).description == "All in one place, about 2 % into the file."
    assert strip((0,) * 30 + (1,) * 15 + (0,) * 15, 600).description == "From about 50 % to 75 % of the file."
    assert strip((1,) * PARTS, 600).description == "All through the file."
    assert strip((0, 5) + (0,) * (PARTS - 2), 600).rectangles[0].title == "11. to 20. row of the file: 5 rows"


def test_histograms_and_timelines_stay_in_their_boxes() -> None:
    """The highest column fills the picture; a bin without rows has none; single days are named once."""
    drawn = histogram([Bin("1", "1", 1), Bin("2", "3", 0), Bin("4", "5", 1000)])
    assert [piece.height for piece in drawn.rectangles] == [2.0, 40.0]
    assert drawn.rectangles[0].title == "1: 1 row"
    time = timeline(calls_of([(25, 0, 0), (0, 0, 0), (50, 2, 1)]))
    assert [piece.css_class for piece in time.rectangles] == ["", "", "refused", "uncertain"]
    assert [piece.y for piece in time.rectangles[2:]] == [0.0, 7.0]
    assert all(piece.y + piece.height <= time.height for piece in time.rectangles)
    assert time.marked
    assert not timeline(calls_of([(25, 0, 0)])).marked
    assert timeline(CallProfile(1, 0.2, (TimePart(0.0, 1, 0, 0),), ())).description == "1 call in 0.2 s."
    waiting = timeline(CallProfile(2, 90.0, (TimePart(0.0, 1, 0, 0),), (), waited=70.0)).description
    assert waiting.startswith("2 calls in 1 min 30 s.")
    assert waiting.endswith("No call was under way in 1 min 10 s of it: for the limit, or before looking again.")
