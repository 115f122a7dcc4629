"""Writes a plan into its folder, chunk by chunk, so that only one chunk at a time is in memory."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.core.filesystem import atomic_write
from importer.core.platform import open_private, sync_file
from importer.planning.store import FACTS_FILE, LEFT_OUT_COLUMN, PROBLEMS_FILE, ROWS_FILE, Plan, PlanFacts

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from importer.validation import CheckedChunk


class PlanWriter:
    """Writes a plan chunk by chunk; the folder is a plan only after :meth:`finish`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._rows: Any = None
        self._problems: Any = None

    def add(
        self,
        checked: CheckedChunk,
        cells: pd.DataFrame,
        problems: pa.RecordBatch,
        origin: Sequence[pa.Array] = (),
    ) -> None:
        """Append one chunk; ``problems`` are those of its rows, sorted by row (:func:`problem_batch`).

        ``origin`` holds the numbers and marks of the rows of a sheet of rows to correct.
        """
        import pyarrow as pa

        from importer.transforms import arrow_of

        columns: dict[str, Any] = {
            "row": pa.array(checked.rows, pa.int64()),
            "ok": pa.array(checked.ok, pa.bool_()),
            LEFT_OUT_COLUMN: pa.array(checked.left_out, pa.string()),
        }
        for index, label in enumerate(cells.columns):
            columns[f"c:{index}:{label}"] = arrow_of(cells.iloc[:, index])
        for name, texts in zip(("number", "mark"), origin, strict=False):
            columns[f"o:{name}"] = texts
        for name in checked.records.columns:
            columns[f"f:{name}"] = arrow_of(checked.records[name])
        batch = pa.RecordBatch.from_pydict(columns)
        if self._rows is None:
            self._rows = self._open(ROWS_FILE, batch.schema)
            self._problems = self._open(PROBLEMS_FILE, problems.schema)
        self._rows.write_batch(batch)
        self._problems.write_batch(problems)

    def _open(self, name: str, schema: pa.Schema) -> Any:
        import pyarrow as pa

        options = pa.ipc.IpcWriteOptions(compression="lz4")
        # Create the file first, so that only its owner may read it from the first byte on.
        os.close(open_private(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC))
        return pa.ipc.new_file(str(self._folder / name), schema, options=options)

    def finish(self, facts: PlanFacts) -> Plan:
        """Make everything durable and write the facts last."""
        for writer, name in ((self._rows, ROWS_FILE), (self._problems, PROBLEMS_FILE)):
            writer.close()
            with (self._folder / name).open("r+b") as file:
                sync_file(file.fileno())
        # A folder becomes a plan when its facts appear under their name, after all else is on disk.
        atomic_write(self._folder / FACTS_FILE, json.dumps(asdict(facts), ensure_ascii=True))
        return Plan(self._folder, facts)
