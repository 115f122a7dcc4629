"""Named transforms: what each makes of a cell, and what all have in common."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.transforms import TRANSFORMS
from tests.support.sampled import examples
from tests.unit.transforms.builders import column, values

TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=8)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("strip", "\u00a0 a b\u200b\r\n", "a b"),
        ("strip", "അവന്\u200d ", "അവന്\u200d"),
        ("title", "d'SOUZA", "D'Souza"),
        ("title", "men's 2nd-CLASS o’neil", "Men's 2nd-Class O’Neil"),
        ("title", "cafe\u0301s ÉCOLE", "Cafe\u0301s École"),
        ("title", "ronald MCDONALD", "Ronald McDonald"),
        ("title", "MARIA DE LA CRUZ", "Maria de la Cruz"),
        ("title", "john smith iii", "John Smith III"),
        ("title", "Maria d'Souza", "Maria d'Souza"),
        ("title", "flora MacDonald", "Flora MacDonald"),
        ("title", "Robert De Niro", "Robert De Niro"),
        ("title", "de la rue", "De la Rue"),
        ("title", "shobha de", "Shobha De"),
        ("title", "ravi das gupta, ii", "Ravi Das Gupta, II"),
        ("title", "LUDWIG VAN BEETHOVEN-von der HEIDE", "Ludwig van Beethoven-von der Heide"),
        ("title", "mca, mcom", "Mca, Mcom"),
        ("upper", "straße", "STRASSE"),
        ("lower", "ÀB", "àb"),
        ("collapse_spaces", " a\u00a0\u2009 b\t\nc ", "a b c"),
        ("digits", "+91 (98) ٤٥-x", "919845"),
        ("digits", "none", ""),
        ("remove_accents", "José Łódź Straße", "Jose Lodz Strasse"),
        ("remove_accents", "हिन्दी й", "हिन्दी й"),
        ("first_word", "  Meera  Nair ", "Meera"),
        ("first_word", " ", ""),
        ("last_word", "Meera K. Nair ", "Nair"),
        ("last_word", "", ""),
    ],
)
def test_a_transform_changes_a_text_as_its_description_says(name: str, text: str, expected: str) -> None:
    """Each transform does what mappings are promised."""
    assert values(TRANSFORMS[name](column(text))) == [expected]


@pytest.mark.slow
@given(TEXTS, st.sampled_from(sorted(TRANSFORMS)))
@settings(deadline=None, max_examples=examples(100))
def test_a_transform_keeps_length_index_and_missing_cells(texts: list[str | None], name: str) -> None:
    """A column stays aligned with its rows, whatever is in it, and nothing missing appears or goes."""
    given_column = column(*texts)
    given_column.index = pd.RangeIndex(5, 5 + len(texts))
    changed = TRANSFORMS[name](given_column)
    assert changed.dtype == "str"
    assert changed.index.equals(given_column.index)
    assert changed.isna().tolist() == given_column.isna().tolist()


@pytest.mark.slow
@given(TEXTS, st.sampled_from(sorted(set(TRANSFORMS))))
@settings(deadline=None, max_examples=examples(100))
def test_a_transform_does_nothing_more_the_second_time(texts: list[str | None], name: str) -> None:
    """Applying a transform twice is applying it once, for all but letters whose capitals have letters of their own."""
    plain = [text if text is None or text.isascii() else "" for text in texts]
    once = TRANSFORMS[name](column(*plain))
    assert values(TRANSFORMS[name](once)) == values(once)


@pytest.mark.slow
@given(TEXTS, st.sampled_from(sorted(TRANSFORMS)))
@settings(deadline=None, max_examples=examples(50))
def test_a_transform_sees_every_cell_alone(texts: list[str | None], name: str) -> None:
    """A column in pieces gives the pieces of the whole column."""
    whole = values(TRANSFORMS[name](column(*texts)))
    assert whole == [values(TRANSFORMS[name](column(text)))[0] for text in texts]


def test_every_transform_says_what_it_does() -> None:
    """The names are those of the mapping, each with a sentence for the reference."""
    assert set(TRANSFORMS) == {
        "strip",
        "title",
        "upper",
        "lower",
        "collapse_spaces",
        "digits",
        "remove_accents",
        "first_word",
        "last_word",
    }
    assert all(name == found.name and found.description.endswith(".") for name, found in TRANSFORMS.items())


@pytest.mark.slow
def test_the_names_are_known_without_pandas() -> None:
    """Commands that only need the names do not wait for pandas."""
    code = "import importer.transforms, sys; sys.exit('pandas' in sys.modules or 'pyarrow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
