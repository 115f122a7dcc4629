"""Plan an import: read a spreadsheet, check its rows by a mapping, write a plan. Nothing here calls the CRM."""

from __future__ import annotations

import hashlib
import importlib
import itertools
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from importer.config import Locale
from importer.core.background import BackgroundWorker
from importer.core.errors import MappingError, SourceError
from importer.core.failpoints import reach
from importer.core.issues import Problem
from importer.core.model import HEADING_COLUMN, SHEET_COLUMN, VALUE_COLUMN
from importer.core.progress import Progress, SilentProgress
from importer.mapping import (
    HeadingMatch,
    LoadedMapping,
    Mapping,
    OnInvalid,
    Ragged,
    SourceTable,
    depends_on_day,
    match_headings,
)
from importer.planning.corrections import Corrections
from importer.planning.issue_table import ProblemTable, problem_batch
from importer.planning.mapping_files import mapping_notes, read_mapping
from importer.planning.mapping_values import fill_mapping
from importer.planning.plan_writer import PlanWriter
from importer.planning.store import Plan, PlanFacts, ProblemGroup, SchemaSnapshot
from importer.sources import (
    CHUNK_ROWS,
    Chunk,
    Source,
    SourceFacts,
    SourceOptions,
    explode_columns,
    file_signature,
    open_source,
    source_hash,
)
from importer.targets import make_target
from importer.validation import CheckedChunk, SourceColumn, Validator

if TYPE_CHECKING:
    import pyarrow as pa

    from importer.data_quality import DataQualityAnalyzer

_FIRST_ROWS = 5


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """A request for a plan.

    ``options`` override what the mapping says about the file. ``locale`` holds the account's defaults for times and
    phone numbers. ``limit`` plans only the first ``limit`` rows. ``again`` is the user's reason for sending rows that
    were already sent; empty: they are not sent again. ``today`` is the day of the import, if it is not the present day
    where the account is.
    ``corrections`` replace cells of the file.
    """

    source: Path
    mapping: Path
    account: str = ""
    options: SourceOptions = field(default_factory=SourceOptions)
    locale: Locale = field(default_factory=Locale)
    limit: int | None = None
    again: str = ""
    today: date | None = None
    corrections: Corrections = field(default_factory=Corrections)

    @property
    def day(self) -> date:
        """Return the day of the import, which ranges, conditions and constants call today."""
        return self.today or datetime.now(ZoneInfo(self.locale.time_zone or "UTC")).date()


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """A plan request whose file is open and whose mapping fits it; no data row has been read yet.

    ``source_sha`` identifies the file's content; ``signature`` shows whether it was written to since. ``account`` and
    ``account_notes`` are empty until :func:`importer.planning.account_schema.check_account_fit` compares the mapping
    with the account's schema.
    """

    request: PlanRequest
    loaded: LoadedMapping
    source: Source
    headings: HeadingMatch
    validator: Validator
    source_sha: str
    signature: tuple[int, int, int]
    fingerprint: str
    account: SchemaSnapshot = field(default_factory=SchemaSnapshot)
    account_notes: tuple[str, ...] = ()
    field_labels: dict[str, str] = field(default_factory=dict)

    @property
    def mapping(self) -> Mapping:
        return self.loaded.mapping


