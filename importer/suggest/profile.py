"""Profiles of columns: shapes, phone numbers, dates and distinct values, counted in one reading of the whole file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.sources import Chunk, Column
from importer.suggest.date_detection import DateCounts, DateProfile
from importer.suggest.number_detection import NumberCounts, NumberProfile
from importer.suggest.similarity import is_yes_or_no
from importer.suggest.vocabulary import WORDS
from importer.transforms import (
    Mark,
    MarkKind,
    Phones,
    arrow_of,
    column_of,
    matching,
    read_emails,
    read_ids,
    remove_marks,
    without_invisible,
)

MOST_DISTINCT = 40
"""With more different values a column is no drop-down."""
_PHONES_TRIED = 60
COUNTRIES = (
    *("IN", "US", "GB", "DE", "FR", "ES", "PT", "BR", "MX", "AE", "SG", "AU", "ZA", "IT", "NL"),
    *("ID", "MY", "PH", "AR", "CO", "CL", "PE", "CH", "AT", "BE", "SA", "KE", "NG", "PK", "BD", "LK", "NP"),
)
"""Where phone numbers without a country code are tried when the account's country is not known."""

_URL = r"(?i)(?:https?://|www\.)\S+|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?:/\S*)?"
_PHONE_SHAPE = r"[+(]?[0-9](?:[ ()./-]{0,3}[0-9]){6,16}"
_WRITTEN_PHONE = r"\+.*|.*[0-9][ ./)(-]+[0-9].*"
_LETTERS = r"[\pL\pM][\pL\pM .,'’`()/&-]*"


_CLOCKS = {
    "%H:%M": "[0-9]{1,2}:[0-9]{2}",
    "%H:%M:%S": "[0-9]{1,2}:[0-9]{2}:[0-9]{2}",
    "%I:%M %p": "(?i)(?:0?[1-9]|1[0-2]):[0-9]{2}\\s(?:am|pm)",
    "%I:%M:%S %p": "(?i)(?:0?[1-9]|1[0-2]):[0-9]{2}:[0-9]{2}\\s(?:am|pm)",
}
"""Forms of a time of day without its day."""


class Shape(StrEnum):
    """A shape that a text can have; the value describes such texts for people."""

    EMAIL = "e-mail addresses"
    UUID = "ids of LeadSquared's form"
    URL = "web addresses"
    INTEGER = "whole numbers"
    NUMBER = "numbers"
    FLAG = "yes and no"
    PHONE = "shaped like phone numbers"
    WRITTEN_PHONE = "written like phone numbers"
    LETTERS = "words without digits"
    ONE_WORD = "single words"
    TWO_WORDS = "two words"
    SHORT = "short"
    IP = "addresses of computers"


_PATTERNS = {
    Shape.INTEGER: r"-?[0-9]+",
    Shape.NUMBER: r"-?[0-9]+(?:\.[0-9]+)?",
    Shape.URL: _URL,
    Shape.LETTERS: _LETTERS,
    Shape.ONE_WORD: r"\S+",
    Shape.TWO_WORDS: r"\S+\s+\S+",
    Shape.SHORT: r".{1,12}",
    Shape.IP: r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
}


_TYPED = (Shape.EMAIL, Shape.UUID, Shape.URL, Shape.NUMBER, Shape.PHONE)
_TYPED_SHARE = 0.95


