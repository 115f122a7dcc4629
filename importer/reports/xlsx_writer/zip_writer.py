"""A writer of zip archives that takes parts which are deflated already, possibly long before they can be written.

The rows of several sheets are made at the same time, but an archive holds one part after the other. So the rows of a
sheet are deflated into a temporary file while they are being made, and copied from there when the sheet is complete.
The standard library's :mod:`zipfile` only takes parts that it deflates itself, when all of their bytes are there.

A deflated part (RFC 1951) may be put together of streams that were deflated separately, if all but the last one end at
a whole byte, as a full flush sees to. The layout of the archive is that of PKWARE's APPNOTE.TXT, 4.3 and 4.5.3.
"""

from __future__ import annotations

import functools
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from importer.core.background import BackgroundWorker

LEVEL = 2
"""Takes a third of the time of zlib's own level; the result is a fifth larger."""
ZIP64_LIMIT = (1 << 31) - 1
"""Sizes and places beyond this are written as 64-bit numbers, as :mod:`zipfile` does."""

_COPIED_AT_ONCE = 1 << 20
_POLYNOMIAL = 0xEDB88320
_DEFLATED, _VERSION, _ZIP64_VERSION = 8, 20, 45
_MADE_ON_UNIX = 3 << 8
_MODE = 0o100600 << 16
# 1 January 1980, 00:00: the first day that a zip archive knows. The same content makes the same file.
_TIME, _DATE = 0, (1 << 5) | 1
_NO_ROOM = 0xFFFFFFFF


def _deflater() -> Any:
    """A compressor whose output has no header, as the parts of an archive need."""
    return zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)


class DeflatedStream:
    """Bytes that are deflated on the background thread ``worker`` into an unnamed temporary file in ``folder``.

    ``size`` and ``crc`` (CRC-32) are those of the bytes that were added. Raises :class:`OSError` of the disk at the
    next :meth:`add`, or in :meth:`finish`.
    """

    def __init__(self, folder: Path, worker: BackgroundWorker) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._worker = worker
        self._deflater = _deflater()
        self.crc, self.size = 0, 0

    def add(self, data: bytes | memoryview) -> None:
        """Append ``data``, whose memory must not change any more."""
        self.size += len(data)
        self._worker.submit(self._deflate, data)

    def _deflate(self, data: bytes | memoryview) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # it lives as long as the sheet
        self.crc = zlib.crc32(data, self.crc)
        self._file.write(self._deflater.compress(data))

    def finish(self) -> tuple[Iterator[bytes], int]:
        """Return the deflated bytes in pieces, and their number. Nothing can be added afterwards."""
        self._worker.wait()
        if self._file is None:
            return iter(()), 0
        self._file.write(self._deflater.flush(zlib.Z_FULL_FLUSH))
        deflated_size = self._file.tell()
        self._file.seek(0)
        file = self._file
        return iter(lambda: file.read(_COPIED_AT_ONCE), b""), deflated_size

    def close(self) -> None:
        """Remove the temporary file; not while something is being deflated."""
        if self._file is not None:
            self._file.close()


class ZipWriter:
    """A zip archive that is written to ``file`` from its beginning, without ever going back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._offset = 0
        self._directory: list[bytes] = []

    def add(self, name: str, content: bytes) -> None:
        """Write a part."""
        deflater = _deflater()
        deflated = deflater.compress(content) + deflater.flush()
        self._write_part(name, [deflated], len(deflated), len(content), zlib.crc32(content))

    def add_around(self, name: str, head: bytes, stream: DeflatedStream, tail: bytes) -> None:
        """Write a part that consists of ``head``, everything that ``stream`` got, and ``tail``."""
        deflater = _deflater()
        before = deflater.compress(head) + deflater.flush(zlib.Z_FULL_FLUSH)
        middle, middle_size = stream.finish()
        deflater = _deflater()
        after = deflater.compress(tail) + deflater.flush()
        crc = zlib.crc32(tail, combined_crc(zlib.crc32(head), stream.crc, stream.size))
        deflated_size = len(before) + middle_size + len(after)
        pieces = (piece for group in ([before], middle, [after]) for piece in group)
        self._write_part(name, pieces, deflated_size, len(head) + stream.size + len(tail), crc)

    def _write_part(self, name: str, pieces: Iterable[bytes], deflated_size: int, size: int, crc: int) -> None:
        offset, encoded = self._offset, name.encode("ascii")
        # Both headers of a large part say that the numbers do not fit; the real ones stand in an extra field.
        large = max(size, deflated_size) > ZIP64_LIMIT
        sizes = (_NO_ROOM, _NO_ROOM) if large else (deflated_size, size)
        extra = struct.pack("<HHQQ", 1, 16, size, deflated_size) if large else b""
        version = _ZIP64_VERSION if large else _VERSION
        common = (0, _DEFLATED, _TIME, _DATE, crc, *sizes, len(encoded))
        self._write(struct.pack("<4s5H3L2H", b"PK\x03\x04", version, *common, len(extra)) + encoded + extra)
        for piece in pieces:
            self._write(piece)

        if offset > ZIP64_LIMIT or large:
            sizes, place, version = (_NO_ROOM, _NO_ROOM), _NO_ROOM, _ZIP64_VERSION
            extra = struct.pack("<HHQQQ", 1, 24, size, deflated_size, offset)
        else:
            place = offset
        common = (0, _DEFLATED, _TIME, _DATE, crc, *sizes, len(encoded))
        rest = (len(extra), 0, 0, 0, _MODE, place)
        entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", _MADE_ON_UNIX | version, version, *common, *rest)
        self._directory.append(entry + encoded + extra)

    def close(self) -> None:
        """Write the directory of the parts. The file itself is left open."""
        begin = self._offset
        self._write(b"".join(self._directory))
        size, count = self._offset - begin, len(self._directory)
        place = begin
        if self._offset > ZIP64_LIMIT:
            end = self._offset
            versions = (_MADE_ON_UNIX | _ZIP64_VERSION, _ZIP64_VERSION)
            self._write(struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, *versions, 0, 0, count, count, size, begin))
            self._write(struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1))
            place = _NO_ROOM
        self._write(struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, size, place, 0))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._offset += len(data)


def combined_crc(first: int, second: int, length: int) -> int:
    """Return the CRC-32 of two byte strings one after the other, from the CRC of each and the second's ``length``.

    A CRC is linear: that of the first string, carried on over ``length`` zero bytes, is added bit by bit (XOR) to that
    of the second one. The same as zlib's ``crc32_combine``, which Python does not offer.
    """
    bits = length * 8
    for power in range(bits.bit_length()):
        if bits >> power & 1:
            first = _image(_effect_of_zeros(power), first)
    return first ^ second


@functools.cache
def _effect_of_zeros(power: int) -> tuple[int, ...]:
    """Return what 2 to the ``power`` zero bits do to a CRC, as the images of its 32 bits."""
    if power == 0:
        return (_POLYNOMIAL, *(1 << bit for bit in range(31)))
    half = _effect_of_zeros(power - 1)
    return tuple(_image(half, image) for image in half)


def _image(images: Sequence[int], crc: int) -> int:
    """Apply a linear map, given by the images of the 32 bits, to ``crc``."""
    found = 0
    for bit, image in enumerate(images):
        if crc >> bit & 1:
            found ^= image
    return found
