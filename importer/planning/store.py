"""Store a plan on disk: every row of the source, its record for the CRM, and its problems.

A plan is a folder with three files. The two Arrow files have the same chunks as record batches, and one chunk at a time
is in memory:

- ``rows.arrow`` has one line per row of the source, with the columns ``row`` (number), ``ok`` (whether it is ready),
  ``left_out`` (why the mapping leaves it out, else empty; plans of older releases lack it), ``c:INDEX:LABEL`` (a cell
  of the source, as text) and ``f:NAME`` (a field of the record for the CRM); those of a sheet of rows to correct also
  ``o:number`` and ``o:mark`` (the row's number in the file that it comes from, and its mark).
- ``problems.arrow`` has one line per problem, sorted by row (:mod:`importer.planning.issue_table`).
- ``plan.json`` has the facts of the whole plan. It is written last: a folder without it is not a plan.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.errors import ImporterError
from importer.core.filesystem import open_atomic
from importer.core.model import Record
from importer.data_quality import Damage
from importer.planning.issue_table import ProblemTable
from importer.sources import Column, Detection, SourceFacts

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa


ROWS_FILE, PROBLEMS_FILE, FACTS_FILE = "rows.arrow", "problems.arrow", "plan.json"
LEFT_OUT_COLUMN = "left_out"
_ROW_FACTS = ("row", "ok", LEFT_OUT_COLUMN)
_ROWS_PER_SLICE = 2_000
_ROWS_PER_CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """Problems with one code: how many rows have it, the first few row numbers, and one example for people."""

    code: str
    rows: int
    first_rows: tuple[int, ...]
    example: str


class SchemaState(StrEnum):
    """The state of the account's schema when a plan was made.

    ``FRESH`` and ``OLD`` by the age that the settings allow; ``UNKNOWN`` when it was never read; ``OFF`` when the
    settings turn the comparison off.
    """

    FRESH = "fresh"
    OLD = "old"
    UNKNOWN = "unknown"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class SchemaSnapshot:
    """The account's schema as a plan knew it: when it was read (ISO, UTC), its tenant, and a digest of its constraints
    on the cells. The texts are empty when nothing was known."""

    state: SchemaState = SchemaState.UNKNOWN
    read_at: str = ""
    tenant: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """The facts of a plan as a whole.

    ``rows`` = ``ready`` + ``invalid`` + ``left_out``. ``fields`` maps a column's label to the CRM field that it fills.
    ``mapping_file`` is the mapping's whole text, so that the plan can be delivered when the file has changed since.
    """

    fingerprint: str
    source: SourceFacts
    source_sha: str
    mapping_path: str
    mapping_sha: str
    mapping_file: str
    target: str
    account: str
    rows: int
    ready: int
    invalid: int
    groups: tuple[ProblemGroup, ...]
    fields: Mapping[str, str]
    notes: tuple[str, ...]
    created_at: str
    blocked: str = ""
    """Why nothing may be sent (`on_invalid: stop`, `max_invalid`); empty when the ready rows may be."""
    again: str = ""
    damage: tuple[Damage, ...] = ()
    """Columns whose values look damaged; a warning only."""
    metadata: SchemaSnapshot = SchemaSnapshot()
    left_out: int = 0
    """Rows that the mapping leaves out, such as by `where`."""
    not_imported: Mapping[str, int] = field(default_factory=dict)
    """Columns with text that fill no field, by label, with the number of rows that have text in them."""
    unused: tuple[str, ...] = ()
    """Columns that the mapping neither uses nor ignores."""
    field_labels: Mapping[str, str] = field(default_factory=dict)
    """The names by which the account shows its fields, by the mapping's names for them; as far as known."""
    time_zone: str = ""

    @property
    def selected(self) -> int:
        """The number of rows that the import is about: those read but for those left out."""
        return self.rows - self.left_out


@dataclass(frozen=True, slots=True)
class PlanChunk:
    """Some consecutive rows of a plan, with the cells of the source and their problems.

    ``ok`` marks the ready rows; ``left_out`` holds why the mapping leaves a row out, "" for all others.
    """

    rows: np.ndarray
    ok: np.ndarray
    left_out: np.ndarray
    cells: pd.DataFrame
    problems: ProblemTable


