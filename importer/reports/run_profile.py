"""Looks through a plan and its run for the report page: columns, places of problems, a preview, the calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from importer.core.model import Record, VerdictKind
from importer.ledger.interface import PastCall
from importer.mapping.model import FieldType
from importer.planning.plan import mapping_of_plan
from importer.planning.store import Plan, to_records
from importer.reports.attention_rows import PEOPLE, invalid_people, people_of
from importer.reports.column_profile import ColumnValues
from importer.reports.html.model import PARTS, CallsInsight, ColumnInsight, Insight, PersonRow, SlowCall, TimePart
from importer.reports.read_as import read_as
from importer.reports.run_report import Books
from importer.reports.summary_text import NO_END, VERDICTS
from importer.targets import make_target

if TYPE_CHECKING:
    import numpy as np

_PREVIEWED = 3
_SLOWEST = 5
_DAY = 10
_DAYS = (FieldType.DATE, FieldType.DATETIME)


def look_into(books: Books) -> Insight:
    """Everything that the report page shows of a plan and its run beyond the summary.

    Two passes over the plan's columns, one chunk in memory at a time.
    """
    plan = books.plan
    by_code, by_letter, invalid = _problems(plan)
    records = _first_records(plan)
    people, total = people_of(books, invalid)
    calls = _calls(books.ledger.past_calls(books.run.id)) if books.ledger and books.run else None
    return Insight(
        rows=plan.facts.rows,
        columns=tuple(_columns(plan, by_letter)),
        strips=by_code,
        preview=_preview(plan, records),
        previewed=tuple(record.row for record in records),
        sent=_sent(plan, records),
        calls=calls,
        people=people,
        people_total=total,
    )


def _columns(plan: Plan, strips: Mapping[str, tuple[int, ...]]) -> Iterator[ColumnInsight]:
    days = _day_fields(plan)
    columns = plan.facts.source.columns
    words = read_as(mapping_of_plan(plan.facts).mapping, plan.facts.fields)
    values = [ColumnValues() for _ in columns]
    by_day = {label: ColumnValues(is_day=True) for label in days}
    for cells, records in plan.column_batches():
        for index, gathered in enumerate(values):
            gathered.add(cells.column(index))
        for label, field in days.items():
            by_day[label].add(_first_ten(records.column(field)))
    for column, gathered in zip(columns, values, strict=True):
        bars, others = gathered.bars()
        over_time = by_day.get(column.label)
        bins = over_time.bins() if over_time is not None else gathered.bins()
        yield ColumnInsight(
            letter=column.letter,
            label=column.label,
            field=plan.facts.fields.get(column.label, ""),
            filled=gathered.filled,
            distinct=gathered.distinct,
            many=gathered.many,
            examples=gathered.examples(),
            bars=() if bins else bars,
            others=0 if bins else others,
            bins=bins,
            strip=strips.get(column.letter, ()),
            read_as=words.get(column.label, ""),
        )


def _first_ten(texts: Any) -> Any:
    import pyarrow.compute as pc

    return pc.utf8_slice_codeunits(texts, 0, _DAY)


def _day_fields(plan: Plan) -> dict[str, str]:
    """The columns that become a date in the CRM, with the flat name of the field that holds it."""
    mapping = mapping_of_plan(plan.facts).mapping
    dates = {flat.name for flat in mapping.flat_fields() if flat.rule.type in _DAYS}
    found = {}
    for label, fields in plan.facts.fields.items():
        name = next((field for field in fields.split(", ") if field in dates), "")
        if name:
            found[label] = name
    return found


def _problems(plan: Plan) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]], list[PersonRow]]:
    """Rows with a problem, part by part of the file, by problem code and by the letter of the column; and the first."""
    import numpy as np

    people: list[PersonRow] = []
    counts: tuple[dict[str, np.ndarray], dict[str, np.ndarray]] = ({}, {})
    seen = 0
    for rows, problems in plan.problem_batches():
        places = seen + np.searchsorted(rows, problems.column("row").to_numpy())
        for by, name in zip(counts, ("code", "letter"), strict=True):
            encoded = problems.column(name).dictionary_encode()
            which = encoded.indices.to_numpy(zero_copy_only=False)
            for index, text in enumerate(encoded.dictionary.to_pylist()):
                own = np.unique(places[which == index])
                strip = np.bincount(own * PARTS // max(1, plan.facts.rows), minlength=PARTS)
                by[text] = by.get(text, 0) + strip
        seen += len(rows)
        people += invalid_people(problems, PEOPLE - len(people))
    by_code, by_letter = ({text: _ints(strip) for text, strip in by.items()} for by in counts)
    return by_code, by_letter, people


def _ints(numbers: np.ndarray) -> tuple[int, ...]:
    return tuple(int(number) for number in numbers)


def _preview(plan: Plan, records: list[Record]) -> str:
    """The records as one request's body, for targets of single rows one after the other."""
    if not records:
        return ""
    target = make_target(mapping_of_plan(plan.facts).mapping)
    groups = [records] if target.batch_size > 1 else [[record] for record in records]
    return "\n\n".join(json.dumps(target.request(group).body, ensure_ascii=False, indent=2) for group in groups)


def _sent(plan: Plan, records: list[Record]) -> tuple[tuple[str, tuple[str | None, ...]], ...]:
    """Each field that one of the records has, in the order of the mapping, with its texts."""
    names = [flat.name for flat in mapping_of_plan(plan.facts).mapping.flat_fields()]
    texts = [(name, tuple(record.fields.get(name) for record in records)) for name in names]
    return tuple((name, found) for name, found in texts if any(text is not None for text in found))


def _first_records(plan: Plan) -> list[Record]:
    for rows, batch in plan.ready_batches():
        if len(rows):
            first = rows[:_PREVIEWED]
            return list(to_records(first, batch.slice(0, len(first)), [""] * len(first)))
    return []


def _calls(calls: Sequence[PastCall]) -> CallsInsight | None:
    if not calls:
        return None
    begin = min(datetime.fromisoformat(call.sent_at) for call in calls)
    starts = [(datetime.fromisoformat(call.sent_at) - begin).total_seconds() for call in calls]
    seconds = max(start + call.elapsed for start, call in zip(starts, calls, strict=True))
    width = max(seconds / PARTS, 1e-9)
    figures = [[0, 0, 0] for _ in range(PARTS)]
    for start, call in zip(starts, calls, strict=True):
        part = figures[min(PARTS - 1, int((start + call.elapsed) / width))]
        part[0] += call.rows if call.verdict is VerdictKind.APPLIED else 0
        part[1] += call.verdict is VerdictKind.THROTTLED
        part[2] += call.verdict in (VerdictKind.UNCERTAIN, None)
    longest = sorted(zip(starts, calls, strict=True), key=lambda item: -item[1].elapsed)[:_SLOWEST]
    return CallsInsight(
        calls=len(calls),
        seconds=seconds,
        parts=tuple(TimePart(width * index, *numbers) for index, numbers in enumerate(figures)),
        slowest=tuple(
            SlowCall(start, call.elapsed, call.rows, VERDICTS[call.verdict] if call.verdict else NO_END)
            for start, call in longest
        ),
        waited=_waited(sorted((start, start + call.elapsed) for start, call in zip(starts, calls, strict=True))),
    )


def _waited(spans: Sequence[tuple[float, float]]) -> float:
    """The seconds between the first begin and the last end in which none of the spans, sorted by begin, lies."""
    waited, until = 0.0, spans[0][1]
    for begin, end in spans:
        waited += max(0.0, begin - until)
        until = max(until, end)
    return waited
