"""Standard input, output and error as they may come: closed, a full disk, a pager that quit, an old character set."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

import click

from importer.core.errors import ReportError


def make_steady() -> None:
    """Open what was closed, so that no file of ours gets its number, and show unknown characters as escapes.

    Python has no stream object for a number that was closed at its start.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is given out first, which is this one.
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  open as long as the program
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  the same
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  the same
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class _Told:
    """Whether the last text on standard error has left its line unfinished."""

    unfinished = False


def say(text: str, *, line: bool = True) -> None:
    """Progress on standard error; a whole ``line`` begins below one that is still being drawn.

    Nobody listening is no reason to stop an import.
    """
    if line and _Told.unfinished:
        text = f"\n{text}"
    _Told.unfinished = not line and not text.endswith(("\n", "\r"))
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, err=True, nl=line)


def answer(text: str) -> None:
    """Print the answer of a command that has done its work. A reader that went away takes nothing from that.

    Raises :class:`ReportError` when it cannot be written, as into a file on a full disk.
    """
    try:
        click.echo(text)
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        raise ReportError(
            f"The answer cannot be printed: {error.strerror or error}.",
            "What was sent is recorded, and the reports are written; list the runs: importer runs",
        ) from None


def silence(stream: TextIO) -> None:
    """Let what is still waiting to be written to ``stream`` go nowhere, so that the end of the program is quiet."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
