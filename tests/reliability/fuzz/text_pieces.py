"""What text files are made of, and what gets into them by mistake."""

from __future__ import annotations

PIECES = [
    b",", b";", b"\t", b"|", b'"', b'""', b"\n", b"\r", b"\r\n", b" ", b"\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe9",
    b"\xed\xa0\x80", "é".encode(), "\u00a0".encode(), "\u2028".encode(), b"Name,Note\n", b"sep=;\n", b"a", b"12", b"x@y.zz",
    b"'", b"\\", b"\x1a", b"\x1f\x8b", b"PK\x03\x04", b"2026-01-01", b"," * 40, b"q" * 3000,
]  # fmt: skip
