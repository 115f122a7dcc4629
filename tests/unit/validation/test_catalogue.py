"""docs/problems.md says what the program says."""

from __future__ import annotations

import string
from pathlib import Path

from importer.core.issues import CATALOGUE
from importer.validation.catalogue import _GROUPS, EXAMPLES, catalogue_page, main

PAGE = Path(__file__).parents[3] / "docs" / "problems.md"


def test_the_page_is_current() -> None:
    """The catalogue's page was renewed when the catalogue last changed."""
    renew = "renew it: python -m importer.validation.catalogue docs/problems.md"
    assert PAGE.read_text("utf-8") == catalogue_page(), renew


def test_every_code_is_explained_once() -> None:
    """No kind of problem is missing on the page or listed twice."""
    listed = [code for codes in _GROUPS.values() for code in codes]
    assert sorted(listed) == sorted(CATALOGUE) == sorted(EXAMPLES)


def test_every_kind_has_whole_sentences() -> None:
    """Explanation, message and remedy end as sentences do, and name no placeholder that examples lack."""
    for kind in CATALOGUE.values():
        assert kind.explanation.endswith(".")
        assert kind.remedy.endswith(".")
        assert kind.message.endswith((".", "{suggestion}", "{help}"))
        assert not kind.title.endswith(".")
        names = {
            name for text in (kind.message, kind.remedy) for _, name, _, _ in string.Formatter().parse(text) if name
        }
        assert names - {"value", "column", "field"} <= set(EXAMPLES[kind.code][1]), kind.code


def test_the_page_can_be_written_anywhere(tmp_path: Path) -> None:
    """The command writes the page to the path that it is given."""
    main([str(tmp_path / "problems.md")])
    assert (tmp_path / "problems.md").read_text("utf-8") == catalogue_page()
