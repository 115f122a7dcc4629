"""Every code that checking a cell can give, with its exact words."""

from __future__ import annotations

from typing import Any

import pytest

from importer.config.settings import Locale
from importer.core.issues import ACCOUNT_CODES, CATALOGUE, make_problem
from importer.core.text import shorten_text
from tests.unit.validation.builders import check, check_cells, messages_of, wire

PLACE = 'row 2, column A "Cell": '
DAY = {"type": "date", "format": "%d/%m/%Y"}
MOMENT = {"type": "datetime", "format": "%d/%m/%Y %H:%M", "timezone": "Europe/Berlin"}
TEN = {"type": "choice", "options": [f"Option {number}" for number in range(10)]}

CASES: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"required": "true"},
        " \u200b",
        "required",
        "The cell is empty, but activity.mx_1 is required. Fill in the cell.",
    ),
    ({}, "a\0b", "not-text", '"a\\u0000b" holds a character that cannot be sent. Type the text again.'),
    ({}, "a\ud800", "not-text", '"a\\ud800" holds a character that cannot be sent. Type the text again.'),
    (
        {"type": "email"},
        "meer\u0430@example.com",
        "mixed-alphabets",
        '"meer\u0430@example.com" has the letter \u0430, which is Cyrillic, in a word of another alphabet. Type the address again.',
    ),
    (
        {"type": "email"},
        "meera@example",
        "not-an-email",
        '"meera@example" is not an e-mail address. The part behind the @ has no ending such as .com. Expected something like name@example.com.',
    ),
    (
        {"type": "phone", "country": "AE"},
        "9.19E+11",
        "not-a-phone",
        '"9.19E+11" is not a phone number in United Arab Emirates. Excel has shortened it and lost the last digits: '
        "format the column as text where the file comes from. Expected something like +971 50 123 4567.",
    ),
    (
        {"type": "number"},
        "1,200.50",
        "not-a-number",
        '"1,200.50" is not a number that the mapping can read. With `decimal: ".", thousands: ","` it is 1200.50. '
        "Expected something like 12.5, or name the form of the numbers in the mapping.",
    ),
    (
        {"type": "number"},
        "1.234",
        "ambiguous-number",
        '"1.234" can mean two numbers. With `thousands: "."` it is 1234, with `decimal: "."` it is 1.234. '
        "Add to the field in the mapping what is meant.",
    ),
    (
        {"type": "integer"},
        "12.5",
        "not-an-integer",
        '"12.5" is not a whole number. Expected something like 12.',
    ),
    (
        {"type": "boolean"},
        "maybe",
        "not-a-boolean",
        '"maybe" is neither yes nor no. Expected yes or no (or true, false, 1, 0).',
    ),
    (
        DAY,
        "31/02/2026",
        "not-a-date",
        '"31/02/2026" is not a date of the form DD/MM/YYYY. Expected something like 31/12/2026.',
    ),
    (
        {"type": "date", "format": ["%d/%m/%Y", "%m/%d/%Y"]},
        "03/04/2026",
        "ambiguous-date",
        '"03/04/2026" means different days in the forms DD/MM/YYYY or MM/DD/YYYY. Write the month as a word or the year '
        "first (2026-12-31), or remove one of the forms.",
    ),
    (
        MOMENT,
        "2026-12-31 18:30",
        "not-a-datetime",
        '"2026-12-31 18:30" is not a date and time of the form DD/MM/YYYY hh:mm. '
        "Expected something like 31/12/2026 18:30.",
    ),
    (
        MOMENT,
        "29/03/2026 02:30",
        "time-not-in-zone",
        '"29/03/2026 02:30" happens never or twice in Europe/Berlin, because the clocks change then. '
        "Write its offset behind it, such as +0100, or correct it.",
    ),
    (
        {"type": "uuid"},
        "{2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11}",
        "not-a-uuid",
        '"{2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11}" is not an id. '
        "Expected something like 2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11.",
    ),
    (
        TEN,
        "Optoin 7",
        "not-an-option",
        '"Optoin 7" is not one of the allowed values. Did you mean "Option 7"? '
        "Allowed: Option 0, Option 1, Option 2, Option 3, Option 4, Option 5, Option 6, Option 7 and 2 more.",
    ),
    (
        {"type": "choice", "options": ["Gold", "Silver"]},
        "xyz",
        "not-an-option",
        '"xyz" is not one of the allowed values. Allowed: Gold, Silver.',
    ),
    (
        {"lookup": {"Gold": "G", "Silver": "S"}},
        "golden",
        "not-in-lookup",
        '"golden" is not in the value mapping of this column. Did you mean "Gold"? '
        "Known: Gold, Silver. Correct the cell, add the value to `lookup:`, or set a `default:`.",
    ),
    (
        {"max_length": "3"},
        "abcd",
        "too-long",
        "The text has 4 characters; activity.mx_1 holds 3. Shorten the text.",
    ),
    (
        {"type": "integer", "range": ["0", "100"]},
        "101",
        "out-of-range",
        "101 is outside the range from 0 to 100. Correct it, or the range in the mapping.",
    ),
    (
        {"type": "number", "range": ["0.5", None]},
        "0.4",
        "out-of-range",
        "0.4 is below 0.5. Correct it, or the range in the mapping.",
    ),
    (
        {"type": "number", "range": [None, "7"]},
        "7.01",
        "out-of-range",
        "7.01 is above 7. Correct it, or the range in the mapping.",
    ),
    (
        {"pattern": r"WB-\d{5}"},
        "WB-123456",
        "wrong-pattern",
        r'"WB-123456" does not have the form WB-\d{5}. Correct the text.',
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("rule", "text", "code", "words"), CASES)
def test_a_wrong_cell_has_one_problem_in_plain_words(rule: dict[str, Any], text: str, code: str, words: str) -> None:
    """A problem names the place, what is wrong, what was expected and what to do."""
    checked = check_cells(rule, text)
    assert messages_of(checked) == [PLACE + words]
    (problem,) = checked.problems
    assert (problem.code, problem.field, problem.value) == (code, "activity.mx_1", shorten_text(text))
    assert checked.ok.tolist() == [False]


