"""Standard input, output and error, also when closed, on a full disk, behind a pager that quit, or without Unicode."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

import click

from importer.core.errors import ReportError
from importer.core.redaction import redact
from importer.core.text import display_text, escape_text


def prepare_streams() -> None:
    """Open streams that were closed, so that no file gets their number, and print unknown characters as escapes.

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


_live_display: list[Callable[[], None]] = []


def set_live_display(stop: Callable[[], None] | None) -> None:
    """Register the function that ends what is being drawn on the terminal; ``None`` when nothing is any more."""
    _live_display[:] = [] if stop is None else [stop]


def stop_live_display() -> None:
    """End what is being drawn on the terminal, so that the next text begins below it."""
    for stop in list(_live_display):
        stop()


def print_message(text: str) -> None:
    """Print a line on standard error, below a progress bar; failures are ignored, since no import depends on it."""
    stop_live_display()
    with contextlib.suppress(OSError, ValueError):
        click.echo(text, err=True)


def print_output(text: str) -> None:
    """Print the result of a command on standard output; a closed pipe is ignored, because the work is done.

    Raises :class:`ReportError` when it cannot be written, as into a file on a full disk.
    """
    stop_live_display()
    try:
        click.echo(text)
    except BrokenPipeError:
        discard_output(sys.stdout)
    except OSError as error:
        discard_output(sys.stdout)
        raise ReportError(
            f"The answer cannot be printed: {error.strerror or error}.",
            "What was sent is recorded, and the reports are written; list the runs: importer runs",
        ) from None


def print_lines(text: str) -> None:
    """Print a text of several lines, with control and direction characters escaped and keys hidden."""
    print_output(escape_text(redact(text.rstrip()), keep="\n"))


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object on standard output, with control and direction characters as JSON's escapes.

    Where standard output has no Unicode, such as a file or pipe on Windows, all but ASCII is escaped.
    """
    is_unicode = "utf" in (sys.stdout.encoding or "").lower()
    print_output(display_text(json.dumps(content, ensure_ascii=not is_unicode)))


def discard_output(stream: TextIO) -> None:
    """Redirect ``stream`` to the null device, so that flushing it at the end of the program raises nothing."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
