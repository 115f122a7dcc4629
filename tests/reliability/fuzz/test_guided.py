"""The harnesses of guided fuzzing work: they read what they begin with, and a fault in what they call comes out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from importer.core.errors import SourceError
from tests.reliability.fuzz import answer_checks, guided, harnesses, mapping_checks, reading_checks
from tests.reliability.fuzz.harnesses import HARNESSES, dictionary, packed, unpacked
from tests.reliability.fuzz.reading_checks import bounded


@pytest.mark.parametrize("name", HARNESSES)
def test_the_seeds_are_read(name: str, tmp_path: Path) -> None:
    """Each as what it is meant to be, within the bounds of time and memory."""
    harness = HARNESSES[name]
    for number, seed in enumerate(harness.seeds(tmp_path)):
        assert len(seed) <= guided.LARGEST
        with bounded():
            assert harness.read(seed, tmp_path), f"seed {number}"


@pytest.mark.parametrize("name", HARNESSES)
@pytest.mark.parametrize("rubbish", [b"", b"\0", b"\xff" * 40, b"\n%% \n%% a\n%% a\n", b'\0\0\0\0\0{"a":', b"a: [1"])
def test_rubbish_is_refused(name: str, rubbish: bytes, tmp_path: Path) -> None:
    """A refusal with words is no fault."""
    with bounded():
        assert not HARNESSES[name].read(rubbish, tmp_path)


def breaking(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("broken on purpose")


@pytest.mark.parametrize(
    ("name", "module", "called"),
    [
        ("text", reading_checks, "open_in_process"),
        ("workbook", reading_checks, "open_in_process"),
        ("mapping", mapping_checks, "parse_mapping"),
        ("answer", answer_checks, "classify"),
        ("answer", answer_checks, "read_lead_fields"),
        ("answer", harnesses, "parse_json"),
    ],
)
def test_a_fault_comes_out(
    name: str, module: Any, called: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that is no error with a remedy ends the harness."""
    seed = HARNESSES[name].seeds(tmp_path)[0]
    monkeypatch.setattr(module, called, breaking)
    with pytest.raises((AssertionError, ZeroDivisionError), match="broken on purpose"):
        HARNESSES[name].read(seed, tmp_path)


def test_an_error_without_words_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal has to say something."""

    def refuse(*_: Any) -> Any:
        raise SourceError("", "")

    monkeypatch.setattr(reading_checks, "open_in_process", refuse)
    with pytest.raises(AssertionError, match="an error without a message"):
        HARNESSES["text"].read(b"\0" * 6 + b"Name\na\n", tmp_path)


def test_workbooks_stay_what_they_are(tmp_path: Path) -> None:
    """Taken apart and put together again they hold the same parts."""
    for content in harnesses.originals(tmp_path):
        parts = unpacked(content)
        assert unpacked(packed(parts)) == parts


def test_words_are_written_for_the_fuzzer() -> None:
    """As bytes, each once, and none of the longest."""
    assert dictionary([b"a\xff", b"", b"a\xff", b"x" * 65, b'"']) == '"\\x61\\xff"\n"\\x22"\n'


@pytest.mark.parametrize("names", [[], ["text"]])
def test_without_atheris(names: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A message and the exit status say that nothing was done."""
    monkeypatch.setitem(sys.modules, "atheris", None)
    assert guided.main(names) == 1
    assert "nothing was fuzzed" in capsys.readouterr().out


OUTPUT = """#2	INITED cov: 5 ft: 9 corp: 1/1b
#1024	NEW    cov: 7 ft: 12 corp: 2/2b
#2048	DONE   cov: 7 ft: 12 corp: 2/2b
"""


def test_what_a_run_reached() -> None:
    """From the first to the last line of the fuzzer."""
    assert guided.format_progress(OUTPUT) == "2,048 executions, branches 5 to 7, features 9 to 12"
    assert guided.format_progress("no module") == "it did not begin"


def process(script: str) -> Callable[..., Any]:
    """In the place of ``subprocess.run``: another program."""
    really = guided.subprocess.run
    return lambda command, **named: really([sys.executable, "-c", script], **named)


@pytest.mark.parametrize(("script", "well"), [("print('#1 DONE cov: 1 ft: 1')", True), ("raise SystemExit(77)", False)])
def test_a_run_says_whether_all_was_well(
    script: str, well: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault is printed with the path where its input lies."""
    monkeypatch.setattr(guided, "KEPT", tmp_path)
    monkeypatch.setattr(guided.subprocess, "run", process(script))
    assert guided.run("text", 1) is well
    assert (f"lies in {tmp_path / 'text'}" in capsys.readouterr().out) is not well


DEATH = "==1== ERROR: libFuzzer: deadly signal\nTest unit written to {}"


@pytest.mark.parametrize(
    ("data", "words", "well"),
    [
        (b"\0\0PK\x03\x04", DEATH, True),
        (b"\0\0Name\na\n", DEATH, False),
        (b"\0\0PK\x03\x04", "Uncaught Python exception\nTest unit written to {}", False),
        (b"\0\0PK\x03\x04", "==1== ERROR: libFuzzer: deadly signal", False),
    ],
    ids=["refused", "read", "an exception", "nothing written"],
)
def test_a_death_is_no_fault_if_the_program_has_words(data: bytes, words: str, well: bool, tmp_path: Path) -> None:
    """The reader of workbooks may break down; what it broke down of is kept only if the program does not refuse it."""
    found = tmp_path / "found-crash-1"
    found.write_bytes(data)
    assert guided.survived("workbook", words.format(found)) is well
    assert found.exists() is not well
    assert not guided.survived("text", DEATH.format(found) if found.exists() else "")