def prepare_import(request: PlanRequest) -> PreparedImport:
    """Open the file, match its headings with the mapping and build the validator of its rows.

    Raises :class:`SourceError` or :class:`MappingError`.
    """
    loaded, values = fill_mapping(read_mapping(request.mapping), request.source, request.day)
    mapping = loaded.mapping
    # Taken before the file is opened: :func:`plan_import` compares it again after the last row.
    signature = file_signature(request.source)
    options = _merge_options(mapping, request.options)
    # The validator needs pandas, which takes a while to import: it is done while a workbook's reader process starts.
    source = open_source(request.source, options, meanwhile=partial(importlib.import_module, "pandas"))
    if mapping.source.explode:
        source = explode_columns(source, mapping.source.explode)
    headings = match_source_headings(loaded, source)
    if headings.problems:
        raise MappingError(str(request.mapping), headings.problems)
    target = make_target(mapping)
    by_label = {column.label: column for column in source.columns}
    # The key is the heading as the mapping spells it, which may differ from the one in the file.
    columns = {
        heading: SourceColumn(label=label, letter=by_label[label].letter, heading=by_label[label].heading)
        for heading, label in headings.labels.items()
    }
    validator = Validator(
        mapping,
        columns,
        today=request.day,
        required=target.required,
        identity=target.identity,
        lead_names=target.lead_names,
        locale=request.locale,
        folder=request.mapping.parent,
        path=str(request.mapping),
        line_of=loaded.line_of,
    )
    sha = source_hash(request.source)
    return PreparedImport(
        request=request,
        loaded=loaded,
        source=source,
        headings=headings,
        validator=validator,
        source_sha=sha,
        signature=signature,
        fingerprint=_request_fingerprint(request, loaded, source, (sha, *values)),
    )


def match_source_headings(loaded: LoadedMapping, source: Source) -> HeadingMatch:
    """Match the columns of a mapping with the headings of an open file."""
    table = SourceTable(
        name=f'{source.path}, sheet "{source.sheet}",' if source.sheet else str(source.path),
        header_row=source.header_row,
        letters={column.label: column.letter for column in source.columns},
    )
    columns = [(column.label, column.heading) for column in source.columns]
    return match_headings(loaded, columns, table, optional=(SHEET_COLUMN, HEADING_COLUMN, VALUE_COLUMN))


def _merge_options(mapping: Mapping, given: SourceOptions) -> SourceOptions:
    """Return the reading options of the mapping, overridden by those ``given`` with the request."""
    section = mapping.source
    described = {name: getattr(section, name) for name in ("sheet", "sheets", "header_row", "encoding", "delimiter")}
    if given.sheet and section.sheets:
        # One sheet of those that the mapping names.
        described |= {"sheet": None, "sheets": (given.sheet,)}
        given = replace(given, sheet=None)
    own = {name: value for name, value in described.items() if not getattr(given, name)}
    padded = given.pad_short_rows or section.ragged is Ragged.PAD
    return replace(given, **own, pad_short_rows=padded, of_mapping=tuple(own))


def _request_fingerprint(request: PlanRequest, loaded: LoadedMapping, source: Source, contents: Sequence[str]) -> str:
    """Return the fingerprint of a plan: of everything that decides which rows it has and what they say.

    ``contents`` begins with the digest of the file.
    """
    parts = (
        *contents,
        loaded.sha,
        request.account,
        source.sheet,
        str(source.header_row),
        ",".join(f"{found.what}={found.value}" for found in source.detections),
        request.locale.time_zone,
        request.locale.country,
        str(request.limit or ""),
        request.again,
        # Only where it decides anything, so that a file stays the same import on another day.
        *((request.day.isoformat(),) if depends_on_day(loaded.mapping) else ()),
    )
    corrected = request.corrections.digest()
    return fingerprint((*parts, corrected) if corrected else parts)


