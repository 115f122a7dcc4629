"""A separate process reads workbooks: whatever happens to it, the program goes on and reports what to do."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.core.errors import SourceError
from importer.sources import arrow_columns, open_source
from importer.sources.interface import SourceOptions
from importer.sources.isolation import isolated
from importer.sources.isolation.isolated import ReaderError, ReaderLimits, open_isolated
from importer.sources.isolation.protocol import decode_chunk, decode_source, encode_source, receive, send
from importer.sources.isolation.worker import PandasBlocker, read_requests, serve
from importer.sources.opening import open_in_process
from tests.support.source_files import as_csv, as_xlsx, rows_of

NONE = SourceOptions()


def reader_processes() -> list[int]:
    """The reading processes of this one that are alive."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_text("utf-8").split("\0")
                parent = (entry / "stat").read_text("utf-8").rpartition(")")[2].split()[1]
            except OSError:
                continue
            if "importer.sources.isolation.worker" in words and parent == str(os.getpid()):
                found.append(int(entry.name))
    return found


def replace_reader(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Run another program in place of the reading process."""
    really = isolated.subprocess.Popen

    def start(command: list[str], **named: Any) -> Any:
        return really([sys.executable, "-c", script], **named)

    monkeypatch.setattr(isolated.subprocess, "Popen", start)


@pytest.mark.slow
def test_a_killed_reader_is_an_error_for_people(tmp_path: Path) -> None:
    """Killed as by the system for its memory: the file, what happened, what to do; no process is left."""
    source = open_source(as_xlsx(tmp_path / "people.xlsx"), NONE)
    (child,) = reader_processes()
    os.kill(child, signal.SIGKILL)
    while Path(f"/proc/{child}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.001)
    with pytest.raises(SourceError, match=r"people\.xlsx cannot be read: the process that read it broke") as caught:
        list(source.chunks())
    assert "save it under a new name" in caught.value.remedy
    assert reader_processes() == []


@pytest.mark.slow
def test_a_reader_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever."""
    replace_reader(monkeypatch, "import time; time.sleep(60)")
    with pytest.raises(SourceError, match=r"nothing came of it for 0\.2 s"):
        open_isolated(as_xlsx(tmp_path / "people.xlsx"), NONE, ReaderLimits(silence=0.2))


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer",
    [
        "b'rubbish that is long enough for a head'",
        "b'\\0\\0\\0\\5' + bytes(4) + b'12345'",
        "b'\\0\\0\\0\\5' + bytes(4) + b'{{{{{'",
        "b'\\0\\0\\0\\2' + bytes(4) + b'{}'",
        "b'\\0\\0\\0\\x0e' + bytes(4) + b'{\"error\": [1]}'",
        "b'\\0'",
    ],
)
def test_a_reader_that_talks_nonsense_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """The file may have taken the process over."""
    replace_reader(monkeypatch, f"import sys; sys.stdout.buffer.write({answer}); sys.stdout.flush(); sys.stdin.read()")
    with pytest.raises(SourceError, match="cannot be read"):
        open_isolated(as_xlsx(tmp_path / "people.xlsx"), NONE, ReaderLimits(silence=0.5))


@pytest.mark.slow
def test_a_reader_that_floods_a_chunk_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small its pieces are. What counts is a chunk: a long file may hold any number of them."""
    path = as_xlsx(tmp_path / "people.xlsx")
    monkeypatch.setattr(isolated, "MAX_CELL_BYTES", 5000)
    assert len(list(open_source(path, NONE).chunks(1))) == len(rows_of(open_in_process(path, NONE)))
    monkeypatch.setattr(isolated, "MAX_CELL_BYTES", 1000)
    with pytest.raises(SourceError, match="makes no sense"):
        list(open_source(path, NONE).chunks())
    assert reader_processes() == []


@pytest.mark.slow
def test_chunks_of_wide_sheets_have_fewer_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program puts no more cells together than it should, whatever arrives at once."""
    source = open_source(as_xlsx(tmp_path / "people.xlsx"), NONE)
    monkeypatch.setattr(arrow_columns, "_MAX_CELLS", 2 * len(source.columns) + 1)
    found = [len(chunk.rows) for chunk in source.chunks()]
    assert set(found[:-1]) == {2}
    assert sum(found) == len(rows_of(open_in_process(source.path, NONE)))


@pytest.mark.slow
def test_too_little_memory_is_said(tmp_path: Path) -> None:
    """A file that needs more than reading may use ends with words, whatever the shortage breaks."""
    with pytest.raises(SourceError, match="memory"):
        list(open_isolated(as_xlsx(tmp_path / "people.xlsx"), NONE, ReaderLimits(memory=150 << 20)).chunks())


