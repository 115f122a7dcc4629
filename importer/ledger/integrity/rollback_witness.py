"""The witness file, by which a ledger that was put back to an earlier state is detected.

``ledger.head`` holds the ledger's uuid and the number of its last call. It is replaced after a call was committed and
before its request leaves, so it is never ahead of a ledger that lost nothing.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from importer.core.platform import lock_exclusive

FILE_NAME = "ledger.head"


@dataclass(frozen=True, slots=True)
class WitnessRecord:
    """The content of the witness file: the ledger's uuid and the number of its last call."""

    uuid: str
    number: int


class UnreadableWitnessError(ValueError):
    """The witness file holds something that this program never writes."""


def read_witness(home: Path) -> WitnessRecord | None:
    """Read the witness file in ``home``; ``None`` when there is none.

    Raises :class:`UnreadableWitnessError`, and :class:`OSError` when the file cannot be read.
    """
    try:
        text = (home / FILE_NAME).read_bytes().decode("ascii", "replace")
    except FileNotFoundError:
        return None
    uuid, blank, number = text.removesuffix("\n").partition(" ")
    if not blank or not uuid or not (number.isascii() and number.isdigit()):
        raise UnreadableWitnessError(text[:60])
    return WitnessRecord(uuid, int(number))


def write_witness(home: Path, record: WitnessRecord, *, anew: bool = False) -> None:
    """Durably replace the witness file, unless it holds a later call of the same ledger.

    Several processes, each sending to another account, may share the ledger; a lock keeps its number from
    going back.
    ``anew`` replaces it whatever it holds. Raises :class:`OSError`.
    """
    with _locked_folder(home) as folder:
        if (
            not anew
            and (before := read_witness(home))
            and before.uuid == record.uuid
            and before.number >= record.number
        ):
            return
        temporary = home / f"{FILE_NAME}.tmp"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(temporary, flags, 0o600)
        try:
            os.write(descriptor, f"{record.uuid} {record.number}\n".encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, home / FILE_NAME)
        folder.sync()


class _locked_folder:  # noqa: N801  reads as the statement it is used in
    """Holds the folder's lock for the duration of a ``with``; does nothing where folders cannot be opened (Windows)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> _locked_folder:
        if hasattr(os, "O_DIRECTORY"):
            self._descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
            lock_exclusive(self._descriptor)
        return self

    def sync(self) -> None:
        """Make a rename inside the folder durable."""
        if self._descriptor is not None:
            os.fsync(self._descriptor)

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
