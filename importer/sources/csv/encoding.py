"""Bytes to characters: which encoding a text file has, proved over the whole file before a row is read."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO, cast

from importer.core.errors import SourceError
from importer.core.text import printable
from importer.sources.csv.records import Transcoder
from importer.sources.detection import damaged_gzip
from importer.sources.files import unreadable
from importer.sources.interface import Detection

_BLOCK = 1 << 20
_MOST_UNPACKED = 8 << 30
_FREELY_UNPACKED = 256 << 20
_MOST_RATIO = 200
_SHOWN_BEFORE = 30
_TAIL = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_TWICE_BEGINS = "ÂÃâàð"
_TWICE_BYTES = re.compile(b"\xc3[%b]" % bytes(mark.encode()[1] for mark in _TWICE_BEGINS))
"""A beginning as UTF-8."""
_TWICE = re.compile(f"[ÂÃâàð](?:(?<=[ÂÃ]){_TAIL}|(?<=â)€{_TAIL}|(?<=à)[¤¥]{_TAIL}|(?<=ð)Ÿ{_TAIL}{_TAIL})")
"""UTF-8 of Latin letters, quotation marks, Devanagari and emoji, each byte taken for a character of cp1252."""
_SUGGESTED = ["cp1252", "cp1250", "cp1251", "cp932", "gb18030", "big5", "cp949", "cp1253", "cp1254", "cp1255", "cp1256"]
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", ("utf-8", "utf-8-sig")),
    (codecs.BOM_UTF16_LE, "utf-16", ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, "utf-16", ("utf-16", "utf-16-be")),
)
_NEEDED_MARKS: dict[str, bytes | tuple[bytes, ...]] = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
_NO_FILES = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})
"""What Python calls an encoding, too, though no file is written in it."""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file and how to turn its bytes into characters."""

    path: Path
    packed: bool
    encoding: str

    def open(self) -> TextIO:
        """The characters from the beginning, line ends as they are."""
        return io.TextIOWrapper(open_bytes(self.path, self.packed), encoding=self.encoding, newline="")

    @contextmanager
    def utf8(self) -> Iterator[IO[bytes] | Transcoder]:
        """The characters from the beginning as UTF-8, without a byte order mark."""
        with open_bytes(self.path, self.packed) as stream:
            if self.encoding not in ("utf-8", "utf-8-sig"):
                yield Transcoder(stream, self.encoding)
                return
            if self.encoding == "utf-8-sig" and stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
                stream.seek(0)
            yield stream


def open_bytes(path: Path, packed: bool) -> IO[bytes]:
    """The bytes of the file, unpacked if it is compressed."""
    return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")


def decide_encoding(path: Path, packed: bool, given: str | None) -> tuple[TextFile, Detection, tuple[str, ...]]:
    """The file with its encoding, the evidence, and notes. Reads the whole file once, a block at a time.

    Nothing is guessed: a byte order mark counts, then UTF-8 if every byte of the file is valid UTF-8. Raises
    :class:`SourceError` for anything else, for a NUL character, and for bytes that the given encoding lacks.
    """
    head = _head(path, packed)
    marked = next((row for row in _BOMS if head.startswith(row[0])), None)
    if given is not None:
        name = _known_encoding(given)
        encoding = marked[1] if marked and name in marked[2] else name
        found = Detection("encoding", given, "given")
        if not head.startswith(_NEEDED_MARKS.get(encoding, b"")):
            raise SourceError(
                f"{path} does not begin with the byte order mark that {encoding} has.",
                f"Set `source: {{encoding: {encoding}-le}}`, leave the encoding out, or save the file as CSV UTF-8.",
            )
    elif head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise SourceError(f"{path} is encoded in UTF-32.", "Save it as CSV UTF-8.")
    elif marked:
        encoding, found = marked[1], Detection("encoding", marked[1], "byte order mark")
    else:
        _refuse_wide_characters(path, head)
        encoding, found = "utf-8", Detection("encoding", "utf-8", "every byte of the file is valid UTF-8")
    file = TextFile(path, packed, encoding)
    twice = _prove(file, is_given=given is not None)
    return file, found, (_twice_note(twice, file.encoding),) if twice else ()


