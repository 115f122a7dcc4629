"""Detect the encoding of a text file, and verify it over the whole file before a row is read."""

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

from importer.core.errors import SourceError, UndecodableFileError
from importer.core.text import escape_text
from importer.sources.detection import damaged_gzip, unreadable_file
from importer.sources.interface import Detection

_BLOCK = 1 << 20
_MAX_UNPACKED = 8 << 30
_ALWAYS_UNPACKED = 256 << 20
_MAX_RATIO = 200
_CONTEXT_CHARACTERS = 30
# Text that was encoded twice ("mojibake"): the UTF-8 bytes of Latin letters, quotation marks, Devanagari or emoji were
# decoded as cp1252 and encoded again. It begins with one of five characters; searching a block for their UTF-8 bytes is
# cheap and rules most blocks out.
_CONTINUATION = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_MOJIBAKE_BEGINS = "ÂÃâàð"
_MOJIBAKE_BYTES = re.compile(b"\xc3[%b]" % bytes(mark.encode()[1] for mark in _MOJIBAKE_BEGINS))
_MOJIBAKE = re.compile(
    f"[ÂÃâàð](?:(?<=[ÂÃ]){_CONTINUATION}|(?<=â)€{_CONTINUATION}|(?<=à)[¤¥]{_CONTINUATION}"
    f"|(?<=ð)Ÿ{_CONTINUATION}{_CONTINUATION})"
)
_SUGGESTED = ["cp1252", "cp1250", "cp1251", "cp932", "gb18030", "big5", "cp949", "cp1253", "cp1254", "cp1255", "cp1256"]
# The mark, Python's name of the encoding that skips it, and the encodings a user may give for such a file.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", ("utf-8", "utf-8-sig")),
    (codecs.BOM_UTF16_LE, "utf-16", ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, "utf-16", ("utf-16", "utf-16-be")),
)
_REQUIRED_BOMS: dict[str, bytes | tuple[bytes, ...]] = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
_WIDE = ("utf-16", "utf-32")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
_CERTAIN_LETTERS = 8
# Python has codecs of these names, but no file is written in them.
_NOT_FOR_FILES = frozenset({"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape"})


class Transcoder:
    """A stream of bytes in another encoding, read as UTF-8."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")

    def read(self, size: int) -> bytes:
        """Return about ``size`` bytes; none at the end only. Raises :class:`UnicodeDecodeError`."""
        while True:
            block = self._stream.read(size)
            text = self._decoder.decode(block, final=not block)
            if text or not block:
                return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class TextFile:
    """A text file, possibly compressed with gzip, and its encoding."""

    path: Path
    gzipped: bool
    encoding: str

    def open_bytes(self) -> IO[bytes]:
        """Open the bytes of the file, unpacked if it is compressed."""
        return cast("IO[bytes]", gzip.open(self.path, "rb")) if self.gzipped else self.path.open("rb")

    def open(self) -> TextIO:
        """Open the characters from the beginning, line ends as they are."""
        return io.TextIOWrapper(self.open_bytes(), encoding=self.encoding, newline="")

    @contextmanager
    def open_utf8(self) -> Iterator[IO[bytes] | Transcoder]:
        """Open the characters from the beginning as UTF-8, without a byte order mark."""
        with self.open_bytes() as stream:
            if self.encoding not in ("utf-8", "utf-8-sig"):
                yield Transcoder(stream, self.encoding)
                return
            if self.encoding == "utf-8-sig" and stream.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
                stream.seek(0)
            yield stream


def detect_encoding(path: Path, gzipped: bool, given: str | None) -> tuple[TextFile, Detection, tuple[str, ...]]:
    """Return the file with its encoding, the evidence, and notes. Reads the whole file once, a block at a time.

    Nothing is guessed: without a ``given`` encoding the file must have a byte order mark or be valid UTF-8 from end to
    end. Raises :class:`SourceError` for anything else, for a NUL character, and for bytes that do not decode.
    """
    with TextFile(path, gzipped, "").open_bytes() as stream:
        head = stream.read(4096)
    bom = next((known for known in _BOMS if head.startswith(known[0])), None)
    if given is not None:
        name = _find_codec(given)
        if bom and name not in bom[2]:
            raise _contradicted_error(path, given, f"it begins with the byte order mark of {bom[2][0].upper()}")
        if name.startswith(_WIDE) and name not in _REQUIRED_BOMS and b"\0" not in head:
            raise _contradicted_error(path, given, "it has none of the zero bytes that every such file has")
        encoding = bom[1] if bom else name
        found = Detection("encoding", given, "given")
        if not head.startswith(_REQUIRED_BOMS.get(encoding, b"")):
            raise SourceError(
                f"{path} does not begin with the byte order mark that {encoding} has.",
                f"Set `source: {{encoding: {encoding}-le}}`, leave the encoding out, or save the file as CSV UTF-8.",
            )
    elif head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise SourceError(f"{path} is encoded in UTF-32.", "Save it as CSV UTF-8.")
    elif bom:
        encoding, found = bom[1], Detection("encoding", bom[1], "byte order mark")
    else:
        _refuse_wide_characters(path, head)
        encoding, found = "utf-8", Detection("encoding", "utf-8", "every byte of the file is valid UTF-8")
    file = TextFile(path, gzipped, encoding)
    word = _prove_encoding(file, given)
    if not word:
        return file, found, ()
    note = (
        f'"{escape_text(word)}" looks like text that was encoded twice; it is sent as it stands. Export the data '
        f"again, unless it was read with the wrong encoding ({encoding})."
    )
    return file, found, (note,)


def _find_codec(given: str) -> str:
    """Return the name of Python's codec. Raises :class:`SourceError` unless it is an encoding of text files."""
    try:
        name = codecs.lookup(given).name
        "a".encode(name)
        if name.replace("-", "_") in _NOT_FOR_FILES:
            raise LookupError(name)
    except (LookupError, ValueError, TypeError):
        raise SourceError(
            f'There is no encoding "{given}".', "Common ones are utf-8, utf-16, cp1252 (Western Excel) and cp1251."
        ) from None
    return name


