"""Messages between the program and the process that reads a workbook: JSON, and Arrow for cells. Nothing is unpickled.

The process may have been taken over by the file that it reads, so what it says is believed only as far as it has the
right form.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import IO, Any

import numpy as np
import pyarrow as pa

from importer.problems import CATALOGUE, Problem
from importer.sources.blocks import text_frame
from importer.sources.interface import Chunk, Column, Detection
from importer.sources.opened import OpenedSource

_HEAD = struct.Struct(">IQ")
_MOST_JSON = 256 << 20
_MOST_CELLS = 4 << 30
_PROBLEM = {field.name for field in fields(Problem)}


class Nonsense(ValueError):
    """A message that has not the form it should have."""


def send(stream: IO[bytes], message: Mapping[str, Any], cells: pa.RecordBatch | None = None) -> None:
    """Write one message. Raises :class:`OSError` when nobody listens."""
    text = json.dumps(message).encode("ascii")
    size = 0
    if cells is not None:
        measure = pa.MockOutputStream()
        _write(measure, cells)
        size = measure.size()
    stream.write(_HEAD.pack(len(text), size))
    stream.write(text)
    if cells is not None:
        # Arrow writes its own memory into the stream: a copy would cost as much as the cells.
        _write(pa.PythonFile(stream, "w"), cells)
    stream.flush()


def _write(sink: pa.NativeFile, cells: pa.RecordBatch) -> None:
    with pa.ipc.new_stream(sink, cells.schema) as writer:
        writer.write_batch(cells)


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """The next message and its cells. Raises :class:`EOFError` at the end, and :class:`Nonsense`."""
    json_size, cells_size = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if json_size > _MOST_JSON or cells_size > _MOST_CELLS:
        raise Nonsense("a message of impossible size")
    text, cells = _exactly(stream, json_size), _exactly(stream, cells_size)
    try:
        message = json.loads(text)
    except ValueError:
        raise Nonsense("a message that is no JSON") from None
    if not isinstance(message, dict):
        raise Nonsense("a message that is no object")
    return message, cells


def _exactly(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size) if size else b""
    if len(content) < size:
        raise EOFError
    return content


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


def packed(chunk: Chunk) -> tuple[dict[str, Any], pa.RecordBatch]:
    """A chunk as a message and its cells."""
    texts = [pa.array(chunk.cells[label].array, pa.large_string()) for label in chunk.cells]
    plain = [each.combine_chunks() if isinstance(each, pa.ChunkedArray) else each for each in texts]
    columns = [pa.array(chunk.rows), pa.array(chunk.lines), *plain]
    batch = pa.record_batch(columns, names=[str(number) for number in range(len(columns))])
    return {"problems": [asdict(problem) for problem in chunk.problems]}, batch


def unpacked(message: dict[str, Any], cells: bytes, columns: tuple[Column, ...]) -> Chunk:
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
    frame = text_frame([column.label for column in columns], texts, batch.num_rows)
    return Chunk(np.array(rows, dtype="int64"), np.array(lines, dtype="int64"), frame, problems)


def _problem(said: dict[str, Any]) -> Problem:
    if set(said) != _PROBLEM or said["code"] not in CATALOGUE:
        raise ValueError("no problem of ours")
    texts = {name: str(value) for name, value in said.items() if name != "row"}
    return Problem(row=int(said["row"]), **texts)
