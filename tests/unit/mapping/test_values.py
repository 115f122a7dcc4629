"""Formats, patterns, places and templates, each by itself."""

from __future__ import annotations

import contextlib
import re
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.config.yaml import InvalidValueError, validate_country, validate_time_zone
from importer.config.yaml.values import _ABBREVIATIONS, read_flag, read_share
from importer.core.text import did_you_mean, find_nearest, format_names, suggest_name
from importer.mapping.date_formats import has_time, validate_date_format
from importer.mapping.patterns import MAX_CHARACTERS, validate_pattern
from importer.mapping.values import (
    parse_delimiter,
    template_headings,
    validate_encoding,
    validate_schema_path,
    validate_template,
)
from tests.support.sampled import examples


@pytest.mark.parametrize(
    "form", ["%d/%m/%Y", "%Y-%m-%dT%H:%M:%S.%f%z", "%d-%b-%y %I:%M %p", "%A, %d %B %Y", "%d.%m.%Y 100%%"]
)
def test_forms_of_dates(form: str) -> None:
    """Every form that names one day, with or without a full time."""
    assert validate_date_format(form) == form


@pytest.mark.parametrize(
    ("form", "message", "remedy"),
    [
        ("blah", '"blah" is not a form of dates.', "Expected something like %d/%m/%Y."),
        ("dd-mmm-yy h:mm AM/PM", '"dd-mmm-yy h:mm AM/PM" is not a form of dates.', "Did you mean %d-%b-%y %I:%M %p?"),
        ("yyyy-mm-dd hh:mm:ss", '"yyyy-mm-dd hh:mm:ss" is not a form of dates.', "Did you mean %Y-%m-%d %H:%M:%S?"),
        ("dd mm", '"dd mm" is not a form of dates.', "Expected something like %d/%m/%Y."),
        ("%d/%m/%Y/%d", '"%d/%m/%Y/%d" has `%d` twice.', "Write each part once."),
        ("%d/%m", '"%d/%m" must have the year exactly once.', "Expected %Y or %y in it."),
        ("%d/%m/%b/%Y", '"%d/%m/%b/%Y" must have the month exactly once.', "Expected %B or %b or %m in it."),
        (
            "%d/%m/%Y %H:%M %p",
            '"%d/%m/%Y %H:%M %p" needs %I and %p together.',
            "Use %H for hours from 00 to 23, or %I with %p.",
        ),
        ("%d/%m/%Y %H:%I %p", '"%d/%m/%Y %H:%I %p" has the hour twice.', "Use %H for 00 to 23, or %I with %p."),
        ("%d/%m/%Y %M", '"%d/%m/%Y %M" has minutes without hours.', "Add %H."),
    ],
)
def test_forms_that_are_none(form: str, message: str, remedy: str) -> None:
    """What is missing, doubled or spelled as Excel does is named."""
    with pytest.raises(InvalidValueError) as caught:
        validate_date_format(form)
    assert (caught.value.message, caught.value.remedy) == (message, remedy)


def test_unknown_parts_of_a_form_are_named() -> None:
    """Parts that are platform-specific or not parts at all are refused."""
    with pytest.raises(InvalidValueError, match=r'"%d/%m/%Y %-H %" has `%-`, `%`, which dates do not have'):
        validate_date_format("%d/%m/%Y %-H %")


def test_a_form_that_python_cannot_use_is_refused() -> None:
    """What passes has written and read a date."""
    with pytest.raises(InvalidValueError, match="is not a form of dates"):
        validate_date_format("%d/%m/%Y \ud800")


def test_a_form_has_a_time_when_one_of_its_parts_is_one() -> None:
    """A doubled percent sign is no part."""
    assert has_time("%d/%m/%Y %H:%M")
    assert not has_time("%d/%m/%Y %%H")


@pytest.mark.parametrize(
    "pattern",
    [
        r"[A-Z]{5}\d{4}[A-Z]",
        r"\w+@\w+\.\w+",
        r"(\d{1,3}\.){3}\d{1,3}",
        r"(\s?\d){10}",
        r"(foo|bar)+",
        r"(?:a|b)*c",
        r"(?>a+)b",
        r"a++b",
        r"(?=.*\d)(?!0).+",
        r"(a)?(?(1)b|c)",
        r"(a)\1",
    ],
)
def test_patterns_that_cannot_explode(pattern: str) -> None:
    """Everyday patterns pass."""
    assert validate_pattern(pattern) == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+",
        r"(a*)*b",
        r"(?:x+x+)+y",
        r"(a|aa)+$",
        r"(a|a?)+$",
        r"(.*a){12}",
        r"(a?){25}a{25}",
        r"(\d+|\w)*!",
        r"(?=(a+)+b)c",
        r"(?>(a+)+b)",
        r"((a+)+b)++",
        r"(?:(?:a{1,30}){1,30}){1,30}",
        r".*.*.*.*.*x",
    ],
)
def test_patterns_that_can_explode_are_refused(pattern: str) -> None:
    """A repetition inside a repetition, in any clothing."""
    with pytest.raises(InvalidValueError, match="repeats something that itself repeats"):
        validate_pattern(pattern)