def _refuse_wide_characters(path: Path, head: bytes) -> None:
    """Raise :class:`SourceError` if many NULs show that a file is UTF-16 or UTF-32 without a byte order mark."""
    every_fourth = [head[offset::4].count(0) for offset in range(4)]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if sum(every_fourth) > len(head) * 2 // 3:
        encoding = "utf-32-le" if every_fourth[3] > every_fourth[0] else "utf-32-be"
    elif max(even, odd) > len(head) // 4:
        encoding = "utf-16-le" if odd > len(head) // 4 else "utf-16-be"
    else:
        return
    raise SourceError(
        f"{path} looks like {encoding[:6].upper()} without a byte order mark.",
        f"Save it as CSV UTF-8, or set `source: {{encoding: {encoding}}}`.",
    )


def _prove_encoding(file: TextFile, given: str | None) -> str:
    """Decode the whole file as a check. Return the first word that looks encoded twice, or an empty text.

    Raises :class:`SourceError` for bytes that do not decode or that contradict the ``given`` encoding, for a NUL, for a
    blank file, and for a compressed file that is damaged or unpacks to too much.
    """
    is_given = given is not None
    utf8 = _Utf8Evidence() if is_given and not file.encoding.startswith(("utf", *_WIDE)) else None
    path = file.path
    decoder = codecs.getincrementaldecoder(file.encoding)("strict")
    on_disk = path.stat().st_size
    done = 0
    is_blank, word = True, ""
    try:
        with file.open_bytes() as stream:
            while True:
                block = stream.read(_BLOCK)
                if utf8 is not None:
                    utf8.add(block)
                # Once the file is known not to be blank, ordinary UTF-8 need not become a Python text.
                if is_blank or file.encoding != "utf-8" or not _is_ordinary_utf8(decoder, block):
                    try:
                        text = decoder.decode(block, final=not block)
                    except UnicodeDecodeError as error:
                        offset = done + len(block) - len(error.object) + error.start
                        raise _undecodable_error(file, offset, is_given=is_given) from None
                    if "\0" in text:
                        raise _null_character_error(file)
                    word = word or _find_mojibake(text)
                    is_blank = is_blank and not text.strip("\ufeff \t\r\n")
                if not block:
                    break
                done += len(block)
                if file.gzipped and (done > _MAX_UNPACKED or done > max(_ALWAYS_UNPACKED, on_disk * _MAX_RATIO)):
                    raise SourceError(
                        f"{path} unpacks to more than {done >> 20} MB.",
                        "Unpack it yourself if you trust it, and split it.",
                    )
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise damaged_gzip(path) from None
    except OSError as error:
        raise unreadable_file(path, error) from None
    if given is not None and utf8 is not None and utf8.contradicts(file.encoding):
        shown, misread = escape_text(utf8.word), escape_text(utf8.word.encode().decode(file.encoding, "replace"))
        raise _contradicted_error(path, given, f'every byte is valid UTF-8, and "{shown}" would become "{misread}"')
    if is_blank:
        raise SourceError(f"{path} is empty.", "Export the data again; the file should hold at least the headings.")
    return word


