"""Text files that contradict what is known of them: another encoding than the given one, quotes behind blanks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from importer.core.errors import SourceError
from importer.sources.interface import Source
from tests.support.source_files import problems_of, rows_of

Open = Callable[..., Source]
NAMES = "Name,City\nZoë Müller,Köln\n"


def cells(source: Source) -> list[list[str]]:
    return [found for _, _, found in rows_of(source)]


@pytest.mark.parametrize(
    ("content", "given", "evidence"),
    [
        (NAMES.encode(), "cp1252", 'every byte is valid UTF-8, and "Zoë" would become "ZoÃ«"'),
        (NAMES.encode(), "latin-1", 'every byte is valid UTF-8, and "Zoë" would become "ZoÃ«"'),
        ("Name,City\nमीरा,दिल्ली\n".encode(), "gb18030", "every byte is valid UTF-8"),
        (NAMES.encode("utf-8-sig"), "cp1252", "it begins with the byte order mark of UTF-8"),
        (NAMES.encode("utf-16"), "utf-8", "it begins with the byte order mark of UTF-16"),
        (NAMES.encode(), "utf-16-le", "it has none of the zero bytes that every such file has"),
    ],
)
def test_an_encoding_that_the_bytes_contradict_is_refused(
    open_text: Open, content: bytes, given: str, evidence: str
) -> None:
    """The message says why; without the given encoding the file is read."""
    with pytest.raises(SourceError) as caught:
        open_text(content, encoding=given)
    assert f"is not encoded in {given}: {evidence}" in caught.value.message
    assert caught.value.remedy.startswith("Leave `encoding` out")
    assert len(cells(open_text(content))) == 1


@pytest.mark.parametrize(
    ("content", "given"),
    [
        (NAMES.encode("cp1252"), "cp1252"),
        (b"Name,City\nAsha,Pune\n", "cp1252"),
        ("Name,City\nZoë,Pune\nRenÃ©e,Köln\n".encode("cp1252"), "cp1252"),
        ("Name,City\n职,北\n".encode("gb18030"), "gb18030"),
        (NAMES.encode("utf-8-sig"), "utf-8"),
        (NAMES.encode("utf-16"), "utf-16"),
        (NAMES.encode("utf-16-le"), "utf-16-le"),
    ],
)
def test_an_encoding_that_fits_is_used(open_text: Open, content: bytes, given: str) -> None:
    """ASCII alone contradicts nothing."""
    assert cells(open_text(content, encoding=given))[0] == content.decode(given).splitlines()[1].split(",")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('E-mail, "First", "Last"\na@example.com, "Asha", "Rao"\n', ["a@example.com", "Asha", "Rao"]),
        ('E-mail, Name\na@example.com, "Rao, Asha ""A"""\n', ["a@example.com", 'Rao, Asha "A"']),
        ('E-mail;  Name\na@example.com;  "Rao; Asha"\n', ["a@example.com", "Rao; Asha"]),
        ('E-mail,Name\na@example.com,"two\nlines, really"\n', ["a@example.com", "two\nlines, really"]),
    ],
)
def test_quotes_behind_blanks_are_quotes(open_text: Open, content: str, expected: list[str]) -> None:
    """Some programs write a blank behind each delimiter; a note says so."""
    source = open_text(content)
    assert cells(source) == [expected]
    assert any("behind blanks" in note for note in source.notes) == (" " in content.partition("\n")[0])


def test_quotes_inside_a_text_stay(open_text: Open) -> None:
    """A text with a quote behind a comma and a blank is no quoted cell; its row is too long, and nothing is hidden."""
    source = open_text('Name,Note\nAsha,He said, "hi" to me\n')
    (problem,) = problems_of(source)
    assert "which has no heading" in str(problem)
    assert source.notes == ()
