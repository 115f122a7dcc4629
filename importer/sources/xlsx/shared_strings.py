"""Read the shared strings of a workbook into a temporary file, so that each costs only eight bytes of memory.

The plain spelling of nearly all programs (``<si><t>text</t></si>``) is split at its tags. Any other spelling goes
through expat. tests/unit/sources/test_xlsx_scanner.py compares the two. The functions that decode XML text are used by
the parsers of sheets, too.
"""

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

from importer.core.platform import release_pages
from importer.sources.excel.zip_safety import XML_ERRORS, damaged_workbook, read_part

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

# Control characters, which no XML document may hold.
ILLEGAL_BYTES = bytes(set(range(32)) - {9, 10, 13})
_BEGIN, _END = b"<si><t>", b"</t></si>"
_DECLARATION = rb"""<\?xml(?:(?!encoding)[^<>])*(?:encoding\s*=\s*["'](?i:utf-8)["'][^<>]*)?\?>"""
_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:" + _DECLARATION + rb"\s*)?<sst(?:\s[^<>]*)?>\s*")
_HAS_ESCAPES = re.compile(rb"[&\r]|_x").search
_MAX_ITEM_BYTES = 16 << 20
_REFERENCE = re.compile(r"&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w+));|&")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_EXCEL_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES = range(0xD800, 0xE000)
# For each byte whether the UTF-8 of a blank character (str.isspace) begins with it.
_BEGINS_BLANK = np.isin(np.arange(256), np.frombuffer(b"\t\n\v\f\r \x1c\x1d\x1e\x1f\xc2\xe1\xe2\xe3", np.uint8))


class SharedStrings:
    """The shared strings by their index, from 0. ``blank`` has the indexes of strings that are empty or only blanks."""

    def __init__(self, archive: zipfile.ZipFile, member: str, path: Path) -> None:
        ends = [np.zeros(1, np.int64)]
        self.blank: set[int] = set()
        # An unnamed file, which disappears however the program ends.
        with tempfile.TemporaryFile() as file:
            if member:
                count = 0
                for texts in read_shared_strings(lambda: read_part(archive, member, path), path):
                    if not texts:
                        continue
                    content = b"".join(texts)
                    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
                    own_ends = np.cumsum(lengths)
                    self.blank.update(count + at for at in _find_blank(texts, content, own_ends - lengths))
                    ends.append(own_ends + ends[-1][-1])
                    count += len(texts)
                    file.write(content)
                file.flush()
            self._offsets = np.concatenate(ends)
            size = int(self._offsets[-1])
            # The mapping has a handle of its own, and closes it when it is no longer needed.
            self._texts = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if size else b""
        self._arrow: pa.Array | None = None

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, index: int) -> str:
        if index < 0:
            raise IndexError(index)
        offsets = self._offsets
        return self._texts[offsets[index] : offsets[index + 1]].decode("utf-8")

    def take(self, indexes: Sequence[int] | pa.Array) -> pa.Array:
        """Return the texts with these indexes as an Arrow array; no text becomes a Python object."""
        import pyarrow as pa

        if self._arrow is None:
            buffers = [None, pa.py_buffer(self._offsets), pa.py_buffer(self._texts)]
            self._arrow = pa.Array.from_buffers(pa.large_string(), len(self), buffers)
        return self._arrow.take(indexes if isinstance(indexes, pa.Array) else pa.array(indexes, pa.int64()))

    def release_memory(self) -> None:
        """Let the system drop the pages of the file from memory; it reads them again when needed."""
        if isinstance(self._texts, mmap.mmap):
            release_pages(self._texts)


def _find_blank(texts: Sequence[bytes], content: bytes, begins: NDArray[np.int64]) -> list[int]:
    """Return the indexes of the texts that hold nothing but blanks. ``content`` is all of them joined, each from its
    position in ``begins`` on.

    Only texts that begin like a blank, or are empty, are decoded: the first byte of the others decides. (An empty text
    has no first byte; there the array has that of the next text.)
    """
    perhaps = _BEGINS_BLANK[np.frombuffer(content + b" ", np.uint8)[begins]]
    perhaps |= np.diff(begins, append=len(content)) == 0
    return [at for at in np.flatnonzero(perhaps).tolist() if not texts[at].decode("utf-8").strip()]


def read_shared_strings(open_blocks: Callable[[], Iterator[bytes]], path: Path) -> Iterator[list[bytes]]:
    """Yield the shared strings of a part in order, in UTF-8, some at a time.

    ``open_blocks`` gives the bytes of the part, from the beginning. Raises :class:`SourceError` when it is damaged.
    """
    done = 0
    try:
        for texts in _split_plain(open_blocks()):
            yield texts
            done += len(texts)
    except _IrregularPartError:
        # Parse again from the beginning: the irregular markup may change the meaning of everything behind it. Skip the
        # ``done`` texts that were yielded already.
        for texts in _parse_xml(open_blocks(), path):
            remaining = texts[done:]
            done -= len(texts) - len(remaining)
            yield remaining


