"""The shared texts of a workbook, on disk instead of in memory: millions of them cost eight bytes each."""

from __future__ import annotations

import mmap
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

import numpy as np

from importer.sources.excel.zip_safety import BROKEN_XML, damaged, unpacked

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

ILLEGAL = bytes(set(range(32)) - {9, 10, 13})
"""What no XML document may hold."""
_BEGIN, _END = b"<si><t>", b"</t></si>"
_DECLARED = rb"""<\?xml(?:(?!encoding)[^<>])*(?:encoding\s*=\s*["'](?i:utf-8)["'][^<>]*)?\?>"""
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:" + _DECLARED + rb"\s*)?<sst(?:\s[^<>]*)?>\s*")
_MARKED = re.compile(rb"[&\r]|_x").search
_LONGEST = 16 << 20
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w+));|&")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES = range(0xD800, 0xE000)
_BLANK_BEGINS = np.isin(np.arange(256), np.frombuffer(b"\t\n\v\f\r \x1c\x1d\x1e\x1f\xc2\xe1\xe2\xe3", np.uint8))
"""For each byte whether a blank begins with it in UTF-8."""


class SharedStrings:
    """The texts by their numbers, from 0. ``blank`` are the numbers of those that hold no text but blanks."""

    def __init__(self, archive: zipfile.ZipFile, member: str, path: Path) -> None:
        ends = [np.zeros(1, np.int64)]
        self.blank: set[int] = set()
        # A file without a name in any folder: nothing is left behind, however the program ends.
        with tempfile.TemporaryFile() as file:
            if member:
                count = 0
                for texts in shared_texts(lambda: unpacked(archive, member, path), path):
                    if not texts:
                        continue
                    content = b"".join(texts)
                    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
                    own_ends = np.cumsum(lengths)
                    self.blank.update(count + place for place in _blank_places(texts, content, own_ends - lengths))
                    ends.append(own_ends + ends[-1][-1])
                    count += len(texts)
                    file.write(content)
                file.flush()
            self._offsets = np.concatenate(ends)
            size = int(self._offsets[-1])
            # The mapping has a handle of its own, and lets go of it when it is no longer needed.
            self._texts = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""
        self._arrow: pa.Array | None = None

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError(number)
        offsets = self._offsets
        return self._texts[offsets[number] : offsets[number + 1]].decode("utf-8")

    def take(self, numbers: Sequence[int] | pa.Array) -> pa.Array:
        """The texts with these numbers as an Arrow array; no text becomes a Python object."""
        import pyarrow as pa

        if self._arrow is None:
            buffers = [None, pa.py_buffer(self._offsets), pa.py_buffer(self._texts)]
            self._arrow = pa.Array.from_buffers(pa.large_string(), len(self), buffers)
        return self._arrow.take(numbers if isinstance(numbers, pa.Array) else pa.array(numbers, pa.int64()))

    def let_go(self) -> None:
        """Give the memory of texts that were looked at back to the system, which may still have them at hand.

        Does nothing where the system has no such request (Windows).
        """
        if isinstance(self._texts, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            self._texts.madvise(mmap.MADV_DONTNEED)


def shared_texts(blocks: Callable[[], Iterator[bytes]], path: Path) -> Iterator[list[bytes]]:
    """The texts of a part of shared texts in their order, in UTF-8. ``blocks`` gives its bytes, from the beginning.

    Plain spelling, in which nearly all programs write, is cut apart; the rest goes through a real XML parser. Raises
    :class:`SourceError` when the part is damaged.
    """
    done = 0
    try:
        for texts in _cut(blocks()):
            yield texts
            done += len(texts)
    except _OddError:
        # From the beginning, because only the parser knows what the odd thing means for all that follows.
        for texts in _parsed(blocks(), path):
            left = texts[done:]
            done -= len(texts) - len(left)
            yield left


class _OddError(Exception):
    """A part is not spelled plainly."""


def _cut(blocks: Iterator[bytes]) -> Iterator[list[bytes]]:
    """The texts of a part that is plainly spelled. Raises :class:`_OddError` as soon as it is not."""
    rest = b""
    begun = False
    for block in blocks:
        rest += block
        if not begun:
            begin = rest.find(b"<si>")
            if begin < 0 or not _HEAD.fullmatch(rest[:begin]):
                raise _OddError
            rest, begun = rest[begin:], True
        end = rest.rfind(b"</si>") + len(b"</si>")
        if end >= len(b"</si>"):
            yield _texts(rest[:end])
            rest = rest[end:]
        elif len(rest) > _LONGEST:
            raise _OddError
    if not begun or rest.strip() != b"</sst>":
        raise _OddError


def _texts(items: bytes) -> list[bytes]:
    items = items.replace(b'<t xml:space="preserve">', b"<t>")
    if not (items.startswith(_BEGIN) and items.endswith(_END)) or not legal(items):
        raise _OddError
    inside = items[len(_BEGIN) : -len(_END)]
    texts = inside.split(_END + _BEGIN)
    if inside.count(b"<") != (len(texts) - 1) * (_END + _BEGIN).count(b"<"):
        raise _OddError
    try:
        if b"&" in inside or b"\r" in inside or (b"_" in inside and b"_x" in inside):
            return [unescaped(plain(text)).encode() if _MARKED(text) else text for text in texts]
    except ValueError:
        raise _OddError from None
    return texts


def legal(content: bytes) -> bool:
    """Whether this is UTF-8 whose characters XML may hold as they are, without the end of a CDATA section.

    What is rare is looked for only where a quick look does not rule it out: one byte is found many times faster.
    """
    if np.frombuffer(content, np.uint8).min(initial=255) < ord(" ") and len(content.translate(None, ILLEGAL)) != len(
        content
    ):
        return False
    if b"]" in content and b"]]>" in content:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _parsed(blocks: Iterator[bytes], path: Path) -> Iterator[list[bytes]]:
    items = _Items()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = items.start
    parser.CharacterDataHandler = items.characters
    parser.EndElementHandler = items.end
    try:
        for block in blocks:
            parser.Parse(block)
            texts, items.texts = items.texts, []
            yield texts
        parser.Parse(b"", True)
    except BROKEN_XML:
        raise damaged(path) from None


class _Items:
    """Gathers the text of each ``si``: all its ``t``, but not those of phonetic hints (``rPh``)."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self._pieces: list[str] = []
        self._inside = False
        self._phonetic = 0

    def start(self, tag: str, _: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "t":
            self._inside = not self._phonetic
        elif name == "si":
            self._pieces = []
        elif name == "rPh":
            self._phonetic += 1

    def characters(self, text: str) -> None:
        if self._inside:
            self._pieces.append(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "t":
            self._inside = False
        elif name == "si":
            self.texts.append(unescaped("".join(self._pieces)).encode("utf-8"))
        elif name == "rPh":
            self._phonetic -= 1


def _blank_places(texts: Sequence[bytes], content: bytes, begins: NDArray[np.int64]) -> list[int]:
    """The places of the texts that hold nothing but blanks; ``content`` is all of them, each from its place in
    ``begins`` on.

    Most texts are told by their first byte, without decoding them; that of an empty one is the next text's.
    """
    perhaps = _BLANK_BEGINS[np.frombuffer(content + b" ", np.uint8)[begins]]
    perhaps |= np.diff(begins, append=len(content)) == 0
    return [place for place in np.flatnonzero(perhaps).tolist() if not texts[place].decode("utf-8").strip()]


def unescaped(text: str) -> str:
    """``text`` with Excel's own escapes (``_x000D_``) decoded, once; those of surrogates stay as they are."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if code in _SURROGATES else chr(code)


def plain(raw: bytes) -> str:
    """The text of XML character data without elements: references resolved, line ends as XML reads them.

    Raises :class:`ValueError` for what no XML parser would take.
    """
    text = raw.decode("utf-8")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _REFERENCE.sub(_resolved, text) if "&" in text else text


def _resolved(found: re.Match[str]) -> str:
    if found[3] in _NAMED:
        return _NAMED[found[3]]
    if not found[1] and not found[2]:
        raise ValueError("a bare ampersand, or a name that XML does not know")
    code = int(found[1]) if found[1] else int(found[2], 16)
    if code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
        return chr(code)
    raise ValueError("a character that XML does not have")
