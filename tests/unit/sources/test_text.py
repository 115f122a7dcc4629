"""Text files: encodings, delimiters, line ends, quotes and ragged rows."""

from __future__ import annotations

import csv
import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.errors import SourceError
from importer.sources.csv import encoding
from importer.sources.interface import Source
from tests.support.source_files import detected, problems_of, rows_of

Open = Callable[..., Source]


def refused(open_text: Open, content: str | bytes, **options: object) -> tuple[str, str]:
    """Message, with the folder taken away, and remedy; of opening or of reading."""
    with pytest.raises(SourceError) as caught:
        list(open_text(content, **options).chunks())
    message = caught.value.message
    place = message.find("data.csv")
    return message[place:], caught.value.remedy


def cells(source: Source) -> list[list[str]]:
    return [found for _, _, found in rows_of(source)]


# --- encodings


@pytest.mark.parametrize(
    ("content", "encoding", "how"),
    [
        ("Name,City\nÉva,Łódź\n".encode(), "utf-8", "every byte of the file is valid UTF-8"),
        ('"Name",City\nÉva,Łódź\n'.encode("utf-8-sig"), "utf-8-sig", "byte order mark"),
        ("Name\tCity\nÉva\tŁódź\n".encode("utf-16"), "utf-16", "byte order mark"),
        (b"\xfe\xff" + "Name\tCity\nÉva\tŁódź\n".encode("utf-16-be"), "utf-16", "byte order mark"),
    ],
)
def test_encodings_that_prove_themselves(open_text: Open, content: bytes, encoding: str, how: str) -> None:
    """UTF-8 and every byte order mark need no option, and the mark is no part of the first heading."""
    source = open_text(content)
    assert detected(source, "encoding") == (encoding, how)
    assert [column.heading for column in source.columns] == ["Name", "City"]
    assert cells(source) == [["Éva", "Łódź"]]


