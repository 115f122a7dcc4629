"""The process that reads one workbook for the program, with limits on memory and time.

:mod:`importer.sources.isolation.isolated` starts it; it reads requests from standard input and writes its answers to
standard output.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any


class PandasBlocker:
    """An import hook that hides pandas, which Arrow would otherwise import, only to recognise its objects."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Raise :class:`ModuleNotFoundError` for pandas; leave all other modules to the next finder."""
        if fullname == "pandas":
            raise ModuleNotFoundError("not in this process", name=fullname)


def serve(requests: Iterator[dict[str, Any]], answers: IO[bytes]) -> None:
    """Open the workbook of the first request, and answer each further request with all of its chunks."""
    # Before the ``try``: if the memory does not suffice for these libraries, the process must fail, not report a bug.
    import numpy  # noqa: F401
    import pyarrow  # noqa: F401

    from importer.core.errors import SourceError
    from importer.sources.interface import SourceOptions
    from importer.sources.isolation.protocol import encode_chunk, encode_source, send
    from importer.sources.opening import open_in_process

    try:
        first = next(requests)
        source = open_in_process(Path(first["path"]), SourceOptions(**first["options"]))
        send(answers, encode_source(source))
        for request in requests:
            for chunk in source.chunks(int(request["chunks"])):
                send(answers, *encode_chunk(chunk))
                # Free its memory before the next one is read.
                del chunk
            send(answers, {"end": True})
    except SourceError as error:
        send(answers, {"error": [error.message, error.remedy], "sheets": error.sheets})
    except MemoryError:
        message = f"{first['path']} cannot be read. It needs more memory than reading a file may use."
        send(answers, {"error": [message, "Save the sheet as CSV, or split it into smaller files."]})
    except BrokenPipeError:
        return
    except Exception:  # noqa: BLE001  the traceback goes to the program, which fails with it
        send(answers, {"bug": traceback.format_exc()})


def read_requests(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Yield the requests on ``stream``. At its end the program is gone, and this process exits at once."""
    from importer.sources.isolation.protocol import receive

    pending: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def receive_all() -> None:
        try:
            while True:
                pending.put(receive(stream)[0])
        except (EOFError, OSError, ValueError):
            os._exit(0)

    threading.Thread(target=receive_all, daemon=True).start()
    while True:
        yield pending.get()


def main() -> None:
    """Serve standard input and output. Arguments: bytes of memory, seconds of computing."""
    from importer.core.platform import limit_resources

    limit_resources(int(sys.argv[1]), int(sys.argv[2]))
    sys.meta_path.insert(0, PandasBlocker())
    answers = os.fdopen(os.dup(1), "wb")
    # Send the output of libraries to standard error, so that it does not mix with the answers.
    os.dup2(2, 1)
    serve(read_requests(sys.stdin.buffer), answers)


if __name__ == "__main__":
    main()
