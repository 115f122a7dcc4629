"""Uploaded files: plain names that every file system takes, and no bodies of people who have not signed in."""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Callable

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser

from importer.core.filesystem import fit_name

LONGEST_NAME = 150
_FALLBACK = "upload"
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|clock\$|conin\$|conout\$|(com|lpt)[0-9¹²³])[ .]*(\.|$)")
_LONGEST_SUFFIX = 12


def safe_upload_name(name: str) -> str:
    """Return the name under which an uploaded file is kept and shown.

    It has no folder, no invisible character or direction mark, no character or device name that Windows reserves, no
    dot at its beginning, at most 150 characters, and its extension.
    """
    base = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    # The categories C…: control characters, direction marks and joiners, surrogates, private use.
    base = "".join(each for each in base if each.isspace() or unicodedata.category(each)[0] != "C")
    base = _FORBIDDEN.sub("_", " ".join(base.split())).strip(". ")
    if _RESERVED.match(base):
        base = f"_{base}"
    stem, dot, suffix = base.rpartition(".")
    if not stem or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = base, "", ""
    rest = dot + suffix
    return fit_name(stem[: LONGEST_NAME - len(rest)], rest).rstrip(". ") or _FALLBACK


def limited_channel(is_signed_in: Callable[[str], bool], largest: int) -> type[HTTPChannel]:
    """Return the connections of a server that refuses longer bodies than ``largest`` before it reads them.

    Of those for whom ``is_signed_in`` returns false for the header ``Cookie``. The server would else write each body
    to the disk before the application sees the request.
    """

    class Parser(HTTPRequestParser):  # type: ignore[misc]
        adj: Adjustments

        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            is_long = self.chunked or self.content_length > largest
            if is_long and not is_signed_in(self.headers.get("COOKIE", "")):
                self.adj = copy.copy(self.adj)
                self.adj.max_request_body_size = min(largest, self.adj.max_request_body_size)

    class Channel(HTTPChannel):  # type: ignore[misc]
        parser_class = Parser

    return Channel
