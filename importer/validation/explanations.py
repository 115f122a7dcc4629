"""Explanations of single texts that are not of their type, as sentences for the problem of the cell."""

from __future__ import annotations

import re

from importer.transforms import NumberForm, Numbers, Phones, describe_form, find_number_forms


def explain_number(text: str, *, whole: bool = False) -> str:
    """Return the settings of a mapping with which ``text`` is a number, and that number; empty when none would help."""
    forms = [form for form in find_number_forms(text) if form != NumberForm()]
    readings = [
        f"with {describe_form(form)} it is {number}" for form in forms if (number := _read_one(form, text, whole))
    ]
    words = ", ".join(readings)
    return f" {words[0].upper()}{words[1:]}." if words else ""


_SCIENTIFIC = re.compile(r"[0-9][.,]?[0-9]*[eE][+-]?[0-9]+")
_SEVERAL = re.compile(r"[0-9)]\s*(?:[/;,|&]|\bor\b|\n)\s*[+(0-9][0-9 ()-]*")
_EXTENSION = re.compile(r"(?i)[0-9)]\s*[,;]?\s*(?:ext|extn|extension|x|#)[.:]?\s*[0-9]+")


def explain_phone(phones: Phones, text: str) -> str:
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
    import pandas as pd

    number = Numbers(form, whole=whole).read(pd.Series([text], dtype="str")).iloc[0]
    return number if isinstance(number, str) else ""
