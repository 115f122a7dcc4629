"""The process that reads one workbook for the program, with limits, so that a bad file takes nothing else down.

It is started by :mod:`importer.sources.isolation.isolated`, hears requests on its standard input
and answers on its standard output.
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

_MEMORY = "It needs more memory than reading a file may use."
_SMALLER = "Save the sheet as CSV, or split it into smaller files."


def confine(memory: int, seconds: int) -> None:
    """Take at most ``memory`` bytes and so many ``seconds`` of computing, and write no large and no core files.

    Does nothing where the system has no such limits (Windows).
    """
    try:
        import resource
    except ImportError:  # pragma: no cover  the tests run where it is there
        return
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, memory),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(limit)
        allowed = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(limit, (allowed, allowed))


class WithoutPandas:
    """Hides pandas: Arrow would import it, if it is there, to learn whether what it is given is of pandas."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        """Nothing for all other modules, which are then looked for elsewhere."""
        if fullname == "pandas":
            raise ModuleNotFoundError("not in this process", name=fullname)


def serve(requests: Iterator[dict[str, Any]], answers: IO[bytes]) -> None:
    """Open the workbook that the first request names, and send its chunks for each further one."""
    from importer.core.errors import SourceError
    from importer.sources.interface import SourceOptions
    from importer.sources.isolation.protocol import described, packed
    from importer.sources.isolation.transport import send
    from importer.sources.opening import open_here

    try:
        wanted = next(requests)
        source = open_here(Path(wanted["path"]), SourceOptions(**wanted["options"]))
        send(answers, described(source))
        for request in requests:
            for chunk in source.read(int(request["chunks"])):
                send(answers, *packed(chunk))
                # Not to be held while the next one is read.
                del chunk
            send(answers, {"end": True})
    except SourceError as error:
        send(answers, {"error": [error.message, error.remedy]})
    except MemoryError:
        send(answers, {"error": [f"{wanted['path']} cannot be read. {_MEMORY}", _SMALLER]})
    except BrokenPipeError:
        return
    except Exception:  # noqa: BLE001  the traceback goes to the program, which fails with it
        send(answers, {"bug": traceback.format_exc()})


def heard(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """The requests on ``stream``. When it ends the program is gone, and so is this process, whatever it is doing."""
    from importer.sources.isolation.transport import receive

    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def listen() -> None:
        try:
            while True:
                waiting.put(receive(stream)[0])
        except (EOFError, OSError, ValueError):
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield waiting.get()


def main() -> None:
    """Serve standard input and output. Arguments: bytes of memory, seconds of computing."""
    confine(int(sys.argv[1]), int(sys.argv[2]))
    sys.meta_path.insert(0, WithoutPandas())
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints must not get between the answers.
    os.dup2(2, 1)
    serve(heard(sys.stdin.buffer), answers)


if __name__ == "__main__":
    main()