@pytest.mark.slow
def test_errors_of_reading_come_through_as_they_are(tmp_path: Path) -> None:
    """With the words and the advice of the reader itself."""
    path = as_xlsx(tmp_path / "people.xlsx")
    with pytest.raises(SourceError) as here:
        open_in_process(path, SourceOptions(sheet="Nobody"))
    with pytest.raises(SourceError) as there:
        open_source(path, SourceOptions(sheet="Nobody"))
    assert (there.value.message, there.value.remedy) == (here.value.message, here.value.remedy)


@pytest.mark.slow
def test_a_bug_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no fault of the file, and is not reported as one."""
    script = (
        'import sys, struct; t = b\'{"bug": "Traceback: ZeroDivisionError"}\'; sys.stdout.buffer.write('
        "struct.pack('>II', len(t), 0) + t); sys.stdout.flush(); sys.stdin.read()"
    )
    replace_reader(monkeypatch, script)
    with pytest.raises(ReaderError, match="ZeroDivisionError"):
        open_isolated(as_xlsx(tmp_path / "people.xlsx"), NONE)


@pytest.mark.slow
def test_a_reading_that_is_given_up_ends_its_process(tmp_path: Path) -> None:
    """And one that was never begun, when its generator can no longer be started."""
    source = open_source(as_xlsx(tmp_path / "people.xlsx"), NONE)
    assert len(reader_processes()) == 1
    reading = source.chunks(1)
    next(reading)
    reading.close()
    assert reader_processes() == []
    other = open_source(as_xlsx(tmp_path / "people.xlsx"), NONE)
    assert len(reader_processes()) == 1
    del other
    assert reader_processes() == []


@pytest.mark.slow
def test_the_reader_knows_nothing_and_ends_with_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable but a few harmless ones, a temporary folder of its own, and no life after the program's."""
    monkeypatch.setenv("LEADSQUARED_ACCESS_KEY", "canary0key0that0must0never0appear")
    source = open_source(as_xlsx(tmp_path / "people.xlsx"), NONE)
    (child,) = reader_processes()
    names = {line.partition("=")[0] for line in Path(f"/proc/{child}/environ").read_text("utf-8").split("\0") if line}
    assert names <= {*isolated._KEPT_VARIABLES, *isolated._MEMORY_SETTINGS, "TMPDIR", "TEMP", "TMP", "LC_CTYPE"}
    variables = Path(f"/proc/{child}/environ").read_text("utf-8").split("\0")
    (folder,) = [Path(line.partition("=")[2]) for line in variables if line.startswith("TMPDIR=")]
    assert folder.is_dir()
    limits = Path(f"/proc/{child}/limits").read_text("utf-8")
    assert str(ReaderLimits().memory) in limits
    del source
    # The thread that watches over an answer may still be ending, and holds the reader until then.
    deadline = time.monotonic() + 10
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not folder.exists()


def test_text_files_need_no_process(tmp_path: Path) -> None:
    """They are read where they always were."""
    source = open_source(as_csv(tmp_path / "people.csv"), NONE)
    assert reader_processes() == []
    assert len(rows_of(source)) == 3 or rows_of(source)


# --- the process itself, in this one


class RecordedAnswers:
    """A stream that records the messages written to it."""

    def __init__(self) -> None:
        self.stream = io.BytesIO()

    def messages(self) -> list[tuple[dict[str, Any], bytes]]:
        self.stream.seek(0)
        found = []
        while True:
            try:
                found.append(receive(self.stream))
            except EOFError:
                return found


def answers_to(path: Path, *more: dict[str, Any]) -> list[tuple[dict[str, Any], bytes]]:
    recorded = RecordedAnswers()
    options = {"sheet": None, "header_row": None, "encoding": None, "delimiter": None, "pad_short_rows": False}
    serve(iter([{"path": str(path), "options": options}, *more]), recorded.stream)
    return recorded.messages()


def test_a_reader_describes_and_sends_chunks(tmp_path: Path) -> None:
    """First the description of the source, then the rows, then the mark of the end."""
    path = as_xlsx(tmp_path / "people.xlsx")
    first, *chunks, end = answers_to(path, {"chunks": 2})
    here = open_in_process(path, NONE)
    description = decode_source(first[0])
    assert description == {name: getattr(here, name) for name in description}
    assert encode_source(here) == first[0]
    assert sum(len(decode_chunk(*chunk, len(description["columns"])).rows) for chunk in chunks) == len(rows_of(here))
    assert end[0] == {"end": True}