def test_a_repeated_value_names_the_first_row() -> None:
    """Every later row with the value is a problem, blanks around it and Unicode spelling aside; case matters."""
    checked = check_cells({"unique": "true"}, "é", "b", "", "e\u0301 ", "É", "b", "")
    assert messages_of(checked) == [
        'row 5, column A "Cell": "e\u0301 " already appears in row 2. Keep one of the rows.',
        'row 7, column A "Cell": "b" already appears in row 3. Keep one of the rows.',
    ]
    assert [problem.code for problem in checked.problems] == ["duplicate", "duplicate"]


def test_uniqueness_looks_at_what_leadsquared_gets() -> None:
    """Two spellings of a phone number, and two cases of an e-mail address, are the same."""
    phones = check_cells({"type": "phone", "unique": "true"}, "98450 98450", "+91-9845098450", "x", "x")
    assert [(problem.row, problem.code) for problem in phones.problems] == [
        (3, "duplicate"),
        (4, "not-a-phone"),
        (5, "not-a-phone"),
    ]
    emails = check_cells({"type": "email", "unique": "true"}, "a@b.com", "A@B.com")
    assert [problem.code for problem in emails.problems] == ["duplicate"]


def test_a_row_that_nothing_identifies_is_a_problem_of_the_row() -> None:
    """One of the identifying cells is enough; the problem names their columns."""
    rules = {"EmailAddress": "E-mail", "Phone": "Mobile", "mx_1": "City"}
    rows = [["a@b.com", "", ""], ["", "1", ""], [" ", "", "Pune"]]
    identity = ("activity.EmailAddress", "activity.Phone", "activity.NotMapped")
    checked = check(rules, ["E-mail", "Mobile", "City"], rows, identity=identity)
    assert messages_of(checked) == [
        'row 4: The row has none of "E-mail" or "Mobile". Fill in at least one of these columns.'
    ]
    assert checked.problems[0].code == "no-identity"


def test_a_field_that_always_has_a_value_identifies_every_row() -> None:
    """A constant or a default leaves nothing to fill in."""
    for option in ({"value": "x"}, {"column": "E-mail", "default": "x"}):
        checked = check({"EmailAddress": option}, ["E-mail"], [[""]], identity=["activity.EmailAddress"])
        assert checked.problems == []


def test_fields_that_the_target_needs_are_required() -> None:
    """What the LeadSquared call needs is required without a word in the mapping, unless a default fills it."""
    rules = {"a": "Cell", "b": {"column": "Cell", "default": "x"}, "c": "Cell"}
    checked = check(rules, ["Cell"], [[""]], required={"activity.a", "activity.b"})
    assert [(problem.code, problem.field) for problem in checked.problems] == [("required", "activity.a")]


