"""Texts: errors, sizes turned into dates and garbled characters are told; ordinary texts are not."""

from __future__ import annotations

import pytest

from importer.data_quality.texts import repair_mojibake
from tests.unit.data_quality.builders import found, kinds

NAMES = ["José", "Zoë", "Łukasz", "Nguyễn", "Ångström", "Trần", "Şahin", "São Paulo", "दिल्ली", "東京", "Мария", "Ñandú"]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#SPILL!", "#NV", "#####"])
def test_errors_of_excel(error: str) -> None:
    """One cell is enough."""
    (damage,) = found([*NAMES, error], "Name", "FirstName")
    assert (damage.kind, damage.rows, damage.first_rows, damage.example) == ("excel-errors", 1, (14,), error)


@pytest.mark.parametrize("texts", [["#sale", "#NV", "#new", "#nyc"], ["C#", "no #N/A here", "#1", "#2"], ["###", "#"]])
def test_texts_with_a_hash(texts: list[str]) -> None:
    """Hashtags, ranks, and errors inside a sentence."""
    assert kinds(texts) == []


@pytest.mark.parametrize(
    "texts",
    [
        ["BRCA1", "TP53", "EGFR", "MYC", "KRAS", "1-Mar", "2-Sep", "AKT1", "PTEN", "RB1"],
        ["ab-1", "xy-2", "zz-3", "qq-44", "Mar-01", "Dec-07", "kk-2", "mm-3", "nn-4", "oo-5"],
        ["10-20", "20-50", "50+", "13-14", "15-20", "2-Jan", "5-Oct", "2-Jan"],
        ["10-20", "20-50", "31-40", "2-Jan", "5-Oct", "2-Jan"],
        ["10-20", "20-50", "31-40", "2026-02-04", "2026-05-10"],
    ],
)
def test_names_and_sizes_that_became_dates(texts: list[str]) -> None:
    """Genes, articles, sizes of companies."""
    (damage,) = found(texts, "Size")
    assert damage.kind == "texts-as-dates"
    assert damage.example in ("1-Mar", "Mar-01", "2-Jan", "2026-02-04")


@pytest.mark.parametrize(
    ("heading", "texts"),
    [
        ("Value", ["1-Jan", "2-Feb", "3-Mar", "14-Apr"]),
        ("Value", ["Mar-26", "Apr-26", "FY26", "Q1", "Q2", "all", "some", "none"]),
        ("Intake", ["1-Mar", "2-Sep", "spring", "autumn", "winter", "summer", "later", "soon"]),
        ("Notes", ["1-Mar", "2-Sep", *(f"a longer remark, number {number}" for number in range(40))]),
        ("Value", ["1-Mar", "alpha", "beta", "gamma", "delta"]),
        ("Value", ["1-Mar", "2-Sep", *(str(number) for number in range(20))]),
        ("Size", ["10-20", "20-50", "31-40", "2-4", "5-10"]),
        ("Size", ["10-20", "20-50", "31-40", "2026-02-04"]),
        ("Answer", ["10-20", "yes", "no", "2026-02-04", "2026-05-10", "maybe", "none"]),
        ("Answer", ["10-20", "20-50", "31-40", "2026-02-04", "2026-05-10", "1/2/2026", "02.03.2026", "3/4/2026"]),
        ("Code", ["AB-12", "CD-34", "Mar-x", "May-2", "32-Jan", "00-Jan", "7-Mai"] * 3),
    ],
)
def test_honest_months_and_codes(heading: str, texts: list[str]) -> None:
    """Days, months of our time, headings about time, remarks, numbers, ranges."""
    assert kinds(texts, heading) == []


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("CafÃ© Ãœber", "Café Über"),
        ("donâ€™t", "don’t"),
        ("20Â°C", "20°C"),
        ("ðŸ˜€ happy", "😀 happy"),
        ("ÐœÐ°Ñ€Ð¸Ñ\u008f", "Мария"),
        ("à¤¦à¤¿", "दि"),
        ("ï»¿first", "\ufefffirst"),
    ],
)
def test_garbled_characters(text: str, before: str) -> None:
    """One cell is enough, and what it was is told."""
    (damage,) = found([*NAMES, text], "Name")
    assert (damage.kind, damage.rows, damage.example) == ("garbled-characters", 1, text)
    assert f'was "{before}"' in damage.what


def test_characters_that_are_gone() -> None:
    """Nothing can be told of what they were."""
    (damage,) = found(["Jos\ufffd", "Ana"])
    assert damage.what.endswith("read in another.")
    assert [repair_mojibake(text) for text in ("Ã", "plain", "中")] == ["", "plain", ""]


@pytest.mark.parametrize(
    "texts",
    [
        NAMES,
        ["SÃO PAULO", "JOÃO", "«AMANHû", "“IRMÔ", "MAÇÃ", "Ãrea? no: Área"],
        ["CRÂNE", "TÂCHE", "Âge", "â", "€ 5", "5 €", "à la carte", "Ð and ð", "Ñ", "ÑÑ", "Ðe"],
        ["naïve “quotes” – dashes…", "Ωmega", "emoji 😀", "tab\tand\nline"],
    ],
)
def test_ordinary_texts_with_accents(texts: list[str]) -> None:
    """Also capitals of Portuguese and French, with quotation marks behind them."""
    assert kinds(texts) == []
