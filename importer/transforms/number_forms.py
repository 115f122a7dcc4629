"""Forms in which a text can be a number: separators, currencies, percent signs and signs of negative numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from importer.transforms.numbers import BLANKS, NumberForm

CURRENCIES: tuple[frozenset[str], ...] = tuple(
    map(
        frozenset,
        (
            ("₹", "rs", "rs.", "inr"),
            ("€", "eur"),
            ("$", "us$", "usd"),
            ("£", "gbp"),
            ("¥", "jpy"),
            ("chf", "fr.", "sfr."),
            ("kr", "kr.", "sek", "nok", "dkk"),
            ("zł", "pln"),
            ("r$", "brl"),
            ("kč", "czk"),
            ("ft", "huf"),
            ("₺", "tl", "try"),
            ("₽", "руб", "руб.", "rub"),
            ("rp", "rp.", "idr"),
            ("rm", "myr"),
            ("s$", "sgd"),
            ("a$", "aud"),
            ("c$", "cad"),
            ("cn¥", "cny", "rmb"),
            ("aed", "dh", "dhs"),
            ("sar",),
            ("zar", "r"),
            ("₫", "vnd"),
            ("฿", "thb"),
            ("₩", "krw"),
            ("₱", "php"),
        ),
    )
)
"""Signs and words for amounts of money, in small letters, by currency."""

_KNOWN = frozenset().union(*CURRENCIES)
_DIGITS = re.compile(rf"[.,]?[0-9](?:[0-9.,'\u2019{BLANKS}]*[0-9])?")
_SIGNS = re.compile(r"[-+\u2212\u2013()%\s]+")
_LONGEST = 40
_DECIMALS, _THOUSANDS = ("", ".", ","), ("", ",", ".", " ", "'")


def find_number_forms(text: str) -> tuple[NumberForm, ...]:
    """Return every form in which ``text`` is a number, each with no more settings than it needs; none for other texts.

    A text with a percent sign has each form twice: as a number, and as a fraction.
    """
    plain = text.strip()
    found = _DIGITS.search(plain) if len(plain) <= _LONGEST else None
    if found is None:
        return ()
    before, behind = plain[: found.start()], plain[found.end() :]
    currency = tuple(filter(None, (_SIGNS.sub("", before), _SIGNS.sub("", behind))))
    if not all(map(_is_currency, currency)):
        return ()
    marks = {_separator(character) for character in found.group() if not character.isdigit()}
    negative = "parentheses" if "(" in plain else "trailing" if behind.rstrip().endswith(("-", "\u2212")) else ""
    percents = ("number", "fraction") if "%" in plain else ("",)
    forms = (
        NumberForm(decimal, thousands, currency, percent, negative)
        for decimal, thousands in separators()
        if marks == {decimal, thousands} - {""}
        for percent in percents
    )
    return tuple(form for form in forms if _compiled(form).match(plain))


def separators() -> Iterator[tuple[str, str]]:
    """Yield every pair of a decimal mark and a separator of thousands; an empty one is not used."""
    return (
        (decimal, thousands) for decimal in _DECIMALS for thousands in _THOUSANDS if not decimal or decimal != thousands
    )


def describe_form(form: NumberForm) -> str:
    """Format the settings of a form as a mapping has them: ``decimal: ",", thousands: "."`` in backticks."""
    return f"`{', '.join(f'{name}: {value}' for name, value in form_options(form).items())}`"


def form_options(form: NumberForm) -> dict[str, str]:
    """Return the options of a mapping that state the form, with their values as YAML."""
    found = {"decimal": form.decimal, "thousands": form.thousands}
    options = {name: f'"{mark}"' if mark != " " else "space" for name, mark in found.items() if mark}
    if form.currency:
        words = [f'"{word}"' for word in form.currency]
        options["currency"] = words[0] if len(words) == 1 else f"[{', '.join(words)}]"
    return options | {name: value for name, value in (("percent", form.percent), ("negative", form.negative)) if value}


def currency_of(word: str) -> frozenset[str]:
    """Return all signs and words for the currency of ``word``; only itself when it is not known."""
    folded = word.casefold()
    return next((alike for alike in CURRENCIES if folded in alike), frozenset((folded,)))


def _is_currency(word: str) -> bool:
    return word.casefold() in _KNOWN or (len(word) == 1 and unicodedata.category(word) == "Sc")


def _separator(character: str) -> str:
    return " " if character in BLANKS else "'" if character == "\u2019" else character


@cache
def _compiled(form: NumberForm) -> re.Pattern[str]:
    return re.compile(form.pattern().replace(r"\z", r"\Z"))
