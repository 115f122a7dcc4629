"""Which row holds the headings, and what the columns are called; the same for text files and workbooks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from importer.core.errors import SourceError
from importer.core.text import column_letter
from importer.sources.headings import column_index, normalize_heading
from importer.sources.interface import Source, SourceOptions
from importer.sources.opening import open_in_process
from tests.support.raw_workbooks import HEADER, raw
from tests.support.source_files import as_raw_xlsx, as_xlsx, detected, problems_of, rows_of

Open = Callable[..., Source]


def labels(source: Source) -> list[str]:
    return [column.label for column in source.columns]


def test_blank_rows_above_the_headings(open_text: Open) -> None:
    """They are skipped and counted."""
    source = open_text("\n,\nName,City\nAnn,Pune\n")
    assert detected(source, "header row") == ("3", "first row with text")
    assert rows_of(source) == [(4, 4, ["Ann", "Pune"])]


def test_title_lines_above_the_headings(open_text: Open) -> None:
    """Rows with a single filled cell above a wider row are titles, and the evidence says which."""
    source = open_text("Leads of May\nprinted on Monday,,\n\nName,City,Note\nAnn,Pune,x\n")
    assert detected(source, "header row") == ("4", "rows 1, 2 hold a single cell, a title")
    assert rows_of(source) == [(5, 5, ["Ann", "Pune", "x"])]


def test_one_title_line(open_text: Open) -> None:
    """One title is reported in the singular."""
    source = open_text("Leads\nName,City\nAnn,Pune\n")
    assert detected(source, "header row") == ("2", "row 1 holds a single cell, a title")


def test_a_given_heading_row(open_text: Open) -> None:
    """The setting of the user counts, and rows above it are no data."""
    source = open_text("Name,City\nReal name,Real city\nAnn,Pune\n", header_row=2)
    assert detected(source, "header row") == ("2", "given")
    assert labels(source) == ["Real name", "Real city"]
    assert rows_of(source) == [(3, 3, ["Ann", "Pune"])]


@pytest.mark.parametrize("row", [3, 9])
def test_a_given_heading_row_that_is_blank_or_missing(open_text: Open, row: int) -> None:
    """Headings cannot be where no text is."""
    with pytest.raises(SourceError) as caught:
        open_text("Name,City\nx,y\n\nAnn,Pune\n", header_row=row)
    message = f"row {row} cannot hold the headings, because it is blank or not there."
    assert caught.value.message.endswith(message)
    assert caught.value.remedy == "The rows with text are 1 to 2, 4."


def test_a_given_heading_row_far_down(open_text: Open) -> None:
    """Headings are looked for at the top of the file only."""
    with pytest.raises(SourceError) as caught:
        open_text("A,B\n" * 1100, header_row=1050)
    assert caught.value.remedy == "The headings must be among the first 1000 rows with text."


@pytest.mark.parametrize(
    ("first", "shown", "what"),
    [
        ("Ann,ann@example.com,x", "ann@example.com", "an e-mail address"),
        ("Ann,+91 98450 98450,x", "+91 98450 98450", "a phone number"),
        ("Ann,9845098450,x", "9845098450", "a phone number"),
        ("Ann,28/02/2026,x", "28/02/2026", "a date"),
        ("Ann,2026-02-28 14:05:00,x", "2026-02-28 14:05:00", "a date"),
        ("Ann,42,x", "42", "a number"),
        ("Ann,-1.5,x", "-1.5", "a number"),
        ("Ann,aff2d8a2-1111-2222-3333-444455556666,x", "aff2d8a2-1111-2222-3333-444455556666", "an id"),
    ],
)
def test_a_first_row_that_looks_like_data(open_text: Open, first: str, shown: str, what: str) -> None:
    """A file without headings is refused, with the cell that gave it away, unless the user insists."""
    with pytest.raises(SourceError) as caught:
        open_text(f"{first}\nBob,y,z\n")
    assert caught.value.message.endswith(f'row 1 looks like data, not like headings: "{shown}" is {what}.')
    assert caught.value.remedy == (
        "Insert a row with headings above it; or, if these are the headings, set `source: {header_row: 1}`; "
        "or, if there are none, `source: {header_row: none}`."
    )
    assert open_text(f"{first}\nBob,y,z\n", header_row=1).columns[1].heading == shown


@pytest.mark.parametrize(
    "heading", ["2025", "2024-25", "2026-01", "Q1", "Phone 1", "E-mail", "% of 100", "No.", "1st call", "A@B"]
)
def test_headings_that_only_resemble_data(open_text: Open, heading: str) -> None:
    """Years, ordinals and abbreviations are valid headings."""
    assert labels(open_text(f"Name,{heading}\nAnn,x\n")) == ["Name", heading]


def test_equal_headings_get_different_labels(open_text: Open) -> None:
    """The first keeps its name; a made-up name never takes that of a real heading."""
    source = open_text("Notes,Notes,Notes (2), notes ,Notes\n1,2,3,4,5\n")
    assert labels(source) == ["Notes", "Notes (3)", "Notes (2)", "notes", "Notes (4)"]
    assert source.notes == (
        'Columns A and B have the same heading "Notes"; B is called "Notes (3)".',
        'Columns A and E have the same heading "Notes"; E is called "Notes (4)".',
    )


def test_a_column_without_heading_is_named_by_its_letter(open_text: Open) -> None:
    """Data never disappears for want of a heading."""
    source = open_text("Name,,City\nAnn,x,Pune\n")
    assert [(column.heading, column.label) for column in source.columns][1] == ("", "(column B)")
    assert source.notes == ('Column B has no heading; it is called "(column B)".',)


def test_columns_without_heading_and_data_are_left_out(open_text: Open) -> None:
    """Spacers and trailing delimiters are no columns; letters and cells stay right."""
    source = open_text("Name,,City,\nAnn,,Pune,\nBob,,Goa\n")
    assert [(column.index, column.letter, column.label) for column in source.columns] == [
        (0, "A", "Name"),
        (1, "C", "City"),
    ]
    assert rows_of(source) == [(2, 2, ["Ann", "Pune"]), (3, 3, ["Bob", "Goa"])]
    assert problems_of(source) == []
    assert source.notes == ()


def test_late_text_in_a_column_that_was_left_out_is_a_problem(open_text: Open) -> None:
    """Text far down in a column without a heading is reported, not dropped."""
    source = open_text("Name,,City,\n" + "Ann,,Pune,\n" * 1200 + "Bob,lost,Goa,\nCid,,Goa,gone\n")
    assert [problem.partition(":")[0] for problem in problems_of(source)] == ["row 1202", "row 1203"]


def test_invisible_characters_in_headings(open_text: Open) -> None:
    """The heading stays as it is; the label is what the user sees."""
    source = open_text('\u200bLead\u00a0 ID\ufeff,"Joined\nat",Cafe\u0301\n1,2,3\n')
    assert [column.heading for column in source.columns] == ["\u200bLead\u00a0 ID\ufeff", "Joined\nat", "Cafe\u0301"]
    assert labels(source) == ["Lead ID", "Joined at", "Café"]


@pytest.mark.slow
def test_too_many_columns(open_text: Open) -> None:
    """More columns than a spreadsheet holds are refused."""
    with pytest.raises(SourceError) as caught:
        open_text(",".join(f"c{i}" for i in range(16_385)) + "\n")
    assert caught.value.message.endswith("data.csv has 16385 columns; a spreadsheet holds 16384.")


def test_a_table_that_does_not_begin_at_a1(tmp_path: Path) -> None:
    """Row numbers and letters are those of the sheet, wherever the table stands."""
    rows: list[list[str]] = [[] for _ in range(6)]
    rows += [["", "", "", "Name", "", "City"], ["", "", "", "Ann", "", "Pune"]]
    source = open_in_process(as_xlsx(tmp_path / "a.xlsx", {"S": rows}), SourceOptions())
    assert [(column.letter, column.label) for column in source.columns] == [("D", "Name"), ("F", "City")]
    assert source.header_row == 7
    assert rows_of(source) == [(8, 8, ["Ann", "Pune"])]


WEBINAR = """Attendee report
Webinar:,Product demo
Webinar id:,812-1234-5678
Host:,Priya
Day:,2026-11-03
Length:,60 min
Registered:,2
Exported by,priya@example.com

