"""Compute the idempotency key of a row: which effect in the CRM it stands for, so that a repeated run knows it.

Identity is content plus occurrence, never the row number: sorting, inserting or appending rows to yesterday's export
changes nothing, and two identical rows of one file are two effects.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Sequence
from typing import TYPE_CHECKING

from importer.planning import Plan

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_DIGEST_BYTES = 16
_FILE = "keys.npy"


class IdempotencyKeys:
    """The idempotency keys of a plan's ready rows, in order: 32 hexadecimal digits each, in 20 bytes of memory a row.

    ``stored`` has the columns ``digest`` (of the content) and ``occurrence`` (1 for the first row with a content).
    """

    def __init__(self, stored: np.ndarray) -> None:
        self._stored = stored

    def __len__(self) -> int:
        return len(self._stored)

    def slice(self, start: int, stop: int) -> list[str]:
        """Return the keys of the ready rows from ``start`` (counted from 0) up to, not including, ``stop``."""
        return [_key(digest, occurrence) for digest, occurrence in self._stored[start:stop].tolist()]

    def take(self, places: Sequence[int]) -> list[str]:
        """Return the keys of the ready rows at some places, counted from 0."""
        return [_key(digest, occurrence) for digest, occurrence in self._stored[list(places)].tolist()]


def _key(digest: bytes, occurrence: int) -> str:
    # numpy drops trailing NUL bytes of fixed-width byte strings.
    padded = digest.ljust(_DIGEST_BYTES, b"\0")
    if occurrence > 1:
        padded = hashlib.blake2b(padded + occurrence.to_bytes(4, "big"), digest_size=_DIGEST_BYTES).digest()
    return padded.hex()


def load_idempotency_keys(plan: Plan) -> IdempotencyKeys:
    """Load the keys of the plan's ready rows from its folder; compute them and save them there at first."""
    return IdempotencyKeys(plan.kept_array(_FILE, lambda: _compute_keys(plan)))


def _compute_keys(plan: Plan) -> np.ndarray:
    import numpy as np

    digests = [digest for _, batch in plan.ready_batches() for digest in digest_records(plan.facts.target, batch)]
    found = np.array(digests, dtype=f"S{_DIGEST_BYTES}") if digests else np.empty(0, dtype=f"S{_DIGEST_BYTES}")
    stored = np.empty(len(found), dtype=[("digest", f"S{_DIGEST_BYTES}"), ("occurrence", "u4")])
    stored["digest"], stored["occurrence"] = found, _count_occurrences(found)
    return stored


def _count_occurrences(digests: np.ndarray) -> np.ndarray:
    """Number the rows with the same content: 1 for the first, 2 for the second, and so on."""
    import numpy as np

    # Sort stably, so that equal digests stand together in the order of the file; a row's number is its distance from
    # the start of its group. Then bring the numbers back into the order of the file.
    order = np.argsort(digests, kind="stable")
    ordered = digests[order]
    new_group = np.ones(len(ordered), dtype=bool)
    new_group[1:] = ordered[1:] != ordered[:-1]
    positions = np.arange(len(ordered))
    starts = np.maximum.accumulate(np.where(new_group, positions, 0)) if len(ordered) else positions
    result = np.empty(len(ordered), dtype="u4")
    result[order] = positions - starts + 1
    return result


def digest_records(target: str, batch: pa.RecordBatch) -> list[bytes]:
    """Return one digest per record, of ``target`` and all fields that are sent, whatever the order of the mapping."""
    names = sorted(batch.schema.names)
    columns = [batch.column(name).to_pylist() for name in names]
    prefixes = [f"\x1e{name}\x1f" for name in names]
    start = hashlib.blake2b(target.encode(), digest_size=_DIGEST_BYTES)
    digests = []
    for texts in zip(*columns, strict=True):
        digest = start.copy()
        content = "".join(prefix + text for prefix, text in zip(prefixes, texts, strict=True) if text is not None)
        digest.update(content.encode("utf-8", "surrogatepass"))
        digests.append(digest.digest())
    return digests


def import_key(install_key: bytes, key: str, again: str) -> str:
    """Return the 20 characters that mark one row's activity in the CRM: the same for every attempt, unguessable.

    ``key`` is the row's idempotency key; ``again`` the reason for which the rows are deliberately sent once more.
    """
    digest = hmac.new(install_key, f"{key}\x1f{again}".encode(), hashlib.sha256).digest()
    return b32encode(digest)[:20].decode().lower()