@dataclass(frozen=True, slots=True)
class Plan:
    """A finished plan in its folder."""

    folder: Path
    facts: PlanFacts

    def chunks(self, *, only_invalid: bool = False) -> Iterator[PlanChunk]:
        """Yield every row of the source in order, or only those with problems, with cells and problems."""
        for batch, problems in zip(self._rows(*_ROW_FACTS, "c:"), self._batches(PROBLEMS_FILE), strict=True):
            yield from _split_batch(_invalid_rows(batch) if only_invalid else batch, problems)

    def ready_batches(self) -> Iterator[tuple[np.ndarray, pa.RecordBatch]]:
        """Yield row numbers and records of the rows that are ready, chunk by chunk."""
        for batch in self._rows("row", "ok", "f:"):
            ready = batch.filter(batch.column("ok"))
            yield ready.column("row").to_numpy(), _select_fields(ready)

    def ready_rows(self) -> Iterator[tuple[np.ndarray, pa.RecordBatch, pa.RecordBatch]]:
        """Yield row numbers, records and source cells (named by column label) of the ready rows, chunk by chunk."""
        for batch in self._rows("row", "ok", "f:", "c:"):
            ready = batch.filter(batch.column("ok"))
            yield ready.column("row").to_numpy(), _select_fields(ready), _select_cells(ready)

    def marked_rows(self) -> Iterator[tuple[np.ndarray, pa.RecordBatch, pa.RecordBatch]]:
        """Yield row numbers, the texts ``number`` and ``mark``, and cells of a sheet of rows to correct, by chunk.

        Nothing for any other source.
        """
        import pyarrow as pa

        with pa.OSFile(str(self.folder / ROWS_FILE)) as file:
            names = [name for name in pa.ipc.open_file(file).schema.names if name.startswith("o:")]
        for batch in self._rows("row", "o:", "c:") if names else ():
            origin = batch.select(names).rename_columns([name[2:] for name in names])
            yield batch.column("row").to_numpy(), origin, _select_cells(batch)

    def left_out_rows(self) -> Iterator[tuple[int, str]]:
        """Yield the number of each row that the mapping leaves out, and why."""
        import numpy as np

        for batch in self._rows("row", LEFT_OUT_COLUMN):
            reasons, rows = _left_out_reasons(batch), batch.column("row").to_numpy()
            for place in np.flatnonzero(reasons != "").tolist():
                yield int(rows[place]), reasons[place]

    def invalid_rows_and(self, others: Collection[int]) -> Iterator[tuple[np.ndarray, pa.RecordBatch]]:
        """Yield row numbers and source cells of the rows with problems, and of ``others``, in order, by chunk."""
        import numpy as np
        import pyarrow as pa

        numbers = np.fromiter(others, "int64", len(others))
        for batch in self._rows("row", "ok", LEFT_OUT_COLUMN, "c:"):
            rows = batch.column("row").to_numpy()
            wanted = ~batch.column("ok").to_numpy(zero_copy_only=False) & (_left_out_reasons(batch) == "")
            wanted |= np.isin(rows, numbers)
            if wanted.any():
                yield rows[wanted], _select_cells(batch.filter(pa.array(wanted)))

    def find_ready(self, wanted: Collection[int]) -> Iterator[tuple[list[int], np.ndarray, pa.RecordBatch]]:
        """Yield the places (among all ready rows), row numbers and records of the ready rows in ``wanted``.

        Only chunks that hold such rows are decompressed.
        """
        import numpy as np
        import pyarrow as pa

        numbers = np.fromiter(wanted, "int64", len(wanted))
        start = 0
        with pa.OSFile(str(self.folder / ROWS_FILE)) as file:
            names = pa.ipc.open_file(file).schema.names
            fields = [place for place, name in enumerate(names) if name.startswith("f:")]
            reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=fields))
            for chunk, batch in enumerate(self._rows("row", "ok")):
                ready = batch.column("ok").to_numpy(zero_copy_only=False)
                rows = batch.column("row").to_numpy()[ready]
                found = np.flatnonzero(np.isin(rows, numbers))
                if len(found):
                    records = reader.get_batch(chunk).take(pa.array(np.flatnonzero(ready)[found]))
                    yield (found + start).tolist(), rows[found], _select_fields(records)
                start += len(rows)

    def find_rows(self, wanted: Collection[int]) -> Iterator[PlanChunk]:
        """Yield the rows in ``wanted`` with cells and problems; only their chunks are decompressed."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        numbers = np.fromiter(wanted, "int64", len(wanted))
        with pa.OSFile(str(self.folder / ROWS_FILE)) as rows, pa.OSFile(str(self.folder / PROBLEMS_FILE)) as problems:
            names = pa.ipc.open_file(rows).schema.names
            places = [place for place, name in enumerate(names) if name in _ROW_FACTS or name.startswith("c:")]
            reader = pa.ipc.open_file(rows, options=pa.ipc.IpcReadOptions(included_fields=places))
            problem_reader = pa.ipc.open_file(problems)
            for chunk, batch in enumerate(self._rows("row")):
                found = np.flatnonzero(np.isin(batch.column("row").to_numpy(), numbers))
                if len(found):
                    theirs = problem_reader.get_batch(chunk)
                    kept = theirs.filter(pc.is_in(theirs.column("row"), pa.array(numbers)))
                    yield from _split_batch(reader.get_batch(chunk).take(pa.array(found)), kept)

    def kept_array(self, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """Load an array with one line per ready row from the file ``name`` in the folder; compute and save it at first.

        Where nothing was saved, or nothing that can be read, it is computed again.
        """
        import numpy as np

        path = self.folder / name
        with suppress(OSError, EOFError, ValueError):
            saved: np.ndarray = np.load(path, allow_pickle=False)
            if len(saved) == self.facts.ready:
                return saved
        computed = compute()
        # It is on disk before it has its name: after a power cut a wrong one would let rows go twice.
        with open_atomic(path) as file:
            np.save(file, computed, allow_pickle=False)
        return computed

    def column_batches(self) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
        """Yield the source's cells, in the order of its columns, and the records of all rows, chunk by chunk."""
        for batch in self._rows("c:", "f:"):
            yield batch.select([name for name in batch.schema.names if name.startswith("c:")]), _select_fields(batch)

    def problem_batches(self) -> Iterator[tuple[np.ndarray, pa.RecordBatch]]:
        """Yield the row numbers of each chunk, and the problems of these rows."""
        for batch, problems in zip(self._rows("row"), self._batches(PROBLEMS_FILE), strict=True):
            yield batch.column("row").to_numpy(), problems

    def _rows(self, *prefixes: str) -> Iterator[pa.RecordBatch]:
        """Yield the batches of ``rows.arrow`` with only the columns whose names begin with one of ``prefixes``."""
        import pyarrow as pa

        # Columns that are not asked for are not decompressed.
        with pa.OSFile(str(self.folder / ROWS_FILE)) as file:
            names = pa.ipc.open_file(file).schema.names
        return self._batches(ROWS_FILE, [place for place, name in enumerate(names) if name.startswith(prefixes)])

    def _batches(self, name: str, columns: list[int] | None = None) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        with pa.OSFile(str(self.folder / name)) as file:
            reader = pa.ipc.open_file(file, options=pa.ipc.IpcReadOptions(included_fields=columns))
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)


