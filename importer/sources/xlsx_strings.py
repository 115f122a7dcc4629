"""The shared texts of a workbook, on disk instead of in memory: millions of them cost eight bytes each."""

from __future__ import annotations

import mmap
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

from importer.sources.archives import damaged, unpacked

if TYPE_CHECKING:
    import pyarrow as pa

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SURROGATES = range(0xD800, 0xE000)
_BLANKS_BEGIN = frozenset(b"\x1c\x1d\x1e\x1f\xc2\xe1\xe2\xe3")
"""The first bytes of all blanks that only text knows, such as the non-breaking one, in UTF-8."""


class SharedStrings:
    """The texts by their numbers, from 0. ``blank`` are the numbers of those that hold no text but blanks."""

    def __init__(self, archive: zipfile.ZipFile, member: str, path: Path) -> None:
        self._offsets = array("q", [0])
        self.blank: set[int] = set()
        # A file without a name in any folder: nothing is left behind, however the program ends.
        with tempfile.TemporaryFile() as file:
            if member:
                for texts in _items(archive, member, path):
                    end = self._offsets[-1]
                    for text in texts:
                        end += len(text)
                        self._offsets.append(end)
                        if _blank(text):
                            self.blank.add(len(self._offsets) - 2)
                    file.write(b"".join(texts))
                file.flush()
            size = self._offsets[-1]
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

    def take(self, numbers: Sequence[int]) -> pa.Array:
        """The texts with these numbers as an Arrow array; no text becomes a Python object."""
        import pyarrow as pa

        if self._arrow is None:
            buffers = [None, pa.py_buffer(self._offsets), pa.py_buffer(self._texts)]
            self._arrow = pa.Array.from_buffers(pa.large_string(), len(self), buffers)
        return self._arrow.take(pa.array(numbers, pa.int64()))


def _items(archive: zipfile.ZipFile, member: str, path: Path) -> Iterator[list[bytes]]:
    items = _Items()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = items.start
    parser.CharacterDataHandler = items.characters
    parser.EndElementHandler = items.end
    try:
        for block in unpacked(archive, member, path):
            parser.Parse(block)
            texts, items.texts = items.texts, []
            yield texts
        parser.Parse(b"", True)
    except (expat.ExpatError, UnicodeEncodeError):
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


def _blank(text: bytes) -> bool:
    """Whether a text holds nothing but blanks. Most texts are told by their first byte, without decoding them."""
    rest = text.strip()
    return not rest or (rest[0] in _BLANKS_BEGIN and not rest.decode("utf-8").strip())


def unescaped(text: str) -> str:
    """``text`` with Excel's own escapes (``_x000D_``) decoded, once; those of surrogates stay as they are."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if code in _SURROGATES else chr(code)
