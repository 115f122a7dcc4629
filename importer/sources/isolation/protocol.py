"""What the messages of the process that reads a workbook say: what a source is, and its chunks.

The process may have been taken over by the file that it reads, so what it says is believed only as far as it has the
right form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

import numpy as np
import pyarrow as pa

from importer.core.issues import CATALOGUE, Problem
from importer.sources.interface import Chunk, Column, Detection
from importer.sources.isolation.transport import Nonsense
from importer.sources.opened import OpenedSource
from importer.sources.regrouping import TEXT, Columns

_PARTS = 32
_PROBLEM = {field.name for field in fields(Problem)}


def described(source: OpenedSource) -> dict[str, Any]:
    """What is known of an opened source, but for its rows."""
    return {
        "format": source.format,
        "sheet": source.sheet,
        "header_row": source.header_row,
        "columns": [asdict(column) for column in source.columns],
        "detections": [asdict(found) for found in source.detections],
        "notes": list(source.notes),
    }


def description(message: dict[str, Any]) -> dict[str, Any]:
    """The same on the other side, as the arguments of an :class:`OpenedSource`. Raises :class:`Nonsense`."""
    try:
        return {
            "format": str(message["format"]),
            "sheet": str(message["sheet"]),
            "header_row": int(message["header_row"]),
            "columns": tuple(
                Column(int(each["index"]), str(each["letter"]), str(each["heading"]), str(each["label"]))
                for each in message["columns"]
            ),
            "detections": tuple(
                Detection(str(each["what"]), str(each["value"]), str(each["how"])) for each in message["detections"]
            ),
            "notes": tuple(map(str, message["notes"])),
        }
    except (KeyError, TypeError, ValueError):
        raise Nonsense("a description that lacks something") from None


def packed(chunk: Chunk) -> tuple[dict[str, Any], list[pa.RecordBatch]]:
    """A chunk as a message and its cells: row numbers and lines, then some columns in each part."""
    each = -(-len(chunk.columns) // _PARTS) or 1
    parts = [chunk.columns[begin : begin + each] for begin in range(0, len(chunk.columns), each)]
    batches = [_batch([pa.array(chunk.rows), pa.array(chunk.lines)]), *map(_batch, parts)]
    return {"problems": [asdict(problem) for problem in chunk.problems]}, batches


def _batch(columns: Sequence[pa.Array]) -> pa.RecordBatch:
    return pa.record_batch(columns, names=[str(number) for number in range(len(columns))])


def unpacked(message: dict[str, Any], cells: Sequence[bytes], columns: int) -> Columns[Problem]:
    """The rows of a message with so many columns. Raises :class:`Nonsense`.

    The parts stay parts, so that the memory of each can be given back when its columns are no longer needed.
    """
    try:
        batches = [_batch_of(part) for part in cells]
        problems = [_problem(each) for each in message["problems"]]
    except (pa.ArrowException, StopIteration, OSError, KeyError, TypeError, ValueError):
        raise Nonsense("cells in a wrong form") from None
    arrays = [array for batch in batches for array in batch.columns]
    if [array.type for array in arrays] != [pa.int64(), pa.int64(), *[TEXT] * columns]:
        raise Nonsense("cells of a wrong type")
    if any(array.null_count or len(array) != len(arrays[0]) for array in arrays):
        raise Nonsense("cells that lack something")
    rows, lines, *texts = arrays
    return Columns(_numbers(rows), _numbers(lines), texts, problems)


def _batch_of(part: bytes) -> pa.RecordBatch:
    with pa.ipc.open_stream(part) as reader:
        batch = reader.read_next_batch()
    batch.validate(full=True)
    return batch


def _numbers(array: pa.Array) -> np.ndarray:
    """A column of whole numbers without nulls. Arrow's own way to NumPy would import pandas, if it is there."""
    values = array.buffers()[1]
    return np.frombuffer(values, "int64", len(array), array.offset * 8).copy() if len(array) else np.empty(0, "int64")


def _problem(said: dict[str, Any]) -> Problem:
    if set(said) != _PROBLEM or said["code"] not in CATALOGUE:
        raise ValueError("no problem of ours")
    texts = {name: str(value) for name, value in said.items() if name != "row"}
    return Problem(row=int(said["row"]), **texts)