def test_patterns_that_are_too_long_or_nest_too_deep_are_refused() -> None:
    """Python's own limits end as a problem too."""
    with pytest.raises(InvalidValueError, match=f"more than {MAX_CHARACTERS} characters"):
        validate_pattern("a" * (MAX_CHARACTERS + 1))
    with pytest.raises(InvalidValueError, match="repeats or nests too often"):
        validate_pattern("a{99999999999999999999}")
    with pytest.raises(InvalidValueError, match="will mean something else in a later Python"):
        validate_pattern("[[a]")


@settings(max_examples=examples(100), deadline=None)
@given(st.text(alphabet="ab(|)*+?{}1,\\dw[^].$:=!<>P", max_size=14))
def test_any_pattern_compiles_or_is_unfit(pattern: str) -> None:
    """Nothing but InvalidValueError is raised, and what passes is a regular expression."""
    with contextlib.suppress(InvalidValueError):
        re.compile(validate_pattern(pattern))


@pytest.mark.parametrize("name", ["UTC", "Asia/Kolkata", "America/Argentina/Ushuaia"])
def test_time_zones(name: str) -> None:
    """Names of the time zone database."""
    assert validate_time_zone(name) == name


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("ist", "Did you mean Asia/Kolkata?"),
        ("India Standard Time", "Did you mean Asia/Kolkata?"),
        ("EST", "Did you mean America/New_York?"),
        ("asia/kolkata", "Did you mean Asia/Kolkata?"),
        ("Asia/Bombay", "Did you mean Asia/Kolkata?"),
        ("Asia", "Expected a name such as Asia/Kolkata or UTC."),
        ("../../etc/passwd", "Expected a name such as Asia/Kolkata or UTC."),
    ],
)
def test_time_zones_that_are_none(name: str, remedy: str) -> None:
    """Abbreviations and misspellings are answered with the name."""
    with pytest.raises(InvalidValueError) as caught:
        validate_time_zone(name)
    assert caught.value.message == f'"{name}" is not the name of a time zone.'
    assert caught.value.remedy == remedy


def test_every_proposed_time_zone_exists() -> None:
    """Advice can be followed."""
    assert set(_ABBREVIATIONS.values()) <= zoneinfo.available_timezones()


@pytest.mark.parametrize(
    ("code", "remedy"),
    [("IND", "Did you mean IN?"), ("Singapore", "Did you mean SG?"), ("91", "Expected two letters such as IN.")],
)
def test_countries_that_are_none(code: str, remedy: str) -> None:
    """Names and longer codes are answered with the two letters."""
    with pytest.raises(InvalidValueError) as caught:
        validate_country(code)
    assert caught.value.remedy == remedy


def test_country_codes_may_be_small() -> None:
    """They are kept in capitals."""
    assert validate_country("in") == "IN"


def test_placeholders_of_a_template() -> None:
    """Headings may hold anything but braces; each is listed once."""
    template = validate_template("{Lead.ID} {x!r} {a:>3} {Lead.ID}!")
    assert template_headings(template) == ("Lead.ID", "x!r", "a:>3")


@pytest.mark.parametrize("text", ["{", "}", "a {b} }", "{{b}}", "{a{b}}"])
def test_braces_that_do_not_pair_are_refused(text: str) -> None:
    """A brace is never plain text."""
    with pytest.raises(InvalidValueError, match="a brace without its partner"):
        validate_template(text)


@pytest.mark.parametrize(("text", "character"), [("tab", "\t"), (";", ";"), ("Pipe", "|"), ("comma", ",")])
def test_delimiters(text: str, character: str) -> None:
    """One character, by itself or by name."""
    assert parse_delimiter(text) == character


@pytest.mark.parametrize("text", ["", "a", '"', ";;", "\n"])
def test_delimiters_that_are_none(text: str) -> None:
    """Letters, digits, quotes and line ends delimit nothing."""
    with pytest.raises(InvalidValueError):
        parse_delimiter(text)


@pytest.mark.parametrize("name", ["base64", "utf\x00", "", "utf9"])
def test_encodings_that_are_none(name: str) -> None:
    """Python's codecs that do not turn bytes into text are no encodings either."""
    with pytest.raises(InvalidValueError):
        validate_encoding(name)


def test_values_that_are_already_of_their_type_pass() -> None:
    """Rules written in Python need no text."""
    assert read_flag(True) is True
    assert read_share(0.5) == 0.5
    assert validate_schema_path("checks.YAML") == "checks.YAML"
    assert validate_schema_path("a/b.py:C") == "a/b.py:C"


def test_suggestions() -> None:
    """The nearest word, or the whole list when none is near; long lists are cut."""
    known = ("column", "value", "template")
    assert find_nearest("colum", known) == ["column"]
    assert did_you_mean("zzz", known) == ""
    assert suggest_name("Column", known) == "Did you mean `column`?"
    assert suggest_name("zzz", known) == "Known: `column`, `value`, `template`."
    assert format_names([str(number) for number in range(25)], most=2) == "`0`, `1` and 23 more"
