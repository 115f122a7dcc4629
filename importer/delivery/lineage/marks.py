"""Marks of rows in a sheet of rows to correct: the row that each one stands for, and digests of its cells, signed.

A mark is text in a hidden column, so it survives sorting, copying and other programs. It carries no value in clear, and
only the ledger's own key can make one. Whether it still belongs to the row in which it stands is decided by the row's
number and cells: people also use such a sheet as a template for other rows.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from importer.core.canonical import ComparisonType, canonical_form
from importer.delivery.row_identity import EVENT, MOMENT, column_kinds, field_kinds
from importer.ledger import RowOrigin
from importer.mapping import FlatField, fold_heading
from importer.planning import PlanFacts, mapping_of_plan
from importer.targets import EffectType, Target, make_target

_VERSION = 1
_HEAD = struct.Struct(">BI16sB")
_MAC_BYTES = 12
_CELL_BYTES = 3
_SOURCE_BYTES = 16
_MOST_CELLS = 80
"""Further cells of a row are not compared: a mark must stay short."""
SENT_ROW = bytes(_SOURCE_BYTES)
"""Stands for the digest of the cells in the mark of a row that was sent: it has nothing to correct."""
_LEAST_SHARE = 0.5

Cells = Mapping[str, str]
"""The texts of a row by the labels of their columns."""


@dataclass(frozen=True, slots=True)
class RowMark:
    """A mark with a valid signature: the row that it stands for, and digests of that row's filled cells."""

    origin: RowOrigin
    cells: tuple[bytes, ...]


class RowMarker:
    """Makes and reads the marks of one plan's rows. ``key`` is the ledger's own (:meth:`Ledger.install_key`).

    A mark is only valid for the mapping with the same name, kind and activity type; that of a check, which has no run
    that would say more, only for the same account.
    """

    def __init__(self, facts: PlanFacts, key: bytes) -> None:
        mapping = mapping_of_plan(facts).mapping
        flat = mapping.flat_fields()
        target = make_target(mapping)
        event = next((field.rule.value for field in flat if field.name == EVENT), None)
        self._key = key
        self._kind = f"{target.effect().value}\x1f{event if event is not None else ''}"
        self._scope = f"{self._kind}\x1f{PurePath(facts.mapping_path).name}"
        self._account = facts.account
        self._kinds = column_kinds(facts.fields, field_kinds(mapping))
        key_fields = _key_fields(target, flat)
        self._key_columns = [label for label, names in facts.fields.items() if key_fields & set(names.split(", "))]
        self._named_columns = [label for label, names in facts.fields.items() if "row_key" in names.split(", ")]
        self._headings: dict[str, str] = {}
        self.columns = tuple(sorted(facts.fields))
        """The columns that the mapping uses."""

    def source_digest(self, cells: Cells, columns: Sequence[str]) -> bytes:
        """Return the digest of a row's cells in ``columns``, whether or not they are valid."""
        parts = [part for label in columns for part in (canonical_form(fold_heading(label)), self._form(label, cells))]
        return self._digest(_SOURCE_BYTES, "corrected", self._kind, *parts)

    def make(self, origin: RowOrigin, cells: Cells) -> str:
        """Return the mark of a row that stands for ``origin`` and now has these cells."""
        run = origin.run_id.encode()
        head = _HEAD.pack(_VERSION, origin.row, origin.source, len(run))
        body = head + run + b"".join(self._cell_digests(cells)[:_MOST_CELLS])
        return urlsafe_b64encode(body + self._signature(body, origin.run_id)).decode().rstrip("=")

    @staticmethod
    def run_of(text: str) -> str:
        """Return the run that a mark names, before its signature is checked; empty for a text that is no mark."""
        unpacked = _unpack(text)
        return unpacked[2] if unpacked else ""

    def read(self, text: str) -> RowMark | None:
        """Read a mark; ``None`` when this ledger did not make it for this mapping."""
        unpacked = _unpack(text)
        if unpacked is None:
            return None
        body, signature, run = unpacked
        if not hmac.compare_digest(signature, self._signature(body, run)):
            return None
        _, row, source, length = _HEAD.unpack_from(body)
        rest = body[_HEAD.size + length :]
        cells = tuple(rest[start : start + _CELL_BYTES] for start in range(0, len(rest), _CELL_BYTES))
        return RowMark(RowOrigin(run, row, source), cells)

    def fits(self, mark: RowMark, number: str, cells: Cells) -> bool:
        """Whether the row with this visible ``number`` (empty if that column was removed) still is the marked one.

        At least half of the filled cells must be as they were, or all that say who and what the row is.
        """
        if number.strip() and canonical_form(number, ComparisonType.NUMBER) != str(mark.origin.row):
            return False
        known = Counter(mark.cells)
        kept = (known & Counter(self._cell_digests(cells))).total()
        return kept >= max(1, _LEAST_SHARE * len(mark.cells)) or self._has_same_key(known, cells)

    def _has_same_key(self, known: Counter[bytes], cells: Cells) -> bool:
        return any(
            columns
            and all(cells.get(label, "").strip() and self._cell_digest(label, cells) in known for label in columns)
            for columns in (self._named_columns, self._key_columns)
        )

    def _cell_digests(self, cells: Cells) -> list[bytes]:
        return [self._cell_digest(label, cells) for label, text in cells.items() if text.strip()]

    def _cell_digest(self, label: str, cells: Cells) -> bytes:
        if label not in self._headings:
            self._headings[label] = fold_heading(label)
        return self._digest(_CELL_BYTES, "cell", self._headings[label], self._form(label, cells))

    def _form(self, label: str, cells: Cells) -> str:
        return canonical_form(cells.get(label, ""), self._kinds.get(label, ComparisonType.TEXT))

    def _signature(self, body: bytes, run_id: str) -> bytes:
        scope = self._scope if run_id else f"{self._scope}\x1f{self._account}"
        return self._digest(_MAC_BYTES, "mark", scope, body.hex())

    def _digest(self, size: int, *texts: str) -> bytes:
        content = "\x1f".join(texts).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(content, digest_size=size, key=self._key).digest()


def _unpack(text: str) -> tuple[bytes, bytes, str] | None:
    """Return content, signature and run of a mark; ``None`` for a text that is none."""
    plain = text.strip()
    try:
        signed = urlsafe_b64decode(f"{plain}{'=' * (-len(plain) % 4)}")
        body, signature = signed[:-_MAC_BYTES], signed[-_MAC_BYTES:]
        version, _, _, length = _HEAD.unpack_from(body)
        run = body[_HEAD.size : _HEAD.size + length].decode()
    except (ValueError, struct.error):
        return None
    return (body, signature, run) if version == _VERSION else None


def _key_fields(target: Target, flat: Sequence[FlatField]) -> set[str]:
    """Return the mapped fields that together say who and what a row is; none where nothing does for certain."""
    mapped = {field.name for field in flat if field.rule.value is None}
    search_by = target.mapping.search_by
    identifiers = (f"lead.{search_by}",) if search_by else target.lead_identifiers
    lead = {f"activity.{name}" for name in target.lead_keys} & mapped or {
        name for name in identifiers if name in mapped
    }
    if target.effect() is EffectType.LEAD or not lead:
        return lead
    return {*lead, MOMENT} if MOMENT in mapped else set()
