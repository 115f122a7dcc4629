"""The catalogue of problems is complete, and a problem can be printed whatever the cell holds."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.issues import CATALOGUE, Problem, ProblemMaker, make_problem
from importer.core.text import SHOWN_CHARACTERS, escape_text, shorten_text
from tests.support.sampled import examples


def placeholders(code: str) -> set[str]:
    kind = CATALOGUE[code]
    parts = [*string.Formatter().parse(kind.message), *string.Formatter().parse(kind.remedy)]
    return {name for _, name, _, _ in parts if name}


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_kind_speaks_in_sentences(code: str) -> None:
    """Title, explanation, message and remedy are there; sentences end with a full stop."""
    kind = CATALOGUE[code]
    assert kind.code == code
    assert kind.title
    assert not kind.title.endswith(".")
    assert kind.explanation.endswith(".")
    assert kind.message.endswith((".", "{suggestion}", "{help}"))
    assert kind.remedy.endswith(".")


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_kind_can_be_made(code: str) -> None:
    """All placeholders are filled, also with texts that look like placeholders."""
    details = dict.fromkeys(placeholders(code) - {"value", "column", "field"}, "{oops}")
    problem = make_problem(code, 7, column="E-mail", letter="C", field="EmailAddress", value="{x}", **details)
    assert "{}" not in problem.message + problem.remedy
    words = {"value": "{x}", "column": "E-mail", "field": "EmailAddress", **details}
    kind = CATALOGUE[code]
    assert (problem.message, problem.remedy) == (kind.message.format(**words), kind.remedy.format(**words))
    assert str(problem).startswith('row 7, column C "E-mail": ')


@pytest.mark.parametrize("code", CATALOGUE)
def test_problems_of_one_kind_differ_in_their_own_words(code: str) -> None:
    """Some words are shared by all problems of a column, others belong to one row; every share gives the same."""
    words = {name: f"<{name}>" for name in sorted(placeholders(code) - {"value", "column", "field"})}
    for shared in range(len(words) + 1):
        common, own = dict(list(words.items())[:shared]), dict(list(words.items())[shared:])
        maker = ProblemMaker(code, common, column="E-mail", letter="C", field="EmailAddress")
        for row, value in ((7, "a"), (8, "b\x00")):
            expected = make_problem(code, row, column="E-mail", letter="C", field="EmailAddress", value=value, **words)
            assert maker.at(row, value, own) == expected


def test_an_unknown_code_is_a_bug() -> None:
    """It raises where it is made."""
    with pytest.raises(KeyError):
        make_problem("no-such-code", 1)


def test_where_a_problem_is() -> None:
    """With letter and heading, with heading only, or for the whole row."""
    assert str(Problem("c", 3, "Wrong.", "Do.", "Name", "B")) == 'row 3, column B "Name": Wrong. Do.'
    assert str(Problem("c", 3, "Wrong.", "", "Name")) == 'row 3, column "Name": Wrong.'
    assert str(Problem("c", 3, "Wrong.", "Do.")) == "row 3: Wrong. Do."


def test_long_values_are_cut() -> None:
    """At sixty characters, with a mark."""
    words = "some words " * 9
    assert shorten_text(words[:SHOWN_CHARACTERS]) == words[:SHOWN_CHARACTERS]
    assert shorten_text(words) == words[:SHOWN_CHARACTERS] + "…"


def test_what_cannot_be_seen_is_written_out() -> None:
    """Short escapes where everybody knows them, code points elsewhere; wanted characters can be kept."""
    assert escape_text("a\r\n\tb\x1b\x9b\u202e\u2028\ud800") == "a\\r\\n\\tb\\u001b\\u009b\\u202e\\u2028\\ud800"
    assert escape_text("a\nb\x1b", keep="\n") == "a\nb\\u001b"


@settings(max_examples=examples(100), deadline=None)
@given(st.text())
def test_printable_text_is_safe_for_a_terminal(text: str) -> None:
    """No control character, no direction mark and no line break is left; all else is unchanged."""
    shown = escape_text(text)
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in shown)
    assert not any(
        unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI") for c in shown
    )
    if all(character.isprintable() for character in text):
        assert shown == text
