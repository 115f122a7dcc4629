"""Messages between the program and the process that reads a workbook: JSON, and Arrow for cells. Nothing is unpickled.

Arrow is imported for cells only, so that the first request goes out before the program has its libraries.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_HEAD = struct.Struct(">II")
_SIZE = struct.Struct(">Q")
_MOST_JSON = 256 << 20
_MOST_PARTS = 1 << 15
MOST_CELLS = 4 << 30
"""Bytes."""


class Nonsense(ValueError):
    """A message that has not the form it should have."""


def send(stream: IO[bytes], message: Mapping[str, Any], cells: Sequence[pa.RecordBatch] = ()) -> None:
    """Write one message. Raises :class:`OSError` when nobody listens."""
    text = json.dumps(message).encode("ascii")
    stream.write(_HEAD.pack(len(text), len(cells)))
    stream.write(text)
    for part in cells:
        _send_part(stream, part)
    stream.flush()


def _send_part(stream: IO[bytes], cells: pa.RecordBatch) -> None:
    import pyarrow as pa

    measure = pa.MockOutputStream()
    _write(measure, cells)
    stream.write(_SIZE.pack(measure.size()))
    # Arrow writes its own memory into the stream: a copy would cost as much as the cells.
    _write(pa.PythonFile(stream, "w"), cells)


def _write(sink: pa.NativeFile, cells: pa.RecordBatch) -> None:
    import pyarrow as pa

    with pa.ipc.new_stream(sink, cells.schema) as writer:
        writer.write_batch(cells)


def receive(stream: IO[bytes], room: int = MOST_CELLS) -> tuple[dict[str, Any], list[bytes]]:
    """The next message and the parts of its cells, at most ``room`` bytes. Raises :class:`EOFError` at the end, and
    :class:`Nonsense`."""
    json_size, parts = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if json_size > _MOST_JSON or parts > _MOST_PARTS:
        raise Nonsense("a message of impossible size")
    text, cells = _exactly(stream, json_size), list[bytes]()
    for _ in range(parts):
        (size,) = _SIZE.unpack(_exactly(stream, _SIZE.size))
        room -= size
        if room < 0:
            raise Nonsense("cells of impossible size")
        cells.append(_exactly(stream, size))
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