def _head(path: Path, packed: bool) -> bytes:
    with open_bytes(path, packed) as stream:
        return stream.read(4096)


def _known_encoding(given: str) -> str:
    try:
        name = codecs.lookup(given).name
        "a".encode(name)
        if name.replace("-", "_") in _NO_FILES:
            raise LookupError(name)
    except (LookupError, ValueError, TypeError):
        raise SourceError(
            f'There is no encoding "{given}".', "Common ones are utf-8, utf-16, cp1252 (Western Excel) and cp1251."
        ) from None
    return name


def _refuse_wide_characters(path: Path, head: bytes) -> None:
    every_fourth = [head[place::4].count(0) for place in range(4)]
    if sum(every_fourth) > len(head) * 2 // 3:
        wide = "utf-32-le" if every_fourth[3] > every_fourth[0] else "utf-32-be"
        raise SourceError(
            f"{path} looks like UTF-32 without a byte order mark.",
            f"Save it as CSV UTF-8, or set `source: {{encoding: {wide}}}`.",
        )
    even, odd = head[0::2].count(0), head[1::2].count(0)
    wide = "utf-16-le" if odd > len(head) // 4 else "utf-16-be" if even > len(head) // 4 else ""
    if wide:
        raise SourceError(
            f"{path} looks like UTF-16 without a byte order mark.",
            f"Save it as CSV UTF-8, or set `source: {{encoding: {wide}}}`.",
        )


def _prove(file: TextFile, *, is_given: bool) -> str:
    """Decode the whole file and throw the text away, but for a word that seems to have been encoded twice."""
    path = file.path
    decoder = codecs.getincrementaldecoder(file.encoding)("strict")
    on_disk = path.stat().st_size
    done = 0
    blank, twice = True, ""
    try:
        with open_bytes(path, file.packed) as stream:
            while True:
                block = stream.read(_BLOCK)
                # Once there is something to see, sound UTF-8 need not become text.
                if blank or file.encoding != "utf-8" or not _passes(decoder, block):
                    try:
                        text = decoder.decode(block, final=not block)
                    except UnicodeDecodeError as error:
                        offset = done + len(block) - len(error.object) + error.start
                        raise _undecodable(file, offset, is_given=is_given) from None
                    if "\0" in text:
                        raise _null_character(file)
                    twice = twice or _encoded_twice(text)
                    blank = blank and not text.strip("\ufeff \t\r\n")
                if not block:
                    break
                done += len(block)
                if file.packed and (done > _MOST_UNPACKED or done > max(_FREELY_UNPACKED, on_disk * _MOST_RATIO)):
                    raise SourceError(
                        f"{path} unpacks to more than {done >> 20} MB.",
                        "Unpack it yourself if you trust it, and split it.",
                    )
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise damaged_gzip(path) from None
    except OSError as error:
        raise unreadable(path, error) from None
    if blank:
        raise SourceError(f"{path} is empty.", "Export the data again; the file should hold at least the headings.")
    return twice


