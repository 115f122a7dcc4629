"""Keep keys out of logs, messages and reports: a holder that hides them, and redaction of text."""

from __future__ import annotations

import base64
import re
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from typing import Any, NoReturn

HIDDEN = "••••"

_known: set[str] = set()
_longest_first: list[tuple[str, ...]] = [()]
_lock = threading.Lock()

# Query parameters and headers that carry a key in LeadSquared's API, also one that this process does not know.
_CARRIERS = re.compile(
    r"(?i)(?:(?:access|secret)_?key|x-api-key|x-lsq-(?:access|secret)key)\\?[\"']?\s*[=:]\s*\\?[\"']?"
    r"([^\s&\"',}\\]+)"
)
_ESCAPE = re.compile(
    r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[\"'/\\]"
    r"|&#[0-9]{1,7};|&#[xX][0-9A-Fa-f]{1,6};|&[A-Za-z]{2,8};"
)
_CUT_ESCAPE = re.compile(r"(?:%[0-9A-Fa-f]?|\\[ux]?[0-9A-Fa-f]{0,3}|&#?[0-9A-Za-z]{0,8})\Z")
_MOST_ESCAPES = 8
"""Texts are unescaped so many times: gateways quote an address in a message in JSON in a page."""
_FEWEST_CHARACTERS = 4
"""Shorter keys stand in ordinary words."""
_FEWEST_CUT = 6
"""So much of a key at the end of a cut text is taken for a key."""

Span = tuple[int, int]


class Secret:
    """A holder of one key. Printing, formatting, comparing or pickling it shows nothing.

    Once one is made, :func:`redact` removes its text from everything that is shown.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        if len(text) >= _FEWEST_CHARACTERS:
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
    """Whether ``text`` is nothing but a key of which a :class:`Secret` was made, in any of its spellings."""
    return redact(text.strip()) == HIDDEN


def _add_known(encodings: set[str]) -> None:
    with _lock:
        _known.update(encodings)
        _longest_first[0] = tuple(sorted(_known, key=len, reverse=True))


def _encodings(text: str) -> set[str]:
    """Return the texts that :func:`redact` looks for; it undoes escapes, but not base64."""
    raw = text.encode("utf-8", "surrogatepass")
    # Percent escapes are those of UTF-8's bytes, and are undone byte by byte.
    encodings = {text, raw.decode("latin-1")}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(raw).decode()
        # Without padding: the same letters stand there when something follows the key.
        encodings |= {encoded, encoded.rstrip("=")[:-1]}
        # After a name and a colon, as in `Authorization: Basic`, a key begins inside a group of three bytes.
        for before in (1, 2) if len(raw) >= 2 * _FEWEST_CHARACTERS else ():
            encodings.add(encode(bytes(before) + raw).decode().rstrip("=")[before + 1 : -1])
    return encodings


def redact(text: str) -> str:
    """Return ``text`` without any key that this process knows and without values of key parameters.

    A key is found in every spelling: with percent escapes, escapes of JSON and entities of HTML, in any mixture and
    one inside the other, and in base64.
    """
    return _hide(text, list(_find_all(text, _key_spans))) if _may_hold_key(text) else text


def redact_all(texts: list[str]) -> list[str]:
    """Redact each of many texts; fast when none of them has a key in it, which is the usual case."""
    # Whatever is hidden in one of them would be hidden in all of them together.
    together = "\n".join(texts)
    if not _may_hold_key(together) or next(_find_all(together, _key_spans), None) is None:
        return texts
    return [redact(text) for text in texts]


def redact_cut(text: str) -> str:
    """Redact a text that was cut somewhere: its end, too, if that is the beginning of a key."""
    return _hide(
        text, [*_find_all(text, _key_spans), *((start, len(text)) for start, _ in _find_all(text, _cut_spans))]
    )


def redact_json(value: Any, keys: Iterable[Secret]) -> Any:
    """Return a JSON value whose texts and names have none of ``keys`` in them.

    Other secrets stay: a short password may well be a word of somebody's data, which must remain comparable.
    """
    forms = [form for key in keys if len(key.reveal()) >= _FEWEST_CHARACTERS for form in _encodings(key.reveal())]

    # Whatever is hidden in one of the texts would be hidden in all of them together, and mostly nothing is.
    if next(_find_all("\n".join(_texts(value)), lambda text: _form_spans(text, forms)), None) is None:
        return value

    def clean(inner: Any) -> Any:
        if isinstance(inner, str):
            return _hide(inner, list(_find_all(inner, lambda text: _form_spans(text, forms))))
        if isinstance(inner, dict):
            return {clean(name): clean(each) for name, each in inner.items()}
        return [clean(each) for each in inner] if isinstance(inner, list) else inner

    return clean(value)


def _texts(value: Any) -> list[str]:
    """Return all texts and names in a JSON value, in any order."""
    texts: list[str] = []
    left = [value]
    # Without recursion, because answers with a thousand activities go through here.
    while left:
        each = left.pop()
        if isinstance(each, str):
            texts.append(each)
        elif isinstance(each, dict):
            texts.extend(each)
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)
    return texts


def _hide(text: str, spans: list[Span]) -> str:
    """Return ``text`` with a mark in place of each span; spans that overlap get one mark."""
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if end > done:
            parts += [] if parts and start < done else [text[done:start], HIDDEN]
            done = end
    return "".join([*parts, text[done:]])


def _find_all(text: str, find: Callable[[str], Iterator[Span]]) -> Iterator[Span]:
    """Find spans in ``text`` and in what remains after each round of undoing its escapes; as places in ``text``."""
    rounds: list[tuple[list[int], list[int]]] = []
    plain = text
    while True:
        for place in find(plain):
            start, end = place
            for starts, sources in reversed(rounds):
                start, end = (_source_of(each, starts, sources) for each in (start, end))
            yield start, end
        if len(rounds) == _MOST_ESCAPES or _ESCAPE.search(plain) is None:
            return
        plain, starts, sources = _unescape(plain)
        rounds.append((starts, sources))


def _unescape(text: str) -> tuple[str, list[int], list[int]]:
    """Undo the escapes of ``text`` once; also returns where pieces start in the result, and where in ``text``."""
    parts, starts, sources, length, done = [], [0], [0], 0, 0
    for found in _ESCAPE.finditer(text):
        character = _character(found.group())
        parts += [text[done : found.start()], character]
        length += found.start() - done
        done = found.end()
        starts += [length, length := length + len(character)]
        sources += [found.start(), done]
    return "".join([*parts, text[done:]]), starts, sources


def _character(escape: str) -> str:
    if escape[0] == "&":
        return unescape(escape)
    if len(escape) == 2:
        return escape[1]
    return chr(int(escape.lstrip("%\\ux"), 16))


def _source_of(place: int, starts: list[int], sources: list[int]) -> int:
    piece = bisect_right(starts, place) - 1
    return sources[piece] + place - starts[piece]


def _may_hold_key(text: str) -> bool:
    """Rule out most of the millions of texts that pass here by tests that are cheap."""
    # Each of the parameters has "key" in its name.
    if "key" in text.lower() or any(form in text for form in _longest_first[0]):
        return True
    return any(mark in text for mark in "%\\&") and _ESCAPE.search(text) is not None


def _key_spans(text: str) -> Iterator[Span]:
    yield from _form_spans(text, _longest_first[0])
    if "key" in text.lower():
        for found in _CARRIERS.finditer(text):
            if found[1] != HIDDEN:
                yield found.span(1)


def _form_spans(text: str, forms: Iterable[str]) -> Iterator[Span]:
    for form in forms:
        start = text.find(form)
        while start >= 0:
            yield start, start + len(form)
            start = text.find(form, start + 1)


def _cut_spans(text: str) -> Iterator[Span]:
    """Find the beginning of a key at the end of ``text``, also before an escape that was cut."""
    whole = _CUT_ESCAPE.sub("", text)
    for form in _longest_first[0]:
        for size in range(min(len(form) - 1, len(whole)), _FEWEST_CUT - 1, -1):
            if whole.endswith(form[:size]):
                yield len(whole) - size, len(text)
                break
