"""Notices keys of LeadSquared in a mapping, where everybody who may see the mapping would see them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from importer.mapping.document import Path

HIDDEN = "••••"

_NAMES = re.compile(r"(?:x|lsq|leadsquared)*(?:access|secret|api)key|authorization|password")
_VALUES = re.compile(r"(?i)(?:access|secret|api)[_-]?key[\"']?\s*[=:]\s*\S|\bu\$r[0-9a-f]{16,}")


def key_like(data: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of the entries that are named like a key or whose text looks like one."""
    if isinstance(data, dict):
        # The keys of a look-up table are cells of the spreadsheet, not names of settings.
        names_count = not path or path[-1] != "lookup"
        for name, value in data.items():
            if (names_count and _NAMES.fullmatch(re.sub(r"[^a-z]", "", name.lower()))) or _VALUES.search(name):
                yield (*path, name)
            else:
                yield from key_like(value, (*path, name))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from key_like(value, (*path, position))
    elif isinstance(data, str) and _VALUES.search(data):
        yield path