E-mail,Name,Joined,Minutes
asha@example.com,Asha,2026-11-03,34
ravi@example.com,Ravi,2026-11-03,22
"""


def test_headings_below_the_preamble_of_a_report(open_text: Open) -> None:
    """Rows of names and values above the table are no headings, however many they are."""
    source = open_text(WEBINAR)
    assert detected(source, "header row") == ("10", "rows 1 to 8 stand above the table")
    assert labels(source) == ["E-mail", "Name", "Joined", "Minutes"]
    assert [row for row, _, _ in rows_of(source)] == [11, 12]


def test_a_preamble_as_wide_as_the_table(open_text: Open) -> None:
    """What the cells are tells the headings, not only how many there are."""
    source = open_text("Attendee report\nGenerated,today\nEmail,Name\na@example.com,Asha\nwrong,Ravi\n")
    assert detected(source, "header row") == ("3", "rows 1 to 2 stand above the table")


def test_the_table_with_the_data_among_several(open_text: Open) -> None:
    """Small tables above it, with headings of their own, are passed over."""
    guests = "".join(f"Yes,Guest {n},g{n}@example.com,{n},India\n" for n in range(1, 20))
    text = (
        "Report\nTopic,Id,Duration,Registered,Viewers\nDemo,812 1234 5678,92,120,80\nHosts\nAttended,Name,Email\n"
        f"Yes,Priya,host@example.com\nAttendees\nAttended,User name,E-mail,Minutes,Country\n{guests}"
    )
    source = open_text(text)
    assert labels(source) == ["Attended", "User name", "E-mail", "Minutes", "Country"]
    assert len(rows_of(source)) == 19


@pytest.mark.parametrize(
    "text",
    [
        "Email,Name\nnot an email,Contact name\nb@example.com,Ravi\nc@example.com,Meera\n",
        "Name,City\nPhone House,Mobile City\nRavi,Goa\n",
        "Name,Amount,Date\ntext,INR,date\nAsha,500,01/02/2026\nRavi,600,02/02/2026\n",
        "Customer,Choice\nAsha,E-mail\nRavi,Phone\nMeera,E-mail\n",
    ],
)
def test_a_first_row_of_headings_stays_the_headings(open_text: Open, text: str) -> None:
    """A row of data, or of units, that holds words of headings does not take their place."""
    assert detected(open_text(text), "header row") == ("1", "first row")


def test_headings_of_one_column_below_a_title(open_text: Open) -> None:
    """The title is no heading where a heading stands below it."""
    source = open_text("Guests of the demo\nE-mail\na@example.com\nb@example.com\n")
    assert detected(source, "header row") == ("2", "row 1 stands above the table")


def test_a_given_row_of_data_below_the_headings_is_refused(open_text: Open) -> None:
    """The rows above it would be lost in silence."""
    with pytest.raises(SourceError) as caught:
        open_text("Name,Email\nAsha,a@example.com\nRavi,b@example.com\n", header_row=3)
    assert caught.value.message.endswith(
        'row 3, given as the headings, looks like data: "b@example.com" is an e-mail address.'
    )
    assert caught.value.remedy == (
        "The headings seem to be in row 1: leave the setting out, or set `source: {header_row: 1}`."
    )
    assert open_text("Name,2 026\nAsha,1\n", header_row=1).header_row == 1


def test_a_given_row_that_looks_like_data_is_noted(open_text: Open) -> None:
    """Where no other row can be the headings: perhaps there are none, and the row would be lost."""
    source = open_text("a@example.com,Asha\nb@example.com,Ravi\n", header_row=1)
    assert source.notes == (
        'Row 1, given as the headings, looks like data ("a@example.com" is an e-mail address), and is not imported. If '
        "the file has no headings, set `source: {header_row: none}` and name the columns by their letters.",
    )


def test_a_given_row_of_words_is_compared_with_the_headings(open_text: Open) -> None:
    """The rows above it would be lost, but it may be meant."""
    text = "Name,City\nAsha,Pune\nRavi,Goa\n"
    assert open_text(text, header_row=2).notes == ("Row 2 was given as the headings; row 1 looks more like them.",)
    assert open_text(text, header_row=1).notes == ()
    assert open_text("Report\n\nName,City\nAsha,Pune\n", header_row=3).notes == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("Name,Contact,,Fee", ",Phone,Email,"), ["Name", "Phone", "Email", "Fee"]),
        (("Student,,Parent,,City", "Name,Phone,Name,Phone,"), ["Student Name", "Student Phone", "Parent Name", "Parent Phone", "City"]),
    ],
)  # fmt: skip
def test_two_lines_of_headings(lines: tuple[str, str], expected: list[str], open_text: Open) -> None:
    """Groups above, headings below; equal ones have their group in front."""
    data = ["Asha", "9845098450", "a@example.com", "9845098451", "Pune"][: len(expected)]
    source = open_text("\n".join(["Report", *lines, ",".join(data), ""]))
    assert labels(source) == expected
    assert detected(source, "header row") == ("3", "rows 2 and 3 are two lines of headings")
    assert [chunk.rows.tolist() for chunk in source.chunks()] == [[4]]


@pytest.mark.parametrize(
    "text",
    [
        "Name,City,,Fee\n,Pune,x,\nAsha,Goa,y,1\n",
        "Name,City,Fee\nAsha,,1\nRavi,Goa,2\n",
        "Name,,Fee\n,Phone,\n,9845098450,\n",
        "Name,Contact,,Fee\n\n,Phone,Email,\nAsha,9845098450,a@example.com,1\n",
        "Name,Contact,,Fee\n,Phone,Email,\n",
    ],
)
def test_other_rows_below_headings_are_no_second_line(text: str, open_text: Open) -> None:
    """Texts that no heading has, complete headings, gaps, and tables that end there."""
    assert "two lines" not in detected(open_text(text), "header row")[1]


def test_columns_without_headings_have_letters(open_text: Open) -> None:
    """All of them, and every row is data."""
    source = open_text("a@example.com,,Asha\nb@example.com,,Ravi,x\n", header_row=0, pad_short_rows=True)
    assert [(column.label, column.letter) for column in source.columns] == [(name, name) for name in "ABCD"]
    assert detected(source, "header row") == ("none", "given; the columns are named by their letters")
    assert [chunk.rows.tolist() for chunk in source.chunks()] == [[1, 2]]


def test_very_many_equal_headings_take_no_time(open_text: Open) -> None:
    """Each gets a name, and the notes stay readable."""
    source = open_text(",".join(["Note"] * 16_384) + "\n")
    assert labels(source)[-1] == "Note (16384)"
    assert source.notes[-1] == "16363 more columns have no heading, or that of another column."


def test_a_line_of_two_million_headings_is_refused_at_once(open_text: Open) -> None:
    """Before anything is made of them."""
    with pytest.raises(SourceError, match="has 200000 columns; a spreadsheet holds 16384"):
        open_text(",".join(["x"] * 200_000) + "\n")


@pytest.mark.parametrize("rows", [400, 2000])
def test_a_table_of_nothing_but_empty_cells_is_refused(open_text: Open, rows: int) -> None:
    """A few bytes for each row would become thousands of cells."""
    with pytest.raises(SourceError, match=r"nearly all cells of its [0-9,]+ rows are empty"):
        list(open_text(",".join(f"H{n}" for n in range(16_384)) + "\n" + "a,b\n" * rows).chunks())


def test_a_stray_cell_in_each_row_costs_nothing(tmp_path: Path) -> None:
    """Only columns with text are columns."""
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c><c r="XFD{n}"><v>2</v></c></row>' for n in range(2, 2000))
    source = open_in_process(raw(tmp_path, rows), SourceOptions())
    assert labels(source) == ["Name", "Sum", "(column XFD)"]
    assert len(rows_of(source)) == 1998


def test_a_sheet_of_nothing_but_empty_cells_is_refused(tmp_path: Path) -> None:
    """Thousands of headings over rows with a cell or two."""
    head = "".join(f'<c r="{column_letter(n)}1" t="str"><v>H</v></c>' for n in range(2, 16_384))
    header = HEADER.replace("</row>", f"{head}</row>")
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(2, 2000))
    path = as_raw_xlsx(tmp_path / "a.xlsx", header + rows)
    with pytest.raises(SourceError, match="has 16,384 columns with text, and nearly all cells of its 1,999 rows"):
        open_in_process(path, SourceOptions())


def test_titles_of_a_workbook(tmp_path: Path) -> None:
    """The same rule holds for sheets."""
    rows = [["Leads of May"], [], ["Name", "City"], ["Ann", "Pune"]]
    source = open_in_process(as_xlsx(tmp_path / "a.xlsx", {"S": rows}), SourceOptions())
    assert detected(source, "header row") == ("3", "row 1 holds a single cell, a title")


def test_letters() -> None:
    """Letters count as in Excel."""
    assert [column_letter(index) for index in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
    assert all(column_index(column_letter(index)) == index for index in range(16_384))


def test_a_label_never_changes_again() -> None:
    """The label of a label is itself, so that a mapping may use either spelling."""
    for heading in (" a  b ", "x\u200by", "\ufeff", "e\u0301"):
        assert normalize_heading(normalize_heading(heading)) == normalize_heading(heading)


def test_headings_that_nobody_can_see(open_text: Open) -> None:
    """A table without columns is no table."""
    with pytest.raises(SourceError, match="row 1, which should hold the headings, has no text that can be seen"):
        open_text("\u200b\ufeff\u200b\n")


def test_own_columns_of_a_sheet_to_correct_are_no_data(open_text: Open) -> None:
    """Numbers and marks stand beside the rows, wherever the columns are; rows that hold nothing else are no rows."""
    text = "City,ImporterMark,Reason,Name,RowNumber\nPune,m1,bad,Ann,7\n,m2,bad,,8\nGoa,,,Bob,\n"
    source = open_text(text, header_row=None)
    assert (source.marked, labels(source)) == (True, ["City", "Name"])
    (chunk,) = source.chunks()
    assert [column.to_pylist() for column in chunk.columns] == [["Pune", "Goa"], ["Ann", "Bob"]]
    assert [column.to_pylist() for column in chunk.origin] == [["7", ""], ["m1", ""]]
    assert [column.to_pylist() for column in chunk.first(1).origin] == [["7"], ["m1"]]


def test_a_sheet_to_correct_may_lack_its_numbers(open_text: Open) -> None:
    """A removed column is an empty one; a second heading of our own name is the user's."""
    source = open_text("Reason,Name,Reason,ImporterMark\nbad,Ann,mine,m1\n")
    assert labels(source) == ["Name", "Reason"]
    (chunk,) = source.chunks()
    assert [column.to_pylist() for column in chunk.origin] == [[""], ["m1"]]


def test_own_columns_of_an_annotated_copy_are_no_data(open_text: Open) -> None:
    """They are those directly before the marks; the user's own may have the same names."""
    source = open_text("Error,Name,Status,Import Status,Error,LeadId,ImporterRowMark\nmine,Ann,seen,created,,id,m1\n")
    assert labels(source) == ["Error", "Name", "Status"]
    (chunk,) = source.chunks()
    assert [column.to_pylist() for column in chunk.origin] == [[""], ["m1"]]


def test_options_of_an_export_do_not_apply_to_a_sheet_to_correct(tmp_path: Path) -> None:
    """Also when it was saved as text."""
    path = tmp_path / "fix.csv"
    path.write_text("RowNumber,Reason,Name,ImporterMark\n3,bad,Ann,m1\n", "utf-8")
    described = SourceOptions(header_row=5, delimiter=";", of_mapping=("header_row", "delimiter"))
    assert labels(open_in_process(path, described)) == ["Name"]