def _select_fields(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the fields of the records by their names, without the prefix."""
    names = [name for name in batch.schema.names if name.startswith("f:")]
    return batch.select(names).rename_columns([name[2:] for name in names])


def _select_cells(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the cells of the source by the labels of their columns."""
    names = [name for name in batch.schema.names if name.startswith("c:")]
    return batch.select(names).rename_columns([name.split(":", 2)[2] for name in names])


def _split_batch(batch: pa.RecordBatch, problems: pa.RecordBatch) -> Iterator[PlanChunk]:
    """Yield the rows of a batch and their ``problems`` in chunks of 5,000 rows, which bounds the problems in memory."""
    import numpy as np

    names = [name for name in batch.schema.names if name.startswith("c:")]
    labels = [name.split(":", 2)[2] for name in names]
    rows = batch.column("row").to_numpy()
    problem_rows = problems.column("row").to_numpy()
    for begin in range(0, max(1, len(rows)), _ROWS_PER_CHUNK):
        # Rows and problems are both sorted by row number: find the problems of this part by binary search.
        part = rows[begin : begin + _ROWS_PER_CHUNK]
        first, last = np.searchsorted(problem_rows, [part[0], part[-1] + 1]).tolist() if len(part) else (0, 0)
        part_batch = batch.slice(begin, _ROWS_PER_CHUNK)
        yield PlanChunk(
            rows=part_batch.column("row").to_numpy(),
            ok=part_batch.column("ok").to_numpy(zero_copy_only=False),
            left_out=_left_out_reasons(part_batch),
            cells=part_batch.select(names).rename_columns(labels).to_pandas(),
            problems=ProblemTable(problems.slice(first, last - first)),
        )


def _invalid_rows(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows that are neither ready nor left out."""
    import pyarrow.compute as pc

    invalid = pc.invert(batch.column("ok"))
    if LEFT_OUT_COLUMN in batch.schema.names:
        invalid = pc.and_(invalid, pc.equal(batch.column(LEFT_OUT_COLUMN), ""))
    return batch if pc.all(invalid).as_py() else batch.filter(invalid)


def _left_out_reasons(batch: pa.RecordBatch) -> np.ndarray:
    """Return why each row is left out, "" for the others; plans of older releases leave no row out."""
    import numpy as np

    if LEFT_OUT_COLUMN in batch.schema.names:
        reasons: np.ndarray = batch.column(LEFT_OUT_COLUMN).to_numpy(zero_copy_only=False)
        return reasons
    return np.full(batch.num_rows, "", dtype=object)


def open_plan(folder: Path) -> Plan:
    """Open the plan in ``folder``. Raises :class:`ImporterError` when it is missing or incomplete."""
    try:
        content = json.loads((folder / FACTS_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        raise ImporterError(
            f"The plan in {folder} is missing or incomplete.",
            "Run the import again from the spreadsheet: rows that were already sent are recognised and not sent twice.",
        ) from None
    source = content.pop("source")
    source["columns"] = tuple(Column(**column) for column in source["columns"])
    source["detections"] = tuple(Detection(**detection) for detection in source["detections"])
    source["notes"] = tuple(source["notes"])
    groups = tuple(
        ProblemGroup(**{**group, "first_rows": tuple(group["first_rows"])}) for group in content.pop("groups")
    )
    notes = tuple(content.pop("notes"))
    content["unused"] = tuple(content.get("unused", ()))
    # Optional, as the defaults of :class:`PlanFacts` are.
    damage = tuple(Damage(**{**found, "first_rows": tuple(found["first_rows"])}) for found in content.pop("damage", ()))
    snapshot = content.pop("metadata", {})
    metadata = SchemaSnapshot(**{**snapshot, "state": SchemaState(snapshot.get("state", SchemaState.UNKNOWN))})
    facts = PlanFacts(
        source=SourceFacts(**source), groups=groups, notes=notes, damage=damage, metadata=metadata, **content
    )
    return Plan(folder, facts)


def to_records(rows: np.ndarray, batch: pa.RecordBatch, keys: Sequence[str]) -> Iterator[Record]:
    """Yield the records of a chunk, in order; ``keys[i]`` is the idempotency key of the i-th."""
    names = batch.schema.names
    for begin in range(0, len(rows), _ROWS_PER_SLICE):
        part = rows[begin : begin + _ROWS_PER_SLICE].tolist()
        pieces = [column.slice(begin, _ROWS_PER_SLICE) for column in batch.columns]
        nullable = [name for name, piece in zip(names, pieces, strict=True) if piece.null_count]
        columns = [piece.to_pylist() for piece in pieces]
        values = zip(*columns, strict=True) if columns else iter([()] * len(part))
        for row, key, texts in zip(part, keys[begin : begin + _ROWS_PER_SLICE], values, strict=True):
            # A null is a field that this row does not send; most columns have none.
            fields = dict(zip(names, texts, strict=True))
            for name in nullable:
                if fields[name] is None:
                    del fields[name]
            yield Record(row, key, fields)
