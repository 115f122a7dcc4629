"""The fingerprint of a plan."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def fingerprint(parts: Sequence[str]) -> str:
    """One hexadecimal digest of everything that makes two plans the same plan."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
