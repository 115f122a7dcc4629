"""Readers for each type of field, which convert cells to LeadSquared's format.

Their results are missing where a text is not of the type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.config import Locale, countries
from importer.mapping import FieldRule, FieldType
from importer.transforms import (
    CELL_FORMS,
    DEFAULT_PIVOT,
    FLAGS,
    ByteStats,
    Dates,
    DateTimes,
    LastColumnCache,
    LookupTable,
    NumberForm,
    Numbers,
    Phones,
    arrow_of,
    column_of,
    date_form,
    describe_form,
    example_of,
    find_number_forms,
    knows_country,
    per_distinct,
    read_emails,
    read_ids,
    shown_form,
)

if TYPE_CHECKING:
    Read = Callable[[pd.Series[str]], pd.Series[str]]

_CONTROL = r"[\x00-\x08\x0e-\x1f\x7f-\x9f]"
"""Control characters but for tabs, line breaks and the page breaks that word processors leave."""
_CONTROL_BYTES = bytes([*range(9), *range(0x0E, 0x20), 0x7F, "\x80".encode()[0]])
"""One of these is part of every control character in UTF-8."""

_NAMED_ADDRESS = re.compile(r"[^<>@]*<([^<>@\s]+@[^<>@\s]+)>")
_SEPARATORS = re.compile(r"[\s,;/|&]+")
_SCIENTIFIC = re.compile(r"[0-9][.,]?[0-9]*[eE][+-]?[0-9]+")
_SEVERAL = re.compile(r"[0-9)]\s*(?:[/;,|&]|\bor\b|\n)\s*[+(0-9][0-9 ()-]*")
_EXTENSION = re.compile(r"(?i)[0-9)]\s*[,;]?\s*(?:ext|extn|extension|x|#)[.:]?\s*[0-9]+")

JOINER = ";"
"""The text between the values of a multi-select field; LeadSquared's documentation does not say it."""


class UnreadableError(Exception):
    """The type lacks a setting of the mapping or the account; holds a sentence and a remedy."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of the texts of one type.

    ``check`` names the check in the schema, ``code`` the problem of a text that is not of the type, and ``words`` fill
    that problem's placeholders. ``formed`` is only there when a text of the right form can still mean nothing.
    ``doubt`` then names the check and the problem of such texts. ``facts`` are what the schema shows of the type, and
    ``explain`` returns what is wrong with a text and what would help, to be added to its problem.
    """

    read: Read
    check: str
    code: str
    words: Mapping[str, object] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    formed: Callable[[pd.Series[str]], pd.Series[bool]] | None = None
    doubt: tuple[str, str] = ("", "")
    explain: Callable[[str], str] | None = None


def make_reader(rule: FieldRule, locale: Locale, pivot: int = DEFAULT_PIVOT) -> Reader:
    """Return the reader for a field's type. Raises :class:`UnreadableError` when a setting is missing or wrong.

    ``pivot`` is the last two-digit year of this century where the rule names none.
    """
    if rule.type is FieldType.DATE:
        return _date_reader(rule, pivot if rule.pivot is None else rule.pivot)
    if rule.type is FieldType.DATETIME:
        return _moment_reader(rule, locale, pivot if rule.pivot is None else rule.pivot)
    return _MAKERS[rule.type](rule, locale)


def _always(read: Read, check: str, code: str, **facts: object) -> _Maker:
    """Return a maker for types that are the same in every mapping."""
    return lambda rule, locale: Reader(LastColumnCache(read), check, code, facts=facts)


def _sendable(texts: pd.Series[str]) -> pd.Series[str]:
    """Return the texts unchanged; missing where one has control characters."""
    array = arrow_of(texts)
    if not ByteStats.at(array).holds(_CONTROL_BYTES):
        return texts
    whole = pc.invert(pc.match_substring_regex(array, _CONTROL))
    if pc.all(whole).as_py() is not False:
        return texts
    return column_of(pc.if_else(whole, array, pa.scalar(None, array.type)), texts)


def _email_reader(rule: FieldRule, locale: Locale) -> Reader:
    return Reader(LastColumnCache(read_emails), "email", "not-an-email", explain=_explain_email)


