"""Detection of numbers in a column, and of the form that all its values have."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple, dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.compute as pc

from importer.transforms import NumberForm, Numbers, arrow_of, currency_of, find_number_forms, matching, separators

if TYPE_CHECKING:
    Column = pd.Series[str]

_SAMPLE = 200
_LEAST_SHARE = 0.6
_MOST_WRONG = 0.05
"""Share of values that are a number in no form, such as n/a, up to which the others can prove theirs."""
_DIGITS = "-?[0-9]+"


@dataclass(frozen=True, slots=True)
class NumberProfile:
    """The numbers of a column.

    ``count`` cells are numbers in the form that most have. ``forms`` are those that fit every number: none, the proven
    one, or several that give other numbers, of which only a person knows the right one, with the reading of an
    ``example`` in each. ``whole`` says that no number has decimals.
    """

    count: int = 0
    forms: tuple[NumberForm, ...] = ()
    whole: bool = False
    example: str = ""
    readings: tuple[str, ...] = ()

    def describe_alternatives(self) -> str:
        """Describe what an example means in each of several forms."""
        return f'"{self.example}" can be {" or ".join(self.readings)}.'


class NumberCounts:
    """A counter of the values of a column that are numbers in each form which its first values can have."""

    def __init__(self) -> None:
        self._counts: dict[NumberForm, _FormCounts] = {}
        self._filled = self._any = 0
        self._no_numbers = False
        self._examples: list[str] = []

    def add(self, texts: Column) -> None:
        """Count the filled cells of one chunk."""
        if self._no_numbers:
            return
        if not self._filled and not self._begin(texts):
            self._no_numbers = True
            return
        self._filled += len(texts)
        array = arrow_of(texts)
        plain = pc.match_substring_regex(array, rf"\A{_DIGITS}\z")
        # Digits alone are the same number in every form but those that demand a percent sign.
        digits = array.filter(plain)
        others = pd.Series(array.filter(pc.invert(plain)).to_pylist(), dtype="str")
        fitting = pd.Series(False, index=others.index)
        for form, counts in self._counts.items():
            if not form.percent:
                counts.fitting += len(digits)
            if len(others):
                fitting |= counts.add(others)
        self._any += int(fitting.sum()) + len(digits)

    def profile(self) -> NumberProfile:
        """Return what was counted."""
        best = max((counts.fitting for counts in self._counts.values()), default=0)
        if self._no_numbers or best < self._filled * _LEAST_SHARE:
            return NumberProfile()
        valid = self._any if self._any >= self._filled * (1 - _MOST_WRONG) else self._filled
        groups: dict[Any, NumberForm] = {}
        fitting = [form for form, counts in self._counts.items() if counts.fitting == valid]
        for form in sorted(fitting, key=_rank):
            groups.setdefault(self._counts[form].digest, form)
        forms = tuple(groups.values())
        chosen = forms or tuple(form for form, counts in self._counts.items() if counts.fitting == best)[:1]
        whole = not any(self._counts[form].has_decimals for form in chosen)
        if len(forms) < 2:
            return NumberProfile(best, forms, whole)
        example, readings = self._example(forms)
        return NumberProfile(best, forms, whole, example, readings)

    def _begin(self, texts: Column) -> bool:
        """Collect the forms that the first values can have; return whether these are numbers at all."""
        sample = [str(text) for text in texts.head(_SAMPLE)]
        found = [find_number_forms(text) for text in sample]
        if sum(map(bool, found)) < _LEAST_SHARE * len(sample):
            return False
        self._examples = [text for text, forms in zip(sample, found, strict=True) if forms]
        seen = [form for forms in found for form in forms]
        currency = tuple(Counter(word for form in seen for word in form.currency))
        if len({currency_of(word) for word in currency}) > 1:
            # Several currencies in one column: without their signs the amounts would not be comparable.
            return False
        percents = sorted({form.percent for form in seen if form.percent}) or [""]
        negatives = sorted({form.negative for form in seen if form.negative}) or [""]
        marks = {mark for form in seen for mark in (form.decimal, form.thousands)}
        for (decimal, thousands), percent, negative in product(separators(), percents, negatives):
            if {decimal, thousands} <= marks | {"", ".", ","}:
                form = NumberForm(decimal, thousands, currency, percent, negative)
                self._counts[form] = _FormCounts(form)
        return True

    def _example(self, forms: tuple[NumberForm, ...]) -> tuple[str, tuple[str, ...]]:
        """Return a value that the forms read differently, with its readings."""
        column = pd.Series(self._examples, dtype="str")
        read = [Numbers(form).read(column).tolist() for form in forms]
        at = next((at for at in range(len(column)) if len({numbers[at] for numbers in read}) == len(forms)), 0)
        return self._examples[at], tuple(str(numbers[at]) for numbers in read)


class _FormCounts:
    """The values that are numbers of one form; equal ``digest`` means that two forms give equal numbers."""

    def __init__(self, form: NumberForm) -> None:
        self._numbers = Numbers(form)
        self.fitting = self.digest = 0
        self.has_decimals = False

    def add(self, texts: Column) -> pd.Series[bool]:
        """Count the numbers of one chunk; return which texts are one."""
        numbers = self._numbers.read(texts)
        known = numbers.notna()
        read = numbers[known]
        self.fitting += len(read)
        self.digest += int(pd.util.hash_array(read.to_numpy(dtype=object)).sum())
        self.has_decimals |= matching(arrow_of(read), _DIGITS).null_count > 0
        return known


def _rank(form: NumberForm) -> tuple[int, bool, tuple[Any, ...]]:
    """Return a key for sorting: first the form with the fewest settings, and without thousands."""
    settings = astuple(form)
    return sum(map(bool, settings)), bool(form.thousands), settings
