"""The profile of a column: its values, counted chunk by chunk in bounded memory, and its type for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as MappingOf
from datetime import date, timedelta
from typing import TYPE_CHECKING

from importer.mapping import FieldRule, FieldType, Mapping
from importer.reports.interface import Bin, ValueCount
from importer.transforms import shown_form

if TYPE_CHECKING:
    import pyarrow as pa

MOST_DISTINCT = 5_000
"""So many different values of a column are counted one by one; of more, it is only said that there are more."""

_MOST_BARS = 6
_MOST_BINS = 20
_FEW = 12
# Bars of less than this share of the rows would hide that the others are all different.
_LEAST_SHARE = 4
_EXAMPLES = 3
_TYPES = {
    FieldType.TEXT: "text",
    FieldType.EMAIL: "e-mail address",
    FieldType.PHONE: "phone number",
    FieldType.NUMBER: "number",
    FieldType.INTEGER: "whole number",
    FieldType.BOOLEAN: "yes or no",
    FieldType.DATE: "date",
    FieldType.DATETIME: "date and time",
    FieldType.UUID: "id",
    FieldType.CHOICE: "choice",
}
_NUMBER = r"^-?(0|[1-9][0-9]{0,8})(\.[0-9]{1,6})?$"


class ColumnValues:
    """The values of a column, counted. ``is_day`` says that the texts are days (``YYYY-MM-DD``)."""

    def __init__(self, *, is_day: bool = False) -> None:
        self.filled = 0
        self.many = False
        self._is_day = is_day
        self._counts: Counter[str] = Counter()

    def add(self, texts: pa.Array) -> None:
        """Count some cells; empty and missing ones are not values."""
        import pyarrow.compute as pc

        values = texts.filter(pc.greater(pc.fill_null(pc.binary_length(texts), 0), 0))
        self.filled += len(values)
        if self.many or not len(values):
            return
        counted = pc.value_counts(values)
        if len(counted) > MOST_DISTINCT:
            # Ids and notes: nearly every value is another one, and counting them all would cost memory for nothing.
            self.many = True
            self._counts.update(counted.field("values").slice(0, MOST_DISTINCT).to_pylist())
            return
        for text, rows in zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True):
            self._counts[text] += rows
        self.many = len(self._counts) > MOST_DISTINCT

    @property
    def distinct(self) -> int:
        """How many different values there are; with :attr:`many` there are at least so many."""
        return min(len(self._counts), MOST_DISTINCT)

    def examples(self) -> tuple[str, ...]:
        """Return a few values: the commonest, or the first ones where nearly all differ."""
        if self.many:
            return tuple(list(self._counts)[:_EXAMPLES])
        return tuple(text for text, _ in self._ordered()[:_EXAMPLES])

    def bars(self) -> tuple[tuple[ValueCount, ...], int]:
        """Return the commonest values and how many rows have another one; empty where no value is common."""
        repeated = self.distinct < self.filled and not self.many
        if not repeated or self._is_day or (self.distinct > _FEW and self._numbers()):
            return (), 0
        shown = self._ordered()
        if self.distinct > _FEW:
            # Among many values only those that come again and again are worth a bar.
            shown = [(text, rows) for text, rows in shown if rows > 1 and rows * 100 >= self.filled]
        shown = shown[:_MOST_BARS] if self.distinct > _MOST_BARS + 1 else shown
        if _LEAST_SHARE * sum(rows for _, rows in shown) < self.filled or not shown:
            return (), 0
        return tuple(ValueCount(text, rows) for text, rows in shown), self.filled - sum(rows for _, rows in shown)

    def bins(self) -> tuple[Bin, ...]:
        """Return a histogram of numbers or days; empty for other values and for few different ones."""
        if self.many or not self._counts:
            return ()
        if self._is_day:
            return _day_bins({date.fromisoformat(text): rows for text, rows in self._counts.items()})
        numbers = self._numbers()
        return _number_bins(numbers) if self.distinct > _FEW and numbers else ()

    def _numbers(self) -> dict[float, int]:
        """Return the values as numbers when (nearly) all of them are numbers and no codes; else an empty dict."""
        import re

        numbers: Counter[float] = Counter()
        other = 0
        for text, rows in self._counts.items():
            if re.match(_NUMBER, text):
                numbers[float(text)] += rows
            else:
                other += rows
        return numbers if other * 20 <= self.filled else {}

    def _ordered(self) -> list[tuple[str, int]]:
        return sorted(self._counts.items(), key=lambda item: (-item[1], item[0]))


def _number_bins(numbers: dict[float, int]) -> tuple[Bin, ...]:
    low, high = min(numbers), max(numbers)
    whole = all(number.is_integer() for number in numbers)
    width = (high - low + whole) / _MOST_BINS
    if whole:
        # Bins of whole numbers hold equally many of them, or the picture would show stripes.
        width = max(1.0, float(-(-(high - low + 1) // _MOST_BINS)))
    count = max(1, min(_MOST_BINS, int((high - low) / width) + 1))
    rows = [0] * count
    for number, times in numbers.items():
        rows[min(count - 1, int((number - low) / width))] += times
    edges = [low + width * index for index in range(count + 1)]
    last = 1 if whole else 0
    return tuple(
        Bin(f"{edges[index]:g}", f"{min(high, edges[index + 1] - last):g}", rows[index]) for index in range(count)
    )


def _day_bins(days: dict[date, int]) -> tuple[Bin, ...]:
    first, last = min(days), max(days)
    width = max(1, -(-((last - first).days + 1) // _MOST_BINS))
    count = (last - first).days // width + 1
    rows = [0] * count
    for day, times in days.items():
        rows[(day - first).days // width] += times
    begins = [first + timedelta(days=width * index) for index in range(count)]
    return tuple(
        Bin(begin.isoformat(), min(last, begin + timedelta(days=width - 1)).isoformat(), times)
        for begin, times in zip(begins, rows, strict=True)
    )


def describe_column_types(mapping: Mapping, fields: MappingOf[str, str]) -> dict[str, str]:
    """Describe the type of each column for people: "date DD.MM.YYYY", or "" for a column that is not used.

    ``fields`` holds the names of each column's fields, joined by ", ", as a plan has them.
    """
    rules = {flat.name: flat.rule for flat in mapping.flat_fields()}
    found = {}
    for label, names in fields.items():
        known = [rules[name] for name in names.split(", ") if name in rules]
        if "where" in names.split(", "):
            found[label] = "decides which rows are imported"
            continue
        own = [rule for rule in known if rule.column is not None]
        words = [_describe_type(rule) for rule in own] if own else ["part of a text"] if known else []
        found[label] = "; ".join(dict.fromkeys(words))
    return found


def _describe_type(rule: FieldRule) -> str:
    text = _TYPES[rule.type]
    if rule.format:
        text += f" {' or '.join(map(shown_form, rule.format))}"
    if rule.timezone or rule.country:
        text += f", {rule.timezone or rule.country}"
    return f"{text}, translated by a table" if rule.lookup or rule.lookup_file else text