class _Utf8Evidence:
    """Evidence in the bytes of a file that it is UTF-8, whatever encoding was given.

    Text in another encoding is hardly ever valid UTF-8: in encodings of one byte, letters beyond ASCII would have to
    come in pairs such as "Ã«". ``word`` is the first one with such a letter.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._is_valid = True
        self._letters = 0
        self.word = ""

    def add(self, block: bytes) -> None:
        """Add the next bytes of the file; none at its end."""
        if not self._is_valid or (block.isascii() and block and not self._decoder.getstate()[0]):
            return
        try:
            text = self._decoder.decode(block, final=not block)
        except UnicodeDecodeError:
            self._is_valid = False
            return
        self._letters += sum(map(len, _BEYOND_ASCII.findall(text)))
        if not self.word and self._letters:
            self.word = next((word for word in re.split(r'[\s,;|"]+', text) if not word.isascii()), "")

    def contradicts(self, encoding: str) -> bool:
        """Return whether the file is UTF-8 and cannot be meant to be in another ``encoding``."""
        one_byte = len(bytes(range(256)).decode(encoding, "replace")) == 256
        # In encodings of two bytes, a few letters can be valid UTF-8 by chance.
        return self._is_valid and self._letters >= (1 if one_byte else _CERTAIN_LETTERS)


def _contradicted_error(path: Path, given: str, evidence: str) -> SourceError:
    return SourceError(
        f"{path} is not encoded in {given}: {evidence}.",
        "Leave `encoding` out, so that it is detected, or have the file written in that encoding.",
    )


def _is_ordinary_utf8(decoder: codecs.IncrementalDecoder, block: bytes) -> bool:
    """Tell whether a block is certainly valid UTF-8 without NUL and without the beginning of text encoded twice.

    Arrow validates several times faster than Python decodes. ``decoder`` is then in the same state as if it had
    decoded the block.
    """
    import pyarrow as pa

    pending = decoder.getstate()[0]
    content = pending + block
    whole = len(content) - _count_unfinished_bytes(content)
    if not block or b"\0" in content or _MOJIBAKE_BYTES.search(content):
        return False
    # One text of an Arrow array, from offset 0 to the last whole character.
    offsets = pa.py_buffer(whole.to_bytes(8, sys.byteorder).rjust(16, b"\0"))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(content)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    decoder.setstate((content[whole:], 0))
    return True


def _count_unfinished_bytes(content: bytes) -> int:
    """Return how many of the last bytes begin a UTF-8 character whose other bytes are missing."""
    for back in range(1, min(3, len(content)) + 1):
        byte = content[-back]
        if byte >= 0xC0:
            return back if back < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else 0
        if byte < 0x80:
            break
    return 0


def _find_mojibake(text: str) -> str:
    """Return the first word that looks like UTF-8 decoded as cp1252 (`RenÃ©e`); empty if there is none."""
    begins = not text.isascii() and any(mark in text for mark in _MOJIBAKE_BEGINS)
    found = _MOJIBAKE.search(text) if begins else None
    if found is None:
        return ""
    around = text[max(0, found.start() - _CONTEXT_CHARACTERS) : found.end() + _CONTEXT_CHARACTERS]
    return next((word for word in re.split(r'[\s,;|"]+', around) if found.group()[0] in word), found.group())


def _undecodable_error(file: TextFile, offset: int, *, is_given: bool) -> SourceError:
    """Return the error for the bad byte at ``offset``: its line, the text before it, and an encoding to try."""
    # Count the lines before the byte, and keep up to 32 kB on either side of it.
    newlines = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(file.encoding)("replace"), translate=True)
    line, before, left = 1, b"", offset
    with file.open_bytes() as stream:
        while left > 0 and (block := stream.read(min(left, _BLOCK))):
            line += newlines.decode(block).count("\n")
            before = (before + block)[-32768:]
            left -= len(block)
        after = stream.read(32768)
    text = before.decode(file.encoding, "replace").replace("\r", "\n").rpartition("\n")[2]
    behind = f', behind "{escape_text(text[-_CONTEXT_CHARACTERS:])}"' if text.strip("\ufeff") else ""
    where = f"{file.path}, line {line}{behind}"
    if is_given or file.encoding != "utf-8":
        return UndecodableFileError(
            f"{where}: the byte 0x{after[0]:02X} does not exist in {file.encoding}.",
            "Set the encoding that the file was written in, or save it as CSV UTF-8.",
        )
    if not before.isascii():
        return UndecodableFileError(
            f"{where}: the byte 0x{after[0]:02X} is not valid UTF-8, although other letters before it are.",
            "The file mixes encodings or is damaged; export it again as CSV UTF-8.",
        )
    return UndecodableFileError(
        f"{where}: the byte 0x{after[0]:02X} is not valid UTF-8.",
        f"Save the file as CSV UTF-8, or say how it is encoded, for example "
        f"`source: {{encoding: {_suggest_encoding(before + after)}}}`.",
    )


def _suggest_encoding(sample: bytes) -> str:
    """Return an encoding worth trying. Only ever a suggestion: short samples fool every detector."""
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=_SUGGESTED).best()
    # If cp1252 decodes the sample to the same text, it is the likeliest: Excel uses it in Western countries.
    return best.encoding if best is not None and "cp1252" not in best.could_be_from_charset else "cp1252"


def _null_character_error(file: TextFile) -> SourceError:
    """Return the error for a NUL character, with the line of the first one."""
    line = 1
    with io.TextIOWrapper(file.open_bytes(), encoding=file.encoding, errors="replace") as stream:
        while (text := stream.read(_BLOCK)) and "\0" not in text:
            line += text.count("\n")
        line += text.partition("\0")[0].count("\n")
    return SourceError(
        f"{file.path}, line {line}: there is a NUL character, which no text holds.",
        "The file is damaged or is not a text file; export it again as CSV UTF-8.",
    )
