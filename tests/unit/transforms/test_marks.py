"""Marks of spreadsheet programs around a value, and texts that only look as if they had one."""

from __future__ import annotations

import pyarrow as pa
import pytest

from importer.transforms.marks import Mark, MarkKind, remove_marks


def removed(kind: str, *texts: str | None) -> tuple[list[str | None], dict[Mark, list[bool]]]:
    """The texts without their marks, and which had which."""
    array, found = remove_marks(pa.array(texts, pa.large_string()), MarkKind(kind))
    return array.to_pylist(), {mark: where.tolist() for mark, where in found.items()}


@pytest.mark.parametrize(
    ("kind", "text", "value", "marks"),
    [
        ("text", " Asha\t", "Asha", [Mark.BLANKS]),
        ("text", "\u00a0Asha\u202f", "Asha", [Mark.BLANKS]),
        ("text", "\u200bAsha\u200b", "Asha", [Mark.BLANKS]),
        ("text", "\u3000Asha\ufeff", "Asha", [Mark.BLANKS]),
        ("text", "Asha\u200d", "Asha", [Mark.BLANKS]),
        ("text", '="0110002"', "0110002", [Mark.FORMULA]),
        ("text", '= "a ""b"""', 'a "b"', [Mark.FORMULA]),
        ("text", "'411001", "411001", [Mark.APOSTROPHE]),
        ("text", "'Asha", "Asha", [Mark.APOSTROPHE]),
        ("text", "'O'Brien", "O'Brien", [Mark.APOSTROPHE]),
        ("text", "'=1+1", "=1+1", [Mark.APOSTROPHE]),
        ("text", "'mk5@example.com", "mk5@example.com", [Mark.APOSTROPHE]),
        ("text", ' "Asha"', "Asha", [Mark.BLANKS, Mark.QUOTES]),
        ("text", " '411001", "411001", [Mark.BLANKS, Mark.APOSTROPHE]),
        ("email", "'mk5@example.com'", "mk5@example.com", [Mark.APOSTROPHE]),
        ("email", "mailto:mk5@example.com", "mk5@example.com", [Mark.PREFIX]),
        ("email", "mk5@example.com; ", "mk5@example.com", [Mark.BLANKS, Mark.SEPARATOR]),
        ("phone", "'+91-9876501001", "+91-9876501001", [Mark.APOSTROPHE]),
        ("phone", '="9876501002"', "9876501002", [Mark.FORMULA]),
        ("phone", "9876501004;", "9876501004", [Mark.SEPARATOR]),
        ("phone", "p:+919812345678", "+919812345678", [Mark.PREFIX]),
        ("phone", "Tel.: 9812345678", "9812345678", [Mark.PREFIX]),
        ("phone", "'tel:9812345678", "9812345678", [Mark.APOSTROPHE, Mark.PREFIX]),
        ("value", '"2026-02-28"', "2026-02-28", [Mark.QUOTES]),
    ],
)
def test_marks_are_taken_off(kind: str, text: str, value: str, marks: list[Mark]) -> None:
    """Each mark is named, and the cells beside it stay as they are."""
    texts, found = removed(kind, "plain", text, None)
    assert texts == ["plain", value, None]
    assert found == {mark: [False, True, False] for mark in Mark if mark in marks}


@pytest.mark.parametrize(
    "text",
    [
        *("'s-Hertogenbosch", "'Best' course", "'tis", "''", "'", "' OR 1", "d'", '"Asha"', "Pune;", "p:Asha", "a=b"),
        *("=1+1", "क्\u200d", "a\u200bb", "\u2067x\u2069", "¿Qué?", "„Asha“", "カナ", "Zoë", "  ", "\u00a0", ""),
    ],
)
def test_texts_that_only_look_marked_stay(text: str) -> None:
    """Quotation, short words, formulas, other scripts, and cells of nothing but blanks."""
    assert removed("text", text, "x") == ([text, "x"], {})


def test_a_column_without_texts_has_no_marks() -> None:
    """Neither an empty chunk nor missing cells."""
    assert removed("text") == ([], {})
    assert removed("phone", None, "") == ([None, ""], {})
