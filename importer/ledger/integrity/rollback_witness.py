"""The witness file, by which a ledger that was put back to an earlier state is detected.

``ledger.head`` holds the ledger's uuid and the number of its last call. It is replaced after a call was committed and
before its request leaves, so it is never ahead of a ledger that lost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from importer.core.filesystem import atomic_write
from importer.core.platform import locked_folder

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

    Several processes, each sending to another account, may share the ledger; a lock keeps its number from going back.
    ``anew`` replaces it whatever it holds. Raises :class:`OSError`.
    """
    with locked_folder(home):
        if (
            not anew
            and (before := read_witness(home))
            and before.uuid == record.uuid
            and before.number >= record.number
        ):
            return
        atomic_write(home / FILE_NAME, f"{record.uuid} {record.number}\n".encode("ascii"))
