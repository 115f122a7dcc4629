"""What guided fuzzing calls with any bytes: a harness for each reader, what it begins with, and words to put in.

Each says whether the bytes were read as what they are meant to be; a refusal with words is no fault, an exception is.
"""

from __future__ import annotations

import gzip
import io
import json
import warnings
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.core.errors import SourceError
from importer.core.model import Reply, TransportFailure
from importer.leadsquared.client import parse_json
from importer.sources import open_source
from importer.sources.interface import SourceOptions
from importer.targets import make_target
from tests.reliability.fuzz.answer_checks import (
    GOOD,
    KEYS,
    ODD,
    SEEN,
    TARGETS,
    every_question,
    one_after_the_other,
    verdict_of,
)
from tests.reliability.fuzz.mapping_checks import MAPPINGS, SCALARS, WORDS, load_bytes
from tests.reliability.fuzz.reading_checks import ROOT, examine, make_options
from tests.reliability.fuzz.text_pieces import PIECES
from tests.reliability.fuzz.workbook_edits import BITS, SHEETS, originals

_HEADER_ROWS = (None, 1, 2, 5, 10**7)
_ENCODINGS = (None, "utf-8", "cp1252", "utf-16", "cp932", "utf-7", "rot13", "no\0", "idna")
_DELIMITERS = (None, ",", ";", "tab", '"', "\n", "é", "€", "ab", "")
_SHEETS = (None, "People", "Visits")
_STATUSES = (200, 201, 204, 301, 400, 401, 403, 404, 405, 408, 409, 429, 500, 502, 503, 0, 999, None)
_FAILURES = (None, None, None, *TransportFailure)
_PART = b"\n%% "
_LOOKS = ("xl/theme/", "docProps/", "Thumbnails/", "Configurations2/", "settings.xml", "manifest.rdf", "meta.xml")


@dataclass(frozen=True)
class Harness:
    """``read`` takes any bytes and a folder of its own; ``seeds`` makes bytes that it reads; ``words`` go into both.

    ``survived`` says whether the program has words for bytes of which ``read`` takes the whole process down.
    """

    read: Callable[[bytes, Path], bool]
    seeds: Callable[[Path], list[bytes]]
    words: Iterable[bytes]
    survived: Callable[[bytes, Path], bool] = lambda data, folder: False


def _choices(data: bytes, *several: tuple[Any, ...]) -> tuple[list[Any], bytes]:
    """One of each, make_options by the first bytes, and the bytes behind them."""
    first = data[: len(several)].ljust(len(several), b"\0")
    return [values[byte % len(values)] for byte, values in zip(first, several, strict=True)], data[len(several) :]


def _read_file(path: Path, content: bytes, options: SourceOptions, size: int) -> bool:
    path.write_bytes(content)
    found = examine(path, options, size)
    assert "bug" not in found, found["bug"]
    return found.get("rows", 0) > 0


def read_text(data: bytes, folder: Path) -> bool:
    """As a text file with any options."""
    (size, pad, header_row, encoding, delimiter, packed), content = _choices(
        data, (3, 1, 2, 4), (False, True), _HEADER_ROWS, _ENCODINGS, _DELIMITERS, (False, False, False, True)
    )
    options = make_options(header_row=header_row, encoding=encoding, delimiter=delimiter, pad_short_rows=pad)
    return _read_file(folder / "data.csv", gzip.compress(content, 1) if packed else content, options, size)


def _text_seeds(folder: Path) -> list[bytes]:
    files = [path for path in sorted((ROOT / "sample_data").iterdir()) if path.suffix in {".csv", ".tsv"}]
    # Some lines show all that a file has; more of them only take time.
    contents = [b"".join(path.read_bytes().splitlines(keepends=True)[:12]) for path in files]
    made = [b'Name;Note\r\n"a;""b""\nc";1\r\nd;\r\n', "Name\tNote\né\t\u2028\n".encode(), b"sep=|\nName|Note\n1|2\n"]
    plain = [bytes(3) + bytes([_ENCODINGS.index(_encoding(content)), 0, 0]) + content for content in contents + made]
    return [*plain, bytes(5) + b"\3" + made[0], bytes(3) + b"\3\0\0" + "Name,Note\nÄ,1\n".encode("utf-16")]


