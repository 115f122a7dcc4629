"""Explanations of single texts that are not of their type, as sentences for the problem of the cell."""

from __future__ import annotations

from importer.transforms import NumberForm, Numbers, describe_form, find_number_forms


def explain_number(text: str, *, whole: bool = False) -> str:
    """Return the settings of a mapping with which ``text`` is a number, and that number; empty when none would help."""
    forms = [form for form in find_number_forms(text) if form != NumberForm()]
    readings = [
        f"with {describe_form(form)} it is {number}" for form in forms if (number := _read_one(form, text, whole))
    ]
    words = ", ".join(readings)
    return f" {words[0].upper()}{words[1:]}." if words else ""


def _read_one(form: NumberForm, text: str, whole: bool) -> str:
    import pandas as pd

    number = Numbers(form, whole=whole).read(pd.Series([text], dtype="str")).iloc[0]
    return number if isinstance(number, str) else ""