def _phone_reader(rule: FieldRule, locale: Locale) -> Reader:
    country = rule.country or locale.country
    if country and not knows_country(country):
        raise UnreadableError(f'"{country}" is not a country with phone numbers.', "Write two letters: `country: IN`.")
    phones = Phones(country, rule.phone_format or "leadsquared")
    where = f" in {countries().get(country, country)}" if country else " with a country code"
    words = {"country_words": where, "example": phones.example()}
    facts = {"country": country} if country else {}
    if rule.phone_format is not None:
        facts["phone_format"] = str(rule.phone_format)
    explain = partial(_explain_phone, phones)
    return Reader(LastColumnCache(phones.read), "phone", "not-a-phone", words, facts, explain=explain)


def number_form(rule: FieldRule) -> NumberForm:
    """Return the form of numbers that a rule states."""
    return NumberForm(
        rule.decimal or "", rule.thousands or "", rule.currency or (), rule.percent or "", rule.negative or ""
    )


def _number_reader(rule: FieldRule, locale: Locale) -> Reader:
    form = number_form(rule)
    whole = rule.type is FieldType.INTEGER
    numbers = Numbers(form, whole=whole)
    check, code = ("integer", "not-an-integer") if whole else ("number", "not-a-number")
    explain = partial(_explain_number, whole=whole)
    stated = {name: value for name, value in asdict(form).items() if value}
    if not form.is_open:
        return Reader(numbers.read, check, code, facts=stated, explain=explain)
    doubt = ("certain_number", "ambiguous-number")
    return Reader(numbers.read, check, code, facts=stated, formed=numbers.formed, doubt=doubt, explain=explain)


def _date_reader(rule: FieldRule, pivot: int) -> Reader:
    forms = rule.format or (CELL_FORMS[-1],)
    dates = Dates(*forms, pivot=pivot)
    facts: dict[str, object] = {"format": forms[0] if len(forms) == 1 else list(forms)}
    if len(forms) == 1:
        return Reader(dates.read, "date", "not-a-date", _form_words(forms), facts)
    doubt = ("certain_date", "ambiguous-date")
    return Reader(dates.read, "date", "not-a-date", _form_words(forms), facts, dates.formed, doubt)


def _form_words(forms: Sequence[str]) -> dict[str, object]:
    return {"format": " or ".join(map(shown_form, forms)), "example": example_of(forms[0])}


def _moment_reader(rule: FieldRule, locale: Locale, pivot: int) -> Reader:
    forms = rule.format or CELL_FORMS
    zone = rule.timezone or locale.time_zone
    facts: dict[str, object] = {"format": forms[0] if len(rule.format or ()) < 2 else list(forms)}
    if not all("z" in date_form(form).parts for form in forms):
        _check_zone(zone)
        facts["timezone"] = zone
    moments = DateTimes(forms, zone, pivot)
    words = {**_form_words(rule.format or forms[:1]), "timezone": zone}
    doubt = ("certain_moment", "time-not-in-zone")
    return Reader(moments.read, "datetime", "not-a-datetime", words, facts, moments.formed, doubt)


def _choice_reader(rule: FieldRule, locale: Locale) -> Reader:
    if rule.options is None:
        # The value mapping then has the choices, and it has a check of its own.
        return _MAKERS[FieldType.TEXT](rule, locale)
    options = list(rule.options)
    table = LookupTable({option: option for option in options})
    return Reader(LastColumnCache(table.read), "option", "not-an-option", facts={"options": options})


def _check_zone(zone: str) -> None:
    if not zone:
        raise UnreadableError(
            "Nothing says in which time zone the times are.",
            "Add `timezone: Asia/Kolkata`, or the time zone in which they were written.",
        )
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise UnreadableError(
            f'"{zone}" is not the name of a time zone.', "Write a name such as `timezone: Asia/Kolkata`."
        ) from None


def _explain_number(text: str, *, whole: bool = False) -> str:
    """Return the settings of a mapping with which ``text`` is a number, and that number; empty when none would help."""
    forms = [form for form in find_number_forms(text) if form != NumberForm()]
    readings = [
        f"with {describe_form(form)} it is {number}" for form in forms if (number := _read_one(form, text, whole))
    ]
    words = ", ".join(readings)
    return f" {words[0].upper()}{words[1:]}." if words else ""