def _encoding(content: bytes) -> str | None:
    try:
        content.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return None


def unpacked(content: bytes) -> bytes:
    """A workbook as its parts one behind the other, each under its name, so that changes of a part stay a workbook.

    Parts that are there for looks are left out.
    """
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if not name.startswith(_LOOKS)]
        return b"".join(_PART + name.encode() + b"\n" + archive.read(name) for name in names)


def packed(content: bytes) -> bytes:
    """The workbook of such parts; bytes that are none stay what they are."""
    if not content.startswith(_PART):
        return content
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in content.split(_PART)[1:]:
            name, _, inside = part.partition(b"\n")
            archive.writestr(name.decode("latin-1").replace("\0", "_") or "_", inside)
    return stream.getvalue()


def read_workbook(data: bytes, folder: Path) -> bool:
    """As a workbook of any format, given by its parts."""
    (size, sheet), content = _choices(data, (3, 1, 2, 9), _SHEETS)
    return _read_file(folder / "book.xlsx", packed(content), SourceOptions(sheet=sheet), size)


def survived_workbook(data: bytes, folder: Path) -> bool:
    """Whether the program, whose reader is a process of its own, refuses such a workbook."""
    (size, sheet), content = _choices(data, (3, 1, 2, 9), _SHEETS)
    path = folder / "book.xlsx"
    path.write_bytes(packed(content))
    try:
        for _ in open_source(path, SourceOptions(sheet=sheet)).chunks(size):
            pass
    except SourceError as error:
        return bool(error.message and error.remedy)
    return False


def _workbook_seeds(folder: Path) -> list[bytes]:
    return [
        bytes([0, _SHEETS.index(SHEETS.get(number))]) + unpacked(content)
        for number, content in enumerate(originals(folder))
    ]


def read_mapping(data: bytes, folder: Path) -> bool:
    """As the content of a mapping file."""
    return load_bytes(data) is not None


def read_answer(data: bytes, folder: Path) -> bool:
    """As the body of an answer to any call and to every question."""
    ((_, mapping), count, status, failure, alone), content = _choices(
        data, tuple(TARGETS), (2, 1, 3), _STATUSES, _FAILURES, (False, True)
    )
    body = parse_json(content)
    json.dumps(body, allow_nan=False)
    target = make_target(mapping)
    one_after_the_other(target, body, count if target.batch_size > 1 else 1)
    text = content.decode("utf-8", "replace")
    verdict_of(Reply(status, body=body, text=text, failure=failure, retry_after=None), alone)
    every_question(body)
    return body is not None


def _answer_seeds(folder: Path) -> list[bytes]:
    bodies = [json.dumps(body).encode() for body in (*GOOD, *SEEN)]
    asked = [bytes([number]) + bytes(4) + body for number in range(len(TARGETS)) for body in bodies[: len(GOOD)]]
    refused = [bytes([0, 0, number, 0, 0]) + bodies[len(GOOD) - 1] for number in range(len(_STATUSES))]
    return [*asked, *refused, *(bytes(5) + body for body in bodies)]


HARNESSES = {
    "text": Harness(read_text, _text_seeds, PIECES),
    "workbook": Harness(read_workbook, _workbook_seeds, [bit.encode() for bit in BITS], survived_workbook),
    "mapping": Harness(
        read_mapping, lambda _: [text.encode() for text in MAPPINGS], [word.encode() for word in (*SCALARS, *WORDS)]
    ),
    "answer": Harness(read_answer, _answer_seeds, [json.dumps(word).encode() for word in (*KEYS, *ODD)]),
}


def dictionary(words: Iterable[bytes]) -> str:
    """``words`` as libFuzzer takes them, without the longest."""
    quoted = ["".join(f"\\x{byte:02x}" for byte in word) for word in words if 0 < len(word) <= 64]
    return "".join(f'"{word}"\n' for word in dict.fromkeys(quoted))