def _passes(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    """Whether a block is certainly sound UTF-8 without NUL and without a beginning of what was encoded twice.

    ``decoder`` is then where it would be if it had decoded the block.
    """
    import pyarrow as pa

    pending = decoder.getstate()[0]
    content = pending + block
    whole = len(content) - _unfinished(content)
    if not block or b"\0" in content or _TWICE_BYTES.search(content):
        return False
    offsets = pa.py_buffer(whole.to_bytes(8, sys.byteorder).rjust(16, b"\0"))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(content)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    decoder.setstate((content[whole:], 0))
    return True


def _unfinished(content: bytes) -> int:
    """How many last bytes begin a character of UTF-8 that goes on behind the end."""
    for back in range(1, min(3, len(content)) + 1):
        byte = content[-back]
        if byte >= 0xC0:
            return back if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else 0
        if byte < 0x80:
            break
    return 0


def _encoded_twice(text: str) -> str:
    """The first word that looks like UTF-8 taken for Windows text (`RenÃ©e`); nothing when there is none."""
    begins = not text.isascii() and any(mark in text for mark in _TWICE_BEGINS)
    found = _TWICE.search(text) if begins else None
    if found is None:
        return ""
    around = text[max(0, found.start() - _SHOWN_BEFORE) : found.end() + _SHOWN_BEFORE]
    return next((word for word in re.split(r'[\s,;|"]+', around) if found.group()[0] in word), found.group())


def _twice_note(word: str, encoding: str) -> str:
    return (
        f'"{printable(word)}" looks like text that was encoded twice; it is sent as it stands. Export the data again, '
        f"unless it was read with the wrong encoding ({encoding})."
    )


def _undecodable(file: TextFile, offset: int, *, is_given: bool) -> SourceError:
    line = _lines_before(file, offset) + 1
    with open_bytes(file.path, file.packed) as stream:
        sample = _around(stream, offset)
    byte = sample[1][0]
    place = f"{file.path}, line {line}{_behind(sample[0], file.encoding)}"
    if is_given or file.encoding != "utf-8":
        return SourceError(
            f"{place}: the byte 0x{byte:02X} does not exist in {file.encoding}.",
            "Set the encoding that the file was written in, or save it as CSV UTF-8.",
        )
    if not sample[0].isascii():
        return SourceError(
            f"{place}: the byte 0x{byte:02X} is not valid UTF-8, although other letters before it are.",
            "The file mixes encodings or is damaged; export it again as CSV UTF-8.",
        )
    return SourceError(
        f"{place}: the byte 0x{byte:02X} is not valid UTF-8.",
        f"Save the file as CSV UTF-8, or say how it is encoded, for example "
        f"`source: {{encoding: {_suggestion(sample[0] + sample[1])}}}`.",
    )


def _behind(before: bytes, encoding: str) -> str:
    """What stands in the line before a bad byte, so that it can be found."""
    text = before.decode(encoding, "replace").replace("\r", "\n").rpartition("\n")[2]
    return f', behind "{printable(text[-_SHOWN_BEFORE:])}"' if text.strip("\ufeff") else ""


def _around(stream: IO[bytes], offset: int) -> tuple[bytes, bytes]:
    """Up to 32 kB before the byte at ``offset``, and as many from it on."""
    before = b""
    left = offset
    while left > 0 and (block := stream.read(min(left, _BLOCK))):
        before = (before + block)[-32768:]
        left -= len(block)
    return before, stream.read(32768)


def _lines_before(file: TextFile, offset: int) -> int:
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(file.encoding)("replace"), translate=True)
    count = 0
    with open_bytes(file.path, file.packed) as stream:
        while offset > 0 and (block := stream.read(min(offset, _BLOCK))):
            count += decoder.decode(block).count("\n")
            offset -= len(block)
    return count


def _null_character(file: TextFile) -> SourceError:
    line = 1
    with io.TextIOWrapper(open_bytes(file.path, file.packed), encoding=file.encoding, errors="replace") as stream:
        while (text := stream.read(_BLOCK)) and "\0" not in text:
            line += text.count("\n")
        line += text.partition("\0")[0].count("\n")
    return SourceError(
        f"{file.path}, line {line}: there is a NUL character, which no text holds.",
        "The file is damaged or is not a text file; export it again as CSV UTF-8.",
    )


def _suggestion(sample: bytes) -> str:
    """An encoding worth trying. Only ever a suggestion: short samples fool every detector."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_SUGGESTED).best()
    # Where several read the sample alike, the one that Excel uses in the West is the likeliest.
    return best.encoding if best is not None and "cp1252" not in best.could_be_from_charset else "cp1252"
