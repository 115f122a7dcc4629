"""Compute what each row of a plan stands for, as digests by which later imports recognise it.

Four digests are made of each row, over canonical forms (:mod:`importer.core.canonical`) and keyed with the ledger's own
key, so that nobody can guess a row from them:

- ``key``: who and what it is. For a lead its first identifying field; for an activity its lead, type and moment. A
  moment counts if it is the row's own and finer than a day. A row without it has no key: its content takes the place.
- ``content``: everything that is sent.
- ``named``: the columns or fields that the mapping lists in `row_key`.
- ``source``: the cells of the columns that the mapping uses, whatever it makes of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from importer.config import Account
from importer.core.canonical import CANONICAL_VERSION, LEAD_FIELD_KINDS, ComparisonType, canonical_form
from importer.core.model import Record
from importer.ledger import RowIdentity
from importer.mapping import FieldType, FlatField, fold_heading
from importer.mapping import Mapping as MappingFile
from importer.planning import Plan, mapping_of_plan, to_records
from importer.targets import EffectType, Target, make_target

if TYPE_CHECKING:
    import pyarrow as pa

IDENTITY_VERSION = CANONICAL_VERSION
"""The version of the digests; those of different versions are not compared."""

_DIGEST_BYTES = 16
MOMENT, EVENT = "activity.ActivityDateTime", "activity.ActivityEvent"
"""Flat names of the fields that say when an activity was, and of which type."""
_KIND_OF_TYPE = {
    FieldType.EMAIL: ComparisonType.EMAIL,
    FieldType.PHONE: ComparisonType.PHONE,
    FieldType.NUMBER: ComparisonType.NUMBER,
    FieldType.INTEGER: ComparisonType.NUMBER,
    FieldType.DATE: ComparisonType.MOMENT,
    FieldType.DATETIME: ComparisonType.MOMENT,
}


@dataclass(frozen=True, slots=True)
class IdentifiedRow:
    """A row's identity. ``keyed`` is whether it says who and what it is; else ``key`` stands for its content."""

    identity: RowIdentity
    keyed: bool


class RowIdentifier:
    """Computes the identities of a plan's rows. ``key`` is the ledger's own (:meth:`Ledger.install_key`)."""

    def __init__(self, plan: Plan, account: Account, key: bytes) -> None:
        mapping = mapping_of_plan(plan.facts).mapping
        flat = mapping.flat_fields()
        self._plan = plan
        self._target: Target = make_target(mapping)
        self._key = key
        self._kinds = field_kinds(mapping)
        self._moment = _moment_zone(flat, account)
        self._namespace = mapping.namespace or ""
        names = {name for field in flat for name in (field.name, ".".join(field.path))}
        self._named_fields = [_flat_name(name, flat) for name in mapping.row_key if name in names]
        fields = plan.facts.fields
        # A column that only decides which rows are imported does not make another row.
        self.columns = tuple(sorted(label for label, names in fields.items() if names != "where"))
        self._named_columns = [label for label in self.columns if "row_key" in fields[label].split(", ")]
        self._column_kinds = column_kinds(fields, self._kinds)

    def rows(self) -> Iterator[list[IdentifiedRow]]:
        """Yield the identities of the ready rows in order, chunk by chunk."""
        for numbers, fields, cells in self._plan.ready_rows():
            columns = self._canonical_cells(cells)
            sources = self._source_digests(fields, columns, self.columns)
            named = self._named_texts(fields, columns)
            records = to_records(numbers, _canonical_batch(fields, self._kinds), [""] * len(numbers))
            yield [
                self._identify(record, source, texts)
                for record, source, texts in zip(records, sources, named, strict=True)
            ]

    def source_digests(self, columns: Sequence[str]) -> Iterator[list[tuple[int, bytes]]]:
        """Yield row numbers and digests of the cells in ``columns``, chunk by chunk; nothing if a column is missing."""
        if not set(columns) <= {column.label for column in self._plan.facts.source.columns}:
            return
        for numbers, fields, cells in self._plan.ready_rows():
            digests = self._source_digests(fields, self._canonical_cells(cells), columns)
            yield list(zip(numbers.tolist(), digests, strict=True))

    def _identify(self, record: Record, source: bytes, named: Sequence[str]) -> IdentifiedRow:
        field, value = self._target.lead_reference(record)
        lead = canonical_form(value, LEAD_FIELD_KINDS.get(field, ComparisonType.TEXT))
        event = record.fields.get(EVENT, "")
        content = self._digest("content", field, lead, *self._content_texts(record))
        key = self._key_texts(record, field, lead, event)
        identity = RowIdentity(
            row=record.row,
            key=self._digest("key", event, *key) if key else self._digest("keyless", content.hex()),
            content=content,
            source=source,
            named=self._digest("named", self._namespace, event, *named) if any(named) else None,
        )
        return IdentifiedRow(identity, keyed=bool(key))

    def _content_texts(self, record: Record) -> Iterator[str]:
        """Yield names and values of all that is sent, but for the lead's reference, which is named by call."""
        own = {f"activity.{name}" for name in self._target.lead_keys}
        for name in sorted(record.fields):
            if name not in own:
                yield from (name, record.fields[name])

    def _key_texts(self, record: Record, field: str, lead: str, event: str) -> tuple[str, ...]:
        """Return the parts of the row's own key; none for a row that does not say who and what it is."""
        if not lead:
            return ()
        if self._target.effect() is EffectType.LEAD:
            return field, lead
        moment = record.fields.get(MOMENT, "")
        return (field, lead, moment) if moment and event and self._is_own_moment(moment) else ()

    def _is_own_moment(self, text: str) -> bool:
        """Whether a moment is the row's own and finer than a day: midnight where it was written is a date."""
        if self._moment is None:
            return False
        try:
            moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
        except ValueError:
            return False
        return moment.astimezone(self._moment).time() != time()

    def _source_digests(
        self, fields: pa.RecordBatch, cells: Mapping[str, Sequence[str]], columns: Sequence[str]
    ) -> list[bytes]:
        names = [canonical_form(fold_heading(label)) for label in columns]
        events = fields.column(EVENT).to_pylist() if EVENT in fields.schema.names else [""] * fields.num_rows
        texts = zip(*(cells[label] for label in columns), strict=True) if columns else [()] * fields.num_rows
        return [
            self._digest("source", event or "", *(part for pair in zip(names, row, strict=True) for part in pair))
            for event, row in zip(events, texts, strict=True)
        ]

    def _named_texts(self, fields: pa.RecordBatch, cells: Mapping[str, Sequence[str]]) -> Sequence[Sequence[str]]:
        """Return the parts of each row's named key, with their names; nothing for a row in which one is empty."""
        parts = {label: cells[label] for label in self._named_columns}
        for name in self._named_fields:
            parts[name] = _canonical_column(fields.column(name), self._kinds[name])
        if not parts:
            return [()] * fields.num_rows
        names = sorted(parts)
        return [
            [part for pair in zip(names, row, strict=True) for part in pair] if all(row) else ()
            for row in zip(*(parts[name] for name in names), strict=True)
        ]

    def _canonical_cells(self, cells: pa.RecordBatch) -> dict[str, list[str]]:
        return {
            label: _canonical_column(cells.column(index), self._column_kinds.get(label, ComparisonType.TEXT))
            for index, label in enumerate(cells.schema.names)
        }

    def _digest(self, what: str, *texts: str) -> bytes:
        content = "\x1f".join((what, self._target.effect().value, *texts))
        encoded = content.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(encoded, digest_size=_DIGEST_BYTES, key=self._key).digest()