def fingerprint(parts: Sequence[str]) -> str:
    """Return the SHA-256 of ``parts`` in hexadecimal. Plans with the same fingerprint are the same plan."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def plan_import(prepared: PreparedImport, folder: Path, now: datetime, progress: Progress | None = None) -> Plan:
    """Check every row and write the plan into ``folder``; ``now`` is its time of creation (UTC).

    Raises :class:`SourceError` when the file turns out broken or changes while it is read.
    """
    from importer.data_quality import DataQualityAnalyzer

    progress = progress or SilentProgress()
    columns = [(column.letter, column.label) for column in prepared.source.columns]
    analyzer = DataQualityAnalyzer(columns, prepared.headings.fields)
    writer = PlanWriter(folder)
    prepared.validator.use_temp_folder(folder)
    tally = _Tally()
    unused = [column.label for column in prepared.source.columns if column.label not in prepared.headings.fields]
    chunks = _corrected(prepared.source, prepared.request)
    with BackgroundWorker() as reading, BackgroundWorker() as writing:
        # Three chunks are worked on at once: the next one is read, this one checked, and the last one written.
        for chunk in reading.prefetch(_ensure_one_chunk(chunks, prepared.source)):
            # Report the rows of the chunks before this one.
            if tally.rows:
                progress.reading(tally.rows)
            checked = prepared.validator.check(chunk.rows, chunk.cells, chunk.problems)
            tally.add(checked)
            tally.count_cells(chunk, checked, unused)
            problems = problem_batch(checked.problems)
            writing.submit(_write_and_analyze, writer, analyzer, chunk, checked, problems)
            # Free their memory before the next rows are checked.
            del chunk, checked, problems
            # A crash point for tests; does nothing otherwise.
            reach("reading-source")
    # Only now is everything written; until then ``progress`` may stop the planning by raising.
    progress.reading(tally.rows)
    if file_signature(prepared.request.source) != prepared.signature:
        raise SourceError(
            f"{prepared.request.source} changed while it was being read.",
            "Wait until nothing writes to it, then run again; nothing was sent.",
        )
    return writer.finish(replace(_collect_facts(prepared, tally, now), damage=analyzer.findings()))


def _write_and_analyze(
    writer: PlanWriter,
    analyzer: DataQualityAnalyzer,
    chunk: Chunk,
    checked: CheckedChunk,
    problems: pa.RecordBatch,
) -> None:
    """Append a chunk to the plan and to the data-quality analysis; runs on the writing thread."""
    writer.add(checked, chunk.cells, problems, chunk.origin)
    selected = checked.left_out == ""
    if selected.all():
        analyzer.add(chunk.rows, chunk.cells)
    else:
        analyzer.add(chunk.rows[selected], chunk.cells[selected].reset_index(drop=True))


def _ensure_one_chunk(chunks: Iterator[Chunk], source: Source) -> Iterator[Chunk]:
    """Yield ``chunks``, or one chunk without rows if there are none: the plan's files need the columns of a chunk."""
    first = next(chunks, None)
    if first is None:
        import numpy as np
        import pyarrow as pa

        none, labels = np.empty(0, dtype="int64"), [column.label for column in source.columns]
        empty = pa.array([], pa.large_string())
        origin = [empty] * 2 if source.marked else []
        first = Chunk(rows=none, lines=none, labels=labels, columns=[empty] * len(labels), origin=origin)
    yield first
    yield from chunks


def _corrected(source: Source, request: PlanRequest) -> Iterator[Chunk]:
    """Yield the rows of the file that are planned, with their corrected cells."""
    for chunk in _limit_rows(source.chunks(CHUNK_ROWS), request.limit):
        yield request.corrections.apply(chunk, source.columns)


def _limit_rows(chunks: Iterator[Chunk], limit: int | None) -> Iterator[Chunk]:
    """Yield the first ``limit`` rows of ``chunks``, or all of them when it is ``None``."""
    left = limit
    for chunk in chunks:
        if left is not None and len(chunk.rows) > left:
            yield chunk.first(left)
            return
        yield chunk
        if left is not None:
            left -= len(chunk.rows)
            if left == 0:
                return


def group_problems(plan: Plan, without: Container[int]) -> tuple[ProblemGroup, ...]:
    """Return the problems of a plan by code, the commonest first, but for those of the rows ``without``."""
    tally = _Tally()
    for _, batch in plan.problem_batches():
        table = ProblemTable(batch)
        tally.add_problems([problem for row in table if row not in without for problem in table[row]])
    return tally.groups()


