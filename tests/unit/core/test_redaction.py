"""What is known to be a key is hidden, in every spelling, and what stands where keys stand is hidden too."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from random import Random
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.core import redaction
from importer.core.redaction import HIDDEN, Secret, is_key, redact, redact_all, redact_cut, redact_json
from importer.core.text import shorten_text
from tests.support.sampled import examples


@pytest.fixture(autouse=True)
def no_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that other tests made, some of them at random, stand in no text of this one."""
    monkeypatch.setattr(redaction, "_known", set())
    monkeypatch.setattr(redaction, "_longest_first", [()])


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


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


WAYS: dict[str, list[Callable[[str], str]]] = {
    "%": [lambda c: f"%{ord(c):02x}", lambda c: f"%{ord(c):02X}"],
    "\\": [lambda c: f"\\u{ord(c):04x}", lambda c: f"\\x{ord(c):02X}", lambda c: f"\\{c}" if c in "\\/\"'" else c],
    "&": [lambda c: f"&#{ord(c)};", lambda c: f"&#x{ord(c):X};", lambda c: html.escape(c)],
}
"""By the character with which its escapes begin: the ways in which one notation writes a character."""


def escaped(text: str, random: Random) -> str:
    """``text`` in one of the notations, which escapes some characters, and always the one that begins escapes."""
    mark, ways = random.choice(list(WAYS.items()))
    if mark == "\\" and random.random() < 0.3:
        return json.dumps(text)[1:-1]
    share = random.choice((0.1, 0.5, 1.0))
    always = {mark, *(character for character in sorted(set(text)) if random.random() < share)}
    way = random.choice(ways)
    return "".join((f"&#{ord(c)};" if c == mark == "&" else way(c)) if c in always else c for c in text)


def test_a_key_is_hidden_however_often_it_is_escaped() -> None:
    """An address in a message in JSON in a page: mixtures of escapes, up to four of them around each other."""
    Secret(KEY)
    random = Random(1)
    for _ in range(300):
        text = KEY
        for _ in range(random.randint(1, 4)):
            text = escaped(text, random)
        assert redact(f"before {text} after") == f"before {HIDDEN} after", text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("url=%2fx%3faccessKey%3dunknown%26leadId%3d7", f"url=%2fx%3faccessKey%3d{HIDDEN}%26leadId%3d7"),
        ("x?secretKey%253Dunknown%2526leadId%253D7", f"x?secretKey%253D{HIDDEN}%2526leadId%253D7"),
        ("{&quot;accessKey&quot;:&quot;unknown&quot;}", f"{{&quot;accessKey&quot;:&quot;{HIDDEN}&quot;}}"),
        (r"{\u0022accessKey\u0022:\u0022unknown\u0022}", rf"{{\u0022accessKey\u0022:\u0022{HIDDEN}\u0022}}"),
    ],
)
def test_only_the_value_of_a_key_parameter_is_hidden(text: str, hidden: str) -> None:
    """Escaped or not: what stands around it stays readable."""
    assert redact(text) == hidden


def test_a_pair_in_base64_is_hidden() -> None:
    """As in the header of a proxy, where name and colon stand before the password."""
    Secret("pass-word-0001")
    for name in ("u", "us", "use"):
        encoded = base64.b64encode(f"{name}:pass-word-0001".encode()).decode()
        assert encoded[6:-4] not in redact(f"Basic {encoded}")


@pytest.mark.parametrize("end", ["we+ird", "we%2Bird", "we%2bird%2", "we%2bird%", r"we\u002bird\u00", "we&plus;ird&#"])
def test_the_beginning_of_a_key_at_the_end_of_a_cut_text_is_hidden(end: str) -> None:
    """An earlier version cut texts before it looked for keys in them."""
    Secret(KEY)
    assert redact_cut(f"said {end}") == f"said {HIDDEN}"
    assert redact_cut("said we+ir") == "said we+ir"
    assert redact_cut(f"said {KEY}, twice") == f"said {HIDDEN}, twice"


def test_json_loses_the_keys_that_are_named() -> None:
    """Other secrets stay: a short password may be a word of somebody's data."""
    key, _ = Secret("named-key-0001"), Secret("spring-time")
    value = {"a": ["x named%2dkey-0001", 5, None, True], "named-key-0001": {"b": "spring-time"}}
    assert redact_json(value, [key, Secret("")]) == {
        "a": [f"x {HIDDEN}", 5, None, True],
        HIDDEN: {"b": "spring-time"},
    }


def test_a_long_text_is_redacted_before_it_is_shortened() -> None:
    """The beginning of a key would not be recognised as one."""
    Secret("shortened-key-0001")
    assert shorten_text("x" * 50 + "shortened-key-0001") == "x" * 50 + HIDDEN
