"""YAML as mappings use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.config.yaml import decode_text, format_path, parse_yaml, read_text
from importer.config.yaml.loader import MAX_BYTES
from importer.core.errors import MappingError

QUOTES = "Put quotes around texts that contain { } [ ] , # or a colon, or that begin with * & ! % @ ` | > or a dash."


@pytest.mark.parametrize("text", ["no", "on", "0123", "12:30:45", "1_000", "2024-01-02", "null", "1e5", "0x1F", "TRUE"])
def test_a_scalar_stays_the_text_that_was_written(text: str) -> None:
    """YAML's guesses (no = False, 0123 = 83, dates) never happen."""
    assert parse_yaml(f"a: {text}").data == {"a": text}


@pytest.mark.parametrize(("text", "value"), [("", None), ("~", None), ("'~'", "~"), ('""', "")])
def test_only_nothing_and_a_bare_tilde_are_null(text: str, value: str | None) -> None:
    """Quotes make a text of both."""
    assert parse_yaml(f"a: {text}").data == {"a": value}


@pytest.mark.parametrize(
    ("text", "place", "message", "remedy"),
    [
        ("a: 1\n\tb: 2", (2, 1), "A tab is used where YAML wants blanks.", "Indent with blanks, two for each level."),
        ("a: @x", (1, 4), "A text begins with a character that has a meaning of its own in YAML.", QUOTES),
        ("a: b\nc: d: e", (2, 5), "A colon stands where no key can be.", f"Indent evenly. {QUOTES}"),
        ("a: 1\nb\nc: 3", (3, 1), "A key without a colon.", "Write `key: value`, with a blank after the colon."),
        ("x: 1\na: 'b\nc: d", (2, 4), "A quotation mark is never closed.", "Close it at the end of the text."),
        ("a: {b: {c} d}", (1, 12), "A bracket or brace is not closed, or a comma is missing.", QUOTES),
        ("a: {b} c", (1, 8), "The line does not fit the lines above it.", "Keys of one table begin in one column."),
        ("%YAML 9.9\n---\na: 1", (1, 1), "This is not valid YAML.", f"Indent with blanks. {QUOTES}"),
        ("a: 1\nb: x\x00", (2, 5), "The character U+0000 is not allowed in YAML.", "Remove it."),
        ('a: "\\UFFFFFFFF"', (0, 0), "The file holds an impossible escape.", QUOTES),
        ("a: 1\n---\nb: 2", (2, 1), "A second document begins here.", "Write one mapping into a file."),
        ('a: "\\u0007"', (1, 4), "The text holds a control character or a broken one.", "Remove it."),
        ('a: "\\ud800"', (1, 4), "The text holds a control character or a broken one.", "Remove it."),
        ('"\\u0007": 1', (1, 1), "A key holds a control character or a broken one.", "Remove it."),
        ('"": 1', (1, 1), "A key is empty.", "Write the name before the colon."),
        ("{[a]: 1}", (1, 2), "A key must be a text.", QUOTES),
        ("[" * 30, (1, 22), "The file nests deeper than 20 levels.", "A mapping needs four."),
    ],
)
def test_broken_yaml_is_explained_with_its_place(text: str, place: tuple[int, int], message: str, remedy: str) -> None:
    """Line and column of the spot, in words that need no knowledge of YAML."""
    (problem,) = parse_yaml(text).problems
    assert ((problem.line, problem.column), problem.message, problem.remedy) == (place, message, remedy)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: *name", "`*name` means something else in YAML (a reference), which mappings do not use."),
        ("a: &name x", "`&name` means something else in YAML (a reference), which mappings do not use."),
        ("a: !x y", "A text that begins with ! means a tag in YAML, which mappings do not use."),
        (
            "a: !!python/object/apply:os.system [ls]",
            "A text that begins with ! means a tag in YAML, which mappings do not use.",
        ),
    ],
)
def test_references_and_tags_are_refused(text: str, message: str) -> None:
    """Nothing in a mapping can refer, repeat itself or make Python objects."""
    document = parse_yaml(text)
    assert [problem.message for problem in document.problems] == [message]
    assert document.broken == {("a",)}


def test_a_key_that_appears_twice_is_refused_with_both_lines() -> None:
    """The first one is kept, so that its own problems are found too; a third is also reported."""
    document = parse_yaml("a: 1\nb: 2\na: {c: 3}\na: 4")
    assert [(problem.line, problem.message) for problem in document.problems] == [
        (3, "`a` appears twice here; the first is in line 1."),
        (4, "`a` appears twice here; the first is in line 1."),
    ]
    assert document.data == {"a": "1", "b": "2"}


def test_places_know_the_nearest_thing_above() -> None:
    """What is missing is pointed at where it should stand."""
    document = parse_yaml("a:\n  b:\n    - x\n    - y\n")
    assert document.place(("a", "b", 1)) == (4, 7)
    assert document.place(("a", "b", "c", "d")) == (2, 3)
    assert document.place(("z",)) == (0, 0)
    assert format_path(("a", "b", 1)) == "a.b[2]"


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b"a" * (MAX_BYTES + 1), (0, 0), "The file is larger than 256 kB."),
        ("target: x".encode("utf-16"), (1, 1), "The file is saved as UTF-16."),
        ("target: x".encode("utf-16-le"), (1, 1), "The file is saved as UTF-16."),
        (b"PK\x03\x04zip", (1, 1), "The file is a workbook or zip file."),
        (b"a: 1\nb: \xe9", (2, 4), "The byte 0xe9 is not UTF-8."),
    ],
)
def test_bytes_that_are_no_mapping_are_refused(content: bytes, place: tuple[int, int], message: str) -> None:
    """Size, encoding and kind of the file are checked before it is read."""
    with pytest.raises(MappingError) as caught:
        decode_text(content, Path("m.yaml"))
    (problem,) = caught.value.problems
    assert ((problem.line, problem.column), problem.message) == (place, message)
    assert problem.remedy


def test_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    """Files from Windows editors load as they are."""
    path = tmp_path / "m.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    assert parse_yaml(read_text(path)).data == {"a": "1", "b": "2"}


def test_a_file_that_is_not_there_is_a_mapping_error(tmp_path: Path) -> None:
    """A wrong path is told like every other problem."""
    with pytest.raises(MappingError, match="The file cannot be read: No such file or directory"):
        read_text(tmp_path / "absent.yaml")
