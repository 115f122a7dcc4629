"""Phone numbers in every spelling, and everything that must not pass for one."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.transforms.phones import Phones, knows_country
from tests.support.sampled import examples
from tests.unit.transforms.builders import column, values


@pytest.mark.parametrize(
    "text",
    [
        "9845098450",
        "98450 98450",
        "098450-98450",
        "+91 98450 98450",
        "+91-9845098450",
        "(+91) 98450.98450",
        "0091 98450 98450",
        "91 98450 98450",
        "9845098450.0",
        "٩٨٤٥٠ ٩٨٤٥٠",
        "９８４５０９８４５０",
        "+91\u00a098450\u201398450",
        "\u202a+91 98450 98450\u202c",
        " 98450\u200b98450\n",
    ],
)
def test_spellings_of_one_number_become_one_text(text: str) -> None:
    """All the ways in which an Indian mobile number is written mean the same."""
    assert values(Phones("IN").read(column(text))) == ["+91-9845098450"]


@pytest.mark.parametrize(
    "text",
    [
        "9.19E+11",
        "9.19845E+11",
        "12345",
        "98450984501",
        "0000000000",
        "9845098450/51",
        "9845098450, 9845098451",
        "9845098450 9845098451",
        "1-800-FLOWERS",
        "+91 98450 98450 ext. 3",
        "tel:+919845098450",
        "9845098450 (home)",
        "98_450_98450",
        "+",
        "()",
        "-" * 39,
        "9" * 50,
        "",
    ],
)
def test_what_is_no_phone_number_is_missing(text: str) -> None:
    """Nothing is repaired by guessing."""
    assert values(Phones("IN").read(column(text))) == [None]


def test_a_number_with_a_country_code_needs_no_country() -> None:
    """The default country only matters to numbers without a code."""
    texts = column("+91 98450 98450", "98450 98450", "+1 650-253-0000", "+44 (0)20 7946 0958")
    assert values(Phones().read(texts)) == ["+91-9845098450", None, "+1-6502530000", "+44-2079460958"]


def test_the_country_is_meant_by_numbers_without_code() -> None:
    """The same digits are different numbers in different countries."""
    assert values(Phones("US").read(column("(650) 253-0000"))) == ["+1-6502530000"]
    assert values(Phones("IT").read(column("06 698 12345"))) == ["+39-0669812345"]


def test_missing_stays_missing_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read before is forgotten after a while, which changes no answer."""
    monkeypatch.setattr("importer.transforms.phones._MAX_CACHED", 1)
    phones = Phones("IN")
    for _ in range(3):
        assert values(phones.read(column("9845098450", None, "9845098451"))) == [
            "+91-9845098450",
            None,
            "+91-9845098451",
        ]


def test_the_example_is_a_number_of_the_country() -> None:
    """Messages show a number that would have been accepted."""
    for country in ("IN", "US", "BR", "IT", ""):
        phones = Phones(country)
        assert values(phones.read(column(phones.example())))[0] is not None


def test_countries_without_numbers_are_known_as_such() -> None:
    """Antarctica's code is a country code, but no phone rings there."""
    assert knows_country("IN")
    assert not knows_country("AQ")


@pytest.mark.slow
@given(
    st.sampled_from(["IN", "US", "GB", "AE", "SG", "BR", "IT", "MX", "AR", "RU", "ZA", "ID", "PH", "KZ", ""]),
    st.sampled_from(["", "+91", "+1", "+44", "+971", "+65", "+7", "0", "00", "+52", "+54", "+39", "8"]),
    st.text("0123456789", min_size=6, max_size=12),
)
@settings(deadline=None, max_examples=examples(100))
def test_the_short_way_gives_the_librarys_answer(country: str, start: str, digits: str) -> None:
    """Plain numbers are read without the library, and never otherwise than it would."""
    text = start + digits
    try:
        number = phonenumbers.parse(text, country or None)
        valid = phonenumbers.is_valid_number(number)
        expected = f"+{number.country_code}-{phonenumbers.national_significant_number(number)}" if valid else None
    except phonenumbers.NumberParseException:
        expected = None
    assert values(Phones(country).read(column(text))) == [expected]


@pytest.mark.slow
@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_example_numbers_of_every_country_read_as_the_library_reads_them(country: str) -> None:
    """The short way agrees with the library in every country, with and without country code."""
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if number is None:
        number = phonenumbers.example_number(country)
    national = phonenumbers.national_significant_number(number)
    expected = f"+{number.country_code}-{national}"
    spellings = [
        phonenumbers.format_number(number, form)
        for form in (phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    ]
    assert values(Phones(country).read(column(*spellings, expected))) == [expected] * 3


@pytest.mark.parametrize(
    ("country", "text", "expected"),
    [
        ("DE", "4915123456789", "+49-15123456789"),
        ("DE", "49 1512 3456789", "+49-15123456789"),
        ("DE", "015123456789", "+49-15123456789"),
        ("DE", "15123456789", "+49-15123456789"),
        ("IN", "919845098450", "+91-9845098450"),
        ("IN", "9198450984", "+91-9198450984"),
        ("GB", "447911123456", "+44-7911123456"),
        ("FR", "33612345678", "+33-612345678"),
        ("US", "16502530000", "+1-6502530000"),
        ("IN", "4915123456789", None),
    ],
)
def test_a_lost_plus_is_noticed(country: str, text: str, expected: str | None) -> None:
    """Digits that begin like the country code are the mobile number that they are with a plus."""
    assert values(Phones(country).read(column(text))) == [expected]


def test_a_number_that_is_valid_with_and_without_its_plus_is_not_guessed() -> None:
    """Both readings are a line of Germany."""
    phones = Phones("DE")
    assert values(phones.read(column("49507069464", "+4949507069464"))) == [None, "+49-49507069464"]
    assert phones.may_lack_plus("49507069464")
    assert not phones.may_lack_plus("4915123456789x")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("leadsquared", "+91-9845098450"),
        ("e164", "+919845098450"),
        ("digits", "919845098450"),
        ("national", "9845098450"),
    ],
)
def test_the_form_that_is_sent_is_a_setting(form: str, expected: str) -> None:
    """By either way of reading."""
    assert values(Phones("IN", form).read(column("98450 98450", "+91 98450 98450", "91 9845098450"))) == [expected] * 3
    assert values(Phones("IT", form).read(column("06 698 12345")))[0].endswith("0669812345")
