"""Dates and times in stated forms, never guessed; LeadSquared gets ``YYYY-MM-DD`` or UTC ``YYYY-MM-DD HH:MM:SS``.

Besides the stated forms, days and times are read as workbooks give their date cells: year, month and day with hyphens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.transforms.columns import LastColumnCache, arrow_of, column_of, repeats, without_invisible
from importer.transforms.date_forms import NAMES, DateForm, date_form

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    Truths = NDArray[np.bool_]

DEFAULT_PIVOT = 68
"""The last two-digit year of this century; those behind it belong to the last one, as POSIX and Python say."""
CELL_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
"""How readers of workbooks write date cells; midnight is the day alone."""
_ISO_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z")
_DAY_BEFORE_MONTH = re.compile("%[Yy].*%d.*%[mbB]")
_FIRST, _LAST = np.datetime64("1000-01-01T00:00:00", "s"), np.datetime64("9999-12-31T23:59:59", "s")
_TWO_DAYS, _FOUR_CENTURIES = np.timedelta64(2 * 86_400, "s"), np.timedelta64(146_097 * 86_400, "s")
_FARTHEST_OFFSET = 14 * 3600


@dataclass(frozen=True, slots=True)
class _Clock:
    """Wall-clock moments to the second, of which those with ``exists`` mean something.

    ``offset`` is how far the clock is east of UTC, in seconds.
    """

    moment: NDArray[np.datetime64]
    exists: Truths
    offset: Numbers | None


class _FormReader:
    """A reader of texts in a few forms. ``pivot`` is the last two-digit year of this century.

    Texts of none of the ``forms`` are tried in the ``others``. A text that means different things in two of the forms
    has a form, and yet is not read.
    """

    def __init__(self, forms: Sequence[str], others: Sequence[str], pivot: int) -> None:
        self._forms = [date_form(form) for form in forms]
        self._others = [date_form(form) for form in others if form not in forms]
        self._pivot = pivot
        self._read = LastColumnCache(self._read_column)

    def read(self, texts: pd.Series[str]) -> pd.Series[str]:
        """Convert texts; missing where the text has another form, there is no such day, or it is not certain."""
        return self._read(texts)[0]

    def formed(self, texts: pd.Series[str]) -> pd.Series[bool]:
        """Return whether the text has one of the forms and the day and time of day exist."""
        return pd.Series(self._read(texts)[1], index=texts.index)

    def _read_column(self, texts: pd.Series[str]) -> tuple[pd.Series[str], Truths]:
        plain = without_invisible(arrow_of(texts))
        if not repeats(plain):
            written, formed = self._written(plain)
            return column_of(written, texts), formed
        encoded = plain.dictionary_encode()
        written, formed = self._written(encoded.dictionary)
        # A missing text stands for the place behind all others, which is not of the form.
        places = encoded.indices.fill_null(len(formed)).to_numpy(zero_copy_only=False)
        return column_of(written.take(encoded.indices), texts), np.append(formed, False)[places]

    def _written(self, plain: Any) -> tuple[Any, Truths]:
        """Return the texts as they are sent, missing where they are not certain, and which texts have a form."""
        moment = np.full(len(plain), _FIRST)
        formed, known = np.zeros(len(plain), dtype=bool), np.zeros(len(plain), dtype=bool)
        for form in self._forms:
            clock = _read_clock(plain, form, self._pivot)
            found, certain = self._interpret(clock)
            conflict = formed & clock.exists & (found != moment)
            moment[clock.exists] = found[clock.exists]
            known = (known | (certain & ~formed)) & ~conflict
            formed |= clock.exists
        for form in self._others:
            rest = ~formed & plain.is_valid().to_numpy(zero_copy_only=False)
            if not rest.any():
                break
            clock = _read_clock(pc.if_else(pa.array(rest), plain, pa.scalar(None, plain.type)), form, self._pivot)
            found, certain = self._interpret(clock)
            moment[clock.exists] = found[clock.exists]
            known, formed = known | certain, formed | clock.exists
        beyond = known & ((moment < _FIRST) | (moment > _LAST))
        known, formed = known & ~beyond, formed & ~beyond
        return self._write(moment, known), formed

    def _interpret(self, clock: _Clock) -> tuple[NDArray[np.datetime64], Truths]:
        """Return what is meant by wall-clock moments, and which of them are certain."""
        raise NotImplementedError

    def _write(self, moment: NDArray[np.datetime64], known: Truths) -> Any:
        raise NotImplementedError


class Dates(_FormReader):
    """A reader of dates in a few forms, which are converted to ``2026-12-31``.

    Years from 1000 to 9999 are accepted; outer blanks and invisible characters are ignored. Of a form with a time, the
    day is taken as it is written.
    """

    def __init__(self, *forms: str, pivot: int = DEFAULT_PIVOT) -> None:
        others = () if _may_contradict_cells(forms) else CELL_FORMS
        super().__init__(forms, others, pivot)

    def _interpret(self, clock: _Clock) -> tuple[NDArray[np.datetime64], Truths]:
        return clock.moment.astype("datetime64[D]").astype("datetime64[s]"), clock.exists

    def _write(self, moment: NDArray[np.datetime64], known: Truths) -> Any:
        return pa.array(moment.astype("datetime64[D]"), mask=~known).cast(pa.large_string())


class DateTimes(_FormReader):
    """A reader of dates with a time in a few forms, which are converted to UTC as ``2026-12-31 13:00:00``.

    ``zone`` is the time zone of the texts (IANA name); a form with ``%z`` needs none, and any time may have its offset
    behind it. A time that a change of the clocks makes ambiguous has the form and is not read.
    """

    def __init__(self, forms: Sequence[str], zone: str, pivot: int = DEFAULT_PIVOT) -> None:
        with_offset = [f"{form}{blank}%z" for form in forms if "%z" not in form and "%M" in form for blank in ("", " ")]
        cells = () if _may_contradict_cells(forms) else (*CELL_FORMS, *_ISO_FORMS)
        # Without a zone only times with an offset can be read.
        others = [form for form in (*with_offset, *cells) if zone or "%z" in form]
        super().__init__(forms, others, pivot)
        self._zone = zone

    def _interpret(self, clock: _Clock) -> tuple[NDArray[np.datetime64], Truths]:
        return self._to_utc(clock)

    def _write(self, moment: NDArray[np.datetime64], known: Truths) -> Any:
        return pa.array(moment, mask=~known).cast(pa.large_string())

    def _to_utc(self, clock: _Clock) -> tuple[NDArray[np.datetime64], Truths]:
        if clock.offset is not None:
            return clock.moment - clock.offset.astype("timedelta64[s]"), clock.exists
        # Zones end with the year 9999; four hundred years before, the calendar and its clock changes are the same.
        shift = np.where(clock.moment > _LAST - _TWO_DAYS, _FOUR_CENTURIES, np.timedelta64(0, "s"))
        local = pd.DatetimeIndex(np.where(clock.exists, clock.moment - shift, _FIRST))
        utc = local.tz_localize(self._zone, ambiguous="NaT", nonexistent="NaT").tz_convert("UTC").tz_localize(None)
        moments = utc.to_numpy().astype("datetime64[s]")
        known = clock.exists & ~np.isnat(moments)
        return np.where(known, moments + shift, _FIRST), known


def _may_contradict_cells(forms: Sequence[str]) -> bool:
    """Return whether a form has year, day and month in this order, so that date cells could be misread."""
    return any(_DAY_BEFORE_MONTH.match(form) for form in forms)


def _read_clock(texts: Any, form: DateForm, pivot: int) -> _Clock:
    """Read texts of one form: split them into parts, then compute the time and check that it exists."""
    # First step: split the texts into parts, and those into numbers; parts of other texts become zeros.
    found = pc.extract_regex(texts, form.pattern)
    matched = found.is_valid().to_numpy(zero_copy_only=False)
    parts = {part: pc.struct_field(found, part).fill_null("") for part in form.parts}
    year, month = _year_and_month(parts, pivot)
    day = _number(parts, "d")
    hour, minute, second = _hour(parts), _number(parts, "M"), _number(parts, "S")
    # Second step: count from the first day of the month, so that a day that the month lacks lands in the next one.
    start = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    days: NDArray[np.datetime64] = start.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    exists = matched & (month >= 1) & (month <= 12) & (days.astype("datetime64[M]") == start)
    exists &= (hour >= 0) & (hour <= 23) & (minute <= 59) & (second <= 59) & _weekday_fits(parts, days)
    offset = _offset(parts)
    if offset is not None:
        exists &= np.abs(offset) <= _FARTHEST_OFFSET
    # Third step: add the time of day, rounded to whole seconds.
    seconds = hour * 3600 + minute * 60 + second + _rounded_fraction(parts)
    moment = days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    return _Clock(np.where(exists, moment, _FIRST), exists, offset)


def _number(parts: dict[str, Any], part: str) -> Numbers:
    """Return a part of the texts as numbers; 0 where it is missing."""
    if part not in parts:
        length = len(next(iter(parts.values())))
        return np.zeros(length, dtype=np.int64)
    return _cast(parts[part])


def _cast(digits: Any) -> Numbers:
    filled = pc.if_else(pc.equal(digits, ""), "0", digits)
    numbers: Numbers = filled.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _year_and_month(parts: dict[str, Any], pivot: int) -> tuple[Numbers, Numbers]:
    short = _number(parts, "y")
    year = _number(parts, "Y") if "Y" in parts else short + np.where(short <= pivot, 2000, 1900)
    if "m" in parts:
        return year, _number(parts, "m")
    part = "B" if "B" in parts else "b"
    return year, _position(parts[part], NAMES[part]) + 1


def _position(names: Any, known: Mapping[str, int]) -> Numbers:
    """Return the place of the month or day that each name means, counted from 0; -1 for none."""
    found: Numbers = (
        pc.index_in(pc.utf8_lower(names), value_set=pa.array(list(known), names.type))
        .fill_null(len(known))
        .to_numpy(zero_copy_only=False)
        .astype(np.int64)
    )
    return np.array([*known.values(), -1], dtype=np.int64)[found]


def _hour(parts: dict[str, Any]) -> Numbers:
    """Return the hours from 0 to 23; others where there is no such hour."""
    if "I" not in parts:
        return _number(parts, "H")
    hour = _number(parts, "I")
    afternoon = pc.equal(pc.ascii_lower(parts["p"]), "pm").to_numpy(zero_copy_only=False)
    return np.where((hour < 1) | (hour > 12), -1, hour % 12 + 12 * afternoon)


def _rounded_fraction(parts: dict[str, Any]) -> Numbers:
    """Return 1 where the fraction is half a second or more: the CRM keeps whole seconds."""
    if "f" not in parts:
        return _number(parts, "f")
    return (_cast(pc.utf8_slice_codeunits(parts["f"], 0, 1)) >= 5).astype(np.int64)


def _offset(parts: dict[str, Any]) -> Numbers | None:
    """Return the seconds east of UTC, or ``None`` when the form has no offset."""
    if "z" not in parts:
        return None
    digits = pc.replace_substring_regex(parts["z"], "[^0-9]", "")
    number = _cast(digits)
    minutes = number % 100
    seconds = np.where(minutes > 59, _FARTHEST_OFFSET + 1, number // 100 * 3600 + minutes * 60)
    west = pc.starts_with(parts["z"], "-").to_numpy(zero_copy_only=False)
    return np.where(west, -seconds, seconds)


def _weekday_fits(parts: dict[str, Any], days: NDArray[np.datetime64]) -> Truths:
    """Return whether the day has the weekday that is written beside it; with another one, one of the two is wrong."""
    part = next((part for part in ("a", "A") if part in parts), "")
    if not part:
        return np.ones(len(days), dtype=bool)
    named = _position(parts[part], NAMES[part])
    # 1 January 1970 was a Thursday.
    fits: Truths = named == (days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return fits
