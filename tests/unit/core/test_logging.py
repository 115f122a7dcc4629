"""The log: levels, redaction, one line for one event, quiet libraries, safe tracebacks."""

from __future__ import annotations

import http.client
import io
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from importer.core.logging import configure_logging, redact_tracebacks
from importer.core.redaction import HIDDEN, Secret

KEY = "ground0log0canary0key"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), logging.getLogger("importer").level
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    Secret(KEY)
    yield
    root.handlers[:] = handlers
    logging.getLogger("importer").setLevel(level)
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks


@pytest.mark.parametrize(
    ("verbosity", "said"),
    [(-1, ["e"]), (0, ["w", "e"]), (1, ["i", "w", "e"]), (2, ["d", "i", "w", "e"]), (9, ["d", "i", "w", "e"])],
)
def test_levels(verbosity: int, said: list[str]) -> None:
    """Each step of verbosity says more."""
    stream = io.StringIO()
    configure_logging(verbosity, stream)
    log = logging.getLogger("importer.test")
    for say, text in ((log.debug, "d"), (log.info, "i"), (log.warning, "w"), (log.error, "e")):
        say(text)
    assert [line[-1] for line in stream.getvalue().splitlines()] == said


def test_the_newest_set_up_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """Set up twice, a line is still written once, and to standard error unless a stream is given."""
    old = io.StringIO()
    configure_logging(0, old)
    configure_logging(0)
    logging.getLogger("importer.test").error("once")
    assert capsys.readouterr().err.count("once") == 1
    assert old.getvalue() == ""


def test_keys_are_hidden_in_message_arguments_and_traceback() -> None:
    """Wherever in a line a key would stand."""
    stream = io.StringIO()
    configure_logging(2, stream)
    try:
        raise ValueError(f"bad header {KEY}")
    except ValueError:
        logging.getLogger("importer.test").exception("with %s", KEY)
    text = stream.getvalue()
    assert KEY not in text
    assert f"with {HIDDEN}" in text
    assert "Traceback" in text
    assert text.count("\n") > 3


def test_an_event_is_one_line() -> None:
    """A name with line breaks, escapes or direction marks cannot make up lines or colours."""
    stream = io.StringIO()
    configure_logging(2, stream)
    logging.getLogger("importer.test").warning("file %s", "a\r\nERROR fake\x1b[31m\u202e.csv")
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().endswith("file a\\r\\nERROR fake\\u001b[31m\\u202e.csv\n")


def test_libraries_are_quiet_whatever_was_asked() -> None:
    """Their debug lines hold addresses and headers."""
    stream = io.StringIO()
    http.client.HTTPConnection.debuglevel = 1
    configure_logging(9, stream)
    for name in ("urllib3", "urllib3.connectionpool", "requests", "httpx", "sqlalchemy.engine", "some.other"):
        logging.getLogger(name).debug("chatter")
        logging.getLogger(name).info("chatter")
    assert stream.getvalue() == ""
    assert http.client.HTTPConnection.debuglevel == 0


def test_a_line_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong arguments do not print the record; a closed stream does not raise."""
    stream = io.StringIO()
    # pytest's own handlers raise where a program's must not.
    logging.getLogger().handlers.clear()
    configure_logging(0, stream)
    logging.getLogger("importer.test").error("%d", KEY)
    assert stream.getvalue() == "A line of the log of importer.test could not be written.\n"
    stream.close()
    logging.getLogger("importer.test").error("anything")
    assert capsys.readouterr().err == ""


def test_unexpected_errors_are_printed_without_keys(capsys: pytest.CaptureFixture[str]) -> None:
    """In the main thread, in others, and where Python cannot raise."""
    redact_tracebacks()

    def fail() -> None:
        raise RuntimeError(f"\x1b]0;{KEY}")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    try:
        fail()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    class Failing:
        def __del__(self) -> None:
            fail()

    Failing()
    text = capsys.readouterr().err
    assert text.count("Traceback") == 3
    assert text.count(HIDDEN) == 3
    assert KEY not in text
    assert "\x1b" not in text