@dataclass(slots=True)
class ColumnProfile:
    """One column. ``shapes`` counts the filled cells of each shape, ``phones`` the valid numbers by country ("" needs
    a country code) among the ``phones_seen``, ``values`` the different texts while they are few (else ``None``).
    """

    column: Column
    rows: int = 0
    filled: int = 0
    longest: int = 0
    shapes: Counter[Shape] = field(default_factory=Counter)
    phones: Counter[str] = field(default_factory=Counter)
    phones_seen: Counter[str] = field(default_factory=Counter)
    values: Counter[str] | None = field(default_factory=Counter)
    dates: DateProfile = field(default_factory=DateProfile)
    numbers: NumberProfile = field(default_factory=NumberProfile)
    clocks: Counter[str] = field(default_factory=Counter)
    marked: int = 0
    """Filled cells with marks of spreadsheets around the value, blanks aside."""
    placeholders: Counter[str] = field(default_factory=Counter)
    """Texts such as N/A in a column of addresses, numbers or dates; they count as empty."""

    @property
    def clock(self) -> str:
        """Return the form of a time of day that every value has; empty when there is none."""
        return next((form for form, count in self.clocks.items() if count == self.filled > 0), "")

    def share(self, shape: Shape) -> float:
        """Return the share of the filled cells that have the shape; 0 for an empty column."""
        return self.shapes[shape] / self.filled if self.filled else 0.0

    @property
    def best_country(self) -> str:
        """Return the country in which most numbers are valid; empty when country codes are enough, or none is valid."""
        best = max(self.phones, key=lambda place: (self._valid(place), place == "", self.phones[place]), default="")
        return best if self.phones[best] else ""

    def _valid(self, country: str) -> float:
        tried = self.phones_seen[country]
        return self.phones[country] / tried if tried else 0.0

    @property
    def phone_share(self) -> float:
        """Return the share of the filled cells that are valid phone numbers in the best country."""
        return max(map(self._valid, self.phones), default=0.0)

    @property
    def phone_summary(self) -> str:
        """Describe how many of the values are valid phone numbers."""
        place = self.best_country
        valid, tried = self.phones[place], self.phones_seen[place]
        some = f"the first {tried}" if tried < self.filled else f"{tried}"
        shown = f"all {tried}" if valid == tried == self.filled else f"{valid} of {some}"
        return f"{shown} values are valid phone numbers" + (f" in {place}" if place else "")

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the distinct values, most frequent first, when they are few and repeated; else nothing."""
        if not self.values or len(self.values) > max(2, self.filled // 2):
            return ()
        return tuple(sorted(self.values, key=lambda text: (-(self.values or Counter())[text], text)))


class Profiler:
    """A counter of one column's values, chunk by chunk."""

    def __init__(self, column: Column, country: str) -> None:
        self._profile = ColumnProfile(column)
        self._country = country
        self._dates = DateCounts()
        self._numbers = NumberCounts()
        self._absent: set[Shape] = set()
        self._placeholders: Counter[str] = Counter()
        self._readers = {
            place: Phones(place) for place in dict.fromkeys(("", country) if country else ("", *COUNTRIES))
        }

    def add(self, texts: pd.Series[str]) -> None:
        """Count the cells of one chunk."""
        profile = self._profile
        profile.rows += len(texts)
        unmarked, marks = remove_marks(arrow_of(texts), MarkKind.TEXT)
        profile.marked += sum(int(where.sum()) for mark, where in marks.items() if mark is not Mark.BLANKS)
        plain = without_invisible(unmarked)
        known = pc.fill_null(pc.not_equal(plain, ""), False)
        says_nothing = pc.is_in(pc.utf8_lower(plain), value_set=pa.array(WORDS["placeholders"], plain.type))
        for entry in pc.value_counts(plain.filter(says_nothing)).to_pylist():
            self._placeholders[entry["values"]] += entry["counts"]
        filled = pc.and_(known, pc.invert(says_nothing)).to_numpy(zero_copy_only=False)
        self._count(column_of(plain, texts)[filled].reset_index(drop=True))

    def _count(self, filled: pd.Series[str]) -> None:
        """Count filled cells."""
        profile = self._profile
        if not len(filled):
            return
        first = profile.filled == 0
        profile.filled += len(filled)
        array = arrow_of(filled)
        profile.longest = max(profile.longest, int(pc.max(pc.utf8_length(array)).as_py()))
        self._count_shapes(filled, array, first)
        self._count_values(array)
        self._dates.add(filled)
        self._numbers.add(filled)

    def profile(self) -> ColumnProfile:
        """Return what was counted. In columns of texts, placeholders are texts as all others."""
        profile = self._profile
        profile.dates = self._dates.profile()
        if self._placeholders and self._has_typed_values():
            profile.placeholders = self._placeholders
        else:
            self._count(pd.Series(list(self._placeholders.elements()), dtype="str"))
            profile.dates = self._dates.profile()
        profile.numbers = self._numbers.profile()
        return profile

    def _has_typed_values(self) -> bool:
        """Return whether nearly all other cells are addresses, ids, phone numbers, numbers or dates."""
        profile = self._profile
        return profile.dates.is_date or any(profile.share(shape) >= _TYPED_SHARE for shape in _TYPED)

    def _count_shapes(self, filled: pd.Series[str], array: Any, first: bool) -> None:
        counts = {shape: 0 for shape in Shape if shape not in self._absent}
        readers = {
            Shape.EMAIL: read_emails,
            Shape.UUID: read_ids,
        }
        phones = remove_marks(array, MarkKind.PHONE)[0]
        for shape in counts:
            if shape in readers:
                counts[shape] = int(readers[shape](filled).notna().sum())
            elif shape is Shape.PHONE:
                counts[shape] = len(array) - matching(phones, _PHONE_SHAPE).null_count
            elif shape in _PATTERNS:
                counts[shape] = len(array) - matching(array, _PATTERNS[shape]).null_count
        if counts.get(Shape.PHONE):
            self._count_phones(column_of(phones, filled), phones, counts)
        self._profile.shapes.update(counts)
        if first or self._profile.clocks.total():
            for form, pattern in _CLOCKS.items():
                self._profile.clocks[form] += len(array) - matching(array, pattern).null_count
        if first:
            # What hardly any cell of the first chunk is, the column is not.
            self._absent = {shape for shape, count in counts.items() if count * 20 < len(array)} - {Shape.FLAG}

    def _count_phones(self, filled: pd.Series[str], array: Any, counts: dict[Shape, int]) -> None:
        if counts[Shape.PHONE] * 2 < len(array):
            return
        counts[Shape.WRITTEN_PHONE] = len(array) - matching(array, _WRITTEN_PHONE).null_count
        for country, reader in self._readers.items():
            certain = country in ("", self._country)
            # Countries are only tried to see what a column may be; a sample tells that, and each number costs time.
            some = filled if certain else filled.head(_PHONES_TRIED - self._profile.phones_seen[country])
            self._profile.phones[country] += int(reader.read(some).notna().sum())
            self._profile.phones_seen[country] += len(some)

    def _count_values(self, array: Any) -> None:
        values = self._profile.values
        if values is None:
            return
        for entry in pc.value_counts(array).to_pylist():
            values[str(entry["values"])] += int(entry["counts"])
            if len(values) > MOST_DISTINCT:
                self._profile.values = None
                self._profile.shapes[Shape.FLAG] = 0
                return
        self._profile.shapes[Shape.FLAG] = self._profile.filled if is_yes_or_no(values) else 0


def profile_columns(
    columns: Iterable[Column],
    chunks: Iterable[Chunk],
    country: str = "",
    reading: Callable[[int], None] = lambda rows: None,
) -> list[ColumnProfile]:
    """Profile every column in one reading of all rows. ``country`` is the account's, if it is known.

    ``reading`` is called with the number of rows read so far; what it raises ends the reading.
    """
    profilers = {column.label: Profiler(column, country) for column in columns}
    rows = 0
    for chunk in chunks:
        rows += len(chunk.rows)
        reading(rows)
        for label, profiler in profilers.items():
            profiler.add(chunk.cells[label])
    return [profiler.profile() for profiler in profilers.values()]