class _IrregularPartError(Exception):
    """The part is not in the plain spelling."""


def _split_plain(blocks: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Split a part in plain spelling. Raises :class:`_IrregularPartError` as soon as it finds another one."""
    rest = b""
    is_begun = False
    for block in blocks:
        rest += block
        if not is_begun:
            # The beginning must be an XML declaration for UTF-8 and the root element, and nothing else.
            begin = rest.find(b"<si>")
            if begin < 0 or not _HEAD.fullmatch(rest[:begin]):
                raise _IrregularPartError
            rest, is_begun = rest[begin:], True
        # Split the whole items; the last one may go on in the next block.
        end = rest.rfind(b"</si>") + len(b"</si>")
        if end >= len(b"</si>"):
            yield _split_items(rest[:end])
            rest = rest[end:]
        elif len(rest) > _MAX_ITEM_BYTES:
            raise _IrregularPartError
    if not is_begun or rest.strip() != b"</sst>":
        raise _IrregularPartError


def _split_items(items: bytes) -> list[bytes]:
    """Split whole items at the tags between them, and decode references and escapes where there are any."""
    items = items.replace(b'<t xml:space="preserve">', b"<t>")
    if not (items.startswith(_BEGIN) and items.endswith(_END)) or not is_legal_xml(items):
        raise _IrregularPartError
    inside = items[len(_BEGIN) : -len(_END)]
    texts = inside.split(_END + _BEGIN)
    # Every tag must belong to a separator: otherwise there are other elements inside the items.
    if inside.count(b"<") != (len(texts) - 1) * (_END + _BEGIN).count(b"<"):
        raise _IrregularPartError
    try:
        if b"&" in inside or b"\r" in inside or (b"_" in inside and b"_x" in inside):
            return [unescape(decode_character_data(text)).encode() if _HAS_ESCAPES(text) else text for text in texts]
    except ValueError:
        raise _IrregularPartError from None
    return texts


def is_legal_xml(content: bytes) -> bool:
    """Tell whether this is valid UTF-8 without characters that XML forbids, and without ``]]>``.

    A cheap search for a single byte precedes each expensive one, and mostly rules it out.
    """
    if np.frombuffer(content, np.uint8).min(initial=255) < ord(" ") and len(
        content.translate(None, ILLEGAL_BYTES)
    ) != len(content):
        return False
    if b"]" in content and b"]]>" in content:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _parse_xml(blocks: Iterator[bytes], path: Path) -> Iterator[list[bytes]]:
    """Parse a part in any spelling: the text of an ``si`` is all its ``t`` except those of phonetic hints (``rPh``)."""
    texts: list[bytes] = []
    pieces: list[str] = []
    is_text = False
    phonetic = 0

    def start(tag: str, _: dict[str, str]) -> None:
        nonlocal is_text, phonetic
        name = tag.rpartition(":")[2]
        if name == "t":
            is_text = not phonetic
        elif name == "si":
            pieces.clear()
        elif name == "rPh":
            phonetic += 1

    def characters(text: str) -> None:
        if is_text:
            pieces.append(text)

    def end(tag: str) -> None:
        nonlocal is_text, phonetic
        name = tag.rpartition(":")[2]
        if name == "t":
            is_text = False
        elif name == "si":
            texts.append(unescape("".join(pieces)).encode("utf-8"))
        elif name == "rPh":
            phonetic -= 1

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.CharacterDataHandler = characters
    parser.EndElementHandler = end
    try:
        for block in blocks:
            parser.Parse(block)
            yield texts[:]
            texts.clear()
        # Since version 2.6, expat may keep the end of the part back until it is told that nothing follows.
        parser.Parse(b"", True)
        yield texts
    except XML_ERRORS:
        raise damaged_workbook(path) from None


def unescape(text: str) -> str:
    """Decode Excel's own escapes (``_x000D_``) in ``text``, once; those of surrogates stay as they are."""
    return _EXCEL_ESCAPE.sub(_decode_escape, text) if "_x" in text else text


def _decode_escape(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if code in _SURROGATES else chr(code)


def decode_character_data(raw: bytes) -> str:
    """Decode XML character data without elements: resolve references, and read line ends as XML does.

    Raises :class:`ValueError` for character data that is not well-formed.
    """
    text = raw.decode("utf-8")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _REFERENCE.sub(_resolve_reference, text) if "&" in text else text


def _resolve_reference(found: re.Match[str]) -> str:
    if found[3] in _ENTITIES:
        return _ENTITIES[found[3]]
    if not found[1] and not found[2]:
        raise ValueError("a bare ampersand, or an entity that XML does not have")
    code = int(found[1]) if found[1] else int(found[2], 16)
    if code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000:
        return chr(code)
    raise ValueError("a character that XML does not have")
