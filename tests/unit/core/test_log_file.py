"""The log as JSON lines: nothing escapes redaction; the file is private, rotated, and shared by processes."""

from __future__ import annotations

import json
import logging
import multiprocessing
import stat
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from importer.core.errors import SettingsError
from importer.core.logging import LogForm, LogPlace, configure_logging, log_fields, note_in_file
from importer.core.logging import file as log_file
from importer.core.logging.setup import _print_error
from importer.core.redaction import HIDDEN, Secret

KEY = "ground5json5canary5key"
LOG = logging.getLogger("importer.test")


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), logging.getLogger("importer").level
    Secret(KEY)
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    logging.getLogger("importer").setLevel(level)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_line_says_when_who_what_and_for_which_run(tmp_path: Path) -> None:
    """In UTC; run, job and account come from where the work is done, a call from the line itself."""
    path = tmp_path / "new" / "a.jsonl"
    configure_logging(-1, StringIO(), place=LogPlace(path))
    with log_fields(run="r1", account="india", job=""), log_fields(job="nightly"):
        LOG.info("call %d", 7, extra={"call": 7, "rows": {"created": 2}, "some": [1.5, None, True, float("nan")]})
    LOG.info("outside")
    LOG.debug("not kept")
    first, second = _lines(path)
    assert first.pop("time").endswith("+00:00")
    assert first.pop("pid") > 0
    assert first == {
        "level": "info",
        "logger": "importer.test",
        "message": "call 7",
        "run": "r1",
        "account": "india",
        "job": "nightly",
        "call": 7,
        "rows": {"created": 2},
        "some": [1.5, None, True, "nan"],
    }
    assert set(second) == {"time", "level", "logger", "message", "pid"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_no_key_in_any_field(tmp_path: Path) -> None:
    """Message, arguments, names and values of extras at any depth, numbers, tracebacks and stacks."""
    path, digits = tmp_path / "a.jsonl", Secret("90210777")
    configure_logging(2, StringIO(), place=LogPlace(path))
    deep: Any = KEY
    for _ in range(6):
        deep = {KEY: [deep]}
    extra = {"deep": deep, KEY: 1, "digits": int(digits.reveal()), "access_key": "never seen before", "level": "fake"}
    try:
        raise ValueError(f"bad {KEY}\x1b[31m")
    except ValueError:
        with log_fields(run=KEY):
            LOG.exception("with %s", f"{KEY}\r\n\u202e", extra=extra, stack_info=True)
    text = path.read_text("utf-8")
    assert text.count("\n") == 1
    assert text.isascii()
    for hidden in (KEY, "90210777", "never seen before"):
        assert hidden not in text
    (line,) = _lines(path)
    assert line["message"] == f"with {HIDDEN}\\r\\n\\u202e"
    assert (line["level"], line["level_"], line["access_key"], line["run"]) == ("error", "fake", HIDDEN, HIDDEN)
    assert line["traceback"].count("\n") > 2
    assert "\x1b" not in line["traceback"]
    assert "Stack" in line["stack"]


def test_an_endless_text_is_cut(tmp_path: Path) -> None:
    """It would push everything else out of the files."""
    configure_logging(0, StringIO(), place=LogPlace(tmp_path / "a.jsonl"))
    LOG.info("x" * 100_000)
    assert len((tmp_path / "a.jsonl").read_text("utf-8")) < 25_000


def test_the_form_can_be_chosen_for_both(tmp_path: Path) -> None:
    """By default text on the terminal and JSON in the file."""
    for form, starts in ((None, ("2", "{")), (LogForm.JSON, ("{", "{")), (LogForm.TEXT, ("2", "2"))):
        stream, path = StringIO(), tmp_path / f"{form}.log"
        configure_logging(0, stream, form=form, place=LogPlace(path))
        LOG.warning("word")
        assert (stream.getvalue()[0], path.read_text("utf-8")[0]) == starts


def test_errors_told_on_the_terminal_are_kept_in_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those for people and those that are bugs, each once; without a file nothing happens."""
    note_in_file("nowhere")
    configure_logging(0, place=LogPlace(tmp_path / "a.jsonl"))
    note_in_file("The disk is full.", status=1)
    try:
        raise RuntimeError("bug")
    except RuntimeError as error:
        _print_error(type(error), error, error.__traceback__)
    told, bug = _lines(tmp_path / "a.jsonl")
    assert (told["level"], told["message"], told["status"]) == ("error", "The disk is full.", 1)
    assert "RuntimeError: bug" in bug["traceback"]
    assert "disk" not in capsys.readouterr().err


def test_rotation_keeps_so_many_private_files(tmp_path: Path) -> None:
    """The oldest lines go; all files are ours alone."""
    configure_logging(0, StringIO(), place=LogPlace(tmp_path / "a.jsonl", size=1_000, keep=2))
    for number in range(60):
        LOG.info("line %d", number)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["a.jsonl", "a.jsonl.1", "a.jsonl.2", "a.jsonl.lock"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())
    assert _lines(tmp_path / "a.jsonl")[-1]["message"] == "line 59"
    assert all(path.stat().st_size <= 1_000 for path in tmp_path.iterdir())


def test_a_file_that_logrotate_moved_away_is_left(tmp_path: Path) -> None:
    """The next line is in a new file of the old name; also after the file was removed."""
    path = tmp_path / "a.jsonl"
    configure_logging(0, StringIO(), place=LogPlace(path, size=0))
    LOG.info("one")
    path.rename(tmp_path / "old.jsonl")
    LOG.info("two")
    assert [line["message"] for line in _lines(path)] == ["two"]
    path.unlink()
    LOG.info("three")
    assert [line["message"] for line in _lines(path)] == ["three"]


def _write_many(path: Path, who: int) -> None:
    configure_logging(-1, StringIO(), place=LogPlace(path, size=4_000, keep=100))
    for number in range(150):
        LOG.info("%d:%d", who, number)


@pytest.mark.slow
def test_processes_that_rotate_one_file_lose_no_line(tmp_path: Path) -> None:
    """The service and imports by hand write into one file."""
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_write_many, args=(tmp_path / "a.jsonl", who)) for who in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    files = [path for path in tmp_path.iterdir() if path.suffix != ".lock"]
    assert len(files) > 3
    found = sorted(line["message"] for path in files for line in _lines(path))
    assert found == sorted(f"{who}:{number}" for who in range(3) for number in range(150))


@pytest.mark.slow
def test_a_lock_that_is_not_given_back_delays_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a process that was stopped while it wrote: the line is appended without the lock."""
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(log_file, "_LOCK_WAIT_SECONDS", 0.02)
    configure_logging(0, StringIO(), place=LogPlace(tmp_path / "a.jsonl", size=10))
    with (tmp_path / "a.jsonl.lock").open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        LOG.info("one")
        LOG.info("two")
    assert [line["message"] for line in _lines(tmp_path / "a.jsonl")] == ["one", "two"]


def test_a_log_that_cannot_be_written_any_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said once, and the import goes on."""
    folder = tmp_path / "logs"
    configure_logging(-1, StringIO(), place=LogPlace(folder / "a.jsonl"))
    (folder / "a.jsonl.lock").unlink()
    (folder / "a.jsonl.lock").symlink_to(tmp_path / "elsewhere")
    LOG.info("one")
    LOG.info("two")
    assert capsys.readouterr().err == "Lines of the log could not be written to a.jsonl.\n"
    assert not (tmp_path / "elsewhere").exists()


def test_a_place_that_cannot_be_is_told_at_once(tmp_path: Path) -> None:
    """A folder of that name, and a link to a file of somebody else."""
    (tmp_path / "link").symlink_to(tmp_path / "other")
    for path in (tmp_path, tmp_path / "link"):
        with pytest.raises(SettingsError, match="log cannot be written") as told:
            configure_logging(0, StringIO(), place=LogPlace(path))
        assert "--log-file" in told.value.remedy
    assert not (tmp_path / "other").exists()


def test_threads_do_not_share_fields(tmp_path: Path) -> None:
    """Two accounts are worked on beside each other."""
    configure_logging(0, StringIO(), place=LogPlace(tmp_path / "a.jsonl"))
    with log_fields(account="india"):
        thread = threading.Thread(target=lambda: LOG.info("other"))
        thread.start()
        thread.join()
    # From Python 3.14 on, some builds let threads inherit them; never the other way round.
    assert sys.version_info >= (3, 14) or "account" not in _lines(tmp_path / "a.jsonl")[0]
