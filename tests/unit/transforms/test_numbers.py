"""Numbers: the plain form, stated forms, and texts that can mean two numbers."""

from __future__ import annotations

import pytest

from importer.transforms.number_forms import describe_form, find_number_forms
from importer.transforms.numbers import NumberForm, Numbers
from tests.unit.transforms.builders import column, values


@pytest.mark.parametrize(
    ("text", "number", "integer"),
    [
        ("12", "12", "12"),
        (" -7 ", "-7", "-7"),
        ("007", "7", "7"),
        ("-0", "0", "0"),
        ("12.50", "12.50", None),
        ("-012.5", "-12.5", None),
        ("-0.0", "0.0", "0"),
        ("12.0", "12.0", "12"),
        ("34.00", "34.00", "34"),
        ("12345678901234567890123", "12345678901234567890123", "12345678901234567890123"),
        ("+5", "5", "5"),
        (".5", "0.5", None),
        ("−5", "-5", "-5"),
        ("0.125", "0.125", None),
        ("1234.567", "1234.567", None),
        ("1.234", None, None),
        ("1.000", None, None),
        ("1_000", None, None),
        ("1,000", None, None),
        ("1 000", None, None),
        ("1.000,5", None, None),
        ("12,5", None, None),
        ("٣", None, None),
        ("３", None, None),
        ("1e5", None, None),
        ("5.", None, None),
        ("5%", None, None),
        ("(5)", None, None),
        ("- -5", None, None),
        ("nan", None, None),
        ("inf", None, None),
        ("0x10", None, None),
        ("", None, None),
    ],
)
def test_without_a_stated_form_only_plain_numbers_are_read(text: str, number: str | None, integer: str | None) -> None:
    """Nothing is guessed about separators, exponents or other scripts' digits."""
    assert values(Numbers().read(column(text))) == [number]
    assert values(Numbers(whole=True).read(column(text))) == [integer]


@pytest.mark.parametrize(
    ("form", "texts", "numbers"),
    [
        (NumberForm(",", "."), ["1.234,50", "1.234", "1234,5", "-3,5", "12.34", "1,234.5"], "1234.50 1234 1234.5 -3.5"),
        (NumberForm("", ","), ["1,200", "12,34,567.5", "1,2345", "1.234", "1,20"], "1200 1234567.5 - 1.234"),
        (NumberForm(",", ""), ["1234,5", "1.234,5", "1,234"], "1234.5 - 1.234"),
        (NumberForm(".", ""), ["1.234", "1,234"], "1.234"),
        (NumberForm("", " "), ["1 200", "1\u202f200,5", "1\u00a0200.50", "12 00"], "1200 1200.5 1200.50"),
        (NumberForm("", "'"), ["1'200.50", "1\u2019200", "1'20"], "1200.50 1200"),
        (NumberForm(currency=("₹", "Rs.")), ["₹ 5.5", "rs. 5", "-₹5", "₹ -5", "5 ₹", "$ 5"], "5.5 5 -5 -5 5"),
        (NumberForm("", ",", ("₹",)), ["₹ 1,23,456.50"], "123456.50"),
        (NumberForm(percent="number"), ["12 %", "12.5%", "%12", "12", "%12%"], "12 12.5 12"),
        (NumberForm(percent="fraction"), ["12 %", "0.5%", "100%", "-250%"], "0.12 0.005 1 -2.5"),
        (NumberForm(negative="parentheses"), ["(100)", "( 2.5 )", "-5", "(-5)", "(5", "5)"], "-100 -2.5 -5"),
        (NumberForm(currency=("$",), negative="parentheses"), ["($5)", "$(5)", "(5)$"], "-5 -5 -5"),
        (NumberForm(negative="trailing"), ["100-", "-100", "-100-", "(5)"], "-100 -100"),
    ],
)
def test_a_stated_form_is_read_strictly(form: NumberForm, texts: list[str], numbers: str) -> None:
    """What the form does not name is refused; trailing texts of the examples have no number."""
    expected = [None if word == "-" else word for word in numbers.split()]
    expected += [None] * (len(texts) - len(expected))
    assert values(Numbers(form).read(column(*texts))) == expected


def test_whole_numbers_keep_no_decimals() -> None:
    """Zeros behind the decimal mark are no decimals."""
    assert values(Numbers(NumberForm(",", "."), whole=True).read(column("1.234,00", "1,5"))) == ["1234", None]


def test_a_point_before_three_digits_is_read_once_the_column_proves_it() -> None:
    """One number with a point that cannot separate thousands proves it, in the same chunk or in an earlier one."""
    numbers = Numbers()
    first = column("1.234", "7")
    assert values(numbers.read(first)) == [None, "7"]
    assert numbers.formed(first).tolist() == [True, True]
    assert values(numbers.read(column("1.234", "12.5"))) == ["1.234", "12.5"]
    assert values(numbers.read(column("2.345"))) == ["2.345"]


@pytest.mark.parametrize("other", ["1.234,5", "1.234.567", "12,5"])
def test_numbers_of_both_kinds_in_a_column_prove_nothing(other: str) -> None:
    """A point that means two things in one column stays ambiguous."""
    assert values(Numbers().read(column("1.234", "12.5", other))) == [None, "12.5", None]


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("1,200", ['`thousands: ","`', '`decimal: ","`']),
        ("1.234,50", ['`decimal: ",", thousands: "."`']),
        ("₹ 1,23,456.50", ['`decimal: ".", thousands: ",", currency: "₹"`']),
        ("Rs 5 INR", ['`currency: ["Rs", "INR"]`']),
        ("12 %", ["`percent: number`", "`percent: fraction`"]),
        ("(100)", ["`negative: parentheses`"]),
        ("100-", ["`negative: trailing`"]),
        ("1 200", ["`thousands: space`"]),
        ("7", ["``"]),
        ("5 kg", []),
        ("12.05.2026", []),
        ("98450 98450", []),
        ("n/a", []),
    ],
)
def test_every_form_of_a_text_is_found(text: str, forms: list[str]) -> None:
    """Each form is one that reads the text, with the settings that it needs."""
    assert [describe_form(form) for form in find_number_forms(text)] == forms
    assert all(values(Numbers(form).formed(column(text))) == [True] for form in find_number_forms(text))
