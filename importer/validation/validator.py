"""Validation of the rows of a source against a mapping, chunk by chunk, with their conversion to records."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from importer.config import Locale
from importer.core.errors import MappingError
from importer.core.issues import Problem
from importer.core.memory import gc_paused
from importer.core.model import VALUE_COLUMN
from importer.mapping import Condition, NonDataRows, SameLead
from importer.mapping import Mapping as MappingFile
from importer.validation.interface import CheckedChunk, SourceColumn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray
    from pandera.pandas import DataFrameSchema

    from importer.crm_schema import FieldConstraint
    from importer.validation.conditions import ConditionCompiler
    from importer.validation.fields import CompiledField
    from importer.validation.row_filter import RowFilter
    from importer.validation.schema import Failure
    from importer.validation.user_schema import UserSchema

__all__ = ["CheckedChunk", "SourceColumn", "Validator"]


class Validator:
    """The checks of one mapping for one pass over one file; it keeps the values of fields that must be unique.

    ``columns`` holds the column for every heading that the mapping uses. ``required`` are flat names that the target
    needs in every row, ``identity`` those of which it needs one, ``lead_names`` those that identify the lead that a
    row writes, if it does nothing else. ``today`` is the last possible birth date. ``locale`` has the account's
    defaults. ``folder`` is where paths in the mapping begin, ``path`` names the mapping in errors, ``line_of`` finds
    its lines.

    Raises :class:`MappingError` for what can never work: times without a time zone, constants that are not of their
    type, a schema of the user's that cannot be loaded.
    """

    def __init__(
        self,
        mapping: MappingFile,
        columns: Mapping[str, SourceColumn],
        *,
        today: date,
        required: Collection[str] = (),
        identity: Sequence[str] = (),
        lead_names: Sequence[str] = (),
        locale: Locale | None = None,
        folder: Path | None = None,
        path: str = "the mapping",
        line_of: Callable[[str], tuple[int, int]] = lambda path: (0, 0),
    ) -> None:
        from importer.validation.conditions import ConditionCompiler
        from importer.validation.fields import FieldCompiler
        from importer.validation.mark_cleaner import MarkCleaner

        self._mapping, self._path, self._identity_names = mapping, path, identity
        self._lead_names = lead_names if mapping.same_lead is SameLead.PROBLEM else ()
        conditions = ConditionCompiler(columns, [flat.rule for flat in mapping.flat_fields()], today)
        self._compiler = FieldCompiler(conditions, required, locale or Locale(), line_of, [], today)
        self._labels = dict.fromkeys(column.label for column in columns.values())
        self._marks = MarkCleaner(columns.values(), mapping.empty)
        self._by_name = {flat.name: self._compiler.make(flat) for flat in mapping.flat_fields()}
        self._collect_fields()
        self._filter = self._make_filter(conditions)
        self._user_schema: UserSchema | None = None
        if mapping.schema_ is not None:
            from importer.validation.user_schema import load_user_schema

            self._user_schema = load_user_schema(
                mapping.schema_, folder or Path(), self._fields, columns.values(), path=path, line=line_of("schema")
            )

    def apply_constraints(self, constraints: Mapping[str, FieldConstraint]) -> None:
        """Check the account's constraints on the fields, by flat name, too. Call it before the first chunk.

        Raises :class:`MappingError` when a constant of the mapping breaks one.
        """
        touched = self._compiler.constraints.keys() | constraints.keys()
        self._compiler = replace(self._compiler, constraints=constraints)
        for flat in self._mapping.flat_fields():
            if flat.name in touched:
                self._by_name[flat.name] = self._compiler.make(flat)
        self._collect_fields()

    def notes(self) -> Iterator[str]:
        """Yield sentences about rows that were left out so far, and about marks that were taken off cells."""
        if self._filter is not None:
            yield from self._filter.notes()
        yield from self._marks.notes()
        for field in self._fields:
            if field.extraction is not None:
                yield from field.extraction.notes()

    def use_temp_folder(self, folder: Path) -> None:
        """Keep the values of fields that must be unique in temporary files in ``folder``, once they are too many.

        Nothing is left there in the end. By default the files are where the system has its temporary files.
        """
        self._compiler.overflow.folder = folder

    def _collect_fields(self) -> None:
        self._fields = [field for field in self._by_name.values() if field is not None]
        if self._compiler.problems:
            raise MappingError(self._path, self._compiler.problems)
        self._identity = _identity_fields(self._fields, self._identity_names)
        from importer.validation.same_lead import SameLeadCheck

        by_name = {field.name: field for field in self._fields}
        lead_fields = [by_name[name] for name in self._lead_names if name in by_name]
        self._same_lead = SameLeadCheck(lead_fields, self._compiler.overflow)
        self.__dict__.pop("schema", None)

    def _make_filter(self, conditions: ConditionCompiler) -> RowFilter | None:
        where, drop_non_data = self._mapping.where, self._mapping.source.non_data_rows is NonDataRows.LEAVE_OUT
        value = next((name for name, column in conditions.columns.items() if column.label == VALUE_COLUMN), None)
        if where is None and not drop_non_data and value is None:
            return None
        from importer.validation.row_filter import RowFilter

        test = None if where is None else conditions.compile(where)
        has_value = None if value is None else conditions.compile(Condition(column=value, empty=False))
        return RowFilter(test, self._mapping.empty, has_value=has_value, drop_non_data=drop_non_data)

    @cached_property
    def schema(self) -> DataFrameSchema:
        """The pandera schema that the mapping compiles to, over its fields by flat name.

        It takes frames of text, missing where a cell is empty, indexed by row number. It is made when it is first
        asked for, so that pandera is loaded while the first rows are being read.
        """
        from importer.validation.schema import compile_schema

        return compile_schema(self._mapping.target, self._fields, [field.name for field in self._identity])

    def check(self, rows: NDArray[np.int64], cells: pd.DataFrame, problems: Sequence[Problem] = ()) -> CheckedChunk:
        """Check some consecutive rows of the file, in its order.

        ``rows[i]`` is the spreadsheet row number of ``cells.iloc[i]``; ``cells`` has columns of text named by label.
        ``problems`` are those that the rows have already. Raises :class:`MappingError` when a check of the user's own
        schema breaks, and :class:`OSError` when the disk is full.
        """
        import numpy as np

        # Columns that the mapping does not use are never sent, so their problems do not matter.
        problems = [problem for problem in problems if not problem.column or problem.column in self._labels]
        if self._filter is None:
            return self._check_selected(rows, cells, problems)
        reasons, undecided = self._filter.select(self._cells_by_label(rows, cells), rows, problems)
        selected = reasons == ""
        kept = set(rows[selected].tolist())
        problems = [problem for problem in (*problems, *undecided) if problem.row in kept]
        checked = self._check_selected(rows[selected], cells[selected], problems)
        # The rows that are left out get records without values.
        places = np.full(len(rows), -1)
        places[selected] = np.arange(len(checked.rows))
        ok = np.zeros(len(rows), dtype=bool)
        ok[selected] = checked.ok
        records = checked.records.reindex(places).reset_index(drop=True)
        return CheckedChunk(rows=rows, records=records, ok=ok, problems=checked.problems, left_out=reasons)

    def _cells_by_label(self, rows: NDArray[np.int64], cells: pd.DataFrame) -> dict[str, pd.Series[str]]:
        """Return the columns that the mapping uses, indexed by row number."""
        import pandas as pd

        from importer.validation.origins import replace_surrogates

        index = pd.Index(rows.tolist(), dtype="int64")
        return {label: replace_surrogates(cells[label], index) for label in self._labels}

    def _check_selected(
        self, rows: NDArray[np.int64], cells: pd.DataFrame, problems: Sequence[Problem]
    ) -> CheckedChunk:
        """Check rows that are imported."""
        import numpy as np
        import pandas as pd

        from importer.validation.schema import find_failures

        # First step: the text of every field, as the source has it and as the transforms leave it.
        index = pd.Index(rows.tolist(), dtype="int64")
        cells_by_label = self._cells_by_label(rows, cells)
        clean = self._marks.begin(cells_by_label, index.to_numpy())
        shown = {field.name: field.origin.take(clean, index) for field in self._fields}
        undecided = (field.origin.find_undecided(clean, index, field.name) for field in self._fields)
        problems = [*problems, *itertools.chain.from_iterable(undecided)]
        frame = pd.DataFrame({field.name: field.texts(shown[field.name]) for field in self._fields}, index=index)
        # Second step: validate the frame, and convert its texts to what is sent.
        failed = list(find_failures(self.schema, frame))
        wires = {field.name: field.wire(frame[field.name]) for field in self._fields}
        # Third step: describe the failures as problems, with the cells as people see them.
        with gc_paused():
            for field in self._fields:
                if field.rule.column is not None:
                    # As it came, so that broken characters are shown for what they are.
                    shown[field.name] = cells[field.origin.place.label]
            found = [*problems, *self._problems(failed, frame, shown, problems)]
            if self._user_schema is not None:
                found.extend(self._user_schema.problems(frame, wires, clean.texts(), found))
            ok = ~np.isin(index.to_numpy(), [problem.row for problem in found])
            twins = list(self._same_lead.problems({name: texts[ok] for name, texts in wires.items()}))
            ok &= ~np.isin(index.to_numpy(), [problem.row for problem in twins])
            found = sorted([*found, *twins], key=attrgetter("row"))
        records = pd.DataFrame(wires, index=index).reset_index(drop=True)
        nothing = np.full(len(index), "", dtype=object)
        return CheckedChunk(rows=index.to_numpy(), records=records, ok=ok, problems=found, left_out=nothing)

    def _problems(
        self,
        failed: Sequence[Failure],
        frame: pd.DataFrame,
        shown: Mapping[str, pd.Series[str]],
        problems: Sequence[Problem],
    ) -> Iterator[Problem]:
        from importer.validation.schema import ExistingProblems, make_cell_problems, make_row_problems

        rows = frame.index.to_numpy()
        existing = ExistingProblems(rows, problems)
        by_name = {field.name: field for field in self._fields}
        for failure in failed:
            field = by_name.get(failure.column)
            if field is None:
                yield from make_row_problems(failure, rows, self._identity, existing)
            else:
                yield from make_cell_problems(field, failure, shown[field.name], frame[field.name], existing)


def _identity_fields(fields: Sequence[CompiledField], names: Sequence[str]) -> list[CompiledField]:
    """Return the fields of which a row needs one; none when one of them always has a text."""
    found = [field for field in fields if field.name in names]
    if any(field.default is not None or (field.rule.value or "").strip() for field in found):
        return []
    return found
