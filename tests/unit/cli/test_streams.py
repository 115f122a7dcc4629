"""Streams as they may come: closed, gone, full."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from importer.cli import main, streams
from importer.core.errors import ReportError


def broken(error: OSError) -> object:
    def echo(*given: object, **named: object) -> None:
        raise error

    return echo


def test_nobody_listens_to_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    """Progress that cannot be written is no error."""
    monkeypatch.setattr("click.echo", broken(BrokenPipeError()))
    streams.print_message("text")
    monkeypatch.setattr("click.echo", broken(OSError(28, "No space left on device")))
    streams.print_message("text")


def test_a_reader_that_went_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is not read any more: no error, and what still waits goes nowhere."""
    silenced = []
    monkeypatch.setattr("click.echo", broken(BrokenPipeError()))
    monkeypatch.setattr(streams, "discard_output", silenced.append)
    streams.print_output("text")
    assert silenced == [sys.stdout]


def test_an_answer_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is a failure in words."""
    monkeypatch.setattr("click.echo", broken(OSError(28, "No space left on device")))
    monkeypatch.setattr(streams, "discard_output", lambda stream: None)
    with pytest.raises(ReportError, match="cannot be printed: No space left"):
        streams.print_output("text")


def test_silence() -> None:
    """A stream that is silenced takes what is written and shows nothing of it."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream:
        streams.discard_output(stream)
        stream.write("unseen")
    assert os.read(reading, 10) == b""
    os.close(reading)


@pytest.mark.slow
def test_closed_streams_are_opened() -> None:
    """A program that starts without streams gets harmless ones, so no file of ours is taken for them."""
    script = (
        "import os, sys\n"
        "from importer.cli.streams import prepare_streams\n"
        "prepare_streams()\n"
        "print('unheard'); print('unheard', file=sys.stderr)\n"
        "os._exit(0 if all(os.readlink(f'/proc/self/fd/{n}') == os.devnull for n in range(3)) and sys.stdin else 3)\n"
    )
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "$SCRIPT" <&- >&- 2>&-'], env={**os.environ, "SCRIPT": script}
    )
    assert done.returncode == 0


def test_no_memory_and_a_broken_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Both end with 1, without a traceback."""
    monkeypatch.setattr(main, "discard_output", lambda stream: None)
    for error in (MemoryError(), BrokenPipeError()):

        def fail(**given: object) -> None:
            raise error  # noqa: B023  used at once

        monkeypatch.setattr(main.cli, "main", fail)
        assert main.run(["runs"]) == 1
    assert "memory of this computer" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_json_is_json_whatever_characters_the_output_knows(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """Python's own escapes of unknown characters, such as \\x81, are none of JSON's."""
    output = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace", write_through=True)
    monkeypatch.setattr(sys, "stdout", output)
    streams.print_json({"results": "₹ é \x81 😀"})
    assert json.loads(output.buffer.getvalue().decode(encoding)) == {"results": "₹ é \x81 😀"}  # type: ignore[attr-defined]  # BytesIO
