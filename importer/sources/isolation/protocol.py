"""Messages between the program and the process that reads a workbook: JSON, and Arrow batches for cells.

A message is a header (size of the JSON, number of batches), the JSON, and each batch preceded by its size. Nothing is
unpickled, and the type, size and form of all messages are checked, because a malicious file may have taken the process
over. Arrow and NumPy are imported for cells only, so that the first request is sent before the program imports them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import IO, TYPE_CHECKING, Any

from importer.core.issues import CATALOGUE, Problem
from importer.sources.interface import Chunk, Column, Detection, Source

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from importer.sources.arrow_columns import ColumnBatch

MAX_CELL_BYTES = 4 << 30
_HEADER = struct.Struct(">II")
_SIZE = struct.Struct(">Q")
_MAX_JSON_BYTES = 256 << 20
_MAX_BATCHES = 1 << 15
_CHUNK_BATCHES = 32
_PROBLEM_FIELDS = {field.name for field in fields(Problem)}


class MalformedMessage(ValueError):
    """A message of a wrong size, type or form."""


def send(stream: IO[bytes], message: Mapping[str, Any], batches: Sequence[pa.RecordBatch] = ()) -> None:
    """Write one message. Raises :class:`OSError` when the other side is gone."""
    text = json.dumps(message).encode("ascii")
    stream.write(_HEADER.pack(len(text), len(batches)))
    stream.write(text)
    for batch in batches:
        _send_batch(stream, batch)
    stream.flush()


def _send_batch(stream: IO[bytes], batch: pa.RecordBatch) -> None:
    import pyarrow as pa

    # Measure the size, then let Arrow write its own memory into the stream: a copy would cost as much as the cells.
    measure = pa.MockOutputStream()
    with pa.ipc.new_stream(measure, batch.schema) as writer:
        writer.write_batch(batch)
    stream.write(_SIZE.pack(measure.size()))
    with pa.ipc.new_stream(pa.PythonFile(stream, "w"), batch.schema) as writer:
        writer.write_batch(batch)


def receive(stream: IO[bytes], max_bytes: int = MAX_CELL_BYTES) -> tuple[dict[str, Any], list[bytes]]:
    """Read the next message and its encoded batches, of at most ``max_bytes`` bytes together.

    Raises :class:`EOFError` at the end of the stream, and :class:`MalformedMessage`.
    """
    json_size, count = _HEADER.unpack(_read_exactly(stream, _HEADER.size))
    if json_size > _MAX_JSON_BYTES or count > _MAX_BATCHES:
        raise MalformedMessage("a message of impossible size")
    text, batches = _read_exactly(stream, json_size), list[bytes]()
    for _ in range(count):
        (size,) = _SIZE.unpack(_read_exactly(stream, _SIZE.size))
        max_bytes -= size
        if max_bytes < 0:
            raise MalformedMessage("cells of impossible size")
        batches.append(_read_exactly(stream, size))
    try:
        message = json.loads(text)
    except ValueError:
        raise MalformedMessage("a message that is no JSON") from None
    if not isinstance(message, dict):
        raise MalformedMessage("a message that is no object")
    return message, batches


def _read_exactly(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size) if size else b""
    if len(content) < size:
        raise EOFError
    return content


def encode_source(source: Source) -> dict[str, Any]:
    """Return the message that describes an opened source, without its rows."""
    return {
        "format": source.format,
        "sheet": source.sheet,
        "header_row": source.header_row,
        "columns": [asdict(column) for column in source.columns],
        "detections": [asdict(found) for found in source.detections],
        "notes": list(source.notes),
        "sheets": list(source.sheets),
        "marked": source.marked,
    }


def decode_source(message: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a :class:`Source`, all but ``path`` and ``read``. Raises :class:`MalformedMessage`."""
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
            "sheets": tuple(map(str, message["sheets"])),
            "marked": bool(message["marked"]),
        }
    except (KeyError, TypeError, ValueError):
        raise MalformedMessage("a description that lacks something") from None


def encode_chunk(chunk: Chunk) -> tuple[dict[str, Any], list[pa.RecordBatch]]:
    """Return a chunk as a message and batches: one of row numbers and lines, then some columns in each.

    Several batches, so that the memory of each can be released when its columns are no longer needed.
    """
    import pyarrow as pa

    columns = [*chunk.columns, *chunk.origin]
    step = -(-len(columns) // _CHUNK_BATCHES) or 1
    groups = [columns[begin : begin + step] for begin in range(0, len(columns), step)]
    batches = [
        pa.record_batch(group, names=[str(number) for number in range(len(group))])
        for group in ([pa.array(chunk.rows), pa.array(chunk.lines)], *groups)
    ]
    return {"problems": [asdict(problem) for problem in chunk.problems]}, batches


def decode_chunk(message: dict[str, Any], encoded: Sequence[bytes], columns: int) -> ColumnBatch[Problem]:
    """Return the rows of a message. Raises :class:`MalformedMessage`, also unless it has ``columns`` columns."""
    import pyarrow as pa

    from importer.sources.arrow_columns import TEXT, ColumnBatch

    arrays: list[pa.Array] = []
    try:
        for content in encoded:
            with pa.ipc.open_stream(content) as reader:
                batch = reader.read_next_batch()
            # Also checks that offsets stay inside the buffers, and that texts are valid UTF-8.
            batch.validate(full=True)
            arrays += batch.columns
        problems = [_decode_problem(each) for each in message["problems"]]
    except (pa.ArrowException, StopIteration, OSError, KeyError, TypeError, ValueError):
        raise MalformedMessage("cells in a wrong form") from None
    if [array.type for array in arrays] != [pa.int64(), pa.int64(), *[TEXT] * columns]:
        raise MalformedMessage("cells of a wrong type")
    if any(array.null_count or len(array) != len(arrays[0]) for array in arrays):
        raise MalformedMessage("cells that lack something")
    rows, lines, *texts = arrays
    return ColumnBatch(_to_numpy(rows), _to_numpy(lines), texts, problems)


def _decode_problem(values: dict[str, Any]) -> Problem:
    if set(values) != _PROBLEM_FIELDS or values["code"] not in CATALOGUE:
        raise ValueError("no problem of ours")
    texts = {name: str(value) for name, value in values.items() if name != "row"}
    return Problem(row=int(values["row"]), **texts)


def _to_numpy(array: pa.Array) -> np.ndarray:
    """Copy a column of whole numbers without nulls. Arrow's own conversion would import pandas, if it is installed."""
    import numpy as np

    values = array.buffers()[1]
    return np.frombuffer(values, "int64", len(array), array.offset * 8).copy() if len(array) else np.empty(0, "int64")
