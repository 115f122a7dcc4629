"""Guards the ledger's file while it is open: it must stay in its place, and each call is added to the witness file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from importer.core.errors import LedgerError
from importer.ledger.integrity.check import Presence
from importer.ledger.integrity.rollback_witness import FILE_NAME, WitnessRecord, write_witness
from importer.ledger.sqlite_file import translate_errors


@dataclass(frozen=True, slots=True)
class FileGuard:
    """The open file: its path, its ledger's uuid, and its device and inode when it was opened."""

    path: Path
    uuid: str
    device: int
    inode: int
    presence: Presence

    @classmethod
    def of(cls, path: Path, uuid: str, presence: Presence) -> FileGuard:
        """Return a guard of the file that is at ``path`` now. Raises :class:`OSError`."""
        info = path.stat()
        return cls(path, uuid, info.st_dev, info.st_ino, presence)

    def check_in_place(self) -> None:
        """Raise :class:`LedgerError` when the file was removed or replaced: what is written would be lost."""
        try:
            info = os.stat(self.path, follow_symlinks=False)
        except OSError:
            info = None
        if info is None or (info.st_dev, info.st_ino) != (self.device, self.inode):
            raise LedgerError(
                f"The ledger {self.path} was removed or replaced while it was in use.",
                "Put it back from where it was moved to, then run: importer resume",
            )

    def note_call(self, number: int) -> None:
        """Record the number of the last call in the witness file. Raises :class:`LedgerError`."""
        home = self.path.parent
        with translate_errors(home / FILE_NAME):
            write_witness(home, WitnessRecord(self.uuid, number))
