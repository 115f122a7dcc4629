"""Keep keys out of logs, messages and reports: a holder that hides them, and redaction of text."""

from __future__ import annotations

import base64
import json
import re
import threading
from html import escape
from typing import NoReturn
from urllib.parse import quote, quote_plus

HIDDEN = "••••"

_known: set[str] = set()
_longest_first: list[tuple[str, ...]] = [()]
_lock = threading.Lock()

# Query parameters and headers that carry a key in LeadSquared's API, also one that this process does not know.
_CARRIERS = re.compile(
    r"(?i)((?:access|secret)_?key|x-api-key|x-lsq-(?:access|secret)key)(\\?[\"']?\s*(?:[=:]|%3d|%3a)\s*\\?[\"']?)"
    r"[^\s&\"',}\\]+"
)


class Secret:
    """A holder of one key. Printing, formatting, comparing or pickling it shows nothing.

    Once one is made, :func:`redact` removes its text from everything that is shown.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) >= 4:
            _add_known(_encodings(text))

    def reveal(self) -> str:
        """Return the key itself, for the one place that puts it into a request header."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled or copied")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Secret does not give away what it holds")


def is_key(text: str) -> bool:
    """Whether ``text`` is a key of which a :class:`Secret` was made, in any of its encodings."""
    with _lock:
        return text.strip() in _known


def _add_known(encodings: set[str]) -> None:
    with _lock:
        _known.update(encodings)
        _longest_first[0] = tuple(sorted(_known, key=len, reverse=True))


def _encodings(text: str) -> set[str]:
    raw = text.encode()
    encodings = {text, quote(text, safe=""), quote_plus(text), repr(text)[1:-1], json.dumps(text)[1:-1], escape(text)}
    for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        # Without padding: the same letters stand there when something follows the key.
        encodings |= {encoded.decode(), encoded.decode().rstrip("=")[:-1]}
    return encodings


def redact(text: str) -> str:
    """Return ``text`` without any key that this process knows and without values of key parameters."""
    for secret in _longest_first[0]:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    # Each of the parameters has this in its name; the test is cheap, and millions of texts pass here.
    if "key" not in text.lower():
        return text
    return _CARRIERS.sub(rf"\1\2{HIDDEN}", text)


def redact_all(texts: list[str]) -> list[str]:
    """Redact each of many texts; fast when none of them has a key in it, which is the usual case."""
    # Whatever is hidden in one of them would be hidden in all of them together.
    together = "\n".join(texts)
    if "key" not in together.lower() and not any(secret in together for secret in _longest_first[0]):
        return texts
    return [redact(text) for text in texts]
