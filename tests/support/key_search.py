"""Looks for the keys that tests use, in texts and in files, however they are spelled."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

CANARIES = (
    "canary0key0that0must0never0appear",  # acceptance: access, secret and API key begin so
    "canary-access-0001",  # crm
    "canary-secret-0002",
    "canary-api-000003",
    "u$r5ecurity0canary0access+key/1",  # security
    "5ecret0canary0of&security=tests",
    "ap1key0canary0of0security0tests",
    "u$rground0canary0access0key0000",  # ground
    "ground0canary0secret0key00000000",
    "ground0canary0api0key",
    "database0canary0pass/word+1",  # the password of the tests' PostgreSQL
)
"""Keys that tests give to the program. A test folder with a new key adds it here."""

KEYS_OF_THE_TEST = "keys-of-the-test"
"""A folder of this name holds keys on purpose, because the program is to read them from there."""

_LARGEST = 64 << 20


def spellings(key: str) -> set[str]:
    """``key`` as it may appear: its first 12 characters, URL-encoded, in base64, and reversed."""
    encoded = base64.b64encode(key.encode()).decode().rstrip("=")[:-1]
    return {key[:12], quote(key[:12], safe=""), quote_plus(key[:12]), encoded[:16], key[::-1], key[::-1][-12:]}


_SPELLINGS = {spelling: key for key in CANARIES for spelling in spellings(key)}
_BYTES = {spelling.encode(): key for spelling, key in _SPELLINGS.items()}


def keys_in_text(text: str) -> list[str]:
    """Which canaries are in ``text``."""
    return sorted({key for spelling, key in _SPELLINGS.items() if spelling in text})


def keys_in_files(folder: Path) -> list[str]:
    """Places below ``folder`` that hold a canary, each as "path: key"; workbooks and other archives are unpacked."""
    return [
        f"{path.relative_to(folder)}: {key}"
        for path in sorted(folder.rglob("*"))
        if KEYS_OF_THE_TEST not in path.parts and path.is_file() and not path.is_symlink()
        for content in _contents(path)
        for spelling, key in _BYTES.items()
        if spelling in content
    ]


def _contents(path: Path) -> Iterator[bytes]:
    try:
        if path.stat().st_size <= _LARGEST:
            yield path.read_bytes()
        if path.suffix in (".xlsx", ".zip") and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                entries = archive.infolist()
                if sum(entry.file_size for entry in entries) <= _LARGEST:
                    yield from (archive.read(entry) for entry in entries)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        # Some tests damage files on purpose.
        return
