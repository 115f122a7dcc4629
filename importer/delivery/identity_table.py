"""The identities of a plan's ready rows: computed once, kept in the plan's folder, recorded in the ledger."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from importer.config import Account
from importer.core.errors import ImporterError
from importer.delivery.pairing import FileRow
from importer.delivery.row_identity import IDENTITY_VERSION, RowIdentifier
from importer.ledger import RowIdentity
from importer.planning import Plan, open_plan

if TYPE_CHECKING:
    import numpy as np

    from importer.ledger import Ledger

_BYTES = 16
_FILE = f"identities-{IDENTITY_VERSION}.npy"
_PORTION = 20_000
_DIGEST = (f"V{_BYTES}",)
_FIELDS = [
    ("row", "i8"),
    ("key", *_DIGEST),
    ("content", *_DIGEST),
    ("named", *_DIGEST),
    ("source", *_DIGEST),
    ("keyed", "?"),
    ("has_name", "?"),
]


class IdentityTable:
    """The identities of the ready rows of a plan, in order, in 74 bytes of memory a row."""

    def __init__(self, stored: np.ndarray, identifier: RowIdentifier) -> None:
        self._stored = stored
        self._identifier = identifier
        self.rows: np.ndarray = stored["row"]

    def __len__(self) -> int:
        return len(self._stored)

    @property
    def named_rows(self) -> int:
        """The number of rows that have a key by the mapping's `row_key`."""
        return int(self._stored["has_name"].sum())

    def groups(self) -> Iterator[list[int]]:
        """Yield the places of the rows, in portions in which no key and no name is cut, each in the order of its keys.

        Rows of one key lie side by side, in the order of the file.
        """
        import numpy as np

        # A row's group is its name if it has one, else its key: both as two numbers, which numpy can sort.
        digests = np.where(self._stored["has_name"], self._stored["named"], self._stored["key"])
        halves = np.ascontiguousarray(digests).view("u8").reshape(-1, 2)
        order = np.lexsort((self.rows, halves[:, 1], halves[:, 0]))
        ordered = halves[order]
        starts = np.flatnonzero(np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)]))
        begin = 0
        for end in [*starts[starts > 0].tolist(), len(order)]:
            if end - begin >= _PORTION or end == len(order):
                yield order[begin:end].tolist()
                begin = end

    def file_row(self, place: int, *, accepted: bool = False) -> FileRow:
        """Return the row at a place, counted from 0, for :func:`importer.delivery.pairing.decide_group`."""
        line = self._stored[place]
        return FileRow(
            row=int(line["row"]),
            key=line["key"].tobytes(),
            content=line["content"].tobytes(),
            named=line["named"].tobytes() if line["has_name"] else None,
            keyed=bool(line["keyed"]),
            accepted=accepted,
        )

    def identity(self, place: int) -> RowIdentity:
        """Return the identity of the row at a place, without its name."""
        line = self._stored[place]
        return RowIdentity(int(line["row"]), *(line[part].tobytes() for part in ("key", "content", "source")))

    def share_in(self, other: IdentityTable) -> float:
        """Return the share of rows whose content another file has, too."""
        import numpy as np

        own, there = (np.ascontiguousarray(table._stored["content"]).view("S16") for table in (self, other))
        return float(np.isin(own, there).mean())

    def place_of(self, row: int) -> int:
        """Return the place, counted from 0, of the number of a row that is ready."""
        return int(self.rows.searchsorted(row))

    def source_digests(self, columns: Sequence[str]) -> Iterator[list[bytes]]:
        """Yield the digests of the cells in ``columns``, in order, in portions; nothing if a column is missing."""
        if tuple(columns) == self._identifier.columns:
            # The usual case: the mapping uses what it used before.
            for start in range(0, len(self), _PORTION):
                yield [digest.tobytes() for digest in self._stored["source"][start : start + _PORTION]]
        else:
            for chunk in self._identifier.source_digests(columns):
                yield [digest for _, digest in chunk]

    def record(self, ledger: Ledger, run_id: str) -> None:
        """Record the identities in the ledger, in portions."""
        for start in range(0, max(1, len(self)), _PORTION):
            part = self._stored[start : start + _PORTION]
            identities = [
                RowIdentity(row, key, content, source, named if has_name else None)
                for row, key, content, named, source, _, has_name in part.tolist()
            ]
            ledger.record_identities(run_id, IDENTITY_VERSION, self._identifier.columns, identities)


def load_identities(plan: Plan, account: Account, key: bytes) -> IdentityTable:
    """Load the identities of the plan's ready rows from its folder; compute them and save them there at first."""
    identifier = RowIdentifier(plan, account, key)
    return IdentityTable(plan.kept_array(_FILE, lambda: _compute_table(identifier, plan.facts.ready)), identifier)


def _compute_table(identifier: RowIdentifier, ready: int) -> np.ndarray:
    import numpy as np

    stored = np.zeros(ready, dtype=_FIELDS)
    for place, one in enumerate(itertools.chain.from_iterable(identifier.rows())):
        found = one.identity
        named = found.named or bytes(_BYTES)
        has_name = found.named is not None
        stored[place] = (found.row, found.key, found.content, named, found.source, one.keyed, has_name)
    return stored


def record_earlier_runs(ledger: Ledger, account: Account) -> int:
    """Record the identities of earlier runs that have none, from their plans; return how many rows remain without.

    Earlier versions of the program recorded none, and a run's plan may have been removed since.
    """
    unknown = 0
    for run in ledger.runs_without_identities(account.name):
        try:
            load_identities(open_plan(Path(run.new.folder)), account, ledger.install_key()).record(ledger, run.id)
        except (ImporterError, OSError):
            unknown += run.new.rows
    return unknown
