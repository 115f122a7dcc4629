"""Whether a column holds dates, and the one form that all its values have, if that is certain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from importer.suggest.date_forms import Form, forms_of
from importer.transforms.columns import arrow_of
from importer.transforms.dates import Dates, Moments

if TYPE_CHECKING:
    import pandas as pd

_SAMPLE = 200
_LEAST_SHARE = 0.6
_MOST_FORMS = 24
_MOST_WRONG = 0.05
"""Share of values that are a date in no form, such as 31 February, up to which the others can prove theirs."""
_ISO_DAY = Form("%Y-%m-%d", "Ymd", False, False)
_ISO_TIME = Form("%Y-%m-%d %H:%M:%S", "Ymd", True, False)


@dataclass(frozen=True, slots=True)
class DateFinding:
    """What the whole column says.

    ``forms`` are those that fit every value that is a date at all: none, the proven one, or several in different
    orders of day and month, of which only a person knows the right one. ``odd`` counts filled cells that do not have
    any digit, ``unfit`` those with digits that the best form does not fit. ``plain`` says that all values are as
    workbooks give dates and times, so that a mapping needs no form.
    """

    dated: int = 0
    odd: int = 0
    unfit: int = 0
    forms: tuple[Form, ...] = ()
    nearest: Form | None = None
    plain: bool = False
    timed: bool = False

    @property
    def is_date(self) -> bool:
        """Whether the column holds dates, in whatever form."""
        return self.dated > 0

    @property
    def proven(self) -> Form | None:
        """The one form that every value of the column has."""
        return self.forms[0] if len(self.forms) == 1 else None

    @property
    def ambiguous(self) -> bool:
        """Whether several orders of day and month fit every value."""
        return len(self.forms) > 1


class DateCounts:
    """Counts how many values of a column have each form that its first values can have."""

    def __init__(self) -> None:
        self._readers: dict[Form, Dates | Moments] = {}
        self._counts: Counter[Form] = Counter()
        self._plain = Moments([_ISO_TIME.text, _ISO_DAY.text], "UTC")
        self._filled = self._odd = self._plainly = self._any = 0
        self._asleep = False

    def add(self, texts: pd.Series[str]) -> None:
        """Count the filled cells of one chunk."""
        if self._asleep:
            return
        if not self._filled and not self._begin(texts):
            self._asleep = True
            return
        array = arrow_of(texts)
        self._filled += len(array)
        self._odd += _without_digits(array)
        some = np.zeros(len(array), dtype=bool)
        for form, reader in self._readers.items():
            fits = reader.formed(texts) if isinstance(reader, Moments) else reader.read(texts).notna()
            self._counts[form] += int(fits.sum())
            some |= fits.to_numpy()
        self._any += int(some.sum())
        self._plainly += int(self._plain.formed(texts).sum())

    def finding(self) -> DateFinding:
        """What was counted."""
        dated = self._filled - self._odd
        if self._asleep or not dated or not self._counts:
            return DateFinding()
        best = max(self._counts.values())
        timed = any(form.timed for form, count in self._counts.items() if count)
        if self._plainly == dated and best < dated:
            return DateFinding(dated, self._odd, 0, (_ISO_TIME,), _ISO_TIME, True, True)
        if best < dated * _LEAST_SHARE:
            return DateFinding()
        # With too many that are no date, or some that only another form fits, nothing is proven.
        sound = self._any if self._any >= dated * (1 - _MOST_WRONG) else dated
        fitting = _one_for_each_order([form for form, count in self._counts.items() if count == sound])
        nearest = min((form for form, count in self._counts.items() if count == best), key=_rank)
        plain = len(fitting) == 1 and fitting[0] in (_ISO_DAY, _ISO_TIME)
        return DateFinding(dated, self._odd, dated - best, fitting, nearest, plain, timed)

    def _begin(self, texts: pd.Series[str]) -> bool:
        """Collect the forms that the first values can have; whether these are dates at all."""
        sample = [str(text) for text in texts.head(_SAMPLE)]
        found = [forms_of(text) for text in sample]
        dated = sum(bool(forms) for forms in found)
        if dated < _LEAST_SHARE * sum(any(map(str.isdigit, text)) for text in sample) or not dated:
            return False
        often = Counter(form for forms in found for form in forms)
        for form in sorted(often, key=lambda form: (-often[form], _rank(form)))[:_MOST_FORMS]:
            self._readers[form] = Moments([form.text], "UTC") if form.timed else Dates(form.text)
        return True


def _without_digits(array: object) -> int:
    return int(pc.sum(pc.invert(pc.match_substring_regex(array, "[0-9]"))).as_py() or 0)


def _rank(form: Form) -> tuple[bool, str, str]:
    # A column of nothing but "May" may have short or full names; short ones are usual.
    return ("%B" in form.text, form.order, form.text)


def _one_for_each_order(forms: list[Form]) -> tuple[Form, ...]:
    kept: dict[str, Form] = {}
    for form in sorted(forms, key=_rank):
        kept.setdefault(form.order, form)
    if "dy" in kept:
        # Beside the name of a month, nobody writes a short year first.
        kept.pop("yd", None)
    return tuple(kept.values())
