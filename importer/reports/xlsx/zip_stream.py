"""Rows of a sheet, packed while the next ones are being made, and put into the archive as they are.

XlsxWriter would keep the rows of a sheet in a file, copy them into another one, and pack them when all else is done:
for a million rows gigabytes of copying, and seconds in which nothing else happens. Here a piece of rows is packed in a
thread beside the caller, and only what is packed goes to the disk.

A packed part of an archive (RFC 1951) may be put together of pieces that were packed by themselves, if each but the
last one ends at a whole byte, as a full flush sees to.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP64_LIMIT, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from importer.core.background import BackgroundWorker

LEVEL = 2
"""Takes a third of the usual computing; what is packed is a fifth larger."""

_COPIED_AT_ONCE = 1 << 20
_POLYNOMIAL = 0xEDB88320


def _packer() -> Any:
    """Packs without a head of its own, as the parts of an archive are."""
    return zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)


class PackedRows:
    """The rows of one sheet, packed in a nameless file in ``folder``; ``beside`` does the packing.

    ``size`` is what was added, in bytes. What the disk refuses is raised by ``beside``.
    """

    def __init__(self, folder: Path, beside: BackgroundWorker) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self._beside = beside
        self._packer = _packer()
        self.crc, self.size = 0, 0

    def add(self, xml: bytes | memoryview) -> None:
        """Put some rows behind those that are there. Their memory must not change any more."""
        self.size += len(xml)
        self._beside.submit(self._pack, xml)

    def _pack(self, xml: bytes | memoryview) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # it lives as long as the sheet
        self.crc = zlib.crc32(xml, self.crc)
        self._file.write(self._packer.compress(xml))

    def finish(self) -> IO[bytes]:
        """Everything that is packed, from its beginning; nothing can be added any more. Something was added before."""
        self._beside.wait()
        assert self._file is not None
        self._file.write(self._packer.flush(zlib.Z_FULL_FLUSH))
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Give the file back, if there is one; not while something is being packed."""
        if self._file is not None:
            self._file.close()


Waiting = dict[str, tuple[int, PackedRows]]
"""Packed rows by the file of the sheet that they belong into, with the place in it, in bytes."""


class Draft(str):
    """The path of a workbook in the making, by which its archive gets to know which rows are packed already."""

    waiting: Waiting

    def __new__(cls, path: Path, waiting: Waiting) -> Draft:
        """A path with what waits for its archive."""
        draft = super().__new__(cls, path)
        draft.waiting = waiting
        return draft


class PackedZip(ZipFile):
    """An archive; when it is written to a :class:`Draft`, it takes in what waits there."""

    def __init__(self, file: Any, *given: Any, **named: Any) -> None:
        super().__init__(file, *given, **{"compresslevel": LEVEL, **named})
        self._waiting: Waiting = file.waiting if isinstance(file, Draft) else {}

    def write(self, filename: Any, arcname: Any = None, *given: Any, **named: Any) -> None:
        """Put a file into the archive; if it is a sheet whose rows are packed, with them in their place."""
        place, rows = self._waiting.pop(str(filename), (0, None))
        if rows is None:
            super().write(filename, arcname, *given, **named)
            return
        sheet = Path(filename).read_bytes()
        packed = rows.finish()
        info = ZipInfo.from_file(filename, arcname)
        size = len(sheet) + rows.size
        crc = joined_crc(zlib.crc32(sheet[:place]), rows.crc, rows.size)
        pieces = _packed_around(sheet[:place], packed, sheet[place:])
        self._write_packed(info, pieces, size, zlib.crc32(sheet[place:], crc))
        rows.close()

    def _write_packed(self, info: ZipInfo, pieces: Iterator[bytes], size: int, crc: int) -> None:
        large = size > ZIP64_LIMIT
        info.compress_type = ZIP_STORED
        with self.open(info, "w", force_zip64=large) as part:
            for piece in pieces:
                part.write(piece)
        # It was stored as it is, and now is called what it is.
        info.compress_type, info.file_size, info.CRC = ZIP_DEFLATED, size, crc
        assert self.fp is not None
        end = self.fp.tell()
        self.fp.seek(info.header_offset)
        self.fp.write(info.FileHeader(zip64=large))
        self.fp.seek(end)


def _packed_around(before: bytes, packed: IO[bytes], after: bytes) -> Iterator[bytes]:
    """The packed rows with what stands before and behind them in the sheet."""
    packer = _packer()
    yield packer.compress(before) + packer.flush(zlib.Z_FULL_FLUSH)
    while piece := packed.read(_COPIED_AT_ONCE):
        yield piece
    packer = _packer()
    yield packer.compress(after) + packer.flush()


def joined_crc(first: int, second: int, length: int) -> int:
    """The CRC-32 of two texts of bytes put together, by those of each and the ``length`` of the second one.

    A CRC is linear: that of the first text, carried on over so many zeros, is added bit by bit to that of the second.
    """
    # What a single zero bit, two, four, … do to a CRC, as the images of its 32 bits.
    steps = [_POLYNOMIAL, *(1 << bit for bit in range(31))]
    bits = length * 8
    while bits:
        if bits & 1:
            first = _image(steps, first)
        steps = [_image(steps, image) for image in steps]
        bits >>= 1
    return first ^ second


def _image(images: list[int], crc: int) -> int:
    found = 0
    for bit, image in enumerate(images):
        if crc >> bit & 1:
            found ^= image
    return found