def _explain_email(text: str) -> str:
    """Return what is wrong with an e-mail address, and how to correct it; empty when nothing is known."""
    text = text.strip()
    before, at, domain = text.partition("@")
    if named := _NAMED_ADDRESS.fullmatch(text):
        found = f" It holds a name, too: keep only {named[1]}."
    elif sum("@" in part for part in _SEPARATORS.split(text)) > 1:
        found = " It holds several addresses: keep one of them in the cell."
    elif not at:
        found = " It has no @."
    elif "@" in domain:
        found = " It has more than one @."
    elif re.search(r"\s", text):
        found = " It has a blank in it."
    elif text.endswith((".", ",", ";")):
        found = f' It ends with "{text[-1]}": remove that.'
    elif ".." in text or before.startswith(".") or before.endswith("."):
        found = " A point stands where none can be: at the beginning, before the @, or twice."
    elif "." not in domain:
        found = " The part behind the @ has no ending such as .com."
    else:
        found = ""
    return found


def _explain_phone(phones: Phones, text: str) -> str:
    """Return what is probably wrong with a phone number, and how to correct it; empty when nothing is known."""
    if _SCIENTIFIC.fullmatch(text.strip()):
        return " Excel has shortened it and lost the last digits: format the column as text where the file comes from."
    if _EXTENSION.search(text):
        return " It has an extension, which LeadSquared does not keep: move it into a column of its own."
    if _SEVERAL.search(text):
        return " It seems to be several numbers: keep one of them in the cell."
    if phones.country and phones.may_lack_plus(text):
        return " It can be a number with or without its country code: write it with a plus."
    if not phones.country and re.fullmatch(r"[0-9() .-]+", text.strip()):
        return " It has no country code: add `country` to the field in the mapping, or write the code with a plus."
    return ""


def _read_one(form: NumberForm, text: str, whole: bool) -> str:
    number = Numbers(form, whole=whole).read(pd.Series([text], dtype="str")).iloc[0]
    return number if isinstance(number, str) else ""


def joiner_of(rule: FieldRule) -> str:
    """Return the text between the values that are sent for a cell with several."""
    return JOINER if rule.joiner is None else rule.joiner


class ListReader:
    """A reader of cells with several values between separators.

    ``read`` converts each value. Blanks around values do not count, empty and repeated ones are left out.
    """

    def __init__(self, read: Read, separators: Sequence[str], joiner: str) -> None:
        self._read, self._separators, self._joiner = read, separators, joiner

    def read(self, texts: pd.Series[str]) -> pd.Series[str]:
        """Convert texts; missing where one of the values cannot be converted."""
        cells = {text: self._split(text) for text in arrow_of(texts).unique().to_pylist() if text is not None}
        values = pd.Series(list(dict.fromkeys(value for cell in cells.values() for value in cell)), dtype="str")
        converted = dict(zip(values.tolist(), self._read(values), strict=True))

        def join(text: str) -> str | None:
            found = [converted[value] for value in cells[text]]
            return None if any(map(pd.isna, found)) else self._joiner.join(dict.fromkeys(found))

        return per_distinct(texts, join)

    def _split(self, text: str) -> list[str]:
        for separator in self._separators[1:]:
            text = text.replace(separator, self._separators[0])
        return [part.strip() for part in text.split(self._separators[0]) if part.strip()]


_Maker = Callable[[FieldRule, Locale], Reader]
_MAKERS: Mapping[FieldType, _Maker] = {
    FieldType.TEXT: _always(_sendable, "sendable_text", "not-text"),
    FieldType.EMAIL: _email_reader,
    FieldType.PHONE: _phone_reader,
    FieldType.NUMBER: _number_reader,
    FieldType.INTEGER: _number_reader,
    FieldType.BOOLEAN: _always(LookupTable(FLAGS).read, "boolean", "not-a-boolean", words=list(FLAGS)),
    FieldType.UUID: _always(read_ids, "uuid", "not-a-uuid"),
    FieldType.CHOICE: _choice_reader,
}
