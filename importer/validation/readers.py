"""Readers for each type of field, which convert cells to LeadSquared's format.

Their results are missing where a text is not of the type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from importer.config import Locale, countries
from importer.mapping import FieldRule, FieldType
from importer.transforms import (
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
    example_of,
    knows_country,
    read_emails,
    read_ids,
    shown_form,
)
from importer.validation.explanations import explain_number, explain_phone

if TYPE_CHECKING:
    import pandas as pd

    Read = Callable[[pd.Series[str]], pd.Series[str]]

_CONTROL = r"[\x00-\x08\x0e-\x1f\x7f-\x9f]"
"""Control characters but for tabs, line breaks and the page breaks that word processors leave."""
_CONTROL_BYTES = bytes([*range(9), *range(0x0E, 0x20), 0x7F, "\x80".encode()[0]])
"""One of these is part of every control character in UTF-8."""
DATE_FORM = "%Y-%m-%d"
MOMENT_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
"""How times are written when the mapping does not say; workbooks give midnight as the day alone."""


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


def make_reader(rule: FieldRule, locale: Locale) -> Reader:
    """Return the reader for a field's type. Raises :class:`UnreadableError` when a setting is missing or wrong."""
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
    explain = partial(explain_phone, phones)
    return Reader(LastColumnCache(phones.read), "phone", "not-a-phone", words, facts, explain=explain)


def _number_reader(rule: FieldRule, locale: Locale) -> Reader:
    form = NumberForm(
        rule.decimal or "", rule.thousands or "", rule.currency or (), rule.percent or "", rule.negative or ""
    )
    whole = rule.type is FieldType.INTEGER
    numbers = Numbers(form, whole=whole)
    check, code = ("integer", "not-an-integer") if whole else ("number", "not-a-number")
    explain = partial(explain_number, whole=whole)
    stated = {name: value for name, value in asdict(form).items() if value}
    if not form.is_open:
        return Reader(numbers.read, check, code, facts=stated, explain=explain)
    doubt = ("certain_number", "ambiguous-number")
    return Reader(numbers.read, check, code, facts=stated, formed=numbers.formed, doubt=doubt, explain=explain)


def _date_reader(rule: FieldRule, locale: Locale) -> Reader:
    form = rule.format or DATE_FORM
    read = LastColumnCache(Dates(form).read)
    words = {"format": shown_form(form), "example": example_of(form)}
    return Reader(read, "date", "not-a-date", words, {"format": form})


def _moment_reader(rule: FieldRule, locale: Locale) -> Reader:
    forms = (rule.format,) if rule.format else MOMENT_FORMS
    zone = rule.timezone or locale.time_zone
    facts: dict[str, object] = {"format": forms[0]}
    if "z" not in date_form(forms[0]).parts:
        _check_zone(zone)
        facts["timezone"] = zone
    moments = DateTimes(forms, zone)
    words = {"format": shown_form(forms[0]), "example": example_of(forms[0]), "timezone": zone}
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


_Maker = Callable[[FieldRule, Locale], Reader]
_MAKERS: Mapping[FieldType, _Maker] = {
    FieldType.TEXT: _always(_sendable, "sendable_text", "not-text"),
    FieldType.EMAIL: _always(read_emails, "email", "not-an-email"),
    FieldType.PHONE: _phone_reader,
    FieldType.NUMBER: _number_reader,
    FieldType.INTEGER: _number_reader,
    FieldType.BOOLEAN: _always(LookupTable(FLAGS).read, "boolean", "not-a-boolean", words=list(FLAGS)),
    FieldType.DATE: _date_reader,
    FieldType.DATETIME: _moment_reader,
    FieldType.UUID: _always(read_ids, "uuid", "not-a-uuid"),
    FieldType.CHOICE: _choice_reader,
}
