"""What goes between the program and the process that reads workbooks arrives whole, or is not taken."""

from __future__ import annotations

import io
import struct

import numpy as np
import pyarrow as pa
import pytest

from importer.core.issues import make_problem
from importer.sources.interface import Chunk
from importer.sources.isolation.protocol import MalformedMessage, decode_chunk, encode_chunk, receive, send


def chunk(rows: int = 2) -> Chunk:
    texts = [pa.array([f"{name}{number}" for number in range(rows)], pa.large_string()) for name in "ab"]
    numbers = np.arange(2, 2 + rows, dtype="int64")
    problems = (make_problem("required", 2, column="Name", letter="A", field="FirstName", value="\ud800"),)
    return Chunk(numbers, numbers, ["Name", "Note"], texts, problems)


def test_a_chunk_survives_its_journey() -> None:
    """Rows, lines, cells and problems, also with half of a surrogate pair in them."""
    message, cells = encode_chunk(chunk())
    stream = io.BytesIO()
    send(stream, message, cells)
    stream.seek(0)
    arrived = decode_chunk(*receive(stream), 2)
    assert arrived.rows.tolist() == arrived.lines.tolist() == [2, 3]
    assert [column.to_pylist() for column in arrived.columns] == [["a0", "a1"], ["b0", "b1"]]
    assert tuple(arrived.issues) == chunk().problems


def test_numbers_and_marks_travel_behind_the_columns() -> None:
    """They are two columns more."""
    plain = chunk()
    stream = io.BytesIO()
    send(stream, *encode_chunk(Chunk(plain.rows, plain.lines, plain.labels, plain.columns, (), plain.columns)))
    stream.seek(0)
    arrived = decode_chunk(*receive(stream), 4)
    assert arrived.columns[2:] == plain.columns


@pytest.mark.parametrize(("columns", "rows"), [(0, 1), (1, 0), (31, 2), (32, 2), (33, 2), (100, 1)])
def test_any_number_of_columns_and_rows_arrives(columns: int, rows: int) -> None:
    """Some columns share a part when there are many; none gets lost or changes its place."""
    numbers = np.arange(rows, dtype="int64")
    texts = [pa.array([f"{place}.{row}" for row in range(rows)], pa.large_string()) for place in range(columns)]
    stream = io.BytesIO()
    send(stream, *encode_chunk(Chunk(numbers, numbers, [str(place) for place in range(columns)], texts)))
    stream.seek(0)
    message, parts = receive(stream)
    assert len(parts) <= 33
    arrived = decode_chunk(message, parts, columns)
    assert [column.to_pylist() for column in arrived.columns] == [column.to_pylist() for column in texts]
    assert arrived.rows.tolist() == list(range(rows))


def test_cells_in_a_wrong_form_are_not_taken() -> None:
    """Bytes that are no cells, other columns, other types, missing values, offsets that lead astray, strange problems."""
    stream = io.BytesIO()
    send(stream, *encode_chunk(chunk()))
    stream.seek(0)
    message, parts = receive(stream)
    numbers, names, notes = parts
    for wrong in (b"", b"x" * 100, names[:-20], names[: len(names) // 2], numbers):
        with pytest.raises(MalformedMessage):
            decode_chunk(message, [numbers, wrong, notes], 2)
    for some, columns in ((parts, 1), (parts, 3), ([], 2), (parts[1:], 2)):
        with pytest.raises(MalformedMessage):
            decode_chunk(message, some, columns)
    offsets = np.array([0, 2, 4], dtype="int64").tobytes()
    assert offsets in notes
    astray = notes.replace(offsets, np.array([0, 2, 1 << 40], dtype="int64").tobytes())
    with pytest.raises(MalformedMessage):
        decode_chunk(message, [numbers, names, astray], 2)
    for problems in ([{"code": "required"}], [{**message["problems"][0], "code": "no-such-code"}], [1], None):
        with pytest.raises(MalformedMessage):
            decode_chunk({"problems": problems}, parts, 2)


def test_columns_of_different_lengths_are_not_taken() -> None:
    """Nor is a missing value, which no reader sends."""
    stream = io.BytesIO()
    send(stream, *encode_chunk(chunk(2)))
    send(stream, *encode_chunk(chunk(3)))
    holes = pa.array(["b0", None], pa.large_string())
    send(stream, {}, [pa.record_batch([holes], names=["0"])])
    stream.seek(0)
    message, parts = receive(stream)
    longer, with_a_hole = receive(stream)[1], receive(stream)[1]
    for last in (longer[2], with_a_hole[0]):
        with pytest.raises(MalformedMessage):
            decode_chunk(message, [*parts[:2], last], 2)


def test_messages_of_impossible_size_are_not_taken() -> None:
    """Neither very many parts nor a part that no memory would hold; nothing of it is read."""
    for head in (
        struct.pack(">II", 1 << 30, 0),
        struct.pack(">II", 2, 1 << 16),
        struct.pack(">II", 2, 1) + b"{}" + struct.pack(">Q", 1 << 40),
    ):
        with pytest.raises(MalformedMessage):
            receive(io.BytesIO(head))