class _Tally:
    """Counts rows, and groups their problems by code, chunk by chunk."""

    def __init__(self) -> None:
        self.rows = 0
        self.ready = 0
        self.left_out = 0
        self.filled: dict[str, int] = {}
        """The number of rows with text in each column that is not imported, if there are any."""
        self._rows_by_code: dict[str, int] = {}
        self._first: dict[str, list[int]] = {}
        self._example: dict[str, str] = {}

    def add(self, checked: CheckedChunk) -> None:
        """Count the rows and problems of a chunk."""
        self.rows += len(checked.rows)
        self.ready += int(checked.ok.sum())
        self.left_out += int((checked.left_out != "").sum())
        self.add_problems(checked.problems)

    def count_cells(self, chunk: Chunk, checked: CheckedChunk, labels: Sequence[str]) -> None:
        """Count the cells with text in columns of a chunk, but for rows that are left out."""
        import pyarrow as pa
        import pyarrow.compute as pc

        selected = pa.array(checked.left_out == "")
        for label in labels:
            texts = chunk.columns[chunk.labels.index(label)]
            if filled := pc.sum(pc.and_(pc.not_equal(pc.utf8_trim_whitespace(texts), ""), selected)).as_py():
                self.filled[label] = self.filled.get(label, 0) + filled

    def add_problems(self, problems: Sequence[Problem]) -> None:
        """Count problems of consecutive rows, in their order."""
        # A row with several problems of one code counts once: the row counted last, by code.
        last: dict[str, int] = {}
        for problem in problems:
            code, row = problem.code, problem.row
            if last.get(code) == row:
                continue
            last[code] = row
            self._rows_by_code[code] = self._rows_by_code.get(code, 0) + 1
            first = self._first.setdefault(code, [])
            if len(first) < _FIRST_ROWS:
                first.append(row)
            if code not in self._example:
                self._example[code] = str(problem)

    def groups(self) -> tuple[ProblemGroup, ...]:
        """Return the problems by code, the commonest code first."""
        by_size = sorted(self._rows_by_code.items(), key=lambda item: (-item[1], item[0]))
        return tuple(ProblemGroup(code, rows, tuple(self._first[code]), self._example[code]) for code, rows in by_size)


def _collect_facts(prepared: PreparedImport, tally: _Tally, now: datetime) -> PlanFacts:
    """Return the facts of the plan, all but the findings of the data-quality analysis."""
    request, mapping, source = prepared.request, prepared.mapping, prepared.source
    facts = PlanFacts(
        fingerprint=prepared.fingerprint,
        source=SourceFacts(
            path=str(request.source),
            format=source.format,
            sheet=source.sheet,
            header_row=source.header_row,
            columns=source.columns,
            detections=source.detections,
            notes=source.notes,
        ),
        source_sha=prepared.source_sha,
        mapping_path=str(request.mapping),
        mapping_sha=prepared.loaded.sha,
        mapping_file=prepared.loaded.text,
        target=mapping.target,
        account=request.account,
        rows=tally.rows,
        ready=tally.ready,
        invalid=tally.rows - tally.ready - tally.left_out,
        left_out=tally.left_out,
        not_imported=tally.filled,
        unused=prepared.headings.unused,
        field_labels=prepared.field_labels,
        time_zone=request.locale.time_zone,
        groups=tally.groups(),
        fields=prepared.headings.fields,
        notes=tuple(
            itertools.chain(
                source.notes,
                prepared.headings.notes,
                mapping_notes(prepared.loaded),
                prepared.account_notes,
                prepared.validator.notes(),
            )
        ),
        created_at=now.isoformat(timespec="seconds"),
        again=request.again,
        metadata=prepared.account,
    )
    return replace(facts, blocked=_describe_block(mapping, facts))


def _describe_block(mapping: Mapping, facts: PlanFacts) -> str:
    """Return why the mapping forbids to send anything of this plan; empty when the ready rows may be sent."""
    if facts.invalid and mapping.on_invalid is OnInvalid.STOP:
        return f"{facts.invalid} of {facts.selected} rows are invalid, and the mapping says `on_invalid: stop`."
    if mapping.max_invalid is not None and facts.invalid > mapping.max_invalid * facts.selected:
        share = f"{float(mapping.max_invalid) * 100:g}%"
        return f"{facts.invalid} of {facts.selected} rows are invalid, more than the {share} that `max_invalid` allows."
    return ""
