"""Profiles a plan and its run for the report page: columns, places of problems, a preview, the calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from importer.core.model import Record, VerdictKind
from importer.ledger import PastCall
from importer.mapping import FieldType
from importer.planning import Plan, mapping_of_plan, to_records
from importer.reports.attention_rows import MOST_LISTED, find_attention_rows, find_invalid_rows
from importer.reports.column_profile import ColumnValues, describe_column_types
from importer.reports.interface import (
    PARTS,
    AttentionRow,
    CallProfile,
    ColumnStatistics,
    RunProfile,
    SlowCall,
    TimePart,
)
from importer.reports.messages import CALL_RESULTS, NO_CALL_RESULT
from importer.reports.run_report import RunReport
from importer.targets import make_target

if TYPE_CHECKING:
    import numpy as np

_PREVIEWED = 3
_SLOWEST = 5
_DAY_LENGTH = 10
_DAYS = (FieldType.DATE, FieldType.DATETIME)


def profile_run(report: RunReport) -> RunProfile:
    """Collect what the report page shows of a plan and its run beyond the summary.

    Reads the plan's columns twice, one chunk in memory at a time.
    """
    plan = report.plan
    by_code, by_letter, invalid = _problems(plan)
    records = _first_records(plan)
    attention, total = find_attention_rows(report, invalid)
    calls = profile_calls(report.ledger.past_calls(report.run.id)) if report.ledger and report.run else None
    return RunProfile(
        rows=plan.facts.rows,
        columns=tuple(_columns(plan, by_letter)),
        strips=by_code,
        preview=_preview(plan, records),
        previewed=tuple(record.row for record in records),
        sent=_sent(plan, records),
        calls=calls,
        attention=attention,
        attention_total=total,
    )


def _columns(plan: Plan, strips: Mapping[str, tuple[int, ...]]) -> Iterator[ColumnStatistics]:
    """Yield the profile of each column; ``strips`` are the places of problems by its letter."""
    import pyarrow.compute as pc

    columns, fields = plan.facts.source.columns, plan.facts.fields
    mapping = mapping_of_plan(plan.facts).mapping
    types = describe_column_types(mapping, fields)
    # Days are taken from what would be sent: there they all have one form, whatever the file writes.
    day_fields = {flat.name for flat in mapping.flat_fields() if flat.rule.type in _DAYS}
    days = {
        label: next(name for name in names.split(", ") if name in day_fields)
        for label, names in fields.items()
        if day_fields & set(names.split(", "))
    }
    values = [ColumnValues() for _ in columns]
    by_day = {label: ColumnValues(is_day=True) for label in days}
    for cells, records in plan.column_batches():
        for index, gathered in enumerate(values):
            gathered.add(cells.column(index))
        for label, field in days.items():
            by_day[label].add(pc.utf8_slice_codeunits(records.column(field), 0, _DAY_LENGTH))
    for column, gathered in zip(columns, values, strict=True):
        bins = by_day[column.label].bins() if column.label in days else gathered.bins()
        bars, others = gathered.bars() if not bins else ((), 0)
        yield ColumnStatistics(
            letter=column.letter,
            label=column.label,
            field=fields.get(column.label, ""),
            filled=gathered.filled,
            distinct=gathered.distinct,
            many=gathered.many,
            examples=gathered.examples(),
            bars=bars,
            others=others,
            bins=bins,
            strip=strips.get(column.letter, ()),
            read_as=types.get(column.label, ""),
        )


def _problems(plan: Plan) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]], list[AttentionRow]]:
    """Count rows with a problem in each part of the file, by code and by column letter; also return the first rows."""
    import numpy as np

    first: list[AttentionRow] = []
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
        first += find_invalid_rows(problems, MOST_LISTED - len(first))
    by_code, by_letter = ({text: tuple(strip.tolist()) for text, strip in by.items()} for by in counts)
    return by_code, by_letter, first


def _preview(plan: Plan, records: list[Record]) -> str:
    """Return the body of the request with the records as JSON; for targets of single rows, one body after the other."""
    if not records:
        return ""
    target = make_target(mapping_of_plan(plan.facts).mapping)
    groups = [records] if target.batch_size > 1 else [[record] for record in records]
    return "\n\n".join(json.dumps(target.request(group).body, ensure_ascii=False, indent=2) for group in groups)


def _sent(plan: Plan, records: list[Record]) -> tuple[tuple[str, tuple[str | None, ...]], ...]:
    """Return each field that one of the records has, in the order of the mapping, with its texts."""
    names = [flat.name for flat in mapping_of_plan(plan.facts).mapping.flat_fields()]
    texts = [(name, tuple(record.fields.get(name) for record in records)) for name in names]
    return tuple((name, found) for name, found in texts if any(text is not None for text in found))


def _first_records(plan: Plan) -> list[Record]:
    """Return the first ready rows as they would be sent."""
    for rows, batch in plan.ready_batches():
        if len(rows):
            first = rows[:_PREVIEWED]
            return list(to_records(first, batch.slice(0, len(first)), [""] * len(first)))
    return []


def profile_calls(calls: Sequence[PastCall]) -> CallProfile | None:
    """Profile the calls of a run over its time, in parts of equal length; ``None`` without calls."""
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
    # The time in which no call was under way: the gaps between the calls, in the order of their begin.
    waited, until = 0.0, 0.0
    for begins, call in sorted(zip(starts, calls, strict=True), key=lambda item: item[0]):
        waited += max(0.0, begins - until)
        until = max(until, begins + call.elapsed)
    longest = sorted(zip(starts, calls, strict=True), key=lambda item: -item[1].elapsed)[:_SLOWEST]
    return CallProfile(
        calls=len(calls),
        seconds=seconds,
        parts=tuple(TimePart(width * index, *numbers) for index, numbers in enumerate(figures)),
        slowest=tuple(
            SlowCall(start, call.elapsed, call.rows, CALL_RESULTS[call.verdict] if call.verdict else NO_CALL_RESULT)
            for start, call in longest
        ),
        waited=waited,
    )
