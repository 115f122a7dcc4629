"""The catalogue of problems and the errors for people."""

from __future__ import annotations

import pytest

from importer import errors
from importer.errors import ImporterError
from importer.problems import CATALOGUE, Problem, make_problem, visible


def test_every_code_is_explained() -> None:
    """A title, an explanation, a message and a remedy, all as sentences; the key is the code."""
    for code, kind in CATALOGUE.items():
        assert code == kind.code
        for text in (kind.explanation, kind.message, kind.remedy):
            assert text.rstrip("}")[-1] in ".?!}" or text.endswith("}"), (code, text)
        assert kind.title[0].isupper()
        assert not kind.title.endswith(".")


def test_a_problem_reads_as_a_sentence() -> None:
    """Place, message and remedy."""
    problem = make_problem("required", 7, column="City", letter="C", field="mx_City", value="")
    assert str(problem).startswith('row 7, column C "City": ')
    assert str(Problem("required", 7, "Wrong.", "")) == "row 7: Wrong."
    assert str(Problem("required", 7, "Wrong.", "Mend it.", column="X")) == 'row 7, column "X": Wrong. Mend it.'


def test_values_are_shown_short_and_visible() -> None:
    """Sixty characters; control characters, direction marks and lone surrogates as escapes."""
    assert visible("a" * 60) == "a" * 60
    assert visible("a" * 61) == "a" * 60 + "…"
    shown = visible("\x1b[31m\u202e\u200b\ud800x")
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    shown.encode()


@pytest.mark.parametrize(
    "kind",
    [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, ImporterError)],
)
def test_every_error_for_people_has_a_known_exit_status(kind: type[ImporterError]) -> None:
    """What the command line promises: 1 failed, 2 usage or configuration, 4 interrupted, 75 busy."""
    assert kind.exit_status in (1, 2, 4, 75)