def test_a_reader_tells_what_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad file, a lack of memory, a bug, a program that has gone away."""
    from importer.sources import opening

    path = as_xlsx(tmp_path / "people.xlsx")
    ((missing, _),) = answers_to(tmp_path / "none.xlsx")
    assert "There is no file" in missing["error"][0]

    def failing(error: BaseException) -> Callable[..., Any]:
        def fail(*_: Any) -> Any:
            raise error

        return fail

    monkeypatch.setattr(opening, "open_in_process", failing(MemoryError()))
    ((short, _),) = answers_to(path)
    assert "more memory" in short["error"][0]
    monkeypatch.setattr(opening, "open_in_process", failing(ZeroDivisionError("x")))
    ((bug, _),) = answers_to(path)
    assert "ZeroDivisionError" in bug["bug"]
    monkeypatch.setattr(opening, "open_in_process", failing(BrokenPipeError()))
    assert answers_to(path) == []


def test_a_reader_hears_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other; at their end it is over, whatever it does just then."""
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    stream = io.BytesIO()
    send(stream, {"a": 1})
    send(stream, {"b": 2})
    stream.seek(0)
    requests = read_requests(stream)
    assert [next(requests), next(requests)] == [{"a": 1}, {"b": 2}]
    while not ended:
        time.sleep(0.001)
    assert ended == [0]


def test_a_reader_is_its_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits first, then requests from standard input; what libraries print goes elsewhere."""
    from importer.core import platform
    from importer.sources.isolation import worker

    seen: list[object] = []
    monkeypatch.setattr(sys, "argv", ["reader", "1000", "60"])
    monkeypatch.setattr(platform, "limit_resources", lambda *limits: seen.append(limits))
    monkeypatch.setattr(worker, "serve", lambda requests, answers: seen.append(answers.mode))
    monkeypatch.setattr(worker, "read_requests", lambda stream: iter([]))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    monkeypatch.setattr(os, "dup", lambda _: os.open(tmp_path / "answers", os.O_WRONLY | os.O_CREAT))
    monkeypatch.setattr(os, "dup2", lambda *which: seen.append(which))
    worker.main()
    assert seen == [(1000, 60), (2, 1), "wb"]


@pytest.mark.slow
def test_a_reader_does_without_pandas(tmp_path: Path) -> None:
    """Its libraries do not find pandas, and find everything else."""
    hidden = PandasBlocker()
    assert hidden.find_spec("pyarrow") is None
    with pytest.raises(ModuleNotFoundError, match="not in this process"):
        hidden.find_spec("pandas")
    path = as_xlsx(tmp_path / "people.xlsx")
    program = (
        "import sys; from importer.sources.isolation.worker import PandasBlocker; sys.meta_path.insert(0, PandasBlocker());"
        "from pathlib import Path; from importer.sources.opening import open_in_process;"
        "from importer.sources.interface import SourceOptions;"
        "source = open_in_process(Path(sys.argv[1]), SourceOptions());"
        "print(sum(len(chunk.rows) for chunk in source.chunks()), 'pandas' in sys.modules)"
    )
    process = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    assert process.stdout.split() == [str(len(rows_of(open_in_process(path, NONE)))), "False"]


@pytest.mark.slow
def test_who_asks_for_no_frame_reads_without_pandas(tmp_path: Path) -> None:
    """The text arrives as it is; pandas is imported with the first frame."""
    path = as_xlsx(tmp_path / "people.xlsx")
    program = (
        "import sys; from pathlib import Path; from importer.sources import open_source;"
        "from importer.sources.interface import SourceOptions;"
        "chunks = list(open_source(Path(sys.argv[1]), SourceOptions()).chunks());"
        "print(sum(len(chunk.columns[0]) for chunk in chunks), 'pandas' in sys.modules);"
        "print(sum(len(chunk.cells) for chunk in chunks), 'pandas' in sys.modules)"
    )
    process = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    rows = str(len(rows_of(open_in_process(path, NONE))))
    assert process.stdout.split() == [rows, "False", rows, "True"]


@pytest.mark.slow
def test_something_else_is_done_while_the_process_begins(tmp_path: Path) -> None:
    """For a workbook only: a text file is looked at by the caller itself."""
    done: list[str] = []
    open_source(as_xlsx(tmp_path / "people.xlsx"), NONE, meanwhile=lambda: done.append("workbook"))
    open_source(as_csv(tmp_path / "people.csv"), NONE, meanwhile=lambda: done.append("text"))
    assert done == ["workbook"]
