"""Names of uploaded files: what a browser sends becomes a plain file name that every file system takes."""

from __future__ import annotations

import re
import unicodedata

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
