"""Keys never show: not in a print, not in a log, not in an encoding."""

from __future__ import annotations

import base64
import copy
import io
import json
import logging
import pickle
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.logs import configure_logging
from importer.redaction import HIDDEN, Secret, redact

KEY = "u$r0groundcanary+key/42"


def test_a_secret_shows_nothing() -> None:
    """Printed, formatted, compared, hashed, turned to JSON, copied or pickled."""
    secret = Secret(KEY)
    shown = f"{secret} {secret!r} {secret!s} {secret:>40} {[secret]} {vars} %s" % secret
    assert KEY not in shown
    assert HIDDEN in shown
    assert secret == secret
    assert secret != Secret(KEY)
    assert len({secret, Secret(KEY)}) == 2
    assert (bool(secret), bool(Secret(""))) == (True, False)
    assert secret.reveal() == KEY
    for leak in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError) as caught:
            leak(secret)
        assert KEY not in str(caught.value)


@pytest.mark.parametrize("spelling", [KEY, quote(KEY, safe=""), base64.b64encode(KEY.encode()).decode(), repr(KEY)])
def test_a_known_key_is_hidden_in_every_spelling(spelling: str) -> None:
    """As it is, in a URL, in base64, in a repr."""
    Secret(KEY)
    assert redact(f"before {spelling} after").startswith("before ")
    assert KEY not in redact(f"before {spelling} after")
    assert spelling.strip("'") not in redact(f"before {spelling} after")


@pytest.mark.parametrize(
    "text",
    [
        "https://x/y?accessKey=abc123&secretKey=def456&z=1",
        "{'x-LSQ-AccessKey': 'abc123', 'x-api-key': 'def456'}",
        'access_key: "abc123", secret-key=def456',
    ],
)
def test_keys_of_others_are_hidden_by_where_they_stand(text: str) -> None:
    """A key that this program never saw is known by the name in front of it."""
    hidden = redact(text)
    assert "abc123" not in hidden
    assert HIDDEN in hidden


@given(st.text(alphabet="abc xyz.,:/", max_size=60))
@settings(max_examples=50, deadline=None)
def test_other_text_stays_as_it_is(text: str) -> None:
    """Nothing is hidden without a reason."""
    assert redact(text) == text


def test_the_log_is_redacted_with_its_tracebacks() -> None:
    """Whole lines pass through the scrubber, and libraries that print headers are quiet."""
    Secret(KEY)
    stream = io.StringIO()
    root = logging.getLogger()
    before = list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("importer", "urllib3", "requests", "sqlalchemy")}
    try:
        configure_logging(2, stream)
        configure_logging(2, stream)
        log = logging.getLogger("importer.test")
        log.debug("key %s", KEY)
        try:
            raise ValueError(KEY)
        except ValueError:
            log.exception("it failed")
        logging.getLogger("urllib3.connectionpool").debug("GET /?x=%s", KEY)
        text = stream.getvalue()
        assert KEY not in text
        assert text.count("it failed") == 1
        assert "Traceback" in text
        assert "GET" not in text
        configure_logging(-1, stream)
        log.warning("not shown")
        assert "not shown" not in stream.getvalue()
    finally:
        root.handlers[:] = before
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
