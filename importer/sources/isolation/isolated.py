"""Workbooks are read in a process of their own: a crash, a hang or a flood of memory there costs the program nothing.

The process is a new interpreter that knows no key, has a temporary folder of its own, and is given limits; it ends with
the program. What it answers is checked like the file itself (:mod:`importer.sources.isolation.protocol`).

Libraries are imported only when the process has been started, so that both import them at the same time.
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
from importer.sources.interface import CHUNK_ROWS, Chunk, Column, SourceOptions
from importer.sources.isolation.transport import MOST_CELLS, receive, send
from importer.sources.opened import OpenedSource

if TYPE_CHECKING:
    from importer.core.issues import Problem
    from importer.sources.regrouping import Columns

_KEPT_VARIABLES = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TZ")
_SAVE_AGAIN = "Open it in Excel and save it under a new name as .xlsx, or save the sheet as CSV; then import that file."
_AT_ONCE = CHUNK_ROWS // 5
_CALMED = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""For libraries that would set memory aside for many threads, or keep what they have used. Some is kept, because asking
the system for it anew for each piece would take a fifth of the computing."""


class ReaderError(RuntimeError):
    """The reading process met with a bug of ours; the text is its traceback."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What reading may use: bytes of memory, seconds of computing, and seconds without a sign of life.

    Half of the memory is only set aside by the libraries and never filled.
    """

    memory: int = 3 << 30
    seconds: int = 3600
    silence: float = 120.0


def open_guarded(
    path: Path, options: SourceOptions, bounds: Bounds | None = None, meanwhile: Callable[[], object] | None = None
) -> OpenedSource:
    """The workbook ``path``, opened and read by another process. Raises :class:`SourceError`.

    ``meanwhile`` is done here while that process begins.
    """
    reader = _Reader(path, options, bounds or Bounds())
    try:
        if meanwhile is not None:
            meanwhile()
        found = reader.description()
    except BaseException:
        # An error may be kept for long, and the process with it.
        reader.close()
        raise
    spare: list[_Reader] = [reader]

    def read(size: int) -> Iterator[Chunk]:
        # The process that opened the file serves the first reading; a later one begins with a process of its own.
        used = spare.pop() if spare else _Reader(path, options, bounds or Bounds())
        return used.chunks(size, found["columns"])

    return OpenedSource(path=path, **found, read=read)


class _Reader:
    """One such process, from its start to the end of a reading."""

    def __init__(self, path: Path, options: SourceOptions, bounds: Bounds) -> None:
        self._path = path
        self._bounds = bounds
        self._hung = False
        folder = tempfile.TemporaryDirectory(prefix="importer-reading-", ignore_cleanup_errors=True)
        limits = [str(bounds.memory), str(bounds.seconds)]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-m", "importer.sources.isolation.worker", *limits],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(folder.name),
            # Ctrl-C is for the program, which then ends this process.
            start_new_session=True,
        )
        self._end = weakref.finalize(self, _finish, self._process, folder)
        self._described = False
        self._ask({"path": str(path), "options": asdict(options)})

    def description(self) -> dict[str, Any]:
        """What was found out about the workbook."""
        from importer.sources.isolation.protocol import description

        self._described = True
        with self._judged():
            return description(self._answer()[0])

    def chunks(self, size: int, columns: tuple[Column, ...]) -> Iterator[Chunk]:
        """All rows; the process ends with the reading, also with one that is given up."""
        from importer.sources.regrouping import regrouped, rows_at_once

        labels = [column.label for column in columns]
        at_once = rows_at_once(size, len(labels))
        try:
            # A loop would hold a chunk while the next one arrives.
            yield from map(partial(_chunk, labels=labels), regrouped(self._pieces(at_once, len(labels)), at_once))
        finally:
            self.close()

    def _pieces(self, size: int, columns: int) -> Iterator[Columns[Problem]]:
        """The rows as they arrive: fewer at a time, so that this process alone holds a whole chunk."""
        from importer.sources.isolation.protocol import unpacked

        if not self._described:
            self.description()
        self._ask({"chunks": min(size, _AT_ONCE)})
        rows, room = 0, MOST_CELLS
        while True:
            message, cells = self._answer(room)
            if "end" in message:
                return
            with self._judged():
                piece = unpacked(message, cells, columns)
            room -= sum(map(len, cells))
            del message, cells
            rows += len(piece.rows)
            if rows >= size:
                rows, room = 0, MOST_CELLS
            yield piece
            del piece

    def close(self) -> None:
        """End the process, whatever it is doing, and remove what it left."""
        self._end()

    def _ask(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            send(self._process.stdin, message)
        except OSError:
            # It has ended; its last answer, or that there is none, says why.
            return

    def _answer(self, room: int = MOST_CELLS) -> tuple[dict[str, Any], list[bytes]]:
        assert self._process.stdout is not None
        watch = threading.Timer(self._bounds.silence, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            with self._judged():
                message, cells = receive(self._process.stdout, room)
        finally:
            watch.cancel()
        if "error" in message:
            with self._judged():
                what, remedy = message["error"]
            raise SourceError(str(what), str(remedy))
        if "bug" in message:
            raise ReaderError(str(message["bug"]))
        return message, cells

    def _give_up(self) -> None:
        self._hung = True
        self._process.kill()

    def _judged(self) -> _Judged:
        return _Judged(self)

    def failure(self, error: BaseException) -> SourceError:
        """What to tell people about an answer that did not come, or made no sense."""
        self._process.kill()
        status = self._process.wait()
        if self._hung:
            why = f"nothing came of it for {self._bounds.silence:g} s"
        elif isinstance(error, EOFError):
            why = f"the process that read it broke down ({-status if status < 0 else status})"
        else:
            why = "what the process that read it made of it makes no sense"
        return SourceError(
            f"{self._path} cannot be read: {why}. The file is damaged, made to do harm, or needs more than "
            f"{self._bounds.memory / (1 << 30):g} GB of memory.",
            _SAVE_AGAIN,
        )


def _chunk(found: Columns[Problem], labels: list[str]) -> Chunk:
    return Chunk(found.rows, found.lines, labels, found.columns, tuple(found.said))


class _Judged:
    """Turns what goes wrong with an answer into a :class:`SourceError`."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        # A message without the form that it should have is a ValueError.
        if isinstance(error, EOFError | OSError | TypeError | ValueError):
            raise self._reader.failure(error) from None


def _environment(folder: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, **_CALMED, "TMPDIR": folder, "TEMP": folder, "TMP": folder}


def _finish(process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str]) -> None:
    process.kill()
    for stream in filter(None, (process.stdin, process.stdout)):
        # Something may still have to be written to a process that is gone.
        with contextlib.suppress(OSError):
            stream.close()
    process.wait()
    folder.cleanup()