def test_a_cell_that_is_not_of_its_type_has_no_second_problem() -> None:
    """Length, form, range and uniqueness are looked at only when the cell is of its type."""
    rule = {"type": "email", "max_length": "3", "pattern": "x", "unique": "true"}
    assert [problem.code for problem in check_cells(rule, "not one", "not one").problems] == ["not-an-email"] * 2
    assert [problem.code for problem in check_cells(rule, "a@b.com").problems] == ["too-long", "wrong-pattern"]


def test_the_length_counted_is_that_of_what_leadsquared_gets() -> None:
    """Characters, not bytes, are counted, after transforms and look-ups."""
    assert check_cells({"max_length": "3"}, "हिन").problems == []
    assert check_cells({"max_length": "3", "transforms": ["strip"]}, "  abc  ").problems == []
    assert (
        check_cells({"type": "phone", "max_length": "13"}, "9845098450")
        .problems[0]
        .message.startswith("The text has 14 characters")
    )


def test_patterns_are_pythons_and_match_the_whole_text() -> None:
    """Look-ahead works, digits of other scripts are digits, and a line end is not overlooked."""
    assert check_cells({"pattern": r"(?!00)\d+"}, "12", "१२").problems == []
    assert len(check_cells({"marks": "keep", "pattern": r"(?!00)\d+"}, "001", "12\n", "12x").problems) == 3


def test_suggestions_stop_when_a_column_is_hopeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong column does not cost a search for every one of its cells."""
    monkeypatch.setattr("importer.validation.rules._MOST_TEXTS", 1)
    checked = check_cells({"type": "choice", "options": ["Gold"]}, "Gol", "Golx", "Gol")
    assert ["Did you mean" in problem.message for problem in checked.problems] == [True, False, True]


def test_without_a_country_the_message_asks_for_a_country_code() -> None:
    """A phone column without any country only takes international numbers, and says so."""
    checked = check_cells({"type": "phone"}, "98450 98450", "+91 98450 98450", locale=Locale())
    assert [problem.message for problem in checked.problems] == [
        '"98450 98450" is not a phone number with a country code. It has no country code: add `country` to the field '
        "in the mapping, or write the code with a plus."
    ]
    assert wire(checked)[1] == "+91-9845098450"


def test_long_values_are_cut_and_hidden_characters_shown() -> None:
    """A message never carries a whole essay or a character that could change the screen."""
    assert shorten_text("x" * 60) == "x" * 60
    assert shorten_text("x" * 61) == "x" * 60 + "…"
    assert shorten_text("\x1b[2J\u202e\n\t\ufeffé") == "\\u001b[2J\\u202e\\n\\t\\ufeffé"


def test_every_code_of_the_catalogue_is_tested_here_or_comes_from_the_file() -> None:
    """No kind of problem is without a test."""
    elsewhere = {
        "row-too-short",
        "row-too-long",
        "repeated-headings",
        "footer-row",
        "units-row",
        "error-cell",
        "formula-without-result",
        "rounded-number",
        "impossible-date",
        "missing-text",
        "undecided-condition",
    }
    own = {"custom-check", "custom-row-check", "duplicate", "same-lead", "no-identity"}
    assert {code for _, _, code, _ in CASES} | own | elsewhere | ACCOUNT_CODES == set(CATALOGUE)


def test_a_code_that_the_catalogue_lacks_is_a_bug() -> None:
    """An undocumented problem cannot be made."""
    with pytest.raises(KeyError):
        make_problem("no-such-code", 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Asha Rao <asha@example.com>", "It holds a name, too: keep only asha@example.com."),
        ("a@example.com / b@example.com", "It holds several addresses: keep one of them in the cell."),
        ("asha.example.com", "It has no @."),
        ("asha@@example.com", "It has more than one @."),
        ("asha rao@example.com", "It has a blank in it."),
        ("asha@example.com.", 'It ends with ".": remove that.'),
        ("asha.@example.com", "A point stands where none can be: at the beginning, before the @, or twice."),
        ("asha@example", "The part behind the @ has no ending such as .com."),
        ("asha@-example.com", ""),
    ],
)
def test_what_is_wrong_with_an_address_is_said(text: str, words: str) -> None:
    """What is to be done follows from it."""
    (problem,) = check_cells({"type": "email"}, text).problems
    assert problem.message == f'"{text}" is not an e-mail address.{words and f" {words}"}'
