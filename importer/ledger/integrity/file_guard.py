"""Watches over the ledger's file while it is open: that it stays in its place, and that the witness knows each call."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from importer.core.errors import LedgerError
from importer.ledger.faults import translated
from importer.ledger.integrity.check import Presence
from importer.ledger.integrity.rollback_witness import FILE_NAME, Seen, write_witness


@dataclass(frozen=True, slots=True)
class FileGuard:
    """The open file: its path, its ledger's uuid, and which file of the disk it was when it was opened."""

    path: Path
    uuid: str
    device: int
    inode: int
    presence: Presence

    @classmethod
    def of(cls, path: Path, uuid: str, presence: Presence) -> FileGuard:
        """The guard of the file that is at ``path`` now. Raises :class:`OSError`."""
        info = path.stat()
        return cls(path, uuid, info.st_dev, info.st_ino, presence)

    def check_in_place(self) -> None:
        """Raises :class:`LedgerError` when the file was removed or replaced: what is written would be lost."""
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
        """Let the witness know of the call. Raises :class:`LedgerError`."""
        home = self.path.parent
        with translated(home / FILE_NAME):
            write_witness(home, Seen(self.uuid, number))