def field_kinds(mapping: MappingFile) -> dict[str, ComparisonType]:
    """Return the kind of each mapped field by its flat name: by its type in the mapping, else by its name."""
    return {
        field.name: _KIND_OF_TYPE.get(field.rule.type) or LEAD_FIELD_KINDS.get(field.path[-1], ComparisonType.TEXT)
        for field in mapping.flat_fields()
    }


def column_kinds(fields: Mapping[str, str], kinds: Mapping[str, ComparisonType]) -> dict[str, ComparisonType]:
    """Return the kind of each used column by its label: that of the first field that it fills."""
    return {
        label: next((kinds[name] for name in names.split(", ") if name in kinds), ComparisonType.TEXT)
        for label, names in fields.items()
    }


def _flat_name(name: str, flat: Sequence[FlatField]) -> str:
    return next(field.name for field in flat if name in (field.name, ".".join(field.path)))


def _moment_zone(flat: Sequence[FlatField], account: Account) -> ZoneInfo | None:
    """Return the time zone in which the activities' moments were written; ``None`` if no row has one of its own."""
    rule = next((field.rule for field in flat if field.name == MOMENT), None)
    if rule is None or rule.is_constant or rule.type is FieldType.DATE:
        return None
    return ZoneInfo(rule.timezone or account.time_zone or "UTC")


def _canonical_column(column: pa.Array, kind: ComparisonType) -> list[str]:
    """Return the canonical forms of a column's values, empty for nulls; each distinct value is converted once."""
    encoded = column.dictionary_encode()
    forms = [canonical_form(text or "", kind) for text in encoded.dictionary.to_pylist()]
    return ["" if index is None else forms[index] for index in encoded.indices.to_pylist()]


def _canonical_batch(batch: pa.RecordBatch, kinds: Mapping[str, ComparisonType]) -> pa.RecordBatch:
    """Return the records with their values in canonical form; fields that a row does not send stay null."""
    import pyarrow as pa

    columns = []
    for name in batch.schema.names:
        column = batch.column(name)
        forms = _canonical_column(column, kinds.get(name, ComparisonType.TEXT))
        nulls = column.is_null().to_pylist() if column.null_count else [False] * len(column)
        columns.append(pa.array([None if null else form for form, null in zip(forms, nulls, strict=True)], pa.string()))
    return pa.RecordBatch.from_arrays(columns, names=list(batch.schema.names))