@pytest.mark.parametrize("given", ["utf-8", "UTF8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_byte_order_mark_is_dropped_under_a_given_encoding_too(open_text: Open, given: str) -> None:
    """Naming the encoding does not bring the mark back into the heading."""
    content = "Name,City\nÉva,Łódź\n".encode("utf-16" if "16" in given else "utf-8-sig")
    source = open_text(content, encoding=given)
    assert source.columns[0].heading == "Name"
    assert detected(source, "encoding") == (given, "given")


PIECES = st.sampled_from(
    ["a", "b,c\n", "é", "日", "😀", "RenÃ©e", "â€™", "ð", "\0", b"\xff", b"\xc3", b"\xe2\x80", b"\xed\xa0\x80", b"\xc0\xaf",
     b"\xf0\x9f\x98", b"\xf4\x90\x80\x80", b"\x80"]
)  # fmt: skip


@pytest.mark.slow
@given(st.lists(st.one_of(PIECES, st.text(max_size=3), st.binary(max_size=2)), max_size=12), st.integers(1, 9))
@settings(deadline=None)
def test_bytes_that_need_not_become_text_are_as_sound_as_those_that_do(pieces: list[str | bytes], size: int) -> None:
    """The same verdict, the same place of damage and the same word, wherever the blocks of the file are cut."""
    content = b"".join(one if isinstance(one, bytes) else one.encode("utf-8", "surrogatepass") for one in pieces)

    def verdict() -> str:
        try:
            return encoding._prove_encoding(encoding.TextFile(path, gzipped=False, encoding="utf-8"), None)
        except SourceError as error:
            return f"{error.message} {error.remedy}"

    with tempfile.TemporaryDirectory() as folder, patch.object(encoding, "_BLOCK", size):
        path = Path(folder) / "data.csv"
        path.write_bytes(content)
        quick = verdict()
        with patch.object(encoding, "_is_ordinary_utf8", return_value=False):
            assert quick == verdict()


def test_another_encoding_is_read_when_it_is_named(open_text: Open) -> None:
    """cp1252 is read as cp1252 when the user says so."""
    source = open_text("Name,Note\nZoë,“5 €”\n".encode("cp1252"), encoding="cp1252")
    assert cells(source) == [["Zoë", "“5 €”"]]


def test_another_encoding_is_never_guessed(open_text: Open) -> None:
    """Bytes that are not UTF-8 are refused with line, byte and a suggestion to try."""
    text = "Name,Note\r\nAnn,ok\r\nZoë,Le garçon préféré a été très fêté à l'école\r\n"
    message, remedy = refused(open_text, text.encode("cp1252"))
    assert message == 'data.csv, line 3, behind "Zo": the byte 0xEB is not valid UTF-8.'
    assert remedy.startswith("Save the file as CSV UTF-8, or say how it is encoded, for example `source: {encoding: cp")


@pytest.mark.parametrize(("end", "line"), [("\n", 90_002), ("\r\n", 90_002), ("\r", 90_002)])
def test_the_line_of_a_bad_byte_is_right_far_into_the_file(open_text: Open, end: str, line: int) -> None:
    """Blocks, line ends and multi-byte characters on block borders do not shift the line."""
    content = f"Näme,Note{end}" + f"Ännchen Müller,okay{end}" * 90_000
    message, _ = refused(open_text, content.encode() + b"Zo\xeb,x\n")
    assert message == (
        f'data.csv, line {line}, behind "Zo": the byte 0xEB is not valid UTF-8, although other letters before it are.'
    )


def test_a_bad_byte_in_a_compressed_file(open_text: Open) -> None:
    """The same holds inside .gz."""
    message, _ = refused(open_text, gzip.compress(b"A,B\n1,2\n3,\xff\n"))
    assert message == 'data.csv, line 3, behind "3,": the byte 0xFF is not valid UTF-8.'


def test_a_named_encoding_that_does_not_fit(open_text: Open) -> None:
    """A byte that the named encoding lacks is reported with its line."""
    message, remedy = refused(open_text, b"A,B\n1,\x81\n", encoding="cp1252")
    assert message == 'data.csv, line 2, behind "1,": the byte 0x81 does not exist in cp1252.'
    assert remedy == "Set the encoding that the file was written in, or save it as CSV UTF-8."


@pytest.mark.parametrize("given", ["klingon", "base64", "", "utf-8\0", "idna", "unicode_escape"])
def test_an_encoding_that_does_not_exist(open_text: Open, given: str) -> None:
    """A misspelt encoding is reported with common ones."""
    with pytest.raises(SourceError) as caught:
        open_text("A,B\n", encoding=given)
    assert caught.value.message == f'There is no encoding "{given}".'
    assert caught.value.remedy == "Common ones are utf-8, utf-16, cp1252 (Western Excel) and cp1251."


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(open_text: Open, encoding: str) -> None:
    """Its NULs give it away, and the remedy names the encoding."""
    message, remedy = refused(open_text, "Name,City\nAnn,Pune\n".encode(encoding))
    assert message == "data.csv looks like UTF-16 without a byte order mark."
    assert remedy == f"Save it as CSV UTF-8, or set `source: {{encoding: {encoding}}}`."
    assert cells(open_text("Name,City\nAnn,Pune\n".encode(encoding), encoding=encoding)) == [["Ann", "Pune"]]


def test_utf_32(open_text: Open) -> None:
    """UTF-32 is refused by name, and not taken for UTF-16, whose mark begins alike."""
    assert refused(open_text, "A,B\n".encode("utf-32")) == ("data.csv is encoded in UTF-32.", "Save it as CSV UTF-8.")


@pytest.mark.parametrize("bad", [b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc3"])
def test_overlong_surrogate_and_cut_sequences(open_text: Open, bad: bytes) -> None:
    """Malformed UTF-8 is refused even where lenient readers accept it."""
    message, _ = refused(open_text, b"A,B\n1," + bad)
    assert message == f'data.csv, line 2, behind "1,": the byte 0x{bad[0]:02X} is not valid UTF-8.'


def test_a_nul_character(open_text: Open) -> None:
    """A NUL is reported with its line."""
    message, remedy = refused(open_text, b"A,B\n1,2\n3,x\x00y\n")
    assert message == "data.csv, line 3: there is a NUL character, which no text holds."
    assert remedy == "The file is damaged or is not a text file; export it again as CSV UTF-8."


# --- delimiters


@pytest.mark.parametrize(("delimiter", "shown"), [(",", ","), (";", ";"), ("\t", "tab"), ("|", "|")])
def test_the_delimiter_is_found_by_equal_numbers_of_cells(open_text: Open, delimiter: str, shown: str) -> None:
    """Delimiters inside quotes do not count."""
    rows = [["Name", "Note", "X"], *[[f"n{i}", "a,b;c\td|e", "1,5"] for i in range(30)]]
    source = open_text("".join(delimiter.join(f'"{cell}"' for cell in row) + "\n" for row in rows))
    assert detected(source, "delimiter") == (shown, "the same number of cells in 31 of 31 rows")
    assert cells(source) == rows[1:]


def test_decimal_commas_do_not_look_like_a_delimiter(open_text: Open) -> None:
    """A semicolon file whose numbers have decimal commas is a semicolon file."""
    source = open_text("Price;Weight\n1,5;2,5\n3,5;4,5\n")
    assert cells(source) == [["1,5", "2,5"], ["3,5", "4,5"]]


def test_ragged_rows_do_not_hide_the_delimiter(open_text: Open) -> None:
    """A few wrong rows leave the delimiter of the headings in place."""
    source = open_text("A,B,C\n1,2\n1,2,3,4\n1\n")
    assert detected(source, "delimiter") == (",", "the same number of cells in 1 of 4 rows")


def test_an_ambiguous_delimiter_is_an_error(open_text: Open) -> None:
    """When two candidates fit equally well, the user decides."""
    message, remedy = refused(open_text, "A;B,C\n1;2,3\n4;5,6\n")
    expected = "data.csv: cannot tell which character separates the cells: , (2 columns) or ; (2 columns)."
    assert message == expected
    assert remedy == 'Say it, for example `source: {delimiter: ";"}`.'
    assert cells(open_text("A;B,C\n1;2,3\n", delimiter=",")) == [["1;2", "3"]]


def test_a_file_of_one_column(open_text: Open) -> None:
    """No delimiter at all means one column."""
    source = open_text("Email\na@b.in\nc@d.in\n")
    assert detected(source, "delimiter") == (",", "the file has one column")
    assert cells(source) == [["a@b.in"], ["c@d.in"]]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_first_line_that_announces_the_delimiter(open_text: Open, first: str) -> None:
    """sep=; is obeyed and is no row, as in Excel: the headings are in row 1, on line 2."""
    source = open_text(f"{first}\nA;B,C\n1;2,3\n")
    assert detected(source, "delimiter") == (";", f'announced by the first line "{first}"')
    assert source.header_row == 1
    assert rows_of(source) == [(2, 3, ["1", "2,3"])]


def test_a_given_delimiter_outranks_the_announced_one(open_text: Open) -> None:
    """The announcement is still no row."""
    source = open_text("sep=;\nA,B;C\n1,2;3\n", delimiter=",")
    assert detected(source, "delimiter") == (",", "given")
    assert rows_of(source) == [(2, 3, ["1", "2;3"])]


@pytest.mark.parametrize("given", ["tab", "\t", "\\t", "Tab"])
def test_the_word_tab_means_a_tab(open_text: Open, given: str) -> None:
    """People cannot type a tab."""
    assert cells(open_text("A\tB,C\n1\t2,3\n", delimiter=given)) == [["1", "2,3"]]


@pytest.mark.parametrize("given", ["::", '"', "a", "\n", "7"])
def test_what_cannot_separate_cells(open_text: Open, given: str) -> None:
    """Words, quotes, letters and line ends are refused."""
    with pytest.raises(SourceError) as caught:
        open_text("A,B\n", delimiter=given)
    assert caught.value.message == f'"{given}" cannot be a delimiter.'


# --- rows, lines and quotes


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_and_lines(open_text: Open, end: str) -> None:
    """A record over several lines is one row; blank lines count; lines are those of an editor."""
    text = 'A,B\n1,"x\ny\nz"\n\n2,y\n , \n3,z\n'.replace("\n", end)
    middle = "x\ny\nz".replace("\n", end)
    assert rows_of(open_text(text)) == [(2, 2, ["1", middle]), (4, 6, ["2", "y"]), (6, 8, ["3", "z"])]


def test_mixed_line_ends(open_text: Open) -> None:
    """All kinds of line ends may stand in one file."""
    assert rows_of(open_text("A,B\r1,2\n3,4\r\n5,6")) == [(2, 2, ["1", "2"]), (3, 3, ["3", "4"]), (4, 4, ["5", "6"])]


def test_headings_only(open_text: Open) -> None:
    """A file without data rows is a source without chunks, not an error."""
    assert list(open_text("A,B\n").chunks()) == []


def test_a_quote_that_is_never_closed(open_text: Open) -> None:
    """The error names the line where the record with the open quote began, not the end of the file."""
    message, remedy = refused(open_text, 'A,B\n1,"x\ny"\n2,"never closed\n3,x\n4,y\n')
    assert message == "data.csv, line 4 (row 3): a quote that opens here is never closed."
    assert remedy == "Close the quote or remove it."


def test_an_open_quote_far_down_is_found_while_reading(open_text: Open) -> None:
    """Behind the sample the same error comes out of the chunks, and rows before it were not swallowed."""
    source = open_text("A,B\n" + "1,2\n" * 30_000 + '3,"open\n' + "5,6\n" * 10)
    chunks = source.chunks(10_000)
    assert sum(len(next(chunks).rows) for _ in range(3)) == 30_000
    with pytest.raises(SourceError, match=r"line 30002 \(row 30002\): a quote that opens here is never closed"):
        next(chunks)


@pytest.mark.parametrize("bad", ['2,"x"y', '2,"x" ', '"2"x,y', '2,"say \\"hi\\""'])
def test_text_after_a_closing_quote(open_text: Open, bad: str) -> None:
    """What follows a closing quote must be a delimiter or the end of the line; nothing is guessed."""
    message, remedy = refused(open_text, f"A,B\n1,x\n{bad}\n3,z\n")
    assert message == "data.csv, line 3 (row 3): there is text after a closing quote."
    expected = 'Write a quote inside a quoted cell twice (""), and look for a quote that is missing further up.'
    assert remedy == expected


def test_quotes_inside_unquoted_text_are_text(open_text: Open) -> None:
    """Inches and nicknames survive."""
    assert cells(open_text('A,B\n5" pipe,the "big" one\n')) == [['5" pipe', 'the "big" one']]


def test_a_very_long_cell(open_text: Open) -> None:
    """The csv module's limit of 131,072 characters does not apply."""
    assert cells(open_text("A,B\n1," + "x" * 200_000 + "\n")) == [["1", "x" * 200_000]]


def test_a_cell_without_end(open_text: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """An open quote in a huge file stops at the limit instead of filling the memory."""
    for module in ("source", "records"):
        monkeypatch.setattr(f"importer.sources.csv.{module}.MAX_CELL_CHARACTERS", 200_000)
    before = csv.field_size_limit(200_000)
    try:
        message, _ = refused(open_text, 'A,B\n1,2\n3,"' + "x\n" * 150_000)
    finally:
        csv.field_size_limit(before)
    assert message == "data.csv, line 3 (row 3): a cell is longer than 200,000 characters."


# --- ragged rows


def test_a_short_row_is_a_problem(open_text: Open) -> None:
    """It is there, filled up, and says what is wrong with it."""
    source = open_text("A,B,C\n1,2,3\n4,5\n")
    assert cells(source) == [["1", "2", "3"], ["4", "5", ""]]
    assert problems_of(source) == [
        "row 3: The row ends after 2 of 3 cells. Add the missing delimiter or cell, or set "
        "`source: {ragged: pad}` to treat missing last cells as empty."
    ]


def test_short_rows_can_be_padded(open_text: Open) -> None:
    """With the option, missing last cells are empty and no problem."""
    source = open_text("A,B,C\n1,2,3\n4\n", pad_short_rows=True)
    assert cells(source) == [["1", "2", "3"], ["4", "", ""]]
    assert problems_of(source) == []


def test_a_long_row_is_a_problem(open_text: Open) -> None:
    """Extra text is reported and cut, padding or not."""
    for pad in (False, True):
        source = open_text("A,B\n1,2\n3,4,,5\n", pad_short_rows=pad)
        assert cells(source) == [["1", "2"], ["3", "4"]]
        assert problems_of(source) == [
            'row 3: "5" stands in column D, which has no heading. Remove it, or give its column a heading; '
            "in text files, text that has the delimiter in it must be in quotes."
        ]


def test_empty_extra_cells_are_no_problem(open_text: Open) -> None:
    """Delimiters at the end of a row add nothing."""
    source = open_text("A,B\n1,2,,\n3,4, \n")
    assert cells(source) == [["1", "2"], ["3", "4"]]
    assert problems_of(source) == []


def test_rows_that_are_all_longer_than_the_headings(open_text: Open) -> None:
    """Columns are never shifted: each such row is a problem."""
    assert len(problems_of(open_text("A,B\n1,2,3\n4,5,6\n"))) == 2


def test_problems_come_in_the_order_of_the_rows_and_in_their_chunk(open_text: Open) -> None:
    """A chunk holds the problems of its own rows."""
    source = open_text("A,B\n1\n2,3\n\n4\n5,6,7\n")
    found = [
        ([int(row) for row in chunk.rows], [problem.row for problem in chunk.problems]) for chunk in source.chunks(2)
    ]
    assert found == [([2, 3], [2]), ([5, 6], [5, 6])]


def test_the_path_is_kept_as_given(open_text: Open, tmp_path: Path) -> None:
    """Reports show the file under the name that the user gave."""
    assert open_text("A,B\n").path == tmp_path / "data.csv"


@pytest.mark.parametrize("given", ["utf-16", "UTF-32"])
def test_an_encoding_that_needs_a_byte_order_mark(open_text: Open, given: str) -> None:
    """Without one the two ways to write it cannot be distinguished."""
    with pytest.raises(SourceError, match="does not begin with the byte order mark") as error:
        open_text("Name,Note\na,b\n", encoding=given)
    assert f"{given.lower()}-le" in error.value.remedy
