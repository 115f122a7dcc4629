"""Read workbooks in a separate process, whose crashes, hangs and excessive memory do not affect the program.

The process is a new interpreter without access keys in its environment, with its own temporary folder and with limits;
it ends with the program. Its answers are validated, because a malicious file may have taken it over
(:mod:`importer.sources.isolation.protocol`). This module imports libraries only after starting the process, so that
both processes import them at the same time.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.core.errors import SourceError
from importer.core.platform import separate_process
from importer.sources.interface import CHUNK_ROWS, Chunk, Column, Source, SourceOptions
from importer.sources.isolation.protocol import MAX_CELL_BYTES, decode_chunk, decode_source, receive, send

if TYPE_CHECKING:
    from importer.core.issues import Problem
    from importer.sources.arrow_columns import ColumnBatch

_KEPT_VARIABLES = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ")
_SAVE_AGAIN = "Open it in Excel and save it under a new name as .xlsx, or save the sheet as CSV; then import that file."
# Row numbers and marks of a sheet of rows to correct travel behind its columns.
_ORIGIN_COLUMNS = 2
_MAX_BATCH_ROWS = CHUNK_ROWS // 5
# Limit the memory that libraries reserve for threads or keep after use. A little may be kept: requesting it from the
# system again for each batch would cost a fifth of the computing time.
_MEMORY_SETTINGS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


class ReaderError(RuntimeError):
    """A bug of ours in the reading process; the text is its traceback."""


@dataclass(frozen=True, slots=True)
class ReaderLimits:
    """Limits of the reading process: bytes of address space, seconds of computing, and seconds without an answer.

    Libraries reserve half of the address space without using it.
    """

    memory: int = 3 << 30
    seconds: int = 3600
    silence: float = 120.0


def open_isolated(
    path: Path,
    options: SourceOptions,
    limits: ReaderLimits | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Source:
    """Open the workbook ``path`` in another process, which also reads it. Raises :class:`SourceError`.

    ``meanwhile`` is called here while that process starts.
    """
    limits = limits or ReaderLimits()
    reader = _ReaderProcess(path, options, limits)
    try:
        if meanwhile is not None:
            meanwhile()
        description = reader.describe()
    except BaseException:
        # End the process now: the error's traceback refers to it, and the error may be kept for long.
        reader.close()
        raise
    unused = [reader]

    def read(size: int) -> Iterator[Chunk]:
        # The process that opened the file serves the first pass; each later pass starts a new process.
        current = unused.pop() if unused else _ReaderProcess(path, options, limits)
        return current.read_chunks(size, description["columns"], marked=description["marked"])

    return Source(path=path, **description, read=read)


class _ReaderProcess:
    """One reading process, from its start to the end of one pass over the rows."""

    def __init__(self, path: Path, options: SourceOptions, limits: ReaderLimits) -> None:
        self._path = path
        self._limits = limits
        self._is_hung = False
        self._is_described = False
        folder = tempfile.TemporaryDirectory(prefix="importer-reading-", ignore_cleanup_errors=True)
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder.name)
        arguments = [str(limits.memory), str(limits.seconds)]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-m", "importer.sources.isolation.worker", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**kept, **_MEMORY_SETTINGS, **temporary},
            # Ctrl-C is for the program, which then ends this process.
            **separate_process(),
        )
        # Also called when this object is garbage, or the program ends.
        self.close = weakref.finalize(self, _end_process, self._process, folder)
        self._request({"path": str(path), "options": asdict(options)})

    def describe(self) -> dict[str, Any]:
        """Receive the description of the opened workbook, as arguments of a :class:`Source`."""
        self._is_described = True
        message, _ = self._receive()
        with self._translated_errors():
            return decode_source(message)

    def read_chunks(self, size: int, columns: tuple[Column, ...], *, marked: bool = False) -> Iterator[Chunk]:
        """Yield all rows, then end the process; also when the caller stops early."""
        from importer.sources.arrow_columns import limit_chunk_rows, regroup

        labels = [column.label for column in columns]
        width = len(labels) + (_ORIGIN_COLUMNS if marked else 0)
        chunk_rows = limit_chunk_rows(size, width)
        try:
            # ``map`` instead of a loop, whose variable would keep a chunk in memory while the next one arrives.
            batches = regroup(self._receive_batches(chunk_rows, width), chunk_rows)
            yield from map(partial(_to_chunk, labels=labels), batches)
        finally:
            self.close()

    def _receive_batches(self, size: int, columns: int) -> Iterator[ColumnBatch[Problem]]:
        """Yield the rows in batches smaller than a chunk, so that the reading process never holds a whole chunk."""
        if not self._is_described:
            self.describe()
        self._request({"chunks": min(size, _MAX_BATCH_ROWS)})
        # The limit of bytes is per chunk, because a long file may have any number of chunks.
        rows, bytes_left = 0, MAX_CELL_BYTES
        while True:
            message, encoded = self._receive(bytes_left)
            if "end" in message:
                return
            with self._translated_errors():
                batch = decode_chunk(message, encoded, columns)
            bytes_left -= sum(map(len, encoded))
            del message, encoded
            rows += len(batch.rows)
            if rows >= size:
                rows, bytes_left = 0, MAX_CELL_BYTES
            yield batch
            del batch

    def _request(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        # If the process is gone, :meth:`_receive` reports the reason: its last answer, or the missing answer.
        with contextlib.suppress(OSError):
            send(self._process.stdin, message)

    def _receive(self, max_bytes: int = MAX_CELL_BYTES) -> tuple[dict[str, Any], list[bytes]]:
        """Receive the next answer. Raises :class:`SourceError` when it is an error or none comes in time."""
        assert self._process.stdout is not None
        timer = threading.Timer(self._limits.silence, self._kill_hung)
        timer.daemon = True
        timer.start()
        with self._translated_errors():
            try:
                message, encoded = receive(self._process.stdout, max_bytes)
            finally:
                timer.cancel()
            if "error" in message:
                what, remedy = message["error"]
                raise SourceError(str(what), str(remedy), [str(name) for name in message.get("sheets", ())])
        if "bug" in message:
            raise ReaderError(str(message["bug"]))
        return message, encoded

    def _kill_hung(self) -> None:
        self._is_hung = True
        self._process.kill()

    @contextlib.contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """End the process and raise :class:`SourceError` when an answer is missing or malformed."""
        try:
            yield
        except (EOFError, OSError, TypeError, ValueError) as error:
            self._process.kill()
            status = self._process.wait()
            if self._is_hung:
                why = f"nothing came of it for {self._limits.silence:g} s"
            elif isinstance(error, EOFError):
                why = f"the process that read it broke down ({-status if status < 0 else status})"
            else:
                why = "what the process that read it made of it makes no sense"
            raise SourceError(
                f"{self._path} cannot be read: {why}. The file is damaged, made to do harm, or needs more than "
                f"{self._limits.memory / (1 << 30):g} GB of memory.",
                _SAVE_AGAIN,
            ) from None


def _to_chunk(batch: ColumnBatch[Problem], labels: list[str]) -> Chunk:
    columns, origin = batch.columns[: len(labels)], batch.columns[len(labels) :]
    return Chunk(batch.rows, batch.lines, labels, columns, tuple(batch.issues), origin)


def _end_process(process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str]) -> None:
    process.kill()
    for stream in filter(None, (process.stdin, process.stdout)):
        # Closing flushes, which fails when the process is gone.
        with contextlib.suppress(OSError):
            stream.close()
    process.wait()
    folder.cleanup()
