"""Keys never reach a log, a message or a report: a holder that hides them, and a scrubber for text."""

from __future__ import annotations

import base64
import re
import threading
from typing import NoReturn
from urllib.parse import quote, quote_plus

HIDDEN = "••••"

_known: set[str] = set()
_lock = threading.Lock()

# Query parameters and headers that carry a key in LeadSquared's API, whoever's key it is.
_CARRIERS = re.compile(
    r"(?i)((?:access|secret)_?key|x-api-key|x-lsq-(?:access|secret)key)([\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+"
)


class Secret:
    """Holds one key. Printing, formatting, comparing or pickling it shows nothing.

    Creating one teaches :func:`redact` to remove its text from anything that is shown.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) >= 4:
            with _lock:
                _known.update(_spellings(text))

    def reveal(self) -> str:
        """The key itself, for the one place that puts it into a request header."""
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


def _spellings(text: str) -> set[str]:
    encoded = base64.b64encode(text.encode()).decode()
    return {text, quote(text, safe=""), quote_plus(text), repr(text)[1:-1], encoded}


def redact(text: str) -> str:
    """``text`` without any key that this process knows and without values of key parameters."""
    with _lock:
        known = sorted(_known, key=len, reverse=True)
    for secret in known:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return _CARRIERS.sub(rf"\1\2{HIDDEN}", text)
