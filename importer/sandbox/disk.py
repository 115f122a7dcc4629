"""The sandbox's store: one SQLite file, so that a killed sandbox goes on with the same data."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Change = tuple[str, str, Any]
"""Kind, id and new content of a thing; ``None`` means it is gone."""


class Disk:
    """Keeps things by kind and id, in the order in which they were first written. Raises ``OSError`` when taken."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=0.5)
        try:
            # Only the death of the process matters here, not that of the machine: the system keeps what was written.
            self._file.execute("PRAGMA synchronous=OFF")
            # Holding the lock shuts out a second sandbox on the same file; the system frees it with the process.
            self._file.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._file.execute("BEGIN IMMEDIATE")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS thing (kind TEXT, id TEXT, content TEXT, PRIMARY KEY (kind, id))"
            )
            self._file.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            self._file.close()
            raise OSError(f"{path} cannot be used: {error}. Is another sandbox using it?") from error

    def read(self) -> list[Change]:
        """Everything there is, oldest first."""
        rows = self._file.execute("SELECT kind, id, content FROM thing ORDER BY rowid")
        return [(kind, identity, json.loads(content)) for kind, identity, content in rows]

    def write(self, changes: Iterable[Change]) -> None:
        """Write all changes or none; they are kept when this returns, even if the process is killed then."""
        self._file.execute("BEGIN")
        for kind, identity, content in changes:
            if content is None:
                self._file.execute("DELETE FROM thing WHERE kind = ? AND id = ?", (kind, identity))
                continue
            # An update in place keeps the order of first writing, which REPLACE would not.
            self._file.execute(
                "INSERT INTO thing VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET content = excluded.content",
                (kind, identity, json.dumps(content, ensure_ascii=False)),
            )
        self._file.execute("COMMIT")

    def clear(self, keep: str) -> None:
        """Forget everything but the kind ``keep``."""
        self._file.execute("DELETE FROM thing WHERE kind <> ?", (keep,))

    def close(self) -> None:
        """Close the file; nothing needs to be flushed."""
        self._file.close()
