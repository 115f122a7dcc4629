"""What the messages of the process that reads a workbook say: what a source is, and its chunks.

The process may have been taken over by the file that it reads, so what it says is believed only as far as it has the
right form.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import numpy as np
import pyarrow as pa

from importer.problems import CATALOGUE, Problem
from importer.sources.blocks import TextChunk
from importer.sources.interface import Column, Detection
from importer.sources.messages import Nonsense
from importer.sources.opened import OpenedSource

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


def packed(chunk: TextChunk) -> tuple[dict[str, Any], pa.RecordBatch]:
    """A chunk as a message and its cells."""
    columns = [pa.array(chunk.rows), pa.array(chunk.lines), *chunk.columns]
    batch = pa.record_batch(columns, names=[str(number) for number in range(len(columns))])
    return {"problems": [asdict(problem) for problem in chunk.problems]}, batch


def unpacked(message: dict[str, Any], cells: bytes, columns: tuple[Column, ...]) -> TextChunk:
    """The chunk of a message. Raises :class:`Nonsense`."""
    try:
        with pa.ipc.open_stream(cells) as reader:
            batch = reader.read_next_batch()
        batch.validate(full=True)
        problems = tuple(_problem(each) for each in message["problems"])
    except (pa.ArrowException, StopIteration, OSError, KeyError, TypeError, ValueError):
        raise Nonsense("cells in a wrong form") from None
    types = [pa.int64(), pa.int64(), *[pa.large_string()] * len(columns)]
    if batch.schema.types != types or any(column.null_count for column in batch.columns):
        raise Nonsense("cells of a wrong type")
    rows, lines, *texts = batch.columns
    labels = [column.label for column in columns]
    return TextChunk(np.array(rows, dtype="int64"), np.array(lines, dtype="int64"), labels, texts, problems)


def _problem(said: dict[str, Any]) -> Problem:
    if set(said) != _PROBLEM or said["code"] not in CATALOGUE:
        raise ValueError("no problem of ours")
    texts = {name: str(value) for name, value in said.items() if name != "row"}
    return Problem(row=int(said["row"]), **texts)
