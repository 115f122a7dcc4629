"""Detection of dates in a column, and of the form that all its values have."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from importer.suggest.vocabulary import WORDS
from importer.transforms import NAMES, ORDINAL, Dates, DateTimes, arrow_of

if TYPE_CHECKING:
    import pandas as pd

_TIME = re.compile(
    r"(?<![0-9:.])(?P<hour>[0-9]{1,2})(?P<mark>[:h])[0-9]{2}(?P<second>:[0-9]{2})?(?P<fraction>\.[0-9]{1,6})?"
    r"(?:(?P<gap>\s?)(?P<half>[AaPp][Mm])\b)?(?P<offset>\s?(?:[Zz]|[+-][0-9]{2}:?[0-9]{2}))?(?![0-9:])"
)
# Letters of Devanagari carry signs that are no letters by themselves.
_TOKEN = re.compile(r"(?:[^\W\d_]|[\u0900-\u0963])+|[0-9]+|.", re.DOTALL)
_ORDINAL_DAY = re.compile(rf"(?<![0-9])([0-9]{{1,2}}){ORDINAL}(?!\w)")
_LONGEST = 60
_GLUE = frozenset((*WORDS["date_glue"], *map(str.lower, WORDS["time_zones"])))
_UTC = re.compile(r"(?i)\b(?:utc|gmt)\s*\Z")
_ORDERS = {4: (("d", "m", "Y"), ("m", "d", "Y")), 2: (("d", "m", "y"), ("m", "d", "y"), ("y", "m", "d"))}


@dataclass(frozen=True, slots=True)
class DetectedDateForm:
    """A form of dates as mappings write it. ``order`` is that of day, month and year, such as ``dmY``.

    ``utc`` says that the text itself names UTC as its zone.
    """

    text: str
    order: str
    timed: bool
    utc: bool


def find_date_forms(text: str) -> frozenset[DetectedDateForm]:
    """Find every form of dates that a text of this structure can have, with day and month in both orders.

    The text itself need not fit the form (31/02/2026). Returns an empty set when it is no date.
    """
    plain = text.strip()
    if len(plain) > _LONGEST or not any(character.isdigit() for character in plain):
        return frozenset()
    found = _TIME.search(plain)
    utc = _UTC.search(plain) is not None
    if found is None:
        return frozenset(DetectedDateForm(form, order, False, False) for form, order in _days(plain) if not utc)
    clock = _clock(found)
    before, after = plain[: found.start()], plain[found.end() :]
    # The mark keeps the place of the time while the rest is read as a day.
    days = _days(f"{before}\0{after}")
    return frozenset(DetectedDateForm(form.replace("\0", clock), order, True, utc) for form, order in days)


def _clock(found: re.Match[str]) -> str:
    hour = "%I" if found["half"] else "%H"
    form = f"{hour}{found['mark']}%M"
    if found["second"]:
        form += ":%S"
    if found["fraction"]:
        form += ".%f"
    if found["half"]:
        form += f"{found['gap']}%p"
    if found["offset"]:
        form += " %z" if found["offset"][0].isspace() else "%z"
    return form


def _days(text: str) -> Iterator[tuple[str, str]]:
    """Forms of the day with their order; every token of the text becomes one part or stays as it is."""
    plain = _ORDINAL_DAY.sub(r"\1", text)
    tokens = _TOKEN.findall(plain)
    numbers = [place for place, token in enumerate(tokens) if token.isdigit()]
    choices = [_word_choices(token) for token in tokens]
    for before, choice in itertools.pairwise(choices):
        # The dot of a short name belongs to it: in other rows a name without one may stand.
        if "%b" in before and choice == ["."]:
            choice.append("")
    if not all(choices) or not all(len(tokens[place]) in (1, 2, 4, 8) for place in numbers):
        return
    named = sum(any(choice in ("%b", "%B") for choice in found) for found in choices)
    if plain != text and named != 1:
        return
    for order in _orders([tokens[place] for place in numbers], named):
        parts = list(choices)
        for place, letters in zip(numbers, order, strict=True):
            parts[place] = ["".join(f"%{letter}" for letter in letters)]
        for form in itertools.product(*parts):
            yield "".join(form), "".join(order)


def _orders(numbers: list[str], named: int) -> Iterator[tuple[str, ...]]:
    lengths = [len(number) for number in numbers]
    if named == 1 and len(numbers) == 2:
        if lengths[0] <= 2:
            yield ("d", "Y" if lengths[1] == 4 else "y")
        if lengths[1] <= 2:
            yield ("Y" if lengths[0] == 4 else "y", "d")
    elif named == 0 and lengths == [8]:
        yield ("Ymd",)
    elif named == 0 and len(numbers) == 3 and lengths[1] <= 2:
        if lengths[0] == 4 and lengths[2] <= 2:
            yield ("Y", "m", "d")
        elif lengths[0] <= 2 and lengths[2] in _ORDERS:
            yield from _ORDERS[lengths[2]]


def _word_choices(part: str) -> list[str]:
    """What a token may be in a form, numbers as they are; nothing when no date has it."""
    word = part.casefold()
    months = [f"%{letter}" for letter in "Bb" if word in NAMES[letter]]
    days = [f"%{letter}" for letter in "Aa" if word in NAMES[letter]]
    if months or days:
        return months or days
    if not part.isalpha():
        return [part.replace("%", "%%")]
    return [part] if word in _GLUE else []


_SAMPLE = 200
_LEAST_SHARE = 0.6
_MOST_FORMS = 24
_MOST_WRONG = 0.05
"""Share of values that are a date in no form, such as 31 February, up to which the others can prove theirs."""
_ISO_DAY = DetectedDateForm("%Y-%m-%d", "Ymd", False, False)
_ISO_TIME = DetectedDateForm("%Y-%m-%d %H:%M:%S", "Ymd", True, False)


@dataclass(frozen=True, slots=True)
class DateProfile:
    """The dates of a column.

    ``forms`` are those that fit every value that is a date at all: none, the proven one, or several in different
    orders of day and month, of which only a person knows the right one. ``odd`` counts filled cells that do not have
    any digit, ``unfit`` those with digits that the best form does not fit. ``plain`` says that all values are as
    workbooks give dates and times, so that a mapping needs no form.
    """

    dated: int = 0
    odd: int = 0
    unfit: int = 0
    forms: tuple[DetectedDateForm, ...] = ()
    nearest: DetectedDateForm | None = None
    plain: bool = False
    timed: bool = False

    @property
    def is_date(self) -> bool:
        """Return whether the column holds dates, in whatever form."""
        return self.dated > 0

    @property
    def proven(self) -> DetectedDateForm | None:
        """Return the one form that every value of the column has; ``None`` if none or several fit."""
        return self.forms[0] if len(self.forms) == 1 else None

    @property
    def ambiguous(self) -> bool:
        """Return whether several orders of day and month fit every value."""
        return len(self.forms) > 1


class DateCounts:
    """A counter of the values of a column that have each form which its first values can have."""

    def __init__(self) -> None:
        self._readers: dict[DetectedDateForm, Dates | DateTimes] = {}
        self._counts: Counter[DetectedDateForm] = Counter()
        self._plain = DateTimes([_ISO_TIME.text, _ISO_DAY.text], "UTC")
        self._filled = self._odd = self._plainly = self._any = 0
        self._no_dates = False

    def add(self, texts: pd.Series[str]) -> None:
        """Count the filled cells of one chunk."""
        if self._no_dates:
            return
        if not self._filled and not self._begin(texts):
            self._no_dates = True
            return
        array = arrow_of(texts)
        self._filled += len(array)
        self._odd += int(pc.sum(pc.invert(pc.match_substring_regex(array, "[0-9]"))).as_py() or 0)
        some = np.zeros(len(array), dtype=bool)
        for form, reader in self._readers.items():
            fits = reader.formed(texts) if isinstance(reader, DateTimes) else reader.read(texts).notna()
            self._counts[form] += int(fits.sum())
            some |= fits.to_numpy()
        self._any += int(some.sum())
        self._plainly += int(self._plain.formed(texts).sum())

    def profile(self) -> DateProfile:
        """Return what was counted."""
        dated = self._filled - self._odd
        if self._no_dates or not dated or not self._counts:
            return DateProfile()
        best = max(self._counts.values())
        timed = any(form.timed for form, count in self._counts.items() if count)
        if self._plainly == dated and best < dated:
            return DateProfile(dated, self._odd, 0, (_ISO_TIME,), _ISO_TIME, True, True)
        if best < dated * _LEAST_SHARE:
            return DateProfile()
        # With too many that are no date, or some that only another form fits, nothing is proven.
        valid = self._any if self._any >= dated * (1 - _MOST_WRONG) else dated
        fitting = _one_for_each_order([form for form, count in self._counts.items() if count == valid])
        nearest = min((form for form, count in self._counts.items() if count == best), key=_rank)
        plain = len(fitting) == 1 and fitting[0] in (_ISO_DAY, _ISO_TIME)
        return DateProfile(dated, self._odd, dated - best, fitting, nearest, plain, timed)

    def _begin(self, texts: pd.Series[str]) -> bool:
        """Collect the forms that the first values can have; return whether these are dates at all."""
        sample = [str(text) for text in texts.head(_SAMPLE)]
        found = [find_date_forms(text) for text in sample]
        dated = sum(bool(forms) for forms in found)
        if dated < _LEAST_SHARE * sum(any(map(str.isdigit, text)) for text in sample) or not dated:
            return False
        often = Counter(form for forms in found for form in forms)
        for form in sorted(often, key=lambda form: (-often[form], _rank(form)))[:_MOST_FORMS]:
            self._readers[form] = DateTimes([form.text], "UTC") if form.timed else Dates(form.text)
        return True


def _rank(form: DetectedDateForm) -> tuple[bool, str, str]:
    # A column of nothing but "May" may have short or full names; short ones are usual.
    return ("%B" in form.text, form.order, form.text)


def _one_for_each_order(forms: list[DetectedDateForm]) -> tuple[DetectedDateForm, ...]:
    kept: dict[str, DetectedDateForm] = {}
    for form in sorted(forms, key=_rank):
        kept.setdefault(form.order, form)
    if "dy" in kept:
        # Beside the name of a month, nobody writes a short year first.
        kept.pop("yd", None)
    return tuple(kept.values())
