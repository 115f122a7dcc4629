"""What is known to be a key is hidden, in every spelling, and what stands where keys stand is hidden too."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.redaction import HIDDEN, Secret, is_key, redact, redact_all

KEY = 'we+ird/key"with&odd<chars>=0001'


def test_every_spelling_of_a_key_is_hidden() -> None:
    """Plain, URL-encoded, base64, JSON, HTML and Python's own."""
    Secret(KEY)
    raw = KEY.encode()
    spellings = [
        KEY, quote(KEY, safe=""), quote_plus(KEY), json.dumps(KEY)[1:-1], html.escape(KEY), repr(KEY)[1:-1],
        base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(),
    ]  # fmt: skip
    for spelling in spellings:
        assert redact(f"before {spelling} after") == f"before {HIDDEN} after"
    # In base64 a key may go on into something else.
    assert base64.b64encode(raw).decode()[:20] not in redact(base64.b64encode(raw + b":x").decode())


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40), st.text(max_size=20))
def test_no_text_keeps_a_key(key: str, around: str) -> None:
    """Whatever printable key, whatever stands around it."""
    holder = Secret(key)
    assert key not in redact(around + key + around)
    assert holder.reveal() == key


@pytest.mark.parametrize(
    "text",
    [
        "GET /x?accessKey=unknown-key-1&leadId=7",
        "GET /x?leadId=7&secretKey=unknown-key-1",
        "x-LSQ-AccessKey: unknown-key-1",
        "{'x-api-key': 'unknown-key-1'}",
        '{"secret_key": "unknown-key-1"}',
        '"{\\"accessKey\\":\\"unknown-key-1\\"}"',
        "url=%2Fx%3FaccessKey%3Dunknown-key-1",
        "ACCESS_KEY = unknown-key-1",
    ],
)
def test_places_of_keys_are_hidden_whoever_they_belong_to(text: str) -> None:
    """A server's answer or a library's message may quote a key that this process was never told."""
    assert "unknown-key-1" not in redact(text)
    assert "leadId=7" in redact(text) or "leadId" not in text


def test_ordinary_text_stays() -> None:
    """Nothing is hidden without reason."""
    for text in ("", "The access key is missing.", "keyboard=7", "ключ: 5", "secretary: Meera"):
        assert redact(text) == text


def test_very_short_keys_are_not_hunted() -> None:
    """Three letters stand in ordinary words; hiding them would spoil every message."""
    Secret("abc")
    assert redact("abcdef") == "abcdef"


def test_whether_a_text_is_a_key() -> None:
    """Only whole texts count, blanks around them aside."""
    Secret("whole-key-000001")
    assert is_key(" whole-key-000001\n")
    assert not is_key("whole-key-0000012")


def test_an_empty_secret_is_false() -> None:
    """So that a missing key is noticed."""
    assert not Secret("")
    assert Secret("x")


def test_a_secret_shows_nothing() -> None:
    """Printing, formatting and comparing it tell nothing; copying and pickling are refused."""
    holder, same = Secret(KEY), Secret(KEY)
    assert {str(holder), repr(holder), f"{holder}", f"{holder:>40}", f"{holder!s}"} == {HIDDEN}
    assert holder == holder
    assert holder != same
    assert holder != KEY
    assert len({holder, same}) == 2
    for attempt in (holder.__reduce__, holder.__getstate__):
        with pytest.raises(TypeError):
            attempt()


@pytest.mark.parametrize(
    "odd", ["", "one more", "Monkey business", "accessKey=abc", "has 9f8e7d6c5b4a in it", "9f8e7d\n6c5b4a"]
)
def test_many_texts_are_redacted_as_each_of_them(odd: str) -> None:
    """Nothing depends on how many texts are looked at together."""
    Secret("9f8e7d6c5b4a")
    for texts in ([odd], ["plain", odd, "secretKey"], [odd, "=9f8e7d6c5b4a"], []):
        assert redact_all(texts) == [redact(text) for text in texts]
    assert redact_all(["x", "9f8e7d6c5b4a"]) == ["x", HIDDEN]
